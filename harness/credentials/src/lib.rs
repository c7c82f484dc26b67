//! Credentials of (D)TLS: keys, certificates, how a peer's are checked, and a test CA.
//!
//! Pure: no socket, no clock, no randomness. The time and every seed are arguments. Knows only P-256, the
//! curve that LwM2M demands (Transport TS, 5.2.3); any other key is read and refused.

mod alternative_name;
mod association;
mod authority;
mod certificate;
mod check;
mod extension;
mod fault;
pub mod fixtures;
mod malformed;
mod path;
mod pem;
mod private_key;
mod public_key;
mod reference;
mod request;

pub use alternative_name::AlternativeName;
pub use association::{Association, Matching, Usage};
pub use authority::Authority;
pub use certificate::{Certificate, CertificateError};
pub use check::{Checks, check_client, check_raw_key, check_server};
pub use extension::{BasicConstraints, KeyUsage, Purpose};
pub use fault::Fault;
pub use malformed::Malformed;
pub use pem::{PemError, PemErrorKind};
pub use private_key::PrivateKey;
pub use public_key::{KeyError, PublicKey};
pub use reference::Reference;
pub use request::{IssueError, RawExtension, Request};
