//! The two legs of a conversation whose DTLS or TLS the harness ends on both sides: each side's own words, as the other's.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;

use super::{Sight, Watched};

/// Where the harness stands for whom.
#[derive(Default)]
pub(super) struct Legs {
    /// Whom it stands for, by its own address.
    ends: BTreeMap<SocketAddr, SocketAddr>,
    /// One number for the sessions or connections of two that talk, on both legs.
    talks: BTreeMap<(SocketAddr, SocketAddr), u64>,
    /// Frames in which the harness sent a message once more, of its own accord.
    copies: BTreeSet<u32>,
}

impl Legs {
    pub(super) fn add(&mut self, own: SocketAddr, other: SocketAddr) {
        self.ends.insert(own, other);
    }

    pub(super) fn repeats(&mut self, frame: u32) {
        if !self.ends.is_empty() {
            self.copies.insert(frame);
        }
    }

    /// What is left of something that passed; `None` if it is nobody's word.
    pub(super) fn pass(&mut self, mut watched: Watched) -> Option<Watched> {
        let (from, to) = watched.ends;
        let [own, other] = [from, to].map(|end| self.ends.get(&end).copied());
        if own.is_none() && other.is_none() {
            return Some(watched);
        }
        watched.ends = (own.unwrap_or(from), other.unwrap_or(to));
        let copied = self.copies.contains(&watched.frame);
        let talk = self.talk(watched.ends);
        match &mut watched.what {
            Sight::Message { via, .. } => {
                via.copied |= copied;
                if own.is_some() && !copied {
                    return None;
                }
                // a session of its own on each leg: nothing can be said of which one a message went in
                via.session = via.stream.then_some(talk);
            }
            Sight::Note(note, _) => {
                if own.is_some() || !note.word.is_of_stream() {
                    return None;
                }
                note.session = talk;
            }
            Sight::Breach { .. } => {
                if own.is_some() {
                    return None;
                }
            }
            Sight::Frame { notes, .. } => notes.push(match own {
                Some(_) => "sent by the harness, which ends the session".to_owned(),
                None => "for the harness, which ends the session".to_owned(),
            }),
        }
        Some(watched)
    }

    fn talk(&mut self, (one, other): (SocketAddr, SocketAddr)) -> u64 {
        let ends = (one.min(other), one.max(other));
        let next = self.talks.len() as u64 + 1;
        *self.talks.entry(ends).or_insert(next)
    }
}
