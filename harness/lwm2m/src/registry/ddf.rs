//! Reads object definitions in OMA's XML (DDF; LWM2M.xsd and LWM2M-v1_1.xsd).
//!
//! Takes what real files hold: any order of elements, a byte order mark, CR line ends, elements nobody knows, missing ones.
//! Each such thing is a diagnostic beside what could be read. Document type declarations, and with them entities, are refused.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use roxmltree::{Document, Error, ParsingOptions};

use super::definition::{ObjectDefinition, ObjectVersion, Operations, ResourceDefinition};
use super::diagnostic::{DdfDiagnostic, Severity};
use super::element::{Element, Elements, name, optional_text, quoted};
use super::range::Range;
use crate::{Type, Version};

/// What a text of object definitions held.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ddf {
    /// The Objects that could be read, in the order of the text.
    pub definitions: Vec<ObjectDefinition>,
    /// What was wrong with the text, the first hundred problems of it.
    pub diagnostics: Vec<DdfDiagnostic>,
}

impl Ddf {
    /// Reads a document in UTF-8.
    pub fn parse(bytes: &[u8]) -> Self {
        let bytes = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes);
        if bytes.len() > LONGEST {
            let message = format!("{} bytes, more than {LONGEST}", bytes.len());
            return Self::refused("", message);
        }
        let text = String::from_utf8_lossy(bytes);
        let options = ParsingOptions {
            nodes_limit: (bytes.len() / BYTES_PER_NODE) as u32 + FIRST_NODES,
            ..ParsingOptions::default()
        };
        let mut ddf = match Document::parse_with_options(&text, options) {
            Ok(document) => Self::read(&document),
            Err(error) => Self::refused(before(&text, &error), reason(&error)),
        };
        if let Err(error) = std::str::from_utf8(bytes) {
            let before = text.get(..error.valid_up_to()).unwrap_or_default();
            let message = "bytes that are not UTF-8, read as U+FFFD".to_owned();
            let diagnostic = diagnostic(before, Severity::Warning, message);
            ddf.diagnostics.insert(0, diagnostic);
        }
        ddf
    }

    fn read<'d>(document: &'d Document<'d>) -> Self {
        let mut elements = Elements::of(document);
        let root = document.root_element();
        let objects = match name(root) {
            "Object" => vec![root],
            _ => elements.list(root, "Object"),
        };
        if name(root) != "LWM2M" {
            let found = quoted(name(root));
            elements.warn(root, format!("root is {found}, wanted \"LWM2M\""));
        }
        if objects.is_empty() {
            elements.fail(root, "no \"Object\"");
        }
        let definitions = objects
            .into_iter()
            .filter_map(|element| object(&mut elements, element))
            .collect();
        Self {
            definitions,
            diagnostics: elements.into_diagnostics(),
        }
    }

    fn refused(before: &str, message: String) -> Self {
        Self {
            definitions: Vec::new(),
            diagnostics: vec![diagnostic(before, Severity::Error, message)],
        }
    }
}

fn object<'d>(elements: &mut Elements<'d>, element: Element<'d>) -> Option<ObjectDefinition> {
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

/// The text before the place where a document stopped being XML.
fn before<'t>(text: &'t str, error: &Error) -> &'t str {
    let end = match error {
        Error::DtdDetected => text.find("<!DOCTYPE").unwrap_or_default(),
        Error::UnclosedRootNode | Error::UnexpectedEndOfStream | Error::NoRootNode => text.len(),
        _ => offset(text, error.pos().row, error.pos().col),
    };
    text.get(..end).unwrap_or_default()
}

fn offset(text: &str, line: u32, column: u32) -> usize {
    let before = |number: u32| number.saturating_sub(1) as usize;
    let lines = text.split_inclusive('\n');
    let start: usize = lines.clone().take(before(line)).map(str::len).sum();
    let line = text.get(start..).unwrap_or_default();
    let column = line.char_indices().nth(before(column));
    column.map_or(text.len(), |(at, _)| start + at)
}

/// Why a document is not read, without the place, which the diagnostic has.
fn reason(error: &Error) -> String {
    match error {
        Error::DtdDetected => "a document type declaration, which is not read".to_owned(),
        Error::NodesLimitReached => "more elements than a definition has".to_owned(),
        _ => {
            let text = error.to_string();
            let place = format!(" at {}", error.pos());
            text.strip_suffix(&place).unwrap_or(&text).to_owned()
        }
    }
}

/// A diagnostic at the end of the text before it.
fn diagnostic(before: &str, severity: Severity, message: String) -> DdfDiagnostic {
    let last = before.rsplit('\n').next().unwrap_or_default();
    DdfDiagnostic {
        line: before.matches('\n').count() as u32 + 1,
        column: last.chars().count() as u32 + 1,
        severity,
        message,
    }
}

/// Bytes of a definition that are read; the longest of the registry has 32,793.
const LONGEST: usize = 1 << 20;

/// A node takes about ten times as many bytes in memory; a shorter average is no definition.
const BYTES_PER_NODE: usize = 8;

/// Nodes that even the shortest document may have.
const FIRST_NODES: u32 = 16;

/// U+FEFF in UTF-8.
const BYTE_ORDER_MARK: &[u8] = &[0xef, 0xbb, 0xbf];

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
