//! What a line forces on a message beside its operation: token, raw options, raw bytes.

use coap::Token;
use lwm2m::Value;
use testcase::{CoapName, Form, Line, Scalar, ScalarKind};

use super::{Surroundings, Unwritable, field, own_value, scalar_of};
use crate::actual::Actual;
use crate::command::OptionChange;
use crate::pattern::plain;

impl Surroundings<'_> {
    pub(super) fn token(&self, line: &Line) -> Result<Option<Token>, Unwritable> {
        let from_coap = line
            .coap
            .iter()
            .find(|one| one.name.value == CoapName::Token)
            .map(|one| &one.matcher);
        let Some(matcher) = from_coap.or_else(|| field(line, "token")) else {
            return Ok(None);
        };
        match own_value(matcher).map(|scalar| &scalar.kind) {
            Some(ScalarKind::Bytes(bytes)) => Ok(Some(Token(bytes.clone()))),
            Some(ScalarKind::Text(text)) => match self.scope.resolve(text) {
                Ok(Actual::Value(lwm2m::Value::Opaque(bytes))) => Ok(Some(Token(bytes))),
                _ => Ok(None),
            },
            _ => Ok(None),
        }
    }

    pub(super) fn options(&self, line: &Line) -> Result<Vec<OptionChange>, Unwritable> {
        let mut changes = Vec::new();
        for one in &line.coap {
            let CoapName::Option(number) = one.name.value else {
                continue;
            };
            let values = match &one.matcher.form {
                Form::Absent => Vec::new(),
                Form::List(list) => list
                    .iter()
                    .filter_map(own_value)
                    .map(|scalar| self.option_value(scalar))
                    .collect::<Result<_, _>>()?,
                _ => own_value(&one.matcher)
                    .map(|scalar| self.option_value(scalar))
                    .transpose()?
                    .into_iter()
                    .collect(),
            };
            changes.push(OptionChange { number, values });
        }
        Ok(changes)
    }

    pub(crate) fn option_value(&self, scalar: &Scalar) -> Result<Vec<u8>, Unwritable> {
        Ok(match &scalar.kind {
            ScalarKind::Bytes(bytes) => bytes.clone(),
            ScalarKind::Integer(number) => uint(*number),
            // a variable keeps the type that it was written in
            ScalarKind::Text(text) => match self.scope.resolve(text) {
                Ok(Actual::Value(Value::Integer(number))) => uint(number),
                Ok(Actual::Value(Value::Opaque(bytes))) => bytes,
                _ => self.text(text)?.into_bytes(),
            },
            _ => self.scalar_text(scalar)?.into_bytes(),
        })
    }

    pub(super) fn datagram(&self, line: &Line) -> Result<Option<Vec<u8>>, Unwritable> {
        Ok(line
            .datagram
            .as_ref()
            .and_then(|scalar| match &scalar.kind {
                ScalarKind::Bytes(bytes) => Some(bytes.clone()),
                _ => None,
            }))
    }

    pub(super) fn bytes(&self, line: &Line, name: &str) -> Result<Option<Vec<u8>>, Unwritable> {
        let Some(scalar) = scalar_of(line, name) else {
            return Ok(None);
        };
        Ok(Some(match &scalar.kind {
            ScalarKind::Bytes(bytes) => bytes.clone(),
            ScalarKind::Text(text) => match self.scope.resolve(text) {
                Ok(Actual::Value(Value::Opaque(bytes) | Value::Untyped(bytes))) => bytes,
                Ok(Actual::Value(value)) => plain(&value).into_bytes(),
                Ok(other) => {
                    return Err(Unwritable(format!(
                        "bytes wanted, found {}",
                        other.describe()
                    )));
                }
                Err(unknown) => return Err(Unwritable(format!("\"{}\" has no value", unknown.0))),
            },
            _ => self.scalar_text(scalar)?.into_bytes(),
        }))
    }
}

/// A number as an option has it: without leading zero bytes (RFC 7252, 3.2).
fn uint(number: i64) -> Vec<u8> {
    let bytes = number.to_be_bytes();
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    bytes.get(zeros..).unwrap_or_default().to_vec()
}
