//! Profile IDs: how `pid` is written, in Register and Update (Core TS 1.2, 6.2.1).
//!
//! Whether a hash is that of the list nobody can tell: the text does not say how the list is written before it is hashed.

use super::Finding;
use super::rules::{
    PROFILE_DYNAMIC, PROFILE_LENGTH, PROFILE_LIST, PROFILE_NAME, PROFILE_SUITE, Rule,
};
use crate::event::Datagram;

/// Rules about the value of a `pid` parameter.
pub(super) fn check(datagram: &Datagram, parameter: &str) -> Vec<Finding> {
    let quoted = parameter
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'));
    let mut findings = Vec::new();
    if quoted.is_none() && parameter.contains([',', '"']) {
        let expected = "one Profile ID, or several in quotes";
        findings.push(broken(PROFILE_LIST, datagram, expected, parameter));
    }
    let bare = quoted.unwrap_or(parameter).trim_matches('"');
    findings.extend(bare.split(',').filter_map(|id| one(datagram, id)));
    findings
}

fn one(datagram: &Datagram, id: &str) -> Option<Finding> {
    let Some((scheme, rest)) = id.split_once(':') else {
        let expected = "SUITE:HASH, oma:NAME or v:NAME";
        return Some(broken(PROFILE_LIST, datagram, expected, id));
    };
    if matches!(scheme, "oma" | "v") {
        return named(rest).then_some(broken(PROFILE_NAME, datagram, "a name", id));
    }
    let digits = !scheme.is_empty() && scheme.bytes().all(|byte| byte.is_ascii_digit());
    let hex = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'a'..=b'f');
    if !digits || rest.is_empty() || !rest.bytes().all(hex) {
        let expected = "a number, a colon and lower-case hexadecimal digits";
        return Some(broken(PROFILE_DYNAMIC, datagram, expected, id));
    }
    if rest.len() < SHORTEST {
        let expected = "eight hexadecimal digits at least";
        return Some(broken(PROFILE_LENGTH, datagram, expected, id));
    }
    let (_, length) = SUITES.iter().find(|(suite, _)| *suite == scheme)?;
    let expected = format!("{length} hexadecimal digits");
    (rest.len() != *length).then(|| broken(PROFILE_SUITE, datagram, &expected, id))
}

/// Whether a pre-configured name breaks its grammar.
fn named(name: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    name.is_empty() || !name.bytes().all(fits)
}

fn broken(rule: Rule, datagram: &Datagram, expected: &str, actual: &str) -> Finding {
    let text = format!("sent Profile ID \"{actual}\"");
    rule.broken(datagram, "pid", expected, format!("\"{actual}\""), &text)
}

/// 32 bits in hexadecimal digits.
const SHORTEST: usize = 8;
/// Suites with the length of their hash in hexadecimal digits (RFC 6920, 9.4); those of later registrations are left open.
const SUITES: &[(&str, usize)] = &[
    ("1", 64),
    ("2", 32),
    ("3", 30),
    ("4", 24),
    ("5", 16),
    ("6", 8),
];
