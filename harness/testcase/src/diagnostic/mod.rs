//! Mistakes of authors, and how they are shown.

mod lines;
mod mistake;
mod render;
mod suggestion;

pub(crate) use lines::lines;
pub use mistake::{Diagnostic, Label, Severity};
pub use render::{render, render_all};
pub use suggestion::suggest;
