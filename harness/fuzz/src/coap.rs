//! CoAP: datagrams (RFC 7252), streams (RFC 8323), link-format (RFC 6690).

use std::mem::discriminant;

use ::coap::stream::{FrameLength, Reader, datagram_of, frame_of, read_frame};
use ::coap::{Block, Links, RawMessage, Reading, Uri, encode, option, read};
use lwm2m::{Attributes, Change, ObjectList};

use crate::pieces::Pieces;

fn check(reading: &Reading, bytes: &[u8]) {
    let length = bytes.len();
    assert!(reading.message.is_some() || !reading.violations.is_empty());
    assert!(reading.violations.iter().all(|one| one.offset <= length));
    assert!(reading.payload_offset.is_none_or(|offset| offset < length));
    for span in &reading.option_spans {
        assert!(span.value_offset + span.length <= length);
    }
    if let Some(message) = &reading.message {
        for number in [option::BLOCK1, option::BLOCK2] {
            if let Some(Ok(block)) = Block::of(message, number) {
                assert!(block.encode().is_ok());
            }
            let _ = Block::of_on_stream(message, number);
        }
        for (span, option) in reading.option_spans.iter().zip(&message.options) {
            assert_eq!(&bytes[span.value_offset..][..span.length], option.value);
        }
    }
}

/// A datagram: one that is well-formed is written back byte by byte.
pub fn datagram(input: &[u8]) {
    let reading = read(input);
    check(&reading, input);
    if let Some(message) = reading
        .message
        .as_ref()
        .filter(|_| reading.is_well_formed())
    {
        assert_eq!(encode(message).as_deref(), Ok(input));
        assert_eq!(RawMessage::from(message).to_bytes(), input);
    }
    let Some(frame) = frame_of(input, &FrameLength::Right) else {
        return;
    };
    check(&read_frame(&frame, 1), &frame);
    if let (Some(kind), Some(id), true) = (reading.kind(), reading.id(), reading.is_well_formed()) {
        assert_eq!(datagram_of(&frame, kind, id).as_deref(), Some(input));
    }
}

/// A stream, in pieces: the frames are the same whatever the pieces.
pub fn stream(input: &[u8]) {
    let mut pieces = Pieces::new(input);
    let Some(size) = pieces.byte() else { return };
    let bytes = pieces.rest();
    let mut whole = Reader::new(LONGEST);
    whole.push(bytes);
    let wanted: Vec<_> = whole.by_ref().collect();
    let mut found = Vec::new();
    let mut reader = Reader::new(LONGEST);
    for piece in bytes.chunks(usize::from(size).max(1)) {
        reader.push(piece);
        found.extend(reader.by_ref());
        assert!(reader.pending().len() <= bytes.len());
    }
    let ends = [&found, &wanted].map(|all| all.iter().find_map(|one| one.as_ref().err()));
    // how much is known of a broken frame depends on the pieces; where it begins and what is broken does not
    let ends = ends.map(|end| end.map(|end| (end.offset, discriminant(&end.kind))));
    assert_eq!(ends[0], ends[1]);
    let frames = |all: Vec<Result<_, _>>| all.into_iter().map_while(Result::ok).collect::<Vec<_>>();
    let found = frames(found);
    assert_eq!(found, frames(wanted));
    assert_eq!(reader.finish(), whole.finish());
    let mut offset = 0;
    for frame in found {
        assert_eq!(&bytes[offset..][..frame.bytes.len()], frame.bytes);
        offset += frame.bytes.len();
        let reading = read_frame(&frame.bytes, 7);
        check(&reading, &frame.bytes);
        if let Some(message) = reading
            .message
            .as_ref()
            .filter(|_| reading.is_well_formed())
        {
            assert_eq!(::coap::stream::encode(message), Ok(frame.bytes));
            if let Some(signal) = ::coap::stream::Signal::of(message) {
                let again = signal.to_message(message.token.clone());
                assert!(::coap::stream::encode(&again).is_ok());
            }
        }
    }
}

/// Link-format: what is read is written and read again; Objects, attributes and URIs in it.
pub fn link_format(input: &[u8]) {
    for parse in [Links::parse, Links::parse_with_preamble] {
        match parse(input) {
            Ok(links) => {
                let text = links.to_string();
                let again = parse(text.as_bytes()).expect("what was written is link-format");
                assert_eq!(again.to_string(), text);
                assert_eq!(again.links.len(), links.links.len());
                for (one, other) in again.links.iter().zip(&links.links) {
                    assert_eq!(one.target, other.target);
                    assert_eq!(one.attributes.len(), other.attributes.len());
                    let _ = Attributes::of_link(other);
                }
                assert!(links.links.iter().all(|link| link.offset < input.len()));
            }
            Err(error) => assert!(error.offset <= input.len()),
        }
    }
    if let Ok(list) = ObjectList::parse(input) {
        let again =
            ObjectList::parse(&list.to_payload()).expect("what was written is a list of Objects");
        assert_eq!(again.to_payload(), list.to_payload());
    }
    if let Ok(text) = std::str::from_utf8(input) {
        if let Ok(uri) = text.parse::<Uri>() {
            let again: Uri = uri.to_string().parse().expect("what was written is a URI");
            assert_eq!(again, uri);
        }
        if let Ok(changes) = Change::parse_all(text.split('&')) {
            let mut attributes = Attributes::default();
            attributes.apply(&changes);
            let _ = attributes.check();
            let again =
                Change::parse_all(attributes.to_queries()).expect("what was written is read");
            let mut other = Attributes::default();
            other.apply(&again);
            assert_eq!(other, attributes);
        }
    }
}

/// Max-Message-Size of the reader: as the judge's.
const LONGEST: u32 = 1 << 20;
