//! A case in hindsight: what its capture holds, read into what a play is judged by.

use std::collections::BTreeSet;
use std::io::Read;
use std::net::SocketAddr;

use capture::{CaptureError, Closing, Item, KeyLog, MasterSecret, Opening, Reader};
use coap::Time;
use judge::{Captured, Passed};

use crate::live::COPY;

/// A capture that was read whole.
#[derive(Clone, Debug, Default)]
pub struct Conversation {
    /// What passed, in the order of the file; times are nanoseconds since 1970.
    pub passed: Vec<Captured>,
    /// Master secrets that the file brings along.
    pub secrets: Vec<MasterSecret>,
    /// Frames that the harness says to have sent itself.
    copies: BTreeSet<u64>,
    /// What there is to say about single frames, in words.
    pub remarks: Vec<(u64, String)>,
}

impl Conversation {
    /// Reads a capture that the harness made, and whose comments are its own, to its end; the error that ended it, if any, comes with what stood before.
    pub fn read(input: impl Read) -> (Self, Option<CaptureError>) {
        let mut conversation = Self::default();
        for item in Reader::new(input).with_comments() {
            match item {
                Ok(item) => conversation.take(item),
                Err(error) => return (conversation, Some(error)),
            }
        }
        (conversation, None)
    }

    fn take(&mut self, item: Item) {
        match item {
            Item::Secrets(secrets) => {
                let log = KeyLog::read(&secrets.key_log);
                self.secrets.extend(log.secrets);
            }
            Item::Note(note) => self.remarks.push((note.frame, note.remark.to_string())),
            Item::Comment(comment) if comment.text == COPY => {
                self.copies.insert(comment.frame);
            }
            Item::Datagram(one) if self.copies.contains(&one.frame) => {
                let copied = passed(Item::Datagram(one)).map(|mut captured| {
                    if let Passed::Datagram(bytes) = captured.what {
                        captured.what = Passed::Copy(bytes);
                    }
                    captured
                });
                self.passed.extend(copied);
            }
            other => self.passed.extend(passed(other)),
        }
    }
}

/// What an item of a capture is to a play; `None` if it is nothing.
pub(crate) fn passed(item: Item) -> Option<Captured> {
    let captured = |time: Time, frame: u64, ends: (SocketAddr, SocketAddr), what| Captured {
        time,
        frame: u32::try_from(frame).unwrap_or(u32::MAX),
        ends,
        what,
    };
    Some(match item {
        // what was cut by who captured it must not be judged
        Item::Datagram(one) if one.is_whole() => captured(
            one.time,
            one.frame,
            (one.from, one.to),
            Passed::Datagram(one.bytes),
        ),
        // nobody knows who began what was met in its middle
        Item::Opened(one) if one.how == Opening::Handshake => {
            captured(one.time, one.frame, (one.from, one.to), Passed::Opened)
        }
        Item::Segment(one) => captured(
            one.time,
            one.frame,
            (one.from, one.to),
            Passed::Bytes(one.bytes),
        ),
        Item::Closed(one) if !matches!(one.how, Closing::Refused) => {
            captured(one.time, one.frame, (one.from, one.to), Passed::Closed)
        }
        _ => return None,
    })
}
