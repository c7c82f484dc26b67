//! The emulators over streams (RFC 8323): a client and a server that know only datagrams, two adapters, a connection in memory.
#![allow(clippy::unwrap_used, reason = "a test that breaks shall say where")]

mod network;

use std::net::SocketAddr;
use std::time::Duration;

use coap::stream::{Abort, Csm, Reader, Release, Settings, Signal, encode, read_frame};
use coap::{Code, ContentFormat, Kind, Message, MessageId, Time, Token, option, read};
use emulator::{
    Client, ClientConfiguration, CsmConduct, Endpoint, Event, Outcome, Perform, PongConduct,
    Server, ServerConfiguration, StreamAdapter, StreamConduct, StreamEvent, StreamOut,
};
use lwm2m::operation::{CancelObservation, Observe, Read, Write, WriteAttributes, WriteMode};
use lwm2m::{Operation, Value, Version};
use network::{client_address, configuration, path, server_address};
use proptest::prelude::*;

const SECOND: Duration = Duration::from_secs(1);

/// Both emulators and what lies between them.
struct Line {
    client: Client,
    server: Server,
    /// Of the client, of the server.
    adapters: [StreamAdapter; 2],
    time: Time,
    /// Every segment: whether the client sent it, and its bytes.
    segments: Vec<(bool, Vec<u8>)>,
    events: [Vec<StreamEvent>; 2],
    server_events: Vec<Event>,
    closed: bool,
}

impl Line {
    fn new(configuration: ClientConfiguration, conducts: [StreamConduct; 2]) -> Self {
        let version = configuration.version;
        let [one, other] = conducts;
        let mut line = Self {
            client: Client::new(configuration),
            server: Server::new(ServerConfiguration::new(version)),
            adapters: [StreamAdapter::new(one, 1), StreamAdapter::new(other, 2)],
            time: Time::ZERO,
            segments: Vec::new(),
            events: [Vec::new(), Vec::new()],
            server_events: Vec::new(),
            closed: false,
        };
        line.client.start(line.time);
        line.run(SECOND);
        line
    }

    fn registered(configuration: ClientConfiguration, conduct: StreamConduct) -> Self {
        let line = Self::new(configuration, [conduct.clone(), conduct]);
        assert_eq!(line.server.registrations().len(), 1, "{:?}", line.events);
        line
    }

    fn run(&mut self, duration: Duration) {
        let end = self.time + duration;
        loop {
            while self.pump() {}
            let next = [
                self.client.poll_timeout(),
                self.server.poll_timeout(),
                self.adapters[0].poll_timeout(),
                self.adapters[1].poll_timeout(),
            ];
            let Some(next) = next.into_iter().flatten().min().filter(|next| *next <= end) else {
                break;
            };
            self.time = self.time.max(next);
            self.client.handle_timeout(self.time);
            self.server.handle_timeout(self.time);
            for adapter in &mut self.adapters {
                adapter.handle_timeout(self.time);
            }
        }
        self.time = end;
    }

    /// Moves everything one step; `false` if nothing moved.
    fn pump(&mut self) -> bool {
        let mut moved = false;
        while let Some(transmit) = self.client.poll_transmit() {
            self.adapters[0].send(self.time, transmit.to, &transmit.bytes);
            moved = true;
        }
        while let Some(transmit) = self.server.poll_transmit() {
            self.adapters[1].send(self.time, transmit.to, &transmit.bytes);
            moved = true;
        }
        for side in [0, 1] {
            while let Some(out) = self.adapters[side].poll_stream() {
                self.carry(side, out);
                moved = true;
            }
            while let Some((from, bytes)) = self.adapters[side].poll_datagram() {
                let emulator: &mut dyn Endpoint = match side {
                    0 => &mut self.client,
                    _ => &mut self.server,
                };
                emulator.handle_datagram(self.time, from, &bytes);
                moved = true;
            }
            while let Some(event) = self.adapters[side].poll_event() {
                self.events[side].push(event);
            }
        }
        while self.client.poll_event().is_some() {}
        while let Some(event) = self.server.poll_event() {
            self.server_events.push(event);
        }
        moved
    }

