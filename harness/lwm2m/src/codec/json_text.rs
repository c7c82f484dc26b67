//! JSON texts read token by token, with offsets (RFC 8259).
//!
//! Knows nothing of LwM2M. Strict: no comments, no trailing commas, no second value.

use std::borrow::Cow;

use coap::ContentFormat;

use super::{CodecError, CodecErrorKind};
use crate::Value;

/// Reads the tokens of a JSON text.
pub(super) struct JsonText<'p> {
    format: ContentFormat,
    text: &'p str,
    at: usize,
}

/// A value that is no array and no object.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Scalar<'p> {
    /// A string, owned if it held escapes.
    Text(Cow<'p, str>),
    /// A number: an integer if it is written as one and fits 64 bits, otherwise a float.
    Number(Value),
    /// True or false.
    Boolean(bool),
    /// Null.
    Null,
}

impl<'p> JsonText<'p> {
    /// Begins at the first token; the payload has to be UTF-8.
    pub(super) fn new(format: ContentFormat, payload: &'p [u8]) -> Result<Self, CodecError> {
        let text = std::str::from_utf8(payload).map_err(|error| {
            CodecError::new(format, error.valid_up_to(), CodecErrorKind::NotUtf8)
        })?;
        let mut json = Self {
            format,
            text,
            at: 0,
        };
        json.space();
        Ok(json)
    }

    /// Offset of the next token.
    pub(super) const fn offset(&self) -> usize {
        self.at
    }

    pub(super) const fn error(&self, offset: usize, kind: CodecErrorKind) -> CodecError {
        CodecError::new(self.format, offset, kind)
    }

    /// An error that names what stands at `offset`.
    pub(super) fn unexpected(&self, offset: usize, wanted: &'static str) -> CodecError {
        let rest = self.text.get(offset..).unwrap_or_default();
        let found = rest
            .chars()
            .next()
            .map_or_else(|| "the end".to_owned(), |found| format!("{found:?}"));
        self.error(offset, CodecErrorKind::Syntax { found, wanted })
    }

    /// The first byte of the next token.
    pub(super) fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// Eats `byte` and the space behind it, if it stands here.
    pub(super) fn eat(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        if found {
            self.at += 1;
            self.space();
        }
        found
    }

    /// Eats `byte`, which has to stand here.
    pub(super) fn expect(&mut self, byte: u8, wanted: &'static str) -> Result<(), CodecError> {
        if self.eat(byte) {
            Ok(())
        } else {
            Err(self.unexpected(self.at, wanted))
        }
    }

    /// Whether another element follows in an array or object that `close` ends; `first` for the one behind the bracket.
    pub(super) fn more(&mut self, close: u8, first: bool) -> Result<bool, CodecError> {
        if first {
            return Ok(!self.eat(close));
        }
        if self.eat(close) {
            return Ok(false);
        }
        self.expect(b',', "\",\" or the closing bracket")?;
        Ok(true)
    }

