//! A play that stays open: it has no dialogue and no verdict. Its seats send what they are told, everything that passes is
//! read and refereed, and it lasts until its driver ends it.

use coap::{ContentFormat, Time};
use lwm2m::{Node, Operation, Path, Version};
use record::{Field, LiveMessage};
use testcase::{Line, Role, Seat};

use super::Play;
use super::active::Active;
use super::setting::Holder;
use crate::command::Request;
use crate::event::Event;
use crate::fields::Fields;
use crate::record_of::{Follower, content_of};
use crate::referee::{Finding, Referee};

/// What an open play keeps for those who follow it.
#[derive(Default)]
pub(super) struct Opened {
    findings: Vec<Finding>,
    /// How many of them were told.
    told: usize,
    /// How many remarks were told.
    noted: usize,
    follower: Follower,
    /// Names of messages that have not passed yet (`as`).
    names: Vec<(String, Sent)>,
}

/// Something that an open play has to tell.
#[derive(Clone, Debug)]
pub enum News {
    /// A message passed; with what it carries.
    Message {
        /// As the ladder has it.
        message: LiveMessage,
        /// Values at paths, links, text.
        content: Vec<Field>,
    },
    /// A peer broke a rule.
    Finding(Finding),
    /// Something else that is worth a line.
    Note(String),
}

/// A request that a seat was told to send, by what finds it again.
#[derive(Clone, Debug)]
pub struct Sent {
    from: Seat,
    to: Seat,
    word: &'static str,
    path: Option<Path>,
    /// First event that it can be.
    since: usize,
}

impl Sent {
    /// Whether an answer is to be expected; a notification may have none.
    pub fn has_answer(&self) -> bool {
        self.word != "notify"
    }
}

impl Play {
    /// Makes it an open play, in which implementations hold the seats of `peers`. Has to be called before it begins.
    pub fn keep_open(&mut self, peers: impl IntoIterator<Item = Seat>) {
        let peers = peers.into_iter();
        let holders = peers.map(|seat| (seat, Holder::Implementation));
        self.setting.holders.extend(holders);
        self.open = Some(Opened::default());
    }

    /// The request that a line means, and whom it is for; the reason if there is no such request.
    pub fn request_of(&self, line: &Line) -> Result<(Seat, Request), String> {
        let view = self.view(&[], false);
        let request = self.surroundings(&view, line).request(line);
        let to = line.to.unwrap_or(match line.seat.role {
            Role::Client => Seat::SERVER,
            _ => Seat::CLIENT,
        });
        request
            .map(|request| (to, request))
            .map_err(|unwritable| unwritable.0)
    }

    /// What finds `operation` again, which `from` is told to send to `to` now; `name` is what lines may call it then (`as`).
    pub fn announce(
        &mut self,
        from: Seat,
        to: Seat,
        operation: &Operation,
        name: Option<&str>,
    ) -> Sent {
        let sent = Sent {
            from,
            to,
            word: operation.word(),
            path: operation.path(),
            since: self.transfer.events().len(),
        };
        if let (Some(name), Some(opened)) = (name, &mut self.open) {
            opened.names.push((name.to_owned(), sent.clone()));
        }
        sent
    }

    /// The answer to a request that was announced; with its index for [`Play::expect`].
    pub fn answer_of(&self, sent: &Sent) -> Option<(usize, &Event)> {
        let index = self.transfer.answer_to(self.passed(sent)?)?;
        self.transfer.event(index).map(|event| (index, event))
    }

    /// Values in the payload of an event, with absolute paths; the reason if they cannot be read.
    pub fn nodes_of(&self, event: &Event) -> Result<Vec<Node>, String> {
        let message = event.message.as_ref();
        message.map_or_else(
            || Ok(Vec::new()),
            |message| self.event_fields().nodes(event, message),
        )
    }

    /// Compares an answer with the line that it should fit; the contradiction in one line.
    pub fn expect(&mut self, line: &Line, answer: usize, now: Time) -> Result<(), String> {
        let Some(step) = self.setting.case.dialogue.first().cloned() else {
            return Ok(());
        };
        let nowhere = self.ledger.steps.len();
        let mut active = Active::new(step, Vec::new(), nowhere, now, answer);
        let judged = self.judge_answer(&mut active, line, answer);
        judged.map(drop).map_err(|failure| {
            let discord = &failure.discord;
            format!(
                "{}; expected {} {}",
                failure.message, discord.subject, discord.expected
            )
        })
    }

    /// What has happened since the last call, messages first.
    pub fn news(&mut self) -> Vec<News> {
        let Some(mut opened) = self.open.take() else {
            return Vec::new();
        };
        let mut news: Vec<News> = Vec::new();
        for (frame, message) in opened.follower.frames(self) {
            let datagram = self.transfer.datagram(frame);
            let content = datagram.map(|datagram| content_of(self.event_fields(), datagram));
            news.push(News::Message {
                message,
                content: content.unwrap_or_default(),
            });
        }
        let found = opened.findings.iter().skip(opened.told);
        news.extend(found.cloned().map(News::Finding));
        let notes = self.ledger.remarks.iter().skip(opened.noted);
        news.extend(notes.map(|remark| News::Note(remark.text.clone())));
        opened.told = opened.findings.len();
        opened.noted = self.ledger.remarks.len();
        self.open = Some(opened);
        news
    }

    /// Takes note of the version that the peers speak: from now on everything is judged by it, and what was found by another
    /// one is forgotten.
    pub fn speak(&mut self, version: Version) {
        if version == self.setting.version {
            return;
        }
        self.setting.version = version;
        self.referee = Referee::new(version);
        if let Some(opened) = &mut self.open {
            (opened.findings, opened.told) = (Vec::new(), 0);
        }
    }

    /// Takes note of the Content-Formats that a peer reads; a line that leaves the format open gets one of them.
    pub fn reads(&mut self, formats: Vec<ContentFormat>) {
        self.setting.formats = formats;
    }

    /// Every rule that a peer has broken so far.
    pub fn findings(&self) -> &[Finding] {
        self.open.as_ref().map_or(&[], |opened| &opened.findings)
    }

    /// Takes a finding, if this play is open and a peer is to blame; gives it back otherwise.
    pub(super) fn take_finding(&mut self, finding: Finding) -> Option<Finding> {
        let tested = self.setting.tested(finding.seat);
        let Some(opened) = &mut self.open else {
            return Some(finding);
        };
        if tested {
            opened.findings.push(finding);
        }
        None
    }

    /// Gives an event the name that was announced for it.
    pub(super) fn name_event(&mut self, index: usize) {
        let Some(opened) = &self.open else {
            return;
        };
        let mut names = opened.names.iter();
        let Some(place) = names.position(|(_, sent)| self.passed(sent) == Some(index)) else {
            return;
        };
        if let Some(opened) = &mut self.open {
            let (name, _) = opened.names.remove(place);
            self.variables.capture(&name, index);
        }
    }

    /// The event that is the announced request.
    fn passed(&self, sent: &Sent) -> Option<usize> {
        let events = self.transfer.events().iter().enumerate().skip(sent.since);
        let mut found = events.filter(|(_, event)| {
            let operation = event.operation();
            (event.from, event.to) == (sent.from, sent.to)
                && operation.is_some_and(|own| own.word() == sent.word && own.path() == sent.path)
        });
        found.next().map(|(index, _)| index)
    }

    fn event_fields(&self) -> Fields<'_> {
        Fields {
            transfer: &self.transfer,
            types: &self.setting.types,
        }
    }
}
