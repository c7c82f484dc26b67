//! Every link type, against the captures in `fixtures/captures/links`; `UPDATE_GOLDEN=1` rewrites them.
#![allow(missing_docs, clippy::unwrap_used, reason = "tests")]

mod make;

use std::path::PathBuf;

use capture::{LinkType, Reader, Skip};
use make::file::*;
use make::packets::{datagram, ether_type, ethernet};
use make::{address, told};

/// A ping of CoAP over each version of IP (RFC 7252, 4.3: Empty, CON).
fn pings() -> [Vec<u8>; 2] {
    let four = (address("192.0.2.1:40000"), address("192.0.2.2:5683"));
    let six = (
        address("[2001:db8::1]:40000"),
        address("[2001:db8::2]:5683"),
    );
    [
        datagram(four.0, four.1, &[0x40, 0, 0x4A, 0x11]),
        datagram(six.0, six.1, &[0x40, 0, 0x4A, 0x12]),
    ]
}

const PINGS: [&str; 2] = [
    "1 192.0.2.1:40000 > 192.0.2.2:5683 \"@\\0J\\u{11}\"",
    "2 [2001:db8::1]:40000 > [2001:db8::2]:5683 \"@\\0J\\u{12}\"",
];

/// Both pings behind headers.
fn behind(header: impl Fn(&[u8]) -> Vec<u8>) -> Vec<Vec<u8>> {
    let framed = pings()
        .into_iter()
        .map(|ping| [header(&ping), ping].concat());
    framed.collect()
}

/// Both pings behind a loopback header with these families.
fn families(four: [u8; 4], six: [u8; 4]) -> Vec<Vec<u8>> {
    behind(|ping| if ping[0] >> 4 == 4 { four } else { six }.to_vec())
}

fn tags(tags: &[u16]) -> Vec<Vec<u8>> {
    behind(|ping| {
        let mut header = ethernet(tags[0], &[]);
        for (at, _) in tags.iter().enumerate() {
            let next = tags.get(at + 1).copied().unwrap_or(ether_type(ping));
            header.extend([0, 7]);
            header.extend(next.to_be_bytes());
        }
        header
    })
}

fn cooked(ping: &[u8], device: u16) -> Vec<u8> {
    let mut header = vec![0, 4];
    header.extend(device.to_be_bytes());
    header.extend([0, 6, 2, 0, 0, 0, 0, 1, 0, 0]);
    header.extend(ether_type(ping).to_be_bytes());
    header
}

fn cooked_2(ping: &[u8], device: u16) -> Vec<u8> {
    let mut header = ether_type(ping).to_be_bytes().to_vec();
    header.extend([0, 0, 0, 0, 0, 1]);
    header.extend(device.to_be_bytes());
    header.extend([4, 6, 2, 0, 0, 0, 0, 1, 0, 0]);
    header
}

/// Name, byte order of the file, link type and frames of each fixture.
fn fixtures() -> Vec<(&'static str, Order, u16, Vec<Vec<u8>>)> {
    let (big, little) = (Order::Big, Order::Little);
    let padded = || -> Vec<Vec<u8>> {
        let frames = behind(|ping| ethernet(ether_type(ping), &[])).into_iter();
        frames
            .map(|mut frame| {
                frame.resize(frame.len().max(60) + 4, 0xEE);
                frame
            })
            .collect()
    };
    vec![
        (
            "null-little.pcap",
            little,
            0,
            families([2, 0, 0, 0], [30, 0, 0, 0]),
        ),
        (
            "null-big.pcap",
            big,
            0,
            families([0, 0, 0, 2], [0, 0, 0, 28]),
        ),
        (
            "null-foreign-order.pcap",
            little,
            0,
            families([0, 0, 0, 2], [0, 0, 0, 24]),
        ),
        (
            "loop.pcap",
            little,
            108,
            families([0, 0, 0, 2], [0, 0, 0, 24]),
        ),
        (
            "ethernet.pcap",
            little,
            1,
            behind(|ping| ethernet(ether_type(ping), &[])),
        ),
        ("ethernet-padded.pcap", little, 1, padded()),
        ("ethernet-vlan.pcap", little, 1, tags(&[0x8100])),
        ("ethernet-stacked.pcap", big, 1, tags(&[0x88A8, 0x8100])),
        ("cooked.pcap", little, 113, behind(|ping| cooked(ping, 1))),
        (
            "cooked-2.pcap",
            little,
            276,
            behind(|ping| cooked_2(ping, 1)),
        ),
        ("raw-12.pcap", little, 12, pings().to_vec()),
        ("raw-14.pcap", little, 14, pings().to_vec()),
        ("raw.pcap", little, 101, pings().to_vec()),
        ("raw-ipv4.pcap", little, 228, pings()[..1].to_vec()),
        ("raw-ipv6.pcap", little, 229, pings()[1..].to_vec()),
    ]
}

