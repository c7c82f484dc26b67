//! A UDP endpoint of the harness: whole datagrams with the time and both addresses.
//!
//! An ICMP error is an event and ends nothing (RFC 7252, 4.2). The clock is the caller's, since it may run ahead of
//! real time. No retransmission, no CoAP.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};

use coap::Time;
use tokio::io::Interest;
use tokio::net::UdpSocket;

use crate::{Arrival, Clock, TransportError, address};

/// A bound UDP socket.
pub struct UdpEndpoint {
    socket: UdpSocket,
    /// The same socket outside the runtime, whose notice of an arrival comes late.
    direct: std::net::UdpSocket,
    local: SocketAddr,
    clock: Clock,
    buffer: Mutex<Vec<u8>>,
}

impl UdpEndpoint {
    /// Listens on `address`; port 0 lets the system choose. Has to be called within a Tokio runtime.
    pub fn bind(address: SocketAddr, clock: Clock) -> Result<Self, TransportError> {
        let failed = |source| TransportError::Listen { address, source };
        tokio::runtime::Handle::try_current().map_err(|error| failed(io::Error::other(error)))?;
        let socket = std::net::UdpSocket::bind(address).map_err(failed)?;
        socket.set_nonblocking(true).map_err(failed)?;
        let local = socket.local_addr().map_err(failed)?;
        report_icmp(&socket, local).map_err(failed)?;
        Ok(Self {
            direct: socket.try_clone().map_err(failed)?,
            socket: UdpSocket::from_std(socket).map_err(failed)?,
            local,
            clock,
            buffer: Mutex::new(vec![0; MAX_DATAGRAM]),
        })
    }

    /// The address it listens on, with the port that the system chose.
    pub const fn local(&self) -> SocketAddr {
        self.local
    }

    /// The address from which it sends to `peer`: its own, or the interface's if it listens on all of them.
    pub fn local_towards(&self, peer: SocketAddr) -> SocketAddr {
        address::local_towards(self.local, peer)
    }

    /// The URI under which peers on this machine reach it, such as `coap://[::1]:40001`.
    pub fn uri(&self, scheme: &str) -> String {
        address::server_uri(scheme, self.local)
    }

    /// Sends one datagram and returns when that was.
    ///
    /// The report that an earlier datagram was refused does not keep this one from being sent.
    pub async fn send(&self, to: SocketAddr, bytes: &[u8]) -> Result<Time, TransportError> {
        let mut refusals = 0;
        loop {
            let time = (self.clock)();
            match self.socket.send_to(bytes, to).await {
                Ok(_) => return Ok(time),
                Err(error) if is_icmp(&error) && refusals < MAX_REFUSALS => refusals += 1,
                Err(source) => return Err(self.send_error(to, bytes.len(), source)),
            }
        }
    }

    /// Sends one datagram without waiting; one that the system has no room for is lost, as on a network.
    pub(crate) fn send_at_once(&self, to: SocketAddr, bytes: &[u8]) -> Result<(), TransportError> {
        let mut refusals = 0;
        loop {
            match self.direct.send_to(bytes, to) {
                Ok(_) => return Ok(()),
                Err(error) if is_icmp(&error) && refusals < MAX_REFUSALS => refusals += 1,
                Err(source) => return Err(self.send_error(to, bytes.len(), source)),
            }
        }
    }

    /// Waits for what comes next; losing the future loses nothing.
    pub async fn receive(&self) -> Result<Arrival, TransportError> {
        let interest = Interest::READABLE | Interest::ERROR;
        let taken = self.socket.async_io(interest, || self.take()).await;
        taken.map_err(|source| self.receive_error(source))
    }

    /// What lies in the socket already, without waiting.
    pub fn try_receive(&self) -> Result<Option<Arrival>, TransportError> {
        match self.take() {
            Ok(arrival) => Ok(Some(arrival)),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(None),
            Err(source) => Err(self.receive_error(source)),
        }
    }

