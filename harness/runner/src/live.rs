//! Plays a case live: moves datagrams between sockets and emulators, taps them, controls implementations, keeps the time.

mod bridges;
mod connections;
mod relays;
mod stream_relays;

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use coap::Time;
use judge::Follower;
use judge::command::{Command, CommandId, Outcome};
use record::{LiveMessage, Wait, WaitKind};
use testcase::Seat;
use tokio::sync::mpsc;
use transport::{Arrival, Relayed, Tap, TcpEndpoint, UdpEndpoint};

use crate::channel::Wire;
use crate::clock::RunClock;
use crate::iut::{self, Iut, Placeholders};
use crate::operate::operate;
use crate::stage::{Outgoing, Stage};
use crate::stop::Stop;
use crate::talk::Order;
use crate::weather::{Parcel, Way};
use connections::Connections;
pub(crate) use relays::{COPY, Relays};
pub(crate) use stream_relays::{StreamRelays, UNREACHED};

/// What a live case runs on.
pub(crate) struct Live<'a> {
    pub(crate) stage: Stage,
    pub(crate) tap: Tap,
    pub(crate) sockets: &'a Sockets,
    pub(crate) implementations: &'a BTreeMap<Seat, Arc<Iut>>,
    pub(crate) placeholders: Placeholders,
    /// What a seat knows otherwise: its own place behind a relay.
    pub(crate) own_places: BTreeMap<Seat, Placeholders>,
    /// What stands between implementations.
    pub(crate) relays: Relays<'a>,
    /// The same for a case over TCP; what comes to them comes with the rest.
    pub(crate) stream_relays: StreamRelays,
    pub(crate) clock: RunClock,
    pub(crate) stop: Stop,
    /// Real time since the run began after which nothing more is played.
    pub(crate) budget: Option<Duration>,
    /// Whether the clock may jump: no implementation has a clock of its own.
    pub(crate) jumps: bool,
    /// Who hears of messages as they pass.
    pub(crate) hear: Option<&'a dyn Fn(&LiveMessage)>,
    /// What somebody else wants to be done with the stage.
    pub(crate) orders: Option<mpsc::UnboundedReceiver<Order>>,
}

/// What came of it.
pub(crate) struct Played {
    pub(crate) stage: Stage,
    pub(crate) tap: Tap,
    pub(crate) waits: Vec<Wait>,
    /// What the capture says of frames beside their steps.
    pub(crate) marks: Vec<(u32, String)>,
    /// Real time in which something was waited for.
    pub(crate) waited: Duration,
    pub(crate) interrupted: bool,
}

/// Sockets with a task each that reads them; the tasks end with this value.
pub(crate) struct Sockets {
    endpoints: Vec<Arc<UdpEndpoint>>,
    streams: Vec<Arc<TcpEndpoint>>,
    readers: Vec<tokio::task::JoinHandle<()>>,
    arrivals: tokio::sync::Mutex<mpsc::Receiver<Came>>,
    /// Keeps the channel open where a pair needs no socket of ours.
    _open: mpsc::Sender<Came>,
}

/// What came, and at which of our addresses.
type Came = (SocketAddr, Result<Arrival, String>);

impl Sockets {
    /// Reads these sockets from now on.
    pub(crate) fn reading(
        endpoints: Vec<Arc<UdpEndpoint>>,
        streams: Vec<Arc<TcpEndpoint>>,
    ) -> Self {
        let (sender, arrivals) = mpsc::channel(WAITING);
        let mut readers = Vec::new();
        for endpoint in &endpoints {
            readers.push(tokio::spawn(read(Arc::clone(endpoint), sender.clone())));
        }
        for stream in &streams {
            readers.push(tokio::spawn(read_stream(
                Arc::clone(stream),
                sender.clone(),
            )));
        }
        Self {
            endpoints,
            streams,
            readers,
            arrivals: tokio::sync::Mutex::new(arrivals),
            _open: sender,
        }
    }

    fn at(&self, address: SocketAddr) -> Option<&Arc<UdpEndpoint>> {
        self.endpoints
            .iter()
            .find(|endpoint| endpoint.local() == address)
    }

    fn stream_at(&self, address: SocketAddr) -> Option<&Arc<TcpEndpoint>> {
        self.streams
            .iter()
            .find(|endpoint| endpoint.local() == address)
    }
}

impl Drop for Sockets {
    fn drop(&mut self) {
        for reader in &self.readers {
            reader.abort();
        }
    }
}

async fn read(endpoint: Arc<UdpEndpoint>, sender: mpsc::Sender<Came>) {
    loop {
        let arrival = endpoint.receive().await.map_err(|error| error.to_string());
        let broken = arrival.is_err();
        if sender.send((endpoint.local(), arrival)).await.is_err() || broken {
            return;
        }
    }
}

