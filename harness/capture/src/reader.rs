//! The reader: a file in, items out.

use std::io::Read;

use coap::Time;

use crate::file::{Entry, File};
use crate::network::Network;
use crate::{CaptureError, Comment, Everything, Filter, Item, Remark, Secrets, Skip, Skips};

/// Reads a capture, pcap or pcapng, frame by frame.
///
/// An iterator of items. The error that ends it, if any, comes once and last; what was held back for bytes that never came
/// is handed out before it. Reads in pieces of 64 KiB and more: the input needs no buffer of its own.
pub struct Reader<R, F = Everything> {
    file: File<R>,
    network: Network<F>,
    frames: u64,
    /// Time of the last frame.
    time: Time,
    timeless: bool,
    /// Whether comments are handed out.
    comments: bool,
    state: State,
}

enum State {
    Reading,
    /// Nothing more is read; an error that is still to be handed out.
    Ended(Option<CaptureError>),
}

impl<R: Read> Reader<R> {
    /// A reader of all traffic.
    pub fn new(input: R) -> Self {
        Self::with_filter(input, Everything)
    }
}

impl<R: Read, F: Filter> Reader<R, F> {
    /// A reader of the traffic that `filter` wants; the rest is counted and goes by.
    pub fn with_filter(input: R, filter: F) -> Self {
        Self {
            file: File::new(input),
            network: Network::new(filter),
            frames: 0,
            time: Time::ZERO,
            timeless: false,
            comments: false,
            state: State::Reading,
        }
    }

    /// Hands out the comments of frames, too.
    pub fn with_comments(mut self) -> Self {
        self.comments = true;
        self
    }

    /// Number of frames so far, as Wireshark counts.
    pub const fn frames(&self) -> u64 {
        self.frames
    }

    /// What was passed over so far.
    pub const fn skips(&self) -> &Skips {
        &self.network.skips
    }

    /// Reads one entry of the file; `false` at its end.
    fn advance(&mut self) -> Result<bool, CaptureError> {
        let Some(entry) = self.file.next()? else {
            return Ok(false);
        };
        let network = &mut self.network;
        match entry {
            Entry::Frame(frame) => {
                self.frames += 1;
                match frame.time {
                    Some(time) => self.time = time,
                    None if self.timeless => {}
                    None => {
                        self.timeless = true;
                        network.note(self.frames, self.time, Remark::NoTime);
                    }
                }
                let captured = frame.bytes.len() as u32;
                if captured > frame.original {
                    let original = frame.original;
                    let remark = Remark::LengthsSwapped { captured, original };
                    network.note(self.frames, self.time, remark);
                }
                if self.comments {
                    let comments = frame.options.comments();
                    let comments = comments.map(|text| Comment {
                        frame: self.frames,
                        text: String::from_utf8_lossy(text).into_owned(),
                    });
                    network.out.extend(comments.map(Item::Comment));
                }
                network.frame(self.frames, self.time, frame);
            }
            Entry::KeyLog(text) => {
                let key_log = String::from_utf8_lossy(text).into_owned();
                network.out.push_back(Item::Secrets(Secrets { key_log }));
            }
            Entry::OtherSecrets(kind) => network.skips.count(Skip::Secrets(kind), self.frames),
            Entry::Numbered(block) => {
                self.frames += 1;
                network.skips.count(Skip::Block(block), self.frames);
            }
        }
        Ok(true)
    }
}

impl<R: Read, F: Filter> Iterator for Reader<R, F> {
    type Item = Result<Item, CaptureError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(item) = self.network.out.pop_front() {
                return Some(Ok(item));
            }
            let error = match &mut self.state {
                State::Ended(error) => return error.take().map(Err),
                State::Reading => match self.advance() {
                    Ok(true) => continue,
                    Ok(false) => None,
                    Err(error) => Some(error),
                },
            };
            self.state = State::Ended(error);
            self.network.end(self.frames, self.time);
        }
    }
}
