//! One frame of the record: a datagram, decoded as far as it can be, and what became of it.

use std::collections::HashMap;

use coap::{Block, Code, Kind, Message, Time, option};
use lwm2m::Registry;
use record::{FrameRecord, Remark, StepRecord};

use super::{content, label, nanoseconds, options};
use crate::event::{ChannelFrame, Datagram, Event, Fate, Protection, Sort, Stray};
use crate::fields::Fields;
use crate::transfer::Transfer;

/// Makes the frames of a record.
pub(crate) struct Frames<'a> {
    pub(super) transfer: &'a Transfer,
    pub(super) fields: Fields<'a>,
    /// Which step took a frame.
    steps: HashMap<u32, usize>,
    /// Frames that a mismatch points at.
    failing: Vec<u32>,
    /// Place of a frame in a body of several blocks: number from 1 and count.
    blocks: HashMap<u32, (usize, usize)>,
    /// What is remarked about a frame.
    remarks: HashMap<u32, Vec<String>>,
}

impl<'a> Frames<'a> {
    /// Gathers what steps and remarks say of frames.
    pub(crate) fn new(
        transfer: &'a Transfer,
        types: &'a Registry,
        steps: &'a [StepRecord],
        remarks: &'a [Remark],
    ) -> Self {
        let mut taken = HashMap::new();
        for (index, step) in steps.iter().enumerate() {
            for frame in &step.frames {
                taken.entry(*frame).or_insert(index);
            }
        }
        let mismatches = steps.iter().filter_map(|step| step.mismatch.as_ref());
        let mut said: HashMap<u32, Vec<String>> = HashMap::new();
        for remark in steps.iter().flat_map(|step| &step.remarks).chain(remarks) {
            if let Some(frame) = remark.frame {
                said.entry(frame).or_default().push(remark.text.clone());
            }
        }
        Self {
            transfer,
            fields: Fields { transfer, types },
            steps: taken,
            failing: mismatches.filter_map(|mismatch| mismatch.frame).collect(),
            blocks: blocks(transfer),
            remarks: said,
        }
    }

    /// The frames that are wanted, with times since `began`.
    pub(crate) fn records(&self, began: Time, keep: impl Fn(u32) -> bool) -> Vec<FrameRecord> {
        let datagrams = self.transfer.datagrams().iter();
        let datagrams = datagrams.filter(|datagram| keep(datagram.frame));
        let mut records: Vec<FrameRecord> = datagrams
            .map(|datagram| self.record(datagram, began))
            .collect();
        let frames = self.transfer.channel_frames().iter();
        for frame in frames.filter(|frame| keep(frame.frame)) {
            match records.iter_mut().find(|one| one.number == frame.frame) {
                // a handshake message and application data in one datagram
                Some(record) => record.notes.push(format!("with {}", frame.label)),
                None => records.push(self.channel(frame, began)),
            }
        }
        records.sort_by_key(|record| record.number);
        records
    }

    /// A frame of a handshake, an alert or a signal.
    fn channel(&self, frame: &ChannelFrame, began: Time) -> FrameRecord {
        let number = frame.frame;
        let remarks = self.remarks.get(&number).into_iter().flatten();
        FrameRecord {
            number,
            time: nanoseconds(frame.time.since(began)),
            from: frame.from.to_string(),
            to: frame.to.to_string(),
            length: frame.length,
            label: cut(&frame.label, LABEL),
            coap: format!("{} bytes", frame.length),
            options: Vec::new(),
            content: Vec::new(),
            hex: hex(&frame.head, HEX),
            step: self.steps.get(&number).copied(),
            failing: self.failing.contains(&number),
            notes: frame.notes.iter().chain(remarks).cloned().collect(),
        }
    }

    fn record(&self, datagram: &Datagram, began: Time) -> FrameRecord {
        let number = datagram.frame;
        FrameRecord {
            number,
            time: nanoseconds(datagram.time.since(began)),
            from: datagram.from.to_string(),
            to: datagram.to.to_string(),
            length: u32::try_from(datagram.bytes.len()).unwrap_or(u32::MAX),
            label: label::label(self.transfer, datagram),
            coap: label::line(datagram),
            options: options::of(datagram),
            content: content::of(self.fields, datagram),
            hex: hex(&datagram.bytes, HEX),
            step: self.steps.get(&number).copied(),
            failing: self.failing.contains(&number),
            notes: self.notes(datagram),
        }
    }

    fn notes(&self, datagram: &Datagram) -> Vec<String> {
        let mut notes = Vec::new();
        notes.extend(self.fate(datagram));
        notes.extend(protection(datagram));
        if let Some(message) = &datagram.reading.message {
            notes.extend(self.block(datagram, message));
        }
        for violation in datagram.reading.violations.iter().take(VIOLATIONS) {
            let word = if violation.kind.is_format_error() {
                "malformed: "
            } else {
                ""
            };
            notes.push(format!("{word}{violation}"));
        }
        notes.extend(
            self.remarks
                .get(&datagram.frame)
                .into_iter()
                .flatten()
                .cloned(),
        );
        notes
    }

