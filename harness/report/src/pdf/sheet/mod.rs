//! The Test Session Report of a TestFest on paper: what `crate::sheet` gathers, on pages that each carry its mark.

mod evidence;
mod head;
mod report;
mod results;
mod runs;

pub use report::session_report_pdf;
