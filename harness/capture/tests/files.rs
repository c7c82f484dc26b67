//! Both formats, both byte orders, every block, and what is said of files that lie.
#![allow(missing_docs, clippy::unwrap_used, reason = "tests")]

mod make;

use capture::{CaptureErrorKind, Item, Reader, Skip};
use make::file::*;
use make::packets::datagram;
use make::{address, items, read, tell, told};

fn frame(payload: &str) -> Vec<u8> {
    let ends = (address("127.0.0.1:40000"), address("127.0.0.1:5683"));
    datagram(ends.0, ends.1, payload.as_bytes())
}

/// The line of [`frame`].
fn line(frame: u64, payload: &str) -> String {
    format!("{frame} 127.0.0.1:40000 > 127.0.0.1:5683 {payload:?}")
}

fn times(capture: &[u8]) -> Vec<u64> {
    let datagrams = items(capture).into_iter().filter_map(|item| match item {
        Item::Datagram(datagram) => Some(datagram.time.as_nanos()),
        _ => None,
    });
    datagrams.collect()
}

#[test]
fn pcap_in_both_orders_and_units() {
    for order in [Order::Big, Order::Little] {
        for (magic, unit) in [(MICROSECONDS, 1_000), (NANOSECONDS, 1)] {
            let capture = pcap(order, magic, 101, &[frame("a"), frame("b")]);
            assert_eq!(told(&capture), [line(1, "a"), line(2, "b")]);
            let expected = [1_000_000_000 + unit, 2_000_000_000 + 2 * unit];
            assert_eq!(times(&capture), expected);
        }
    }
    // the length of a frame check sequence stands above the link type
    let capture = pcap(Order::Big, MICROSECONDS, 0x4400_0065, &[frame("a")]);
    assert_eq!(told(&capture), [line(1, "a")]);
    assert!(items(&pcap(Order::Big, MICROSECONDS, 101, &[])).is_empty());
}

#[test]
fn pcapng_with_every_block_in_both_orders() {
    for order in [Order::Big, Order::Little] {
        let length = frame("a").len() as u32;
        let mut simple = order.u32(length).to_vec();
        simple.extend(frame("c"));
        let mut obsolete = order.u16(0).to_vec();
        obsolete.extend(order.u16(7));
        for field in [0, 4_000_000, length, length] {
            obsolete.extend(order.u32(field));
        }
        obsolete.extend(frame("d"));
        let capture = [
            section(order),
            interface(order, 101, 0, &[]),
            block(order, 4, &[0; 40]),
            enhanced(order, 0, 1_000_000, &frame("a")),
            secrets(order, TLS_KEY_LOG, b"CLIENT_RANDOM 00 11\n+"),
            block(order, 0x1234, b"whatever it is"),
            block(order, 5, &[0; 12]),
            block(order, 9, b"__REALTIME_TIMESTAMP=1\n"),
            block(order, 3, &simple),
            block(order, 2, &obsolete),
            block(order, 0x0BAD, b"12345678"),
            secrets(order, 0x5347_4B4C, b"WireGuard"),
            enhanced(order, 0, 5_000_000, &frame("e")),
        ]
        .concat();
        let expected = [
            line(1, "a"),
            "secrets \"CLIENT_RANDOM 00 11\\n+\"".to_owned(),
            "3 note: no time in the file, that of the frame before taken".to_owned(),
            line(3, "c"),
            line(4, "d"),
            line(6, "e"),
        ];
        assert_eq!(told(&capture), expected);
        let seconds = [1, 1, 4, 5].map(|second: u64| second * 1_000_000_000);
        assert_eq!(times(&capture), seconds);
        let mut reader = Reader::new(&capture[..]);
        assert_eq!(reader.by_ref().count(), 6);
        assert_eq!(reader.frames(), 6);
        let skips: Vec<_> = reader.skips().iter().map(|(skip, _)| skip).collect();
        let expected = [
            Skip::Block(9),
            Skip::Block(0x0BAD),
            Skip::Secrets(0x5347_4B4C),
        ];
        assert_eq!(skips, expected);
    }
}

#[test]
fn sections_have_orders_interfaces_and_clocks_of_their_own() {
    let (big, little) = (Order::Big, Order::Little);
    let nanoseconds = option(big, 9, &[9]);
    let later = [
        option(little, 9, &[3]),
        option(little, 14, &10i64.to_le_bytes()),
    ]
    .concat();
    let ethernet = make::packets::ethernet(0x0800, &frame("b"));
    let capture = [
        section(big),
        interface(big, 101, 0, &nanoseconds),
        interface(big, 1, 0, &[]),
        enhanced(big, 0, 5_000_000_007, &frame("a")),
        enhanced(big, 1, 6_000_001, &ethernet),
        section(little),
        interface(little, 101, 0, &later),
        enhanced(little, 0, 1_500, &frame("c")),
    ]
    .concat();
    assert_eq!(told(&capture), [line(1, "a"), line(2, "b"), line(3, "c")]);
    assert_eq!(
        times(&capture),
        [5_000_000_007, 6_000_001_000, 11_500_000_000]
    );
}