async fn read_stream(endpoint: Arc<TcpEndpoint>, sender: mpsc::Sender<Came>) {
    loop {
        let arrival = endpoint.receive().await.map_err(|error| error.to_string());
        let broken = arrival.is_err();
        if sender.send((endpoint.local(), arrival)).await.is_err() || broken {
            return;
        }
    }
}

enum Happened {
    Arrived(SocketAddr, Result<Arrival, String>),
    Ended(CommandId, Outcome),
    Relayed(Relayed),
    Crashed(Seat, iut::Exit),
    Ordered(Order),
    Stopped,
    Due,
}

struct Driver<'a> {
    live: Live<'a>,
    outcomes: mpsc::UnboundedReceiver<(CommandId, Outcome)>,
    report: mpsc::UnboundedSender<(CommandId, Outcome)>,
    flying: u32,
    busy: u32,
    waits: Vec<Wait>,
    marks: Vec<(u32, String)>,
    /// Real time in which something was waited for.
    waited: Duration,
    began: Time,
    /// Processes whose end is known.
    ended: BTreeSet<u32>,
    streams: Connections,
    follower: Follower,
    orders: Option<mpsc::UnboundedReceiver<Order>>,
}

/// Plays the case to its end.
pub(crate) async fn play(mut live: Live<'_>) -> Played {
    let orders = live.orders.take();
    let (report, outcomes) = mpsc::unbounded_channel();
    let began = live.clock.now();
    // how a process of the case before ended is no matter of this one
    let ended = live
        .implementations
        .values()
        .filter_map(|iut| iut.ended_process())
        .collect();
    let mut driver = Driver {
        live,
        outcomes,
        report,
        flying: 0,
        busy: 0,
        waits: Vec::new(),
        marks: Vec::new(),
        waited: Duration::ZERO,
        began,
        ended,
        streams: Connections::default(),
        follower: Follower::default(),
        orders,
    };
    let interrupted = driver.run().await;
    driver.note_key_logs();
    driver.marks.extend(driver.live.stage.take_marks());
    Played {
        stage: driver.live.stage,
        tap: driver.live.tap,
        waits: driver.waits,
        marks: driver.marks,
        waited: driver.waited,
        interrupted,
    }
}

