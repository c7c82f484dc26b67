//! The UDP message format against RFC 7252: vectors, one malformed datagram for each rule, properties.

use coap::{
    Answer, Code, EncodeError, Kind, Message, MessageId, RawMessage, RawOption, Token,
    ViolationKind, encode, option, read,
};
use proptest::prelude::*;

const GET: u8 = 0x01;
const CONTENT: u8 = 0x45;

/// Kind, code, Message ID, token, Uri-Path, payload, bytes.
type Example<'a> = (Kind, u8, u16, &'a [u8], &'a str, &'a str, &'a [u8]);

/// RFC 7252, Appendix A.
#[test]
fn examples_of_appendix_a_are_read_and_written() {
    let path = "temperature";
    let body = "22.3 C";
    let rows: [Example<'_>; 8] = [
        // Figure 16
        (
            Kind::Con,
            GET,
            0x7d34,
            &[],
            path,
            "",
            b"\x40\x01\x7d\x34\xbbtemperature",
        ),
        (
            Kind::Ack,
            CONTENT,
            0x7d34,
            &[],
            "",
            body,
            b"\x60\x45\x7d\x34\xff22.3 C",
        ),
        // Figure 17
        (
            Kind::Con,
            GET,
            0x7d35,
            &[0x20],
            path,
            "",
            b"\x41\x01\x7d\x35\x20\xbbtemperature",
        ),
        (
            Kind::Ack,
            CONTENT,
            0x7d35,
            &[0x20],
            "",
            body,
            b"\x61\x45\x7d\x35\x20\xff22.3 C",
        ),
        // Figure 20
        (Kind::Ack, 0, 0x7d38, &[], "", "", b"\x60\x00\x7d\x38"),
        (
            Kind::Con,
            CONTENT,
            0xad7b,
            &[0x53],
            "",
            body,
            b"\x41\x45\xad\x7b\x53\xff22.3 C",
        ),
        // Figure 21, the Reset to a response whose request is forgotten
        (Kind::Rst, 0, 0xad7c, &[], "", "", b"\x70\x00\xad\x7c"),
        // Figure 22
        (
            Kind::Non,
            GET,
            0x7d40,
            &[0x75],
            path,
            "",
            b"\x51\x01\x7d\x40\x75\xbbtemperature",
        ),
    ];
    for (kind, code, id, token, path, payload, bytes) in rows {
        let token = Token(token.to_vec());
        let mut message = Message::new(kind, Code(code), MessageId(id), token);
        if !path.is_empty() {
            message.push_option(option::URI_PATH, path);
        }
        message.payload = payload.into();
        let reading = read(bytes);
        assert!(reading.is_clean(), "{:?}", reading.violations);
        assert_eq!(reading.message.as_ref(), Some(&message));
        assert_eq!(encode(&message).as_deref(), Ok(bytes));
    }
}

