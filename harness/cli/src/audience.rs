//! Who hears of a session as it goes: the terminal, and those who watch a session of a TestFest.

use std::path::Path;
use std::sync::Arc;

use record::{CaseRecord, LiveMessage, SessionRecord};
use runner::Broadcast;
use runner::plan::Planned;
use runner::session::Observer;

use crate::screen::Screen;

/// The terminal and, within a session of a TestFest, those who watch it.
pub(crate) struct Audience<'a> {
    screen: &'a mut Screen,
    broadcast: Option<Arc<Broadcast>>,
}

impl<'a> Audience<'a> {
    /// The terminal and those who watch.
    pub(crate) const fn new(screen: &'a mut Screen, broadcast: Option<Arc<Broadcast>>) -> Self {
        Self { screen, broadcast }
    }

    /// Where the session is, once it has begun.
    pub(crate) fn folder(&self) -> Option<&Path> {
        self.screen.folder()
    }
}

impl Observer for Audience<'_> {
    fn began(&mut self, session: &SessionRecord, folder: &Path) {
        self.screen.began(session, folder);
        if let Some(broadcast) = &mut self.broadcast {
            broadcast.began(session, folder);
        }
    }

    fn case_begins(&mut self, index: usize, planned: &Planned) {
        self.screen.case_begins(index, planned);
        if let Some(broadcast) = &mut self.broadcast {
            broadcast.case_begins(index, planned);
        }
    }

    fn case_ended(&mut self, index: usize, case: &CaseRecord) {
        self.screen.case_ended(index, case);
        if let Some(broadcast) = &mut self.broadcast {
            broadcast.case_ended(index, case);
        }
    }

    fn hears_messages(&self) -> bool {
        self.broadcast.is_some()
    }

    fn message(&mut self, index: usize, message: &LiveMessage) {
        if let Some(broadcast) = &mut self.broadcast {
            broadcast.message(index, message);
        }
    }
}