impl Driver<'_> {
    async fn run(&mut self) -> bool {
        self.live.stage.play.handle_timeout(self.began);
        loop {
            self.settle().await;
            self.tell_what_passed();
            if self.live.stage.play.is_over() {
                return false;
            }
            if self.out_of_time() {
                return false;
            }
            let before = self.live.clock.now();
            let kind = self.live.stage.play.waits_for();
            let reason = self.live.stage.play.waiting();
            let real = self.live.clock.real();
            let (happened, jumped) = self.wait(before).await;
            self.waited += self.live.clock.real().saturating_sub(real);
            self.note_wait(before, kind, reason, jumped);
            if self.take(happened).await {
                return true;
            }
        }
    }

    fn tell_what_passed(&mut self) {
        if let Some(hear) = self.live.hear {
            let passed = self.follower.passed(self.live.stage.play.first());
            passed.iter().for_each(hear);
        }
    }

    /// Moves everything that can be moved now.
    async fn settle(&mut self) {
        let now = self.live.clock.now();
        self.read_key_logs(now);
        self.live.stage.handle_timeout(now);
        loop {
            let now = self.live.clock.now();
            let mut idle = true;
            for command in self.live.stage.obey(now) {
                self.control(command);
                idle = false;
            }
            while let Some(outgoing) = self.live.stage.poll_transmit(now) {
                idle = false;
                self.send(outgoing).await;
            }
            for line in self.live.stage.take_secrets() {
                self.live.tap.secret(&line);
            }
            idle &= !self.release(now).await;
            idle &= !self.run_errands(now);
            if idle || self.live.stage.play.is_over() {
                return;
            }
        }
    }

    /// Puts on the wire what a seat of ours wants there, and taps it.
    async fn send(&mut self, outgoing: Outgoing) {
        let Outgoing { from, to, wire } = outgoing;
        let bytes = match wire {
            Wire::Datagram(bytes) => bytes,
            other => return self.send_stream(from, to, other),
        };
        let Some(socket) = self.live.sockets.at(from).cloned() else {
            return;
        };
        let carried = self
            .live
            .relays
            .carry(from, to, |to| self.live.stage.is_ours(to));
        if self.live.stage.gusts.is_some() && !carried {
            let now = self.live.clock.now();
            let parcel = Parcel::first(Way::Send, from, to, bytes);
            if let Some(parcel) = self.live.stage.defer(now, parcel) {
                self.cross(now, parcel);
            }
            return;
        }
        let time = match socket.send(to, &bytes).await {
            Ok(time) => time,
            Err(error) => return self.live.stage.play.note(&error.to_string()),
        };
        if carried {
            // it comes to the relay, which taps it, and from there to its receiver
            self.flying += 2;
            return;
        }
        let frame = self.live.tap.record(time, from, to, &bytes);
        self.live.stage.tapped(time, frame, from, to, &bytes);
        self.flying += u32::from(self.live.stage.is_ours(to));
    }

    fn control(&mut self, command: Command) {
        let Some((id, seat)) = owner(&command) else {
            return;
        };
        let Some(implementation) = self.live.implementations.get(&seat).cloned() else {
            self.live
                .stage
                .play
                .handle_outcome(self.live.clock.now(), id, Outcome::NobodyToAsk);
            return;
        };
        self.busy += 1;
        let (report, mut placeholders) = (self.report.clone(), self.live.placeholders.clone());
        let mut command = command;
        if let Some(own) = self.live.own_places.get(&seat) {
            placeholders.extend(own.clone());
            if let Some(fillings) = fillings(&mut command) {
                fillings.extend(own.clone());
            }
        }
        tokio::spawn(async move {
            let outcome = operate(&implementation, command, placeholders).await;
            // the case may be over by now
            drop(report.send((id, outcome)));
        });
    }

    async fn wait(&mut self, now: Time) -> (Happened, bool) {
        let due = self.live.stage.poll_timeout();
        let idle = self.flying == 0 && self.streams.is_still() && self.busy == 0;
        if self.live.jumps
            && idle
            && let Some(due) = due
        {
            self.live.clock.jump_to(due);
            return (Happened::Due, true);
        }
        let mut sleep = due.map_or(IDLE, |due| due.since(now)).min(IDLE);
        if let Some(period) = self.live.relays.key_logs.period() {
            sleep = sleep.min(period);
        }
        let moving = self.flying > 0 || !self.streams.is_still();
        if self.live.jumps && moving {
            sleep = sleep.min(LOST);
        }
        let happened = {
            let mut arrivals = self.live.sockets.arrivals.lock().await;
            let end = first_end(self.live.implementations, &self.ended);
            tokio::select! {
                biased;
                // what a relay brings is tapped before it arrives
                relayed = self.live.relays.next() => Happened::Relayed(relayed),
                arrival = arrivals.recv() => arrival.map_or(Happened::Stopped, |(at, arrival)| Happened::Arrived(at, arrival)),
                Some((id, outcome)) = self.outcomes.recv() => Happened::Ended(id, outcome),
                Some(order) = next_order(&mut self.orders) => Happened::Ordered(order),
                (seat, process, exit) = end => {
                    self.ended.insert(process);
                    Happened::Crashed(seat, exit)
                }
                () = self.live.stop.requested() => Happened::Stopped,
                () = tokio::time::sleep(sleep) => Happened::Due,
            }
        };
        if self.live.jumps && moving && matches!(happened, Happened::Due) {
            // a datagram on loopback that did not come by now was dropped by the system
            self.flying = 0;
            self.streams.settle();
        }
        (happened, false)
    }

    /// Takes what happened; `true` if the run is to stop.
    async fn take(&mut self, happened: Happened) -> bool {
        let now = self.live.clock.now();
        match happened {
            Happened::Arrived(
                _,
                Ok(Arrival::Datagram {
                    time,
                    from,
                    to,
                    bytes,
                }),
            ) => self.arrived(time, from, to, &bytes),
            Happened::Arrived(at, Ok(arrival)) => self.stream_arrived(at, arrival),
            Happened::Due => {}
            Happened::Relayed(relayed) if self.live.stream_relays.is_empty() => {
                self.take_relayed(now, relayed);
            }
            Happened::Relayed(relayed) => self.take_relayed_stream(relayed.arrival),
            Happened::Ordered(order) => order(&mut self.live.stage, now),
            Happened::Arrived(_, Err(reason)) => self.live.stage.play.end(now, &reason, None),
            Happened::Ended(id, outcome) => {
                self.busy = self.busy.saturating_sub(1);
                self.live.stage.play.handle_outcome(now, id, outcome);
            }
            Happened::Crashed(seat, exit) => self.take_exit(now, seat, &exit),
            Happened::Stopped => {
                self.live.stage.play.end(now, "interrupted", None);
                return true;
            }
        }
        false
    }

    fn arrived(&mut self, time: Time, from: SocketAddr, to: SocketAddr, bytes: &[u8]) {
        if self.live.stage.is_ours(from) || self.is_brought(from, to) {
            // tapped when it was sent, or by the relay that brought it
            self.flying = self.flying.saturating_sub(1);
        } else if self.live.jumps {
            // an emulator of the case before sent it to a socket that outlives the cases
            return;
        } else {
            let seat = self.live.stage.heard_from(from);
            self.live
                .tap
                .seat(from, &seat.to_string(), transport::Holder::Implementation);
            if self.live.stage.gusts.is_some() {
                let parcel = Parcel::first(Way::Deliver, from, to, bytes.to_vec());
                if let Some(parcel) = self.live.stage.defer(time, parcel) {
                    self.cross(time, parcel);
                }
                return;
            }
            let frame = self.live.tap.record(time, from, to, bytes);
            self.live.stage.tapped(time, frame, from, to, bytes);
        }
        self.live.stage.deliver(time, from, to, bytes);
    }

    /// A process that ended by itself: with an error it is the seat's failure, else only said.
    fn take_exit(&mut self, now: Time, seat: Seat, exit: &iut::Exit) {
        if exit.asked {
            return;
        }
        let text = format!("the {seat}'s process ended by itself: {exit}");
        if exit.code == Some(0) {
            self.live.stage.play.note(&text);
        } else {
            self.live.stage.play.end(now, &text, Some(seat));
        }
    }

    fn out_of_time(&mut self) -> bool {
        let now = self.live.clock.now();
        let spent = self.live.clock.real();
        if self.live.budget.is_none_or(|budget| spent < budget) {
            return false;
        }
        let play = &mut self.live.stage.play;
        play.end_out_of_time(now, "the session's budget ended");
        true
    }

    fn note_wait(&mut self, before: Time, kind: WaitKind, reason: String, jumped: bool) {
        let after = self.live.clock.now();
        if after.since(before) < NOTED {
            return;
        }
        let offset =
            |time: Time| u64::try_from(time.since(self.began).as_nanos()).unwrap_or(u64::MAX);
        let (started, ended) = (offset(before), offset(after));
        match self.waits.last_mut() {
            Some(last)
                if last.ended + JOINED >= started
                    && last.reason == reason
                    && last.jumped == jumped =>
            {
                last.ended = ended;
            }
            _ => self.waits.push(Wait {
                started,
                ended,
                kind,
                reason,
                jumped,
            }),
        }
    }
}