#[test]
fn a_cut_datagram_is_never_whole() {
    let order = Order::Little;
    let whole = frame("0123456789");
    let length = whole.len() as u32;
    let cut = &whole[..whole.len() - 4];
    let mut simple = order.u32(length).to_vec();
    simple.extend(cut);
    let rows = [
        [
            pcap_header(order, NANOSECONDS, 101),
            record(order, (0, 0), (length - 4, length), cut),
        ]
        .concat(),
        [
            section(order),
            interface(order, 101, 0, &[]),
            enhanced_cut(order, 0, 0, (length - 4, length), cut),
        ]
        .concat(),
        [
            section(order),
            interface(order, 101, length - 4, &[]),
            block(order, 3, &simple),
        ]
        .concat(),
    ];
    for capture in rows {
        let expected = format!("{} of 10 bytes", line(1, "012345"));
        assert_eq!(told(&capture).last(), Some(&expected));
        let item = items(&capture).pop();
        assert!(matches!(item, Some(Item::Datagram(datagram)) if !datagram.is_whole()));
    }
    // within the header nobody knows whose it is
    for (left, header) in [(19, "IPv4"), (23, "UDP"), (27, "UDP")] {
        let lengths = (left, length);
        let record = record(order, (0, 0), lengths, &whole[..left as usize]);
        let capture = [pcap_header(order, NANOSECONDS, 101), record].concat();
        assert_eq!(
            told(&capture),
            [format!("1 note: cut within its {header} header")]
        );
    }
    // more captured than there was
    let record = record(order, (0, 0), (length, length - 4), &whole);
    let capture = [pcap_header(order, NANOSECONDS, 101), record].concat();
    let note = format!(
        "1 note: {length} bytes captured of {} on the wire",
        length - 4
    );
    assert_eq!(told(&capture), [note, line(1, "0123456789")]);
}

#[test]
fn what_is_no_capture_is_named() {
    let rows: [(&[u8], &str); 12] = [
        (
            b"",
            "no bytes, neither of pcap nor of pcapng, at byte 0 of the capture",
        ),
        (
            b"hello",
            "neither pcap nor pcapng: 68 65 6c 6c at byte 0 of the capture",
        ),
        (
            b"\x0a",
            "neither pcap nor pcapng: 0a at byte 0 of the capture",
        ),
        (
            b"\x1f\x8b\x08\0\0",
            "capture compressed with gzip, decompress it first: magic at byte 0 of the capture",
        ),
        (
            b"\x28\xb5\x2f\xfd",
            "capture compressed with zstd, decompress it first: magic at byte 0 of the capture",
        ),
        (
            b"\x04\x22\x4d\x18",
            "capture compressed with lz4, decompress it first: magic at byte 0 of the capture",
        ),
        (
            b"\xa1\xb2\xcd\x34",
            "modified pcap of Kuznetzov, save it as pcap or pcapng with Wireshark: magic at byte 0 of the capture",
        ),
        (
            b"\x34\xcd\xb2\xa1",
            "modified pcap of Kuznetzov, save it as pcap or pcapng with Wireshark: magic at byte 0 of the capture",
        ),
        (
            b"\xa1\xb2\xc3\xd4\0\x02\0\x04",
            "capture ends after 8 of 24 bytes of the file header at byte 0 of the capture",
        ),
        (
            b"\xa1\xb2\xc3\xd4\0\x02\0\x02\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01",
            "version 2.2 of pcap, 2.4 wanted, at byte 4 of the capture",
        ),
        (
            b"\x0a\x0d\x0d\x0a\0\0\0\x1c\x4d\x3c\x2b\x1b\0\x01\0\0",
            "byte-order magic 4d3c2b1b, 1a2b3c4d or 4d3c2b1a wanted, at byte 8 of the capture",
        ),
        (
            b"\x0a\x0d\x0d\x0a\0\0\0\x1c\x1a\x2b\x3c\x4d\0\x02\0\0\0\0\0\0\0\0\0\0\0\0\0\x1c",
            "version 2.0 of pcapng, 1.0 wanted, at byte 12 of the capture",
        ),
    ];
    for (capture, text) in rows {
        let (items, error) = read(capture);
        assert!(items.is_empty());
        assert_eq!(error.unwrap().to_string(), text);
    }
}

#[test]
fn pcap_that_lies_gives_what_came_before() {
    let order = Order::Little;
    let good = pcap(order, NANOSECONDS, 101, &[frame("a")]);
    let at = good.len();
    let rows = [
        (
            record(order, (0, 0), (u32::MAX, u32::MAX), &frame("b")),
            format!(
                "frame of 4294967295 bytes, at most 262144 are read, at byte {} of the capture",
                at + 8
            ),
        ),
        (
            record(order, (0, 0), (30, 30), &frame("b")[..20]),
            format!(
                "capture ends after 20 of 30 bytes of a frame at byte {} of the capture",
                at + 16
            ),
        ),
        (
            vec![0; 15],
            format!(
                "capture ends after 15 of 16 bytes of a frame's header at byte {at} of the capture"
            ),
        ),
    ];
    for (bad, text) in rows {
        let (items, error) = read(&[good.clone(), bad].concat());
        assert_eq!(items.iter().map(tell).collect::<Vec<_>>(), [line(1, "a")]);
        assert_eq!(error.unwrap().to_string(), text);
    }
}

