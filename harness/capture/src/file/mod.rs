//! The two formats of capture files: where frames begin and end, and when they were captured.

mod clock;
mod frame;
mod interface;
mod order;
mod packet;
mod pcap;
mod pcapng;
mod source;
mod start;

pub(crate) use frame::{Entry, Frame};
pub(crate) use start::File;
