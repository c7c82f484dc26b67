//! The transport's trouble: what was tried, on which address or path, and why it did not work.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use thiserror::Error;

/// Why the harness could not listen, send, receive or capture.
#[derive(Debug, Error)]
pub enum TransportError {
    /// The socket could not be had.
    #[error("cannot listen on {address}: {}", cause(.source))]
    Listen {
        /// The address asked for.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// The socket that accepts connections could not be had.
    #[error("cannot listen on {address} for connections: {}", cause(.source))]
    Accept {
        /// The address asked for.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// The datagram, or the bytes of a connection, could not be handed to the system.
    #[error("cannot send {length} bytes from {from} to {to}: {}", cause(.source))]
    Send {
        /// The socket's address.
        from: SocketAddr,
        /// The peer.
        to: SocketAddr,
        /// Length of what was to be sent.
        length: usize,
        /// What the system said.
        source: io::Error,
    },
    /// The socket cannot receive any more.
    #[error("cannot receive on {address}: {}", cause(.source))]
    Receive {
        /// The socket's address.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// The text names no address to listen on.
    #[error("cannot listen on \"{text}\": {reason}")]
    Address {
        /// The text as given.
        text: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The capture could not be written.
    #[error("cannot write \"{}\": {}", .path.display(), cause(.source))]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The capture could not be read back.
    #[error("cannot read \"{}\": {reason}", .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What was found.
        reason: String,
    },
}

impl TransportError {
    /// What the user can do about it, for the line after the error.
    pub fn help(&self) -> Option<String> {
        match self {
            Self::Listen { address, source } => {
                listen_help(("UDP", "-lunp"), *address, source.kind())
            }
            Self::Accept { address, source } => {
                listen_help(("TCP", "-ltnp"), *address, source.kind())
            }
            Self::Address { .. } => {
                Some("an address is written 127.0.0.1, 127.0.0.1:5683, ::1 or [::1]:5683".into())
            }
            Self::Send { to, source, .. } => match source.kind() {
                io::ErrorKind::NetworkUnreachable | io::ErrorKind::HostUnreachable => {
                    Some(format!(
                        "this machine has no route to {}; does --listen name an interface that reaches it?",
                        to.ip()
                    ))
                }
                _ => None,
            },
            Self::Write { source, .. } if source.kind() == io::ErrorKind::StorageFull => {
                Some("free some room or choose another folder with --out".into())
            }
            Self::Receive { .. } | Self::Write { .. } | Self::Read { .. } => None,
        }
    }
}

fn listen_help(
    (protocol, flags): (&str, &str),
    address: SocketAddr,
    kind: io::ErrorKind,
) -> Option<String> {
    let ip = address.ip();
    match kind {
        io::ErrorKind::AddrInUse => Some(format!(
            "another program holds {protocol} port {} (ss {flags} names it); end it, or let the system choose: --listen {}",
            address.port(),
            SocketAddr::new(ip, 0)
        )),
        io::ErrorKind::AddrNotAvailable => Some(format!(
            "no interface of this machine has {ip} (ip address lists them)"
        )),
        io::ErrorKind::PermissionDenied => {
            Some("ports below 1024 need privileges; choose a higher one".into())
        }
        _ => None,
    }
}

/// The system's reason as a lower-case fragment without its number.
pub(crate) fn cause(error: &io::Error) -> String {
    let fragment = match error.kind() {
        io::ErrorKind::AddrInUse => "address in use",
        io::ErrorKind::AddrNotAvailable => "address not available on this machine",
        io::ErrorKind::PermissionDenied => "permission denied",
        io::ErrorKind::NotFound => "no such file or directory",
        io::ErrorKind::StorageFull => "no space left on device",
        io::ErrorKind::NetworkUnreachable => "network unreachable",
        io::ErrorKind::HostUnreachable => "host unreachable",
        _ => return lower_case(&error.to_string()),
    };
    fragment.to_owned()
}

fn lower_case(text: &str) -> String {
    let text = text.split(" (os error").next().unwrap_or(text);
    let mut characters = text.chars();
    match characters.next() {
        Some(first) => first.to_lowercase().chain(characters).collect(),
        None => "unknown reason".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_what_where_and_why() {
        let error = TransportError::Listen {
            address: "127.0.0.1:5683".parse().unwrap(),
            source: io::Error::from_raw_os_error(nix::errno::Errno::EADDRINUSE as i32),
        };
        assert_eq!(
            error.to_string(),
            "cannot listen on 127.0.0.1:5683: address in use"
        );
        assert!(error.help().unwrap().contains("--listen 127.0.0.1:0"));
    }

    #[test]
    fn drops_the_number_and_the_capital() {
        let error = io::Error::from_raw_os_error(nix::errno::Errno::EMSGSIZE as i32);
        assert_eq!(cause(&error), "message too long");
    }
}
