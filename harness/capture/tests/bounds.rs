//! What waits is bounded: fragments, parts of streams, connections, blocks.
#![allow(missing_docs, clippy::unwrap_used, reason = "tests")]

mod make;

use std::net::SocketAddr;

use capture::{Item, WhyLost};
use make::connection::{client, handshake, server, up};
use make::file::*;
use make::packets::{ACK, Tcp, datagram, fragment};
use make::{address, items, told};

#[test]
fn too_much_that_waits_is_released() {
    let many: Vec<Vec<u8>> = (0..1100)
        .map(|at| up(ACK, 200 + 2 * at, 901, b"x"))
        .collect();
    let told = told(&raw(&[&handshake()[..], &many].concat()))[1..].to_vec();
    assert_eq!(told[0], "1028 40000 @0 lost 99, crowded");
    assert_eq!(told[1], "4 40000 @99 \"x\"");
    // every second byte is there, and every one that is not is lost
    assert_eq!(
        told.iter().filter(|line| line.ends_with("\"x\"")).count(),
        1100
    );
    assert_eq!(
        told.iter().filter(|line| line.contains("lost 1, ")).count(),
        1099
    );
    let large: Vec<Vec<u8>> = (0..20)
        .map(|at| up(ACK, 200 + 60_000 * at, 901, &[b'x'; 60_000]))
        .collect();
    let items = items(&raw(&[&handshake()[..], &large].concat()));
    assert_eq!(items.len(), 1 + 1 + 20);
    assert_eq!(items[1].frame(), Some(3 + 18));
}

#[test]
fn idle_connections_are_forgotten_when_there_are_many() {
    let order = Order::Little;
    let mut capture = pcap_header(order, NANOSECONDS, 101);
    for at in 0..20_000u32 {
        let from = SocketAddr::from(([10, 1, (at >> 8) as u8, at as u8], 1000));
        let segment = Tcp {
            from,
            to: server(),
            sequence: 7,
            acknowledgement: 0,
            flags: ACK,
            payload: b"x",
        };
        let segment = segment.in_ip();
        let length = segment.len() as u32;
        capture.extend(record(order, (1, 0), (length, length), &segment));
    }
    let items = items(&capture);
    let notes: Vec<_> = items
        .iter()
        .filter(|item| matches!(item, Item::Note(_)))
        .map(make::tell)
        .collect();
    assert_eq!(
        notes,
        ["16385 note: 4096 idle connections forgotten, too many at a time"]
    );
    assert_eq!(items.len(), 40_001);
}

#[test]
fn a_flood_of_fragments_gives_up_the_oldest() {
    let ips = (client().ip(), server().ip());
    let mut capture = pcap_header(Order::Little, NANOSECONDS, 101);
    for at in 0..3000 {
        let part = fragment(ips, 17, at, (8, true), &[1; 8]);
        let length = part.len() as u32;
        capture.extend(record(Order::Little, (1, 0), (length, length), &part));
    }
    let told = told(&capture);
    assert_eq!(told.len(), 3000);
    let crowded = |line: &&String| line.ends_with("too many others were waiting");
    assert_eq!(told.iter().filter(crowded).count(), 3000 - 1025);
    assert!(told[0].contains("datagram of frame 1 never whole: too many"));
}

#[test]
fn a_long_block_of_no_interest_goes_by() {
    let order = Order::Little;
    let capture = [
        section(order),
        interface(order, 101, 0, &[]),
        block(order, 0x1234, &vec![1; 20 << 20]),
        enhanced(
            order,
            0,
            0,
            &datagram(address("1.2.3.4:5"), address("6.7.8.9:1"), b"x"),
        ),
    ]
    .concat();
    let items = items(&capture);
    assert_eq!(items.len(), 1);
}

#[test]
fn what_waits_in_all_connections_is_bounded() {
    let order = Order::Little;
    let mut capture = pcap_header(order, NANOSECONDS, 101);
    for at in 0..70 {
        let from = SocketAddr::from(([10, 1, 0, at], 1000));
        let mut push = |sequence, payload: &[u8]| {
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
        push(0, b"x");
        for part in 0..17 {
            push(100 + part * 60_000, &[7; 60_000]);
        }
    }
    let items = items(&capture);
    let lost = items.iter().find_map(|item| match item {
        Item::Lost(lost) => Some((lost.frame, lost.why)),
        _ => None,
    });
    // 65 connections of 17 parts take 66406080 bytes of the 64 MiB, so that the twelfth part of the next is one too many
    assert_eq!(lost, Some((65 * 18 + 1 + 12, WhyLost::TooMuchWaits)));
    let segments = items.iter().filter(|item| matches!(item, Item::Segment(_)));
    assert_eq!(segments.count(), 70 * 18);
}
