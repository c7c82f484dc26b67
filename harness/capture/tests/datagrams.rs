//! IP and UDP: options, extension headers, lengths that lie, fragments in any order.
#![allow(missing_docs, clippy::unwrap_used, reason = "tests")]

mod make;

use std::net::{IpAddr, SocketAddr};

use capture::{Datagram, Item, Reader, Skip, Transport};
use make::file::{NANOSECONDS, Order, pcap_header, raw, record};
use make::packets::*;
use make::{address, items, told};
use proptest::prelude::*;

fn four() -> (SocketAddr, SocketAddr) {
    (address("10.0.0.1:40000"), address("10.0.0.2:5683"))
}

fn six() -> (SocketAddr, SocketAddr) {
    (address("[fd00::1]:40000"), address("[fd00::2]:5683"))
}

fn ips(ends: (SocketAddr, SocketAddr)) -> (IpAddr, IpAddr) {
    (ends.0.ip(), ends.1.ip())
}

/// A header field of a datagram overwritten.
fn spoilt(mut bytes: Vec<u8>, at: usize, value: &[u8]) -> Vec<u8> {
    bytes[at..at + value.len()].copy_from_slice(value);
    bytes
}

#[test]
fn options_and_extension_headers_are_passed_over() {
    let (from, to) = four();
    let mut options = datagram(from, to, b"four");
    options.splice(20..20, [1, 1, 1, 1, 1, 1, 1, 0]);
    let options = spoilt(options, 0, &[0x47, 0, 0, 40]);
    let (from, to) = six();
    let mut extended = vec![43, 0, 1, 4, 0, 0, 0, 0];
    extended.extend([60, 1, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    extended.extend([51, 0, 1, 4, 0, 0, 0, 0]);
    extended.extend([44, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    // a fragment that is the whole (RFC 6946)
    extended.extend([17, 0, 0, 0, 0, 0, 0, 9]);
    extended.extend(udp(from, to, b"six"));
    let extended = ipv6(from.ip(), to.ip(), 0, &extended);
    let offloaded = spoilt(datagram(four().0, four().1, b"later"), 2, &[0, 0]);
    let expected = [
        "1 10.0.0.1:40000 > 10.0.0.2:5683 \"four\"",
        "2 [fd00::1]:40000 > [fd00::2]:5683 \"six\"",
        "3 10.0.0.1:40000 > 10.0.0.2:5683 \"later\"",
    ];
    assert_eq!(told(&raw(&[options, extended, offloaded])), expected);
}

#[test]
fn lengths_that_lie_are_noted() {
    let (from, to) = four();
    let sound = datagram(from, to, b"0123");
    let in_six = datagram(six().0, six().1, b"0123");
    let line = |text: &str| format!("1 10.0.0.1:40000 > 10.0.0.2:5683 {text:?}");
    let rows = [
        (
            spoilt(sound.clone(), 0, &[0x44]),
            "1 note: IPv4: header length 16, at least 20 wanted".into(),
        ),
        (
            spoilt(sound.clone(), 0, &[0x4F]),
            "1 note: IPv4: total length 32, at least 60 wanted".into(),
        ),
        (
            spoilt(sound.clone(), 2, &[0, 33]),
            "1 note: IPv4: total length 33, at most 32 wanted".into(),
        ),
        (
            spoilt(sound.clone(), 2, &[0, 19]),
            "1 note: IPv4: total length 19, at least 20 wanted".into(),
        ),
        (
            spoilt(sound.clone(), 2, &[0, 23]),
            "1 note: UDP: header in bytes 3, at least 4 wanted".into(),
        ),
        (
            spoilt(sound.clone(), 2, &[0, 27]),
            "1 note: UDP: header in bytes 7, at least 8 wanted".into(),
        ),
        (
            spoilt(sound.clone(), 2, &[0, 31]),
            "1 note: UDP: length 12, at most 11 wanted".into(),
        ),
        (
            spoilt(sound.clone(), 24, &[0, 7]),
            "1 note: UDP: length 7, at least 8 wanted".into(),
        ),
        (
            spoilt(sound.clone(), 24, &[0, 0]),
            "1 note: UDP: length 0, at least 8 wanted".into(),
        ),
        (
            spoilt(sound.clone(), 24, &[0, 13]),
            "1 note: UDP: length 13, at most 12 wanted".into(),
        ),
        (spoilt(sound.clone(), 24, &[0, 8]), line("")),
        (
            spoilt(in_six.clone(), 4, &[0, 13]),
            "1 note: IPv6: payload length 13, at most 12 wanted".into(),
        ),
        (
            spoilt(in_six.clone(), 6, &[60]),
            "1 note: IPv6: header in bytes 12, at least 520 wanted".into(),
        ),
        // no checksum: allowed over IPv4 only
        (spoilt(sound.clone(), 26, &[0, 0]), line("0123")),
        (
            spoilt(in_six.clone(), 46, &[0, 0]),
            "1 [fd00::1]:40000 > [fd00::2]:5683 \"0123\"".into(),
        ),
    ];
    for (bytes, text) in rows {
        assert_eq!(told(&raw(&[bytes])).last(), Some(&text));
    }
    let surplus = told(&raw(&[spoilt(sound, 24, &[0, 9])]));
    assert_eq!(
        surplus,
        [
            "1 note: 3 bytes behind the end of UDP".to_owned(),
            line("0")
        ]
    );
    let unchecked = told(&raw(&[spoilt(in_six, 46, &[0, 0])]));
    assert_eq!(unchecked[0], "1 note: no UDP checksum over IPv6");
}

#[test]
fn foreign_traffic_is_counted_and_never_noted() {
    let (from, to) = four();
    let foreign = (address("10.0.0.1:40001"), to);
    let icmp = ipv4(from.ip(), to.ip(), 1, (0, 0), &[8, 0, 0, 0]);
    let lying = spoilt(datagram(foreign.0, foreign.1, b"x"), 24, &[9, 9]);
    let part = udp(foreign.0, foreign.1, &[7; 24]);
    let first = fragment(ips(four()), 17, 1, (0, true), &part[..16]);
    let second = fragment(ips(four()), 17, 1, (16, false), &part[16..]);
    let tcp = Tcp {
        from,
        to,
        sequence: 1,
        acknowledgement: 0,
        flags: SYN,
        payload: b"",
    };
    let frames = [
        icmp,
        lying,
        first,
        second,
        tcp.in_ip(),
        datagram(from, to, b"ours"),
    ];
    let capture = raw(&frames);
    let wanted = |one: SocketAddr, other: SocketAddr, transport| {
        transport == Transport::Udp && (one, other) == four()
    };
    let mut reader = Reader::with_filter(&capture[..], wanted);
    let items: Vec<Item> = reader.by_ref().map(Result::unwrap).collect();
    assert_eq!(items.len(), 1);
    assert_eq!(items[0].frame(), Some(6));
    assert_eq!(reader.skips().frames(Skip::Unwanted), 4);
    assert_eq!(reader.skips().frames(Skip::Protocol(1)), 1);
    assert_eq!(
        reader
            .skips()
            .frames(Skip::LinkType(capture::LinkType::RAW)),
        0
    );
}

/// A datagram in parts that begin at the given multiples of eight.
fn parts(ends: (SocketAddr, SocketAddr), payload: &[u8], cuts: &[usize]) -> Vec<Vec<u8>> {
    let whole = udp(ends.0, ends.1, payload);
    let mut starts: Vec<usize> = cuts.iter().map(|cut| cut * 8).collect();
    starts.retain(|start| *start > 0 && *start < whole.len());
    starts.push(0);
    starts.sort_unstable();
    starts.dedup();
    let ends_at = starts.iter().skip(1).copied().chain([whole.len()]);
    let pairs = starts.iter().copied().zip(ends_at);
    pairs
        .map(|(start, end)| {
            let more = end < whole.len();
            fragment(ips(ends), 17, 77, (start, more), &whole[start..end])
        })
        .collect()
}

#[test]
fn fragments_give_every_frame() {
    for ends in [four(), six()] {
        let [one, two, three] = &parts(ends, b"0123456789abcdef", &[1, 2])[..] else {
            panic!("three parts");
        };
        let frames = [three, one, one, two].map(Clone::clone);
        let capture = raw(&frames);
        let line = format!("1+2+4 {} > {} \"0123456789abcdef\"", ends.0, ends.1);
        assert_eq!(told(&capture), [line]);
        let mut reader = Reader::new(&capture[..]);
        reader.by_ref().count();
        assert_eq!(reader.skips().frames(Skip::RepeatedFragment), 1);
    }
}

#[test]
fn fragments_that_cannot_be_trusted_are_refused() {
    for ends in [four(), six()] {
        let whole = udp(ends.0, ends.1, b"0123456789abcdef");
        let version = if ends.0.is_ipv4() { "IPv4" } else { "IPv6" };
        let part = |start: usize, end: usize, more| {
            fragment(ips(ends), 17, 5, (start, more), &whole[start..end])
        };
        let other = |start: usize, end: usize, more| {
            fragment(ips(ends), 17, 5, (start, more), &vec![b'x'; end - start])
        };
        let overlap = "2 note: fragment overlaps another, datagram refused";
        let disagree = "2 note: fragments disagree about their end, datagram refused";
        let lost =
            |frames: &str| format!("note: datagram of {frames} never whole: the capture ended");
        let rows = [
            (
                vec![part(0, 16, true), part(8, 24, false), part(16, 24, false)],
                vec![overlap.to_owned()],
            ),
            (
                vec![part(0, 16, true), other(0, 16, true), part(16, 24, false)],
                vec![overlap.to_owned()],
            ),
            (
                vec![part(8, 24, false), part(0, 16, true), part(0, 8, true)],
                vec![overlap.to_owned()],
            ),
            (
                vec![part(0, 8, true), part(0, 16, true)],
                vec![overlap.to_owned()],
            ),
            (
                vec![part(8, 16, false), part(16, 24, true)],
                vec![disagree.to_owned()],
            ),
            (
                vec![part(16, 24, true), part(8, 16, false)],
                vec![disagree.to_owned()],
            ),
            (
                vec![part(8, 16, false), part(16, 24, false)],
                vec![disagree.to_owned()],
            ),
            (
                vec![part(0, 12, true), part(0, 16, true)],
                vec![
                    format!("1 note: {version}: fragment in bytes 12, a multiple of 8 wanted"),
                    format!("2 {}", lost("frame 2")),
                ],
            ),
            (
                vec![fragment(ips(ends), 17, 5, (65_528, false), &[0; 16])],
                vec![format!(
                    "1 note: {version}: end of a fragment at byte 65544, at most 65535 wanted"
                )],
            ),
            (
                vec![fragment(ips(ends), 17, 5, (8, false), &[])],
                vec![format!(
                    "1 note: {version}: fragment in bytes 0, at least 1 wanted"
                )],
            ),
            (
                vec![part(0, 8, true), part(8, 16, true)],
                vec![format!("2 {}", lost("frames 1, 2"))],
            ),
        ];
        let capture = raw(&rows[0].0);
        let mut reader = Reader::new(&capture[..]);
        reader.by_ref().count();
        assert_eq!(reader.skips().frames(Skip::RefusedFragment), 1);
        for (frames, expected) in rows {
            assert_eq!(told(&raw(&frames)), expected);
        }
    }
}

#[test]
fn fragments_do_not_wait_for_ever() {
    let order = Order::Little;
    let timed = |frames: &[(u32, Vec<u8>)]| {
        let mut capture = pcap_header(order, NANOSECONDS, 101);
        for (second, frame) in frames {
            let length = frame.len() as u32;
            capture.extend(record(order, (*second, 0), (length, length), frame));
        }
        told(&capture)
    };
    let [one, two] = &parts(four(), b"01234567", &[1])[..] else {
        panic!("two parts");
    };
    let line = "1+2 10.0.0.1:40000 > 10.0.0.2:5683 \"01234567\"";
    assert_eq!(timed(&[(100, one.clone()), (159, two.clone())]), [line]);
    let late = [
        "2 note: datagram of frame 1 never whole: 60 s went by",
        "2 note: datagram of frame 2 never whole: the capture ended",
    ];
    assert_eq!(timed(&[(100, one.clone()), (160, two.clone())]), late);
    // a clock that was set back is no reason to give up
    assert_eq!(timed(&[(100, one.clone()), (1, two.clone())]), [line]);
}

#[test]
fn a_cut_fragment_makes_a_cut_datagram() {
    let order = Order::Little;
    let [one, two] = &parts(four(), b"0123456789abcdef", &[2])[..] else {
        panic!("two parts");
    };
    let mut capture = pcap_header(order, NANOSECONDS, 101);
    let length = one.len() as u32;
    let cut = &one[..one.len() - 3];
    capture.extend(record(order, (1, 0), (length - 3, length), cut));
    let length = two.len() as u32;
    capture.extend(record(order, (1, 0), (length, length), two));
    let line = "1+2 10.0.0.1:40000 > 10.0.0.2:5683 \"01234\" of 16 bytes";
    assert_eq!(told(&capture), [line]);
}

#[test]
fn fragments_within_fragments_are_refused() {
    let (from, to) = six();
    let mut inner = vec![17, 0, 0, 1, 0, 0, 0, 9];
    inner.extend(udp(from, to, b"01234567"));
    let first = fragment(ips(six()), 44, 3, (0, true), &inner[..16]);
    let second = fragment(ips(six()), 44, 3, (16, false), &inner[16..]);
    let expected = ["1 note: fragments within fragments, datagram refused"];
    assert_eq!(told(&raw(&[first, second])), expected);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Whatever the cuts and the order, with repetitions.
    #[test]
    fn shuffled_fragments_give_the_datagram_back(
        is_six in any::<bool>(),
        payload in proptest::collection::vec(any::<u8>(), 9..3000),
        cuts in proptest::collection::vec(1usize..375, 1..20),
        order in proptest::collection::vec(any::<prop::sample::Index>(), 0..40),
        repeated in proptest::collection::vec(any::<prop::sample::Index>(), 0..6),
    ) {
        let ends = if is_six { six() } else { four() };
        // two parts at least
        let cuts = [&cuts[..], &[1]].concat();
        let mut frames = parts(ends, &payload, &cuts);
        let distinct = frames.len();
        for (at, with) in order.iter().enumerate() {
            let at = at % distinct;
            frames.swap(at, with.index(distinct));
        }
        // before the last, so that none begins the datagram anew
        for index in &repeated {
            let again = frames[index.index(distinct - 1)].clone();
            frames.insert(frames.len() - 1, again);
        }
        let items = items(&raw(&frames));
        let [Item::Datagram(Datagram { frame, earlier, bytes, length, .. })] = &items[..] else {
            return Err(TestCaseError::fail(format!("{items:?}")));
        };
        prop_assert_eq!(*frame, frames.len() as u64);
        prop_assert_eq!(earlier.len(), distinct - 1);
        prop_assert_eq!(bytes, &payload);
        prop_assert_eq!(*length, payload.len());
    }
}
