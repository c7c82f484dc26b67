//! A TCP endpoint of the harness: listens and connects, and gives what happens to its connections with time and addresses.
//!
//! Bytes come in the pieces in which they were read; frames and TLS are for others. One slow peer keeps nobody waiting. The
//! clock is the caller's, since it may run ahead of real time.

use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use coap::Time;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::connection::Shared;
use crate::{Arrival, Clock, TransportError, address};

/// A listening TCP socket and all its connections; dropping it closes them.
pub struct TcpEndpoint {
    local: SocketAddr,
    shared: Arc<Shared>,
    arrivals: tokio::sync::Mutex<mpsc::Receiver<Arrival>>,
    /// The accepting task, which owns the accepted connections, and those that were made here.
    tasks: Mutex<JoinSet<()>>,
}

impl TcpEndpoint {
    /// Listens on `address`; port 0 lets the system choose. Has to be called within a Tokio runtime.
    pub fn bind(address: SocketAddr, clock: Clock) -> Result<Self, TransportError> {
        let failed = |source| TransportError::Accept { address, source };
        tokio::runtime::Handle::try_current().map_err(|error| failed(io::Error::other(error)))?;
        let listener = listen(address).map_err(failed)?;
        let local = listener.local_addr().map_err(failed)?;
        let (sender, arrivals) = mpsc::channel(MOST_ARRIVALS);
        let shared = Arc::new(Shared::new(clock, sender));
        let mut tasks = JoinSet::new();
        let accepted = shared.clone();
        tasks.spawn(accept(listener, MOST_CONNECTIONS, move |stream| {
            let shared = accepted.clone();
            async move { shared.carry(stream, false).await }
        }));
        Ok(Self {
            local,
            shared,
            arrivals: tokio::sync::Mutex::new(arrivals),
            tasks: Mutex::new(tasks),
        })
    }

    /// The address it listens on, with the port that the system chose.
    pub const fn local(&self) -> SocketAddr {
        self.local
    }

    /// The URI under which peers on this machine reach it, such as `coap+tcp://[::1]:40001`.
    pub fn uri(&self, scheme: &str) -> String {
        address::server_uri(scheme, self.local)
    }

    /// Begins a connection, from a port of its own; [`Arrival::Opened`] or [`Arrival::Unreachable`] tells what came of it.
    pub fn connect(&self, to: SocketAddr) {
        let (shared, local) = (self.shared.clone(), self.local);
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        while tasks.try_join_next().is_some() {}
        tasks.spawn(async move {
            match connect(local.ip(), to).await {
                Ok(stream) => shared.carry(stream, true).await,
                Err(error) => {
                    let unreachable = Arrival::Unreachable {
                        time: (shared.clock)(),
                        peer: Some(to),
                        reason: crate::error::cause(&error),
                    };
                    shared.arrive(unreachable).await;
                }
            }
        });
    }

    /// Queues bytes for the connection with `to` and returns when that was.
    ///
    /// `from` tells several connections with the same peer apart. A peer that does not take what waits for it is an error.
    pub fn send(
        &self,
        from: Option<SocketAddr>,
        to: SocketAddr,
        bytes: &[u8],
    ) -> Result<Time, TransportError> {
        let link = self.shared.link(from, to);
        let own = link.as_ref().map_or(from, |(own, _)| Some(*own));
        let sent = match link {
            Some((_, link)) => link.send(&self.shared.clock, bytes),
            None => Err(io::Error::other("no connection")),
        };
        sent.map_err(|source| TransportError::Send {
            from: own.unwrap_or(self.local),
            to,
            length: bytes.len(),
            source,
        })
    }

    /// Closes the connection with `to` behind what is queued; [`Arrival::Closed`] follows. `false` if there is none.
    pub fn close(&self, from: Option<SocketAddr>, to: SocketAddr) -> bool {
        let link = self.shared.link(from, to);
        link.is_some_and(|(_, link)| {
            link.close();
            true
        })
    }

    /// The address of ours that the connection with `peer` has.
    pub fn local_towards(&self, peer: SocketAddr) -> Option<SocketAddr> {
        self.shared.link(None, peer).map(|(own, _)| own)
    }

    /// Waits for what comes next; losing the future loses nothing.
    pub async fn receive(&self) -> Result<Arrival, TransportError> {
        let arrival = self.arrivals.lock().await.recv().await;
        arrival.ok_or_else(|| self.ended())
    }

    /// What has come already, without waiting.
    pub fn try_receive(&self) -> Result<Option<Arrival>, TransportError> {
        let Ok(mut arrivals) = self.arrivals.try_lock() else {
            return Ok(None);
        };
        match arrivals.try_recv() {
            Ok(arrival) => Ok(Some(arrival)),
            Err(mpsc::error::TryRecvError::Empty) => Ok(None),
            Err(mpsc::error::TryRecvError::Disconnected) => Err(self.ended()),
        }
    }

    fn ended(&self) -> TransportError {
        TransportError::Receive {
            address: self.local,
            source: io::Error::other("the endpoint has ended"),
        }
    }
}

impl fmt::Debug for TcpEndpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TcpEndpoint")
            .field("local", &self.local)
            .finish_non_exhaustive()
    }
}

/// Listens for connections; whose port it was before does not matter once that is over.
pub(crate) fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = socket(address)?;
    // a port whose last connections are in TIME-WAIT is free (RFC 9293, 3.6.1)
    #[cfg(not(windows))]
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Connects from an address that is listened on, if it is one, so that the peer sees whose the connection is.
pub(crate) async fn connect(local: IpAddr, to: SocketAddr) -> io::Result<TcpStream> {
    let socket = socket(to)?;
    // else its port could not be listened on for a minute after the connection's end, and it may be that of a server
    #[cfg(not(windows))]
    socket.set_reuseaddr(true)?;
    if !local.is_unspecified() && local.is_ipv4() == to.is_ipv4() {
        socket.bind(SocketAddr::new(local, 0))?;
    }
    let connected = tokio::time::timeout(CONNECT, socket.connect(to)).await;
    connected.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}

fn socket(address: SocketAddr) -> io::Result<TcpSocket> {
    match address {
        SocketAddr::V4(_) => TcpSocket::new_v4(),
        SocketAddr::V6(_) => TcpSocket::new_v6(),
    }
}

/// Carries each connection that is accepted, `most` at a time; losing the future loses them all.
pub(crate) async fn accept<F: Future<Output = ()> + Send + 'static>(
    listener: TcpListener,
    most: usize,
    carry: impl Fn(TcpStream) -> F,
) {
    let mut connections = JoinSet::new();
    loop {
        let accepted = listener.accept().await;
        while connections.try_join_next().is_some() {}
        match accepted {
            Ok((stream, _)) if connections.len() < most => drop(connections.spawn(carry(stream))),
            // dropped, and so closed
            Ok(_) => {}
            // nothing but time gives descriptors back
            Err(_) => tokio::time::sleep(PAUSE).await,
        }
    }
}

/// Arrivals that may lie in the endpoint; behind them its connections wait, and so do their peers.
const MOST_ARRIVALS: usize = 256;
/// Connections that an endpoint has accepted at once.
const MOST_CONNECTIONS: usize = 1024;
/// Connections that may wait to be accepted.
const BACKLOG: u32 = 128;
/// How long a connection may take to be made.
const CONNECT: Duration = Duration::from_secs(10);
/// Wait after a connection could not be accepted.
const PAUSE: Duration = Duration::from_millis(50);
