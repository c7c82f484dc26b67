//! What a frame is called: the operation, the answer, or what stands in its place.

use coap::{Kind, Message, option};
use lwm2m::Operation;

use super::frame::{cut, event_of};
use crate::event::{Datagram, Sort};
use crate::transfer::Transfer;

/// The words of LwM2M for a frame.
pub(super) fn label(transfer: &Transfer, datagram: &Datagram) -> String {
    let Some(message) = &datagram.reading.message else {
        let why = datagram.reading.violations.first();
        return why.map_or_else(
            || "unreadable".to_owned(),
            |violation| format!("unreadable: {}", violation.kind),
        );
    };
    let label = match event_of(transfer, datagram).map(|event| &event.sort) {
        Some(Sort::Request(Some(operation))) => operation.label(),
        Some(Sort::Notification(_)) => format!("{} (notification)", message.code),
        _ => plain(datagram, message),
    };
    cut(&label, LABEL)
}

/// The header in one line: `CON GET, MID 0x4a11, token 5f`.
pub(super) fn line(datagram: &Datagram) -> String {
    let Some(header) = datagram.reading.header else {
        return format!("{} bytes", datagram.bytes.len());
    };
    let line = match datagram.via.stream {
        // neither type nor Message ID (RFC 8323, 3)
        true => header.code.to_string(),
        false => format!("{} {}, MID {}", header.kind, header.code, header.id),
    };
    match datagram.reading.token_read() {
        Some(token) if header.code != coap::Code::EMPTY => format!("{line}, token {token}"),
        _ => line,
    }
}

/// A message that is no event of its own.
fn plain(datagram: &Datagram, message: &Message) -> String {
    if message.code == coap::Code::EMPTY {
        return match message.kind {
            Kind::Rst => "Reset",
            Kind::Ack => "ACK",
            Kind::Con => "Ping",
            Kind::Non => "Empty",
        }
        .to_owned();
    }
    if !message.code.is_request() {
        return message.code.to_string();
    }
    let role = datagram.to.role.lwm2m();
    let operation = Operation::recognise(message, role);
    operation.map_or_else(
        || {
            let path = message.text_options(option::URI_PATH).join("/");
            format!("{} /{path}", message.code)
        },
        |operation| operation.label(),
    )
}

/// Characters of a label.
const LABEL: usize = 200;
