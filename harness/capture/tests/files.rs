//! Both formats, both byte orders, every block, times, and frames that were cut.
#![allow(missing_docs, clippy::unwrap_used, reason = "tests")]

mod make;

use capture::{Item, Reader, Skip};
use make::file::*;
use make::{frame, items, line, tell, told};

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
fn comments_are_handed_out_to_who_asks_for_them() {
    for order in [Order::Big, Order::Little] {
        let commented = |options: &[Vec<u8>]| {
            let frame = frame("a");
            let length = frame.len() as u32;
            let mut body: Vec<u8> = [0, 0, 0, length, length]
                .iter()
                .flat_map(|field| order.u32(*field))
                .collect();
            body.extend(frame);
            body.resize(body.len().next_multiple_of(4), 0);
            body.extend(options.concat());
            block(order, 6, &body)
        };
        let flags = option(order, 2, &[1, 0, 0, 0]);
        let end = option(order, 0, b"");
        let mut lying = option(order, 1, b"1234");
        lying[2..4].copy_from_slice(&order.u16(5));
        let frames = [
            (vec![], &[][..]),
            (
                vec![
                    flags,
                    option(order, 1, b"one"),
                    option(order, 1, b"of two"),
                    end.clone(),
                ],
                &["one", "of two"],
            ),
            // what stands behind the end is none
            (vec![end, option(order, 1, b"no")], &[]),
            (vec![lying], &[]),
            (vec![option(order, 1, b"\xff")], &["\u{fffd}"]),
        ];
        let mut capture = section(order);
        capture.extend(interface(order, 101, 0, &[]));
        let mut wanted = Vec::new();
        for (at, (options, comments)) in frames.iter().enumerate() {
            capture.extend(commented(options));
            let number = at as u64 + 1;
            wanted.extend(
                comments
                    .iter()
                    .map(|text| format!("{number} comment: {text}")),
            );
            wanted.push(line(number, "a"));
        }
        let asked = Reader::new(&capture[..]).with_comments();
        let asked: Vec<String> = asked.map(|item| tell(&item.unwrap())).collect();
        assert_eq!(asked, wanted);
        wanted.retain(|line| !line.contains("comment"));
        assert_eq!(told(&capture), wanted);
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
