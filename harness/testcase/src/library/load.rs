//! Loads files into a library and checks them against each other.

use std::collections::{BTreeMap, BTreeSet};

use lwm2m::Version;

use super::{File, FileKind, Library};
use crate::check::{
    Scope, Walk, check_breaks, check_indexes, check_judges, check_letters, check_quick,
    check_seats, collect,
};
use crate::diagnostic::suggest;
use crate::model::{Span, Spanned, TestCase};
use crate::read::Reader;
use crate::tree::{self, Node, NodeKind};
use crate::{Diagnostic, Step};

/// A library in the making.
#[derive(Default)]
pub(super) struct Loading {
    library: Library,
    /// Names that a file had which could not be read: references to them are no second mistake.
    broken: BTreeSet<String>,
    /// Cases that could be read in part, with every name that their text captures under.
    half_read: Vec<(TestCase, BTreeSet<String>)>,
    /// Places of the keys of each case, by file.
    places: BTreeMap<String, BTreeMap<String, Span>>,
    diagnostics: Vec<Diagnostic>,
}

/// Loads `files`; what has an error is reported and left out.
pub(super) fn load(files: Vec<File>) -> (Library, Vec<Diagnostic>) {
    let mut loading = Loading::default();
    for file in &files {
        loading.file(file);
    }
    loading.resolve_configurations();
    loading.check_states();
    loading.check_cases();
    loading.check_mutants();
    loading.library.files = files;
    let Loading {
        library,
        mut diagnostics,
        ..
    } = loading;
    sort(&mut diagnostics);
    (library, diagnostics)
}

/// In the order of files and lines; a mistake of a step that is also printed is one.
pub(crate) fn sort(diagnostics: &mut Vec<Diagnostic>) {
    diagnostics.sort_by(|one, other| {
        let key = |diagnostic: &Diagnostic| (diagnostic.file.clone(), diagnostic.span);
        (key(one), &one.message).cmp(&(key(other), &other.message))
    });
    diagnostics.dedup();
}

impl Loading {
    fn file(&mut self, file: &File) {
        let (node, mistakes) = tree::read(&file.path, &file.text);
        let mut broken = !mistakes.is_empty();
        self.diagnostics.extend(mistakes);
        if let Some(node) = node {
            let mut reader = Reader::new(&file.path);
            self.read(file, &node, &mut reader);
            broken |= reader.diagnostics.iter().any(Diagnostic::is_error);
            self.diagnostics.append(&mut reader.diagnostics);
            let cases = &mut self.library.cases;
            let is_own = cases
                .get(&file.name)
                .is_some_and(|case| case.file == file.path);
            if let Some(case) = (broken && is_own)
                .then(|| cases.remove(&file.name))
                .flatten()
            {
                let mut names = BTreeSet::new();
                captured(&node, &mut names);
                self.half_read.push((case, names));
            }
        }
        if broken {
            self.forget(file);
        }
    }

    fn read(&mut self, file: &File, node: &Node, reader: &mut Reader<'_>) {
        let text = &file.text;
        match file.kind() {
            FileKind::Case => {
                if let Some(case) = reader.case(node, &file.name, text) {
                    self.places.insert(file.path.clone(), places(node));
                    self.identify(&case, reader);
                    self.library.cases.insert(file.name.clone(), case);
                }
            }
            FileKind::State => {
                if let Some(state) = reader.state(node, text) {
                    named(file, &state.state, node, reader);
                    self.library.states.insert(state.state.clone(), state);
                }
            }
            FileKind::Configuration => {
                if let Some(found) = reader.configuration(node, text) {
                    let known = self.library.configurations.contains_key(&found.name);
                    twice(known, &found.name, node, reader);
                    self.library
                        .configurations
                        .insert(found.name.clone(), found);
                }
            }
            FileKind::Set => {
                if let Some(set) = reader.value_set(node, text) {
                    twice(
                        self.library.sets.contains_key(&set.name),
                        &set.name,
                        node,
                        reader,
                    );
                    self.library.sets.insert(set.name.clone(), set);
                }
            }
            FileKind::Erratum => {
                if let Some(erratum) = reader.erratum(node) {
                    named(file, &erratum.name, node, reader);
                    self.library.errata.insert(erratum.name.clone(), erratum);
                }
            }
            FileKind::Mutant => {
                if let Some(mutant) = reader.mutant(node, text) {
                    named(file, &mutant.name, node, reader);
                    self.library.mutants.insert(mutant.name.clone(), mutant);
                }
            }
        }
    }

