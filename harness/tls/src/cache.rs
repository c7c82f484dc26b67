//! Sessions that can be resumed by their id (RFC 5246, 7.3): a bounded number, the oldest goes first.

use std::collections::VecDeque;
use std::net::SocketAddr;

use crate::crypto::Master;
use crate::session::Session;

/// Sessions to resume, of servers by id and of clients by the server's address.
#[derive(Clone, Default)]
pub(crate) struct Cache {
    entries: VecDeque<Resumable>,
}

/// A session with its master secret.
#[derive(Clone)]
pub(crate) struct Resumable {
    /// The server that a client made it with; `None` at the server.
    pub(crate) server: Option<SocketAddr>,
    pub(crate) master: Master,
    pub(crate) session: Session,
}

impl Cache {
    pub(crate) fn insert(&mut self, most: usize, entry: Resumable) {
        match entry.server {
            Some(server) => self.entries.retain(|old| old.server != Some(server)),
            None => self.forget(&entry.session.session_id),
        }
        self.entries.push_back(entry);
        while self.entries.len() > most {
            self.entries.pop_front();
        }
    }

    /// The session of a server's own that a client names.
    pub(crate) fn by_id(&self, id: &[u8]) -> Option<&Resumable> {
        let mut own = self.entries.iter().filter(|entry| entry.server.is_none());
        own.find(|entry| !id.is_empty() && entry.session.session_id == id)
    }

    /// The session of a client with the server at `server`.
    pub(crate) fn by_server(&self, server: SocketAddr) -> Option<&Resumable> {
        self.entries
            .iter()
            .find(|entry| entry.server == Some(server))
    }

    pub(crate) fn forget(&mut self, id: &[u8]) {
        self.entries.retain(|entry| entry.session.session_id != id);
    }

    pub(crate) fn clear(&mut self) {
        self.entries.clear();
    }

    /// Follows a server to another address.
    pub(crate) fn rename(&mut self, from: SocketAddr, to: SocketAddr) {
        for entry in &mut self.entries {
            if entry.server == Some(from) {
                entry.server = Some(to);
            }
        }
    }
}
