//! An association and what it is asked to do: begin, send, close, wait.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Duration;

use coap::Time;

use super::Failure;
use super::flight::{Counts, Flight, Packer, bend_alert};
use super::handshake::{Handshake, State};
use crate::alert::{Alert, AlertDescription};
use crate::cache::Cache;
use crate::crypto::{Random, Sender};
use crate::message::{HandshakeType, Header, Reassembly, StreamMessages};
use crate::outbox::Outbox;
use crate::peer_credentials::{ClientCredentials, ServerCredentials};
use crate::record::{ContentType, Inbound, Outbound};
use crate::session::{Close, End, Event, SendError, Session, Transmit};
use crate::settings::Settings;
use crate::version::{Framing, Version};

/// What an association may use of its endpoint.
pub(crate) struct Env<'a> {
    pub(crate) now: Time,
    pub(crate) settings: &'a Settings,
    pub(crate) server: Option<&'a ServerCredentials>,
    pub(crate) random: &'a mut Random,
    pub(crate) cache: &'a mut Cache,
    pub(crate) outbox: &'a mut Outbox,
    pub(crate) events: &'a mut VecDeque<Event>,
}

/// One association.
#[derive(Clone)]
pub(crate) struct Connection {
    pub(crate) peer: SocketAddr,
    pub(super) role: Sender,
    pub(super) framing: Framing,
    pub(super) inbound: Inbound,
    pub(super) outbound: Outbound,
    pub(super) handshake: Option<Box<Handshake>>,
    /// The flight that is being put together.
    pub(super) pending: Flight,
    /// The flight that was sent last.
    pub(super) flight: Flight,
    pub(super) counts: Counts,
    pub(super) credentials: ClientCredentials,
    /// The Connection ID that is offered to the peer.
    pub(super) own_cid: Option<Vec<u8>>,
    pub(super) session: Option<Session>,
    /// What the Finished messages of the last handshake said (RFC 5746, 3.1).
    pub(super) verified: Option<(Vec<u8>, Vec<u8>)>,
    /// Data that waits for the end of the handshake.
    pub(super) queue: Vec<Vec<u8>>,
    /// Records that came before their keys, or data before the end of the handshake.
    pub(super) early: Vec<(SocketAddr, Vec<u8>)>,
    /// Whether early records may be looked at again.
    pub(super) release: bool,
    pub(super) just_established: bool,
    pub(super) max_fragment: usize,
    /// Bytes of a stream that are no whole record yet.
    pub(super) stream: Vec<u8>,
    pub(super) messages: StreamMessages,
    pub(super) ended: bool,
    /// How many records of data have been sent.
    sent: u64,
    last_activity: Time,
}

impl Connection {
    fn new(env: &Env<'_>, framing: Framing, peer: SocketAddr, role: Sender) -> Self {
        let state = match role {
            Sender::Client => State::ServerHello,
            Sender::Server => State::ClientHello,
        };
        Self {
            peer,
            role,
            framing,
            inbound: Inbound::new(framing),
            outbound: Outbound::new(framing, framing.version()),
            handshake: Some(Box::new(Handshake::new(state, env.now, MAX_FRAGMENT))),
            pending: Flight::default(),
            flight: Flight::default(),
            counts: Counts::default(),
            credentials: ClientCredentials::default(),
            own_cid: None,
            session: None,
            verified: None,
            queue: Vec::new(),
            early: Vec::new(),
            release: false,
            just_established: false,
            max_fragment: MAX_FRAGMENT,
            stream: Vec::new(),
            messages: StreamMessages::default(),
            ended: false,
            sent: 0,
            last_activity: env.now,
        }
    }

    /// Begins as a client.
    pub(crate) fn client(
        env: &mut Env<'_>,
        framing: Framing,
        peer: SocketAddr,
        credentials: ClientCredentials,
        own_cid: Option<Vec<u8>>,
    ) -> Self {
        let mut connection = Self::new(env, framing, peer, Sender::Client);
        connection.credentials = credentials;
        connection.own_cid = own_cid;
        let hello = env.settings.hello_record_version;
        connection.outbound.version = hello.unwrap_or(match framing {
            Framing::Datagram => Version::DTLS_1_2,
            // RFC 5246, E.1
            Framing::Stream => Version::TLS_1_0,
        });
        let begun = connection.start_client(env);
        connection.settle(env, begun);
        connection
    }

