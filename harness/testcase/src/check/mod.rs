//! Mistakes that show only when a whole file, or several, are known.

mod scope;
mod seats;
mod texts;
mod variables;
mod wait;

pub(crate) use scope::Scope;
pub(crate) use seats::{check_letters, check_seats};
pub(crate) use variables::{Walk, collect};
