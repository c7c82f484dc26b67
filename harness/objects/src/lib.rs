//! Checks object definitions in OMA's XML (DDF) against the schema, the TS and OMA's guidelines for registration.
//!
//! Strict where `lwm2m::registry` is lenient: that reads whatever a file means, this says what is wrong with it. Pure: takes bytes, returns
//! findings. Opens no file and asks no server, so what OMA's validator asks over HTTP is checked only as far as the files tell.

mod definition;
mod finding;
mod lint;
mod page;
mod reference;
mod registry;
mod rule;
mod rules;
mod schema;
mod text;
mod units;

pub use finding::{Finding, Severity};
pub use lint::{Around, Checked, Files, Kind, NoFiles, lint};
pub use page::LONGEST;
pub use reference::Reference;
pub use rule::{Listed, codes};
