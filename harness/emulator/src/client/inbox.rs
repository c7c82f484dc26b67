//! What comes in: requests of servers, answers to the client's own requests, Resets.

use std::net::SocketAddr;
use std::time::Duration;

use coap::{Code, ContentFormat, Kind, Message, MessageId, Time, Token};
use lwm2m::codec::tlv;
use lwm2m::{Node, Operation, Path};

use super::Client;
use crate::conversation::{Arrival, Inbox, Plan, Sent};
use crate::device::{Effect, Reply, encode_nodes};
use crate::{Event, Kept, Outcome};

impl Client {
    /// Deals with everything that has come.
    pub(super) fn take_inbox(&mut self, now: Time) {
        while let Some(inbox) = self.conversation.poll_inbox() {
            match inbox {
                Inbox::Request(arrival) => self.take_request(now, arrival),
                Inbox::Answered { sent, message, .. } => self.take_answer(now, &sent, message),
                Inbox::Rejected { sent, plan } => self.take_reset(now, &sent, &plan),
                Inbox::TimedOut(sent) => self.take_silence(now, &sent, Outcome::TimedOut),
                Inbox::Broken(sent) => self.take_silence(now, &sent, Outcome::Broken),
                Inbox::Perform(perform) => {
                    // A misbehaviour whose peer is gone has nobody to reach.
                    let _ = self.perform_now(now, *perform, false);
                }
                Inbox::Unmatched { peer, message } => self.emit(Event::Unmatched { peer, message }),
                Inbox::Malformed(peer) => self.emit(Event::Malformed { peer }),
                Inbox::Notified { .. } => {}
            }
        }
    }

    fn take_request(&mut self, now: Time, mut arrival: Box<Arrival>) {
        let unheard = arrival.plan.anyway.then_some(arrival.peer);
        let speaker = self
            .speaker(arrival.peer)
            .or_else(|| self.unheard_server(unheard?));
        let Some(speaker) = speaker else {
            return self.conversation.refuse(now, &arrival, false);
        };
        self.stay_awake(now);
        self.move_values(now);
        let plan = std::mem::take(&mut arrival.plan);
        let before = plan.deviates().then(|| self.device.clone());
        let reply = match speaker {
            Speaker::BootstrapServer => {
                self.extend_bootstrap(now);
                self.device.answer_bootstrap(&arrival.message)
            }
            Speaker::Server(server) => {
                if plan.partly {
                    for sound in self.sound_parts(&arrival) {
                        self.device.answer(now, server, arrival.peer, &sound);
                    }
                }
                self.device
                    .answer(now, server, arrival.peer, &arrival.message)
            }
        };
        let effects = std::mem::take(&mut self.device.effects);
        match before {
            Some(before) if plan.leaves_no_trace() => self.device = before,
            Some(before) => self.keep(&plan, before),
            None => {}
        }
        if !matches!(arrival.message.code, Code::GET | Code::FETCH) {
            self.dirty = true;
            self.take_written(now);
        }
        self.rescheduled |= arrival.message.observe().is_some();
        let traceless = plan.leaves_no_trace();
        let keeps_observations = Self::keeps_observations(&plan);
        arrival.plan = plan;
        let message = reply_message(&reply);
        self.conversation.answer(now, arrival, message);
        if !traceless {
            let observers = keeps_observations.then(|| self.device.observers.clone());
            effects
                .into_iter()
                .for_each(|effect| self.take_effect(now, effect));
            if let Some(observers) = observers {
                self.device.observers = observers;
                self.tells_anybody = true;
            }
        }
    }

    /// The parts of a request that may be sound by themselves: as much of a TLV payload as can be read, else each of its values.
    fn sound_parts(&self, arrival: &Arrival) -> Vec<Message> {
        let message = &arrival.message;
        if let Some(sound) = sound_part(message) {
            return vec![sound];
        }
        let types = self.device.types();
        let (Some(format), Some(operation)) = (message.content_format(), &arrival.operation) else {
            return Vec::new();
        };
        let base = operation.path().unwrap_or(Path::ROOT);
        let nodes = match operation.nodes(&types) {
            Some(Ok(decoded)) => decoded.nodes,
            _ => Vec::new(),
        };
        let alone = |node: &Node| {
            let payload = encode_nodes(format, std::slice::from_ref(node), base, &types)?;
            Some(Message {
                payload,
                ..message.clone()
            })
        };
        nodes.iter().filter_map(alone).collect()
    }

    /// Takes back what a misbehaviour keeps.
    fn keep(&mut self, plan: &Plan, before: crate::device::Device) {
        if plan.keeps(Kept::Value) {
            self.device.store = before.store;
        }
        if plan.keeps(Kept::Attributes) {
            self.device.attributes = before.attributes;
        }
        if Self::keeps_observations(plan) {
            self.device.observers = before.observers;
        }
    }

