//! Contents as sets: what their members, paths, values and lengths are.

use lwm2m::{Path, Value};

use crate::actual::Actual;
use crate::links;
use crate::pattern::plain;

/// The values of a field, one by one.
pub(crate) fn values(actual: &Actual) -> Vec<Value> {
    match actual {
        Actual::Value(value) => vec![value.clone()],
        Actual::List(values) => values.clone(),
        Actual::Nodes(nodes) => nodes.iter().map(|node| node.value.clone()).collect(),
        _ => Vec::new(),
    }
}

/// The values as text.
pub(crate) fn texts(actual: &Actual) -> Vec<String> {
    values(actual).iter().map(plain).collect()
}

/// What a set is made of, as text: link targets, paths, names, values.
pub(crate) fn members(actual: &Actual) -> Vec<String> {
    match actual {
        Actual::Links(links) => links.iter().map(links::path_text).collect(),
        Actual::Nodes(nodes) => {
            let paths = paths(actual).into_iter().map(|path| path.to_string());
            paths
                .chain(nodes.iter().map(|node| plain(&node.value)))
                .collect()
        }
        Actual::Tlv(entries) => entries.iter().map(|entry| entry.path.to_string()).collect(),
        Actual::Map(fields) => fields.iter().map(|(name, _)| name.clone()).collect(),
        other => texts(other),
    }
}

/// The paths that a set speaks of; a value at /3/0/6/0 is one of /3/0/6, /3/0 and /3 too.
pub(crate) fn paths(actual: &Actual) -> Vec<Path> {
    match actual {
        Actual::Nodes(nodes) => {
            let mut all: Vec<Path> = nodes
                .iter()
                .flat_map(|node| {
                    (1..=node.path.depth()).filter_map(|depth| node.path.prefix(depth))
                })
                .collect();
            all.sort();
            all.dedup();
            all
        }
        Actual::Links(found) => links::paths(found),
        Actual::Tlv(entries) => entries.iter().map(|entry| entry.path).collect(),
        other => texts(other)
            .iter()
            .filter_map(|text| text.parse().ok())
            .collect(),
    }
}

/// The rows of a table that is told by its columns; `None` if the columns do not go together.
pub(crate) fn rows(columns: Vec<(String, Actual)>) -> Option<Vec<Actual>> {
    let lengths: Vec<Option<usize>> = columns
        .iter()
        .map(|(_, column)| match column {
            Actual::List(values) => Some(values.len()),
            Actual::Several(all) => Some(all.len()),
            _ => None,
        })
        .collect();
    let Some(Some(length)) = lengths.first().copied() else {
        // a single row
        return Some(vec![Actual::Map(columns)]);
    };
    if lengths.iter().any(|other| *other != Some(length)) {
        return None;
    }
    let cell = |column: &Actual, row: usize| match column {
        Actual::List(values) => values.get(row).cloned().map(Actual::Value),
        Actual::Several(all) => all.get(row).cloned(),
        _ => None,
    };
    let row = |row: usize| {
        let cells = columns
            .iter()
            .map(|(name, column)| (name.clone(), cell(column, row).unwrap_or(Actual::Absent)));
        Actual::Map(cells.collect())
    };
    Some((0..length).map(row).collect())
}

/// Number of elements or bytes.
pub(crate) fn length(actual: &Actual) -> usize {
    match actual {
        Actual::Absent | Actual::Unreadable(_) => 0,
        Actual::Value(Value::String(text) | Value::CoreLink(text)) => text.len(),
        Actual::Value(Value::Opaque(bytes) | Value::Untyped(bytes)) => bytes.len(),
        Actual::Value(_) => 1,
        Actual::List(values) => values.len(),
        Actual::Nodes(nodes) => nodes.len(),
        Actual::Links(links) => links.len(),
        Actual::Tlv(entries) => entries.len(),
        Actual::Map(fields) => fields.len(),
        Actual::Several(all) => all.len(),
    }
}
