//! The URN of an Object, and the range that its ID lies in (Core TS, 7.2; OMNA's table of Object IDs).

use lwm2m::ObjectVersion;

use crate::definition::Object;
use crate::finding::Remark;
use crate::text::quoted;

/// The URN has its form, and says what the other fields say.
pub(super) fn urn(object: &Object<'_>) -> Vec<Remark> {
    let Some(field) = object.field("ObjectURN") else {
        return Vec::new();
    };
    let faults = urn_faults(&field.text, object.id(), object.version());
    let remark = |(message, help): (String, String)| Remark::new(field.at.clone(), message, help);
    faults.into_iter().map(remark).collect()
}

/// The ID is one that OMA gives out.
pub(super) fn id(object: &Object<'_>) -> Vec<Remark> {
    let (Some(field), Some(id)) = (object.field("ObjectID"), object.id()) else {
        return Vec::new();
    };
    if category_of(id).is_some() || TEST.contains(&id) {
        return Vec::new();
    }
    let message = format!("ObjectID {id} is reserved");
    vec![Remark::new(field.at, message, RANGES)]
}

/// What is wrong with a URN, and what would be right.
pub(crate) fn urn_faults(
    urn: &str,
    id: Option<u16>,
    version: Option<ObjectVersion>,
) -> Vec<(String, String)> {
    let urn = urn.trim();
    let right = |category: &str| match (id, version) {
        (Some(id), Some(ObjectVersion::INITIAL) | None) => format!("urn:oma:lwm2m:{category}:{id}"),
        (Some(id), Some(version)) => format!("urn:oma:lwm2m:{category}:{id}:{version}"),
        (None, _) => format!("urn:oma:lwm2m:{category}:ID"),
    };
    let own = id.and_then(category_of);
    let help = |category: &str| format!("\"{}\"", right(own.unwrap_or(category)));
    let parts: Vec<&str> = urn.split(':').collect();
    let (category, of_id, of_version) = match parts.as_slice() {
        ["urn", "oma", "lwm2m", category @ ("oma" | "ext" | "x"), id] => (*category, *id, None),
        [
            "urn",
            "oma",
            "lwm2m",
            category @ ("oma" | "ext" | "x"),
            id,
            version,
        ] => (*category, *id, Some(*version)),
        _ => {
            let message = format!(
                "URN is {}, wanted urn:oma:lwm2m:{{oma|ext|x}}:ID[:VERSION]",
                quoted(urn)
            );
            return vec![(message, help("x"))];
        }
    };
    let mut faults = Vec::new();
    if let Some(id) = id.filter(|id| id.to_string() != of_id) {
        let message = format!("URN is of Object {}, but ObjectID is {id}", quoted(of_id));
        faults.push((message, help(category)));
    }
    if let Some(own) = own.filter(|own| *own != category) {
        let message =
            format!("URN is of the category \"{category}\", but the ObjectID of \"{own}\"");
        faults.push((message, RANGES.to_owned()));
    }
    let stated = of_version.map(str::parse::<ObjectVersion>);
    match (stated, version) {
        (Some(Err(_)), _) => {
            let found = quoted(of_version.unwrap_or_default());
            faults.push((format!("URN names the version {found}"), help(category)));
        }
        (Some(Ok(ObjectVersion::INITIAL)), Some(ObjectVersion::INITIAL)) => {
            faults.push(("URN names the version 1.0".to_owned(), help(category)));
        }
        (Some(Ok(stated)), Some(version)) if stated != version => {
            let message = format!("URN names the version {stated}, but the Object has {version}");
            faults.push((message, help(category)));
        }
        (None, Some(version)) if version != ObjectVersion::INITIAL => {
            let message = format!("URN names no version, but the Object has {version}");
            faults.push((message, help(category)));
        }
        _ => {}
    }
    faults
}

/// The category that an Object ID belongs to; `None` if it is reserved.
pub(crate) const fn category_of(id: u16) -> Option<&'static str> {
    match id {
        0..=1023 => Some("oma"),
        2048..=10240 => Some("ext"),
        10241..=42768 => Some("x"),
        _ => None,
    }
}

/// Object IDs for tests, of no category.
const TEST: std::ops::RangeInclusive<u16> = 42769..=42800;

/// What the ranges are for.
const RANGES: &str = "oma: 0 to 1023, ext: 2048 to 10240, x: 10241 to 42768, tests: 42769 to 42800; the others are reserved";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urns() {
        for (urn, id, version, faults) in [
            ("urn:oma:lwm2m:oma:3", 3, "1.0", 0),
            ("urn:oma:lwm2m:oma:3:1.1", 3, "1.1", 0),
            ("urn:oma:lwm2m:x:42770", 42770, "1.0", 0),
            ("urn:oma:lwm2m:oma:3:1.0", 3, "1.0", 1),
            ("urn:oma:lwm2m:oma:3", 3, "1.1", 1),
            ("urn:oma:lwm2m:oma:3:1.2", 3, "1.1", 1),
            ("urn:oma:lwm2m:oma:3:one", 3, "1.1", 1),
            ("urn:oma:lwm2m:ext:4:1.2", 3, "1.1", 3),
            ("urn:oma:lwm2m:oma:03", 3, "1.0", 1),
            ("urn:oma:lwm2m:y:3", 3, "1.0", 1),
            ("urn:oma:lwm2m:oma", 3, "1.0", 1),
            ("URN:oma:lwm2m:oma:3", 3, "1.0", 1),
            ("", 3, "1.0", 1),
        ] {
            let found = urn_faults(urn, Some(id), version.parse().ok());
            assert_eq!(found.len(), faults, "{urn}: {found:?}");
        }
        assert_eq!(urn_faults("urn:oma:lwm2m:oma:3:1.1", None, None), []);
    }
}
