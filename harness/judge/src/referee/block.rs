//! Block-wise transfer (RFC 7959): sizes, order and numbers of blocks.
//!
//! What a receiver has to put up with is a remark; a body of which the beginning was not seen is not judged.

use coap::{Block, BlockError, Code, Message, option};

use super::Finding;
use super::memory::{Memory, target};
use super::rules::{
    BLOCK_CONTINUE, BLOCK_ETAG, BLOCK_LARGER, BLOCK_NUMBER, BLOCK_ORDER, BLOCK_PAYLOAD,
    BLOCK_RESERVED,
};
use super::scene::Scene;
use crate::event::Datagram;
use crate::transfer::Transfer;

/// Rules about the datagram with this index.
pub(super) fn check(scene: &Scene<'_>, index: usize) -> Vec<Finding> {
    let Some(datagram) = scene.transfer.datagrams().get(index) else {
        return Vec::new();
    };
    let Some(message) = &datagram.reading.message else {
        return Vec::new();
    };
    let mut findings: Vec<Finding> = Vec::new();
    for number in [option::BLOCK1, option::BLOCK2] {
        findings.extend(reserved(datagram, message, number));
    }
    if message.code.is_request() {
        findings.extend(payload(datagram, message, option::BLOCK1));
        findings.extend(order(scene, datagram, message));
        return findings;
    }
    if !message.code.is_response() {
        return findings;
    }
    if message.code.is_success() {
        findings.extend(payload(datagram, message, option::BLOCK2));
    }
    let request = scene.asked_by_token(index);
    if let Some(request) = request.filter(|request| request.reading.is_clean())
        && let Some(asked) = &request.reading.message
    {
        findings.extend(continued(datagram, message, asked));
        findings.extend(larger(datagram, message, asked));
        findings.extend(number(datagram, message, asked));
        findings.extend(etag(scene, datagram, message, asked));
    }
    findings
}

/// Remembers where the body goes on, and its ETag.
pub(super) fn learn(memory: &mut Memory, transfer: &Transfer, index: usize) {
    let Some(datagram) = transfer.datagrams().get(index) else {
        return;
    };
    let Some(message) = &datagram.reading.message else {
        return;
    };
    if message.code.is_request() {
        let key = (datagram.from, datagram.to, target(message));
        match block(message, option::BLOCK1) {
            Some(block) => {
                let next = block.offset() + message.payload.len() as u64;
                memory.uploads.insert(key, (block.offset(), next));
            }
            None => drop(memory.uploads.remove(&key)),
        }
    } else if let Some(found) = block(message, option::BLOCK2)
        && let Some(asked) = request_of(transfer, index, message)
        && found.number == 0
    {
        let key = (datagram.from, datagram.to, target(asked));
        memory.etags.insert(key, tag(message));
    }
}

fn reserved(datagram: &Datagram, message: &Message, number: u16) -> Option<Finding> {
    let Some(Err(BlockError::SizeReserved { .. })) = Block::of(message, number) else {
        return None;
    };
    let name = option::name(number).unwrap_or_default();
    let text = format!("sent {name} with size exponent 7");
    Some(BLOCK_RESERVED.broken(datagram, name, "size exponent 0 to 6", "7", &text))
}

/// A block that is not the last and has another size than it says.
fn payload(datagram: &Datagram, message: &Message, number: u16) -> Option<Finding> {
    let block = block(message, number).filter(|block| block.more)?;
    let (found, size) = (message.payload.len(), block.size());
    if found == size {
        return None;
    }
    let text = format!(
        "sent {found} bytes as block {} of {size} bytes",
        block.number
    );
    let expected = format!("{size} bytes");
    Some(BLOCK_PAYLOAD.broken(datagram, "block", expected, format!("{found} bytes"), &text))
}

/// A Block1 that neither goes on, nor begins, nor repeats the block before.
fn order(scene: &Scene<'_>, datagram: &Datagram, message: &Message) -> Option<Finding> {
    let block = block(message, option::BLOCK1).filter(|block| block.number > 0)?;
    let key = (datagram.from, datagram.to, target(message));
    let (before, next) = *scene.memory.uploads.get(&key)?;
    if [before, next].contains(&block.offset()) {
        return None;
    }
    let text = format!(
        "sent the block at byte {}, byte {next} was next",
        block.offset()
    );
    let expected = format!("byte {next}");
    Some(BLOCK_ORDER.broken(
        datagram,
        "block",
        expected,
        format!("byte {}", block.offset()),
        &text,
    ))
}

