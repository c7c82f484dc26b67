//! TCP: whatever the cuts, the order and the repetitions, the stream comes back; where it has holes is said.
#![allow(missing_docs, clippy::unwrap_used, reason = "tests")]

mod make;

use capture::Item;
use make::connection::{down, handshake, up};
use make::file::raw;
use make::items;
use make::packets::{ACK, FIN, SYN};
use proptest::prelude::*;

/// Cuts a stream that begins at a sequence number, some parts longer than what is new in them.
fn cut(first: u32, stream: &[u8], cuts: &[(prop::sample::Index, usize)]) -> Vec<Vec<u8>> {
    let mut starts: Vec<(usize, usize)> = vec![(0, 0)];
    starts.extend(
        cuts.iter()
            .map(|(at, more)| (at.index(stream.len()), *more)),
    );
    starts.sort_unstable();
    let ends = starts
        .iter()
        .skip(1)
        .map(|(start, _)| *start)
        .chain([stream.len()]);
    let parts = starts.iter().zip(ends).map(|((start, more), end)| {
        let end = (end + more).min(stream.len());
        up(
            ACK,
            first.wrapping_add(*start as u32),
            901,
            &stream[*start..end],
        )
    });
    parts.collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Sequence numbers that wrap included.
    #[test]
    fn a_stream_in_pieces_comes_back(
        initial in prop_oneof![any::<u32>(), (u32::MAX - 2000)..=u32::MAX],
        stream in proptest::collection::vec(any::<u8>(), 1..3000),
        cuts in proptest::collection::vec((any::<prop::sample::Index>(), 0usize..40), 0..40),
        order in proptest::collection::vec(any::<prop::sample::Index>(), 0..80),
        again in proptest::collection::vec(any::<prop::sample::Index>(), 0..10),
    ) {
        let first = initial.wrapping_add(1);
        let mut parts = cut(first, &stream, &cuts);
        let count = parts.len();
        for (at, with) in order.iter().enumerate() {
            parts.swap(at % count, with.index(count));
        }
        for index in &again {
            let part = parts[index.index(count)].clone();
            parts.push(part);
        }
        parts.insert(0, up(SYN, initial, 0, b""));
        parts.insert(1, down(SYN | ACK, 900, first, b""));
        parts.push(up(FIN | ACK, first.wrapping_add(stream.len() as u32), 901, b""));
        let mut back = Vec::new();
        let mut ended = false;
        for item in items(&raw(&parts)) {
            match item {
                Item::Segment(segment) => {
                    prop_assert_eq!(segment.offset, back.len() as u64);
                    back.extend(segment.bytes);
                }
                Item::Opened(_) => prop_assert!(back.is_empty()),
                Item::Closed(_) => ended = true,
                other => return Err(TestCaseError::fail(format!("{other:?}"))),
            }
        }
        prop_assert!(ended);
        prop_assert_eq!(back, stream);
    }

    /// Of a stream with holes nothing is joined over them, and nothing is in a wrong place.
    #[test]
    fn a_stream_with_holes_says_where_they_are(
        stream in proptest::collection::vec(any::<u8>(), 20..2000),
        cuts in proptest::collection::vec((any::<prop::sample::Index>(), 0usize..3), 1..30),
        kept in proptest::collection::vec(any::<bool>(), 31),
        acknowledged in any::<bool>(),
    ) {
        let mut parts = cut(101, &stream, &cuts);
        let mut keep = kept.iter();
        parts.retain(|_| *keep.next().unwrap_or(&true));
        let mut frames = handshake();
        frames.extend(parts);
        if acknowledged {
            frames.push(down(ACK, 901, 101 + stream.len() as u32, b""));
        }
        let mut at = 0;
        for item in items(&raw(&frames)) {
            let (offset, length) = match &item {
                Item::Segment(segment) => {
                    let place = segment.offset as usize..segment.offset as usize + segment.bytes.len();
                    prop_assert_eq!(&segment.bytes, &stream[place]);
                    (segment.offset, segment.bytes.len() as u64)
                }
                Item::Lost(lost) => (lost.offset, lost.length),
                Item::Opened(_) => continue,
                other => return Err(TestCaseError::fail(format!("{other:?}"))),
            };
            prop_assert_eq!(offset, at);
            prop_assert!(length > 0);
            at += length;
        }
        if acknowledged {
            prop_assert_eq!(at, stream.len() as u64);
        }
    }
}
