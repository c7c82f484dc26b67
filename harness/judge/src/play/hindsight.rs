//! A case in hindsight: it is over, nobody is told anything, and what passed decides (notation, 7, 8 and Appendix A).
//!
//! Whatever a line would have somebody do is looked for as long as the capture lasts; what is absent is nobody's failure.
//! What is shown is in no capture, and what runs from a control has no beginning there.

use std::ops::Range;

use coap::Time;
use testcase::{Line, NetworkVerb, Word};

use super::Play;
use super::active::{Active, Failure, Phase, Progress};
use super::advance::{rejects, request_line};
use super::compare::letters;
use super::exchange::is_told;
use super::network::GAP;
use super::sequence::Stage;
use super::setting::Setting;
use crate::event::Fate;
use crate::pattern::Discord;

/// What is known of time in a capture.
#[derive(Default)]
pub(super) struct Hindsight {
    /// Why nobody knows when what is waited for now began.
    unsettled: Option<Unsettled>,
    /// Whether the case is in hindsight, and no seat of it was the harness's.
    foreign: bool,
    /// Whether a request of the dialogue was found.
    found: bool,
    /// Whether the capture has come to its end.
    over: bool,
    /// Whether the rules that always hold are judged elsewhere.
    unrefereed: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unsettled {
    /// A control is taken as given, at any time; a trigger or a look at what is shown takes its time, too.
    Control,
    /// What was found lies before what was found earlier.
    LookedBack,
}

impl Hindsight {
    /// What is known before the case.
    pub(super) fn of(setting: &Setting) -> Self {
        let mut seats = setting.case.participants().into_iter();
        Self {
            foreign: setting.hindsight && seats.all(|seat| setting.tested(seat)),
            ..Self::default()
        }
    }

    /// Takes note of something that takes time and that nothing in a capture shows.
    pub(super) fn takes_as_given(&mut self) {
        self.unsettled.get_or_insert(Unsettled::Control);
    }

    /// Takes note that a request was found, from which time runs on.
    pub(super) fn settles(&mut self, in_dialogue: bool) {
        self.found |= in_dialogue;
        if self.unsettled == Some(Unsettled::Control) {
            self.unsettled = None;
        }
    }

    /// Whether the referee is somebody else's matter.
    pub(super) const fn is_unrefereed(&self) -> bool {
        self.unrefereed
    }

    /// Whether nothing more will come.
    pub(super) const fn is_over(&self) -> bool {
        self.over
    }
}

impl Play {
    /// Leaves the rules that always hold to whoever judges the whole conversation.
    pub const fn leave_rules_out(&mut self) {
        self.hindsight.unrefereed = true;
    }

    /// Takes note that the capture lasted until `now`: what is not decided by then stays undecided.
    ///
    /// Only for a case in hindsight.
    pub fn handle_end_of_capture(&mut self, now: Time) {
        self.handle_timeout(now);
        self.hindsight.over = true;
        self.advance(now);
        if self.ended.is_none() {
            // the set-up, which is not judged, was never finished
            self.end(now, CAPTURE_ENDS, None);
        }
    }

    /// Whether all seats are held by implementations: then nobody knows that the case was played at all.
    pub(super) const fn is_foreign(&self) -> bool {
        self.hindsight.foreign
    }

    /// What becomes of a request that has not come and that somebody would have been told to send, or that has no cause in the capture.
    ///
    /// `None` if it was owed in time.
    pub(super) fn looked_for(&mut self, active: &mut Active, line: &Line) -> Option<Progress> {
        if !self.setting.hindsight {
            return None;
        }
        let tested = self.setting.tested(line.seat);
        let told = tested && is_told(line);
        let causeless = self.is_foreign() && !self.hindsight.found;
        let owed = tested && !told && !causeless && self.hindsight.unsettled.is_none();
        if owed {
            return None;
        }
        if !self.hindsight.over {
            return Some(Progress::Waits(None));
        }
        if told && let Some(event) = self.look_back(active, line) {
            self.remark(
                active.record,
                "observed before it was asked".to_owned(),
                Some(line.seat),
                None,
            );
            self.hindsight.unsettled = Some(Unsettled::LookedBack);
            return Some(self.took_request(active, line, event));
        }
        let word = line.word.value.name();
        let last = self.stray_of(line);
        let last = last.map(|(text, _)| format!(" (the last is {text})"));
        let last = last.unwrap_or_default();
        Some(Progress::Failed(open(
            line,
            ABSENT,
            format!("{word} of the {}", line.seat),
            format!(
                "no {word} of the {} that fits is in the capture{last}",
                line.seat
            ),
        )))
    }

