//! Gives the seats of a case to implementations and emulators, and the emulators their configuration.

mod bridging;
mod setting;
pub(crate) mod told;
mod watching;

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use emulator::{
    BootstrapServer, BootstrapServerConfiguration, Client, ClientConfiguration, FileServer,
    FileServerConfiguration, Profile, Server, ServerConfiguration, StreamAdapter,
};
use judge::actual::Actual;
use judge::{Play, Standing};
use lwm2m::{Path, Registry, Value, Version};
use testcase::{Conduct, ExpressionNode, Library, Misdeed, Role, Seat, State, TestCase, Word};
use tls::Framing;
use transport::OwnStack;

use crate::claims::{Claims, RunFacts, objects_of};
use crate::conduct;
use crate::configured;
use crate::images;
use crate::keyring::{self, ClientKeys, Values};
use crate::mode::Mode;
use crate::mutant::Defect;
use crate::plays::Plays;
use crate::stage::Stage;
use crate::station::{Emulator, Station};
use crate::weather::{Gusts, Weather};

/// Everything a run has decided before its cases.
pub struct Run {
    /// Cases, states, configurations.
    pub library: Arc<Library>,
    /// LwM2M version.
    pub version: Version,
    /// Transport of cases that do not care: `udp`.
    pub transport: String,
    /// Security mode of cases that do not care: `nosec`.
    pub security: String,
    /// Whether errata are left out.
    pub as_printed: bool,
    /// What the network does by chance.
    pub weather: Option<Weather>,
    /// Whether the harness ends the DTLS sessions of a pair on both sides.
    pub terminates: bool,
    /// Object definitions.
    pub types: Arc<Registry>,
    /// Implementations by the seat that they hold.
    pub implementations: BTreeMap<Seat, Tested>,
}

/// What a run knows of an implementation under test.
#[derive(Clone, Debug, Default)]
pub struct Tested {
    /// What it claims.
    pub claims: Claims,
    /// What its vendor told: names under `ixit` with their values.
    pub ixit: BTreeMap<String, Value>,
    /// What of it is another for each copy of its program, by the copy's number.
    pub of_copies: Vec<BTreeMap<String, Value>>,
    /// Names such as `account.lifetime` that it is given each time it is started.
    pub given: BTreeSet<String>,
    /// Whether one of our emulators takes its place.
    pub emulated: bool,
}

/// Who sits where in one case.
#[derive(Clone, Debug)]
pub struct Seating {
    /// The seat that is judged.
    pub judged: Seat,
    /// Address of every seat whose address is known before the case.
    pub addresses: BTreeMap<Seat, SocketAddr>,
    /// Where others reach a seat, if a relay stands before it.
    pub relays: BTreeMap<Seat, SocketAddr>,
    /// Addresses of relays at which the harness ended sessions, each with the end for which it stood there.
    pub ends: BTreeMap<SocketAddr, SocketAddr>,
    /// Which copy of the programs under test plays, from 0.
    pub copy: usize,
    /// Endpoint Client Name.
    pub endpoint: String,
    /// Seed of tokens, Message IDs and timeouts.
    pub seed: u64,
}

impl Seating {
    /// Where others reach each seat.
    pub(crate) fn reached(&self) -> impl Iterator<Item = (Seat, SocketAddr)> {
        let relayed = |seat: &Seat| self.relays.get(seat).copied();
        let seats = self.addresses.iter();
        seats.map(move |(seat, own)| (*seat, relayed(seat).unwrap_or(*own)))
    }
}

impl Run {
    /// A run of the emulators alone, in one version.
    pub fn of_emulators(library: Arc<Library>, version: Version, judged: Seat) -> Self {
        let refused = Value::String(REFUSED_ENDPOINT.to_owned());
        let servers = judged.role == Role::Server;
        let told = servers.then(|| ("refused-endpoint".to_owned(), refused));
        let tested = Tested {
            claims: Claims::of_emulators(version),
            ixit: told.into_iter().collect(),
            of_copies: Vec::new(),
            given: BTreeSet::new(),
            emulated: true,
        };
        Self {
            library,
            version,
            transport: "udp".to_owned(),
            security: "nosec".to_owned(),
            as_printed: false,
            weather: None,
            terminates: false,
            types: Arc::new(Registry::builtin(version)),
            implementations: BTreeMap::from([(judged, tested)]),
        }
    }

