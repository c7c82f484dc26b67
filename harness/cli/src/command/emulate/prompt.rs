//! What can be typed: a line of the notation, a line that the answer should fit, or a command.

use std::time::Duration;

use testcase::diagnostic::{render_all, suggest};
use testcase::{Diagnostic, Line, Seat, Span, Word, WordKind, duration, read_line};

/// One typed line.
#[derive(Clone, Debug)]
pub(super) enum Typed {
    /// Nothing, or a comment.
    Nothing,
    /// The emulator is to send this.
    Say(Line),
    /// The last answer should fit this.
    Expect(Line),
    /// A client's values are to change, as this Write would change them.
    Set(Line),
    /// Whom what follows is for: an Endpoint Client Name or a seat.
    To(String),
    /// Nothing is done so long.
    Wait(Duration),
    /// Who is registered.
    Clients,
    /// What a client holds, or what a registered client told of itself.
    Objects,
    /// What can be typed.
    Help,
    /// The end.
    Quit,
}

impl Typed {
    /// Reads the line at `index`, from 0, of `file`; the mistakes in it, with the line and a caret.
    pub(super) fn read(file: &str, index: usize, text: &str, own: Seat) -> Result<Self, String> {
        // places count from the beginning of the file
        let whole = "\n".repeat(index) + text;
        let shown = |mistakes: &[Diagnostic]| render_all(mistakes, |_| whole.clone());
        let mistake = |message: String, help: &str| {
            let first = text.len() - text.trim_start().len();
            let span = Span {
                line: u32::try_from(index + 1).unwrap_or(u32::MAX),
                column: u32::try_from(first + 1).unwrap_or(u32::MAX),
                width: u32::try_from(text.trim().chars().count().max(1)).unwrap_or(1),
            };
            let mut mistake = Diagnostic::error(file, span, message);
            mistake.help = Some(help.to_owned());
            shown(&[mistake])
        };
        let trimmed = text.trim();
        let (word, rest) = trimmed
            .split_once(char::is_whitespace)
            .unwrap_or((trimmed, ""));
        let rest = rest.trim();
        match (word, rest) {
            ("", _) => return Ok(Self::Nothing),
            (word, _) if word.starts_with('#') => return Ok(Self::Nothing),
            ("clients", "") => return Ok(Self::Clients),
            ("objects", "") => return Ok(Self::Objects),
            ("help", "") => return Ok(Self::Help),
            ("quit" | "exit", "") => return Ok(Self::Quit),
            ("to", name) if !name.is_empty() => return Ok(Self::To(name.to_owned())),
            ("wait", time) => {
                let wrong = || {
                    mistake(
                        "how long to wait carries a unit".to_owned(),
                        "wait 500ms, wait 5s",
                    )
                };
                return duration::parse(time).map(Self::Wait).ok_or_else(wrong);
            }
            ("set", rest) => {
                return Self::set(file, index, rest, own)
                    .map_err(|reason| mistake(reason, "set /3/0/9 50"));
            }
            _ => {}
        }
        if !trimmed.contains(':') {
            let words = Word::all().map(Word::name).chain(COMMANDS.iter().copied());
            let message = match suggest(word, words) {
                Some(near) => {
                    format!("\"{word}\" is nothing that can be typed: did you mean \"{near}\"?")
                }
                None => format!("\"{word}\" is nothing that can be typed"),
            };
            return Err(mistake(
                message,
                "a line of the notation, such as read: {path: /3/0/0}, or `help`",
            ));
        }
        let (seat, line) = addressed(&whole, own);
        let line = read_line(file, &line, seat).map_err(|mistakes| shown(&mistakes))?;
        let kind = line.word_kind();
        if seat != own && kind != WordKind::Answer {
            return Err(mistake(
                format!(
                    "what a {} answers can be expected, and nothing else",
                    seat.role
                ),
                "such as client: {content: {value: 5}} behind a read",
            ));
        }
        match kind {
            WordKind::Request if line.count == 1 && !line.word.is_channel() => Ok(Self::Say(line)),
            WordKind::Answer if seat != own => Ok(Self::Expect(line)),
            _ => Err(mistake(
                format!("\"{}\" makes sense in a case alone", line.word.value),
                "the emulator answers by itself; `help` lists what can be typed",
            )),
        }
    }

    fn set(file: &str, index: usize, rest: &str, own: Seat) -> Result<Self, String> {
        if own != Seat::CLIENT {
            return Err("only a client has values that can be set".to_owned());
        }
        let (path, value) = rest
            .split_once(char::is_whitespace)
            .ok_or_else(|| "a path and a value are needed".to_owned())?;
        let text = format!("write: {{path: {path}, value: {}}}", value.trim());
        let line = read_line(file, &("\n".repeat(index) + &text), Seat::SERVER);
        line.map(Self::Set).map_err(|mistakes| {
            let first = mistakes.into_iter().next();
            first.map_or_else(|| "this is no value".to_owned(), |mistake| mistake.message)
        })
    }
}

/// The seat whose line it is, and the line: a seat's name before it is taken away, its place stays.
fn addressed(text: &str, own: Seat) -> (Seat, String) {
    let named = text.split_once(':').and_then(|(name, rest)| {
        let seat = name.trim().parse::<Seat>().ok()?;
        Some((
            seat,
            " ".repeat(name.trim_start_matches('\n').len() + 1),
            rest,
        ))
    });
    match named {
        Some((seat, blank, rest)) => {
            let lines = text.len() - text.trim_start_matches('\n').len();
            (seat, "\n".repeat(lines) + &blank + rest)
        }
        None => (own, text.to_owned()),
    }
}

/// What `help` says.
pub(super) fn help(own: Seat) -> String {
    let words = Word::all().filter(|word| {
        word.sender() == Some(own.role) && word.kind() == WordKind::Request && !word.is_channel()
    });
    let words: Vec<&str> = words.map(Word::name).collect();
    let examples = match own {
        Seat::CLIENT => {
            "  update: {lifetime: 60}\n  send: {node: {/3/0/9: 50}}\n  set /3/0/9 50              a value changes; notifications go out as they are due\n"
        }
        Seat::SERVER => {
            "  read: {path: /3/0/0, accept: tlv}\n  observe: {path: /3/0/9}, as: battery\n  {cancel-observation: {of: battery}}\n  to urn:dev:1               whom the next lines are for; else who registered last\n  clients                    who is registered\n"
        }
        _ => {
            "  bootstrap-write: {path: /1/0, node: {/1/0/0: 1, /1/0/1: 86400}}\n  bootstrap-finish: {}\n"
        }
    };
    let examples = examples.replace(
        "observe: {path: /3/0/9}, as: battery",
        "{observe: {path: /3/0/9}, as: battery}",
    );
    let peer = match own.role {
        testcase::Role::Client => Seat::SERVER,
        _ => Seat::CLIENT,
    };
    format!(
        "Lines of cases (testcases/reference.md): {}\n{examples}  {peer}: {{changed: {{}}}}         the last answer should be so\n  \
         objects                    what there is\n  wait 5s\n  quit\n",
        words.join(", ")
    )
}

/// Commands beside the notation.
const COMMANDS: &[&str] = &[
    "clients", "objects", "help", "quit", "exit", "to", "wait", "set",
];
