//! The state that operations read and change, and the one place that tells them apart.
//!
//! All of it can be copied, so an operation that is refused, or only answered, leaves no trace.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use coap::{Code, ContentFormat, Message, Time};
use lwm2m::{ObjectVersion, Path, Registry, ResourceDefinition, Type, Value, Version};

use super::firmware::Shortage;
use super::format::{Formats, is_hierarchical};
use super::observe::Observer;
use super::reply::{Effect, Refusal, Reply};
use super::request::Request;
use super::statistics::Collection;
use super::types::KnownTypes;
use super::value::convert;
use crate::data::{AttributeTable, Store};
use crate::firmware::Image;

/// Bounds of what others can make a client hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Limits {
    /// Bytes of all values.
    pub(crate) bytes: usize,
    /// Observations.
    pub(crate) observations: usize,
    /// Paths with attributes, per server.
    pub(crate) attributes: usize,
}

/// Values, attributes, observations and what follows from operations.
#[derive(Clone, Debug)]
pub(crate) struct Device {
    pub(crate) store: Store,
    pub(crate) attributes: BTreeMap<u16, AttributeTable>,
    pub(crate) observers: Vec<Observer>,
    pub(crate) effects: Vec<Effect>,
    /// Connectivity statistics under way.
    pub(super) collection: Option<Collection>,
    pub(crate) registry: Arc<Registry>,
    pub(crate) version: Version,
    pub(crate) formats: Formats,
    pub(crate) limits: Limits,
    pub(crate) root: String,
    /// Images that were downloaded, by instance of the Firmware Update Object.
    pub(crate) images: BTreeMap<u16, Image>,
    /// What no image finds room in.
    pub(crate) shortage: Option<Shortage>,
    usual_versions: Arc<BTreeMap<u16, ObjectVersion>>,
}

/// Who asked, when, and over which observation.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asker {
    pub(super) now: Time,
    /// Short Server ID.
    pub(super) server: u16,
    pub(super) peer: SocketAddr,
}

impl Device {
    /// A device without data.
    pub(crate) fn new(registry: Arc<Registry>, version: Version, formats: Formats) -> Self {
        let usual = Registry::builtin(version);
        let usual = usual.objects().filter(|object| is_core(object.id));
        let usual_versions = usual
            .map(|object| (object.id, object.object_version))
            .collect();
        Self {
            store: Store::default(),
            attributes: BTreeMap::new(),
            observers: Vec::new(),
            effects: Vec::new(),
            collection: None,
            registry,
            version,
            formats,
            limits: Limits::default(),
            root: String::new(),
            images: BTreeMap::new(),
            shortage: None,
            usual_versions: Arc::new(usual_versions),
        }
    }

    /// Carries out a request of the server with Short Server ID `server` (Core TS, 6.3 and 6.4).
    pub(crate) fn answer(
        &mut self,
        now: Time,
        server: u16,
        peer: SocketAddr,
        message: &Message,
    ) -> Reply {
        let asker = Asker { now, server, peer };
        let outcome = Request::new(message, &self.root).and_then(|request| match request.method {
            // They change observations at most, and those last.
            Code::GET | Code::FETCH => self.dispatch(asker, &request),
            _ => self.atomically(|device| device.dispatch(asker, &request)),
        });
        Reply::from(outcome)
    }

    /// Carries out a request of the Bootstrap-Server (Core TS, 6.1.7).
    pub(crate) fn answer_bootstrap(&mut self, message: &Message) -> Reply {
        let outcome = match message.text_options(coap::option::URI_PATH).as_slice() {
            [only] if only == "bs" => self.finish_bootstrap(message.code),
            _ => Request::new(message, "")
                .and_then(|request| self.atomically(|device| device.dispatch_bootstrap(&request))),
        };
        Reply::from(outcome)
    }

    /// Puts a value as the device itself does: in the type of its definition if that loses nothing, without any check.
    ///
    /// [`Value::Nothing`] makes an Object known, an Object Instance exist, a multiple Resource empty.
    pub(crate) fn configure(&mut self, path: Path, value: Value) {
        let definition = self.definition(path);
        let (kind, multiple) = definition.map_or((None, false), |known| {
            (Some(known.value_type), known.multiple)
        });
        match (path.ids(), value) {
            ([object], _) => self.store.support(*object),
            ([_, _, _], Value::Nothing) if multiple => self.store.empty(path),
            ([_, _, _], value) if multiple => {
                let first = path.child(0).unwrap_or(path);
                self.store.set(first, typed(value, kind));
            }
            (_, value) => self.store.set(path, typed(value, kind)),
        }
    }

