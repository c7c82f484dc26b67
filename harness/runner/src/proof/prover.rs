//! Plays cases and mutants, and lists what is wrong with them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use lwm2m::Version;
use record::Verdict;
use testcase::{Library, Mutant, Seat, Spanned, Step, TestCase, Word};

use super::known::{LACKING, UNPROVEN, Unproven};
use super::played::Played;
use super::side_by_side::side_by_side;
use super::wire::Rehearsal;
use crate::casting::Run;
use crate::mutant::{self, Defect};
use crate::weather::Weather;

/// A library on trial.
pub struct Prover {
    library: Arc<Library>,
    cases: BTreeMap<String, Arc<TestCase>>,
    runs: BTreeMap<(Seat, Version), Run>,
    /// The versions in which a case applies to emulators.
    versions: BTreeMap<(String, Seat), Vec<Version>>,
    /// Plays without a defect, by case, seat and version; each is played once.
    sound: Mutex<BTreeMap<(String, Seat, Version), Arc<Played>>>,
}

impl Prover {
    /// Puts the cases of `library` on trial, or those of them that are wanted.
    pub fn new(library: &Arc<Library>, wanted: impl Fn(&TestCase) -> bool) -> Self {
        let all = library.cases.iter().filter(|(_, case)| wanted(case));
        let cases: BTreeMap<String, Arc<TestCase>> = all
            .map(|(name, case)| (name.clone(), Arc::new(case.clone())))
            .collect();
        let seats: BTreeSet<Seat> = cases.values().flat_map(|case| case.seats.clone()).collect();
        let both = seats
            .iter()
            .flat_map(|seat| Version::ALL.map(|version| (*seat, version)));
        let runs: BTreeMap<(Seat, Version), Run> = both
            .map(|(seat, version)| {
                let run = Run::of_emulators(Arc::clone(library), version, seat);
                ((seat, version), run)
            })
            .collect();
        let columns = cases.values();
        let columns = columns.flat_map(|case| case.seats.iter().map(move |seat| (case, *seat)));
        let versions = columns.map(|(case, seat)| {
            let applies = |version: &Version| {
                let run = runs.get(&(seat, *version));
                run.is_some_and(|run| case.requires.evaluate(&run.facts(case)).value)
            };
            let versions = Version::ALL.into_iter().filter(applies).collect();
            ((case.name.clone(), seat), versions)
        });
        Self {
            library: Arc::clone(library),
            versions: versions.collect(),
            cases,
            runs,
            sound: Mutex::default(),
        }
    }

    /// Puts the same on trial over a network that does this by chance.
    pub fn in_weather(mut self, weather: &Weather) -> Self {
        for run in self.runs.values_mut() {
            run.weather = Some(weather.clone());
        }
        self.sound = Mutex::default();
        self
    }

    /// Plays one of [`Prover::rehearsals`].
    pub fn play(&self, one: &Rehearsal) -> Result<Played, String> {
        let (run, defect) = self.prepared(one)?;
        Ok(Played::of(run, &one.case, one.seat, defect))
    }

    /// The cases on trial.
    pub fn cases(&self) -> impl Iterator<Item = &Arc<TestCase>> {
        self.cases.values()
    }

    /// The mutants that a case on trial has to catch or to pass.
    pub fn mutants(&self) -> Vec<&Mutant> {
        let mut mutants: Vec<&Mutant> = self.library.mutants.values().collect();
        let known = |reference: &str| self.find(reference).is_some();
        mutants.retain(|mutant| {
            let mut named = mutant.caught_by.keys().chain(mutant.remarked_by.keys());
            named.any(|one| known(one)) || mutant.passes.iter().any(|one| known(&one.value))
        });
        mutants
    }

    /// The case on trial that is called so.
    pub fn find(&self, reference: &str) -> Option<&Arc<TestCase>> {
        let mut cases = self.cases.values();
        self.cases
            .get(reference)
            .or_else(|| cases.find(|case| case.is_called(reference)))
    }

    /// The versions in which a case applies to emulators.
    pub fn versions(&self, case: &TestCase, seat: Seat) -> Vec<Version> {
        let known = self.versions.get(&(case.name.clone(), seat));
        known.cloned().unwrap_or_default()
    }

