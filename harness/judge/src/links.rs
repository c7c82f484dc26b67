//! Links of registrations and Discover answers, as the notation speaks of them.

use coap::Link;
use lwm2m::{Path, Value};

use crate::actual::Actual;

/// The link's target as text, an alternate path left on.
pub(crate) fn path_text(link: &Link) -> String {
    link.target.clone()
}

/// Whether the link is the one that a case calls `key`; the enabler version may stand on `/` or on no target at all.
pub(crate) fn stands_for(link: &Link, key: &str) -> bool {
    link.target == key || (key == "/" && link.target.is_empty())
}

/// One parameter of a link; a number if it reads as one.
pub(crate) fn parameter(link: &Link, name: &str) -> Actual {
    let Some(found) = link
        .attributes
        .iter()
        .find(|attribute| attribute.name == name)
    else {
        return Actual::Absent;
    };
    let Some(text) = &found.value else {
        return Actual::text("");
    };
    if let Ok(number) = text.parse::<i64>() {
        return Actual::Value(Value::Integer(number));
    }
    match text.parse::<f64>() {
        // versions such as 1.1 stay text: 1.10 is another version
        Ok(number) if !matches!(name, "lwm2m" | "ver") => Actual::Value(Value::Float(number)),
        _ => Actual::text(text.clone()),
    }
}

/// Paths of all links that are paths of the data model.
pub(crate) fn paths(links: &[Link]) -> Vec<Path> {
    links
        .iter()
        .filter_map(|link| link.target.parse().ok())
        .collect()
}
