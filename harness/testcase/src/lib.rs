//! The case notation: its model, its reader, the mistakes it finds, profiles and the selection of cases.
//!
//! Pure but for the loader, which opens files. Knows no implementation and plays nothing.

pub mod model;

pub use model::*;
