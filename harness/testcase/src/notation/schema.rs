//! JSON Schemas of the notation (draft 2020-12), so that editors complete and check what authors write.
//!
//! They follow the tables; what needs more than one key to judge is left to the loader.

use serde_json::{Map, Value, json};

use super::key::{Key, Kind, Table};
use super::{
    CASE, COAP_FIELDS, CONFIGURATION, DEED, DEVIATION, ERRATUM, FEATURES, LINE, MUTANT, NETWORK,
    PARAMETERS, PROFILE, SECURITY, SET, STATE, STEP, TESTS, TRANSPORTS,
};
use crate::model::{ControlVerb, FieldName, NetworkVerb, Seat, Shape, Word, WordKind};

/// Every schema, by the name of its file: `case.schema.json`.
pub fn schemas() -> Vec<(String, Value)> {
    let mut files: Vec<(String, Value)> =
        [CASE, STATE, CONFIGURATION, SET, ERRATUM, MUTANT, PROFILE]
            .into_iter()
            .map(|table| {
                (
                    format!("{}.schema.json", table.name),
                    file(table, object(table)),
                )
            })
            .collect();
    let list = json!({"type": "array", "items": object(DEVIATION)});
    files.push(("expected.schema.json".to_owned(), file(DEVIATION, list)));
    files
}

fn file(table: Table, body: Value) -> Value {
    let mut schema = Map::new();
    schema.insert(
        "$schema".to_owned(),
        json!("https://json-schema.org/draft/2020-12/schema"),
    );
    schema.insert("title".to_owned(), json!(table.name));
    if let Value::Object(members) = body {
        schema.extend(members);
    }
    let used = used_definitions(&Value::Object(schema.clone()));
    if !used.is_empty() {
        schema.insert("$defs".to_owned(), Value::Object(used));
    }
    Value::Object(schema)
}

/// The definitions that `schema` refers to, and those that they refer to.
fn used_definitions(schema: &Value) -> Map<String, Value> {
    let Value::Object(all) = definitions() else {
        return Map::new();
    };
    let mut used: Map<String, Value> = Map::new();
    let mut texts = vec![schema.to_string()];
    while let Some(text) = texts.pop() {
        for (name, definition) in &all {
            let wanted = text.contains(&format!("\"#/$defs/{name}\""));
            if wanted && !used.contains_key(name) {
                used.insert(name.clone(), definition.clone());
                texts.push(definition.to_string());
            }
        }
    }
    used
}

fn definitions() -> Value {
    let seats: Vec<String> = Seat::ALL.iter().map(Seat::to_string).collect();
    json!({
        "seat": {"enum": seats},
        "duration": {"type": "string", "pattern": "^([0-9]+(\\.[0-9]+)?(ms|s|m|min|h)|.*\\$\\{.+\\}.*)$"},
        "letters": {"anyOf": [{"$ref": "#/$defs/letter"}, {"type": "array", "items": {"$ref": "#/$defs/letter"}}]},
        "letter": {"type": "string", "pattern": "^[A-Z]$"},
        "scalar": {"type": ["string", "number", "boolean"]},
        "matcher": matcher(),
        "line": line(),
        "step": step(),
    })
}

/// A map with the keys of `table`.
fn object(table: Table) -> Value {
    with_keys(table.keys, Map::new(), &Map::new())
}

fn with_keys(keys: &[Key], mut more: Map<String, Value>, patterns: &Map<String, Value>) -> Value {
    let required: Vec<&str> = keys
        .iter()
        .filter(|key| key.required)
        .map(|key| key.name)
        .collect();
    for key in keys {
        let mut value = kind(key.kind);
        if let Value::Object(members) = &mut value {
            members.insert("description".to_owned(), json!(described(key)));
        }
        more.insert(key.name.to_owned(), value);
    }
    json!({
        "type": "object",
        "properties": more,
        "patternProperties": patterns,
        "required": required,
        "additionalProperties": false,
    })
}

