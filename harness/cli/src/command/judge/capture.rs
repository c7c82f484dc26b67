//! `judge CAPTURE`: a capture of whatever origin.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Instant, SystemTime};

use record::{CaseRecord, Environment, Field, Implementation, RunParameters, SessionRecord};
use report::Style;
use runner::product::description;
use runner::retrospect::{Bench, Declared, Gathered, Hints, Talk};
use runner::{Folder, HarnessError, sha256, sha256_of};
use testcase::{Filter, Library, Seat, TestCase};

use crate::args::{Judge, Selected};
use crate::setup::{claimed_version, open_profile};
use crate::{ExitCode, Trouble, cases, output, release, reports};

/// Judges a capture; leaves a record with reports as a run does.
pub(super) fn judge(args: &Judge, path: &Path) -> Result<ExitCode, Trouble> {
    let began = Instant::now();
    let library = cases::selected(&Selected {
        cases: args.cases.clone(),
        as_printed: args.as_printed,
        quick: args.quick,
        ..Selected::default()
    })?;
    let profiles = profiles(args, &library)?;
    let hints = hints(args, &profiles)?;
    let bench = bench(args, &library, profiles)?;
    let file = File::open(path).map_err(|error| unreadable(path, error))?;
    let gathered = Gathered::read(file, &hints);
    if gathered.talks.is_empty() {
        return Err(nothing_found(path, gathered));
    }
    everybody_is_there(&bench.profiles, &gathered.talks)?;
    let file = File::open(path).map_err(|error| unreadable(path, error))?;
    let hash = sha256_of(file).map_err(|error| unreadable(path, error))?;
    let several = gathered.talks.len() > 1;
    let (mut records, mut not_selected) = (Vec::new(), Vec::new());
    for (number, talk) in (1..).zip(&gathered.talks) {
        let prefix = if several {
            format!("conversation-{number}/")
        } else {
            String::new()
        };
        let (judged, left) = bench.judge(talk, &prefix);
        not_selected.extend(left.into_iter().map(|mut one| {
            one.case.insert_str(0, &prefix);
            one
        }));
        let judged = judged.into_iter().map(|mut record| {
            record.summary.case.insert_str(0, &prefix);
            record
        });
        records.extend(judged);
    }
    for record in &mut records {
        record.summary.capture_hash.clone_from(&hash);
    }
    let name = name(path);
    let mut session = session(args, (&gathered, &bench), &name, path);
    session.cases = records
        .iter()
        .map(|record| record.summary.clone())
        .collect();
    session.not_selected = not_selected;
    session.planned = u32::try_from(records.len()).unwrap_or(u32::MAX);
    session.wall_time = u64::try_from(began.elapsed().as_nanos()).unwrap_or(u64::MAX);
    let folder = write(args, &session, &records, path)?;
    let style = Style {
        colour: false,
        width: 0,
    };
    let shown = folder.path().display().to_string();
    output::print(&report::terminal(&session, &records, &shown, style));
    let partial = gathered.partial
        || gathered.error.is_some()
        || gathered.talks.iter().any(Talk::is_too_long);
    let code = ExitCode::of(&session);
    Ok(if partial {
        code.or(ExitCode::Undecided)
    } else {
        code
    })
}

/// The implementations whose profiles are named.
fn profiles(args: &Judge, library: &Library) -> Result<Vec<Declared>, Trouble> {
    let mut profiles: Vec<Declared> = Vec::new();
    for name in &args.profiles {
        let profile = open_profile(name, library)?;
        if args.lwm2m.is_some() {
            claimed_version(args.lwm2m, &profile)?;
        }
        let declared = Declared::of(profile).map_err(Trouble::Harness)?;
        profiles.push(declared);
    }
    Ok(profiles)
}

/// Whether each profile is of somebody in the capture: else it would be judged by nothing that was said.
fn everybody_is_there(profiles: &[Declared], talks: &[Talk]) -> Result<(), Trouble> {
    let absent = profiles.iter();
    let mut absent = absent.filter(|one| !talks.iter().any(|talk| one.is_in(talk)));
    let Some(absent) = absent.next() else {
        return Ok(());
    };
    let (file, seat) = (&absent.profile.file, absent.profile.seat());
    let mut heard: Vec<&str> = talks
        .iter()
        .filter_map(|talk| talk.endpoint.as_deref())
        .collect();
    heard.sort_unstable();
    heard.dedup();
    let message = match absent.endpoint() {
        Some(name) if seat == Seat::CLIENT => {
            format!("no client \"{name}\", as \"{file}\" calls it, is in the capture")
        }
        _ => format!("no {seat} is in the capture, of which \"{file}\" is the profile"),
    };
    let help = match heard.as_slice() {
        [] => "no Endpoint Client Name was heard".to_owned(),
        names => format!("heard: {}", names.join(", ")),
    };
    Err(Trouble::NothingSelected {
        message: report::visible(&message).into_owned(),
        help: report::visible(&help).into_owned(),
    })
}

