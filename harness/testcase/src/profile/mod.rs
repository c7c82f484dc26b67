//! Profiles of implementations under test.

mod control;
mod model;
mod read;

pub use model::{
    Action, ClaimedObject, Control, ExpectedDeviation, ExpectedVerdict, HttpRequest, Ics, Profile,
    ProfileVersion, Reset, Show, Signal, Start, Stop, StopDeed,
};
