//! What a payload does although a rule forbids it, or advises against it, and which can be read all the same.

use std::fmt;

use super::error::bytes;
use crate::{Path, Type};

/// One remark on a payload that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodecRemark {
    /// The rule that was not kept.
    pub kind: RemarkKind,
    /// Offset of the entry in the payload.
    pub offset: usize,
    /// Path of the entry.
    pub path: Path,
}

/// Weight of the rule behind a remark.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// An absolute requirement.
    Must,
    /// Advice, or a form that everybody tolerates.
    Should,
}

/// A rule that a payload did not keep.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum RemarkKind {
    /// TLV: a length field wider than the length needs.
    LengthNotShortest,
    /// TLV: a 16-bit identifier where 8 bits suffice.
    IdentifierNotShortest,
    /// TLV: a value whose size its type does not have (3-byte integer, 2-byte Boolean).
    Size {
        /// Bytes of the value.
        found: usize,
        /// Type that the definition demands.
        wanted: Type,
    },
    /// A Boolean that is neither 0 nor 1.
    BooleanValue,
    /// TLV: an entry at a level where its kind does not belong.
    Nesting,
    /// TLV: an Object Instance entry although the target named the instance.
    NeedlessWrapper,
    /// TLV: no Object Instance entry although the target named no instance. Create may leave it out.
    WrapperMissing,
    /// A value of another type than the definition demands.
    TypeMismatch {
        /// Type on the wire.
        found: Type,
        /// Type that the definition demands.
        wanted: Type,
    },
    /// A number outside the range of its type.
    Range(Type),
    /// A fraction, an exponent or a CBOR float where the definition demands an integer.
    FloatForInteger,
    /// A number that is not written as its type is in this format (exponent in plain text, plus sign).
    NumberForm,
    /// Text that is not UTF-8.
    NotUtf8,
    /// A value for a Resource that is only executed.
    ValueForExecutable,
    /// A value at a multiple Resource, without Resource Instance ID.
    InstanceMissing,
    /// A Resource Instance of a single Resource.
    InstanceOfSingle,
    /// A value at a path above the Resources.
    ValueLevel,
    /// A path that does not lie at or below the target.
    OutsideBase,
    /// The same path (and time) twice.
    DuplicatePath,
    /// SenML: a name that ends in a slash.
    TrailingSlash,
    /// SenML: a resolved name without a leading slash.
    NoLeadingSlash,
    /// SenML: a name with segments before the Object ID; right for an alternate path and a gateway's prefix.
    NamePrefix(String),
    /// SenML: a record without value where one is due.
    ValueMissing,
    /// A value in a list of paths.
    ValueInPathList,
    /// SenML: several values in one record.
    SeveralValues,
    /// SenML: a label that RFC 8428 does not define.
    UnknownLabel(String),
    /// SenML CBOR: a text label that has an integer form.
    TextLabel(String),
    /// SenML CBOR: text or bytes of indefinite length.
    IndefiniteString,
    /// Base64 of another alphabet or padding than the format demands.
    Base64Form,
    /// A null link in hexadecimal digits.
    NullLinkForm,
    /// LwM2M CBOR: an empty map.
    EmptyMap,
    /// Link format: a link whose target is no path of the data model.
    LinkTarget(String),
}

impl RemarkKind {
    /// Weight of the rule.
    pub const fn level(&self) -> Level {
        match self {
            Self::LengthNotShortest
            | Self::IdentifierNotShortest
            | Self::NeedlessWrapper
            | Self::NamePrefix(_)
            | Self::UnknownLabel(_)
            | Self::DuplicatePath
            | Self::Base64Form
            | Self::NullLinkForm
            | Self::LinkTarget(_) => Level::Should,
            _ => Level::Must,
        }
    }

