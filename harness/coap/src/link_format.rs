//! CoRE Link Format (RFC 6690, 2): a strict parser with byte offsets, and the writer.
//!
//! The grammar has no white space and no empty links. Attributes of LwM2M are not known here.

mod parser;

use std::fmt;

use thiserror::Error;

use self::parser::{Parser, is_name};

/// A parsed document.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Links {
    /// Attributes before the first link, as LwM2M 1.0 starts a Bootstrap-Discover answer; empty by RFC 6690.
    pub preamble: Vec<Attribute>,
    /// The links, in order.
    pub links: Vec<Link>,
    /// What the grammar allows and the text forbids.
    pub violations: Vec<LinkViolation>,
}

/// One link: target and attributes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Target between `<` and `>`.
    pub target: String,
    /// Attributes, in order, repeated ones included.
    pub attributes: Vec<Attribute>,
    /// Byte offset of the `<`.
    pub offset: usize,
}

/// One attribute of a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribute {
    /// Name.
    pub name: String,
    /// Value without quotes and escapes; `None` if there is no `=`.
    pub value: Option<String>,
    /// Whether the value stands in quotes.
    pub quoted: bool,
    /// Byte offset of the name.
    pub offset: usize,
}

/// A broken rule that leaves the links readable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkViolation {
    /// The rule.
    pub kind: LinkViolationKind,
    /// Byte offset of the attribute.
    pub offset: usize,
}

/// The rules about attributes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LinkViolationKind {
    /// An attribute that may stand once in a link stands there again (RFC 6690, 2 and 3; RFC 7252, 7.2.1).
    Repeated {
        /// Its name.
        name: String,
    },
    /// The value of `sz` is not a decimal number without leading zeros (RFC 6690, 2).
    SizeNotCardinal {
        /// The value that was there.
        value: String,
    },
}

/// Why bytes are not link format, and where.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{kind} at byte {offset}")]
pub struct LinkFormatError {
    /// What was wrong.
    pub kind: LinkFormatErrorKind,
    /// Byte offset.
    pub offset: usize,
}

/// What the grammar of RFC 6690, 2 was broken by.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum LinkFormatErrorKind {
    /// The bytes are not UTF-8.
    #[error("not UTF-8")]
    NotUtf8,
    /// Something else stands where a part must start or end.
    #[error("found {}, wanted {wanted}", Found(*.found))]
    Unexpected {
        /// What stood there; `None` for the end.
        found: Option<char>,
        /// What the grammar wants.
        wanted: &'static str,
    },
    /// A quoted string does not end.
    #[error("quoted string without closing quote")]
    QuoteOpen,
    /// More links and attributes than are read.
    #[error("more than {most} links and attributes")]
    TooMany {
        /// As many are read.
        most: usize,
    },
}

impl Links {
    /// Parses link format by RFC 6690 and nothing else.
    pub fn parse(bytes: &[u8]) -> Result<Self, LinkFormatError> {
        Parser::new(bytes)?.links()
    }

    /// Parses link format that may start with attributes without a target: `lwm2m="1.0",</0>` (LwM2M 1.0, 5.2.7.3).
    pub fn parse_with_preamble(bytes: &[u8]) -> Result<Self, LinkFormatError> {
        let mut parser = Parser::new(bytes)?;
        let mut preamble = Vec::new();
        if parser.peek().is_some_and(is_name) {
            preamble.push(parser.attribute()?);
            while parser.take(';') {
                preamble.push(parser.attribute()?);
            }
            if parser.peek().is_some() {
                parser.expect(',', "`,` or `;`")?;
                parser.begin_link()?;
            }
        }
        Ok(Self {
            preamble,
            ..parser.links()?
        })
    }
}

impl Link {
    /// A link without attributes.
    pub fn new(target: impl Into<String>) -> Self {
        Self {
            target: target.into(),
            attributes: Vec::new(),
            offset: 0,
        }
    }

    /// Appends an attribute; the writer quotes the value if it must.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.attributes.push(Attribute::new(name, value));
        self
    }

    /// Appends an attribute in quotes.
    #[must_use]
    pub fn with_quoted(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.attributes.push(Attribute {
            quoted: true,
            ..Attribute::new(name, value)
        });
        self
    }

    /// Appends an attribute without a value.
    #[must_use]
    pub fn with_flag(mut self, name: impl Into<String>) -> Self {
        self.attributes.push(Attribute {
            value: None,
            ..Attribute::new(name, "")
        });
        self
    }

    /// The first attribute called `name`.
    pub fn attribute(&self, name: &str) -> Option<&Attribute> {
        self.attributes
            .iter()
            .find(|attribute| attribute.name == name)
    }

    /// The value of the first attribute called `name`, if it has one.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.attribute(name)?.value.as_deref()
    }
}

