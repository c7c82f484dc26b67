//! `list --plan`: the conformance test plan, as pages.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use report::{Group, PlanCase, PlanPage, PlanSection, PlanStep};
use runner::{Folder, HarnessError};
use testcase::{Criteria, Each, Form, Library, Line, Seat, State, Step, TestCase, requirements};

use crate::args::List;
use crate::setup::Setup;
use crate::{ExitCode, Trouble, output, release};

/// Writes the plan of each setup; of several profiles each into a folder of its own.
pub(super) fn write(
    args: &List,
    setups: &[Setup],
    carried: &Arc<Library>,
) -> Result<ExitCode, Trouble> {
    let mut code = ExitCode::Passed;
    for setup in setups {
        let library = setup.library().unwrap_or(carried);
        let page = page(args, setup, library);
        if page.sections.is_empty() {
            code = code.or(ExitCode::NothingSelected);
        }
        let out = match setups.len() {
            1 => args.out.clone(),
            _ => args.out.join(&setup.label),
        };
        std::fs::create_dir_all(&out).map_err(|source| HarnessError::Write {
            path: out.clone(),
            source,
        })?;
        let folder = Folder::open(&out);
        folder.write("plan.html", report::plan_html(&page)?.as_bytes())?;
        folder.write("plan.pdf", &report::plan_pdf(&page)?)?;
        let (subtitle, file) = (&page.subtitle, out.join("plan.html"));
        output::print(&format!("{subtitle}\n{}\n", file.display()));
    }
    Ok(code)
}

fn page(args: &List, setup: &Setup, library: &Library) -> PlanPage {
    let tested: Vec<Seat> = setup.profiles.iter().map(testcase::Profile::seat).collect();
    let mut seats: BTreeMap<&str, Vec<Seat>> = BTreeMap::new();
    for planned in &setup.plan.selected {
        let known = seats.entry(&planned.case.name).or_default();
        known.push(planned.seat);
    }
    let mut groups: BTreeMap<Group, Vec<(Duration, PlanCase)>> = BTreeMap::new();
    let mut done = std::collections::BTreeSet::new();
    for planned in &setup.plan.selected {
        let case = &planned.case;
        if !done.insert(&case.name) {
            continue;
        }
        let wait = case.forced_wait_of(setup.version, &tested);
        let view = Described {
            library,
            case,
            id: args
                .selected
                .ets
                .and_then(|ets| release::id(case, ets))
                .unwrap_or_else(|| case.id.clone()),
            seats: &seats[case.name.as_str()],
            wait,
        };
        let group = groups.entry(Group::of(&case.name)).or_default();
        group.push((wait, view.whole()));
    }
    let count: usize = groups.values().map(Vec::len).sum();
    let time: Duration = groups.values().flatten().map(|(wait, _)| *wait).sum();
    let who = match setup.profiles.first() {
        Some(profile) => profile.name.clone(),
        None => "the emulators".to_owned(),
    };
    let left_out = &setup.plan.not_selected;
    PlanPage {
        title: format!("Conformance Test Plan: {who}"),
        subtitle: format!(
            "{count} cases, {} of waits that the protocol forces",
            words(time)
        ),
        facts: facts(setup, &who),
        sections: groups
            .into_iter()
            .map(|(group, cases)| section(&group, cases))
            .collect(),
        left_out: left_out
            .iter()
            .map(|one| [one.case.clone(), one.seat.clone(), one.reason.clone()])
            .collect(),
        harness: env!("CARGO_PKG_VERSION").to_owned(),
    }
}

fn section(group: &Group, mut cases: Vec<(Duration, PlanCase)>) -> PlanSection {
    cases.sort_by(|(_, one), (_, other)| order(&one.id).cmp(&order(&other.id)));
    let time: Duration = cases.iter().map(|(wait, _)| *wait).sum();
    PlanSection {
        title: group.title().to_owned(),
        anchor: report::anchor(group.title(), "heading"),
        time: if time.is_zero() {
            String::new()
        } else {
            format!("{} of waits", words(time))
        },
        cases: cases.into_iter().map(|(_, case)| case).collect(),
    }
}

