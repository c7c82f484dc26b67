//! Records that come in: opened, held back if they are early, and handed to whom they concern.

use std::net::SocketAddr;

use super::association::MAX_FRAGMENT;
use super::handshake::State;
use super::{Connection, Env, Failure};
use crate::alert::{Alert, AlertDescription};
use crate::crypto::Sender;
use crate::message::{HandshakeType, Header, Joined, Taken};
use crate::record::{ContentType, Opened, Record, Refusal};
use crate::session::{End, Event};
use crate::wire::Reader;

/// Whether a record was for this association.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Receipt {
    /// It was, whatever came of it.
    Taken,
    /// It does not open here.
    NotOurs,
}

impl Connection {
    /// Takes a record of a datagram.
    pub(crate) fn receive(
        &mut self,
        env: &mut Env<'_>,
        from: SocketAddr,
        record: &Record<'_>,
    ) -> Receipt {
        let receipt = self.receive_one(env, from, record);
        while std::mem::take(&mut self.release) && !self.ended {
            for (from, bytes) in std::mem::take(&mut self.early) {
                let length = self.own_cid.as_ref().map_or(0, Vec::len);
                if let Ok((record, _)) = Record::read(self.framing, &bytes, |_| length) {
                    self.receive_one(env, from, &record);
                }
            }
        }
        receipt
    }

    fn receive_one(&mut self, env: &mut Env<'_>, from: SocketAddr, record: &Record<'_>) -> Receipt {
        if self.ended {
            return Receipt::NotOurs;
        }
        let opened = match self.inbound.open(record) {
            Ok(opened) => opened,
            Err(Refusal::NoKeys(epoch)) if self.is_next(epoch) => {
                self.hold(from, record);
                return Receipt::Taken;
            }
            Err(refusal) => {
                self.refuse(env, from, record, refusal);
                return Receipt::NotOurs;
            }
        };
        if !opened.fresh && env.settings.anti_replay && opened.epoch > 0 {
            return Receipt::Taken;
        }
        let early = self.session.is_none() || opened.epoch > self.inbound.current();
        if early && opened.epoch > 0 && opened.content_type == ContentType::APPLICATION_DATA {
            self.hold(from, record);
            return Receipt::Taken;
        }
        self.inbound.mark(&opened);
        if opened.epoch > 0 && opened.newest {
            self.move_to(env, from);
        }
        self.touch(env.now);
        let result = self.take(env, &opened);
        self.settle(env, result);
        Receipt::Taken
    }

    /// Whether a record opens here.
    pub(crate) fn opens(&self, record: &Record<'_>) -> bool {
        self.inbound.open(record).is_ok()
    }

    /// Whether an epoch is the one that this handshake leads to.
    fn is_next(&self, epoch: u16) -> bool {
        self.handshake.is_some() && epoch == self.inbound.current().wrapping_add(1)
    }

    fn hold(&mut self, from: SocketAddr, record: &Record<'_>) {
        if self.early.len() < MOST_EARLY {
            self.early.push((from, record.encode(self.framing)));
        }
    }

    /// Drops a record that does not open, unless this side errs or is strict (RFC 6347, 4.1.2.7).
    fn refuse(
        &mut self,
        env: &mut Env<'_>,
        from: SocketAddr,
        record: &Record<'_>,
        refusal: Refusal,
    ) {
        if env.settings.misbehaviour.moves_unverified && record.cid == self.cid().unwrap_or(&[]) {
            self.move_to(env, from);
        }
        if env.settings.bad_mac_is_fatal && matches!(refusal, Refusal::Open(_)) {
            let alert = AlertDescription::BAD_RECORD_MAC;
            self.settle(env, Err(Failure::new(alert, refusal.to_string())));
        }
    }

    /// Follows the peer to another address (RFC 9146, 6); only its Connection ID can have led here.
    fn move_to(&mut self, env: &mut Env<'_>, to: SocketAddr) {
        if self.peer != to {
            let from = std::mem::replace(&mut self.peer, to);
            env.events.push_back(Event::Moved { from, to });
        }
    }

    /// Takes bytes of a stream.
    pub(crate) fn receive_stream(&mut self, env: &mut Env<'_>, bytes: &[u8]) {
        self.touch(env.now);
        self.stream.extend_from_slice(bytes);
        let stream = std::mem::take(&mut self.stream);
        let mut rest = stream.as_slice();
        while !self.ended {
            match self.check_stream(rest) {
                Err(failure) => self.settle(env, Err(failure)),
                Ok(false) => break,
                Ok(true) => {
                    let Ok((record, used)) = Record::read(self.framing, rest, |_| 0) else {
                        break;
                    };
                    let result = self.receive_stream_record(env, &record);
                    self.settle(env, result);
                    rest = &rest[used..];
                }
            }
        }
        self.stream = rest.to_vec();
    }

