//! What passes in a play, as soon as it does, for those who watch a run that goes on.
//!
//! The words are those of the record's frames. What becomes of a frame later (its step, a contradiction) is the record's alone.

use coap::Time;
use record::LiveMessage;
use testcase::Seat;

use super::frame::{LABEL, cut};
use super::{label, nanoseconds};
use crate::Play;
use crate::transfer::Transfer;

/// Follows the frames of one play.
#[derive(Debug, Default)]
pub struct Follower {
    /// How many messages are known.
    datagrams: usize,
    /// How many frames of the channel are known.
    channel: usize,
}

impl Follower {
    /// What has passed since the last call.
    pub fn passed(&mut self, play: &Play) -> Vec<LiveMessage> {
        let passed = self.frames(play).into_iter();
        passed.map(|(_, message)| message).collect()
    }

    /// The same, each with the number of its frame.
    pub(crate) fn frames(&mut self, play: &Play) -> Vec<(u32, LiveMessage)> {
        let (began, _) = play.span();
        self.of(play.transfer(), began)
    }

    pub(super) fn of(&mut self, transfer: &Transfer, began: Time) -> Vec<(u32, LiveMessage)> {
        let message = |time: Time, from: Seat, to: Seat, label: String| LiveMessage {
            time: nanoseconds(time.since(began)),
            from: from.to_string(),
            to: to.to_string(),
            label,
        };
        let (datagrams, channel) = (transfer.datagrams(), transfer.channel_frames());
        let mut passed = Vec::new();
        for datagram in datagrams.get(self.datagrams..).unwrap_or_default() {
            let label = label::label(transfer, datagram);
            let message = message(datagram.time, datagram.from, datagram.to, label);
            passed.push((datagram.frame, message));
        }
        for frame in channel.get(self.channel..).unwrap_or_default() {
            // a handshake message beside application data in one datagram is a note in the ladder
            if transfer.datagram(frame.frame).is_none() {
                let label = cut(&frame.label, LABEL);
                let message = message(frame.time, frame.from, frame.to, label);
                passed.push((frame.frame, message));
            }
        }
        (self.datagrams, self.channel) = (datagrams.len(), channel.len());
        passed.sort_by_key(|(frame, _)| *frame);
        passed
    }
}
