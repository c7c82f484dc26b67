//! What an LwM2M Server asks of a client: attributes, arguments, and Objects to be instantiated (Core TS, 6.3).
//!
//! Goes by what the client has announced; a request to one that announced nothing is not looked at.

use lwm2m::operation::{Create, Execute, WriteAttributes};
use lwm2m::{Operation, Version};

use super::Finding;
use super::rules::{ATTRIBUTE_NAME, CREATE_TARGET, EXECUTE_ARGUMENTS};
use super::scene::{Scene, is_protected};
use crate::event::{Datagram, Event};

/// Rules about the event with this index.
pub(super) fn check(scene: &Scene<'_>, index: usize) -> Vec<Finding> {
    let sent = scene.transfer.event(index).zip(scene.datagram_of(index));
    let Some((event, datagram)) = sent else {
        return Vec::new();
    };
    if event.message.as_ref().is_none_or(is_protected) || !scene.is_whole(event) {
        return Vec::new();
    }
    match scene.operation(index) {
        Some(Operation::WriteAttributes(write)) => attributes(scene, event, datagram, write),
        Some(Operation::Execute(execute)) => arguments(scene, event, datagram, execute)
            .into_iter()
            .collect(),
        Some(Operation::Create(create)) => {
            target(scene, event, datagram, create).into_iter().collect()
        }
        _ => Vec::new(),
    }
}

/// Attributes that cannot be written, or that the client's version does not have; what nobody knows is a remark.
fn attributes(
    scene: &Scene<'_>,
    event: &Event,
    datagram: &Datagram,
    write: &WriteAttributes,
) -> Vec<Finding> {
    let version = scene.client_version(event).unwrap_or(scene.version);
    let names = write
        .query
        .iter()
        .map(|query| query.split('=').next().unwrap_or_default());
    names
        .filter_map(|name| {
            let since = NOTIFICATION.iter().find(|(known, _)| *known == name);
            if since.is_some_and(|(_, since)| *since <= version) {
                return None;
            }
            let text = format!("attached \"{name}\", which is no attribute of LwM2M {version}");
            let expected = format!("a NOTIFICATION attribute of LwM2M {version}");
            let finding = ATTRIBUTE_NAME.broken(datagram, name, expected, name, &text);
            Some(finding.softened(since.is_none() && !PROPERTIES.contains(&name)))
        })
        .collect()
}

/// Arguments out of the grammar; a digit that stands twice is forbidden from 1.2.1 on.
fn arguments(
    scene: &Scene<'_>,
    event: &Event,
    datagram: &Datagram,
    execute: &Execute,
) -> Option<Finding> {
    // a POST of text to what cannot be executed was meant as a Write
    let definitions = scene.definitions(event);
    let executable = definitions.resource_at(&execute.path)?.operations.execute;
    let error = execute.arguments().err().filter(|_| executable)?;
    let text = format!("sent arguments that cannot be read: {error}");
    let found = String::from_utf8_lossy(&execute.payload).into_owned();
    let rule = EXECUTE_ARGUMENTS;
    let finding = rule.broken(datagram, "arguments", rule.says, found, &text);
    let version = scene.client_version(event).unwrap_or(scene.version);
    Some(finding.softened(error.wanted == ONCE && version < Version::V1_2))
}

/// A Create of an Object that the client has not announced.
fn target(
    scene: &Scene<'_>,
    event: &Event,
    datagram: &Datagram,
    create: &Create,
) -> Option<Finding> {
    let announced = scene.announced(event)?;
    let object = create.path.object()?;
    if announced.listed.is_empty() || announced.listed.contains(&object) {
        return None;
    }
    let text = format!("created an instance of /{object}, which the client has not announced");
    let rule = CREATE_TARGET;
    Some(rule.broken(datagram, "path", rule.says, create.path.to_string(), &text))
}

/// NOTIFICATION attributes and the version that brought them (Core TS, 5.1.2; 1.2: 7.3.2).
const NOTIFICATION: &[(&str, Version)] = &[
    ("pmin", Version::V1_0),
    ("pmax", Version::V1_0),
    ("gt", Version::V1_0),
    ("lt", Version::V1_0),
    ("st", Version::V1_0),
    ("epmin", Version::V1_1),
    ("epmax", Version::V1_1),
    ("edge", Version::V1_2),
    ("con", Version::V1_2),
    ("hqmax", Version::V1_2),
];
/// PROPERTIES attributes, which only a client tells (Core TS, 5.1.1).
const PROPERTIES: &[&str] = &["dim", "ver", "ssid", "uri", "lwm2m"];
/// What the reader of arguments wants where a digit stands again.
const ONCE: &str = "a digit that was not used before";

#[cfg(test)]
pub(super) mod tests {
    use coap::Code;
    use testcase::Seat;

    use super::super::Level::{self, Must, Should};
    use super::super::trial::{Row, Script, ack, con, content, from_client, from_server};

    pub(in super::super) fn rows() -> Vec<Row> {
        let row = |rule, level: Level, sound: Script, broken: Script| {
            Row::new(rule, level, sound, broken, 3, Seat::SERVER)
        };
        let attach = |query: &str| asked(con(Code::PUT, 2, 2).path("/3/0").query(query));
        let execute = |payload: &str| {
            let draft = con(Code::POST, 2, 2).path("/3/0/4");
            asked(content(draft, 0, payload.as_bytes()))
        };
        let create = |path: &str| {
            let draft = con(Code::POST, 2, 2).path(path);
            asked(content(draft, 11542, &[0x00, 0x01]))
        };
        vec![
            row(
                "attribute-unknown",
                Must,
                attach("epmin=1"),
                attach("dim=3"),
            ),
            row("attribute-unknown", Must, attach("pmin"), attach("con=1")),
            row("attribute-unknown", Should, attach("st=1"), attach("own=1")),
            row(
                "execute-arguments",
                Must,
                execute("0='a',5"),
                execute("0='a b'"),
            ),
            row("execute-arguments", Must, execute("1,2"), execute("1;2")),
            row("execute-arguments", Should, execute("1,2"), execute("1,1")),
            row("create-target", Must, create("/16"), create("/17")),
        ]
    }

    /// A client that registers with Objects 1, 3 and 16, and a request to it.
    fn asked(draft: super::super::trial::Draft) -> Script {
        let register = con(Code::POST, 1, 1)
            .path("/rd")
            .query("ep=a")
            .query("lt=60")
            .query("lwm2m=1.1");
        vec![
            from_client(0, content(register, 40, b"</1/0>,</3/0>,</16>")),
            from_server(1, ack(Code::CREATED, 1, 1).location("/rd/1")),
            from_server(10, draft),
        ]
    }

    #[test]
    fn text_for_what_cannot_be_executed_is_no_argument() {
        let draft = con(Code::POST, 2, 2).path("/1/0/1");
        let script = asked(content(draft, 0, b"61"));
        assert!(super::super::trial::findings(&script).is_empty());
    }
}
