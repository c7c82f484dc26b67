//! What a play finds: steps, remarks, controls, and the verdict they add up to.

use std::collections::{BTreeMap, VecDeque};

use lwm2m::{Path, Value, Version};
use record::{ControlRecord, LetterVerdict, Location, Mismatch, Remark, StepRecord, Verdict};
use testcase::{Seat, Step, requirements};

use super::Play;
use super::active::{Active, Failure};
use super::setting::Setting;
use crate::command::{CommandId, Outcome};
use crate::referee::{Finding, Level};

/// The findings of one play.
#[derive(Default)]
pub struct Ledger {
    /// Steps in the order they began.
    pub steps: Vec<StepRecord>,
    /// What was done outside the wire.
    pub controls: Vec<ControlRecord>,
    /// Remarks of the whole case.
    pub remarks: Vec<Remark>,
    /// Why the verdict is not Pass, in one line.
    pub reason: Option<String>,
    /// The verdict that the reason is of.
    reason_of: Option<Verdict>,
    /// Letters of steps that failed by others.
    pub(super) displaced: Vec<String>,
    /// Whether a letter stays undecided although nothing failed.
    pub(super) undecided: bool,
    /// Values of a client under test, as read.
    pub(super) values: BTreeMap<Path, Value>,
    /// Instances of `each` that wait their turn.
    pub(super) queue: VecDeque<Active>,
    /// First event that the next step may take.
    pub(super) window: usize,
    /// First event of the dialogue.
    pub(super) dialogue_window: usize,
    /// Verdict that nothing in the steps says: an interruption, a crash.
    pub(super) forced: Option<Verdict>,
    open: Vec<(CommandId, usize)>,
}

/// Where a seat erred.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Index of the step.
    pub step: usize,
    /// The frame that shows it.
    pub frame: Option<u32>,
}

impl Ledger {
    pub(super) fn open_control(&mut self, id: CommandId, control: ControlRecord) {
        self.open.push((id, self.controls.len()));
        self.controls.push(control);
    }

    pub(super) fn close_control(&mut self, id: CommandId, outcome: &Outcome) {
        let Some((_, index)) = self.open.iter().find(|(known, _)| *known == id) else {
            return;
        };
        if let Some(control) = self.controls.get_mut(*index) {
            control.outcome = outcome.reason();
        }
    }

    /// Gives the reason of a verdict; it stays until a worse one has its own.
    pub(super) fn reason(&mut self, verdict: Verdict, text: String) {
        let worse = |known: Verdict| known != verdict && known.worsened(verdict) == verdict;
        if self.reason.is_none() || self.reason_of.is_some_and(worse) {
            self.reason = Some(text);
            self.reason_of = Some(verdict);
        }
    }

    /// Where `seat` erred of its own, if it did.
    ///
    /// A code that it answered, an answer that it owed, a message that did not come and what it showed are reactions, and none of
    /// its own.
    pub fn own_fault(&self, seat: Seat) -> Option<Fault> {
        let name = seat.to_string();
        let mut steps = self.steps.iter().enumerate();
        steps.find_map(|(step, found)| {
            let mismatch = found.mismatch.as_ref().filter(|one| !is_reaction(one))?;
            (found.blame.as_deref() == Some(&*name)).then_some(Fault {
                step,
                frame: mismatch.frame,
            })
        })
    }

    /// Takes a Fail back by which the judged seat only reacted to what `other`, an implementation too, had done wrong before:
    /// whether it would have failed a sound one nobody knows.
    pub fn excuse(&mut self, other: Seat, fault: Fault) {
        let mut excused = false;
        for (index, step) in self.steps.iter_mut().enumerate() {
            let Some(mismatch) = step.mismatch.as_ref().filter(|found| is_reaction(found)) else {
                continue;
            };
            let later = match (fault.frame, mismatch.frame) {
                (Some(fault), Some(own)) => fault <= own,
                _ => fault.step <= index,
            };
            if step.verdict == Some(Verdict::Fail) && later {
                step.verdict = Some(Verdict::Inconclusive);
                excused = true;
            }
        }
        if excused && !self.has_failed() {
            let found = self.reason.take().unwrap_or_default();
            let reason = format!("{found}, but the {other} had erred before, which may be why");
            self.reason = Some(reason);
            self.reason_of = Some(Verdict::Inconclusive);
        }
    }

