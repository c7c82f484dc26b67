//! One session before it begins: who is tested, in which version, and which cases that selects.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use lwm2m::registry::Ddf;
use lwm2m::{Registry, Version};
use record::Implementation;
use runner::casting::{Run, Tested};
use runner::iut::Operator;
use runner::plan::Plan;
use runner::product::{definitions, description};
use runner::session::Product;
use runner::{HarnessError, RunClock};
use testcase::{Diagnostic, Filter, Library, Profile, Seat, TestCase, generate};

use crate::Trouble;
use crate::args::{Partition, Selected};
use crate::cases::{mistakes, unreadable};
use crate::release;

/// One session before it begins.
#[derive(Clone)]
pub struct Setup {
    /// What the session is called behind its time.
    pub label: String,
    /// The implementations under test, two or more if they meet; none: the emulators play against each other.
    pub profiles: Vec<Profile>,
    /// LwM2M version.
    pub version: Version,
    /// The run as each judged seat sees it.
    pub runs: BTreeMap<Seat, Arc<Run>>,
    /// The cases.
    pub plan: Plan,
    /// Which part of the cases these are.
    pub part: Option<record::Partition>,
}

impl Setup {
    /// The sessions that the arguments ask for, one for each profile.
    pub fn all(selected: &Selected, library: &Arc<Library>) -> Result<Vec<Self>, Trouble> {
        built_for(&selected.transport, &selected.security)?;
        let types = |version| read_definitions(selected.objects.as_deref(), version);
        if selected.profiles.is_empty() {
            return Ok(vec![Self::of_emulators(selected, library, types)?]);
        }
        if selected.together {
            return Ok(vec![Self::of_pair(selected, library, types)?]);
        }
        let mut setups: Vec<Self> = Vec::new();
        for name in &selected.profiles {
            let profile = open_profile(name, library)?;
            let mut setup = Self::of_profile(selected, library, profile, types)?;
            let namesakes = setups
                .iter()
                .filter(|known| known.label.starts_with(&setup.label))
                .count();
            if namesakes > 0 {
                setup.label = format!("{}-{}", setup.label, namesakes + 1);
            }
            setups.push(setup);
        }
        Ok(setups)
    }

    fn of_emulators(
        selected: &Selected,
        library: &Arc<Library>,
        types: impl Fn(Version) -> Result<Registry, Trouble>,
    ) -> Result<Self, Trouble> {
        let version = selected.lwm2m.unwrap_or(EMULATORS_VERSION);
        has_transport(version, &selected.transport)?;
        let types = Arc::new(types(version)?);
        let library = &with_objects(library, &types, version)?;
        let runs = EMULATED.into_iter().map(|seat| {
            let run = Run::of_emulators(Arc::clone(library), version, seat);
            let run = Run {
                transport: selected.transport.clone(),
                security: selected.security.clone(),
                as_printed: selected.as_printed,
                weather: selected.weather.clone(),
                types: Arc::clone(&types),
                ..run
            };
            (seat, Arc::new(run))
        });
        Ok(Self::new(
            "emulators",
            Vec::new(),
            version,
            runs.collect(),
            selected,
        ))
    }

    fn of_profile(
        selected: &Selected,
        library: &Arc<Library>,
        profile: Profile,
        types: impl Fn(Version) -> Result<Registry, Trouble>,
    ) -> Result<Self, Trouble> {
        let version = claimed_version(selected.lwm2m, &profile)?;
        has_transport(version, &selected.transport)?;
        claims(
            "transport",
            &selected.transport,
            &profile.ics.transports,
            &profile,
        )?;
        claims(
            "security mode",
            &selected.security,
            &profile.ics.security,
            &profile,
        )?;
        let types = Arc::new(definitions(types(version)?, &profile));
        let run = Run {
            library: with_objects(library, &types, version)?,
            version,
            transport: selected.transport.clone(),
            security: selected.security.clone(),
            as_printed: selected.as_printed,
            weather: selected.weather.clone(),
            terminates: false,
            types,
            implementations: BTreeMap::from([(profile.seat(), Tested::of(&profile)?)]),
        };
        let runs = BTreeMap::from([(profile.seat(), Arc::new(run))]);
        let label = profile.stem().to_owned();
        Ok(Self::new(&label, vec![profile], version, runs, selected))
    }

