//! The rules for an entry of DDF.xml by itself and beside the others of its Object.

use lwm2m::ObjectVersion;

use super::index::{Index, Listing};
use crate::finding::{Remark, Severity};
use crate::rule::{Rule, coded};
use crate::rules::{category_of, urn_faults};
use crate::schema::{self, ParentCheck};
use crate::text::{Difference, quoted};

use Severity::{Error, Warning};

/// Looks at an entry.
pub(crate) type EntryCheck = fn(&Index<'_>, &Listing<'_>) -> Vec<Remark>;

/// The rules for entries.
pub(crate) static ENTRY: [Rule<EntryCheck>; 14] = [
    coded(
        "200",
        Error,
        "DDF.xml: an Object has an entry for each version once",
        doubled,
    ),
    coded(
        "201",
        Warning,
        "DDF.xml: an Object has one Name in all its versions",
        renamed,
    ),
    coded(
        "202",
        Warning,
        "DDF.xml: an Object has one Description in all its versions",
        redescribed,
    ),
    coded(
        "210",
        Error,
        "DDF.xml: URN, ObjectID, Source and Ver say the same",
        urn,
    ),
    coded("220", Error, "DDF.xml: Name is not empty", |index, one| {
        filled(index, one, "Name")
    }),
    coded(
        "230",
        Error,
        "DDF.xml: Description is not empty",
        |index, one| filled(index, one, "Description"),
    ),
    coded("240", Error, "DDF.xml: Owner is not empty", |index, one| {
        filled(index, one, "Owner")
    }),
    coded(
        "250",
        Error,
        "DDF.xml: Source is not empty",
        |index, one| filled(index, one, "Source"),
    ),
    coded(
        "251",
        Error,
        "DDF.xml: Source is 0, 1 or 2",
        |index, one| among(index, one, "Source", &["0", "1", "2"]),
    ),
    coded("260", Error, "DDF.xml: Ver is two numbers", version),
    coded("300", Error, "DDFLink is not empty", |index, one| {
        filled(index, one, "DDFLink")
    }),
    coded("301", Error, "DDFLink is 0 or 1", |index, one| {
        among(index, one, "DDFLink", &["0", "1"])
    }),
    coded(
        "320",
        Error,
        "DDF.xml: TSLink is not empty",
        |index, one| filled(index, one, "TSLink"),
    ),
    coded("321", Error, "DDF.xml: TSLink is 0 or 1", |index, one| {
        among(index, one, "TSLink", &["0", "1"])
    }),
];

/// The rules for the elements of DDF.xml.
pub(crate) static INDEX_PARENT: [Rule<ParentCheck>; 3] = [
    parent(
        "021",
        "DDF.xml: an entry holds every element, if need be an empty one",
        schema::missing,
    ),
    parent(
        "021",
        "DDF.xml: an entry holds each element once",
        schema::repeated,
    ),
    parent(
        "041",
        "DDF.xml: an entry holds no other element",
        schema::unknown,
    ),
];

/// The rules for the root of DDF.xml.
pub(crate) static INDEX_ROOT: [Rule<ParentCheck>; 2] = [
    parent(
        "031",
        "DDF.xml: there is at least one entry",
        schema::missing,
    ),
    parent(
        "041",
        "DDF.xml: the root holds entries only",
        schema::unknown,
    ),
];

/// A rule for the elements around the entries of a list.
pub(super) const fn parent(
    code: &'static str,
    about: &'static str,
    check: ParentCheck,
) -> Rule<ParentCheck> {
    coded(code, Error, about, check)
}

fn doubled(index: &Index<'_>, one: &Listing<'_>) -> Vec<Remark> {
    let (Some(id), Some(version)) = (one.id, one.version) else {
        return Vec::new();
    };
    let mut before = index.versions(one).filter(|other| other.place < one.place);
    if !before.any(|other| other.version == one.version) {
        return Vec::new();
    }
    let message = format!("a second entry for version {version} of Object {id}");
    let help = "leave one, or give it the next version";
    vec![Remark::new(index.at(one, "Ver"), message, help)]
}

