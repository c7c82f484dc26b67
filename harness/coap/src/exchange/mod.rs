//! Reliable messaging of one endpoint as a sans-IO state machine (RFC 7252, 4 and 5.2 to 5.4; RFC 7959).

mod deduplication;
mod event;
mod exchanges;
mod messaging;
mod random;
mod receive;
mod serving;
mod transfer;
mod transmission;

pub use event::{Event, ExchangeId, Purpose, Sending, Transmit};
pub use exchanges::Exchanges;
pub use messaging::RespondError;
