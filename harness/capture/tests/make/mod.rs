//! Captures made by hand: headers around payloads, frames in files. Honest unless a test spoils what comes out.
#![allow(
    dead_code,
    missing_docs,
    unreachable_pub,
    clippy::unwrap_used,
    reason = "each test file needs a part of it"
)]

pub mod connection;
pub mod file;
pub mod packets;

use std::io::Cursor;
use std::net::SocketAddr;

use capture::{CaptureError, Closing, Datagram, Item, Opening, Reader, Segment, WhyLost};

/// Everything that a capture gives, and the error that ends it.
pub fn read(capture: &[u8]) -> (Vec<Item>, Option<CaptureError>) {
    let mut items = Vec::new();
    let mut reader = Reader::new(Cursor::new(capture));
    for item in reader.by_ref() {
        match item {
            Ok(item) => items.push(item),
            Err(error) => {
                assert!(reader.next().is_none(), "an error is the last of it");
                return (items, Some(error));
            }
        }
    }
    (items, None)
}

/// Everything that a sound capture gives.
pub fn items(capture: &[u8]) -> Vec<Item> {
    let (items, error) = read(capture);
    assert!(error.is_none(), "{error:?}");
    items
}

/// Everything that a sound capture gives, a line for each.
pub fn told(capture: &[u8]) -> Vec<String> {
    items(capture).iter().map(tell).collect()
}

/// Frame and what happened.
pub fn tell(item: &Item) -> String {
    match item {
        Item::Datagram(Datagram {
            frame,
            earlier,
            from,
            to,
            bytes,
            length,
            ..
        }) => {
            let earlier: String = earlier.iter().map(|frame| format!("{frame}+")).collect();
            let cut = match bytes.len() {
                whole if whole == *length => String::new(),
                _ => format!(" of {length} bytes"),
            };
            format!("{earlier}{frame} {from} > {to} {}{cut}", text(bytes))
        }
        Item::Opened(one) => {
            let how = match one.how {
                Opening::Handshake => "opened",
                Opening::Middle => "met",
            };
            format!("{} {} > {} {how}", one.frame, port(one.from), port(one.to))
        }
        Item::Segment(Segment {
            frame,
            from,
            offset,
            bytes,
            ..
        }) => format!("{frame} {} @{offset} {}", port(*from), text(bytes)),
        Item::Lost(one) => {
            let why = match one.why {
                WhyLost::Acknowledged => "acknowledged",
                WhyLost::TooMuchWaits => "crowded",
                WhyLost::Closed => "closed",
                WhyLost::Forgotten => "forgotten",
                WhyLost::EndOfCapture => "end",
            };
            let (from, offset, length) = (port(one.from), one.offset, one.length);
            format!("{} {from} @{offset} lost {length}, {why}", one.frame)
        }
        Item::Closed(one) => {
            let how = match one.how {
                Closing::Half => "half",
                Closing::Finished => "finished",
                Closing::Reset => "reset",
                Closing::Refused => "refused",
                Closing::Superseded => "superseded",
            };
            format!("{} {} {how}", one.frame, port(one.from))
        }
        Item::Secrets(one) => format!("secrets {:?}", one.key_log),
        Item::Note(one) => format!("{} note: {}", one.frame, one.remark),
        Item::Comment(one) => format!("{} comment: {}", one.frame, one.text),
    }
}

fn port(address: SocketAddr) -> u16 {
    address.port()
}

fn text(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => format!("{text:?}"),
        Err(_) => format!("{bytes:02x?}"),
    }
}

/// An address.
pub fn address(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

/// A datagram of one pair of ends.
pub fn frame(payload: &str) -> Vec<u8> {
    let ends = (address("127.0.0.1:40000"), address("127.0.0.1:5683"));
    packets::datagram(ends.0, ends.1, payload.as_bytes())
}

/// The line of [`frame`].
pub fn line(frame: u64, payload: &str) -> String {
    format!("{frame} 127.0.0.1:40000 > 127.0.0.1:5683 {payload:?}")
}
