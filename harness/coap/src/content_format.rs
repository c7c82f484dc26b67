//! Content-Formats of LwM2M, with the words that cases and reports use for them.

use std::fmt;

/// A CoAP Content-Format number (RFC 7252, 12.3).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContentFormat(pub u16);

impl ContentFormat {
    /// `text/plain`, called text in cases.
    pub const TEXT: Self = Self(0);
    /// `application/link-format` (RFC 6690).
    pub const LINK_FORMAT: Self = Self(40);
    /// `application/octet-stream`.
    pub const OPAQUE: Self = Self(42);
    /// `application/cbor`.
    pub const CBOR: Self = Self(60);
    /// `application/senml+json` (RFC 8428).
    pub const SENML_JSON: Self = Self(110);
    /// `application/senml+cbor` (RFC 8428).
    pub const SENML_CBOR: Self = Self(112);
    /// `application/senml-etch+json` (RFC 8790).
    pub const SENML_ETCH_JSON: Self = Self(320);
    /// `application/senml-etch+cbor` (RFC 8790).
    pub const SENML_ETCH_CBOR: Self = Self(322);
    /// `application/vnd.oma.lwm2m+tlv`.
    pub const TLV: Self = Self(11542);
    /// `application/vnd.oma.lwm2m+json`.
    pub const LWM2M_JSON: Self = Self(11543);
    /// `application/vnd.oma.lwm2m+cbor`.
    pub const LWM2M_CBOR: Self = Self(11544);

    /// Every format that has a word, in ascending order of numbers.
    pub const NAMED: &[(Self, &str)] = &[
        (Self::TEXT, "text"),
        (Self::LINK_FORMAT, "link-format"),
        (Self::OPAQUE, "opaque"),
        (Self::CBOR, "cbor"),
        (Self::SENML_JSON, "senml-json"),
        (Self::SENML_CBOR, "senml-cbor"),
        (Self::SENML_ETCH_JSON, "senml-etch-json"),
        (Self::SENML_ETCH_CBOR, "senml-etch-cbor"),
        (Self::TLV, "tlv"),
        (Self::LWM2M_JSON, "lwm2m-json"),
        (Self::LWM2M_CBOR, "lwm2m-cbor"),
    ];

    /// The word for this format, if it has one.
    pub fn name(self) -> Option<&'static str> {
        Self::NAMED
            .iter()
            .find(|(format, _)| *format == self)
            .map(|(_, name)| *name)
    }

    /// The format that `word` names.
    pub fn from_name(word: &str) -> Option<Self> {
        Self::NAMED
            .iter()
            .find(|(_, name)| *name == word)
            .map(|(format, _)| *format)
    }
}

/// The word, or the number if there is none.
impl fmt::Display for ContentFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "{}", self.0),
        }
    }
}

impl fmt::Debug for ContentFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ContentFormat({self})")
    }
}
