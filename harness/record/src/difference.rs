//! What changed between two runs: regressions, fixes, new cases and those that are gone.

use std::collections::BTreeMap;

use crate::{CaseSummary, SessionRecord, Verdict};

/// What changed from one run to another.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Difference {
    /// Changes, the worst kind first, then by name.
    pub changes: Vec<Change>,
    /// How many cases ended as before.
    pub same: usize,
    /// What makes the two hard to compare: other versions, other parameters.
    pub caveats: Vec<String>,
}

/// One case that changed, in one seat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// What kind of change.
    pub kind: ChangeKind,
    /// Name of the case.
    pub case: String,
    /// Title.
    pub title: String,
    /// The judged seat.
    pub seat: String,
    /// How it ended before; `None` if it was not there.
    pub old: Option<Ending>,
    /// How it ended now.
    pub new: Option<Ending>,
}

/// How a case ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ending {
    /// The verdict.
    pub verdict: Verdict,
    /// Letters that failed.
    pub failed: Vec<String>,
    /// Why, in one line; empty for a Pass.
    pub reason: String,
    /// Whether it is an agreed deviation.
    pub expected: bool,
}

/// Kinds of change, the worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ChangeKind {
    /// It was better before.
    Regression,
    /// It is not the same, and neither better nor worse: another letter, another way not to pass.
    Changed,
    /// It is better now.
    Fix,
    /// It was played before, and now it is not.
    Gone,
    /// It was not played before.
    New,
}

impl Difference {
    /// Compares two runs, case by case and seat by seat.
    ///
    /// A case that does not apply counts as not played. Time, evidence and wording of a reason are no change.
    pub fn between(old: &SessionRecord, new: &SessionRecord) -> Self {
        let (before, now) = (by_name(old), by_name(new));
        let mut difference = Self {
            caveats: caveats(old, new),
            ..Self::default()
        };
        for (key, case) in &now {
            let ending = Ending::of(case);
            let was = before.get(key).map(|case| Ending::of(case));
            match kind(was.as_ref(), &ending) {
                Some(kind) => difference.push(kind, case, was, Some(ending)),
                None => difference.same += 1,
            }
        }
        for (key, case) in before {
            if !now.contains_key(&key) {
                let mut gone = Ending::of(case);
                if let Some(reason) = reason_of_absence(new, case) {
                    gone.reason = reason;
                }
                difference.push(ChangeKind::Gone, case, Some(gone), None);
            }
        }
        difference
            .changes
            .sort_by(|a, b| (a.kind, &a.case, &a.seat).cmp(&(b.kind, &b.case, &b.seat)));
        difference
    }

    /// The changes of a kind.
    pub fn of(&self, kind: ChangeKind) -> impl Iterator<Item = &Change> {
        self.changes
            .iter()
            .filter(move |change| change.kind == kind)
    }

    fn push(
        &mut self,
        kind: ChangeKind,
        case: &CaseSummary,
        old: Option<Ending>,
        new: Option<Ending>,
    ) {
        self.changes.push(Change {
            kind,
            case: case.case.clone(),
            title: case.title.clone(),
            seat: case.seat.clone(),
            old,
            new,
        });
    }
}

impl Ending {
    fn of(case: &CaseSummary) -> Self {
        let failed = case
            .criteria
            .iter()
            .filter(|one| one.verdict == Some(Verdict::Fail));
        Self {
            verdict: case.verdict,
            failed: failed.map(|one| one.letter.clone()).collect(),
            reason: case.reason.clone().unwrap_or_default(),
            expected: case.expected.is_some(),
        }
    }

    /// How good it is. What was not decided is worse than anything agreed, and no better than it was if it failed before.
    const fn rank(&self) -> u8 {
        match self.verdict {
            Verdict::Pass => 3,
            _ if self.expected => 2,
            Verdict::Inconclusive
            | Verdict::NotApplicable
            | Verdict::OutOfTime
            | Verdict::Error => UNDECIDED,
            Verdict::Fail => 0,
        }
    }
}

impl ChangeKind {
    /// All kinds, the worst first.
    pub const ALL: [Self; 5] = [
        Self::Regression,
        Self::Changed,
        Self::Fix,
        Self::Gone,
        Self::New,
    ];

    /// As a heading writes it.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Regression => "Regressions",
            Self::Changed => "Changed",
            Self::Fix => "Fixes",
            Self::Gone => "Gone",
            Self::New => "New",
        }
    }

    /// As a word in a line.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Regression => "regression",
            Self::Changed => "changed",
            Self::Fix => "fix",
            Self::Gone => "gone",
            Self::New => "new",
        }
    }
}

