//! TCP: segments put back into the streams that they were cut from.

mod connection;
mod connections;
mod event;
mod header;
mod side;

pub(crate) use connections::Connections;
pub use event::{Closed, Closing, Lost, Opened, Opening, Segment, WhyLost};
pub(crate) use header::read;