    fn carry(&mut self, side: usize, out: StreamOut) {
        let addresses = [client_address(), server_address()];
        let (own, peer) = (addresses[side], addresses[1 - side]);
        match out {
            StreamOut::Connect { to } => {
                assert_eq!((to, side), (peer, 0), "only the client connects");
                self.closed = false;
                self.adapters[0].connected(self.time, peer, true);
                self.adapters[1].connected(self.time, own, false);
            }
            StreamOut::Bytes { to, bytes } => {
                assert_eq!(to, peer);
                self.adapters[1 - side].receive(self.time, own, &bytes);
                self.segments.push((side == 0, bytes));
            }
            StreamOut::Close { .. } => {
                self.closed = true;
                self.adapters[side].closed(self.time, peer);
                self.adapters[1 - side].closed(self.time, own);
            }
        }
    }

    fn ask(&mut self, operation: impl Into<Operation>) -> Message {
        let perform = Perform::new(operation);
        let exchange = self.server.perform(self.time, perform).unwrap();
        self.run(SECOND);
        let ended = self.server_events.iter().find_map(|event| match event {
            Event::Ended {
                exchange: ended,
                outcome: Outcome::Answered(message),
            } if *ended == exchange => Some(message),
            _ => None,
        });
        *ended.expect("an answer").clone()
    }

    /// Every message that one side sent, as it stood on the stream.
    fn messages(&self, by_client: bool) -> Vec<Message> {
        let mut reader = Reader::new(u32::MAX);
        let sent = self.segments.iter().filter(|(by, _)| *by == by_client);
        sent.for_each(|(_, bytes)| reader.push(bytes));
        let frames = reader.map(|frame| read_frame(&frame.unwrap().bytes, 0));
        frames.map(|reading| reading.message.unwrap()).collect()
    }
}

fn long_text(length: usize) -> String {
    (0..length)
        .map(|at| char::from(b'a' + (at % 26) as u8))
        .collect()
}

fn with_long_text(length: usize) -> ClientConfiguration {
    let mut configuration = configuration(Version::V1_1, 86_400);
    let text = Value::String(long_text(length));
    configuration.data.push((path("/3/0/0"), text));
    configuration.varying = vec![path("/3/0/7")];
    // Confirmable notifications (Core TS, E.2)
    configuration
        .data
        .push((path("/1/0/26"), Value::Integer(1)));
    configuration
}

/// Registers, reads, writes, observes, is notified and cancels; bodies need blocks.
fn live(conduct: StreamConduct) -> Line {
    let mut line = Line::registered(with_long_text(3000), conduct);
    let answer = line.ask(Read::new(path("/3/0/0"), None));
    assert_eq!(answer.payload, long_text(3000).as_bytes());
    let blocks = line.messages(true);
    let blocks = blocks
        .iter()
        .filter(|each| each.option_values(option::BLOCK2).next().is_some());
    assert_eq!(blocks.count(), 3, "three blocks of 1024");

    let text = ContentFormat::TEXT;
    let body = long_text(2500).into_bytes();
    let write = Write::new(path("/3/0/15"), WriteMode::Replace, text, body.clone());
    assert_eq!(line.ask(write).code, Code::CHANGED);
    let answer = line.ask(Read::new(path("/3/0/15"), None));
    assert_eq!(answer.payload, body);

    let answer = line.ask(Observe::new(path("/3/0/7"), None));
    assert!(answer.observe().is_some());
    line.run(5 * SECOND);
    let fresh = |event: &&Event| matches!(event, Event::Notified { fresh: true, .. });
    let notified = line.server_events.iter().filter(fresh).count();
    assert!(notified >= 4, "{notified}");
    let answer = line.ask(CancelObservation::new(path("/3/0/7"), None));
    assert_eq!((answer.code, answer.observe()), (Code::CONTENT, None));
    let before = line.segments.len();
    line.run(300 * SECOND);
    assert_eq!(line.segments.len(), before, "nothing is retransmitted");
    line
}