/// Numbers of the ETS by their value, then everything else by its name.
fn order(id: &str) -> (u32, &str) {
    let number = id
        .rsplit_once("-int-")
        .and_then(|(_, last)| last.parse().ok());
    (number.unwrap_or(u32::MAX), id)
}

fn facts(setup: &Setup, who: &str) -> Vec<(String, String)> {
    let mut facts = vec![("Implementation".to_owned(), who.to_owned())];
    let mut more = |name: &str, value: String| facts.push((name.to_owned(), value));
    if let Some(profile) = setup.profiles.first() {
        more("Role", profile.seat().to_string());
        more("Profile", profile.file.clone());
    }
    more("LwM2M", setup.version.to_string());
    if let Some(run) = setup.runs.values().next() {
        more("Transport", run.transport.clone());
        more("Security", run.security.clone());
        if run.as_printed {
            more("ETS", "as printed, without errata".to_owned());
        }
    }
    more(
        "A case passes",
        "if every step went as its sentence says, within its time; a criterion is met if no step that names it failed".to_owned(),
    );
    facts
}

/// A case with what is needed to describe it.
struct Described<'a> {
    library: &'a Library,
    case: &'a TestCase,
    id: String,
    seats: &'a [Seat],
    wait: Duration,
}

impl Described<'_> {
    fn whole(&self) -> PlanCase {
        let case = self.case;
        let mut criteria: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let mut judged: Vec<&str> = case.judges.iter().map(|id| id.value.as_str()).collect();
        for step in &case.dialogue {
            gather(step, None, &mut criteria, &mut judged);
        }
        let mut seen = std::collections::BTreeSet::new();
        judged.retain(|id| seen.insert(*id));
        PlanCase {
            id: self.id.clone(),
            anchor: report::anchor(&case.name, "plan"),
            objective: case.title.clone(),
            facts: self.facts(),
            procedure: case.dialogue.iter().map(described).collect(),
            criteria: criteria.into_iter().collect(),
            requirements: judged.into_iter().map(requirements::stated).collect(),
        }
    }

    fn facts(&self) -> Vec<(String, String)> {
        let case = self.case;
        let names = |seats: &[Seat]| {
            let names: Vec<String> = seats.iter().map(ToString::to_string).collect();
            names.join(", ")
        };
        let source = [
            Some(case.source.document.clone()),
            case.source.case.clone(),
            case.source.clause.clone(),
        ];
        let source: Vec<String> = source.into_iter().flatten().collect();
        let mut facts = vec![
            ("Case".to_owned(), case.name.clone()),
            ("Source".to_owned(), source.join(", ")),
            ("Judged".to_owned(), names(self.seats)),
            (
                "Played by the harness alone".to_owned(),
                names(&case.emulated),
            ),
            ("Requires".to_owned(), case.requires.text.clone()),
            ("Configuration".to_owned(), self.configuration()),
            ("Preconditions".to_owned(), self.preconditions()),
            ("Waits".to_owned(), words(self.wait)),
        ];
        facts.retain(|(_, value)| !value.trim().is_empty());
        facts
    }

    fn configuration(&self) -> String {
        let name = &self.case.configuration.value;
        let title = self
            .library
            .configurations
            .get(name)
            .map(|found| &found.title);
        let mut text = title.map_or_else(|| name.clone(), |title| format!("{name}: {title}"));
        let with: Vec<String> = self
            .case
            .with
            .values
            .iter()
            .map(|one| one.key.to_string())
            .collect();
        if !with.is_empty() {
            text += &format!("; the case sets {}", with.join(", "));
        }
        text
    }

    /// The states that are gone through before the case begins, the first one first.
    fn preconditions(&self) -> String {
        let mut titles = Vec::new();
        let mut name = Some(self.case.given.value.as_str());
        while let Some(state) = name.and_then(|name| self.library.states.get(name)) {
            let State {
                state: word,
                title,
                from,
                ..
            } = state;
            titles.push(format!("{word}: {title}"));
            name = from.as_ref().map(|from| from.value.as_str());
            if titles.len() > self.library.states.len() {
                break;
            }
        }
        titles.reverse();
        titles.join("; then ")
    }
}

