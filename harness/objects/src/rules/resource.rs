//! The rules for a Resource.

use super::{naming, range, reusable, unit, word};
use crate::definition::{Resource, Schema};
use crate::finding::{Remark, Severity};
use crate::rule::{CODES, GUIDELINES, Rule, SCHEMA, rule};
use crate::text::{listed, quoted};

use Severity::{Error, Warning};

/// Looks at a Resource.
pub(crate) type ResourceCheck = fn(&Resource<'_, '_>) -> Vec<Remark>;

/// The rules for Resources.
pub(crate) static RESOURCE: [Rule<ResourceCheck>; 24] = [
    rule("410", Error, "a Resource has a Name", CODES, name),
    rule(
        "411",
        Error,
        "Operations are R, W, RW, E or nothing",
        CODES,
        operations,
    ),
    rule(
        "412",
        Error,
        "Type is one of the schema's and the version's, and there unless the Resource is executable",
        CODES,
        value_type,
    ),
    rule(
        "413",
        Error,
        "an executable Resource has no Type and is Single",
        CODES,
        executable,
    ),
    rule(
        "414",
        Error,
        "MultipleInstances is Multiple or Single",
        CODES,
        multiple,
    ),
    rule(
        "415",
        Error,
        "Mandatory is Mandatory or Optional",
        CODES,
        mandatory,
    ),
    rule(
        "416",
        Error,
        "a Resource has a Description",
        CODES,
        description,
    ),
    rule(
        "417",
        Warning,
        "a unit is SenML's, \"TBD\" or left out",
        CODES,
        unit,
    ),
    rule(
        "418",
        Warning,
        "a range is written with \"..\"",
        CODES,
        dots,
    ),
    rule(
        "420",
        Warning,
        "Description has plain characters",
        CODES,
        prose,
    ),
    rule(
        "450",
        Error,
        "a reusable Resource is in Common.xml",
        CODES,
        reusable::exists,
    ),
    rule(
        "451",
        Error,
        "a reusable Resource is there once",
        CODES,
        reusable::once,
    ),
    reusable::equal(
        "460",
        "Name of a reusable Resource is that of Common.xml",
        reusable::name,
    ),
    reusable::equal(
        "461",
        "Operations of a reusable Resource are those of Common.xml",
        reusable::operations,
    ),
    reusable::equal(
        "462",
        "Type of a reusable Resource is that of Common.xml",
        reusable::value_type,
    ),
    reusable::equal(
        "463",
        "RangeEnumeration of a reusable Resource is that of Common.xml",
        reusable::range,
    ),
    reusable::equal(
        "464",
        "Units of a reusable Resource are those of Common.xml",
        reusable::units,
    ),
    reusable::equal(
        "465",
        "Description of a reusable Resource is that of Common.xml",
        reusable::description,
    ),
    rule(
        "schema-value",
        Error,
        "a Resource ID is a number from 0 to 65535",
        SCHEMA,
        id,
    ),
    rule(
        "id-range",
        Error,
        "a Resource ID is at most 32768",
        GUIDELINES,
        id_range,
    ),
    rule(
        "id-repeated",
        Error,
        "a Resource ID is there once",
        "Core TS, 7.1",
        repeated,
    ),
    rule(
        "range",
        Warning,
        "a range is a range or a list",
        GUIDELINES,
        range::readable,
    ),
    rule(
        "scaled-unit",
        Warning,
        "a unit is unscaled where SenML has such a one",
        GUIDELINES,
        unscaled,
    ),
    rule(
        "capitals",
        Warning,
        "words of a Resource's Name begin with capitals",
        GUIDELINES,
        capitals,
    ),
];

fn name(resource: &Resource<'_, '_>) -> Vec<Remark> {
    word::empty(
        resource.field("Name"),
        "Name",
        "say in a few words what the Resource is",
    )
}

fn operations(resource: &Resource<'_, '_>) -> Vec<Remark> {
    word::one_of(resource.field("Operations"), "Operations", &OPERATIONS)
}