fn bench(args: &Judge, library: &Arc<Library>, profiles: Vec<Declared>) -> Result<Bench, Trouble> {
    let filters: Vec<Filter> = args
        .filters
        .iter()
        .map(|text| Filter::parse(text))
        .collect();
    let all = library.cases.values();
    let listed = all.filter_map(|case| release::listed(case, None));
    let wanted = listed.filter(|case| filters.is_empty() || Filter::any(&filters, case));
    let cases: Vec<Arc<TestCase>> = wanted.map(Arc::new).collect();
    if cases.is_empty() {
        return Err(Trouble::NothingSelected {
            message: "no case is selected: no case fits --case".to_owned(),
            help: "`testfest list` shows every case".to_owned(),
        });
    }
    Ok(Bench {
        library: Arc::clone(library),
        cases,
        asked: !args.filters.is_empty(),
        version: args.lwm2m,
        as_printed: args.as_printed,
        profiles,
    })
}

fn hints(args: &Judge, profiles: &[Declared]) -> Result<Hints, Trouble> {
    let keys = args.keys.iter();
    let told = profiles.iter().flat_map(Declared::keys);
    let texts = args.key_logs.iter().map(|path| {
        std::fs::read(path)
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
            .map_err(|error| cases::unreadable(path, &error))
    });
    Ok(Hints {
        clients: args.clients.iter().copied().collect(),
        servers: args.servers.iter().copied().collect(),
        keys: keys
            .map(|key| (key.identity.clone(), key.key.clone()))
            .chain(told)
            .collect(),
        key_logs: texts.collect::<Result<_, _>>()?,
    })
}

/// A file that the system does not give.
fn unreadable(path: &Path, error: io::Error) -> Trouble {
    Trouble::Harness(HarnessError::Read {
        path: path.to_owned(),
        source: error,
    })
}

/// Why there is nothing to judge: a file that is no capture, or one without LwM2M.
fn nothing_found(path: &Path, gathered: Gathered) -> Trouble {
    if let Some(source) = gathered.error {
        let path = path.to_owned();
        return Trouble::Harness(HarnessError::Capture { path, source });
    }
    let help = match gathered.remarks.first() {
        Some(remark) => report::visible(remark).into_owned(),
        None => "--client and --server name who speaks LwM2M if nobody registers".to_owned(),
    };
    Trouble::NothingSelected {
        message: format!(
            "no LwM2M in the {} frames of \"{}\"",
            gathered.frames,
            path.display()
        ),
        help,
    }
}