/// A 2.31 to a request that is complete, or without the number of its block.
fn continued(datagram: &Datagram, message: &Message, asked: &Message) -> Option<Finding> {
    if message.code != Code::CONTINUE {
        return None;
    }
    let sent = block(asked, option::BLOCK1);
    let echoed = block(message, option::BLOCK1);
    let (expected, text) = match sent {
        Some(sent) if sent.more => {
            if echoed.is_some_and(|echoed| echoed.number == sent.number) {
                return None;
            }
            let expected = format!("Block1 with number {}", sent.number);
            (
                expected,
                "answered 2.31 without the number of the block".to_owned(),
            )
        }
        _ => (
            "a final response".to_owned(),
            "answered 2.31, although no block follows".to_owned(),
        ),
    };
    let actual = echoed.map_or_else(
        || "no Block1".to_owned(),
        |echoed| format!("Block1 with number {}", echoed.number),
    );
    Some(BLOCK_CONTINUE.broken(datagram, "Block1", expected, actual, &text))
}

fn larger(datagram: &Datagram, message: &Message, asked: &Message) -> Option<Finding> {
    [option::BLOCK1, option::BLOCK2]
        .into_iter()
        .find_map(|number| {
            let (wanted, found) = (block(asked, number)?, block(message, number)?);
            (found.szx > wanted.szx).then_some(())?;
            let name = option::name(number).unwrap_or_default();
            let text = format!(
                "answered with blocks of {} bytes, asked in {}",
                found.size(),
                wanted.size()
            );
            let expected = format!("at most {} bytes", wanted.size());
            Some(BLOCK_LARGER.broken(
                datagram,
                name,
                expected,
                format!("{} bytes", found.size()),
                &text,
            ))
        })
}

/// An answer to a request for a later block that is another block, or none.
fn number(datagram: &Datagram, message: &Message, asked: &Message) -> Option<Finding> {
    let wanted = block(asked, option::BLOCK2).filter(|block| block.number > 0)?;
    if message.code != Code::CONTENT {
        return None;
    }
    let found = block(message, option::BLOCK2);
    if found.is_some_and(|found| found.offset() == wanted.offset()) {
        return None;
    }
    let actual = found.map_or_else(
        || "no Block2".to_owned(),
        |found| format!("byte {}", found.offset()),
    );
    let text = format!(
        "answered a request for the block at byte {} with {actual}",
        wanted.offset()
    );
    let expected = format!("byte {}", wanted.offset());
    Some(BLOCK_NUMBER.broken(datagram, "Block2", expected, actual, &text))
}

/// Another ETag than that of the first block: what was read changed, or the server mixes bodies.
fn etag(
    scene: &Scene<'_>,
    datagram: &Datagram,
    message: &Message,
    asked: &Message,
) -> Option<Finding> {
    block(message, option::BLOCK2).filter(|block| block.number > 0)?;
    let first = scene
        .memory
        .etags
        .get(&(datagram.from, datagram.to, target(asked)))?;
    let found = tag(message);
    if *first == found {
        return None;
    }
    let text = "changed the ETag within a body";
    Some(BLOCK_ETAG.broken(
        datagram,
        "ETag",
        hex(first.as_deref()),
        hex(found.as_deref()),
        text,
    ))
}

/// The request that a response has the token of.
fn request_of<'t>(transfer: &'t Transfer, index: usize, message: &Message) -> Option<&'t Message> {
    let answer = transfer.datagrams().get(index)?;
    transfer
        .datagrams()
        .get(..index)?
        .iter()
        .rev()
        .find_map(|datagram| {
            let asked = datagram.reading.message.as_ref()?;
            let meant = datagram.from == answer.to
                && datagram.to == answer.from
                && asked.code.is_request()
                && asked.token == message.token;
            meant.then_some(asked)
        })
}

fn block(message: &Message, number: u16) -> Option<Block> {
    Block::of(message, number)?.ok()
}

fn tag(message: &Message) -> Option<Vec<u8>> {
    message
        .option_values(option::ETAG)
        .next()
        .map(<[u8]>::to_vec)
}

fn hex(bytes: Option<&[u8]>) -> String {
    bytes.map_or_else(
        || "absent".to_owned(),
        |bytes| bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
    )
}

#[cfg(test)]
pub(super) mod tests {
    use testcase::Seat;

