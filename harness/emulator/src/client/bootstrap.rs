//! Client-initiated bootstrap: the request, the Bootstrap-Server's commands, Finish, and giving up (Core TS, 6.1).

use std::time::Duration;

use coap::{Code, ContentFormat, Message, Time};
use lwm2m::{Operation, Path, Version, operation};

use super::Client;
use crate::Event;
use crate::conversation::Sent;
use crate::data::Store;

/// How far a bootstrap is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Bootstrap {
    /// None goes on.
    Idle,
    /// It begins then (Client Hold Off, or a pause after a failure).
    Waiting(Time),
    /// The request is under way.
    Requesting,
    /// The Bootstrap-Server commands; it is given up at `until`, and the data are again as `before`.
    Running { until: Time, before: Box<Store> },
}

impl Client {
    /// Begins a bootstrap after the Client Hold Off time, if there is an account for it (/0/x/11).
    pub(super) fn begin_bootstrap(&mut self, now: Time) {
        let Some((security, _)) = self.bootstrap_account() else {
            return;
        };
        if !matches!(self.bootstrap, Bootstrap::Idle) {
            return;
        }
        let seconds = self
            .device
            .number(&[0, security, 11])
            .and_then(|wait| u64::try_from(wait).ok());
        self.bootstrap = Bootstrap::Waiting(now + Duration::from_secs(seconds.unwrap_or(0)));
    }

    /// When the bootstrap's next step is due.
    pub(super) const fn next_bootstrap(&self) -> Option<Time> {
        match self.bootstrap {
            Bootstrap::Waiting(at) | Bootstrap::Running { until: at, .. } => Some(at),
            _ => None,
        }
    }

    /// Takes the bootstrap's next step if it is due.
    pub(super) fn drive_bootstrap(&mut self, now: Time) {
        match &self.bootstrap {
            Bootstrap::Waiting(at) if *at <= now => {
                let pack = self.configuration.bootstrap_pack
                    && self.configuration.version >= Version::V1_2;
                self.request_bootstrap(now, pack);
            }
            Bootstrap::Running { until, before } if *until <= now => {
                self.device.store = (**before).clone();
                self.fail_bootstrap(now);
            }
            _ => {}
        }
    }

    /// Whether other servers are not heard because a bootstrap goes on (Core TS, 6.1.5).
    pub(super) const fn is_bootstrapping(&self) -> bool {
        matches!(self.bootstrap, Bootstrap::Running { .. })
    }

    /// The deadline moves with every command (RFC 7252, 4.8.2: EXCHANGE_LIFETIME).
    pub(super) fn extend_bootstrap(&mut self, now: Time) {
        if let Bootstrap::Running { until, .. } = &mut self.bootstrap {
            *until = now + EXCHANGE_LIFETIME;
        }
    }

    /// Takes the answer to a Bootstrap-Request or Bootstrap-Pack-Request.
    pub(super) fn bootstrap_answered(&mut self, now: Time, sent: &Sent, message: &Message) {
        match &sent.operation {
            Operation::BootstrapRequest(_) if message.code == Code::CHANGED => {
                self.run_bootstrap(now);
            }
            Operation::BootstrapRequest(_) => self.fail_bootstrap(now),
            Operation::BootstrapPackRequest(_) => self.take_pack(now, sent, message),
            _ => {}
        }
    }

    /// No answer to a Bootstrap-Request or Bootstrap-Pack-Request came.
    pub(super) fn bootstrap_unanswered(&mut self, now: Time, sent: &Sent) {
        match &sent.operation {
            Operation::BootstrapRequest(_) => self.fail_bootstrap(now),
            Operation::BootstrapPackRequest(_) => self.request_bootstrap(now, false),
            _ => {}
        }
    }

    /// The bootstrap is done: register with the accounts that are there now.
    pub(super) fn bootstrapped(&mut self, now: Time) {
        if let Some((_, peer)) = self.bootstrap_account() {
            self.emit(Event::Bootstrapped { peer });
        }
        self.bootstrap = Bootstrap::Idle;
        self.conversation.known.bootstrap = None;
        self.device.observers.clear();
        self.registrations.clear();
        self.register_all(now);
    }

    pub(super) fn bootstrap_request(&self) -> operation::BootstrapRequest {
        let preferred = match self.configuration.version {
            Version::V1_0 => None,
            _ => self.configuration.preferred_format,
        };
        operation::BootstrapRequest::new(&self.configuration.endpoint, preferred)
    }

    pub(super) fn bootstrap_pack_request(&self) -> operation::BootstrapPackRequest {
        let accept = self.device.formats.composite();
        let mut request =
            operation::BootstrapPackRequest::new(&self.configuration.endpoint, accept);
        if let Some((security, _)) = self.bootstrap_account() {
            request.query.push(format!("acc=</0/{security}>"));
        }
        request
    }

    /// Notes that a Bootstrap-Request goes out, whoever asked for it.
    pub(super) fn note_bootstrap(&mut self, sent: &Sent) {
        let asked = matches!(
            sent.operation,
            Operation::BootstrapRequest(_) | Operation::BootstrapPackRequest(_)
        );
        if asked {
            self.bootstrap = Bootstrap::Requesting;
            self.conversation.known.bootstrap = Some(sent.peer);
            let endpoint = self.configuration.endpoint.clone();
            self.emit(Event::BootstrapRequested {
                endpoint,
                peer: sent.peer,
            });
        }
    }

    fn request_bootstrap(&mut self, now: Time, pack: bool) {
        let Some((_, peer)) = self.bootstrap_account() else {
            self.bootstrap = Bootstrap::Idle;
            return;
        };
        let sent = match pack {
            true => self
                .conversation
                .send(now, peer, self.bootstrap_pack_request()),
            false => self.conversation.send(now, peer, self.bootstrap_request()),
        };
        if let Some(sent) = sent {
            self.note_bootstrap(&sent);
        }
    }

    fn run_bootstrap(&mut self, now: Time) {
        let before = Box::new(self.device.store.clone());
        let until = now + EXCHANGE_LIFETIME;
        self.bootstrap = Bootstrap::Running { until, before };
    }

    fn fail_bootstrap(&mut self, now: Time) {
        self.emit(Event::BootstrapFailed);
        self.dirty = true;
        self.conversation.known.bootstrap = None;
        self.bootstrap = Bootstrap::Waiting(now + PAUSE);
    }

    fn take_pack(&mut self, now: Time, sent: &Sent, message: &Message) {
        let before = self.device.clone();
        let format = message
            .content_format()
            .unwrap_or(ContentFormat::SENML_CBOR);
        let nodes =
            lwm2m::codec::decode(format, &message.payload, &Path::ROOT, &self.device.types());
        let unpacked = match nodes {
            Ok(decoded) if message.code == Code::CONTENT => self.device.unpack(decoded.nodes),
            _ => Err(Code::BAD_REQUEST),
        };
        if unpacked.is_ok() {
            self.bootstrapped(now);
        } else {
            self.device = before;
            self.bootstrap_unanswered(now, sent);
        }
    }
}

/// A bootstrap without a command for so long has failed (Core TS, 6.1.5; RFC 7252, 4.8.2).
const EXCHANGE_LIFETIME: Duration = Duration::from_secs(247);
/// Pause before the next try; the standard sets none.
const PAUSE: Duration = Duration::from_secs(60);
