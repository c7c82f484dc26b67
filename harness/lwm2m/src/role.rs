//! The three roles of LwM2M (Core TS, 4).

use std::fmt;

/// Who sends or receives an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// LwM2M Client.
    Client,
    /// LwM2M Server.
    Server,
    /// LwM2M Bootstrap-Server.
    BootstrapServer,
}

impl Role {
    /// The word of cases and profiles: `client`, `server`, `bootstrap-server`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Server => "server",
            Self::BootstrapServer => "bootstrap-server",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
