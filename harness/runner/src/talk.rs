//! A talk: emulators on real sockets, whoever is at the other end, and somebody who says what is sent next.
//!
//! It stands on what plays a case live (`live`, `stage`), with an open play in the place of a case's dialogue.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use coap::{Code, ContentFormat, Message, Time};
use emulator::{
    Act, Answer as Natural, Client, ClientConfiguration, Direction, Misbehaviour, Seen,
};
use judge::command::Request;
use judge::{News, Sent};
use lwm2m::{Node, Operation, Path, Registry, Type, Value, Version};
use record::LiveMessage;
use testcase::{ControlVerb, File, Library, Line, Role, Seat, TestCase};
use tokio::sync::{mpsc, oneshot, watch};
use transport::{About, Holder, Tap, TcpEndpoint, UdpEndpoint};

use crate::casting::{Run, Seating, Tested};
use crate::claims::Claims;
use crate::clock::RunClock;
use crate::error::HarnessError;
use crate::iut::Placeholders;
use crate::live::{self, Live, Relays, Sockets, StreamRelays};
use crate::mutant::Defect;
use crate::stage::Stage;
use crate::station::{Emulator, Station};
use crate::stop::Stop;

/// What a talk is made of.
pub struct Terms {
    /// Configurations and value sets.
    pub library: Arc<Library>,
    /// LwM2M version.
    pub version: Version,
    /// Object definitions.
    pub types: Arc<Registry>,
    /// `udp` or `tcp`.
    pub transport: String,
    /// Security mode.
    pub security: String,
    /// The emulator's seat.
    pub own: Seat,
    /// Where it listens; port 0 lets the system choose.
    pub listen: SocketAddr,
    /// Servers that a client registers with or asks for its bootstrap; the server that a bootstrap leads to.
    pub peers: BTreeMap<Seat, SocketAddr>,
    /// Endpoint Client Name of an emulated client.
    pub endpoint: String,
    /// Name of the configuration that an emulated client holds.
    pub configuration: String,
    /// Lifetime of its registration, in seconds, if it is not that of the configuration.
    pub lifetime: Option<u32>,
    /// Identity and key of PSK, if they are not the harness's own.
    pub psk: Option<(String, Vec<u8>)>,
    /// What an emulated client can do; none: everything.
    pub able: Option<Able>,
    /// What is wrong with the emulator.
    pub defects: Vec<Defect>,
    /// Where the capture goes.
    pub capture: Option<PathBuf>,
}

/// What an emulated client can do.
#[derive(Clone, Debug, Default)]
pub struct Able {
    /// Content-Formats.
    pub formats: Vec<ContentFormat>,
    /// Operations by their words; others are answered with 4.05.
    pub operations: Vec<String>,
    /// Objects with their Resources; no Resources: all that the configuration has.
    pub objects: BTreeMap<u16, Vec<u16>>,
}

/// A talk that goes on.
pub struct Talk {
    orders: mpsc::UnboundedSender<Order>,
    changed: RefCell<watch::Receiver<u64>>,
    own: Seat,
    address: SocketAddr,
    clock: RunClock,
}

/// An answer that came.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The message, its body joined from blocks.
    pub message: Message,
    /// Values in it, with absolute paths; the reason if they cannot be read.
    pub nodes: Result<Vec<Node>, String>,
    /// Its number in the capture.
    pub frame: u32,
    /// In how many blocks its body came.
    pub blocks: u32,
    /// For [`Talk::expect`].
    event: usize,
}

/// The talk has ended by itself: a socket broke.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the talk has ended")]
pub struct Ended;

/// Something to be done with the stage between two messages.
pub(crate) type Order = Box<dyn FnOnce(&mut Stage, Time)>;

impl Terms {
    fn case(&self) -> Result<Arc<TestCase>, HarnessError> {
        let mut with = String::new();
        if let Some(lifetime) = self.lifetime {
            with = format!("with: {{/1/0/1: {lifetime}}}\n");
        }
        let text = format!(
            "id: {NAME}\ntitle: A talk\nsource: {{document: testfest}}\nseats: [client]\n\
             configuration: {}\n{with}given: stopped\ndialogue:\n  - step: They talk.\n    criterion: A\n    {}\n",
            self.configuration,
            match self.involves(Role::BootstrapServer) {
                true => "client: {bootstrap-request: {}}\n    bootstrap-server: {changed: {}}",
                false => "client: {register: {}}\n    server: {created: {}}",
            }
        );
        let file = File::new(NAME, NAME, text);
        let (library, diagnostics) = Library::clone(&self.library).with(vec![file]);
        let case = library.cases.get(NAME).cloned();
        case.map(Arc::new).ok_or_else(|| {
            let first = diagnostics.into_iter().find(testcase::Diagnostic::is_error);
            let reason = first.map_or_else(String::new, |mistake| mistake.message);
            HarnessError::Lacks(format!(
                "configuration \"{}\": {reason}",
                self.configuration
            ))
        })
    }

