//! The transfer layer: from datagrams to events, watching only (notation, 3.1).
//!
//! It removes repetitions, joins blocks and separate responses, and tells notifications from answers. It sends nothing, so it
//! serves a live run, a relay and a capture alike.

mod body;
mod identity;

use std::collections::{BTreeSet, HashMap, HashSet};

use coap::{Code, Kind, Message, MessageId, Time, Token, option};
use lwm2m::Operation;
use testcase::{Seat, Word, WordKind};

use crate::event::{ChannelFrame, Datagram, Event, Fate, Note, Sort, Stray};
use body::{Bodies, Part};
use identity::{operation_of, starts_observation};

/// Watches the datagrams between seats and keeps the events they make.
#[derive(Default)]
pub struct Transfer {
    datagrams: Vec<Datagram>,
    events: Vec<Event>,
    tokens: HashMap<(Seat, Seat, Token), Thread>,
    sent: HashMap<(Seat, Seat, MessageId), Sent>,
    bodies: Bodies,
    /// Datagrams with blocks of requests that are not complete, by token.
    pieces: HashMap<(Seat, Seat, Token), usize>,
    /// The first answer or Reset of each event that has one.
    answers: HashMap<usize, usize>,
    /// Events that write attributes.
    attributes: Vec<usize>,
    /// Tokens of requests whose blocks a case sends by hand: each is a message for itself.
    by_hand: HashSet<Token>,
    /// Requests that were answered by a challenge and are to be repeated with Echo (RFC 9175, 2.3).
    challenged: Vec<usize>,
    /// What is told of the channel, for the ladder.
    channel_frames: Vec<ChannelFrame>,
    /// Requests without an answer.
    waiting: BTreeSet<usize>,
    /// Datagrams that repeat others.
    repeats: Vec<usize>,
    /// The newest request in a Confirmable or Non-confirmable message, by its token.
    asked: HashMap<(Seat, Seat, Token), usize>,
    /// The last word of the channel that asks and has no answer, by session and sender.
    open: HashMap<(u64, Seat, Seat), usize>,
}

/// Everything that runs under one token between two seats, seen from the requester.
#[derive(Clone, Copy)]
struct Thread {
    /// The last request.
    request: usize,
    /// Whether that request has its answer.
    answered: bool,
    /// The request that started an observation under this token.
    observation: Option<usize>,
}

/// A message that was sent with a Message ID.
#[derive(Clone, Copy)]
struct Sent {
    datagram: usize,
    time: Time,
    event: Option<usize>,
}

impl Transfer {
    /// Takes a datagram; gives the indices of the events that it completed.
    pub fn handle(&mut self, datagram: Datagram) -> std::ops::Range<usize> {
        let first = self.events.len();
        let index = self.datagrams.len();
        self.datagrams.push(datagram);
        let fate = self.judge(index);
        self.datagrams[index].fate = fate;
        if matches!(fate, Fate::Repeats(_)) {
            self.repeats.push(index);
        }
        self.note_request(index);
        first..self.events.len()
    }

    /// Takes what is told of the channel below CoAP; gives the index of its event.
    ///
    /// An alert that answers a flight of the other end is its answer, any other one closes.
    pub fn handle_channel(
        &mut self,
        time: Time,
        frames: Vec<u32>,
        ends: (Seat, Seat),
        mut note: Note,
    ) -> usize {
        let (from, to) = ends;
        let asked = self.open.get(&(note.session, to, from)).copied();
        let answers = match note.word {
            Word::Alert => {
                if asked.is_none() {
                    note.word = Word::Close;
                }
                asked
            }
            Word::ServerHello | Word::ServerFinished | Word::Pong | Word::Connected => asked,
            _ => None,
        };
        let word = note.word;
        let session = note.session;
        let index = self.push(Event {
            time,
            completed: time,
            frames,
            from,
            to,
            message: None,
            sort: Sort::Channel(Box::new(note)),
            blocks: None,
            claimed: false,
        });
        match answers {
            Some(request) => {
                self.open.remove(&(session, to, from));
                self.answers.entry(request).or_insert(index);
            }
            None if word.kind() == WordKind::Request && asks(word) => {
                self.open.insert((session, from, to), index);
            }
            // what breaks off answers nothing, and nothing answers it
            None => drop(self.open.remove(&(session, from, to))),
        }
        index
    }

