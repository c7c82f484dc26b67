//! The folder of a session:
//!
//! ```text
//! session.yaml              which session it is, and who sits at the table
//! runs/<name>/session.json  what was played, each run with its evidence
//! review.jsonl              what the teams said
//! session.submission.json   what they agreed on, with their signatures
//! report.html  report.pdf   the Test Session Report
//! ```

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use event::consolidate::{Ets, Role, Submission};
use event::session::{Change, Entry, Header, Review, Run, SecretKey, Sheet, Signature, Standing};
use record::{CaseRecord, Implementation, SessionRecord};
use report::visible;

use crate::evidence::{RUNS, hashes};
use crate::seal::write_whole;
use crate::time::{now, seconds_between};
use crate::{SessionError, document, headings, journal, read_text};

/// A session's folder.
#[derive(Clone, Debug)]
pub struct SessionFolder {
    path: PathBuf,
    header: Header,
    ets: Ets,
}

impl SessionFolder {
    /// Opens a new session in `path`.
    ///
    /// # Errors
    ///
    /// A session that is there already, an ETS that names no release, a folder that cannot be written.
    pub fn create(path: &Path, header: Header) -> Result<Self, SessionError> {
        let ets = document(&header.ets)?;
        let file = path.join(HEADER);
        if file.exists() {
            let message = format!("a session is there already: {}", shown(&file));
            return Err(SessionError::wrong(message, "take another folder"));
        }
        let text = serde_yaml::to_string(&header)
            .map_err(|error| SessionError::wrong(error.to_string(), ""))?;
        fs::create_dir_all(path.join(RUNS)).map_err(SessionError::write(path))?;
        let head =
            "# a session of a TestFest; `testfest session --help` says what can be done with it\n";
        write_whole(&file, format!("{head}{text}").as_bytes())?;
        Ok(Self {
            path: path.to_owned(),
            header,
            ets,
        })
    }

