//! Makes text harmless and visible before it is shown: what an implementation sends never becomes a terminal escape, a line
//! break, a reordering of the line or a path.
//!
//! Markup is escaped by the renderers on top of this (HTML by the templates, XML by quick-junit).

use std::borrow::Cow;
use std::fmt::Write as _;

/// Shows control, invisible and reordering characters as escapes such as `\n` and `\u{202e}`; everything else stays.
///
/// Backslashes stay as they are, so that the function may be applied twice.
pub fn visible(text: &str) -> Cow<'_, str> {
    let Some(first) = text.find(is_hidden) else {
        return Cow::Borrowed(text);
    };
    let (clean, rest) = text.split_at(first);
    let mut shown = String::with_capacity(text.len() + 16);
    shown.push_str(clean);
    for character in rest.chars() {
        push(&mut shown, character);
    }
    Cow::Owned(shown)
}

/// Shows at most `limit` characters of the visible text and says how many are left out.
pub fn cut(text: &str, limit: usize) -> String {
    let shown = visible(text);
    match shown.char_indices().nth(limit) {
        None => shown.into_owned(),
        Some((end, _)) => {
            let left_out = shown[end..].chars().count();
            format!("{}... ({left_out} more characters)", &shown[..end])
        }
    }
}

/// Shortens the visible text to `limit` characters, the last an ellipsis if any were lost.
pub(crate) fn shorten(text: &str, limit: usize) -> String {
    let shown = visible(text);
    if shown.chars().nth(limit).is_none() {
        return shown.into_owned();
    }
    let mut short: String = shown.chars().take(limit.saturating_sub(1)).collect();
    short.push('…');
    short
}

/// The fragment that names a case and a seat in every report: `registration/int-101-initial-registration@client`.
pub fn anchor(case: &str, seat: &str) -> String {
    let mut anchor = fragment(case);
    anchor.push('@');
    anchor.push_str(&fragment(seat));
    anchor
}

/// A link into the session's folder, or `None` if the path would leave it or is not plain.
pub fn relative_link(path: &str) -> Option<String> {
    let plain = |segment: &str| {
        !segment.is_empty()
            && !segment.starts_with('.')
            && segment.chars().all(|c| is_plain(c) && c != '/')
    };
    path.split('/').all(plain).then(|| path.to_owned())
}

/// The text with everything that a shell would not take literally in single quotes.
pub(crate) fn shell_word(text: &str) -> String {
    let shown = visible(text);
    if !shown.is_empty() && shown.chars().all(is_plain) {
        return shown.into_owned();
    }
    format!("'{}'", shown.replace('\'', r"'\''"))
}

fn push(shown: &mut String, character: char) {
    match character {
        '\n' => shown.push_str("\\n"),
        '\r' => shown.push_str("\\r"),
        '\t' => shown.push_str("\\t"),
        hidden if is_hidden(hidden) => {
            let _ = write!(shown, "\\u{{{:x}}}", u32::from(hidden));
        }
        plain => shown.push(plain),
    }
}

/// Whether a character acts on its surroundings or cannot be seen (Unicode general categories Cc, Cf and the noncharacters
/// that XML 1.0, 2.2 refuses).
fn is_hidden(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{fdd0}'..='\u{fdef}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
        || u32::from(character) & 0xfffe == 0xfffe
}

fn fragment(text: &str) -> String {
    let plain = |c| if is_plain(c) { c } else { '-' };
    text.chars().map(plain).collect()
}

fn is_plain(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '/' | '.' | '_' | '-')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn shows_what_would_act() {
        let table = [
            ("plain /3/0/16 = \"U\"", "plain /3/0/16 = \"U\""),
            ("a\nb\r\tc", "a\\nb\\r\\tc"),
            ("\u{1b}[31mred\u{7}", "\\u{1b}[31mred\\u{7}"),
            ("\u{202e}gnp.exe\u{2066}", "\\u{202e}gnp.exe\\u{2066}"),
            ("\u{9b}0m\u{7f}\u{0}", "\\u{9b}0m\\u{7f}\\u{0}"),
            (
                "\u{200b}\u{feff}\u{fffe}\u{1ffff}",
                "\\u{200b}\\u{feff}\\u{fffe}\\u{1ffff}",
            ),
            ("Grüße, 안녕", "Grüße, 안녕"),
        ];
        for (text, shown) in table {
            assert_eq!(visible(text), shown);
        }
    }

    #[test]
    fn links_stay_in_the_folder() {
        assert_eq!(
            relative_link("registration/int-101").as_deref(),
            Some("registration/int-101")
        );
        for path in [
            "",
            "/etc/passwd",
            "../x",
            "a/../b",
            "a//b",
            "javascript:alert(1)",
            "a b",
            "a/.ssh",
            "a\\b",
            "a/",
        ] {
            assert_eq!(relative_link(path), None, "{path}");
        }
    }

    #[test]
    fn words_are_quoted_for_the_shell() {
        assert_eq!(shell_word("registration/int-101"), "registration/int-101");
        assert_eq!(shell_word("a; rm 'b'"), r"'a; rm '\''b'\'''");
    }

    proptest! {
        #[test]
        fn nothing_hidden_is_left(text in any::<String>()) {
            let shown = visible(&text);
            prop_assert!(!shown.chars().any(is_hidden));
            prop_assert_eq!(visible(&shown), shown.as_ref());
        }

        #[test]
        fn anchors_are_plain(case in any::<String>(), seat in any::<String>()) {
            let anchor = anchor(&case, &seat);
            prop_assert!(anchor.chars().all(|c| is_plain(c) || c == '@'));
        }

        #[test]
        fn cutting_keeps_the_limit(text in any::<String>(), limit in 0_usize..50) {
            prop_assert!(shorten(&text, limit).chars().count() <= limit.max(1));
            prop_assert!(!cut(&text, limit).chars().any(is_hidden));
        }
    }
}
