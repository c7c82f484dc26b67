//! What is taken from an implementation's JSON: JSON Pointers (RFC 6901) with `*` for every element.
//!
//! Pure. A pointer without `*` takes one value, one with `*` an array; what is not there is left out.

use std::collections::BTreeMap;

use serde_json::Value;

/// Takes by every pointer of `pointers`, under its name; no pointers take every member of an object.
pub fn take(answer: &Value, pointers: &BTreeMap<String, String>) -> BTreeMap<String, Value> {
    if pointers.is_empty() {
        return match answer {
            Value::Object(members) => members.clone().into_iter().collect(),
            other => BTreeMap::from([("value".to_owned(), other.clone())]),
        };
    }
    let taken = |(name, pointer): (&String, &String)| Some((name.clone(), find(answer, pointer)?));
    pointers.iter().filter_map(taken).collect()
}

fn find(answer: &Value, pointer: &str) -> Option<Value> {
    if !pointer.is_empty() && !pointer.starts_with('/') {
        return None;
    }
    let segments: Vec<&str> = pointer.split('/').skip(1).collect();
    match segments.iter().position(|segment| *segment == "*") {
        None => segments
            .iter()
            .try_fold(answer, |value, segment| child(value, segment))
            .cloned(),
        Some(star) => {
            let parent = segments
                .iter()
                .take(star)
                .try_fold(answer, |value, segment| child(value, segment))?;
            let rest = segments.get(star + 1..).unwrap_or_default();
            let found = collect(elements(parent)?, rest);
            Some(Value::Array(found.into_iter().cloned().collect()))
        }
    }
}

/// Follows the segments behind a `*` from each of its elements; further `*` spread further.
fn collect<'a>(from: Vec<&'a Value>, segments: &[&str]) -> Vec<&'a Value> {
    segments.iter().fold(from, |values, segment| {
        if *segment == "*" {
            values.into_iter().filter_map(elements).flatten().collect()
        } else {
            values
                .into_iter()
                .filter_map(|value| child(value, segment))
                .collect()
        }
    })
}

fn elements(value: &Value) -> Option<Vec<&Value>> {
    match value {
        Value::Array(elements) => Some(elements.iter().collect()),
        Value::Object(members) => Some(members.values().collect()),
        _ => None,
    }
}

fn child<'a>(value: &'a Value, segment: &str) -> Option<&'a Value> {
    match value {
        Value::Object(members) => members.get(&segment.replace("~1", "/").replace("~0", "~")),
        Value::Array(elements) => elements.get(index(segment)?),
        _ => None,
    }
}

/// An array index: digits without a leading zero (RFC 6901, 4).
fn index(segment: &str) -> Option<usize> {
    let plain = segment == "0" || !segment.starts_with(['0', '+']);
    if plain { segment.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn takes_one_value_every_element_or_nothing() {
        let answer = json!({
            "lifetime": 60,
            "objectLinks": [{"url": "/1/0"}, {"url": "/3/0"}, {"name": "x"}],
            "clients": {"a": {"ids": [1, 2]}, "b": {"ids": [3]}},
            "a/b": {"~": true, "": null},
        });
        for (pointer, taken) in [
            ("/lifetime", Some(json!(60))),
            ("/objectLinks/1/url", Some(json!("/3/0"))),
            ("/objectLinks/*/url", Some(json!(["/1/0", "/3/0"]))),
            ("/clients/*/ids/*", Some(json!([1, 2, 3]))),
            ("/objectLinks/*/nothing", Some(json!([]))),
            ("/a~1b/~0", Some(json!(true))),
            ("/a~1b/", Some(json!(null))),
            ("", Some(answer.clone())),
            ("/nothing", None),
            ("lifetime", None),
            ("/nothing/*", None),
            ("/lifetime/*", None),
            ("/objectLinks/01", None),
            ("/objectLinks/+1", None),
            ("/objectLinks/-", None),
            ("/objectLinks/99999999999999999999999", None),
        ] {
            let pointers = BTreeMap::from([("x".to_owned(), pointer.to_owned())]);
            assert_eq!(take(&answer, &pointers).remove("x"), taken, "{pointer}");
        }
    }

    #[test]
    fn no_pointers_take_every_member() {
        let taken = take(&json!({"a": 1, "b": [2]}), &BTreeMap::new());
        assert_eq!(
            taken,
            BTreeMap::from([("a".to_owned(), json!(1)), ("b".to_owned(), json!([2]))])
        );
        let taken = take(&json!([1]), &BTreeMap::new());
        assert_eq!(taken, BTreeMap::from([("value".to_owned(), json!([1]))]));
    }

    proptest! {
        #[test]
        fn without_a_star_it_is_the_library_s_pointer(pointer in "(/[ab01~*]{0,2}){0,3}") {
            prop_assume!(!pointer.split('/').any(|segment| segment == "*"));
            let answer = json!({"a": [{"b": 1}, 2], "b": {"0": 3, "01": 4, "~": 5}, "": 6});
            let pointers = BTreeMap::from([("x".to_owned(), pointer.clone())]);
            prop_assert_eq!(take(&answer, &pointers).remove("x"), answer.pointer(&pointer).cloned());
        }
    }
}
