//! What implementations show, as the judge reads it: from the embedded server, and from the JSON of a profile's `show`.

use emulator::Server;
use judge::actual::Actual;
use lwm2m::Value;

/// What the emulated server would show its user.
pub(crate) fn of_server(server: &Server, subject: &str) -> Actual {
    let registrations: Vec<Actual> = server.registrations().iter().map(registration).collect();
    match subject {
        "registration" => registrations.last().cloned().unwrap_or(Actual::Absent),
        "registrations" => Actual::Several(registrations),
        "values" => Actual::Nodes(server.values()),
        _ => Actual::Absent,
    }
}

fn registration(registration: &emulator::RegistrationView) -> Actual {
    let text = |text: &str| Actual::text(text);
    Actual::Map(vec![
        ("endpoint".to_owned(), text(&registration.endpoint)),
        ("lifetime".to_owned(), Actual::integer(i64::from(registration.lifetime))),
        ("version".to_owned(), text(&registration.version)),
        ("location".to_owned(), text(&registration.location)),
        ("objects".to_owned(), Actual::List(registration.objects.iter().map(|path| Value::String(path.clone())).collect())),
    ])
}

/// JSON as the judge reads it; an object with paths as keys becomes values at paths.
pub(crate) fn of_json(value: &serde_json::Value) -> Actual {
    match value {
        serde_json::Value::Null => Actual::Absent,
        serde_json::Value::Bool(truth) => Actual::Value(Value::Boolean(*truth)),
        serde_json::Value::Number(number) => number
            .as_i64()
            .map(Value::Integer)
            .or_else(|| number.as_f64().map(Value::Float))
            .map_or(Actual::Absent, Actual::Value),
        serde_json::Value::String(text) => Actual::text(text.clone()),
        serde_json::Value::Array(items) => list(items),
        serde_json::Value::Object(fields) => Actual::Map(fields.iter().map(|(name, field)| (name.clone(), of_json(field))).collect()),
    }
}

fn list(items: &[serde_json::Value]) -> Actual {
    let all: Vec<Actual> = items.iter().map(of_json).collect();
    let values: Option<Vec<Value>> = all
        .iter()
        .map(|one| match one {
            Actual::Value(value) => Some(value.clone()),
            _ => None,
        })
        .collect();
    values.map_or(Actual::Several(all), Actual::List)
}
