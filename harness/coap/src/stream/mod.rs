//! CoAP over TCP and TLS (RFC 8323): frames of a byte stream, strictly read and honestly or wrongly written, and signalling.
//!
//! Pure: whoever owns the connection pushes bytes in and takes frames out. WebSockets (RFC 8323, 4) are left out.

mod conversion;
mod frame;
mod layout;
mod raw;
mod reader;
mod settings;
mod signal;
pub mod signal_option;

pub use conversion::{datagram_of, frame_of};
pub use frame::{encode, read_frame};
pub use raw::{FrameLength, RawFrame};
pub use reader::{Frame, FrameError, FrameErrorKind, Reader};
pub use settings::Settings;
pub use signal::{Abort, Csm, Release, Signal};
