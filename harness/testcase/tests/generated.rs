//! The reference page and the JSON Schemas say what the loader does; `UPDATE_GOLDEN=1` rewrites them.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::path::{Path, PathBuf};
use std::{env, fs};

fn testcases() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testcases")
}

#[test]
fn the_reference_page_is_what_the_tables_say() {
    let page = testcases().join("reference.md");
    if env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(&page, testcase::reference()).unwrap();
    }
    let found = fs::read_to_string(&page).unwrap_or_default();
    assert!(
        found == testcase::reference(),
        "reference.md is stale: UPDATE_GOLDEN=1"
    );
}

#[test]
fn the_schemas_are_what_the_tables_say() {
    let folder = testcases().join("schema");
    let schemas = testcase::schemas();
    if env::var_os("UPDATE_GOLDEN").is_some() {
        fs::create_dir_all(&folder).unwrap();
        for (name, schema) in &schemas {
            let text = serde_json::to_string_pretty(schema).unwrap() + "\n";
            fs::write(folder.join(name), text).unwrap();
        }
    }
    for (name, schema) in &schemas {
        let text = fs::read_to_string(folder.join(name)).unwrap_or_default();
        let found: Option<serde_json::Value> = serde_json::from_str(&text).ok();
        assert!(
            found.as_ref() == Some(schema),
            "{name} is stale: UPDATE_GOLDEN=1"
        );
    }
    let files = fs::read_dir(&folder).unwrap().count();
    assert_eq!(files, schemas.len(), "a schema that nothing writes");
}

#[test]
fn every_case_fits_its_schema_in_its_keys() {
    let schemas = testcase::schemas();
    let (_, case) = schemas
        .iter()
        .find(|(name, _)| name == "case.schema.json")
        .unwrap();
    let keys = case["properties"].as_object().unwrap();
    let steps = case["$defs"]["step"]["properties"].as_object().unwrap();
    assert!(keys.contains_key("dialogue") && keys.contains_key("bind"));
    assert!(steps.contains_key("server-2") && steps.contains_key("any-order"));
    let line = case["$defs"]["line"]["properties"].as_object().unwrap();
    for word in testcase::Word::all() {
        let fields = &line[word.name()];
        for field in word.fields() {
            let known =
                word == testcase::Word::Silence || fields["properties"].get(field.name()).is_some();
            assert!(known, "{word} {field}");
        }
    }
}
