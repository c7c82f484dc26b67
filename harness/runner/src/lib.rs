//! The runner: gives a case its sockets, its clock and its implementations.

mod clock;
pub mod iut;
mod live;
mod operate;
mod shown;
pub mod stage;
pub mod station;
mod stop;
pub mod virtual_time;

pub use clock::RunClock;
pub use stop::Stop;
