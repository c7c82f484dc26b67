//! Write: Replace and Partial Update (Core TS, 6.3.3).

use std::collections::BTreeSet;

use coap::{Code, ContentFormat};
use lwm2m::{Node, Path, Value, Version};

use super::reply::{Refusal, Reply};
use super::request::Request;
use super::rights::Right;
use super::state::{Asker, Device};
use super::value;
use crate::data::Resource;

impl Device {
    /// Answers a Write that replaces an Object Instance, a Resource or a Resource Instance.
    pub(super) fn replace(
        &mut self,
        asker: Asker,
        request: &Request<'_>,
    ) -> Result<Reply, Refusal> {
        let nodes = self.written(asker, request)?;
        match request.path.depth() {
            2 => self.replace_instance(request.path, nodes)?,
            3 => {
                if let Some(Resource::Multiple(_)) = self.store.resource(request.path) {
                    self.store.empty(request.path);
                }
                self.write_resource(request.path, nodes)?;
            }
            _ => self.write_resource(request.path, nodes)?,
        }
        Ok(Reply::code(Code::CHANGED))
    }

    /// Answers a Write that updates an Object Instance or a multiple Resource in part.
    pub(super) fn update(&mut self, asker: Asker, request: &Request<'_>) -> Result<Reply, Refusal> {
        let nodes = self.written(asker, request)?;
        match request.path.depth() {
            2 => self.update_instance(request.path, nodes)?,
            _ => self.write_resource(request.path, nodes)?,
        }
        Ok(Reply::code(Code::CHANGED))
    }

    /// The values that a Write brings, after everything that can be said without looking at each.
    fn written(&self, asker: Asker, request: &Request<'_>) -> Result<Vec<Node>, Refusal> {
        let path = request.path;
        self.target(path)?;
        self.permit(asker.server, path, Right::Write)?;
        if path.depth() == 4 && self.version < Version::V1_1 {
            return Err(Code::METHOD_NOT_ALLOWED);
        }
        if path.depth() >= 3 && !self.operations(path).write {
            return Err(Code::METHOD_NOT_ALLOWED);
        }
        self.nodes_of(request)
    }

    /// The values of a payload: 4.15 if its format is not known here, 4.00 if it cannot be read or leaves the target.
    pub(super) fn nodes_of(&self, request: &Request<'_>) -> Result<Vec<Node>, Refusal> {
        let format = self.known_format(request)?;
        let decoded = lwm2m::codec::decode(format, request.payload(), &request.path, &self.types())
            .map_err(|_| Code::BAD_REQUEST)?;
        let inside = decoded
            .nodes
            .iter()
            .all(|node| request.path.contains(&node.path));
        let nodes: Vec<Node> = decoded.nodes;
        (inside && has_no_duplicates(&nodes))
            .then_some(nodes)
            .ok_or(Code::BAD_REQUEST)
    }

    /// The Content-Format of a request; 4.15 if it has none or one that is not known here.
    pub(super) fn known_format(&self, request: &Request<'_>) -> Result<ContentFormat, Refusal> {
        request
            .content_format
            .filter(|format| self.formats.contains(*format))
            .ok_or(Code::UNSUPPORTED_CONTENT_FORMAT)
    }

    fn replace_instance(&mut self, path: Path, nodes: Vec<Node>) -> Result<(), Refusal> {
        let given: BTreeSet<Path> = nodes
            .iter()
            .filter_map(|node| node.path.prefix(3))
            .collect();
        for resource in self.store.resource_paths(path) {
            // A mandatory Resource that the payload leaves out keeps its value: an instance never lacks one.
            let mandatory = self
                .definition(resource)
                .is_some_and(|definition| definition.mandatory);
            let goes = given.contains(&resource) || !mandatory;
            if !self.operations(resource).write || !goes {
                continue;
            }
            match self.store.resource(resource) {
                Some(Resource::Multiple(_)) if given.contains(&resource) => {
                    self.store.empty(resource)
                }
                _ => self.store.remove(resource),
            }
        }
        self.update_instance(path, nodes)
    }

