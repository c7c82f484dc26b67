//! TCP: connections from beginning to end and from their middle, disorder, gaps, and what is said of them.
#![allow(missing_docs, clippy::unwrap_used, reason = "tests")]

mod make;

use capture::{Reader, Skip};
use make::connection::{down, handshake, up};
use make::file::{Order, raw, record};
use make::packets::{ACK, FIN, RST, SYN};
use make::told;

const OPENED: &str = "2 40000 > 5683 opened";

fn after_handshake(frames: &[Vec<u8>]) -> Vec<String> {
    let told = told(&raw(&[&handshake()[..], frames].concat()));
    assert_eq!(told[0], OPENED);
    told[1..].to_vec()
}

#[test]
fn a_connection_from_its_beginning_to_its_end() {
    let frames = [
        up(ACK, 101, 901, b"get"),
        down(ACK, 901, 104, b"content"),
        up(ACK | FIN, 104, 908, b"bye"),
        down(ACK, 908, 108, b"more"),
        down(ACK | FIN, 912, 108, b""),
        up(ACK, 108, 913, b""),
    ];
    let expected = [
        "4 40000 @0 \"get\"",
        "5 5683 @0 \"content\"",
        "6 40000 @3 \"bye\"",
        "6 40000 half",
        "7 5683 @7 \"more\"",
        "8 5683 finished",
    ];
    assert_eq!(after_handshake(&frames), expected);
}

#[test]
fn repetitions_overlaps_and_disorder() {
    let rows: [(&[Vec<u8>], &[&str]); 6] = [
        (
            &[
                up(ACK, 101, 901, b"abc"),
                up(ACK, 101, 901, b"abc"),
                up(ACK, 102, 901, b"bcde"),
            ],
            &["4 40000 @0 \"abc\"", "6 40000 @3 \"de\""],
        ),
        (
            &[up(ACK, 104, 901, b"def"), up(ACK, 101, 901, b"abc")],
            &["5 40000 @0 \"abc\"", "4 40000 @3 \"def\""],
        ),
        (
            &[
                up(ACK, 103, 901, b"cd"),
                up(ACK, 107, 901, b"gh"),
                up(ACK, 102, 901, b"bcdefghi"),
                up(ACK, 101, 901, b"a"),
            ],
            &[
                "7 40000 @0 \"a\"",
                "6 40000 @1 \"b\"",
                "4 40000 @2 \"cd\"",
                "6 40000 @4 \"ef\"",
                "5 40000 @6 \"gh\"",
                "6 40000 @8 \"i\"",
            ],
        ),
        (
            &[
                up(ACK, 103, 901, b"cd"),
                up(ACK, 102, 901, b"bXX"),
                up(ACK, 101, 901, b"a"),
            ],
            &[
                "5 note: other bytes than before at byte 2 of the stream",
                "6 40000 @0 \"a\"",
                "5 40000 @1 \"b\"",
                "4 40000 @2 \"cd\"",
            ],
        ),
        // a FIN that overtakes
        (
            &[up(ACK | FIN, 104, 901, b"d"), up(ACK, 101, 901, b"abc")],
            &["5 40000 @0 \"abc\"", "4 40000 @3 \"d\"", "5 40000 half"],
        ),
        // a keep-alive
        (
            &[up(ACK, 101, 901, b"ab"), up(ACK, 102, 901, b"\0")],
            &["4 40000 @0 \"ab\""],
        ),
    ];
    for (frames, expected) in rows {
        assert_eq!(after_handshake(frames), expected);
    }
}

