//! Whatever the bytes, a reader neither panics nor goes on for ever; a file that was cut gives what came before the cut.
#![allow(missing_docs, clippy::unwrap_used, reason = "tests")]

mod make;

use capture::{Item, Lost, Reader, Remark, WhyLost};
use make::file::*;
use make::packets::*;
use make::{address, items, read};
use proptest::prelude::*;

/// A capture with something of everything.
fn rich(order: Order) -> Vec<u8> {
    let (client, server) = (address("10.0.0.1:40000"), address("10.0.0.2:5683"));
    let (low, high) = (address("[fd00::1]:1"), address("[fd00::2]:2"));
    let tcp = |flags, sequence, payload: &'static [u8]| {
        let (from, to) = (client, server);
        Tcp {
            from,
            to,
            sequence,
            acknowledgement: 0,
            flags,
            payload,
        }
        .in_ip()
    };
    let whole = udp(low, high, &[7; 40]);
    let ips = (low.ip(), high.ip());
    let one = fragment(ips, 17, 9, (0, true), &whole[..24]);
    let two = fragment(ips, 17, 9, (24, false), &whole[24..]);
    let frames = [
        datagram(client, server, b"one"),
        tcp(SYN, 9, b""),
        tcp(ACK, 10, b"abc"),
        one,
        tcp(ACK, 17, b"hi"),
        two,
        tcp(ACK, 13, b"defg"),
        tcp(FIN | ACK, 19, b""),
        tcp(ACK, 40, b"behind"),
        datagram(low, high, b"two"),
    ];
    let mut bytes = [
        section(order),
        interface(order, 101, 0, &option(order, 9, &[9])),
    ]
    .concat();
    bytes.extend(secrets(order, TLS_KEY_LOG, b"CLIENT_RANDOM 00 00\n"));
    for (at, frame) in frames.iter().enumerate() {
        bytes.extend(enhanced(order, 0, at as u64, frame));
    }
    bytes.extend(block(order, 5, &[0; 12]));
    bytes
}

/// Whether an item only stands there because the capture ended.
fn is_of_the_end(item: &Item) -> bool {
    match item {
        Item::Lost(Lost { why, .. }) => *why == WhyLost::EndOfCapture,
        Item::Note(note) => matches!(note.remark, Remark::FragmentsIncomplete { .. }),
        _ => false,
    }
}

#[test]
fn a_capture_cut_anywhere_gives_a_prefix() {
    for order in [Order::Big, Order::Little] {
        let capture = rich(order);
        let all = items(&capture);
        assert_eq!(all.len(), 10);
        let mut ended_well = 0;
        let mut most = 0;
        for length in 0..capture.len() {
            let (items, error) = read(&capture[..length]);
            let until = items.iter().position(is_of_the_end).unwrap_or(items.len());
            assert_eq!(items[..until], all[..until], "cut at {length}");
            assert!(until >= most, "cut at {length}");
            most = until;
            ended_well += usize::from(error.is_none());
        }
        assert_eq!(most, all.len());
        // between blocks: behind the section header, the interface, the secrets and every frame
        assert_eq!(ended_well, 13);
    }
}

/// What hostile blocks are made of.
fn spoiling() -> impl Strategy<Value = Vec<(prop::sample::Index, u8)>> {
    proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..12)
}

fn exhaust(capture: &[u8]) {
    let count = Reader::new(capture).count();
    // every item has a block, a fragment or a segment behind it, and none is longer than the file
    assert!(
        count <= capture.len() + 1,
        "{count} items of {} bytes",
        capture.len()
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn no_bytes_make_it_panic(
        begin in prop_oneof![
            Just(Vec::new()),
            Just(section(Order::Big)),
            Just([section(Order::Little), interface(Order::Little, 1, 0, &[])].concat()),
            (0u32..300).prop_map(|link| pcap_header(Order::Big, NANOSECONDS, link)),
        ],
        bytes in proptest::collection::vec(any::<u8>(), 0..300),
    ) {
        exhaust(&[begin, bytes].concat());
    }

    /// Frames of any bytes behind sound headers of the file.
    #[test]
    fn no_frames_make_it_panic(
        link in prop_oneof![
            Just(0u32), Just(1), Just(101), Just(108), Just(113), Just(228), Just(276), 0u32..300,
        ],
        frames in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..90), 0..12),
    ) {
        exhaust(&pcap(Order::Little, MICROSECONDS, link, &frames));
    }

    /// Bytes of IPv4 and IPv6 whose lengths hold, so that the layers above get their share.
    #[test]
    fn no_datagrams_make_it_panic(
        payloads in proptest::collection::vec((
            prop_oneof![Just(6u8), Just(17), Just(44), Just(0), Just(60), any::<u8>()],
            any::<bool>(),
            0u16..3,
            any::<u16>(),
            proptest::collection::vec(any::<u8>(), 0..80),
        ), 0..20),
    ) {
        let (four, six) = (address("10.0.0.1:0").ip(), address("[fd00::1]:0").ip());
        let frames: Vec<Vec<u8>> = payloads.iter().map(|(protocol, is_six, id, part, payload)| {
            match is_six {
                true => ipv6(six, six, *protocol, payload),
                false => ipv4(four, four, *protocol, (*id, part & 0x200F), payload),
            }
        }).collect();
        exhaust(&raw(&frames));
    }

    #[test]
    fn no_spoilt_capture_makes_it_panic(spoiling in spoiling(), is_big in any::<bool>()) {
        let mut capture = rich(if is_big { Order::Big } else { Order::Little });
        for (at, byte) in spoiling {
            let at = at.index(capture.len());
            capture[at] = byte;
        }
        exhaust(&capture);
    }

    /// Segments with numbers from anywhere: places in a stream never go back, and what is told is told once.
    #[test]
    fn no_segments_make_a_stream_go_back(
        segments in proptest::collection::vec((
            any::<bool>(),
            prop_oneof![0u32..64, any::<u32>()],
            prop_oneof![0u32..64, any::<u32>()],
            prop_oneof![Just(ACK), Just(ACK), Just(0), any::<u8>()],
            0usize..20,
        ), 0..60),
    ) {
        let ends = [address("10.0.0.1:1"), address("10.0.0.2:2")];
        let frames: Vec<Vec<u8>> = segments.iter().map(|(up, sequence, acknowledgement, flags, length)| {
            let (from, to) = if *up { (ends[0], ends[1]) } else { (ends[1], ends[0]) };
            let (sequence, acknowledgement) = (*sequence, *acknowledgement);
            let payload = &[b'x'; 20][..*length];
            Tcp { from, to, sequence, acknowledgement, flags: *flags, payload }.in_ip()
        }).collect();
        let mut at = [0u64; 2];
        let mut stands = false;
        for item in items(&raw(&frames)) {
            let (from, offset, length) = match &item {
                Item::Opened(_) => {
                    prop_assert!(!stands);
                    (stands, at) = (true, [0; 2]);
                    continue;
                }
                Item::Closed(closed) => {
                    stands &= closed.how == capture::Closing::Half;
                    continue;
                }
                Item::Segment(one) => (one.from, one.offset, one.bytes.len() as u64),
                Item::Lost(one) => (one.from, one.offset, one.length),
                Item::Note(_) => continue,
                other => return Err(TestCaseError::fail(format!("{other:?}"))),
            };
            prop_assert!(stands, "{item:?}");
            let side = usize::from(from == ends[1]);
            prop_assert_eq!(offset, at[side]);
            at[side] += length;
        }
    }
}
