//! Notifications and Send: what a client tells without being asked each time (Core TS, 6.4).

use std::time::Duration;

use coap::{Code, Kind, Message, Time, Token};
use lwm2m::{Operation, Path, operation};

use super::Client;
use crate::conversation::Sent;
use crate::data::Varying;
use crate::device::{Observer, Reply};
use crate::{Event, Outcome, Peer, Perform, PerformError};

impl Client {
    /// Looks at the observations if there is a reason to.
    pub(super) fn drive_reports(&mut self, now: Time) {
        let due = self.report_at.is_some_and(|at| at <= now);
        if self.dirty || due {
            self.report(now);
        }
        if self.dirty || due || std::mem::take(&mut self.rescheduled) {
            self.report_at = self.next_report(now);
        }
    }

    /// Sends every notification that is due, and the Send that is.
    fn report(&mut self, now: Time) {
        self.move_values(now);
        let mut index = 0;
        while index < self.device.observers.len() {
            match self.report_one(now, index) {
                true => index += 1,
                false => {
                    self.device.observers.remove(index);
                }
            }
        }
        self.report_by_send(now);
    }

    /// When the next notification or Send may be due.
    fn next_report(&self, now: Time) -> Option<Time> {
        let told = |observer: &&Observer| self.is_registered(observer.server);
        let observers = self.device.observers.iter().filter(told);
        let periods = observers.clone().flat_map(|observer| {
            let attributes = self.device.attributes_of(observer);
            let evaluation = observer.observation.next_evaluation(&attributes);
            let evaluation = evaluation.filter(|at| *at > now);
            [observer.observation.deadline(&attributes), evaluation]
        });
        let paths = self.varying.iter().map(|varying| varying.path);
        let moving = paths.chain(self.device.collecting()).any(|path| {
            let mut targets = observers.clone().flat_map(|each| &each.observation.targets);
            targets.any(|target| target.contains(&path) || path.contains(target))
        });
        let moving = moving.then(|| Varying::next(self.epoch, now));
        periods.flatten().chain(moving).chain(self.send_at).min()
    }

    /// Moves the values that vary to where they are at `now`.
    pub(super) fn move_values(&mut self, now: Time) {
        for varying in &mut self.varying {
            if let Some(held) = self.device.store.value(varying.path) {
                let value = varying.follow(self.epoch, now, held);
                self.device.store.set(varying.path, value);
            }
        }
        self.device.collect(now);
    }

    /// Lets values that a request has set move on from there.
    pub(super) fn take_written(&mut self, now: Time) {
        for varying in &mut self.varying {
            let value = self.device.store.value(varying.path);
            if let Some(value) = value.filter(|value| **value != varying.at(self.epoch, now)) {
                varying.rebase(self.epoch, now, value);
            }
        }
    }

    /// Sends a notification that the driver asked for, to the observation of its token or to the only one.
    pub(super) fn perform_notify(
        &mut self,
        now: Time,
        mut perform: Perform,
    ) -> Result<Sent, PerformError> {
        let token = perform.token.clone();
        let found = self
            .device
            .observers
            .iter()
            .position(|observer| match &token {
                Some(token) => observer.key.token == *token,
                None => true,
            });
        let Operation::Notify(notify) = &mut perform.operation else {
            return Err(PerformError::NotObserved);
        };
        let mut peer = match perform.peer {
            Peer::Address(address) => Some(address),
            _ => None,
        };
        let empty = notify.payload.is_empty() && notify.content_format.is_none();
        if let Some(index) = found {
            if let Some(observer) = self.device.observers.get_mut(index) {
                observer.count();
                peer = peer.or(Some(observer.key.peer));
                perform.token = Some(observer.key.token.clone());
                notify.observe = notify.observe.or(Some(observer.sequence));
            }
            if empty && notify.code == Code::CONTENT {
                let observe = notify.observe;
                *notify = self.next_notification(index);
                notify.observe = observe;
            }
        }
        notify.observe = notify.observe.or(Some(LATER));
        let peer = match peer {
            Some(peer) => peer,
            None if token.is_some() => self.peer(&perform.peer)?,
            None => return Err(PerformError::NotObserved),
        };
        let kind = perform.kind.unwrap_or_else(|| self.usual_kind());
        perform.kind = Some(kind);
        let sent = self.conversation.perform(now, peer, perform, true)?;
        if kind == Kind::Non {
            // Nobody answers it.
            self.ended(&sent, Outcome::Done);
        }
        Ok(sent)
    }

    /// The other end does not want notifications of this token any more.
    pub(super) fn forget_observer(&mut self, sent: &Sent) {
        self.device
            .observers
            .retain(|observer| observer.key.peer != sent.peer || observer.key.token != sent.token);
    }

    /// The answer to a Send came.
    pub(super) fn send_answered(&mut self, sent: &Sent, message: &Message) {
        if matches!(sent.operation, Operation::Send(_)) {
            let (peer, message) = (sent.peer, message.clone());
            self.emit(Event::Sent { peer, message });
        }
    }

    /// Tells the driver how an exchange that it asked for ended.
    pub(super) fn ended(&mut self, sent: &Sent, outcome: Outcome) {
        if sent.performed {
            let exchange = sent.id;
            self.emit(Event::Ended { exchange, outcome });
        }
    }

    /// Looks at one observation and notifies if that is due; false if the observation is over.
    fn report_one(&mut self, now: Time, index: usize) -> bool {
        let Some(key) = self
            .device
            .observers
            .get(index)
            .map(|each| each.key.clone())
        else {
            return true;
        };
        let (notify, kind) = match self.look(now, index) {
            Look::Quiet => return true,
            Look::Over(code) => (refusal(code), Kind::Con),
            Look::Due { con } => (self.next_notification(index), self.kind_of(now, index, con)),
        };
        let going_on = notify.code.is_success();
        self.notify(now, key.peer, key.token, notify, kind);
        going_on
    }