/// Letters with the sentences that decide them, and requirements, of a step and of the steps in it.
fn gather<'a>(
    step: &'a Step,
    outer: Option<&str>,
    criteria: &mut BTreeMap<String, Vec<String>>,
    judged: &mut Vec<&'a str>,
) {
    let own = step.sentence.as_ref().map(ToString::to_string);
    let sentence = own.as_deref().or(outer).unwrap_or_default();
    let listed = match &step.criteria {
        Criteria::None => Vec::new(),
        Criteria::All(letters) => letters.iter().collect(),
        Criteria::Seats(seats) => seats.iter().flat_map(|(_, letters)| letters).collect(),
    };
    let lines = step.lines.iter().flat_map(|line| &line.criteria);
    for letter in listed.into_iter().chain(lines) {
        let known = criteria.entry(letter.value.clone()).or_default();
        if !known.iter().any(|text| text == sentence) {
            known.push(sentence.to_owned());
        }
    }
    judged.extend(step.judges.iter().map(|id| id.value.as_str()));
    for member in &step.group {
        gather(member, Some(sentence), criteria, judged);
    }
}

fn described(step: &Step) -> PlanStep {
    let mut details: Vec<String> = Vec::new();
    details.extend(
        step.when
            .as_ref()
            .map(|when| format!("only if {}", when.text)),
    );
    details.extend(repeated(&step.each));
    for (seat, verb) in &step.control {
        details.push(format!("{seat}: {}", verb.value.name()));
    }
    let lines = step.lines.iter().chain(&step.triggers);
    details.extend(lines.map(line));
    details.extend(step.group.iter().flat_map(|member| {
        let own = member
            .sentence
            .as_ref()
            .map(|text| format!("in any order: {text}"));
        own.into_iter().chain(member.lines.iter().map(line))
    }));
    PlanStep {
        sentence: step
            .sentence
            .as_ref()
            .map(ToString::to_string)
            .unwrap_or_default(),
        details,
    }
}

fn repeated(each: &Each) -> Option<String> {
    match each {
        Each::Once => None,
        Each::Entries(entries) => {
            let entries = entries.iter().map(|entry| {
                let names = entry.iter().map(|(name, value)| format!("{name} {value}"));
                names.collect::<Vec<_>>().join(", ")
            });
            Some(format!(
                "for each of: {}",
                entries.collect::<Vec<_>>().join("; ")
            ))
        }
        Each::List(name, _) => Some(format!("for each {name}")),
    }
}

/// `client: notify, 3 times`.
fn line(line: &Line) -> String {
    let words: Vec<&str> = match line.alternatives.as_slice() {
        [] => vec![line.word.value.name()],
        several => several.iter().map(|one| one.word.value.name()).collect(),
    };
    let mut text = format!("{}: {}", line.seat, words.join(" or "));
    for field in &line.fields {
        if TARGETS.contains(&field.name.to_string().as_str()) {
            text += &target(&field.matcher.form);
        }
    }
    if line.count > 1 {
        text += &format!(", {} times", line.count);
    }
    if let Some(within) = &line.within {
        text += &format!(", within {within}");
    }
    text
}

/// A path or several, as written.
fn target(form: &Form) -> String {
    match form {
        Form::Scalar(scalar) => format!(" {scalar}"),
        Form::List(list) => list.iter().map(|one| target(&one.form)).collect(),
        _ => String::new(),
    }
}

fn words(time: Duration) -> String {
    if time.is_zero() {
        return "none".to_owned();
    }
    report::brief(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX))
}

/// Fields that say what a message is about.
const TARGETS: [&str; 3] = ["path", "paths", "of"];
