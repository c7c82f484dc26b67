//! One step while it is played: where it stands and what it waits for.

use std::time::Duration;

use coap::Time;
use record::WaitKind;
use testcase::{Seat, Span, Step};

use super::follow::Sight;
use crate::actual::Actual;
use crate::command::CommandId;
use crate::pattern::Discord;

/// A step instance in play.
#[derive(Clone)]
pub(super) struct Active {
    /// The step.
    pub(super) step: Step,
    /// Names of its `each`.
    pub(super) own: Vec<(String, Actual)>,
    /// Index of its record.
    pub(super) record: usize,
    /// Where it stands.
    pub(super) phase: Phase,
    /// When it began.
    pub(super) began: Time,
    /// First event that it may take.
    pub(super) window: usize,
    /// First event of its stream that it has not looked at.
    pub(super) looked: usize,
    /// What `within` runs from.
    pub(super) cause: Time,
    /// Commands of `control` and `show`.
    pub(super) pending: Vec<CommandId>,
    /// Commands of the step's `trigger`.
    pub(super) told: Vec<CommandId>,
    /// Variables that nobody told, and that this step took as seen.
    pub(super) taken: Vec<String>,
    /// The request that it took last.
    pub(super) request: Option<usize>,
    /// When the request was asked for by command; `None` if nobody was told to send it.
    pub(super) asked: Option<Asked>,
    /// Messages taken for a line with `count`.
    pub(super) count: u32,
    /// When the message before was sent, for `gap`.
    pub(super) last: Option<Time>,
    /// Lines with `show` and `ask` that are still to do.
    pub(super) shows: usize,
    /// First attempt of a `show`, which may lag behind the wire.
    pub(super) shown_since: Option<Time>,
    /// Whether a seat of the harness was told to be silent.
    pub(super) hushed: bool,
    /// When a repetition (`until`) began.
    pub(super) repeating: Option<Time>,
    /// What the network does until the step ends.
    pub(super) impaired: Option<CommandId>,
    /// What a `follow` has seen.
    pub(super) sight: Sight,
}

/// Who was told to send the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Asked {
    /// When.
    pub(super) at: Time,
    /// The command, if an implementation was told.
    pub(super) command: Option<CommandId>,
    /// Whether its control reported that it is done.
    pub(super) done: Option<Time>,
}

/// Where a step stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// Waits for quiet (`after`).
    Quiet,
    /// Waits for outcomes of `control`, `network` and `trigger`.
    Acting,
    /// Waits for its request.
    Requesting,
    /// Waits for the answer.
    Answering,
    /// Waits out a silence.
    Silent,
    /// Looks at what was captured.
    Checking,
    /// Waits for what is shown.
    Showing,
    /// Waits before it repeats the exchange.
    Repeating(Time),
    /// Has nothing more to do.
    Ended,
}

/// What a step says when it is asked to go on.
pub(super) enum Progress {
    /// It waits; until this time at most.
    Waits(Option<Time>),
    /// It is done.
    Done,
    /// It did not go well.
    Failed(Box<Failure>),
}

/// Why a step did not go well.
#[derive(Clone, Debug)]
pub(super) struct Failure {
    /// Who is to blame; `None` if the stimulus could not be given.
    pub(super) blame: Option<Seat>,
    /// Whether a message contradicts or is missing (else the step could not be decided).
    pub(super) definite: bool,
    /// One line.
    pub(super) message: String,
    /// What was expected and what was there.
    pub(super) discord: Discord,
    /// The frame that shows it.
    pub(super) frame: Option<u32>,
    /// Letters of the line that failed; the step's own if there are none.
    pub(super) criteria: Vec<String>,
}

impl Failure {
    /// The step could not be decided, for this reason.
    pub(super) fn undecided(span: Span, expected: &str, reason: String) -> Box<Self> {
        Box::new(Self {
            blame: None,
            definite: false,
            message: reason.clone(),
            discord: Discord {
                span,
                subject: "stimulus".to_owned(),
                expected: expected.to_owned(),
                actual: reason,
                offset: None,
                unknown: false,
            },
            frame: None,
            criteria: Vec::new(),
        })
    }
}

impl Active {
    /// A step instance that begins at `now` and may take events from `window` on.
    pub(super) fn new(
        step: Step,
        own: Vec<(String, Actual)>,
        record: usize,
        now: Time,
        window: usize,
    ) -> Self {
        Self {
            step,
            own,
            record,
            phase: Phase::Quiet,
            began: now,
            window,
            looked: 0,
            cause: now,
            pending: Vec::new(),
            told: Vec::new(),
            taken: Vec::new(),
            request: None,
            asked: None,
            count: 0,
            last: None,
            shows: 0,
            shown_since: None,
            hushed: false,
            repeating: None,
            impaired: None,
            sight: Sight::default(),
        }
    }

    /// Whom the step waits for now, for the account of time.
    pub(super) fn waits_for(&self) -> WaitKind {
        match self.phase {
            Phase::Quiet | Phase::Silent | Phase::Repeating(_) => WaitKind::Protocol,
            Phase::Requesting if self.step.lines.iter().any(|line| line.gap.is_some()) => {
                WaitKind::Protocol
            }
            _ => WaitKind::Implementation,
        }
    }
}

/// What a client under test gets to take in that it is registered.
pub(super) const BREATH: Duration = Duration::from_millis(200);
/// Grace in which an emulator does by itself what a line says, before it is told to.
pub(super) const OWN_ACCORD: Duration = Duration::from_millis(100);
/// How long an uplink message may take that nobody was told to send (notation, 4).
pub(super) const UPLINK: Duration = Duration::from_secs(30);
/// Added to pmax for the default limit of a notification (notation, 4).
pub(super) const NOTIFY_MARGIN: Duration = Duration::from_secs(10);
/// How much lower limits are widened (notation, 4).
pub(super) const EARLY: Duration = Duration::from_millis(50);
/// How long what is shown may lag behind the wire.
pub(super) const SHOW_LAG: Duration = Duration::from_secs(2);
/// Between two looks at what is shown, and between two repetitions of an exchange.
pub(super) const LOOK_AGAIN: Duration = Duration::from_millis(250);
/// Between two exchanges of a step with `until`.
pub(super) const REPEAT: Duration = Duration::from_secs(1);
/// How long a step waits for the quiet that it begins with, beyond that quiet itself.
pub(super) const QUIET: Duration = Duration::from_secs(300);
/// How long after a trigger reported failure its request may still be seen.
pub(super) const LATE_REQUEST: Duration = Duration::from_secs(1);
