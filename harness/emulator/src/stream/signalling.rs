//! Signalling messages (RFC 8323, 5): what is sent by itself, what the driver asks for, what the peer's lead to.

use std::net::SocketAddr;

use coap::stream::{Abort, Csm, RawFrame, Release, Signal, encode};
use coap::{Code, MessageId, Reading, Time, Token};

use super::adapter::{Due, PATIENCE};
use super::connection::Debt;
use super::{CsmConduct, PongConduct, StreamAdapter, StreamEvent};

impl StreamAdapter {
    /// Sends a Ping; `false` if the peer is not connected.
    pub fn ping(&mut self, peer: SocketAddr, custody: bool) -> bool {
        self.send_ping(peer, custody, None)
    }

    /// Sends a further CSM; `false` if the peer is not connected.
    pub fn csm(&mut self, peer: SocketAddr, csm: Csm) -> bool {
        self.send_signal(peer, &Signal::Csm(csm), Token::default())
    }

    /// Sends a Release and closes when the peer does, or some time later; `false` if the peer is not connected.
    pub fn release(&mut self, now: Time, peer: SocketAddr, release: Release) -> bool {
        self.plan(now + PATIENCE, peer, Due::Close);
        self.send_signal(peer, &Signal::Release(release), Token::default())
    }

    /// Sends an Abort and closes; `false` if the peer is not connected.
    pub fn abort(&mut self, peer: SocketAddr, abort: Abort) -> bool {
        let sent = self.send_signal(peer, &Signal::Abort(abort), Token::default());
        self.close(peer);
        sent
    }

    pub(super) fn send_ping(
        &mut self,
        peer: SocketAddr,
        custody: bool,
        id: Option<MessageId>,
    ) -> bool {
        let [a, b, ..] = self.random().to_be_bytes();
        let token = Token(vec![a, b]);
        if let Some(connection) = self.connection(peer)
            && connection.pings.len() < MOST_PINGS
        {
            connection.pings.push((token.clone(), id));
        }
        self.send_signal(peer, &Signal::Ping { custody }, token)
    }

    /// Sends our CSM as this end behaves (RFC 8323, 5.3).
    pub(super) fn introduce(&mut self, peer: SocketAddr) {
        let Some(connection) = self.connection(peer) else {
            return;
        };
        connection.csm_sent = true;
        let message = Signal::Csm(self.conduct.capabilities).to_message(Token::default());
        let mut frame = RawFrame::from(&message);
        if let Some(number) = self.conduct.csm_option {
            let mut message = message;
            message.push_option(number, []);
            frame = RawFrame::from(&message);
        }
        let times = 1 + usize::from(self.conduct.csm == CsmConduct::Twice);
        for _ in 0..times {
            self.push_bytes(peer, frame.to_bytes());
        }
        if let Some(detail) = self.conduct.signal {
            self.push_bytes(peer, RawFrame::new(Code::new(7, detail)).to_bytes());
        }
    }

    /// Takes a signalling message.
    pub(super) fn take_signal(
        &mut self,
        now: Time,
        peer: SocketAddr,
        signal: Signal,
        reading: &Reading,
    ) {
        let token = reading.token_read().cloned().unwrap_or_default();
        match signal {
            Signal::Csm(csm) => self.take_csm(now, peer, &csm),
            Signal::Ping { custody } => {
                self.events
                    .push_back(StreamEvent::PingReceived { peer, custody });
                self.take_ping(now, peer, token, custody);
            }
            Signal::Pong { custody } => self.take_pong(peer, token, custody),
            Signal::Release(release) => {
                self.events
                    .push_back(StreamEvent::ReleaseReceived { peer, release });
                if let Some(connection) = self.connection(peer) {
                    connection.released = Some(connection.owed.clone());
                }
                self.plan(now + PATIENCE, peer, Due::Close);
                self.close_if_released(peer);
            }
            Signal::Abort(abort) => {
                self.events
                    .push_back(StreamEvent::AbortReceived { peer, abort });
                self.close(peer);
            }
            Signal::Unknown(code) => self
                .events
                .push_back(StreamEvent::UnknownSignal { peer, code }),
        }
    }

    fn take_csm(&mut self, now: Time, peer: SocketAddr, csm: &Csm) {
        let Some(connection) = self.connection(peer) else {
            return;
        };
        connection.introduced = true;
        connection.settings.apply(csm);
        let settings = connection.settings;
        self.events
            .push_back(StreamEvent::CsmReceived { peer, settings });
        self.flush(now, peer);
    }

    /// Answers a Ping, or lets it wait for the answers that it asks custody of (RFC 8323, 5.4.1).
    fn take_ping(&mut self, now: Time, peer: SocketAddr, ping: Token, custody: bool) {
        let Some(connection) = self.connection(peer) else {
            return;
        };
        let requests = connection.owed.clone();
        if custody && !requests.is_empty() && connection.custody.len() < MOST_PINGS {
            connection.custody.push(Debt { ping, requests });
        } else {
            self.answer_ping(now, peer, ping, custody);
        }
    }

    /// Answers a Ping as this end behaves.
    pub(super) fn answer_ping(&mut self, now: Time, peer: SocketAddr, token: Token, custody: bool) {
        match self.conduct.pong {
            PongConduct::Answered => self.send_pong(peer, token, custody),
            PongConduct::Withheld => {}
            PongConduct::OtherToken => {
                let mut other: Vec<u8> = token.0.iter().map(|byte| !byte).collect();
                if other.is_empty() {
                    other.push(0);
                }
                self.send_pong(peer, Token(other), custody);
            }
            PongConduct::Late(wait) => self.plan(now + wait, peer, Due::Pong { token, custody }),
        }
    }

    pub(super) fn send_pong(&mut self, peer: SocketAddr, token: Token, custody: bool) {
        self.send_signal(peer, &Signal::Pong { custody }, token);
    }

    fn take_pong(&mut self, peer: SocketAddr, token: Token, custody: bool) {
        let Some(connection) = self.connection(peer) else {
            return;
        };
        let mut pings = connection.pings.iter();
        let found = pings.position(|(ping, _)| *ping == token);
        let ping = found.map(|index| connection.pings.remove(index));
        if let Some((_, Some(id))) = ping {
            // what a datagram's ping is answered with (RFC 7252, 4.3)
            self.hand_empty(peer, coap::Kind::Rst, id);
        }
        self.events.push_back(StreamEvent::PongReceived {
            peer,
            token,
            custody,
            expected: ping.is_some(),
        });
    }

    /// Closes once every request before the peer's Release is answered (RFC 8323, 5.5).
    pub(super) fn close_if_released(&mut self, peer: SocketAddr) {
        let released = self
            .connection(peer)
            .and_then(|each| each.released.as_ref());
        if released.is_some_and(Vec::is_empty) {
            self.close(peer);
        }
    }

    fn send_signal(&mut self, peer: SocketAddr, signal: &Signal, token: Token) -> bool {
        if self.connection(peer).is_none() {
            return false;
        }
        let frame = encode(&signal.to_message(token));
        let sent = frame.map(|frame| self.push_bytes(peer, frame));
        sent.is_ok()
    }
}

/// More Pings than that are not kept.
const MOST_PINGS: usize = 64;
