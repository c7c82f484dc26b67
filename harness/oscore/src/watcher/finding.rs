//! What an OSCORE message can have against the standard although it decrypts (RFC 8613, 4 and 5).

use std::fmt;

use coap::{Code, Message, option};

use crate::class::{Class, class};
use crate::envelope::outer_code;
use crate::{Header, Opened, PartialIv};

/// A rule that a message breaks.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Finding {
    /// The outer code is not the one that hides the inner one.
    OuterCode {
        /// The code that was there.
        found: Code,
        /// The code that had to be there.
        wanted: Code,
    },
    /// An option of Class E stands outside.
    LeftOutside {
        /// Option number.
        number: u16,
    },
    /// An option of Class U stands inside.
    PutInside {
        /// Option number.
        number: u16,
    },
    /// Inner and Outer Observe of a request are not the same, or one is missing.
    ObserveDiffers {
        /// Inner value.
        inner: Option<Vec<u8>>,
        /// Outer value.
        outer: Option<Vec<u8>>,
    },
    /// The Inner Observe option of a notification has a value.
    ObserveNotEmpty {
        /// The value.
        value: Vec<u8>,
    },
    /// The Partial IV has leading zero bytes.
    PartialIvNotShortest {
        /// The Partial IV.
        partial_iv: PartialIv,
    },
    /// The sender used this Partial IV before, with the same key, in another datagram.
    PartialIvReused {
        /// The Partial IV.
        partial_iv: PartialIv,
    },
    /// A second response uses the nonce of the request.
    NonceReused,
}

impl Finding {
    /// A short name for records and reports, in kebab case.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::OuterCode { .. } => "oscore-outer-code",
            Self::LeftOutside { .. } => "oscore-option-outside",
            Self::PutInside { .. } => "oscore-option-inside",
            Self::ObserveDiffers { .. } => "oscore-observe-differs",
            Self::ObserveNotEmpty { .. } => "oscore-observe-not-empty",
            Self::PartialIvNotShortest { .. } => "oscore-partial-iv-not-shortest",
            Self::PartialIvReused { .. } => "oscore-partial-iv-reused",
            Self::NonceReused => "oscore-nonce-reused",
        }
    }

    /// The clause that states the rule.
    pub const fn clause(&self) -> &'static str {
        match self {
            Self::OuterCode { .. } => "RFC 8613, 4.2",
            Self::LeftOutside { .. } => "RFC 8613, 4.1.1",
            Self::PutInside { .. } => "RFC 8613, 4.1.2",
            Self::ObserveDiffers { .. } => "RFC 8613, 4.1.3.5.1",
            Self::ObserveNotEmpty { .. } => "RFC 8613, 4.1.3.5.2",
            Self::PartialIvNotShortest { .. } => "RFC 8613, 5",
            Self::PartialIvReused { .. } => "RFC 8613, 7.2",
            Self::NonceReused => "RFC 8613, 8.3.1",
        }
    }
}

/// The breach as a fragment: `outer code GET, not POST`.
impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = |number| option::name(number).map_or(format!("option {number}"), Into::into);
        match self {
            Self::OuterCode { found, wanted } => write!(f, "outer code {found}, not {wanted}"),
            Self::LeftOutside { number } => write!(f, "{} stands outside", name(*number)),
            Self::PutInside { number } => write!(f, "{} stands inside", name(*number)),
            Self::ObserveDiffers { inner, outer } => {
                write!(f, "Inner Observe is {inner:?}, Outer Observe {outer:?}")
            }
            Self::ObserveNotEmpty { value } => {
                write!(f, "Inner Observe of a notification is {value:?}, not empty")
            }
            Self::PartialIvNotShortest { partial_iv } => {
                write!(f, "{partial_iv:?} has leading zero bytes")
            }
            Self::PartialIvReused { partial_iv } => {
                write!(f, "Partial IV {partial_iv} was used before")
            }
            Self::NonceReused => f.write_str("a second response to one request has no Partial IV"),
        }
    }
}

/// What can be said without decryption.
pub(super) fn outside(outer: &Message) -> Vec<Finding> {
    let mut findings = Vec::new();
    for field in &outer.options {
        let number = field.number;
        if class(number) == Class::Inner {
            findings.push(Finding::LeftOutside { number });
        }
    }
    let value = outer.option_values(option::OSCORE).next();
    let header = value.and_then(|value| Header::decode(value).ok());
    let partial_iv = header.and_then(|header| header.partial_iv);
    findings.extend(
        partial_iv
            .filter(|partial_iv| !partial_iv.is_shortest())
            .map(|partial_iv| Finding::PartialIvNotShortest { partial_iv }),
    );
    findings
}

