//! Products of a run, as their profiles describe them: what they claim, where they listen, what is agreed about them.
//!
//! How they are driven stands in `driven`. Runs nothing but the command that prints a version.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use judge::actual::Actual;
use lwm2m::{ObjectVersion, Registry, Version};
use record::{Field, Implementation, Verdict};
use testcase::profile::{Action, ProfileVersion, Reset, Start};
use testcase::{ExpectedVerdict, Profile, Seat};

use crate::casting::Tested;
use crate::claims::Claims;
use crate::clock::RunClock;
use crate::driven;
use crate::error::HarnessError;
use crate::folder::sha256;
use crate::images;
use crate::iut::{Iut, Operator};
use crate::session::{Deviation, Product, Program};

impl Tested {
    /// What a run knows of the implementation of `profile`.
    pub fn of(profile: &Profile) -> Result<Self, HarnessError> {
        let ics = &profile.ics;
        let lists = [
            &ics.transports,
            &ics.security,
            &ics.operations,
            &ics.features,
        ];
        let words = lists.into_iter().flatten().cloned();
        let formats = ics.content_formats.iter().map(ToString::to_string);
        let objects = ics
            .objects
            .iter()
            .map(|(id, object)| (*id, object.resources.clone()));
        let mut ixit = told(profile, 0);
        let copies = 0..profile.control.copies;
        let of_copies = copies.map(|copy| {
            let mut own = told(profile, copy);
            own.retain(|name, value| ixit.get(name) != Some(value));
            own
        });
        let of_copies = of_copies.collect();
        images::read(&mut ixit, Path::new(&profile.file)).map_err(HarnessError::Image)?;
        Ok(Self {
            claims: Claims {
                versions: ics.lwm2m.clone(),
                words: words.chain(formats).collect(),
                objects: objects.collect(),
            },
            ixit,
            of_copies,
            given: given(profile),
            emulated: is_emulated(profile),
        })
    }
}

impl Product {
    /// The implementation of `profile`, with as many programs as may run at a time, `most` at most; a program has to be
    /// there, its address has to be one.
    pub fn of(
        profile: &Profile,
        most: u16,
        clock: &RunClock,
        operator: &Arc<Operator>,
    ) -> Result<Self, HarnessError> {
        let emulated = is_emulated(profile);
        let mut programs = Vec::new();
        if !emulated {
            let mut control = driven::control(profile);
            driven::find_program(&control)?;
            for copy in 0..profile.control.copies.min(most).max(1) {
                control.copy = copy;
                let iut = Iut::new(
                    &profile.name,
                    control.clone(),
                    Path::new("/dev/null"),
                    clock.reader(),
                    Arc::clone(operator),
                );
                programs.push(Program {
                    iut: Arc::new(iut),
                    addresses: addresses(profile, copy)?,
                });
            }
        }
        Ok(Self {
            seat: profile.seat(),
            description: description(profile),
            programs,
            endpoint: text(profile, "endpoint", 0),
            expected: deviations(profile),
        })
    }

    /// One of our emulators.
    pub fn emulator(seat: Seat, version: Version) -> Self {
        let claims = Claims::of_emulators(version);
        let words: Vec<&str> = claims.words.iter().map(String::as_str).collect();
        Self {
            seat,
            description: Implementation {
                seat: seat.to_string(),
                name: "testfest emulator".to_owned(),
                vendor: "testfest".to_owned(),
                version: env!("CARGO_PKG_VERSION").to_owned(),
                profile: String::new(),
                profile_hash: String::new(),
                ics: vec![
                    Field::new("lwm2m", joined(&claims.versions)),
                    Field::new("claims", words.join(", ")),
                ],
            },
            programs: Vec::new(),
            endpoint: None,
            expected: Vec::new(),
        }
    }
}

/// The object definitions of a run, with the Object versions that `profile` claims in force.
pub fn definitions(types: Registry, profile: &Profile) -> Registry {
    let claimed = profile.ics.objects.iter().filter_map(|(id, object)| {
        let version: ObjectVersion = object.version.as_ref()?.parse().ok()?;
        Some((*id, version))
    });
    claimed.fold(types, |types, (id, version)| {
        if types.object_version(id, version).is_some() {
            types.with_version(id, version)
        } else {
            types
        }
    })
}

/// The names that the start command hands over, if the implementation is started for each case.
fn given(profile: &Profile) -> BTreeSet<String> {
    let words = match &profile.control.start {
        Some(Start::Process(words) | Start::Action(Action::Exec(words))) => words.as_slice(),
        _ => return BTreeSet::new(),
    };
    if profile.control.reset == Reset::PerRun {
        return BTreeSet::new();
    }
    let names = words.iter().flat_map(|word| word.split("${").skip(1));
    let names = names.filter_map(|rest| rest.split_once('}'));
    names.map(|(name, _)| name.to_owned()).collect()
}

/// Whether one of our emulators takes the seat.
fn is_emulated(profile: &Profile) -> bool {
    profile.control.start == Some(Start::Harness)
}

/// Who an implementation is, as records say it.
pub fn description(profile: &Profile) -> Implementation {
    let bytes = std::fs::read(&profile.file).unwrap_or_default();
    Implementation {
        seat: profile.seat().to_string(),
        name: profile.name.clone(),
        vendor: profile.vendor.clone().unwrap_or_default(),
        version: match &profile.version {
            Some(ProfileVersion::Text(text)) => text.clone(),
            Some(ProfileVersion::Command(command)) => printed_version(command).unwrap_or_default(),
            None => String::new(),
        },
        profile: profile.file.clone(),
        profile_hash: sha256(&bytes),
        ics: ics(profile),
    }
}

