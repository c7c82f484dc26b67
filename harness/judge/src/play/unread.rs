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
    ///
    /// Of the channel what was seen counts, but nothing can be missed: what waits for a key holds back what comes after it.
    pub(super) fn unless_unread(
        &self,
        step: &Step,
        failure: Option<Box<Failure>>,
    ) -> Option<Box<Failure>> {
        let Some(why) = self.unread.as_ref().filter(|_| !step.lines.is_empty()) else {
            return failure;
        };
        let of_channel = step.lines.iter().all(|line| {
            let shown = matches!(line.word.value, Word::Show | Word::Ask);
            line.word.is_channel() || shown
        });
        let holds = match &failure {
            None => of_channel,
            Some(failure) if !failure.definite => true,
            Some(failure) => {
                of_channel && failure.frame.is_some() && failure.discord.subject != ANSWER
            }
        };
        if holds {
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

/// What the failure of a step is about in which an answer is missing.
pub(super) const ANSWER: &str = "answer";
