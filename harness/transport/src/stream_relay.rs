//! A relay of TCP connections between clients and one server: listens where clients connect, and opens a connection to the server
//! for each.
//!
//! What passes is told before it goes on, with the ends' own addresses: a relay is in no address that it tells. Bytes go on as they
//! were read, an end (FIN) as an end, a reset (RST) as a reset. An end that does not read keeps the other from being read. No
//! frames, no TLS.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::connection::{LINGER, READ, closing};
use crate::error::cause;
use crate::link::{Link, Queue, Written};
use crate::tcp::{accept, connect, listen};
use crate::{Arrival, Clock, Closing, Relayed, TransportError, reachable};

/// A relay of connections for one server; dropping it closes them all.
///
/// Of a connection it tells [`Arrival::Opened`] once both halves of it stand, then bytes, and the end of each way by itself:
/// [`Arrival::Closed`] with [`Closing::Finished`] says that `from` sends nothing more, with [`Closing::Broken`] that nothing more
/// passes at all. A server that cannot be reached is [`Arrival::Unreachable`]; the client's connection is reset.
pub struct StreamRelay {
    local: SocketAddr,
    shared: Arc<Shared>,
    accepting: JoinHandle<()>,
}

struct Shared {
    server: SocketAddr,
    clock: Clock,
    relayed: mpsc::Sender<Relayed>,
    holds: AtomicBool,
    /// By the client's address.
    passages: Mutex<BTreeMap<SocketAddr, Arc<Passage>>>,
}

/// A client's connection and the one that was opened to the server for it.
struct Passage {
    client: SocketAddr,
    /// Our address towards the server.
    back: SocketAddr,
    to_server: Link,
    to_client: Link,
    /// Whether one of both was reset, or is to be, so that there is nothing more to tell.
    broken: AtomicBool,
}

/// One of the two connections of a passage, as what comes from it sees it.
struct Leg<'a> {
    shared: &'a Shared,
    passage: &'a Passage,
    from_client: bool,
    /// What writing to it failed with, which reading then may not tell.
    failure: OnceLock<String>,
}

impl Drop for StreamRelay {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl StreamRelay {
    /// Listens on `listen` for clients of the server at `server`; port 0 lets the system choose. What passes goes to `relayed`,
    /// and waits while that is full. Has to be called within a Tokio runtime.
    pub fn open(
        listen_on: SocketAddr,
        server: SocketAddr,
        clock: Clock,
        relayed: mpsc::Sender<Relayed>,
    ) -> Result<Self, TransportError> {
        let failed = |source| TransportError::Accept {
            address: listen_on,
            source,
        };
        let runtime = tokio::runtime::Handle::try_current();
        let runtime = runtime.map_err(|error| failed(io::Error::other(error)))?;
        let listener = listen(listen_on).map_err(failed)?;
        let local = listener.local_addr().map_err(failed)?;
        let shared = Arc::new(Shared {
            server: reachable(server),
            clock,
            relayed,
            holds: AtomicBool::new(false),
            passages: Mutex::default(),
        });
        let accepted = Arc::clone(&shared);
        let accepting = runtime.spawn(accept(listener, MOST_CONNECTIONS, move |stream| {
            let shared = Arc::clone(&accepted);
            async move { shared.carry(stream).await }
        }));
        Ok(Self {
            local,
            shared,
            accepting,
        })
    }

    /// Where clients connect to.
    pub const fn local(&self) -> SocketAddr {
        self.local
    }

    /// Where it connects to.
    pub fn server(&self) -> SocketAddr {
        self.shared.server
    }

    /// From now on bytes and ends are told and go no further, for a caller who uses [`StreamRelay::send`] and
    /// [`StreamRelay::close`] instead, or go on by themselves again. What was held is not kept.
    pub fn hold(&self, holds: bool) {
        self.shared.holds.store(holds, Ordering::Relaxed);
    }

    /// Queues bytes on the connection of `client`: for the server, or for the client itself. A receiver that does not take what waits for it
    /// is an error, and so is a connection that is over.
    pub fn send(
        &self,
        client: SocketAddr,
        to_server: bool,
        bytes: &[u8],
    ) -> Result<(), TransportError> {
        let (from, to) = match to_server {
            true => (client, self.shared.server),
            false => (self.shared.server, client),
        };
        let sent = match self.shared.passage(client) {
            Some(passage) => passage.way(to_server).send(&self.shared.clock, bytes),
            None => Err(io::Error::other("no connection")),
        };
        let sent = sent.map(drop);
        sent.map_err(|source| TransportError::Send {
            from,
            to,
            length: bytes.len(),
            source,
        })
    }

