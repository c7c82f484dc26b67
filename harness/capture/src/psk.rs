//! A pre-shared key as it is given on a command line: `ID=HEX` (RFC 4279).

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// A pre-shared key with its identity.
#[derive(Clone, PartialEq, Eq)]
pub struct PreSharedKey {
    /// The identity: the bytes of the text before the last equals sign.
    pub identity: Vec<u8>,
    /// The key.
    pub key: Vec<u8>,
}

/// Why a text gives no pre-shared key. Never shows the key.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum PskMistake {
    /// There is nothing to tell identity from key.
    #[error("no \"=\" between identity and key, ID=HEX wanted")]
    NoKey,
    /// The key is empty.
    #[error("no key for \"{identity}\", ID=HEX wanted")]
    EmptyKey {
        /// The identity.
        identity: String,
    },
    /// The key is not hexadecimal.
    #[error("\"{found}\" at digit {at} of the key for \"{identity}\", hexadecimal digits wanted")]
    Digit {
        /// The identity.
        identity: String,
        /// The first character that is no digit.
        found: char,
        /// Where it stands, counted from 1.
        at: usize,
    },
    /// The last byte of the key has one digit.
    #[error("{digits} digits in the key for \"{identity}\", an even number wanted")]
    Odd {
        /// The identity.
        identity: String,
        /// How many digits there are.
        digits: usize,
    },
}

impl FromStr for PreSharedKey {
    type Err = PskMistake;

    /// Splits at the last equals sign, since an identity may hold some and a key cannot.
    fn from_str(text: &str) -> Result<Self, PskMistake> {
        let (identity, key) = text.rsplit_once('=').ok_or(PskMistake::NoKey)?;
        let named = || identity.to_owned();
        if key.is_empty() {
            return Err(PskMistake::EmptyKey { identity: named() });
        }
        let wrong = key.chars().position(|digit| !digit.is_ascii_hexdigit());
        if let Some((at, found)) = wrong.and_then(|at| Some((at + 1, key.chars().nth(at)?))) {
            let identity = named();
            return Err(PskMistake::Digit {
                identity,
                found,
                at,
            });
        }
        let key = bytes(key).ok_or_else(|| PskMistake::Odd {
            identity: named(),
            digits: key.len(),
        })?;
        let identity = identity.as_bytes().to_vec();
        Ok(Self { identity, key })
    }
}

/// Shows the identity only.
impl fmt::Debug for PreSharedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let identity = String::from_utf8_lossy(&self.identity);
        write!(f, "PreSharedKey({identity:?})")
    }
}

/// Bytes of pairs of hexadecimal digits; `None` if there is anything else.
pub(crate) fn bytes(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u32>> = text.chars().map(|digit| digit.to_digit(16)).collect();
    let (pairs, rest) = digits.as_deref()?.as_chunks::<2>();
    let pairs = pairs.iter().map(|[high, low]| (high << 4 | low) as u8);
    rest.is_empty().then(|| pairs.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identity_may_hold_anything() {
        let rows: [(&str, &str, &[u8]); 4] = [
            ("client=736563726574", "client", b"secret"),
            ("a=b=00ff", "a=b", &[0, 255]),
            ("=AB", "", &[0xAB]),
            ("ä@x:5684=0a", "ä@x:5684", &[10]),
        ];
        for (text, identity, key) in rows {
            let psk: PreSharedKey = text.parse().unwrap();
            assert_eq!(psk.identity, identity.as_bytes());
            assert_eq!(psk.key, key);
            assert_eq!(format!("{psk:?}"), format!("PreSharedKey({identity:?})"));
        }
    }

    #[test]
    fn mistakes_are_named_without_the_key() {
        let rows = [
            ("client", "no \"=\" between identity and key, ID=HEX wanted"),
            ("client=", "no key for \"client\", ID=HEX wanted"),
            (
                "client=abc",
                "3 digits in the key for \"client\", an even number wanted",
            ),
            (
                "client=12ß4",
                "\"ß\" at digit 3 of the key for \"client\", hexadecimal digits wanted",
            ),
        ];
        for (text, message) in rows {
            let mistake = text.parse::<PreSharedKey>().unwrap_err();
            assert_eq!(mistake.to_string(), message);
        }
    }
}
