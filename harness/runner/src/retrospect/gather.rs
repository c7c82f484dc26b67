//! The LwM2M conversations of a foreign capture: who talks with whom, read as far as its secrets allow.
//!
//! Bounded, whatever the file's size: so many pairs of addresses, messages and bytes are kept, and what goes beyond is said.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::Read;
use std::net::SocketAddr;

use capture::{CaptureError, Item, KeyLog, Reader};
use coap::{Code, Message, option};
use judge::watch::{Sight, Watch, Watched};
use judge::{Captured, Passed};
use lwm2m::Version;
use testcase::{Role, Seat};

use super::conversation::passed;

/// What is known of a capture before it is read.
#[derive(Clone, Debug, Default)]
pub struct Hints {
    /// Addresses of clients.
    pub clients: BTreeSet<SocketAddr>,
    /// Addresses of servers.
    pub servers: BTreeSet<SocketAddr>,
    /// Identities of pre-shared keys with their keys.
    pub keys: Vec<(Vec<u8>, Vec<u8>)>,
    /// Texts of key logs.
    pub key_logs: Vec<String>,
}

/// What a capture holds of LwM2M.
#[derive(Default)]
pub struct Gathered {
    /// Conversations, one for each client, in the order of their first messages.
    pub talks: Vec<Talk>,
    /// What there is to say of the whole.
    pub remarks: Vec<String>,
    /// Number of frames in the file, as far as it was read.
    pub frames: u64,
    /// What ended it early.
    pub error: Option<CaptureError>,
    /// Whether something was left out that might have been judged.
    pub partial: bool,
}

/// A client with those it talks with.
#[derive(Default)]
pub struct Talk {
    /// Endpoint Client Name, if it was heard.
    pub endpoint: Option<String>,
    /// Version that the client registered with.
    pub version: Option<Version>,
    /// Whose address is whose.
    pub seats: BTreeMap<SocketAddr, Seat>,
    /// What passed, in the order of the file.
    pub watched: Vec<Watched>,
    /// Whether a Register was heard.
    pub registers: bool,
}

/// What passes between two addresses.
#[derive(Default)]
struct Pair {
    /// The client, and what the other is; `None` as long as nothing tells.
    roles: Option<(SocketAddr, Role)>,
    endpoint: Option<String>,
    version: Option<Version>,
    registers: bool,
    watched: Vec<(u64, Watched)>,
}

/// Both ends, the lower first.
type Ends = (SocketAddr, SocketAddr);

/// Sorts what a capture holds by conversation.
struct Gatherer<'h> {
    hints: &'h Hints,
    watch: Watch,
    pairs: HashMap<Ends, Pair>,
    /// Whether a direction of a TCP connection is CoAP or TLS, once its first bytes have told.
    streams: HashMap<(SocketAddr, SocketAddr), bool>,
    guarded: usize,
    count: u64,
    kept: usize,
    bytes: usize,
    full: bool,
    /// Whether so few pairs were strangers when room was made last that it is not worth while to do so again.
    crowded: bool,
    /// The same of messages and their bytes.
    spent: bool,
}

impl Gathered {
    /// Reads a capture; an error that ends it stands beside what came before.
    pub fn read(input: impl Read, hints: &Hints) -> Self {
        let mut gatherer = Gatherer::new(hints);
        let mut reader = Reader::new(input);
        let mut error = None;
        let mut cut = 0_u64;
        for item in reader.by_ref() {
            match item {
                Ok(Item::Secrets(secrets)) => gatherer.key_log(&secrets.key_log),
                Ok(Item::Datagram(one)) if !one.is_whole() => cut += 1,
                Ok(item) => {
                    if let Some(captured) = passed(item) {
                        gatherer.take(captured);
                    }
                }
                Err(found) => error = Some(found),
            }
        }
        let frames = reader.frames();
        let mut gathered = gatherer.end();
        gathered.frames = frames;
        gathered.error = error;
        if cut > 0 {
            gathered.partial = true;
            gathered.remarks.push(format!(
                "{cut} datagrams were not captured to their end, and none of them is judged"
            ));
        }
        gathered
    }
}

