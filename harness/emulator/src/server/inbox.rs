//! What comes in: requests of clients, answers to the server's own, notifications.

use coap::{Code, ContentFormat, Kind, Message, MessageId, Time, Token, option};
use lwm2m::{Operation, Path, operation};

use super::{Server, Source};
use crate::conversation::{Arrival, Inbox, Plan, Sent};
use crate::{Event, Outcome};

impl Server {
    /// Deals with everything that has come.
    pub(super) fn take_inbox(&mut self, now: Time) {
        while let Some(inbox) = self.conversation.poll_inbox() {
            match inbox {
                Inbox::Request(arrival) => self.take_request(now, arrival),
                Inbox::Answered {
                    sent,
                    message,
                    plan,
                } => self.take_answer(now, &sent, message, &plan),
                Inbox::Notified {
                    sent,
                    message,
                    fresh,
                } => {
                    self.notified(now, &sent, message, fresh);
                }
                Inbox::Rejected { sent, .. } => self.take_silence(&sent, Outcome::Reset),
                Inbox::TimedOut(sent) => self.take_silence(&sent, Outcome::TimedOut),
                Inbox::Broken(sent) => self.take_silence(&sent, Outcome::Broken),
                Inbox::Perform(perform) => {
                    // A misbehaviour whose peer is gone has nobody to reach.
                    let _ = self.send_now(now, *perform, false, None);
                }
                Inbox::Unmatched { peer, message } => self.emit(Event::Unmatched { peer, message }),
                Inbox::Malformed(peer) => self.emit(Event::Malformed { peer }),
            }
        }
    }

    fn take_request(&mut self, now: Time, arrival: Box<Arrival>) {
        let traceless = arrival.plan.leaves_no_trace();
        let before = traceless.then(|| (self.registrations.clone(), self.values.clone()));
        let events = self.events.len();
        let observations = self.observations.clone();
        let mut message = Message::new(Kind::Ack, Code::EMPTY, MessageId(0), Token::default());
        match traceless {
            // Nothing that cannot be taken back is done for a request that leaves no trace.
            true => {
                self.observations.clear();
                message.code = self.carry_out(now, &arrival, &mut message);
                self.observations = observations;
                self.events.truncate(events);
            }
            false => message.code = self.carry_out(now, &arrival, &mut message),
        }
        if let Some((registrations, values)) = before {
            self.registrations = registrations;
            self.values = values;
            self.tell_acquaintances();
        }
        self.conversation.answer(now, arrival, message);
    }

    /// Carries a request out; gives back the code of its answer.
    fn carry_out(&mut self, now: Time, arrival: &Arrival, message: &mut Message) -> Code {
        let (peer, plan) = (arrival.peer, &arrival.plan);
        let outcome = match &arrival.operation {
            Some(Operation::Register(register)) => {
                let location = self.register(now, peer, register, plan);
                if let Err(code) = location {
                    let endpoint = register.endpoint.clone().unwrap_or_default();
                    self.emit(Event::Refused { endpoint, code });
                }
                location.map(|location| {
                    let segments = location.split('/').filter(|segment| !segment.is_empty());
                    segments
                        .for_each(|segment| message.push_option(option::LOCATION_PATH, segment));
                    Code::CREATED
                })
            }
            Some(Operation::Update(update)) => {
                self.update(now, peer, update, plan).map(|()| Code::CHANGED)
            }
            Some(Operation::Deregister(deregister)) => {
                self.deregister(deregister, plan).map(|()| Code::DELETED)
            }
            Some(Operation::Send(send)) => {
                self.take_send(now, arrival, send).map(|()| Code::CHANGED)
            }
            // RFC 7252, 5.8
            _ if !METHODS.contains(&arrival.message.code) => Err(Code::METHOD_NOT_ALLOWED),
            _ => Err(Code::NOT_FOUND),
        };
        outcome.unwrap_or_else(|code| code)
    }

    /// Takes a Send: 4.04 from a client that is not registered, or of Objects that are not (Core TS, 6.4.6).
    fn take_send(
        &mut self,
        now: Time,
        arrival: &Arrival,
        send: &operation::Send,
    ) -> Result<(), Code> {
        let endpoint = self.endpoint_at(arrival.peer).ok_or(Code::NOT_FOUND)?;
        let format = send
            .content_format
            .filter(|format| SENDABLE.contains(format));
        let format = format.ok_or(Code::BAD_REQUEST)?;
        let registry = self.configuration.registry.clone();
        let decoded = lwm2m::codec::decode(format, &send.payload, &Path::ROOT, &*registry)
            .map_err(|_| Code::BAD_REQUEST)?;
        let registration = self.registration(&endpoint).ok_or(Code::NOT_FOUND)?;
        let registered = |path: &Path| path.object().is_some_and(|id| registration.has_object(id));
        if !decoded.nodes.iter().all(|node| registered(&node.path)) {
            return Err(Code::NOT_FOUND);
        }
        let known = self.values.entry(endpoint).or_default();
        known.take(
            (format, &send.payload),
            Path::ROOT,
            &*registry,
            (Source::Send, now),
        );
        let (peer, message) = (arrival.peer, arrival.message.clone());
        self.emit(Event::Sent { peer, message });
        Ok(())
    }

    fn take_answer(&mut self, now: Time, sent: &Sent, message: Message, plan: &Plan) {
        if !plan.never {
            self.take_values((now, plan.anyway), sent, &message, Source::Answer);
        }
        self.observation_answered(sent, &message);
        self.ended(sent, Outcome::Answered(Box::new(message)));
    }

    fn take_silence(&mut self, sent: &Sent, outcome: Outcome) {
        self.observations.retain(|each| each.exchange != sent.id);
        self.ended(sent, outcome);
    }

    fn ended(&mut self, sent: &Sent, outcome: Outcome) {
        self.queue.retain(|queued| queued.exchange != sent.id);
        if sent.performed {
            let exchange = sent.id;
            self.emit(Event::Ended { exchange, outcome });
        }
    }
}

/// Formats of a Send (Transport TS, 6.4.5).
const SENDABLE: [ContentFormat; 3] = [
    ContentFormat::SENML_JSON,
    ContentFormat::SENML_CBOR,
    ContentFormat::LWM2M_CBOR,
];

/// Methods of CoAP (RFC 7252, 12.1.1; RFC 8132, 6).
const METHODS: [Code; 7] = [
    Code::GET,
    Code::POST,
    Code::PUT,
    Code::DELETE,
    Code::FETCH,
    Code::PATCH,
    Code::IPATCH,
];
