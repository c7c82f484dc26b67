//! Option numbers and what is registered about them (RFC 7252, 5.10 and 12.2; 7641; 7959; 7967; 8613; 8768; 9175).
//!
//! Holds the numbers, the classes that follow from a number (5.4.6) and the value formats with their
//! lengths (Table 4). Does not read values.

macro_rules! options {
    ($($constant:ident = $number:literal, $name:literal, $format:ident, $min:literal..$max:literal $(, $repeatable:ident)?;)*) => {
        $(
            #[doc = concat!("Option ", $name, ".")]
            pub const $constant: u16 = $number;
        )*

        /// What is registered about option `number`; `None` if this crate does not know it.
        pub const fn definition(number: u16) -> Option<&'static Definition> {
            match number {
                $($constant => Some(const { &Definition {
                    number: $number,
                    name: $name,
                    format: Format::$format,
                    min_length: $min,
                    max_length: $max,
                    repeatable: false $(|| options!(@ $repeatable))?,
                } }),)*
                _ => None,
            }
        }

        /// Every option that this crate knows, by ascending number.
        pub const KNOWN: &[u16] = &[$($constant),*];
    };
    (@ repeatable) => { true };
}

/// What a registration says about an option (RFC 7252, 5.4 and Table 4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Definition {
    /// Option number.
    pub number: u16,
    /// The standard's name.
    pub name: &'static str,
    /// Format of the value.
    pub format: Format,
    /// Shortest value, in bytes.
    pub min_length: u16,
    /// Longest value, in bytes.
    pub max_length: u16,
    /// Whether the option may occur more than once in a message (RFC 7252, 5.4.5).
    pub repeatable: bool,
}

/// Format of an option value (RFC 7252, 3.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// No bytes.
    Empty,
    /// Bytes without a meaning to CoAP.
    Opaque,
    /// An unsigned integer in network byte order, as few bytes as it needs.
    Uint,
    /// UTF-8 text.
    String,
}

options! {
    IF_MATCH = 1, "If-Match", Opaque, 0..8, repeatable;
    URI_HOST = 3, "Uri-Host", String, 1..255;
    ETAG = 4, "ETag", Opaque, 1..8, repeatable;
    IF_NONE_MATCH = 5, "If-None-Match", Empty, 0..0;
    OBSERVE = 6, "Observe", Uint, 0..3;
    URI_PORT = 7, "Uri-Port", Uint, 0..2;
    LOCATION_PATH = 8, "Location-Path", String, 0..255, repeatable;
    OSCORE = 9, "OSCORE", Opaque, 0..255;
    URI_PATH = 11, "Uri-Path", String, 0..255, repeatable;
    CONTENT_FORMAT = 12, "Content-Format", Uint, 0..2;
    MAX_AGE = 14, "Max-Age", Uint, 0..4;
    URI_QUERY = 15, "Uri-Query", String, 0..255, repeatable;
    HOP_LIMIT = 16, "Hop-Limit", Uint, 1..1;
    ACCEPT = 17, "Accept", Uint, 0..2;
    LOCATION_QUERY = 20, "Location-Query", String, 0..255, repeatable;
    BLOCK2 = 23, "Block2", Uint, 0..3;
    BLOCK1 = 27, "Block1", Uint, 0..3;
    SIZE2 = 28, "Size2", Uint, 0..4;
    PROXY_URI = 35, "Proxy-Uri", String, 1..1034;
    PROXY_SCHEME = 39, "Proxy-Scheme", String, 1..255;
    SIZE1 = 60, "Size1", Uint, 0..4;
    ECHO = 252, "Echo", Opaque, 1..40;
    NO_RESPONSE = 258, "No-Response", Uint, 0..1;
    REQUEST_TAG = 292, "Request-Tag", Opaque, 0..8, repeatable;
}

/// The standard's name of option `number`, if this crate knows it.
pub fn name(number: u16) -> Option<&'static str> {
    definition(number).map(|definition| definition.name)
}

/// Whether this crate knows option `number`.
pub const fn is_known(number: u16) -> bool {
    definition(number).is_some()
}

/// Whether a receiver that does not know option `number` must refuse the message (RFC 7252, 5.4.1 and 5.4.6).
pub const fn is_critical(number: u16) -> bool {
    number & 1 == 1
}

/// Whether a proxy that does not know option `number` must not forward it (RFC 7252, 5.4.2 and 5.4.6).
pub const fn is_unsafe(number: u16) -> bool {
    number & 2 == 2
}

/// Whether option `number` is left out of the cache key (RFC 7252, 5.4.6).
pub const fn is_no_cache_key(number: u16) -> bool {
    number & 0x1e == 0x1c
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Columns C, U and N of RFC 7252, Table 4.
    #[test]
    fn classes_follow_from_the_number() {
        let rows = [
            (IF_MATCH, "C"),
            (URI_HOST, "CU"),
            (ETAG, ""),
            (IF_NONE_MATCH, "C"),
            (URI_PORT, "CU"),
            (LOCATION_PATH, ""),
            (URI_PATH, "CU"),
            (CONTENT_FORMAT, ""),
            (MAX_AGE, "U"),
            (URI_QUERY, "CU"),
            (ACCEPT, "C"),
            (LOCATION_QUERY, ""),
            (PROXY_URI, "CU"),
            (PROXY_SCHEME, "CU"),
            (SIZE1, "N"),
        ];
        for (number, classes) in rows {
            let mut found = String::new();
            found.extend(is_critical(number).then_some('C'));
            found.extend(is_unsafe(number).then_some('U'));
            found.extend(is_no_cache_key(number).then_some('N'));
            assert_eq!(found, classes, "option {number}");
        }
    }

    #[test]
    fn known_options_ascend_and_have_a_definition() {
        assert!(KNOWN.is_sorted_by(|left, right| left < right));
        assert!(KNOWN.iter().all(|number| is_known(*number)));
        assert_eq!(name(URI_PATH), Some("Uri-Path"));
        assert_eq!(name(2049), None);
    }
}
