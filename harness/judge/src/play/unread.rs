//! Messages that pass and cannot be read, since nobody told their keys: they decide nothing, whether they are missed or not.

use testcase::{Step, Word};

use super::Play;
use super::active::Failure;

impl Play {
    /// Takes note that messages pass which cannot be read, and why; or that all can be.
    ///
    /// What is not read cannot be missed: steps about messages then decide nothing.
    pub fn handle_unread(&mut self, why: Option<String>) {
        self.unread = why;
    }

    /// How a step ends: one about messages decides nothing while some of them cannot be read.
    pub(super) fn unless_unread(
        &self,
        step: &Step,
        failure: Option<Box<Failure>>,
    ) -> Option<Box<Failure>> {
        let is_message = |line: &testcase::Line| {
            let shown = matches!(line.word.value, Word::Show | Word::Ask);
            !line.word.is_channel() && !shown
        };
        let Some(why) = self
            .unread
            .as_ref()
            .filter(|_| step.lines.iter().any(is_message))
        else {
            return failure;
        };
        if failure.as_ref().is_some_and(|failure| !failure.definite) {
            return failure;
        }
        let reason = format!("what passes cannot be read: {why}");
        Some(Failure::undecided(
            step.span,
            "messages that can be read",
            reason,
        ))
    }
}