    fn involves(&self, role: Role) -> bool {
        self.own.role == role || self.peers.keys().any(|seat| seat.role == role)
    }

    /// The seats that are not ours.
    fn strangers(&self) -> Vec<Seat> {
        let mut seats: Vec<Seat> = self.peers.keys().copied().collect();
        seats.push(match self.own.role {
            Role::Client => Seat::SERVER,
            _ => Seat::CLIENT,
        });
        seats.sort();
        seats.dedup();
        seats
    }

    fn run(&self) -> Run {
        let mut ixit = BTreeMap::new();
        if let Some((identity, key)) = &self.psk {
            ixit.insert("psk.identity".to_owned(), Value::String(identity.clone()));
            ixit.insert("psk.key".to_owned(), Value::Opaque(key.clone()));
        }
        let tested = Tested {
            claims: Claims::of_harness(self.version).clone(),
            ixit,
            ..Tested::default()
        };
        let seats = self.strangers().into_iter();
        Run {
            library: Arc::clone(&self.library),
            version: self.version,
            transport: self.transport.clone(),
            security: self.security.clone(),
            as_printed: false,
            weather: None,
            terminates: false,
            types: Arc::clone(&self.types),
            implementations: seats.map(|seat| (seat, tested.clone())).collect(),
        }
    }

    /// The stage before anything is said.
    fn stage(self, address: SocketAddr) -> Result<Stage, HarnessError> {
        let (case, run) = (self.case()?, self.run());
        let mut addresses = self.peers.clone();
        addresses.insert(self.own, address);
        let seating = Seating {
            relays: BTreeMap::new(),
            ends: BTreeMap::new(),
            judged: self.strangers().first().copied().unwrap_or(Seat::CLIENT),
            addresses,
            copy: 0,
            endpoint: self.endpoint.clone(),
            seed: 0x7a1c ^ (u64::from(std::process::id()) << 16) ^ u64::from(address.port()),
        };
        let mut stage = run.cast(&case, &seating, None);
        let client = self.own.role == Role::Client;
        let peers: Vec<Seat> = match client {
            true => self.strangers(),
            false => (1..=u8::MAX)
                .map(|number| Seat {
                    role: Role::Client,
                    number,
                })
                .collect(),
        };
        stage.play.first_mut().keep_open(peers);
        stage.parts_strangers = !client;
        for defect in self.defects {
            run.spoil(&mut stage, &case, &seating, self.own, defect);
        }
        if let (Some(able), Some(station)) = (self.able, stage.station(self.own)) {
            restrict(station, able);
        }
        Ok(stage)
    }
}

/// Makes an emulated client able to do no more than this.
fn restrict(station: &mut Station, able: Able) {
    let Emulator::Client(client) = &mut station.emulator else {
        return;
    };
    let mut configuration = client.configuration().clone();
    if !able.formats.is_empty() {
        configuration.formats = Some(able.formats);
    }
    if !able.objects.is_empty() {
        configuration.data.retain(|(path, _)| {
            let (object, resource) = (path.object().unwrap_or(0), path.resource());
            object < 2
                || able.objects.get(&object).is_some_and(|known| {
                    known.is_empty() || resource.is_none_or(|resource| known.contains(&resource))
                })
        });
        furnish(&mut configuration, &able.objects);
    }
    **client = Client::new(configuration);
    if able.operations.is_empty() {
        return;
    }
    let known = able.operations;
    let refused = move |seen: &Seen<'_>| {
        let word = seen.operation.map(Operation::word);
        seen.direction == Direction::Incoming
            && seen.message.code.is_request()
            && word.is_some_and(|word| !known.iter().any(|one| one == word))
    };
    let answer = Natural {
        code: Some(Code::METHOD_NOT_ALLOWED),
        ..Natural::default()
    };
    let misbehaviour = Misbehaviour::new(refused, Act::Answer(answer));
    station.emulator.endpoint().misbehave(misbehaviour);
}

/// Gives a client what it claims and its configuration lacks: one instance, each value the least of its type.
fn furnish(configuration: &mut ClientConfiguration, objects: &BTreeMap<u16, Vec<u16>>) {
    let registry = Arc::clone(&configuration.registry);
    let defined = objects.iter().filter_map(|(id, claimed)| {
        let definition = registry.object(*id).filter(|_| *id > 1)?;
        Some((definition, claimed))
    });
    for (definition, claimed) in defined {
        let mut held = configuration.data.iter().map(|(path, _)| path);
        let known = held.find(|path| path.object() == Some(definition.id));
        let known = known.and_then(|path| path.ids().get(1).copied());
        let instance = known.unwrap_or(0);
        for resource in definition.resources.values() {
            let wanted = match claimed.as_slice() {
                [] => known.is_none() && resource.mandatory,
                some => some.contains(&resource.id),
            };
            let Some(path) = Path::new(&[definition.id, instance, resource.id]) else {
                continue;
            };
            if !wanted
                || configuration
                    .data
                    .iter()
                    .any(|(held, _)| path.contains(held))
            {
                continue;
            }
            let value = least(resource.value_type);
            let place = path
                .child(0)
                .filter(|_| resource.multiple && value != Value::Nothing);
            configuration.data.push((place.unwrap_or(path), value));
        }
    }
}