fn session(
    args: &Judge,
    (gathered, bench): (&Gathered, &Bench),
    name: &str,
    path: &Path,
) -> SessionRecord {
    let mut remarks = gathered.remarks.clone();
    if let Some(error) = &gathered.error {
        remarks.push(format!(
            "the capture was read to its frame {}: {error}",
            gathered.frames
        ));
    }
    if gathered.talks.iter().any(Talk::is_too_long) {
        remarks.push("only the beginning of a long conversation was judged".to_owned());
    }
    remarks.extend(unclaimed(gathered, &bench.profiles));
    let several = gathered.talks.len() > 1;
    let implementations = gathered.talks.iter().zip(1..).flat_map(|(talk, number)| {
        talk.seats
            .iter()
            .filter(|(_, seat)| **seat != Seat::FILE_SERVER)
            .map(move |(address, seat)| {
                let who = talk.endpoint.as_ref().filter(|_| *seat == Seat::CLIENT);
                let mut name = who.map_or_else(|| address.to_string(), Clone::clone);
                if several {
                    name.push_str(&format!(", conversation {number}"));
                }
                let mut declared = bench.profiles.iter().filter(|one| one.is_in(talk));
                if let Some(known) = declared.find(|one| one.profile.seat() == *seat) {
                    let mut known = description(&known.profile);
                    if several {
                        known.name.push_str(&format!(", conversation {number}"));
                    }
                    return known;
                }
                Implementation {
                    seat: seat.to_string(),
                    name,
                    vendor: String::new(),
                    version: String::new(),
                    profile: String::new(),
                    profile_hash: String::new(),
                    ics: Vec::new(),
                }
            })
    });
    let addresses = gathered.talks.iter().flat_map(|talk| &talk.seats);
    let started = jiff::Timestamp::try_from(SystemTime::now());
    let started = started.map_or_else(
        |_| String::new(),
        |time| time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
    );
    let versions = gathered.talks.iter().filter_map(|talk| talk.version);
    SessionRecord {
        format: record::FORMAT,
        harness: env!("CARGO_PKG_VERSION").to_owned(),
        cases_hash: sha256(&bench.library.hash_input()),
        name: name.to_owned(),
        started: started.clone(),
        ended: Some(started),
        interrupted: false,
        wall_time: 0,
        parameters: RunParameters {
            impair: None,
            terminate: false,
            lwm2m: args
                .lwm2m
                .or_else(|| versions.max())
                .map_or_else(|| "1.0".to_owned(), |version| version.to_string()),
            transport: "capture".to_owned(),
            security: "as captured".to_owned(),
            quick: args.quick,
            jobs: 1,
            partition: None,
            as_printed: args.as_printed,
            jumping_clock: false,
            filters: args.filters.clone(),
            cases: args
                .cases
                .as_ref()
                .map(|folder| folder.display().to_string()),
            objects: None,
            ets: None,
            again: {
                let profiles = args.profiles.iter();
                let profiles = profiles.map(|profile| format!(" --profile {profile}"));
                let profiles: String = profiles.collect();
                let quick = if args.quick { " --quick" } else { "" };
                format!("testfest judge {}{profiles}{quick} --case", path.display())
            },
        },
        implementations: implementations.collect(),
        environment: Environment {
            system: String::new(),
            addresses: addresses
                .map(|(address, seat)| Field::new(seat.to_string(), address.to_string()))
                .collect(),
        },
        planned: 0,
        cases: Vec::new(),
        not_selected: Vec::new(),
        remarks,
        stale: Vec::new(),
    }
}

/// Versions that clients registered with although their profiles do not claim them.
fn unclaimed(gathered: &Gathered, profiles: &[Declared]) -> Vec<String> {
    let clients = profiles
        .iter()
        .filter(|one| one.profile.seat() == Seat::CLIENT);
    let mut remarks: Vec<String> = Vec::new();
    for (client, talk) in clients.flat_map(|one| gathered.talks.iter().map(move |talk| (one, talk)))
    {
        let heard = talk
            .version
            .filter(|version| !client.profile.ics.lwm2m.contains(version));
        if let Some(version) = heard.filter(|_| client.is_in(talk)) {
            let file = &client.profile.file;
            remarks.push(format!(
                "the client registers with LwM2M {version}, which \"{file}\" does not claim"
            ));
        }
    }
    remarks.dedup();
    remarks
}

fn write(
    args: &Judge,
    session: &SessionRecord,
    records: &[CaseRecord],
    path: &Path,
) -> Result<Folder, Trouble> {
    let out = args
        .out
        .clone()
        .unwrap_or_else(|| PathBuf::from(DEFAULT_OUT).join(&session.name));
    let folder = Folder::open(&out);
    folder.case("")?;
    for record in records {
        let own = folder.case(&record.summary.folder)?;
        link(path, &own.join("capture.pcapng"));
        folder.write_case(record)?;
    }
    folder.write_session(session)?;
    reports::write(&out, &out)?;
    Ok(folder)
}

/// Puts the capture beside a case, without another copy of it where the file system allows.
fn link(from: &Path, to: &Path) {
    let _ = std::fs::remove_file(to);
    let small = || std::fs::metadata(from).is_ok_and(|known| known.len() <= MOST_COPIED);
    if std::fs::hard_link(from, to).is_err() && small() {
        // what the record says does not hang on it
        let _ = std::fs::copy(from, to);
    }
}

/// `20261121T093000Z-lab-trace`.
fn name(path: &Path) -> String {
    let time = jiff::Timestamp::try_from(SystemTime::now()).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let plain = |one: char| {
        if one.is_ascii_alphanumeric() {
            one
        } else {
            '-'
        }
    };
    let stem: String = stem.chars().map(plain).take(64).collect();
    format!("{}-{stem}", time.strftime("%Y%m%dT%H%M%SZ"))
}

/// Folder of sessions.
const DEFAULT_OUT: &str = "reports/sessions";
/// Largest capture that is copied to each of its cases.
const MOST_COPIED: u64 = 1 << 20;
