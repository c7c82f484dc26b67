//! The Test Session Report of a TestFest: one client, one server, every case of the ETS, in the order of OMA's result sheets.
//!
//! The same [`SheetPage`] becomes HTML and PDF, so that they cannot differ. The report of a single run is `session.html`.

mod evidence;
mod head;
mod html;
mod page;
mod row;
mod runs;
mod section;
mod standing;

pub(crate) use head::NOTES;
pub use html::session_report_html;
pub(crate) use page::SheetPage;
pub use page::{RunRecords, SessionReport};
pub(crate) use row::{Comment, RowView, Word};
pub(crate) use section::{CountsView, SectionView};

pub use crate::pdf::session_report_pdf;
