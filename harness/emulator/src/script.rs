//! What an emulator can be told to do: prepared answers, and misbehaviour as data.
//!
//! Nothing here acts; `conversation` carries it out, the roles obey [`Handle`] and [`Kept`].

use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use coap::{Code, ContentFormat, Kind, Message, MessageId, Token};
use lwm2m::{Operation, Path, Value};

use crate::Perform;

/// Whether a message fits.
pub type Predicate = Box<dyn Fn(&Seen<'_>) -> bool + Send>;

/// Whether a message comes or goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// It came.
    Incoming,
    /// It is about to go.
    Outgoing,
}

/// A message as a [`Predicate`] sees it.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'a> {
    /// Whether it comes or goes.
    pub direction: Direction,
    /// The message; an outgoing answer has not got its Message ID yet.
    pub message: &'a Message,
    /// The operation that it is, or that it answers.
    pub operation: Option<&'a Operation>,
    /// The datagram that it came in, if it came.
    pub datagram: Option<&'a [u8]>,
    /// The other end.
    pub peer: SocketAddr,
    /// Whether the other end is known, or the endpoint that the message names has registered before.
    pub known_endpoint: bool,
}

/// An answer in place of the natural one, or on top of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answer {
    /// Code; one of class 4 or 5 also keeps the request from being carried out.
    pub code: Option<Code>,
    /// Payload and its format.
    pub payload: Option<(Option<ContentFormat>, Vec<u8>)>,
    /// Values in place of those of a natural content answer.
    pub nodes: Vec<(Path, Value)>,
    /// Edits of the options.
    pub options: Vec<OptionEdit>,
    /// No answer at all.
    pub nothing: bool,
    /// A Reset.
    pub reset: bool,
    /// How long the answer is held back.
    pub delay: Duration,
}

/// An edit of the raw options of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OptionEdit {
    /// Replaces all instances of an option by one.
    Set(u16, Vec<u8>),
    /// Adds an instance.
    Add(u16, Vec<u8>),
    /// Removes all instances.
    Remove(u16),
}

/// One deviation: what is done when a message fits.
pub struct Misbehaviour {
    /// The message.
    pub upon: Predicate,
    /// Which arrival of it: 1 the first, 2 its duplicate.
    pub copy: u32,
    /// What is done.
    pub act: Act,
}

/// A deviation.
#[derive(Clone, Debug)]
pub enum Act {
    /// Carries a request out wrongly.
    Handle(Handle),
    /// Keeps what the message should end.
    Keep(Kept),
    /// Answers a request like this.
    Answer(Answer),
    /// Edits an outgoing message, or the answer to an incoming one.
    Change(Vec<Edit>),
    /// Loses the message from its `copy`th arrival on, however often it comes; at the second: every retransmission of a request that goes.
    Drop,
    /// Sends the message so many times: a request as one message, an answer as messages of their own.
    Repeat(u32),
    /// Holds the message back.
    Delay(Duration),
    /// Sends this too.
    Add(Box<Perform>),
    /// Takes an incoming request as if it were edited so.
    Misread(Vec<Edit>),
}

/// How a request is carried out wrongly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Handle {
    /// A duplicate is carried out, and answered, once more.
    Again,
    /// It is answered as if it were done.
    Never,
    /// What is sound in a payload is carried out, though the request is refused: a TLV that was cut short as far as it goes,
    /// else each value that could be written alone.
    Partly,
    /// It is taken although it has to be ignored or refused: a server that is not to be heard, another version of CoAP, an
    /// unknown critical option; of a request that goes out, an answer with another token.
    Anyway,
}

/// What a message should end or change, and does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kept {
    /// Observations: at the server through a Register, at the client through a cancel, a Reset or a Register.
    Observations,
    /// The registration through a De-register, at the server also through the end of its lifetime.
    Registration,
    /// Values through a Write, Create or Delete.
    Value,
    /// Attributes through a Write-Attributes.
    Attributes,
    /// The lifetime through an Update.
    Lifetime,
    /// The object list through an Update; what Profile IDs add to it through a Register.
    Objects,
    /// The peer's address through an Update.
    Address,
    /// The binding through an Update; through a Register its default, without Queue Mode and SMS number.
    Binding,
    /// The prepared answer: it is not used up.
    Preparation,
}

/// An edit of a message.
#[derive(Clone, Debug, PartialEq)]
pub enum Edit {
    /// Another code.
    Code(Code),
    /// Another message type.
    Kind(Kind),
    /// Another Message ID.
    Id(MessageId),
    /// Another token.
    Token(Token),
    /// Other options.
    Option(OptionEdit),
    /// Another payload; its format stays.
    Payload(Vec<u8>),
    /// Only the first bytes of the payload.
    Truncate(usize),
    /// Another value at a path, or none; the payload is read and written again.
    Node {
        /// Where.
        path: Path,
        /// The value; `None` removes what stands at the path and below.
        value: Option<Value>,
    },
    /// Another query parameter, or none.
    Query {
        /// Name.
        key: String,
        /// What follows `=`; an empty one leaves `=` out.
        value: Option<String>,
    },
    /// Other links of an object list or a Discover answer.
    Links {
        /// Links to be appended, as text.
        add: Vec<String>,
        /// Targets of links to be removed.
        remove: Vec<String>,
    },
    /// Another location; `None` removes it.
    Location(Option<String>),
    /// Other paths of a composite operation.
    Paths(Vec<Path>),
    /// Another version in the header.
    Version(u8),
    /// Another token length in the header; the token stays.
    TokenLength(u8),
    /// These bytes instead, with the Message ID of the message.
    Datagram(Vec<u8>),
}

impl Misbehaviour {
    /// Does `act` at the first arrival of a message that fits.
    pub fn new(upon: impl Fn(&Seen<'_>) -> bool + Send + 'static, act: Act) -> Self {
        Self {
            upon: Box::new(upon),
            copy: 1,
            act,
        }
    }
}

impl Answer {
    /// An answer of this code, otherwise natural.
    pub fn code(code: Code) -> Self {
        Self {
            code: Some(code),
            ..Self::default()
        }
    }

    /// Whether the request shall not be carried out: it is refused, rejected or ignored.
    pub fn refuses(&self) -> bool {
        self.nothing || self.reset || self.code.is_some_and(|code| !code.is_success())
    }
}

impl fmt::Debug for Misbehaviour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Misbehaviour")
            .field("copy", &self.copy)
            .field("act", &self.act)
            .finish_non_exhaustive()
    }
}
