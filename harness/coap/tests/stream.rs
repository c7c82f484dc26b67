//! Frames of a stream against RFC 8323: vectors, one malformed frame for each rule, properties.

use coap::stream::{
    Abort, Csm, FrameErrorKind, FrameLength, RawFrame, Reader, Release, Signal, datagram_of,
    encode, frame_of, read_frame,
};
use coap::{
    Answer, Block, BlockError, Code, EncodeError, Framing, Kind, Message, MessageId, RawOption,
    SignalBreach, Token, ViolationKind, option,
};
use proptest::prelude::*;

fn message(code: Code, token: &[u8], payload: &[u8]) -> Message {
    let mut message = Message::new(Kind::Non, code, MessageId(7), Token(token.to_vec()));
    message.payload = payload.to_vec();
    message
}

/// The figures of RFC 8323, 3.2 and 5.7 (drawn there), and one frame of each signalling code.
#[test]
fn figures_are_read_and_written() {
    let csm = Signal::Csm(Csm {
        max_message_size: Some(1152),
        block_wise: true,
    });
    let release = Signal::Release(Release {
        alternative_addresses: vec!["a:1".into(), "b".into()],
        hold_off: Some(30),
        diagnostic: "bye".into(),
    });
    let abort = Signal::Abort(Abort {
        bad_csm_option: Some(9),
        diagnostic: "no".into(),
    });
    let ping = |custody| Signal::Ping { custody }.to_message(Token(vec![0x42]));
    let pong = |custody| Signal::Pong { custody }.to_message(Token(vec![0x42]));
    let rows: [(Message, &[u8]); 9] = [
        (message(Code::VALID, &[0x7f], b""), b"\x01\x43\x7f"),
        (ping(false), b"\x01\xe2\x42"),
        (pong(false), b"\x01\xe3\x42"),
        (ping(true), b"\x11\xe2\x42\x20"),
        (pong(true), b"\x11\xe3\x42\x20"),
        (
            csm.to_message(Token::default()),
            b"\x40\xe1\x22\x04\x80\x20",
        ),
        (
            release.to_message(Token::default()),
            b"\xc0\xe4\x23a:1\x01b\x21\x1e\xffbye",
        ),
        (
            abort.to_message(Token::default()),
            b"\x50\xe5\x21\x09\xffno",
        ),
        (message(Code::EMPTY, &[], b""), b"\x00\x00"),
    ];
    for (mut message, bytes) in rows {
        message.id = MessageId(7);
        assert_eq!(encode(&message).as_deref(), Ok(bytes));
        let reading = read_frame(bytes, 7);
        assert!(reading.is_clean(), "{:?}", reading.violations);
        assert_eq!(reading.framing, Framing::Stream);
        assert_eq!(
            (reading.kind(), reading.id()),
            (Some(Kind::Non), Some(MessageId(7)))
        );
        if let Some(signal) = Signal::of(&message) {
            assert_eq!(
                signal.to_message(message.token.clone()).options,
                message.options
            );
        }
        assert_eq!(reading.message, Some(message));
    }
}

/// RFC 8323, 3.2: payloads whose length needs each form of the length field, read with offsets.
#[test]
fn every_form_of_the_length_is_read() {
    for length in (2..=15).chain([268, 269, 270, 1152, 65_804, 65_805, 70_000]) {
        let payload = vec![1; length - 1];
        let message = message(Code::CONTENT, &[1, 2], &payload);
        let bytes = encode(&message).unwrap();
        let extension = match length {
            ..13 => 0,
            13..269 => 1,
            269..65_805 => 2,
            _ => 4,
        };
        assert_eq!(bytes.len(), length + 4 + extension);
        let reading = read_frame(&bytes, 7);
        assert_eq!(reading.payload_offset, Some(5 + extension));
        assert_eq!(reading.message, Some(message));
        assert!(reading.is_clean());
    }
}

