//! Flights (RFC 6347, 4.2.4): what is sent together, the faults that happen to it, and how it is cut into records and datagrams.

use std::collections::BTreeMap;
use std::time::Duration;

use coap::Time;

use crate::crypto::Random;
use crate::message::{HandshakeType, Header};
use crate::record::{ContentType, Outbound};
use crate::settings::{Act, Settings, Subject};
use crate::version::Framing;

/// The flight that was sent last, or is being put together.
#[derive(Clone, Default)]
pub(crate) struct Flight {
    items: Vec<Item>,
    /// When it is to be sent again.
    pub(super) timer: Option<Time>,
    /// One more than the sequence number of the message that it answers.
    ///
    /// Only when that one is repeated is it sent again, so that two flights never call for each other in turn.
    pub(super) answers: u16,
    /// Whether it ends its handshake, so that it is sent again only if the peer repeats its own.
    pub(super) is_last: bool,
    /// How long its next repetition waits.
    pub(super) wait: Duration,
    /// How many datagrams had been sent before its first time.
    datagrams: Option<u32>,
}

#[derive(Clone)]
struct Item {
    subject: Subject,
    nth: u32,
    epoch: u16,
    sequence: u16,
    body: Vec<u8>,
}

/// How many of each kind have been sent.
#[derive(Clone, Debug, Default)]
pub(crate) struct Counts(BTreeMap<Subject, u32>);

impl Counts {
    pub(crate) fn next(&mut self, subject: Subject) -> u32 {
        let count = self.0.entry(subject).or_default();
        *count += 1;
        *count
    }

    fn get(&self, subject: Subject) -> u32 {
        self.0.get(&subject).copied().unwrap_or(0)
    }
}

/// Bytes of one datagram and how late they are to be.
pub(crate) type Late = (Vec<u8>, Duration);

/// One message after its faults.
struct Bent {
    subject: Subject,
    epoch: u16,
    sequence: u16,
    body: Vec<u8>,
    copies: usize,
    delay: Duration,
    fragment: usize,
    swap: bool,
}

impl Flight {
    pub(super) fn push_message(
        &mut self,
        counts: &mut Counts,
        kind: HandshakeType,
        (epoch, sequence): (u16, u16),
        body: Vec<u8>,
    ) {
        let subject = Subject::Handshake(kind);
        self.items.push(Item {
            subject,
            nth: counts.next(subject),
            epoch,
            sequence,
            body,
        });
    }

    pub(super) fn push_change_cipher_spec(&mut self, counts: &mut Counts, epoch: u16) {
        let subject = Subject::ChangeCipherSpec;
        self.items.push(Item {
            subject,
            nth: counts.next(subject),
            epoch,
            sequence: 0,
            // RFC 5246, 7.1
            body: vec![1],
        });
    }

    pub(super) fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// Writes the flight, for the first time or again.
    pub(super) fn write(
        &mut self,
        settings: &Settings,
        counts: &mut Counts,
        packer: Packer<'_>,
    ) -> Vec<Late> {
        let first = self.datagrams.is_none();
        let before = *self.datagrams.get_or_insert(counts.get(Subject::Datagram));
        let mut bent: Vec<Bent> = self
            .items
            .iter()
            .filter_map(|item| bend(item, settings, first))
            .collect();
        for index in 0..bent.len().saturating_sub(1) {
            if std::mem::take(&mut bent[index].swap) {
                bent.swap(index, index + 1);
            }
        }
        let written = packer.write(&bent);
        let mut nth = before;
        bend_datagrams(written, settings, first, || {
            nth += 1;
            if first {
                counts.next(Subject::Datagram);
            }
            nth
        })
    }
}

/// The acts on the `nth` message of a kind.
fn acts(
    settings: &Settings,
    subject: Subject,
    nth: u32,
    first: bool,
) -> impl Iterator<Item = &Act> {
    let faults = settings.faults.iter();
    let these = faults.filter(move |fault| {
        fault.message == subject && fault.arrival == nth && (first || fault.always)
    });
    these.map(|fault| &fault.act)
}

