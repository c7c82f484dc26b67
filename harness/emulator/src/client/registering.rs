//! Register, Update, De-register: when they are sent, and what their answers do (Core TS, 6.2).

use std::time::Duration;

use coap::{Code, ContentFormat, Message, Time, option};
use lwm2m::{Operation, Path, Version, operation};

use super::Client;
use super::registration::{Registration, Stage, Told, update_interval};
use crate::conversation::Sent;
use crate::{Event, Kept, Profile};

impl Client {
    /// Takes the next step of every registration that is due or has something to tell.
    pub(super) fn drive_registrations(&mut self, now: Time) {
        for index in 0..self.registrations.len() {
            let Some(registration) = self.registrations.get(index) else {
                continue;
            };
            let due = registration.due.is_some_and(|due| due <= now);
            match registration.stage {
                Stage::Unregistered if due => self.register(now, index),
                Stage::Disabled if due => self.register(now, index),
                Stage::Registered => {
                    let current = self.parameters_for(registration.server);
                    let refused = registration.refused.as_ref() == Some(&current);
                    let changed = self.dirty && registration.told != current && !refused;
                    if due || registration.triggered || changed {
                        self.update(now, index);
                    }
                }
                _ => {}
            }
        }
    }

    /// What an own Register to a server tells.
    pub(super) fn register_operation(&self, server: u16) -> operation::Register {
        let told = self.parameters_for(server);
        let version = self.configuration.version.as_str();
        let mut register = operation::Register::new(
            &self.configuration.endpoint,
            told.lifetime,
            version,
            &told.objects,
        );
        register.binding = Some(told.binding);
        register.queue_mode = told.queue_mode;
        register.sms = told.sms;
        if let Some(profile) = self.profile_for(server) {
            let rest = self.object_list_without(&profile.objects);
            register.profile_id = Some(profile.id.clone());
            register.content_format = (!rest.is_empty()).then_some(ContentFormat::LINK_FORMAT);
            register.objects = rest.into_bytes();
        }
        register
    }

    /// The profile that shortens the Register to a server, unless the server does not know it (Core TS 1.2, 6.2.1).
    fn profile_for(&self, server: u16) -> Option<&Profile> {
        let mut registrations = self.registrations.iter();
        let refused = registrations.any(|each| each.server == server && each.profile_refused);
        let profile = self.configuration.profile.as_ref()?;
        let held = |path: &Path| {
            let object = path.prefix(1).unwrap_or_default();
            self.device.store.instance_paths(object).contains(path)
        };
        let covers = profile.objects.iter().all(held);
        (!refused && covers && self.configuration.version >= Version::V1_2).then_some(profile)
    }

    /// Whether the client sleeps between its messages: by configuration, in 1.0 also by its binding.
    pub(super) fn sleeps(&self) -> bool {
        self.configuration.queue_mode
            || self
                .registrations
                .iter()
                .any(|registration| registration.told.binding.contains('Q'))
    }

    fn register(&mut self, now: Time, index: usize) {
        let Some(registration) = self.registrations.get(index) else {
            return;
        };
        let (server, address) = (registration.server, registration.address);
        let operation = self.register_operation(server);
        let sent = self.conversation.send(now, address, operation);
        self.note_sent(now, sent.as_ref());
    }

    fn update(&mut self, now: Time, index: usize) {
        let Some(registration) = self.registrations.get(index) else {
            return;
        };
        let current = self.parameters_for(registration.server);
        let told = &registration.told;
        let mut update = operation::Update::new(registration.location.clone());
        update.lifetime = (current.lifetime != told.lifetime).then(|| current.lifetime.to_string());
        if current.binding != told.binding || current.queue_mode != told.queue_mode {
            update.binding = Some(current.binding.clone());
            update.queue_mode = current.queue_mode;
        }
        if current.sms != told.sms {
            update.sms.clone_from(&current.sms);
        }
        if current.objects != told.objects {
            update.content_format = Some(ContentFormat::LINK_FORMAT);
            update.objects = current.objects.into_bytes();
        }
        let address = registration.address;
        let sent = self.conversation.send(now, address, update);
        self.note_sent(now, sent.as_ref());
    }

