//! What the runs of a session propose for each case of the ETS.
//!
//! A case that was played again counts as it ended last; every attempt stays in sight.

use std::collections::BTreeMap;

use record::{SessionRecord, Verdict};

use crate::consolidate::CaseResult;

/// A run that belongs to a session.
#[derive(Clone, Debug)]
pub struct Run {
    /// Name of its folder.
    pub name: String,
    /// Its record.
    pub record: SessionRecord,
}

/// What is proposed for one case of the ETS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// The verdict.
    pub verdict: Verdict,
    /// Why, for every verdict but Pass.
    pub reason: String,
    /// What was played, in the order of time.
    pub attempts: Vec<Attempt>,
}

/// One play of a case for one seat, or the reason why it does not apply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// Name of the run's folder.
    pub run: String,
    /// Name of the case.
    pub case: String,
    /// The seat that was judged.
    pub seat: String,
    /// The tool's verdict.
    pub verdict: Verdict,
    /// Why, for every verdict but Pass.
    pub reason: String,
    /// Folder of the evidence within the run's; empty if nothing was played.
    pub folder: String,
    /// Whether a later attempt counts in its place.
    pub superseded: bool,
}

/// What the runs propose, by the number of the case; `runs` in the order of time.
///
/// Own cases of the harness (`con-`) are none of the ETS. A number that is made of several cases, or judged in both seats, gets
/// the worst: Pass, Not Applicable, Out of Time, Inconclusive, Fail. Within a seat Not Applicable counts only if nothing
/// else is there: of a number's variants one may well not apply.
pub fn proposals(runs: &[Run]) -> BTreeMap<u32, Proposal> {
    let mut attempts: BTreeMap<u32, Vec<Attempt>> = BTreeMap::new();
    for run in runs {
        for (number, attempt) in of_run(run) {
            let known = attempts.entry(number).or_default();
            for earlier in known.iter_mut() {
                let same = earlier.case == attempt.case && earlier.seat == attempt.seat;
                earlier.superseded |= same;
            }
            known.push(attempt);
        }
    }
    attempts
        .into_iter()
        .map(|(number, attempts)| (number, Proposal::of(attempts)))
        .collect()
}

/// The number in the ETS of a case with this name and identifier; none if it is not of the ETS.
pub(crate) fn ets_number(case: &str, id: &str) -> Option<u32> {
    let file = case.rsplit('/').next().unwrap_or_default();
    if file.starts_with("con-") {
        return None;
    }
    CaseResult::number_of(id)
}

fn of_run(run: &Run) -> impl Iterator<Item = (u32, Attempt)> {
    let played = run.record.cases.iter().filter_map(|case| {
        let attempt = Attempt {
            run: run.name.clone(),
            case: case.case.clone(),
            seat: case.seat.clone(),
            verdict: case.tool,
            reason: case.reason.clone().unwrap_or_default(),
            folder: case.folder.clone(),
            superseded: false,
        };
        Some((ets_number(&case.case, &case.id)?, attempt))
    });
    let others = run.record.not_selected.iter();
    let others = others.filter(|case| !case.judges_others);
    let others = others.filter_map(|case| {
        let attempt = Attempt {
            run: run.name.clone(),
            case: case.case.clone(),
            seat: case.seat.clone(),
            verdict: Verdict::NotApplicable,
            reason: case.reason.clone(),
            folder: String::new(),
            superseded: false,
        };
        Some((ets_number(&case.case, &case.id)?, attempt))
    });
    played.chain(others)
}

impl Proposal {
    fn of(attempts: Vec<Attempt>) -> Self {
        let mut seats: BTreeMap<&str, &Attempt> = BTreeMap::new();
        for attempt in attempts.iter().filter(|attempt| !attempt.superseded) {
            let known = seats.entry(&attempt.seat).or_insert(attempt);
            if rank_in_seat(attempt.verdict) > rank_in_seat(known.verdict) {
                *known = attempt;
            }
        }
        let worst = seats.values().max_by_key(|attempt| rank(attempt.verdict));
        let (verdict, reason) = worst.map_or_else(
            || (Verdict::Inconclusive, String::new()),
            |worst| (worst.verdict, worst.reason.clone()),
        );
        Self {
            verdict,
            reason,
            attempts,
        }
    }
}

/// Between seats: what one side does not support the pair did not do.
const fn rank(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Pass => 0,
        Verdict::NotApplicable => 1,
        Verdict::OutOfTime => 2,
        Verdict::Inconclusive => 3,
        Verdict::Error => 4,
        Verdict::Fail => 5,
    }
}

const fn rank_in_seat(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::NotApplicable => 0,
        Verdict::Pass => 1,
        other => rank(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attempt(run: &str, case: &str, seat: &str, verdict: Verdict) -> Attempt {
        Attempt {
            run: run.to_owned(),
            case: case.to_owned(),
            seat: seat.to_owned(),
            verdict,
            reason: format!("{verdict}"),
            folder: String::new(),
            superseded: false,
        }
    }

    #[test]
    fn the_worst_of_both_seats_is_proposed() {
        use Verdict::{Error, Fail, Inconclusive, NotApplicable, OutOfTime, Pass};
        for (client, server, proposed) in [
            (vec![Pass], vec![Pass], Pass),
            (vec![Pass], vec![Fail], Fail),
            (vec![Pass], vec![NotApplicable], NotApplicable),
            (vec![Fail], vec![NotApplicable], Fail),
            (vec![Pass], vec![Inconclusive], Inconclusive),
            (vec![OutOfTime], vec![Pass], OutOfTime),
            (vec![Error], vec![Inconclusive], Error),
            // one of the variants of a number does not apply
            (vec![Pass, NotApplicable], vec![Pass], Pass),
            (vec![NotApplicable, Fail], vec![Pass], Fail),
            (
                vec![NotApplicable, NotApplicable],
                vec![Pass],
                NotApplicable,
            ),
            (vec![Pass], vec![], Pass),
        ] {
            let of = |seat: &str, verdicts: &[Verdict]| -> Vec<Attempt> {
                let each = verdicts.iter().zip(0..);
                each.map(|(verdict, n)| attempt("1", &format!("int-1-{n}"), seat, *verdict))
                    .collect()
            };
            let mut attempts = of("client", &client);
            attempts.extend(of("server", &server));
            let found = Proposal::of(attempts);
            assert_eq!(found.verdict, proposed, "{client:?} {server:?}");
            assert_eq!(found.reason, format!("{proposed}"));
        }
    }

    #[test]
    fn the_last_attempt_counts() {
        let mut first = attempt("1", "a/int-1", "client", Verdict::Fail);
        first.superseded = true;
        let last = attempt("2", "a/int-1", "client", Verdict::Pass);
        assert_eq!(Proposal::of(vec![first, last]).verdict, Verdict::Pass);
    }

    #[test]
    fn own_cases_are_none_of_the_ets() {
        for (case, id, number) in [
            (
                "registration/int-101-initial",
                "LightweightM2M-1.1-int-101",
                Some(101),
            ),
            ("registration/con-1", "con-1", None),
            ("security/con-20", "LightweightM2M-1.1-int-20", None),
        ] {
            assert_eq!(ets_number(case, id), number, "{case}");
        }
    }
}
