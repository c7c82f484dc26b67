//! The rules for definitions: of the file, of an Object, of a Resource.

mod naming;
mod object;
mod page;
pub(crate) mod range;
mod resource;
mod reusable;
pub(crate) mod unit;
mod urn;
mod version;
pub(crate) mod word;

pub(crate) use object::OBJECT;
pub(crate) use page::{PAGE, Sheet, line_ends, schema_of};
pub(crate) use resource::{OPERATIONS, RESOURCE, TYPES};
pub(crate) use urn::{category_of, urn_faults};
