//! Everything that the notation holds, by name.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::Arc;

use super::{File, load};
use crate::Diagnostic;
use crate::model::{Configuration, Erratum, Mutant, State, TestCase, ValueSet};

/// Cases with all that they refer to.
#[derive(Clone, Debug, Default)]
pub struct Library {
    /// Cases by name.
    pub cases: BTreeMap<String, TestCase>,
    /// States by name.
    pub states: BTreeMap<String, State>,
    /// Configurations by name, with what their bases have.
    pub configurations: BTreeMap<String, Configuration>,
    /// Value sets by name.
    pub sets: BTreeMap<String, ValueSet>,
    /// Errata by name.
    pub errata: BTreeMap<String, Erratum>,
    /// Mutants by name.
    pub mutants: BTreeMap<String, Mutant>,
    /// The files that all of this comes from.
    pub files: Vec<File>,
}

impl Library {
    /// Loads files; what has an error is reported and left out.
    pub fn load(files: impl IntoIterator<Item = File>) -> (Self, Vec<Diagnostic>) {
        load::load(files.into_iter().collect())
    }

    /// The same, with waits as short as the meaning of each case allows.
    #[must_use]
    pub fn quickened(mut self) -> Self {
        for case in self.cases.values_mut() {
            *case = case.quickened();
        }
        self
    }

    /// This library with further files, which may lean on what it has and have none of its names.
    pub fn with(mut self, files: Vec<File>) -> (Self, Vec<Diagnostic>) {
        let lean_on = self
            .files
            .iter()
            .filter(|file| !matches!(file.kind(), super::FileKind::Case | super::FileKind::Mutant));
        let all = lean_on.chain(&files).cloned().collect();
        let (own, diagnostics) = load::load(all);
        self.cases.extend(own.cases);
        self.configurations.extend(own.configurations);
        self.mutants.extend(own.mutants);
        self.files.extend(files);
        (self, diagnostics)
    }

    /// What this program carries.
    pub fn embedded() -> (Self, Vec<Diagnostic>) {
        Self::load(File::embedded())
    }

    /// The cases in and below `directory`, and its folders of states, configurations, sets, errata and mutants.
    ///
    /// A folder that is not there is taken from what this program carries.
    pub fn directory(directory: &Path) -> io::Result<(Self, Vec<Diagnostic>)> {
        let mut files = File::below(directory)?;
        let own: Vec<_> = files.iter().map(File::kind).collect();
        let borrowed = File::embedded()
            .into_iter()
            .filter(|file| !own.contains(&file.kind()));
        files.extend(borrowed.filter(|file| file.kind() != super::FileKind::Case));
        Ok(Self::load(files))
    }

    /// The case that `reference` calls: its name, its id, its file's name, or the beginning of that: `int-303`.
    pub fn find(&self, reference: &str) -> Option<&TestCase> {
        self.cases
            .get(reference)
            .or_else(|| self.cases.values().find(|case| case.is_called(reference)))
    }

    /// The states from the first to `name`; `None` if one is missing or leads back.
    pub fn chain(&self, name: &str) -> Option<Vec<&State>> {
        let mut chain: Vec<&State> = Vec::new();
        let mut next = Some(name);
        while let Some(name) = next {
            let state = self.states.get(name)?;
            if chain.iter().any(|known| known.state == state.state) {
                return None;
            }
            chain.push(state);
            next = state.from.as_ref().map(|from| from.value.as_str());
        }
        chain.reverse();
        Some(chain)
    }

    /// The text of a file, for excerpts.
    pub fn text(&self, path: &str) -> Option<Arc<str>> {
        let file = self.files.iter().find(|file| file.path == path)?;
        Some(Arc::clone(&file.text))
    }

    /// The bytes that identify the set of cases: names and texts in the order of names, each with its length.
    pub fn hash_input(&self) -> Vec<u8> {
        let mut files: Vec<_> = self.files.iter().collect();
        files.sort_by(|one, other| one.name.cmp(&other.name));
        let mut bytes = Vec::new();
        for file in files {
            for part in [file.name.as_bytes(), file.text.as_bytes()] {
                bytes.extend((part.len() as u64).to_be_bytes());
                bytes.extend(part);
            }
        }
        bytes
    }
}

impl TestCase {
    /// The last part of its name.
    pub fn stem(&self) -> &str {
        self.name.rsplit('/').next().unwrap_or(&self.name)
    }

    /// The number of the ETS, if it is a case of the ETS.
    pub fn number(&self) -> Option<u32> {
        load::int_number(self.stem())
    }

    /// The headings of the ETS that a case of our own covers: `source: {case: int-730 int-830}`.
    pub fn headings(&self) -> Vec<u32> {
        let named = self
            .source
            .case
            .as_deref()
            .filter(|_| self.number().is_none());
        let words = named.unwrap_or_default().split_ascii_whitespace();
        words.filter_map(load::int_number).collect()
    }

    /// Whether `reference` is its name, its id, its file's name, or that up to a hyphen.
    pub fn is_called(&self, reference: &str) -> bool {
        self.name == reference || self.id == reference || load::calls(reference, self.stem())
    }
}

impl State {
    pub(super) fn has_unknown_origin(&self, library: &Library) -> bool {
        let mut next = self.from.as_ref();
        // Longer chains than there are states lead back.
        for _ in 0..=library.states.len() {
            let Some(from) = next else {
                return false;
            };
            let Some(state) = library.states.get(&from.value) else {
                return true;
            };
            next = state.from.as_ref();
        }
        false
    }
}
