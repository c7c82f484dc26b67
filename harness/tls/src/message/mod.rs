//! Handshake messages (RFC 5246, 7.4; RFC 6347, 4.2): read leniently, written as told.

mod body;
mod certificate;
mod extension;
mod handshake_type;
mod header;
mod hello;
mod key_exchange;
mod reassembly;

pub use body::{Context, HandshakeBody};
pub use certificate::{CertificateRequest, CertificateVerify, Shown};
pub use extension::{Extension, ExtensionType, Extensions};
pub use handshake_type::HandshakeType;
pub(crate) use header::{Header, StreamMessages};
pub use hello::{ClientHello, HelloVerifyRequest, ServerHello};
pub use key_exchange::{ClientKeyExchange, CurveParameters, ServerKeyExchange, Signature};
pub(crate) use reassembly::{Joined, Reassembly, Taken};