/// What can be said with the plaintext at hand.
pub(super) fn inside(outer: &Message, opened: &Opened) -> Vec<Finding> {
    let mut findings = Vec::new();
    let inner = opened.inner_values(option::OBSERVE).next();
    let code = opened.plaintext.first().copied().unwrap_or_default();
    let (found, wanted) = (outer.code, outer_code(Code(code), inner.is_some()));
    if found != wanted {
        findings.push(Finding::OuterCode { found, wanted });
    }
    for number in coap::option::KNOWN {
        let number = *number;
        if class(number) == Class::Outer && opened.inner_values(number).next().is_some() {
            findings.push(Finding::PutInside { number });
        }
    }
    let seen = outer.option_values(option::OBSERVE).next();
    if Code(code).is_request() {
        if inner.as_deref() != seen {
            let outer = seen.map(<[u8]>::to_vec);
            findings.push(Finding::ObserveDiffers { inner, outer });
        }
    } else if let Some(value) = inner.filter(|value| !value.is_empty()) {
        findings.push(Finding::ObserveNotEmpty { value });
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Binding;
    use coap::{Kind, MessageId, Token};

    /// An outer message with these options, and a plaintext under it.
    fn seen(code: Code, options: &[(u16, &[u8])], plaintext: &[u8]) -> Vec<String> {
        let mut outer = Message::new(Kind::Con, code, MessageId(1), Token::default());
        for (number, value) in options {
            outer.push_option(*number, *value);
        }
        let partial_iv = PartialIv::from_bytes(&[0]);
        let opened = Opened {
            header: Header::default(),
            binding: Binding {
                kid: Vec::new(),
                partial_iv: partial_iv.unwrap(),
            },
            plaintext: plaintext.to_vec(),
            datagram: Vec::new(),
        };
        let found = outside(&outer).into_iter().chain(inside(&outer, &opened));
        found.map(|finding| finding.to_string()).collect()
    }

    /// Outer code, outer options, plaintext, what is found.
    type Row<'a> = (Code, &'a [(u16, &'a [u8])], &'a [u8], &'a [&'a str]);

    #[test]
    fn each_rule_is_found_where_it_is_broken() {
        let rows: [Row<'_>; 12] = [
            (
                Code::POST,
                &[(option::OSCORE, &[9, 0])],
                &[1, 0xb1, b'3'],
                &[],
            ),
            (Code::GET, &[], &[1], &["outer code GET, not POST"]),
            (
                Code::CONTENT,
                &[],
                &[0x45],
                &["outer code 2.05 Content, not 2.04 Changed"],
            ),
            (
                Code::POST,
                &[(option::URI_PATH, b"3")],
                &[1],
                &["Uri-Path stands outside"],
            ),
            (
                Code::POST,
                &[(2049, b"3")],
                &[1],
                &["option 2049 stands outside"],
            ),
            (Code::POST, &[(option::URI_HOST, b"h")], &[1], &[]),
            (Code::POST, &[(option::BLOCK1, &[6])], &[1], &[]),
            (
                Code::POST,
                &[],
                &[1, 0x31, b'h'],
                &["Uri-Host stands inside"],
            ),
            (
                Code::POST,
                &[(option::OBSERVE, &[])],
                &[1],
                &["Inner Observe is None, Outer Observe Some([])"],
            ),
            (
                Code::FETCH,
                &[(option::OBSERVE, &[])],
                &[1, 0x61, 1],
                &["Inner Observe is Some([1]), Outer Observe Some([])"],
            ),
            (
                Code::CONTENT,
                &[(option::OBSERVE, &[9])],
                &[0x45, 0x61, 9],
                &["Inner Observe of a notification is [9], not empty"],
            ),
            (
                Code::POST,
                &[(option::OSCORE, &[10, 0, 5])],
                &[1],
                &["PartialIv([00, 05]) has leading zero bytes"],
            ),
        ];
        for (code, options, plaintext, findings) in rows {
            assert_eq!(seen(code, options, plaintext), findings);
        }
    }

    #[test]
    fn a_notification_that_is_in_order_has_no_findings() {
        let outer: &[(u16, &[u8])] = &[(option::OBSERVE, &[9]), (option::MAX_AGE, &[])];
        assert_eq!(
            seen(Code::CONTENT, outer, &[0x45, 0x60]),
            Vec::<String>::new()
        );
    }
}