    /// Ends one way of the connection of `client` behind what is queued, as the other connection ended: in order, or by a reset if
    /// that was broken. `false` if there is no such connection.
    pub fn close(&self, client: SocketAddr, to_server: bool) -> bool {
        let passage = self.shared.passage(client);
        passage.is_some_and(|passage| {
            let way = passage.way(to_server);
            match passage.broken.load(Ordering::Relaxed) {
                true => way.abort(),
                false => way.close(),
            }
            true
        })
    }

    /// Resets all connections without a word.
    pub fn forget(&self) {
        for passage in self.shared.passages().values() {
            passage.forget();
        }
    }

    /// Where the server sees `client`, as long as one of both connections stands.
    pub fn seen_at(&self, client: SocketAddr) -> Option<SocketAddr> {
        self.shared.passage(client).map(|passage| passage.back)
    }

    /// Whose connection the server sees at `back`, as long as it stands.
    pub fn client_at(&self, back: SocketAddr) -> Option<SocketAddr> {
        let passages = self.shared.passages();
        let mut passages = passages.values();
        let found = passages.find(|passage| passage.back == back);
        found.map(|passage| passage.client)
    }
}

impl Shared {
    fn passages(&self) -> MutexGuard<'_, BTreeMap<SocketAddr, Arc<Passage>>> {
        self.passages.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn passage(&self, client: SocketAddr) -> Option<Arc<Passage>> {
        self.passages().get(&client).map(Arc::clone)
    }

    /// Tells what came; whether somebody still listens, and whether it is held.
    async fn tell(&self, arrival: Arrival) -> Option<bool> {
        let held = self.holds.load(Ordering::Relaxed);
        let relayed = Relayed { arrival, held };
        self.relayed.send(relayed).await.ok().map(|()| held)
    }

    /// Carries a client's connection, and that to the server, to their ends.
    async fn carry(&self, front: TcpStream) {
        let Ok(client) = front.peer_addr() else {
            return;
        };
        // the system knows from where the server is reached
        let connected = connect(IpAddr::V4(Ipv4Addr::UNSPECIFIED), self.server).await;
        let connected = connected.and_then(|stream| Ok((stream.local_addr()?, stream)));
        let time = (self.clock)();
        let (back, stream) = match connected {
            Ok(connected) => connected,
            Err(error) => {
                let unreachable = Arrival::Unreachable {
                    time,
                    peer: Some(self.server),
                    reason: cause(&error),
                };
                self.tell(unreachable).await;
                return reset(front);
            }
        };
        let opened = Arrival::Opened {
            time,
            from: client,
            to: self.server,
            initiator: false,
        };
        let (to_server, up) = Link::new();
        let (to_client, down) = Link::new();
        let passage = Arc::new(Passage {
            client,
            back,
            to_server,
            to_client,
            broken: AtomicBool::new(false),
        });
        self.passages().insert(client, Arc::clone(&passage));
        if self.tell(opened).await.is_some() {
            let leg = |from_client| Leg {
                shared: self,
                passage: &passage,
                from_client,
                failure: OnceLock::new(),
            };
            let (one, other) = (leg(true), leg(false));
            tokio::join!(one.carry(front, down), other.carry(stream, up));
        }
        let mut passages = self.passages();
        // a client may have come again from the same port by now
        if let Some(known) = passages.get(&client)
            && Arc::ptr_eq(known, &passage)
        {
            passages.remove(&client);
        }
    }
}

impl Passage {
    /// Resets both connections, and has nothing more told of them.
    fn forget(&self) {
        self.broken.store(true, Ordering::Relaxed);
        self.to_server.abort();
        self.to_client.abort();
    }

    const fn way(&self, to_server: bool) -> &Link {
        match to_server {
            true => &self.to_server,
            false => &self.to_client,
        }
    }
}

impl Leg<'_> {
    /// Carries this connection to its end, and closes it.
    async fn carry(&self, mut stream: TcpStream, queue: Queue) {
        // bytes go on in the pieces in which they came
        let _ = stream.set_nodelay(true);
        let aborted = self.read_and_write(&mut stream, queue).await;
        self.own_way().give_up();
        if aborted {
            reset(stream);
        }
    }