/// One row for each rule: bytes, rule, offset, what a receiver answers.
#[test]
fn each_rule_is_found_where_it_is_broken() {
    let unknown = ViolationKind::CriticalOptionUnknown { number: 2051 };
    let rows: Vec<(&[u8], ViolationKind, usize, Answer)> = vec![
        (
            b"",
            ViolationKind::TooShort { length: 0 },
            0,
            Answer::Ignore,
        ),
        (
            b"\x40\x01\x00",
            ViolationKind::TooShort { length: 3 },
            3,
            Answer::Ignore,
        ),
        (
            b"\x00\x01\x00\x01",
            ViolationKind::VersionUnknown { version: 0 },
            0,
            Answer::Ignore,
        ),
        (
            b"\x80\x01\x00\x01",
            ViolationKind::VersionUnknown { version: 2 },
            0,
            Answer::Ignore,
        ),
        (
            b"\x49\x01\x00\x01123456789",
            ViolationKind::TokenLengthReserved { length: 9 },
            0,
            Answer::Reset,
        ),
        (
            b"\x5f\x01\x00\x01",
            ViolationKind::TokenLengthReserved { length: 15 },
            0,
            Answer::Ignore,
        ),
        (
            b"\x44\x01\x00\x01abc",
            ViolationKind::TokenTruncated {
                announced: 4,
                present: 3,
            },
            4,
            Answer::Reset,
        ),
        (
            b"\x40\x00\x00\x01\xb1a",
            ViolationKind::EmptyWithBytes {
                token_length: 0,
                present: 2,
            },
            4,
            Answer::Reset,
        ),
        (
            b"\x61\x00\x00\x01t",
            ViolationKind::EmptyWithBytes {
                token_length: 1,
                present: 1,
            },
            4,
            Answer::Ignore,
        ),
        (
            b"\x50\x00\x00\x01",
            ViolationKind::EmptyNonConfirmable,
            1,
            Answer::Ignore,
        ),
        (
            b"\x40\x21\x00\x01",
            ViolationKind::CodeClassReserved {
                code: Code::new(1, 1),
            },
            1,
            Answer::Reset,
        ),
        (
            b"\x60\x61\x00\x01",
            ViolationKind::CodeClassReserved {
                code: Code::new(3, 1),
            },
            1,
            Answer::Ignore,
        ),
        (
            b"\x50\xc0\x00\x01",
            ViolationKind::CodeClassReserved {
                code: Code::new(6, 0),
            },
            1,
            Answer::Ignore,
        ),
        (
            b"\x40\xff\x00\x01",
            ViolationKind::CodeClassReserved {
                code: Code::new(7, 31),
            },
            1,
            Answer::Reset,
        ),
        (
            b"\x70\x45\x00\x01",
            ViolationKind::ResetNotEmpty {
                code: Code::CONTENT,
            },
            1,
            Answer::Ignore,
        ),
        (
            b"\x60\x01\x00\x01",
            ViolationKind::RequestInAcknowledgement { code: Code::GET },
            1,
            Answer::Ignore,
        ),
        (
            b"\x40\x01\x00\x01\xf0",
            ViolationKind::OptionDeltaReserved,
            4,
            Answer::Reset,
        ),
        (
            b"\x50\x01\x00\x01\xb1a\x0f",
            ViolationKind::OptionLengthReserved,
            6,
            Answer::Ignore,
        ),
        (
            b"\x40\x01\x00\x01\xd0",
            ViolationKind::OptionTruncated { missing: 1 },
            4,
            Answer::Reset,
        ),
        (
            b"\x40\x01\x00\x01\xe0\x00",
            ViolationKind::OptionTruncated { missing: 1 },
            4,
            Answer::Reset,
        ),
        (
            b"\x40\x01\x00\x01\xbd",
            ViolationKind::OptionTruncated { missing: 1 },
            4,
            Answer::Reset,
        ),
        (
            b"\x40\x01\x00\x01\xbe",
            ViolationKind::OptionTruncated { missing: 2 },
            4,
            Answer::Reset,
        ),
        (
            b"\x40\x01\x00\x01\xb5ab",
            ViolationKind::OptionTruncated { missing: 3 },
            4,
            Answer::Reset,
        ),
        (
            b"\x40\x01\x00\x01\xe0\xff\xff",
            ViolationKind::OptionNumberTooLarge {
                number: 65535 + 269,
            },
            4,
            Answer::Reset,
        ),
        (
            b"\x40\x01\x00\x01\xe0\xfe\xf1\x20",
            ViolationKind::OptionNumberTooLarge { number: 65536 },
            7,
            Answer::Reset,
        ),
        (
            b"\x40\x01\x00\x01\xb1a\xff",
            ViolationKind::PayloadMissing,
            6,
            Answer::Reset,
        ),
        (
            b"\x40\x01\x00\x01\x30",
            ViolationKind::OptionLength {
                number: option::URI_HOST,
                length: 0,
            },
            4,
            Answer::BadOption,
        ),
        (
            b"\x40\x01\x00\x01\x64abcd",
            ViolationKind::OptionLength {
                number: option::OBSERVE,
                length: 4,
            },
            4,
            Answer::Process,
        ),
        (
            b"\x60\x45\x00\x01\xd4\x0aabcd",
            ViolationKind::OptionLength {
                number: option::BLOCK2,
                length: 4,
            },
            4,
            Answer::Ignore,
        ),
        (
            b"\x40\x01\x00\x01\xc2\x00\x28",
            ViolationKind::UintNotShortest {
                number: option::CONTENT_FORMAT,
            },
            5,
            Answer::Process,
        ),
        (
            b"\x40\x01\x00\x01\xc1\x28\x01\x28",
            ViolationKind::OptionRepeated {
                number: option::CONTENT_FORMAT,
            },
            6,
            Answer::Process,
        ),
        (
            b"\x40\x01\x00\x01\xd1\x04\x28\x01\x28",
            ViolationKind::OptionRepeated {
                number: option::ACCEPT,
            },
            7,
            Answer::BadOption,
        ),
        (
            b"\x60\x45\x00\x01\x41a\x01b",
            ViolationKind::OptionRepeated {
                number: option::ETAG,
            },
            6,
            Answer::Process,
        ),
        (
            b"\x40\x01\x00\x01\xe0\x06\xf6",
            unknown,
            4,
            Answer::BadOption,
        ),
        (b"\x50\x01\x00\x01\xe0\x06\xf6", unknown, 4, Answer::Ignore),
        (b"\x40\x45\x00\x01\xe0\x06\xf6", unknown, 4, Answer::Reset),
        (
            b"\x40\x01\x00\x01\xb3a\xffb",
            ViolationKind::OptionNotUtf8 {
                number: option::URI_PATH,
            },
            6,
            Answer::BadOption,
        ),
        (
            b"\x40\x01\x00\x01\xb2..",
            ViolationKind::DotSegment {
                number: option::URI_PATH,
            },
            5,
            Answer::Process,
        ),
    ];
    for (bytes, kind, offset, answer) in rows {
        let reading = read(bytes);
        let found: Vec<_> = reading
            .violations
            .iter()
            .map(|found| (found.kind, found.offset))
            .collect();
        assert_eq!(found, [(kind, offset)], "{bytes:02x?}");
        assert_eq!(reading.answer(), answer, "{bytes:02x?}");
        assert!(kind.clause().starts_with("RFC 7252, "));
        assert!(!kind.to_string().is_empty());
    }
}