    /// Begins as a server, to which the ClientHello comes next.
    ///
    /// `sequences` are those of the hello's record and message, which the answer takes over (RFC 6347, 4.2.1 and 4.2.2).
    pub(crate) fn server(
        env: &Env<'_>,
        framing: Framing,
        peer: SocketAddr,
        own_cid: Option<Vec<u8>>,
        sequences: (u64, u16),
    ) -> Self {
        let mut connection = Self::new(env, framing, peer, Sender::Server);
        connection.own_cid = own_cid;
        connection.outbound.set_next(0, sequences.0);
        if let Some(handshake) = connection.handshake.as_deref_mut() {
            handshake.reassembly = Reassembly::starting_at(sequences.1);
            handshake.next_send = sequences.1;
        }
        connection
    }

    pub(crate) const fn is_established(&self) -> bool {
        self.session.is_some()
    }

    pub(crate) const fn is_client(&self) -> bool {
        matches!(self.role, Sender::Client)
    }

    pub(crate) const fn has_ended(&self) -> bool {
        self.ended
    }

    /// Whether the first handshake is over since this was asked last.
    pub(crate) fn take_just_established(&mut self) -> bool {
        std::mem::take(&mut self.just_established)
    }

    pub(crate) const fn session(&self) -> Option<&Session> {
        self.session.as_ref()
    }

    pub(crate) const fn last_activity(&self) -> Time {
        self.last_activity
    }

    /// The Connection ID of records to this side; empty or `None` if there is none to tell them by.
    pub(crate) fn cid(&self) -> Option<&[u8]> {
        self.own_cid.as_deref().filter(|cid| !cid.is_empty())
    }

    /// The random of the client's hello, if it has come.
    pub(crate) fn client_random(&self) -> Option<[u8; 32]> {
        let going_on = self
            .handshake
            .as_deref()
            .and_then(|handshake| handshake.hello.as_ref());
        let over = || self.session.as_ref().map(|session| session.client_random);
        going_on.map(|hello| hello.random).or_else(over)
    }

    pub(super) const fn touch(&mut self, now: Time) {
        self.last_activity = now;
    }

    /// Sends data, or keeps it for the end of the handshake.
    pub(crate) fn send(&mut self, env: &mut Env<'_>, data: &[u8]) -> Result<(), SendError> {
        let limit = self.max_fragment;
        if self.framing.is_datagram() && data.len() > limit {
            return Err(SendError::TooLong {
                length: data.len(),
                limit,
            });
        }
        if self.session.is_none() {
            if self.queue.len() >= MOST_QUEUED {
                return Err(SendError::TooMany(MOST_QUEUED));
            }
            self.queue.push(data.to_vec());
            return Ok(());
        }
        self.touch(env.now);
        let mut pieces = data.chunks(limit);
        self.send_record(
            env,
            ContentType::APPLICATION_DATA,
            pieces.next().unwrap_or(&[]),
        );
        for piece in pieces {
            self.send_record(env, ContentType::APPLICATION_DATA, piece);
        }
        Ok(())
    }

    /// Sends one record of the current epoch by itself.
    pub(super) fn send_record(
        &mut self,
        env: &mut Env<'_>,
        content_type: ContentType,
        bytes: &[u8],
    ) {
        let misbehaviour = &env.settings.misbehaviour;
        let is_data = content_type == ContentType::APPLICATION_DATA;
        let mut epoch = self.outbound.current();
        if is_data {
            if misbehaviour.sends_plaintext {
                epoch = 0;
            }
            if misbehaviour.repeats_sequence && self.sent % 2 == 1 {
                self.outbound.repeat_sequence();
            }
            self.sent += 1;
        }
        let record = self.outbound.write(epoch, content_type, bytes, env.random);
        self.transmit(env, record, Duration::ZERO);
    }

    fn transmit(&self, env: &mut Env<'_>, bytes: Vec<u8>, delay: Duration) {
        let to = self.peer;
        env.outbox.push(env.now, delay, Transmit { to, bytes });
    }

    /// Sends the flight that has been put together; `awaits` says whether it is sent again until it is answered.
    pub(super) fn send_flight(&mut self, env: &mut Env<'_>, awaits: bool) {
        self.flight = std::mem::take(&mut self.pending);
        self.flight.is_last = !awaits;
        let handshake = self.handshake.as_deref();
        self.flight.answers = handshake.map_or(0, |handshake| handshake.reassembly.next());
        self.flight.wait = env.settings.retransmission;
        self.write_flight(env);
        let repeats = awaits && self.framing.is_datagram();
        self.flight.timer = repeats.then(|| env.now + self.flight.wait);
    }