    /// Until both ways have ended or the connection is broken; whether it is to be reset.
    async fn read_and_write(&self, stream: &mut TcpStream, queue: Queue) -> bool {
        let own = self.own_way();
        let (reader, writer) = stream.split();
        let mut reading = std::pin::pin!(self.read(reader));
        let mut writing = std::pin::pin!(own.write(writer, queue));
        let (mut is_read, mut is_written) = (false, false);
        while !(is_read && is_written) {
            tokio::select! {
                biased;
                written = &mut writing, if !is_written => match written {
                    Ok(Written::Finished) => is_written = true,
                    Ok(Written::Aborted) => return true,
                    Err(error) => {
                        if is_read {
                            return self.end(Closing::Broken(cause(&error))).await;
                        }
                        // the system tells it once, so that who reads the same connection may see nothing but its end
                        let _ = self.failure.set(cause(&error));
                        is_written = true;
                    }
                },
                in_order = &mut reading, if !is_read => match in_order {
                    true => is_read = true,
                    false => return false,
                },
                () = own.is_aborted() => {
                    if !is_written {
                        let _ = tokio::time::timeout(LINGER, &mut writing).await;
                    }
                    return true;
                }
            }
        }
        false
    }

    /// Reads to the end and passes everything on; whether it ended in order.
    async fn read(&self, mut reader: impl AsyncRead + Unpin) -> bool {
        let (from, to) = self.ends();
        let other = self.passage.way(self.from_client);
        let mut buffer = vec![0; READ];
        let ended = loop {
            let length = match reader.read(&mut buffer).await {
                Ok(0) => break Ok(()),
                Ok(length) => length,
                Err(error) => break Err(error),
            };
            if self.is_over() {
                continue;
            }
            let bytes = buffer.get(..length).unwrap_or_default().to_vec();
            let arrival = Arrival::Bytes {
                time: (self.shared.clock)(),
                from,
                to,
                bytes: bytes.clone(),
            };
            match self.shared.tell(arrival).await {
                Some(true) => {}
                // if nobody writes there any more, its own end tells why
                Some(false) => drop(other.pass(bytes).await),
                None => {
                    self.passage.forget();
                    return false;
                }
            }
        };
        let reason = match (ended, self.failure.get()) {
            (Ok(()), Some(failure)) => Closing::Broken(failure.clone()),
            (ended, _) => closing(ended),
        };
        let in_order = reason == Closing::Finished;
        !self.end(reason).await && in_order
    }

    /// Tells that nothing more comes from here, and ends the other connection likewise; whether this one is to be reset.
    async fn end(&self, reason: Closing) -> bool {
        if self.is_over() {
            // nobody is left to ask for the end of it
            self.own_way().close();
            return false;
        }
        let in_order = reason == Closing::Finished;
        if !in_order {
            self.passage.broken.store(true, Ordering::Relaxed);
        }
        let (from, to) = self.ends();
        let arrival = Arrival::Closed {
            time: (self.shared.clock)(),
            from,
            to,
            reason,
        };
        let other = self.passage.way(self.from_client);
        match (self.shared.tell(arrival).await, in_order) {
            (Some(true), _) => {}
            (Some(false), true) => other.close(),
            (Some(false), false) => other.abort(),
            (None, _) => {
                self.passage.forget();
                return true;
            }
        }
        false
    }

    /// Sender and receiver of what comes from here.
    const fn ends(&self) -> (SocketAddr, SocketAddr) {
        match self.from_client {
            true => (self.passage.client, self.shared.server),
            false => (self.shared.server, self.passage.client),
        }
    }

    /// The way to where this connection comes from.
    const fn own_way(&self) -> &Link {
        self.passage.way(!self.from_client)
    }

    fn is_over(&self) -> bool {
        self.passage.broken.load(Ordering::Relaxed)
    }
}

/// Closes a connection with RST (RFC 9293, 3.10.5).
fn reset(stream: TcpStream) {
    // without it the peer sees an end in order, and that is all that can be done
    let _ = stream.set_zero_linger();
    drop(stream);
}

impl fmt::Debug for StreamRelay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StreamRelay")
            .field("local", &self.local)
            .field("server", &self.server())
            .finish_non_exhaustive()
    }
}

/// Clients that have a connection at a time; a further one is closed at once.
const MOST_CONNECTIONS: usize = 256;
