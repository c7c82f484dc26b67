//! The agenda of a TestFest: who meets whom in which slot at which table, from the registrations.
//!
//! Nobody meets two at a time, every pair meets once, in as few slots as there can be. Rendering is left to `report`.

mod arrange;
mod block;
mod calendar;
mod colouring;
mod distribution;
mod improvement;
mod meetings;
mod periods;
mod seating;
mod spread;
mod timetable;

pub use arrange::{Agenda, Meeting, Session, arrange};
pub(crate) use block::mistakes;
pub use block::{AgendaBlock, Day, Tables};
pub use calendar::{Calendar, Time};
pub use meetings::{LeftOut, Options, Reason};
