//! What a run says on the terminal (style guide, section 4): header, verdict lines, failure blocks, summary.
//!
//! Every string ends its last line with a line feed, so that the caller prints without adding one.

mod block;
mod header;
mod session;
mod style;
mod summary;
mod verdict_line;

pub(crate) use header::channel;
pub use session::{Terminal, terminal};
pub use style::Style;
