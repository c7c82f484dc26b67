//! OSCORE (RFC 8613) for a tester, with the parts that LwM2M uses (Transport TS, 5.4; Core TS, E.9; RFC 9175, 2).
//!
//! Pure: no socket, no clock, no randomness of its own. Time and seeds are arguments. Holds no Group
//! OSCORE and no HTTP (RFC 8613, 11).

mod algorithm;
mod class;
mod conduct;
mod context;
mod envelope;
mod fault;
mod header;
mod keys;
mod layer;
mod memory;
mod observation;
mod parameters;
mod partial_iv;
mod random;
mod watcher;
mod window;

pub use algorithm::{Aead, Hash};
pub use class::{Class, class};
pub use conduct::{Conduct, Deviation};
pub use context::{Context, Nonce, Opened};
pub use fault::{Fault, ProtectError};
pub use header::{Header, HeaderError};
pub use keys::{Binding, Endpoint, Keys, aad, info};
pub use layer::{Cause, Incoming, Layer};
pub use observation::Observation;
pub use parameters::{Parameters, ParametersError};
pub use partial_iv::{MAX_SEQUENCE, PartialIv};
pub use watcher::{Facts, Finding, Protection, Seen, Watcher};
pub use window::ReplayWindow;
