//! The operator: the person who can do what no interface can, asked on the terminal.
//!
//! Asked only if standard input is a terminal; else there is nobody. Counts the time that answers take.

use std::fmt;
use std::io::{self, BufRead, BufReader, IsTerminal, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex as BlockingMutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{Mutex, mpsc};

/// What an operator says to a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// Done, or yes.
    Yes,
    /// Not possible, or no, with the reason if one was given.
    No(String),
    /// There is nobody.
    Nobody,
}

/// The person at the terminal, one for all implementations: two questions are never on it at once.
pub struct Operator {
    lines: Mutex<Lines>,
    screen: BlockingMutex<Box<dyn Write + Send>>,
    waited: AtomicU64,
}

/// Where the operator's lines come from.
enum Lines {
    Nobody,
    /// A reader that is started by the first question.
    Silent(Box<dyn BufRead + Send>, Typing),
    Open(mpsc::UnboundedReceiver<String>, Typing),
}

/// Whether what was typed before a question answers it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Typing {
    Ahead,
    NotAhead,
}

impl Operator {
    /// The person at this terminal; nobody if standard input is none.
    pub fn terminal() -> Self {
        if !io::stdin().is_terminal() {
            return Self::nobody();
        }
        let lines = Lines::Silent(Box::new(BufReader::new(io::stdin())), Typing::NotAhead);
        Self::with(lines, Box::new(io::stderr()))
    }

    /// Nobody to ask.
    pub fn nobody() -> Self {
        Self::with(Lines::Nobody, Box::new(io::sink()))
    }

    /// One who answers with the lines of `reader` and reads what is written to `screen`.
    pub fn scripted(
        reader: impl BufRead + Send + 'static,
        screen: impl Write + Send + 'static,
    ) -> Self {
        Self::with(
            Lines::Silent(Box::new(reader), Typing::Ahead),
            Box::new(screen),
        )
    }

    /// Asks for something to be done: Enter when it is, `n` and a reason when it cannot be.
    pub async fn perform(&self, sentence: &str) -> Reply {
        let prompt = format!("\noperator: {sentence}\n  [Enter] done   [n reason] not possible: ");
        self.question(&prompt, |line| match strip_no(line) {
            Some(reason) => Some(Reply::No(reason.to_owned())),
            None => Some(Reply::Yes),
        })
        .await
    }

    /// Asks a question that is answered with yes or no.
    pub async fn ask(&self, question: &str) -> Reply {
        let prompt = format!("\noperator: {question}\n  [y] yes   [n reason] no: ");
        self.question(&prompt, |line| match strip_no(line) {
            Some(reason) => Some(Reply::No(reason.to_owned())),
            None if matches!(line.to_lowercase().as_str(), "y" | "yes") => Some(Reply::Yes),
            None => None,
        })
        .await
    }

    /// Time that passed between questions and answers.
    pub fn waited(&self) -> Duration {
        Duration::from_nanos(self.waited.load(Ordering::Relaxed))
    }

    fn with(lines: Lines, screen: Box<dyn Write + Send>) -> Self {
        Self {
            lines: Mutex::new(lines),
            screen: BlockingMutex::new(screen),
            waited: AtomicU64::new(0),
        }
    }

    async fn question(&self, prompt: &str, understood: impl Fn(&str) -> Option<Reply>) -> Reply {
        let mut lines = self.lines.lock().await;
        lines.open();
        let Lines::Open(receiver, typing) = &mut *lines else {
            return Reply::Nobody;
        };
        while *typing == Typing::NotAhead && receiver.try_recv().is_ok() {}
        let _waiting = Waiting::begin(&self.waited);
        loop {
            if self.print(prompt).is_err() {
                return Reply::Nobody;
            }
            let Some(line) = receiver.recv().await else {
                *lines = Lines::Nobody;
                return Reply::Nobody;
            };
            if let Some(reply) = understood(line.trim()) {
                return reply;
            }
        }
    }

    fn print(&self, prompt: &str) -> io::Result<()> {
        let mut screen = self.screen.lock().unwrap_or_else(PoisonError::into_inner);
        screen.write_all(prompt.as_bytes())?;
        screen.flush()
    }
}

impl Lines {
    /// Starts to read; in a thread, since nothing can interrupt a read from a terminal.
    fn open(&mut self) {
        if !matches!(self, Self::Silent(..)) {
            return;
        }
        let Self::Silent(mut reader, typing) = std::mem::replace(self, Self::Nobody) else {
            return;
        };
        let (sender, receiver) = mpsc::unbounded_channel();
        let reading = move || {
            let mut line = String::new();
            while matches!(reader.read_line(&mut line), Ok(1..))
                && sender.send(std::mem::take(&mut line)).is_ok()
            {}
        };
        if std::thread::Builder::new()
            .name("operator".to_owned())
            .spawn(reading)
            .is_ok()
        {
            *self = Self::Open(receiver, typing);
        }
    }
}

/// Counts its own lifetime, so that a question given up counts too.
struct Waiting<'a> {
    total: &'a AtomicU64,
    since: Instant,
}

impl<'a> Waiting<'a> {
    fn begin(total: &'a AtomicU64) -> Self {
        let since = Instant::now();
        Self { total, since }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        let nanos = u64::try_from(self.since.elapsed().as_nanos()).unwrap_or(u64::MAX);
        self.total.fetch_add(nanos, Ordering::Relaxed);
    }
}

impl fmt::Debug for Operator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Operator")
            .field("waited", &self.waited())
            .finish_non_exhaustive()
    }
}

/// The reason behind `n` or `no`, which may be empty.
fn strip_no(line: &str) -> Option<&str> {
    let (word, reason) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    let no = matches!(
        word.trim_end_matches([':', ',']).to_lowercase().as_str(),
        "n" | "no"
    );
    no.then(|| reason.trim())
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    #[test]
    fn reads_a_no_and_its_reason() {
        for (line, reason) in [
            ("n", Some("")),
            ("N the button is broken", Some("the button is broken")),
            ("no: broken", Some("broken")),
            ("not yet", None),
            ("", None),
            ("nothing", None),
        ] {
            assert_eq!(strip_no(line), reason, "{line}");
        }
    }

    #[tokio::test]
    async fn is_asked_until_it_is_an_answer() {
        let operator = Operator::scripted(Cursor::new("\nn no button\nwhat?\ny\nNo\n"), io::sink());
        assert_eq!(operator.perform("Press the button.").await, Reply::Yes);
        assert_eq!(
            operator.perform("Press the other.").await,
            Reply::No("no button".to_owned())
        );
        assert_eq!(operator.ask("Is it green?").await, Reply::Yes);
        assert_eq!(operator.ask("Is it red?").await, Reply::No(String::new()));
        assert_eq!(operator.ask("Still there?").await, Reply::Nobody);
        assert_eq!(operator.perform("Come back.").await, Reply::Nobody);
    }

    #[tokio::test]
    async fn nobody_is_nobody() {
        let operator = Operator::nobody();
        assert_eq!(operator.perform("Press the button.").await, Reply::Nobody);
        assert_eq!(operator.ask("Is it green?").await, Reply::Nobody);
        assert_eq!(operator.waited(), Duration::ZERO);
    }
}