impl<'h> Gatherer<'h> {
    fn new(hints: &'h Hints) -> Self {
        let mut watch = Watch::default();
        for (identity, key) in &hints.keys {
            watch.psk(identity, key);
        }
        let mut gatherer = Self {
            hints,
            watch,
            pairs: HashMap::new(),
            streams: HashMap::new(),
            guarded: 0,
            count: 0,
            kept: 0,
            bytes: 0,
            full: false,
            crowded: false,
            spent: false,
        };
        for text in &hints.key_logs {
            gatherer.key_log(text);
        }
        gatherer
    }

    fn key_log(&mut self, text: &str) {
        for secret in KeyLog::read(text).secrets {
            self.watch.secret(secret.client_random, secret.master);
        }
    }

    fn take(&mut self, captured: Captured) {
        let ends = captured.ends;
        let wanted = match &captured.what {
            Passed::Datagram(bytes) | Passed::Copy(bytes) => self.is_of_interest(ends, bytes),
            Passed::Bytes(bytes) => self.is_stream_of_interest(ends, bytes),
            Passed::Opened => {
                for ends in [ends, (ends.1, ends.0)] {
                    self.streams.remove(&ends);
                }
                is_coap_port(ends.1) || self.is_hinted(ends)
            }
            Passed::Closed => self.pairs.contains_key(&sorted(ends)),
        };
        if !wanted || !self.has_room_for(ends) {
            return;
        }
        captured.show(&mut self.watch);
        self.collect();
    }

    /// Whether a datagram may be CoAP or DTLS; that of DTLS makes its server's address one that is protected.
    fn is_of_interest(&mut self, ends: (SocketAddr, SocketAddr), bytes: &[u8]) -> bool {
        match bytes {
            // a record of DTLS 1.0 or 1.2 (RFC 6347, 4.1)
            [20..=25, 0xfe, 0xfd | 0xff, ..] => self.guard(ends, bytes.get(13) == Some(&1)),
            [first, code, _, _, ..] => {
                let readable = first >> 6 == 1 && first & 0xf <= 8;
                readable && is_code(*code) || self.is_hinted(ends)
            }
            _ => false,
        }
    }

    /// Whether a stream is CoAP, which begins with a CSM (RFC 8323, 5.3), or TLS on a port of CoAP.
    fn is_stream_of_interest(&mut self, ends: (SocketAddr, SocketAddr), bytes: &[u8]) -> bool {
        if let Some(known) = self.streams.get(&ends) {
            return *known;
        }
        if self.streams.len() >= MOST_PAIRS {
            return false;
        }
        let other = self.streams.get(&(ends.1, ends.0)).copied();
        let ports = is_coap_port(ends.0) || is_coap_port(ends.1) || self.is_hinted(ends);
        let wanted = match bytes {
            [22, 3, ..] if ports => self.guard(ends, bytes.get(5) == Some(&1)),
            [first, 0xe1, ..] if first & 0xf == 0 => true,
            _ => other.unwrap_or(ports),
        };
        self.streams.insert(ends, wanted);
        wanted
    }

    /// Takes note that the receiver of a ClientHello, or else the end with a port of CoAP, protects what it sends.
    fn guard(&mut self, (from, to): (SocketAddr, SocketAddr), is_client_hello: bool) -> bool {
        let server = if is_client_hello || is_coap_port(to) {
            to
        } else {
            from
        };
        if self.guarded < MOST_PAIRS {
            self.guarded += 1;
            self.watch.guard(server);
        }
        true
    }

    fn is_hinted(&self, (from, to): (SocketAddr, SocketAddr)) -> bool {
        let known =
            |address| self.hints.clients.contains(address) || self.hints.servers.contains(address);
        known(&from) || known(&to)
    }

    /// Whether this pair is known or there is room for another.
    fn has_room_for(&mut self, ends: (SocketAddr, SocketAddr)) -> bool {
        if self.pairs.contains_key(&sorted(ends)) {
            return true;
        }
        if self.pairs.len() >= MOST_PAIRS && !self.crowded {
            self.drop_strangers();
            self.crowded = is_near(self.pairs.len(), MOST_PAIRS);
        }
        if self.pairs.len() >= MOST_PAIRS {
            self.full = true;
            return false;
        }
        self.pairs.insert(sorted(ends), Pair::default());
        true
    }

