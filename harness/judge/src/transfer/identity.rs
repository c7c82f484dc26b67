//! What a request is: its operation, and whether it starts an observation.

use coap::{Code, Message};
use lwm2m::Operation;
use testcase::{Role, Seat};

/// The operation of a request that `to` receives.
pub(super) fn operation_of(message: &Message, to: Seat) -> Option<Operation> {
    let toward = match to.role {
        Role::Client => lwm2m::Role::Client,
        Role::Server => lwm2m::Role::Server,
        Role::BootstrapServer => lwm2m::Role::BootstrapServer,
        Role::FileServer => return None,
    };
    Operation::recognise(message, toward)
}

/// Whether a request asks to observe (RFC 7641, 2; RFC 8132 for FETCH).
pub(super) fn starts_observation(message: &Message) -> bool {
    matches!(message.code, Code::GET | Code::FETCH) && message.observe() == Some(0)
}
