//! The referee: rules that hold for every message of an implementation, whatever the case (design, 8).

use lwm2m::{Registry, Version};
use record::{Fact, Location, Mismatch, Remark};
use testcase::Seat;

use crate::transfer::Transfer;

/// Keeps what rules must remember between messages.
pub struct Referee;

/// How binding a rule is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// Fails the step.
    Must,
    /// A remark.
    Should,
}

/// A broken rule.
#[derive(Clone, Debug)]
pub struct Finding {
    /// Name of the rule.
    pub rule: &'static str,
    /// How binding it is.
    pub level: Level,
    /// Clause.
    pub clause: &'static str,
    /// Requirement ids.
    pub requirements: &'static [&'static str],
    /// Who broke it.
    pub seat: Seat,
    /// Where.
    pub frame: u32,
    /// What is compared.
    pub subject: String,
    /// What the rule wants.
    pub expected: String,
    /// What was there.
    pub actual: String,
    /// One line.
    pub message: String,
}

impl Referee {
    /// A referee for this version.
    pub fn new(_version: Version) -> Self {
        Self
    }

    /// Looks at what came last.
    pub fn look(
        &mut self,
        _transfer: &Transfer,
        _types: &Registry,
        _completed: std::ops::Range<usize>,
    ) -> Vec<Finding> {
        Vec::new()
    }
}

impl Finding {
    /// As a remark.
    pub fn remark(&self) -> Remark {
        Remark {
            text: self.message.clone(),
            seat: Some(self.seat.to_string()),
            frame: Some(self.frame),
            rule: Some(self.rule.to_owned()),
            clause: Some(self.clause.to_owned()),
        }
    }

    /// As the reason of a failed step.
    pub fn mismatch(&self, location: Location) -> Mismatch {
        Mismatch {
            message: self.message.clone(),
            expected: Fact::new(&*self.subject, &*self.expected),
            actual: Fact::new(&*self.subject, &*self.actual),
            frame: Some(self.frame),
            location,
            rule: Some(self.rule.to_owned()),
            clause: Some(self.clause.to_owned()),
            requirements: self
                .requirements
                .iter()
                .map(|id| (*id).to_owned())
                .collect(),
        }
    }
}
