//! The JSON Schemas of the records, for those who read them with programs of their own.

use serde_json::Value;

use crate::{CaseRecord, FORMAT, SessionRecord};

/// The schemas of `session.json` and `case.json`, by the name of their files.
pub fn schemas() -> [(&'static str, Value); 2] {
    let named = |mut schema: schemars::Schema, title: &str| {
        schema.insert(
            "title".to_owned(),
            format!("testfest {title}, format {FORMAT}").into(),
        );
        schema.to_value()
    };
    [
        (
            "session.schema.json",
            named(schemars::schema_for!(SessionRecord), "session record"),
        ),
        (
            "case-record.schema.json",
            named(schemars::schema_for!(CaseRecord), "case record"),
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_schema_lists_what_a_record_must_have() {
        for (name, schema) in schemas() {
            let required = schema.get("required").and_then(Value::as_array);
            let names: Vec<_> = required
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .collect();
            assert!(names.contains(&"format"), "{name} requires {names:?}");
        }
    }
}
