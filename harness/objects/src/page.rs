//! A file as text: decoded, its lines counted, its XML read.
//!
//! Never fails: bytes that are no text become U+FFFD, and what is no XML is a remark. Document type declarations, and with them entities,
//! are refused.

use std::ops::Range;

use roxmltree::{Document, Error, ParsingOptions};

use crate::finding::{Finding, Remark, Severity};
use crate::rule::{Broken, Rule};

/// The text of a file.
pub(crate) struct Page {
    pub(crate) text: String,
    /// What the bytes were, if not UTF-8.
    pub(crate) odd: Option<Remark>,
    /// Offsets at which lines begin.
    starts: Vec<usize>,
}

impl Page {
    /// Decodes a file.
    pub(crate) fn of(bytes: &[u8]) -> Self {
        let (text, odd) = decoded(bytes);
        let ends = text.match_indices('\n').map(|(at, _)| at + 1);
        let starts = std::iter::once(0).chain(ends).collect();
        Self { text, odd, starts }
    }

    /// Reads the XML.
    pub(crate) fn document(&self) -> Result<Document<'_>, Remark> {
        if let Some(at) = self.crowded_tag() {
            let message = "more attributes than a definition has";
            let help = "a tag of a definition has three attributes at most";
            return Err(Remark::new(at..at + 1, message, help));
        }
        let options = ParsingOptions {
            nodes_limit: (self.text.len() / BYTES_PER_NODE) as u32 + FIRST_NODES,
            ..ParsingOptions::default()
        };
        let document = match self.is_crowded() {
            true => Err(Error::NodesLimitReached),
            false => Document::parse_with_options(&self.text, options),
        };
        document.map_err(|error| {
            let at = self.offset(&error);
            Remark::new(at..at, reason(&error), help(&error))
        })
    }

    /// What is left of `range` without the space around it, down to the end of its first line; never nothing of a line.
    pub(crate) fn trimmed(&self, range: Range<usize>) -> Range<usize> {
        let text = self.text.get(range.clone()).unwrap_or_default();
        let start = range.start + (text.len() - text.trim_start().len());
        let first = text.trim().lines().next().unwrap_or_default();
        start..start + first.trim_end().len()
    }

    /// Where the line of `offset` begins.
    pub(crate) fn line_start(&self, offset: usize) -> usize {
        let line = self.starts.partition_point(|first| *first <= offset);
        let start = self.starts.get(line.saturating_sub(1));
        start.copied().unwrap_or_default()
    }

    /// Puts what breaks a rule in its place.
    pub(crate) fn finding(&self, broken: Broken) -> Finding {
        let Range { start, end } = broken.remark.at;
        let start = start.min(self.text.len());
        let line = self.starts.partition_point(|first| *first <= start);
        let first = self.line_start(start);
        let count =
            |range: Range<usize>| self.text.get(range).unwrap_or_default().chars().count() as u32;
        let line_end = self
            .starts
            .get(line)
            .map_or(self.text.len(), |next| next - 1);
        Finding {
            line: line as u32,
            column: count(first..start) + 1,
            width: count(start..end.clamp(start, line_end.max(start))).max(1),
            severity: broken.severity,
            code: broken.code,
            message: broken.remark.message,
            help: broken.remark.help,
        }
    }

    /// Whether there are more tags and attributes than a definition has: the parser makes room for them before it reads any.
    fn is_crowded(&self) -> bool {
        let marks = self.text.bytes().filter(|byte| matches!(byte, b'<' | b'='));
        self.text.len() > SMALL && marks.count() > self.text.len() / BYTES_PER_NODE
    }

    /// A tag with so many attributes that comparing each with each takes seconds.
    fn crowded_tag(&self) -> Option<usize> {
        let (mut tag, mut count) = (0, 0);
        for (at, pair) in self.text.as_bytes().windows(2).enumerate() {
            match pair {
                [b'<' | b'>', _] => (tag, count) = (at, 0),
                [b'=', b'"' | b'\''] => count += 1,
                _ => {}
            }
            if count > MOST_ATTRIBUTES {
                return Some(tag);
            }
        }
        None
    }

    /// Where a document stops being XML.
    fn offset(&self, error: &Error) -> usize {
        match error {
            Error::DtdDetected => self.text.find("<!DOCTYPE").unwrap_or_default(),
            Error::UnclosedRootNode | Error::UnexpectedEndOfStream | Error::NoRootNode => {
                self.text.trim_end().len()
            }
            _ => {
                let row = (error.pos().row as usize).saturating_sub(1);
                let start = self.starts.get(row).copied().unwrap_or_default();
                let line = self.text.get(start..).unwrap_or_default();
                let column = (error.pos().col as usize).saturating_sub(1);
                let at = line.char_indices().nth(column);
                at.map_or(self.text.len(), |(at, _)| start + at)
            }
        }
    }
}

