//! The operator: the person who can do what no interface can, asked on the terminal, and where a session is watched.
//!
//! At the terminal only if standard input is one. Whoever answers first counts; where nobody is, nobody is waited for. Counts the
//! time that answers take.

#[cfg(test)]
mod tests;

use std::fmt;
use std::io::{self, BufRead, BufReader, IsTerminal, Write};
use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex as BlockingMutex, PoisonError};
use std::time::{Duration, Instant};

use record::{AnsweredAt, LiveReply, PromptKind};
use tokio::sync::{Mutex, mpsc};

use crate::broadcast::{Asked, Broadcast};

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
    /// Where else it is asked.
    elsewhere: BlockingMutex<Option<Arc<Broadcast>>>,
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
        let understood = |line: &str| match strip_no(line) {
            Some(reason) => Some(Reply::No(reason.to_owned())),
            None => Some(Reply::Yes),
        };
        self.question(PromptKind::Perform, sentence, &prompt, understood)
            .await
    }

    /// Asks a question that is answered with yes or no.
    pub async fn ask(&self, question: &str) -> Reply {
        let prompt = format!("\noperator: {question}\n  [y] yes   [n reason] no: ");
        let understood = |line: &str| match strip_no(line) {
            Some(reason) => Some(Reply::No(reason.to_owned())),
            None if matches!(line.to_lowercase().as_str(), "y" | "yes") => Some(Reply::Yes),
            None => None,
        };
        self.question(PromptKind::Ask, question, &prompt, understood)
            .await
    }

    /// Asks those who watch this session, too, until another one is named.
    pub fn also_ask(&self, elsewhere: Option<Arc<Broadcast>>) {
        *self
            .elsewhere
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = elsewhere;
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
            elsewhere: BlockingMutex::new(None),
        }
    }

    async fn question(
        &self,
        kind: PromptKind,
        sentence: &str,
        prompt: &str,
        understood: impl Fn(&str) -> Option<Reply>,
    ) -> Reply {
        let mut lines = self.lines.lock().await;
        let at_terminal = self.at_terminal(&mut lines, prompt, understood);
        let Some(asked) = self.ask_elsewhere(kind, sentence) else {
            return at_terminal.await;
        };
        let mut answer = pin!(asked.answer());
        let first = tokio::select! {
            biased;
            reply = at_terminal => (AnsweredAt::Terminal, reply),
            reply = &mut answer => (AnsweredAt::Browser, reply.into()),
        };
        let (at, reply) = match first {
            (_, Reply::Nobody) => {
                let _waiting = Waiting::begin(&self.waited);
                tokio::select! {
                    biased;
                    reply = answer => (AnsweredAt::Browser, reply.into()),
                    () = asked.abandoned() => (AnsweredAt::Terminal, Reply::Nobody),
                }
            }
            first => first,
        };
        if at == AnsweredAt::Browser {
            // without the reason, which comes from afar; who sits at the terminal sees it, if anybody does
            let word = if reply == Reply::Yes { "yes" } else { "no" };
            drop(self.print(&format!("\n  answered in the browser: {word}\n")));
        }
        asked.answered(at, reply.clone().told());
        reply
    }

    fn ask_elsewhere(&self, kind: PromptKind, sentence: &str) -> Option<Asked> {
        let elsewhere = self
            .elsewhere
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        elsewhere.as_ref()?.ask(kind, sentence)
    }

    async fn at_terminal(
        &self,
        lines: &mut Lines,
        prompt: &str,
        understood: impl Fn(&str) -> Option<Reply>,
    ) -> Reply {
        lines.open();
        let Lines::Open(receiver, typing) = lines else {
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

impl Reply {
    fn told(self) -> Option<LiveReply> {
        match self {
            Self::Yes => Some(LiveReply::Yes),
            Self::No(reason) => Some(LiveReply::No(reason)),
            Self::Nobody => None,
        }
    }
}

impl From<LiveReply> for Reply {
    fn from(reply: LiveReply) -> Self {
        match reply {
            LiveReply::Yes => Self::Yes,
            LiveReply::No(reason) => Self::No(reason),
        }
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