/// One row for each rule: bytes, rule, offset, what a receiver answers.
#[test]
fn each_rule_is_found_where_it_is_broken() {
    let signal = |code, number, breach| ViolationKind::SignalOption {
        code,
        number,
        breach,
    };
    let length = |announced, present| ViolationKind::FrameLength { announced, present };
    let rows: Vec<(&[u8], ViolationKind, usize, Answer)> = vec![
        (
            b"",
            ViolationKind::FrameTooShort { length: 0 },
            0,
            Answer::Abort,
        ),
        (
            b"\x00",
            ViolationKind::FrameTooShort { length: 1 },
            1,
            Answer::Abort,
        ),
        (
            b"\xf0\x00\x00",
            ViolationKind::FrameTooShort { length: 3 },
            3,
            Answer::Abort,
        ),
        (
            b"\x09\x01",
            ViolationKind::TokenLengthReserved { length: 9 },
            0,
            Answer::Abort,
        ),
        (
            b"\x0f\x01",
            ViolationKind::TokenLengthReserved { length: 15 },
            0,
            Answer::Abort,
        ),
        (
            b"\x0d\x01\x0013bytesoftoke",
            ViolationKind::TokenLengthReserved { length: 13 },
            0,
            Answer::Abort,
        ),
        (b"\x10\x01", length(3, 2), 0, Answer::Abort),
        (b"\x10\x01\xb0\xb0", length(3, 4), 0, Answer::Abort),
        (
            b"\x01\x00\x42",
            ViolationKind::EmptyWithBytes {
                token_length: 1,
                present: 0,
            },
            2,
            Answer::Abort,
        ),
        (
            b"\x00\x20",
            ViolationKind::CodeClassReserved { code: Code(0x20) },
            1,
            Answer::Abort,
        ),
        (
            b"\x00\xc0",
            ViolationKind::CodeClassReserved { code: Code(0xc0) },
            1,
            Answer::Abort,
        ),
        (
            b"\x10\x01\xf0",
            ViolationKind::OptionDeltaReserved,
            2,
            Answer::Abort,
        ),
        (
            b"\x10\x01\x0f",
            ViolationKind::OptionLengthReserved,
            2,
            Answer::Abort,
        ),
        (
            b"\x10\x01\xb3",
            ViolationKind::OptionTruncated { missing: 3 },
            2,
            Answer::Abort,
        ),
        (
            b"\x60\x01\xe0\xff\xff\xe0\x00\x00",
            ViolationKind::OptionNumberTooLarge { number: 65804 },
            2,
            Answer::Abort,
        ),
        (
            b"\x10\x45\xff",
            ViolationKind::PayloadMissing,
            2,
            Answer::Abort,
        ),
        (
            b"\x10\x01\x30",
            ViolationKind::OptionLength {
                number: 3,
                length: 0,
            },
            2,
            Answer::BadOption,
        ),
        (
            b"\x20\x01\xd0\x00",
            ViolationKind::CriticalOptionUnknown { number: 13 },
            2,
            Answer::BadOption,
        ),
        (
            b"\x20\x45\xd0\x00",
            ViolationKind::CriticalOptionUnknown { number: 13 },
            2,
            Answer::Ignore,
        ),
        (
            b"\x20\x01\x51\x01",
            ViolationKind::OptionLength {
                number: 5,
                length: 1,
            },
            2,
            Answer::BadOption,
        ),
        (
            b"\x20\x01\x50\x00",
            ViolationKind::OptionRepeated { number: 5 },
            3,
            Answer::BadOption,
        ),
        (
            b"\x20\x01\x61\x00",
            ViolationKind::UintNotShortest { number: 6 },
            3,
            Answer::Process,
        ),
        (
            b"\x20\x01\xb1\xc3",
            ViolationKind::OptionNotUtf8 { number: 11 },
            3,
            Answer::BadOption,
        ),
        (
            b"\x20\x01\xb1.",
            ViolationKind::DotSegment { number: 11 },
            3,
            Answer::Process,
        ),
        (
            b"\x10\xe1\x10",
            signal(Code::CSM, 1, SignalBreach::CriticalUnknown),
            2,
            Answer::Abort,
        ),
        (
            b"\x60\xe1\x25\x01\x02\x03\x04\x05",
            signal(Code::CSM, 2, SignalBreach::Length { length: 5 }),
            2,
            Answer::Abort,
        ),
        (
            b"\x20\xe1\x41\x00",
            signal(Code::CSM, 4, SignalBreach::Length { length: 1 }),
            2,
            Answer::Abort,
        ),
        (
            b"\x30\xe1\x22\x00\x01",
            signal(Code::CSM, 2, SignalBreach::NotShortest),
            3,
            Answer::Process,
        ),
        (
            b"\x40\xe1\x21\x01\x01\x02",
            signal(Code::CSM, 2, SignalBreach::Repeated),
            4,
            Answer::Process,
        ),
        (
            b"\x20\xe4\x21\xc3",
            signal(Code::RELEASE, 2, SignalBreach::NotUtf8),
            3,
            Answer::Process,
        ),
        (
            b"\x10\xe4\x20",
            signal(Code::RELEASE, 2, SignalBreach::Length { length: 0 }),
            2,
            Answer::Process,
        ),
        (
            b"\x10\xe9\x30",
            signal(Code(0xe9), 3, SignalBreach::CriticalUnknown),
            2,
            Answer::Abort,
        ),
    ];
    for (bytes, kind, offset, answer) in rows {
        let reading = read_frame(bytes, 0);
        let found = reading.violations.iter().find(|found| found.kind == kind);
        assert_eq!(
            found.map(|found| found.offset),
            Some(offset),
            "{bytes:x?}: {:?}",
            reading.violations
        );
        assert_eq!(reading.answer(), answer, "{kind}");
        assert!(!kind.to_string().is_empty() && !kind.name().is_empty());
    }
}