fn pcapng() -> Vec<u8> {
    let order = Order::Big;
    let [four, six] = pings();
    let nanoseconds = option(order, 9, &[9]);
    [
        section(order),
        interface(order, 1, 262_144, &[]),
        interface(order, 276, 0, &nanoseconds),
        enhanced(order, 0, 1_000_001, &ethernet(0x0800, &four)),
        enhanced(
            order,
            1,
            2_000_000_002,
            &[cooked_2(&six, 772), six].concat(),
        ),
    ]
    .concat()
}

fn check(name: &str, capture: &[u8], expected: &[&str]) {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/captures/links");
    let path = folder.join(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(&path, capture).unwrap();
    }
    let kept = std::fs::read(&path).unwrap();
    assert!(kept.len() <= 4096, "{name}");
    assert_eq!(kept, capture, "{name} differs; UPDATE_GOLDEN=1 rewrites it");
    assert_eq!(told(&kept), expected, "{name}");
}

#[test]
fn every_link_type_that_is_read() {
    for (name, order, link, frames) in fixtures() {
        let capture = pcap(order, MICROSECONDS, u32::from(link), &frames);
        let second = PINGS[1].replacen('2', "1", 1);
        let expected = match name {
            "raw-ipv4.pcap" => vec![PINGS[0]],
            "raw-ipv6.pcap" => vec![second.as_str()],
            _ => PINGS.to_vec(),
        };
        check(name, &capture, &expected);
    }
    check("two-interfaces.pcapng", &pcapng(), &PINGS);
}

#[test]
fn every_family_of_ipv6() {
    for family in [10, 23, 24, 28, 30] {
        for order in [Order::Big, Order::Little] {
            let frames = families(order.u32(2), order.u32(family));
            let capture = pcap(Order::Little, MICROSECONDS, 0, &frames);
            assert_eq!(told(&capture), PINGS);
        }
    }
}

#[test]
fn what_is_not_read_is_counted() {
    let ping = pings()[0].clone();
    let device = |number| [cooked(&ping, number), ping.clone()].concat();
    let device_2 = |number| [cooked_2(&ping, number), ping.clone()].concat();
    let rows = [
        (195, ping.clone(), Skip::LinkType(LinkType(195))),
        (0, [&[0, 0, 0, 7][..], &ping].concat(), Skip::Family(7)),
        (
            108,
            [&[2, 0, 0, 0][..], &ping].concat(),
            Skip::Family(0x0200_0000),
        ),
        (1, ethernet(0x0806, &[0; 28]), Skip::EtherType(0x0806)),
        (1, ethernet(100, &[0; 100]), Skip::EtherType(0)),
        (113, device(824), Skip::Device(824)),
        (276, device_2(803), Skip::Device(803)),
    ];
    for (link, frame, skip) in rows {
        let frames = [frame, ping.clone()];
        let capture = pcap(Order::Little, MICROSECONDS, link, &frames[..1]);
        let mut reader = Reader::new(&capture[..]);
        assert_eq!(reader.by_ref().count(), 0, "{skip}");
        assert_eq!(reader.skips().frames(skip), 1, "{skip}");
    }
}

#[test]
fn frames_too_short_for_their_header_are_noted() {
    let vlan = ethernet(0x8100, &[0, 7]);
    let rows = [
        (
            1,
            vec![0; 13],
            "Ethernet: header in bytes 13, at least 14 wanted",
        ),
        (1, vlan, "Ethernet: header in bytes 2, at least 4 wanted"),
        (
            0,
            vec![2, 0],
            "loopback: header in bytes 2, at least 4 wanted",
        ),
        (
            113,
            vec![0; 15],
            "Linux cooked: header in bytes 15, at least 16 wanted",
        ),
        (
            276,
            vec![0; 19],
            "Linux cooked: header in bytes 19, at least 20 wanted",
        ),
        (101, vec![], "IPv4: header in bytes 0, at least 1 wanted"),
        (101, vec![0x55; 40], "IPv4: version 5, at least 4 wanted"),
    ];
    for (link, frame, text) in rows {
        let capture = pcap(Order::Little, MICROSECONDS, link, &[frame]);
        assert_eq!(told(&capture), [format!("1 note: {text}")]);
    }
}
