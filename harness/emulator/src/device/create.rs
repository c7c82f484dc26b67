//! Create (Core TS, 6.3.6).

use std::collections::BTreeSet;

use coap::Code;
use lwm2m::{Node, Path, ResourceDefinition, Type, Value};

use super::format::is_hierarchical;
use super::reply::{Refusal, Reply};
use super::request::Request;
use super::state::{Asker, Device};

impl Device {
    /// Answers a Create: the instance that the payload names, or the lowest free one.
    pub(super) fn create(&mut self, asker: Asker, request: &Request<'_>) -> Result<Reply, Refusal> {
        self.target(request.path)?;
        let object = request.path.object().ok_or(Code::METHOD_NOT_ALLOWED)?;
        let definition = self.registry.object(object);
        let one_for_all = definition.is_some_and(|object| object.mandatory && !object.multiple);
        if NOT_CREATED.contains(&object) || one_for_all {
            return Err(Code::METHOD_NOT_ALLOWED);
        }
        self.permit_create(asker.server, object)?;
        let nodes = self.created_nodes(request)?;
        let instances = self.named_instances(&nodes)?;
        let instances = if instances.is_empty() {
            vec![self.free_instance(object)?]
        } else {
            instances
        };
        for instance in &instances {
            self.create_instance(object, *instance, &nodes)?;
            self.own(asker.server, object, *instance);
        }
        let first = instances
            .first()
            .and_then(|instance| request.path.child(*instance));
        Ok(Reply::created(first))
    }

    fn created_nodes(&self, request: &Request<'_>) -> Result<Vec<Node>, Refusal> {
        if request.payload().is_empty() && request.content_format.is_none() {
            return Ok(Vec::new());
        }
        if !is_hierarchical(self.known_format(request)?) {
            return Err(Code::UNSUPPORTED_CONTENT_FORMAT);
        }
        self.nodes_of(request)
    }

    /// The instances that a payload names; 65535 stands for one to be chosen. All must be new.
    fn named_instances(&self, nodes: &[Node]) -> Result<Vec<u16>, Refusal> {
        let ids: BTreeSet<u16> = nodes
            .iter()
            .filter_map(|node| node.path.instance())
            .collect();
        if ids.contains(&UNNAMED) {
            return if ids.len() == 1 {
                Ok(Vec::new())
            } else {
                Err(Code::BAD_REQUEST)
            };
        }
        let taken = |id: &u16| {
            let path = nodes
                .first()
                .and_then(|node| node.path.prefix(1))
                .and_then(|path| path.child(*id));
            path.is_some_and(|path| self.store.contains(path))
        };
        if ids.iter().any(taken) {
            return Err(Code::BAD_REQUEST);
        }
        Ok(ids.into_iter().collect())
    }

    /// The lowest instance that is not there; 0 for a single-instance Object.
    fn free_instance(&self, object: u16) -> Result<u16, Refusal> {
        let taken: BTreeSet<u16> = self.store.instances(object).collect();
        let single = self
            .registry
            .object(object)
            .is_some_and(|definition| !definition.multiple);
        if single {
            return if taken.is_empty() {
                Ok(0)
            } else {
                Err(Code::BAD_REQUEST)
            };
        }
        (0..UNNAMED)
            .find(|id| !taken.contains(id))
            .ok_or(Code::BAD_REQUEST)
    }

    fn create_instance(
        &mut self,
        object: u16,
        instance: u16,
        nodes: &[Node],
    ) -> Result<(), Refusal> {
        let single = self
            .registry
            .object(object)
            .is_some_and(|definition| !definition.multiple);
        if single && (instance != 0 || self.store.instances(object).next().is_some()) {
            return Err(Code::BAD_REQUEST);
        }
        self.store.create(object, instance);
        let path = Path::new(&[object, instance]).ok_or(Code::BAD_REQUEST)?;
        let defined = self.registry.object(object).is_some();
        for node in nodes {
            let Some(at) = moved(node.path, instance).filter(|at| path.contains(at) && *at != path)
            else {
                continue;
            };
            let unknown = defined && self.definition(at).is_none();
            let read_only = self
                .definition(at)
                .is_some_and(|definition| !definition.operations.write);
            if !unknown && !read_only {
                self.put(at, node.value.clone())?;
            }
        }
        self.complete(path)
    }

    /// Fills mandatory Resources that only the client can set; 4.00 if one that the server sets is missing.
    fn complete(&mut self, path: Path) -> Result<(), Refusal> {
        let object = path.object().and_then(|id| self.registry.object(id));
        let missing: Vec<ResourceDefinition> = object
            .into_iter()
            .flat_map(|object| object.resources.values())
            .filter(|resource| resource.mandatory && !resource.operations.execute)
            .filter(|resource| {
                path.child(resource.id)
                    .is_none_or(|at| !self.store.contains(at))
            })
            .cloned()
            .collect();
        for resource in missing {
            let at = path.child(resource.id).ok_or(Code::BAD_REQUEST)?;
            if resource.operations.write {
                return Err(Code::BAD_REQUEST);
            }
            self.fill(at, &resource);
        }
        self.add_executables(path);
        Ok(())
    }

    /// Gives a Resource the plainest value of its type.
    pub(super) fn fill(&mut self, path: Path, definition: &ResourceDefinition) {
        let value = plainest(definition.value_type);
        if definition.multiple {
            self.store.empty(path);
            if let Some(first) = path.child(0) {
                self.store.set(first, value);
            }
        } else {
            self.store.set(path, value);
        }
    }
}

/// The path with its Object Instance ID set, if it was left to the client.
fn moved(path: Path, instance: u16) -> Option<Path> {
    let mut ids = path.ids().to_vec();
    match ids.get_mut(1) {
        Some(id) if *id == UNNAMED => *id = instance,
        Some(_) => {}
        None => return None,
    }
    Path::new(&ids)
}

fn plainest(kind: Type) -> Value {
    match kind {
        Type::String => Value::String(String::new()),
        Type::Integer => Value::Integer(0),
        Type::UnsignedInteger => Value::UnsignedInteger(0),
        Type::Float => Value::Float(0.0),
        Type::Boolean => Value::Boolean(false),
        Type::Opaque => Value::Opaque(Vec::new()),
        Type::Time => Value::Time(0),
        Type::ObjectLink => Value::ObjectLink {
            object: u16::MAX,
            instance: u16::MAX,
        },
        Type::CoreLink => Value::CoreLink(String::new()),
        Type::None => Value::Nothing,
    }
}

/// Server accounts and access rights come by bootstrap or by themselves (Core TS, 6.1 and 8.2).
const NOT_CREATED: [u16; 2] = [1, 2];

/// The identifier that names no Object Instance (Core TS, 7.2).
const UNNAMED: u16 = 65535;