    fn fate(&self, datagram: &Datagram) -> Option<String> {
        match datagram.fate {
            Fate::Repeats(first) if datagram.reading.kind() == Some(Kind::Con) => {
                Some(format!("retransmission of frame {first}"))
            }
            Fate::Repeats(first) => Some(format!("duplicate of frame {first}")),
            Fate::Acknowledges(Some(frame)) => Some(format!("acknowledges frame {frame}")),
            Fate::Acknowledges(None) => Some("acknowledges nothing that was captured".to_owned()),
            Fate::Block => None,
            Fate::Event(index) => self.relation(index),
        }
    }

    /// What an event is to another, where the ladder does not show it.
    fn relation(&self, index: usize) -> Option<String> {
        let event = self.transfer.event(index)?;
        let code = event.message.as_ref().map(|message| message.code);
        match event.sort {
            Sort::Reset(Some(of)) => {
                let of_this_play = |datagram: &&Datagram| datagram.fate == Fate::Event(of);
                let rejected = self.transfer.datagrams().iter().find(of_this_play)?;
                Some(format!("rejects frame {}", rejected.frame))
            }
            Sort::Reset(None) => Some("rejects nothing that was captured".to_owned()),
            // the request that a 2.31 answers is no event before its last block
            Sort::Stray(Stray::UnknownToken) if code != Some(Code::CONTINUE) => {
                Some("answers no request that was captured".to_owned())
            }
            Sort::Stray(Stray::WrongToken(_)) => {
                Some("answers a request by its Message ID, with another token".to_owned())
            }
            _ => None,
        }
    }

    fn block(&self, datagram: &Datagram, message: &Message) -> Option<String> {
        if let Some((number, count)) = self.blocks.get(&datagram.frame) {
            return Some(format!("block {number}/{count}"));
        }
        let of = |number| Block::of(message, number)?.ok();
        if let (false, Some(block)) = (message.code.is_request(), of(option::BLOCK1)) {
            return Some(format!("answers block {}", block.number));
        }
        let (name, number) = match message.code.is_request() {
            true => ("Block1", option::BLOCK1),
            false => ("Block2", option::BLOCK2),
        };
        let block = of(number)?;
        let more = if block.more { ", more follow" } else { "" };
        Some(format!("{name} {}{more}", block.number))
    }
}

/// The event that a datagram completed; for a repetition, that of the datagram it repeats.
pub(super) fn event_of<'a>(transfer: &'a Transfer, datagram: &Datagram) -> Option<&'a Event> {
    match datagram.fate {
        Fate::Event(index) => transfer.event(index),
        Fate::Repeats(first) => match transfer.datagram(first)?.fate {
            Fate::Event(index) => transfer.event(index),
            _ => None,
        },
        _ => None,
    }
}

/// What protected a message, where something did.
fn protection(datagram: &Datagram) -> Option<String> {
    let via = datagram.via;
    let below = match (via.protection, via.session) {
        (Protection::Dtls, Some(session)) => Some(format!("in DTLS session {session}")),
        (Protection::Tls, Some(session)) => Some(format!("in TLS session {session}")),
        _ => None,
    };
    let oscore = via.oscore.then(|| "protected by OSCORE".to_owned());
    let told: Vec<String> = below.into_iter().chain(oscore).collect();
    (!told.is_empty()).then(|| told.join(", "))
}

/// Frames of bodies that were joined; an event that an earlier case left has none here.
fn blocks(transfer: &Transfer) -> HashMap<u32, (usize, usize)> {
    let mut blocks = HashMap::new();
    for datagram in transfer.datagrams() {
        let Fate::Event(index) = datagram.fate else {
            continue;
        };
        let event = transfer.event(index).filter(|event| event.frames.len() > 1);
        for (place, frame) in event
            .iter()
            .flat_map(|event| event.frames.iter().enumerate())
        {
            let count = event.map_or(0, |event| event.frames.len());
            blocks.insert(*frame, (place + 1, count));
        }
    }
    blocks
}

/// Lower-case hexadecimal of the first `limit` bytes.
pub(super) fn hex(bytes: &[u8], limit: usize) -> String {
    let mut text = String::with_capacity(bytes.len().min(limit) * 2);
    let digit = |value: u8| char::from_digit(value.into(), 16).unwrap_or_default();
    for byte in bytes.iter().take(limit) {
        text.extend([digit(byte >> 4), digit(byte & 0xf)]);
    }
    text
}

/// At most `limit` characters of a text, with dots if it is longer.
pub(super) fn cut(text: &str, limit: usize) -> String {
    match text.char_indices().nth(limit) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}...", text.get(..end).unwrap_or_default()),
    }
}

/// Bytes of a datagram that the record keeps; the capture has all of them.
const HEX: usize = 1024;
/// Characters of a label.
pub(super) const LABEL: usize = 200;
/// Violations of one datagram that are told.
const VIOLATIONS: usize = 8;
