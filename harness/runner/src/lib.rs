//! The runner: gives a case its sockets, its clock and its implementations, and leaves the evidence.

pub mod casting;
pub mod channel;
mod claims;
mod clock;
mod configured;
mod driven;
mod error;
mod folder;
mod credentials;
mod http_files;
mod images;
pub mod iut;
mod keys;
mod live;
mod mode;
pub mod mutant;
mod network;
mod operate;
pub mod plan;
pub mod product;
pub mod proof;
mod rehearsal;
pub mod session;
mod shown;
pub mod stage;
pub mod station;
mod stop;
pub mod virtual_time;

pub use claims::{Claims, RunFacts};
pub use clock::RunClock;
pub use error::HarnessError;
pub use mode::{MODES, Mode, TRANSPORTS};
pub use folder::{Folder, sha256};
pub use rehearsal::rehearse;
pub use stop::Stop;
pub use transport::{TransportError, parse_listen};
