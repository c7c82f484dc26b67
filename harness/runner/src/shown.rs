//! What implementations show, as the judge reads it: from the embedded server, and from the JSON of a profile's `show`.

use emulator::{Registration, Server};
use judge::actual::Actual;
use lwm2m::{Node, Path, Value};

/// What the emulated server would show its user.
pub(crate) fn of_server(server: &Server, subject: &str) -> Actual {
    let registrations = server.registrations();
    match subject {
        "registration" => registrations.last().map_or(Actual::Absent, registration),
        "registrations" => Actual::Several(registrations.iter().map(registration).collect()),
        "values" => registrations.last().map_or(Actual::Absent, |known| {
            let values = server.values(&known.endpoint);
            Actual::Nodes(
                values
                    .into_iter()
                    .map(|(path, known)| Node::new(path, known.value))
                    .collect(),
            )
        }),
        _ => Actual::Absent,
    }
}

fn registration(known: &Registration) -> Actual {
    let targets = known
        .objects
        .iter()
        .map(|link| Value::String(link.target.clone()));
    Actual::Map(vec![
        ("endpoint".to_owned(), Actual::text(known.endpoint.clone())),
        (
            "lifetime".to_owned(),
            Actual::integer(i64::from(known.lifetime)),
        ),
        ("version".to_owned(), Actual::text(known.version.clone())),
        (
            "binding".to_owned(),
            Actual::optional_text(known.binding.clone()),
        ),
        (
            "queue-mode".to_owned(),
            Actual::Value(Value::Boolean(known.queue_mode)),
        ),
        ("sms".to_owned(), Actual::optional_text(known.sms.clone())),
        (
            "profile-id".to_owned(),
            Actual::optional_text(known.profile_id.clone()),
        ),
        ("location".to_owned(), Actual::text(known.location.clone())),
        ("objects".to_owned(), Actual::List(targets.collect())),
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
        serde_json::Value::Object(fields) => nodes(fields).unwrap_or_else(|| {
            Actual::Map(
                fields
                    .iter()
                    .map(|(name, field)| (name.clone(), of_json(field)))
                    .collect(),
            )
        }),
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

/// Values at paths, if every name is a path; a multiple Resource is an object of its instances.
fn nodes(fields: &serde_json::Map<String, serde_json::Value>) -> Option<Actual> {
    let mut nodes = Vec::new();
    for (name, field) in fields {
        put(&mut nodes, name.parse().ok()?, field)?;
    }
    (!nodes.is_empty()).then_some(Actual::Nodes(nodes))
}

fn put(nodes: &mut Vec<Node>, path: Path, field: &serde_json::Value) -> Option<()> {
    if let serde_json::Value::Object(instances) = field {
        for (id, instance) in instances {
            put(nodes, path.child(id.parse().ok()?)?, instance)?;
        }
        return Some(());
    }
    match of_json(field) {
        Actual::Value(value) => {
            // some show a multiple Resource both as a whole and by its instances
            let node = Node::new(path, value);
            if !nodes.contains(&node) {
                nodes.push(node);
            }
        }
        Actual::Absent => {}
        _ => return None,
    }
    Some(())
}