    /// Over which transport and in which security modes `case` is played.
    pub fn mode(&self, case: &TestCase) -> Mode {
        let claimed = |word: &str| {
            let mut all = self.implementations.values();
            all.all(|tested| tested.claims.words.contains(word))
        };
        Mode::of(case, &self.transport, &self.security, claimed)
    }

    /// What expressions may ask about `case`.
    pub fn facts(&self, case: &TestCase) -> RunFacts {
        let values = self.values(case, &[]);
        let mut claims: BTreeMap<Seat, Claims> = self
            .implementations
            .iter()
            .map(|(seat, tested)| (*seat, tested.claims.clone()))
            .collect();
        for (seat, tested) in &self.implementations {
            // an emulated client has what the configuration gives it
            if tested.emulated
                && seat.role == Role::Client
                && let Some(claims) = claims.get_mut(seat)
            {
                claims.objects = objects_of(&values);
            }
        }
        RunFacts {
            version: self.version,
            claims,
            own: Claims::of_harness(self.version),
            configured: objects_of(&values),
            told: self
                .implementations
                .values()
                .flat_map(|tested| tested.ixit.keys().cloned())
                .chain(self.client_ixit().into_keys())
                .collect(),
        }
    }

    /// The files of the file server.
    pub(crate) fn files(&self) -> images::Files {
        images::files(&self.client_ixit())
    }

    /// What the vendor of the client told; that of an emulated one tells of its images.
    fn client_ixit(&self) -> BTreeMap<String, Value> {
        let client = self.implementations.get(&Seat::CLIENT);
        let emulated = client.is_none_or(|client| client.emulated);
        let mut ixit = match emulated {
            true => images::of_emulator().clone(),
            false => BTreeMap::new(),
        };
        ixit.extend(client.into_iter().flat_map(|client| client.ixit.clone()));
        ixit
    }

    /// A case with its emulators, ready to be played; `standing` is a registration that already stands.
    pub fn cast(
        &self,
        case: &Arc<TestCase>,
        seating: &Seating,
        standing: Option<Standing>,
    ) -> Stage {
        self.cast_for(case, seating, &[], standing)
    }

    /// The same, in which the seats `beside` are judged by the same dialogue.
    pub fn cast_for(
        &self,
        case: &Arc<TestCase>,
        seating: &Seating,
        beside: &[Seat],
        standing: Option<Standing>,
    ) -> Stage {
        let another = |seat: &Seat| {
            let mut setting = self.setting(case, seating, standing.clone());
            setting.judged = *seat;
            Play::new(setting)
        };
        let others = beside.iter().map(another).collect();
        let mut unjudged: Vec<Seat> = Vec::new();
        if !seating.relays.is_empty() {
            unjudged.extend(self.implementations.keys());
            unjudged.retain(|seat| *seat != seating.judged && !beside.contains(seat));
        }
        let witnesses = unjudged.iter().map(another).collect();
        let setting = self.setting(case, seating, standing);
        let accounts = self.accounts(case, &setting.told, &setting.configuration);
        let play = Play::new(setting);
        let stations = self.stations(case, seating, &accounts, &play);
        let addresses = seating.addresses.iter();
        let addresses = addresses.map(|(seat, address)| (*address, *seat)).collect();
        let real = |(_, tested): &(&Seat, &Tested)| !tested.emulated;
        let stranger = self.implementations.iter().find(real);
        let stranger = stranger.map_or(Seat::CLIENT, |(seat, _)| *seat);
        let plays = Plays::new(play, others).with_witnesses(witnesses);
        let mut stage = Stage::new(plays, stations, addresses, stranger);
        stage.relays.clone_from(&seating.relays);
        let mut weather = self.weather.clone();
        if let Some(weather) = weather.as_mut().filter(|_| self.mode(case).is_stream()) {
            // a connection cannot come from elsewhere
            weather.rebind = None;
        }
        stage.gusts = weather.map(|weather| Gusts::of(&weather, &case.name));
        let told = &stage.play.setting().told;
        stage.watch = self.watch(case, seating, &accounts, told);
        stage.bridges = self.bridges(case, seating, &accounts, told);
        for (seat, bridge) in &stage.bridges {
            if let Some(front) = seating.relays.get(seat) {
                stage.ends.insert(*front, bridge.server());
            }
        }
        for (own, other) in &stage.ends {
            stage.watch.stand_in(*own, *other);
        }
        if let Some(address) = seating.addresses.get(&Seat::FILE_SERVER) {
            let address = transport::reachable(*address);
            let files = self.files().into_iter();
            let named = files.map(|(path, bytes)| (format!("http://{address}{path}"), bytes));
            stage.files = named.collect();
        }
        stage
    }