    /// Implementations that meet: the client, the server, and a Bootstrap-Server if there is one.
    fn of_pair(
        selected: &Selected,
        library: &Arc<Library>,
        types: impl Fn(Version) -> Result<Registry, Trouble>,
    ) -> Result<Self, Trouble> {
        let profiles = selected.profiles.iter();
        let profiles = profiles.map(|name| open_profile(name, library));
        let profiles: Vec<Profile> = profiles.collect::<Result<_, _>>()?;
        for (profile, seat) in profiles.iter().zip(MEETING) {
            if profile.seat() != seat {
                let (file, found) = (&profile.file, profile.seat());
                let message = format!("{file} is the profile of a {found}, not of a {seat}");
                return Err(Trouble::usage(message, format!("--{seat} P")));
            }
            claims(
                "transport",
                &selected.transport,
                &profile.ics.transports,
                profile,
            )?;
            claims(
                "security mode",
                &selected.security,
                &profile.ics.security,
                profile,
            )?;
        }
        let version = common_version(selected.lwm2m, &profiles)?;
        has_transport(version, &selected.transport)?;
        let types = types(version)?;
        let types = Arc::new(match profiles.first() {
            Some(client) => definitions(types, client),
            None => types,
        });
        let tested = profiles.iter();
        let tested = tested.map(|profile| Ok((profile.seat(), Tested::of(profile)?)));
        let run = Arc::new(Run {
            library: with_objects(library, &types, version)?,
            version,
            transport: selected.transport.clone(),
            security: selected.security.clone(),
            as_printed: selected.as_printed,
            weather: selected.weather.clone(),
            terminates: selected.terminates,
            types,
            implementations: tested.collect::<Result<_, HarnessError>>()?,
        });
        let seats = profiles.iter().map(Profile::seat);
        let runs = seats.map(|seat| (seat, Arc::clone(&run))).collect();
        let stems: Vec<&str> = profiles.iter().map(Profile::stem).collect();
        Ok(Self::new(
            &stems.join("-and-"),
            profiles,
            version,
            runs,
            selected,
        ))
    }

    fn new(
        label: &str,
        profiles: Vec<Profile>,
        version: Version,
        runs: BTreeMap<Seat, Arc<Run>>,
        selected: &Selected,
    ) -> Self {
        let filters: Vec<Filter> = selected
            .filters
            .iter()
            .map(|text| Filter::parse(text))
            .collect();
        let library = runs.values().next().map(|run| Arc::clone(&run.library));
        let cases = library.iter().flat_map(|library| library.cases.values());
        let cases = cases.filter_map(|case| release::listed(case, selected.ets));
        let cases: Vec<Arc<TestCase>> = cases.map(Arc::new).collect();
        let seats: Vec<Seat> = runs.keys().copied().collect();
        let run = |seat| Arc::clone(&runs[&seat]);
        let mut plan = Plan::of(&run, &cases, &seats, |case| Filter::any(&filters, case));
        if profiles.is_empty() {
            forget_other_seats(&mut plan, &cases);
        }
        Self {
            label: label.to_owned(),
            profiles,
            version,
            runs,
            plan,
            part: None,
        }
    }

    /// The cases of the run, with those of its Objects.
    pub fn library(&self) -> Option<&Arc<Library>> {
        self.runs.values().next().map(|run| &run.library)
    }

    /// Keeps only one part of the cases; the seats of a case stay together.
    pub fn keep(&mut self, partition: Partition) {
        let mut names: Vec<String> = self
            .plan
            .selected
            .iter()
            .map(|one| one.case.name.clone())
            .collect();
        names.dedup();
        let place = |name: &str| names.iter().position(|known| known == name).unwrap_or(0);
        self.plan
            .selected
            .retain(|planned| partition.holds(place(&planned.case.name)));
        self.part = Some(record::Partition {
            part: partition.part,
            of: partition.of,
            cases: u32::try_from(names.len()).unwrap_or(u32::MAX),
        });
    }

    /// Those who take seats, ready to be started, with at most so many `copies` of a program.
    pub fn products(
        &self,
        copies: u16,
        clock: &RunClock,
        operator: &Arc<Operator>,
    ) -> Result<Vec<Product>, HarnessError> {
        let products = self.profiles.iter();
        let products = products.map(|profile| Product::of(profile, copies, clock, operator));
        match self.profiles.as_slice() {
            [_, ..] => products.collect(),
            [] => Ok(EMULATED
                .map(|seat| Product::emulator(seat, self.version))
                .into()),
        }
    }