#[test]
fn emulators_speak_over_a_stream() {
    let line = live(StreamConduct::default());
    for by_client in [true, false] {
        let messages = line.messages(by_client);
        let csms = messages.iter().filter(|each| each.code == Code::CSM);
        assert_eq!((messages[0].code, csms.count()), (Code::CSM, 1));
        assert!(!messages.iter().any(|each| each.code == Code::EMPTY));
    }
    let settings = Settings {
        max_message_size: 1152,
        block_wise: true,
    };
    for (side, peer) in [(0, server_address()), (1, client_address())] {
        assert_eq!(line.adapters[side].settings(peer), Some(settings));
        assert_eq!(
            line.events[side],
            [StreamEvent::CsmReceived { peer, settings }]
        );
    }
}

/// A Confirmable notification has no answer on a stream, and is not sent again for that (RFC 8323, 7.2).
#[test]
fn nothing_is_sent_twice() {
    let mut line = Line::registered(with_long_text(10), StreamConduct::default());
    let pmin = WriteAttributes::new(path("/3/0/7"), vec!["pmin=20".into()]);
    assert_eq!(line.ask(pmin).code, Code::CHANGED);
    line.ask(Observe::new(path("/3/0/7"), None));
    line.run(70 * SECOND);
    let messages = line.messages(true);
    let told = messages.iter().filter(|each| each.observe().is_some());
    assert_eq!(told.count(), 1 + 3, "the answer, and one in 20 s");
    assert!(line.client.is_observed(path("/3/0/7")));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn the_size_of_segments_does_not_matter(segment in 1_usize..1400, joined: bool) {
        let segment = Some(segment);
        live(StreamConduct { segment, joined, ..StreamConduct::default() });
    }

    /// Nothing that a peer sends makes it panic, or speak to the emulator behind an Abort.
    #[test]
    fn any_bytes_are_taken(
        chunks in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..60), 0..8),
        introduced: bool, lenient: bool,
    ) {
        let conduct = StreamConduct { lenient, ..StreamConduct::default() };
        let mut adapter = connected(conduct, introduced);
        for chunk in chunks {
            adapter.receive(Time::ZERO, peer(), &chunk);
            let over = out(&mut adapter).iter().any(|each| matches!(each, StreamOut::Close { .. }));
            let read: Vec<_> = std::iter::from_fn(|| adapter.poll_datagram()).collect();
            if over {
                adapter.receive(Time::ZERO, peer(), b"\x00\x01");
                prop_assert_eq!(adapter.poll_datagram(), None);
            }
            for (_, datagram) in read {
                prop_assert!(coap::read(&datagram).header.is_some());
            }
        }
    }
}

#[test]
fn single_bytes_do() {
    live(StreamConduct {
        segment: Some(1),
        ..StreamConduct::default()
    });
}

#[test]
fn deviations_that_are_allowed_change_nothing() {
    let sound = StreamConduct::default;
    let rows = [
        StreamConduct {
            csm: CsmConduct::Twice,
            ..sound()
        },
        StreamConduct {
            csm: CsmConduct::Late(Duration::from_millis(300)),
            ..sound()
        },
        StreamConduct {
            signal: Some(9),
            ..sound()
        },
        StreamConduct {
            csm_option: Some(100),
            ..sound()
        },
    ];
    for conduct in rows {
        live(conduct);
    }
}

fn peer() -> SocketAddr {
    client_address()
}

fn out(adapter: &mut StreamAdapter) -> Vec<StreamOut> {
    std::iter::from_fn(|| adapter.poll_stream()).collect()
}

