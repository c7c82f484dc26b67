//! Seats: who takes part in a dialogue.

use std::fmt;
use std::str::FromStr;

/// What a seat plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// LwM2M Client.
    Client,
    /// LwM2M Server.
    Server,
    /// LwM2M Bootstrap-Server.
    BootstrapServer,
    /// The server that firmware and software images are pulled from.
    FileServer,
}

/// One of the seats of a dialogue: `client`, `server-2`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Seat {
    /// What it plays.
    pub role: Role,
    /// Which of that role, from 1.
    pub number: u8,
}

/// A text that names no seat.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is not a seat")]
pub struct SeatError(pub String);

impl Role {
    /// All roles.
    pub const ALL: [Self; 4] = [
        Self::Client,
        Self::Server,
        Self::BootstrapServer,
        Self::FileServer,
    ];

    /// The word of cases: `bootstrap-server`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Server => "server",
            Self::BootstrapServer => "bootstrap-server",
            Self::FileServer => "file-server",
        }
    }

    /// The role in the tables of the standard.
    pub const fn lwm2m(self) -> lwm2m::Role {
        match self {
            Self::Client => lwm2m::Role::Client,
            Self::Server => lwm2m::Role::Server,
            Self::BootstrapServer => lwm2m::Role::BootstrapServer,
            Self::FileServer => lwm2m::Role::FileServer,
        }
    }
}

impl Seat {
    /// The first client.
    pub const CLIENT: Self = Self::first(Role::Client);
    /// The first server.
    pub const SERVER: Self = Self::first(Role::Server);
    /// The Bootstrap-Server.
    pub const BOOTSTRAP_SERVER: Self = Self::first(Role::BootstrapServer);
    /// The file server.
    pub const FILE_SERVER: Self = Self::first(Role::FileServer);

    /// Every seat that the notation has.
    pub const ALL: [Self; 6] = [
        Self::CLIENT,
        Self {
            role: Role::Client,
            number: 2,
        },
        Self::SERVER,
        Self {
            role: Role::Server,
            number: 2,
        },
        Self::BOOTSTRAP_SERVER,
        Self::FILE_SERVER,
    ];

    const fn first(role: Role) -> Self {
        Self { role, number: 1 }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for Seat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.number {
            1 => f.write_str(self.role.name()),
            number => write!(f, "{}-{number}", self.role),
        }
    }
}

impl FromStr for Seat {
    type Err = SeatError;

    fn from_str(text: &str) -> Result<Self, SeatError> {
        Self::ALL
            .into_iter()
            .find(|seat| seat.to_string() == text)
            .ok_or_else(|| SeatError(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seats_read_as_they_are_written() {
        for seat in Seat::ALL {
            assert_eq!(seat.to_string().parse(), Ok(seat));
        }
        assert!("server-1".parse::<Seat>().is_err());
        assert_eq!(
            Seat::from_str("server-2").map(|seat| (seat.role, seat.number)),
            Ok((Role::Server, 2))
        );
    }
}
