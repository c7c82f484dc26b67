//! Fetching a firmware package over CoAP (Core TS, E.6): a GET of the Package URI, in blocks.

use std::net::SocketAddr;

use coap::Time;
use lwm2m::{Operation, Path, operation};

use super::Client;
use super::account::parse_uri;
use crate::conversation::Sent;

impl Client {
    /// Begins to fetch a package; a URI that names no address cannot be followed.
    pub(super) fn download(&mut self, now: Time, instance: u16, uri: &str) {
        let sent =
            target(uri).and_then(|(peer, operation)| self.conversation.send(now, peer, operation));
        match sent {
            Some(sent) => self.download = Some((sent.id, instance)),
            None => self.device.finish_download(instance, false),
        }
        self.dirty = true;
    }

    /// A download has ended, if this exchange was one.
    pub(super) fn downloaded(&mut self, sent: &Sent, complete: bool) {
        if let Some((_, instance)) = self.download.filter(|(exchange, _)| *exchange == sent.id) {
            self.download = None;
            self.device.finish_download(instance, complete);
            self.dirty = true;
        }
    }
}

/// Where a URI leads, and the GET of it.
fn target(uri: &str) -> Option<(SocketAddr, Operation)> {
    let peer = parse_uri(uri)?;
    let (_, rest) = uri.split_once("://")?;
    let rest = rest.split_once('/').map_or("", |(_, path)| path);
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    let read = operation::Read {
        prefix: path
            .split('/')
            .filter(|part| !part.is_empty())
            .map(str::to_owned)
            .collect(),
        path: Path::ROOT,
        accept: None,
        query: query
            .split('&')
            .filter(|part| !part.is_empty())
            .map(str::to_owned)
            .collect(),
    };
    Some((peer, read.into()))
}
