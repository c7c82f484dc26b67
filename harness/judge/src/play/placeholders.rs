//! Fillings for a profile's placeholders: what a line says, in words, and every variable that was told (design, 6).

use lwm2m::{Operation, Value};
use testcase::{Form, Line, Matcher, Scalar, ScalarKind};

use super::Play;
use super::active::Active;
use crate::actual::Actual;
use crate::command::Request;
use crate::pattern::{Scope, plain};
use crate::template::{field, own_value};

impl Play {
    /// Fillings for the trigger of a line; what the line does not say is empty.
    pub(super) fn placeholders(
        &self,
        active: &Active,
        line: &Line,
        request: &Request,
    ) -> Vec<(String, String)> {
        let operation = &request.operation;
        let mut fillings = self.operation_fillings(operation);
        let mut put = |name: &str, value: String| fillings.push((name.to_owned(), value));
        if let (Operation::Send(_), Some(paths)) = (operation, self.named_paths(active, line)) {
            put("paths", paths);
        }
        for one in &line.fields {
            let name = one.name.value.name();
            if let Some(text) = self.filling(active, &one.matcher) {
                put(name, in_seconds(name, text));
            }
        }
        fillings
    }

    /// Fillings for the trigger of an operation that no line describes.
    pub(super) fn operation_fillings(&self, operation: &Operation) -> Vec<(String, String)> {
        let mut fillings: Vec<(String, String)> = self.told_fillings();
        fillings.extend(
            LINE.iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned())),
        );
        let mut put = |name: &str, value: String| fillings.push((name.to_owned(), value));
        if let Some(path) = operation.path() {
            put("path", path.to_string());
        }
        if let Some(format) = operation.content_format() {
            put("content-format", format.to_string());
        }
        let payload = operation.payload();
        put(
            "payload.hex",
            payload.iter().map(|byte| format!("{byte:02x}")).collect(),
        );
        put("payload.base64", base64(payload));
        put(
            "payload.text",
            String::from_utf8_lossy(payload).into_owned(),
        );
        if let Operation::CancelObservationComposite(cancel) = operation
            && let Some(Ok(listed)) = cancel.paths()
        {
            let paths: Vec<String> = listed.paths.iter().map(ToString::to_string).collect();
            put("paths", paths.join(","));
        }
        put("query", operation.to_request().query.join("&"));
        fillings
    }

    /// The paths under `node`, for an implementation that is to send them.
    fn named_paths(&self, active: &Active, line: &Line) -> Option<String> {
        let Form::Map(entries) = &field(line, "node")?.form else {
            return None;
        };
        let view = self.view(&active.own, false);
        let names: Option<Vec<String>> = entries
            .iter()
            .map(|entry| match view.resolve(&entry.key) {
                Ok(Actual::Value(path)) => Some(plain(&path)),
                _ => None,
            })
            .collect();
        names.map(|names| names.join(","))
    }

    /// Fillings that hold whatever the line: variables that were told, and the registration in force.
    pub(super) fn told_fillings(&self) -> Vec<(String, String)> {
        let told = self
            .variables
            .told()
            .filter_map(|(name, value)| match value {
                // a whole file fills no placeholder but that of the payload
                Actual::Value(Value::Opaque(bytes)) if bytes.len() > MOST_BYTES => None,
                Actual::Value(value) => Some((name.clone(), plain(value))),
                _ => None,
            });
        let mut all: Vec<(String, String)> = told.collect();
        all.push((
            "registration.location".to_owned(),
            format!("/{}", self.known().location.join("/")),
        ));
        all
    }

    /// The text of a matcher that is one value, or a list of them joined by commas.
    fn filling(&self, active: &Active, matcher: &Matcher) -> Option<String> {
        if let Form::List(list) = &matcher.form {
            let texts: Option<Vec<String>> =
                list.iter().map(|one| self.filling(active, one)).collect();
            return texts.map(|texts| texts.join(","));
        }
        self.scalar_filling(active, own_value(matcher)?)
    }

    fn scalar_filling(&self, active: &Active, scalar: &Scalar) -> Option<String> {
        Some(match &scalar.kind {
            ScalarKind::Text(text) => match self.view(&active.own, false).resolve(text) {
                Ok(Actual::Value(value)) => plain(&value),
                _ => return None,
            },
            ScalarKind::Bytes(bytes) => plain(&Value::Opaque(bytes.clone())),
            _ => scalar.to_string(),
        })
    }
}

/// Periods are durations in the notation and whole seconds everywhere else (Core TS, 5.1.2).
fn in_seconds(name: &str, text: String) -> String {
    match testcase::duration::parse(&text) {
        Some(period) if PERIODS.contains(&name) => period.as_secs().to_string(),
        _ => text,
    }
}

/// Base64 with padding (RFC 4648, 4).
pub(super) fn base64(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let group = chunk
            .iter()
            .fold(0u32, |sum, byte| sum << 8 | u32::from(*byte))
            << (8 * (3 - chunk.len()));
        for position in 0..4 {
            let index = (group >> (18 - 6 * position) & 63) as usize;
            let letter = ALPHABET.as_bytes().get(index).copied().unwrap_or(b'=');
            text.push(if position <= chunk.len() {
                char::from(letter)
            } else {
                '='
            });
        }
    }
    text
}

/// Placeholders of a line, with what stands for them if the line does not say it.
const LINE: &[(&str, &str)] = &[
    ("path", ""),
    ("paths", ""),
    ("accept", ""),
    ("content-format", ""),
    ("value", ""),
    ("mode", "replace"),
    ("arguments", ""),
    ("by", "observe-1"),
    ("depth", ""),
    ("token", ""),
    ("pmin", ""),
    ("pmax", ""),
    ("gt", ""),
    ("lt", ""),
    ("st", ""),
    ("epmin", ""),
    ("epmax", ""),
    ("edge", ""),
    ("con", ""),
    ("hqmax", ""),
    ("lifetime", ""),
    ("binding", ""),
];
/// Longest bytes that a variable fills a placeholder with.
const MOST_BYTES: usize = 256;
/// Attributes that are periods.
const PERIODS: [&str; 4] = ["pmin", "pmax", "epmin", "epmax"];
/// The alphabet of RFC 4648, 4.
const ALPHABET: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_that_of_rfc_4648() {
        for (bytes, text) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(base64(bytes.as_bytes()), text);
        }
    }
}