#[test]
fn bytes_that_were_not_captured_are_lost_and_not_joined() {
    let rows: [(&[Vec<u8>], &[&str]); 7] = [
        // the receiver has them
        (
            &[
                up(ACK, 101, 901, b"ab"),
                up(ACK, 105, 901, b"ef"),
                down(ACK, 901, 107, b""),
            ],
            &[
                "4 40000 @0 \"ab\"",
                "6 40000 @2 lost 2, acknowledged",
                "5 40000 @4 \"ef\"",
            ],
        ),
        // nothing waits behind them
        (
            &[down(ACK, 901, 104, b"x")],
            &["4 40000 @0 lost 3, acknowledged", "4 5683 @0 \"x\""],
        ),
        // an acknowledgement of the FIN is none of a byte
        (
            &[up(ACK | FIN, 103, 901, b"cd"), down(ACK, 901, 106, b"")],
            &[
                "5 40000 @0 lost 2, acknowledged",
                "4 40000 @2 \"cd\"",
                "5 40000 half",
            ],
        ),
        // they come after all
        (
            &[down(ACK, 901, 104, b""), up(ACK, 101, 901, b"abcd")],
            &[
                "4 40000 @0 lost 3, acknowledged",
                "5 note: 3 bytes at byte 0 of the stream, counted as lost before",
                "5 40000 @3 \"d\"",
            ],
        ),
        (
            &[up(ACK, 103, 901, b"cd"), down(RST, 901, 0, b"")],
            &[
                "5 40000 @0 lost 2, closed",
                "4 40000 @2 \"cd\"",
                "5 5683 reset",
            ],
        ),
        (
            &[up(ACK, 103, 901, b"cd")],
            &["4 40000 @0 lost 2, end", "4 40000 @2 \"cd\""],
        ),
        (
            &[
                up(ACK, 103, 901, b"cd"),
                up(SYN, 7000, 0, b""),
                down(SYN | ACK, 50, 7001, b""),
            ],
            &[
                "5 40000 @0 lost 2, closed",
                "4 40000 @2 \"cd\"",
                "5 40000 superseded",
                "6 40000 > 5683 opened",
            ],
        ),
    ];
    for (frames, expected) in rows {
        assert_eq!(after_handshake(frames), expected);
    }
}

#[test]
fn a_connection_from_its_middle() {
    let frames = [
        down(ACK, 900, 101, b""),
        up(ACK, 98, 900, b"xyz"),
        up(ACK, 101, 900, b"abc"),
        down(ACK, 902, 104, b"cd"),
        down(ACK, 900, 104, b"ab"),
        up(ACK | FIN, 104, 904, b""),
    ];
    let expected = [
        "2 40000 > 5683 met",
        "2 note: 3 bytes from before the beginning of the stream",
        "3 40000 @0 \"abc\"",
        "5 5683 @0 \"ab\"",
        "4 5683 @2 \"cd\"",
        "6 40000 half",
    ];
    assert_eq!(told(&raw(&frames)), expected);
    // without a word of the other end
    let frames = [up(ACK, 50, 0, b"abc"), up(ACK, 53, 0, b"def")];
    let expected = [
        "1 40000 > 5683 met",
        "1 40000 @0 \"abc\"",
        "2 40000 @3 \"def\"",
    ];
    assert_eq!(told(&raw(&frames)), expected);
    // a SYN with ACK alone says who began
    let frames = [down(SYN | ACK, 900, 101, b""), up(ACK, 101, 901, b"a")];
    assert_eq!(
        told(&raw(&frames)),
        ["1 40000 > 5683 opened", "2 40000 @0 \"a\""]
    );
}

