//! Object definitions by id and version.
//!
//! A registry speaks for one enabler version: of each Object it answers with the version that belongs there, unless told otherwise.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::builtin::{BUILTIN, Builtin};
use super::{ObjectDefinition, ObjectVersion, ResourceDefinition};
use crate::{ObjectTypes, Path, ResourceType, Types, Version};

/// Object definitions, one version of each Object in force.
#[derive(Clone, Debug, Default)]
pub struct Registry {
    definitions: BTreeMap<(u16, ObjectVersion), Entry>,
    in_force: BTreeMap<u16, Entry>,
}

/// A definition, or the built-in text of one that is read when it is first asked for.
#[derive(Clone, Debug)]
enum Entry {
    Builtin(&'static Builtin),
    Added(Arc<(ObjectDefinition, ObjectTypes)>),
}

impl Entry {
    fn definition(&self) -> Option<&ObjectDefinition> {
        match self {
            Self::Builtin(builtin) => builtin.definition(),
            Self::Added(added) => Some(&added.0),
        }
    }

    fn types(&self) -> Option<&ObjectTypes> {
        match self {
            Self::Builtin(builtin) => builtin.types(),
            Self::Added(added) => Some(&added.1),
        }
    }
}

impl Registry {
    /// The built-in definitions, with the versions in force that belong to the enabler `version`.
    pub fn builtin(version: Version) -> Self {
        let mut registry = Self::default();
        for builtin in &BUILTIN {
            let entry = Entry::Builtin(builtin);
            registry.definitions.insert(builtin.key, entry.clone());
            if builtin.enablers.contains(&version) {
                registry.in_force.insert(builtin.key.0, entry);
            }
        }
        registry
    }

    /// This registry with `definition`, in force for its Object.
    #[must_use]
    pub fn with_definition(mut self, definition: ObjectDefinition) -> Self {
        let key = (definition.id, definition.object_version);
        let types = definition.types();
        let entry = Entry::Added(Arc::new((definition, types)));
        self.in_force.insert(key.0, entry.clone());
        self.definitions.insert(key, entry);
        self
    }

    /// This registry with another version of an Object in force; none, if it does not know that version.
    #[must_use]
    pub fn with_version(mut self, object: u16, version: ObjectVersion) -> Self {
        match self.definitions.get(&(object, version)) {
            Some(entry) => self.in_force.insert(object, entry.clone()),
            None => self.in_force.remove(&object),
        };
        self
    }

    /// The definition in force for an Object.
    pub fn object(&self, id: u16) -> Option<&ObjectDefinition> {
        self.in_force.get(&id)?.definition()
    }

    /// The definition of an Object in a version of its own.
    pub fn object_version(&self, id: u16, version: ObjectVersion) -> Option<&ObjectDefinition> {
        self.definitions.get(&(id, version))?.definition()
    }

    /// The definitions in force, by Object ID.
    pub fn objects(&self) -> impl Iterator<Item = &ObjectDefinition> {
        self.in_force.keys().filter_map(|id| self.object(*id))
    }

    /// The definition of a Resource.
    pub fn resource(&self, object: u16, resource: u16) -> Option<&ResourceDefinition> {
        self.object(object)?.resources.get(&resource)
    }

    /// The definition of the Resource at `path`, or above it.
    pub fn resource_at(&self, path: &Path) -> Option<&ResourceDefinition> {
        self.resource(path.object()?, path.resource()?)
    }
}

/// The types that the definitions in force tell.
impl Types for Registry {
    fn resource(&self, object: u16, resource: u16) -> Option<ResourceType> {
        Types::object(self, object)?.resource(resource)
    }