    /// Whether a whole record stands at the start of a stream; an error if none can.
    fn check_stream(&self, bytes: &[u8]) -> Result<bool, Failure> {
        let Some((head, rest)) = bytes.split_first_chunk::<5>() else {
            return Ok(false);
        };
        let [kind, major, _, high, low] = *head;
        if !(20..=23).contains(&kind) {
            let because = format!("record of content type {kind}");
            return Err(Failure::unexpected(because));
        }
        if major != 3 {
            let because = format!("record of version {major}.x");
            return Err(Failure::new(AlertDescription::PROTOCOL_VERSION, because));
        }
        let length = usize::from(u16::from_be_bytes([high, low]));
        if length > MAX_FRAGMENT + MOST_EXPANSION {
            let because = format!("record of {length} bytes");
            return Err(Failure::new(AlertDescription::RECORD_OVERFLOW, because));
        }
        Ok(rest.len() >= length)
    }

    fn receive_stream_record(
        &mut self,
        env: &mut Env<'_>,
        record: &Record<'_>,
    ) -> Result<(), Failure> {
        let bad =
            |refusal: Refusal| Failure::new(AlertDescription::BAD_RECORD_MAC, refusal.to_string());
        let opened = self.inbound.open(record).map_err(bad)?;
        if opened.bytes.len() > MAX_FRAGMENT {
            let because = format!("{} bytes of plaintext", opened.bytes.len());
            return Err(Failure::new(AlertDescription::RECORD_OVERFLOW, because));
        }
        self.inbound.mark(&opened);
        self.take(env, &opened)
    }

    /// Takes the content of a record.
    fn take(&mut self, env: &mut Env<'_>, opened: &Opened) -> Result<(), Failure> {
        let over = self.session.is_some() && self.handshake.is_none();
        let late = opened.epoch < self.inbound.current();
        match opened.content_type {
            ContentType::HANDSHAKE if !self.framing.is_datagram() => {
                self.messages.push(&opened.bytes);
                self.take_stream_messages(env)
            }
            ContentType::HANDSHAKE => self.take_fragments(env, opened),
            ContentType::CHANGE_CIPHER_SPEC if over && self.framing.is_datagram() => Ok(()),
            ContentType::CHANGE_CIPHER_SPEC => self.take_change_cipher_spec(env, &opened.bytes),
            // what was not protected means nothing any more (RFC 6347, 4.1.2.1)
            ContentType::ALERT if late && self.session.is_some() => Ok(()),
            ContentType::ALERT => self.take_alert(env, &opened.bytes),
            ContentType::APPLICATION_DATA => self.take_data(env, opened),
            _ if self.framing.is_datagram() => Ok(()),
            other => Err(Failure::unexpected(format!("record of {other}"))),
        }
    }

    fn take_data(&mut self, env: &mut Env<'_>, opened: &Opened) -> Result<(), Failure> {
        let plain = opened.epoch == 0;
        if self.session.is_none() || plain && !env.settings.misbehaviour.takes_plaintext {
            if self.framing.is_datagram() {
                return Ok(());
            }
            return Err(Failure::unexpected("application data within the handshake"));
        }
        env.events.push_back(Event::Data {
            peer: self.peer,
            bytes: opened.bytes.clone(),
        });
        Ok(())
    }

    fn take_alert(&mut self, env: &mut Env<'_>, bytes: &[u8]) -> Result<(), Failure> {
        let Some(alert) = Alert::decode(bytes) else {
            if self.framing.is_datagram() && self.session.is_none() {
                return Ok(());
            }
            let because = format!("alert of {} bytes", bytes.len());
            return Err(Failure::new(AlertDescription::DECODE_ERROR, because));
        };
        env.events.push_back(Event::Alert {
            peer: self.peer,
            sent: false,
            alert,
        });
        if alert.description == AlertDescription::CLOSE_NOTIFY {
            // RFC 5246, 7.2.1
            if !env.settings.misbehaviour.no_close_notify && self.session.is_some() {
                self.send_alert(env, Alert::warning(AlertDescription::CLOSE_NOTIFY));
            }
            self.end(env, End::Notified);
        } else if alert.ends() {
            self.forget(env);
            self.end(env, End::Received(alert));
        } else if alert.description == AlertDescription::NO_RENEGOTIATION && self.session.is_some()
        {
            self.handshake = None;
        }
        Ok(())
    }

    fn take_change_cipher_spec(&mut self, env: &mut Env<'_>, bytes: &[u8]) -> Result<(), Failure> {
        if bytes != [1] {
            return Err(Failure::new(
                AlertDescription::DECODE_ERROR,
                format!("change_cipher_spec of {bytes:02x?}"),
            ));
        }
        let is_datagram = self.framing.is_datagram();
        let handshake = self.handshake()?;
        let lax = env.settings.misbehaviour.ignores_signatures;
        let expected = match handshake.state {
            State::Finished => !handshake.changed,
            State::CertificateVerify => lax && !handshake.changed,
            _ => false,
        };
        if is_datagram {
            // it may overtake what comes before it (RFC 6347, 4.2.4)
            handshake.changed = true;
            return self.take_messages(env);
        }
        if !expected || self.messages.is_within() || !self.inbound.is_prepared() {
            return Err(Failure::unexpected("change_cipher_spec too early"));
        }
        self.handshake()?.changed = true;
        self.inbound.advance();
        Ok(())
    }

