//! One line outside of a case, as somebody types it.

use super::Reader;
use super::line::Speaker;
use crate::Diagnostic;
use crate::model::{Line, Seat};
use crate::tree;

/// Reads `text` as a line of `seat`: `read: {path: /3/0}`, with or without braces around it.
///
/// `file` is the name that mistakes are shown with. Whether a variable in it holds is not looked at.
pub fn read_line(file: &str, text: &str, seat: Seat) -> Result<Line, Vec<Diagnostic>> {
    let (node, mut diagnostics) = tree::read(file, text);
    let line = node.and_then(|node| {
        let mut reader = Reader::new(file);
        let line = reader.line(&node, Speaker::Seat(seat));
        diagnostics.append(&mut reader.diagnostics);
        line
    });
    match line {
        Some(line) if !diagnostics.iter().any(Diagnostic::is_error) => Ok(line),
        _ => Err(diagnostics),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Word;
    use crate::diagnostic::render;

    #[test]
    fn a_line_is_what_a_case_writes_behind_a_seat() {
        for (text, seat, word) in [
            (
                "read: {path: /3/0/0, accept: tlv}",
                Seat::SERVER,
                Word::Read,
            ),
            ("{read: {path: /3/0/0}, as: x}", Seat::SERVER, Word::Read),
            ("update: {lifetime: 60}", Seat::CLIENT, Word::Update),
            ("deregister: {}", Seat::CLIENT, Word::Deregister),
            ("content: {value: 5}", Seat::CLIENT, Word::Content),
        ] {
            let line = read_line("prompt", text, seat);
            assert_eq!(line.map(|line| line.word.value), Ok(word), "{text}");
        }
    }

    #[test]
    fn what_is_no_line_is_a_mistake_with_its_place() {
        for (text, seat, wanted) in [
            ("raed: {path: /3}", Seat::SERVER, "did you mean \"read\"?"),
            ("read: {paht: /3}", Seat::SERVER, "did you mean \"path\"?"),
            ("read: {path: /3}", Seat::CLIENT, "is sent by a server"),
            ("register: {}", Seat::SERVER, "is sent by a client"),
            ("read: {path: 3/0}", Seat::SERVER, "1:14"),
            ("read", Seat::SERVER, "1:1"),
            ("[read]", Seat::SERVER, "1:1"),
            ("read: {path: /3", Seat::SERVER, "prompt:"),
            (
                "read: {path: /3}\nread: {path: /3}",
                Seat::SERVER,
                "prompt:2:1",
            ),
            ("\u{0}", Seat::SERVER, "prompt:"),
            ("", Seat::SERVER, "prompt:"),
        ] {
            let mistakes = read_line("prompt", text, seat).expect_err(text);
            let shown: String = mistakes.iter().map(|one| render(one, text)).collect();
            assert!(shown.contains(wanted), "{text}: {shown}");
        }
    }
}
