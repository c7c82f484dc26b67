//! A conversation that no case is about: what the referee says of it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use coap::Time;
use lwm2m::{Registry, Version};
use record::{CaseRecord, CaseSummary, FrameRecord, LetterVerdict, Location, StepRecord, Verdict};
use testcase::{Role, Seat};

use crate::actual::Actual;
use crate::event::{ChannelFrame, Datagram, Fate};
use crate::fields::Fields;
use crate::record_of::Frames;
use crate::referee::{Finding, Level, RULES, Referee};
use crate::transfer::Transfer;
use crate::watch::{Sight, Watched};

/// Messages with what the referee has found.
pub struct Overheard {
    transfer: Transfer,
    referee: Referee,
    types: Arc<Registry>,
    findings: Vec<Finding>,
    began: Option<Time>,
    ended: Time,
}

impl Overheard {
    /// A conversation in this version, before its first message.
    pub fn new(version: Version, types: Arc<Registry>) -> Self {
        Self {
            transfer: Transfer::default(),
            referee: Referee::new(version),
            types,
            findings: Vec::new(),
            began: None,
            ended: Time::ZERO,
        }
    }

    /// Takes what a watch has seen between two seats.
    pub fn take(&mut self, watched: Watched, (from, to): (Seat, Seat)) {
        let Watched {
            time, frame, ends, ..
        } = watched;
        self.began.get_or_insert(time);
        self.ended = self.ended.max(time);
        let completed = match watched.what {
            Sight::Message {
                bytes,
                reading,
                via,
            } => self.transfer.handle(Datagram {
                time,
                frame,
                from,
                to,
                source: ends.0,
                reading: reading.map_or_else(|| coap::read(&bytes), |reading| *reading),
                bytes,
                fate: Fate::Block,
                via,
            }),
            Sight::Note(note, frames) => {
                let event = self
                    .transfer
                    .handle_channel(time, frames, (from, to), *note);
                event..event + 1
            }
            Sight::Breach { rule, text } => {
                let rule = RULES.iter().find(|one| one.name == rule);
                self.findings
                    .extend(rule.map(|rule| rule.seen(from, frame, &text)));
                return;
            }
            Sight::Frame {
                label,
                notes,
                length,
                head,
            } => {
                return self.transfer.note_channel_frame(ChannelFrame {
                    time,
                    frame,
                    from,
                    to,
                    label,
                    notes,
                    length,
                    head,
                });
            }
        };
        let found = self.referee.look(&self.transfer, &self.types, completed);
        let room = MOST_FINDINGS.saturating_sub(self.findings.len());
        self.findings.extend(found.into_iter().take(room));
    }

    /// The messages.
    pub const fn transfer(&self) -> &Transfer {
        &self.transfer
    }

    /// The Resources, by Object, of which the client told values.
    pub fn told(&self) -> BTreeMap<u16, BTreeSet<u16>> {
        let fields = Fields {
            transfer: &self.transfer,
            types: &self.types,
        };
        let mut told: BTreeMap<u16, BTreeSet<u16>> = BTreeMap::new();
        for (index, event) in self.transfer.events().iter().enumerate() {
            if event.from.role != Role::Client || event.message.is_none() {
                continue;
            }
            let Actual::Nodes(nodes) = fields.field(index, "node") else {
                continue;
            };
            for node in nodes {
                if let (Some(object), Some(resource)) = (node.path.object(), node.path.resource()) {
                    told.entry(object).or_default().insert(resource);
                }
            }
        }
        told
    }

    /// What the referee says of each of `seats`, apart from the frames that cases have judged; `folder` is where the evidence of a
    /// seat is.
    ///
    /// Without a message of the seat there is no Pass.
    pub fn records(
        &self,
        seats: &[Seat],
        judged: &BTreeSet<u32>,
        folder: impl Fn(Seat) -> String,
    ) -> Vec<CaseRecord> {
        let first = self.transfer.datagrams().iter().map(|one| one.frame);
        let first: BTreeSet<u32> = first
            .filter(|frame| !judged.contains(frame))
            .take(MOST_FRAMES)
            .collect();
        let frames = Frames::new(&self.transfer, &self.types, &[], &[]);
        let began = self.began.unwrap_or(Time::ZERO);
        let frames = frames.records(began, |frame| first.contains(&frame));
        let seats = seats.iter();
        seats
            .map(|seat| self.record(*seat, judged, folder(*seat), &frames))
            .collect()
    }

