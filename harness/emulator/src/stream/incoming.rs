//! What comes over a connection: frames to datagrams for the emulator (RFC 8323, 3 and 7).
//!
//! A request is handed over as a CON, so that the emulator answers as it must on a stream, and a response as a NON, the
//! separate response of RFC 7252, 5.2.2.

use std::net::SocketAddr;

use coap::stream::{Abort, Frame, Signal, datagram_of, read_frame};
use coap::{
    Answer, Code, Kind, RawMessage, RawOption, Reading, SignalBreach, Time, ViolationKind, option,
};

use super::{StreamAdapter, StreamEvent};

impl StreamAdapter {
    /// Takes bytes of a connection, in whatever pieces they come.
    pub fn receive(&mut self, now: Time, from: SocketAddr, bytes: &[u8]) {
        if let Some(connection) = self.connection(from) {
            connection.reader.push(bytes);
        }
        while let Some(next) = self.connection(from).and_then(|each| each.reader.next()) {
            match next {
                Ok(frame) => self.take_frame(now, from, &frame),
                Err(error) => {
                    self.refuse(from, error.offset, error.kind.to_string(), None);
                    // behind it nothing can be read, leniently or not
                    self.close(from);
                }
            }
        }
    }

    fn take_frame(&mut self, now: Time, from: SocketAddr, frame: &Frame) {
        let reading = read_frame(&frame.bytes, 0);
        let code = reading.code().unwrap_or(Code::EMPTY);
        let Some(connection) = self.connection(from) else {
            return;
        };
        if !connection.introduced && code != Code::CSM && code != Code::EMPTY {
            connection.introduced = true;
            let reason = format!("the first message is {code}, not a CSM");
            self.refuse(from, frame.offset, reason, None);
        }
        if reading.answer() == Answer::Abort {
            let reason = reading
                .violations
                .iter()
                .find(|found| found.kind.is_format_error());
            let reason = reason.map(ToString::to_string).unwrap_or_default();
            self.refuse(from, frame.offset, reason, bad_csm_option(&reading));
            return;
        }
        if self.connection(from).is_none() || code == Code::EMPTY {
            return;
        }
        match reading.message.as_ref().and_then(Signal::of) {
            Some(signal) => self.take_signal(now, from, signal, &reading),
            None => self.hand_over(from, &frame.bytes, &reading),
        }
    }

    /// Tells of what breaks the rules, and aborts the connection for it (RFC 8323, 3.3 and 5.6).
    fn refuse(
        &mut self,
        peer: SocketAddr,
        offset: u64,
        reason: String,
        bad_csm_option: Option<u16>,
    ) {
        self.events.push_back(StreamEvent::Malformed {
            peer,
            offset,
            reason: reason.clone(),
        });
        if !self.conduct.lenient {
            let abort = Abort {
                bad_csm_option,
                diagnostic: reason,
            };
            self.abort(peer, abort);
        }
    }

    fn hand_over(&mut self, from: SocketAddr, frame: &[u8], reading: &Reading) {
        let is_request = reading.code().is_some_and(Code::is_request);
        let kind = if is_request { Kind::Con } else { Kind::Non };
        let id = self.new_id();
        if is_request && let Some(token) = reading.token_read() {
            let token = token.clone();
            if let Some(connection) = self.connection(from) {
                connection.owe(token);
            }
        }
        let datagram = match self.in_sequence(reading) {
            Some(mut message) => {
                (message.kind, message.id) = (kind, id);
                Some(message.to_bytes())
            }
            None => datagram_of(frame, kind, id),
        };
        self.datagrams
            .extend(datagram.map(|datagram| (from, datagram)));
    }

    /// A notification with an Observe value that is newer than all before it: the stream keeps the order, and the value that
    /// it came with, or none, is to be ignored (RFC 8323, 7.1).
    fn in_sequence(&mut self, reading: &Reading) -> Option<RawMessage> {
        let mut message = reading.message.clone()?;
        let RawOption { value, .. } = message
            .options
            .iter_mut()
            .find(|each| each.number == option::OBSERVE && each.value.len() <= 3)?;
        if !message.code.is_response() {
            return None;
        }
        let [_, bytes @ ..] = self.sequence.to_be_bytes();
        let start = bytes.iter().position(|byte| *byte != 0).unwrap_or(3);
        *value = bytes.get(start..).unwrap_or_default().to_vec();
        self.sequence = (self.sequence + 1) & MAX_SEQUENCE;
        Some(RawMessage::from(&message))
    }
}

/// The option that makes a CSM one to abort for.
fn bad_csm_option(reading: &Reading) -> Option<u16> {
    reading
        .violations
        .iter()
        .find_map(|found| match found.kind {
            ViolationKind::SignalOption {
                code: Code::CSM,
                number,
                breach: SignalBreach::CriticalUnknown | SignalBreach::Length { .. },
            } => Some(number),
            _ => None,
        })
}

/// Observe values have 24 bits (RFC 7641, 3.4).
const MAX_SEQUENCE: u32 = 0x00ff_ffff;
