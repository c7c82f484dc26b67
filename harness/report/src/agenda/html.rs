//! The agenda as one HTML file that needs nothing beside it.

use super::AgendaPage;
use crate::RenderError;
use crate::html::render_page;

/// Renders the agenda of an event.
pub fn agenda_html(page: &AgendaPage) -> Result<String, RenderError> {
    Ok(render_page("agenda.html", page)?)
}
