//! The lines of a file, as its parser counts them.

/// Splits at LF, CR LF and a lone CR (YAML 1.2, 5.4); what ends the last line begins no other.
pub(crate) fn lines(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let (line, end) = rest.split_at(rest.find(['\n', '\r']).unwrap_or(rest.len()));
        let after = ["\r\n", "\n", "\r"]
            .iter()
            .find_map(|mark| end.strip_prefix(mark));
        rest = after.unwrap_or("");
        Some(line)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_break_ends_one_line() {
        let rows: [(&str, &[&str]); 6] = [
            ("", &[]),
            ("a", &["a"]),
            ("a\n", &["a"]),
            ("a\n\nb\r\nc\rd", &["a", "", "b", "c", "d"]),
            ("\r\r\n\n", &["", "", ""]),
            ("\n\r", &["", ""]),
        ];
        for (text, wanted) in rows {
            assert_eq!(lines(text).collect::<Vec<_>>(), wanted, "{text:?}");
        }
    }
}
