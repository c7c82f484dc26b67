//! The definitions that come with the program, as text of `fixtures/objects`.
//!
//! The enablers of each follow the TS that the registry names beside it (DDF.xml) and, for 1.2, Core TS 1.2.2, Table E-1.

use std::sync::OnceLock;

use super::{Ddf, ObjectDefinition, ObjectVersion};
use crate::ObjectTypes;
use crate::Version::{self, V1_0, V1_1, V1_2};

/// A definition in XML, read at most once.
#[derive(Debug)]
pub(super) struct Builtin {
    /// Object ID and version, as in the text.
    pub(super) key: (u16, ObjectVersion),
    /// Enablers to which this version of the Object belongs.
    pub(super) enablers: &'static [Version],
    xml: &'static str,
    definition: OnceLock<Option<ObjectDefinition>>,
    types: OnceLock<Option<ObjectTypes>>,
}

impl Builtin {
    const fn new(
        id: u16,
        version: (u16, u16),
        enablers: &'static [Version],
        xml: &'static str,
    ) -> Self {
        Self {
            key: (id, ObjectVersion::new(version.0, version.1)),
            enablers,
            xml,
            definition: OnceLock::new(),
            types: OnceLock::new(),
        }
    }

    /// The definition; `None` if the text holds none, which a test rules out.
    pub(super) fn definition(&self) -> Option<&ObjectDefinition> {
        self.definition
            .get_or_init(|| Ddf::parse(self.xml.as_bytes()).definitions.pop())
            .as_ref()
    }

    /// The types of its Resources.
    pub(super) fn types(&self) -> Option<&ObjectTypes> {
        self.types
            .get_or_init(|| self.definition().map(ObjectDefinition::types))
            .as_ref()
    }
}

/// The text of a definition.
macro_rules! xml {
    ($file:literal) => {
        include_str!(concat!("../../../../fixtures/objects/", $file, ".xml"))
    };
}

/// Every version of every Object that comes with the program.
pub(super) static BUILTIN: [Builtin; 38] = [
    Builtin::new(0, (1, 0), &[V1_0], xml!("version_history/0-1_0")),
    Builtin::new(0, (1, 1), &[V1_1], xml!("version_history/0-1_1")),
    Builtin::new(0, (1, 2), &[V1_2], xml!("0")),
    Builtin::new(1, (1, 0), &[V1_0], xml!("version_history/1-1_0")),
    Builtin::new(1, (1, 1), &[V1_1], xml!("version_history/1-1_1")),
    Builtin::new(1, (1, 2), &[V1_2], xml!("1")),
    Builtin::new(2, (1, 0), &[V1_0, V1_1], xml!("version_history/2-1_0")),
    Builtin::new(2, (1, 1), &[V1_2], xml!("2")),
    Builtin::new(3, (1, 0), &[V1_0], xml!("version_history/3-1_0")),
    Builtin::new(3, (1, 1), &[V1_1], xml!("version_history/3-1_1")),
    Builtin::new(3, (1, 2), &[V1_2], xml!("3")),
    Builtin::new(4, (1, 0), &[V1_0], xml!("version_history/4-1_0")),
    Builtin::new(4, (1, 2), &[V1_1], xml!("version_history/4-1_2")),
    Builtin::new(4, (1, 3), &[V1_2], xml!("4")),
    Builtin::new(5, (1, 0), &[V1_0, V1_1], xml!("version_history/5-1_0")),
    Builtin::new(5, (1, 1), &[V1_2], xml!("version_history/5-1_1")),
    Builtin::new(5, (1, 2), &[], xml!("5")),
    Builtin::new(6, (1, 0), &[V1_0, V1_1, V1_2], xml!("6")),
    Builtin::new(7, (1, 0), &[V1_0, V1_1, V1_2], xml!("7")),
    Builtin::new(10, (1, 0), &[V1_0], xml!("version_history/10-1_0")),
    Builtin::new(10, (1, 1), &[V1_1, V1_2], xml!("10")),
    Builtin::new(11, (1, 0), &[V1_0], xml!("version_history/11-1_0")),
    Builtin::new(11, (1, 1), &[V1_1, V1_2], xml!("11")),
    Builtin::new(12, (1, 1), &[V1_0, V1_1, V1_2], xml!("12")),
    Builtin::new(13, (1, 0), &[V1_0], xml!("version_history/13-1_0")),
    Builtin::new(13, (1, 1), &[V1_1, V1_2], xml!("13")),
    Builtin::new(16, (1, 0), &[V1_0, V1_1, V1_2], xml!("16")),
    Builtin::new(19, (1, 0), &[V1_0, V1_1, V1_2], xml!("19")),
    Builtin::new(20, (2, 0), &[V1_0], xml!("version_history/20-2_0")),
    Builtin::new(20, (2, 1), &[V1_1, V1_2], xml!("20")),
    Builtin::new(21, (1, 0), &[V1_1], xml!("version_history/21-1_0")),
    Builtin::new(21, (1, 1), &[], xml!("version_history/21-1_1")),
    Builtin::new(21, (2, 0), &[V1_2], xml!("21")),
    Builtin::new(23, (1, 0), &[V1_2], xml!("23")),
    Builtin::new(24, (1, 0), &[V1_2], xml!("24")),
    Builtin::new(3303, (1, 1), &[V1_0, V1_1, V1_2], xml!("3303")),
    Builtin::new(3441, (1, 0), &[V1_0, V1_1, V1_2], xml!("3441")),
    Builtin::new(3442, (1, 0), &[V1_1, V1_2], xml!("3442")),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_is_a_definition_without_diagnostics() {
        for builtin in &BUILTIN {
            let ddf = Ddf::parse(builtin.xml.as_bytes());
            assert_eq!(ddf.diagnostics, [], "{:?}", builtin.key);
            let keys = ddf
                .definitions
                .iter()
                .map(|object| (object.id, object.object_version));
            assert_eq!(keys.collect::<Vec<_>>(), [builtin.key]);
            let object = builtin.definition().unwrap();
            assert!(
                builtin
                    .enablers
                    .iter()
                    .all(|enabler| *enabler >= object.lwm2m_version)
            );
            assert!(!object.resources.is_empty());
        }
    }

    #[test]
    fn urns_follow_the_registry() {
        for object in BUILTIN.iter().filter_map(Builtin::definition) {
            let class = if object.id < 1024 { "oma" } else { "ext" };
            let mut urn = format!("urn:oma:lwm2m:{class}:{}", object.id);
            if object.object_version != ObjectVersion::INITIAL {
                urn = format!("{urn}:{}", object.object_version);
            }
            assert_eq!(object.urn, urn);
        }
    }

    #[test]
    fn texts_keep_the_form_of_the_registry() {
        for Builtin { key, xml, .. } in &BUILTIN {
            assert!(
                xml.ends_with(">\n") && !xml.contains('\r') && xml.is_ascii(),
                "{key:?}"
            );
            let ids: Vec<u16> = xml
                .split("<Item ID=\"")
                .skip(1)
                .filter_map(|item| item.split('"').next()?.parse().ok())
                .collect();
            assert!(ids.is_sorted_by(|one, next| one < next), "{key:?}");
        }
    }

    #[test]
    fn an_enabler_has_one_version_of_an_object() {
        for version in Version::ALL {
            let mut ids: Vec<u16> = BUILTIN
                .iter()
                .filter(|builtin| builtin.enablers.contains(&version))
                .map(|builtin| builtin.key.0)
                .collect();
            let count = ids.len();
            ids.dedup();
            assert_eq!(ids.len(), count, "{version}");
        }
    }
}