    fn take_stream_messages(&mut self, env: &mut Env<'_>) -> Result<(), Failure> {
        while !self.ended {
            let Some(message) = self.messages.pop(LONGEST_MESSAGE)? else {
                return Ok(());
            };
            if !self.begins_again(env, message.kind) {
                continue;
            }
            let changed = self.handshake()?.changed;
            let last = message.kind == HandshakeType::FINISHED;
            if changed != last {
                let because = format!("{} before or after change_cipher_spec", message.kind);
                return Err(Failure::unexpected(because));
            }
            self.take_message(env, &message)?;
        }
        Ok(())
    }

    /// Whether a message is for a handshake: the one that goes on, or a new one that is agreed to.
    fn begins_again(&mut self, env: &mut Env<'_>, kind: HandshakeType) -> bool {
        let request = kind == HandshakeType::HELLO_REQUEST;
        if self.handshake.is_some() {
            // ignored within a handshake (RFC 5246, 7.4.1.1)
            return !(request && self.role == Sender::Client);
        }
        let asks = match self.role {
            Sender::Client => Self::asks_again(kind),
            Sender::Server => kind == HandshakeType::CLIENT_HELLO,
        };
        if !asks {
            return true;
        }
        if !env.settings.misbehaviour.accepts_renegotiation {
            self.send_alert(env, Alert::warning(AlertDescription::NO_RENEGOTIATION));
            return false;
        }
        if self.role == Sender::Client {
            self.renegotiate(env);
            return false;
        }
        self.begin_again(env, State::ClientHello);
        true
    }

    /// Takes the fragments in a record of a datagram.
    fn take_fragments(&mut self, env: &mut Env<'_>, opened: &Opened) -> Result<(), Failure> {
        let mut reader = Reader::new(&opened.bytes);
        let mut repeated = false;
        while !reader.is_empty() {
            // what is garbled may not come from the peer at all (RFC 6347, 4.1.2.7)
            let Ok((header, bytes)) = Header::read(&mut reader) else {
                break;
            };
            if self.handshake.is_none() {
                let finished = header.kind == HandshakeType::FINISHED && opened.epoch > 0;
                repeated |= finished && self.flight.timer.is_none() && self.flight.is_last;
                let now = opened.epoch == self.inbound.current();
                let wanted = matches!(
                    header.kind,
                    HandshakeType::HELLO_REQUEST | HandshakeType::CLIENT_HELLO
                );
                if !now || !wanted || !self.begins_again(env, header.kind) {
                    continue;
                }
            }
            let handshake = self.handshake()?;
            if header.kind == HandshakeType::HELLO_REQUEST {
                continue;
            }
            let taken = handshake.reassembly.push(header, bytes, opened.epoch);
            let ends = header.offset + header.fragment == header.length;
            let answered = header.sequence.wrapping_add(1) == self.flight.answers;
            repeated |= taken == Taken::Old && ends && answered;
        }
        if repeated && !self.flight.is_empty() {
            // the peer has not got the last flight (RFC 6347, 4.2.4)
            self.write_flight(env);
            if self.flight.timer.is_some() {
                self.flight.timer = Some(env.now + self.flight.wait);
            }
        }
        self.take_messages(env)
    }

    fn take_messages(&mut self, env: &mut Env<'_>) -> Result<(), Failure> {
        while !self.ended {
            let base = self.inbound.current();
            let Some(handshake) = self.handshake.as_deref_mut() else {
                return Ok(());
            };
            let last = handshake.reassembly.next_kind() == Some(HandshakeType::FINISHED);
            if last && !handshake.changed {
                return Ok(());
            }
            let Some((message, epoch)) = handshake.reassembly.pop() else {
                return Ok(());
            };
            if last != (epoch != base) {
                let because = format!("{} in epoch {epoch}", message.kind);
                return Err(Failure::unexpected(because));
            }
            self.take_message(env, &message)?;
        }
        Ok(())
    }

    fn take_message(&mut self, env: &mut Env<'_>, message: &Joined) -> Result<(), Failure> {
        let framing = self.framing;
        let handshake = self.handshake()?;
        let before = handshake.transcript.len();
        handshake.transcript.extend(message.transcript(framing));
        match self.role {
            Sender::Client => self.client_message(env, message, before),
            Sender::Server => self.server_message(env, message, before),
        }
    }
}

// a flight and some data
const MOST_EARLY: usize = 16;
// RFC 5246, 6.2.3
const MOST_EXPANSION: usize = 2048;
const LONGEST_MESSAGE: usize = 32 * 1024;
