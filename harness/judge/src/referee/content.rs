//! Content: that a message states its format, keeps to Accept, and carries what the format says (Core TS, 7.5).
//!
//! Silent without definition, for formats nobody knows, and for bodies of which a part was not seen.

use coap::{Code, ContentFormat, Message};
use lwm2m::codec::{self, CodecError, CodecErrorKind, CodecRemark};
use lwm2m::{Node, Operation, Path, Version};
use testcase::Role;

use super::remarks::Context;
use super::rules::{
    ACCEPT, FORMAT_FOREIGN, FORMAT_MISSING, LWM2M_JSON_SENT, PAYLOAD_UNREADABLE, VALUE_RANGE,
};
use super::scene::{Scene, is_protected};
use super::{Finding, links, remarks};
use crate::event::{Datagram, Event, Sort};

/// What a payload carries.
#[derive(Clone, Copy)]
enum Carries {
    /// Values below a path.
    Nodes(Path),
    /// A list of paths.
    Paths,
    /// Links; whether a Bootstrap-Server asked for them.
    Links(bool),
}

/// Rules about the content of the event with this index.
pub(super) fn check(scene: &Scene<'_>, index: usize) -> Vec<Finding> {
    let Some(sent) = Sent::of(scene, index) else {
        return Vec::new();
    };
    let Some(carries) = sent.carries() else {
        return Vec::new();
    };
    let Some(format) = sent.message.content_format() else {
        return sent.missing().into_iter().collect();
    };
    let mut findings: Vec<Finding> = Vec::new();
    findings.extend(sent.accepted(format));
    findings.extend(sent.foreign(format));
    findings.extend(match carries {
        Carries::Links(_) if format != ContentFormat::LINK_FORMAT => Vec::new(),
        Carries::Links(bootstrap) => {
            let version = scene.client_version(sent.event);
            links::check(sent.datagram, &sent.message.payload, bootstrap, version)
        }
        Carries::Nodes(base) => sent.nodes(format, &base),
        Carries::Paths => sent.paths(format),
    });
    findings
}

/// A message with a payload that was seen as a whole.
struct Sent<'a> {
    scene: &'a Scene<'a>,
    event: &'a Event,
    datagram: &'a Datagram,
    message: &'a Message,
    /// The operation, or the one that is answered.
    operation: &'a Operation,
    /// Whether this is the operation itself.
    asks: bool,
}

impl<'a> Sent<'a> {
    fn of(scene: &'a Scene<'a>, index: usize) -> Option<Self> {
        let event = scene.transfer.event(index)?;
        let datagram = scene.datagram_of(index)?;
        let message = event.message.as_ref()?;
        if message.payload.is_empty() || is_protected(message) || !scene.is_whole(event) {
            return None;
        }
        let (operation, asks) = match event.sort {
            Sort::Request(_) => (event.operation()?, true),
            Sort::Response(of) | Sort::Notification(of) if scene.is_sound(of) => {
                (scene.transfer.event(of)?.operation()?, false)
            }
            _ => return None,
        };
        Some(Self {
            scene,
            event,
            datagram,
            message,
            operation,
            asks,
        })
    }

    fn carries(&self) -> Option<Carries> {
        use Operation as Op;
        if !self.asks && self.message.code != Code::CONTENT {
            return None;
        }
        let path = self.operation.path().unwrap_or(Path::ROOT);
        Some(match (self.operation, self.asks) {
            (Op::Write(_) | Op::Create(_) | Op::BootstrapWrite(_), true) => Carries::Nodes(path),
            (Op::WriteComposite(_) | Op::Send(_), true) => Carries::Nodes(Path::ROOT),
            (
                Op::ReadComposite(_) | Op::ObserveComposite(_) | Op::CancelObservationComposite(_),
                true,
            ) => Carries::Paths,
            (
                Op::Read(_) | Op::BootstrapRead(_) | Op::Observe(_) | Op::CancelObservation(_),
                false,
            ) => Carries::Nodes(path),
            (
                Op::ReadComposite(_)
                | Op::ObserveComposite(_)
                | Op::CancelObservationComposite(_)
                | Op::BootstrapPackRequest(_),
                false,
            ) => Carries::Nodes(Path::ROOT),
            (Op::Discover(_) | Op::BootstrapDiscover(_), false) => {
                Carries::Links(self.event.to.role == Role::BootstrapServer)
            }
            _ => return None,
        })
    }

