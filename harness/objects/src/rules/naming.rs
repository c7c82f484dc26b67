//! Names: each of several words begins with a capital.

use crate::definition::Field;
use crate::finding::Remark;
use crate::text::quoted;

/// A name of several words that has one without its capital.
pub(super) fn capitals(field: Option<Field>) -> Vec<Remark> {
    let Some(field) = field else {
        return Vec::new();
    };
    let words: Vec<&str> = field.text.split_whitespace().collect();
    let is_small = |word: &&&str| {
        word.starts_with(char::is_lowercase)
            && !word.contains(|letter: char| letter.is_uppercase() || letter.is_ascii_digit())
            && !PARTICLES.contains(word)
    };
    let Some(small) = words.iter().find(is_small).filter(|_| words.len() > 1) else {
        return Vec::new();
    };
    let message = format!(
        "name is {}, with a small letter in {}",
        quoted(field.text.trim()),
        quoted(small)
    );
    let capital = |word: &&str| {
        let mut letters = word.chars();
        let first = letters.next().filter(|_| is_small(&word));
        let first = first.map(|letter| letter.to_uppercase().collect::<String>());
        first.map_or_else(|| (*word).to_owned(), |first| first + letters.as_str())
    };
    let right: Vec<String> = words.iter().map(capital).collect();
    vec![Remark::new(field.at, message, quoted(&right.join(" ")))]
}

/// Words that stay small within a name, as in OMA's own.
const PARTICLES: [&str; 22] = [
    "a", "an", "and", "as", "at", "by", "during", "for", "from", "if", "in", "into", "of", "on",
    "or", "per", "since", "the", "to", "vs", "when", "with",
];
