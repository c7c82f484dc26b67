//! The numbers of the ETS, each with its case or the reason why there is none.

use std::sync::Arc;

use runner::proof::{Prover, known};
use testcase::{Body, EtsCase, Library, Release, Seat, Step, TestCase, ets};

use super::catches;

/// A number of the ETS and what there is for it.
pub(crate) struct Number {
    /// What the ETS says of it.
    pub(crate) entry: &'static EtsCase,
    /// Its identifier, in the release that was asked for.
    pub(crate) id: String,
    /// Name of its case.
    pub(crate) file: Option<String>,
    /// Seats that the case judges.
    pub(crate) seats: Vec<Seat>,
    /// Mutants that fail it.
    pub(crate) mutants: usize,
    /// Steps that are functions of the harness.
    pub(crate) native: usize,
    /// The letters that it decides, by seat.
    pub(crate) letters: Vec<Letter>,
    /// What is missing, and why.
    pub(crate) remark: Option<String>,
}

/// A letter of a case in a judged seat, and what proves that it can fail.
pub(crate) struct Letter {
    /// The judged seat.
    pub(crate) seat: Seat,
    /// The letter.
    pub(crate) letter: String,
    /// Mutants that fail by it first.
    pub(crate) mutants: Vec<String>,
    /// Why there is none.
    pub(crate) reason: Option<&'static str>,
}

/// Every number, or those that a release lists.
pub(crate) fn numbers(library: &Arc<Library>, release: Option<Release>) -> Vec<Number> {
    let entries = ets::all().iter();
    let prover = Prover::new(library, |case| {
        case.number().is_some() || !case.headings().is_empty()
    });
    let listed = entries.filter_map(|entry| {
        let id = match release {
            Some(release) => entry.id_in(release)?,
            None => &entry.id,
        };
        Some(Number::of(entry, id, library, &prover))
    });
    listed.collect()
}

impl Number {
    fn of(entry: &'static EtsCase, id: &str, library: &Library, prover: &Prover) -> Self {
        let find = |is: &dyn Fn(&TestCase) -> bool| prover.cases().find(|case| is(case));
        let case = find(&|case| case.number() == Some(entry.number))
            .or_else(|| find(&|case| case.headings().contains(&entry.number)));
        let Some(case) = case else {
            return Self {
                entry,
                id: id.to_owned(),
                file: None,
                seats: Vec::new(),
                mutants: 0,
                native: 0,
                letters: Vec::new(),
                remark: Some(reason(entry)),
            };
        };
        let mutants = library.mutants.values();
        Self {
            entry,
            id: id.to_owned(),
            file: Some(case.name.clone()),
            seats: case.seats.clone(),
            mutants: mutants.filter(|mutant| catches(case, mutant)).count(),
            native: case
                .dialogue
                .iter()
                .chain(&case.meanwhile)
                .map(native)
                .sum(),
            letters: letters(case, prover),
            remark: lacking(entry, case, prover),
        }
    }

    /// Whether a case is still to be written.
    pub(crate) fn is_open(&self) -> bool {
        self.file.is_none() && self.entry.body == Body::Full && self.entry.renumbered_to.is_none()
    }
}

/// Why there is no case.
fn reason(entry: &EtsCase) -> String {
    if let Some(other) = entry.renumbered_to {
        return format!("{other} took its place");
    }
    match (entry.body, entry.delegated_to) {
        (Body::Full, _) => "no case yet".to_owned(),
        (Body::Delegated, Some(other)) => format!("delegated: {other} decides"),
        (Body::Delegated, None) => "delegated".to_owned(),
        (Body::Placeholder, _) => "placeholder: a heading without a body".to_owned(),
        (Body::NotApplicable, _) => match &entry.note {
            Some(note) => format!("not applicable: {note}"),
            None => "not applicable".to_owned(),
        },
    }
}

/// The letters of a case in each of its seats.
fn letters(case: &Arc<TestCase>, prover: &Prover) -> Vec<Letter> {
    let of_seat = |seat: &Seat| {
        let proven = prover.proof_of(case, *seat).into_iter();
        let letters = proven.map(|(letter, mutants)| Letter {
            seat: *seat,
            mutants: mutants.iter().map(|mutant| mutant.name.clone()).collect(),
            reason: known(case, *seat, &letter).map(|one| one.reason),
            letter,
        });
        letters.collect::<Vec<_>>()
    };
    case.seats.iter().flat_map(of_seat).collect()
}

/// What this build lacks for the case; else the seats that the ETS judges and the case does not.
fn lacking(entry: &EtsCase, case: &TestCase, prover: &Prover) -> Option<String> {
    let seats = case.seats.iter();
    let mut words: Vec<String> = seats.flat_map(|seat| prover.lacking(case, *seat)).collect();
    words.sort();
    words.dedup();
    if !words.is_empty() {
        return Some(format!(
            "Not Applicable: this build lacks {}",
            words.join(", ")
        ));
    }
    if case.number().is_none() {
        return Some("a heading without a body: a case of our own".to_owned());
    }
    let missing: Vec<String> = entry
        .seats
        .iter()
        .filter(|seat| !case.seats.contains(seat))
        .map(ToString::to_string)
        .collect();
    (!missing.is_empty()).then(|| format!("does not judge the {}", missing.join(" and the ")))
}

/// The native steps of a step and of those within it.
fn native(step: &Step) -> usize {
    let inner = step.group.iter().chain(step.printed.as_deref());
    usize::from(step.native.is_some()) + inner.map(native).sum::<usize>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_a_case_or_a_reason() {
        let (library, _) = Library::embedded();
        let all = numbers(&Arc::new(library), None);
        assert_eq!(all.len(), 157);
        let find = |number| all.iter().find(|one| one.entry.number == number).unwrap();
        let known = find(101);
        assert_eq!(
            known.file.as_deref(),
            Some("registration/int-101-initial-registration")
        );
        assert_eq!(known.seats, [Seat::CLIENT, Seat::SERVER]);
        assert!(known.mutants > 2 && known.native == 0 && known.remark.is_none());
        let letter = |letter: &str| {
            known
                .letters
                .iter()
                .find(|one| one.letter == letter)
                .unwrap()
        };
        assert!(letter("A").mutants.len() > 1 && letter("A").reason.is_none());
        assert_eq!(find(1).remark, None);
        for (number, remark) in [
            (730, "a heading without a body: a case of our own"),
            (270, "delegated: 1630 decides"),
            (705, "not applicable: object 4 has no writable resource"),
            (1210, "1202 took its place"),
        ] {
            assert_eq!(find(number).remark.as_deref(), Some(remark), "{number}");
            assert!(!find(number).is_open());
        }
        for one in &all {
            assert!(one.file.is_some() || one.remark.is_some());
        }
        let without_cases = numbers(&Arc::default(), None);
        assert!(without_cases[0].is_open());
        let heading = without_cases.iter().find(|one| one.entry.number == 730);
        let remark = heading.and_then(|one| one.remark.as_deref());
        assert_eq!(remark, Some("placeholder: a heading without a body"));
    }

    #[test]
    fn a_release_lists_its_own_numbers() {
        let old = numbers(&Arc::default(), Some(Release::V1_0_2));
        assert_eq!(old.len(), 63);
        assert!(old.iter().all(|one| one.id.contains("-1.0-")));
    }
}
