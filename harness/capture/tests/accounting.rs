//! What is let go of is counted out again: bounds hold for what waits now, not for what has waited.
#![allow(missing_docs, clippy::unwrap_used, reason = "tests")]

mod make;

use std::net::{IpAddr, SocketAddr};

use capture::{Item, Lost, Remark, WhyLost};
use make::connection::{client, down, handshake, server, up};
use make::file::*;
use make::packets::{ACK, FIN, Tcp, fragment, udp};
use make::{items, told};

fn ips() -> (IpAddr, IpAddr) {
    (client().ip(), server().ip())
}

/// A datagram of UDP with a payload of 32 bytes, in two fragments.
fn halves(identification: u16) -> [Vec<u8>; 2] {
    let whole = udp(client(), server(), &[7; 32]);
    [
        fragment(ips(), 17, identification, (0, true), &whole[..24]),
        fragment(ips(), 17, identification, (24, false), &whole[24..]),
    ]
}

/// Frames that came at one moment, so that nothing is too old.
fn at_once(frames: &[Vec<u8>]) -> Vec<u8> {
    let order = Order::Little;
    let mut capture = pcap_header(order, NANOSECONDS, 101);
    for frame in frames {
        let length = frame.len() as u32;
        capture.extend(record(order, (1, 0), (length, length), frame));
    }
    capture
}

fn is_note(item: &Item) -> bool {
    matches!(item, Item::Note(_))
}

#[test]
fn datagrams_that_were_put_together_take_no_room() {
    let frames: Vec<_> = halves(7).into_iter().cycle().take(140_000).collect();
    let items = items(&at_once(&frames));
    assert_eq!(items.len(), 70_000);
    assert!(items.iter().all(|item| matches!(item, Item::Datagram(_))));
}

#[test]
fn datagrams_that_were_refused_take_little_room() {
    let mut frames = Vec::new();
    for at in 0..400 {
        frames.push(fragment(ips(), 17, at, (0, true), &[1; 60_000]));
        // the same bytes of the datagram, and others
        frames.push(fragment(ips(), 17, at, (0, true), &[2; 60_000]));
    }
    frames.extend(halves(1000));
    let items = items(&at_once(&frames));
    let datagrams = items
        .iter()
        .filter(|item| matches!(item, Item::Datagram(_)));
    assert_eq!(datagrams.count(), 1);
    let given_up = items.iter().filter(|item| match item {
        Item::Note(note) => matches!(note.remark, Remark::FragmentsIncomplete { .. }),
        _ => false,
    });
    assert_eq!(given_up.count(), 0);
    assert_eq!(items.iter().filter(|item| is_note(item)).count(), 400);
}

#[test]
fn large_fragments_are_bounded_by_what_they_take() {
    let frames: Vec<_> = (0..400)
        .map(|at| fragment(ips(), 17, at, (0, true), &[1; 60_000]))
        .collect();
    let told = told(&at_once(&frames));
    let crowded = told
        .iter()
        .filter(|line| line.ends_with("too many others were waiting"));
    // 16 MiB hold 279 of them
    let count = crowded.count();
    assert!((115..=125).contains(&count), "{count}");
    assert_eq!(told.len(), 400);
    assert!(told[0].contains("datagram of frame 1 never whole: too many"));
}

/// A datagram that came whole says nothing of the age of the next with its identification.
#[test]
fn the_oldest_that_waits_is_given_up_first() {
    let begin = |identification| fragment(ips(), 17, identification, (0, true), &[1; 8]);
    let mut frames = vec![begin(8)];
    frames.extend(halves(7));
    frames.extend([begin(9), begin(7)]);
    frames.extend((100..1124).map(begin));
    let told = told(&at_once(&frames));
    let crowded = told
        .iter()
        .filter(|line| line.ends_with("too many others were waiting"));
    let crowded: Vec<_> = crowded.collect();
    assert_eq!(crowded.len(), 2, "{crowded:?}");
    for (line, frame) in crowded.iter().zip([1, 4]) {
        let wanted = format!("datagram of frame {frame} never whole");
        assert!(line.contains(&wanted), "{line}");
    }
}