    /// Writes the last flight, for the first time or again.
    pub(super) fn write_flight(&mut self, env: &mut Env<'_>) {
        let fragment = match self.handshake.as_deref() {
            Some(handshake) => handshake.max_fragment,
            None => self.max_fragment,
        };
        let packer = Packer {
            framing: self.framing,
            outbound: &mut self.outbound,
            random: env.random,
            datagram: env.settings.datagram_size,
            fragment,
        };
        let late = self.flight.write(env.settings, &mut self.counts, packer);
        for (bytes, delay) in late {
            self.transmit(env, bytes, delay);
        }
    }

    /// Ends with a fatal alert if something failed.
    pub(super) fn settle(&mut self, env: &mut Env<'_>, result: Result<(), Failure>) {
        if let Err(failure) = result
            && !self.ended
        {
            let alert = Alert::fatal(failure.alert);
            self.send_alert(env, alert);
            self.forget(env);
            let because = failure.because;
            self.end(env, End::Sent { alert, because });
        }
    }

    /// A session that ended with a fatal alert must not be resumed (RFC 5246, 7.2.2).
    pub(super) fn forget(&self, env: &mut Env<'_>) {
        if let Some(session) = &self.session {
            env.cache.forget(&session.session_id);
        }
        let resuming = self
            .handshake
            .as_deref()
            .and_then(|handshake| handshake.resuming.as_ref());
        if let Some(resumable) = resuming {
            env.cache.forget(&resumable.session.session_id);
        }
    }

    pub(crate) fn send_alert(&mut self, env: &mut Env<'_>, alert: Alert) {
        let (copies, delay) = bend_alert(env.settings, &mut self.counts, alert.encode());
        for bytes in copies {
            let epoch = self.outbound.current();
            let record = self
                .outbound
                .write(epoch, ContentType::ALERT, &bytes, env.random);
            self.transmit(env, record, delay);
        }
        env.events.push_back(Event::Alert {
            peer: self.peer,
            sent: true,
            alert,
        });
    }

    /// Ends; nothing is sent.
    pub(crate) fn end(&mut self, env: &mut Env<'_>, reason: End) {
        if self.ended {
            return;
        }
        self.ended = true;
        let peer = self.peer;
        env.events.push_back(Event::Closed { peer, reason });
    }

    pub(crate) fn close(&mut self, env: &mut Env<'_>, how: Close) {
        match how {
            Close::Notify if !env.settings.misbehaviour.no_close_notify => {
                self.send_alert(env, Alert::warning(AlertDescription::CLOSE_NOTIFY));
            }
            Close::Alert(alert) => self.send_alert(env, alert),
            Close::Notify | Close::Silent => {}
        }
        self.end(env, End::Closed);
    }

    /// Asks for another handshake (RFC 5246, 7.4.1.1 and 7.4.1.2).
    pub(crate) fn renegotiate(&mut self, env: &mut Env<'_>) {
        if self.session.is_none() || self.handshake.is_some() {
            return;
        }
        match self.role {
            Sender::Client => {
                self.begin_again(env, State::ServerHello);
                let begun = self.start_client(env);
                self.settle(env, begun);
            }
            Sender::Server => {
                let header = Header::whole(HandshakeType::HELLO_REQUEST, 0, 0);
                let bytes = header.encode(self.framing);
                self.send_record(env, ContentType::HANDSHAKE, &bytes);
            }
        }
    }

    /// Makes ready for another handshake on the same association.
    pub(super) fn begin_again(&mut self, env: &Env<'_>, state: State) {
        let handshake = Handshake::new(state, env.now, self.max_fragment);
        self.handshake = Some(Box::new(handshake));
        self.pending = Flight::default();
    }

    /// When something is to be done if nothing comes.
    pub(crate) fn next_timeout(&self, settings: &Settings) -> Option<Time> {
        let handshake = self.handshake.as_deref()?;
        let deadline = handshake.started + settings.handshake_timeout;
        Some(
            self.flight
                .timer
                .map_or(deadline, |timer| timer.min(deadline)),
        )
    }

    pub(crate) fn handle_timeout(&mut self, env: &mut Env<'_>) {
        let Some(handshake) = self.handshake.as_deref() else {
            return;
        };
        if handshake.started + env.settings.handshake_timeout <= env.now {
            return self.end(env, End::TimedOut);
        }
        if self.flight.timer.is_some_and(|timer| timer <= env.now) {
            self.write_flight(env);
            let longest = env.settings.longest_retransmission;
            self.flight.wait = (self.flight.wait * 2).min(longest);
            self.flight.timer = Some(env.now + self.flight.wait);
        }
    }
}

// RFC 5246, 6.2.1
pub(super) const MAX_FRAGMENT: usize = 1 << 14;
const MOST_QUEUED: usize = 64;
