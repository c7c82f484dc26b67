//! Logical events: what is left of the datagrams when the transfer layer has done its work.
//!
//! Cases speak about these; the referee sees the datagrams below them as well.

use std::net::SocketAddr;

use coap::{Message, Reading, Time};
use lwm2m::Operation;
use testcase::{Seat, Word};

use crate::actual::Actual;

/// A datagram as the tap saw it.
#[derive(Clone, Debug)]
pub struct Datagram {
    /// Tap time.
    pub time: Time,
    /// Number in the capture, from 1.
    pub frame: u32,
    /// Sending seat.
    pub from: Seat,
    /// Receiving seat.
    pub to: Seat,
    /// Where the sender's socket was.
    pub source: SocketAddr,
    /// The bytes.
    pub bytes: Vec<u8>,
    /// What the strict reader made of them.
    pub reading: Reading,
    /// What became of it.
    pub fate: Fate,
    /// How it travelled.
    pub via: Via,
}

/// How a message travelled: in datagrams or a stream, protected by what, in which session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Via {
    /// Whether it came in a stream, which has neither message types nor Message IDs (RFC 8323, 3).
    pub stream: bool,
    /// What protected it below CoAP.
    pub protection: Protection,
    /// Whether OSCORE protected it.
    pub oscore: bool,
    /// The session or connection, by its number in the case.
    pub session: Option<u64>,
    /// Whether a relay sent it once more, so that it is not its sender's repetition.
    pub copied: bool,
}

/// Protection below CoAP.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Protection {
    /// None.
    #[default]
    Nothing,
    /// DTLS.
    Dtls,
    /// TLS.
    Tls,
}

/// What is told of the channel below CoAP: one word of the notation with its fields.
#[derive(Clone, Debug, PartialEq)]
pub struct Note {
    /// Such as `client-hello`.
    pub word: Word,
    /// Its fields, by the notation's names.
    pub fields: Vec<(&'static str, Actual)>,
    /// The session or connection, by its number in the case.
    pub session: u64,
}

/// A frame of the channel, for the ladder: handshake messages, alerts, signals.
#[derive(Clone, Debug, PartialEq)]
pub struct ChannelFrame {
    /// Tap time.
    pub time: Time,
    /// Number in the capture.
    pub frame: u32,
    /// Sending seat.
    pub from: Seat,
    /// Receiving seat.
    pub to: Seat,
    /// What it holds: `ClientHello`.
    pub label: String,
    /// What is said of it beside.
    pub notes: Vec<String>,
    /// Bytes on the wire.
    pub length: u32,
    /// The first bytes.
    pub head: std::sync::Arc<[u8]>,
}

/// What the transfer layer made of a datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It carried, or completed, the event with this index.
    Event(usize),
    /// It repeats the frame with this number.
    Repeats(u32),
    /// It is one block of a body that is not complete, or asks for one.
    Block,
    /// An empty Acknowledgement of the frame with this number, if that is known.
    Acknowledges(Option<u32>),
}

/// One message in the sense of a case.
#[derive(Clone, Debug)]
pub struct Event {
    /// When its first datagram was sent.
    pub time: Time,
    /// When its last datagram was sent.
    pub completed: Time,
    /// Every frame that carried it; the last one completed it.
    pub frames: Vec<u32>,
    /// Sending seat.
    pub from: Seat,
    /// Receiving seat.
    pub to: Seat,
    /// The message, its body joined from blocks; `None` if the datagram could not be read.
    pub message: Option<Message>,
    /// What it is to the others.
    pub sort: Sort,
    /// How its body was cut.
    pub blocks: Option<Cut>,
    /// Whether a step has taken it.
    pub claimed: bool,
}

/// What an event is to the others.
#[derive(Clone, Debug)]
pub enum Sort {
    /// A request; `None` for one that is no operation of LwM2M.
    Request(Option<Box<Operation>>),
    /// The answer to the request with this index.
    Response(usize),
    /// A notification of the observation that the request with this index started.
    Notification(usize),
    /// A Reset; of the event with this index, if that is known.
    Reset(Option<usize>),
    /// Something of the channel below CoAP; an answer is also found by what it answers.
    Channel(Box<Note>),
    /// A message that belongs to nothing: unreadable, an unknown token, an acknowledgement that answers another request.
    Stray(Stray),
}

/// Why a message belongs to nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stray {
    /// Not readable as CoAP of version 1.
    Unreadable,
    /// A response whose token no request of the other side has.
    UnknownToken,
    /// An Acknowledgement with a response whose Message ID is that of the request with this index, and another token.
    WrongToken(usize),
}

/// How a body was cut into blocks (RFC 7959).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cut {
    /// Largest size of a block in bytes.
    pub size: u16,
    /// Number of blocks.
    pub count: u32,
}

impl Event {
    /// The operation, if this is a request that is one.
    pub fn operation(&self) -> Option<&Operation> {
        match &self.sort {
            Sort::Request(operation) => operation.as_deref(),
            _ => None,
        }
    }

    /// What it is of the channel, if it is no message.
    pub fn note(&self) -> Option<&Note> {
        match &self.sort {
            Sort::Channel(note) => Some(note),
            _ => None,
        }
    }

    /// The frame that completed it.
    pub fn frame(&self) -> u32 {
        self.frames.last().copied().unwrap_or_default()
    }
}

impl Via {
    /// What protected the message, as cases write it.
    pub fn protections(self) -> Vec<&'static str> {
        let below = match self.protection {
            Protection::Nothing => None,
            Protection::Dtls => Some("dtls"),
            Protection::Tls => Some("tls"),
        };
        let mut words = Vec::from_iter(below);
        if self.oscore {
            words.push("oscore");
        }
        if words.is_empty() {
            words.push("none");
        }
        words
    }
}