    /// Forgets those of whom nothing told that they speak LwM2M.
    fn drop_strangers(&mut self) {
        let (kept, bytes) = (&mut self.kept, &mut self.bytes);
        self.pairs.retain(|_, pair| {
            let stays = pair.roles.is_some();
            if !stays {
                let sizes = pair.watched.iter().map(|(_, watched)| size(watched));
                *kept = kept.saturating_sub(pair.watched.len());
                *bytes = bytes.saturating_sub(sizes.sum());
            }
            stays
        });
    }

    fn collect(&mut self) {
        while let Some(watched) = self.watch.poll() {
            self.keep(watched);
        }
    }

    fn keep(&mut self, watched: Watched) {
        let ends = watched.ends;
        self.count += 1;
        let place = self.count;
        if (self.kept >= MOST_MESSAGES || self.bytes >= MOST_BYTES) && !self.spent {
            self.drop_strangers();
            self.spent = is_near(self.kept, MOST_MESSAGES) || is_near(self.bytes, MOST_BYTES);
        }
        if self.kept >= MOST_MESSAGES || self.bytes >= MOST_BYTES {
            self.full = true;
            return;
        }
        let Some(pair) = self.pairs.get_mut(&sorted(ends)) else {
            return;
        };
        pair.learn(&watched);
        self.kept += 1;
        self.bytes += size(&watched);
        pair.watched.push((place, watched));
    }

    /// Makes conversations of what was gathered.
    fn end(mut self) -> Gathered {
        self.watch.finish();
        self.collect();
        let mut gathered = Gathered::default();
        for session in self.watch.unread() {
            gathered.partial = true;
            gathered.remarks.push(format!(
                "frame {}: what {} and {} sent under protection was not read: {}",
                session.frame, session.client, session.server, session.why
            ));
        }
        if self.full {
            gathered.partial = true;
            gathered.remarks.push(format!(
                "the capture holds more than is judged at a time ({MOST_MESSAGES} messages, {MOST_BYTES} bytes, {MOST_PAIRS} pairs of addresses): only its beginning was"
            ));
        }
        for (ends, pair) in &mut self.pairs {
            pair.take_hints(*ends, self.hints);
        }
        gathered.talks = talks(self.pairs);
        gathered
    }
}

impl Pair {
    /// Learns from a message who is who.
    fn learn(&mut self, watched: &Watched) {
        let Sight::Message { bytes, reading, .. } = &watched.what else {
            return;
        };
        let read;
        let message = match reading {
            Some(reading) => reading.message.as_ref(),
            None => {
                read = coap::read(bytes).message;
                read.as_ref()
            }
        };
        let Some(message) = message.filter(|message| message.code.is_request()) else {
            return;
        };
        let (from, to) = watched.ends;
        let path = message.text_options(option::URI_PATH);
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        let found = match (message.code, path.as_slice()) {
            (Code::POST, ["rd"]) => {
                self.registers = true;
                self.endpoint = query(message, "ep=").or(self.endpoint.take());
                let version = query(message, "lwm2m=");
                let version = version.and_then(|text| Version::parse(&text));
                self.version = version.or(self.version);
                Some((from, Role::Server))
            }
            (_, ["rd", ..]) | (Code::POST, ["dp"]) => Some((from, Role::Server)),
            (Code::POST, ["bs"]) | (Code::GET, ["bspack"]) => {
                self.endpoint = query(message, "ep=").or(self.endpoint.take());
                Some((from, Role::BootstrapServer))
            }
            (_, [first, ..]) if first.parse::<u16>().is_ok() => Some((to, Role::Server)),
            _ => None,
        };
        // who registers says more than who is asked for something
        if self.roles.is_none() || self.registers && path == ["rd"] {
            self.roles = found.or(self.roles);
        }
    }

    fn take_hints(&mut self, (low, high): Ends, hints: &Hints) {
        for (one, other) in [(low, high), (high, low)] {
            if hints.clients.contains(&one) || hints.servers.contains(&other) {
                let role = self.roles.map_or(Role::Server, |(_, role)| role);
                self.roles = Some((one, role));
            }
        }
    }
}

