//! The observations that a server began, and what comes by them (Core TS, 6.4.1).

use coap::{Message, Time};
use lwm2m::{Operation, Path};

use super::state::Observing;
use super::{Server, Source};
use crate::Event;
use crate::conversation::Sent;

impl Server {
    /// Takes a notification.
    pub(super) fn notified(&mut self, now: Time, sent: &Sent, message: Message, fresh: bool) {
        self.take_values((now, false), sent, &message, Source::Notification);
        let paths = observed_paths(&sent.operation);
        if message.observe().is_none() {
            self.observations.retain(|each| each.exchange != sent.id);
        }
        let (peer, token) = (sent.peer, sent.token.clone());
        self.emit(Event::Notified {
            peer,
            token,
            paths,
            message,
            fresh,
        });
    }

    /// Follows the answer to an Observe or to its cancellation.
    pub(super) fn observation_answered(&mut self, sent: &Sent, message: &Message) {
        let begins = matches!(
            sent.operation,
            Operation::Observe(_) | Operation::ObserveComposite(_)
        );
        let ends = matches!(
            sent.operation,
            Operation::CancelObservation(_) | Operation::CancelObservationComposite(_)
        );
        let same = |each: &Observing| each.peer == sent.peer && each.token == sent.token;
        if ends && message.code.is_success() {
            self.forget_observations(same);
        }
        if !begins {
            return;
        }
        self.observations.retain(|each| !same(each));
        if message.observe().is_some() && message.code.is_success() {
            self.observations.push(Observing {
                endpoint: self.endpoint_at(sent.peer).unwrap_or_default(),
                peer: sent.peer,
                token: sent.token.clone(),
                paths: observed_paths(&sent.operation),
                exchange: sent.id,
                outlived: false,
            });
        }
    }

    /// Whether this server takes what `operation` begins for an observation that it has already.
    pub(super) fn is_observed_already(&self, operation: &Operation) -> bool {
        let begins = matches!(
            operation,
            Operation::Observe(_) | Operation::ObserveComposite(_)
        );
        let paths = observed_paths(operation);
        let mut outlived = self.observations.iter().filter(|each| each.outlived);
        begins && outlived.any(|each| each.paths == paths)
    }

    /// Forgets the observation of `path`, so that its next notification is rejected with a Reset (RFC 7641, 3.6).
    pub fn forget_observation(&mut self, path: Path) -> bool {
        let before = self.observations.len();
        self.forget_observations(|each| each.paths.contains(&path));
        self.observations.len() < before
    }

    /// Forgets observations; their next notifications are rejected.
    pub(super) fn forget_observations(&mut self, forgotten: impl Fn(&Observing) -> bool) {
        let (gone, kept): (Vec<_>, Vec<_>) = self
            .observations
            .drain(..)
            .partition(|each| forgotten(each));
        self.observations = kept;
        gone.iter()
            .for_each(|each| self.conversation.forget(each.exchange));
    }

    /// Gives a cancellation the token of the observation that it ends (RFC 7641, 3.6).
    pub(super) fn token_of(
        &self,
        operation: &Operation,
        peer: std::net::SocketAddr,
    ) -> Option<coap::Token> {
        let cancels = matches!(
            operation,
            Operation::CancelObservation(_) | Operation::CancelObservationComposite(_)
        );
        let paths = observed_paths(operation);
        let mut observations = self.observations.iter().filter(|each| each.peer == peer);
        let found = observations.find(|each| cancels && each.paths == paths);
        found.map(|each| each.token.clone())
    }

    /// Takes over the values that a message tells.
    pub(super) fn take_values(
        &mut self,
        (now, anyway): (Time, bool),
        sent: &Sent,
        message: &Message,
        source: Source,
    ) {
        let tells = matches!(
            sent.operation,
            Operation::Read(_)
                | Operation::ReadComposite(_)
                | Operation::Observe(_)
                | Operation::ObserveComposite(_)
                | Operation::CancelObservation(_)
                | Operation::CancelObservationComposite(_)
        );
        let Some(format) = message
            .content_format()
            .filter(|_| tells && message.code.is_success())
        else {
            return;
        };
        let Some(endpoint) = self.endpoint_at(sent.peer) else {
            return;
        };
        let base = sent.operation.path().unwrap_or_default();
        let registry = self.configuration.registry.clone();
        let known = self.values.entry(endpoint).or_default();
        let (content, told) = ((format, &*message.payload), (source, now));
        match anyway {
            true => known.take_any(content, base, &*registry, told),
            false => known.take(content, base, &*registry, told),
        }
    }
}

/// What an Observe, Observe-Composite or their cancellation is about.
fn observed_paths(operation: &Operation) -> Vec<Path> {
    let listed = match operation {
        Operation::ObserveComposite(_) | Operation::CancelObservationComposite(_) => operation
            .content_format()
            .and_then(|format| lwm2m::codec::decode_paths(format, operation.payload()).ok()),
        _ => None,
    };
    match listed {
        Some(listed) => listed.paths,
        None => operation.path().into_iter().collect(),
    }
}
