//! What misbehaviours and prepared answers make of one message.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::{Act, Answer, Edit, Handle, Kept, Perform};

/// The deviations that hold for one message, gathered.
#[derive(Clone, Debug, Default)]
pub(crate) struct Plan {
    /// It is answered as if it were done.
    pub(crate) never: bool,
    /// A duplicate is carried out again.
    pub(crate) again: bool,
    /// What is sound in a broken payload is carried out.
    pub(crate) partly: bool,
    /// It is taken although it must not be.
    pub(crate) anyway: bool,
    /// What it does not end.
    pub(crate) kept: BTreeSet<Kept>,
    /// The answer instead of the natural one.
    pub(crate) answer: Option<Answer>,
    /// Edits of what goes out.
    pub(crate) edits: Vec<Edit>,
    /// It is lost.
    pub(crate) dropped: bool,
    /// Its retransmissions are lost.
    pub(crate) once: bool,
    /// It is sent so many times more.
    pub(crate) repeats: u32,
    /// It is held back.
    pub(crate) delay: Duration,
    /// What is sent too.
    pub(crate) added: Vec<Perform>,
    /// How it is taken otherwise than it is.
    pub(crate) misread: Vec<Edit>,
}

impl Plan {
    /// Adds one deviation.
    pub(super) fn add(&mut self, act: &Act) {
        match act {
            Act::Handle(Handle::Never) => self.never = true,
            Act::Handle(Handle::Again) => self.again = true,
            Act::Handle(Handle::Partly) => self.partly = true,
            Act::Handle(Handle::Anyway) => self.anyway = true,
            Act::Keep(kept) => {
                self.kept.insert(*kept);
            }
            Act::Answer(answer) => self.answer = Some(answer.clone()),
            Act::Change(edits) => self.edits.extend_from_slice(edits),
            Act::Drop => self.dropped = true,
            Act::Repeat(times) => self.repeats = times.saturating_sub(1),
            Act::Delay(delay) => self.delay = self.delay.saturating_add(*delay),
            Act::Add(perform) => self.added.push((**perform).clone()),
            Act::Misread(edits) => self.misread.extend_from_slice(edits),
        }
    }

    /// Whether anything deviates.
    pub(crate) fn deviates(&self) -> bool {
        self.never
            || self.again
            || self.dropped
            || !self.kept.is_empty()
            || self.repeats > 0
            || self.answer.is_some()
            || !self.edits.is_empty()
            || !self.delay.is_zero()
    }

    /// Whether the request leaves no trace at its receiver.
    pub(crate) fn leaves_no_trace(&self) -> bool {
        self.never || self.answer.as_ref().is_some_and(Answer::refuses)
    }

    /// Whether `kept` does not end.
    pub(crate) fn keeps(&self, kept: Kept) -> bool {
        self.kept.contains(&kept)
    }
}