    /// The server at an address whatever its registration, for a misbehaviour that hears it all the same.
    fn unheard_server(&self, peer: SocketAddr) -> Option<Speaker> {
        let mut registrations = self.registrations.iter();
        let known = registrations.find(|registration| registration.address == peer);
        known.map(|registration| Speaker::Server(registration.server))
    }

    /// Who speaks: the Bootstrap-Server while a bootstrap goes on, a server once its registration stands.
    pub(super) fn speaker(&self, peer: SocketAddr) -> Option<Speaker> {
        if self.is_bootstrapping() {
            let bootstrap = self.conversation.known.bootstrap == Some(peer);
            return bootstrap.then_some(Speaker::BootstrapServer);
        }
        let index = (0..self.registrations.len()).find(|index| {
            self.hears(*index)
                && self
                    .registrations
                    .get(*index)
                    .is_some_and(|each| each.address == peer)
        })?;
        self.registrations
            .get(index)
            .map(|each| Speaker::Server(each.server))
    }

    fn take_effect(&mut self, now: Time, effect: Effect) {
        let index = |client: &Self, server: u16| {
            client
                .registrations
                .iter()
                .position(|each| each.server == server)
        };
        match effect {
            Effect::Executed { path, arguments } => {
                self.emit(Event::Executed { path, arguments });
            }
            Effect::UpdateTrigger(server) => {
                let index = index(self, server);
                if let Some(each) = index.and_then(|index| self.registrations.get_mut(index)) {
                    each.triggered = true;
                }
            }
            Effect::BearerChanged => {
                let registrations = self.registrations.iter_mut();
                registrations.for_each(|each| each.triggered = true);
            }
            Effect::Disable(server) => {
                let wait = self.disable_timeout(server);
                if let Some(index) = index(self, server) {
                    self.deregister(now, index, Some(wait));
                }
            }
            Effect::BootstrapTrigger => self.begin_bootstrap(now),
            Effect::Reboot => self.reboot(now),
            Effect::FactoryReset => {
                self.device.store = self.factory.clone();
                self.device.attributes.clear();
                self.reboot(now);
            }
            Effect::EndDownload { instance } => self.end_download(instance),
            Effect::Download { instance, uri } => self.download(now, instance, &uri),
            Effect::Bootstrapped => self.bootstrapped(now),
        }
    }

    /// /1/x/5, or a day (Core TS, E.2).
    fn disable_timeout(&self, server: u16) -> Duration {
        let instance = self.server_instance(server);
        let seconds = instance.and_then(|instance| self.device.number(&[1, instance, 5]));
        let seconds = seconds.and_then(|seconds| u64::try_from(seconds).ok());
        Duration::from_secs(seconds.unwrap_or(86_400))
    }

    fn take_answer(&mut self, now: Time, sent: &Sent, message: Message) {
        self.stay_awake(now);
        self.registration_answered(now, sent, &message);
        self.bootstrap_answered(now, sent, &message);
        self.send_answered(sent, &message);
        self.downloaded(sent, Some(&message));
        self.ended(sent, Outcome::Answered(Box::new(message)));
    }

    fn take_reset(&mut self, now: Time, sent: &Sent, plan: &Plan) {
        if matches!(sent.operation, Operation::Notify(_)) {
            if !Self::keeps_observations(plan) {
                self.forget_observer(sent);
            }
        } else {
            self.registration_unanswered(now, sent);
            self.bootstrap_unanswered(now, sent);
            self.downloaded(sent, None);
        }
        self.ended(sent, Outcome::Reset);
    }

    fn take_silence(&mut self, now: Time, sent: &Sent, outcome: Outcome) {
        if matches!(sent.operation, Operation::Notify(_)) {
            // Nobody acknowledges: the observation ends (RFC 7641, 4.5).
            self.forget_observer(sent);
        } else {
            self.registration_unanswered(now, sent);
            self.bootstrap_unanswered(now, sent);
            self.downloaded(sent, None);
        }
        self.ended(sent, outcome);
    }
}

/// Who a request comes from.
pub(super) enum Speaker {
    BootstrapServer,
    /// By Short Server ID.
    Server(u16),
}

/// The message with as much of its TLV payload as can be read, if that is not all of it.
fn sound_part(message: &Message) -> Option<Message> {
    let whole = message.payload.as_slice();
    let broken = message.content_format() == Some(ContentFormat::TLV) && tlv::parse(whole).is_err();
    let sound = (1..whole.len())
        .rev()
        .filter_map(|length| whole.get(..length))
        .find(|part| broken && tlv::parse(part).is_ok())?;
    let mut message = message.clone();
    message.payload = sound.to_vec();
    Some(message)
}

fn reply_message(reply: &Reply) -> Message {
    let mut message = Message::new(Kind::Ack, Code::EMPTY, MessageId(0), Token::default());
    reply.write_to(&mut message);
    message
}
