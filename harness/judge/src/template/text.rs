//! Texts of a line with their variables filled in.

use coap::ContentFormat;
use lwm2m::{Path, Value};
use testcase::{Line, Scalar, ScalarKind, Text};

use super::{Surroundings, Unwritable, parse_path, scalar_of};
use crate::actual::Actual;
use crate::pattern::plain;

impl Surroundings<'_> {
    pub(super) fn path(&self, line: &Line) -> Result<Path, Unwritable> {
        let text = self.optional(line, "path")?;
        let text = text.ok_or_else(|| {
            Unwritable(format!(
                "\"{}\" needs a path to be sent",
                line.word.value.name()
            ))
        })?;
        parse_path(&text)
    }

    pub(super) fn format(
        &self,
        line: &Line,
        name: &str,
    ) -> Result<Option<ContentFormat>, Unwritable> {
        let Some(word) = self.optional(line, name)? else {
            return Ok(None);
        };
        if let Ok(number) = word.parse() {
            return Ok(Some(ContentFormat(number)));
        }
        ContentFormat::from_name(&word)
            .map(Some)
            .ok_or_else(|| Unwritable(format!("\"{word}\" is no Content-Format")))
    }

    pub(super) fn optional(&self, line: &Line, name: &str) -> Result<Option<String>, Unwritable> {
        scalar_of(line, name)
            .map(|scalar| self.scalar_text(scalar))
            .transpose()
    }

    pub(super) fn scalar_text(&self, scalar: &Scalar) -> Result<String, Unwritable> {
        Ok(match &scalar.kind {
            ScalarKind::Integer(number) => number.to_string(),
            ScalarKind::Float(number) => number.to_string(),
            ScalarKind::Boolean(truth) => truth.to_string(),
            ScalarKind::Bytes(bytes) => Value::Opaque(bytes.clone()).to_string(),
            ScalarKind::Text(text) => self.text(text)?,
        })
    }

    pub(super) fn text(&self, text: &Text) -> Result<String, Unwritable> {
        match self.scope.resolve(text) {
            Ok(Actual::Value(value)) => Ok(plain(&value)),
            Ok(other) => Ok(other.describe()),
            Err(unknown) => Err(Unwritable(format!("\"{}\" has no value", unknown.0))),
        }
    }
}