    /// Seats of a case that an emulator takes.
    pub fn emulated_seats(&self, case: &TestCase) -> Vec<Seat> {
        let mut seats = case.participants();
        for step in self
            .states_to(&case.given.value)
            .iter()
            .flat_map(|state| &state.dialogue)
        {
            step.collect_seats(&mut seats);
        }
        seats.extend([Seat::CLIENT, Seat::SERVER]);
        if case.text.contains("${file-server.") {
            seats.push(Seat::FILE_SERVER);
        }
        seats.sort();
        seats.dedup();
        seats.retain(|seat| {
            self.implementations
                .get(seat)
                .is_none_or(|tested| tested.emulated)
        });
        seats
    }

    fn stations(
        &self,
        case: &TestCase,
        seating: &Seating,
        accounts: &[Values],
        play: &Play,
    ) -> Vec<Station> {
        let values = accounts.first().map_or(&[][..], Vec::as_slice);
        let mut stations = Vec::new();
        for seat in self.emulated_seats(case) {
            let Some(address) = seating.addresses.get(&seat).copied() else {
                continue;
            };
            let tested = self.implementations.contains_key(&seat);
            let emulator = match seat.role {
                Role::Client => {
                    Emulator::Client(Box::new(Client::new(self.client(case, seating, values))))
                }
                Role::Server => {
                    let mut configuration = ServerConfiguration::new(self.version);
                    configuration.seed = seating.seed ^ 0x5e4e;
                    configuration.registry = Arc::clone(&self.types);
                    configuration.profiles.extend(basic_profile());
                    configuration.refused = self.told_text(seat, "refused-endpoint");
                    if !tested {
                        // whoever is tested has been told what its Profile IDs stand for
                        configuration.other_profile = Some(listed(values));
                    }
                    Emulator::Server(Box::new(Server::new(configuration)))
                }
                Role::BootstrapServer => {
                    let configuration = self.bootstrap_server(seat, seating, play);
                    Emulator::BootstrapServer(Box::new(BootstrapServer::new(configuration)))
                }
                Role::FileServer => {
                    let mut configuration = FileServerConfiguration::new();
                    configuration.seed = seating.seed ^ 0xf11e;
                    configuration.files = self.files();
                    Emulator::FileServer(Box::new(FileServer::new(configuration)))
                }
            };
            let mut station = Station::new(seat, address, emulator, tested);
            let conduct = match tested {
                true => Conduct::default(),
                false => case.conduct_of(seat),
            };
            self.connect(&mut station, case, seating, accounts, &conduct);
            // a client that is not there could not be asked for anything
            let absent = absence(&play.words_of(seat)).filter(|_| seat.role != Role::Client);
            station.absent = absent;
            station.be_absent();
            stations.push(station);
        }
        stations
    }

    /// The values of the case's configuration, and those of every set that a bootstrap may write.
    fn accounts(
        &self,
        case: &TestCase,
        told: &[(String, Actual)],
        values: &[(Path, Value)],
    ) -> Vec<Values> {
        let mode = self.mode(case);
        let sets = self.library.sets.values();
        let sets = sets.map(|set| configured::of_set(set, told, &self.types, &mode));
        std::iter::once(values.to_vec()).chain(sets).collect()
    }

