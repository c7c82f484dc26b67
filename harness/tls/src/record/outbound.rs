//! Records on their way out: protection, Connection ID and sequence number of every epoch that may still be written.
//!
//! The epoch before stays, since a flight that is sent again is sent in the epochs of its first time (RFC 6347, 4.2.4).

use std::collections::BTreeMap;

use super::header::number;
use super::{ContentType, Record};
use crate::crypto::{Protection, Random};
use crate::version::{Framing, Version};

/// The writing half of an association.
#[derive(Clone)]
pub(crate) struct Outbound {
    framing: Framing,
    pub(crate) version: Version,
    epochs: BTreeMap<u16, Epoch>,
    current: u16,
}

#[derive(Clone, Default)]
struct Epoch {
    protection: Option<Protection>,
    cid: Vec<u8>,
    next: u64,
}

impl Outbound {
    pub(crate) fn new(framing: Framing, version: Version) -> Self {
        Self {
            framing,
            version,
            epochs: BTreeMap::from([(0, Epoch::default())]),
            current: 0,
        }
    }

    pub(crate) const fn current(&self) -> u16 {
        self.current
    }

    /// Makes the epoch after the current one ready; it is not current yet.
    pub(crate) fn prepare(&mut self, protection: Protection, cid: Vec<u8>) {
        let epoch = Epoch {
            protection: Some(protection),
            cid,
            next: 0,
        };
        self.epochs.insert(self.current.wrapping_add(1), epoch);
    }

    /// Goes on to the epoch after the current one.
    pub(crate) fn advance(&mut self) {
        self.current = self.current.wrapping_add(1);
        let oldest = self.current.saturating_sub(1);
        self.epochs.retain(|epoch, _| *epoch >= oldest);
    }

    /// The sequence number of the next record of `epoch`.
    pub(crate) fn set_next(&mut self, epoch: u16, sequence: u64) {
        if let Some(epoch) = self.epochs.get_mut(&epoch) {
            epoch.next = sequence;
        }
    }

    /// Takes the last sequence number back, so that the next record has it too.
    pub(crate) fn repeat_sequence(&mut self) {
        if let Some(epoch) = self.epochs.get_mut(&self.current) {
            epoch.next = epoch.next.saturating_sub(1);
        }
    }

    /// Writes a record of `epoch`; nothing if there is no such epoch.
    pub(crate) fn write(
        &mut self,
        epoch: u16,
        content_type: ContentType,
        plaintext: &[u8],
        random: &mut Random,
    ) -> Vec<u8> {
        let Some(state) = self.epochs.get_mut(&epoch) else {
            return Vec::new();
        };
        let sequence = state.next;
        state.next += 1;
        let mut record = Record {
            content_type,
            version: self.version,
            epoch,
            sequence,
            cid: &[],
            fragment: plaintext,
        };
        let Some(protection) = &state.protection else {
            return record.encode(self.framing);
        };
        let inner = [plaintext, &[content_type.0]].concat();
        if !state.cid.is_empty() {
            record.content_type = ContentType::TLS12_CID;
            record.cid = &state.cid;
            record.fragment = &inner;
        }
        let number = match self.framing {
            Framing::Datagram => number(epoch, sequence),
            Framing::Stream => sequence,
        };
        let sealed = protection.seal(&record.facts(number), record.fragment, random.iv());
        record.fragment = &sealed;
        record.encode(self.framing)
    }
}