fn owner(command: &Command) -> Option<(CommandId, Seat)> {
    match command {
        Command::Control { id, seat, .. }
        | Command::Trigger { id, seat, .. }
        | Command::Show { id, seat, .. }
        | Command::Ask { id, seat, .. } => Some((*id, *seat)),
        Command::Perform { .. }
        | Command::Prepare { .. }
        | Command::Hush { .. }
        | Command::Channel { .. }
        | Command::Impair { .. }
        | Command::Heal { .. } => None,
    }
}

/// What fills the placeholders of a command.
const fn fillings(command: &mut Command) -> Option<&mut Vec<(String, String)>> {
    match command {
        Command::Trigger { stimulus, .. } => Some(&mut stimulus.placeholders),
        Command::Show { placeholders, .. } => Some(placeholders),
        _ => None,
    }
}

/// The next order; of nobody, none ever.
async fn next_order(orders: &mut Option<mpsc::UnboundedReceiver<Order>>) -> Option<Order> {
    match orders {
        Some(orders) => orders.recv().await,
        None => None,
    }
}

/// The first implementation whose process ends, of those whose end is not `known`.
async fn first_end(
    implementations: &BTreeMap<Seat, Arc<Iut>>,
    known: &BTreeSet<u32>,
) -> (Seat, u32, iut::Exit) {
    let end = async |seat: Seat, iut: &Iut| {
        let (process, exit) = iut.ended_beyond(known).await;
        (seat, process, exit)
    };
    let waiting = implementations
        .iter()
        .map(|(seat, iut)| Box::pin(end(*seat, iut)));
    let waiting: Vec<_> = waiting.collect();
    if waiting.is_empty() {
        return std::future::pending().await;
    }
    futures_util::future::select_all(waiting).await.0
}

/// Datagrams that may wait to be taken.
const WAITING: usize = 4_096;
/// Longest sleep without looking around.
const IDLE: Duration = Duration::from_secs(1);
/// When a datagram between our own sockets counts as lost.
const LOST: Duration = Duration::from_millis(200);
/// Shortest wait that is noted.
const NOTED: Duration = Duration::from_millis(20);
/// Waits this close are one wait, in nanoseconds.
const JOINED: u64 = 1_000_000;
