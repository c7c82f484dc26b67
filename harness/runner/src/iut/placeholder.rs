//! Placeholders of control descriptions: `${server.uri}`, `${path}`, `${value}`, filled from a map.
//!
//! Pure. Knows the syntax and the contexts of a text, not which names exist.

use std::collections::BTreeMap;

use thiserror::Error;

/// Values by the name of their placeholder.
pub type Placeholders = BTreeMap<String, String>;

/// What a text is, which decides how a value is written into it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Context {
    /// An argument, a line, a sentence: the value as it is.
    Plain,
    /// A URL: percent-encoded (RFC 3986, 2.1), except at its very start, where a value is a URL itself.
    Url,
    /// JSON: escaped as the inside of a string (RFC 8259, 7).
    Json,
    /// A regular expression: escaped to match itself.
    Pattern,
}

/// A placeholder that cannot be filled.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum PlaceholderError {
    /// Nothing has that name.
    #[error("unknown placeholder \"${{{name}}}\" in \"{text}\"")]
    Unknown {
        /// The name.
        name: String,
        /// The text around it.
        text: String,
        /// The names there are.
        known: Vec<String>,
    },
    /// The closing brace is missing.
    #[error("placeholder without \"}}\" at character {at} of \"{text}\"")]
    Open {
        /// Place of the `$`, from 1.
        at: usize,
        /// The text around it.
        text: String,
    },
}

impl PlaceholderError {
    /// What there is to choose from.
    pub fn help(&self) -> String {
        match self {
            Self::Unknown { known, .. } if known.is_empty() => {
                "there are no placeholders here".to_owned()
            }
            Self::Unknown { known, .. } => format!("placeholders: {}", known.join(", ")),
            Self::Open { .. } => "a placeholder is written ${name}; $${ writes ${".to_owned(),
        }
    }
}

/// Fills every placeholder of `text`; `$${` stands for `${`.
pub fn fill(
    text: &str,
    values: &Placeholders,
    context: Context,
) -> Result<String, PlaceholderError> {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, from)) = split_at(rest, "${") {
        if let Some(before) = before.strip_suffix('$') {
            filled.push_str(before);
            filled.push_str("${");
            rest = from;
            continue;
        }
        filled.push_str(before);
        let Some((name, after)) = split_at(from, "}") else {
            return Err(open(text, from));
        };
        let name = name.trim();
        let value = values
            .get(name)
            .ok_or_else(|| unknown(name, text, values))?;
        let at_start = filled.is_empty();
        push(&mut filled, value, context, at_start);
        rest = after;
    }
    filled.push_str(rest);
    Ok(filled)
}

/// `values` with every one that is a word of ours replaced by theirs; written data stays as it is.
pub(crate) fn translated(values: &Placeholders, words: &BTreeMap<String, String>) -> Placeholders {
    let translate = |(name, value): (&String, &String)| {
        let data = DATA
            .iter()
            .any(|data| name == data || name.starts_with(&format!("{data}.")));
        let theirs = if data { None } else { words.get(value) };
        (name.clone(), theirs.unwrap_or(value).clone())
    };
    values.iter().map(translate).collect()
}

fn push(filled: &mut String, value: &str, context: Context, at_start: bool) {
    match context {
        Context::Url if !at_start => percent_encode(filled, value),
        Context::Plain | Context::Url => filled.push_str(value),
        Context::Json => json_escape(filled, value),
        Context::Pattern => filled.push_str(&regex::escape(value)),
    }
}

fn percent_encode(filled: &mut String, value: &str) {
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || URL_PLAIN.contains(&byte) {
            filled.push(char::from(byte));
        } else {
            filled.push_str(&format!("%{byte:02X}"));
        }
    }
}

fn json_escape(filled: &mut String, value: &str) {
    for character in value.chars() {
        match character {
            '"' | '\\' => filled.extend(['\\', character]),
            control if control < ' ' => filled.push_str(&format!("\\u{:04x}", u32::from(control))),
            other => filled.push(other),
        }
    }
}

fn split_at<'a>(text: &'a str, mark: &str) -> Option<(&'a str, &'a str)> {
    text.split_once(mark)
}

