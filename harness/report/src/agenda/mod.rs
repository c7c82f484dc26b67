//! The agenda of a TestFest: page, table, calendars, and the sessions of the event file.
//!
//! All from one [`event::agenda::Agenda`], so that they cannot differ.

mod calendar;
mod csv;
mod html;
mod page;
mod sessions;

pub use calendar::{agenda_calendar, team_calendar};
pub use csv::agenda_csv;
pub use html::agenda_html;
pub use page::{
    AgendaDay, AgendaMeeting, AgendaPage, AgendaRow, AgendaSession, AgendaTeam, TeamMeeting,
};
pub use sessions::agenda_sessions;

pub use crate::pdf::agenda_pdf;
