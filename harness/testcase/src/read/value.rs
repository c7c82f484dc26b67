//! Whether a value written out is of the shape that its field has.

use coap::ContentFormat;
use lwm2m::Version;

use super::Reader;
use crate::model::{Part, Scalar, ScalarKind, Shape, Text, duration};

/// Reports a value that its field cannot have; one with variables is left to the run.
pub(crate) fn check_scalar(reader: &mut Reader<'_>, scalar: &Scalar, shape: Shape, name: &str) {
    let found = match &scalar.kind {
        ScalarKind::Integer(_) => "a whole number",
        ScalarKind::Float(_) => "a number",
        ScalarKind::Boolean(_) => "true or false",
        ScalarKind::Bytes(_) => "bytes",
        ScalarKind::Text(text) => match text.as_literal() {
            None => {
                if matches!(shape, Shape::Path | Shape::Location | Shape::PathPattern) {
                    check_path(reader, text, shape);
                }
                return;
            }
            Some(_) => "text",
        },
    };
    // an attribute without a value is removed (Core TS, 6.3.4)
    if scalar.as_literal() == Some("") && REMOVABLE.contains(&name) {
        return;
    }
    let wanted = match shape {
        Shape::Any | Shape::Value | Shape::TlvEntry => return,
        Shape::Path | Shape::Location | Shape::PathPattern => {
            return match scalar.as_text() {
                Some(text) => check_path(reader, text, shape),
                None => mismatch(reader, scalar, name, found, "a path"),
            };
        }
        Shape::Format => return check_format(reader, scalar),
        Shape::Version => return check_version(reader, scalar, found),
        Shape::Seconds => return check_seconds(reader, scalar, name, found),
        Shape::Cancelling => return check_word(reader, scalar, "way to cancel", CANCELLING),
        Shape::WriteMode => return check_word(reader, scalar, "mode", WRITE_MODES),
        Shape::Text | Shape::Name if found == "text" => return,
        Shape::Text | Shape::Name => "text",
        Shape::Bytes if matches!(found, "text" | "bytes") => return,
        Shape::Bytes => "text or bytes",
        Shape::Boolean if found == "true or false" => return,
        Shape::Boolean => "true or false",
        Shape::Integer if found == "a whole number" => return,
        Shape::Integer => "a whole number",
        Shape::Number if found.ends_with("number") => return,
        Shape::Number => "a number",
        Shape::Node | Shape::Tlv => "paths and their values",
        Shape::Links | Shape::Link => "links and their parameters",
        Shape::Paths => "a list of paths",
        Shape::Registration | Shape::Registrations => "the fields of a registration",
    };
    mismatch(reader, scalar, name, found, wanted);
}

fn mismatch(reader: &mut Reader<'_>, scalar: &Scalar, name: &str, found: &str, wanted: &str) {
    let message = format!("\"{name}\" holds {found}, not {wanted}");
    let quotes = wanted.starts_with("text") && found.ends_with("number");
    let mistake = reader.error(scalar.span, message);
    if quotes {
        mistake.help = Some("text that looks like a number stands in quotes".to_owned());
    }
}

fn check_format(reader: &mut Reader<'_>, scalar: &Scalar) {
    let known = match &scalar.kind {
        ScalarKind::Integer(number) => u16::try_from(*number).is_ok(),
        _ => scalar
            .as_literal()
            .is_some_and(|word| ContentFormat::from_name(word).is_some()),
    };
    if !known {
        let words: Vec<_> = ContentFormat::NAMED.iter().map(|(_, name)| *name).collect();
        reader.unknown(scalar.span, "content format", &scalar.to_string(), &words);
    }
}

fn check_version(reader: &mut Reader<'_>, scalar: &Scalar, found: &str) {
    match scalar.as_literal() {
        Some(text) if Version::parse(text).is_some() || is_patch(text) => {}
        Some(text) => {
            let words = Version::ALL.map(Version::as_str);
            reader.unknown(scalar.span, "version", text, &words);
        }
        None => {
            let mistake = reader.error(scalar.span, format!("\"version\" holds {found}, not text"));
            mistake.help = Some("a version stands in quotes: \"1.1\"".to_owned());
        }
    }
}

/// Whether a text is the number of a release of the documents, which a client may mistake for the version: `1.0.2`.
fn is_patch(text: &str) -> bool {
    let parts: Vec<&str> = text.split('.').collect();
    let number = |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    parts.len() == 3 && parts.iter().all(number)
}

fn check_seconds(reader: &mut Reader<'_>, scalar: &Scalar, name: &str, found: &str) {
    let good = match &scalar.kind {
        ScalarKind::Integer(number) => *number >= 0,
        _ => scalar
            .as_literal()
            .is_some_and(|text| duration::parse(text).is_some()),
    };
    if !good {
        let message = format!("\"{name}\" holds {found}, not seconds");
        reader.error(scalar.span, message).help =
            Some("seconds are a whole number, or a duration: 5s, 24h".to_owned());
    }
}

fn check_word(reader: &mut Reader<'_>, scalar: &Scalar, what: &str, words: &[&str]) {
    let found = scalar.to_string();
    if !words.contains(&found.as_str()) {
        reader.unknown(scalar.span, what, &found, words);
    }
}

/// Reports what can be no path, whatever its variables are.
pub(crate) fn check_path(reader: &mut Reader<'_>, text: &Text, shape: Shape) {
    let mut sample = String::new();
    for (index, part) in text.parts.iter().enumerate() {
        match part {
            Part::Literal(literal) => sample.push_str(literal),
            // What begins with a variable may be any path.
            Part::Variable(..) if index == 0 => return,
            Part::Variable(..) => sample.push('1'),
        }
    }
    let reason = match shape {
        Shape::Location if sample.starts_with('/') => return,
        Shape::Location => Some("a location starts with \"/\"".to_owned()),
        Shape::PathPattern => pattern_mistake(&sample),
        _ => sample
            .parse::<lwm2m::Path>()
            .err()
            .map(|error| error.to_string()),
    };
    if let Some(reason) = reason {
        reader
            .error(text.span, format!("\"{text}\" is not a path"))
            .label = Some(reason);
    }
}

/// Why a text is not a path with `*` and ranges.
fn pattern_mistake(sample: &str) -> Option<String> {
    let Some(rest) = sample.strip_prefix('/') else {
        return Some("a path starts with \"/\"".to_owned());
    };
    let segments: Vec<_> = rest.split('/').filter(|_| !rest.is_empty()).collect();
    if segments.len() > 4 {
        return Some("more than four segments".to_owned());
    }
    let id = |text: &str| text.parse::<u16>().is_ok();
    segments
        .into_iter()
        .find(|segment| {
            let range = segment.split_once("..");
            !(*segment == "*"
                || id(segment)
                || range.is_some_and(|(low, high)| id(low) && id(high)))
        })
        .map(|segment| format!("segment \"{segment}\" is not a number, \"*\" or a range"))
}

/// How an observation is cancelled (Transport TS, 6.4.4): Observe = 1, or a Reset of a notification.
pub(crate) const CANCELLING: &[&str] = &["observe-1", "reset"];
/// How a Write treats what it does not name (Core TS, 6.3.3).
pub(crate) const WRITE_MODES: &[&str] = &["replace", "partial-update"];

/// NOTIFICATION attributes (Core TS, 5.1.2).
const REMOVABLE: &[&str] = &[
    "pmin", "pmax", "gt", "lt", "st", "epmin", "epmax", "edge", "con", "hqmax",
];
