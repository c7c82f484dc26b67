//! The parts of an object definition (Core TS, Appendix D).
//!
//! Facts only; what may be done with them is up to whoever asks.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use super::Range;
use crate::{ObjectTypes, ResourceType, Type, Version};

/// Definition of an Object in one of its versions.
#[derive(Clone, Debug, PartialEq)]
pub struct ObjectDefinition {
    /// Object ID.
    pub id: u16,
    /// Name, as registered.
    pub name: String,
    /// URN, such as `urn:oma:lwm2m:oma:3:1.1`.
    pub urn: String,
    /// Version of the Object.
    pub object_version: ObjectVersion,
    /// Oldest enabler that knows this version of the Object.
    pub lwm2m_version: Version,
    /// Whether there may be more than one Object Instance.
    pub multiple: bool,
    /// Whether a LwM2M Client has to support the Object.
    pub mandatory: bool,
    /// Resources by their ID.
    pub resources: BTreeMap<u16, ResourceDefinition>,
    /// What the Object is for.
    pub description: String,
}

/// Definition of a Resource.
#[derive(Clone, Debug, PartialEq)]
pub struct ResourceDefinition {
    /// Resource ID.
    pub id: u16,
    /// Name, as registered.
    pub name: String,
    /// What a LwM2M Server may do with it.
    pub operations: Operations,
    /// Whether it has Resource Instances.
    pub multiple: bool,
    /// Whether every Object Instance has it.
    pub mandatory: bool,
    /// Data type; [`Type::None`] if it is executable or the definition tells none.
    pub value_type: Type,
    /// Values it takes.
    pub range: Range,
    /// Unit, empty if there is none.
    pub units: String,
    /// What the Resource is for.
    pub description: String,
}

/// Operations a definition allows a LwM2M Server; none at all leaves the Resource to the Bootstrap-Server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct Operations {
    /// Read, and with it Observe and Discover.
    pub read: bool,
    /// Write.
    pub write: bool,
    /// Execute.
    pub execute: bool,
}

/// Version of an Object, `1.0` if nothing tells otherwise (Core TS, 7.2.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectVersion {
    /// Changes that break.
    pub major: u16,
    /// Changes that do not.
    pub minor: u16,
}

impl ObjectDefinition {
    /// The types of its Resources; one without a type that is not executable is one nobody can tell the type of.
    pub(super) fn types(&self) -> ObjectTypes {
        let typed = self.resources.iter().filter(|(_, resource)| {
            resource.value_type != Type::None || resource.operations.execute
        });
        typed
            .map(|(id, resource)| {
                let known = ResourceType {
                    value_type: resource.value_type,
                    multiple: resource.multiple,
                };
                (*id, known)
            })
            .collect()
    }
}

impl Operations {
    /// Every combination the schema allows, with its word there.
    pub const NAMED: &[(&str, Self)] = &[
        ("", Self::new(false, false, false)),
        ("R", Self::new(true, false, false)),
        ("W", Self::new(false, true, false)),
        ("RW", Self::new(true, true, false)),
        ("E", Self::new(false, false, true)),
    ];

    const fn new(read: bool, write: bool, execute: bool) -> Self {
        Self {
            read,
            write,
            execute,
        }
    }
}

impl fmt::Display for Operations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        [(self.read, "R"), (self.write, "W"), (self.execute, "E")]
            .into_iter()
            .filter(|(allowed, _)| *allowed)
            .try_for_each(|(_, letter)| f.write_str(letter))
    }
}

impl ObjectVersion {
    /// The version of an Object that names none.
    pub const INITIAL: Self = Self::new(1, 0);

    /// The version `major.minor`.
    pub const fn new(major: u16, minor: u16) -> Self {
        Self { major, minor }
    }
}

impl FromStr for ObjectVersion {
    type Err = ObjectVersionError;

    fn from_str(text: &str) -> Result<Self, ObjectVersionError> {
        let number = |digits: &str| {
            digits
                .parse()
                .ok()
                .filter(|_| digits.bytes().all(|byte| byte.is_ascii_digit()))
        };
        text.split_once('.')
            .and_then(|(major, minor)| Some(Self::new(number(major)?, number(minor)?)))
            .ok_or_else(|| ObjectVersionError(text.to_owned()))
    }
}

impl fmt::Display for ObjectVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

/// A text that is no Object version.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is not a version such as \"1.0\"")]
pub struct ObjectVersionError(String);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_are_written_as_in_the_schema() {
        for (word, operations) in Operations::NAMED {
            assert_eq!(operations.to_string(), *word);
        }
    }

    #[test]
    fn object_versions() {
        for (text, version) in [
            ("1.0", Some(ObjectVersion::INITIAL)),
            ("2.13", Some(ObjectVersion::new(2, 13))),
            ("1", None),
            ("1.", None),
            (".1", None),
            ("+1.0", None),
            ("1.0.2", None),
            ("1.70000", None),
            ("", None),
        ] {
            assert_eq!(text.parse::<ObjectVersion>().ok(), version, "{text}");
            if let Some(version) = version {
                assert_eq!(version.to_string(), text);
            }
        }
        assert!(ObjectVersion::new(1, 10) > ObjectVersion::new(1, 9));
    }
}