impl Attribute {
    /// An attribute with a value.
    pub fn new(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            value: Some(value.into()),
            quoted: false,
            offset: 0,
        }
    }
}

/// Link format text: the preamble, if any, then the links.
impl fmt::Display for Links {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, attribute) in self.preamble.iter().enumerate() {
            f.write_str(if index > 0 { ";" } else { "" })?;
            attribute.fmt(f)?;
        }
        for (index, link) in self.links.iter().enumerate() {
            let first = index == 0 && self.preamble.is_empty();
            f.write_str(if first { "" } else { "," })?;
            link.fmt(f)?;
        }
        Ok(())
    }
}

/// `</3/0>;rt="x"`; the target is written as it is.
impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{}>", self.target)?;
        self.attributes
            .iter()
            .try_for_each(|attribute| write!(f, ";{attribute}"))
    }
}

/// `name`, `name=value` or `name="value"`; a value that is no token is quoted in any case.
impl fmt::Display for Attribute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        let Some(value) = &self.value else {
            return Ok(());
        };
        if !self.quoted && !value.is_empty() && value.chars().all(is_token) {
            return write!(f, "={value}");
        }
        f.write_str("=\"")?;
        for char in value.chars() {
            if matches!(char, '"' | '\\') || is_control(char) {
                f.write_str("\\")?;
            }
            write!(f, "{char}")?;
        }
        f.write_str("\"")
    }
}

impl fmt::Display for LinkViolation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            LinkViolationKind::Repeated { name } => write!(f, "attribute \"{name}\" stands again")?,
            LinkViolationKind::SizeNotCardinal { value } => {
                write!(
                    f,
                    "sz is \"{value}\", not a decimal number without leading zeros"
                )?;
            }
        }
        write!(f, " at byte {} (RFC 6690, 2)", self.offset)
    }
}

/// Prints what was found in a message.
struct Found(Option<char>);

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(char) => write!(f, "`{}`", char.escape_debug()),
            None => f.write_str("the end"),
        }
    }
}

/// Characters that stand in a quoted string only behind a backslash (RFC 2616, 2.2: CTL, of which LWS takes the tab).
const fn is_control(char: char) -> bool {
    char.is_ascii_control() && char != '\t'
}

