//! DTLS 1.2 and TLS 1.2 without sockets, for a tester.
//!
//! [`Endpoint`] speaks them, honestly or as badly as its [`Settings`] say; [`Watcher`] reads what others speak. Pure: no socket, no clock, no randomness;
//! time and every seed are arguments.

mod alert;
mod cache;
mod connection;
mod cookie;
mod crypto;
mod endpoint;
mod message;
mod outbox;
mod peer_credentials;
mod record;
mod session;
mod settings;
mod suite;
mod version;
mod watcher;
mod wire;

pub use alert::{Alert, AlertDescription, AlertLevel};
pub use endpoint::Endpoint;
pub use message::{
    CertificateRequest, CertificateVerify, ClientHello, ClientKeyExchange, Context,
    CurveParameters, Extension, ExtensionType, Extensions, HandshakeBody, HandshakeType,
    HelloVerifyRequest, ServerHello, ServerKeyExchange, Shown, Signature,
};
pub use peer_credentials::{
    ClientCredentials, Demand, OwnKey, Psk, ServerCredentials, TrustedClients, UnknownIdentity,
};
pub use record::{ContentType, Record};
pub use session::{Close, End, Event, Secret, SendError, Session, Transmit, key_log};
pub use settings::{Act, ConnectionId, Fault, Misbehaviour, Proof, ServerName, Settings, Subject};
pub use suite::{Bulk, Hash, KeyExchange, SUITES, Suite, SuiteFacts};
pub use version::{Framing, Version};
pub use watcher::{HandshakeFact, Observed, Rejection, SessionFacts, Unread, Watcher, What};
pub use wire::DecodeError;