    /// Takes a file with mistakes out again, so that nothing is played that was half read.
    fn forget(&mut self, file: &File) {
        let library = &mut self.library;
        let path = &file.path;
        library.cases.retain(|_, case| case.file != *path);
        let broken = &mut self.broken;
        let mut gone = |name: &String, of: &String| {
            let keep = of != path;
            if !keep {
                broken.insert(name.clone());
            }
            keep
        };
        library.states.retain(|name, state| gone(name, &state.file));
        library
            .configurations
            .retain(|name, found| gone(name, &found.file));
        library.sets.retain(|name, set| gone(name, &set.file));
        library
            .errata
            .retain(|name, erratum| gone(name, &erratum.file));
        library.mutants.retain(|_, mutant| mutant.file != *path);
        self.broken.insert(file.stem().to_owned());
    }

    /// Whether a case is called what its file is called.
    fn identify(&self, case: &TestCase, reader: &mut Reader<'_>) {
        let stem = case.stem();
        let span = self.place(&case.file, "id");
        if stem.starts_with("con-") && case.id != stem {
            let message = format!("the id of \"{stem}\" is \"{}\"", case.id);
            reader.error(span, message).help =
                Some("a case of our own has its file's name as id".to_owned());
        }
        if let (Some(number), Some(other)) = (int_number(stem), int_number(&case.id))
            && number != other
        {
            let message = format!(
                "\"{}\" is the id of int-{other}, not of int-{number}",
                case.id
            );
            reader.error(span, message);
        }
        let twin = self
            .library
            .cases
            .values()
            .find(|known| known.id == case.id);
        if let Some(twin) = twin {
            let message = format!("\"{}\" is also the id of {}", case.id, twin.name);
            reader.error(span, message);
        }
    }

    fn place(&self, file: &str, key: &str) -> Span {
        let known = self.places.get(file).and_then(|keys| keys.get(key));
        known.copied().unwrap_or(Span::new(1, 1, 1))
    }

    fn resolve_configurations(&mut self) {
        let (resolved, mistakes) =
            super::configuration::resolve(&self.library.configurations, &self.broken);
        self.library.configurations = resolved;
        self.diagnostics.extend(mistakes);
    }

    fn check_states(&mut self) {
        let mut found = Vec::new();
        for state in self.library.states.values() {
            found.extend(check_letters(&state.file, &state.dialogue));
            found.extend(check_judges(&state.file, &state.dialogue));
            if let Some(from) = &state.from
                && !self.library.states.contains_key(&from.value)
            {
                found.extend(self.missing(&state.file, from, "state"));
            }
            if self.library.chain(&state.state).is_none()
                && !state.has_unknown_origin(&self.library)
            {
                let message = format!("state \"{}\" leads back to itself", state.state);
                let span = state
                    .from
                    .as_ref()
                    .map_or(Span::new(1, 1, 1), |from| from.span);
                found.push(Diagnostic::error(&state.file, span, message));
            }
            let mut walk = self.walk(&state.file);
            let before = state.from.as_ref().map(|from| from.value.as_str());
            self.walk_states(&mut walk, before);
            walk.diagnostics.clear();
            walk.state(state);
            found.append(&mut walk.diagnostics);
        }
        self.diagnostics.extend(found);
    }