    /// The definition of the Resource at `path` or above it.
    pub(crate) fn definition(&self, path: Path) -> Option<&ResourceDefinition> {
        self.registry.resource_at(&path)
    }

    /// The types of all Resources as this device knows them.
    pub(crate) fn types(&self) -> KnownTypes<'_> {
        KnownTypes {
            registry: &self.registry,
            store: &self.store,
        }
    }

    /// The version of an Object that has to be named (`ver`), because it is not the usual one (Core TS, 7.2.2).
    pub(crate) fn unusual_version(&self, object: u16) -> Option<ObjectVersion> {
        let version = self.registry.object(object)?.object_version;
        let usual = self
            .usual_versions
            .get(&object)
            .copied()
            .unwrap_or(ObjectVersion::INITIAL);
        (version != usual).then_some(version)
    }

    /// Adds the executable Resources of the definitions to every Object Instance at or below `path`.
    pub(crate) fn add_executables(&mut self, path: Path) {
        for instance in self.store.instance_paths(path) {
            let definition = instance
                .object()
                .and_then(|object| self.registry.object(object));
            let executables: Vec<u16> = definition
                .into_iter()
                .flat_map(|object| object.resources.values())
                .filter(|resource| resource.operations.execute)
                .map(|resource| resource.id)
                .collect();
            for child in executables.into_iter().filter_map(|id| instance.child(id)) {
                self.store.set(child, Value::Nothing);
            }
        }
    }

    /// Carries out `operation` whole or not at all, within the bound on memory.
    fn atomically(
        &mut self,
        operation: impl FnOnce(&mut Self) -> Result<Reply, Refusal>,
    ) -> Result<Reply, Refusal> {
        let before = self.clone();
        let outcome = operation(self);
        let heavy = self.store.weight() > self.limits.bytes.max(before.store.weight());
        match outcome {
            Ok(_) if heavy => {
                *self = before;
                Err(Code::REQUEST_ENTITY_TOO_LARGE)
            }
            Err(refusal) => {
                *self = before;
                Err(refusal)
            }
            done => done,
        }
    }

    fn dispatch(&mut self, asker: Asker, request: &Request<'_>) -> Result<Reply, Refusal> {
        let depth = request.path.depth();
        match request.method {
            Code::GET if request.accept == Some(ContentFormat::LINK_FORMAT) => {
                self.discover(asker, request)
            }
            Code::GET if depth > 0 => match request.observe {
                Some(0) => self.observe(asker, request),
                Some(1) => self.cancel_observation(asker, request),
                _ => self.read(asker, request),
            },
            Code::PUT if request.content_format.is_none() && request.payload().is_empty() => {
                self.write_attributes(asker, request)
            }
            Code::PUT if depth >= 2 => self.replace(asker, request),
            Code::POST if depth == 1 => self.create(asker, request),
            Code::POST if depth == 2 || self.is_partial_update(request) => {
                self.update(asker, request)
            }
            Code::POST if depth == 3 => self.execute(asker, request),
            Code::DELETE if depth > 0 => self.delete(asker, request),
            Code::FETCH if depth == 0 && self.version >= Version::V1_1 => match request.observe {
                Some(0) => self.observe_composite(asker, request),
                Some(1) => self.cancel_observation_composite(asker, request),
                _ => self.read_composite(asker, request),
            },
            Code::IPATCH if depth == 0 && self.version >= Version::V1_1 => {
                self.write_composite(asker, request)
            }
            _ => Err(Code::METHOD_NOT_ALLOWED),
        }
    }

    /// A POST on a Resource writes if it brings Resource Instances, else it executes.
    fn is_partial_update(&self, request: &Request<'_>) -> bool {
        let executable = self.operations(request.path).execute;
        request.path.depth() == 3
            && !executable
            && request.content_format.is_some_and(is_hierarchical)
    }
}

/// The value in another type, if that loses nothing.
fn typed(value: Value, kind: Option<Type>) -> Value {
    let converted = kind.and_then(|kind| convert(value.clone(), kind));
    converted.unwrap_or(value)
}

/// Whether the enabler itself defines Object `id` (Core TS, Appendix E).
const fn is_core(id: u16) -> bool {
    matches!(id, 0..=7 | 21 | 23..=27)
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            bytes: 4 * 1024 * 1024,
            observations: 256,
            attributes: 1024,
        }
    }
}