    fn object(&self, object: u16) -> Option<&ObjectTypes> {
        self.in_force.get(&object)?.types()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Type;
    use crate::Version::{V1_0, V1_1, V1_2};
    use crate::registry::Operations;

    /// Enabler, path, operations, whether multiple, whether mandatory, type.
    type Fact = (Version, &'static str, &'static str, bool, bool, Type);

    const FACTS: &[Fact] = &[
        (V1_0, "/0/0/0", "", false, true, Type::String),
        (V1_0, "/0/0/5", "", false, true, Type::Opaque),
        (V1_1, "/0/0/16", "", true, false, Type::UnsignedInteger),
        (V1_1, "/0/0/17", "", false, false, Type::ObjectLink),
        (V1_2, "/0/0/25", "", true, false, Type::String),
        (V1_0, "/1/0/0", "R", false, true, Type::Integer),
        (V1_0, "/1/0/1", "RW", false, true, Type::Integer),
        (V1_0, "/1/0/6", "RW", false, true, Type::Boolean),
        (V1_0, "/1/0/7", "RW", false, true, Type::String),
        (V1_0, "/1/0/8", "E", false, true, Type::None),
        (V1_1, "/1/0/9", "E", false, false, Type::None),
        (V1_1, "/1/0/13", "", false, false, Type::UnsignedInteger),
        (V1_2, "/1/0/13", "R", false, false, Type::UnsignedInteger),
        (V1_1, "/1/0/17", "", false, false, Type::UnsignedInteger),
        (V1_2, "/1/0/17", "RW", false, false, Type::UnsignedInteger),
        (V1_1, "/1/0/23", "RW", false, false, Type::Boolean),
        (V1_2, "/1/0/26", "RW", false, false, Type::Integer),
        (V1_0, "/2/0/2", "RW", true, false, Type::Integer),
        (V1_0, "/3/0/0", "R", false, false, Type::String),
        (V1_0, "/3/0/4", "E", false, true, Type::None),
        (V1_0, "/3/0/6", "R", true, false, Type::Integer),
        (V1_0, "/3/0/11", "R", true, true, Type::Integer),
        (V1_0, "/3/0/13", "RW", false, false, Type::Time),
        (V1_1, "/3/0/14", "RW", false, false, Type::String),
        (V1_1, "/3/0/16", "R", false, true, Type::String),
        (V1_2, "/3/0/22", "R", true, false, Type::ObjectLink),
        (V1_0, "/4/0/4", "R", true, true, Type::String),
        (V1_0, "/5/0/0", "W", false, true, Type::Opaque),
        (V1_0, "/5/0/1", "RW", false, true, Type::String),
        (V1_0, "/5/0/2", "E", false, true, Type::None),
        (V1_1, "/5/0/8", "R", true, false, Type::Integer),
        (V1_2, "/5/0/10", "E", false, false, Type::None),
        (V1_1, "/6/0/0", "R", false, true, Type::Float),
        (V1_1, "/7/0/6", "E", false, true, Type::None),
        (V1_1, "/11/0/9", "R", true, false, Type::Time),
        (V1_1, "/16/0/0", "RW", true, true, Type::String),
        (V1_0, "/19/0/0", "RW", true, true, Type::Opaque),
        (V1_0, "/20/0/4014", "R", false, true, Type::Opaque),
        (V1_1, "/21/0/0", "", false, true, Type::String),
        (V1_2, "/21/0/0", "", false, true, Type::Opaque),
        (V1_0, "/3303/0/5700", "R", false, true, Type::Float),
        (V1_1, "/3442/0/180", "RW", false, false, Type::CoreLink),
        (
            V1_1,
            "/3442/0/1125",
            "RW",
            true,
            false,
            Type::UnsignedInteger,
        ),
    ];

    #[test]
    fn facts_of_the_standard() {
        for (version, path, operations, multiple, mandatory, value_type) in FACTS {
            let registry = Registry::builtin(*version);
            let resource = registry.resource_at(&path.parse().unwrap());
            let resource = resource.unwrap_or_else(|| panic!("{version} {path}"));
            let found = (resource.operations.to_string(), resource.multiple);
            assert_eq!(found, ((*operations).to_owned(), *multiple), "{path}");
            assert_eq!(resource.mandatory, *mandatory, "{path}");
            assert_eq!(resource.value_type, *value_type, "{path}");
        }
    }

    #[test]
    fn resources_that_came_later() {
        for (path, first) in [
            ("/0/0/14", V1_1),
            ("/0/0/18", V1_2),
            ("/1/0/9", V1_1),
            ("/1/0/22", V1_1),
            ("/1/0/24", V1_2),
            ("/3/0/22", V1_0),
            ("/4/0/12", V1_1),
            ("/4/0/13", V1_2),
            ("/5/0/9", V1_0),
            ("/5/0/13", V1_2),
            ("/21/0/0", V1_1),
            ("/3442/0/110", V1_1),
        ] {
            let path: Path = path.parse().unwrap();
            for version in Version::ALL {
                let known = Registry::builtin(version).resource_at(&path).is_some();
                assert_eq!(known, version >= first, "{path} in {version}");
            }
        }
    }

    #[test]
    fn versions_in_force() {
        let (one, two) = (ObjectVersion::new(1, 1), ObjectVersion::new(1, 2));
        for (object, versions) in [
            (0, [ObjectVersion::INITIAL, one, two]),
            (1, [ObjectVersion::INITIAL, one, two]),
            (2, [ObjectVersion::INITIAL, ObjectVersion::INITIAL, one]),
            (3, [ObjectVersion::INITIAL, one, two]),
            (4, [ObjectVersion::INITIAL, two, ObjectVersion::new(1, 3)]),
            (5, [ObjectVersion::INITIAL, ObjectVersion::INITIAL, one]),
            (6, [ObjectVersion::INITIAL; 3]),
        ] {
            let found = Version::ALL.map(|version| {
                let registry = Registry::builtin(version);
                registry.object(object).map(|object| object.object_version)
            });
            assert_eq!(found, versions.map(Some), "{object}");
        }
        assert!(Registry::builtin(V1_0).object(21).is_none());
    }

    #[test]
    fn another_version_on_request() {
        let newest = ObjectVersion::new(1, 2);
        let registry = Registry::builtin(V1_1).with_version(5, newest);
        assert!(registry.resource(5, 14).is_some());
        assert!(registry.object_version(5, ObjectVersion::INITIAL).is_some());
        let registry = registry.with_version(5, ObjectVersion::new(7, 7));
        assert!(registry.object(5).is_none());
        assert!(registry.objects().all(|object| object.id != 5));
    }

    #[test]
    fn a_definition_takes_the_place_of_a_builtin_one() {
        let mut own = Registry::builtin(V1_1).object(3).cloned().unwrap();
        own.name = "Own".to_owned();
        own.resources.retain(|id, _| *id == 0);
        let registry = Registry::builtin(V1_1).with_definition(own);
        assert_eq!(
            registry.object(3).map(|object| object.name.as_str()),
            Some("Own")
        );
        assert!(registry.resource(3, 1).is_none());
        assert!(Registry::builtin(V1_1).resource(3, 1).is_some());
    }

    #[test]
    fn types_for_the_codecs() {
        let mut own = Registry::builtin(V1_1).object(3).cloned().unwrap();
        for resource in own
            .resources
            .values_mut()
            .filter(|resource| resource.id == 0)
        {
            resource.value_type = Type::None;
        }
        let registry = Registry::builtin(V1_1).with_definition(own);
        let types: &dyn Types = &registry;
        let of = |value_type, multiple| {
            Some(ResourceType {
                value_type,
                multiple,
            })
        };
        assert_eq!(types.resource(3, 0), None);
        assert_eq!(types.resource(3, 4), of(Type::None, false));
        assert_eq!(types.resource(3, 11), of(Type::Integer, true));
        assert_eq!(types.resource(3, 999), None);
        assert_eq!(types.resource(9999, 0), None);
    }

    #[test]
    fn paths_above_a_resource_have_no_definition() {
        let registry = Registry::builtin(V1_1);
        for path in ["/", "/3", "/3/0"] {
            assert!(registry.resource_at(&path.parse().unwrap()).is_none());
        }
        let instance = registry.resource_at(&"/3/0/11/7".parse().unwrap());
        assert_eq!(instance.map(|resource| resource.id), Some(11));
        assert_ne!(
            instance.map(|resource| resource.operations),
            Some(Operations::default())
        );
    }

    #[test]
    fn types_agree_with_the_definitions() {
        for version in Version::ALL {
            let registry = Registry::builtin(version);
            for object in registry.objects() {
                let near = |id: &u16| [id.saturating_sub(1), *id, id.saturating_add(1)];
                for id in object.resources.keys().flat_map(near) {
                    let wanted = object.resources.get(&id).and_then(|resource| {
                        let typed =
                            resource.value_type != Type::None || resource.operations.execute;
                        typed.then_some((resource.value_type, resource.multiple))
                    });
                    let found = Types::resource(&registry, object.id, id);
                    let found = found.map(|known| (known.value_type, known.multiple));
                    assert_eq!(found, wanted, "{} {id}", object.id);
                }
            }
        }
    }
}