/// The messages of what an adapter sends, and whether it closes.
fn sent(adapter: &mut StreamAdapter) -> (Vec<Message>, bool) {
    let mut reader = Reader::new(u32::MAX);
    let mut closes = false;
    for each in out(adapter) {
        match each {
            StreamOut::Bytes { bytes, .. } => reader.push(&bytes),
            StreamOut::Close { .. } => closes = true,
            StreamOut::Connect { .. } => panic!("it is connected"),
        }
    }
    let frames = reader.map(|frame| read_frame(&frame.unwrap().bytes, 0));
    (frames.map(|each| each.message.unwrap()).collect(), closes)
}

fn codes(adapter: &mut StreamAdapter) -> (Vec<String>, bool) {
    let (messages, closes) = sent(adapter);
    (
        messages.iter().map(|each| each.code.to_string()).collect(),
        closes,
    )
}

/// An adapter whose connection stands; `introduced` if the peer's CSM has come.
fn connected(conduct: StreamConduct, introduced: bool) -> StreamAdapter {
    let mut adapter = StreamAdapter::new(conduct, 3);
    adapter.connected(Time::ZERO, peer(), false);
    if introduced {
        adapter.receive(Time::ZERO, peer(), b"\x00\xe1");
    }
    out(&mut adapter);
    while adapter.poll_event().is_some() {}
    adapter
}

fn get(kind: Kind, id: u16, token: u8) -> Message {
    Message::new(kind, Code::GET, MessageId(id), Token(vec![token]))
}

fn datagram(adapter: &mut StreamAdapter) -> Option<Message> {
    let (from, bytes) = adapter.poll_datagram()?;
    assert_eq!(from, peer());
    read(&bytes).message
}

/// RFC 8323, 3.3, 5.2, 5.3, 5.6: what a peer does, and that it is aborted for it.
#[test]
fn a_peer_that_breaks_the_rules_is_aborted() {
    let rows: [(&[u8], bool, &str, Option<u16>); 7] = [
        (
            b"\x00\x01",
            false,
            "the first message is GET, not a CSM",
            None,
        ),
        (
            b"\x00\xe2",
            false,
            "the first message is 7.02 Ping, not a CSM",
            None,
        ),
        (
            b"\x10\xe1\x70",
            false,
            "option 7 of 7.01 CSM is critical and unknown at byte 2 (RFC 8323, 5.2)",
            Some(7),
        ),
        (
            b"\x20\xe1\x41\x00",
            false,
            "Block-Wise-Transfer of 7.01 CSM has 1 bytes, not 0 to 0 at byte 2 (RFC 8323, 5.2)",
            Some(4),
        ),
        (b"\x09\x01", true, "token length 9 is reserved", None),
        (
            b"\xe0\xff\xff",
            true,
            "frame of at least 65808 bytes is longer than the 1152 of Max-Message-Size",
            None,
        ),
        (
            b"\x10\x01\xff",
            true,
            "no payload follows the payload marker at byte 2 (RFC 7252, 3)",
            None,
        ),
    ];
    for (bytes, introduced, reason, option) in rows {
        let mut adapter = connected(StreamConduct::default(), introduced);
        adapter.receive(Time::ZERO, peer(), bytes);
        let malformed = StreamEvent::Malformed {
            peer: peer(),
            offset: if introduced { 2 } else { 0 },
            reason: reason.to_owned(),
        };
        assert_eq!(adapter.poll_event(), Some(malformed));
        let abort = Signal::Abort(Abort {
            bad_csm_option: option,
            diagnostic: reason.to_owned(),
        });
        let (messages, closes) = sent(&mut adapter);
        assert_eq!(messages.iter().find_map(Signal::of), Some(abort));
        assert!(closes);
        assert_eq!(adapter.poll_datagram(), None);
    }
}