    /// Data without Content-Format; a Write without one is tolerated.
    fn missing(&self) -> Option<Finding> {
        // an option that breaks a rule is told there
        if !self.datagram.reading.is_clean() {
            return None;
        }
        let lax = matches!(
            self.operation,
            Operation::Write(_) | Operation::BootstrapWrite(_)
        ) && self.asks;
        let length = self.message.payload.len();
        let text = format!("sent {length} bytes of data without Content-Format");
        let finding =
            FORMAT_MISSING.broken(self.datagram, "content-format", "present", "absent", &text);
        Some(finding.softened(lax))
    }

    /// An answer in another format than Accept names; the number that a format had before its registration is a remark.
    fn accepted(&self, format: ContentFormat) -> Option<Finding> {
        let (Sort::Response(request), false) = (&self.event.sort, self.asks) else {
            return None;
        };
        let asked = self.scene.transfer.event(*request)?.message.as_ref()?;
        let accept = asked.accept()?;
        if accept == format {
            return None;
        }
        let text = format!("answered in {format}, although {accept} was to be accepted");
        let expected = format!("{accept}, or 4.06 Not Acceptable");
        let finding = ACCEPT.broken(
            self.datagram,
            "content-format",
            expected,
            format.to_string(),
            &text,
        );
        Some(finding.softened(registered(format) == accept))
    }

    /// A format that the version in use does not have.
    fn foreign(&self, format: ContentFormat) -> Option<Finding> {
        let version = self
            .scene
            .client_version(self.event)
            .unwrap_or(self.scene.version);
        let uplink = self.event.from.role == Role::Client;
        if format == ContentFormat::LWM2M_JSON && uplink && version > Version::V1_0 {
            let text = format!("sent LwM2M JSON, as a client of {version}");
            let rule = LWM2M_JSON_SENT;
            return Some(rule.broken(
                self.datagram,
                "content-format",
                "another",
                "lwm2m-json",
                &text,
            ));
        }
        let since = FORMATS
            .iter()
            .find(|(known, _)| *known == format)
            .map(|(_, since)| *since);
        if since.is_some_and(|since| since <= version) {
            return None;
        }
        let text = format!("sent Content-Format {format}, which LwM2M {version} does not have");
        let expected = format!("a format of LwM2M {version}");
        Some(FORMAT_FOREIGN.broken(
            self.datagram,
            "content-format",
            expected,
            format.to_string(),
            &text,
        ))
    }

    fn nodes(&self, format: ContentFormat, base: &Path) -> Vec<Finding> {
        let definitions = self.scene.definitions(self.event);
        match codec::decode(format, &self.message.payload, base, &definitions) {
            Err(error) => self.unreadable(&error).into_iter().collect(),
            Ok(decoded) => {
                let mut findings = self.remarks(format, &decoded.remarks, &decoded.nodes);
                findings.extend(self.ranges(&decoded.nodes));
                findings
            }
        }
    }

    fn paths(&self, format: ContentFormat) -> Vec<Finding> {
        match codec::decode_paths(format, &self.message.payload) {
            Err(error) => self.unreadable(&error).into_iter().collect(),
            Ok(decoded) => self.remarks(format, &decoded.remarks, &[]),
        }
    }

