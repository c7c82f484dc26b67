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

/// Knows the types of Resources.
pub trait Types {
    /// The type of Resource `resource` of Object `object`; `None` if no definition tells.
    fn resource(&self, object: u16, resource: u16) -> Option<ResourceType>;
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
}
