//! A TestFest as a whole: what its submissions add up to, and who meets whom when.
//!
//! Pure: takes data, returns data. Opens no file, renders nothing; `report` makes pages of it, `cli` reads and writes.

pub mod consolidate;
