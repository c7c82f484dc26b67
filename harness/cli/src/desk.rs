//! What `check` looks at: files of the notation and profiles, read with all their mistakes.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use testcase::{Diagnostic, File, FileKind, Library, Profile, TestCase};

use crate::Trouble;
use crate::args::Check;
use crate::cases::{files, unreadable};
use crate::setup::{find_profile, profile_names};

/// Files to check, with what was found in them.
pub(crate) struct Desk {
    /// All of the notation, the files to check among it.
    pub(crate) library: Arc<Library>,
    /// Mistakes and warnings in the files to check.
    pub(crate) diagnostics: Vec<Diagnostic>,
    /// How many files were checked.
    pub(crate) files: usize,
    /// Names of the notation's files to check; none: all.
    named: Option<Vec<String>>,
    profiles: usize,
}

impl Desk {
    /// Reads the files that the arguments name, or all there are.
    pub(crate) fn open(args: &Check) -> Result<Self, Trouble> {
        let mut files = carried(args.cases.as_deref())?;
        if args.files.is_empty() {
            let profiles = profile_names()
                .iter()
                .map(|name| find_profile(name))
                .collect::<Result<_, _>>()?;
            return Self::read(files, None, profiles);
        }
        let (mut named, mut profiles) = (Vec::new(), Vec::new());
        for path in expand(&args.files)? {
            let text = std::fs::read_to_string(&path).map_err(|error| unreadable(&path, &error))?;
            match profile_of(&path, &text) {
                Some(profile) if profiles.contains(&profile) => {}
                Some(profile) => profiles.push(profile),
                None => named.push(put(&mut files, &path, text)),
            }
        }
        Self::read(files, Some(named), profiles)
    }

    fn read(
        files: Vec<File>,
        named: Option<Vec<String>>,
        profiles: Vec<PathBuf>,
    ) -> Result<Self, Trouble> {
        let paths: Vec<String> = match &named {
            Some(named) => files
                .iter()
                .filter(|file| named.contains(&file.name))
                .map(|file| file.path.clone())
                .collect(),
            None => files.iter().map(|file| file.path.clone()).collect(),
        };
        let (library, mut diagnostics) = Library::load(files);
        diagnostics.retain(|diagnostic| paths.contains(&diagnostic.file));
        for path in &profiles {
            let (profile, mistakes) =
                Profile::open(path).map_err(|error| unreadable(path, &error))?;
            diagnostics.extend(mistakes);
            diagnostics.extend(profile.iter().flat_map(|profile| profile.check(&library)));
        }
        Ok(Self {
            library: Arc::new(library),
            diagnostics,
            files: paths.len() + profiles.len(),
            named,
            profiles: profiles.len(),
        })
    }

    /// The cases to play: those to check, or all if something that they stand on is checked.
    pub(crate) fn cases(&self) -> Vec<Arc<TestCase>> {
        let kinds = [FileKind::State, FileKind::Configuration, FileKind::Set];
        let is_named = |name: &str| {
            self.named
                .as_ref()
                .is_none_or(|named| named.iter().any(|one| one == name))
        };
        let files = self
            .library
            .files
            .iter()
            .filter(|file| is_named(&file.name));
        let all = files.map(File::kind).any(|kind| kinds.contains(&kind));
        let cases = self.library.cases.values();
        cases
            .filter(|case| all || is_named(&case.name))
            .cloned()
            .map(Arc::new)
            .collect()
    }

    /// `24 cases, 2 profiles`.
    pub(crate) fn contents(&self) -> String {
        let (cases, profiles) = (self.cases().len(), self.profiles);
        let plural = |count: usize| if count == 1 { "" } else { "s" };
        format!(
            "{cases} case{}, {profiles} profile{}",
            plural(cases),
            plural(profiles)
        )
    }
}

/// All files of the notation: below `folder`, else of the repository, else those that the program carries.
pub(crate) fn carried(folder: Option<&Path>) -> Result<Vec<File>, Trouble> {
    let own = Some(Path::new(CASES)).filter(|own| folder.is_none() && own.is_dir());
    let mut files = files(folder.or(own))?;
    let mutants = Path::new(MUTANTS);
    if own.is_some() && mutants.is_dir() {
        files.retain(|file| file.kind() != FileKind::Mutant);
        let below = File::below(mutants).map_err(|error| unreadable(mutants, &error))?;
        let named = |file: File| File::new(format!("mutants/{}", file.name), file.path, file.text);
        files.extend(below.into_iter().map(named));
    }
    Ok(files)
}

/// Files, and those in and below folders.
fn expand(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Trouble> {
    let mut files = Vec::new();
    for path in paths {
        if path.is_dir() {
            let below = File::below(path).map_err(|error| unreadable(path, &error))?;
            files.extend(below.into_iter().map(|file| PathBuf::from(file.path)));
        } else {
            files.push(path.clone());
        }
    }
    Ok(files)
}

/// The profile that a file is, or that its agreed deviations belong to.
fn profile_of(path: &Path, text: &str) -> Option<PathBuf> {
    let name = path.file_name()?.to_string_lossy().into_owned();
    if let Some(stem) = name.strip_suffix(".expected.yaml") {
        return Some(path.with_file_name(format!("{stem}.yaml")));
    }
    let keys = ["role:", "ics:", "control:", "ixit:"];
    let is_profile = text
        .lines()
        .any(|line| keys.iter().any(|key| line.starts_with(key)));
    (is_profile || path.parent()?.ends_with("profiles")).then(|| path.to_owned())
}

/// Puts a file in its place among the others; gives its name.
fn put(files: &mut Vec<File>, path: &Path, text: String) -> String {
    let same = |file: &File| is_same(Path::new(&file.path), path);
    if let Some(known) = files.iter().find(|file| same(file)) {
        return known.name.clone();
    }
    let part = |path: Option<&Path>| {
        path.and_then(Path::file_name)
            .map(|name| name.to_string_lossy().into_owned())
    };
    let stem = part(Some(path)).unwrap_or_default();
    let stem = stem.strip_suffix(".yaml").unwrap_or(&stem).to_owned();
    let name =
        part(path.parent()).map_or_else(|| stem.clone(), |folder| format!("{folder}/{stem}"));
    files.retain(|file| file.name != name);
    files.push(File::new(name.clone(), path.display().to_string(), text));
    name
}

fn is_same(one: &Path, other: &Path) -> bool {
    let real = |path: &Path| -> io::Result<PathBuf> { std::fs::canonicalize(path) };
    one == other || matches!((real(one), real(other)), (Ok(one), Ok(other)) if one == other)
}

/// The cases of the repository.
const CASES: &str = "testcases";
/// The mutants of the repository.
const MUTANTS: &str = "fixtures/mutants";
