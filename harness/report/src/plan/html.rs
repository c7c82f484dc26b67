//! The plan as one HTML file that needs nothing beside it.

use super::PlanPage;
use crate::RenderError;
use crate::html::render_page;

/// Renders the plan of a run.
///
/// # Errors
///
/// A template that does not render: a defect of this crate.
pub fn plan_html(page: &PlanPage) -> Result<String, RenderError> {
    Ok(render_page("plan.html", page)?)
}