    /// How a case goes without a defect.
    pub fn sound(&self, case: &Arc<TestCase>, seat: Seat, version: Version) -> Arc<Played> {
        let key = (case.name.clone(), seat, version);
        let known = self.sound.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(played) = known.get(&key) {
            return Arc::clone(played);
        }
        drop(known);
        let played = Arc::new(Played::of(&self.runs[&(seat, version)], case, seat, None));
        let mut known = self.sound.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(key, Arc::clone(&played));
        played
    }

    /// How a case goes when its judged seat has a defect; `Err` if no emulator can have it.
    pub fn spoilt(
        &self,
        case: &Arc<TestCase>,
        mutant: &Mutant,
        version: Version,
    ) -> Result<Played, String> {
        let Some(run) = self.runs.get(&(mutant.seat, version)) else {
            return Err(format!(
                "mutant \"{}\": no case judges the {}",
                mutant.name, mutant.seat
            ));
        };
        let defect = mutant::defect(mutant, &run.types).map_err(|error| error.to_string())?;
        Ok(Played::of(run, case, mutant.seat, Some(defect)))
    }

    /// The run of a play, and the defect of its judged seat.
    pub(super) fn prepared(&self, one: &Rehearsal) -> Result<(&Run, Option<Defect>), String> {
        let run = &self.runs[&(one.seat, one.version)];
        let defect = match &one.mutant {
            Some(name) => {
                let mutant = self.library.mutants.get(name);
                let mutant = mutant.ok_or_else(|| format!("no mutant is called \"{name}\""))?;
                let defect = mutant::defect(mutant, &run.types);
                Some(defect.map_err(|error| error.to_string())?)
            }
            None => None,
        };
        Ok((run, defect))
    }

    /// Cases that do not pass against the sound emulators.
    pub fn unsound(&self) -> Vec<String> {
        self.of_each_seat(|case, seat| {
            let versions = self.versions(case, seat);
            if versions.is_empty() && !self.lacks(case, seat) {
                return vec![format!("{} [{seat}] applies to no version", case.name)];
            }
            let plays = versions
                .into_iter()
                .map(|version| (version, self.sound(case, seat, version)));
            let wrong = plays.filter(|(_, played)| played.verdict != Verdict::Pass);
            wrong
                .map(|(version, played)| {
                    let (verdict, reason) = (played.verdict, &played.reason);
                    format!("{} [{seat}, {version}] {verdict}: {reason}", case.name)
                })
                .collect()
        })
    }

    /// Mutants that a case does not fail by the letter they name.
    pub fn escaped(&self) -> Vec<String> {
        let mutants = self.mutants();
        let lists = side_by_side(&mutants, |mutant| {
            let mut mistakes = Vec::new();
            for (reference, letters) in &mutant.caught_by {
                let letters: Vec<&str> = letters.iter().map(|letter| &*letter.value).collect();
                match (self.find(reference), self.library.find(reference)) {
                    (Some(case), _) => mistakes.extend(self.catch(mutant, case, &letters)),
                    (None, Some(_)) => {}
                    (None, None) => mistakes.push(unknown(mutant, reference)),
                }
            }
            mistakes
        });
        lists.concat()
    }

    /// Mutants of which a rule of the referee that fails nobody says nothing, or speaks without them.
    pub fn unremarked(&self) -> Vec<String> {
        let mutants = self.mutants();
        let lists = side_by_side(&mutants, |mutant| {
            let mut mistakes = Vec::new();
            for (reference, rules) in &mutant.remarked_by {
                match (self.find(reference), self.library.find(reference)) {
                    (Some(case), _) => {
                        let rules = rules.iter().map(|rule| self.remark(mutant, case, rule));
                        mistakes.extend(rules.flatten());
                    }
                    (None, Some(_)) => {}
                    (None, None) => mistakes.push(unknown(mutant, reference)),
                }
            }
            mistakes
        });
        lists.concat()
    }

    /// Mutants that disturb a case which they say they do not disturb.
    pub fn disturbing(&self) -> Vec<String> {
        let mutants = self.mutants();
        let lists = side_by_side(&mutants, |mutant| {
            let mut mistakes = Vec::new();
            for reference in &mutant.passes {
                match (
                    self.find(&reference.value),
                    self.library.find(&reference.value),
                ) {
                    (Some(case), _) => mistakes.extend(self.pass(mutant, case)),
                    (None, Some(_)) => {}
                    (None, None) => mistakes.push(unknown(mutant, &reference.value)),
                }
            }
            mistakes
        });
        lists.concat()
    }

