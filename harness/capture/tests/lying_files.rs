//! Files that are no captures, or lie: what came before is given, and the error names offset and finding.
#![allow(missing_docs, clippy::unwrap_used, reason = "tests")]

mod make;

use capture::{CaptureErrorKind, Item, Reader};
use make::file::*;
use make::{frame, line, read, tell};

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
