//! Sessions of a TestFest on disk: the folder that two teams fill, sign and hand over.
//!
//! Reads, appends and hashes files, and knows the time; what follows from them is the `event` crate's, what they look like `report`'s.

mod error;
mod ets;
mod evidence;
mod folder;
mod journal;
mod keys;
mod report_files;
mod seal;
mod text;
mod time;

pub use error::SessionError;
pub use ets::{document, headings, named_in};
pub use folder::{HEADER, SUBMISSION, SessionFolder};
pub use keys::{new_key, read_public, read_secret};
pub use seal::{open, seal};
pub use text::{file_name, read_text};
pub use time::{now, today};
