//! A step: one exchange at most.

use super::{Expression, Line, Matcher, Scalar, Seat, Span, Spanned, Text};

/// One step of a dialogue, or a group of them.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// True when it went well; absent inside a group and under `meanwhile`.
    pub sentence: Option<Text>,
    /// Where the step stands.
    pub span: Span,
    /// What the seats send: request and answer, then `show` and `ask`.
    pub lines: Vec<Line>,
    /// Without it the step is left out.
    pub when: Option<Expression>,
    /// How often, with which names.
    pub each: Each,
    /// The steps of `any-order`.
    pub group: Vec<Self>,
    /// So long no message has passed before the step begins.
    pub after: Option<Scalar>,
    /// What the network does from here on.
    pub network: Option<Network>,
    /// What happens to the implementations.
    pub control: Vec<(Seat, Spanned<ControlVerb>)>,
    /// What IUTs are told to do, without expecting it here.
    pub triggers: Vec<Line>,
    /// Looks at what was captured.
    pub checks: Vec<Check>,
    /// The exchange is repeated until its last answer is so.
    pub until: Vec<Check>,
    /// Limit of the repetition.
    pub within: Option<Scalar>,
    /// Letters of the ETS.
    pub criteria: Criteria,
    /// Requirement ids.
    pub judges: Vec<Spanned<String>>,
    /// The erratum that explains `printed`.
    pub erratum: Option<Spanned<String>>,
    /// The whole step as the ETS prints it.
    pub printed: Option<Box<Self>>,
    /// A registered function.
    pub native: Option<Spanned<String>>,
}

/// How often a step is played.
#[derive(Clone, Debug, PartialEq)]
pub enum Each {
    /// Once, without names.
    Once,
    /// Once per entry, with the entry's names.
    Entries(Vec<Vec<(String, Scalar)>>),
    /// Once per element, under this name.
    List(String, EachList),
}

/// Where the elements of `each` come from.
#[derive(Clone, Debug, PartialEq)]
pub enum EachList {
    /// A variable that is a list.
    Variable(Text),
    /// Written out.
    Values(Vec<Scalar>),
}

/// A look at a captured value or an answered path.
#[derive(Clone, Debug, PartialEq)]
pub struct Check {
    /// A path (`/5/0/3`, of the last answer) or a variable's name without `${` and `}` (`registration.objects`).
    pub subject: Text,
    /// What it must be.
    pub matcher: Matcher,
}

/// The letters that a step decides.
#[derive(Clone, Debug, PartialEq)]
pub enum Criteria {
    /// None: a failure is Inconclusive.
    None,
    /// These, whoever fails.
    All(Vec<Spanned<String>>),
    /// These, by seat.
    Seats(Vec<(Seat, Vec<Spanned<String>>)>),
}

/// What is done to an implementation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ControlVerb {
    /// Switches it on.
    Start,
    /// Ends it in an orderly way.
    Stop,
    /// Stops and starts it.
    Restart,
    /// Makes it forget what it learnt.
    Reset,
    /// Cuts its power and returns it.
    PowerCycle,
    /// Leaves it without room for a firmware package.
    LimitStorage,
    /// Leaves it without memory to download a firmware package.
    LimitMemory,
    /// Gives it another IP address.
    ChangeAddress,
    /// Makes it open a new session with each server, by a whole handshake.
    Reconnect,
    /// Makes it go on in the session with each server by an abbreviated handshake.
    Resume,
}

/// What the network does.
#[derive(Clone, Debug, PartialEq)]
pub struct Network {
    /// The deed.
    pub verb: Spanned<NetworkVerb>,
    /// Only messages of this seat.
    pub from: Option<Seat>,
    /// Only messages to this seat.
    pub to: Option<Seat>,
    /// Only messages between these two.
    pub between: Option<(Seat, Seat)>,
    /// How often: copies of a duplicated message, messages that are dropped, delayed or reordered.
    pub times: Option<u32>,
    /// So many matching messages pass first.
    pub after: Option<u32>,
    /// Time between copies, or by which a message is late.
    pub gap: Option<Scalar>,
    /// How long it lasts.
    pub lasting: Lasting,
}

/// The deeds of a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NetworkVerb {
    /// Messages are lost.
    Drop,
    /// Messages come late.
    Delay,
    /// Messages come more than once.
    Duplicate,
    /// Messages change places.
    Reorder,
    /// The address of a seat changes.
    Rebind,
    /// Nothing passes.
    Cut,
    /// All of this ends.
    Heal,
}

/// How long a network deed lasts (`for`).
#[derive(Clone, Debug, PartialEq)]
pub enum Lasting {
    /// To the end of the step.
    Step,
    /// To the end of the case.
    Case,
    /// So long.
    Time(Scalar),
}

impl Criteria {
    /// The letters that stand for a failure of `seat`.
    pub fn of(&self, seat: Seat) -> &[Spanned<String>] {
        match self {
            Self::None => &[],
            Self::All(letters) => letters,
            Self::Seats(seats) => seats
                .iter()
                .find(|(named, _)| *named == seat)
                .map_or(&[], |(_, letters)| letters),
        }
    }
}

impl Check {
    /// Whether the subject is a path rather than a variable.
    pub fn is_path(&self) -> bool {
        match self.subject.parts.first() {
            Some(super::Part::Literal(text)) => text.starts_with('/'),
            _ => false,
        }
    }
}

impl ControlVerb {
    /// Every verb with its word.
    pub const NAMED: &[(Self, &str)] = &[
        (Self::Start, "start"),
        (Self::Stop, "stop"),
        (Self::Restart, "restart"),
        (Self::Reset, "reset"),
        (Self::PowerCycle, "power-cycle"),
        (Self::LimitStorage, "limit-storage"),
        (Self::LimitMemory, "limit-memory"),
        (Self::ChangeAddress, "change-address"),
        (Self::Reconnect, "reconnect"),
        (Self::Resume, "resume"),
    ];

    /// The verb that `word` names.
    pub fn from_name(word: &str) -> Option<Self> {
        Self::NAMED
            .iter()
            .find(|(_, name)| *name == word)
            .map(|(verb, _)| *verb)
    }

    /// Whether the seat runs anew from then on.
    pub const fn starts_anew(self) -> bool {
        matches!(
            self,
            Self::Start | Self::Restart | Self::Reset | Self::PowerCycle
        )
    }

    /// Its word.
    pub fn name(self) -> &'static str {
        Self::NAMED
            .iter()
            .find(|(verb, _)| *verb == self)
            .map_or("start", |(_, name)| name)
    }
}

impl NetworkVerb {
    /// Every verb with its word.
    pub const NAMED: &[(Self, &str)] = &[
        (Self::Drop, "drop"),
        (Self::Delay, "delay"),
        (Self::Duplicate, "duplicate"),
        (Self::Reorder, "reorder"),
        (Self::Rebind, "rebind"),
        (Self::Cut, "cut"),
        (Self::Heal, "heal"),
    ];

    /// The verb that `word` names.
    pub fn from_name(word: &str) -> Option<Self> {
        Self::NAMED
            .iter()
            .find(|(_, name)| *name == word)
            .map(|(verb, _)| *verb)
    }

    /// Its word.
    pub fn name(self) -> &'static str {
        Self::NAMED
            .iter()
            .find(|(verb, _)| *verb == self)
            .map_or("drop", |(_, name)| name)
    }
}