    /// Reads the key of a pair and its colon.
    pub(super) fn key(&mut self) -> Result<Cow<'p, str>, CodecError> {
        if self.peek() != Some(b'"') {
            return Err(self.unexpected(self.at, "a key"));
        }
        let key = self.string()?;
        self.expect(b':', "\":\"")?;
        Ok(key)
    }

    /// Reads a value that is no array and no object.
    pub(super) fn scalar(&mut self) -> Result<Scalar<'p>, CodecError> {
        let start = self.at;
        let scalar = match self.peek() {
            Some(b'"') => return Ok(Scalar::Text(self.string()?)),
            Some(b'-' | b'0'..=b'9') => return Ok(Scalar::Number(self.number()?)),
            Some(b't') if self.literal("true") => Scalar::Boolean(true),
            Some(b'f') if self.literal("false") => Scalar::Boolean(false),
            Some(b'n') if self.literal("null") => Scalar::Null,
            _ => return Err(self.unexpected(start, "a string, a number, true, false or null")),
        };
        self.space();
        Ok(scalar)
    }

    /// Passes over a value of any kind.
    pub(super) fn pass(&mut self, depth: usize) -> Result<(), CodecError> {
        let (close, is_object) = match self.peek() {
            Some(b'[') => (b']', false),
            Some(b'{') => (b'}', true),
            _ => return self.scalar().map(|_| ()),
        };
        if depth >= MAX_DEPTH {
            return Err(self.error(self.at, CodecErrorKind::TooDeep(MAX_DEPTH)));
        }
        self.at += 1;
        self.space();
        let mut first = true;
        while self.more(close, first)? {
            if is_object {
                self.key()?;
            }
            self.pass(depth + 1)?;
            first = false;
        }
        Ok(())
    }

    /// Checks that the text ends here.
    pub(super) fn end(&self) -> Result<(), CodecError> {
        match self.text.len().saturating_sub(self.at) {
            0 => Ok(()),
            left => Err(self.error(self.at, CodecErrorKind::Trailing(left))),
        }
    }

    fn space(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
    }

    fn literal(&mut self, word: &str) -> bool {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let found = rest.starts_with(word);
        if found {
            self.at += word.len();
        }
        found
    }

    fn string(&mut self) -> Result<Cow<'p, str>, CodecError> {
        let mut owned: Option<String> = None;
        self.at += 1;
        let mut start = self.at;
        loop {
            match self.peek() {
                Some(b'"') => break,
                Some(b'\\') => {
                    let text = owned.get_or_insert_default();
                    text.push_str(self.text.get(start..self.at).unwrap_or_default());
                    let escaped = self.escape()?;
                    owned.get_or_insert_default().push(escaped);
                    start = self.at;
                }
                Some(0x20..) => self.at += 1,
                _ => return Err(self.unexpected(self.at, "a character of a string")),
            }
        }
        let rest = self.text.get(start..self.at).unwrap_or_default();
        self.at += 1;
        self.space();
        Ok(match owned {
            None => Cow::Borrowed(rest),
            Some(mut text) => {
                text.push_str(rest);
                Cow::Owned(text)
            }
        })
    }

    fn escape(&mut self) -> Result<char, CodecError> {
        let start = self.at;
        self.at += 1;
        let escaped = match self.peek() {
            Some(byte @ (b'"' | b'\\' | b'/')) => char::from(byte),
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.unicode(start),
            _ => return Err(self.unexpected(self.at, "an escape")),
        };
        self.at += 1;
        Ok(escaped)
    }

    /// Reads the digits behind `\u`, of both halves of a surrogate pair.
    fn unicode(&mut self, start: usize) -> Result<char, CodecError> {
        let wrong = |json: &Self| json.unexpected(start, "an escape of a Unicode character");
        self.at += 1;
        let first = self.four_digits().ok_or_else(|| wrong(self))?;
        let code = match first {
            0xd800..0xdc00 => {
                if !self.literal("\\u") {
                    return Err(wrong(self));
                }
                let second = self.four_digits().ok_or_else(|| wrong(self))?;
                let low = second.checked_sub(0xdc00).filter(|low| *low < 0x400);
                0x10000 + ((first - 0xd800) << 10) + low.ok_or_else(|| wrong(self))?
            }
            code => code,
        };
        char::from_u32(code).ok_or_else(|| wrong(self))
    }

    fn four_digits(&mut self) -> Option<u32> {
        let digits = self.text.get(self.at..self.at + 4)?;
        if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        self.at += 4;
        u32::from_str_radix(digits, 16).ok()
    }

    fn number(&mut self) -> Result<Value, CodecError> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        match self.peek() {
            Some(b'0') => self.at += 1,
            _ => self.digits()?,
        }
        let mut integer = true;
        if self.peek() == Some(b'.') {
            integer = false;
            self.at += 1;
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.peek() {
            integer = false;
            self.at += 1;
            if let Some(b'+' | b'-') = self.peek() {
                self.at += 1;
            }
            self.digits()?;
        }
        let text = self.text.get(start..self.at).unwrap_or_default();
        self.space();
        if integer {
            if let Ok(number) = text.parse() {
                return Ok(Value::Integer(number));
            }
            if let Ok(number) = text.parse() {
                return Ok(Value::UnsignedInteger(number));
            }
        }
        match text.parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(Value::Float(number)),
            _ => {
                let kind = CodecErrorKind::Syntax {
                    found: text.to_owned(),
                    wanted: "a number within the range of a double",
                };
                Err(self.error(start, kind))
            }
        }
    }

    fn digits(&mut self) -> Result<(), CodecError> {
        let start = self.at;
        while let Some(b'0'..=b'9') = self.peek() {
            self.at += 1;
        }
        if self.at == start {
            return Err(self.unexpected(start, "a digit"));
        }
        Ok(())
    }
}

impl Scalar<'_> {
    /// What the value is, for messages.
    pub(super) const fn name(&self) -> &'static str {
        match self {
            Self::Text(_) => "a string",
            Self::Number(_) => "a number",
            Self::Boolean(_) => "a Boolean",
            Self::Null => "null",
        }
    }
}

/// Nesting that is passed over at most.
const MAX_DEPTH: usize = 16;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn passes(text: &[u8]) -> Result<(), CodecError> {
        let mut json = JsonText::new(ContentFormat::SENML_JSON, text)?;
        json.pass(0)?;
        json.end()
    }

    #[test]
    fn scalars_are_read() {
        for (text, scalar) in [
            ("-0", Scalar::Number(Value::Integer(0))),
            (
                "18446744073709551615",
                Scalar::Number(Value::UnsignedInteger(u64::MAX)),
            ),
            (
                "18446744073709551616",
                Scalar::Number(Value::Float(18_446_744_073_709_551_616.0)),
            ),
            ("1.638435E9", Scalar::Number(Value::Float(1_638_435_000.0))),
            (r#""a\u00e9\ud83d\ude00\n""#, Scalar::Text("aé😀\n".into())),
            ("null", Scalar::Null),
        ] {
            let mut json = JsonText::new(ContentFormat::SENML_JSON, text.as_bytes()).unwrap();
            assert_eq!(json.scalar().unwrap(), scalar);
            assert_eq!(json.end(), Ok(()));
        }
    }

    #[test]
    fn what_is_no_json_is_refused_with_its_offset() {
        for (text, offset) in [
            ("", 0),
            ("[1,]", 3),
            ("[01]", 2),
            ("{\"a\" 1}", 5),
            ("\"\\x\"", 2),
            ("\"\\ud800\"", 1),
            ("\"a\nb\"", 2),
            ("1.", 2),
            ("1e999", 0),
            ("[] []", 3),
            ("\"abc", 4),
        ] {
            assert_eq!(
                passes(text.as_bytes()).unwrap_err().offset,
                offset,
                "{text}"
            );
        }
        assert_eq!(
            passes(b"\"\xff\"").unwrap_err().kind,
            CodecErrorKind::NotUtf8
        );
        let deep = "[".repeat(100_000);
        assert_eq!(
            passes(deep.as_bytes()).unwrap_err().kind,
            CodecErrorKind::TooDeep(16)
        );
    }

    proptest! {
        #[test]
        fn the_same_texts_are_taken_as_by_serde_json(text in r#"[\[\]{},:"\\ntrue0-9eE.+\- u]{0,12}"#) {
            let theirs = serde_json::from_str::<serde_json::Value>(&text);
            prop_assert_eq!(passes(text.as_bytes()).is_ok(), theirs.is_ok(), "{}", text);
        }
    }
}
