//! What a Bootstrap-Server asks and writes: paths, formats, and the accounts that come of it (Core TS, 6.1.7 and E.1).
//!
//! An account is looked at when the session ends, since it may be written in parts.

use std::collections::BTreeMap;

use coap::{Code, ContentFormat};
use lwm2m::{Operation, Path, Value, codec};
use testcase::{Role, Seat};

use super::Finding;
use super::rules::{
    BOOTSTRAP_CREDENTIALS, BOOTSTRAP_FORMAT, BOOTSTRAP_IDENTITY, BOOTSTRAP_PATH, BOOTSTRAP_READ,
};
use super::scene::{Scene, is_protected};
use crate::event::{Datagram, Event, Sort};

/// Rules about the event with this index.
pub(super) fn check(scene: &Scene<'_>, index: usize) -> Vec<Finding> {
    let sent = scene.transfer.event(index).zip(scene.datagram_of(index));
    let Some((event, datagram)) = sent else {
        return Vec::new();
    };
    let hidden = event.message.as_ref().is_none_or(is_protected);
    if hidden || event.from.role != Role::BootstrapServer || !scene.is_whole(event) {
        return Vec::new();
    }
    match &event.sort {
        Sort::Request(Some(operation)) => of_request(scene, index, datagram, operation),
        Sort::Response(of) => of_pack(scene, *of, event, datagram),
        _ => Vec::new(),
    }
}

fn of_request(
    scene: &Scene<'_>,
    index: usize,
    datagram: &Datagram,
    operation: &Operation,
) -> Vec<Finding> {
    let mut findings: Vec<Finding> = path(datagram, operation).into_iter().collect();
    match operation {
        Operation::BootstrapWrite(write) if write.path.depth() == 1 => {
            findings.extend(write.content_format.and_then(|it| format(datagram, it)));
        }
        Operation::BootstrapRead(read) => {
            findings.extend(read.accept.and_then(|accept| accepted(datagram, accept)));
        }
        Operation::BootstrapFinish(_) => {
            findings.extend(accounts(datagram, &written(scene, index)));
        }
        _ => {}
    }
    findings
}

/// The accounts of a pack.
fn of_pack(scene: &Scene<'_>, of: usize, event: &Event, datagram: &Datagram) -> Vec<Finding> {
    let asked = scene.transfer.event(of).and_then(Event::operation);
    let Some(message) = &event.message else {
        return Vec::new();
    };
    let is_pack = matches!(asked, Some(Operation::BootstrapPackRequest(_)));
    if !is_pack || message.code != Code::CONTENT {
        return Vec::new();
    }
    let mut values = Values::new();
    if let Some(format) = message.content_format() {
        take(
            &mut values,
            scene,
            event,
            format,
            &message.payload,
            &Path::ROOT,
        );
    }
    accounts(datagram, &values)
}

fn path(datagram: &Datagram, operation: &Operation) -> Option<Finding> {
    let prefix = match operation {
        Operation::BootstrapWrite(write) => &write.prefix,
        Operation::BootstrapRead(read) => &read.prefix,
        Operation::BootstrapDiscover(discover) => &discover.prefix,
        Operation::BootstrapDelete(delete) => &delete.prefix,
        _ => return None,
    };
    let text = format!("put /{} before a path", prefix.join("/"));
    (!prefix.is_empty()).then(|| {
        let actual = format!("/{}", prefix.join("/"));
        BOOTSTRAP_PATH.broken(datagram, "path", "a path of the data model", actual, &text)
    })
}

/// Only what carries several values can fill an Object.
fn format(datagram: &Datagram, format: ContentFormat) -> Option<Finding> {
    SINGLE.contains(&format).then(|| {
        let text = format!("wrote an Object in {format}");
        let expected = "a format of several values";
        BOOTSTRAP_FORMAT.broken(
            datagram,
            "content-format",
            expected,
            format.to_string(),
            &text,
        )
    })
}

fn accepted(datagram: &Datagram, accept: ContentFormat) -> Option<Finding> {
    SINGLE.contains(&accept).then(|| {
        let text = format!("asked for {accept} in a Bootstrap-Read");
        let expected = "a format of several values";
        BOOTSTRAP_READ.broken(datagram, "accept", expected, accept.to_string(), &text)
    })
}

/// Values by their path.
type Values = BTreeMap<Path, Value>;