    fn check_cases(&mut self) {
        let mut found = Vec::new();
        let mut bad = Vec::new();
        for (name, case) in &self.library.cases {
            let mut mistakes = self.check_case(case);
            if mistakes.iter().any(Diagnostic::is_error) {
                bad.push(name.clone());
            }
            found.append(&mut mistakes);
        }
        for (case, names) in &self.half_read {
            self.check_names(case, &mut found);
            let mut walk = self.walk(&case.file);
            walk.scope.doubtful = names.clone();
            self.walk_case(&mut walk, case);
            found.append(&mut walk.diagnostics);
        }
        self.diagnostics.extend(found);
        for name in bad {
            self.library.cases.remove(&name);
            self.broken
                .insert(name.rsplit('/').next().unwrap_or("").to_owned());
        }
    }

    fn check_case(&self, case: &TestCase) -> Vec<Diagnostic> {
        let mut mistakes = Vec::new();
        self.check_names(case, &mut mistakes);
        let mut walk = self.walk(&case.file);
        self.walk_case(&mut walk, case);
        mistakes.append(&mut walk.diagnostics);
        let mut captures = walk.scope.captures;
        collect(&case.dialogue, &mut captures);
        let place = |key: &str| self.place(&case.file, key);
        mistakes.extend(check_seats(case, &captures, place));
        mistakes.extend(check_indexes(case));
        mistakes.extend(check_quick(case));
        mistakes.extend(self.check_wait(case));
        mistakes
    }

    /// The state, the configuration and the errata that a case names.
    fn check_names(&self, case: &TestCase, mistakes: &mut Vec<Diagnostic>) {
        if !self.library.states.contains_key(&case.given.value) {
            mistakes.extend(self.missing(&case.file, &case.given, "state"));
        }
        let configuration = &case.configuration;
        if !self
            .library
            .configurations
            .contains_key(&configuration.value)
        {
            mistakes.extend(self.missing(&case.file, configuration, "configuration"));
        }
        self.check_errata(case, &case.dialogue, mistakes);
    }

    fn walk_case(&self, walk: &mut Walk<'_>, case: &TestCase) {
        self.walk_states(walk, Some(&case.given.value));
        // A state's mistakes are reported with the state.
        walk.diagnostics.clear();
        walk.case(case);
    }

    fn check_wait(&self, case: &TestCase) -> Option<Diagnostic> {
        let configuration = self.library.configurations.get(&case.configuration.value)?;
        let lifetime = case.lifetime(configuration)?;
        let wait = Version::ALL.map(|version| case.forced_wait(version));
        let wait = wait.into_iter().max()?;
        (wait > lifetime / 2).then(|| {
            let format = crate::model::duration::format;
            let message = format!(
                "the forced wait, {}, passes half the lifetime, {}: an Update falls due",
                format(wait),
                format(lifetime)
            );
            let help = format!("with: {{/1/*/1: {{at-least: {}}}}}", wait.as_secs() * 2 + 1);
            Diagnostic::warning(&case.file, self.place(&case.file, "title"), message)
                .with_help(help)
        })
    }

    fn check_errata(&self, case: &TestCase, steps: &[Step], mistakes: &mut Vec<Diagnostic>) {
        for step in steps {
            self.check_errata(case, &step.group, mistakes);
            let Some(name) = &step.erratum else {
                continue;
            };
            let Some(erratum) = self.library.errata.get(&name.value) else {
                mistakes.extend(self.missing(&case.file, name, "erratum"));
                continue;
            };
            if !erratum
                .cases
                .iter()
                .any(|reference| case.is_called(reference))
            {
                let message = format!("erratum \"{}\" does not name this case", name.value);
                let help = format!("{} lists its cases", erratum.file);
                mistakes.push(Diagnostic::error(&case.file, name.span, message).with_help(help));
            }
        }
    }

