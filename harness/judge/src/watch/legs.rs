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

#[cfg(test)]
mod tests {
    use coap::Time;
    use testcase::Word;

    use super::*;
    use crate::event::{Note, Via};

    const CLIENT: u16 = 1;
    const FRONT: u16 = 2;
    const BACK: u16 = 3;
    const SERVER: u16 = 4;
    const OTHER: u16 = 5;

    fn at(port: u16) -> SocketAddr {
        SocketAddr::from(([192, 0, 2, 1], port))
    }

    fn watched(frame: u32, (from, to): (u16, u16), what: Sight) -> Watched {
        Watched {
            time: Time::ZERO,
            frame,
            ends: (at(from), at(to)),
            what,
        }
    }

    fn message() -> Sight {
        let via = Via {
            session: Some(7),
            ..Via::default()
        };
        Sight::Message {
            bytes: Vec::new(),
            reading: None,
            via,
        }
    }

    fn note(word: Word) -> Sight {
        let note = Note {
            word,
            fields: Vec::new(),
            session: 7,
        };
        Sight::Note(Box::new(note), Vec::new())
    }

    fn legs() -> Legs {
        let mut legs = Legs::default();
        legs.add(at(FRONT), at(SERVER));
        legs.add(at(BACK), at(CLIENT));
        legs.repeats(9);
        legs
    }

    #[test]
    fn each_sides_own_words_are_between_the_two() {
        let (to_server, to_client) = ((CLIENT, SERVER), (SERVER, CLIENT));
        for (ends, what, frame, wanted) in [
            ((CLIENT, FRONT), message(), 1, Some(to_server)),
            ((SERVER, BACK), message(), 1, Some(to_client)),
            ((BACK, SERVER), message(), 1, None),
            ((FRONT, CLIENT), message(), 1, None),
            // one that the harness sent once more
            ((BACK, SERVER), message(), 9, Some(to_server)),
            ((CLIENT, FRONT), note(Word::ClientHello), 1, None),
            ((SERVER, BACK), note(Word::Close), 1, None),
            ((SERVER, BACK), note(Word::Csm), 1, Some(to_client)),
            ((FRONT, CLIENT), note(Word::Csm), 1, None),
            // somebody else's
            ((CLIENT, OTHER), message(), 9, Some((CLIENT, OTHER))),
            (
                (CLIENT, OTHER),
                note(Word::ClientHello),
                1,
                Some((CLIENT, OTHER)),
            ),
        ] {
            let seen = legs().pass(watched(frame, ends, what));
            let wanted = wanted.map(|(from, to)| (at(from), at(to)));
            assert_eq!(
                seen.map(|seen| seen.ends),
                wanted,
                "{ends:?}, frame {frame}"
            );
        }
    }

    #[test]
    fn a_copy_is_said_to_be_one_and_no_session_is_told() {
        for (frame, ends, copied) in [(1, (CLIENT, FRONT), false), (9, (BACK, SERVER), true)] {
            let seen = legs()
                .pass(watched(frame, ends, message()))
                .map(|one| one.what);
            let Some(Sight::Message { via, .. }) = seen else {
                panic!("{seen:?}");
            };
            assert_eq!((via.copied, via.session), (copied, None));
        }
    }

    #[test]
    fn a_conversation_has_one_number_on_both_legs() {
        let mut legs = legs();
        let mut number = |ends| match legs
            .pass(watched(1, ends, note(Word::Ping)))
            .map(|one| one.what)
        {
            Some(Sight::Note(note, _)) => note.session,
            other => panic!("{other:?}"),
        };
        assert_eq!(number((CLIENT, FRONT)), number((SERVER, BACK)));
        assert_ne!(number((OTHER, FRONT)), number((SERVER, BACK)));
    }

    #[test]
    fn the_ladder_says_which_frames_are_the_harness_s() {
        for (ends, wanted) in [
            ((CLIENT, FRONT), "for the harness, which ends the session"),
            (
                (BACK, SERVER),
                "sent by the harness, which ends the session",
            ),
        ] {
            let frame = Sight::Frame {
                label: "ClientHello".to_owned(),
                notes: Vec::new(),
                length: 0,
                head: Vec::new().into(),
            };
            let seen = legs().pass(watched(1, ends, frame)).map(|one| one.what);
            let Some(Sight::Frame { notes, .. }) = seen else {
                panic!("{seen:?}");
            };
            assert_eq!(notes, [wanted]);
        }
    }
}