#[test]
fn a_signal_option_is_named_by_its_code() {
    let reading = read_frame(b"\x60\xe1\x25\x01\x02\x03\x04\x05", 0);
    assert_eq!(
        reading.violations[0].to_string(),
        "Max-Message-Size of 7.01 CSM has 5 bytes, not 0 to 4 at byte 2 (RFC 8323, 5.2)"
    );
}

#[test]
fn what_has_no_honest_frame_is_refused() {
    let rows = [
        (
            message(Code(0x20), &[], b""),
            EncodeError::CodeClassReserved { code: Code(0x20) },
        ),
        (
            message(Code::EMPTY, &[1], b""),
            EncodeError::EmptyWithContent,
        ),
        (
            message(Code::GET, &[0; 9], b""),
            EncodeError::TokenTooLong { length: 9 },
        ),
    ];
    for (message, error) in rows {
        assert_eq!(encode(&message), Err(error));
    }
}

#[test]
fn a_wrong_length_is_written_as_asked() {
    let honest = RawFrame::from(&message(Code::CONTENT, &[1], b"12"));
    let rows: [(FrameLength, Option<u8>, &[u8]); 5] = [
        (FrameLength::Right, None, b"\x31\x45\x01\xff12"),
        (FrameLength::Off(-1), None, b"\x21\x45\x01\xff12"),
        (FrameLength::Off(-9), None, b"\x01\x45\x01\xff12"),
        (FrameLength::Off(10), Some(2), b"\xd2\x00\x45\x01\xff12"),
        (
            FrameLength::Literal {
                field: 14,
                extension: vec![9],
            },
            None,
            b"\xe1\x09\x45\x01\xff12",
        ),
    ];
    for (length, token_length, bytes) in rows {
        let frame = RawFrame {
            length,
            token_length,
            ..honest.clone()
        };
        assert_eq!(frame.to_bytes(), bytes);
    }
}

/// RFC 8323, 6: size exponent 7, refused in a datagram.
#[test]
fn bert_is_a_block_of_a_stream_only() {
    // 2:3/1/BERT and 1:8/0/BERT of the figures
    for (value, number, more) in [([0x3f], 3, true), ([0x87], 8, false)] {
        let block = Block::decode_on_stream(&value).unwrap();
        assert_eq!((block.number, block.more, block.szx), (number, more, 7));
        assert!(block.is_bert());
        assert_eq!(block.offset(), u64::from(number) * 1024);
        assert_eq!(block.encode_on_stream(), Ok(value.to_vec()));
        assert_eq!(block.encode(), Err(BlockError::SizeReserved { offset: 0 }));
        assert_eq!(
            Block::decode(&value),
            Err(BlockError::SizeReserved { offset: 0 })
        );
        let mut message = message(Code::GET, &[], b"");
        message.push_option(option::BLOCK2, value);
        assert_eq!(
            Block::of_on_stream(&message, option::BLOCK2),
            Some(Ok(block))
        );
    }
}

#[test]
fn the_reader_ends_at_what_has_no_end() {
    let rows: [(&[u8], u32, u64, FrameErrorKind); 5] = [
        (
            b"\x00\x00\x09",
            10,
            2,
            FrameErrorKind::TokenLengthReserved { length: 9 },
        ),
        (
            b"\x00\x00\x0f",
            10,
            2,
            FrameErrorKind::TokenLengthReserved { length: 15 },
        ),
        // known from the length field alone, before code and token are there
        (
            b"\x00\x00\xf0\xff\xff\xff\xff",
            10,
            2,
            FrameErrorKind::TooLong {
                length: 4_295_033_106,
                limit: 10,
            },
        ),
        (
            b"\xc0",
            13,
            0,
            FrameErrorKind::TooLong {
                length: 14,
                limit: 13,
            },
        ),
        (
            b"\x02\x01a",
            3,
            0,
            FrameErrorKind::TooLong {
                length: 4,
                limit: 3,
            },
        ),
    ];
    for (bytes, limit, offset, kind) in rows {
        let mut reader = Reader::new(limit);
        reader.push(bytes);
        let error = reader.by_ref().find_map(Result::err).unwrap();
        assert_eq!((error.offset, error.kind), (offset, kind));
        assert_eq!(error.bytes, bytes[offset as usize..]);
        reader.push(b"\x00\x00");
        assert_eq!((reader.next(), reader.finish()), (None, None));
    }
    let mut reader = Reader::new(100);
    reader.push(b"\x00\x00\x10\x01");
    assert!(reader.next().unwrap().is_ok() && reader.next().is_none());
    let error = reader.finish().unwrap();
    assert_eq!(
        error.to_string(),
        "stream ends after 2 bytes of a frame at byte 2 of the stream"
    );
}