    /// A payload that is not what its format says; silent about formats that are not known.
    fn unreadable(&self, error: &CodecError) -> Option<Finding> {
        let lax = match error.kind {
            CodecErrorKind::Format(_) => return None,
            // an extension that must be understood, or a text that a lenient reader takes
            CodecErrorKind::MustUnderstand(_) => true,
            CodecErrorKind::DuplicateKey(_) => is_json(error.format),
            _ => false,
        };
        let text = format!("sent a payload that cannot be read: {error}");
        let expected = format!("{} payload", error.format);
        let finding =
            PAYLOAD_UNREADABLE.broken(self.datagram, "payload", expected, error.to_string(), &text);
        Some(finding.softened(lax))
    }

    /// One finding for each rule, whatever the number of entries that break it.
    fn remarks(
        &self,
        format: ContentFormat,
        found: &[CodecRemark],
        nodes: &[Node],
    ) -> Vec<Finding> {
        let prefix = self
            .scene
            .announced(self.event)
            .map_or("", |announced| announced.prefix.as_str());
        let context = Context {
            format,
            operation: self.asks.then_some(self.operation),
            prefix,
            nodes,
        };
        let mut findings: Vec<(Finding, usize)> = Vec::new();
        for remark in found {
            let Some((rule, level)) = remarks::judge(remark, &context) else {
                continue;
            };
            let known = findings
                .iter_mut()
                .find(|(finding, _)| (finding.rule, finding.level) == (rule.name, level));
            if let Some((_, count)) = known {
                *count += 1;
                continue;
            }
            let actual = remark.to_string();
            let text = format!("sent in {format}: {actual}");
            let subject = remark.path.to_string();
            let finding = rule.broken(self.datagram, &subject, rule.says, actual, &text);
            findings.push((finding.softened(level < rule.level), 0));
        }
        findings
            .into_iter()
            .map(|(mut finding, more)| {
                if more > 0 {
                    finding
                        .message
                        .push_str(&format!(", and {more} more of this kind"));
                }
                finding
            })
            .collect()
    }

    /// The first value out of the range of its definition.
    fn ranges(&self, nodes: &[Node]) -> Option<Finding> {
        let definitions = self.scene.definitions(self.event);
        nodes.iter().find_map(|node| {
            let definition = definitions.resource_at(&node.path)?;
            (definition.range.contains(&node.value) == Some(false)).then_some(())?;
            let expected = definition.range.to_string();
            let actual = brief(&node.value.to_string());
            let text = format!("sent {} = {actual}, which is not in {expected}", node.path);
            let subject = node.path.to_string();
            Some(VALUE_RANGE.broken(self.datagram, &subject, expected, actual, &text))
        })
    }
}

/// The format that a number of the time before registration stands for.
const fn registered(format: ContentFormat) -> ContentFormat {
    match format.0 {
        1541 => ContentFormat::TEXT,
        1542 => ContentFormat::TLV,
        1543 => ContentFormat::LWM2M_JSON,
        1544 => ContentFormat::OPAQUE,
        _ => format,
    }
}

pub(super) const fn is_json(format: ContentFormat) -> bool {
    matches!(
        format,
        ContentFormat::SENML_JSON | ContentFormat::SENML_ETCH_JSON | ContentFormat::LWM2M_JSON
    )
}

/// A value that fits a line.
fn brief(text: &str) -> String {
    let mut brief: String = text.chars().take(LINE).collect();
    if brief.len() < text.len() {
        brief.push_str("...");
    }
    brief
}

/// Content formats and the version that brought them (Core TS, 7.5).
const FORMATS: &[(ContentFormat, Version)] = &[
    (ContentFormat::TEXT, Version::V1_0),
    (ContentFormat::LINK_FORMAT, Version::V1_0),
    (ContentFormat::OPAQUE, Version::V1_0),
    (ContentFormat::TLV, Version::V1_0),
    (ContentFormat::LWM2M_JSON, Version::V1_0),
    (ContentFormat::CBOR, Version::V1_1),
    (ContentFormat::SENML_JSON, Version::V1_1),
    (ContentFormat::SENML_CBOR, Version::V1_1),
    (ContentFormat::LWM2M_CBOR, Version::V1_2),
    (ContentFormat::SENML_ETCH_JSON, Version::V1_2),
    (ContentFormat::SENML_ETCH_CBOR, Version::V1_2),
];
/// Characters of a value in a message.
const LINE: usize = 60;

