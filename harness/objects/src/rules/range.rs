//! RangeEnumeration: how a range is written, and whether a program can read it.

use lwm2m::Range;

use crate::definition::{Field, Resource};
use crate::finding::Remark;
use crate::text::quoted;

/// A range is written with `..`.
pub(crate) fn dots(field: Option<Field>) -> Vec<Remark> {
    let field = field.filter(|field| is_wordy(&field.text));
    let remark = |field: Field| {
        let message = format!("range is {}", quoted(field.text.trim()));
        let help = match dotted(field.text.trim()) {
            Some(range) => format!("a range is written with two full stops: {range}"),
            None => "a range is written with two full stops: 0..23".to_owned(),
        };
        Remark::new(field.at, message, help)
    };
    field.map(remark).into_iter().collect()
}

/// A range is one that programs read, or a list of words.
pub(super) fn readable(resource: &Resource<'_, '_>) -> Vec<Remark> {
    let Some(field) = resource.field("RangeEnumeration") else {
        return Vec::new();
    };
    let text = field.text.trim();
    let Range::Unparsed(_) = Range::parse(text) else {
        return Vec::new();
    };
    let is_list = text.contains(LIST) && resource.text("Type") == "String";
    if is_list || is_wordy(text) {
        return Vec::new();
    }
    let (why, help) = if is_reversed(text) {
        (
            "whose first number is the greater",
            "write the smaller number first",
        )
    } else {
        (
            "which is no range and no list",
            "write 0..23, 0..255 bytes, a list such as 1, 2, 5, or say it in Description",
        )
    };
    let message = format!("range is {}, {why}", quoted(text));
    vec![Remark::new(field.at, message, help)]
}

fn is_reversed(text: &str) -> bool {
    let number = |text: &str| text.trim().parse::<f64>().ok();
    let ends = text.split_once("..");
    ends.is_some_and(|(first, last)| number(first) > number(last) && number(last).is_some())
}

/// Whether a range is written with a hyphen or "to" between two numbers.
fn is_wordy(text: &str) -> bool {
    wordy(text).next().is_some()
}

/// The words that stand between two numbers, with the space around them.
fn wordy(text: &str) -> impl Iterator<Item = std::ops::Range<usize>> {
    let found = WORDS.iter().flat_map(move |word| text.match_indices(word));
    let digit = |letter: Option<char>| letter.is_some_and(|letter| letter.is_ascii_digit());
    found.filter_map(move |(at, word)| {
        let before = text[..at].trim_end();
        let behind = text[at + word.len()..].trim_start();
        let number = behind.trim_start_matches(['-', '+', '<', '>']);
        let between = digit(before.chars().next_back()) && digit(number.chars().next());
        between.then(|| before.len()..text.len() - behind.len())
    })
}

/// How the range would be written, if it is one.
fn dotted(text: &str) -> Option<String> {
    let mut found = wordy(text);
    let (word, None) = (found.next()?, found.next()) else {
        return None;
    };
    let dotted = format!("{}..{}", &text[..word.start], &text[word.end..]);
    let is_range = !matches!(Range::parse(&dotted), Range::Unparsed(_));
    is_range.then_some(dotted)
}

/// What stands between two numbers where `..` should.
const WORDS: [&str; 4] = ["-", "to", "\u{2013}", "\u{2014}"];

/// What stands between the members of a list.
const LIST: [char; 4] = [',', ';', '|', '\n'];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_between_numbers() {
        for (text, wordy) in [
            ("0-7", true),
            ("0 to 23", true),
            ("0 – 23", true),
            ("<7 to >12.5", true),
            ("-110--48", true),
            ("16-32-48 bytes", true),
            ("-110..-48", false),
            ("0..247, 255", false),
            ("-1, -2", false),
            ("16-bit", false),
            ("1: DOUBLE-CLICK", false),
            ("2 tons", false),
            ("", false),
        ] {
            assert_eq!(is_wordy(text), wordy, "{text}");
        }
    }

    #[test]
    fn what_a_range_would_be() {
        for (text, range) in [
            ("0-7", Some("0..7")),
            ("0 to 23", Some("0..23")),
            ("0-255 bytes", Some("0..255 bytes")),
            ("-110 - -48", Some("-110..-48")),
            ("16-32-48 bytes", None),
            ("<7 to >12.5", None),
            ("7-0", None),
        ] {
            assert_eq!(dotted(text).as_deref(), range, "{text}");
        }
    }
}