fn least(value_type: Type) -> Value {
    match value_type {
        Type::String => Value::String(String::new()),
        Type::CoreLink => Value::CoreLink(String::new()),
        Type::Integer => Value::Integer(0),
        Type::UnsignedInteger => Value::UnsignedInteger(0),
        Type::Float => Value::Float(0.0),
        Type::Boolean => Value::Boolean(false),
        Type::Opaque => Value::Opaque(Vec::new()),
        Type::Time => Value::Time(0),
        // to nothing (Core TS, Appendix C)
        Type::ObjectLink => Value::ObjectLink {
            object: u16::MAX,
            instance: u16::MAX,
        },
        Type::None => Value::Nothing,
    }
}

/// Begins a talk and lets `body` lead it; gives what `body` gave, and where the capture is.
///
/// Has to be called within a Tokio runtime of one thread.
pub async fn hold<T>(
    terms: Terms,
    clock: RunClock,
    body: impl AsyncFnOnce(&Talk) -> T,
) -> Result<(T, Option<PathBuf>), HarnessError> {
    let started = SystemTime::now();
    let own = terms.own;
    let socket = UdpEndpoint::bind(terms.listen, clock.reader())?;
    let address = socket.local();
    let streams = match &*terms.transport {
        "tcp" => vec![Arc::new(TcpEndpoint::bind(address, clock.reader())?)],
        _ => Vec::new(),
    };
    let capture = terms.capture.clone();
    let stage = terms.stage(address)?;
    let tap = tap(capture.as_deref(), own, address, &stage, started)?;
    let sockets = Sockets::reading(vec![Arc::new(socket)], streams);
    let (orders, ordered) = mpsc::unbounded_channel();
    let (tell, changed) = watch::channel(0);
    let talk = Talk {
        orders,
        changed: RefCell::new(changed),
        own,
        address,
        clock: clock.clone(),
    };
    let nobody = BTreeMap::new();
    let hear = |_: &LiveMessage| tell.send_modify(|count| *count += 1);
    let playing = live::play(Live {
        stage,
        tap,
        sockets: &sockets,
        implementations: &nobody,
        placeholders: Placeholders::new(),
        own_places: BTreeMap::new(),
        relays: Relays::default(),
        stream_relays: StreamRelays::default(),
        clock,
        stop: Stop::never(),
        budget: None,
        jumps: false,
        hear: Some(&hear),
        orders: Some(ordered),
    });
    let leading = async {
        let outcome = body(&talk).await;
        let end = |stage: &mut Stage, now| stage.play.end(now, "the talk is over", None);
        // it may be over already
        let _ = talk.order(end).await;
        outcome
    };
    let (played, outcome) = tokio::join!(playing, leading);
    if capture.is_none() {
        return Ok((outcome, None));
    }
    let comments: Vec<(u32, String)> = played
        .stage
        .play
        .first()
        .findings()
        .iter()
        .map(|finding| {
            (
                finding.frame,
                format!("{}: {}", finding.rule, finding.message),
            )
        })
        .collect();
    let captured = played.tap.finish(&comments, &[])?;
    Ok((outcome, Some(captured.path)))
}

fn tap(
    path: Option<&std::path::Path>,
    own: Seat,
    address: SocketAddr,
    stage: &Stage,
    started: SystemTime,
) -> Result<Tap, HarnessError> {
    let about = About {
        hardware: std::env::consts::ARCH.to_owned(),
        system: std::env::consts::OS.to_owned(),
        application: format!("testfest {}", env!("CARGO_PKG_VERSION")),
        comment: format!("a talk of an emulated {own}"),
        started,
    };
    let mut tap = match path {
        Some(path) => Tap::create(path, about)?,
        None => Tap::nowhere(about)?,
    };
    tap.seat(address, &own.to_string(), Holder::Harness);
    for (address, seat) in &stage.addresses {
        if *seat != own {
            tap.seat(*address, &seat.to_string(), Holder::Implementation);
        }
    }
    Ok(tap)
}

impl Talk {
    /// The emulator's seat.
    pub const fn own(&self) -> Seat {
        self.own
    }

