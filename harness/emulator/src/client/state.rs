//! The state of an emulated client, and what its driver can do to it besides the common interface.

use std::collections::VecDeque;

use coap::{ContentFormat, Time};
use lwm2m::{Node, Operation, Path, Role, Value, operation};

use super::ClientConfiguration;
use super::bootstrap::Bootstrap;
use super::power::Power;
use super::registration::Registration;
use crate::conversation::Conversation;
use crate::data::{Store, Varying};
use crate::device::{Device, Formats, encode_nodes};
use crate::{Event, ExchangeId, Shortage, Standing};

/// An emulated LwM2M Client.
pub struct Client {
    pub(super) configuration: ClientConfiguration,
    pub(super) device: Device,
    /// The device as it left the factory.
    pub(super) factory: Store,
    pub(super) varying: Vec<Varying>,
    pub(super) conversation: Conversation,
    pub(super) registrations: Vec<Registration>,
    pub(super) bootstrap: Bootstrap,
    pub(super) power: Power,
    /// When the client falls asleep (Queue Mode).
    pub(super) asleep_at: Option<Time>,
    /// Whether it sleeps.
    pub(super) asleep: bool,
    /// The download under way, and the instance of the Firmware Update Object that it is for.
    pub(super) download: Option<(ExchangeId, u16)>,
    /// When the next Send is due.
    pub(super) send_at: Option<Time>,
    /// When values began to move.
    pub(super) epoch: Time,
    /// Data or registrations changed: something may have to be told.
    pub(super) dirty: bool,
    /// Whether a misbehaviour notifies servers that are not registered with.
    pub(super) tells_anybody: bool,
    /// Observations or attributes changed: something may have to be told at another time.
    pub(super) rescheduled: bool,
    /// When the next notification or Send may be due.
    pub(super) report_at: Option<Time>,
    pub(super) events: VecDeque<Event>,
    pub(super) boots: u64,
    /// When something of the client itself is due.
    pub(super) next_deadline: Option<Time>,
}

impl Client {
    /// A client that is switched off.
    pub fn new(configuration: ClientConfiguration) -> Self {
        let formats = match &configuration.formats {
            Some(formats) => Formats(formats.clone()),
            None => Formats::of_version(configuration.version),
        };
        let registry = configuration.registry.clone();
        let mut device = Device::new(registry.clone(), configuration.version, formats);
        device.root = configuration.alternate_path.clone().unwrap_or_default();
        for (path, value) in &configuration.data {
            device.configure(*path, value.clone());
        }
        configuration
            .objects
            .iter()
            .for_each(|id| device.store.support(*id));
        device.add_executables(Path::ROOT);
        device.begin_firmware();
        let varying = configuration
            .varying
            .iter()
            .flat_map(|path| device.store.nodes(*path));
        let varying = varying
            .map(|Node { path, value, .. }| Varying::new(path, value))
            .collect();
        let conversation = Conversation::new(
            Role::Client,
            registry,
            configuration.parameters.clone(),
            configuration.seed,
        );
        Self {
            factory: device.store.clone(),
            device,
            varying,
            conversation,
            registrations: Vec::new(),
            bootstrap: Bootstrap::Idle,
            power: Power::Off,
            asleep_at: None,
            asleep: false,
            download: None,
            send_at: None,
            epoch: Time::ZERO,
            dirty: false,
            tells_anybody: false,
            rescheduled: false,
            report_at: None,
            events: VecDeque::new(),
            boots: 0,
            next_deadline: None,
            configuration,
        }
    }

    /// The configuration.
    pub const fn configuration(&self) -> &ClientConfiguration {
        &self.configuration
    }

    /// The values as they are.
    pub const fn store(&self) -> &Store {
        &self.device.store
    }

    /// Changes a value as the device itself would; notifications and Updates follow as they are due.
    pub fn set_value(&mut self, now: Time, path: Path, value: Value) {
        self.varying.retain(|varying| varying.path != path);
        self.device.configure(path, value);
        self.device.add_executables(path.prefix(2).unwrap_or(path));
        self.dirty = true;
        self.drive(now);
    }

    /// Leaves the device without room for a firmware package, until it starts anew.
    pub fn limit(&mut self, shortage: Shortage) {
        self.device.shortage = Some(shortage);
    }

    /// Removes what stands at `path` as the device itself would.
    pub fn remove_value(&mut self, now: Time, path: Path) {
        self.device.store.remove(path);
        self.dirty = true;
        self.drive(now);
    }

    /// The registrations that stand.
    pub fn registrations(&self) -> Vec<Standing> {
        let standing = self
            .registrations
            .iter()
            .filter(|registration| registration.stands());
        standing
            .map(|registration| self.standing(registration))
            .collect()
    }

    /// The operation that this client would send for `word`, to start from: `register`, `update`, `deregister`,
    /// `send`, `bootstrap-request`, `bootstrap-pack-request`.
    pub fn natural(&self, word: &str) -> Option<Operation> {
        let registration = self.registrations.first();
        let location = registration.map(|registration| registration.location.clone());
        let location = location.unwrap_or_default();
        let server = registration.map_or(1, |registration| registration.server);
        match word {
            "register" => Some(self.register_operation(server).into()),
            "update" => Some(operation::Update::new(location).into()),
            "deregister" => Some(operation::Deregister::new(location).into()),
            "send" => Some(self.send_operation(server).into()),
            "bootstrap-request" => Some(self.bootstrap_request().into()),
            "bootstrap-pack-request" => Some(self.bootstrap_pack_request().into()),
            _ => None,
        }
    }

    /// A Send of what is configured, else of the Device Object, as far as the server may read it (Core TS, 6.4.6).
    pub(super) fn send_operation(&self, server: u16) -> operation::Send {
        let device = Path::new(&[3, 0]).unwrap_or_default();
        let paths = self
            .configuration
            .send
            .as_ref()
            .map_or(vec![device], |(paths, _)| paths.clone());
        let nodes = self.device.readable_of(server, &paths);
        let format = self
            .device
            .formats
            .composite()
            .unwrap_or(ContentFormat::SENML_JSON);
        let payload = encode_nodes(format, &nodes, Path::ROOT, &self.device.types());
        operation::Send {
            content_format: Some(format),
            payload: payload.unwrap_or_default(),
            ..operation::Send::default()
        }
    }

    pub(super) fn standing(&self, registration: &Registration) -> Standing {
        Standing {
            endpoint: self.configuration.endpoint.clone(),
            server: Some(registration.server),
            peer: registration.address,
            location: registration.location_text(),
        }
    }

    pub(super) fn emit(&mut self, event: Event) {
        if self.events.len() < MOST_EVENTS {
            self.events.push_back(event);
        }
    }
}

/// Events that nobody polls do not pile up beyond this.
const MOST_EVENTS: usize = 65_536;
