//! Fields that hold one of a few words, or must hold something.

use crate::definition::Field;
use crate::finding::Remark;
use crate::text::{listed, plain, quoted, typewritten, typographic};

/// A field that holds none of `words`; its text counts with its spaces, as for the schema.
pub(crate) fn one_of(field: Option<Field>, name: &str, words: &[&str]) -> Vec<Remark> {
    let Some(field) = field else {
        return Vec::new();
    };
    if words.contains(&field.text.as_str()) {
        return Vec::new();
    }
    let wanted = words.iter().find(|word| plain(word) == plain(&field.text));
    let help = match wanted.filter(|word| !word.is_empty() || field.text.trim().is_empty()) {
        Some(word) => format!(
            "{} is meant, to the letter and without spaces",
            listed(&[word])
        ),
        None => format!("{name} is one of {}", listed(words)),
    };
    let message = match field.text.as_str() {
        "" => format!("{name} is empty"),
        text => format!("{name} is {}", quoted(text)),
    };
    vec![Remark::new(field.at, message, help)]
}

/// A field without text.
pub(crate) fn empty(field: Option<Field>, name: &str, help: &str) -> Vec<Remark> {
    let empty = field.filter(|field| field.text.trim().is_empty());
    let remark = |field: Field| Remark::new(field.at, format!("{name} is empty"), help);
    empty.map(remark).into_iter().collect()
}

/// The Type of an executable Resource.
pub(crate) fn no_type(field: Option<Field>) -> Vec<Remark> {
    let stated = field.filter(|field| !field.text.trim().is_empty());
    let remark = |field: Field| {
        let found = quoted(field.text.trim());
        let message = format!("an executable Resource has the Type {found}");
        Remark::new(field.at, message, "leave Type empty: there is no value")
    };
    stated.map(remark).into_iter().collect()
}

/// A field with characters that an editor for prose put in.
pub(crate) fn prose(field: Option<Field>, name: &str) -> Vec<Remark> {
    let Some(field) = field else {
        return Vec::new();
    };
    let Some((at, letter, count)) = typographic(&field.text) else {
        return Vec::new();
    };
    let more = match count {
        1 => String::new(),
        _ => format!(", and {} more such characters", count - 1),
    };
    let message = format!(
        "{name} holds {} (U+{:04X}){more}",
        quoted(&letter.to_string()),
        u32::from(letter)
    );
    let help = format!("write {}", typewritten(letter));
    vec![Remark::new(field.part(at), message, help)]
}

/// Words of MultipleInstances.
pub(crate) const MULTIPLE: [&str; 2] = ["Multiple", "Single"];

/// Words of Mandatory.
pub(crate) const MANDATORY: [&str; 2] = ["Mandatory", "Optional"];
