//! The tree of Objects, Object Instances, Resources and Resource Instances that a client holds (Core TS, 6).
//!
//! Holds values only; what may be read or written is decided by the object definitions (`client::access`).

use std::collections::{BTreeMap, BTreeSet};

use lwm2m::{Node, Path, Value};

/// A Resource: one value, or one for each Resource Instance.
#[derive(Clone, Debug, PartialEq)]
pub enum Resource {
    /// A single Resource; an executable one holds [`Value::Nothing`].
    Single(Value),
    /// A multiple Resource, by Resource Instance ID.
    Multiple(BTreeMap<u16, Value>),
}

type Instance = BTreeMap<u16, Resource>;

/// The Objects of a client with their values.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Store {
    objects: BTreeMap<u16, BTreeMap<u16, Instance>>,
}

impl Resource {
    /// Resource Instance IDs; empty for a single Resource.
    pub fn ids(&self) -> impl Iterator<Item = u16> {
        match self {
            Self::Single(_) => None,
            Self::Multiple(values) => Some(values.keys().copied()),
        }
        .into_iter()
        .flatten()
    }

    /// Bytes that the values take, roughly.
    fn weight(&self) -> usize {
        match self {
            Self::Single(value) => value_weight(value),
            Self::Multiple(values) => values.values().map(value_weight).sum(),
        }
    }
}

impl Store {
    /// Makes Object `id` known, even without instances.
    pub fn support(&mut self, id: u16) {
        self.objects.entry(id).or_default();
    }

    /// Whether Object `id` is known.
    pub fn supports(&self, id: u16) -> bool {
        self.objects.contains_key(&id)
    }

    /// The Objects, in ascending order.
    pub fn objects(&self) -> impl Iterator<Item = u16> {
        self.objects.keys().copied()
    }

    /// The Object Instances of Object `id`, in ascending order.
    pub fn instances(&self, id: u16) -> impl Iterator<Item = u16> {
        self.objects
            .get(&id)
            .into_iter()
            .flat_map(|object| object.keys().copied())
    }

    /// The Resources of an Object Instance, in ascending order.
    pub fn resources(&self, object: u16, instance: u16) -> impl Iterator<Item = (u16, &Resource)> {
        self.objects
            .get(&object)
            .and_then(|object| object.get(&instance))
            .into_iter()
            .flat_map(|instance| instance.iter().map(|(id, resource)| (*id, resource)))
    }

    /// The Resource at `path`, which may name one of its instances.
    pub fn resource(&self, path: Path) -> Option<&Resource> {
        let (object, instance, resource) = (path.object()?, path.instance()?, path.resource()?);
        self.objects.get(&object)?.get(&instance)?.get(&resource)
    }

    /// The value at `path`: of a single Resource or of a Resource Instance.
    pub fn value(&self, path: Path) -> Option<&Value> {
        match (self.resource(path)?, path.resource_instance()) {
            (Resource::Single(value), None) => Some(value),
            (Resource::Multiple(values), Some(id)) => values.get(&id),
            _ => None,
        }
    }

    /// Whether something stands at `path`; the root always does.
    pub fn contains(&self, path: Path) -> bool {
        match *path.ids() {
            [] => true,
            [object] => self.supports(object),
            [object, instance] => self.has_instance(object, instance),
            [_, _, _] => self.resource(path).is_some(),
            _ => self.value(path).is_some(),
        }
    }

    /// Creates an Object Instance without Resources, unless it exists.
    pub fn create(&mut self, object: u16, instance: u16) {
        self.objects
            .entry(object)
            .or_default()
            .entry(instance)
            .or_default();
    }