    /// Writes the Resources of an Object Instance; unknown ones are left out, read-only ones refuse the whole.
    fn update_instance(&mut self, path: Path, nodes: Vec<Node>) -> Result<(), Refusal> {
        let known = |device: &Self, path: Path| {
            let resource = path.prefix(3).unwrap_or(path);
            device.definition(path).is_some() || device.store.contains(resource)
        };
        for node in nodes {
            if node.path == path {
                continue;
            }
            let undefined_object = path
                .object()
                .is_none_or(|id| self.registry.object(id).is_none());
            if !known(self, node.path) && !undefined_object {
                continue;
            }
            if !self.operations(node.path).write {
                return Err(Code::METHOD_NOT_ALLOWED);
            }
            self.put(node.path, node.value)?;
        }
        Ok(())
    }

    fn write_resource(&mut self, path: Path, nodes: Vec<Node>) -> Result<(), Refusal> {
        if nodes.is_empty() {
            return Err(Code::BAD_REQUEST);
        }
        nodes.into_iter().try_for_each(|node| {
            let single = path.depth() == 4 && node.path != path;
            if single {
                Err(Code::BAD_REQUEST)
            } else {
                self.put(node.path, node.value)
            }
        })
    }

    /// Puts a value whose type, range and multiplicity fit; 4.00 otherwise.
    pub(super) fn put(&mut self, path: Path, value: Value) -> Result<(), Refusal> {
        self.put_linking(path, value, false)
    }

    /// Puts a value; `ahead` allows a link to what is still to come, as while a bootstrap goes on.
    pub(super) fn put_linking(
        &mut self,
        path: Path,
        value: Value,
        ahead: bool,
    ) -> Result<(), Refusal> {
        let multiple = match (
            self.definition(path),
            path.prefix(3).and_then(|at| self.store.resource(at)),
        ) {
            (Some(definition), _) => definition.multiple,
            (None, Some(held)) => matches!(held, Resource::Multiple(_)),
            (None, None) => path.depth() == 4,
        };
        match (multiple, path.depth()) {
            (true, 3) if value == Value::Nothing => {
                self.store.empty(path);
                return Ok(());
            }
            (true, 4) | (false, 3) => {}
            _ => return Err(Code::BAD_REQUEST),
        }
        let value = self.fitting(path, value, ahead)?;
        if !self.may_write_firmware(path) {
            return Err(Code::METHOD_NOT_ALLOWED);
        }
        self.store.set(path, value);
        self.take_package(path);
        self.follow_connectivity(path);
        Ok(())
    }

    fn fitting(&self, path: Path, value: Value, ahead: bool) -> Result<Value, Refusal> {
        let value = match (self.definition(path), self.store.value(path)) {
            (Some(definition), _) => value::fit(value, definition)?,
            (None, Some(held)) if held.value_type() != lwm2m::Type::None => {
                value::convert(value, held.value_type()).ok_or(Code::BAD_REQUEST)?
            }
            _ => value,
        };
        let dangling = match value {
            Value::ObjectLink { object, instance } => !ahead && !self.can_link(object, instance),
            Value::Nothing => true,
            _ => false,
        };
        let strange_binding = match *path.ids() {
            [1, _, 7] => !is_binding(&value, self.version),
            [1, _, 22] => !is_binding(&value, self.version) || !is_single(&value),
            _ => false,
        };
        if dangling || strange_binding {
            Err(Code::BAD_REQUEST)
        } else {
            Ok(value)
        }
    }

    /// Whether an Object Link names an Object, an Object Instance or nothing (Core TS, Appendix C).
    fn can_link(&self, object: u16, instance: u16) -> bool {
        match (object, instance) {
            (u16::MAX, u16::MAX) => true,
            (object, u16::MAX) => self.store.supports(object),
            (object, instance) => {
                Path::new(&[object, instance]).is_some_and(|path| self.store.contains(path))
            }
        }
    }
}

fn has_no_duplicates(nodes: &[Node]) -> bool {
    let mut seen = BTreeSet::new();
    nodes.iter().all(|node| seen.insert(node.path))
}

/// Whether a value of /1/x/22 names one binding (Core TS, E.2).
fn is_single(value: &Value) -> bool {
    matches!(value, Value::String(text) if text.len() == 1)
}

/// Whether a value of /1/x/7 names bindings of this version (Core TS, E.2).
fn is_binding(value: &Value, version: Version) -> bool {
    let letters = match version {
        Version::V1_0 => "USQ",
        Version::V1_1 => "UTSN",
        Version::V1_2 => "UTSNMH",
    };
    match value {
        Value::String(text) => {
            !text.is_empty() && text.chars().all(|letter| letters.contains(letter))
        }
        _ => false,
    }
}