    /// `frames` are those that every seat is shown.
    fn record(
        &self,
        seat: Seat,
        judged: &BTreeSet<u32>,
        folder: String,
        frames: &[FrameRecord],
    ) -> CaseRecord {
        let mut findings = self.findings.iter().filter(|finding| {
            let own = finding.seat == seat;
            own && !judged.contains(&finding.frame)
        });
        let broken = findings
            .clone()
            .find(|finding| finding.level == Level::Must);
        let mut remarks: Vec<record::Remark> = Vec::new();
        for finding in findings.by_ref() {
            let first = broken.is_some_and(|broken| std::ptr::eq(broken, finding));
            let known = |remark: &record::Remark| remark.rule.as_deref() == Some(finding.rule);
            if !first && !remarks.iter().any(known) {
                remarks.push(finding.remark());
            }
        }
        let heard = self
            .transfer
            .datagrams()
            .iter()
            .any(|datagram| datagram.from == seat);
        let verdict = match broken {
            Some(_) => Verdict::Fail,
            None if heard => Verdict::Pass,
            None => Verdict::Inconclusive,
        };
        let began = self.began.unwrap_or(Time::ZERO);
        let lasted = u64::try_from(self.ended.since(began).as_nanos()).unwrap_or(u64::MAX);
        let steps = vec![StepRecord {
            sentence: format!("The {seat} breaks no rule that always holds."),
            state: None,
            criteria: vec![LETTER.to_owned()],
            verdict: Some(verdict),
            blame: broken.map(|_| seat.to_string()),
            mismatch: broken.map(|finding| finding.mismatch(Location::default())),
            remarks,
            frames: Vec::new(),
            started: 0,
            ended: lasted,
            location: Location::default(),
        }];
        let shown: BTreeSet<u32> = steps
            .iter()
            .flat_map(|step| {
                let remarked = step.remarks.iter().filter_map(|remark| remark.frame);
                let broken = step.mismatch.iter().filter_map(|mismatch| mismatch.frame);
                remarked.chain(broken)
            })
            .collect();
        let mut own: Vec<FrameRecord> = Vec::new();
        if !shown.is_empty() {
            let told = Frames::new(&self.transfer, &self.types, &steps, &[]);
            own = told.records(began, |frame| shown.contains(&frame));
        }
        let others = frames.iter().filter(|one| !shown.contains(&one.number));
        own.extend(others.cloned());
        own.sort_by_key(|one| one.number);
        CaseRecord {
            format: record::FORMAT,
            source: SOURCE.to_owned(),
            configuration: String::new(),
            file: String::new(),
            text: String::new(),
            frames: own,
            waits: Vec::new(),
            controls: Vec::new(),
            remarks: Vec::new(),
            bindings: Vec::new(),
            readings: Vec::new(),
            seating: None,
            summary: CaseSummary {
                case: NAME.to_owned(),
                id: NAME.to_owned(),
                title: TITLE.to_owned(),
                seat: seat.to_string(),
                verdict,
                tool: verdict,
                teams: Vec::new(),
                reason: match (broken, heard) {
                    (Some(finding), _) => Some(format!("{}: {}", finding.rule, finding.message)),
                    (None, true) => None,
                    (None, false) => Some(format!("the {seat} said nothing")),
                },
                criteria: vec![LetterVerdict {
                    letter: LETTER.to_owned(),
                    verdict: Some(verdict).filter(|verdict| *verdict != Verdict::Inconclusive),
                }],
                remarks: steps
                    .iter()
                    .map(|step| u32::try_from(step.remarks.len()).unwrap_or(u32::MAX))
                    .sum(),
                expected: None,
                duration: lasted,
                clock: lasted,
                forced: 0,
                implementation: 0,
                operator: 0,
                overhead: 0,
                folder,
                capture_hash: String::new(),
            },
            steps,
        }
    }
}

/// Name of what is judged.
const NAME: &str = "everything-else";
/// Its title.
const TITLE: &str = "What no case is about";
/// Where its demands come from.
const SOURCE: &str = "the rules that hold for every message";
/// Its only letter.
const LETTER: &str = "R";
/// Frames that its record shows.
const MOST_FRAMES: usize = 500;
/// Findings that are kept.
const MOST_FINDINGS: usize = 10_000;
