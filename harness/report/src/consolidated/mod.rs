//! Pages of an event: results by test case, for the event or one implementation, and the matrix of pairs.
//!
//! The same [`ResultsPage`] becomes HTML, PDF and CSV, so that they cannot differ.

mod csv;
mod html;
mod page;

pub(crate) use csv::field as csv_field;
pub use csv::results_csv;
pub use html::{pairs_html, results_html};
pub use page::{ResultsPage, ResultsRow};

pub use crate::pdf::results_pdf;