    /// The clause that states the rule.
    pub const fn clause(&self) -> &'static str {
        match self {
            Self::LengthNotShortest
            | Self::IdentifierNotShortest
            | Self::Nesting
            | Self::NeedlessWrapper
            | Self::WrapperMissing => "Core TS, 7.5.5",
            Self::Size { .. }
            | Self::BooleanValue
            | Self::TypeMismatch { .. }
            | Self::Range(_)
            | Self::FloatForInteger
            | Self::NumberForm
            | Self::NotUtf8
            | Self::ValueForExecutable
            | Self::Base64Form
            | Self::NullLinkForm => "Core TS, Appendix C",
            Self::InstanceMissing
            | Self::InstanceOfSingle
            | Self::ValueLevel
            | Self::OutsideBase => "Core TS, 7.5",
            Self::TrailingSlash | Self::NoLeadingSlash | Self::ValueMissing => "Core TS, 7.5.6",
            Self::NamePrefix(_) => "Transport TS, 6.4.1",
            Self::DuplicatePath => "Core TS, 7.5.6",
            Self::ValueInPathList => "RFC 8790, 3.1",
            Self::SeveralValues | Self::UnknownLabel(_) => "RFC 8428, 4.2",
            Self::TextLabel(_) | Self::IndefiniteString => "RFC 8428, 6",
            Self::EmptyMap => "Core TS, 7.5.4",
            Self::LinkTarget(_) => "Core TS, 6.3.2",
        }
    }
}

impl CodecRemark {
    /// Weight of the rule.
    pub const fn level(&self) -> Level {
        self.kind.level()
    }

    /// The clause that states the rule.
    pub const fn clause(&self) -> &'static str {
        self.kind.clause()
    }
}

impl fmt::Display for CodecRemark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at byte {}: {}", self.path, self.offset, self.kind)
    }
}

impl fmt::Display for RemarkKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self {
            Self::Size { found, wanted } => {
                return write!(f, "{} for a value of type {}", bytes(*found), wanted.name());
            }
            Self::TypeMismatch { found, wanted } => {
                return write!(f, "type {}, wanted {}", found.name(), wanted.name());
            }
            Self::Range(wanted) => {
                return write!(f, "number outside the range of type {}", wanted.name());
            }
            Self::NamePrefix(prefix) => return write!(f, "name with prefix \"{prefix}\""),
            Self::UnknownLabel(label) => return write!(f, "label \"{label}\" is not defined"),
            Self::TextLabel(label) => {
                return write!(f, "text label \"{label}\", wanted an integer");
            }
            Self::LinkTarget(target) => return write!(f, "link target \"{target}\" is not a path"),
            Self::LengthNotShortest => "length field wider than needed",
            Self::IdentifierNotShortest => "identifier field wider than needed",
            Self::BooleanValue => "Boolean is neither 0 nor 1",
            Self::Nesting => "entry at a level where its kind does not belong",
            Self::NeedlessWrapper => "Object Instance entry although the target names the instance",
            Self::WrapperMissing => {
                "no Object Instance entry although the target names no instance"
            }
            Self::FloatForInteger => "float, wanted an integer",
            Self::NumberForm => "number not written as its type demands",
            Self::NotUtf8 => "text is not UTF-8",
            Self::ValueForExecutable => "value for an executable Resource",
            Self::InstanceMissing => "multiple Resource without Resource Instance ID",
            Self::InstanceOfSingle => "Resource Instance of a single Resource",
            Self::ValueLevel => "value above the level of Resources",
            Self::OutsideBase => "path outside the target",
            Self::DuplicatePath => "path repeated",
            Self::TrailingSlash => "name ends in a slash",
            Self::NoLeadingSlash => "name has no leading slash",
            Self::ValueMissing => "record without value",
            Self::ValueInPathList => "value in a list of paths",
            Self::SeveralValues => "several values in one record",
            Self::IndefiniteString => "string of indefinite length",
            Self::Base64Form => "base64 of another alphabet or padding",
            Self::NullLinkForm => "null link in hexadecimal digits",
            Self::EmptyMap => "empty map",
        };
        f.write_str(text)
    }
}