#[test]
fn a_lenient_end_goes_on() {
    let lenient = StreamConduct {
        lenient: true,
        ..StreamConduct::default()
    };
    let mut adapter = connected(lenient, false);
    adapter.receive(Time::ZERO, peer(), b"\x10\x01\xff\x01\x01\x07");
    assert_eq!(datagram(&mut adapter).unwrap().token, Token(vec![7]));
    assert_eq!(codes(&mut adapter), (vec![], false));
}

/// RFC 8323, 3: no type, no Message ID, no Empty ACK, no RST; the emulator hears of none of it.
#[test]
fn messages_change_their_clothes() {
    let mut adapter = connected(StreamConduct::default(), true);
    let request = get(Kind::Con, 5, 1);
    adapter.send(Time::ZERO, peer(), &coap::encode(&request).unwrap());
    let empty = datagram(&mut adapter).unwrap();
    assert_eq!(
        (empty.kind, empty.code, empty.id),
        (Kind::Ack, Code::EMPTY, MessageId(5))
    );
    adapter.send(
        Time::ZERO,
        peer(),
        &coap::encode(&get(Kind::Non, 6, 2)).unwrap(),
    );
    assert_eq!(datagram(&mut adapter), None);
    for bytes in [b"\x60\x00\x00\x01", b"\x70\x00\x00\x01"] {
        adapter.send(Time::ZERO, peer(), bytes);
    }
    let (messages, _) = sent(&mut adapter);
    let tokens: Vec<_> = messages.iter().map(|each| each.token.0.clone()).collect();
    assert_eq!(tokens, [[1], [2]]);

    // in come a request, to be answered at once, and a response, which is a separate one
    adapter.receive(Time::ZERO, peer(), b"\x01\x01\x09\x01\x45\x01\x00\x00");
    let request = datagram(&mut adapter).unwrap();
    let response = datagram(&mut adapter).unwrap();
    assert_eq!((request.kind, request.code), (Kind::Con, Code::GET));
    assert_eq!((response.kind, response.code), (Kind::Non, Code::CONTENT));
    assert_ne!(request.id, response.id);
    assert_eq!(adapter.poll_datagram(), None, "an Empty message is ignored");
}

/// RFC 8323, 7.1: the value of Observe is ignored, be it empty, equal or falling.
#[test]
fn notifications_are_fresh_whatever_their_value() {
    let mut adapter = connected(StreamConduct::default(), true);
    adapter.receive(
        Time::ZERO,
        peer(),
        b"\x11\x45\x01\x60\x11\x45\x01\x60\x21\x45\x01\x61\x09\x21\x45\x01\x61\x03",
    );
    let values: Vec<_> = std::iter::from_fn(|| datagram(&mut adapter))
        .map(|each| each.observe())
        .collect();
    assert_eq!(values, [Some(1), Some(2), Some(3), Some(4)]);
    adapter.receive(Time::ZERO, peer(), b"\x21\x01\x01\x61\x01");
    assert_eq!(
        datagram(&mut adapter).unwrap().observe(),
        Some(1),
        "a request keeps it"
    );
}

/// What the emulator sends malformed is malformed in the frame too.
#[test]
fn malformed_messages_stay_malformed() {
    let rows: [(&[u8], &[u8]); 4] = [
        (b"\x51\x45\x00\x01\x09\xff", b"\x11\x45\x09\xff"),
        (b"\x59\x45\x00\x01\x09\xff", b"\x09\x45\x09\xff"),
        (b"\x50\x45\x00\x01\xf0", b"\x10\x45\xf0"),
        (b"\x60\x20\x00\x01", b"\x00\x20"),
    ];
    let joined = false;
    let conduct = || StreamConduct {
        joined,
        ..StreamConduct::default()
    };
    for (datagram, frame) in rows {
        let mut adapter = connected(conduct(), true);
        adapter.send(Time::ZERO, peer(), datagram);
        let to = peer();
        let bytes = frame.to_vec();
        assert_eq!(out(&mut adapter), [StreamOut::Bytes { to, bytes }]);
    }
    let mut adapter = connected(conduct(), true);
    adapter.send(Time::ZERO, peer(), b"\x40\x01");
    let event = StreamEvent::NoFrame {
        peer: peer(),
        length: 2,
    };
    assert_eq!(
        (adapter.poll_event(), adapter.poll_stream()),
        (Some(event), None)
    );
}