    /// Who is under test; the emulators if nobody else is.
    pub fn tested(&self) -> Vec<Implementation> {
        match self.profiles.as_slice() {
            [_, ..] => self.profiles.iter().map(description).collect(),
            [] => EMULATED
                .map(|seat| Product::emulator(seat, self.version).description)
                .into(),
        }
    }

    /// Where the profile wants the harness to listen.
    pub fn listen(&self) -> Result<Option<SocketAddr>, Trouble> {
        let listen = self
            .profiles
            .iter()
            .find_map(|profile| profile.listen.as_deref());
        let listen = listen.map(runner::parse_listen).transpose();
        listen.map_err(|error| Trouble::Harness(error.into()))
    }
}

/// The file of a profile: a path, or a name under `profiles/`.
pub fn find_profile(name: &str) -> Result<PathBuf, Trouble> {
    let given = PathBuf::from(name);
    if given.is_file() {
        return Ok(given);
    }
    let named = Path::new(PROFILES).join(format!("{name}.yaml"));
    if !name.contains('/') && named.is_file() {
        return Ok(named);
    }
    let names = profile_names();
    let near = testcase::diagnostic::suggest(name, names.iter().map(String::as_str));
    let help = match near {
        Some(near) => format!("did you mean \"{near}\"?"),
        None if names.is_empty() => {
            "a profile is a path, or the name of a file under profiles/".to_owned()
        }
        None => format!("a profile is a path, or one of: {}", names.join(", ")),
    };
    Err(Trouble::usage(format!("no profile \"{name}\""), help))
}

/// The names of the profiles under `profiles/`.
pub(crate) fn profile_names() -> Vec<String> {
    let entries = std::fs::read_dir(PROFILES).into_iter().flatten().flatten();
    let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
    let mut names: Vec<String> = names
        .filter_map(|name| name.strip_suffix(".yaml").map(str::to_owned))
        .filter(|name| !name.ends_with(".expected"))
        .collect();
    names.sort();
    names
}

pub(crate) fn open_profile(name: &str, library: &Library) -> Result<Profile, Trouble> {
    let path = find_profile(name)?;
    let (profile, mut diagnostics) =
        Profile::open(&path).map_err(|error| unreadable(&path, &error))?;
    if let Some(profile) = &profile {
        diagnostics.extend(profile.check(library));
    }
    let errors: Vec<Diagnostic> = diagnostics
        .into_iter()
        .filter(Diagnostic::is_error)
        .collect();
    match profile {
        Some(profile) if errors.is_empty() => Ok(profile),
        _ => Err(mistakes(&errors, |_| None)),
    }
}

/// What this build can speak.
pub(crate) fn built_for(transport: &str, security: &str) -> Result<(), Trouble> {
    for (what, asked, has) in [
        ("transport", transport, runner::TRANSPORTS),
        ("security mode", security, runner::MODES_OF_A_RUN),
    ] {
        if !has.contains(&asked) {
            let mut help = format!("{what}s of this build: {}", has.join(", "));
            if runner::MODES.contains(&asked) {
                help.push_str("; cases that name it are played in it by themselves");
            }
            return Err(Trouble::usage(
                format!("this build lacks {what} \"{asked}\""),
                help,
            ));
        }
    }
    Ok(())
}

pub(crate) fn claimed_version(
    asked: Option<Version>,
    profile: &Profile,
) -> Result<Version, Trouble> {
    let claimed = &profile.ics.lwm2m;
    let names: Vec<&str> = claimed.iter().map(|version| version.as_str()).collect();
    let refuse = |version: &str| {
        let message = format!("\"{}\" does not claim LwM2M {version}", profile.name);
        Trouble::usage(
            message,
            format!("{} claims {}", profile.file, names.join(", ")),
        )
    };
    match asked {
        Some(version) if claimed.contains(&version) => Ok(version),
        Some(version) => Err(refuse(version.as_str())),
        None => claimed
            .iter()
            .max()
            .copied()
            .ok_or_else(|| refuse("at all")),
    }
}