    /// Takes a frame of the channel for the ladder.
    pub fn note_channel_frame(&mut self, frame: ChannelFrame) {
        match self.channel_frames.last_mut() {
            Some(last) if last.frame == frame.frame => {
                last.label = format!("{}, {}", last.label, frame.label);
                for note in frame.notes {
                    if !last.notes.contains(&note) {
                        last.notes.push(note);
                    }
                }
            }
            _ => self.channel_frames.push(frame),
        }
    }

    /// Frames of the channel, in the order of the tap.
    pub fn channel_frames(&self) -> &[ChannelFrame] {
        &self.channel_frames
    }

    /// Takes over an event of an earlier case; gives its index.
    pub fn inherit(&mut self, event: Event) -> usize {
        self.push(event)
    }

    /// Takes note that a seat starts anew: what it sends from now on repeats nothing (RFC 7252, 4.4).
    pub fn restarted(&mut self, seat: Seat) {
        self.sent.retain(|(from, _, _), _| *from != seat);
    }

    /// Takes note that requests with this token, and their answers, are not joined.
    pub fn by_hand(&mut self, token: Token) {
        self.by_hand.insert(token);
    }

    /// When the newest block of a body that is not complete passed between two seats.
    pub fn under_way(&self, one: Seat, other: Seat) -> Option<Time> {
        self.bodies.moved(one, other)
    }

    /// Every datagram, in the order of the tap.
    pub fn datagrams(&self) -> &[Datagram] {
        &self.datagrams
    }

    /// Every event, in the order of completion.
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// One event.
    pub fn event(&self, index: usize) -> Option<&Event> {
        self.events.get(index)
    }

    /// Every Write-Attributes, in the order of completion.
    pub(crate) fn attributes_written(&self) -> impl DoubleEndedIterator<Item = &Event> {
        self.attributes
            .iter()
            .filter_map(|index| self.event(*index))
    }

    /// Marks an event as taken by a step.
    pub fn claim(&mut self, index: usize) {
        if let Some(event) = self.events.get_mut(index) {
            event.claimed = true;
        }
    }

    /// The answer to the request with this index, or the Reset of it.
    pub fn answer_to(&self, request: usize) -> Option<usize> {
        self.answers.get(&request).copied()
    }

    /// The first response to the request with this index, if it came before the event with index `before`.
    pub(crate) fn response_before(&self, request: usize, before: usize) -> Option<&Event> {
        let first = self.answer_to(request).filter(|first| *first < before)?;
        let mut events = self.events.get(first..before)?.iter();
        events.find(|event| matches!(event.sort, Sort::Response(of) if of == request))
    }

    /// Anything at all that reacts to a datagram which may not even be readable: an ACK or RST with its Message ID.
    pub fn reaction_to(&self, request: usize) -> Option<&Datagram> {
        let event = self.event(request)?;
        let header = self.datagram(event.frame())?.reading.header?;
        self.datagrams.iter().find(|other| {
            other.from == event.to
                && other.to == event.from
                && other.frame > event.frame()
                && other.reading.header.is_some_and(|found| {
                    matches!(found.kind, Kind::Ack | Kind::Rst) && found.id == header.id
                })
        })
    }

    /// The datagram with this frame number.
    pub fn datagram(&self, frame: u32) -> Option<&Datagram> {
        self.datagrams.get(self.place(frame)?)
    }

    /// The index of the datagram with this frame number.
    pub(crate) fn place(&self, frame: u32) -> Option<usize> {
        let datagrams = &self.datagrams;
        let index = datagrams.partition_point(|datagram| datagram.frame < frame);
        let found = datagrams.get(index)?.frame == frame;
        found.then_some(index)
    }