/// Decodes UTF-8 with or without a byte order mark, and UTF-16 with a remark.
fn decoded(bytes: &[u8]) -> (String, Option<Remark>) {
    let help = "save the file as UTF-8";
    let utf16 = |bytes: &[u8], read: fn([u8; 2]) -> u16| {
        let units = bytes.chunks_exact(2).map(|pair| read([pair[0], pair[1]]));
        let text: String = char::decode_utf16(units)
            .map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER))
            .collect();
        (
            text,
            Some(Remark::new(0..0, "file in UTF-16, wanted UTF-8", help)),
        )
    };
    match bytes {
        [0xff, 0xfe, rest @ ..] => return utf16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => return utf16(rest, u16::from_be_bytes),
        [b'<', 0, ..] => return utf16(bytes, u16::from_le_bytes),
        [0, b'<', ..] => return utf16(bytes, u16::from_be_bytes),
        _ => {}
    }
    let bytes = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes);
    match std::str::from_utf8(bytes) {
        Ok(text) => (text.to_owned(), None),
        Err(error) => {
            let at = error.valid_up_to();
            let byte = bytes.get(at).copied().unwrap_or_default();
            let message = format!("byte 0x{byte:02x}, which is not UTF-8");
            let text = String::from_utf8_lossy(bytes).into_owned();
            let width = char::REPLACEMENT_CHARACTER.len_utf8();
            (text, Some(Remark::new(at..at + width, message, help)))
        }
    }
}

/// Why a document is not read, without the place, which the remark has.
fn reason(error: &Error) -> String {
    match error {
        Error::DtdDetected => "document type declaration, which is not read".to_owned(),
        Error::NodesLimitReached => "more elements than a definition has".to_owned(),
        Error::NoRootNode => "no element".to_owned(),
        _ => {
            let text = error.to_string();
            let place = format!(" at {}", error.pos());
            text.strip_suffix(&place).unwrap_or(&text).to_owned()
        }
    }
}

fn help(error: &Error) -> &'static str {
    match error {
        Error::DtdDetected => "a definition has no DOCTYPE and no entities of its own",
        Error::NodesLimitReached => "a definition has an element for every eight bytes at most",
        _ => "a definition is one well-formed XML document with the root \"LWM2M\"",
    }
}

/// Bytes of a file that are read; the longest of the registry, DDF.xml, has 251,500.
pub const LONGEST: usize = 2 << 20;

/// A node takes about ten times as many bytes in memory; a shorter average is no definition.
const BYTES_PER_NODE: usize = 8;

/// Bytes up to which a document may be crowded.
const SMALL: usize = 16 << 10;

/// Nodes that even the shortest document may have.
const FIRST_NODES: u32 = 16;

/// Attributes of a tag that are read.
const MOST_ATTRIBUTES: usize = 1000;

/// U+FEFF in UTF-8.
const BYTE_ORDER_MARK: &[u8] = &[0xef, 0xbb, 0xbf];

/// What keeps a file from being looked at.
pub(crate) static FILE: [Rule<()>; 3] = [
    Rule {
        code: "file",
        severity: Severity::Error,
        about: "the file can be read, and is no longer than 2 MiB",
        source: "testfest",
        check: (),
    },
    Rule {
        code: "xml",
        severity: Severity::Error,
        about: "the file is well-formed XML without a DOCTYPE",
        source: "W3C, XML 1.0",
        check: (),
    },
    Rule {
        code: "encoding",
        severity: Severity::Error,
        about: "the file is in UTF-8",
        source: "W3C, XML 1.0, 4.3.3; the registry's files",
        check: (),
    },
];
