//! Object definitions by id and version.
//!
//! A registry speaks for one enabler version: of each Object it answers with the version that belongs there, unless told otherwise.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::builtin::{BUILTIN, Builtin};
use super::{ObjectDefinition, ObjectVersion, ResourceDefinition};
use crate::{Path, ResourceType, Type, Types, Version};

/// Object definitions, one version of each Object in force.
#[derive(Clone, Debug, Default)]
pub struct Registry {
    definitions: BTreeMap<(u16, ObjectVersion), Entry>,
    in_force: BTreeMap<u16, ObjectVersion>,
}

/// A definition, or the built-in text of one that is read when it is first asked for.
#[derive(Clone, Debug)]
enum Entry {
    Builtin(&'static Builtin),
    Added(Arc<ObjectDefinition>),
}

impl Registry {
    /// The built-in definitions, with the versions in force that belong to the enabler `version`.
    pub fn builtin(version: Version) -> Self {
        let mut registry = Self::default();
        for builtin in &BUILTIN {
            let (id, object_version) = builtin.key;
            let key = (id, object_version);
            registry.definitions.insert(key, Entry::Builtin(builtin));
            if builtin.enablers.contains(&version) {
                registry.in_force.insert(id, object_version);
            }
        }
        registry
    }

    /// This registry with `definition`, in force for its Object.
    #[must_use]
    pub fn with_definition(mut self, definition: ObjectDefinition) -> Self {
        let key = (definition.id, definition.object_version);
        self.in_force.insert(key.0, key.1);
        self.definitions
            .insert(key, Entry::Added(Arc::new(definition)));
        self
    }

    /// This registry with another version of an Object in force; none, if it does not know that version.
    #[must_use]
    pub fn with_version(mut self, object: u16, version: ObjectVersion) -> Self {
        if self.definitions.contains_key(&(object, version)) {
            self.in_force.insert(object, version);
        } else {
            self.in_force.remove(&object);
        }
        self
    }

    /// The definition in force for an Object.
    pub fn object(&self, id: u16) -> Option<&ObjectDefinition> {
        self.object_version(id, *self.in_force.get(&id)?)
    }

    /// The definition of an Object in a version of its own.
    pub fn object_version(&self, id: u16, version: ObjectVersion) -> Option<&ObjectDefinition> {
        match self.definitions.get(&(id, version))? {
            Entry::Builtin(builtin) => builtin.definition(),
            Entry::Added(definition) => Some(definition),
        }
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

/// A readable Resource without a type in its definition is one nobody can tell the type of.
impl Types for Registry {
    fn resource(&self, object: u16, resource: u16) -> Option<ResourceType> {
        let definition = Self::resource(self, object, resource)?;
        let typed = definition.value_type != Type::None || definition.operations.execute;
        typed.then_some(ResourceType {
            value_type: definition.value_type,
            multiple: definition.multiple,
        })
    }
}