    pub(super) fn has_failed(&self) -> bool {
        self.steps
            .iter()
            .any(|step| step.verdict == Some(Verdict::Fail))
    }

    /// Takes a finding of the referee: a broken `must` fails the step in play, everything else is a remark.
    ///
    /// What the network has done, if anything, may be why it was broken.
    pub(super) fn finding(
        &mut self,
        mut finding: Finding,
        step: Option<usize>,
        setting: &Setting,
        in_dialogue: bool,
        weather: Option<&str>,
    ) {
        finding
            .requirements
            .retain(|id| in_force(id, setting.version));
        let Some(step) = step.and_then(|index| self.steps.get_mut(index)) else {
            self.remarks.push(finding.remark());
            return;
        };
        if finding.level == Level::Must && in_dialogue && step.mismatch.is_none() {
            let mut reason = format!("{}: {}", finding.rule, finding.message);
            let verdict = match weather {
                None => Verdict::Fail,
                Some(weather) => {
                    reason = format!("{reason}, but {weather}, which may be why");
                    Verdict::Inconclusive
                }
            };
            step.verdict = Some(verdict);
            step.blame = weather.is_none().then(|| finding.seat.to_string());
            step.mismatch = Some(finding.mismatch(step.location.clone()));
            self.reason(verdict, reason);
        } else if !step
            .remarks
            .iter()
            .any(|known| known.rule.as_deref() == Some(finding.rule))
        {
            step.remarks.push(finding.remark());
        }
    }

    pub(super) fn cut_short(&mut self, reason: &str, blame: Option<Seat>, setting: &Setting) {
        let verdict = match blame {
            Some(seat) if seat == setting.judged => Verdict::Fail,
            _ => Verdict::Inconclusive,
        };
        self.reason(verdict, reason.to_owned());
        self.forced = Some(self.forced.map_or(verdict, |known| known.worsened(verdict)));
    }

    /// Adds a remark about the whole case.
    pub fn note(&mut self, text: String) {
        self.remarks.push(Remark {
            text,
            seat: None,
            frame: None,
            rule: None,
            clause: None,
        });
    }

    /// Sets the verdict that the steps cannot say.
    pub fn force(&mut self, verdict: Verdict, reason: &str) {
        self.forced = Some(self.forced.map_or(verdict, |known| known.worsened(verdict)));
        self.reason(verdict, reason.to_owned());
    }

    /// Letters with their verdicts, in alphabetical order.
    pub fn letters(&self) -> Vec<LetterVerdict> {
        let mut letters: BTreeMap<String, Option<Verdict>> = BTreeMap::new();
        let mut open: Vec<String> = Vec::new();
        for step in self.steps.iter().filter(|step| step.state.is_none()) {
            for letter in &step.criteria {
                let known = letters.entry(letter.clone()).or_insert(None);
                match step.verdict {
                    Some(Verdict::Inconclusive) | None => open.push(letter.clone()),
                    Some(verdict) => {
                        *known = Some(known.map_or(verdict, |before| before.worsened(verdict)))
                    }
                }
            }
        }
        for letter in &self.displaced {
            letters.entry(letter.clone()).or_insert(None);
            open.push(letter.clone());
        }
        letters
            .into_iter()
            .map(|(letter, verdict)| {
                let verdict =
                    verdict.filter(|verdict| *verdict != Verdict::Pass || !open.contains(&letter));
                LetterVerdict { letter, verdict }
            })
            .collect()
    }

