//! Cases that object definitions tell, as text of the notation: one source for all Objects.

mod object;
mod object_mutants;
mod yaml;

pub use object::{object_case, object_files};
pub use object_mutants::object_mutants;