#[test]
fn what_can_be_read_of_a_broken_message_is_kept() {
    let reading = read(b"\x41\x01\x12\x34t\xb2rd\xf0");
    let message = reading.message.as_ref().unwrap();
    assert_eq!(message.text_options(option::URI_PATH), ["rd"]);
    assert_eq!(reading.token_read(), Some(&Token(b"t".to_vec())));
    assert_eq!(reading.id(), Some(MessageId(0x1234)));
    assert!(!reading.is_well_formed());
    let reading = read(b"\x4c\x01\x12\x34");
    assert_eq!(
        (reading.message.is_none(), reading.id()),
        (true, Some(MessageId(0x1234)))
    );
}

#[test]
fn spans_point_at_options_and_payload() {
    let bytes = b"\x41\x02\x00\x01t\xb2rd\xc1\x28\x3d\x00epaaaaaaaaaaa\xff<1/0>";
    let reading = read(bytes);
    assert!(reading.is_clean(), "{:?}", reading.violations);
    let spans: Vec<_> = reading
        .option_spans
        .iter()
        .map(|span| (span.number, span.offset, span.value_offset, span.length))
        .collect();
    assert_eq!(spans, [(11, 5, 6, 2), (23, 8, 9, 1), (26, 10, 12, 13)]);
    assert_eq!(
        reading.payload_offset.map(|offset| &bytes[offset..]),
        Some(&b"<1/0>"[..])
    );
}

#[test]
fn what_the_standard_forbids_is_not_written() {
    let message =
        |kind, code, token: &[u8]| Message::new(kind, code, MessageId(1), Token(token.to_vec()));
    let mut with_payload = message(Kind::Con, Code::EMPTY, &[]);
    with_payload.payload.push(1);
    let mut long = message(Kind::Con, Code::PUT, &[]);
    long.payload = vec![0; 65507];
    let mut long_option = message(Kind::Con, Code::PUT, &[]);
    long_option.push_option(2048, vec![0; 65805]);
    let rows = [
        (
            message(Kind::Con, Code::GET, &[0; 9]),
            EncodeError::TokenTooLong { length: 9 },
        ),
        (
            message(Kind::Ack, Code::EMPTY, &[1]),
            EncodeError::EmptyWithContent,
        ),
        (with_payload, EncodeError::EmptyWithContent),
        (
            message(Kind::Non, Code::EMPTY, &[]),
            EncodeError::EmptyNonConfirmable,
        ),
        (
            message(Kind::Con, Code::new(3, 1), &[]),
            EncodeError::CodeClassReserved {
                code: Code::new(3, 1),
            },
        ),
        (
            message(Kind::Ack, Code::GET, &[]),
            EncodeError::RequestInAcknowledgement { code: Code::GET },
        ),
        (
            message(Kind::Rst, Code::CONTENT, &[]),
            EncodeError::ResetNotEmpty {
                code: Code::CONTENT,
            },
        ),
        (long, EncodeError::TooLong { length: 65512 }),
        (
            long_option,
            EncodeError::OptionTooLong {
                number: 2048,
                length: 65805,
            },
        ),
    ];
    for (message, error) in rows {
        assert_eq!(encode(&message), Err(error));
    }
}

#[test]
fn a_wrong_token_length_moves_the_options() {
    let mut raw =
        RawMessage::new(Kind::Con, Code::GET, MessageId(9)).option(option::URI_PATH, "rd");
    raw.token_length = Some(1);
    let message = read(&raw.to_bytes()).message.unwrap();
    assert_eq!(message.token, Token(vec![0xb2]));
}

