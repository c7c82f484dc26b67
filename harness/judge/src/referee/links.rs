//! Links of registrations and Discover answers (RFC 6690).

use coap::{LinkViolationKind, Links};
use lwm2m::{ObjectList, Version};

use super::Finding;
use super::rules::{LINK_REPEATED, LINK_SYNTAX, LINK_TARGET, LINK_VALUE};
use crate::event::Datagram;

/// Rules about a payload of links; `bootstrap` if a Bootstrap-Server asked for them, of a client of this version.
pub(super) fn check(
    datagram: &Datagram,
    payload: &[u8],
    bootstrap: bool,
    version: Option<Version>,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    let links = match Links::parse(payload) {
        Ok(links) => links,
        Err(error) => {
            let versioned = bootstrap
                .then(|| Links::parse_with_preamble(payload))
                .and_then(Result::ok);
            if versioned.is_some() && version.is_none_or(|version| version == Version::V1_0) {
                return findings;
            }
            let lax = versioned.is_some() || without_blanks(payload, bootstrap);
            let text = format!("sent links that break the grammar: {error}");
            let finding =
                LINK_SYNTAX.broken(datagram, "links", "link format", error.to_string(), &text);
            findings.push(finding.softened(lax));
            return findings;
        }
    };
    for violation in &links.violations {
        let (rule, expected) = match violation.kind {
            LinkViolationKind::Repeated { .. } => (LINK_REPEATED, "once"),
            LinkViolationKind::SizeNotCardinal { .. } => (LINK_VALUE, "a decimal number"),
        };
        let actual = violation.to_string();
        let text = format!("sent a link that breaks a rule: {actual}");
        findings.push(rule.broken(datagram, "link attribute", expected, actual, &text));
    }
    findings.extend(targets(datagram, payload));
    findings
}

/// Links that lead out of the data model, told once.
fn targets(datagram: &Datagram, payload: &[u8]) -> Option<Finding> {
    let list = ObjectList::parse(payload).ok()?;
    let link = list.foreign.first()?;
    let text = match list.foreign.len() {
        1 => format!("listed \"{}\", which is no path", link.target),
        count => format!(
            "listed {count} links that are no paths, \"{}\" first",
            link.target
        ),
    };
    let actual = format!("\"{}\" at byte {}", link.target, link.offset);
    Some(LINK_TARGET.broken(datagram, "link", "a path of the data model", actual, &text))
}

/// Whether nothing but blanks between links breaks the grammar, as in examples of the TS.
fn without_blanks(payload: &[u8], bootstrap: bool) -> bool {
    let Ok(text) = std::str::from_utf8(payload) else {
        return false;
    };
    let mut quoted = false;
    let mut bare = String::with_capacity(text.len());
    for char in text.chars() {
        quoted ^= char == '"';
        if quoted || !matches!(char, ' ' | '\t' | '\r' | '\n') {
            bare.push(char);
        }
    }
    let links = if bootstrap {
        Links::parse_with_preamble(bare.as_bytes())
    } else {
        Links::parse(bare.as_bytes())
    };
    links.is_ok()
}

#[cfg(test)]
pub(super) mod tests {
    use coap::Code;
    use testcase::Seat;

    use super::super::Level;
    use super::super::trial::{
        Row, Sent, ack, con, content, from_bootstrap, from_client, from_server, to_bootstrap,
    };

    fn discover(links: &str) -> Vec<Sent> {
        vec![
            from_server(0, con(Code::GET, 1, 0xa1).path("/3/0").accept(40)),
            from_client(
                1,
                content(ack(Code::CONTENT, 1, 0xa1), 40, links.as_bytes()),
            ),
        ]
    }

    fn bootstrap_discover(links: &str) -> Vec<Sent> {
        vec![
            from_bootstrap(0, con(Code::GET, 1, 0xa1).path("/0").accept(40)),
            to_bootstrap(
                1,
                content(ack(Code::CONTENT, 1, 0xa1), 40, links.as_bytes()),
            ),
        ]
    }

    pub(in super::super) fn rows() -> Vec<Row> {
        let sound = "</3/0>;pmin=5,</3/0/9>,</3/0/11>;dim=2";
        let preamble = "lwm2m=\"1.0\",</0/0>;ssid=101";
        let row = |rule, level, broken| {
            Row::new(
                rule,
                level,
                discover(sound),
                discover(broken),
                2,
                Seat::CLIENT,
            )
        };
        vec![
            row("link-format-syntax", Level::Must, "</3/0></3/0/9>"),
            row("link-format-syntax", Level::Must, "lwm2m=\"1.0\",</3/0>"),
            row("link-format-syntax", Level::Should, "</3/0>, </3/0/9>"),
            row(
                "link-attribute-repeated",
                Level::Must,
                "</>;ct=110;ct=112,</3/0>",
            ),
            row("link-attribute-value", Level::Should, "</3/0>;sz=01"),
            row("link-target", Level::Should, "</3/0>,</3/0/>"),
            Row::new(
                "link-format-syntax",
                Level::Should,
                bootstrap_discover(preamble),
                bootstrap_discover("</0/0>;ssid=101, </1/0>"),
                2,
                Seat::CLIENT,
            ),
        ]
    }
}
