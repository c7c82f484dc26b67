//! The commands, one file each.

mod agenda;
mod check;
mod completions;
mod consolidate;
mod coverage;
mod diff;
mod emulate;
mod entry;
mod key;
mod list;
mod matrix;
mod objects;
mod probe;
mod report;
mod run;
mod schema;
mod serve;
mod session;

pub(crate) use agenda::agenda;
pub(crate) use check::check;
pub(crate) use completions::completions;
pub(crate) use consolidate::consolidate;
pub(crate) use coverage::coverage;
pub(crate) use diff::diff;
pub(crate) use emulate::emulate;
pub(crate) use entry::entry;
pub(crate) use key::key;
pub(crate) use list::list;
pub(crate) use objects::objects;
pub(crate) use probe::probe;
pub(crate) use report::report;
pub(crate) use run::run;
pub(crate) use schema::schema;
pub(crate) use serve::serve;
pub(crate) use session::session;