    /// Requests before the event with this index that have no answer so far, the newest first.
    pub(crate) fn waiting_before(&self, event: usize) -> impl Iterator<Item = usize> {
        self.waiting.range(..event).rev().copied()
    }

    /// Datagrams that repeat others, in the order of the tap.
    pub(crate) fn repeats(&self) -> impl Iterator<Item = &Datagram> {
        let repeats = self.repeats.iter();
        repeats.filter_map(|index| self.datagrams.get(*index))
    }

    /// The index of the newest request with this token that came in a Confirmable or Non-confirmable message.
    pub(crate) fn newest_request(&self, from: Seat, to: Seat, token: &Token) -> Option<usize> {
        self.asked.get(&(from, to, token.clone())).copied()
    }

    fn note_request(&mut self, index: usize) {
        let datagram = &self.datagrams[index];
        let message = datagram.reading.message.as_ref();
        let asks = message.filter(|message| {
            message.code.is_request() && matches!(message.kind, Kind::Con | Kind::Non)
        });
        if let Some(message) = asks {
            let key = (datagram.from, datagram.to, message.token.clone());
            self.asked.insert(key, index);
        }
    }

    fn judge(&mut self, index: usize) -> Fate {
        let datagram = &self.datagrams[index];
        let (from, to, time) = (datagram.from, datagram.to, datagram.time);
        let Some(message) = datagram.reading.message.clone() else {
            return self.unreadable(index);
        };
        if let Some(fate) = self.repetition(index, &message) {
            return fate;
        }
        if matches!(message.kind, Kind::Con | Kind::Non) {
            let sent = Sent {
                datagram: index,
                time,
                event: None,
            };
            self.sent.insert((from, to, message.id), sent);
        }
        let fate = if message.code.is_request() {
            self.request(index, message)
        } else if message.code.is_response() {
            self.response(index, message)
        } else {
            self.empty(index, &message)
        };
        if let (Fate::Event(event), Some(id)) = (fate, self.message_id(index))
            && let Some(sent) = self.sent.get_mut(&(from, to, id))
            && sent.datagram == index
        {
            sent.event = Some(event);
        }
        fate
    }

    /// What cannot be read has a Message ID all the same, by which it is rejected (RFC 7252, 4.2).
    fn unreadable(&mut self, index: usize) -> Fate {
        let fate = self.emit(index, None, Sort::Stray(Stray::Unreadable));
        let datagram = &self.datagrams[index];
        if let (Fate::Event(event), Some(id)) = (fate, self.message_id(index)) {
            let sent = Sent {
                datagram: index,
                time: datagram.time,
                event: Some(event),
            };
            self.sent.insert((datagram.from, datagram.to, id), sent);
        }
        fate
    }

    fn message_id(&self, index: usize) -> Option<MessageId> {
        let header = self.datagrams[index].reading.header?;
        matches!(header.kind, Kind::Con | Kind::Non).then_some(header.id)
    }

    /// A CON or NON seen before with the same bytes, or an ACK or RST that repeats one (RFC 7252, 4.5).
    fn repetition(&self, index: usize, message: &Message) -> Option<Fate> {
        let datagram = &self.datagrams[index];
        if matches!(message.kind, Kind::Con | Kind::Non) {
            let earlier = self.sent.get(&(datagram.from, datagram.to, message.id))?;
            let first = &self.datagrams[earlier.datagram];
            let recent =
                datagram.time.since(earlier.time) < coap::Parameters::default().exchange_lifetime();
            // another socket is another endpoint, which counts its Message IDs for itself (RFC 7252, 4.4 and 4.5)
            let same = first.bytes == datagram.bytes && first.source == datagram.source;
            return (recent && same).then_some(Fate::Repeats(first.frame));
        }
        let same = |other: &&Datagram| {
            other.from == datagram.from && other.to == datagram.to && other.bytes == datagram.bytes
        };
        let first = self.datagrams[..index]
            .iter()
            .rev()
            .take(REPEAT_WINDOW)
            .find(same)?;
        Some(Fate::Repeats(first.frame))
    }

