//! What every operation has in common: its word, who sends it, its answers, and its form on the wire.

use coap::{Code, ContentFormat, Kind, Message, MessageId, Token};

use super::Request;
use crate::{Path, Role};

/// One operation of LwM2M as it stands in a message.
pub trait Wire: Sized {
    /// The word of cases: `write-attributes`.
    const WORD: &'static str;
    /// Who sends it.
    const SENDER: Role;
    /// Who receives it.
    const RECEIVER: Role;
    /// Message types it may travel in, the usual one first (Transport TS, 6.8.1).
    const KINDS: &'static [Kind] = &[Kind::Con];
    /// The codes that may answer it (Transport TS, 6.7), of all versions.
    const RESPONSES: &'static [Code];

    /// The parts of its message.
    fn to_request(&self) -> Request;

    /// Reads it from the parts of a message that has its method and place; `None` if the target is no path.
    fn from_request(request: Request) -> Option<Self>;

    /// Its message.
    fn to_message(&self, kind: Kind, id: MessageId, token: Token) -> Message {
        self.to_request().to_message(kind, id, token)
    }

    /// Its target in the data model.
    fn path(&self) -> Option<Path> {
        None
    }

    /// Content-Format of its payload.
    fn content_format(&self) -> Option<ContentFormat> {
        None
    }

    /// Its payload.
    fn payload(&self) -> &[u8] {
        &[]
    }

    /// What a ladder says beside word and path.
    fn details(&self) -> Vec<String>;
}

/// `accept tlv`, if a format is asked for.
pub(super) fn accept_detail(accept: Option<ContentFormat>) -> Vec<String> {
    accept
        .map(|format| format!("accept {format}"))
        .into_iter()
        .collect()
}

/// `tlv, 12 bytes`.
pub(super) fn body_details(format: Option<ContentFormat>, payload: &[u8]) -> Vec<String> {
    let mut details: Vec<String> = format.iter().map(ContentFormat::to_string).collect();
    match payload.len() {
        0 => {}
        1 => details.push("1 byte".to_owned()),
        length => details.push(format!("{length} bytes")),
    }
    details
}
