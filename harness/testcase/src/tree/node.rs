//! A YAML file as a tree whose every key and value knows its place.

use crate::{Span, Spanned};

/// A value of the tree.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Node {
    /// Where it stands; a map or list stands at its first character.
    pub(crate) span: Span,
    /// What it is.
    pub(crate) kind: NodeKind,
}

/// Kinds of values (YAML 1.2, core schema).
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum NodeKind {
    /// Nothing after the colon, `null` or `~`.
    Null,
    /// `true` or `false`.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// A number with a fraction, with its characters: `1.10` is a float, and a version.
    Float(f64, String),
    /// Text, quoted or not.
    Text(String),
    /// A list.
    List(Vec<Node>),
    /// Keys and values in the order of the file.
    Map(Vec<(Spanned<String>, Node)>),
}

impl Node {
    /// The text, if it is one.
    pub(crate) fn as_text(&self) -> Option<&str> {
        match &self.kind {
            NodeKind::Text(text) => Some(text),
            _ => None,
        }
    }

    /// What it is, for messages: `a list`.
    pub(crate) const fn describe(&self) -> &'static str {
        match self.kind {
            NodeKind::Null => "nothing",
            NodeKind::Boolean(_) => "true or false",
            NodeKind::Integer(_) => "a whole number",
            NodeKind::Float(..) => "a number",
            NodeKind::Text(_) => "text",
            NodeKind::List(_) => "a list",
            NodeKind::Map(_) => "a map",
        }
    }
}