/// RFC 8323, 5.4: same token; custody waits for the answers to earlier requests.
#[test]
fn a_ping_is_answered_as_told() {
    let millis = |millis| Time::ZERO + Duration::from_millis(millis);
    let rows = [
        (PongConduct::Answered, Some((0, vec![0x42]))),
        (PongConduct::Withheld, None),
        (PongConduct::OtherToken, Some((0, vec![0xbd]))),
        (
            PongConduct::Late(Duration::from_millis(700)),
            Some((700, vec![0x42])),
        ),
    ];
    for (pong, wanted) in rows {
        let mut adapter = connected(
            StreamConduct {
                pong,
                ..StreamConduct::default()
            },
            true,
        );
        adapter.receive(Time::ZERO, peer(), b"\x01\xe2\x42");
        let mut found = None;
        for at in [0, 699, 700, 1500] {
            adapter.handle_timeout(millis(at));
            let (messages, _) = sent(&mut adapter);
            found = found.or_else(|| messages.first().map(|each| (at, each.token.0.clone())));
        }
        assert_eq!(found, wanted);
    }
    let mut adapter = connected(StreamConduct::default(), true);
    adapter.receive(Time::ZERO, peer(), b"\x01\x01\x09\x11\xe2\x42\x20");
    assert_eq!(codes(&mut adapter).0, Vec::<String>::new());
    let mut answer = get(Kind::Ack, datagram(&mut adapter).unwrap().id.0, 9);
    answer.code = Code::CONTENT;
    adapter.send(Time::ZERO, peer(), &coap::encode(&answer).unwrap());
    let (messages, _) = sent(&mut adapter);
    assert_eq!(
        Signal::of(&messages[1]),
        Some(Signal::Pong { custody: true })
    );
    assert_eq!(
        (messages[0].code, &messages[1].token.0),
        (Code::CONTENT, &vec![0x42])
    );
}

#[test]
fn own_signals_go_out_and_a_pong_is_known_by_its_token() {
    let mut adapter = connected(StreamConduct::default(), true);
    assert!(adapter.ping(peer(), true));
    let (messages, _) = sent(&mut adapter);
    assert_eq!(
        Signal::of(&messages[0]),
        Some(Signal::Ping { custody: true })
    );
    let pong = |token: Token| encode(&Signal::Pong { custody: false }.to_message(token)).unwrap();
    for (token, expected) in [(Token(vec![1]), false), (messages[0].token.clone(), true)] {
        adapter.receive(Time::ZERO, peer(), &pong(token.clone()));
        let event = StreamEvent::PongReceived {
            peer: peer(),
            token,
            custody: false,
            expected,
        };
        assert_eq!(adapter.poll_event(), Some(event));
    }
    // the emulator's own ping is answered by what it knows
    adapter.send(Time::ZERO, peer(), b"\x40\x00\x12\x34");
    let (messages, _) = sent(&mut adapter);
    adapter.receive(Time::ZERO, peer(), &pong(messages[0].token.clone()));
    assert_eq!(
        adapter.poll_datagram(),
        Some((peer(), b"\x70\x00\x12\x34".to_vec()))
    );

    let csm = Csm {
        max_message_size: Some(64),
        block_wise: false,
    };
    assert!(adapter.csm(peer(), csm));
    assert!(adapter.release(Time::ZERO, peer(), Release::default()));
    assert_eq!(
        codes(&mut adapter),
        (vec!["7.01 CSM".into(), "7.04 Release".into()], false)
    );
    adapter.handle_timeout(Time::ZERO + 2 * SECOND);
    assert_eq!(codes(&mut adapter), (vec![], true));
    assert!(
        !adapter.abort(peer(), Abort::default()),
        "it is closed already"
    );
}

