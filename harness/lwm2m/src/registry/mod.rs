//! Object definitions: what an Object and its Resources are, read from OMA's XML (DDF) and built in.
//!
//! Lenient on purpose: what is wrong with a definition is for the crate `objects` to say.

mod builtin;
mod ddf;
mod definition;
mod diagnostic;
mod element;
mod fields;
mod lookup;
mod range;

pub use ddf::Ddf;
pub use definition::{ObjectDefinition, ObjectVersion, Operations, ResourceDefinition};
pub use diagnostic::{DdfDiagnostic, Severity};
pub use lookup::Registry;
pub use range::{Interval, Number, Range};
