//! Turns trees into the model, with every mistake of a file at once.

mod case;
mod conduct;
mod configuration;
mod expression;
mod line;
mod matcher;
mod mutant;
mod reader;
mod spoken;
mod step;
mod value;

pub use spoken::read_line;

pub(crate) use line::option_names;
pub(crate) use reader::{DURATIONS, Keys, Reader};
pub(crate) use value::{CANCELLING, WRITE_MODES};
