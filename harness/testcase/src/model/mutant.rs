//! Mutants: emulators with one defect, which prove that cases can fail.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{CoapField, Conduct, Field, Line, Scalar, Seat, Spanned};
use crate::index::requirements;

/// An emulator with one defect.
#[derive(Clone, Debug, PartialEq)]
pub struct Mutant {
    /// Its name.
    pub name: String,
    /// The file's path.
    pub file: String,
    /// The file's text, for excerpts.
    pub text: Arc<str>,
    /// One line.
    pub title: String,
    /// Who has the defect.
    pub seat: Seat,
    /// What it breaks: requirement ids, document and clause.
    pub breaks: Spanned<String>,
    /// The defect.
    pub defect: Defect,
    /// Cases that must fail, each by this letter first.
    pub caught_by: BTreeMap<String, Vec<Spanned<String>>>,
    /// Cases in which these rules of the referee must remark it, since they fail nobody.
    pub remarked_by: BTreeMap<String, Vec<Spanned<String>>>,
    /// Cases that must pass all the same.
    pub passes: Vec<Spanned<String>>,
}

/// Where the defect is.
#[derive(Clone, Debug, PartialEq)]
pub enum Defect {
    /// In its messages: upon this one it does that.
    Message(Box<Line>, Box<Act>),
    /// In its end of the channel below them.
    Channel(Box<Conduct>),
}

/// What the defect does.
#[derive(Clone, Debug, PartialEq)]
pub enum Act {
    /// Treats the message otherwise than the standard says.
    Handle(Spanned<Handling>),
    /// Does not drop what the message ends.
    Keep(Spanned<Kept>),
    /// Answers with this line instead.
    Answer(Box<Line>),
    /// Changes these parts of what it sends.
    Change(Changes),
    /// Does not send the message, or does not answer it.
    Drop,
    /// Sends it so many times: a request as one message, an answer as messages of their own.
    Repeat(u32),
    /// Sends it, or answers it, so much later.
    Delay(Scalar),
    /// Adds these parts to what it sends.
    Add(Changes),
    /// Takes what it receives as if these parts were in it.
    Misread(Changes),
    /// Sends this request too.
    Send(Box<Line>),
}

/// Parts of a message that a defect changes or adds.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Changes {
    /// Message type.
    pub kind: Option<coap::Kind>,
    /// Fields, by the notation's names.
    pub fields: Vec<Field>,
    /// Raw header fields and options.
    pub coap: Vec<CoapField>,
    /// The whole datagram instead.
    pub datagram: Option<Scalar>,
}

/// Ways to treat a message wrongly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Handling {
    /// A second time, though it is a duplicate.
    Again,
    /// Not at all, though it is answered as if.
    Never,
    /// As far as its payload can be read, though it is refused.
    Partly,
    /// Though it has to be ignored or refused: another CoAP version, an unknown critical option, a wrong token.
    Anyway,
}

/// What is kept though it ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// Observations.
    Observations,
    /// The registration.
    Registration,
    /// Notification attributes.
    Attributes,
    /// Values, which a write or delete ends.
    Values,
    /// The binding, and whether there is Queue Mode.
    Binding,
    /// The object list.
    Objects,
}

impl Mutant {
    /// The message that the defect comes upon, if it is in messages.
    pub fn upon(&self) -> Option<&Line> {
        match &self.defect {
            Defect::Message(upon, _) => Some(upon),
            Defect::Channel(_) => None,
        }
    }

    /// The requirements of the TS that it breaks.
    pub fn requirements(&self) -> Vec<&str> {
        let named = requirements::named_in(&self.breaks.value);
        named.into_iter().map(|(_, id)| id).collect()
    }
}

impl Handling {
    /// Every way with its word.
    pub const NAMED: &[(Self, &str)] = &[
        (Self::Again, "again"),
        (Self::Never, "never"),
        (Self::Partly, "partly"),
        (Self::Anyway, "anyway"),
    ];
}

impl Kept {
    /// Everything that can be kept, with its word.
    pub const NAMED: &[(Self, &str)] = &[
        (Self::Observations, "observations"),
        (Self::Registration, "registration"),
        (Self::Attributes, "attributes"),
        (Self::Values, "values"),
        (Self::Binding, "binding"),
        (Self::Objects, "objects"),
    ];
}
