//! The record layers of DTLS 1.2 and TLS 1.2: what stands on the wire, the epochs of both directions, and the window against
//! replays.

mod content_type;
mod header;
mod inbound;
mod outbound;
mod window;

pub use content_type::ContentType;
pub use header::Record;
pub(crate) use inbound::{Inbound, Opened, Refusal};
pub(crate) use outbound::Outbound;
use window::Window;