#[test]
fn beginnings_and_ends_of_all_kinds() {
    let rows: [(Vec<Vec<u8>>, &[&str]); 8] = [
        (
            vec![up(SYN, 100, 0, b""), down(RST | ACK, 0, 101, b"")],
            &["2 5683 refused"],
        ),
        (vec![up(SYN, 100, 0, b""), up(RST, 101, 0, b"")], &[]),
        (vec![down(RST, 5, 0, b"")], &[]),
        (
            vec![
                up(SYN, 100, 0, b""),
                up(SYN, 100, 0, b""),
                down(SYN | ACK, 900, 101, b""),
                down(SYN | ACK, 900, 101, b""),
            ],
            &["3 40000 > 5683 opened"],
        ),
        // bytes with the SYN (RFC 7413)
        (
            vec![
                up(SYN, 100, 0, b"abc"),
                down(SYN | ACK, 900, 104, b""),
                up(ACK, 104, 901, b"d"),
            ],
            &[
                "1 40000 > 5683 opened",
                "1 40000 @0 \"abc\"",
                "3 40000 @3 \"d\"",
            ],
        ),
        // the first ACK overtakes the SYN with ACK
        (
            vec![
                up(SYN, 100, 0, b""),
                up(ACK, 101, 901, b"a"),
                down(SYN | ACK, 900, 101, b""),
            ],
            &["2 40000 > 5683 opened", "2 40000 @0 \"a\""],
        ),
        (
            [
                &handshake()[..],
                &[
                    down(RST, 901, 0, b""),
                    up(ACK, 101, 901, b"abc"),
                    down(RST, 901, 0, b""),
                ],
            ]
            .concat(),
            &[
                OPENED,
                "4 5683 reset",
                "5 note: 3 bytes behind the end of the connection",
            ],
        ),
        (
            [
                &handshake()[..],
                &[up(FIN | ACK, 101, 901, b""), up(ACK, 101, 901, b"abc")],
            ]
            .concat(),
            &[
                OPENED,
                "4 40000 half",
                "5 note: 3 bytes behind the end of the connection",
            ],
        ),
    ];
    for (frames, expected) in rows {
        assert_eq!(told(&raw(&frames)), expected);
    }
    let ends = |first: u32| {
        vec![
            up(SYN, first, 0, b""),
            down(SYN | ACK, 900, first + 1, b""),
            up(FIN | ACK, first + 1, 901, b""),
            down(FIN | ACK, 901, first + 2, b""),
            up(ACK, first + 2, 902, b""),
        ]
    };
    let twice = [ends(100), ends(100_000)].concat();
    let expected = [
        OPENED,
        "3 40000 half",
        "4 5683 finished",
        "7 40000 > 5683 opened",
        "8 40000 half",
        "9 5683 finished",
    ];
    assert_eq!(told(&raw(&twice)), expected);
}

#[test]
fn numbers_far_off_are_not_believed() {
    let frames = [
        up(ACK, 101u32.wrapping_add(1 << 30), 901, b"far"),
        up(ACK, 101, 901 + (1 << 30), b"a"),
        up(ACK, 102, 901, b"b"),
    ];
    let expected = [
        "4 note: sequence number 1073741925 is far off, 101 would come next",
        "5 note: sequence number 1073742725 is far off, 901 would come next",
        "5 40000 @0 \"a\"",
        "6 40000 @1 \"b\"",
    ];
    assert_eq!(after_handshake(&frames), expected);
}

#[test]
fn a_cut_segment_leaves_a_gap() {
    let order = Order::Little;
    let mut capture = raw(&handshake());
    let segment = up(ACK, 101, 901, b"abcdef");
    let length = segment.len() as u32;
    capture.extend(record(
        order,
        (4, 0),
        (length - 4, length),
        &segment[..segment.len() - 4],
    ));
    for segment in [up(ACK, 107, 901, b"gh"), down(ACK, 901, 109, b"")] {
        let length = segment.len() as u32;
        capture.extend(record(order, (5, 0), (length, length), &segment));
    }
    let expected = [
        OPENED,
        "4 note: last 4 bytes of the segment cut",
        "4 40000 @0 \"ab\"",
        "6 40000 @2 lost 4, acknowledged",
        "5 40000 @6 \"gh\"",
    ];
    assert_eq!(told(&capture), expected);
}

#[test]
fn headers_that_lie_are_noted() {
    let segment = up(ACK, 101, 901, b"");
    let rows = [
        (0x40, "16, at least 20 wanted"),
        (0xF0, "60, at most 24 wanted"),
    ];
    for (offset, text) in rows {
        let mut segment = segment.clone();
        segment[32] = offset;
        let expected = format!("1 note: TCP: data offset in bytes {text}");
        assert_eq!(told(&raw(&[segment])), [expected]);
    }
}

#[test]
fn repetitions_are_counted() {
    let frames = [
        up(ACK, 101, 901, b"abc"),
        up(ACK, 101, 901, b"abc"),
        up(ACK, 101, 901, b"ab"),
    ];
    let capture = raw(&[&handshake()[..], &frames].concat());
    let mut reader = Reader::new(&capture[..]);
    assert_eq!(reader.by_ref().count(), 2);
    assert_eq!(reader.skips().frames(Skip::Retransmission), 2);
}
