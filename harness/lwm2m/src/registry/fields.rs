//! The fields of Object and Item, each to its place in a definition (LWM2M-v1_1.xsd).
//!
//! What is missing or not understood becomes a default and a diagnostic; without an identifier there is no definition.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use super::definition::{ObjectDefinition, ObjectVersion, Operations, ResourceDefinition};
use super::element::{Element, Elements, name, optional_text, quoted};
use super::range::Range;
use crate::{Type, Version};

/// Reads an Object; `None` if it has no identifier.
pub(super) fn object<'d>(
    elements: &mut Elements<'d>,
    element: Element<'d>,
) -> Option<ObjectDefinition> {
    elements.expect_children(element, &OBJECT_FIELDS);
    let id = optional_text(element, "ObjectID");
    let id = elements.id(element, "ObjectID", id.as_deref())?;
    let urn = elements.text(element, "ObjectURN");
    Some(ObjectDefinition {
        id,
        name: elements.text(element, "Name"),
        object_version: object_version(elements, element, &urn),
        urn,
        lwm2m_version: lwm2m_version(elements, element),
        multiple: elements.choice(element, "MultipleInstances", &MULTIPLE, false),
        mandatory: elements.choice(element, "Mandatory", &MANDATORY, false),
        resources: resources(elements, element),
        description: elements.text(element, "Description1"),
    })
}

/// The version an Object states, else that of its URN, which names none for `1.0` (Core TS, 7.2.2).
fn object_version<'d>(
    elements: &mut Elements<'d>,
    element: Element<'d>,
    urn: &str,
) -> ObjectVersion {
    let in_urn = urn.split(':').nth(URN_VERSION).map(str::parse);
    let default = in_urn
        .and_then(Result::ok)
        .unwrap_or(ObjectVersion::INITIAL);
    let Some(text) = optional_text(element, "ObjectVersion") else {
        return default;
    };
    text.parse().unwrap_or_else(|_| {
        let found = quoted(&text);
        elements.fail(
            element,
            format!("ObjectVersion is {found}, read as {default}"),
        );
        default
    })
}

/// The enabler an Object states, of which a third number is nothing to us; `1.0` if it states none.
fn lwm2m_version<'d>(elements: &mut Elements<'d>, element: Element<'d>) -> Version {
    let Some(text) = optional_text(element, "LWM2MVersion") else {
        return Version::V1_0;
    };
    let matches = |version: &Version| {
        text.strip_prefix(version.as_str())
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    Version::ALL.into_iter().find(matches).unwrap_or_else(|| {
        let found = quoted(&text);
        elements.fail(element, format!("LWM2MVersion is {found}, read as 1.0"));
        Version::V1_0
    })
}

fn resources<'d>(
    elements: &mut Elements<'d>,
    object: Element<'d>,
) -> BTreeMap<u16, ResourceDefinition> {
    let mut resources = BTreeMap::new();
    let is_list = |child: &Element<'d>| child.is_element() && name(*child) == "Resources";
    let Some(list) = object.children().find(is_list) else {
        elements.fail(object, "no \"Resources\" in \"Object\"");
        return resources;
    };
    for item in elements.list(list, "Item") {
        let Some(resource) = resource(elements, item) else {
            continue;
        };
        match resources.entry(resource.id) {
            Entry::Vacant(place) => {
                place.insert(resource);
            }
            Entry::Occupied(place) => {
                elements.fail(item, format!("a second Resource {}, left out", place.key()));
            }
        }
    }
    resources
}

fn resource<'d>(elements: &mut Elements<'d>, item: Element<'d>) -> Option<ResourceDefinition> {
    elements.expect_children(item, &ITEM_FIELDS);
    let id = elements.id(item, "ID", item.attribute("ID"))?;
    let none = Operations::default();
    let operations = elements.choice(item, "Operations", Operations::NAMED, none);
    Some(ResourceDefinition {
        id,
        name: elements.text(item, "Name"),
        operations,
        multiple: elements.choice(item, "MultipleInstances", &MULTIPLE, false),
        mandatory: elements.choice(item, "Mandatory", &MANDATORY, false),
        value_type: value_type(elements, item, operations),
        range: Range::parse(&elements.text(item, "RangeEnumeration")),
        units: elements.text(item, "Units"),
        description: elements.text(item, "Description"),
    })
}

/// The type of a Resource: none if it is executable, one otherwise (Core TS, Appendix D).
fn value_type<'d>(elements: &mut Elements<'d>, item: Element<'d>, operations: Operations) -> Type {
    let value_type = elements.choice(item, "Type", &TYPES, Type::None);
    match (operations.execute, value_type) {
        (true, Type::None) => Type::None,
        (true, _) => {
            elements.warn(item, "an executable Resource with a Type, not read");
            Type::None
        }
        (false, _) => {
            if optional_text(item, "Type").is_some_and(|text| text.is_empty()) {
                elements.warn(item, "no Type, but not executable");
            }
            value_type
        }
    }
}

/// Part of `urn:oma:lwm2m:oma:3:1.1` that holds the version, from 0.
const URN_VERSION: usize = 5;

/// Children of Object (LWM2M-v1_1.xsd).
const OBJECT_FIELDS: [&str; 10] = [
    "Name",
    "Description1",
    "ObjectID",
    "ObjectURN",
    "LWM2MVersion",
    "ObjectVersion",
    "MultipleInstances",
    "Mandatory",
    "Resources",
    "Description2",
];

/// Children of Item (LWM2M-v1_1.xsd).
const ITEM_FIELDS: [&str; 8] = [
    "Name",
    "Operations",
    "MultipleInstances",
    "Mandatory",
    "Type",
    "RangeEnumeration",
    "Units",
    "Description",
];

/// Words of MultipleInstances (LWM2M-v1_1.xsd).
const MULTIPLE: [(&str, bool); 2] = [("Multiple", true), ("Single", false)];

/// Words of Mandatory (LWM2M-v1_1.xsd).
const MANDATORY: [(&str, bool); 2] = [("Mandatory", true), ("Optional", false)];

/// Words of Type (LWM2M-v1_1.xsd).
const TYPES: [(&str, Type); 10] = [
    ("String", Type::String),
    ("Integer", Type::Integer),
    ("Unsigned Integer", Type::UnsignedInteger),
    ("Float", Type::Float),
    ("Boolean", Type::Boolean),
    ("Opaque", Type::Opaque),
    ("Time", Type::Time),
    ("Objlnk", Type::ObjectLink),
    ("Corelnk", Type::CoreLink),
    ("", Type::None),
];
