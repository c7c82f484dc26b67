//! Content formats of LwM2M (Core TS, 7.5): payload to nodes and back.
//!
//! Readers keep what was on the wire, in its order, with offsets, and never repair. Writers are well-behaved; who wants a wrong
//! payload writes its bytes.

mod assembly;
mod base64;
mod error;
mod opaque;
mod payload;
mod remark;
mod text;
pub mod tlv;

pub use error::{CodecError, CodecErrorKind};
pub use payload::{Decoded, DecodedPaths, decode, decode_paths, encode, encode_paths};
pub use remark::{CodecRemark, Level, RemarkKind};
