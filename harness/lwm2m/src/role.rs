//! The three roles of LwM2M (Core TS, 4), and that of who holds images for them.

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
    /// Server of images, which need not speak LwM2M (Core TS, E.6).
    FileServer,
}

impl Role {
    /// The word of cases and profiles: `client`, `server`, `bootstrap-server`, `file-server`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Server => "server",
            Self::BootstrapServer => "bootstrap-server",
            Self::FileServer => "file-server",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
