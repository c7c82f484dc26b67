//! Captures: pcap and pcapng files in, the datagrams, streams and secrets that they hold out.
//!
//! Pure and bounded: [`std::io::Read`] is the only way in, time is the capture's, and neither a length that lies nor a
//! flood of fragments takes more memory than a bounded multiple of what was read. Nothing is repaired: what cannot be
//! read is a [`Note`] or the [`CaptureError`] that ends the capture, behind everything that stands before it. Holds no
//! protocol above UDP and TCP, and checks no checksum: a machine that captures itself sees those that its card has yet to fill in.

mod error;
mod file;
mod filter;
mod ip;
mod item;
mod key_log;
mod link;
mod network;
mod note;
mod octets;
mod psk;
mod reader;
mod skip;
mod tcp;
mod udp;

pub use error::{CaptureError, CaptureErrorKind};
pub use filter::{Everything, Filter, Transport};
pub use item::{Comment, Datagram, Item, Secrets};
pub use key_log::{KeyLog, KeyLogMistake, MasterSecret};
pub use link::LinkType;
pub use note::{Abandoned, Limit, Note, Protocol, Remark};
pub use psk::{PreSharedKey, PskMistake};
pub use reader::Reader;
pub use skip::{Count, Skip, Skips};
pub use tcp::{Closed, Closing, Lost, Opened, Opening, Segment, WhyLost};