/// Conversations, one for each client: the pairs that share its address or its Endpoint Client Name.
fn talks(pairs: HashMap<Ends, Pair>) -> Vec<Talk> {
    let mut known: Vec<(Ends, Pair)> = Vec::new();
    let mut others: Vec<(Ends, Pair)> = Vec::new();
    for (ends, pair) in pairs {
        match pair.roles {
            Some(_) => known.push((ends, pair)),
            None => others.push((ends, pair)),
        }
    }
    let first = |pair: &Pair| pair.watched.first().map(|(place, _)| *place);
    known.sort_by_key(|(_, pair)| first(pair));
    let mut talks: Vec<(Talk, Vec<(u64, Watched)>)> = Vec::new();
    for (ends, pair) in known {
        let Some((client, role)) = pair.roles else {
            continue;
        };
        let peer = if ends.0 == client { ends.1 } else { ends.0 };
        let same = talks.iter().position(|(talk, _)| {
            talk.seats.get(&client) == Some(&Seat::CLIENT)
                || talk.endpoint.is_some() && talk.endpoint == pair.endpoint
        });
        let index = same.unwrap_or_else(|| {
            talks.push(Default::default());
            talks.len() - 1
        });
        let Some((talk, watched)) = talks.get_mut(index) else {
            continue;
        };
        talk.seats.insert(client, Seat::CLIENT);
        if !talk.seats.contains_key(&peer) {
            let seat = next_seat(talk, role);
            talk.seats.insert(peer, seat);
        }
        talk.endpoint = talk.endpoint.take().or(pair.endpoint);
        talk.version = talk.version.or(pair.version);
        talk.registers |= pair.registers;
        watched.extend(pair.watched);
    }
    // a client fetches images from hosts that say nothing of LwM2M
    for (ends, pair) in others {
        for (client, peer) in [ends, (ends.1, ends.0)] {
            let of = |talk: &Talk| talk.seats.get(&client) == Some(&Seat::CLIENT);
            if let Some((talk, watched)) = talks.iter_mut().find(|(talk, _)| of(talk)) {
                talk.seats.entry(peer).or_insert(Seat::FILE_SERVER);
                watched.extend(pair.watched);
                break;
            }
        }
    }
    let ordered = talks.into_iter().map(|(mut talk, mut watched)| {
        watched.sort_by_key(|(place, _)| *place);
        let mut now = coap::Time::ZERO;
        talk.watched = watched
            .into_iter()
            .map(|(_, mut watched)| {
                // a clock that was set back while it was captured
                now = now.max(watched.time);
                watched.time = now;
                watched
            })
            .collect();
        talk
    });
    ordered.filter(|talk| !talk.watched.is_empty()).collect()
}

/// The first seat of a role that nobody in the conversation has; the last if all are taken.
fn next_seat(talk: &Talk, role: Role) -> Seat {
    let mut of_role = Seat::ALL.into_iter().filter(|seat| seat.role == role);
    let taken = |seat: &Seat| talk.seats.values().any(|taken| taken == seat);
    let free = of_role.clone().find(|seat| !taken(seat));
    free.or_else(|| of_role.next_back()).unwrap_or(Seat::SERVER)
}

fn query(message: &Message, start: &str) -> Option<String> {
    let queries = message.text_options(option::URI_QUERY);
    let mut found = queries.iter().filter_map(|one| one.strip_prefix(start));
    found.next().map(str::to_owned)
}

fn size(watched: &Watched) -> usize {
    match &watched.what {
        Sight::Message { bytes, .. } => bytes.len(),
        Sight::Frame { head, .. } => head.len(),
        _ => 0,
    }
}

/// Codes that CoAP has: classes of requests, responses and signals (RFC 7252, 12.1).
const fn is_code(code: u8) -> bool {
    matches!(code >> 5, 0 | 2 | 4 | 5)
}

/// The registered ports (RFC 7252, 6.1 and 6.2; Transport TS, 6.2), and those that a Bootstrap-Server often has.
const fn is_coap_port(address: SocketAddr) -> bool {
    matches!(address.port(), 5683 | 5684 | 5783 | 5784)
}

/// Whether hardly anything is left up to a limit.
const fn is_near(count: usize, limit: usize) -> bool {
    count >= limit - limit / 16
}

fn sorted((one, other): (SocketAddr, SocketAddr)) -> Ends {
    (one.min(other), one.max(other))
}

/// Pairs of addresses that are told apart.
const MOST_PAIRS: usize = 16_384;
/// Messages that are kept, of all conversations.
const MOST_MESSAGES: usize = 400_000;
/// Their bytes.
const MOST_BYTES: usize = 128 << 20;