fn bend(item: &Item, settings: &Settings, first: bool) -> Option<Bent> {
    let mut bent = Bent {
        subject: item.subject,
        epoch: item.epoch,
        sequence: item.sequence,
        body: item.body.clone(),
        copies: 1,
        delay: Duration::ZERO,
        fragment: usize::MAX,
        swap: false,
    };
    for act in acts(settings, item.subject, item.nth, first) {
        match act {
            Act::Drop => return None,
            Act::Duplicate => bent.copies += 1,
            Act::Delay(delay) => bent.delay += *delay,
            Act::Reorder => bent.swap = true,
            Act::Fragment(size) => bent.fragment = (*size).max(1),
            Act::Corrupt { offset, xor } => corrupt(&mut bent.body, *offset, *xor),
            Act::Replace(body) => bent.body.clone_from(body),
        }
    }
    Some(bent)
}

/// The bytes of an alert after its faults, as often as it is to be sent, and how late.
pub(super) fn bend_alert(
    settings: &Settings,
    counts: &mut Counts,
    alert: [u8; 2],
) -> (Vec<Vec<u8>>, Duration) {
    let item = Item {
        subject: Subject::Alert,
        nth: counts.next(Subject::Alert),
        epoch: 0,
        sequence: 0,
        body: alert.to_vec(),
    };
    match bend(&item, settings, true) {
        Some(bent) => (vec![bent.body; bent.copies], bent.delay),
        None => (Vec::new(), Duration::ZERO),
    }
}

/// The body of a stateless HelloVerifyRequest after its faults.
pub(crate) fn bend_stateless(
    settings: &Settings,
    counts: &mut Counts,
    kind: HandshakeType,
    body: Vec<u8>,
) -> (Vec<Vec<u8>>, Duration) {
    let subject = Subject::Handshake(kind);
    let item = Item {
        subject,
        nth: counts.next(subject),
        epoch: 0,
        sequence: 0,
        body,
    };
    match bend(&item, settings, true) {
        Some(bent) => (vec![bent.body; bent.copies], bent.delay),
        None => (Vec::new(), Duration::ZERO),
    }
}

fn corrupt(bytes: &mut [u8], offset: usize, xor: u8) {
    if let Some(byte) = bytes.get_mut(offset) {
        *byte ^= xor;
    }
}

fn bend_datagrams(
    datagrams: Vec<Late>,
    settings: &Settings,
    first: bool,
    mut nth: impl FnMut() -> u32,
) -> Vec<Late> {
    let mut out: Vec<Late> = Vec::new();
    let mut swapped: Option<Vec<Late>> = None;
    for (mut bytes, mut delay) in datagrams {
        let (mut copies, mut swap, mut size) = (1, false, usize::MAX);
        for act in acts(settings, Subject::Datagram, nth(), first) {
            match act {
                Act::Drop => copies = 0,
                Act::Duplicate => copies += 1,
                Act::Delay(by) => delay += *by,
                Act::Reorder => swap = true,
                Act::Fragment(most) => size = (*most).max(1),
                Act::Corrupt { offset, xor } => corrupt(&mut bytes, *offset, *xor),
                Act::Replace(other) => bytes.clone_from(other),
            }
        }
        let pieces: Vec<Late> = bytes
            .chunks(size)
            .map(|piece| (piece.to_vec(), delay))
            .collect();
        let pieces: Vec<Late> = std::iter::repeat_n(pieces, copies).flatten().collect();
        if swap {
            swapped.get_or_insert_default().extend(pieces);
            continue;
        }
        out.extend(pieces);
        out.extend(swapped.take().into_iter().flatten());
    }
    out.extend(swapped.into_iter().flatten());
    out
}

