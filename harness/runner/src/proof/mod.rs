//! The proof that the cases test: each passes against the sound emulators, and fails by its letters against mutants.

mod known;
mod matrix;
mod played;
mod prover;
mod side_by_side;
mod wire;

pub use known::{UNPROVEN, Unproven};
pub use matrix::{Cell, Column, Extent, Matrix, Outcome, Row};
pub use played::{Failure, Played};
pub use prover::{Prover, known};
pub use wire::{Compared, Decided, Rehearsal, Twice};