fn unknown(name: &str, text: &str, values: &Placeholders) -> PlaceholderError {
    PlaceholderError::Unknown {
        name: name.to_owned(),
        text: text.to_owned(),
        known: values.keys().map(|name| format!("${{{name}}}")).collect(),
    }
}

fn open(text: &str, from: &str) -> PlaceholderError {
    let before = text.len().saturating_sub(from.len() + 2);
    PlaceholderError::Open {
        at: text
            .get(..before)
            .map_or(0, |before| before.chars().count())
            + 1,
        text: text.to_owned(),
    }
}

/// Bytes that stand for themselves in a path and a query: unreserved, `/`, `:`, `@` and `,` (RFC 3986, 2.2 to 3.4).
const URL_PLAIN: &[u8] = b"-._~/:@,";

/// Placeholders whose values are data on the wire, never words.
const DATA: [&str; 2] = ["value", "payload"];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn values(pairs: &[(&str, &str)]) -> Placeholders {
        pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    }

    #[test]
    fn fills_by_context() {
        let values = values(&[
            ("api", "http://[::1]:8080"),
            ("client.endpoint", "urn:dev:a b/ü"),
            ("path", "/3/0/9"),
            ("value", "say \"a\\b\"\n"),
        ]);
        for (text, context, filled) in [
            ("", Context::Plain, ""),
            ("update", Context::Plain, "update"),
            ("read ${path}", Context::Plain, "read /3/0/9"),
            ("${path}${path}", Context::Plain, "/3/0/9/3/0/9"),
            ("${ path }", Context::Plain, "/3/0/9"),
            ("$${path} costs 5$", Context::Plain, "${path} costs 5$"),
            (
                "${api}/clients/${client.endpoint}${path}?x=1",
                Context::Url,
                "http://[::1]:8080/clients/urn:dev:a%20b/%C3%BC/3/0/9?x=1",
            ),
            (
                "^${client.endpoint} [a-z]+$",
                Context::Pattern,
                "^urn:dev:a b/ü [a-z]+$",
            ),
            ("${api}$", Context::Pattern, r"http://\[::1\]:8080$"),
            (
                r#"{"value": "${value}"}"#,
                Context::Json,
                r#"{"value": "say \"a\\b\"\u000a"}"#,
            ),
        ] {
            assert_eq!(
                fill(text, &values, context).as_deref(),
                Ok(filled),
                "{text}"
            );
        }
    }

    #[test]
    fn names_the_unknown_and_what_exists() {
        let values = values(&[("path", "/3"), ("server.uri", "coap://[::1]:5683")]);
        let error = fill("connect ${server.url}", &values, Context::Plain).unwrap_err();
        assert_eq!(
            error.to_string(),
            "unknown placeholder \"${server.url}\" in \"connect ${server.url}\""
        );
        assert_eq!(error.help(), "placeholders: ${path}, ${server.uri}");
        let error = fill("ü ${path", &values, Context::Plain).unwrap_err();
        assert_eq!(
            error.to_string(),
            "placeholder without \"}\" at character 3 of \"ü ${path\""
        );
    }

    #[test]
    fn translates_words_but_no_data() {
        let words = values(&[("tlv", "TLV")]);
        let translated = translated(
            &values(&[
                ("accept", "tlv"),
                ("path", "/3"),
                ("value", "tlv"),
                ("payload.text", "tlv"),
            ]),
            &words,
        );
        assert_eq!(
            translated,
            values(&[
                ("accept", "TLV"),
                ("path", "/3"),
                ("value", "tlv"),
                ("payload.text", "tlv")
            ])
        );
    }

    proptest! {
        #[test]
        fn any_value_survives_json(value in ".*") {
            let filled = fill("\"${v}\"", &values(&[("v", &value)]), Context::Json).unwrap();
            prop_assert_eq!(serde_json::from_str::<String>(&filled).unwrap(), value);
        }

        #[test]
        fn any_text_is_filled_or_refused(text in "[$${}a ü]{0,20}") {
            let _ = fill(&text, &values(&[("a", "x")]), Context::Url);
        }

        #[test]
        fn text_without_placeholders_stays(text in "[^$]*") {
            prop_assert_eq!(fill(&text, &values(&[]), Context::Json).unwrap(), text);
        }
    }
}
