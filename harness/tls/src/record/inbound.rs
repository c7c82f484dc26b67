//! Records on their way in: which epochs can be read, and what a record holds once it is opened and not a replay.
//!
//! Opening changes nothing; only a record that its reader takes is marked as seen.

use std::collections::BTreeMap;

use super::header::number;
use super::{ContentType, Record, Window};
use crate::crypto::{OpenError, Protection};
use crate::version::Framing;

/// The reading half of an association.
#[derive(Clone)]
pub(crate) struct Inbound {
    framing: Framing,
    epochs: BTreeMap<u16, Epoch>,
    current: u16,
    /// The next sequence number of a stream.
    next: u64,
}

#[derive(Clone, Default)]
struct Epoch {
    protection: Option<Protection>,
    /// The Connection ID that every record must have; empty for none.
    cid: Vec<u8>,
    window: Window,
}

/// A record that has been opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Opened {
    pub(crate) content_type: ContentType,
    pub(crate) epoch: u16,
    pub(crate) sequence: u64,
    pub(crate) bytes: Vec<u8>,
    /// Whether it is above everything seen before, in epoch and sequence number.
    pub(crate) newest: bool,
    /// Whether it has not been seen before.
    pub(crate) fresh: bool,
}

/// Why a record is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("epoch {0} has no keys")]
    NoKeys(u16),
    #[error("no connection id, or another one than was agreed on")]
    WrongCid,
    #[error("no content type inside")]
    NoInnerType,
    #[error(transparent)]
    Open(#[from] OpenError),
}

impl Inbound {
    pub(crate) fn new(framing: Framing) -> Self {
        Self {
            framing,
            epochs: BTreeMap::from([(0, Epoch::default())]),
            current: 0,
            next: 0,
        }
    }

    pub(crate) const fn current(&self) -> u16 {
        self.current
    }

    /// Makes the epoch after the current one readable.
    pub(crate) fn prepare(&mut self, protection: Protection, cid: Vec<u8>) {
        let epoch = Epoch {
            protection: Some(protection),
            cid,
            window: Window::default(),
        };
        self.epochs.insert(self.current.wrapping_add(1), epoch);
    }

    /// Whether a record is of the newest epoch that has keys.
    pub(crate) fn is_of_newest(&self, record: &Record<'_>) -> bool {
        let epoch = match self.framing {
            Framing::Datagram => record.epoch,
            Framing::Stream => self.current,
        };
        epoch > 0 && self.epochs.keys().next_back() == Some(&epoch)
    }

    /// Puts other keys in the place of the newest.
    pub(crate) fn exchange(&mut self, protection: Protection) {
        if let Some(mut newest) = self.epochs.last_entry() {
            newest.get_mut().protection = Some(protection);
        }
    }

    /// Goes past a record that does not open.
    pub(crate) const fn pass(&mut self) {
        self.next += 1;
    }

    pub(crate) fn is_prepared(&self) -> bool {
        self.epochs.contains_key(&self.current.wrapping_add(1))
    }

    /// Goes on to the epoch after the current one; that one stays readable for what comes late.
    pub(crate) fn advance(&mut self) {
        self.current = self.current.wrapping_add(1);
        self.next = 0;
        let oldest = self.current.saturating_sub(1);
        self.epochs.retain(|epoch, _| *epoch >= oldest);
    }

    /// Opens a record.
    pub(crate) fn open(&self, record: &Record<'_>) -> Result<Opened, Refusal> {
        let (index, sequence, number) = match self.framing {
            Framing::Datagram => (
                record.epoch,
                record.sequence,
                number(record.epoch, record.sequence),
            ),
            Framing::Stream => (self.current, self.next, self.next),
        };
        let epoch = self.epochs.get(&index).ok_or(Refusal::NoKeys(index))?;
        let mut content_type = record.content_type;
        let mut bytes = match &epoch.protection {
            None => record.fragment.to_vec(),
            Some(_) if record.cid != epoch.cid => return Err(Refusal::WrongCid),
            Some(protection) => protection.open(&record.facts(number), record.fragment)?,
        };
        if epoch.protection.is_some() && content_type == ContentType::TLS12_CID {
            (content_type, bytes) = split_inner(bytes).ok_or(Refusal::NoInnerType)?;
        }
        Ok(Opened {
            content_type,
            epoch: index,
            sequence,
            bytes,
            newest: index >= self.current && epoch.window.is_newest(sequence),
            fresh: epoch.window.is_fresh(sequence),
        })
    }