    fn request(&mut self, index: usize, message: Message) -> Fate {
        let (from, to) = (self.datagrams[index].from, self.datagrams[index].to);
        if self.by_hand.contains(&message.token) {
            return self.whole_request(index, message, None);
        }
        if let Some(request) = self.repeats_with_echo(from, to, &message) {
            let thread = Thread {
                request,
                answered: false,
                observation: None,
            };
            self.tokens.insert((from, to, message.token), thread);
            return Fate::Block;
        }
        match self.bodies.request(from, to, index, &message) {
            Part::Continues(request) => {
                // a further block is asked for under a token of its own; its answer belongs to the first request
                let thread = self
                    .tokens
                    .entry((from, to, message.token))
                    .or_insert(Thread {
                        request,
                        answered: false,
                        observation: None,
                    });
                if thread.request != request {
                    thread.request = request;
                    thread.answered = false;
                }
                Fate::Block
            }
            Part::Piece => {
                self.pieces.insert((from, to, message.token), index);
                self.bodies.note(from, to, Some(self.datagrams[index].time));
                Fate::Block
            }
            Part::Whole(joined) => self.whole_request(index, message, joined),
        }
    }

    /// The challenged request that a request with Echo repeats.
    fn repeats_with_echo(&self, from: Seat, to: Seat, message: &Message) -> Option<usize> {
        message.option_values(option::ECHO).next()?;
        let same = |request: &&usize| {
            let event = self.events.get(**request);
            event.is_some_and(|event| {
                let first = event.message.as_ref();
                (event.from, event.to) == (from, to)
                    && first.is_some_and(|first| {
                        let query = message.text_options(option::URI_QUERY);
                        first.code == message.code
                            && first.text_options(option::URI_PATH)
                                == message.text_options(option::URI_PATH)
                            && first.text_options(option::URI_QUERY) == query
                    })
            })
        };
        self.challenged.iter().rev().find(same).copied()
    }

    /// Whether the request with this index was challenged before it was answered.
    pub fn was_challenged(&self, request: usize) -> bool {
        self.challenged.contains(&request)
    }

    fn whole_request(
        &mut self,
        index: usize,
        mut message: Message,
        joined: Option<body::Joined>,
    ) -> Fate {
        let (from, to) = (self.datagrams[index].from, self.datagrams[index].to);
        if let Some(joined) = &joined {
            joined.complete(&mut message);
        }
        self.forget_pieces(index, joined.as_ref(), &message);
        let operation = operation_of(&message, from, to);
        let observes = starts_observation(&message);
        let token = message.token.clone();
        let fate = self.emit(index, Some(message), Sort::Request(operation.map(Box::new)));
        let request = self.events.len() - 1;
        self.note_frames(request, joined);
        self.bodies.asked(from, to, request, &self.events[request]);
        let thread = self.tokens.entry((from, to, token)).or_insert(Thread {
            request,
            answered: false,
            observation: None,
        });
        thread.request = request;
        thread.answered = false;
        if observes {
            thread.observation = Some(request);
        }
        fate
    }

    /// Lets go of the blocks that a complete body was made of.
    fn forget_pieces(&mut self, index: usize, joined: Option<&body::Joined>, message: &Message) {
        let (from, to) = (self.datagrams[index].from, self.datagrams[index].to);
        self.bodies.note(from, to, None);
        self.pieces.remove(&(from, to, message.token.clone()));
        let parts = joined.map_or(&[][..], |joined| &joined.datagrams);
        for part in parts {
            if let Some(part) = &self.datagrams[*part].reading.message {
                self.pieces.remove(&(from, to, part.token.clone()));
            }
        }
    }