    /// Opens the session in `path`.
    ///
    /// # Errors
    ///
    /// No session, or one with a mistake.
    pub fn open(path: &Path) -> Result<Self, SessionError> {
        let file = path.join(HEADER);
        let help = "a session is a folder with a session.yaml, as `testfest session new` makes it";
        let text = read_text(&file).map_err(|message| SessionError::wrong(message, help))?;
        let header = Header::parse(&text)
            .map_err(|mistake| SessionError::mistake(&file, &text, &mistake))?;
        let ets = document(&header.ets)?;
        Ok(Self {
            path: path.to_owned(),
            header,
            ets,
        })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where its runs are.
    pub fn runs_path(&self) -> PathBuf {
        self.path.join(RUNS)
    }

    /// Who sits at the table.
    pub const fn header(&self) -> &Header {
        &self.header
    }

    /// The runs, in the order of time.
    ///
    /// # Errors
    ///
    /// A record that cannot be read.
    pub fn runs(&self) -> Result<Vec<Run>, SessionError> {
        let mut runs = Vec::new();
        for (name, path) in self.run_folders()? {
            let record = path.join("session.json");
            if record.is_file() {
                let record = read_record(&record)?;
                runs.push(Run { name, record });
            }
        }
        runs.sort_by(|a, b| (&a.record.started, &a.name).cmp(&(&b.record.started, &b.name)));
        Ok(runs)
    }

    /// The runs with the records of their cases, in the order of time.
    ///
    /// A case whose record is gone or spoiled is left out: [`SessionFolder::standing`] says that of evidence that was signed.
    ///
    /// # Errors
    ///
    /// A run's record that cannot be read.
    pub fn records(&self) -> Result<Vec<(Run, Vec<CaseRecord>)>, SessionError> {
        let of = |run: Run| {
            let folder = self.runs_path().join(&run.name);
            let case = |case: &record::CaseSummary| {
                let path = folder.join(&case.folder).join("case.json");
                serde_json::from_str(&read_text(&path).ok()?).ok()
            };
            let cases = run.record.cases.iter().filter_map(case).collect();
            (run, cases)
        };
        Ok(self.runs()?.into_iter().map(of).collect())
    }

    /// What the teams said.
    ///
    /// # Errors
    ///
    /// A line that is none.
    pub fn review(&self) -> Result<Review, SessionError> {
        journal::read(&self.path.join(REVIEW))
    }

    /// The sheet as it is now.
    ///
    /// # Errors
    ///
    /// A file that cannot be read.
    pub fn sheet(&self) -> Result<Sheet, SessionError> {
        let (runs, review) = (self.runs()?, self.review()?);
        let is_over = self.remaining_of(&runs, &now()) == Some(Duration::ZERO);
        Ok(Sheet::new(
            &self.header,
            &self.ets,
            &headings(),
            &runs,
            &review,
            is_over,
        ))
    }

    /// Adds what teams say; on the disk when this returns.
    ///
    /// # Errors
    ///
    /// A case that is not of the ETS, a file that cannot be written.
    pub fn say(&self, entries: &[Entry]) -> Result<(), SessionError> {
        for entry in entries {
            if !self.ets.cases.iter().any(|case| case.number == entry.case) {
                let message = format!("{} is no case of \"{}\"", entry.case, self.ets.document);
                return Err(SessionError::wrong(
                    visible(&message),
                    "cases are named by their number in the ETS: 203",
                ));
            }
        }
        journal::append(&self.path.join(REVIEW), entries)
    }

    /// How long the teams still have; `None` if there is no end.
    ///
    /// # Errors
    ///
    /// A record that cannot be read.
    pub fn remaining(&self) -> Result<Option<Duration>, SessionError> {
        Ok(self.remaining_of(&self.runs()?, &now()))
    }

    fn remaining_of(&self, runs: &[Run], now: &str) -> Option<Duration> {
        let budget = self.header.budget()?;
        let Some(first) = runs.first() else {
            return Some(budget);
        };
        let gone = seconds_between(&first.record.started, now);
        Some(budget.saturating_sub(Duration::from_secs(gone)))
    }

    /// Whether a run with these implementations in this version belongs to this session.
    ///
    /// # Errors
    ///
    /// What does not fit.
    pub fn admits(&self, tested: &[Implementation], lwm2m: &str) -> Result<(), SessionError> {
        let header = &self.header;
        if header.lwm2m != lwm2m {
            let message = format!("the session is about LwM2M {}, not {lwm2m}", header.lwm2m);
            return Err(SessionError::wrong(visible(&message), "use --lwm2m"));
        }
        for one in tested {
            let (side, whole) = match one.seat.as_str() {
                "client" => (&header.client, true),
                "server" => (&header.server, true),
                // the Bootstrap-Server is the server's company's
                _ => (&header.server, false),
            };
            let is_same = one.vendor == side.company
                && (!whole || (one.name == side.product && one.version == side.version));
            if !is_same {
                let seat = &one.seat;
                let found = format!("\"{}\" \"{}\" \"{}\"", one.vendor, one.name, one.version);
                let wanted = if whole {
                    format!(
                        "\"{}\" \"{}\" \"{}\"",
                        side.company, side.product, side.version
                    )
                } else {
                    format!("of \"{}\"", side.company)
                };
                let message =
                    format!("the {seat} under test is {found}, the session's is {wanted}");
                let help = "vendor, name and version of the profile are company, product and version in session.yaml";
                return Err(SessionError::wrong(visible(&message), help));
            }
        }
        Ok(())
    }

    /// Takes a copy of a run that was made elsewhere.
    ///
    /// # Errors
    ///
    /// No run, one of another pair or version, or one that is there already.
    pub fn add(&self, run: &Path) -> Result<(), SessionError> {
        let record = read_record(&run.join("session.json"))?;
        self.admits(&record.implementations, &record.parameters.lwm2m)?;
        let name = crate::file_name(&record.name);
        let to = self.runs_path().join(&name);
        if to.exists() {
            let message = format!("the run \"{name}\" is in the session already");
            return Err(SessionError::wrong(message, ""));
        }
        let draft = self.path.join(format!("{name}.draft"));
        let copied = copy(run, &draft).and_then(|()| fs::rename(&draft, &to));
        copied.map_err(|error| {
            drop(fs::remove_dir_all(&draft));
            SessionError::write(&to)(error)
        })
    }

    /// What the teams signed; `None` if nobody has.
    ///
    /// # Errors
    ///
    /// A file that is no submission.
    pub fn submission(&self) -> Result<Option<Submission>, SessionError> {
        let path = self.path.join(SUBMISSION);
        if !path.exists() {
            return Ok(None);
        }
        let text = read_text(&path).map_err(unreadable)?;
        let parsed = Submission::parse(&shown(&path), &text);
        parsed.map(Some).map_err(|message| {
            let message = format!("{} is no submission: {message}", shown(&path));
            SessionError::wrong(
                visible(&message),
                "sign anew: `testfest session sign --anew`",
            )
        })
    }

    /// Who signed, and what changed since.
    ///
    /// # Errors
    ///
    /// A file that cannot be read.
    pub fn standing(
        &self,
        sheet: &Sheet,
        registered: impl Fn(Role) -> Option<String>,
    ) -> Result<Standing, SessionError> {
        let submission = self.submission()?;
        let evidence = self.evidence()?;
        let submission = submission.as_ref();
        let mut standing = Standing::of_session(submission, sheet, &evidence, registered);
        standing.changes.extend(self.captures(&evidence)?);
        Ok(standing)
    }

    /// Signs for `team` what the teams agreed on; `anew` throws away signatures that hold no more. `harness`: this version, which
    /// the second team need not have.
    ///
    /// # Errors
    ///
    /// Cases that are open, evidence that changed since the other team signed, a file that cannot be written.
    pub fn sign(
        &self,
        team: Role,
        key: &SecretKey,
        anew: bool,
        harness: &str,
    ) -> Result<Submission, SessionError> {
        let sheet = self.sheet()?;
        let mut submission = sheet.submission().map_err(|open| {
            SessionError::wrong(
                open.to_string(),
                "`testfest session review` takes what the teams say; --accept takes what is proposed",
            )
        })?;
        submission.evidence = self.evidence()?;
        harness.clone_into(&mut submission.harness);
        let known = if anew { None } else { self.submission()? };
        if let Some(known) = known {
            let standing = self.standing(&sheet, |_| None)?;
            if let Some(change) = standing.changes.first() {
                return Err(SessionError::wrong(
                    format!(
                        "what was signed before is not what is here now: {}",
                        visible(&change.to_string())
                    ),
                    "`testfest session verify` shows everything that changed; --anew throws the signatures away",
                ));
            }
            submission.harness = known.harness;
            submission.signatures = known.signatures;
            submission.signatures.retain(|one| one.team != team);
        }
        let signature = Signature::new(&submission, team, key, &now())
            .map_err(|error| SessionError::wrong(error.to_string(), ""))?;
        submission.signatures.push(signature);
        submission.signatures.sort_by_key(|one| one.team);
        write_whole(&self.path.join(SUBMISSION), submission.to_text().as_bytes())?;
        Ok(submission)
    }

    fn evidence(&self) -> Result<BTreeMap<String, String>, SessionError> {
        hashes(&self.path).map_err(|error| {
            let message = format!("cannot read the evidence in {}: {error}", shown(&self.path));
            SessionError::wrong(message, "")
        })
    }

    /// Captures that are not those which the records name.
    fn captures(&self, evidence: &BTreeMap<String, String>) -> Result<Vec<Change>, SessionError> {
        let mut changes = Vec::new();
        for run in self.runs()? {
            for case in &run.record.cases {
                let path = format!("{RUNS}/{}/{}/capture.pcapng", run.name, case.folder);
                let found = evidence.get(&path);
                if !case.capture_hash.is_empty() && found != Some(&case.capture_hash) {
                    changes.push(Change::Capture(path));
                }
            }
        }
        Ok(changes)
    }

    fn run_folders(&self) -> Result<Vec<(String, PathBuf)>, SessionError> {
        let runs = self.runs_path();
        if !runs.is_dir() {
            return Ok(Vec::new());
        }
        let failed = |error: std::io::Error| {
            SessionError::wrong(format!("cannot read {}: {error}", shown(&runs)), "")
        };
        let mut folders = Vec::new();
        for entry in fs::read_dir(&runs).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let name = entry.file_name().to_string_lossy().into_owned();
            folders.push((name, entry.path()));
        }
        Ok(folders)
    }
}