    /// Puts a channel between an emulator and the wire.
    fn connect(
        &self,
        station: &mut Station,
        case: &TestCase,
        seating: &Seating,
        accounts: &[Values],
        conduct: &Conduct,
    ) {
        let seat = station.seat;
        if seat.role == Role::FileServer {
            return;
        }
        let mode = self.mode(case);
        let mut conduct = conduct.clone();
        if station.tested && mentions(&case.requires.node, "connection-id") {
            conduct.connection_id.get_or_insert(OWN_CONNECTION_ID);
        }
        let conduct = &conduct;
        let seed = seating.seed ^ CHANNEL_SEED ^ u64::from(station.address.port());
        let channel = &mut station.channel;
        if mode.is_secured() {
            let framing = match mode.is_stream() {
                true => Framing::Stream,
                false => Framing::Datagram,
            };
            let settings = conduct::settings(conduct, mode.is_stream());
            let server =
                (seat.role != Role::Client).then(|| keyring::of_server(seat, accounts, conduct));
            channel.secure = Some(Box::new(OwnStack::new(framing, settings, seed, server)));
        }
        if mode.is_stream() {
            channel.stream = Some(StreamAdapter::new(conduct::stream(conduct), seed));
        }
        if mode.has_oscore() {
            channel.oscore = Some(protect(seat, accounts, conduct, seed));
            channel.demands_oscore =
                seat.role != Role::Client && !conduct.misdeeds.contains(&Misdeed::NoOscore);
        }
        if seat.role == Role::Client {
            channel.keys = Some(ClientKeys::new(conduct.clone()));
        } else if station.tested && !conduct.misdeeds.contains(&Misdeed::IgnoresEndpointName) {
            station.identities = keyring::identities(accounts, &seating.endpoint);
        }
    }

    /// Gives the emulator of `seat` a defect.
    pub fn spoil(
        &self,
        stage: &mut Stage,
        case: &TestCase,
        seating: &Seating,
        seat: Seat,
        defect: Defect,
    ) {
        let Some(station) = stage.stations.iter_mut().find(|one| one.seat == seat) else {
            return;
        };
        match defect {
            Defect::Messages(misbehaviour) => station.emulator.endpoint().misbehave(misbehaviour),
            Defect::Channel(conduct) => {
                let told = self.told(case, seating);
                let values = self.values(case, &told);
                let accounts = self.accounts(case, &told, &values);
                station.identities.clear();
                self.connect(station, case, seating, &accounts, &conduct);
            }
        }
    }

    /// A Bootstrap-Server holds what it answers with; one that is judged holds its sequence too.
    fn bootstrap_server(
        &self,
        seat: Seat,
        seating: &Seating,
        play: &Play,
    ) -> BootstrapServerConfiguration {
        let mut configuration = BootstrapServerConfiguration::new(self.version);
        configuration.seed = seating.seed ^ 0xb007;
        configuration.registry = Arc::clone(&self.types);
        configuration.pack = play.content_of(seat);
        if self.implementations.contains_key(&seat) {
            configuration.sequence = play.requests_of(seat);
            configuration.endpoints = vec![seating.endpoint.clone()];
        }
        configuration
    }

    fn client(
        &self,
        case: &TestCase,
        seating: &Seating,
        values: &[(Path, Value)],
    ) -> ClientConfiguration {
        let mut configuration = ClientConfiguration::new(&seating.endpoint, self.version);
        configuration.seed = seating.seed;
        configuration.registry = Arc::clone(&self.types);
        configuration.data = values.to_vec();
        configuration.queue_mode =
            mentions(&case.requires.node, "queue-mode") && !insists_on_binding(case);
        configuration.profile =
            basic_profile().filter(|_| mentions(&case.requires.node, "profile-id"));
        let alternate = case.with.alternate_path.as_ref();
        configuration.alternate_path = alternate.map(ToString::to_string);
        configuration.bootstrap_pack = mentions(&case.requires.node, "bootstrap-pack-request");
        let mut reached = seating.reached();
        let bootstrap = reached.find(|(seat, _)| *seat == Seat::BOOTSTRAP_SERVER);
        configuration.bootstrap = bootstrap.map(|(_, address)| address);
        configuration.varying = self
            .library
            .configurations
            .get(&case.configuration.value)
            .map(|found| found.moves.clone())
            .unwrap_or_default();
        for (seat, address) in seating.reached() {
            if seat.role == Role::Server {
                configuration
                    .servers
                    .insert(u16::from(seat.number), address);
            }
        }
        configuration
    }

