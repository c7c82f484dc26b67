//! What a request is: its operation, and whether it starts an observation.

use coap::{Code, Message};
use lwm2m::Operation;
use testcase::Seat;

/// The operation of a request from one seat to another: what a GET means depends on who sends it.
pub(super) fn operation_of(message: &Message, from: Seat, to: Seat) -> Option<Operation> {
    Operation::recognise_from(message, from.role.lwm2m(), to.role.lwm2m())
}

/// Whether a request asks to observe (RFC 7641, 2; RFC 8132 for FETCH).
pub(super) fn starts_observation(message: &Message) -> bool {
    matches!(message.code, Code::GET | Code::FETCH) && message.observe() == Some(0)
}
