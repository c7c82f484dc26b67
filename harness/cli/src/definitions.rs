//! Object definitions on disk: the files of folders, the registry around each, and what Git does to their lines.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Component, Path, PathBuf};
use std::rc::Rc;

use objects::{Around, Checked, Files, LONGEST, Reference, lint};

/// The *.xml of files and folders, in order and each once; what cannot be listed has its reason.
pub(crate) fn find(paths: &[PathBuf]) -> Vec<(PathBuf, Option<String>)> {
    let mut found = Vec::new();
    for path in paths {
        if path.is_dir() {
            walk(path, 0, &mut found);
        } else {
            found.push((path.clone(), None));
        }
    }
    let mut seen = std::collections::HashSet::new();
    found.retain(|(path, _)| seen.insert(path.clone()));
    found
}

fn walk(folder: &Path, depth: u32, found: &mut Vec<(PathBuf, Option<String>)>) {
    let mut entries: Vec<PathBuf> = match fs::read_dir(folder) {
        Ok(entries) => entries
            .filter_map(Result::ok)
            .map(|entry| entry.path())
            .collect(),
        Err(error) => {
            found.push((folder.to_owned(), Some(error.to_string())));
            return;
        }
    };
    entries.sort();
    for path in entries {
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        if name.starts_with('.') {
            continue;
        }
        let is_link = path.is_symlink();
        if path.is_dir() && !is_link && depth < MAX_DEPTH {
            walk(&path, depth + 1, found);
        } else if path.is_file() && name.to_ascii_lowercase().ends_with(".xml") {
            found.push((path, None));
        }
    }
}

/// Checks files, and remembers the registries that it met.
pub(crate) struct Linter {
    registry: Option<Rc<Reference>>,
    met: HashMap<PathBuf, Rc<Reference>>,
    attributes: HashMap<PathBuf, bool>,
    /// Whether some definition had no index, or no list of reusable Resources, to be compared with.
    pub(crate) lacked: (bool, bool),
}

/// A folder, whose files an index names.
struct Folder(PathBuf);

impl Linter {
    /// Compares with the registry in this folder, else with the one around each file.
    pub(crate) fn new(registry: Option<&Path>) -> Self {
        Self {
            registry: registry.map(|folder| Rc::new(open(folder))),
            met: HashMap::new(),
            attributes: HashMap::new(),
            lacked: (false, false),
        }
    }

    /// Whether the folder that was named holds a registry; true if none was named.
    pub(crate) fn has_registry(&self) -> bool {
        let named = self.registry.as_ref();
        named.is_none_or(|one| one.has_index() || one.has_reusable())
    }

    /// Checks the file at a path.
    pub(crate) fn check(&mut self, path: &Path) -> Checked {
        let bytes = match read(path) {
            Ok(bytes) => bytes,
            Err(reason) => return unreadable(&reason),
        };
        let folder = path.parent().unwrap_or(Path::new("")).to_owned();
        let registry = self.registry_of(&folder);
        let git_ends_lines = self.git_ends_lines(&folder);
        let around = Around {
            reference: &registry,
            files: &Folder(folder),
            git_ends_lines,
        };
        let checked = lint(&path.to_string_lossy(), &bytes, &around);
        if let objects::Kind::Definitions(_) = checked.kind {
            self.lacked.0 |= !registry.has_index();
            self.lacked.1 |= !registry.has_reusable();
        }
        checked
    }

    fn registry_of(&mut self, folder: &Path) -> Rc<Reference> {
        if let Some(named) = &self.registry {
            return Rc::clone(named);
        }
        let of = match folder.file_name() {
            Some(name) if name == HISTORY => folder.parent().unwrap_or(folder),
            _ => folder,
        };
        let read = || Rc::new(open(of));
        Rc::clone(self.met.entry(of.to_owned()).or_insert_with(read))
    }

    /// Whether .gitattributes of the folder or one above says that XML is text, so that its lines end in LF once committed.
    fn git_ends_lines(&mut self, folder: &Path) -> bool {
        if let Some(known) = self.attributes.get(folder) {
            return *known;
        }
        let full = fs::canonicalize(folder.join(".")).unwrap_or_default();
        let mut said = None;
        for above in full.ancestors().take(MAX_DEPTH as usize) {
            let attributes = read(&above.join(".gitattributes")).unwrap_or_default();
            said = xml_is_text(&String::from_utf8_lossy(&attributes));
            if said.is_some() || above.join(".git").exists() {
                break;
            }
        }
        let said = said.unwrap_or(false);
        self.attributes.insert(folder.to_owned(), said);
        said
    }
}

impl Files for Folder {
    fn read(&self, path: &str) -> Option<Vec<u8>> {
        let path = Path::new(path);
        let inside = path
            .components()
            .all(|part| matches!(part, Component::Normal(_)));
        inside.then(|| read(&self.0.join(path)).ok()).flatten()
    }
}

/// What a file that cannot be listed or read counts as.
pub(crate) fn unreadable(reason: &str) -> Checked {
    let help = "a file or folder that can be read, of at most 2 MiB";
    Checked::unreadable(format!("cannot read: {reason}"), help)
}

/// Reads the registry in a folder; what is not there is not compared with.
fn open(folder: &Path) -> Reference {
    let of = |name| read(&folder.join(name)).ok();
    Reference::read(of("DDF.xml").as_deref(), of("Common.xml").as_deref())
}

/// Reads a file, one byte more than is looked at.
fn read(path: &Path) -> Result<Vec<u8>, String> {
    let failed = |error: std::io::Error| error.to_string();
    let what = fs::metadata(path).map_err(failed)?;
    if !what.is_file() {
        return Err("not a file".to_owned());
    }
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(failed)?;
    file.take(LONGEST as u64 + 1)
        .read_to_end(&mut bytes)
        .map_err(failed)?;
    Ok(bytes)
}

/// What .gitattributes says of XML: text, whose lines end in LF once committed, or not; `None` if nothing.
fn xml_is_text(attributes: &str) -> Option<bool> {
    let mut said = None;
    for line in attributes.lines() {
        let mut words = line.split_whitespace();
        if !matches!(words.next(), Some("*" | "*.xml" | "**/*.xml")) {
            continue;
        }
        for word in words {
            match word {
                "text" | "text=auto" | "eol=crlf" | "eol=lf" => said = Some(true),
                "-text" | "binary" | "!text" => said = Some(false),
                _ => {}
            }
        }
    }
    said
}

/// Where a registry keeps every version of its definitions.
const HISTORY: &str = "version_history";

/// Deeper than anyone sorts definitions.
const MAX_DEPTH: u32 = 16;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_git_does_to_lines() {
        for (attributes, text) in [
            ("", None),
            ("*.md text", None),
            ("# all\n*.xml text eol=crlf", Some(true)),
            ("* text=auto", Some(true)),
            ("* text=auto\n*.xml -text", Some(false)),
            ("*.xml binary", Some(false)),
            ("*.xml diff", None),
        ] {
            assert_eq!(xml_is_text(attributes), text, "{attributes}");
        }
    }

    #[test]
    fn an_index_names_files_of_its_own_folder_only() {
        let folder = Folder(PathBuf::from(env!("CARGO_MANIFEST_DIR")));
        assert!(folder.read("Cargo.toml").is_some());
        for path in [
            "../../Cargo.toml",
            "/etc/hostname",
            "./src",
            "src",
            "none.xml",
        ] {
            assert_eq!(folder.read(path), None, "{path}");
        }
    }
}
