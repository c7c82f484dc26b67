//! Datagrams for tests, one a line: `1000 client con 7 a1 GET /3/0 ?depth=1 obs=0 b2=0/1/64 ct=0 =text`.
//!
//! Milliseconds, sender, type, Message ID, token (`-` for none), code, then options; `hex:` writes bytes as they are.

use std::net::SocketAddr;

use coap::{Block, Code, Kind, Message, MessageId, Time, Token, option};
use testcase::Seat;

use crate::Seen;

/// A datagram of a script.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    pub(crate) time: Time,
    pub(crate) from: Seat,
    pub(crate) to: Seat,
    pub(crate) bytes: Vec<u8>,
}

impl Sent {
    /// What the tap has seen, with this number.
    pub(crate) fn seen(&self, frame: u32) -> Seen<'_> {
        Seen {
            frame,
            from: self.from,
            to: self.to,
            source: socket(self.from),
            bytes: &self.bytes,
            via: crate::Via::default(),
        }
    }
}

/// A socket for each seat.
pub(crate) fn socket(seat: Seat) -> SocketAddr {
    let port = match seat {
        Seat::CLIENT => 40_001,
        _ => 5683,
    };
    SocketAddr::from(([127, 0, 0, 1], port))
}

/// The datagrams of a script; empty lines are left out.
pub(crate) fn script(text: &str) -> Vec<Sent> {
    let lines = text.lines().map(str::trim);
    lines.filter(|line| !line.is_empty()).map(sent).collect()
}

/// One datagram.
pub(crate) fn sent(line: &str) -> Sent {
    let mut words = line.split_ascii_whitespace();
    let mut next = || {
        words
            .next()
            .unwrap_or_else(|| panic!("{line:?} is cut short"))
    };
    let time = Time::from_nanos(next().parse::<u64>().unwrap() * 1_000_000);
    let from: Seat = next().parse().unwrap();
    let to = match from {
        Seat::CLIENT => Seat::SERVER,
        _ => Seat::CLIENT,
    };
    let kind = next();
    let bytes = match kind.strip_prefix("hex:") {
        Some(digits) => hex(digits),
        None => {
            let kind = match kind {
                "con" => Kind::Con,
                "non" => Kind::Non,
                "ack" => Kind::Ack,
                _ => Kind::Rst,
            };
            let id = MessageId(next().parse().unwrap());
            let token = Token(hex(next().trim_start_matches('-')));
            let mut message = Message::new(kind, code(next()), id, token);
            // a payload may hold blanks
            let rest = line.split_once(" =").map_or(line, |(head, _)| head);
            for word in rest.split_ascii_whitespace().skip(6) {
                option_of(&mut message, word);
            }
            if let Some((_, payload)) = line.split_once(" =") {
                message.payload = payload.as_bytes().to_vec();
            }
            coap::encode(&message).unwrap()
        }
    };
    Sent {
        time,
        from,
        to,
        bytes,
    }
}

fn option_of(message: &mut Message, word: &str) {
    let segments = |text: &str| {
        text.split('/')
            .filter(|one| !one.is_empty())
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    if word.starts_with('/') {
        for segment in segments(word) {
            message.push_option(option::URI_PATH, segment.into_bytes());
        }
    } else if let Some(query) = word.strip_prefix('?') {
        message.push_option(option::URI_QUERY, query.as_bytes().to_vec());
    } else if let Some((name, value)) = word.split_once('=') {
        match name {
            "obs" => message.push_uint_option(option::OBSERVE, value.parse().unwrap()),
            "accept" => message.push_uint_option(option::ACCEPT, value.parse().unwrap()),
            "ct" => message.push_uint_option(option::CONTENT_FORMAT, value.parse().unwrap()),
            "b1" => block(message, option::BLOCK1, value),
            "b2" => block(message, option::BLOCK2, value),
            "loc" => {
                for segment in segments(value) {
                    message.push_option(option::LOCATION_PATH, segment.into_bytes());
                }
            }
            _ => panic!("{word:?} is no option"),
        }
    } else {
        panic!("{word:?} is no option");
    }
}

fn block(message: &mut Message, number: u16, value: &str) {
    let parts: Vec<u64> = value.split('/').map(|part| part.parse().unwrap()).collect();
    let szx = (parts[2].trailing_zeros() - 4) as u8;
    let block = Block::at(parts[0] * parts[2], parts[1] == 1, szx).unwrap();
    message.push_option(number, block.encode().unwrap());
}

fn code(word: &str) -> Code {
    match word {
        "GET" => Code::GET,
        "POST" => Code::POST,
        "PUT" => Code::PUT,
        "DELETE" => Code::DELETE,
        _ => {
            let (class, detail) = word.split_once('.').unwrap();
            Code(class.parse::<u8>().unwrap() << 5 | detail.parse::<u8>().unwrap())
        }
    }
}

fn hex(digits: &str) -> Vec<u8> {
    let pairs = digits.as_bytes().chunks(2);
    pairs
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}
