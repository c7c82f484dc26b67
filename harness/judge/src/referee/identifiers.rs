//! Identifiers and versions: what may be listed as an Object, and what names a server or a power source (Core TS, 7.2 and 7.4).

use std::collections::BTreeSet;

use lwm2m::{Node, ObjectList, Path, Value, Version};

use super::Finding;
use super::rules::{
    OBJECT_CLASS, OBJECT_VERSION_PLACE, POWER_SOURCES, RESERVED_IDENTIFIER, SHORT_SERVER_ID,
};
use crate::event::Datagram;

/// Rules about the object list of a Register or Update.
pub(super) fn of_list(
    datagram: &Datagram,
    list: &ObjectList,
    version: Option<Version>,
) -> Vec<Finding> {
    let before = version.is_none_or(|version| version == Version::V1_0);
    let mut findings = Vec::new();
    let paths = || list.links.iter().map(|link| link.path);
    if let Some(path) = paths().find(|path| path.ids().contains(&RESERVED)) {
        let text = format!("listed \"{path}\"");
        findings.push(RESERVED_IDENTIFIER.broken(
            datagram,
            "object list",
            "identifiers up to 65534",
            format!("\"{path}\""),
            &text,
        ));
    }
    let object = paths().filter_map(|path| path.object()).find(unassigned);
    if let Some(object) = object {
        let text = format!("listed Object {object}, which nobody may have");
        let finding = OBJECT_CLASS.broken(
            datagram,
            "object list",
            "an Object of an assigned class",
            format!("Object {object}"),
            &text,
        );
        findings.push(finding.softened(before));
    }
    findings.extend(version_place(datagram, list).map(|finding| finding.softened(before)));
    findings
}

/// Rules about values that are sent.
pub(super) fn of_values(
    datagram: &Datagram,
    base: &Path,
    nodes: &[Node],
    version: Option<Version>,
) -> Vec<Finding> {
    let mut findings: Vec<Finding> = Vec::new();
    findings.extend(short_server_id(datagram, nodes, version));
    // only a whole instance tells what is not there
    let whole = matches!(base.depth(), 1 | 2);
    findings.extend(power_sources(datagram, nodes).filter(|_| whole));
    findings
}

/// A version on an instance link, though the Object has several instances.
fn version_place(datagram: &Datagram, list: &ObjectList) -> Option<Finding> {
    let instances = |object: Option<u16>| {
        let links = list.links.iter();
        let links = links.filter(|link| link.path.depth() == 2 && link.path.object() == object);
        links.count()
    };
    let link = list.links.iter().find(|link| {
        let versioned = link.attributes.iter().any(|one| one.name == "ver");
        let several = link.path.depth() == 2 && instances(link.path.object()) > 1;
        versioned && several
    })?;
    let text = format!("put the version of an Object at \"{}\"", link.path);
    Some(OBJECT_VERSION_PLACE.broken(
        datagram,
        "object list",
        "ver at the Object, which has several instances",
        format!("ver at \"{}\"", link.path),
        &text,
    ))
}

fn short_server_id(
    datagram: &Datagram,
    nodes: &[Node],
    version: Option<Version>,
) -> Option<Finding> {
    nodes.iter().find_map(|node| {
        let [1, _, 0] = *node.path.ids() else {
            return None;
        };
        let number = match node.value {
            Value::Integer(number) => number,
            Value::UnsignedInteger(number) => i64::try_from(number).unwrap_or(i64::MAX),
            _ => return None,
        };
        if (1..i64::from(RESERVED)).contains(&number) {
            return None;
        }
        let text = format!("sent {} = {number}", node.path);
        let subject = node.path.to_string();
        let rule = SHORT_SERVER_ID;
        let finding = rule.broken(datagram, &subject, "1 to 65534", number.to_string(), &text);
        // 1.0 ends the range at 65535
        let lax =
            number == i64::from(RESERVED) && version.is_none_or(|version| version == Version::V1_0);
        Some(finding.softened(lax))
    })
}

