//! How texts are quoted in messages and compared.

use std::ops::Range;

/// `text` in quotes, cut where it is too long for a message.
pub(crate) fn quoted(text: &str) -> String {
    match text.char_indices().nth(LONGEST_QUOTE) {
        Some((end, _)) => format!("{:?}..", text.get(..end).unwrap_or_default()),
        None => format!("{text:?}"),
    }
}

/// Where two texts part, but for white space.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Difference {
    /// Where the word begins in the first text.
    pub(crate) at: usize,
    /// What the first text is from there on, or as a whole, as a message says it.
    pub(crate) found: String,
    /// The same of the other text.
    pub(crate) wanted: String,
}

impl Difference {
    /// Compares two texts.
    pub(crate) fn of(one: &str, other: &str) -> Option<Self> {
        let letters = |text: &'_ str| -> Vec<(usize, char)> {
            let letters = text.char_indices();
            letters
                .filter(|(_, letter)| !letter.is_whitespace())
                .collect()
        };
        let (ours, theirs) = (letters(one), letters(other));
        let same = |((_, one), (_, other)): &(&(usize, char), &(usize, char))| one == other;
        let equal = ours.iter().zip(&theirs).take_while(same).count();
        if equal == ours.len() && equal == theirs.len() {
            return None;
        }
        let word = |text: &str, letters: &[(usize, char)]| {
            let at = letters
                .get(equal)
                .map_or(text.trim_end().len(), |(at, _)| *at);
            let before = text.get(..at).unwrap_or_default();
            let space = before.rfind(char::is_whitespace);
            space.map_or(0, |space| {
                space + before[space..].chars().next().map_or(1, char::len_utf8)
            })
        };
        let (at, from) = (word(one, &ours), word(other, &theirs));
        let shown = |text: &str, at: usize| {
            let rest = text.get(at..).unwrap_or_default().trim();
            if text.trim().is_empty() {
                return "empty".to_owned();
            }
            let dots = if text
                .get(..at)
                .is_some_and(|before| before.trim().is_empty())
            {
                ""
            } else {
                ".."
            };
            format!("{dots}{}", quoted(rest))
        };
        Some(Self {
            at,
            found: shown(one, at),
            wanted: shown(other, from),
        })
    }
}

/// A word without what authors write differently.
pub(crate) fn plain(word: &str) -> String {
    word.chars()
        .filter(|letter| letter.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

/// `"a", "b"`, the empty word as `nothing`.
pub(crate) fn listed(words: &[&str]) -> String {
    let shown = words.iter().map(|word| match *word {
        "" => "nothing".to_owned(),
        word => format!("\"{word}\""),
    });
    shown.collect::<Vec<_>>().join(", ")
}

/// The first character that an editor for prose put in, where it stands and how many there are.
pub(crate) fn typographic(text: &str) -> Option<(Range<usize>, char, usize)> {
    let odd = |letter: &char| {
        matches!(letter,
            '\u{a0}' | '\u{ad}' | '\u{2000}'..='\u{200f}' | '\u{2010}'..='\u{2015}' | '\u{2018}'..='\u{201f}' | '\u{2026}'
            | '\u{2028}'..='\u{202f}' | '\u{2122}' | '\u{2060}'..='\u{2064}' | '\u{feff}' | '\u{fffd}')
            || (letter.is_control() && !matches!(letter, '\n' | '\r' | '\t'))
    };
    let mut found = text.char_indices().filter(|(_, letter)| odd(letter));
    let (at, first) = found.next()?;
    Some((at..at + first.len_utf8(), first, found.count() + 1))
}

/// What a typewriter has for a character that [`typographic`] found.
pub(crate) const fn typewritten(letter: char) -> &'static str {
    match letter {
        '\u{2018}'..='\u{201b}' => "a straight quote (')",
        '\u{201c}'..='\u{201f}' => "a straight quote (\")",
        '\u{2010}'..='\u{2015}' => "a hyphen (-)",
        '\u{2026}' => "three full stops (...)",
        '\u{a0}' | '\u{2000}'..='\u{200a}' | '\u{202f}' => "a plain space",
        '\u{fffd}' => "the character that was meant, in UTF-8",
        '\u{2122}' => "(TM)",
        _ => "nothing: it cannot be seen",
    }
}

/// Characters of a text that a message repeats.
const LONGEST_QUOTE: usize = 40;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_space_makes_no_difference() {
        assert_eq!(Difference::of(" a\n\tb c", "ab  c"), None);
        for (one, other, at, found, wanted) in [
            ("a b", "c", 0, "\"a b\"", "\"c\""),
            (" one two", "one three", 5, "..\"two\"", "..\"three\""),
            ("one", "one more", 0, "\"one\"", "..\"more\""),
            ("one more", "one", 4, "..\"more\"", "\"one\""),
            ("", "one", 0, "empty", "\"one\""),
            ("ä ö", "ä\u{a0}ü", 3, "..\"ö\"", "..\"ü\""),
        ] {
            let (found, wanted) = (found.to_owned(), wanted.to_owned());
            assert_eq!(
                Difference::of(one, other),
                Some(Difference { at, found, wanted })
            );
        }
    }

    #[test]
    fn letters_of_any_language_are_no_typography() {
        assert_eq!(typographic("25 °C, 3 µm, São, \"plain\" it's - fine"), None);
        let (at, letter, count) = typographic("the “word”").unwrap();
        assert_eq!((at, letter, count), (4..7, '“', 2));
        assert_eq!(typographic("a\u{1b}b").map(|found| found.1), Some('\u{1b}'));
    }

    #[test]
    fn long_texts_are_cut() {
        assert_eq!(quoted("a\u{1b}"), "\"a\\u{1b}\"");
        assert_eq!(quoted(&"ä".repeat(50)), format!("\"{}\"..", "ä".repeat(40)));
    }
}