    /// Marks an opened record as seen.
    pub(crate) fn mark(&mut self, opened: &Opened) {
        self.next += 1;
        if let Some(epoch) = self.epochs.get_mut(&opened.epoch) {
            epoch.window.mark(opened.sequence);
        }
    }
}

/// Takes the content type and the zeros off the inside of a record with a Connection ID (RFC 9146, 4).
pub(crate) fn split_inner(mut bytes: Vec<u8>) -> Option<(ContentType, Vec<u8>)> {
    let end = bytes.iter().rposition(|byte| *byte != 0)?;
    let content_type = ContentType(bytes[end]);
    bytes.truncate(end);
    Some((content_type, bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::{Random, Randoms, protections};
    use crate::record::Outbound;
    use crate::suite::Suite;
    use crate::version::Version;

    fn pair(framing: Framing, cid: &[u8]) -> (Outbound, Inbound) {
        let randoms = Randoms {
            client: [1; 32],
            server: [2; 32],
        };
        let suite = Suite::PSK_AES_128_CCM_8.facts().unwrap();
        let (key, _) = protections(suite, &[3; 48], &randoms, false).unwrap();
        let mut outbound = Outbound::new(framing, Version::DTLS_1_2);
        let mut inbound = Inbound::new(framing);
        outbound.prepare(key.clone(), cid.to_vec());
        outbound.advance();
        inbound.prepare(key, cid.to_vec());
        inbound.advance();
        (outbound, inbound)
    }

    #[test]
    fn a_record_is_fresh_once_and_opens_only_with_its_connection_id() {
        let mut random = Random::new(1);
        for cid in [&[][..], &[1, 2, 3]] {
            let (mut outbound, mut inbound) = pair(Framing::Datagram, cid);
            let bytes = outbound.write(1, ContentType::APPLICATION_DATA, b"one", &mut random);
            let (record, _) = Record::read(Framing::Datagram, &bytes, |_| cid.len()).unwrap();
            let opened = inbound.open(&record).unwrap();
            assert!(opened.fresh && opened.newest);
            assert_eq!(opened.bytes, b"one");
            assert_eq!(opened.content_type, ContentType::APPLICATION_DATA);
            inbound.mark(&opened);
            assert!(!inbound.open(&record).unwrap().fresh);
            let other = Record {
                cid: &[9],
                ..record
            };
            assert_eq!(inbound.open(&other), Err(Refusal::WrongCid));
        }
    }

    #[test]
    fn a_stream_counts_its_records() {
        let mut random = Random::new(1);
        let (mut outbound, mut inbound) = pair(Framing::Stream, &[]);
        for text in [b"one", b"two"] {
            let bytes = outbound.write(1, ContentType::APPLICATION_DATA, text, &mut random);
            let (record, _) = Record::read(Framing::Stream, &bytes, |_| 0).unwrap();
            let opened = inbound.open(&record).unwrap();
            assert_eq!(opened.bytes, text);
            inbound.mark(&opened);
            assert!(inbound.open(&record).is_err());
        }
    }

    #[test]
    fn zeros_inside_are_padding() {
        assert_eq!(
            split_inner(vec![5, 0, 23, 0, 0]),
            Some((ContentType::APPLICATION_DATA, vec![5, 0]))
        );
        assert_eq!(split_inner(vec![0, 0]), None);
    }
}
