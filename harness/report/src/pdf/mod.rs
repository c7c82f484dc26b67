//! The Test Session Report as PDF: the same facts as the HTML report on numbered A4 pages.
//!
//! Drawn with printpdf's low-level operations; wrapping, page breaks and repeated table heads are ours.

mod agenda;
mod case;
mod colour;
mod consolidated;
mod document;
mod font;
mod head;
mod ladder;
mod outline;
mod page;
mod plan;
mod readiness;
#[cfg(test)]
mod reading;
mod report;
mod results;
mod sheet;
mod table;

pub use agenda::agenda_pdf;
pub use consolidated::results_pdf;
pub use plan::plan_pdf;
pub use readiness::readiness_pdf;
pub use report::pdf;
pub use sheet::session_report_pdf;
