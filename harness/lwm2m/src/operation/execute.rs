//! Execute: POST on a Resource, with arguments as plain text (Core TS, 6.3.5; Transport TS, 6.4.4).

use coap::{Code, ContentFormat, Kind};

use super::{Request, Wire};
use crate::{Path, Role};

/// Runs an executable Resource.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Execute {
    /// Segments before the path: an alternate path (Transport TS, 6.4.1).
    pub prefix: Vec<String>,
    /// Target.
    pub path: Path,
    /// Content-Format: none or text.
    pub content_format: Option<ContentFormat>,
    /// Arguments as they are.
    pub payload: Vec<u8>,
    /// Uri-Query options as they are.
    pub query: Vec<String>,
}

/// One argument: its digit and, if there is one, its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Argument {
    /// 0 to 9.
    pub digit: u8,
    /// What stands between the apostrophes.
    pub value: Option<String>,
}

/// Why arguments cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("byte {offset} of the arguments: found {found}, wanted {wanted}")]
pub struct ArgumentError {
    /// Offset in the payload.
    pub offset: usize,
    /// What stands there.
    pub found: String,
    /// What the grammar wants.
    pub wanted: &'static str,
}

impl Execute {
    /// Runs `path` without arguments.
    pub fn new(path: Path) -> Self {
        Self {
            path,
            ..Self::default()
        }
    }

    /// Runs `path` with `arguments`, such as `0='U',5`.
    pub fn with_arguments(path: Path, arguments: &str) -> Self {
        Self {
            path,
            content_format: Some(ContentFormat::TEXT),
            payload: arguments.as_bytes().to_vec(),
            ..Self::default()
        }
    }

    /// Reads the arguments; a digit may stand only once (Core TS 1.2.1, 6.3.5).
    pub fn arguments(&self) -> Result<Vec<Argument>, ArgumentError> {
        let mut scanner = Scanner {
            bytes: &self.payload,
            at: 0,
        };
        let mut arguments: Vec<Argument> = Vec::new();
        if self.payload.is_empty() {
            return Ok(arguments);
        }
        loop {
            let start = scanner.at;
            let argument = scanner.argument()?;
            if arguments.iter().any(|known| known.digit == argument.digit) {
                scanner.at = start;
                return Err(scanner.error("a digit that was not used before"));
            }
            arguments.push(argument);
            if scanner.bytes.get(scanner.at).is_none() {
                return Ok(arguments);
            }
            scanner.expect(b',', "\",\" or the end")?;
        }
    }
}

impl Wire for Execute {
    const WORD: &'static str = "execute";
    const SENDER: Role = Role::Server;
    const RECEIVER: Role = Role::Client;
    const KINDS: &'static [Kind] = &[Kind::Con, Kind::Non];
    const RESPONSES: &'static [Code] = &[
        Code::CHANGED,
        Code::BAD_REQUEST,
        Code::UNAUTHORIZED,
        Code::NOT_FOUND,
        Code::METHOD_NOT_ALLOWED,
    ];

    fn to_request(&self) -> Request {
        let mut request = Request::to_target(Code::POST, &self.prefix, &self.path);
        request.content_format = self.content_format;
        request.query.clone_from(&self.query);
        request.payload.clone_from(&self.payload);
        request
    }

    fn from_request(request: Request) -> Option<Self> {
        let (prefix, path) = request.target()?;
        Some(Self {
            prefix,
            path,
            content_format: request.content_format,
            payload: request.payload,
            query: request.query,
        })
    }

    fn path(&self) -> Option<Path> {
        Some(self.path)
    }

    fn content_format(&self) -> Option<ContentFormat> {
        self.content_format
    }

    fn payload(&self) -> &[u8] {
        &self.payload
    }

    fn details(&self) -> Vec<String> {
        let arguments = String::from_utf8_lossy(&self.payload).into_owned();
        let mut details = self.query.clone();
        if !arguments.is_empty() {
            details.push(arguments);
        }
        details
    }
}

struct Scanner<'b> {
    bytes: &'b [u8],
    at: usize,
}

impl Scanner<'_> {
    fn argument(&mut self) -> Result<Argument, ArgumentError> {
        let digit = match self.bytes.get(self.at) {
            Some(byte @ b'0'..=b'9') => byte - b'0',
            _ => return Err(self.error("a digit")),
        };
        self.at += 1;
        if self.bytes.get(self.at) != Some(&b'=') {
            return Ok(Argument { digit, value: None });
        }
        self.at += 1;
        self.expect(b'\'', "\"'\"")?;
        let mut value = String::new();
        // Printable ASCII without space, apostrophe and backslash (Core TS, 6.3.5).
        while let Some(byte @ (b'!'..=b'&' | b'('..=b'[' | b']'..=b'~')) = self.bytes.get(self.at) {
            value.push(char::from(*byte));
            self.at += 1;
        }
        self.expect(
            b'\'',
            "\"'\" or a printable character other than space and \"\\\"",
        )?;
        Ok(Argument {
            digit,
            value: Some(value),
        })
    }

    fn expect(&mut self, byte: u8, wanted: &'static str) -> Result<(), ArgumentError> {
        if self.bytes.get(self.at) != Some(&byte) {
            return Err(self.error(wanted));
        }
        self.at += 1;
        Ok(())
    }

    fn error(&self, wanted: &'static str) -> ArgumentError {
        let found = match self.bytes.get(self.at) {
            None => "the end".to_owned(),
            Some(byte) if byte.is_ascii_graphic() => format!("\"{}\"", char::from(*byte)),
            Some(byte) => format!("0x{byte:02x}"),
        };
        ArgumentError {
            offset: self.at,
            found,
            wanted,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_read() {
        let execute = Execute::with_arguments(Path::ROOT, "0='U',5,9=''");
        let wanted = [(0, Some("U")), (5, None), (9, Some(""))].map(|(digit, value)| Argument {
            digit,
            value: value.map(str::to_owned),
        });
        assert_eq!(execute.arguments().unwrap(), wanted);
        assert_eq!(Execute::default().arguments().unwrap(), []);
    }

    #[test]
    fn what_the_grammar_forbids_is_told_with_its_offset() {
        for (text, offset) in [
            ("a", 0),
            ("10", 1),
            ("1=2", 2),
            ("1='2", 4),
            ("1=' '", 3),
            ("1,", 2),
            ("1,2,1", 4),
        ] {
            let error = Execute::with_arguments(Path::ROOT, text)
                .arguments()
                .unwrap_err();
            assert_eq!(error.offset, offset, "{text}: {error}");
        }
    }
}