/// The version that is asked for, else the highest that all claim.
fn common_version(asked: Option<Version>, profiles: &[Profile]) -> Result<Version, Trouble> {
    if asked.is_some() {
        for profile in profiles {
            claimed_version(asked, profile)?;
        }
    }
    let common = |version: &Version| {
        let mut all = profiles.iter();
        all.all(|profile| profile.ics.lwm2m.contains(version))
    };
    let highest = || Version::ALL.into_iter().filter(common).max();
    asked.or_else(highest).ok_or_else(|| {
        let claimed = profiles.iter().map(|profile| {
            let versions = profile.ics.lwm2m.iter().map(|version| version.as_str());
            format!(
                "{} claims {}",
                profile.file,
                versions.collect::<Vec<_>>().join(", ")
            )
        });
        let help = claimed.collect::<Vec<_>>().join("; ");
        Trouble::usage("the implementations have no LwM2M version in common", help)
    })
}

fn claims(what: &str, asked: &str, claimed: &[String], profile: &Profile) -> Result<(), Trouble> {
    if claimed.iter().any(|word| word == asked) {
        return Ok(());
    }
    let message = format!("\"{}\" does not claim {what} \"{asked}\"", profile.name);
    Err(Trouble::usage(
        message,
        format!("{} claims {}", profile.file, claimed.join(", ")),
    ))
}

/// TCP came with LwM2M 1.1; the bindings of 1.0 are U and S.
fn has_transport(version: Version, transport: &str) -> Result<(), Trouble> {
    if (version, transport) != (Version::V1_0, "tcp") {
        return Ok(());
    }
    Err(Trouble::usage(
        "LwM2M 1.0 has no transport \"tcp\"",
        "--lwm2m 1.1 has it, or leave --transport out",
    ))
}

/// Between emulators a seat that a case does not judge is no case that does not apply.
fn forget_other_seats(plan: &mut Plan, cases: &[Arc<TestCase>]) {
    let judges = |name: &str, seat: &str| {
        let case = cases.iter().find(|case| case.name == name);
        case.is_some_and(|case| case.seats.iter().any(|known| known.to_string() == seat))
    };
    plan.not_selected
        .retain(|case| judges(&case.case, &case.seat));
    plan.explained
        .retain(|case| judges(&case.case, &case.seat.to_string()));
}

/// The cases with those of every Object whose definition is known.
fn with_objects(
    library: &Arc<Library>,
    types: &Registry,
    version: Version,
) -> Result<Arc<Library>, Trouble> {
    let files = generate::object_files(types, version);
    let (library, mut errors) = Library::clone(library).with(files);
    let library = Arc::new(library);
    errors.retain(Diagnostic::is_error);
    if errors.is_empty() {
        return Ok(library);
    }
    Err(mistakes(&errors, |path| {
        library.text(path).map(|text| text.to_string())
    }))
}

pub(crate) fn read_definitions(
    folder: Option<&Path>,
    version: Version,
) -> Result<Registry, Trouble> {
    let mut registry = Registry::builtin(version);
    let Some(folder) = folder else {
        return Ok(registry);
    };
    let refuse = |error: &std::io::Error| unreadable(folder, error);
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(|error| refuse(&error))? {
        let path = entry.map_err(|error| refuse(&error))?.path();
        if path.extension().is_some_and(|extension| extension == "xml") {
            files.push(path);
        }
    }
    files.sort();
    for path in files {
        let bytes = std::fs::read(&path).map_err(|error| unreadable(&path, &error))?;
        let ddf = Ddf::parse(&bytes);
        if let (true, Some(wrong)) = (ddf.definitions.is_empty(), ddf.diagnostics.first()) {
            return Err(Trouble::Unreadable {
                message: format!("no object definition in \"{}\": {wrong}", path.display()),
                help: "--objects takes a folder of OMA object definitions (DDF)".to_owned(),
            });
        }
        registry = ddf
            .definitions
            .into_iter()
            .fold(registry, Registry::with_definition);
    }
    Ok(registry)
}

/// Who meets, in this order.
const MEETING: [Seat; 3] = [Seat::CLIENT, Seat::SERVER, Seat::BOOTSTRAP_SERVER];
/// Folder of profiles, below the current one.
const PROFILES: &str = "profiles";
/// Seats that are judged in turn when the emulators play against each other.
const EMULATED: [Seat; 3] = [Seat::CLIENT, Seat::SERVER, Seat::BOOTSTRAP_SERVER];
/// The highest version that the emulators know.
pub(crate) const EMULATORS_VERSION: Version = Version::V1_2;
