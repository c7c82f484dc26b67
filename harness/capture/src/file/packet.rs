//! The three blocks of pcapng that hold a frame, and the one that holds secrets (draft-ietf-opsawg-pcapng, 4.3, 4.4, 4.7; A).

use coap::Time;

use super::frame::{Entry, Frame, MOST_CAPTURED, Options};
use super::interface::{Flaw, Interface};
use super::order::Order;
use crate::CaptureErrorKind;

/// Reads the body of an Enhanced Packet Block.
pub(crate) fn enhanced<'a>(
    order: Order,
    interfaces: &[Interface],
    body: &'a [u8],
) -> Result<Entry<'a>, Flaw> {
    let interface = find(interfaces, order.u32(body, 0))?;
    let time = interface.clock.time(ticks(order, body, 4));
    frame(order, *interface, Some(time), body, 12)
}

/// Reads the body of an obsolete Packet Block.
pub(crate) fn obsolete<'a>(
    order: Order,
    interfaces: &[Interface],
    body: &'a [u8],
) -> Result<Entry<'a>, Flaw> {
    let interface = find(interfaces, u32::from(order.u16(body, 0)))?;
    let time = interface.clock.time(ticks(order, body, 4));
    frame(order, *interface, Some(time), body, 12)
}

/// Reads the body of a Simple Packet Block, which belongs to the first interface and has no time.
pub(crate) fn simple<'a>(
    order: Order,
    interfaces: &[Interface],
    body: &'a [u8],
) -> Result<Entry<'a>, Flaw> {
    let interface = find(interfaces, 0)?;
    let original = order.u32(body, 0);
    let captured = match interface.snap_length {
        0 => original,
        limit => original.min(limit),
    };
    let bytes = data(body, SIMPLE_FIXED, captured, 0)?;
    Ok(Entry::Frame(Frame {
        time: None,
        link: interface.link,
        bytes,
        original,
        options: Options::NONE,
    }))
}

/// Reads the body of a Decryption Secrets Block.
pub(crate) fn secrets(order: Order, body: &[u8]) -> Result<Entry<'_>, Flaw> {
    let (kind, length) = (order.u32(body, 0), order.u32(body, 4));
    let room = body.get(SECRETS_FIXED..).unwrap_or_default();
    match room.get(..length as usize) {
        Some(text) if kind == TLS_KEY_LOG => Ok(Entry::KeyLog(text)),
        Some(_) => Ok(Entry::OtherSecrets(kind)),
        None => Err((4, overrun("secrets", length, room.len()))),
    }
}

/// The rest of a block whose two lengths stand at `at`.
fn frame(
    order: Order,
    interface: Interface,
    time: Option<Time>,
    body: &[u8],
    at: usize,
) -> Result<Entry<'_>, Flaw> {
    let bytes = data(body, at + 8, order.u32(body, at), at)?;
    // options stand behind the frame, which is padded to 32 bits
    let options = at + 8 + bytes.len().next_multiple_of(4);
    Ok(Entry::Frame(Frame {
        time,
        link: interface.link,
        bytes,
        original: order.u32(body, at + 4),
        options: Options {
            order,
            bytes: body.get(options..).unwrap_or_default(),
        },
    }))
}

/// The captured bytes, from `from` on; `at` is where their length stands.
fn data(body: &[u8], from: usize, captured: u32, at: usize) -> Result<&[u8], Flaw> {
    if captured > MOST_CAPTURED {
        let kind = CaptureErrorKind::TooLong {
            what: "frame",
            length: captured,
            limit: MOST_CAPTURED,
        };
        return Err((at, kind));
    }
    let room = body.get(from..).unwrap_or_default();
    let bytes = room.get(..captured as usize);
    bytes.ok_or_else(|| (at, overrun("frame", captured, room.len())))
}

fn find(interfaces: &[Interface], number: u32) -> Result<&Interface, Flaw> {
    let interface = interfaces.get(number as usize);
    interface
        .ok_or(CaptureErrorKind::UnknownInterface {
            interface: number,
            described: interfaces.len(),
        })
        .map_err(|kind| (0, kind))
}

fn ticks(order: Order, body: &[u8], at: usize) -> u64 {
    u64::from(order.u32(body, at)) << 32 | u64::from(order.u32(body, at + 4))
}

const fn overrun(what: &'static str, length: u32, room: usize) -> CaptureErrorKind {
    CaptureErrorKind::Overrun {
        what,
        length,
        room: room as u32,
    }
}

/// Original Packet Length (draft-ietf-opsawg-pcapng, 4.4).
const SIMPLE_FIXED: usize = 4;
/// Secrets Type and Secrets Length (draft-ietf-opsawg-pcapng, 4.7).
const SECRETS_FIXED: usize = 8;
/// Secrets type "TLS Key Log" (draft-ietf-opsawg-pcapng, 4.7).
const TLS_KEY_LOG: u32 = 0x544C_534B;
