//! A case played in virtual time and then once more from its capture alone.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::SystemTime;

use judge::{Play, Retrospect};
use lwm2m::Version;
use record::{LetterVerdict, StepRecord, Verdict};
use testcase::{Seat, TestCase};
use transport::{About, Tap, TransportError};

use super::prover::Prover;
use super::side_by_side::side_by_side;
use crate::casting::Run;
use crate::mutant::Defect;
use crate::rehearsal::{rehearse_tapped, seating};
use crate::retrospect::Conversation;
use crate::stage::Stage;

/// What a play decided.
#[derive(Clone, Debug)]
pub struct Decided {
    /// The verdict of the judged seat.
    pub verdict: Verdict,
    /// Its letters.
    pub letters: Vec<LetterVerdict>,
    /// Its steps.
    pub steps: Vec<StepRecord>,
    /// Why, unless it passed.
    pub reason: String,
}

/// The same case twice: as it was played, and from the capture of that.
#[derive(Clone, Debug)]
pub struct Twice {
    /// Transport and security.
    pub mode: String,
    /// As it was played.
    pub run: Decided,
    /// In hindsight.
    pub capture: Decided,
}

impl Twice {
    /// Plays `case` in `run`, judging `seat`, writes a capture of it, reads that, and judges it.
    ///
    /// Fails if the capture cannot be written or read.
    pub fn of(
        run: &Run,
        case: &Arc<TestCase>,
        seat: Seat,
        defect: Option<Defect>,
    ) -> Result<Self, String> {
        let (stage, file) = filmed(run, case, seat, defect)?;
        let (conversation, error) = Conversation::read(file.as_slice());
        if let Some(error) = error {
            return Err(error.to_string());
        }
        let (play, mut watch) = run.in_hindsight(case, &seating(run, case, seat), None);
        for secret in &conversation.secrets {
            watch.secret(secret.client_random, secret.master);
        }
        let retrospect = Retrospect {
            play,
            watch,
            seats: stage.known_addresses(),
            stranger: stage.stranger,
        };
        let (began, ended) = stage.play.first().span();
        let (play, _) = retrospect.judge(began, &conversation.passed, ended);
        Ok(Self {
            mode: run.mode(case).describe(),
            run: Decided::by(stage.play.first()),
            capture: Decided::by(&play),
        })
    }
}

/// One play of the proof.
#[derive(Clone, Debug)]
pub struct Rehearsal {
    /// The case.
    pub case: Arc<TestCase>,
    /// The judged seat.
    pub seat: Seat,
    /// The version.
    pub version: Version,
    /// The mutant in that seat; `None` for the sound emulator.
    pub mutant: Option<String>,
}

/// A letter, twice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compared {
    /// The letter.
    pub letter: String,
    /// As it was played.
    pub run: Option<Verdict>,
    /// In hindsight.
    pub capture: Option<Verdict>,
}

impl Twice {
    /// Every letter that either has.
    pub fn letters(&self) -> Vec<Compared> {
        let mut letters: BTreeMap<String, (Option<Verdict>, Option<Verdict>)> = BTreeMap::new();
        for one in &self.run.letters {
            letters.entry(one.letter.clone()).or_default().0 = one.verdict;
        }
        for one in &self.capture.letters {
            letters.entry(one.letter.clone()).or_default().1 = one.verdict;
        }
        let compared = letters.into_iter();
        compared
            .map(|(letter, (run, capture))| Compared {
                letter,
                run,
                capture,
            })
            .collect()
    }

    /// What the capture first left open: the subject of the first step that it does not decide.
    pub fn open(&self) -> Option<&str> {
        let mut open = self
            .capture
            .steps
            .iter()
            .filter(|step| step.verdict == Some(Verdict::Inconclusive));
        let mismatch = open.find_map(|step| step.mismatch.as_ref());
        mismatch.map(|mismatch| mismatch.expected.subject.as_str())
    }
}

impl Prover {
    /// Every play of the proof: each case soundly, and with each mutant that names it.
    pub fn rehearsals(&self) -> Vec<Rehearsal> {
        let mut all = Vec::new();
        for case in self.cases() {
            for seat in &case.seats {
                let versions = self.versions(case, *seat);
                all.extend(versions.into_iter().map(|version| Rehearsal {
                    case: Arc::clone(case),
                    seat: *seat,
                    version,
                    mutant: None,
                }));
            }
        }
        for mutant in self.mutants() {
            let named = mutant.caught_by.keys().chain(mutant.remarked_by.keys());
            let named = named.chain(mutant.passes.iter().map(|one| &one.value));
            for case in named.filter_map(|reference| self.find(reference)) {
                let versions = self.versions(case, mutant.seat);
                all.extend(versions.into_iter().map(|version| Rehearsal {
                    case: Arc::clone(case),
                    seat: mutant.seat,
                    version,
                    mutant: Some(mutant.name.clone()),
                }));
            }
        }
        all
    }

    /// Plays one of these; gives the bytes of its capture.
    pub fn capture(&self, one: &Rehearsal) -> Result<Vec<u8>, String> {
        let (run, defect) = self.prepared(one)?;
        filmed(run, &one.case, one.seat, defect).map(|(_, file)| file)
    }

    /// What `work` makes of each of these, side by side.
    pub fn of_each<R: Send>(
        rehearsals: &[Rehearsal],
        work: impl Fn(&Rehearsal) -> R + Sync,
    ) -> Vec<R> {
        side_by_side(rehearsals, work)
    }

    /// Plays each of these, and judges each once more from its capture alone.
    pub fn twice(&self, rehearsals: &[Rehearsal]) -> Vec<Result<Twice, String>> {
        side_by_side(rehearsals, |one| {
            let (run, defect) = self.prepared(one)?;
            Twice::of(run, &one.case, one.seat, defect)
        })
    }
}

impl Decided {
    fn by(play: &Play) -> Self {
        let ledger = play.ledger();
        Self {
            verdict: play.verdict(),
            letters: ledger.letters(),
            steps: ledger.steps.clone(),
            reason: ledger.reason.clone().unwrap_or_default(),
        }
    }
}

/// Plays a case, with a capture of it.
fn filmed(
    run: &Run,
    case: &Arc<TestCase>,
    seat: Seat,
    defect: Option<Defect>,
) -> Result<(Stage, Vec<u8>), String> {
    let trouble = |error: TransportError| error.to_string();
    let mut tap = Tap::in_memory(about()).map_err(trouble)?;
    let mut stage = rehearse_tapped(run, case, seat, defect, Some(&mut tap));
    let file = tap.finish_in_memory(&[], &stage.take_secrets());
    Ok((stage, file.map_err(trouble)?))
}

/// Virtual time begins with 1970.
fn about() -> About {
    About {
        hardware: "none".to_owned(),
        system: "virtual time".to_owned(),
        application: "testfest".to_owned(),
        comment: String::new(),
        started: SystemTime::UNIX_EPOCH,
    }
}
