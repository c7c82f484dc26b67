//! CoAP: datagrams (RFC 7252), streams (RFC 8323), link-format (RFC 6690).

use std::mem::{Discriminant, discriminant};

use ::coap::stream::{FrameErrorKind, FrameLength, Reader, datagram_of, frame_of, read_frame};
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
    let whole = reading.is_well_formed();
    let start = (reading.kind(), reading.id());
    drop(reading);
    let Some(frame) = frame_of(input, &FrameLength::Right) else {
        return;
    };
    check(&read_frame(&frame, 1), &frame);
    if let ((Some(kind), Some(id)), true) = (start, whole) {
        assert_eq!(datagram_of(&frame, kind, id).as_deref(), Some(input));
    }
}

/// A stream, in pieces: the frames are the same whatever the pieces.
pub fn stream(input: &[u8]) {
    let mut pieces = Pieces::new(input);
    let Some(size) = pieces.byte() else { return };
    let bytes = pieces.rest();
    let whole = frames(bytes, bytes.len().max(1));
    assert_eq!(frames(bytes, usize::from(size).max(1)), whole);
}

/// Cuts a stream that comes in pieces; where it ends, and with what kind of error.
fn frames(bytes: &[u8], size: usize) -> (usize, Option<(u64, Discriminant<FrameErrorKind>)>) {
    let mut reader = Reader::new(LONGEST);
    let mut offset = 0;
    let mut broken = None;
    for piece in bytes.chunks(size) {
        reader.push(piece);
        assert!(reader.pending().len() <= bytes.len());
        for one in reader.by_ref() {
            match one {
                Ok(frame) => {
                    assert!(broken.is_none(), "a frame behind an error");
                    assert_eq!(&bytes[offset..][..frame.bytes.len()], frame.bytes);
                    offset += frame.bytes.len();
                    framed(&frame.bytes);
                }
                // how much is known of a broken frame depends on the pieces; where it begins and what is broken does not
                Err(error) => broken = Some((error.offset, discriminant(&error.kind))),
            }
        }
    }
    let end = reader
        .finish()
        .map(|error| (error.offset, discriminant(&error.kind)));
    assert!(broken.is_none() || end.is_none());
    (offset, broken.or(end))
}

fn framed(bytes: &[u8]) {
    let reading = read_frame(bytes, 7);
    check(&reading, bytes);
    let Some(message) = reading
        .message
        .as_ref()
        .filter(|_| reading.is_well_formed())
    else {
        return;
    };
    assert_eq!(::coap::stream::encode(message).as_deref(), Ok(bytes));
    if let Some(signal) = ::coap::stream::Signal::of(message) {
        let again = signal.to_message(message.token.clone());
        assert!(::coap::stream::encode(&again).is_ok());
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