    /// Puts `value` at a Resource or Resource Instance and creates what lies above; other depths change nothing.
    ///
    /// [`Value::Nothing`] at a multiple Resource empties it.
    pub fn set(&mut self, path: Path, value: Value) {
        let (Some(object), Some(instance), Some(id)) =
            (path.object(), path.instance(), path.resource())
        else {
            if let [object, instance] = *path.ids() {
                self.create(object, instance);
            }
            return;
        };
        let resources = self
            .objects
            .entry(object)
            .or_default()
            .entry(instance)
            .or_default();
        let Some(part) = path.resource_instance() else {
            let multiple = matches!(resources.get(&id), Some(Resource::Multiple(_)));
            let resource = match (value, multiple) {
                (Value::Nothing, true) => Resource::Multiple(BTreeMap::new()),
                (value, _) => Resource::Single(value),
            };
            resources.insert(id, resource);
            return;
        };
        match resources
            .entry(id)
            .or_insert_with(|| Resource::Multiple(BTreeMap::new()))
        {
            Resource::Multiple(values) => {
                values.insert(part, value);
            }
            single => *single = Resource::Multiple(BTreeMap::from([(part, value)])),
        }
    }

    /// Makes the Resource at `path` a multiple one without instances.
    pub fn empty(&mut self, path: Path) {
        let (Some(object), Some(instance), Some(id)) =
            (path.object(), path.instance(), path.resource())
        else {
            return;
        };
        let resources = self
            .objects
            .entry(object)
            .or_default()
            .entry(instance)
            .or_default();
        resources.insert(id, Resource::Multiple(BTreeMap::new()));
    }

    /// Removes what stands at `path` and below; an Object stays known without its instances.
    pub fn remove(&mut self, path: Path) {
        match *path.ids() {
            [object] => {
                if let Some(instances) = self.objects.get_mut(&object) {
                    instances.clear();
                }
            }
            [object, instance] => {
                if let Some(instances) = self.objects.get_mut(&object) {
                    instances.remove(&instance);
                }
            }
            [object, instance, resource] => {
                if let Some(resources) = self.instance_mut(object, instance) {
                    resources.remove(&resource);
                }
            }
            [object, instance, resource, id] => {
                let resources = self.instance_mut(object, instance);
                if let Some(Resource::Multiple(values)) =
                    resources.and_then(|all| all.get_mut(&resource))
                {
                    values.remove(&id);
                }
            }
            _ => {}
        }
    }

    /// The values at `path` and below, as a payload tells them; an empty multiple Resource is one entry with no value.
    pub fn nodes(&self, path: Path) -> Vec<Node> {
        let mut nodes = Vec::new();
        for resource in self.resource_paths(path) {
            match self.resource(resource) {
                Some(Resource::Single(value)) if path.depth() < 4 => {
                    nodes.push(Node::new(resource, value.clone()));
                }
                Some(Resource::Multiple(values)) => push_parts(&mut nodes, path, resource, values),
                _ => {}
            }
        }
        nodes
    }

    /// The Resources at or below `path`; the one that holds it if it names a Resource Instance.
    pub fn resource_paths(&self, path: Path) -> Vec<Path> {
        let above = path.prefix(3).unwrap_or(path);
        self.instance_paths(above)
            .into_iter()
            .flat_map(|instance| {
                let (object, id) = (
                    instance.object().unwrap_or(0),
                    instance.instance().unwrap_or(0),
                );
                self.resources(object, id)
                    .filter_map(move |(resource, _)| instance.child(resource))
                    .collect::<Vec<_>>()
            })
            .filter(|resource| above.contains(resource))
            .collect()
    }

    /// The Object Instances at or below `path`; the one that holds it if it is deeper.
    pub fn instance_paths(&self, path: Path) -> Vec<Path> {
        let above = path.prefix(2).unwrap_or(path);
        self.objects
            .iter()
            .flat_map(|(object, instances)| instances.keys().map(|instance| [*object, *instance]))
            .filter_map(|ids| Path::new(&ids))
            .filter(|instance| above.contains(instance))
            .collect()
    }

    /// Bytes that all values take, roughly; what a limit on memory is held against.
    pub fn weight(&self) -> usize {
        let instances = self.objects.values().flat_map(BTreeMap::values);
        instances
            .map(|instance| NODE_WEIGHT + instance.values().map(Resource::weight).sum::<usize>())
            .sum()
    }

