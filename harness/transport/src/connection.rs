//! One TCP connection of an endpoint: what is read goes to the endpoint, what is queued is written, neither waits for the other.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::net::tcp::OwnedReadHalf;
use tokio::sync::mpsc;

use crate::error::cause;
use crate::link::Link;
use crate::{Arrival, Clock, Closing};

/// What an endpoint shares with its connections.
pub(crate) struct Shared {
    pub(crate) clock: Clock,
    pub(crate) arrivals: mpsc::Sender<Arrival>,
    /// By the peer's address and ours.
    links: Mutex<BTreeMap<(SocketAddr, SocketAddr), Arc<Link>>>,
}

impl Shared {
    pub(crate) fn new(clock: Clock, arrivals: mpsc::Sender<Arrival>) -> Self {
        Self {
            clock,
            arrivals,
            links: Mutex::new(BTreeMap::new()),
        }
    }

    /// A connection with `peer`, from `local` if that is told, and the address of ours that it has.
    pub(crate) fn link(
        &self,
        local: Option<SocketAddr>,
        peer: SocketAddr,
    ) -> Option<(SocketAddr, Arc<Link>)> {
        let links = self.links.lock().unwrap_or_else(PoisonError::into_inner);
        let mut found = links.iter().filter(|((remote, own), link)| {
            *remote == peer && local.is_none_or(|local| local == *own) && link.is_open()
        });
        let ((_, own), link) = found.next()?;
        Some((*own, link.clone()))
    }

    /// Carries a connection to its end. Losing the future closes it without a word.
    pub(crate) async fn carry(&self, stream: TcpStream, initiator: bool) {
        let time = (self.clock)();
        let (Ok(local), Ok(peer)) = (stream.local_addr(), stream.peer_addr()) else {
            return;
        };
        // a segment for each write: how a message is cut is for the caller to say
        let _ = stream.set_nodelay(true);
        let (link, queue) = Link::new();
        let link = Arc::new(link);
        self.links().insert((peer, local), link.clone());
        let (from, to) = if initiator {
            (local, peer)
        } else {
            (peer, local)
        };
        let opened = Arrival::Opened {
            time,
            from,
            to,
            initiator,
        };
        self.arrive(opened).await;
        let (reader, writer) = stream.into_split();
        let mut reading = std::pin::pin!(self.read(reader, peer, local));
        let mut writing = std::pin::pin!(link.write(writer, queue));
        let (from, to, reason) = tokio::select! {
            read = &mut reading => (peer, local, closing(read)),
            written = &mut writing => match written {
                // ours is closed; what still comes is taken until the peer closes too, but not for ever
                Ok(_) => match tokio::time::timeout(LINGER, &mut reading).await {
                    Ok(Err(error)) => (peer, local, closing(Err(error))),
                    _ => (local, peer, Closing::Finished),
                },
                Err(error) => (peer, local, closing(Err(error))),
            },
        };
        let ours = from == local;
        link.give_up();
        self.links().remove(&(peer, local));
        let time = (self.clock)();
        self.arrive(Arrival::Closed {
            time,
            from,
            to,
            reason: reason.clone(),
        })
        .await;
        if !ours && reason == Closing::Finished {
            // the peer may still read what was queued for it
            link.close();
            let _ = tokio::time::timeout(LINGER, writing).await;
        }
    }

    async fn read(
        &self,
        mut reader: OwnedReadHalf,
        peer: SocketAddr,
        local: SocketAddr,
    ) -> io::Result<()> {
        let mut buffer = vec![0; READ];
        loop {
            let length = reader.read(&mut buffer).await?;
            if length == 0 {
                return Ok(());
            }
            let bytes = buffer.get(..length).unwrap_or_default().to_vec();
            let time = (self.clock)();
            self.arrive(Arrival::Bytes {
                time,
                from: peer,
                to: local,
                bytes,
            })
            .await;
        }
    }

    /// Hands an arrival to the endpoint; waits while too many lie there, so that the peer is slowed down.
    pub(crate) async fn arrive(&self, arrival: Arrival) {
        // nobody hears it only when the endpoint is gone
        let _ = self.arrivals.send(arrival).await;
    }

    fn links(&self) -> std::sync::MutexGuard<'_, BTreeMap<(SocketAddr, SocketAddr), Arc<Link>>> {
        self.links.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How a connection ended whose reading ended so.
pub(crate) fn closing(ended: io::Result<()>) -> Closing {
    match ended {
        Ok(()) => Closing::Finished,
        Err(error) => Closing::Broken(cause(&error)),
    }
}

/// Bytes that are read at once.
pub(crate) const READ: usize = 16 * 1024;
/// How long the other end is waited for when one end has closed.
pub(crate) const LINGER: Duration = Duration::from_secs(2);
