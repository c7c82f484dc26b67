//! `application/vnd.oma.lwm2m+tlv` (Core TS, 7.5.5): the tree of entries as it was sent, and the nodes it stands for.

mod entry;
mod place;
mod reader;
mod value;
mod writer;

pub use entry::{Entry, Kind, LengthForm, parse};
pub use place::paths;
pub(super) use reader::read;
pub(super) use writer::encode;

use coap::ContentFormat;

const FORMAT: ContentFormat = ContentFormat::TLV;