    fn response(&mut self, index: usize, message: Message) -> Fate {
        let datagram = &self.datagrams[index];
        let (from, to) = (datagram.from, datagram.to);
        let key = (to, from, message.token.clone());
        // a body under way goes before an older request with the same token
        match self.pieces.get(&key).copied() {
            // the request is an event only when its last block has come
            Some(_) if message.code == Code::CONTINUE => return Fate::Block,
            Some(piece) if self.may_answer(piece, &message) => {
                return self.cut_short(piece, index, message);
            }
            _ => {}
        }
        let Some(thread) = self.tokens.get(&key).copied() else {
            return self.stray_response(index, message);
        };
        if message.code == Code::UNAUTHORIZED
            && message.option_values(option::ECHO).next().is_some()
            && !self.challenged.contains(&thread.request)
        {
            // no answer yet: the request comes once more, with this Echo (RFC 9175, 2.3)
            self.challenged.push(thread.request);
            return Fate::Block;
        }
        if let Some(other) = self.acknowledges_other(index, &message) {
            return self.emit(index, Some(message), Sort::Stray(Stray::WrongToken(other)));
        }
        let notifies = message.kind != Kind::Ack
            && message.option_values(option::OBSERVE).next().is_some()
            && thread
                .observation
                .is_some_and(|start| thread.answered || start != thread.request);
        let (sort, request) = match (notifies, thread.observation) {
            (true, Some(start)) => (Sort::Notification(start), start),
            _ => (Sort::Response(thread.request), thread.request),
        };
        let part = match self.by_hand.contains(&message.token) {
            true => Part::Whole(None),
            false => self
                .bodies
                .response(from, to, index, request, &message, notifies),
        };
        match part {
            Part::Whole(joined) => {
                if !notifies {
                    self.note_answered(&key, request);
                }
                self.bodies.note(from, to, None);
                self.note_reboot(from, request, &message);
                let sort = match &joined {
                    Some(joined) if joined.notification => Sort::Notification(request),
                    _ => sort,
                };
                let mut message = message;
                if let Some(joined) = &joined {
                    joined.complete(&mut message);
                }
                let fate = self.emit(index, Some(message), sort);
                self.note_frames(self.events.len() - 1, joined);
                fate
            }
            Part::Piece | Part::Continues(_) => {
                self.bodies.note(from, to, Some(self.datagrams[index].time));
                if message.code != Code::CONTINUE {
                    self.bodies
                        .answered_in_blocks(request, &self.events[request]);
                }
                Fate::Block
            }
        }
    }

    /// A request has its answer, whose later blocks may have come under another token than the request's own.
    fn note_answered(&mut self, key: &(Seat, Seat, Token), request: usize) {
        let first = self.events.get(request).and_then(|event| {
            let message = event.message.as_ref()?;
            Some((event.from, event.to, message.token.clone()))
        });
        for key in first.iter().chain([key]) {
            if let Some(thread) = self.tokens.get_mut(key) {
                thread.answered |= thread.request == request;
            }
        }
    }

    /// Whether a response can be that to a block: an Acknowledgement says which message it answers, a notification is none.
    fn may_answer(&self, piece: usize, message: &Message) -> bool {
        let sent = self.datagrams[piece].reading.header.map(|header| header.id);
        match message.kind {
            Kind::Ack => sent == Some(message.id),
            _ => message.observe().is_none(),
        }
    }

    /// The request that an Acknowledgement has the Message ID of, if its token is that of another one.
    fn acknowledges_other(&self, index: usize, message: &Message) -> Option<usize> {
        let datagram = &self.datagrams[index];
        let sent = self.sent.get(&(datagram.to, datagram.from, message.id))?;
        let token = &self.datagrams[sent.datagram]
            .reading
            .message
            .as_ref()?
            .token;
        sent.event
            .filter(|_| message.kind == Kind::Ack && *token != message.token)
    }

    /// A device that agrees to reboot counts its Message IDs anew when it is back (Object 3, Resources 4 and 5).
    fn note_reboot(&mut self, device: Seat, request: usize, answer: &Message) {
        let reboots = match self.events.get(request).and_then(Event::operation) {
            Some(Operation::Execute(execute)) => {
                execute.path.object() == Some(3) && matches!(execute.path.resource(), Some(4 | 5))
            }
            _ => false,
        };
        if reboots && answer.code == Code::CHANGED {
            self.restarted(device);
        }
    }

