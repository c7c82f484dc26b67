//! An implementation under test: how it is started, stopped, made to act and asked what it shows.
//!
//! Knows no operation and no case by name; words come from the profile and go to the implementation.
//! [`Iut`] unites the kinds of control: process, http, exec and prompt.

mod adapter;
mod call;
mod control;
mod error;
mod exec;
mod group;
mod http;
mod implementation;
mod output;
mod placeholder;
mod process;
mod prompt;
mod take;

pub use control::{Action, Control, HttpRequest, Place, Query, Reset, Show, Signal, Start, Stop};
pub use error::IutError;
pub(crate) use error::cause;
pub use implementation::{Iut, Outcome, Shown, Status};
pub use placeholder::{Context, PlaceholderError, Placeholders, fill};
pub use process::Exit;
pub use prompt::{Operator, Reply};
pub use take::take;