fn value_type(resource: &Resource<'_, '_>) -> Vec<Remark> {
    let Some(field) = resource.field("Type") else {
        return Vec::new();
    };
    let text = field.text.as_str();
    if !TYPES.contains(&text) {
        return word::one_of(Some(field), "Type", &TYPES);
    }
    if text.is_empty() {
        if ["R", "W", "RW"].contains(&resource.text("Operations").as_str()) {
            let help = format!(
                "a Resource that is read or written has one of {}",
                listed(&TYPES[1..])
            );
            return vec![Remark::new(
                field.at,
                "no Type, although not executable",
                help,
            )];
        }
        return Vec::new();
    }
    let enabler = resource.object.text("LWM2MVersion");
    let old_schema = resource.object.schema == Some(Schema::V1_0);
    if !TYPES_1_0.contains(&text) && (old_schema || ["", "1.0"].contains(&enabler.as_str())) {
        let of = if old_schema { "LWM2M.xsd" } else { "LwM2M 1.0" };
        let message = format!("Type is {}, which {of} does not have", quoted(text));
        let help = "\"Unsigned Integer\" and \"Corelnk\" came with LwM2M 1.1: LWM2MVersion 1.1 and LWM2M-v1_1.xsd";
        return vec![Remark::new(field.at, message, help)];
    }
    Vec::new()
}

fn executable(resource: &Resource<'_, '_>) -> Vec<Remark> {
    if resource.text("Operations") != "E" {
        return Vec::new();
    }
    let mut remarks = word::no_type(resource.field("Type"));
    let multiple = resource.field("MultipleInstances");
    if let Some(field) = multiple.filter(|field| field.text.trim() == "Multiple") {
        let message = "an executable Resource is Multiple";
        remarks.push(Remark::new(
            field.at,
            message,
            "make it Single: there are no instances to execute",
        ));
    }
    remarks
}

fn multiple(resource: &Resource<'_, '_>) -> Vec<Remark> {
    word::one_of(
        resource.field("MultipleInstances"),
        "MultipleInstances",
        &word::MULTIPLE,
    )
}

fn mandatory(resource: &Resource<'_, '_>) -> Vec<Remark> {
    word::one_of(resource.field("Mandatory"), "Mandatory", &word::MANDATORY)
}

fn description(resource: &Resource<'_, '_>) -> Vec<Remark> {
    word::empty(
        resource.field("Description"),
        "Description",
        "say what the Resource is for",
    )
}

fn prose(resource: &Resource<'_, '_>) -> Vec<Remark> {
    word::prose(resource.field("Description"), "Description")
}

fn dots(resource: &Resource<'_, '_>) -> Vec<Remark> {
    range::dots(resource.field("RangeEnumeration"))
}

fn unit(resource: &Resource<'_, '_>) -> Vec<Remark> {
    unit::known(resource.field("Units"))
}

fn unscaled(resource: &Resource<'_, '_>) -> Vec<Remark> {
    unit::unscaled(resource.field("Units"))
}

fn capitals(resource: &Resource<'_, '_>) -> Vec<Remark> {
    naming::capitals(resource.field("Name"))
}

fn id(resource: &Resource<'_, '_>) -> Vec<Remark> {
    let found = resource.element.attribute("ID");
    match found.filter(|_| resource.id().is_none()) {
        Some(found) => {
            let message = format!("Resource ID is {}", quoted(found));
            vec![Remark::new(
                resource.place_of_id(),
                message,
                "a number from 0 to 65535",
            )]
        }
        None => Vec::new(),
    }
}

fn id_range(resource: &Resource<'_, '_>) -> Vec<Remark> {
    match resource.id().filter(|id| *id > LAST_ID) {
        Some(id) => {
            let message = format!("Resource ID {id} lies in no range");
            let help = "common: 0 to 2047, reusable: 2048 to 26240, private: 26241 to 32768";
            vec![Remark::new(resource.place_of_id(), message, help)]
        }
        None => Vec::new(),
    }
}

fn repeated(resource: &Resource<'_, '_>) -> Vec<Remark> {
    let repeated = resource.is_repeated() && reusable::once(resource).is_empty();
    match resource.id().filter(|_| repeated) {
        Some(id) => {
            let message = format!("a second Resource {id}");
            let help = "give each Resource of an Object an ID of its own";
            vec![Remark::new(resource.place_of_id(), message, help)]
        }
        None => Vec::new(),
    }
}

/// Words of Operations (LWM2M.xsd).
pub(crate) const OPERATIONS: [&str; 5] = ["R", "W", "RW", "E", ""];

/// Words of Type (LWM2M-v1_1.xsd).
pub(crate) const TYPES: [&str; 10] = [
    "",
    "String",
    "Integer",
    "Unsigned Integer",
    "Float",
    "Boolean",
    "Opaque",
    "Time",
    "Objlnk",
    "Corelnk",
];

/// Words of Type that LwM2M 1.0 has too (LWM2M.xsd).
const TYPES_1_0: [&str; 7] = [
    "String", "Integer", "Float", "Boolean", "Opaque", "Time", "Objlnk",
];

/// The greatest Resource ID of the private range.
const LAST_ID: u16 = 32768;