    /// De-registers; afterwards the server is left alone for `disabled`, or for ever.
    pub(super) fn deregister(&mut self, now: Time, index: usize, disabled: Option<Duration>) {
        let Some(registration) = self.registrations.get_mut(index) else {
            return;
        };
        if !registration.stands() {
            registration.enter(Stage::Unregistered, None);
            return;
        }
        let operation = operation::Deregister::new(registration.location.clone());
        let address = registration.address;
        let server = registration.server;
        let sent = self.conversation.send(now, address, operation);
        self.note_sent(now, sent.as_ref());
        self.device
            .observers
            .retain(|observer| observer.server != server);
        if let Some(registration) = self.registrations.get_mut(index) {
            registration.stage = Stage::Deregistering(disabled);
        }
    }

    /// Follows a Register, Update or De-register that goes out, whoever asked for it.
    pub(super) fn note_sent(&mut self, now: Time, sent: Option<&Sent>) {
        let Some(sent) = sent else { return };
        let Some(index) = self.registration_at(sent) else {
            return;
        };
        let Some(server) = self.registrations.get(index).map(|each| each.server) else {
            return;
        };
        let current = self.parameters_for(server);
        let Some(registration) = self.registrations.get_mut(index) else {
            return;
        };
        let lifetime = match &sent.operation {
            Operation::Register(register) => {
                registration.enter(Stage::Registering, None);
                Some(register.lifetime_seconds())
            }
            Operation::Update(update) => {
                registration.enter(Stage::Updating, None);
                registration.triggered = false;
                update.lifetime.as_ref().map(|_| update.lifetime_seconds())
            }
            Operation::Deregister(_) => {
                registration.enter(Stage::Deregistering(None), None);
                None
            }
            _ => return,
        };
        registration.exchange = Some(sent.id);
        registration.told_before = std::mem::replace(&mut registration.told, current);
        registration.refused = None;
        if let Some(lifetime) = lifetime {
            registration.lifetime = lifetime.unwrap_or(DEFAULT_LIFETIME);
        }
        if matches!(sent.operation, Operation::Register(_)) {
            self.device
                .observers
                .retain(|observer| observer.server != server);
        }
        self.stay_awake(now);
    }

    /// Takes the answer to a Register, Update or De-register.
    pub(super) fn registration_answered(&mut self, now: Time, sent: &Sent, message: &Message) {
        let Some(index) = self.registration_at(sent) else {
            return;
        };
        let Some(registration) = self.registrations.get_mut(index) else {
            return;
        };
        match &sent.operation {
            Operation::Register(_) if message.code == Code::CREATED => {
                registration.location = message.text_options(option::LOCATION_PATH);
                registration.attempts = 0;
                registration.settled = true;
                let own = self.configuration.endpoint.clone();
                self.conversation.known.endpoints.insert(own);
                let due = update_interval(registration.lifetime).map(|wait| now + wait);
                registration.enter(Stage::Registered, due);
                self.announce(index, Event::Registered);
            }
            Operation::Update(_) if message.code == Code::CHANGED => {
                let due = update_interval(registration.lifetime).map(|wait| now + wait);
                registration.enter(Stage::Registered, due);
                self.announce(index, Event::Updated);
            }
            Operation::Register(register) => {
                let endpoint = registration.server.to_string();
                let code = message.code;
                let unknown = register.profile_id.is_some() && code == Code::CONFLICT;
                if unknown {
                    // the whole list is told instead (Core TS 1.2, 6.2.1)
                    registration.profile_refused = true;
                    registration.enter(Stage::Unregistered, Some(now));
                }
                self.emit(Event::Refused { endpoint, code });
                if !unknown {
                    self.retry(now, index);
                }
            }
            Operation::Update(update)
                if message.code == Code::NOT_FOUND && update.location == registration.location =>
            {
                self.lose(now, index);
            }
            // refused, which says nothing about the registration
            Operation::Update(_) => {
                let due = update_interval(registration.lifetime).map(|wait| now + wait);
                let before = registration.told_before.clone();
                registration.refused = Some(std::mem::replace(&mut registration.told, before));
                registration.enter(Stage::Registered, due);
            }
            Operation::Deregister(_) => self.deregistered(now, index),
            _ => return,
        }
        self.release_next(now);
        self.stay_awake(now);
        self.dirty = true;
        self.tell_acquaintances();
    }

