//! A line: what one seat sends in one step.

use coap::Kind;

use super::{Field, FieldName, Matcher, Role, Scalar, Seat, Span, Spanned, Text, Word, WordKind};

/// One word and its modifiers: a template if the harness holds the seat, a pattern if an implementation does.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// Who sends.
    pub seat: Seat,
    /// What is sent.
    pub word: Spanned<Word>,
    /// The fields of the word, as written.
    pub fields: Vec<Field>,
    /// The lines of `one-of`, in order.
    pub alternatives: Vec<Self>,
    /// What `silence` is about.
    pub silenced: Vec<Spanned<Silenced>>,
    /// The question of `ask`.
    pub question: Option<Text>,
    /// The addressee, if written; [`Line::addressee`] knows the default.
    pub to: Option<Seat>,
    /// The message's name, without `${` and `}`; may hold a variable of `each`.
    pub as_name: Option<Text>,
    /// Latest arrival after its cause.
    pub within: Option<Scalar>,
    /// How many.
    pub count: u32,
    /// Time between two, and before the first.
    pub gap: Option<Gap>,
    /// CON or NON.
    pub kind: Option<Kind>,
    /// Which arrival of one message; mutants only.
    pub copy: u32,
    /// How the body is cut.
    pub blocks: Option<Blocks>,
    /// Raw header fields and options.
    pub coap: Vec<CoapField>,
    /// Bytes instead of the message.
    pub datagram: Option<Scalar>,
    /// `true`: the IUT is told; `false`: it is waited for.
    pub trigger: Option<bool>,
    /// The letters of this line; none: those of the step.
    pub criteria: Vec<Spanned<String>>,
    /// How it was protected on its way.
    pub protection: Option<Matcher>,
    /// Said beside a Pass.
    pub remark: Option<String>,
    /// Where the word stands.
    pub span: Span,
}

/// What a `silence` is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Silenced {
    /// Messages of this word.
    Word(Word),
    /// Any request or notification.
    Any,
}

/// Limits of the time between two messages.
#[derive(Clone, Debug, PartialEq)]
pub struct Gap {
    /// The smallest.
    pub at_least: Option<Scalar>,
    /// The largest.
    pub at_most: Option<Scalar>,
    /// Where it stands.
    pub span: Span,
}

/// How a body is cut into blocks.
#[derive(Clone, Debug, PartialEq)]
pub struct Blocks {
    /// Block size in bytes (RFC 7959, 2.2).
    pub size: Option<Spanned<u16>>,
    /// The smallest number of blocks.
    pub at_least: Option<Spanned<u32>>,
    /// Where it stands.
    pub span: Span,
}

/// A raw header field or option.
#[derive(Clone, Debug, PartialEq)]
pub struct CoapField {
    /// Which.
    pub name: Spanned<CoapName>,
    /// Its value; numbers for uint options, text for string options, `hex:` for any; a list for repeated ones.
    pub matcher: Matcher,
}

/// Names under `coap`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CoapName {
    /// Version of the header (RFC 7252, 3).
    Version,
    /// Token length as the header claims it.
    TokenLength,
    /// Code, as a number or as text `2.05`.
    Code,
    /// Message ID.
    MessageId,
    /// Token.
    Token,
    /// An option by number.
    Option(u16),
}

impl Line {
    /// Whether it is a request, an answer or neither; `one-of` is what its lines are.
    pub fn word_kind(&self) -> WordKind {
        match self.alternatives.first() {
            Some(first) => first.word_kind(),
            None => self.word.kind(),
        }
    }

    /// The demand on a field, if it was written.
    pub fn field(&self, name: FieldName) -> Option<&Matcher> {
        self.fields
            .iter()
            .find(|field| field.name.value == name)
            .map(|field| &field.matcher)
    }

    /// Who is addressed: `to`, else the only other seat of `seats`, else the usual receiver of the word.
    pub fn addressee(&self, seats: &[Seat]) -> Seat {
        if let Some(to) = self.to {
            return to;
        }
        let mut others = seats.iter().filter(|seat| **seat != self.seat);
        let first = others.next();
        match (first, others.find(|seat| Some(*seat) != first)) {
            (Some(only), None) => *only,
            _ if self.seat.role != Role::Client => Seat::CLIENT,
            _ => match self.word.value {
                Word::BootstrapRequest | Word::BootstrapPackRequest => Seat::BOOTSTRAP_SERVER,
                Word::Download => Seat::FILE_SERVER,
                _ => Seat::SERVER,
            },
        }
    }
}

impl Silenced {
    /// Its word in cases.
    pub fn name(self) -> &'static str {
        match self {
            Self::Word(word) => word.name(),
            Self::Any => "any",
        }
    }
}