fn messages() -> impl Strategy<Value = Message> {
    let kind = prop_oneof![Just(Kind::Con), Just(Kind::Non), Just(Kind::Ack)];
    let detail = (prop_oneof![Just(0_u8), Just(2), Just(4), Just(5)], 0..32_u8);
    let bytes = |most| prop::collection::vec(any::<u8>(), 0..=most);
    let number = prop_oneof![4 => 0..300_u16, 1 => any::<u16>()];
    let option = (number, prop_oneof![8 => bytes(20), 1 => bytes(700)]);
    let options = prop::collection::vec(option, 0..12);
    (kind, detail, any::<u16>(), bytes(8), options, bytes(400)).prop_filter_map(
        "the standard forbids it",
        |(kind, (class, detail), id, token, options, payload)| {
            let mut message =
                Message::new(kind, Code::new(class, detail), MessageId(id), Token(token));
            message.options = options
                .into_iter()
                .map(|(number, value)| RawOption { number, value })
                .collect();
            message.payload = payload;
            encode(&message).is_ok().then_some(message)
        },
    )
}

/// More options than any message has are not read; one fewer is.
#[test]
fn options_without_end_are_refused() {
    for (count, is_read) in [(4096, true), (4097, false), (60_000, false)] {
        // If-Match, which may be repeated, and then its like with an empty value
        let bytes = [&b"\x40\x01\x00\x01\x10"[..], &vec![0; count - 1]].concat();
        let reading = read(&bytes);
        assert_eq!(reading.is_well_formed(), is_read, "{count}");
        assert_eq!(reading.option_spans.len(), 4096);
        let many = ViolationKind::OptionsTooMany { most: 4096 };
        let found = reading.violations.iter().find(|one| one.kind == many);
        assert_eq!(found.map(|one| one.offset), (!is_read).then_some(4 + 4096));
        assert_eq!(reading.answer() == Answer::Reset, !is_read);
    }
}

proptest! {
    #[test]
    fn a_written_message_is_read_back(mut message in messages()) {
        let bytes = encode(&message).unwrap();
        let reading = read(&bytes);
        message.options.sort_by_key(|option| option.number);
        prop_assert!(reading.is_well_formed());
        for (span, option) in reading.option_spans.iter().zip(&message.options) {
            prop_assert_eq!(&bytes[span.value_offset..][..span.length], &option.value[..]);
        }
        prop_assert_eq!(reading.message.as_ref(), Some(&message));
        prop_assert_eq!(RawMessage::from(&message).to_bytes(), bytes);
    }

    #[test]
    fn reader_and_library_agree_on_what_both_define(
        message in messages(),
        damage in prop::option::of((0..60_usize, any::<u8>())),
    ) {
        let mut bytes = encode(&message).unwrap();
        if let Some((offset, byte)) = damage && let Some(old) = bytes.get_mut(offset) {
            *old = byte;
        }
        let reading = read(&bytes);
        if reading.is_well_formed() {
            let library = coap_lite::Packet::from_bytes(&bytes).unwrap();
            let message = reading.message.unwrap();
            let options: Vec<_> = library
                .options()
                .flat_map(|(number, values)| values.iter().map(|value| (*number, value.clone())))
                .collect();
            let ours: Vec<_> =
                message.options.into_iter().map(|option| (option.number, option.value)).collect();
            prop_assert_eq!(options, ours);
            prop_assert_eq!(&library.payload, &message.payload);
            prop_assert_eq!(library.get_token(), &message.token.0[..]);
            prop_assert_eq!(library.header.message_id, message.id.0);
            prop_assert_eq!(u8::from(library.header.code), message.code.0);
        } else if coap_lite::Packet::from_bytes(&bytes).is_err() {
            prop_assert!(!reading.violations.is_empty());
        }
    }

    #[test]
    fn any_bytes_can_be_read(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        let reading = read(&bytes);
        prop_assert!(reading.message.is_some() || !reading.violations.is_empty());
        prop_assert!(reading.violations.iter().all(|violation| violation.offset <= bytes.len()));
        prop_assert!(reading.payload_offset.is_none_or(|offset| offset < bytes.len()));
    }

    #[test]
    fn any_bytes_behind_a_sound_header_can_be_read(
        bytes in prop::collection::vec(prop_oneof![any::<u8>(), Just(0xd1), Just(0xe0), Just(0xff)], 0..600),
    ) {
        let bytes = [&b"\x40\x01\x00\x01"[..], &bytes].concat();
        prop_assert!(read(&bytes).message.is_some());
    }
}