fn renamed(index: &Index<'_>, one: &Listing<'_>) -> Vec<Remark> {
    changed(index, one, "Name")
}

fn redescribed(index: &Index<'_>, one: &Listing<'_>) -> Vec<Remark> {
    changed(index, one, "Description")
}

/// A text that is not that of the entry before.
fn changed(index: &Index<'_>, one: &Listing<'_>, name: &str) -> Vec<Remark> {
    let before = index
        .versions(one)
        .take_while(|other| other.place < one.place);
    let (Some(before), Some(field)) = (before.last(), index.field(one, name)) else {
        return Vec::new();
    };
    let Some(difference) = Difference::of(&field.text, &before.text(name)) else {
        return Vec::new();
    };
    let Difference { at, found, wanted } = difference;
    let (id, version) = (before.text("ObjectID"), before.text("Ver"));
    let message = format!("{name} is {found}, another than before");
    let help = format!("for version {version} of Object {id} it is {wanted}");
    vec![Remark::new(field.from(at), message, help)]
}

fn urn(index: &Index<'_>, one: &Listing<'_>) -> Vec<Remark> {
    let mut remarks = Vec::new();
    let at = || index.at(one, "URN");
    for (message, help) in urn_faults(&one.text("URN"), one.id, one.version) {
        remarks.push(Remark::new(at(), message, help));
    }
    let Some(id) = one.id else {
        let message = format!("ObjectID is {}", quoted(&one.text("ObjectID")));
        remarks.push(Remark::new(
            index.at(one, "ObjectID"),
            message,
            "a number from 0 to 65535",
        ));
        return remarks;
    };
    let source = one.text("Source");
    let means = SOURCES.iter().find(|(word, _)| *word == source);
    match (means, category_of(id)) {
        (Some((_, category)), Some(own)) if *category != own => {
            let message = format!(
                "Source is {source}, that is \"{category}\", but Object {id} is of \"{own}\""
            );
            let help = "Source is 0 for oma, 1 for ext and 2 for x";
            remarks.push(Remark::new(index.at(one, "Source"), message, help));
        }
        (_, None) => {
            let message = format!("ObjectID {id} is reserved");
            let help = "OMA registers 0 to 1023, 2048 to 10240 and 10241 to 42768";
            remarks.push(Remark::new(index.at(one, "ObjectID"), message, help));
        }
        _ => {}
    }
    remarks
}

fn version(index: &Index<'_>, one: &Listing<'_>) -> Vec<Remark> {
    let text = one.text("Ver");
    if text.parse::<ObjectVersion>().is_ok() {
        return Vec::new();
    }
    let message = format!("Ver is {}", quoted(&text));
    vec![Remark::new(
        index.at(one, "Ver"),
        message,
        "a version is two numbers: 1.0",
    )]
}

fn filled(index: &Index<'_>, one: &Listing<'_>, name: &str) -> Vec<Remark> {
    let field = index.field(one, name);
    match field.filter(|field| field.text.trim().is_empty()) {
        Some(field) => {
            let help = match name {
                "DDFLink" | "TSLink" => "1 to show the link, 0 to hide it",
                "Source" => "0 for oma, 1 for ext, 2 for x",
                _ => "the registry's page shows it",
            };
            vec![Remark::new(field.at, format!("{name} is empty"), help)]
        }
        None => Vec::new(),
    }
}

fn among(index: &Index<'_>, one: &Listing<'_>, name: &str, words: &[&str]) -> Vec<Remark> {
    let text = one.text(name);
    if text.is_empty() || words.contains(&text.as_str()) {
        return Vec::new();
    }
    let message = format!("{name} is {}", quoted(&text));
    let help = format!("{name} is one of {}", words.join(", "));
    vec![Remark::new(index.at(one, name), message, help)]
}

/// Who defined an Object.
const SOURCES: [(&str, &str); 3] = [("0", "oma"), ("1", "ext"), ("2", "x")];