fn kind(old: Option<&Ending>, new: &Ending) -> Option<ChangeKind> {
    let Some(old) = old else {
        return Some(ChangeKind::New);
    };
    if new.rank() < old.rank() {
        return Some(ChangeKind::Regression);
    }
    // a Fail that could not be decided again is mended by nobody
    if new.rank() > old.rank() && new.rank() > UNDECIDED {
        return Some(ChangeKind::Fix);
    }
    let is_same = old.verdict == new.verdict && old.failed == new.failed;
    (!is_same).then_some(ChangeKind::Changed)
}

fn by_name(session: &SessionRecord) -> BTreeMap<(&str, &str), &CaseSummary> {
    let cases = session.cases.iter();
    cases
        .map(|case| ((case.case.as_str(), case.seat.as_str()), case))
        .collect()
}

/// Why a case is not played any more, if the run looked at it.
fn reason_of_absence(session: &SessionRecord, case: &CaseSummary) -> Option<String> {
    let mut others = session.not_selected.iter();
    let found = others.find(|one| one.case == case.case && one.seat == case.seat)?;
    Some(format!("Not Applicable: {}", found.reason))
}

fn caveats(old: &SessionRecord, new: &SessionRecord) -> Vec<String> {
    let seats = |session: &SessionRecord| {
        let all = session.implementations.iter();
        all.map(|one| format!("{} {} {}", one.seat, one.vendor, one.name))
            .collect::<Vec<_>>()
            .join(", ")
    };
    let terms = |session: &SessionRecord| {
        let asked = &session.parameters;
        [
            ("LwM2M", asked.lwm2m.clone()),
            ("transport", asked.transport.clone()),
            ("security", asked.security.clone()),
            ("filters", asked.filters.join(" ")),
            ("quick", asked.quick.to_string()),
            ("as printed", asked.as_printed.to_string()),
            ("impaired", asked.impair.clone().unwrap_or_default()),
            ("terminated", asked.terminate.to_string()),
            ("harness", session.harness.clone()),
            ("implementations", seats(session)),
        ]
    };
    let pairs = terms(old).into_iter().zip(terms(new));
    let mut caveats: Vec<_> = pairs
        .filter(|(before, now)| before != now)
        .map(|((what, before), (_, now))| format!("{what}: \"{before}\" before, \"{now}\" now"))
        .collect();
    if old.cases_hash != new.cases_hash {
        caveats.push("the cases are not the same".to_owned());
    }
    for (session, when) in [(old, "before"), (new, "now")] {
        if session.interrupted || session.ended.is_none() {
            caveats.push(format!("the run {when} did not come to its end"));
        }
    }
    caveats
}

/// Rank of what was not decided.
const UNDECIDED: u8 = 1;

#[cfg(test)]
mod tests {
    use super::*;

    fn ending(verdict: Verdict, failed: &str, expected: bool) -> Ending {
        Ending {
            verdict,
            failed: failed.chars().map(String::from).collect(),
            reason: String::new(),
            expected,
        }
    }

    #[test]
    fn better_is_a_fix_and_worse_a_regression() {
        use ChangeKind::{Changed, Fix, New, Regression};
        use Verdict::{Error, Fail, Inconclusive, OutOfTime, Pass};
        let pass = || ending(Pass, "", false);
        let fail = |letters| ending(Fail, letters, false);
        let agreed = || ending(Fail, "A", true);
        for (old, new, found) in [
            (None, pass(), Some(New)),
            (Some(pass()), pass(), None),
            (Some(pass()), fail("A"), Some(Regression)),
            (Some(pass()), agreed(), Some(Regression)),
            (
                Some(pass()),
                ending(Inconclusive, "", false),
                Some(Regression),
            ),
            (Some(pass()), ending(OutOfTime, "", false), Some(Regression)),
            (Some(ending(Error, "", false)), fail("A"), Some(Regression)),
            (Some(fail("A")), fail("A"), None),
            (Some(fail("A")), fail("B"), Some(Changed)),
            (Some(fail("A")), agreed(), Some(Fix)),
            (Some(agreed()), pass(), Some(Fix)),
            (Some(agreed()), agreed(), None),
            (Some(agreed()), ending(Error, "", false), Some(Regression)),
            // whether it is mended nobody knows
            (
                Some(fail("A")),
                ending(Inconclusive, "", false),
                Some(Changed),
            ),
            (Some(fail("A")), ending(OutOfTime, "", false), Some(Changed)),
            (Some(ending(Inconclusive, "", false)), pass(), Some(Fix)),
        ] {
            assert_eq!(kind(old.as_ref(), &new), found, "{old:?} {new:?}");
        }
    }
}