    use super::super::Level::{Must, Should};
    use super::super::trial::{
        Draft, Row, Script, Sent, ack, con, content, from_client, from_server,
    };
    use super::*;

    fn encoded(number: u32, more: bool, szx: u8) -> Vec<u8> {
        let block = Block { number, more, szx };
        block.encode().unwrap()
    }

    /// One block of a Write, of 16 bytes, and its answer.
    fn put(id: u16, number: u32, more: bool) -> Sent {
        let draft = con(Code::PUT, id, 0xa0 + id as u8)
            .path("/5/0/0")
            .format(42)
            .option(option::BLOCK1, &encoded(number, more, 0));
        let payload: &[u8] = if more { &[7; 16] } else { &[7; 4] };
        from_server(u64::from(id) * 10, draft.payload(payload))
    }

    fn taken(id: u16, code: Code, value: Option<Vec<u8>>) -> Sent {
        let draft = ack(code, id, 0xa0 + id as u8);
        let draft = match value {
            Some(value) => draft.option(option::BLOCK1, &value),
            None => draft,
        };
        from_client(u64::from(id) * 10 + 1, draft)
    }

    fn upload(second: u32, echo: u32) -> Script {
        vec![
            put(1, 0, true),
            taken(1, Code::CONTINUE, Some(encoded(echo, true, 0))),
            put(2, second, false),
            taken(2, Code::CHANGED, Some(encoded(second, false, 0))),
        ]
    }

    fn get(id: u16, value: Option<Vec<u8>>) -> Sent {
        let draft = con(Code::GET, id, 0xa0 + id as u8).path("/3/0");
        let draft = match value {
            Some(value) => draft.option(option::BLOCK2, &value),
            None => draft,
        };
        from_server(u64::from(id) * 10, draft)
    }

    fn part(id: u16, value: &[u8], etag: u8, payload: &[u8]) -> Sent {
        let draft: Draft = content(ack(Code::CONTENT, id, 0xa0 + id as u8), 11542, payload);
        from_client(
            u64::from(id) * 10 + 1,
            draft
                .option(option::BLOCK2, value)
                .option(option::ETAG, &[etag]),
        )
    }

    /// A body of 21 bytes read in two blocks.
    fn download(second: &[u8], etag: u8) -> Script {
        let body: Vec<u8> = [&[0xc8, 0, 18][..], &[b'a'; 18]].concat();
        vec![
            get(1, None),
            part(1, &encoded(0, true, 0), 1, &body[..16]),
            get(2, Some(encoded(1, false, 0))),
            part(2, second, etag, &body[16..]),
        ]
    }

    pub(in super::super) fn rows() -> Vec<Row> {
        let read = |value: &[u8], payload: &[u8]| vec![get(1, None), part(1, value, 1, payload)];
        let sound = || download(&encoded(1, false, 0), 1);
        let negotiated = |szx| {
            vec![
                get(1, Some(encoded(0, false, 0))),
                part(1, &encoded(0, true, szx), 1, &vec![b'a'; 16 << szx]),
            ]
        };
        let complete = |code| vec![put(1, 0, false), taken(1, code, None)];
        vec![
            Row::new(
                "block-size-reserved",
                Must,
                sound(),
                read(&[0x07], &[0xc1, 9, 7]),
                2,
                Seat::CLIENT,
            ),
            Row::new(
                "block-payload",
                Must,
                sound(),
                read(&encoded(0, true, 0), &[7; 15]),
                2,
                Seat::CLIENT,
            ),
            Row::new(
                "block-order",
                Should,
                upload(1, 0),
                upload(2, 0),
                3,
                Seat::SERVER,
            ),
            Row::new(
                "block-number",
                Should,
                sound(),
                download(&encoded(0, false, 0), 1),
                4,
                Seat::CLIENT,
            ),
            Row::new(
                "block-larger",
                Should,
                negotiated(0),
                negotiated(1),
                2,
                Seat::CLIENT,
            ),
            Row::new(
                "block-etag",
                Should,
                sound(),
                download(&encoded(1, false, 0), 2),
                4,
                Seat::CLIENT,
            ),
            Row::new(
                "block-continue",
                Should,
                upload(1, 0),
                upload(1, 5),
                2,
                Seat::CLIENT,
            ),
            Row::new(
                "block-continue",
                Should,
                complete(Code::CHANGED),
                complete(Code::CONTINUE),
                2,
                Seat::CLIENT,
            ),
        ]
    }
}