/// RFC 8323, 5.5 and 5.6: earlier requests are answered before the end; an Abort ends at once.
#[test]
fn a_release_lets_answers_go_first() {
    let mut adapter = connected(StreamConduct::default(), true);
    adapter.receive(Time::ZERO, peer(), b"\x01\x01\x09\x00\xe4");
    assert_eq!(codes(&mut adapter), (vec![], false));
    let mut answer = get(Kind::Ack, datagram(&mut adapter).unwrap().id.0, 9);
    answer.code = Code::CONTENT;
    adapter.send(Time::ZERO, peer(), &coap::encode(&answer).unwrap());
    assert_eq!(codes(&mut adapter), (vec!["2.05 Content".into()], true));

    let mut silent = connected(StreamConduct::default(), true);
    silent.receive(Time::ZERO, peer(), b"\x01\x01\x09\x00\xe4");
    silent.handle_timeout(Time::ZERO + 2 * SECOND);
    assert_eq!(codes(&mut silent), (vec![], true), "not for ever");

    let mut adapter = connected(StreamConduct::default(), true);
    adapter.receive(Time::ZERO, peer(), b"\x01\x01\x09\x00\xe5");
    assert_eq!(codes(&mut adapter), (vec![], true));
}

/// RFC 8323, 5.3.1: the peer's Max-Message-Size holds; above the base value a message waits for the CSM that may allow it.
#[test]
fn what_is_too_long_for_the_peer_is_not_sent() {
    let mut long = get(Kind::Con, 5, 1);
    long.payload = vec![0; 2000];
    let bytes = coap::encode(&long).unwrap();
    let event = |limit| StreamEvent::TooLong {
        peer: peer(),
        length: 2006,
        limit,
    };
    let mut adapter = connected(StreamConduct::default(), false);
    adapter.send(Time::ZERO, peer(), &bytes);
    assert_eq!((adapter.poll_stream(), adapter.poll_event()), (None, None));
    let mut patient = adapter.clone();
    patient.handle_timeout(Time::ZERO + 2 * SECOND);
    assert_eq!(patient.poll_event(), Some(event(1152)));
    assert!(datagram(&mut patient).is_some(), "it is not sent again");

    adapter.receive(Time::ZERO, peer(), b"\x30\xe1\x22\x07\xd6");
    assert_eq!(codes(&mut adapter).0, ["GET"]);
    adapter.poll_event();
    adapter.receive(Time::ZERO, peer(), b"\x30\xe1\x22\x07\xd5");
    adapter.poll_event();
    adapter.send(Time::ZERO, peer(), &bytes);
    assert_eq!(
        (adapter.poll_stream(), adapter.poll_event()),
        (None, Some(event(2005)))
    );
    adapter.conduct_mut().oversize = true;
    adapter.send(Time::ZERO, peer(), &bytes);
    assert_eq!(codes(&mut adapter).0, ["GET"]);
}

