//! Mistakes that show only when a whole file, or several, are known.

mod indexes;
mod quick;
mod scope;
mod seats;
mod texts;
mod variables;
mod wait;

pub(crate) use indexes::{check_breaks, check_indexes, check_judges};
pub(crate) use quick::check_quick;
pub(crate) use scope::Scope;
pub(crate) use seats::{check_letters, check_seats};
pub(crate) use variables::{Walk, collect};
