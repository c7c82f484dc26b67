//! A broken rule: what it says, who broke it, and in which frame.

use record::{Fact, Location, Mismatch, Remark};
use testcase::Seat;

use super::Rule;
use crate::event::Datagram;

/// How binding a rule is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// A remark.
    Should,
    /// Fails the step.
    Must,
}

/// A broken rule.
#[derive(Clone, Debug)]
pub struct Finding {
    /// Name of the rule.
    pub rule: &'static str,
    /// How binding it is here; never more than the rule itself.
    pub level: Level,
    /// Clause.
    pub clause: &'static str,
    /// Requirement ids.
    pub requirements: Vec<&'static str>,
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

impl Rule {
    /// The finding that `datagram` breaks this rule.
    pub(super) fn broken(
        &self,
        datagram: &Datagram,
        subject: &str,
        expected: impl Into<String>,
        actual: impl Into<String>,
        message: &str,
    ) -> Finding {
        Finding {
            rule: self.name,
            level: self.level,
            clause: self.clause,
            requirements: self.requirements.to_vec(),
            seat: datagram.from,
            frame: datagram.frame,
            subject: subject.to_owned(),
            expected: expected.into(),
            actual: actual.into(),
            message: format!("the {} {message}", datagram.from),
        }
    }
}

impl Finding {
    /// The same as a mere remark, if `lax` holds.
    #[must_use]
    pub(super) fn softened(mut self, lax: bool) -> Self {
        if lax {
            self.level = Level::Should;
        }
        self
    }

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