fn described(key: &Key) -> String {
    if key.default.is_empty() {
        key.meaning.to_owned()
    } else {
        format!("{} Default: {}.", key.meaning, key.default)
    }
}

fn kind(kind: Kind) -> Value {
    let each = |value: Value| json!({"type": "object", "additionalProperties": value});
    let by_seat = |value: Value| {
        let names: Map<_, _> = Seat::ALL
            .iter()
            .map(|seat| (seat.to_string(), value.clone()))
            .collect();
        json!({"type": "object", "properties": names, "additionalProperties": false})
    };
    let texts = json!({"type": "array", "items": {"type": "string"}});
    match kind {
        Kind::Text | Kind::Sentence | Kind::Reference => json!({"type": "string"}),
        Kind::Texts | Kind::Paths => texts,
        Kind::Command => json!({"type": "array", "items": reference("scalar"), "minItems": 1}),
        Kind::Seat => reference("seat"),
        Kind::Seats => json!({"type": "array", "items": reference("seat"), "minItems": 1}),
        Kind::Expression => json!({"type": ["string", "boolean"]}),
        Kind::Choice(words) => json!({"enum": words}),
        Kind::Duration => json!({"type": "string"}),
        Kind::Count => json!({"type": "integer", "minimum": 0}),
        Kind::Boolean => json!({"type": "boolean"}),
        Kind::Letters => json!({"anyOf": [reference("letters"), by_seat(reference("letters"))]}),
        Kind::Map(table) if table.name == "ixit" => json!({"type": "object"}),
        Kind::Map(table) if table.name == "ics" => ics(table),
        Kind::Map(table) => object(table),
        Kind::Values => each(json!({})),
        Kind::Maps(table) => each(object(table)),
        Kind::Steps => json!({"type": "array", "items": reference("step"), "minItems": 1}),
        Kind::Step => reference("step"),
        Kind::Line => reference("line"),
        Kind::Lines => by_seat(reference("line")),
        Kind::Control => by_seat(json!({"enum": names(ControlVerb::NAMED)})),
        Kind::Checks | Kind::With => each(reference("matcher")),
        Kind::Coap => coap(),
        Kind::Each => json!({"anyOf": [
            {"type": "array", "items": {"type": "object"}, "minItems": 1},
            {"type": "object", "minProperties": 1, "maxProperties": 1},
        ]}),
        Kind::Network => network(),
        Kind::Bytes => {
            json!({"type": "string", "pattern": "^(hex:([0-9A-Fa-f]{2})*|.*\\$\\{.+\\}.*)$"})
        }
        Kind::Settings => each(json!({})),
        Kind::Deed => {
            let mut deed = object(DEED);
            deed["minProperties"] = json!(1);
            deed["maxProperties"] = json!(1);
            deed
        }
        Kind::Actions => each(object(super::ACTION)),
        Kind::Objects => each(object(super::CLAIMED_OBJECT)),
        Kind::Any => json!({}),
        Kind::Version => json!({"anyOf": [
            {"type": "string"},
            {"type": "object", "properties": {"command": texts}, "required": ["command"], "additionalProperties": false},
        ]}),
    }
}

