//! What a case in play asks of whoever drives it, and what comes back.
//!
//! The same commands go to emulators, to an implementation's control and to an operator; the driver knows which.

use std::time::Duration;

use coap::{Code, ContentFormat, Kind, Token};
use lwm2m::{Operation, Path, Value};
use testcase::{ControlVerb, NetworkVerb, Seat, Word};

use crate::actual::Actual;

/// Ties an outcome to its command.
pub type CommandId = u32;

/// A wish of the case.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// A seat of the harness sends an operation now.
    Perform {
        /// Sender.
        seat: Seat,
        /// Receiver.
        to: Seat,
        /// What is sent.
        request: Box<Request>,
    },
    /// A seat of the harness answers the next message that fits like this.
    Prepare {
        /// The answering seat.
        seat: Seat,
        /// Which message.
        upon: Upon,
        /// How.
        reply: Box<Reply>,
    },
    /// Start, stop or reset an implementation or an emulator.
    Control {
        /// For the outcome.
        id: CommandId,
        /// Whom.
        seat: Seat,
        /// What.
        verb: ControlVerb,
    },
    /// Make an implementation send something.
    Trigger {
        /// For the outcome.
        id: CommandId,
        /// Whom.
        seat: Seat,
        /// What.
        stimulus: Box<Stimulus>,
    },
    /// Ask what an implementation shows its user.
    Show {
        /// For the outcome.
        id: CommandId,
        /// Whom.
        seat: Seat,
        /// `registration`, `registrations` or `values`.
        subject: String,
        /// Fillings for the profile's placeholders.
        placeholders: Vec<(String, String)>,
        /// What an operator is told to look for.
        sentence: String,
    },
    /// Ask the seat's operator; the answer is yes or no.
    Ask {
        /// For the outcome.
        id: CommandId,
        /// Whose operator.
        seat: Seat,
        /// The question.
        question: String,
    },
    /// A seat of the harness keeps messages of its own accord to itself, or no longer (`silence` as a template).
    Hush {
        /// Whom.
        seat: Seat,
        /// Words of the operations; `any` for all.
        words: Vec<&'static str>,
        /// Whether the silence begins.
        begins: bool,
    },
    /// A seat of the harness does something with its channel now.
    Channel {
        /// Whose.
        seat: Seat,
        /// Towards whom.
        to: Seat,
        /// What: `close`, `ping`, `release`, `abort`, `disconnect`, or `client-hello` for another handshake.
        word: Word,
        /// The alert, if the case names one.
        description: Option<String>,
    },
    /// The network acts on messages from now on.
    Impair {
        /// For the end.
        id: CommandId,
        /// What it does.
        deed: Box<Impairment>,
    },
    /// What the network does ends.
    Heal {
        /// The deed; `None` for all.
        id: Option<CommandId>,
    },
}

/// What the network does, its durations known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Impairment {
    /// The deed.
    pub verb: NetworkVerb,
    /// Only messages of this seat.
    pub from: Option<Seat>,
    /// Only messages to this seat.
    pub to: Option<Seat>,
    /// Only messages between these two.
    pub between: Option<(Seat, Seat)>,
    /// Copies of a duplicated message; messages that are dropped, delayed or reordered.
    pub times: Option<u32>,
    /// So many matching messages pass first.
    pub after: u32,
    /// Time between copies, or by which a message is late.
    pub gap: Duration,
    /// How long it lasts, unless it is ended before.
    pub lasting: Option<Duration>,
}

/// An operation with everything that a case may force on it.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// The operation.
    pub operation: Operation,
    /// Message type, if the case says it.
    pub kind: Option<Kind>,
    /// Token, if the case says it.
    pub token: Option<Token>,
    /// Options as they must be.
    pub options: Vec<OptionChange>,
    /// These bytes instead of the message.
    pub datagram: Option<Vec<u8>>,
    /// Size of the blocks.
    pub block_size: Option<u16>,
    /// Whether an observation is forgotten without a word, so that its next notification is rejected (`by: reset`).
    pub forgets: bool,
}

/// Every instance of one option replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OptionChange {
    /// Option number.
    pub number: u16,
    /// The values; none removes the option.
    pub values: Vec<Vec<u8>>,
}

/// Which message a prepared answer is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upon {
    /// Word of the operation.
    pub word: &'static str,
    /// Its path, if it has one; the observed path, for notifications.
    pub path: Option<Path>,
    /// The token, for notifications.
    pub token: Option<Token>,
}

/// An answer as a case wants it; what it leaves open is the emulator's.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reply {
    /// Response code.
    pub code: Option<Code>,
    /// Message type.
    pub kind: Option<Kind>,
    /// Token.
    pub token: Option<Token>,
    /// Payload with its format.
    pub payload: Option<(Option<ContentFormat>, Vec<u8>)>,
    /// Values in place of the emulator's.
    pub values: Vec<(Path, Value)>,
    /// Options as they must be.
    pub options: Vec<OptionChange>,
    /// A Reset instead of an answer.
    pub reset: bool,
    /// No answer at all.
    pub nothing: bool,
    /// These bytes instead of the answer.
    pub datagram: Option<Vec<u8>>,
}

/// What an implementation is to be made to do.
#[derive(Clone, Debug, PartialEq)]
pub struct Stimulus {
    /// Word of the operation, the key under `control.trigger` of a profile.
    pub word: &'static str,
    /// Fillings for the profile's placeholders.
    pub placeholders: Vec<(String, String)>,
    /// The operation, for a seat that the harness plays itself; `None` for a word of the channel.
    pub request: Option<Request>,
    /// Whom it is sent to.
    pub to: Seat,
    /// What an operator is told to do; empty if that is no operator's matter.
    pub sentence: String,
}

/// How a command ended.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// It was done; with what was shown, if something was asked for.
    Done(Option<Actual>),
    /// The implementation's adapter has no such thing.
    Unsupported,
    /// It failed, with the reason.
    Failed(String),
    /// It would take a person, and there is none.
    NobodyToAsk,
    /// A person said no, with the reason if one was given.
    No(String),
}

impl Outcome {
    /// The reason as a fragment.
    pub fn reason(&self) -> String {
        match self {
            Self::Done(_) => "done".to_owned(),
            Self::Unsupported => "the implementation's adapter does not support it".to_owned(),
            Self::Failed(reason) => reason.clone(),
            Self::NobodyToAsk => {
                "the profile has no trigger for it and there is nobody to ask".to_owned()
            }
            Self::No(reason) if reason.is_empty() => "the operator said no".to_owned(),
            Self::No(reason) => format!("the operator said no: {reason}"),
        }
    }
}