fn ics(profile: &Profile) -> Vec<Field> {
    let ics = &profile.ics;
    let objects = ics
        .objects
        .iter()
        .map(|(id, object)| match &object.version {
            Some(version) => format!("{id} ({version})"),
            None => id.to_string(),
        });
    [
        ("lwm2m", joined(&ics.lwm2m)),
        ("transports", ics.transports.join(", ")),
        ("security", ics.security.join(", ")),
        ("content-formats", joined(&ics.content_formats)),
        ("operations", ics.operations.join(", ")),
        ("features", ics.features.join(", ")),
        ("objects", objects.collect::<Vec<_>>().join(", ")),
    ]
    .into_iter()
    .filter(|(_, value)| !value.is_empty())
    .map(|(name, value)| Field::new(name, value))
    .collect()
}

fn joined<T: ToString>(items: &[T]) -> String {
    let items: Vec<String> = items.iter().map(ToString::to_string).collect();
    items.join(", ")
}

/// Where a server under test listens, by scheme, if it is this copy of its program.
fn addresses(
    profile: &Profile,
    copy: u16,
) -> Result<BTreeMap<&'static str, SocketAddr>, HarnessError> {
    let mut addresses = BTreeMap::new();
    if profile.seat() == Seat::CLIENT {
        return Ok(addresses);
    }
    for (scheme, name, port) in SCHEMES {
        if let Some(uri) = text(profile, name, copy) {
            addresses.insert(*scheme, parse_uri(&uri, scheme, *port)?);
        }
    }
    if addresses.is_empty() {
        return Err(HarnessError::NoServerUri {
            profile: profile.file.clone(),
        });
    }
    Ok(addresses)
}

fn parse_uri(uri: &str, scheme: &str, port: u16) -> Result<SocketAddr, HarnessError> {
    let host = uri
        .strip_prefix(scheme)
        .and_then(|rest| rest.strip_prefix("://"))
        .unwrap_or(uri)
        .trim_end_matches('/');
    match transport::parse_listen(host) {
        Ok(address) if address.port() == 0 => Ok(SocketAddr::new(address.ip(), port)),
        Ok(address) => Ok(address),
        Err(_) => Err(HarnessError::Uri {
            uri: uri.to_owned(),
        }),
    }
}

/// What the profile tells of this copy of its program under `ixit`.
fn text(profile: &Profile, name: &str, copy: u16) -> Option<String> {
    match crate::configured::scalar(profile.ixit.get(name)?, &told_of(copy))? {
        lwm2m::Value::String(text) => Some(text),
        _ => None,
    }
}

/// What the profile tells under `ixit`, if it is this copy of its program.
fn told(profile: &Profile, copy: u16) -> BTreeMap<String, lwm2m::Value> {
    let values = profile.ixit.iter().filter_map(|(name, scalar)| {
        let value = crate::configured::scalar(scalar, &told_of(copy))?;
        Some((name.clone(), value))
    });
    values.collect()
}

/// What fills the placeholders under `ixit`.
fn told_of(copy: u16) -> [(String, Actual); 1] {
    [(
        "copy".to_owned(),
        Actual::Value(lwm2m::Value::Integer(copy.into())),
    )]
}

fn deviations(profile: &Profile) -> Vec<Deviation> {
    let seat = profile.seat();
    let own = profile
        .expected
        .iter()
        .filter(|deviation| deviation.seat == seat);
    own.map(|deviation| Deviation {
        case: deviation.case.clone(),
        criterion: deviation.criterion.clone(),
        verdict: match deviation.verdict {
            ExpectedVerdict::Fail => Verdict::Fail,
            ExpectedVerdict::Inconclusive => Verdict::Inconclusive,
            ExpectedVerdict::NotApplicable => Verdict::NotApplicable,
        },
        reason: deviation.reason.clone(),
        ticket: deviation.ticket.clone().unwrap_or_default(),
        sometimes: deviation.sometimes,
    })
    .collect()
}

/// The first line that a command prints, if it ends well within [`VERSION_WITHIN`].
fn printed_version(command: &[String]) -> Option<String> {
    let (program, arguments) = command.split_first()?;
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let began = Instant::now();
    while child.try_wait().ok()?.is_none() {
        if began.elapsed() > VERSION_WITHIN {
            child.kill().ok()?;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    let printed = child.wait_with_output().ok()?;
    let text = String::from_utf8_lossy(&printed.stdout);
    text.lines().next().map(|line| line.trim().to_owned())
}

/// The scheme whose URI an entry under `ixit` tells.
pub(crate) fn scheme_of(name: &str) -> Option<&'static str> {
    let mut schemes = SCHEMES.iter();
    let found = schemes.find(|(_, known, _)| *known == name);
    found.map(|(scheme, ..)| *scheme)
}

/// Schemes with the name of their URI under `ixit` and their default port (RFC 7252, 6; RFC 8323, 8).
const SCHEMES: &[(&str, &str, u16)] = &[
    ("coap", "uri", 5683),
    ("coaps", "uri-coaps", 5684),
    ("coap+tcp", "uri-coap+tcp", 5683),
    ("coaps+tcp", "uri-coaps+tcp", 5684),
];
/// Time that a command has to print a version.
const VERSION_WITHIN: Duration = Duration::from_secs(10);
