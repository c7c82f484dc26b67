//! Nodes as a reader finds them: text and bytes borrowed from the payload, nothing allocated.
//!
//! [`Decoded`](super::Decoded) is one visitor among others; it owns what it is given.

use super::CodecRemark;
use crate::{Node, Path, Value};

/// Takes nodes and remarks in the order of the wire.
pub trait Visitor<'p> {
    /// Takes a node whose text or bytes stand in the payload as they are.
    fn node(&mut self, node: NodeRef<'p>);

    /// Takes a node whose value had to be made: chunks joined, escapes undone, text turned into bytes.
    fn owned_node(&mut self, node: Node);

    /// Takes a remark; those on a node come before it, those on repeated paths at the end.
    fn remark(&mut self, remark: CodecRemark);
}

/// A [`Node`] that borrows from the payload.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NodeRef<'p> {
    /// Where the value belongs, absolute.
    pub path: Path,
    /// The value.
    pub value: ValueRef<'p>,
    /// Seconds, as in [`Node`].
    pub time: Option<f64>,
    /// Offset of the entry in the payload.
    pub offset: usize,
}

/// A [`Value`] that borrows from the payload.
#[derive(Clone, Copy, Debug, PartialEq)]
#[allow(missing_docs, reason = "the names are those of Value")]
pub enum ValueRef<'p> {
    String(&'p str),
    Integer(i64),
    UnsignedInteger(u64),
    Float(f64),
    Boolean(bool),
    Opaque(&'p [u8]),
    Time(i64),
    ObjectLink { object: u16, instance: u16 },
    CoreLink(&'p str),
    Untyped(&'p [u8]),
    Nothing,
}

impl NodeRef<'_> {
    /// The node with a value of its own.
    #[inline(always)]
    pub fn to_node(self) -> Node {
        Node {
            path: self.path,
            value: self.value.to_value(),
            time: self.time,
            offset: self.offset,
        }
    }
}

impl ValueRef<'_> {
    /// The value with text or bytes of its own.
    #[inline(always)]
    pub fn to_value(self) -> Value {
        match self {
            Self::String(text) => Value::String(text.to_owned()),
            Self::Integer(number) => Value::Integer(number),
            Self::UnsignedInteger(number) => Value::UnsignedInteger(number),
            Self::Float(number) => Value::Float(number),
            Self::Boolean(truth) => Value::Boolean(truth),
            Self::Opaque(bytes) => Value::Opaque(bytes.to_vec()),
            Self::Time(number) => Value::Time(number),
            Self::ObjectLink { object, instance } => Value::ObjectLink { object, instance },
            Self::CoreLink(text) => Value::CoreLink(text.to_owned()),
            Self::Untyped(bytes) => Value::Untyped(bytes.to_vec()),
            Self::Nothing => Value::Nothing,
        }
    }
}
