//! What a field must be (as pattern), or is (as template).

use super::{Expression, Scalar, Span, Text};

/// A demand on one field or one value.
#[derive(Clone, Debug, PartialEq)]
pub struct Matcher {
    /// Where it stands.
    pub span: Span,
    /// The demand.
    pub form: Form,
}

/// The shapes of a demand.
#[derive(Clone, Debug, PartialEq)]
pub enum Form {
    /// `{}`: there, with any value.
    Present,
    /// `absent`: not there.
    Absent,
    /// Equal to this.
    Scalar(Scalar),
    /// A list whose elements fit these, in this order.
    List(Vec<Matcher>),
    /// All of these tests.
    Tests(Vec<Test>),
    /// Each of these keys: the paths of `node`, `tlv`, `values`; the targets of `links`, `objects`; the fields of `registration`.
    Map(Vec<Entry>),
}

/// A key and the demand on its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// A path, a link target or a field.
    pub key: Text,
    /// The demand.
    pub matcher: Matcher,
}

/// One test.
#[derive(Clone, Debug, PartialEq)]
pub enum Test {
    /// Equal; a template takes this value.
    Is(Scalar),
    /// Does not fit this.
    Not(Box<Matcher>),
    /// Equal to one of these.
    OneOf(Vec<Scalar>),
    /// Fits this regular expression, which the loader has checked.
    Matches(String),
    /// Not less.
    AtLeast(Scalar),
    /// Not more.
    AtMost(Scalar),
    /// Of this data type.
    Type(lwm2m::Type),
    /// The number of elements or bytes fits.
    Length(Box<Matcher>),
    /// Each of these has a counterpart; `*` stands for one segment, `a..b` for a range.
    Includes(Vec<Text>),
    /// None of these has a counterpart.
    Excludes(Vec<Text>),
    /// Everything lies in this set.
    CoveredBy(Text),
    /// The path begins with this one.
    Under(Text),
    /// May be absent if the expression holds; must fit if it is there.
    Optional(Expression),
    /// Every element fits.
    Each(Box<Matcher>),
    /// Only the elements whose fields fit; the other tests then hold for those.
    Where(Vec<Entry>),
    /// The kind of a TLV entry.
    Kind(TlvKind),
    /// A link parameter or attribute: `ver`, `ssid`, `pmin`.
    Parameter(String, Box<Matcher>),
}

/// The kinds of a TLV entry (Core TS, 7.5.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TlvKind {
    /// Type 00.
    ObjectInstance,
    /// Type 01.
    ResourceInstance,
    /// Type 10.
    MultipleResource,
    /// Type 11.
    Resource,
}

impl TlvKind {
    /// Every kind with its word.
    pub const NAMED: &[(Self, &str)] = &[
        (Self::ObjectInstance, "object-instance"),
        (Self::ResourceInstance, "resource-instance"),
        (Self::MultipleResource, "multiple-resource"),
        (Self::Resource, "resource"),
    ];

    /// The word for this kind.
    pub fn name(self) -> &'static str {
        Self::NAMED
            .iter()
            .find(|(kind, _)| *kind == self)
            .map_or("resource", |(_, name)| name)
    }

    /// The kind that `word` names.
    pub fn from_name(word: &str) -> Option<Self> {
        Self::NAMED
            .iter()
            .find(|(_, name)| *name == word)
            .map(|(kind, _)| *kind)
    }
}

impl Matcher {
    /// The value that a template takes: the scalar itself, or that of `is`.
    pub fn template(&self) -> Option<&Scalar> {
        match &self.form {
            Form::Scalar(scalar) => Some(scalar),
            Form::Tests(tests) => tests.iter().find_map(|test| match test {
                Test::Is(scalar) => Some(scalar),
                _ => None,
            }),
            _ => None,
        }
    }

    /// The expression under which the field may be absent.
    pub fn optional(&self) -> Option<&Expression> {
        let Form::Tests(tests) = &self.form else {
            return None;
        };
        tests.iter().find_map(|test| match test {
            Test::Optional(expression) => Some(expression),
            _ => None,
        })
    }
}