/// One row for each deviation: what is sent when an emulator sends one GET after the connection stands.
#[test]
fn each_deviation_shows_on_the_stream() {
    let sound = StreamConduct::default;
    let csm: &[u8] = b"\x40\xe1\x22\x04\x80\x20";
    let get_frame: &[u8] = b"\x01\x01\x01";
    let rows: Vec<(StreamConduct, Vec<&[u8]>)> = vec![
        (sound(), vec![csm, get_frame]),
        (
            StreamConduct {
                csm: CsmConduct::Withheld,
                ..sound()
            },
            vec![get_frame],
        ),
        (
            StreamConduct {
                csm: CsmConduct::Twice,
                ..sound()
            },
            vec![csm, csm, get_frame],
        ),
        (
            StreamConduct {
                csm: CsmConduct::Late(SECOND),
                ..sound()
            },
            vec![csm, get_frame],
        ),
        (
            StreamConduct {
                csm: CsmConduct::Late(SECOND),
                message_before_csm: true,
                ..sound()
            },
            vec![get_frame, csm],
        ),
        (
            StreamConduct {
                message_before_csm: true,
                ..sound()
            },
            vec![get_frame, csm],
        ),
        (
            StreamConduct {
                csm_option: Some(7),
                ..sound()
            },
            vec![b"\x50\xe1\x22\x04\x80\x20\x30", get_frame],
        ),
        (
            StreamConduct {
                signal: Some(31),
                ..sound()
            },
            vec![csm, b"\x00\xff", get_frame],
        ),
        (
            StreamConduct {
                length_off: 3,
                ..sound()
            },
            vec![csm, b"\x31\x01\x01"],
        ),
        (
            StreamConduct {
                capabilities: Csm::default(),
                ..sound()
            },
            vec![b"\x00\xe1", get_frame],
        ),
    ];
    for (conduct, frames) in rows {
        let to = peer();
        let mut adapter = StreamAdapter::new(
            StreamConduct {
                joined: false,
                ..conduct.clone()
            },
            3,
        );
        let request = coap::encode(&get(Kind::Con, 5, 1)).unwrap();
        adapter.send(Time::ZERO, to, &request);
        adapter.send(Time::ZERO, to, &request);
        assert_eq!(out(&mut adapter), [StreamOut::Connect { to }], "once");
        adapter.connected(Time::ZERO, to, true);
        adapter.handle_timeout(Time::ZERO + SECOND);
        let wanted: Vec<_> = frames
            .iter()
            .map(|bytes| StreamOut::Bytes {
                to,
                bytes: bytes.to_vec(),
            })
            .collect();
        assert_eq!(out(&mut adapter), wanted, "{conduct:?}");
        let mut joined = StreamAdapter::new(conduct, 3);
        joined.send(Time::ZERO, to, &request);
        out(&mut joined);
        joined.connected(Time::ZERO, to, true);
        joined.handle_timeout(Time::ZERO + SECOND);
        let bytes = frames.concat();
        assert_eq!(out(&mut joined), [StreamOut::Bytes { to, bytes }]);
    }
}

/// A connection that fails is asked for again by the retransmission of what waited.
#[test]
fn a_lost_connection_is_wanted_again() {
    let mut line = Line::registered(configuration(Version::V1_1, 60), StreamConduct::default());
    line.adapters[0].closed(line.time, server_address());
    line.adapters[1].closed(line.time, client_address());
    let before = line.segments.len();
    line.run(60 * SECOND);
    assert!(
        line.segments.len() > before,
        "the Update made a new connection"
    );
    assert_eq!(line.server.registrations().len(), 1);
    let csms = line.messages(true);
    assert_eq!(csms.iter().filter(|each| each.code == Code::CSM).count(), 2);

    let mut adapter = StreamAdapter::new(StreamConduct::default(), 3);
    let request = coap::encode(&get(Kind::Con, 5, 1)).unwrap();
    for _ in 0..3 {
        adapter.send(Time::ZERO, peer(), &request);
        assert_eq!(out(&mut adapter), [StreamOut::Connect { to: peer() }]);
        assert_eq!(adapter.poll_datagram(), None, "not acknowledged");
        adapter.closed(Time::ZERO, peer());
    }
    let mut cut = connected(StreamConduct::default(), true);
    cut.receive(Time::ZERO, peer(), b"\x10");
    cut.closed(Time::ZERO, peer());
    assert!(matches!(
        cut.poll_event(),
        Some(StreamEvent::Malformed { offset: 2, .. })
    ));
}