#[cfg(test)]
pub(super) mod tests {
    use testcase::Seat;

    use super::super::Level::{self, Must, Should};
    use super::super::trial::{
        Draft, Row, Script, ack, con, content, findings, from_client, from_server, hex,
    };
    use super::*;

    fn read(path: &str, format: u16, payload: &[u8]) -> Script {
        vec![
            from_server(0, con(Code::GET, 1, 0xa1).path(path)),
            from_client(1, content(ack(Code::CONTENT, 1, 0xa1), format, payload)),
        ]
    }

    fn accept(accept: u16, format: u16) -> Script {
        vec![
            from_server(0, con(Code::GET, 1, 0xa1).path("/3/0/9").accept(accept)),
            from_client(
                1,
                content(ack(Code::CONTENT, 1, 0xa1), format, &hex("c1 09 07")),
            ),
        ]
    }

    fn fetch(format: u16, payload: &[u8]) -> Script {
        vec![from_server(
            0,
            content(con(Code::FETCH, 1, 0xa1), format, payload),
        )]
    }

    fn write(draft: Draft) -> Script {
        vec![from_server(0, draft.path("/3/0/14"))]
    }

    fn response(rule: &'static str, level: Level, sound: Script, broken: Script) -> Row {
        Row::new(rule, level, sound, broken, 2, Seat::CLIENT)
    }

    fn request(rule: &'static str, level: Level, sound: Script, broken: Script) -> Row {
        Row::new(rule, level, sound, broken, 1, Seat::SERVER)
    }

    pub(in super::super) fn rows() -> Vec<Row> {
        let mut rows = formats();
        rows.extend(tlv());
        rows.extend(values());
        rows.extend(senml());
        rows
    }

