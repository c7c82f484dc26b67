//! Alerts (RFC 5246, 7.2): a level and a description, with the words of the standards that define them.

use std::fmt;

/// An alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Alert {
    /// Warning, fatal, or what nobody defined.
    pub level: AlertLevel,
    /// What it is about.
    pub description: AlertDescription,
}

impl Alert {
    /// A fatal alert.
    pub const fn fatal(description: AlertDescription) -> Self {
        Self {
            level: AlertLevel::FATAL,
            description,
        }
    }

    /// A warning.
    pub const fn warning(description: AlertDescription) -> Self {
        Self {
            level: AlertLevel::WARNING,
            description,
        }
    }

    /// Whether the association ends with it (RFC 5246, 7.2).
    pub fn ends(self) -> bool {
        self.level == AlertLevel::FATAL || self.description == AlertDescription::CLOSE_NOTIFY
    }

    pub(crate) const fn decode(bytes: &[u8]) -> Option<Self> {
        match *bytes {
            [level, description] => Some(Self {
                level: AlertLevel(level),
                description: AlertDescription(description),
            }),
            _ => None,
        }
    }

    pub(crate) const fn encode(self) -> [u8; 2] {
        [self.level.0, self.description.0]
    }
}

impl fmt::Display for Alert {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.level, self.description)
    }
}

/// The level of an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AlertLevel(pub u8);

impl AlertLevel {
    /// 1.
    pub const WARNING: Self = Self(1);
    /// 2.
    pub const FATAL: Self = Self(2);
}

impl fmt::Display for AlertLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::WARNING => f.write_str("warning"),
            Self::FATAL => f.write_str("fatal"),
            Self(other) => write!(f, "level {other}"),
        }
    }
}

/// The description of an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AlertDescription(pub u8);

macro_rules! descriptions {
    ($($(#[$doc:meta])* $name:ident = $number:literal $word:literal;)*) => {
        impl AlertDescription {
            $($(#[$doc])* pub const $name: Self = Self($number);)*

            /// The word of the standard, if it has one.
            pub const fn name(self) -> Option<&'static str> {
                match self.0 {
                    $($number => Some($word),)*
                    _ => None,
                }
            }

            /// The description that a word of the standard stands for.
            pub fn from_name(name: &str) -> Option<Self> {
                match name {
                    $($word => Some(Self($number)),)*
                    _ => None,
                }
            }
        }
    };
}

descriptions! {
    /// RFC 5246, 7.2.1.
    CLOSE_NOTIFY = 0 "close_notify";
    /// RFC 5246, 7.2.2.
    UNEXPECTED_MESSAGE = 10 "unexpected_message";
    /// RFC 5246, 7.2.2.
    BAD_RECORD_MAC = 20 "bad_record_mac";
    /// RFC 5246, 7.2.2: reserved.
    DECRYPTION_FAILED = 21 "decryption_failed_RESERVED";
    /// RFC 5246, 7.2.2.
    RECORD_OVERFLOW = 22 "record_overflow";
    /// RFC 5246, 7.2.2.
    DECOMPRESSION_FAILURE = 30 "decompression_failure";
    /// RFC 5246, 7.2.2.
    HANDSHAKE_FAILURE = 40 "handshake_failure";
    /// RFC 5246, 7.2.2: reserved.
    NO_CERTIFICATE = 41 "no_certificate_RESERVED";
    /// RFC 5246, 7.2.2.
    BAD_CERTIFICATE = 42 "bad_certificate";
    /// RFC 5246, 7.2.2.
    UNSUPPORTED_CERTIFICATE = 43 "unsupported_certificate";
    /// RFC 5246, 7.2.2.
    CERTIFICATE_REVOKED = 44 "certificate_revoked";
    /// RFC 5246, 7.2.2.
    CERTIFICATE_EXPIRED = 45 "certificate_expired";
    /// RFC 5246, 7.2.2.
    CERTIFICATE_UNKNOWN = 46 "certificate_unknown";
    /// RFC 5246, 7.2.2.
    ILLEGAL_PARAMETER = 47 "illegal_parameter";
    /// RFC 5246, 7.2.2.
    UNKNOWN_CA = 48 "unknown_ca";
    /// RFC 5246, 7.2.2.
    ACCESS_DENIED = 49 "access_denied";
    /// RFC 5246, 7.2.2.
    DECODE_ERROR = 50 "decode_error";
    /// RFC 5246, 7.2.2.
    DECRYPT_ERROR = 51 "decrypt_error";
    /// RFC 5246, 7.2.2: reserved.
    EXPORT_RESTRICTION = 60 "export_restriction_RESERVED";
    /// RFC 5246, 7.2.2.
    PROTOCOL_VERSION = 70 "protocol_version";
    /// RFC 5246, 7.2.2.
    INSUFFICIENT_SECURITY = 71 "insufficient_security";
    /// RFC 5246, 7.2.2.
    INTERNAL_ERROR = 80 "internal_error";
    /// RFC 7507, 3.
    INAPPROPRIATE_FALLBACK = 86 "inappropriate_fallback";
    /// RFC 5246, 7.2.2.
    USER_CANCELED = 90 "user_canceled";
    /// RFC 5246, 7.2.2.
    NO_RENEGOTIATION = 100 "no_renegotiation";
    /// RFC 5246, 7.2.2.
    UNSUPPORTED_EXTENSION = 110 "unsupported_extension";
    /// RFC 6066, 9.
    CERTIFICATE_UNOBTAINABLE = 111 "certificate_unobtainable";
    /// RFC 6066, 9.
    UNRECOGNIZED_NAME = 112 "unrecognized_name";
    /// RFC 6066, 9.
    BAD_CERTIFICATE_STATUS_RESPONSE = 113 "bad_certificate_status_response";
    /// RFC 6066, 9.
    BAD_CERTIFICATE_HASH_VALUE = 114 "bad_certificate_hash_value";
    /// RFC 4279, 6.
    UNKNOWN_PSK_IDENTITY = 115 "unknown_psk_identity";
    /// RFC 7301, 3.2.
    NO_APPLICATION_PROTOCOL = 120 "no_application_protocol";
}

impl fmt::Display for AlertDescription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "alert {}", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn descriptions_have_the_words_of_the_standards() {
        let unknown = AlertDescription(115);
        assert_eq!(unknown.to_string(), "unknown_psk_identity");
        assert_eq!(
            AlertDescription::from_name("unknown_psk_identity"),
            Some(unknown)
        );
        assert_eq!(AlertDescription(200).to_string(), "alert 200");
        for number in 0..=255 {
            let description = AlertDescription(number);
            if let Some(name) = description.name() {
                assert_eq!(AlertDescription::from_name(name), Some(description));
            }
        }
    }

    #[test]
    fn a_warning_ends_nothing_but_close_notify_does() {
        assert!(!Alert::warning(AlertDescription::NO_RENEGOTIATION).ends());
        assert!(Alert::warning(AlertDescription::CLOSE_NOTIFY).ends());
        assert!(Alert::fatal(AlertDescription::DECODE_ERROR).ends());
        assert_eq!(Alert::decode(&[2, 40, 0]), None);
    }
}
