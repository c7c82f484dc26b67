//! Markdown for OMA's pages: entries of the product listing, and drafts of issues with the specification.

mod issue;
mod listing;

pub use issue::issue_draft;
pub use listing::{ResultLink, listing};

use crate::visible;

/// Text in Markdown: every mark that would act stands as itself, on one line, and nobody is called by an `@`.
pub(crate) fn plain(text: &str) -> String {
    let mut out = String::new();
    for c in one_line(text).chars() {
        match c {
            '@' => out.push_str("(at)"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '~' | '&' | '#' | '!' | '$' => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
    // a line may not begin as a list or a heading does
    let digits = out.bytes().take_while(u8::is_ascii_digit).count();
    let marks = [". ", ") ", "- ", "+ ", "---", "==="];
    if marks.iter().any(|mark| out[digits..].starts_with(mark)) {
        out.insert(digits, '\\');
    }
    out
}

/// Lines as they are, between fences that none of them can close.
pub(crate) fn fenced(text: &str) -> String {
    let runs = text.split(|c| c != '`').map(str::len);
    let fence = "`".repeat(runs.max().unwrap_or(0).max(2) + 1);
    format!("{fence}text\n{text}\n{fence}\n")
}

/// Text in HTML, on one line, since an empty line ends a block of HTML in Markdown.
pub(crate) fn html(text: &str) -> String {
    let mut out = String::new();
    for c in one_line(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c => out.push(c),
        }
    }
    out
}

fn one_line(text: &str) -> String {
    let words: Vec<_> = text.split_whitespace().collect();
    visible(&words.join(" ")).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strangers_text_stays_text() {
        for (text, in_markdown, in_html) in [
            ("a [b](c) *d*", r"a \[b\](c) \*d\*", "a [b](c) *d*"),
            ("<b>&\n\n# x", r"\<b\>\& \# x", "&lt;b&gt;&amp; # x"),
            ("1. a", r"1\. a", "1. a"),
            ("- a", r"\- a", "- a"),
            ("6.3.1", "6.3.1", "6.3.1"),
            ("int-203 @x", "int-203 (at)x", "int-203 @x"),
            (
                "`x` | y\u{202e}",
                r"\`x\` \| y\\u{202e}",
                "`x` | y\\u{202e}",
            ),
        ] {
            assert_eq!(plain(text), in_markdown);
            assert_eq!(html(text), in_html);
        }
    }

    #[test]
    fn no_line_closes_its_fence() {
        assert_eq!(fenced("a"), "```text\na\n```\n");
        assert_eq!(fenced("a ```` b"), "`````text\na ```` b\n`````\n");
    }
}