#[test]
fn pcapng_that_lies_gives_what_came_before() {
    let order = Order::Big;
    let good = [
        section(order),
        interface(order, 101, 0, &[]),
        enhanced(order, 0, 0, &frame("a")),
    ]
    .concat();
    let spoilt = |mut block: Vec<u8>, at: usize, bytes: &[u8]| {
        block[at..at + bytes.len()].copy_from_slice(bytes);
        block
    };
    let next = enhanced(order, 0, 0, &frame("b"));
    let end = next.len() - 4;
    // offsets count from the block that lies
    let rows = [
        (
            spoilt(next.clone(), 4, &[0, 0, 0, 30]),
            4,
            "length 30 of a block of type 0x6, a multiple of 4 from 32 on wanted,",
        ),
        (
            spoilt(next.clone(), 4, &[0, 0, 0, 28]),
            4,
            "length 28 of a block of type 0x6, a multiple of 4 from 32 on wanted,",
        ),
        (
            block(order, 77, &[])[..4]
                .iter()
                .copied()
                .chain([0, 0, 0, 8])
                .collect(),
            4,
            "length 8 of a block of type 0x4d, a multiple of 4 from 12 on wanted,",
        ),
        (
            spoilt(next.clone(), 4, &[255, 255, 255, 252]),
            4,
            "block of 4294967292 bytes, at most 16777216 are read,",
        ),
        (
            spoilt(next.clone(), end, &[0, 0, 0, 12]),
            end,
            "length 12 at the end of a block, 64 at its beginning,",
        ),
        (
            spoilt(next.clone(), 8, &[0, 0, 0, 1]),
            8,
            "frame of interface 1, the section has described 1,",
        ),
        (
            spoilt(next.clone(), 20, &[0, 0, 0, 33]),
            20,
            "frame of 33 bytes in 32 bytes",
        ),
        (
            spoilt(next.clone(), 20, &[255, 0, 0, 0]),
            20,
            "frame of 4278190080 bytes, at most 262144 are read,",
        ),
        (
            spoilt(secrets(order, TLS_KEY_LOG, b"abcd"), 12, &[0, 0, 0, 5]),
            12,
            "secrets of 5 bytes in 4 bytes",
        ),
        (
            interface(order, 1, 0, &[0, 9, 0, 4, 1, 2, 3, 4]),
            18,
            "if_tsresol of 4 bytes, 1 wanted,",
        ),
        (
            interface(order, 1, 0, &[0, 2, 0, 9, 1, 2, 3, 4]),
            18,
            "option of 9 bytes in 4 bytes",
        ),
        (
            next[..next.len() - 1].to_vec(),
            8,
            "capture ends after 55 of 56 bytes of a block",
        ),
        (
            block(order, 77, b"1234")[..14].to_vec(),
            12,
            "capture ends after 2 of 4 bytes of a block's end",
        ),
        (
            block(order, 77, b"1234")[..10].to_vec(),
            8,
            "capture ends after 2 of 4 bytes of a block",
        ),
        (
            next[..7].to_vec(),
            0,
            "capture ends after 7 of 8 bytes of a block's head",
        ),
        (
            [
                section(Order::Little),
                enhanced(Order::Little, 0, 0, &frame("b")),
            ]
            .concat(),
            28 + 8,
            "frame of interface 0, the section has described 0,",
        ),
    ];
    for (bad, at, text) in rows {
        let (items, error) = read(&[good.clone(), bad].concat());
        assert_eq!(items.iter().map(tell).collect::<Vec<_>>(), [line(1, "a")]);
        let text = format!("{text} at byte {} of the capture", good.len() + at);
        assert_eq!(error.unwrap().to_string(), text);
    }
}

#[test]
fn trouble_of_the_system_is_handed_on() {
    struct Broken(bool);
    impl std::io::Read for Broken {
        fn read(&mut self, room: &mut [u8]) -> std::io::Result<usize> {
            if std::mem::replace(&mut self.0, false) {
                let capture = raw(&[frame("a")]);
                room[..capture.len()].copy_from_slice(&capture);
                return Ok(capture.len());
            }
            Err(std::io::Error::other("disk on fire"))
        }
    }
    let mut reader = Reader::new(Broken(true));
    assert!(matches!(reader.next(), Some(Ok(Item::Datagram(_)))));
    let error = reader.next().unwrap().unwrap_err();
    assert!(matches!(error.kind, CaptureErrorKind::Read(_)));
    let at = raw(&[frame("a")]).len();
    assert_eq!(
        error.to_string(),
        format!("cannot read: disk on fire at byte {at} of the capture")
    );
    assert!(reader.next().is_none());
}