    /// A request that is answered before its last block: it becomes an event as far as it came.
    fn cut_short(&mut self, piece: usize, index: usize, answer: Message) -> Fate {
        let (from, to) = (self.datagrams[piece].from, self.datagrams[piece].to);
        let Some(request) = self.datagrams[piece].reading.message.clone() else {
            return self.stray_response(index, answer);
        };
        self.pieces.remove(&(from, to, request.token.clone()));
        let joined = self.bodies.abandon(from, to, &request);
        let id = request.id;
        if let Fate::Event(event) = self.whole_request(piece, request, joined)
            && let Some(sent) = self.sent.get_mut(&(from, to, id))
        {
            sent.event = Some(event);
        }
        self.response(index, answer)
    }

    fn stray_response(&mut self, index: usize, message: Message) -> Fate {
        let datagram = &self.datagrams[index];
        let wrong = (message.kind == Kind::Ack)
            .then(|| self.sent.get(&(datagram.to, datagram.from, message.id)))
            .flatten()
            .and_then(|sent| sent.event);
        let stray = wrong.map_or(Stray::UnknownToken, Stray::WrongToken);
        self.emit(index, Some(message), Sort::Stray(stray))
    }

    fn empty(&mut self, index: usize, message: &Message) -> Fate {
        let datagram = &self.datagrams[index];
        let sent = self
            .sent
            .get(&(datagram.to, datagram.from, message.id))
            .copied();
        match message.kind {
            Kind::Rst => {
                let of = sent.and_then(|sent| sent.event);
                self.emit(index, Some(message.clone()), Sort::Reset(of))
            }
            Kind::Ack => Fate::Acknowledges(sent.map(|sent| self.datagrams[sent.datagram].frame)),
            // a ping (RFC 7252, 4.3) or nonsense: nobody's answer
            Kind::Con | Kind::Non => self.emit(index, Some(message.clone()), Sort::Request(None)),
        }
    }

    fn note_frames(&mut self, event: usize, joined: Option<body::Joined>) {
        let Some(joined) = joined else { return };
        let frames: Vec<u32> = joined
            .datagrams
            .iter()
            .map(|index| self.datagrams[*index].frame)
            .collect();
        let first = joined
            .datagrams
            .first()
            .map(|index| self.datagrams[*index].time);
        let event = &mut self.events[event];
        event.frames = frames;
        event.blocks = Some(joined.cut);
        event.time = first.unwrap_or(event.time);
    }

    fn emit(&mut self, index: usize, message: Option<Message>, sort: Sort) -> Fate {
        let datagram = &self.datagrams[index];
        let event = Event {
            time: datagram.time,
            completed: datagram.time,
            frames: vec![datagram.frame],
            from: datagram.from,
            to: datagram.to,
            message,
            sort,
            blocks: None,
            claimed: false,
        };
        Fate::Event(self.push(event))
    }

    fn push(&mut self, event: Event) -> usize {
        let index = self.events.len();
        if let Sort::Response(of) | Sort::Reset(Some(of)) = event.sort {
            self.answers.entry(of).or_insert(index);
            self.waiting.remove(&of);
        }
        if matches!(event.sort, Sort::Request(_)) {
            self.waiting.insert(index);
        }
        if matches!(event.operation(), Some(Operation::WriteAttributes(_))) {
            self.attributes.push(index);
        }
        self.events.push(event);
        index
    }
}

/// Whether a word of the channel waits for an answer.
const fn asks(word: Word) -> bool {
    matches!(
        word,
        Word::Connect | Word::ClientHello | Word::ClientFinished | Word::Ping
    )
}

/// How far back an Acknowledgement or Reset is compared with earlier ones.
const REPEAT_WINDOW: usize = 64;

#[cfg(test)]
mod tests;
