//! Whether a run shows what OMA asks of an implementation before a TestFest (ETS, appendix on entry criteria).

use crate::{CaseSummary, SessionRecord, Verdict};

/// The entry tests of the ETS: Register, Update, a Read in plain text, a Read in TLV.
pub const ENTRY_TESTS: [u32; 4] = [101, 102, 201, 203];

/// What a run says about readiness.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Readiness {
    /// The entry tests, in the order of their numbers.
    pub entry: Vec<EntryTest>,
    /// How many outcomes of the conformance set there are by verdict, in the order of [`Verdict::ALL`].
    pub conformance: [u32; 6],
    /// What keeps the implementation from being ready.
    pub missing: Vec<Missing>,
}

/// One entry test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryTest {
    /// Its number in the ETS.
    pub number: u32,
    /// Identifier; the number if the run does not have it.
    pub id: String,
    /// Title.
    pub title: String,
    /// Its verdict; `None` if it was not looked at.
    pub verdict: Option<Verdict>,
}

/// Something that is missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// The case, or what else it is about.
    pub what: String,
    /// Its verdict; `None` if it was not played.
    pub verdict: Option<Verdict>,
    /// Why.
    pub reason: String,
}

impl Readiness {
    /// Looks at a run of one implementation.
    ///
    /// Ready is who passes every entry test, with no outcome of the conformance set but Pass and Not Applicable. An agreed deviation is an open
    /// problem, so it counts as what it is. A Bootstrap-Server has no entry tests.
    pub fn of(session: &SessionRecord) -> Self {
        let mut found = Self {
            entry: Vec::new(),
            conformance: [0; 6],
            missing: Vec::new(),
        };
        found.read_terms(session);
        let seat = session.implementations.first().map(|one| one.seat.as_str());
        if seat != Some("bootstrap-server") {
            for number in ENTRY_TESTS {
                found.read_entry(session, number);
            }
        }
        for case in &session.cases {
            if ENTRY_TESTS
                .iter()
                .any(|number| is_number(&case.id, *number))
            {
                continue;
            }
            found.count(case.verdict);
            if case.verdict != Verdict::Pass {
                found.missing.push(Missing::of(case));
            }
        }
        for _ in &session.not_selected {
            found.count(Verdict::NotApplicable);
        }
        if found.conformance[0] == 0 {
            found.lacks("the conformance set", "no case of it passed");
        }
        found
    }

    /// Whether nothing is missing.
    pub const fn is_ready(&self) -> bool {
        self.missing.is_empty()
    }

    fn read_terms(&mut self, session: &SessionRecord) {
        if session.interrupted || session.ended.is_none() {
            self.lacks("the run", "it did not come to its end");
        }
        match session.implementations.as_slice() {
            [one] if !one.profile.is_empty() => {}
            _ => self.lacks("the run", "it is not of one implementation"),
        }
        if session.parameters.partition.is_some() {
            self.lacks(
                "the run",
                "it is a part; `testfest consolidate --merge` puts parts together",
            );
        }
    }

    fn read_entry(&mut self, session: &SessionRecord, number: u32) {
        let mut played = session
            .cases
            .iter()
            .filter(|case| is_number(&case.id, number));
        let mut others = session
            .not_selected
            .iter()
            .filter(|case| is_number(&case.id, number));
        let (id, title, verdict) = match (played.next(), others.next()) {
            (Some(case), _) => {
                if case.verdict != Verdict::Pass {
                    self.missing.push(Missing::of(case));
                }
                (case.id.clone(), case.title.clone(), Some(case.verdict))
            }
            (None, Some(case)) => {
                self.missing.push(Missing {
                    what: case.case.clone(),
                    verdict: Some(Verdict::NotApplicable),
                    reason: case.reason.clone(),
                });
                (
                    case.id.clone(),
                    case.title.clone(),
                    Some(Verdict::NotApplicable),
                )
            }
            (None, None) => {
                self.lacks(&format!("entry test {number}"), "the run does not have it");
                (number.to_string(), String::new(), None)
            }
        };
        self.entry.push(EntryTest {
            number,
            id,
            title,
            verdict,
        });
    }

    fn count(&mut self, verdict: Verdict) {
        let place = Verdict::ALL.iter().position(|one| *one == verdict);
        if let Some(count) = place.and_then(|place| self.conformance.get_mut(place)) {
            *count += 1;
        }
    }

    fn lacks(&mut self, what: &str, reason: &str) {
        self.missing.push(Missing {
            what: what.to_owned(),
            verdict: None,
            reason: reason.to_owned(),
        });
    }
}

impl Missing {
    fn of(case: &CaseSummary) -> Self {
        let reason = case.reason.clone();
        let reason = reason.unwrap_or_else(|| "no reason was recorded".to_owned());
        let reason = match &case.expected {
            Some(expected) => format!("{reason}; agreed, so an open problem: {}", expected.reason),
            None => reason,
        };
        Self {
            what: case.case.clone(),
            verdict: Some(case.verdict),
            reason,
        }
    }
}

/// Whether an identifier ends with this number: `LightweightM2M-1.1-int-101`.
fn is_number(id: &str, number: u32) -> bool {
    let last = id.rsplit_once("-int-").map_or(id, |(_, last)| last);
    last.parse() == Ok(number)
}

#[cfg(test)]
mod tests;
