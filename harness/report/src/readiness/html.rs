//! As a page that needs nothing beside it.

use record::{Readiness, SessionRecord};

use super::Page;
use crate::RenderError;
use crate::html::render_page;

/// Renders what a run says about readiness.
///
/// # Errors
///
/// A template that does not render: a defect of this crate.
pub fn readiness_html(
    session: &SessionRecord,
    readiness: &Readiness,
) -> Result<String, RenderError> {
    Ok(render_page("readiness.html", Page::of(session, readiness))?)
}