    fn check_mutants(&mut self) {
        let mut found = Vec::new();
        for mutant in self.library.mutants.values() {
            found.extend(check_breaks(mutant));
            let caught = mutant.caught_by.iter().filter_map(|(name, letters)| {
                Some(Spanned::new(name.clone(), letters.first()?.span))
            });
            let remarked = mutant
                .remarked_by
                .iter()
                .filter_map(|(name, rules)| Some(Spanned::new(name.clone(), rules.first()?.span)));
            let passes = mutant.passes.iter().cloned();
            for reference in caught.chain(remarked).chain(passes) {
                let broken = |stem: &String| calls(&reference, stem);
                if self.library.find(&reference).is_some() || self.broken.iter().any(broken) {
                    continue;
                }
                let message = format!("no case is called \"{}\"", reference.value);
                found.push(Diagnostic::warning(&mutant.file, reference.span, message));
            }
        }
        self.diagnostics.extend(found);
    }

    fn walk<'f>(&self, file: &'f str) -> Walk<'f> {
        Walk {
            file,
            scope: Scope {
                sets: self.library.sets.keys().cloned().collect(),
                ..Scope::default()
            },
            diagnostics: Vec::new(),
        }
    }

    /// Walks the states up to `name`, so that what they capture is known.
    fn walk_states(&self, walk: &mut Walk<'_>, name: Option<&str>) {
        for state in name
            .and_then(|name| self.library.chain(name))
            .unwrap_or_default()
        {
            walk.state(state);
        }
    }

    /// A name that stands nowhere; nothing if its file is there and has mistakes of its own.
    fn missing(&self, file: &str, name: &Spanned<String>, what: &str) -> Option<Diagnostic> {
        if self.broken.contains(&name.value) {
            return None;
        }
        let library = &self.library;
        let words: Vec<&str> = match what {
            "state" => library.states.keys().map(String::as_str).collect(),
            "erratum" => library.errata.keys().map(String::as_str).collect(),
            _ => library.configurations.keys().map(String::as_str).collect(),
        };
        let message = format!("unknown {what} \"{}\"", name.value);
        let mut mistake = Diagnostic::error(file, name.span, message);
        mistake.label = suggest(&name.value, words.iter().copied())
            .map(|word| format!("did you mean \"{word}\"?"));
        mistake.help = Some(format!("known: {}", words.join(", ")));
        Some(mistake)
    }
}

/// Every name that a text captures under, wherever it stands.
fn captured(node: &Node, names: &mut BTreeSet<String>) {
    match &node.kind {
        NodeKind::Map(entries) => {
            for (key, value) in entries {
                let name = value.as_text().filter(|_| key.value == "as");
                names.extend(name.map(str::to_owned));
                captured(value, names);
            }
        }
        NodeKind::List(items) => items.iter().for_each(|item| captured(item, names)),
        _ => {}
    }
}

/// The places of the keys of a map.
fn places(node: &Node) -> BTreeMap<String, Span> {
    match &node.kind {
        NodeKind::Map(entries) => entries
            .iter()
            .map(|(key, value)| (key.value.clone(), value.span))
            .collect(),
        _ => BTreeMap::new(),
    }
}

/// Reports a file that is not called what it holds.
fn named(file: &File, name: &str, node: &Node, reader: &mut Reader<'_>) {
    if !name.is_empty() && name != file.stem() {
        let span = match &node.kind {
            NodeKind::Map(entries) => entries.first().map_or(node.span, |(_, value)| value.span),
            _ => node.span,
        };
        let message = format!("\"{name}\" stands in a file called \"{}\"", file.stem());
        reader.error(span, message);
    }
}

fn twice(known: bool, name: &str, node: &Node, reader: &mut Reader<'_>) {
    if known {
        reader.error(node.span, format!("\"{name}\" stands in another file too"));
    }
}

/// Whether `reference` is the name of a file, or that up to a hyphen.
pub(crate) fn calls(reference: &str, stem: &str) -> bool {
    let rest = stem.strip_prefix(reference);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
}

/// The number of an ETS case: 203 of `int-203-read-tlv` and of `LightweightM2M-1.1-int-203`.
pub(crate) fn int_number(text: &str) -> Option<u32> {
    let (_, rest) = text.rsplit_once("int-")?;
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}