    /// The verdict of the judged seat (design, 7).
    pub fn verdict(&self, heard: bool) -> Verdict {
        let mut verdict = self.forced.unwrap_or(Verdict::Pass);
        for step in &self.steps {
            verdict = verdict.worsened(step.verdict.unwrap_or(Verdict::Inconclusive));
        }
        let letters = self.letters();
        let decided = letters.iter().any(|letter| letter.verdict.is_some());
        let open = letters.iter().any(|letter| letter.verdict.is_none());
        if self.undecided || !heard || open || !decided {
            verdict = verdict.worsened(Verdict::Inconclusive);
        }
        verdict
    }
}

impl Play {
    /// The verdict of the judged seat: without a message of its own there is no Pass.
    pub fn verdict(&self) -> Verdict {
        let judged = self.setting.judged;
        let mut datagrams = self.transfer.datagrams().iter();
        let mut notes = self.transfer.events().iter();
        let heard = datagrams.any(|datagram| datagram.from == judged)
            || notes.any(|event| event.from == judged && event.note().is_some());
        self.ledger.verdict(heard)
    }

    /// The findings, to be changed by the driver: crashes, budgets.
    pub const fn ledger_mut(&mut self) -> &mut Ledger {
        &mut self.ledger
    }

    pub(super) fn mismatch(&self, failure: &Failure, location: Location, step: &Step) -> Mismatch {
        let mut requirements: Vec<String> = step.judges.iter().map(|id| id.value.clone()).collect();
        for id in &self.setting.case.judges {
            if !requirements.contains(&id.value) {
                requirements.push(id.value.clone());
            }
        }
        let discord = &failure.discord;
        let mut actual = record::Fact::new(discord.subject.clone(), discord.actual.clone());
        if let Some(offset) = discord.offset {
            actual.detail = self.offset_detail(failure.frame, offset);
        }
        requirements.retain(|id| in_force(id, self.setting.version));
        Mismatch {
            message: failure.message.clone(),
            expected: record::Fact::new(discord.subject.clone(), discord.expected.clone()),
            actual,
            frame: failure.frame,
            location,
            rule: None,
            clause: self.setting.case.source.clause.clone(),
            requirements,
        }
    }

    /// Format and bytes at the offset of the payload where the contradicting entry begins.
    fn offset_detail(&self, frame: Option<u32>, offset: usize) -> String {
        let event = frame.and_then(|frame| {
            self.transfer
                .events()
                .iter()
                .find(|event| event.frames.contains(&frame))
        });
        let Some(message) = event.and_then(|event| event.message.as_ref()) else {
            return format!("payload byte {offset}");
        };
        let format = message
            .content_format()
            .map_or_else(|| "payload".to_owned(), |format| format.to_string());
        let bytes: Vec<String> = message
            .payload
            .iter()
            .skip(offset)
            .take(8)
            .map(|byte| format!("{byte:02x}"))
            .collect();
        format!("{format} {} at payload byte {offset}", bytes.join(" "))
    }
}

/// Whether a mismatch is about how a seat answered, or about what no frame shows, and no rule was broken.
fn is_reaction(mismatch: &Mismatch) -> bool {
    let answered = [super::compare::CODE, "answer"].contains(&&*mismatch.expected.subject);
    mismatch.rule.is_none() && (answered || mismatch.frame.is_none())
}

/// Whether a requirement holds in this version already; nobody tells 1.2 from 1.2.1.
fn in_force(id: &str, version: Version) -> bool {
    let since = requirements::find(id).map(|found| found.since);
    let mut parts = since.as_deref().unwrap_or_default().splitn(3, '.');
    let known = match (parts.next(), parts.next()) {
        (Some(major), Some(minor)) => Version::parse(&format!("{major}.{minor}")),
        _ => None,
    };
    known.is_none_or(|since| since <= version)
}