    /// Looks at the observed values; those that are due count as told.
    fn look(&mut self, now: Time, index: usize) -> Look {
        let observer = self.device.observers.get(index);
        let Some(observer) = observer.filter(|each| self.is_registered(each.server)) else {
            return Look::Quiet;
        };
        let nodes = match self.device.observed(observer) {
            Ok((nodes, _)) => nodes,
            Err(code) => return Look::Over(code),
        };
        let attributes = self.device.attributes_of(observer);
        let Some(observer) = self.device.observers.get_mut(index) else {
            return Look::Quiet;
        };
        observer.observation.evaluate(now, &nodes, &attributes);
        let deadline = observer.observation.deadline(&attributes);
        if deadline.is_none_or(|due| due > now) {
            return Look::Quiet;
        }
        observer.observation.tell(now, nodes);
        observer.count();
        Look::Due {
            con: attributes.con,
        }
    }

    /// The notification of the values as they are.
    fn next_notification(&self, index: usize) -> operation::Notify {
        let Some(observer) = self.device.observers.get(index) else {
            return refusal(Code::NOT_FOUND);
        };
        let reply = Reply::from(self.device.notification(observer));
        let mut notify = refusal(reply.code);
        if let (false, [path]) = (observer.composite, observer.observation.targets.as_slice()) {
            notify.observed = *path;
        }
        notify.observe = reply.code.is_success().then_some(observer.sequence);
        if let Some((format, payload)) = reply.payload {
            notify.content_format = Some(format);
            notify.payload = payload;
        }
        notify
    }

    fn is_registered(&self, server: u16) -> bool {
        self.tells_anybody
            || self
                .registrations
                .iter()
                .any(|each| each.server == server && each.stands())
    }

    fn notify(
        &mut self,
        now: Time,
        peer: std::net::SocketAddr,
        token: Token,
        notify: operation::Notify,
        kind: Kind,
    ) {
        let mut perform = Perform::new(notify);
        perform.kind = Some(kind);
        perform.token = Some(token);
        if self.conversation.perform(now, peer, perform, false).is_ok() {
            self.stay_awake(now);
        }
    }

    /// Confirmable by attribute, by the Server Object, by configuration, and once a day in any case (RFC 7641, 4.5).
    fn kind_of(&mut self, now: Time, index: usize, con: Option<bool>) -> Kind {
        let usual = self.usual_kind();
        let Some(observer) = self.device.observers.get_mut(index) else {
            return usual;
        };
        let overdue = now.since(observer.confirmed) >= LONGEST_UNCONFIRMED;
        let kind = match con {
            Some(true) => Kind::Con,
            _ if overdue => Kind::Con,
            Some(false) => Kind::Non,
            None => usual,
        };
        if kind == Kind::Con {
            observer.confirmed = now;
        }
        kind
    }

    fn usual_kind(&self) -> Kind {
        let by_server = self.device.store.instances(1).next();
        let by_server = by_server.and_then(|instance| self.device.number(&[1, instance, 26]));
        match by_server {
            Some(1) => Kind::Con,
            Some(_) => Kind::Non,
            None if self.configuration.confirmable => Kind::Con,
            None => Kind::Non,
        }
    }

    /// Sends to every server that does not mute it: /1/x/23 false (Core TS, 6.4.6).
    fn report_by_send(&mut self, now: Time) {
        let Some((_, period)) = self
            .configuration
            .send
            .as_ref()
            .filter(|_| self.send_at.is_some_and(|at| at <= now))
        else {
            return;
        };
        self.send_at = Some(now + *period);
        let standing: Vec<_> = self
            .registrations
            .iter()
            .filter(|each| each.stands())
            .collect();
        let open: Vec<_> = standing
            .into_iter()
            .filter(|each| !self.is_muted_by(each.server))
            .map(|each| (each.server, each.address))
            .collect();
        for (server, peer) in open {
            let operation = self.send_operation(server);
            if self.conversation.send(now, peer, operation).is_some() {
                self.stay_awake(now);
            }
        }
    }

    /// Whether the first server keeps this client from sending: /1/x/23 true or absent (Core TS, E.2).
    pub fn is_muted(&self) -> bool {
        self.registrations
            .first()
            .is_none_or(|each| self.is_muted_by(each.server))
    }

    fn is_muted_by(&self, server: u16) -> bool {
        let instance = self.server_instance(server);
        instance.and_then(|instance| self.device.truth(&[1, instance, MUTE_SEND])) != Some(false)
    }

    /// The observed paths that hold `path`, for a driver that wants to know.
    pub fn is_observed(&self, path: Path) -> bool {
        let mut targets = self
            .device
            .observers
            .iter()
            .flat_map(|each| &each.observation.targets);
        targets.any(|target| target.contains(&path))
    }
}

/// What a look at an observation shows.
enum Look {
    /// Nothing is to be told.
    Quiet,
    /// The target is gone, or may not be read any more.
    Over(Code),
    /// The values have to be told now; Confirmable or not, if the attributes say so.
    Due { con: Option<bool> },
}

/// A notification of a code alone.
fn refusal(code: Code) -> operation::Notify {
    operation::Notify {
        code,
        ..operation::Notify::default()
    }
}

/// A sequence number that is newer than that of the answer to Observe (RFC 7641, 3.4).
const LATER: u32 = 2;
/// At least one notification a day is Confirmable (RFC 7641, 4.5).
const LONGEST_UNCONFIRMED: Duration = Duration::from_secs(24 * 60 * 60);
/// Mute Send (Core TS, E.2).
const MUTE_SEND: u16 = 23;
