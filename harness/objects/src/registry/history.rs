//! The rules for the files that DDF.xml names: the last version beside it, every version in version_history.

use lwm2m::ObjectVersion;

use super::entry::EntryCheck;
use super::index::{Index, Listing};
use crate::finding::{Remark, Severity};
use crate::rule::{Rule, coded};
use crate::text::quoted;

use Severity::{Error, Warning};

/// The rules for files of entries.
pub(crate) static HISTORY: [Rule<EntryCheck>; 7] = [
    coded(
        "270",
        Error,
        "DDF is empty, or names a file that is there",
        there,
    ),
    coded(
        "271",
        Warning,
        "DDF.xml: the file is an .xml, which is served as text/xml",
        served,
    ),
    coded(
        "272",
        Error,
        "DDF.xml: the file holds a valid Object",
        valid,
    ),
    coded(
        "273",
        Error,
        "DDF.xml: the Object has at least one Resource",
        resources,
    ),
    coded(
        "274",
        Error,
        "DDF.xml: the last version is ID.xml, and every version version_history/ID-MAJOR_MINOR.xml",
        kept,
    ),
    coded("275", Error, "DDF.xml: a file belongs to one version", once),
    coded(
        "276",
        Warning,
        "DDF.xml: earlier versions are there",
        complete,
    ),
];

fn there(index: &Index<'_>, one: &Listing<'_>) -> Vec<Remark> {
    if !one.is_local() || one.linked.is_some() {
        return Vec::new();
    }
    let message = format!("no file {}", quoted(&one.link));
    let help = "name a file beside DDF.xml or in version_history, or leave DDF empty";
    vec![Remark::new(index.at(one, "DDF"), message, help)]
}

fn served(index: &Index<'_>, one: &Listing<'_>) -> Vec<Remark> {
    if one.link.is_empty() || one.link.to_ascii_lowercase().ends_with(".xml") {
        return Vec::new();
    }
    let message = format!(
        "file {}, which is not served as text/xml",
        quoted(&one.link)
    );
    vec![Remark::new(
        index.at(one, "DDF"),
        message,
        "call the file ID.xml",
    )]
}

fn valid(index: &Index<'_>, one: &Listing<'_>) -> Vec<Remark> {
    let linked = one.linked.as_ref();
    let faults = linked.and_then(|linked| linked.faults.as_ref());
    // an Object without Resources is a rule of its own
    let is_empty = linked.is_some_and(|linked| linked.items == 0);
    let Some((first, count)) = faults.filter(|(_, count)| *count > usize::from(is_empty)) else {
        return Vec::new();
    };
    let errors = if *count == 1 { "error" } else { "errors" };
    let message = format!(
        "{} is no valid Object: {count} {errors}, {first}",
        quoted(&one.link)
    );
    let help = "check that file by itself to see them all";
    vec![Remark::new(index.at(one, "DDF"), message, help)]
}

fn resources(index: &Index<'_>, one: &Listing<'_>) -> Vec<Remark> {
    match one.linked.as_ref().filter(|linked| linked.items == 0) {
        Some(_) => {
            let message = format!("{} holds no Resource", quoted(&one.link));
            let help = "an Object has at least one Item";
            vec![Remark::new(index.at(one, "DDF"), message, help)]
        }
        None => Vec::new(),
    }
}

fn kept(index: &Index<'_>, one: &Listing<'_>) -> Vec<Remark> {
    let (Some(id), Some(version), Some(linked)) = (one.id, one.version, &one.linked) else {
        return Vec::new();
    };
    let kept = format!(
        "version_history/{id}-{}_{}.xml",
        version.major, version.minor
    );
    let is_latest = index.is_latest(one);
    let wanted = if is_latest {
        format!("{id}.xml")
    } else {
        kept.clone()
    };
    let at = || index.at(one, "DDF");
    if one.link != wanted {
        let which = if is_latest { "the last" } else { "an earlier" };
        let message = format!("{} for {which} version of Object {id}", quoted(&one.link));
        return vec![Remark::new(
            at(),
            message,
            format!("{which} version is {wanted:?}"),
        )];
    }
    if !is_latest {
        return Vec::new();
    }
    let help = format!("keep a copy of {wanted:?} as {kept:?}");
    match index.files.read(&kept) {
        None => vec![Remark::new(at(), format!("no file {kept:?}"), help)],
        Some(bytes) if !letters(&bytes).eq(letters(&linked.bytes)) => {
            let message = format!("{kept:?} is not the same as {wanted:?}");
            vec![Remark::new(at(), message, help)]
        }
        Some(_) => Vec::new(),
    }
}

fn once(index: &Index<'_>, one: &Listing<'_>) -> Vec<Remark> {
    if !index.is_named_before(one) {
        return Vec::new();
    }
    let message = format!("a second entry for {}", quoted(&one.link));
    let help = "each version of an Object has a file of its own";
    vec![Remark::new(index.at(one, "DDF"), message, help)]
}

fn complete(index: &Index<'_>, one: &Listing<'_>) -> Vec<Remark> {
    let (Some(id), Some(last)) = (one.id, one.version) else {
        return Vec::new();
    };
    let has: Vec<ObjectVersion> = index.versions(one).filter_map(|one| one.version).collect();
    let earlier = (1..last.major).map(|major| ObjectVersion::new(major, 0));
    let minors = (0..last.minor).map(|minor| ObjectVersion::new(last.major, minor));
    let mut missing = earlier
        .chain(minors)
        .filter(|version| !has.contains(version));
    let shown: Vec<String> = missing
        .by_ref()
        .take(MOST_SHOWN)
        .map(|one| one.to_string())
        .collect();
    if shown.is_empty() || !index.is_latest(one) {
        return Vec::new();
    }
    let more = if missing.next().is_some() {
        " and more"
    } else {
        ""
    };
    let message = format!(
        "version {last} of Object {id}, but no {}{more}",
        shown.join(", ")
    );
    let help = "an Object keeps an entry for every earlier minor version, and for the first of each major one";
    vec![Remark::new(index.at(one, "Ver"), message, help)]
}

/// The bytes of a file without what Git and editors change.
fn letters(bytes: &[u8]) -> impl Iterator<Item = &u8> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    bytes.trim_ascii_end().iter().filter(|byte| **byte != b'\r')
}

/// Missing versions that a message names.
const MOST_SHOWN: usize = 4;