    /// The paths whose values differ between `self` and `other`, at the depth of Resources.
    pub fn changed_since(&self, other: &Self) -> BTreeSet<Path> {
        let mut changed = BTreeSet::new();
        for (old, new) in [(self, other), (other, self)] {
            for path in old.resource_paths(Path::ROOT) {
                if old.resource(path) != new.resource(path) {
                    changed.insert(path);
                }
            }
        }
        changed
    }

    fn has_instance(&self, object: u16, instance: u16) -> bool {
        self.objects
            .get(&object)
            .is_some_and(|instances| instances.contains_key(&instance))
    }

    fn instance_mut(&mut self, object: u16, instance: u16) -> Option<&mut Instance> {
        self.objects.get_mut(&object)?.get_mut(&instance)
    }
}

fn push_parts(nodes: &mut Vec<Node>, asked: Path, resource: Path, values: &BTreeMap<u16, Value>) {
    if values.is_empty() && asked.depth() < 4 {
        nodes.push(Node::new(resource, Value::Nothing));
    }
    for (id, value) in values {
        if let Some(path) = resource.child(*id).filter(|path| asked.contains(path)) {
            nodes.push(Node::new(path, value.clone()));
        }
    }
}

fn value_weight(value: &Value) -> usize {
    NODE_WEIGHT
        + match value {
            Value::String(text) | Value::CoreLink(text) => text.len(),
            Value::Opaque(bytes) | Value::Untyped(bytes) => bytes.len(),
            _ => 0,
        }
}

/// What one entry costs beside its bytes.
const NODE_WEIGHT: usize = 48;

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> Path {
        text.parse().unwrap()
    }

    fn filled() -> Store {
        let mut store = Store::default();
        store.set(path("/3/0/0"), Value::String("Open Mobile Alliance".into()));
        store.set(path("/3/0/6/0"), Value::Integer(1));
        store.set(path("/3/0/6/5"), Value::Integer(2));
        store.empty(path("/3/0/11"));
        store.support(4);
        store
    }

    #[test]
    fn tells_the_values_below_a_path() {
        let cases = [
            ("/", vec!["/3/0/0", "/3/0/6/0", "/3/0/6/5", "/3/0/11"]),
            ("/3/0", vec!["/3/0/0", "/3/0/6/0", "/3/0/6/5", "/3/0/11"]),
            ("/3/0/6", vec!["/3/0/6/0", "/3/0/6/5"]),
            ("/3/0/6/5", vec!["/3/0/6/5"]),
            ("/3/0/6/1", vec![]),
            ("/3/0/0/0", vec![]),
            ("/4", vec![]),
        ];
        for (asked, wanted) in cases {
            let told: Vec<String> = filled()
                .nodes(path(asked))
                .iter()
                .map(|node| node.path.to_string())
                .collect();
            assert_eq!(told, wanted, "{asked}");
        }
    }

    #[test]
    fn knows_what_stands_where() {
        let cases = [
            ("/", true),
            ("/4", true),
            ("/5", false),
            ("/3/0", true),
            ("/3/1", false),
            ("/3/0/11", true),
            ("/3/0/11/0", false),
            ("/3/0/6/5", true),
        ];
        for (asked, stands) in cases {
            assert_eq!(filled().contains(path(asked)), stands, "{asked}");
        }
    }

    #[test]
    fn removes_at_every_level() {
        let mut store = filled();
        store.remove(path("/3/0/6/0"));
        assert!(store.contains(path("/3/0/6/5")) && !store.contains(path("/3/0/6/0")));
        store.remove(path("/3/0/6"));
        assert!(!store.contains(path("/3/0/6")) && store.contains(path("/3/0")));
        store.remove(path("/3"));
        assert!(!store.contains(path("/3/0")) && store.supports(3));
    }

    #[test]
    fn tells_what_changed() {
        let mut store = filled();
        store.set(path("/3/0/6/0"), Value::Integer(7));
        store.remove(path("/3/0/0"));
        let changed: Vec<Path> = store.changed_since(&filled()).into_iter().collect();
        assert_eq!(changed, [path("/3/0/0"), path("/3/0/6")]);
    }
}
