//! Versions of an Object and of the enabler that it is for.

use lwm2m::{ObjectVersion, Version};

use crate::definition::{Field, Object, Schema};
use crate::finding::Remark;
use crate::text::quoted;

/// LWM2MVersion holds a version, and fits the schema.
pub(super) fn enabler(object: &Object<'_>) -> Vec<Remark> {
    let Some(field) = object.field("LWM2MVersion") else {
        return Vec::new();
    };
    let text = field.text.as_str();
    let version = Version::ALL.into_iter().find(|one| one.as_str() == text);
    let Some(version) = version else {
        let versions = Version::ALL.map(Version::as_str).join(", ");
        let message = format!("LWM2MVersion is {}", quoted(text));
        let help = format!("versions of LwM2M: {versions}");
        return vec![Remark::new(field.at, message, help)];
    };
    let wanted = match version {
        Version::V1_0 => (Schema::V1_0, "LWM2M.xsd"),
        _ => (Schema::V1_1, "LWM2M-v1_1.xsd"),
    };
    match object.schema {
        Some(schema) if schema != wanted.0 => {
            let message = format!(
                "LWM2MVersion is {version}, but the schema is not {}",
                wanted.1
            );
            let help = format!(
                "name {} in xsi:noNamespaceSchemaLocation, or the version that the schema is for",
                wanted.1
            );
            vec![Remark::new(field.at, message, help)]
        }
        _ => Vec::new(),
    }
}

/// ObjectVersion holds a version.
pub(super) fn object(object: &Object<'_>) -> Vec<Remark> {
    let field = object.field("ObjectVersion");
    let field = field.filter(|field| field.text.parse::<ObjectVersion>().is_err());
    let remark = |field: Field| {
        let message = format!("ObjectVersion is {}", quoted(&field.text));
        Remark::new(field.at, message, "a version is two numbers: 1.0")
    };
    field.map(remark).into_iter().collect()
}

/// Both versions are there.
pub(super) fn both(object: &Object<'_>) -> Vec<Remark> {
    let missing = |name: &&str| object.field(name).is_none();
    let missing: Vec<_> = VERSIONS.into_iter().filter(missing).collect();
    if missing.is_empty() {
        return Vec::new();
    }
    let message = format!("no {}", missing.join(" and no "));
    let help = "the schema lets both out, the registry does not: they stand behind ObjectURN";
    vec![Remark::new(object.tag(), message, help)]
}

/// The elements that hold versions.
const VERSIONS: [&str; 2] = ["LWM2MVersion", "ObjectVersion"];
