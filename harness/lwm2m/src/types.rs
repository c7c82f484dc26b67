//! What a codec must know of object definitions: the data type of a Resource, and whether it has instances.
//!
//! TLV and plain text carry no types (Core TS, 7.5.1, 7.5.5), so their readers ask here. The registry answers.

use crate::Type;

/// Data type and multiplicity of one Resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResourceType {
    /// Data type (Core TS, Appendix C).
    pub value_type: Type,
    /// Whether the Resource has Resource Instances.
    pub multiple: bool,
}

/// The types of all Resources of one Object.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct ObjectTypes {
    /// By Resource ID, up to the highest known one below [`LOW`].
    low: Vec<Option<ResourceType>>,
    /// In the order of Resource IDs, from [`LOW`] on.
    high: Vec<(u16, ResourceType)>,
}

/// Knows the types of Resources.
pub trait Types {
    /// The type of Resource `resource` of Object `object`; `None` if no definition tells.
    fn resource(&self, object: u16, resource: u16) -> Option<ResourceType>;

    /// All of Object `object` at once, where that is at hand; says the same as [`Types::resource`].
    fn object(&self, _object: u16) -> Option<&ObjectTypes> {
        None
    }
}

impl ObjectTypes {
    /// The type of Resource `resource`; `None` if no definition tells.
    #[inline]
    pub fn resource(&self, resource: u16) -> Option<ResourceType> {
        match self.low.get(usize::from(resource)) {
            Some(known) => *known,
            None => self.high_resource(resource),
        }
    }

    fn high_resource(&self, resource: u16) -> Option<ResourceType> {
        let found = self.high.binary_search_by_key(&resource, |(id, _)| *id);
        self.high.get(found.ok()?).map(|(_, known)| *known)
    }
}

/// From Resource IDs in any order; the last entry of an ID counts.
impl FromIterator<(u16, ResourceType)> for ObjectTypes {
    fn from_iter<I: IntoIterator<Item = (u16, ResourceType)>>(resources: I) -> Self {
        let mut types = Self::default();
        for (id, known) in resources {
            if id < LOW {
                let index = usize::from(id);
                if types.low.len() <= index {
                    types.low.resize(index + 1, None);
                }
                types.low[index] = Some(known);
                continue;
            }
            match types.high.binary_search_by_key(&id, |(id, _)| *id) {
                Ok(index) => types.high[index].1 = known,
                Err(index) => types.high.insert(index, (id, known)),
            }
        }
        types
    }
}

/// Nothing is known.
impl Types for () {
    fn resource(&self, _object: u16, _resource: u16) -> Option<ResourceType> {
        None
    }
}

impl<T: Types + ?Sized> Types for &T {
    fn resource(&self, object: u16, resource: u16) -> Option<ResourceType> {
        (**self).resource(object, resource)
    }

    fn object(&self, object: u16) -> Option<&ObjectTypes> {
        (**self).object(object)
    }
}

/// The core Objects have lower Resource IDs than this.
const LOW: u16 = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resources_come_in_any_order() {
        let known = |value_type| ResourceType {
            value_type,
            multiple: false,
        };
        let types: ObjectTypes = [
            (5700, known(Type::Float)),
            (63, known(Type::Time)),
            (64, known(Type::Opaque)),
            (1, known(Type::String)),
            (5700, known(Type::Integer)),
        ]
        .into_iter()
        .collect();
        for (id, wanted) in [
            (0, None),
            (1, Some(Type::String)),
            (62, None),
            (63, Some(Type::Time)),
            (64, Some(Type::Opaque)),
            (65, None),
            (5700, Some(Type::Integer)),
            (u16::MAX, None),
        ] {
            let found = types.resource(id).map(|known| known.value_type);
            assert_eq!(found, wanted, "{id}");
        }
    }
}
