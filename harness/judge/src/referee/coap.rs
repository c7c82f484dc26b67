//! Message format (RFC 7252, 3 and 5.4): one rule for each kind of violation, and the size.

use coap::{Reaction, ViolationKind, option};

use super::rules::{MESSAGE_SIZE, RULES};
use super::{Finding, Level, Rule};
use crate::event::Datagram;

/// Everything that the strict reader holds against the datagram.
pub(super) fn check(datagram: &Datagram) -> Vec<Finding> {
    let violations = &datagram.reading.violations;
    let mut findings: Vec<Finding> = violations
        .iter()
        .filter_map(|violation| {
            let rule = rule(violation.kind)?;
            let lax = level(violation.kind) == Level::Should;
            let message = format!("sent a message that breaks the format: {violation}");
            let actual = format!("{} at byte {}", violation.kind, violation.offset);
            Some(
                rule.broken(datagram, "message format", rule.says, actual, &message)
                    .softened(lax),
            )
        })
        .collect();
    let length = datagram.bytes.len();
    if length > MAX_MESSAGE {
        let message = format!("sent a message of {length} bytes");
        let actual = format!("{length} bytes");
        findings.push(MESSAGE_SIZE.broken(
            datagram,
            "message size",
            "at most 1152 bytes",
            actual,
            &message,
        ));
    }
    findings
}

fn rule(kind: ViolationKind) -> Option<&'static Rule> {
    RULES
        .iter()
        .find(|rule| rule.name.strip_prefix("message-") == Some(kind.name()))
}

/// A rule whose text binds the receiver only, or an option that a receiver ignores, earns a remark.
const fn level(kind: ViolationKind) -> Level {
    match kind {
        ViolationKind::TooShort { .. }
        | ViolationKind::UintNotShortest { .. }
        | ViolationKind::CriticalOptionUnknown { .. } => Level::Should,
        ViolationKind::OptionLength { number, .. } | ViolationKind::OptionNotUtf8 { number }
            if !option::is_critical(number) =>
        {
            Level::Should
        }
        _ => match kind.reaction() {
            Reaction::Tolerate => Level::Should,
            _ => Level::Must,
        },
    }
}

/// Upper bound of a message without knowledge of the path MTU (RFC 7252, 4.6).
const MAX_MESSAGE: usize = 1152;

#[cfg(test)]
pub(super) mod tests {
    use super::super::trial::{Row, client, hex, server};
    use super::*;

    pub(in super::super) fn rows() -> Vec<Row> {
        // one request that follows all rules, and what breaks one of them; all sent by the client
        let sound = || vec![client(0, hex("41 01 00 01 aa b3 33 2f 30"))];
        let format = [
            ("message-too-short", "40 01 00", Level::Should),
            ("message-version-unknown", "81 01 00 01 aa", Level::Must),
            (
                "message-token-length-reserved",
                "49 01 00 01 aa aa aa aa aa aa aa aa aa",
                Level::Must,
            ),
            ("message-token-truncated", "44 01 00 01 aa", Level::Must),
            ("message-empty-with-bytes", "40 00 00 01 10", Level::Must),
            ("message-empty-non-confirmable", "50 00 00 01", Level::Must),
            ("message-code-class-reserved", "40 20 00 01", Level::Must),
            ("message-reset-not-empty", "70 45 00 01", Level::Must),
            (
                "message-request-in-acknowledgement",
                "60 01 00 01",
                Level::Must,
            ),
            (
                "message-option-delta-reserved",
                "40 01 00 01 f1 00",
                Level::Must,
            ),
            (
                "message-option-length-reserved",
                "40 01 00 01 bf 00",
                Level::Must,
            ),
            ("message-option-truncated", "40 01 00 01 b5 33", Level::Must),
            (
                "message-option-number-too-large",
                "40 01 00 01 e0 ff ff e0 ff ff",
                Level::Must,
            ),
            ("message-payload-missing", "40 01 00 01 ff", Level::Must),
            (
                "message-option-length",
                "40 01 00 01 d3 04 01 02 03",
                Level::Must,
            ),
            (
                "message-option-length",
                "40 01 00 01 c3 01 02 03",
                Level::Should,
            ),
            (
                "message-uint-not-shortest",
                "40 01 00 01 d1 04 00",
                Level::Should,
            ),
            (
                "message-option-repeated",
                "40 01 00 01 d0 04 00",
                Level::Must,
            ),
            (
                "message-critical-option-unknown",
                "40 01 00 01 d0 0c",
                Level::Should,
            ),
            ("message-option-not-utf8", "40 01 00 01 b1 ff", Level::Must),
            (
                "message-option-not-utf8",
                "40 44 00 01 81 ff",
                Level::Should,
            ),
        ];
        let mut rows: Vec<Row> = format
            .into_iter()
            .map(|(rule, bytes, level)| {
                Row::new(
                    rule,
                    level,
                    sound(),
                    vec![client(0, hex(bytes))],
                    1,
                    testcase::Seat::CLIENT,
                )
            })
            .collect();
        let mut large = hex("41 45 00 01 aa ff");
        large.resize(1153, b'a');
        let mut fits = large.clone();
        fits.pop();
        rows.push(Row::new(
            "message-size",
            Level::Should,
            vec![server(0, fits)],
            vec![server(0, large)],
            1,
            testcase::Seat::SERVER,
        ));
        rows
    }

    #[test]
    fn every_kind_of_violation_has_its_rule() {
        for row in rows() {
            let bytes = &row.broken[0].2;
            for violation in coap::read(bytes).violations {
                assert!(rule(violation.kind).is_some(), "{violation}");
            }
        }
        let known = RULES
            .iter()
            .filter(|rule| rule.name.starts_with("message-"));
        assert_eq!(known.count(), 21);
    }
}