fn any_message() -> impl Strategy<Value = Message> {
    let code = prop_oneof![
        (0_u8..8, 0_u8..32).prop_map(|(class, detail)| Code::new(class, detail)),
        Just(Code::CONTENT),
        Just(Code::CSM),
    ];
    let options = proptest::collection::vec(
        (any::<u16>(), proptest::collection::vec(any::<u8>(), 0..300)),
        0..6,
    );
    let token = proptest::collection::vec(any::<u8>(), 0..9);
    let payload = proptest::collection::vec(any::<u8>(), 0..600);
    (code, token, options, payload).prop_map(|(code, token, mut options, payload)| {
        options.sort_by_key(|(number, _)| *number);
        let mut message = Message::new(Kind::Non, code, MessageId(7), Token(token));
        for (number, value) in options {
            message.options.push(RawOption { number, value });
        }
        message.payload = payload;
        message
    })
}

proptest! {
    /// What is written is read back, and apart from its header it is what coap-lite writes into a datagram.
    #[test]
    fn messages_round_trip(message in any_message()) {
        if let Ok(frame) = encode(&message) {
            let reading = read_frame(&frame, 7);
            prop_assert_eq!(reading.message.as_ref(), Some(&message));
            prop_assert!(reading.is_well_formed() || message.code.is_signal());
        }
        if let Ok(datagram) = coap::encode(&message) {
            let frame = encode(&message).unwrap();
            prop_assert_eq!(frame_of(&datagram, &FrameLength::Right), Some(frame.clone()));
            prop_assert_eq!(datagram_of(&frame, Kind::Non, MessageId(7)), Some(datagram));
        }
    }

    /// Frames come out of the reader whole and in order, however the stream is cut.
    #[test]
    fn the_cut_of_the_stream_does_not_matter(
        messages in proptest::collection::vec(any_message(), 1..6),
        cuts in proptest::collection::vec(1_usize..50, 1..40),
    ) {
        let frames: Vec<Vec<u8>> = messages.iter().filter_map(|each| encode(each).ok()).collect();
        let stream = frames.concat();
        let mut reader = Reader::new(u32::MAX);
        let mut found = Vec::new();
        let (mut rest, mut cuts) = (stream.as_slice(), cuts.iter().cycle());
        while !rest.is_empty() {
            let at = (*cuts.next().unwrap()).min(rest.len());
            reader.push(&rest[..at]);
            rest = &rest[at..];
            for frame in reader.by_ref() {
                let frame = frame.unwrap();
                let start = frame.offset as usize;
                prop_assert_eq!(&stream[start..start + frame.bytes.len()], frame.bytes.as_slice());
                found.push(frame.bytes);
            }
        }
        prop_assert_eq!(found, frames);
        prop_assert_eq!(reader.finish(), None);
    }

    /// Any bytes are taken by everything, and a frame of the reader has the length that it says.
    #[test]
    fn any_bytes_are_taken(bytes in proptest::collection::vec(any::<u8>(), 0..200), number: u16) {
        let reading = read_frame(&bytes, number);
        reading.answer();
        prop_assert!(reading.option_spans.iter().all(|span| span.value_offset + span.length <= bytes.len()));
        let _ = frame_of(&bytes, &FrameLength::Off(i64::MIN));
        let _ = datagram_of(&bytes, Kind::Con, MessageId(number));
        let mut reader = Reader::new(150);
        reader.push(&bytes);
        for frame in reader.by_ref().flatten() {
            let reading = read_frame(&frame.bytes, number);
            let length = |kind| matches!(kind, ViolationKind::FrameLength { .. } | ViolationKind::FrameTooShort { .. });
            prop_assert!(!reading.violations.iter().any(|found| length(found.kind)));
        }
    }
}
