//! The sessions of `fixtures/sessions`, and the comparison with what stands beside them.

#![allow(dead_code, reason = "every test binary uses a part")]

use std::path::{Path, PathBuf};

use record::{CaseRecord, SessionRecord};

/// One session with its cases.
#[derive(serde::Deserialize)]
pub(crate) struct Fixture {
    /// File name without ending.
    #[serde(skip)]
    pub(crate) name: String,
    /// The session.
    pub(crate) session: SessionRecord,
    /// The cases that left a record.
    pub(crate) cases: Vec<CaseRecord>,
}

impl Fixture {
    /// Every session of the folder.
    pub(crate) fn all() -> Vec<Self> {
        let files = std::fs::read_dir(folder()).expect("the folder is there");
        let files = files.map(|file| file.expect("it can be listed").path());
        let names = files.filter(|file| file.extension().is_some_and(|end| end == "json"));
        let mut names: Vec<_> = names
            .map(|file| {
                file.file_stem()
                    .expect("it has a name")
                    .to_string_lossy()
                    .into_owned()
            })
            .collect();
        names.sort();
        assert!(names.len() >= 5);
        names.iter().map(|name| Self::named(name)).collect()
    }

    /// One session by name.
    pub(crate) fn named(name: &str) -> Self {
        let text =
            std::fs::read_to_string(folder().join(format!("{name}.json"))).expect("it is there");
        let fixture: Self = serde_json::from_str(&text).expect("it is a session");
        Self {
            name: name.to_owned(),
            ..fixture
        }
    }

    /// A session of `count` cases, repeated from this one.
    pub(crate) fn lengthened(mut self, count: usize) -> Self {
        let cases: Vec<_> = self.cases.iter().cycle().take(count).cloned().collect();
        let cases = cases.into_iter().enumerate().map(|(number, mut case)| {
            case.summary.case = format!("{}-{number}", case.summary.case);
            case
        });
        self.cases = cases.collect();
        self.session.cases = self.cases.iter().map(|case| case.summary.clone()).collect();
        self
    }
}

/// Compares with the file beside the session, or rewrites it if `UPDATE_GOLDEN` is set.
pub(crate) fn golden(name: &str, ending: &str, text: &str) {
    golden_at(&folder().join(format!("{name}.{ending}")), text);
}

/// Compares with a file, or rewrites it if `UPDATE_GOLDEN` is set.
pub(crate) fn golden_at(path: &Path, text: &str) {
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(path, text).expect("it can be written");
        return;
    }
    let before = std::fs::read_to_string(path).unwrap_or_default();
    assert_eq!(
        before,
        text,
        "{} differs; UPDATE_GOLDEN=1 rewrites it",
        path.display()
    );
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/sessions")
}
