//! What remains when a dialogue ends early: `check` steps still run, all other steps are listed as undecided (design, 7).

use coap::Time;
use record::Verdict;
use testcase::Step;

use super::Play;
use super::active::Active;
use super::sequence::{Stage, letters_of, locate, subject};
use crate::actual::Actual;
use crate::pattern::Scope as _;

impl Play {
    /// Ends the dialogue; `check` steps on what was captured still run.
    pub(super) fn stop(&mut self, now: Time) {
        self.active.clear();
        self.ledger.queue.clear();
        self.unanswered.clear();
        self.list_rest(now, true);
        self.stage = Stage::Remainder;
    }

    /// Lists the steps that are not reached; `checks` what was captured, if the dialogue was reached at all.
    pub(super) fn list_rest(&mut self, now: Time, checks: bool) {
        let (next, checks) = match self.stage {
            Stage::Dialogue(next) => (next, checks),
            Stage::Remainder => return,
            _ => (0, false),
        };
        for index in next..self.setting.case.dialogue.len() {
            let Some(step) = self.dialogue_step(index) else {
                break;
            };
            self.leave_out(&step, checks, now);
        }
    }

    /// A step that is not reached: played if it only checks, else listed as undecided.
    fn leave_out(&mut self, step: &Step, checks: bool, now: Time) {
        let applies = step
            .when
            .as_ref()
            .is_none_or(|when| self.view(&[], false).holds(when));
        if !applies {
            return;
        }
        let record = self.open_record(step, &[], None, now);
        let only_checks = checks
            && step.lines.is_empty()
            && step.group.is_empty()
            && step.control.is_empty()
            && !step.checks.is_empty();
        let captured = step.checks.iter().all(|check| {
            self.view(&[], false)
                .lookup(&subject(check))
                .is_some_and(|found| found != Actual::Absent)
        });
        if !only_checks || !captured {
            return;
        }
        let mut active = Active::new(step.clone(), Vec::new(), record, now, 0);
        let checks = active.step.checks.clone();
        let failure = checks
            .iter()
            .find_map(|check| self.check(&mut active, check).err());
        let offset = self.offset(now);
        let letters = letters_of(step, self.setting.judged);
        let origin = self.origin(record);
        match failure {
            None => {
                let open = !active.taken.is_empty();
                if let Some(found) = self.step_record(record) {
                    found.verdict = (!open).then_some(Verdict::Pass);
                    found.ended = offset;
                }
            }
            Some(failure) => {
                let verdict = self.verdict_of(&failure, &letters, true);
                let location = locate(&origin, failure.discord.span, step.span);
                let mismatch = self.mismatch(&failure, location, step);
                if let Some(found) = self.step_record(record) {
                    found.verdict = Some(verdict);
                    found.blame = failure.blame.map(|seat| seat.to_string());
                    found.mismatch = Some(mismatch);
                    found.ended = offset;
                }
            }
        }
    }
}
