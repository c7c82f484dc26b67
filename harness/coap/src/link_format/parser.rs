//! The grammar of RFC 6690, 2, character by character.

use super::{
    Attribute, Link, LinkFormatError, LinkFormatErrorKind, LinkViolation, LinkViolationKind, Links,
    is_control, is_token,
};

/// Position in the text and what was found so far.
pub(super) struct Parser<'a> {
    text: &'a str,
    offset: usize,
    violations: Vec<LinkViolation>,
    /// Links and attributes so far.
    parts: usize,
}

impl<'a> Parser<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Result<Self, LinkFormatError> {
        let text = std::str::from_utf8(bytes).map_err(|error| LinkFormatError {
            kind: LinkFormatErrorKind::NotUtf8,
            offset: error.valid_up_to(),
        })?;
        Ok(Self {
            text,
            offset: 0,
            violations: Vec::new(),
            parts: 0,
        })
    }

    pub(super) fn links(mut self) -> Result<Links, LinkFormatError> {
        let mut links = Vec::new();
        if self.peek().is_some() {
            links.push(self.link()?);
        }
        while self.peek().is_some() {
            self.expect(',', "`,` or `;`")?;
            links.push(self.link()?);
        }
        Ok(Links {
            preamble: Vec::new(),
            links,
            violations: self.violations,
        })
    }

    fn link(&mut self) -> Result<Link, LinkFormatError> {
        let offset = self.offset;
        self.count()?;
        self.begin_link()?;
        self.expect('<', "`<`")?;
        let target = self.target()?;
        self.expect('>', "`>` or a character of a URI reference")?;
        let mut attributes = Vec::new();
        while self.take(';') {
            let attribute = self.attribute()?;
            self.check(&attribute, &attributes);
            attributes.push(attribute);
        }
        Ok(Link {
            target,
            attributes,
            offset,
        })
    }

    /// Counts a link or an attribute.
    const fn count(&mut self) -> Result<(), LinkFormatError> {
        self.parts += 1;
        if self.parts <= MOST_PARTS {
            return Ok(());
        }
        Err(LinkFormatError {
            kind: LinkFormatErrorKind::TooMany { most: MOST_PARTS },
            offset: self.offset,
        })
    }

    /// Makes sure that a link starts here, without taking it.
    pub(super) fn begin_link(&self) -> Result<(), LinkFormatError> {
        match self.peek() {
            Some('<') => Ok(()),
            _ => Err(self.unexpected("`<`")),
        }
    }

    /// A URI reference by its characters (RFC 3986, 2).
    fn target(&mut self) -> Result<String, LinkFormatError> {
        let start = self.offset;
        while let Some(char) = self.peek().filter(|char| is_uri(*char)) {
            self.offset += 1;
            if char == '%' {
                for _ in 0..2 {
                    match self.peek() {
                        Some(digit) if digit.is_ascii_hexdigit() => self.offset += 1,
                        _ => return Err(self.unexpected("a hexadecimal digit")),
                    }
                }
            }
        }
        Ok(self.since(start))
    }

    pub(super) fn attribute(&mut self) -> Result<Attribute, LinkFormatError> {
        let offset = self.offset;
        self.count()?;
        let name = self.run(is_name, "an attribute name")?;
        // A trailing `*` marks an extended value (RFC 5987).
        let name = if self.take('*') { name + "*" } else { name };
        let mut attribute = Attribute {
            name,
            value: None,
            quoted: false,
            offset,
        };
        if self.take('=') {
            attribute.quoted = self.peek() == Some('"');
            attribute.value = Some(match attribute.quoted {
                true => self.quoted_string()?,
                false => self.run(is_token, "a value")?,
            });
        }
        Ok(attribute)
    }

    /// A quoted string (RFC 2616, 2.2), without quotes and escapes.
    fn quoted_string(&mut self) -> Result<String, LinkFormatError> {
        let start = self.offset;
        self.expect('"', "`\"`")?;
        let mut value = String::new();
        while let Some(char) = self.peek() {
            match char {
                '"' => {
                    self.offset += 1;
                    return Ok(value);
                }
                '\\' => {
                    self.offset += 1;
                    let escaped = self.peek().filter(char::is_ascii);
                    value.push(escaped.ok_or_else(|| self.unexpected("an ASCII character"))?);
                    self.offset += 1;
                }
                char if is_control(char) => {
                    return Err(self.unexpected("a printable character"));
                }
                char => {
                    value.push(char);
                    self.offset += char.len_utf8();
                }
            }
        }
        Err(LinkFormatError {
            kind: LinkFormatErrorKind::QuoteOpen,
            offset: start,
        })
    }

    /// One or more characters of a class.
    fn run(
        &mut self,
        class: fn(char) -> bool,
        wanted: &'static str,
    ) -> Result<String, LinkFormatError> {
        let start = self.offset;
        while self.peek().is_some_and(class) {
            self.offset += 1;
        }
        match self.since(start) {
            text if text.is_empty() => Err(self.unexpected(wanted)),
            text => Ok(text),
        }
    }

    /// Notes what the text of RFC 6690 forbids about an attribute.
    fn check(&mut self, attribute: &Attribute, earlier: &[Attribute]) {
        let Attribute {
            name,
            value,
            offset,
            ..
        } = attribute;
        let mut note = |kind| {
            self.violations.push(LinkViolation {
                kind,
                offset: *offset,
            })
        };
        if ONCE.contains(&name.as_str()) && earlier.iter().any(|other| other.name == *name) {
            note(LinkViolationKind::Repeated { name: name.clone() });
        }
        let value = value.as_deref().unwrap_or_default();
        if name == "sz" && (attribute.quoted || !is_cardinal(value)) {
            note(LinkViolationKind::SizeNotCardinal {
                value: value.to_owned(),
            });
        }
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.text.get(self.offset..)?.chars().next()
    }

    /// Takes `wanted`, an ASCII character, if it is next.
    pub(super) fn take(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(wanted);
        self.offset += usize::from(found);
        found
    }

    pub(super) fn expect(
        &mut self,
        char: char,
        wanted: &'static str,
    ) -> Result<(), LinkFormatError> {
        if self.take(char) {
            Ok(())
        } else {
            Err(self.unexpected(wanted))
        }
    }

    fn unexpected(&self, wanted: &'static str) -> LinkFormatError {
        let kind = LinkFormatErrorKind::Unexpected {
            found: self.peek(),
            wanted,
        };
        LinkFormatError {
            kind,
            offset: self.offset,
        }
    }

    fn since(&self, start: usize) -> String {
        self.text
            .get(start..self.offset)
            .unwrap_or_default()
            .to_owned()
    }
}

/// Characters of an attribute name (RFC 6690, 2, parmname; RFC 5987, 3.2.1, attr-char).
pub(super) const fn is_name(char: char) -> bool {
    char.is_ascii_alphanumeric()
        || matches!(
            char,
            '!' | '#' | '$' | '&' | '+' | '-' | '.' | '^' | '_' | '`' | '|' | '~'
        )
}

/// Characters of a URI reference (RFC 3986, 2).
const fn is_uri(char: char) -> bool {
    char.is_ascii_graphic() && !matches!(char, '"' | '<' | '>' | '\\' | '^' | '`' | '{' | '|' | '}')
}

fn is_cardinal(value: &str) -> bool {
    let digits = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
    digits && (value == "0" || !value.starts_with('0'))
}

/// Attributes that stand once in a link: `rel`, `rt`, `if`, `sz` (RFC 6690, 2 and 3), `media`, `title`,
/// `title*`, `type` (RFC 5988, 5.4), `ct` (RFC 7252, 7.2.1).
const ONCE: &[&str] = &[
    "rel", "rt", "if", "sz", "media", "title", "title*", "type", "ct",
];

/// Far more than any document of LwM2M has: what a text of nothing but attributes takes in memory stays in proportion.
const MOST_PARTS: usize = 4096;
