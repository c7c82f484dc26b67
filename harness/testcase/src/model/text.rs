//! Texts with variables in them: `/1/${x}/8`.

use std::fmt;

use super::Span;

/// A text as a case writes it.
#[derive(Clone, Debug, PartialEq)]
pub struct Text {
    /// Its parts in order; none in an empty text.
    pub parts: Vec<Part>,
    /// Where it stands.
    pub span: Span,
}

/// A part of a text.
#[derive(Clone, Debug, PartialEq)]
pub enum Part {
    /// Characters as they are.
    Literal(String),
    /// A variable, by its name without `${` and `}`: `registration.objects`.
    Variable(String, Span),
}

impl Text {
    /// A text without variables.
    pub fn literal(text: impl Into<String>, span: Span) -> Self {
        let text = text.into();
        let parts = if text.is_empty() {
            Vec::new()
        } else {
            vec![Part::Literal(text)]
        };
        Self { parts, span }
    }

    /// The characters, if there is no variable among them.
    pub fn as_literal(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [] => Some(""),
            [Part::Literal(text)] => Some(text),
            _ => None,
        }
    }

    /// The variable's name, if the text is one variable and nothing else: its value then keeps its type.
    pub fn as_variable(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [Part::Variable(name, _)] => Some(name),
            _ => None,
        }
    }

    /// The names of all variables, with their places.
    pub fn variables(&self) -> impl Iterator<Item = (&str, Span)> {
        self.parts.iter().filter_map(|part| match part {
            Part::Variable(name, span) => Some((name.as_str(), *span)),
            Part::Literal(_) => None,
        })
    }

    /// The text with each variable replaced by what `value` gives for its name; the first name without a value otherwise.
    pub fn resolve(&self, mut value: impl FnMut(&str) -> Option<String>) -> Result<String, &str> {
        let mut resolved = String::new();
        for part in &self.parts {
            match part {
                Part::Literal(text) => resolved.push_str(text),
                Part::Variable(name, _) => resolved.push_str(&value(name).ok_or(name.as_str())?),
            }
        }
        Ok(resolved)
    }
}

/// As it was written.
impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.parts.iter().try_for_each(|part| match part {
            Part::Literal(text) => f.write_str(text),
            Part::Variable(name, _) => write!(f, "${{{name}}}"),
        })
    }
}