    /// Cases that no mutant fails, by seat.
    pub fn unfailing(&self) -> Vec<String> {
        let mutants = self.mutants();
        self.of_each_seat(|case, seat| {
            let catches = |mutant: &&Mutant| {
                let mut references = mutant.caught_by.keys();
                mutant.seat == seat && references.any(|reference| case.is_called(reference))
            };
            let fails = mutants.iter().copied().any(|mutant| catches(&mutant));
            let mistake = format!("{} [{seat}] is failed by nobody", case.name);
            Vec::from_iter((!fails && !self.lacks(case, seat)).then_some(mistake))
        })
    }

    /// Letters that no mutant fails, unless it is known why; and those that are proven though they count as not.
    pub fn unproven(&self) -> Vec<String> {
        self.of_each_seat(|case, seat| {
            let mut mistakes = Vec::new();
            for (letter, mutants) in self.proof_of(case, seat) {
                let known = known(case, seat, &letter).is_some();
                let what = match (mutants.is_empty(), known) {
                    (true, false) => "",
                    (false, true) => " is proven by now",
                    _ => continue,
                };
                mistakes.push(format!("{} [{seat}] letter {letter}{what}", case.name));
            }
            mistakes
        })
    }

    /// The letters that a case decides in a seat, each with the mutants that have to fail by it first.
    pub fn proof_of(&self, case: &Arc<TestCase>, seat: Seat) -> BTreeMap<String, Vec<&Mutant>> {
        let proves = |mutant: &Mutant, letter: &str| {
            let mut caught = mutant.caught_by.iter();
            mutant.seat == seat
                && caught.any(|(reference, letters)| {
                    let first = letters.first();
                    case.is_called(reference) && first.is_some_and(|first| first.value == letter)
                })
        };
        let letters = self.decided(case, seat).into_iter();
        letters
            .map(|letter| {
                let mutants = self.library.mutants.values();
                let proving = mutants.filter(|mutant| proves(mutant, &letter)).collect();
                (letter, proving)
            })
            .collect()
    }

    /// The letters that a line of `seat`, or a look at what it sent, decides in some version.
    pub fn decided(&self, case: &Arc<TestCase>, seat: Seat) -> BTreeSet<String> {
        let mut played = BTreeSet::new();
        for version in self.versions(case, seat) {
            played.extend(self.sound(case, seat, version).letters.iter().cloned());
        }
        let mut own = BTreeSet::new();
        for step in &case.dialogue {
            own.extend(own_letters(step, step.criteria.of(seat), case, seat));
        }
        own.retain(|letter| played.contains(letter));
        own
    }

    /// Whether a case is about what the emulators do not have yet.
    pub fn lacks(&self, case: &TestCase, seat: Seat) -> bool {
        !self.lacking(case, seat).is_empty()
    }

    /// What a case needs and the emulators do not have yet, in the words of the ICS.
    pub fn lacking(&self, case: &TestCase, seat: Seat) -> Vec<String> {
        let Some(run) = self.runs.get(&(seat, Version::V1_2)) else {
            return Vec::new();
        };
        let values = case.requires.evaluate(&run.facts(case)).explanation;
        let missing = values
            .into_iter()
            .filter(|(term, value)| LACKING.contains(&term.as_str()) && value == "not claimed");
        missing.map(|(term, _)| term).collect()
    }

    fn of_each_seat(
        &self,
        work: impl Fn(&Arc<TestCase>, Seat) -> Vec<String> + Sync,
    ) -> Vec<String> {
        let cases = self.cases.values();
        let pairs: Vec<_> = cases
            .flat_map(|case| case.seats.iter().map(move |seat| (case, *seat)))
            .collect();
        side_by_side(&pairs, |(case, seat)| work(case, *seat)).concat()
    }

