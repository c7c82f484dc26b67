//! The author's mistakes: what is wrong, where, and what would be right.

use crate::Span;

/// A mistake of an author, or a warning to one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// The file's path.
    pub file: String,
    /// The place.
    pub span: Span,
    /// How bad it is.
    pub severity: Severity,
    /// The rule that is broken, if rules have codes.
    pub code: Option<&'static str>,
    /// What is wrong: a lower-case fragment.
    pub message: String,
    /// What stands behind the caret.
    pub label: Option<String>,
    /// What would be right.
    pub help: Option<String>,
    /// Other places that matter.
    pub labels: Vec<Label>,
}

/// A remark on another place of the same file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// The place.
    pub span: Span,
    /// The remark.
    pub text: String,
}

/// How bad a mistake is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The file cannot be used.
    Error,
    /// The file can be used, and probably should not.
    Warning,
}

impl Diagnostic {
    /// A mistake that makes the file useless.
    pub fn error(file: impl Into<String>, span: Span, message: impl Into<String>) -> Self {
        Self {
            file: file.into(),
            span,
            severity: Severity::Error,
            code: None,
            message: message.into(),
            label: None,
            help: None,
            labels: Vec::new(),
        }
    }

    /// A warning.
    pub fn warning(file: impl Into<String>, span: Span, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Warning,
            ..Self::error(file, span, message)
        }
    }

    /// Names the rule that is broken.
    #[must_use]
    pub const fn with_code(mut self, code: &'static str) -> Self {
        self.code = Some(code);
        self
    }

    /// Writes something behind the caret.
    #[must_use]
    pub fn with_label(mut self, label: impl Into<String>) -> Self {
        self.label = Some(label.into());
        self
    }

    /// Says what would be right.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Points at another place.
    #[must_use]
    pub fn with_place(mut self, span: Span, text: impl Into<String>) -> Self {
        self.labels.push(Label {
            span,
            text: text.into(),
        });
        self
    }

    /// Whether the file cannot be used.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

impl Severity {
    /// `error` or `warning`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}
