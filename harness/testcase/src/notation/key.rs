//! Rows of the tables that describe the notation: one row per key drives reader, schema and reference page.

use crate::tree::{Node, NodeKind};

/// A key that a map of the notation may have.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Key {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) required: bool,
    /// What holds if the key is left out; empty if that is nothing worth saying.
    pub(crate) default: &'static str,
    pub(crate) meaning: &'static str,
}

/// What a key may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// One line of text.
    Text,
    /// A sentence.
    Sentence,
    /// The name of something that stands elsewhere.
    Reference,
    /// A list of texts.
    Texts,
    /// One seat.
    Seat,
    /// A list of seats.
    Seats,
    /// A condition.
    Expression,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// A duration, or a variable that holds one.
    Duration,
    /// A whole number that is not negative.
    Count,
    /// True or false.
    Boolean,
    /// One letter, several, or letters by seat.
    Letters,
    /// A map with the keys of this table.
    Map(Table),
    /// Names and values.
    Values,
    /// Names and maps with the keys of this table.
    Maps(Table),
    /// A list of steps.
    Steps,
    /// Some keys of a step.
    Step,
    /// A line.
    Line,
    /// Seats and lines.
    Lines,
    /// Seats and verbs of control.
    Control,
    /// Paths or variables, and matchers.
    Checks,
    /// Entries of names, or one name and its list.
    Each,
    /// A verb of the network, with its scope.
    Network,
    /// Paths, in which `*` stands for any identifier, and matchers; `objects`, `alternate-path`.
    With,
    /// Bytes as `hex:..`.
    Bytes,
    /// Raw header fields and options.
    Coap,
    /// Paths and their values, nested as one likes.
    Settings,
    /// A list of paths.
    Paths,
    /// A deed of a mutant.
    Deed,
    /// A command: its program and arguments.
    Command,
    /// Names of triggers or shows, and actions.
    Actions,
    /// Object IDs and what is claimed of them.
    Objects,
    /// Any value.
    Any,
    /// Text, or a map that names a command.
    Version,
}

/// Tables that keys refer to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Table {
    /// The heading of the table in the reference page, and its name in the schemas.
    pub(crate) name: &'static str,
    pub(crate) keys: &'static [Key],
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name && self.meaning == other.meaning
    }
}

impl Eq for Key {}

impl Kind {
    /// Whether a value of the tree can be such a thing at all.
    pub(crate) fn accepts(self, node: &Node) -> bool {
        use NodeKind::{Boolean, Integer, List, Map, Null, Text};
        match self {
            Self::Any => !matches!(node.kind, Null),
            Self::Text
            | Self::Sentence
            | Self::Reference
            | Self::Seat
            | Self::Choice(_)
            | Self::Bytes
            | Self::Duration => matches!(node.kind, Text(_)),
            Self::Expression => matches!(node.kind, Text(_) | Boolean(_)),
            Self::Texts | Self::Seats | Self::Steps | Self::Paths | Self::Command => {
                matches!(node.kind, List(_))
            }
            Self::Count => matches!(node.kind, Integer(number) if number >= 0),
            Self::Boolean => matches!(node.kind, Boolean(_)),
            Self::Letters => matches!(node.kind, Text(_) | List(_) | Map(_)),
            Self::Each => matches!(node.kind, List(_) | Map(_)),
            Self::Network | Self::Version => matches!(node.kind, Text(_) | Map(_)),
            Self::Map(_)
            | Self::Maps(_)
            | Self::Values
            | Self::Step
            | Self::Line
            | Self::Lines
            | Self::Control
            | Self::Checks
            | Self::With
            | Self::Coap
            | Self::Settings
            | Self::Deed
            | Self::Actions
            | Self::Objects => matches!(node.kind, Map(_)),
        }
    }

    /// The thing in a few words, for messages and the reference page.
    pub(crate) const fn describe(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Sentence => "a sentence",
            Self::Reference => "a name",
            Self::Texts => "a list of texts",
            Self::Seat => "a seat",
            Self::Seats => "a list of seats",
            Self::Expression => "an expression",
            Self::Choice(_) => "one of its words",
            Self::Duration => "a duration",
            Self::Count => "a whole number",
            Self::Boolean => "true or false",
            Self::Letters => "a letter, a list of letters, or letters by seat",
            Self::Map(_) => "a map",
            Self::Values => "a map of names and values",
            Self::Maps(_) => "a map of names and maps",
            Self::Steps => "a list of steps",
            Self::Step => "keys of a step",
            Self::Line => "a line",
            Self::Lines => "a map of seats and lines",
            Self::Control => "a map of seats and verbs",
            Self::Checks => "a map of paths or variables, and matchers",
            Self::Each => "a list of entries, or one name and its list",
            Self::Network => "a verb with its scope",
            Self::With => "a map of paths and matchers",
            Self::Bytes => "bytes as `hex:..`",
            Self::Coap => "a map of header fields and options",
            Self::Settings => "a map of paths and values",
            Self::Paths => "a list of paths",
            Self::Deed => "one deed",
            Self::Command => "a list: a program and its arguments",
            Self::Actions => "a map of names and actions",
            Self::Objects => "a map of Object IDs",
            Self::Any => "a value",
            Self::Version => "text, or `{command: [..]}`",
        }
    }
}

/// A key that must be there.
pub(crate) const fn required(name: &'static str, kind: Kind, meaning: &'static str) -> Key {
    Key {
        name,
        kind,
        required: true,
        default: "",
        meaning,
    }
}

/// A key that may be left out; `default` then holds.
pub(crate) const fn optional(
    name: &'static str,
    kind: Kind,
    default: &'static str,
    meaning: &'static str,
) -> Key {
    Key {
        name,
        kind,
        required: false,
        default,
        meaning,
    }
}
