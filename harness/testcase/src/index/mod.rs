//! The indexes that this program carries: the requirements of the TS and the cases of the ETS.
//!
//! Both are texts in which each entry begins with a line of its own. Names are found without parsing; an entry is parsed when it is asked for.

mod blocks;
pub mod ets;
pub mod requirements;

pub use ets::{Body, EtsCase, Release};
pub use requirements::{Level, Observable, Requirement};
