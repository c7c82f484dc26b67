//! Content: that a message states its format, keeps to Accept, and carries what the format says (Core TS, 7.5).
//!
//! Silent without definition, for formats nobody knows, and for bodies of which a part was not seen.

use coap::{Code, ContentFormat, Message};
use lwm2m::codec::{self, CodecError, CodecErrorKind, CodecRemark};
use lwm2m::{Node, Operation, Path, Version};
use testcase::Role;

use super::remarks::Context;
use super::rules::{
    ACCEPT, FORMAT_FOREIGN, FORMAT_MISSING, FORMAT_NOT_OFFERED, LWM2M_JSON_SENT,
    PAYLOAD_UNREADABLE, VALUE_RANGE,
};
use super::scene::{Scene, is_protected};
use super::{Finding, identifiers, links, remarks};
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
    let Some(format) = sent.format() else {
        return sent.missing().into_iter().collect();
    };
    let mut findings: Vec<Finding> = Vec::new();
    findings.extend(sent.accepted(format));
    findings.extend(sent.foreign(format));
    findings.extend(sent.not_offered(format));
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
            Sort::Request(_) => (scene.operation(index)?, true),
            Sort::Response(of) | Sort::Notification(of) if scene.is_sound(of) => {
                (scene.operation(of)?, false)
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

    /// Content-Format, of the first block if the last one does not repeat it.
    fn format(&self) -> Option<ContentFormat> {
        let first = || {
            let datagram = *self.scene.datagrams(self.event).first()?;
            datagram.reading.message.as_ref()?.content_format()
        };
        self.message.content_format().or_else(first)
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

    /// Several values to a client in a format that its registration does not offer (OMA#514).
    fn not_offered(&self, format: ContentFormat) -> Option<Finding> {
        let offered = &self.scene.announced(self.event)?.formats;
        let downlink = self.asks && self.event.to.role == Role::Client;
        let told = offered.is_empty() || offered.contains(&format);
        if !downlink || told || ALWAYS_THERE.contains(&format) {
            return None;
        }
        let names: Vec<String> = offered.iter().map(ToString::to_string).collect();
        let text = format!("sent {format}, which the client does not offer");
        Some(FORMAT_NOT_OFFERED.broken(
            self.datagram,
            "content-format",
            names.join(", "),
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
                let version = self.scene.client_version(self.event);
                let found = identifiers::of_values(self.datagram, base, &decoded.nodes, version);
                findings.extend(found);
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
            bootstrap: self.bootstrap(),
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

    /// Who sent it, if the other end or itself is a Bootstrap-Server.
    fn bootstrap(&self) -> Option<Role> {
        let ends = [self.event.from.role, self.event.to.role];
        ends.contains(&Role::BootstrapServer)
            .then_some(self.event.from.role)
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

const fn is_json(format: ContentFormat) -> bool {
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
/// Formats that need no offer (Core TS, 7.5).
const ALWAYS_THERE: [ContentFormat; 3] = [
    ContentFormat::TEXT,
    ContentFormat::OPAQUE,
    ContentFormat::LINK_FORMAT,
];
/// Characters of a value in a message.
const LINE: usize = 60;

#[cfg(test)]
pub(super) mod tests;
