//! The library: cases, states, configurations, value sets, errata and mutants.

mod configuration;
mod file;
#[allow(clippy::module_inception, reason = "the noun is the same")]
mod library;
mod load;

pub use file::{File, FileKind};
pub use library::Library;
pub(crate) use load::sort;
