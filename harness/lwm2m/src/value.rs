//! Values of Resources and their data types (Core TS, Appendix C).

use std::fmt;

/// A data type of the standard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Type {
    /// UTF-8 text.
    String,
    /// Signed integer of up to 64 bits.
    Integer,
    /// Unsigned integer of up to 64 bits (since 1.1).
    UnsignedInteger,
    /// IEEE 754 number of 32 or 64 bits.
    Float,
    /// True or false.
    Boolean,
    /// Bytes.
    Opaque,
    /// Seconds since 1970-01-01T00:00:00Z.
    Time,
    /// Object Link: Object ID and Object Instance ID.
    ObjectLink,
    /// CoRE links as text (since 1.1).
    CoreLink,
    /// No type: an executable Resource.
    None,
}

/// A value, of the type it was written in.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs, reason = "the names are those of Type")]
pub enum Value {
    String(String),
    Integer(i64),
    UnsignedInteger(u64),
    Float(f64),
    Boolean(bool),
    Opaque(Vec<u8>),
    Time(i64),
    ObjectLink {
        object: u16,
        instance: u16,
    },
    CoreLink(String),
    /// Bytes whose type neither the format nor a definition tells.
    Untyped(Vec<u8>),
    /// No value: a path alone, an Object Instance without Resources, a multiple Resource without instances.
    Nothing,
}

impl Type {
    /// Every type with its word in cases.
    pub const NAMED: &[(Self, &str)] = &[
        (Self::String, "string"),
        (Self::Integer, "integer"),
        (Self::UnsignedInteger, "unsigned-integer"),
        (Self::Float, "float"),
        (Self::Boolean, "boolean"),
        (Self::Opaque, "opaque"),
        (Self::Time, "time"),
        (Self::ObjectLink, "object-link"),
        (Self::CoreLink, "core-link"),
        (Self::None, "none"),
    ];

    /// The word for this type in cases and reports.
    pub fn name(self) -> &'static str {
        Self::NAMED
            .iter()
            .find(|(named, _)| *named == self)
            .map_or("none", |(_, name)| name)
    }

    /// The type that `word` names.
    pub fn from_name(word: &str) -> Option<Self> {
        Self::NAMED
            .iter()
            .find(|(_, name)| *name == word)
            .map(|(named, _)| *named)
    }
}

impl Value {
    /// The type of this value; `None` for [`Value::Untyped`] and [`Value::Nothing`].
    pub const fn value_type(&self) -> Type {
        match self {
            Self::String(_) => Type::String,
            Self::Integer(_) => Type::Integer,
            Self::UnsignedInteger(_) => Type::UnsignedInteger,
            Self::Float(_) => Type::Float,
            Self::Boolean(_) => Type::Boolean,
            Self::Opaque(_) => Type::Opaque,
            Self::Time(_) => Type::Time,
            Self::ObjectLink { .. } => Type::ObjectLink,
            Self::CoreLink(_) => Type::CoreLink,
            Self::Untyped(_) | Self::Nothing => Type::None,
        }
    }
}

/// As a person reads it: text in quotes, bytes as `hex:00ff`, links as `10:0`.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::String(text) | Self::CoreLink(text) => write!(f, "{text:?}"),
            Self::Integer(number) | Self::Time(number) => write!(f, "{number}"),
            Self::UnsignedInteger(number) => write!(f, "{number}"),
            Self::Float(number) => write!(f, "{number}"),
            Self::Boolean(truth) => write!(f, "{truth}"),
            Self::Opaque(bytes) | Self::Untyped(bytes) => {
                f.write_str("hex:")?;
                bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
            Self::ObjectLink { object, instance } => write!(f, "{object}:{instance}"),
            Self::Nothing => f.write_str("nothing"),
        }
    }
}