    /// Whether a play that waits for a request as long as the capture lasts can let these events pass: none of them is that
    /// request, whatever its target, and nothing else hangs on them.
    pub(super) fn sleeps_through(&self, mut events: Range<usize>) -> bool {
        let others = self.unanswered.is_empty() && self.setting.case.meanwhile.is_empty();
        let [active] = self.active.as_slice() else {
            return false;
        };
        let Some(line) = request_line(&active.step) else {
            return false;
        };
        // who is waited for without a limit has been asked
        self.is_foreign()
            && self.wake.is_none()
            && others
            && active.phase == Phase::Requesting
            && active.asked.is_some()
            && line.alternatives.is_empty()
            && line.word.value != Word::Follow
            && !rejects(&active.step)
            && events.all(|event| !self.may_be(active, line, event))
    }

    /// Why a silence cannot be judged: nobody knows when it began.
    pub(super) fn unjudged_silence(&self, line: &Line) -> Option<Box<Failure>> {
        let unsettled = self
            .hindsight
            .unsettled
            .filter(|_| self.setting.hindsight)?;
        let reason = match unsettled {
            Unsettled::Control => "the capture does not tell when what comes before was done",
            Unsettled::LookedBack => "what the step follows on was found out of its order",
        };
        let expected = format!("a beginning of the silence of the {}", line.seat);
        Some(open(line, UNJUDGED, expected, reason.to_owned()))
    }

    /// What an implementation shows its user is in no capture.
    pub(super) fn unseen(&self, line: &Line) -> Box<Failure> {
        let expected = "a look at what the implementation shows".to_owned();
        let reason = format!("a capture tells nothing of what the {} shows", line.seat);
        open(line, SHOW, expected, reason)
    }

    /// A step whose network had to double a message: it waits for the double, and decides nothing without one.
    pub(super) fn undone_deed(&self, active: &Active, now: Time) -> Option<Progress> {
        let network = active
            .step
            .network
            .as_ref()
            .filter(|_| self.setting.hindsight)?;
        if network.verb.value != NetworkVerb::Duplicate || self.out_of_reach(network).is_none() {
            return None;
        }
        let frames = self.ledger.steps.get(active.record);
        let frames = frames.map_or(&[][..], |step| &step.frames);
        let doubled = self.transfer.datagrams().iter().any(|datagram| {
            let sender = network.from.is_none_or(|from| from == datagram.from);
            sender && matches!(datagram.fate, Fate::Repeats(first) if frames.contains(&first))
        });
        if doubled {
            return None;
        }
        let line = request_line(&active.step)?;
        let gap = network.gap.as_ref();
        let gap = gap.map_or(GAP, |gap| self.duration(active, gap));
        let due = active.cause + gap * network.times.unwrap_or(2) + self.setting.latency;
        if now < due {
            return Some(Progress::Waits(Some(due)));
        }
        let expected = "a message that was doubled".to_owned();
        let reason = "no message of the step is in the capture twice".to_owned();
        Some(Progress::Failed(open(line, ABSENT, expected, reason)))
    }

    /// A step that still waits when the capture ends.
    pub(super) fn cut_off(&self, active: &Active) -> Box<Failure> {
        let mut failure = Failure::undecided(
            active.step.span,
            "a capture that goes on",
            CAPTURE_ENDS.to_owned(),
        );
        failure.discord.subject = CUT_OFF.to_owned();
        failure
    }

    /// Whether the dialogue is in play, for what is found.
    pub(super) fn settle(&mut self) {
        let in_dialogue = matches!(self.stage, Stage::Dialogue(_));
        self.hindsight.settles(in_dialogue);
    }
}

/// A line that the capture leaves open.
fn open(line: &Line, subject: &str, expected: String, reason: String) -> Box<Failure> {
    Box::new(Failure {
        blame: None,
        definite: false,
        message: reason.clone(),
        discord: Discord {
            span: line.span,
            subject: subject.to_owned(),
            expected,
            actual: reason,
            offset: None,
            unknown: true,
        },
        frame: None,
        criteria: letters(line),
    })
}

/// Subject of what an implementation shows.
pub(super) const SHOW: &str = "show";
/// Subject of what runs from a moment that is in no capture.
pub(super) const UNJUDGED: &str = "time from a control";
/// Subject of what is not in a capture.
const ABSENT: &str = "not in the capture";
/// Subject of what a capture ends before.
const CUT_OFF: &str = "end of the capture";
/// Why nothing more is decided.
const CAPTURE_ENDS: &str = "the capture ends before this is decided";