/// Characters of an unquoted value (RFC 6690, 2, ptokenchar).
const fn is_token(char: char) -> bool {
    char.is_ascii_graphic() && !matches!(char, '"' | ',' | ';' | '\\')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Examples of RFC 6690, 5, and of LwM2M registrations.
    #[test]
    fn documents_are_parsed_and_written_back() {
        let rows: [(&str, usize); 9] = [
            ("", 0),
            ("</sensors>;ct=40;title=\"Sensor Index\"", 1),
            (
                "</sensors/temp>;rt=\"temperature-c\";if=\"sensor\",</sensors/light>;rt=\"light-lux\";if=\"sensor\"",
                2,
            ),
            (
                "<http://www.example.com/sensors/t123>;anchor=\"/sensors/temp\";rel=\"describedby\",</t>;anchor=\"/sensors/temp\";rel=\"alternate\"",
                2,
            ),
            ("</firmware/v2.1>;rt=\"firmware\";sz=262144", 1),
            ("</>;rt=\"oma.lwm2m\";ct=11543,</1/0>,</3/0>", 3),
            ("</3/0/7>;dim=8;pmin=10;gt=-3.5;obs", 1),
            (
                "</a>;title=\"say \\\"\\\\\\\" \u{e9}\";title*=UTF-8''%c3%a9",
                1,
            ),
            ("</a>;title=\"\\\0 \\\n \t \\\u{7f} \u{85}\"", 1),
        ];
        for (text, count) in rows {
            let links = Links::parse(text.as_bytes()).unwrap();
            assert_eq!(links.links.len(), count, "{text}");
            assert_eq!(links.violations, [], "{text}");
            assert_eq!(links.to_string(), text);
        }
    }

    #[test]
    fn attributes_carry_value_quotes_and_offset() {
        let links = Links::parse(b"</1>,</3/0>;ver=1.1;title=\"a \\\"b\\\"\";obs").unwrap();
        let link = &links.links[1];
        assert_eq!((link.offset, link.target.as_str()), (5, "/3/0"));
        assert_eq!(link.value("ver"), Some("1.1"));
        let attribute = |name: &str, value: Option<&str>, quoted, offset| Attribute {
            name: name.to_owned(),
            value: value.map(str::to_owned),
            quoted,
            offset,
        };
        let wanted = [
            attribute("ver", Some("1.1"), false, 12),
            attribute("title", Some("a \"b\""), true, 20),
            attribute("obs", None, false, 36),
        ];
        assert_eq!(link.attributes, wanted);
    }

    #[test]
    fn errors_say_what_was_found_where() {
        let rows: [(&[u8], usize, &str); 16] = [
            (b"/3/0", 0, "found `/`, wanted `<` at byte 0"),
            (
                b"</3/0",
                5,
                "found the end, wanted `>` or a character of a URI reference at byte 5",
            ),
            (
                b"</3 0>",
                3,
                "found ` `, wanted `>` or a character of a URI reference at byte 3",
            ),
            (
                b"</%g0>",
                3,
                "found `g`, wanted a hexadecimal digit at byte 3",
            ),
            (b"</3>,", 5, "found the end, wanted `<` at byte 5"),
            (b"</3>, </4>", 5, "found ` `, wanted `<` at byte 5"),
            (
                b"</3>;",
                5,
                "found the end, wanted an attribute name at byte 5",
            ),
            (
                b"</3>;;a",
                5,
                "found `;`, wanted an attribute name at byte 5",
            ),
            (b"</3>;a=", 7, "found the end, wanted a value at byte 7"),
            (b"</3>;a=1 ", 8, "found ` `, wanted `,` or `;` at byte 8"),
            (
                b"</3>;a=\"b",
                7,
                "quoted string without closing quote at byte 7",
            ),
            (
                b"</3>;a=\"b\\",
                10,
                "found the end, wanted an ASCII character at byte 10",
            ),
            (
                b"</3>;a=\"\n\"",
                8,
                "found `\\n`, wanted a printable character at byte 8",
            ),
            (b"</3></4>", 4, "found `<`, wanted `,` or `;` at byte 4"),
            (b"</\xff>", 2, "not UTF-8 at byte 2"),
            (b"lwm2m=\"1.0\",</0>", 0, "found `l`, wanted `<` at byte 0"),
        ];
        for (bytes, offset, message) in rows {
            let error = Links::parse(bytes).unwrap_err();
            assert_eq!(
                (error.offset, error.to_string().as_str()),
                (offset, message)
            );
        }
    }

    #[test]
    fn what_may_stand_once_is_noted_when_it_stands_again() {
        let links = Links::parse(b"</a>;rt=x;rt=y;q=1;q=2,</b>;rt=x;sz=007").unwrap();
        let found: Vec<_> = links.violations.iter().map(ToString::to_string).collect();
        let wanted = [
            "attribute \"rt\" stands again at byte 10 (RFC 6690, 2)",
            "sz is \"007\", not a decimal number without leading zeros at byte 33 (RFC 6690, 2)",
        ];
        assert_eq!(found, wanted);
    }

    #[test]
    fn a_preamble_has_its_own_entry_point() {
        let text = "lwm2m=\"1.0\",</0/0>;ssid=101,</1>";
        let links = Links::parse_with_preamble(text.as_bytes()).unwrap();
        assert_eq!(links.preamble[0].value.as_deref(), Some("1.0"));
        assert_eq!(links.links.len(), 2);
        assert_eq!(links.to_string(), text);
        for without in ["</>;lwm2m=1.1,</0/0>", "", "lwm2m=1.0"] {
            assert_eq!(
                Links::parse_with_preamble(without.as_bytes())
                    .unwrap()
                    .to_string(),
                without
            );
        }
        assert!(Links::parse_with_preamble(b"lwm2m=\"1.0\",").is_err());
    }

    #[test]
    fn the_writer_quotes_what_is_no_token() {
        let link = Link::new("/3")
            .with("a", "b c")
            .with("d", "1")
            .with_quoted("e", "1")
            .with_flag("f");
        assert_eq!(link.to_string(), "</3>;a=\"b c\";d=1;e=\"1\";f");
    }

    #[test]
    fn links_and_attributes_without_end_are_refused() {
        let rows = [
            (format!("</1>{}", ";a".repeat(4095)), None),
            (format!("</1>{}", ";a".repeat(4096)), Some(4 + 2 * 4096 - 1)),
            (format!("</1>{}", ",</1>".repeat(60_000)), Some(5 * 4096)),
        ];
        for (text, offset) in rows {
            let found = Links::parse(text.as_bytes()).err();
            let many = LinkFormatErrorKind::TooMany { most: 4096 };
            let wanted = offset.map(|offset| LinkFormatError { kind: many, offset });
            assert_eq!(found, wanted);
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_parsed_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = Links::parse_with_preamble(&bytes);
        }

        #[test]
        fn what_is_parsed_is_written_alike(text in r#"(</[a-z%0-9]{0,4}>|;[a-z]{1,2}|="[a "\\\x00-\x1f\x7f]{0,3}"|=[a-z1]{1,2}|,){0,12}"#) {
            if let Ok(links) = Links::parse_with_preamble(text.as_bytes()) {
                let again = Links::parse_with_preamble(links.to_string().as_bytes()).unwrap();
                let targets = |links: &Links| -> Vec<_> {
                    links.links.iter().map(|link| (link.target.clone(), link.attributes.len())).collect()
                };
                prop_assert_eq!(targets(&again), targets(&links));
            }
        }
    }
}
