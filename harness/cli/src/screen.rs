//! What a session says while it runs: verdict lines as cases end, a line of progress, then failures and the summary.

use std::collections::BTreeSet;
use std::io::{self, IsTerminal as _, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use record::{CaseRecord, SessionRecord};
use report::{Style, Terminal};
use runner::plan::Planned;
use runner::session::Observer;

/// The terminal, or what takes its place.
pub(crate) struct Screen {
    out: Box<dyn Write + Send>,
    style: Style,
    bar: ProgressBar,
    view: Option<View>,
}

/// A session on the screen.
struct View {
    terminal: Terminal,
    session: SessionRecord,
    folder: PathBuf,
    blocks: String,
    /// Number of each case that has begun, by its place in the plan; what judges several seats of one case has one number.
    numbers: Vec<u32>,
    last: String,
    /// Numbers that have ended.
    ended: BTreeSet<u32>,
}

impl Screen {
    /// Standard output, with a line of progress if a person looks at it.
    pub(crate) fn terminal() -> Self {
        let is_watched = io::stdout().is_terminal() && io::stderr().is_terminal() && !is_dumb();
        let bar = if is_watched {
            ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr())
        } else {
            ProgressBar::hidden()
        };
        Self::new(Box::new(io::stdout()), bar)
    }

    /// A buffer, for a session beside others.
    pub(crate) fn buffer(text: Arc<Mutex<Vec<u8>>>) -> Self {
        Self::new(Box::new(Buffer(text)), ProgressBar::hidden())
    }

    fn new(out: Box<dyn Write + Send>, bar: ProgressBar) -> Self {
        let style = Style {
            colour: is_coloured(),
            width: 0,
        };
        Self {
            out,
            style,
            bar,
            view: None,
        }
    }

    /// Where the session is, once it has begun.
    pub(crate) fn folder(&self) -> Option<&Path> {
        self.view.as_ref().map(|view| view.folder.as_path())
    }

    /// Says what failed, and how it all went.
    pub(crate) fn end(&mut self, session: &SessionRecord) {
        self.bar.finish_and_clear();
        if let Some(view) = &self.view {
            let text = format!("{}\n{}", view.blocks, view.terminal.summary(session));
            self.say(&text);
        }
    }

    /// Takes the line of progress away.
    pub(crate) fn clear(&self) {
        self.bar.finish_and_clear();
    }

    /// Shows text.
    pub(crate) fn say(&mut self, text: &str) {
        // a reader that has gone away does not stop a session
        let out = &mut self.out;
        self.bar
            .suspend(|| drop(out.write_all(text.as_bytes()).and_then(|()| out.flush())));
    }
}

impl Observer for Screen {
    fn began(&mut self, session: &SessionRecord, folder: &Path) {
        let shown = folder.display().to_string();
        let terminal = Terminal::new(session, &shown, self.style);
        let header = terminal.header(session) + "\n";
        self.view = Some(View {
            terminal,
            session: session.clone(),
            folder: folder.to_owned(),
            blocks: String::new(),
            numbers: Vec::new(),
            last: String::new(),
            ended: BTreeSet::new(),
        });
        self.say(&header);
        self.bar.set_length(u64::from(session.planned));
        if let Ok(style) = ProgressStyle::with_template(PROGRESS) {
            self.bar.set_style(style);
        }
    }

    fn case_begins(&mut self, _index: usize, planned: &Planned) {
        if let Some(view) = &mut self.view {
            let mut number = view.numbers.last().copied().unwrap_or(0);
            if view.last != planned.case.name {
                view.last.clone_from(&planned.case.name);
                number += 1;
            }
            view.numbers.push(number);
        }
        self.bar
            .set_message(format!("[{}] {}", planned.seat, planned.case.name));
    }

    fn case_ended(&mut self, index: usize, case: &CaseRecord) {
        let Some(view) = &mut self.view else { return };
        let number = view.numbers.get(index).copied().unwrap_or(0);
        view.ended.insert(number);
        self.bar.set_position(view.ended.len() as u64);
        let line = view
            .terminal
            .line(number, &view.session, &case.summary, Some(case));
        let block = view
            .terminal
            .failure(&view.session, &case.summary, Some(case));
        if !block.is_empty() {
            view.blocks += &format!("\n{block}");
        }
        self.say(&line);
    }
}

/// What is shown later.
struct Buffer(Arc<Mutex<Vec<u8>>>);

impl Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Colours on a terminal, unless the user wants none (no-color.org).
fn is_coloured() -> bool {
    let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    io::stdout().is_terminal() && !refused && !is_dumb()
}

fn is_dumb() -> bool {
    std::env::var_os("TERM").is_none_or(|term| term == "dumb")
}

/// The line of progress.
const PROGRESS: &str = "{bar:24} {pos}/{len} {msg}";