    /// The states that lead to `given`, in the order they are reached.
    fn states_to(&self, given: &str) -> Vec<Arc<State>> {
        let chain = self.library.chain(given).unwrap_or_default();
        chain.into_iter().cloned().map(Arc::new).collect()
    }

    /// A text of the ixit of the implementation at `seat`, if it was told.
    fn told_text(&self, seat: Seat, name: &str) -> Vec<String> {
        let tested = self.implementations.get(&seat);
        match tested.and_then(|tested| tested.ixit.get(name)) {
            Some(Value::String(text)) => vec![text.clone()],
            _ => Vec::new(),
        }
    }

    fn limit(&self, name: &str, otherwise: Duration) -> Duration {
        let told =
            self.implementations
                .values()
                .filter_map(|tested| match tested.ixit.get(name)? {
                    Value::String(text) => testcase::duration::parse(text),
                    _ => None,
                });
        told.max().unwrap_or(
            if self.implementations.values().all(|tested| tested.emulated) && name == "latency" {
                OWN_LATENCY
            } else {
                otherwise
            },
        )
    }
}

/// OSCORE with the security contexts of the accounts; a client learns its own from Object 21.
fn protect(seat: Seat, accounts: &[Values], conduct: &Conduct, seed: u64) -> oscore::Layer {
    let mut layer = oscore::Layer::new(conduct::oscore(conduct), seed);
    if seat.role == Role::Client {
        return layer;
    }
    let own = seat.role == Role::BootstrapServer;
    for (bootstraps, context) in accounts.iter().flat_map(|values| keyring::contexts(values)) {
        if bootstraps == own {
            // what OSCORE does not take protects nothing
            let _ = layer.add(context.mirrored(), None);
        }
    }
    layer
}

/// The profile that the ETS gives configuration C.1 (int-110); how its hash was made nobody knows.
fn basic_profile() -> Option<Profile> {
    let objects = [Path::new(&[1, 0])?, Path::new(&[3, 0])?];
    Some(Profile {
        id: "6:27354b9a".to_owned(),
        objects: objects.to_vec(),
    })
}

/// The Object Instances that a client with these values registers.
fn listed(values: &[(Path, Value)]) -> Vec<Path> {
    let instances = values.iter().filter_map(|(path, _)| path.prefix(2));
    let mut listed: Vec<Path> = instances
        .filter(|path| !matches!(path.object(), Some(0 | 21 | 23)))
        .collect();
    listed.sort();
    listed.dedup();
    listed
}

/// How a server is not there, if its lines say nothing else: it does not answer, or its host rejects what comes.
fn absence(words: &[Word]) -> Option<Word> {
    let first = *words.first()?;
    let absent = matches!(first, Word::NoAnswer | Word::Reset);
    (absent && words.iter().all(|word| *word == first)).then_some(first)
}

/// Whether a case says itself in which binding its client begins.
fn insists_on_binding(case: &TestCase) -> bool {
    let mut paths = case.with.values.iter().map(|entry| entry.key.to_string());
    paths.any(|path| path.starts_with("/1/") && path.ends_with("/7"))
}

/// Whether an expression needs this word of the ICS.
fn mentions(node: &ExpressionNode, word: &str) -> bool {
    match node {
        ExpressionNode::Word(known) => known == word,
        ExpressionNode::And(parts) | ExpressionNode::Or(parts) => {
            parts.iter().any(|part| mentions(part, word))
        }
        _ => false,
    }
}

/// Bytes of a Connection ID of an emulator that is tested for it.
const OWN_CONNECTION_ID: u8 = 6;

/// Endpoint Client Name that an emulated server under test does not let register.
const REFUSED_ENDPOINT: &str = "urn:dev:refused";
/// Sets the randomness of channels apart from that of emulators.
const CHANNEL_SEED: u64 = 0xc4a7_7e11;
/// Widens upper limits (notation, 4).
const LATENCY: Duration = Duration::from_secs(1);
/// The same between emulators, which have none.
const OWN_LATENCY: Duration = Duration::from_millis(100);
/// Latest answer (notation, 4).
const ANSWER_TIME: Duration = Duration::from_secs(10);
