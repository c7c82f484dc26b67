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

impl Value {
    /// The equal value of type `wanted`; `None` if there is none.
    ///
    /// Numbers keep their value, text becomes a link, bytes become Opaque. Nothing is rounded.
    pub fn to_type(&self, wanted: Type) -> Option<Self> {
        if self.value_type() == wanted && wanted != Type::None {
            return Some(self.clone());
        }
        match (self, wanted) {
            (Self::Integer(number) | Self::Time(number), _) => {
                number_to(i128::from(*number), wanted)
            }
            (Self::UnsignedInteger(number), _) => number_to(i128::from(*number), wanted),
            (Self::Float(number), _) if number.fract() == 0.0 && number.abs() <= WHOLE_DOUBLES => {
                number_to(*number as i128, wanted)
            }
            (Self::CoreLink(text), Type::String) => Some(Self::String(text.clone())),
            (Self::String(text), Type::CoreLink) => Some(Self::CoreLink(text.clone())),
            (Self::String(text), Type::ObjectLink) => Self::parse_object_link(text),
            (Self::Untyped(bytes), Type::Opaque) => Some(Self::Opaque(bytes.clone())),
            _ => None,
        }
    }

    /// Parses an Object Link as text: `10:3` (Core TS, Appendix C).
    pub fn parse_object_link(text: &str) -> Option<Self> {
        let (object, instance) = text.split_once(':')?;
        let id = |text: &str| {
            let digits = text.bytes().all(|byte| byte.is_ascii_digit());
            digits.then(|| text.parse().ok())?
        };
        Some(Self::ObjectLink {
            object: id(object)?,
            instance: id(instance)?,
        })
    }
}

fn number_to(number: i128, wanted: Type) -> Option<Value> {
    match wanted {
        Type::Integer => i64::try_from(number).ok().map(Value::Integer),
        Type::Time => i64::try_from(number).ok().map(Value::Time),
        Type::UnsignedInteger => u64::try_from(number).ok().map(Value::UnsignedInteger),
        Type::Float if number.unsigned_abs() <= WHOLE_DOUBLES as u128 => {
            Some(Value::Float(number as f64))
        }
        _ => None,
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

/// 2^53: up to here a double names every integer.
const WHOLE_DOUBLES: f64 = 9_007_199_254_740_992.0;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_values_are_found_in_other_types() {
        for (value, wanted, found) in [
            (Value::Integer(5), Type::Float, Some(Value::Float(5.0))),
            (Value::Integer(5), Type::Time, Some(Value::Time(5))),
            (Value::Integer(-1), Type::UnsignedInteger, None),
            (Value::Float(5.0), Type::Integer, Some(Value::Integer(5))),
            (Value::Float(5.5), Type::Integer, None),
            (Value::Float(f64::NAN), Type::Integer, None),
            (Value::UnsignedInteger(u64::MAX), Type::Integer, None),
            (Value::Integer(i64::MAX), Type::Float, None),
            (Value::String("+1:2".into()), Type::ObjectLink, None),
            (
                Value::String("10:3".into()),
                Type::ObjectLink,
                Some(Value::ObjectLink {
                    object: 10,
                    instance: 3,
                }),
            ),
            (Value::Boolean(true), Type::Integer, None),
            (Value::Nothing, Type::None, None),
        ] {
            assert_eq!(value.to_type(wanted), found, "{value} {wanted:?}");
        }
    }
}
