//! Why a command ends without a verdict, as `error: ...` and `  = help: ...`.

use std::fmt;

use report::RenderError;
use runner::HarnessError;
use sessions::SessionError;

use crate::ExitCode;

/// What kept a command from its work. Never an implementation's behaviour.
#[derive(Debug)]
pub enum Trouble {
    /// A mistake on the command line.
    Usage {
        /// What is wrong.
        message: String,
        /// What would be right.
        help: String,
    },
    /// Mistakes in cases or profiles, as shown with their carets.
    Mistakes {
        /// The mistakes, rendered.
        shown: String,
        /// How many there are.
        count: usize,
    },
    /// No case is left to play.
    NothingSelected {
        /// What was looked at.
        message: String,
        /// Where to look.
        help: String,
    },
    /// The harness cannot go on.
    Harness(HarnessError),
    /// A file that the user named cannot be read.
    Unreadable {
        /// Path and reason.
        message: String,
        /// What would be right.
        help: String,
    },
    /// The system gives the program less than it needs.
    System(std::io::Error),
    /// A report cannot be rendered.
    Report(RenderError),
}

impl Trouble {
    /// A mistake on the command line.
    pub fn usage(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self::Usage {
            message: message.into(),
            help: help.into(),
        }
    }

    /// The exit code that it ends with.
    pub const fn exit_code(&self) -> ExitCode {
        match self {
            Self::Usage { .. } | Self::Mistakes { .. } | Self::Unreadable { .. } => {
                ExitCode::Mistake
            }
            Self::NothingSelected { .. } => ExitCode::NothingSelected,
            Self::Harness(_) | Self::System(_) | Self::Report(_) => ExitCode::Harness,
        }
    }

    fn help(&self) -> Option<String> {
        match self {
            Self::Usage { help, .. }
            | Self::NothingSelected { help, .. }
            | Self::Unreadable { help, .. } => Some(help.clone()),
            Self::Mistakes { .. } | Self::System(_) | Self::Report(_) => None,
            Self::Harness(error) => error.help(),
        }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage { message, .. }
            | Self::NothingSelected { message, .. }
            | Self::Unreadable { message, .. } => write!(f, "error: {message}")?,
            Self::Mistakes { shown, count } => {
                let mistakes = if *count == 1 { "mistake" } else { "mistakes" };
                write!(f, "{shown}\nerror: {count} {mistakes}")?;
            }
            Self::Harness(error) => write!(f, "error: {error}")?,
            Self::System(error) => write!(f, "error: cannot watch sockets and signals: {error}")?,
            Self::Report(error) => write!(f, "error: {error}")?,
        }
        match self.help().filter(|help| !help.is_empty()) {
            Some(help) => write!(f, "\n  = help: {help}"),
            None => Ok(()),
        }
    }
}

impl From<HarnessError> for Trouble {
    fn from(error: HarnessError) -> Self {
        Self::Harness(error)
    }
}

impl From<SessionError> for Trouble {
    fn from(error: SessionError) -> Self {
        match error {
            SessionError::Wrong { message, help } => Self::Usage { message, help },
            SessionError::Mistakes { shown, count } => Self::Mistakes { shown, count },
            SessionError::Write { path, source } => HarnessError::Write { path, source }.into(),
            SessionError::Report(error) => error.into(),
        }
    }
}

impl From<RenderError> for Trouble {
    fn from(error: RenderError) -> Self {
        Self::Report(error)
    }
}