fn read_record(path: &Path) -> Result<SessionRecord, SessionError> {
    let help = "a run is a folder with a session.json, as `testfest run` leaves it";
    let text = read_text(path).map_err(|message| SessionError::wrong(message, help))?;
    let record: SessionRecord =
        serde_json::from_str(&text).map_err(|error| no_record(path, &error))?;
    if record.format > record::FORMAT {
        let (found, known) = (record.format, record::FORMAT);
        let message = format!("{} has format {found}, newer than {known}", shown(path));
        return Err(SessionError::wrong(message, "use a newer testfest"));
    }
    Ok(record)
}

fn no_record(path: &Path, error: &serde_json::Error) -> SessionError {
    let message = format!("{} is no record: {error}", shown(path));
    SessionError::wrong(visible(&message), "")
}

fn unreadable(message: String) -> SessionError {
    SessionError::wrong(message, "")
}

fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let to = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &to)?;
        } else {
            fs::copy(entry.path(), &to)?;
        }
    }
    Ok(())
}

fn shown(path: &Path) -> String {
    visible(&path.display().to_string()).into_owned()
}

/// The head of a session.
pub const HEADER: &str = "session.yaml";
/// What the teams agreed on, with their signatures.
pub const SUBMISSION: &str = "session.submission.json";
/// What the teams said.
pub(crate) const REVIEW: &str = "review.jsonl";
