//! The Test Session Report as one HTML file that needs nothing beside it.
//!
//! Templates are compiled in; every value passes [`crate::visible`] and HTML escaping in one place, `template`.

mod case;
mod frame;
mod ladder;
mod report;
mod session;
mod template;

pub(crate) use case::CaseView;
pub use report::html;
pub use template::script_hash;
pub(crate) use template::{render, render_page};