/// A profile's claims, with the words that each list may hold.
fn ics(table: Table) -> Value {
    let mut schema = object(table);
    let operations: Vec<&str> = Word::all()
        .filter(|word| word.kind() == WordKind::Request)
        .map(Word::name)
        .filter(|name| !matches!(*name, "follow" | "download"))
        .collect();
    let formats: Vec<&str> = coap::ContentFormat::NAMED
        .iter()
        .map(|(_, name)| *name)
        .collect();
    let versions: Vec<&str> = lwm2m::Version::ALL
        .iter()
        .map(|version| version.as_str())
        .collect();
    let first = |words: &[(&'static str, &str)]| -> Vec<&str> {
        words.iter().map(|(name, _)| *name).collect()
    };
    for (key, words) in [
        ("lwm2m", versions),
        ("transports", first(TRANSPORTS)),
        ("security", first(SECURITY)),
        ("content-formats", formats),
        ("operations", operations),
        ("features", first(FEATURES)),
    ] {
        schema["properties"][key]["items"] = json!({"enum": words});
        schema["properties"][key]["uniqueItems"] = json!(true);
    }
    schema
}

fn matcher() -> Value {
    let mut tests = Map::new();
    for row in TESTS {
        tests.insert(row.name.to_owned(), json!({"description": row.meaning}));
    }
    for (name, meaning) in PARAMETERS {
        tests.insert((*name).to_owned(), json!({"description": meaning}));
    }
    for field in FieldName::ALL {
        let meaning = json!({"description": field.meaning()});
        tests.entry(field.name()).or_insert(meaning);
    }
    json!({"anyOf": [
        reference("scalar"),
        {"type": "array", "items": reference("matcher")},
        {
            "type": "object",
            "properties": tests,
            "patternProperties": {"^(/|\\$\\{)": reference("matcher")},
            "additionalProperties": false,
        },
    ]})
}

fn line() -> Value {
    let mut words = Map::new();
    for word in Word::all() {
        let mut value = match word {
            Word::OneOf => json!({"type": "array", "items": reference("line"), "minItems": 2}),
            Word::Ask => json!({"type": "string"}),
            Word::Silence => {
                let requests = Word::all().filter(|word| word.kind() == WordKind::Request);
                let of: Vec<_> = requests.map(Word::name).chain(["any"]).collect();
                json!({
                    "type": "object",
                    "properties": {"of": {"type": "array", "items": {"enum": of}, "minItems": 1}},
                    "required": ["of"],
                    "additionalProperties": false,
                })
            }
            word => fields(word.fields()),
        };
        value["description"] = json!(word.meaning());
        words.insert(word.name().to_owned(), value);
    }
    with_keys(LINE.keys, words, &Map::new())
}

fn fields(names: &[FieldName]) -> Value {
    let mut properties = Map::new();
    for field in names {
        let mut value = match field.shape() {
            Shape::Cancelling => json!({"enum": crate::read::CANCELLING}),
            Shape::WriteMode => json!({"enum": crate::read::WRITE_MODES}),
            _ => json!({"allOf": [reference("matcher")]}),
        };
        value["description"] = json!(field.meaning());
        properties.insert(field.name().to_owned(), value);
    }
    json!({"type": "object", "properties": properties, "additionalProperties": false})
}

fn step() -> Value {
    let seats = Seat::ALL.iter().map(|seat| {
        let mut line = json!({"allOf": [reference("line")]});
        line["description"] = json!(format!("What the {seat} sends."));
        (seat.to_string(), line)
    });
    with_keys(STEP.keys, seats.collect(), &Map::new())
}

fn coap() -> Value {
    let mut properties = Map::new();
    for key in COAP_FIELDS.iter().filter(|key| !key.name.ends_with("-N")) {
        properties.insert(key.name.to_owned(), json!({"description": key.meaning}));
    }
    for name in crate::read::option_names() {
        properties.insert(name, json!({"description": "Option."}));
    }
    json!({
        "type": "object",
        "properties": properties,
        "patternProperties": {"^option-[0-9]+$": {}},
        "additionalProperties": false,
    })
}

fn network() -> Value {
    let verbs = names(NetworkVerb::NAMED);
    let scopes: Map<_, _> = verbs
        .iter()
        .map(|verb| ((*verb).to_owned(), object(NETWORK)))
        .collect();
    json!({"anyOf": [
        {"enum": verbs},
        {"type": "object", "properties": scopes, "minProperties": 1, "maxProperties": 1, "additionalProperties": false},
    ]})
}

fn names<T>(named: &[(T, &'static str)]) -> Vec<&'static str> {
    named.iter().map(|(_, name)| *name).collect()
}

fn reference(name: &str) -> Value {
    json!({"$ref": format!("#/$defs/{name}")})
}