/// Of what was lost the newest sixteen places are remembered.
#[test]
fn late_bytes_are_known_for_the_newest_losses() {
    let mut frames = handshake();
    // one byte is there, the next is acknowledged and not
    for at in 0..17 {
        frames.push(up(ACK, 101 + 2 * at, 901, b"x"));
        frames.push(down(ACK, 901, 101 + 2 * at + 2, b""));
    }
    for at in 0..17 {
        frames.push(up(ACK, 101 + 2 * at + 1, 901, b"y"));
    }
    let items = items(&at_once(&frames));
    let lost = items.iter().filter(|item| matches!(item, Item::Lost(_)));
    assert_eq!(lost.count(), 17);
    let late: Vec<u64> = items
        .iter()
        .filter_map(|item| match item {
            Item::Note(note) => match note.remark {
                Remark::Late { offset, bytes: 1 } => Some(offset),
                _ => None,
            },
            _ => None,
        })
        .collect();
    let wanted: Vec<u64> = (1..17).map(|at| 2 * at + 1).collect();
    assert_eq!(late, wanted);
}

#[test]
fn what_waited_behind_the_end_of_a_stream_takes_no_room() {
    let mut frames = handshake();
    for at in 0..17 {
        frames.push(up(ACK, 100_101 + 60_000 * at, 901, &[b'x'; 60_000]));
    }
    frames.push(up(ACK | FIN, 50_101, 901, b""));
    frames.push(up(ACK, 5_101, 901, &[b'y'; 40_000]));
    frames.push(up(ACK, 101, 901, &[b'z'; 5_000]));
    frames.push(up(ACK, 45_101, 901, &[b'w'; 5_000]));
    let items = items(&at_once(&frames));
    let lost = items.iter().filter(|item| matches!(item, Item::Lost(_)));
    assert_eq!(lost.count(), 0);
    let bytes: usize = items
        .iter()
        .map(|item| match item {
            Item::Segment(segment) => segment.bytes.len(),
            _ => 0,
        })
        .sum();
    assert_eq!(bytes, 50_000);
}

#[test]
fn a_fin_before_what_has_come_ends_nothing() {
    let mut frames = handshake();
    frames.push(up(ACK, 101, 901, b"0123456789"));
    frames.push(up(ACK | FIN, 103, 901, b"234"));
    frames.push(up(ACK, 111, 901, b"abc"));
    let told = told(&at_once(&frames));
    assert_eq!(
        told,
        [
            "2 40000 > 5683 opened",
            "4 40000 @0 \"0123456789\"",
            "6 40000 @10 \"abc\""
        ]
    );
}

#[test]
fn connections_that_were_forgotten_take_no_room() {
    let order = Order::Little;
    let mut capture = pcap_header(order, NANOSECONDS, 101);
    let mut push = |from: SocketAddr, sequence, payload: &[u8]| {
        let segment = Tcp {
            from,
            to: server(),
            sequence,
            acknowledgement: 0,
            flags: ACK,
            payload,
        };
        let segment = segment.in_ip();
        let length = segment.len() as u32;
        capture.extend(record(order, (1, 0), (length, length), &segment));
    };
    let full = |at: u8| SocketAddr::from(([10, 1, 0, at], 1000));
    let idle = |at: u32| SocketAddr::from(([10, 2, (at >> 8) as u8, at as u8], 1000));
    let fill = |push: &mut dyn FnMut(SocketAddr, u32, &[u8]), from| {
        push(from, 0, b"x");
        for part in 0..17 {
            push(from, 100 + part * 60_000, &[7; 60_000]);
        }
    };
    // sixty fit beside each other, and sixty more once those are forgotten
    (0..60).for_each(|at| fill(&mut push, full(at)));
    (0..16_384).for_each(|at| push(idle(at), 7, b"x"));
    (60..120).for_each(|at| fill(&mut push, full(at)));
    let items = items(&capture);
    let crowded = items.iter().filter(|item| {
        matches!(
            item,
            Item::Lost(Lost {
                why: WhyLost::TooMuchWaits,
                ..
            })
        )
    });
    assert_eq!(crowded.count(), 0);
    let forgotten = items.iter().filter(|item| {
        matches!(
            item,
            Item::Lost(Lost {
                why: WhyLost::Forgotten,
                ..
            })
        )
    });
    assert_eq!(forgotten.count(), 60);
}