/// What the Bootstrap-Server wrote to this client since the client last asked.
fn written(scene: &Scene<'_>, finish: usize) -> Values {
    let Some(end) = scene.transfer.event(finish) else {
        return Values::new();
    };
    let between = |event: &Event| {
        let ends: [Seat; 2] = [event.from, event.to];
        ends.contains(&end.from) && ends.contains(&end.to)
    };
    let events = scene.transfer.events().iter().take(finish);
    let events: Vec<&Event> = events.filter(|event| between(event)).collect();
    let began = events
        .iter()
        .rposition(|event| matches!(event.operation(), Some(Operation::BootstrapRequest(_))));
    let mut values = Values::new();
    for event in events.iter().skip(began.unwrap_or(0)) {
        match event.operation() {
            Some(Operation::BootstrapWrite(write)) => {
                if let Some(format) = write.content_format {
                    take(
                        &mut values,
                        scene,
                        event,
                        format,
                        &write.payload,
                        &write.path,
                    );
                }
            }
            Some(Operation::BootstrapDelete(delete)) => {
                values.retain(|path, _| !delete.path.contains(path));
            }
            _ => {}
        }
    }
    values
}

fn take(
    values: &mut Values,
    scene: &Scene<'_>,
    event: &Event,
    format: ContentFormat,
    payload: &[u8],
    base: &Path,
) {
    let definitions = scene.definitions(event);
    if let Ok(decoded) = codec::decode(format, payload, base, &definitions) {
        values.extend(
            decoded
                .nodes
                .into_iter()
                .map(|node| (node.path, node.value)),
        );
    }
}

/// Rules about the server accounts among values; one that was written in part only is left alone.
fn accounts(datagram: &Datagram, values: &Values) -> Vec<Finding> {
    let instances = values.keys().filter(|path| path.object() == Some(0));
    let mut instances: Vec<u16> = instances.filter_map(Path::instance).collect();
    instances.dedup();
    let account = |id: u16| Account { id, values };
    let accounts = instances.into_iter().map(account);
    accounts
        .flat_map(|account| {
            let identity = account.identity(datagram);
            identity.into_iter().chain(account.credentials(datagram))
        })
        .collect()
}

/// An instance of the Security Object as it was written.
struct Account<'a> {
    id: u16,
    values: &'a Values,
}

impl Account<'_> {
    fn value(&self, resource: u16) -> Option<&Value> {
        self.values.get(&Path::new(&[0, self.id, resource])?)
    }

    fn number(&self, resource: u16) -> Option<i64> {
        match self.value(resource)? {
            Value::Integer(number) => Some(*number),
            Value::UnsignedInteger(number) => i64::try_from(*number).ok(),
            _ => None,
        }
    }

    /// Resource 10 is there unless 1 is true, and names a server (Core TS, E.1).
    fn identity(&self, datagram: &Datagram) -> Option<Finding> {
        if self.value(1) != Some(&Value::Boolean(false)) {
            return None;
        }
        let subject = format!("/0/{}/10", self.id);
        let Some(number) = self.number(10) else {
            let text = format!("wrote the account /0/{} without Short Server ID", self.id);
            return (self.value(10).is_none()).then(|| {
                BOOTSTRAP_IDENTITY.broken(datagram, &subject, "1..65534", "absent", &text)
            });
        };
        let text = format!("wrote {subject} = {number}, which names no server");
        (!(1..=65534).contains(&number)).then(|| {
            BOOTSTRAP_IDENTITY.broken(datagram, &subject, "1..65534", number.to_string(), &text)
        })
    }

    /// What the mode has no use for is empty: 3, 4 and 5 in NoSec, 4 with a pre-shared key, 3 and 5 with EST (Core TS, E.1).
    fn credentials(&self, datagram: &Datagram) -> Option<Finding> {
        let mode = self.number(2)?;
        let unused: &[u16] = match mode {
            0 => &[4],
            3 => &[3, 4, 5],
            4 => &[3, 5],
            _ => &[],
        };
        let filled = |resource: &&u16| match self.value(**resource) {
            Some(Value::Opaque(bytes)) => !bytes.is_empty(),
            Some(Value::String(text)) => !text.is_empty(),
            _ => false,
        };
        let resource = unused.iter().find(filled)?;
        let subject = format!("/0/{}/{resource}", self.id);
        let text = format!("wrote {subject}, for which Security Mode {mode} has no use");
        Some(BOOTSTRAP_CREDENTIALS.broken(datagram, &subject, "empty", "a value", &text))
    }
}

