//! The rules for an Object.

use super::{naming, urn, version, word};
use crate::definition::Object;
use crate::finding::{Remark, Severity};
use crate::reference::Entry;
use crate::rule::{CODES, GUIDELINES, Rule, SCHEMA, rule};
use crate::text::{Difference, quoted};

use Severity::{Error, Warning};

/// Looks at an Object.
pub(crate) type ObjectCheck = fn(&Object<'_>) -> Vec<Remark>;

/// The rules for Objects.
pub(crate) static OBJECT: [Rule<ObjectCheck>; 20] = [
    rule(
        "210",
        Error,
        "the URN has its form, and the ID, category and version of the Object",
        "Core TS, 7.2; OMA, Validation Error Code",
        urn::urn,
    ),
    rule(
        "210",
        Error,
        "the ObjectID is not reserved",
        "OMNA, LwM2M Registry; OMA, Validation Error Code",
        urn::id,
    ),
    rule(
        "260",
        Error,
        "ObjectVersion is two numbers",
        "Core TS, 7.2.2; OMA, Validation Error Code",
        version::object,
    ),
    rule("400", Error, "the ObjectID is that of DDF.xml", CODES, id),
    rule(
        "401",
        Error,
        "the URN is that of DDF.xml",
        CODES,
        urn_of_index,
    ),
    rule(
        "402",
        Error,
        "the Name is that of DDF.xml",
        CODES,
        name_of_index,
    ),
    rule(
        "403",
        Error,
        "LWM2MVersion is a version, and that of the schema",
        CODES,
        version::enabler,
    ),
    rule("410", Error, "an Object has a Name", CODES, name),
    rule(
        "414",
        Error,
        "MultipleInstances of an Object is Multiple or Single",
        CODES,
        multiple,
    ),
    rule(
        "415",
        Error,
        "Mandatory of an Object is Mandatory or Optional",
        CODES,
        mandatory,
    ),
    rule(
        "416",
        Error,
        "an Object has a Description1",
        CODES,
        description,
    ),
    rule(
        "700",
        Warning,
        "Description1 has plain characters",
        CODES,
        prose1,
    ),
    rule(
        "701",
        Warning,
        "Description1 is that of DDF.xml",
        CODES,
        description_of_index,
    ),
    rule(
        "705",
        Warning,
        "Description2 has plain characters",
        CODES,
        prose2,
    ),
    rule(
        "800",
        Error,
        "LWM2MVersion and ObjectVersion are there",
        CODES,
        version::both,
    ),
    rule(
        "schema-value",
        Error,
        "ObjectID is a number from 0 to 65535",
        SCHEMA,
        number,
    ),
    rule(
        "mandatory-object",
        Error,
        "only an Object of OMA is Mandatory",
        GUIDELINES,
        obligation,
    ),
    rule(
        "long-description",
        Warning,
        "Description1 has 134 characters at most",
        GUIDELINES,
        length,
    ),
    rule(
        "capitals",
        Warning,
        "words of an Object's Name begin with capitals",
        GUIDELINES,
        capitals,
    ),
    rule(
        "id-order",
        Warning,
        "Resources ascend by their ID",
        GUIDELINES,
        ascending,
    ),
];

fn id(object: &Object<'_>) -> Vec<Remark> {
    differs(object, "ObjectID", |entry| &entry.id)
}

fn urn_of_index(object: &Object<'_>) -> Vec<Remark> {
    differs(object, "ObjectURN", |entry| &entry.urn)
}

fn name_of_index(object: &Object<'_>) -> Vec<Remark> {
    differs(object, "Name", |entry| &entry.name)
}

fn description_of_index(object: &Object<'_>) -> Vec<Remark> {
    differs(object, "Description1", |entry| &entry.description)
}

fn differs(object: &Object<'_>, name: &str, of: fn(&Entry) -> &String) -> Vec<Remark> {
    let (Some(entry), Some(field)) = (object.entry, object.field(name)) else {
        return Vec::new();
    };
    let wanted = of(entry);
    let Some(difference) = Difference::of(&field.text, wanted) else {
        return Vec::new();
    };
    let Difference { at, found, wanted } = difference;
    let message = format!("{name} is {found}, but not in DDF.xml");
    let help = format!("in DDF.xml it is {wanted}");
    vec![Remark::new(field.from(at), message, help)]
}

fn name(object: &Object<'_>) -> Vec<Remark> {
    word::empty(
        object.field("Name"),
        "Name",
        "say in a few words what the Object is",
    )
}

fn multiple(object: &Object<'_>) -> Vec<Remark> {
    word::one_of(
        object.field("MultipleInstances"),
        "MultipleInstances",
        &word::MULTIPLE,
    )
}

fn mandatory(object: &Object<'_>) -> Vec<Remark> {
    word::one_of(object.field("Mandatory"), "Mandatory", &word::MANDATORY)
}

fn description(object: &Object<'_>) -> Vec<Remark> {
    let help = "say in 134 characters what the Object is for";
    word::empty(object.field("Description1"), "Description1", help)
}

fn prose1(object: &Object<'_>) -> Vec<Remark> {
    word::prose(object.field("Description1"), "Description1")
}

fn prose2(object: &Object<'_>) -> Vec<Remark> {
    word::prose(object.field("Description2"), "Description2")
}

fn number(object: &Object<'_>) -> Vec<Remark> {
    match object.field("ObjectID").filter(|_| object.id().is_none()) {
        Some(field) => {
            let message = format!("ObjectID is {}", quoted(field.text.trim()));
            vec![Remark::new(field.at, message, "a number from 0 to 65535")]
        }
        None => Vec::new(),
    }
}

fn obligation(object: &Object<'_>) -> Vec<Remark> {
    let field = object.field("Mandatory");
    let field = field.filter(|field| field.text.trim() == "Mandatory");
    let (Some(field), Some(id)) = (field, object.id()) else {
        return Vec::new();
    };
    if super::category_of(id) == Some("oma") {
        return Vec::new();
    }
    let message = format!("Object {id} is Mandatory, and not OMA's");
    let help = "make it Optional: what every client has to support is up to the TS";
    vec![Remark::new(field.at, message, help)]
}

fn length(object: &Object<'_>) -> Vec<Remark> {
    let Some(field) = object.field("Description1") else {
        return Vec::new();
    };
    let text = field.text.trim();
    let count = text.chars().count();
    if count <= LONGEST_DESCRIPTION {
        return Vec::new();
    }
    let message = format!("Description1 has {count} characters, more than {LONGEST_DESCRIPTION}");
    let help =
        "the registry's page shows this text: keep it short, and put the rest into Description2";
    vec![Remark::new(field.at, message, help)]
}

fn capitals(object: &Object<'_>) -> Vec<Remark> {
    naming::capitals(object.field("Name"))
}

fn ascending(object: &Object<'_>) -> Vec<Remark> {
    let mut last = None;
    for resource in object.resources() {
        let Some(id) = resource.id() else {
            continue;
        };
        if let Some(before) = last.filter(|before| id < *before) {
            let message = format!("Resource {id} after Resource {before}");
            let help = "sort the Resources by their ID";
            return vec![Remark::new(resource.place_of_id(), message, help)];
        }
        last = Some(id);
    }
    Vec::new()
}

/// Characters of a description that the registry's page has room for.
const LONGEST_DESCRIPTION: usize = 134;
