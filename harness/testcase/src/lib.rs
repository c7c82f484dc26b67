//! The case notation: its model, its reader, the mistakes it finds, profiles and the selection of cases.
//!
//! Pure but for the loader, which opens files. Knows no implementation and plays nothing.

mod check;
pub mod diagnostic;
pub mod generate;
mod index;
mod library;
pub mod model;
mod notation;
pub mod profile;
mod read;
mod select;
mod tree;

pub use diagnostic::{Diagnostic, Label, Severity};
pub use index::{Body, EtsCase, Level, Observable, Release, Requirement, ets, requirements};
pub use library::{File, FileKind, Library};
pub use model::*;
pub use notation::{
    ACCOUNT, DEVICE, FEATURES, ICS_LISTS, SECURITY, TRANSPORTS, account_resource, device_resource,
    ics_words, reference, schemas,
};
pub use profile::{ExpectedDeviation, ExpectedVerdict, Ics, Profile};
pub use read::read_line;
pub use select::{Filter, Reason, Selection, select};
