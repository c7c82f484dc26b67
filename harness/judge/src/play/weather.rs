//! What the network did by chance decides nothing against a seat: neither a Fail nor the Pass of a silence.

use coap::Time;
use record::ControlRecord;
use testcase::{Line, Step, Word};

use super::Play;
use super::active::Failure;
use super::unread::ANSWER;
use crate::command::Outcome;

impl Play {
    /// Takes note that the network did something to a message: what (`frame 12 was lost`), and at whose wish (`--impair, seed 7`).
    ///
    /// From now on only what implementations do by themselves, such as to crash, can fail the case.
    pub fn handle_weather(&mut self, now: Time, what: &str, source: &str) {
        if self.ended.is_some() {
            return;
        }
        // the latest is the nearest to what comes to nothing
        self.weather = Some(format!("{what} ({source})"));
        let began = self.began.unwrap_or(now);
        self.ledger.controls.push(ControlRecord {
            time: u64::try_from(now.since(began).as_nanos()).unwrap_or(u64::MAX),
            seat: "network".to_owned(),
            action: format!("{what} ({source})"),
            outcome: Outcome::Done(None).reason(),
        });
    }

    /// How a step ends, in view of what the network has done.
    pub(super) fn unless_weather(
        &self,
        step: &Step,
        failure: Option<Box<Failure>>,
    ) -> Option<Box<Failure>> {
        // what did not come in time may only have been held up
        let is_missing = failure
            .as_ref()
            .is_some_and(|failure| failure.frame.is_none() || is_about_word(failure));
        let held_up = !self.setting.delay.is_zero() && is_missing;
        let held_up = held_up.then_some("the network holds up what passes (--impair)");
        let Some(weather) = self.weather.as_deref().or(held_up) else {
            return failure;
        };
        match failure {
            Some(mut failure) => {
                if failure.definite || is_about_word(&failure) {
                    let message = &failure.message;
                    failure.message = format!("{message}, but {weather}, which may be why");
                }
                failure.definite = false;
                failure.blame = None;
                Some(failure)
            }
            None if step.lines.iter().any(is_about_absence) => {
                let reason = format!("nothing came, but {weather}, which may be why");
                Some(Failure::undecided(step.span, "a silence", reason))
            }
            None => None,
        }
    }
}

/// Whether a failure is about a message that did not come, whatever came instead.
fn is_about_word(failure: &Failure) -> bool {
    let subject = failure.discord.subject.as_str();
    subject == ANSWER || Word::from_name(subject).is_some()
}

/// Whether a line is met by nothing.
fn is_about_absence(line: &Line) -> bool {
    matches!(line.word.value, Word::Silence | Word::NoAnswer)
        || line.alternatives.iter().any(is_about_absence)
}