    fn formats() -> Vec<Row> {
        let bare = vec![
            from_server(0, con(Code::GET, 1, 0xa1).path("/3/0/9")),
            from_client(1, ack(Code::CONTENT, 1, 0xa1).payload(b"7")),
        ];
        let put = || con(Code::PUT, 1, 0xa1).payload(b"+01");
        vec![
            response(
                "content-format-missing",
                Must,
                read("/3/0/9", 0, b"7"),
                bare,
            ),
            request(
                "content-format-missing",
                Should,
                write(put().format(0)),
                write(put()),
            ),
            response(
                "content-format-foreign",
                Should,
                read("/3/0/9", 60, &[7]),
                read("/3/0/9", 11544, &[0xa1, 0x83, 3, 0, 9, 7]),
            ),
            response(
                "content-format-foreign",
                Should,
                read("/3/0/9", 0, b"7"),
                read("/3/0/9", 50, b"7"),
            ),
            response(
                "lwm2m-json-sent",
                Should,
                read("/3/0/9", 0, b"7"),
                read("/3/0/9", 11543, br#"{"bn":"/3/0/9","e":[{"v":7}]}"#),
            ),
            response(
                "accept-honoured",
                Must,
                accept(11542, 11542),
                accept(110, 11542),
            ),
            response(
                "accept-honoured",
                Should,
                accept(11542, 11542),
                accept(11542, 1542),
            )
            .also("content-format-foreign"),
            response(
                "payload-unreadable",
                Must,
                read("/3/0/9", 0, b"7"),
                read("/3/0", 0, b"7"),
            ),
            response(
                "payload-unreadable",
                Must,
                read("/3/0", 11542, b""),
                read("/3/0", 11542, &hex("c8 00 09 01")),
            ),
            response(
                "payload-unreadable",
                Should,
                read("/3/0/0", 110, br#"[{"n":"/3/0/0","vs":"a"}]"#),
                read("/3/0/0", 110, br#"[{"n":"/3/0/0","vs":"a","x_":1}]"#),
            ),
        ]
    }

    fn tlv() -> Vec<Row> {
        let tlv = |path: &str, bytes: &str| read(path, 11542, &hex(bytes));
        let sound = || tlv("/3", "03 00 c1 09 07");
        vec![
            response(
                "tlv-shortest-form",
                Should,
                sound(),
                tlv("/3", "04 00 c8 09 01 07"),
            ),
            response(
                "tlv-shortest-form",
                Should,
                sound(),
                tlv("/3", "04 00 e1 00 09 07"),
            ),
            response("tlv-instance-wrapper", Must, sound(), tlv("/3", "c1 09 07")),
            response(
                "tlv-needless-wrapper",
                Should,
                tlv("/3/0", "c1 09 07"),
                tlv("/3/0", "03 00 c1 09 07"),
            ),
            response(
                "tlv-nesting",
                Must,
                tlv("/3/0", "83 06 41 00 01"),
                tlv("/3/0", "83 06 c1 00 01"),
            ),
            response(
                "resource-instances",
                Must,
                tlv("/3/0/6", "83 06 41 00 01"),
                tlv("/3/0/6", "c1 06 01"),
            ),
            response(
                "resource-instances",
                Must,
                tlv("/3/0/9", "c1 09 07"),
                tlv("/3/0/9", "83 09 41 00 07"),
            ),
            response(
                "value-type",
                Must,
                tlv("/3/0/9", "c2 09 00 07"),
                tlv("/3/0/9", "c3 09 00 00 07"),
            ),
            response(
                "value-type",
                Must,
                tlv("/1/0/6", "c1 06 01"),
                tlv("/1/0/6", "c1 06 02"),
            ),
            response(
                "value-path",
                Must,
                tlv("/3/0/9", "c1 09 07"),
                tlv("/3/0/9", "c1 0a 07"),
            ),
        ]
    }

    fn values() -> Vec<Row> {
        let text = |path: &str, text: &str| read(path, 0, text.as_bytes());
        let execute = br#"[{"n":"/3/0/4","v":1}]"#;
        vec![
            response(
                "value-type",
                Must,
                text("/3/0/9", "7"),
                text("/3/0/9", "seven"),
            ),
            response(
                "value-type",
                Should,
                text("/3/0/9", "7"),
                text("/3/0/9", "7.0"),
            ),
            response(
                "value-form",
                Should,
                text("/6/0/0", "-43.5"),
                text("/6/0/0", "-4.35e1"),
            ),
            response(
                "value-range",
                Should,
                text("/3/0/9", "100"),
                text("/3/0/9", "101"),
            ),
            response(
                "resource-instances",
                Should,
                text("/3/0/6/0", "1"),
                text("/3/0/6", "1"),
            ),
            response(
                "value-for-executable",
                Should,
                read("/3/0", 110, br#"[{"n":"/3/0/9","v":1}]"#),
                read("/3/0", 110, execute),
            ),
        ]
    }

    fn senml() -> Vec<Row> {
        let json = |text: &str| read("/3/0", 110, text.as_bytes());
        let sound = || json(r#"[{"bn":"/3/0/","n":"0","vs":"a"},{"n":"9","v":7}]"#);
        let cbor = |bytes: &str| read("/3/0", 112, &hex(bytes));
        let map = |bytes: &str| read("/3/0", 11544, &hex(bytes));
        let paths = || fetch(110, br#"[{"n":"/3/0/0"}]"#);
        vec![
            response(
                "value-path",
                Must,
                sound(),
                json(r#"[{"n":"/3/1/0","vs":"a"}]"#),
            ),
            response(
                "value-path",
                Must,
                sound(),
                json(r#"[{"n":"/3/0","vs":"a"}]"#),
            ),
            response(
                "value-path",
                Should,
                sound(),
                json(r#"[{"n":"/3/0/0/","vs":"a"}]"#),
            ),
            response(
                "value-path",
                Should,
                sound(),
                json(r#"[{"n":"3/0/0","vs":"a"}]"#),
            ),
            response(
                "duplicate-path",
                Should,
                sound(),
                json(r#"[{"n":"/3/0/0","vs":"a"},{"n":"/3/0/0","vs":"b"}]"#),
            ),
            response("senml-record", Must, sound(), json(r#"[{"n":"/3/0/0"}]"#)),
            response(
                "senml-record",
                Must,
                sound(),
                json(r#"[{"n":"/3/0/0","vs":"a","v":1}]"#),
            ),
            request(
                "senml-record",
                Should,
                paths(),
                fetch(110, br#"[{"n":"/3/0/0","v":1}]"#),
            ),
            request(
                "senml-record",
                Must,
                paths(),
                fetch(320, br#"[{"n":"/3/0/0","v":1}]"#),
            )
            .also("content-format-foreign"),
            response(
                "senml-label",
                Must,
                cbor("81 a2 00 66 2f 33 2f 30 2f 39 02 07"),
                cbor("81 a2 61 30 66 2f 33 2f 30 2f 39 02 07"),
            ),
            response(
                "senml-label",
                Should,
                sound(),
                json(r#"[{"n":"/3/0/0","vs":"a","odd":1}]"#),
            ),
            response(
                "name-prefix",
                Should,
                sound(),
                json(r#"[{"n":"/lwm2m/3/0/0","vs":"a"}]"#),
            ),
            response(
                "cbor-empty-map",
                Should,
                map("a1 83 03 00 09 07"),
                map("a0"),
            )
            .version(Version::V1_2),
            response(
                "value-form",
                Should,
                sound(),
                read("/5/0/0", 110, br#"[{"n":"/5/0/0","vd":"+/8="}]"#),
            ),
        ]
    }

    /// What the tolerances of the TS excuse, what another version defines, and what was not seen as a whole.
    #[test]
    fn the_referee_is_silent_where_it_cannot_be_sure() {
        let scripts = [
            // a format nobody knows: no word about its content
            read("/3/0/9", 0, b""),
            // an Object without definition
            read("/33000/0/1", 11542, &hex("c3 01 00 00 07")),
            // values whose Object the client has in a version that is not known
            {
                let register = con(Code::POST, 9, 0xb1)
                    .path("/rd")
                    .query("ep=a")
                    .query("lt=60")
                    .query("lwm2m=1.1")
                    .format(40);
                let mut script = vec![from_client(
                    0,
                    register.payload(b"</1/0>,</3>;ver=7.0,</3/0>"),
                )];
                script.extend(read("/3/0/9", 11542, &hex("c3 09 00 00 07")));
                script
            },
            // the last block of a body, of which the others came before the capture
            vec![
                from_server(0, con(Code::GET, 1, 0xa1).path("/3/0").option(23, &[0x12])),
                from_client(
                    1,
                    content(ack(Code::CONTENT, 1, 0xa1), 11542, &hex("ff ff")).option(23, &[0x12]),
                ),
            ],
            // Create may leave the instance to the client
            vec![from_server(
                0,
                content(con(Code::POST, 1, 0xa1).path("/2"), 11542, &hex("c1 00 03")),
            )],
        ];
        for script in scripts {
            let found: Vec<String> = findings(&script)
                .into_iter()
                .map(|finding| finding.message)
                .collect();
            assert_eq!(found, Vec::<String>::new());
        }
    }

    #[test]
    fn many_breaches_of_one_rule_are_one_finding() {
        let found = findings(&read(
            "/3/0",
            11542,
            &hex("c8 09 01 07 c8 0a 01 07 c8 0b 01 07"),
        ));
        let forms: Vec<&Finding> = found
            .iter()
            .filter(|finding| finding.rule == "tlv-shortest-form")
            .collect();
        assert_eq!(forms.len(), 1);
        assert!(
            forms[0].message.ends_with("and 2 more of this kind"),
            "{}",
            forms[0].message
        );
    }
}