    /// No answer to a Register, Update or De-register came.
    pub(super) fn registration_unanswered(&mut self, now: Time, sent: &Sent) {
        let Some(index) = self.registration_at(sent) else {
            return;
        };
        match &sent.operation {
            Operation::Register(_) => self.retry(now, index),
            Operation::Update(_) => self.lose(now, index),
            Operation::Deregister(_) => self.deregistered(now, index),
            _ => {}
        }
        self.release_next(now);
        self.tell_acquaintances();
    }

    /// The parameters as they are now.
    fn parameters_for(&self, server: u16) -> Told {
        let instance = self.server_instance(server);
        let lifetime = instance
            .and_then(|instance| self.device.number(&[1, instance, 1]))
            .and_then(|lifetime| u32::try_from(lifetime).ok());
        let binding = instance.and_then(|instance| self.text(&[1, instance, 7]));
        let binding = binding.unwrap_or_else(|| self.configuration.binding.clone());
        let (binding, queue_mode) = self.queue_binding(binding);
        Told {
            lifetime: lifetime.unwrap_or(DEFAULT_LIFETIME),
            binding,
            queue_mode,
            sms: self.configuration.sms.clone(),
            objects: self.object_list(),
        }
    }

    /// Queue Mode is a letter of the binding in 1.0, a parameter of its own from 1.1 (Core TS, 6.2.1).
    fn queue_binding(&self, binding: String) -> (String, bool) {
        let queue_mode = self.configuration.queue_mode || binding.contains('Q');
        let letters: String = binding.chars().filter(|letter| *letter != 'Q').collect();
        if self.configuration.version > Version::V1_0 {
            return (letters, queue_mode);
        }
        match (queue_mode, letters.as_str()) {
            (false, _) => (letters, false),
            (true, "US") => ("UQS".to_owned(), false),
            (true, _) => (letters + "Q", false),
        }
    }

    fn text(&self, ids: &[u16]) -> Option<String> {
        match self.device.store.value(lwm2m::Path::new(ids)?)? {
            lwm2m::Value::String(text) => Some(text.clone()),
            _ => None,
        }
    }

    /// The registration that an exchange is about: the one it belongs to, else the one with its peer.
    fn registration_at(&self, sent: &Sent) -> Option<usize> {
        let by = |fits: &dyn Fn(&Registration) -> bool| self.registrations.iter().position(fits);
        by(&|each| each.exchange == Some(sent.id)).or_else(|| by(&|each| each.address == sent.peer))
    }

    fn announce(&mut self, index: usize, event: impl Fn(crate::Standing) -> Event) {
        let standing = self
            .registrations
            .get(index)
            .map(|registration| self.standing(registration));
        if let Some(standing) = standing {
            self.emit(event(standing));
        }
    }

    /// The server does not know the registration any more: Register anew at once (Core TS, 6.2.2).
    fn lose(&mut self, now: Time, index: usize) {
        self.announce(index, Event::Expired);
        if let Some(registration) = self.registrations.get_mut(index) {
            let server = registration.server;
            registration.enter(Stage::Unregistered, Some(now));
            self.device
                .observers
                .retain(|observer| observer.server != server);
        }
    }

    fn deregistered(&mut self, now: Time, index: usize) {
        self.announce(index, Event::Deregistered);
        let Some(registration) = self.registrations.get_mut(index) else {
            return;
        };
        let server = registration.server;
        let Stage::Deregistering(Some(disabled)) = registration.stage else {
            registration.enter(Stage::Unregistered, None);
            return;
        };
        let until = now + disabled;
        registration.enter(Stage::Disabled, Some(until));
        self.emit(Event::Disabled { server, until });
    }

    /// Whether observations outlive a message, because a misbehaviour wants it.
    pub(super) fn keeps_observations(plan: &crate::conversation::Plan) -> bool {
        plan.keeps(Kept::Observations)
    }
}

/// Lifetime if the Server Object tells none (Core TS, 6.2.1).
const DEFAULT_LIFETIME: u32 = 86_400;
