//! Which cases are played, and why the others are not.

mod applicable;
mod filter;

pub use applicable::{Reason, Selection, select};
pub use filter::Filter;
