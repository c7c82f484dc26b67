//! The harness's own trouble: cause and address, never a verdict on an implementation.

use std::io;
use std::path::PathBuf;

use crate::iut::{IutError, cause};

/// Why a run cannot begin or go on.
#[derive(Debug, thiserror::Error)]
pub enum HarnessError {
    /// A file or folder of the session cannot be written.
    #[error("cannot write \"{}\": {}", path.display(), cause(source))]
    Write {
        /// Where.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A socket cannot be had.
    #[error(transparent)]
    Transport(#[from] transport::TransportError),
    /// An implementation cannot be controlled.
    #[error(transparent)]
    Implementation(#[from] IutError),
    /// A server under test whose address is not told.
    #[error("the profile \"{profile}\" does not say where its server listens")]
    NoServerUri {
        /// Path of the profile.
        profile: String,
    },
    /// A URI that names no address.
    #[error("\"{uri}\" names no IP address and port")]
    Uri {
        /// The URI.
        uri: String,
    },
    /// A file that a profile names cannot be read.
    #[error("{0}")]
    Image(String),
    /// A file that was named cannot be read.
    #[error("cannot read \"{}\": {}", path.display(), cause(source))]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A capture that cannot be read.
    #[error("cannot judge \"{}\": {source}", path.display())]
    Capture {
        /// The file.
        path: PathBuf,
        /// What is wrong, and at which byte.
        source: capture::CaptureError,
    },
    /// Something this build cannot do.
    #[error("this build lacks {0}")]
    Lacks(String),
}

impl HarnessError {
    /// What to do about it.
    pub fn help(&self) -> Option<String> {
        match self {
            Self::Write { .. } => Some("choose another folder with --out".to_owned()),
            Self::Transport(error) => error.help(),
            Self::Implementation(error) => Some(error.help()),
            Self::NoServerUri { .. } => {
                Some("add `ixit: {uri: coap://127.0.0.1:5683}` to it".to_owned())
            }
            Self::Uri { .. } => {
                Some("write it like coap://127.0.0.1:5683 or coap://[::1]:5683".to_owned())
            }
            Self::Image(_) => Some("files are looked for beside the profile".to_owned()),
            Self::Read { .. } => {
                Some("is the path right, seen from the current folder?".to_owned())
            }
            Self::Capture { .. } => Some(
                "a capture is a pcap or pcapng file, as Wireshark and tcpdump write".to_owned(),
            ),
            Self::Lacks(_) => None,
        }
    }

    /// Makes of what the system says why a file cannot be written.
    pub fn write(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Write { path, source }
    }
}