/// Puts messages into records and records into datagrams.
pub(super) struct Packer<'a> {
    pub(super) framing: Framing,
    pub(super) outbound: &'a mut Outbound,
    pub(super) random: &'a mut Random,
    /// The largest datagram.
    pub(super) datagram: usize,
    /// The largest plaintext of a record.
    pub(super) fragment: usize,
}

impl Packer<'_> {
    fn write(mut self, bent: &[Bent]) -> Vec<Late> {
        let mut done = Vec::new();
        let mut current = Vec::new();
        for message in bent {
            for _ in 0..message.copies {
                if message.delay > Duration::ZERO {
                    let mut alone = (Vec::new(), Vec::new());
                    self.write_one(message, &mut alone.0, &mut alone.1);
                    alone.0.push(alone.1);
                    done.extend(alone.0.into_iter().map(|bytes| (bytes, message.delay)));
                    continue;
                }
                let mut full = Vec::new();
                self.write_one(message, &mut full, &mut current);
                done.extend(full.into_iter().map(|bytes| (bytes, Duration::ZERO)));
            }
        }
        done.push((current, Duration::ZERO));
        done.retain(|(bytes, _)| !bytes.is_empty());
        done
    }

    /// Writes one message to the end of `current`; datagrams that are full go to `full`.
    fn write_one(&mut self, message: &Bent, full: &mut Vec<Vec<u8>>, current: &mut Vec<u8>) {
        let Subject::Handshake(kind) = message.subject else {
            let kind = ContentType::CHANGE_CIPHER_SPEC;
            return self.append(message.epoch, kind, &message.body, full, current);
        };
        let whole = Header::whole(kind, message.sequence, message.body.len());
        if !self.framing.is_datagram() {
            let bytes = [whole.encode(self.framing), message.body.clone()].concat();
            for piece in bytes.chunks(message.fragment.min(self.fragment)) {
                self.append(message.epoch, ContentType::HANDSHAKE, piece, full, current);
            }
            return;
        }
        let mut offset = 0;
        loop {
            let rest = &message.body[offset..];
            let room = self.room(message.epoch, rest.len(), full, current);
            let size = rest.len().min(room).min(message.fragment);
            let header = Header {
                offset,
                fragment: size,
                ..whole
            };
            let bytes = [&header.encode(self.framing), &rest[..size]].concat();
            self.append(message.epoch, ContentType::HANDSHAKE, &bytes, full, current);
            offset += size;
            if offset >= message.body.len() {
                return;
            }
        }
    }

    /// How many bytes of a message go into the next record; ends the datagram if too few would.
    fn room(
        &self,
        epoch: u16,
        wanted: usize,
        full: &mut Vec<Vec<u8>>,
        current: &mut Vec<u8>,
    ) -> usize {
        let overhead = HEADERS + if epoch > 0 { PROTECTION } else { 0 };
        let left = |used: usize| self.datagram.saturating_sub(used + overhead);
        if left(current.len()) < wanted.min(SMALLEST) && !current.is_empty() {
            full.push(std::mem::take(current));
        }
        let most = self.fragment.saturating_sub(MESSAGE_HEADER);
        left(current.len()).min(most).max(1)
    }

    fn append(
        &mut self,
        epoch: u16,
        content_type: ContentType,
        plaintext: &[u8],
        full: &mut Vec<Vec<u8>>,
        current: &mut Vec<u8>,
    ) {
        let record = self
            .outbound
            .write(epoch, content_type, plaintext, self.random);
        let too_long = current.len() + record.len() > self.datagram;
        if self.framing.is_datagram() && too_long && !current.is_empty() {
            full.push(std::mem::take(current));
        }
        current.extend(record);
    }
}

// RFC 6347, 4.1 and 4.2.2
const MESSAGE_HEADER: usize = 12;
const HEADERS: usize = 13 + MESSAGE_HEADER;
// Connection ID, initialisation vector, MAC and padding at their longest
const PROTECTION: usize = 33 + 16 + 32 + 16;
// a message is not cut for the sake of fewer bytes than these
const SMALLEST: usize = 64;
