//! The requirements of the TS: which are judged, by which case or rule, and which are proven to be.
//!
//! A requirement counts as judged once a mutant that breaks it is caught by a case or a rule that names it. That a case catches the
//! mutants which say so is what `cargo test` proves; a rule is watched here while the mutant plays.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use judge::referee::RULES;
use testcase::{Criteria, Library, Mutant, Observable, Requirement, Step, TestCase, requirements};

use super::proof::rules_that_find;

/// A requirement and who judges it.
pub(crate) struct Covered {
    /// The requirement.
    pub(crate) requirement: &'static Requirement,
    /// Names of the cases that name it.
    pub(crate) cases: Vec<String>,
    /// Names of the referee's rules that name it.
    pub(crate) rules: Vec<&'static str>,
    /// Mutants that break it and are caught by one of those.
    pub(crate) mutants: Vec<String>,
}

/// How far a requirement is covered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Standing {
    /// Named, and a mutant that breaks it is caught.
    Judged,
    /// Named; nothing proves that breaking it is seen.
    Named,
    /// Nobody names it.
    NotYet,
    /// Nobody names it, as nothing shows whether it is kept.
    NotObservable,
}

/// Every requirement, in the order of the index.
pub(crate) fn covered(library: &Arc<Library>) -> Vec<Covered> {
    let mut survey = Survey::of(library);
    let all = requirements::all().iter();
    all.map(|requirement| survey.cover(requirement)).collect()
}

/// Who names and who breaks a requirement, by its id.
struct Survey<'a> {
    library: &'a Arc<Library>,
    cases: BTreeMap<&'a str, Vec<&'a TestCase>>,
    mutants: BTreeMap<&'a str, Vec<&'a Mutant>>,
    /// Rules that find a mutant when it plays.
    found: BTreeMap<&'a str, BTreeSet<String>>,
}

impl<'a> Survey<'a> {
    fn of(library: &'a Arc<Library>) -> Self {
        let mut survey = Self {
            library,
            cases: BTreeMap::new(),
            mutants: BTreeMap::new(),
            found: BTreeMap::new(),
        };
        for case in library.cases.values() {
            for id in named_by(case) {
                survey.cases.entry(id).or_default().push(case);
            }
        }
        for mutant in library.mutants.values() {
            for id in mutant.requirements() {
                survey.mutants.entry(id).or_default().push(mutant);
            }
        }
        survey
    }

    fn cover(&mut self, requirement: &'static Requirement) -> Covered {
        let id = requirement.id.as_str();
        let cases = self.cases.get(id).cloned().unwrap_or_default();
        let rules: Vec<&'static str> = RULES
            .iter()
            .filter(|rule| rule.requirements.contains(&id))
            .map(|rule| rule.name)
            .collect();
        let mut mutants = self.mutants.get(id).cloned().unwrap_or_default();
        mutants.retain(|mutant| {
            cases.iter().any(|case| proves(case, mutant, id)) || self.is_found(mutant, &rules)
        });
        Covered {
            requirement,
            cases: cases.iter().map(|case| case.name.clone()).collect(),
            rules,
            mutants: mutants.iter().map(|mutant| mutant.name.clone()).collect(),
        }
    }

    /// Whether one of `rules` finds the mutant; it is played once.
    fn is_found(&mut self, mutant: &'a Mutant, rules: &[&str]) -> bool {
        if rules.is_empty() {
            return false;
        }
        let library = self.library;
        let found = self
            .found
            .entry(&mutant.name)
            .or_insert_with(|| rules_that_find(mutant, library));
        rules.iter().any(|rule| found.contains(*rule))
    }
}

impl Covered {
    /// How far it is covered.
    pub(crate) fn standing(&self) -> Standing {
        match (
            self.mutants.is_empty(),
            self.cases.is_empty() && self.rules.is_empty(),
        ) {
            (false, _) => Standing::Judged,
            (true, false) => Standing::Named,
            (true, true) if self.requirement.observable == Observable::None => {
                Standing::NotObservable
            }
            (true, true) => Standing::NotYet,
        }
    }
}

impl Standing {
    /// Every standing.
    pub(crate) const ALL: [Self; 4] =
        [Self::Judged, Self::Named, Self::NotYet, Self::NotObservable];

    /// Its words.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Judged => "judged",
            Self::Named => "named, no mutant",
            Self::NotYet => "not yet",
            Self::NotObservable => "not observable",
        }
    }
}

