//! Types of Resources as a client knows them: from the object definitions, else from the values it holds.

use lwm2m::{Registry, ResourceType, Type, Types, Value};

use crate::data::{Resource, Store};

/// Definitions first, values where there is none.
#[derive(Clone, Copy, Debug)]
pub(crate) struct KnownTypes<'a> {
    pub(crate) registry: &'a Registry,
    pub(crate) store: &'a Store,
}

impl Types for KnownTypes<'_> {
    fn resource(&self, object: u16, resource: u16) -> Option<ResourceType> {
        if let Some(definition) = self.registry.resource(object, resource) {
            return Some(ResourceType {
                value_type: definition.value_type,
                multiple: definition.multiple,
            });
        }
        let held = self.store.instances(object).find_map(|instance| {
            self.store
                .resources(object, instance)
                .find(|(id, _)| *id == resource)
        });
        held.and_then(|(_, held)| held_type(held))
    }
}

fn held_type(resource: &Resource) -> Option<ResourceType> {
    let (value, multiple) = match resource {
        Resource::Single(value) => (value, false),
        Resource::Multiple(values) => (values.values().next()?, true),
    };
    let value_type = match value {
        Value::Untyped(_) => Type::Opaque,
        other => other.value_type(),
    };
    Some(ResourceType {
        value_type,
        multiple,
    })
}