    /// Where it listens.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The time of the talk's clock.
    pub fn now(&self) -> Time {
        self.clock.now()
    }

    /// Does something with the stage between two messages.
    pub async fn order<T: 'static>(
        &self,
        deed: impl FnOnce(&mut Stage, Time) -> T + 'static,
    ) -> Result<T, Ended> {
        let (give, take) = oneshot::channel();
        let order: Order = Box::new(move |stage, now| {
            // whoever ordered it may have gone
            drop(give.send(deed(stage, now)));
        });
        self.orders.send(order).map_err(|_| Ended)?;
        take.await.map_err(|_| Ended)
    }

    /// Waits until a message has passed that was not there at the last call.
    pub async fn changed(&self) {
        let mut changed = self.changed.borrow().clone();
        let _ = changed.changed().await;
        self.changed.borrow_mut().mark_unchanged();
    }

    /// What has happened since the last call.
    pub async fn news(&self) -> Result<Vec<News>, Ended> {
        self.changed.borrow_mut().mark_unchanged();
        self.order(|stage, _| stage.play.first_mut().news()).await
    }

    /// Starts or stops an emulated client.
    pub async fn control(&self, verb: ControlVerb) -> Result<(), Ended> {
        let own = self.own;
        self.order(move |stage, now| {
            if let Some(station) = stage.station(own) {
                station.control(now, verb);
            }
        })
        .await
    }

    /// Does something with the emulator.
    pub async fn with_emulator<T: 'static>(
        &self,
        deed: impl FnOnce(&mut Emulator, Time) -> T + 'static,
    ) -> Result<Option<T>, Ended> {
        let own = self.own;
        self.order(move |stage, now| {
            let station = stage.station(own)?;
            Some(deed(&mut station.emulator, now))
        })
        .await
    }

    /// Sends what a line says; the reason if it cannot be sent.
    pub async fn say(&self, line: Line) -> Result<Result<Sent, String>, Ended> {
        let own = self.own;
        let say = move |stage: &mut Stage, now| {
            let (to, request) = stage.play.first().request_of(&line)?;
            let name = line.as_name.as_ref().map(ToString::to_string);
            send(stage, now, (own, to), &request, name.as_deref())
        };
        self.order(say).await
    }

    /// Sends an operation to a seat; the reason if it cannot be sent.
    pub async fn request(&self, to: Seat, request: Request) -> Result<Result<Sent, String>, Ended> {
        let own = self.own;
        self.order(move |stage, now| send(stage, now, (own, to), &request, None))
            .await
    }

    /// Waits for the answer to what was sent; `None` if none comes in time.
    pub async fn answer(&self, sent: &Sent, within: Duration) -> Result<Option<Answer>, Ended> {
        let sent = sent.clone();
        let find = move |stage: &mut Stage, _: Time| {
            let (index, event) = stage.play.first().answer_of(&sent)?;
            Some(Answer {
                message: event.message.clone()?,
                nodes: stage.play.first().nodes_of(event),
                frame: event.frame(),
                blocks: event.blocks.map_or(1, |cut| cut.count),
                event: index,
            })
        };
        self.until(find, within).await
    }

    /// Compares an answer with the line that it should fit; the contradiction in one line.
    pub async fn expect(&self, line: Line, answer: &Answer) -> Result<Result<(), String>, Ended> {
        let event = answer.event;
        self.order(move |stage, now| stage.play.first_mut().expect(&line, event, now))
            .await
    }

    /// Waits until `look` finds something, looking again with each message; `None` if it does not in time.
    pub async fn until<T: 'static>(
        &self,
        look: impl Fn(&mut Stage, Time) -> Option<T> + Clone + 'static,
        within: Duration,
    ) -> Result<Option<T>, Ended> {
        let limit = tokio::time::Instant::now() + within;
        let mut changed = self.changed.borrow().clone();
        loop {
            changed.mark_unchanged();
            if let Some(found) = self.order(look.clone()).await? {
                return Ok(Some(found));
            }
            tokio::select! {
                _ = changed.changed() => {}
                () = tokio::time::sleep_until(limit) => return Ok(None),
            }
        }
    }
}

fn send(
    stage: &mut Stage,
    now: Time,
    (from, to): (Seat, Seat),
    request: &Request,
    name: Option<&str>,
) -> Result<Sent, String> {
    let sent = stage
        .play
        .first_mut()
        .announce(from, to, &request.operation, name);
    stage.perform(now, from, to, request)?;
    Ok(sent)
}

/// The values that a client holds, for those who ask what there is.
pub fn values_of(emulator: &Emulator) -> Vec<Node> {
    match emulator {
        Emulator::Client(client) => client.store().nodes(Path::ROOT),
        _ => Vec::new(),
    }
}

/// The name of the case in whose place a talk stands.
const NAME: &str = "talk";