/// Formats of a single value, or of none.
const SINGLE: [ContentFormat; 4] = [
    ContentFormat::TEXT,
    ContentFormat::OPAQUE,
    ContentFormat::CBOR,
    ContentFormat::LINK_FORMAT,
];

#[cfg(test)]
pub(super) mod tests {
    use super::super::Level::Must;
    use super::super::trial::{
        Draft, Row, Script, ack, con, content, from_bootstrap, hex, to_bootstrap,
    };
    use super::*;

    const TLV: u16 = 11542;
    const JSON: u16 = 110;

    pub(in super::super) fn rows() -> Vec<Row> {
        let row = |rule, sound, broken, frame| {
            Row::new(rule, Must, sound, broken, frame, Seat::BOOTSTRAP_SERVER)
        };
        let write = |path: &str, format: u16, bytes: &str| {
            written(content(
                con(Code::PUT, 2, 2).path(path),
                format,
                &hex(bytes),
            ))
        };
        let read = |accept: u16| {
            vec![from_bootstrap(
                10,
                con(Code::GET, 2, 2).path("/1").accept(accept),
            )]
        };
        // /0/0: 1 false, 2 as said, 5 as said, 10 as said
        let account = |bytes: &str| write("/0", TLV, bytes);
        let sound = "08 00 09 c1 01 00 c1 02 03 c1 0a 01";
        vec![
            row(
                "bootstrap-path",
                write("/1/0/1", 0, "31"),
                write("/lwm2m/1/0/1", 0, "31"),
                1,
            ),
            row(
                "bootstrap-write-format",
                account(sound),
                vec![write("/1", 0, "31").remove(0)],
                1,
            )
            .also("payload-unreadable"),
            row("bootstrap-read-accept", read(TLV), read(0), 1),
            row(
                "bootstrap-account-identity",
                account(sound),
                account("06 00 c1 01 00 c1 02 03"),
                3,
            ),
            row(
                "bootstrap-account-identity",
                account(sound),
                account("08 00 0a c1 01 00 c1 02 03 c2 0a 00 00"),
                3,
            )
            .also("value-range"),
            row(
                "bootstrap-unused-credentials",
                account("08 00 0b c1 01 00 c1 02 03 c0 05 c1 0a 01"),
                account("08 00 0c c1 01 00 c1 02 03 c1 05 6b c1 0a 01"),
                3,
            ),
            row(
                "bootstrap-unused-credentials",
                account("08 00 0c c1 01 00 c1 02 00 c1 05 6b c1 0a 01"),
                account("08 00 0c c1 01 00 c1 02 00 c1 04 6b c1 0a 01"),
                3,
            ),
            row(
                "bootstrap-unused-credentials",
                account(sound),
                account("08 00 0c c1 01 00 c1 02 04 c1 03 6b c1 0a 01"),
                3,
            ),
            row("bootstrap-name", named("/1/0/"), named("/lwm2m/1/0/"), 1),
        ]
    }

    /// A Bootstrap-Write, its answer, and the end of the session.
    fn written(draft: Draft) -> Script {
        vec![
            from_bootstrap(10, draft),
            to_bootstrap(20, ack(Code::CHANGED, 2, 2)),
            from_bootstrap(30, con(Code::POST, 3, 3).path("/bs")),
        ]
    }

    fn named(base: &str) -> Script {
        let payload = format!("[{{\"bn\":\"{base}\",\"n\":\"1\",\"v\":60}}]");
        let draft = con(Code::PUT, 2, 2).path("/1/0");
        written(content(draft, JSON, payload.as_bytes()))
    }

    #[test]
    fn what_was_deleted_or_belongs_to_an_earlier_session_is_not_looked_at() {
        use super::super::trial::findings;
        let bad = || {
            let payload = hex("06 00 c1 01 00 c1 02 03");
            let draft = content(con(Code::PUT, 2, 2).path("/0"), TLV, &payload);
            from_bootstrap(10, draft)
        };
        let finish = || from_bootstrap(30, con(Code::POST, 3, 3).path("/bs"));
        let delete = from_bootstrap(20, con(Code::DELETE, 4, 4).path("/0"));
        let ask = to_bootstrap(20, con(Code::POST, 5, 5).path("/bs").query("ep=a"));
        for between in [delete, ask] {
            let found = findings(&[bad(), between, finish()]);
            let rules: Vec<&str> = found.iter().map(|finding| finding.rule).collect();
            assert!(!rules.contains(&"bootstrap-account-identity"), "{rules:?}");
        }
    }
}
