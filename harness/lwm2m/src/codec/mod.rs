//! Content formats of LwM2M (Core TS, 7.5): payload to nodes and back.
//!
//! Readers keep what was on the wire, in its order, with offsets, and never repair. Writers are well-behaved; who wants a wrong
//! payload writes its bytes.

mod assembly;
mod base64;
mod cbor;
mod cbor_item;
mod cbor_value;
mod date;
mod error;
mod json_text;
mod link_format;
mod lwm2m_cbor;
mod lwm2m_json;
mod opaque;
mod payload;
mod remark;
mod senml;
mod senml_cbor;
mod senml_json;
mod senml_name;
mod senml_plain;
mod text;
pub mod tlv;
mod visitor;

pub use error::{CodecError, CodecErrorKind};
pub use payload::{Decoded, DecodedPaths, decode, decode_paths, encode, encode_paths, visit};
pub use remark::{CodecRemark, Level, RemarkKind};
pub use visitor::{NodeRef, ValueRef, Visitor};
