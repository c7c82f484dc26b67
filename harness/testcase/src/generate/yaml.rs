//! Bits of YAML.

use std::fmt::Write as _;

/// A text in quotes, whatever it holds.
pub(super) fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for letter in text.chars().filter(|letter| !letter.is_control()) {
        if matches!(letter, '"' | '\\') {
            quoted.push('\\');
        }
        quoted.push(letter);
    }
    quoted.push('"');
    quoted
}

/// A list in brackets, each entry in quotes.
pub(super) fn list<T: AsRef<str>>(entries: impl IntoIterator<Item = T>) -> String {
    let mut list = String::from("[");
    for (place, entry) in entries.into_iter().enumerate() {
        let comma = if place == 0 { "" } else { ", " };
        // writing to a String cannot fail
        let _ = write!(list, "{comma}{}", quoted(entry.as_ref()));
    }
    list.push(']');
    list
}

/// A name as it stands in file names: `connectivity-monitoring`.
pub(super) fn slug(name: &str) -> String {
    let words = name
        .split(|letter: char| !letter.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty());
    let words: Vec<String> = words.map(str::to_ascii_lowercase).collect();
    words.join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_what_needs_it() {
        assert_eq!(quoted("a \"b\" \\ c: d\n"), r#""a \"b\" \\ c: d""#);
        assert_eq!(list(["/3", "/3/*"]), r#"["/3", "/3/*"]"#);
        assert_eq!(slug("LWM2M v1.0 Test Object"), "lwm2m-v1-0-test-object");
    }
}