    fn take(&self) -> io::Result<Arrival> {
        match queued_icmp(&self.direct) {
            Ok((peer, error)) => return Ok(self.unreachable(peer, &error)),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
        let mut buffer = self.buffer.lock().unwrap_or_else(PoisonError::into_inner);
        match self.direct.recv_from(&mut buffer) {
            Ok((length, from)) => {
                let bytes = buffer.get(..length).unwrap_or_default().to_vec();
                let (time, to) = ((self.clock)(), self.local_towards(from));
                Ok(Arrival::Datagram {
                    time,
                    from,
                    to,
                    bytes,
                })
            }
            // It came after the look at the queue, which names the peer.
            Err(error) if is_icmp(&error) => {
                let (peer, error) = queued_icmp(&self.direct).unwrap_or((None, error));
                Ok(self.unreachable(peer, &error))
            }
            Err(error) => Err(error),
        }
    }

    fn unreachable(&self, peer: Option<SocketAddr>, error: &io::Error) -> Arrival {
        Arrival::Unreachable {
            time: (self.clock)(),
            peer,
            reason: crate::error::cause(error),
        }
    }

    fn send_error(&self, to: SocketAddr, length: usize, source: io::Error) -> TransportError {
        let from = self.local;
        TransportError::Send {
            from,
            to,
            length,
            source,
        }
    }

    const fn receive_error(&self, source: io::Error) -> TransportError {
        let address = self.local;
        TransportError::Receive { address, source }
    }
}

impl fmt::Debug for UdpEndpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UdpEndpoint")
            .field("local", &self.local)
            .finish_non_exhaustive()
    }
}

fn is_icmp(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionRefused
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::HostUnreachable
            | io::ErrorKind::NetworkUnreachable
    )
}

/// Asks the system to queue ICMP errors, which an unconnected socket never hears of otherwise (ip(7), IP_RECVERR).
#[cfg(target_os = "linux")]
fn report_icmp(socket: &std::net::UdpSocket, local: SocketAddr) -> io::Result<()> {
    use nix::sys::socket::{setsockopt, sockopt};

    match local {
        SocketAddr::V4(_) => setsockopt(socket, sockopt::Ipv4RecvErr, &true)?,
        SocketAddr::V6(_) => setsockopt(socket, sockopt::Ipv6RecvErr, &true)?,
    }
    Ok(())
}

#[cfg(not(target_os = "linux"))]
fn report_icmp(_: &std::net::UdpSocket, _: SocketAddr) -> io::Result<()> {
    Ok(())
}

/// Takes one ICMP error off the queue: where the datagram was going, and what became of it.
#[cfg(target_os = "linux")]
fn queued_icmp(socket: &std::net::UdpSocket) -> io::Result<(Option<SocketAddr>, io::Error)> {
    use std::io::IoSliceMut;
    use std::os::fd::AsRawFd;

    use nix::sys::socket::{ControlMessageOwned, MsgFlags, SockaddrStorage, recvmsg};

    let mut returned = [0; 64];
    let mut slices = [IoSliceMut::new(&mut returned)];
    let mut control = nix::cmsg_space!([u8; CONTROL_SPACE]);
    let flags = MsgFlags::MSG_ERRQUEUE | MsgFlags::MSG_DONTWAIT;
    let message =
        recvmsg::<SockaddrStorage>(socket.as_raw_fd(), &mut slices, Some(&mut control), flags)?;
    let code = message.cmsgs()?.find_map(|control| match control {
        ControlMessageOwned::Ipv4RecvErr(error, _) | ControlMessageOwned::Ipv6RecvErr(error, _) => {
            i32::try_from(error.ee_errno).ok()
        }
        _ => None,
    });
    let error = io::Error::from_raw_os_error(code.unwrap_or(nix::libc::ECONNREFUSED));
    Ok((message.address.as_ref().and_then(peer_of), error))
}

#[cfg(not(target_os = "linux"))]
fn queued_icmp(_: &std::net::UdpSocket) -> io::Result<(Option<SocketAddr>, io::Error)> {
    Err(io::ErrorKind::WouldBlock.into())
}

#[cfg(target_os = "linux")]
fn peer_of(storage: &nix::sys::socket::SockaddrStorage) -> Option<SocketAddr> {
    let four = storage
        .as_sockaddr_in()
        .map(|peer| SocketAddr::from((peer.ip(), peer.port())));
    four.or_else(|| {
        storage
            .as_sockaddr_in6()
            .map(|peer| SocketAddr::from((peer.ip(), peer.port())))
    })
}

/// More than any UDP datagram holds, so that none is cut (RFC 768: a 16-bit length).
const MAX_DATAGRAM: usize = 65_536;

/// How many reports about earlier datagrams a send works through before it gives up.
const MAX_REFUSALS: u32 = 16;

/// Room for `sock_extended_err` and the address behind it (ip(7)).
#[cfg(target_os = "linux")]
const CONTROL_SPACE: usize = 128;