    /// The case has to fail by the first of these letters that it decides in a version at all.
    fn catch(&self, mutant: &Mutant, case: &Arc<TestCase>, letters: &[&str]) -> Vec<String> {
        let mut mistakes = Vec::new();
        let mut tried = 0;
        for version in self.versions(case, mutant.seat) {
            let sound = self.sound(case, mutant.seat, version);
            let Some(letter) = letters
                .iter()
                .find(|letter| sound.letters.contains(**letter))
            else {
                continue;
            };
            tried += 1;
            match self.spoilt(case, mutant, version) {
                Ok(played) if played.failed_by(mutant.seat) == Some(letter) => {}
                Ok(played) => mistakes.push(format!(
                    "{} in {} [{version}], wanted {letter}: {}",
                    mutant.name,
                    case.name,
                    played.told()
                )),
                Err(error) => return vec![error],
            }
        }
        if tried == 0 {
            let letters = letters.join(", ");
            mistakes.push(format!(
                "{}: {} decides no letter {letters}",
                mutant.name, case.name
            ));
        }
        mistakes
    }

    /// The rule has to speak of the mutant in some version, and in none without it.
    fn remark(&self, mutant: &Mutant, case: &Arc<TestCase>, rule: &str) -> Option<String> {
        let versions = self.versions(case, mutant.seat);
        let spoilt = |version: &Version| self.spoilt(case, mutant, *version);
        let spoken = versions.iter().filter_map(|version| spoilt(version).ok());
        let seen = spoken.filter(|played| played.rules.contains(rule)).count();
        let sound = |version: &Version| self.sound(case, mutant.seat, *version);
        let always = versions
            .iter()
            .any(|version| sound(version).rules.contains(rule));
        let name = format!("{} in {}", mutant.name, case.name);
        match (seen, always) {
            (0, _) => Some(format!("{name}: {rule} is silent")),
            (_, true) => Some(format!("{name}: {rule} speaks of the sound emulator")),
            _ => None,
        }
    }

    fn pass(&self, mutant: &Mutant, case: &Arc<TestCase>) -> Vec<String> {
        let mut mistakes = Vec::new();
        for version in self.versions(case, mutant.seat) {
            match self.spoilt(case, mutant, version) {
                Ok(played) if played.verdict == Verdict::Pass => {}
                Ok(played) => mistakes.push(format!(
                    "{} in {} [{version}] {}",
                    mutant.name,
                    case.name,
                    played.told()
                )),
                Err(error) => return vec![error],
            }
        }
        mistakes
    }
}

/// Why no mutant fails by a letter, if that is known.
pub fn known(case: &TestCase, seat: Seat, letter: &str) -> Option<&'static Unproven> {
    let seat = seat.to_string();
    UNPROVEN
        .iter()
        .find(|one| (one.case, one.seat, one.letter) == (case.stem(), &*seat, letter))
}

fn unknown(mutant: &Mutant, reference: &str) -> String {
    format!("{}: no case is called \"{reference}\"", mutant.name)
}

/// Letters of a step that `seat` can be blamed by; `outer` are those of the group around it.
fn own_letters(step: &Step, outer: &[Spanned<String>], case: &TestCase, seat: Seat) -> Vec<String> {
    let whole = match step.criteria.of(seat) {
        [] => outer,
        letters => letters,
    };
    let named = |letters: &[Spanned<String>]| {
        letters
            .iter()
            .map(|one| one.value.clone())
            .collect::<Vec<_>>()
    };
    let mut own = Vec::new();
    for line in step.lines.iter().filter(|line| line.seat == seat) {
        own.extend(named(if line.criteria.is_empty() {
            whole
        } else {
            &line.criteria
        }));
    }
    for check in &step.checks {
        if sender(case, &check.subject.to_string()) == Some(seat) {
            own.extend(named(whole));
        }
    }
    for member in &step.group {
        own.extend(own_letters(member, whole, case, seat));
    }
    own
}

/// Who sends the message that `subject` is about; a name with a variable of `each` stands for any.
fn sender(case: &TestCase, subject: &str) -> Option<Seat> {
    let (name, field) = subject.split_once('.').unwrap_or((subject, ""));
    let lines = case.dialogue.iter().flat_map(|step| &step.lines);
    let mut named = lines.filter_map(|line| Some((line.as_name.as_ref()?, line)));
    let (_, line) = named.find(|(text, _)| text.as_literal().is_none_or(|text| text == name))?;
    let observes = matches!(line.word.value, Word::Observe | Word::ObserveComposite);
    let notified = matches!(field.split('.').next(), Some("last" | "all"));
    Some(match observes && notified {
        // the name of an Observe is that of its notifications too
        true => Seat::CLIENT,
        false => line.seat,
    })
}