/// Voltage or current of a power source that the same message does not list.
fn power_sources(datagram: &Datagram, nodes: &[Node]) -> Option<Finding> {
    let of = |wanted: u16| {
        nodes.iter().filter_map(move |node| match *node.path.ids() {
            [3, 0, resource, source] if resource == wanted => Some((source, node.path)),
            _ => None,
        })
    };
    let sources: BTreeSet<u16> = of(SOURCES).map(|(source, _)| source).collect();
    let mut measured = of(VOLTAGE).chain(of(CURRENT));
    let (_, path) = measured.find(|(source, _)| !sources.contains(source))?;
    if sources.is_empty() {
        return None;
    }
    let text = format!("sent {path} of a power source that is not listed");
    let expected = format!("an instance of /3/0/{SOURCES} too");
    Some(POWER_SOURCES.broken(datagram, &path.to_string(), expected, "none", &text))
}

/// Whether an Object ID lies in a class that is reserved (Core TS, D.2.1).
const fn unassigned(object: &u16) -> bool {
    matches!(*object, 1024..=2047 | 42_801..=65_534)
}

/// The identifier that names nothing (Core TS, 7.4).
const RESERVED: u16 = u16::MAX;
/// Available Power Sources, Power Source Voltage, Power Source Current (Core TS, E.4).
const SOURCES: u16 = 6;
const VOLTAGE: u16 = 7;
const CURRENT: u16 = 8;

#[cfg(test)]
pub(super) mod tests {
    use testcase::Seat;

    use super::super::Level::{self, Must, Should};
    use super::super::trial::{Row, Script, ack, con, content, from_client, from_server};
    use coap::Code;

    fn register(version: &str, list: &str) -> Script {
        let post = con(Code::POST, 1, 0xa1)
            .path("/rd")
            .query("ep=a")
            .query("lt=60");
        let post = post.query(&format!("lwm2m={version}"));
        vec![from_client(0, post.format(40).payload(list.as_bytes()))]
    }

    fn read(path: &str, json: &str) -> Script {
        vec![
            from_server(0, con(Code::GET, 1, 0xa1).path(path)),
            from_client(
                1,
                content(ack(Code::CONTENT, 1, 0xa1), 110, json.as_bytes()),
            ),
        ]
    }

    pub(in super::super) fn rows() -> Vec<Row> {
        let list = |rule: &'static str, level: Level, version: &str, more: &str| {
            let sound = "</1/0>,</3/0>,</19>;ver=1.0,</19/0>,</19/1>,</16/0>;ver=1.0";
            let broken = format!("</1/0>,</3/0>,{more}");
            let (sound, broken) = (register(version, sound), register(version, &broken));
            Row::new(rule, level, sound, broken, 1, Seat::CLIENT)
        };
        let values = |rule: &'static str, path: &str, sound: &str, broken: &str| {
            Row::new(
                rule,
                Must,
                read(path, sound),
                read(path, broken),
                2,
                Seat::CLIENT,
            )
        };
        let sources = r#"[{"bn":"/3/0/","n":"6/0","v":1},{"n":"6/1","v":5},{"n":"7/1","v":3800}]"#;
        let stray = r#"[{"bn":"/3/0/","n":"6/0","v":1},{"n":"7/1","v":3800}]"#;
        vec![
            list("reserved-identifier", Must, "1.1", "</16/65535>"),
            list("object-class", Must, "1.1", "</1500/0>"),
            list("object-class", Should, "1.0", "</43000/0>"),
            list(
                "object-version-place",
                Must,
                "1.1",
                "</19/0>;ver=1.0,</19/1>",
            ),
            values(
                "short-server-id",
                "/1/0/0",
                r#"[{"n":"/1/0/0","v":1}]"#,
                r#"[{"n":"/1/0/0","v":0}]"#,
            )
            .also("value-range"),
            values("power-source-instances", "/3/0", sources, stray),
        ]
    }
}