/// Whether `mutant` fails `case` by a letter that stands for the requirement; the whole case may stand for it too.
fn proves(case: &TestCase, mutant: &Mutant, id: &str) -> bool {
    let mut caught = mutant.caught_by.iter();
    let Some((_, letters)) = caught.find(|(reference, _)| case.is_called(reference)) else {
        return false;
    };
    if case.judges.iter().any(|one| one.value == id) {
        return true;
    }
    let Some(first) = letters.first() else {
        return false;
    };
    let mut steps = case.dialogue.iter().chain(&case.meanwhile);
    steps.any(|step| decides(step, id, &first.value, &[], false))
}

/// Whether a step has the letter and names the requirement; what a group has and names, its members have and name too.
fn decides(step: &Step, id: &str, wanted: &str, outer: &[&str], named: bool) -> bool {
    let named = named || step.judges.iter().any(|one| one.value == id);
    let own: Vec<&str> = match &step.criteria {
        Criteria::None => outer.to_vec(),
        Criteria::All(letters) => letters.iter().map(|one| one.value.as_str()).collect(),
        Criteria::Seats(seats) => {
            let letters = seats.iter().flat_map(|(_, letters)| letters);
            letters.map(|one| one.value.as_str()).collect()
        }
    };
    let lines = step.lines.iter().flat_map(|line| &line.criteria);
    let mut letters = lines
        .map(|one| one.value.as_str())
        .chain(own.iter().copied());
    let mut inner = step.group.iter().chain(step.printed.as_deref());
    named && letters.any(|letter| letter == wanted)
        || inner.any(|inner| decides(inner, id, wanted, &own, named))
}

/// The requirements that a case names, each once.
fn named_by(case: &TestCase) -> BTreeSet<&str> {
    let mut named: BTreeSet<&str> = case.judges.iter().map(|id| id.value.as_str()).collect();
    for step in case.dialogue.iter().chain(&case.meanwhile) {
        named_in(step, &mut named);
    }
    named
}

fn named_in<'a>(step: &'a Step, named: &mut BTreeSet<&'a str>) {
    named.extend(step.judges.iter().map(|id| id.value.as_str()));
    for inner in step.group.iter().chain(step.printed.as_deref()) {
        named_in(inner, named);
    }
}

#[cfg(test)]
mod tests {
    use testcase::File;

    use super::*;

    /// What this program carries, with a mutant of our own.
    fn with_mutant(text: &str) -> Arc<Library> {
        let mut files = File::embedded();
        files.retain(|file| !file.name.starts_with("mutants/"));
        files.push(File::new("mutants/own", "own.yaml", text));
        let (library, mistakes) = Library::load(files);
        assert!(
            mistakes.iter().all(|mistake| !mistake.is_error()),
            "{mistakes:?}"
        );
        Arc::new(library)
    }

    fn find<'a>(covered: &'a [Covered], id: &str) -> &'a Covered {
        let mut covered = covered.iter();
        covered.find(|one| one.requirement.id == id).unwrap()
    }

    #[test]
    fn what_is_named_counts_once_a_mutant_is_caught() {
        let library = with_mutant(
            "mutant: own\ntitle: Own\nseat: client\nbreaks: \"FMT-08a, REG-06a: Core TS\"\n\
             defect: {upon: {read: {accept: text}}, do: {change: {content-format: opaque}}}\n\
             caught-by: {int-201: A}\n",
        );
        let all = covered(&library);
        assert_eq!(all.len(), 756);
        let judged = find(&all, "FMT-08a");
        assert_eq!(judged.standing(), Standing::Judged);
        assert_eq!(judged.mutants, ["own"]);
        let named = "device-management/int-201-read-text".to_owned();
        assert!(judged.cases.contains(&named), "{:?}", judged.cases);
        // broken by the mutant, and named by cases that do not catch it
        assert_eq!(find(&all, "REG-06a").standing(), Standing::Named);
        // named by int-201 too, and broken by nobody
        assert_eq!(find(&all, "DM-02a").standing(), Standing::Named);
        for one in &all {
            let names = one.cases.len() + one.rules.len();
            assert!(one.standing() != Standing::NotObservable || names == 0);
        }
        let unseen = find(&all, "GEN-01c");
        assert_eq!(unseen.standing(), Standing::NotObservable);
    }

    #[test]
    fn a_rule_counts_once_it_finds_the_mutant() {
        let library = with_mutant(
            "mutant: own\ntitle: Own\nseat: client\nbreaks: \"REG-09a, FMT-03a: Core TS\"\n\
             defect: {upon: {register: {}}, do: {add: {objects: {includes: [/0/0]}}}}\n\
             caught-by: {int-101: B}\n",
        );
        let all = covered(&library);
        let judged = find(&all, "REG-09a");
        assert_eq!(judged.rules, ["object-list-security"]);
        assert_eq!(judged.mutants, ["own"]);
        // its rules look at something else
        assert_eq!(find(&all, "FMT-03a").standing(), Standing::Named);
    }
}
