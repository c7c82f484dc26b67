//! What keeps a session's folder from being read or written.

use std::io;
use std::path::{Path, PathBuf};

use event::consolidate::Mistake;
use report::{RenderError, visible};
use testcase::{Diagnostic, Span};

/// Trouble with a session's folder.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// Something that the reader can mend.
    #[error("{message}")]
    Wrong {
        /// What was found, and where.
        message: String,
        /// What to do.
        help: String,
    },
    /// Mistakes in a file, with the lines they stand on.
    #[error("{shown}")]
    Mistakes {
        /// As the terminal shows them.
        shown: String,
        /// How many.
        count: usize,
    },
    /// A file cannot be written.
    #[error("cannot write \"{}\": {source}", .path.display())]
    Write {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The report cannot be rendered.
    #[error(transparent)]
    Report(#[from] RenderError),
}

impl SessionError {
    /// Something that the reader can mend.
    pub(crate) fn wrong(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self::Wrong {
            message: message.into(),
            help: help.into(),
        }
    }

    pub(crate) fn write(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Write { path, source }
    }

    /// A mistake in `text`, which was read from `path`.
    pub(crate) fn mistake(path: &Path, text: &str, mistake: &Mistake) -> Self {
        let span = Span::new(mistake.line, mistake.column, mistake.width);
        let file = visible(&path.display().to_string()).into_owned();
        let diagnostic = Diagnostic::error(file, span, visible(&mistake.message));
        let diagnostic = match mistake.help.as_str() {
            "" => diagnostic,
            help => diagnostic.with_help(visible(help)),
        };
        Self::Mistakes {
            shown: testcase::diagnostic::render_all(&[diagnostic], |_| text.to_owned()),
            count: 1,
        }
    }
}
