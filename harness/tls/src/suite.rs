//! Cipher suites: the ones of LwM2M (Transport TS, 5.2.8 and 5.2.9) and their neighbours, with their IANA names and our words.
//!
//! Any other number can be offered and is shown; only those of the table can be agreed on.

use std::fmt;

/// The number of a cipher suite.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Suite(pub u16);

/// How the premaster secret comes about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyExchange {
    /// RFC 4279, 2.
    Psk,
    /// RFC 5489, 2.
    EcdhePsk,
    /// RFC 8422, 2.2.
    EcdheEcdsa,
}

/// How records are protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Bulk {
    /// AES-CCM with a tag of 8 bytes (RFC 6655).
    Ccm8,
    /// AES-CCM with a tag of 16 bytes (RFC 6655).
    Ccm,
    /// AES-GCM (RFC 5288).
    Gcm,
    /// AES-CBC with HMAC-SHA256 (RFC 5246, 6.2.3.2).
    CbcSha256,
}

/// The hash of the pseudorandom function and of the handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Hash {
    /// SHA-256.
    Sha256,
    /// SHA-384.
    Sha384,
}

/// What the table knows of a suite.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SuiteFacts {
    /// The suite.
    pub suite: Suite,
    /// The name at IANA.
    pub name: &'static str,
    /// Our word.
    pub word: &'static str,
    /// How the premaster secret comes about.
    pub exchange: KeyExchange,
    /// How records are protected.
    pub bulk: Bulk,
    /// Length of the key of AES in bytes.
    pub key_length: usize,
    /// The hash of the pseudorandom function.
    pub hash: Hash,
}

impl Suite {
    /// What the table knows of it.
    pub fn facts(self) -> Option<&'static SuiteFacts> {
        SUITES.iter().find(|facts| facts.suite == self)
    }

    /// The name at IANA, if the table has it.
    pub fn name(self) -> Option<&'static str> {
        match self {
            Self::RENEGOTIATION_INFO => Some("TLS_EMPTY_RENEGOTIATION_INFO_SCSV"),
            Self::FALLBACK => Some("TLS_FALLBACK_SCSV"),
            suite => suite.facts().map(|facts| facts.name),
        }
    }

    /// Our word, if the table has it.
    pub fn word(self) -> Option<&'static str> {
        self.facts().map(|facts| facts.word)
    }

    /// The suite of one of our words, of an IANA name, or of a number such as `0xC0A8`.
    pub fn from_word(word: &str) -> Option<Self> {
        let known = SUITES
            .iter()
            .find(|facts| facts.word == word || facts.name == word);
        let number = || word.strip_prefix("0x").or_else(|| word.strip_prefix("0X"));
        known.map(|facts| facts.suite).or_else(|| {
            let number = u16::from_str_radix(number()?, 16).ok()?;
            Some(Self(number))
        })
    }
}

impl fmt::Display for Suite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "{:#06x}", self.0),
        }
    }
}

impl fmt::Debug for Suite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Bulk {
    /// Whether encryption and authentication are one (RFC 5246, 6.2.3.3).
    pub const fn is_aead(self) -> bool {
        !matches!(self, Self::CbcSha256)
    }
}

impl KeyExchange {
    /// Whether a pre-shared key takes part.
    pub const fn uses_psk(self) -> bool {
        matches!(self, Self::Psk | Self::EcdhePsk)
    }

    /// Whether a Diffie-Hellman on a curve takes part.
    pub const fn uses_ecdhe(self) -> bool {
        matches!(self, Self::EcdhePsk | Self::EcdheEcdsa)
    }

    /// Whether the server shows a certificate or raw public key.
    pub const fn uses_certificate(self) -> bool {
        matches!(self, Self::EcdheEcdsa)
    }
}

macro_rules! suites {
    ($($constant:ident = $number:literal $name:literal $word:literal
        $exchange:ident $bulk:ident $key_length:literal $hash:ident;)*) => {
        impl Suite {
            $(#[doc = $name] pub const $constant: Self = Self($number);)*
        }

        /// Every suite that can be agreed on.
        pub static SUITES: &[SuiteFacts] = &[$(SuiteFacts {
            suite: Suite($number),
            name: $name,
            word: $word,
            exchange: KeyExchange::$exchange,
            bulk: Bulk::$bulk,
            key_length: $key_length,
            hash: Hash::$hash,
        },)*];
    };
}

impl Suite {
    /// Says that renegotiation is secure; no suite (RFC 5746, 3.3).
    pub const RENEGOTIATION_INFO: Self = Self(0x00ff);
    /// Says that a lower version is tried; no suite (RFC 7507, 3).
    pub const FALLBACK: Self = Self(0x5600);
}

// RFC 5487, RFC 5489, RFC 5289, RFC 6655, RFC 7251, RFC 8442
suites! {
    PSK_AES_128_CCM_8 = 0xc0a8 "TLS_PSK_WITH_AES_128_CCM_8" "psk-aes-128-ccm-8" Psk Ccm8 16 Sha256;
    PSK_AES_256_CCM_8 = 0xc0a9 "TLS_PSK_WITH_AES_256_CCM_8" "psk-aes-256-ccm-8" Psk Ccm8 32 Sha256;
    PSK_AES_128_CCM = 0xc0a4 "TLS_PSK_WITH_AES_128_CCM" "psk-aes-128-ccm" Psk Ccm 16 Sha256;
    PSK_AES_256_CCM = 0xc0a5 "TLS_PSK_WITH_AES_256_CCM" "psk-aes-256-ccm" Psk Ccm 32 Sha256;
    PSK_AES_128_GCM_SHA256 = 0x00a8 "TLS_PSK_WITH_AES_128_GCM_SHA256" "psk-aes-128-gcm-sha256" Psk Gcm 16 Sha256;
    PSK_AES_256_GCM_SHA384 = 0x00a9 "TLS_PSK_WITH_AES_256_GCM_SHA384" "psk-aes-256-gcm-sha384" Psk Gcm 32 Sha384;
    PSK_AES_128_CBC_SHA256 = 0x00ae "TLS_PSK_WITH_AES_128_CBC_SHA256" "psk-aes-128-cbc-sha256" Psk CbcSha256 16 Sha256;
    ECDHE_ECDSA_AES_128_CCM_8 = 0xc0ae "TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8" "ecdhe-ecdsa-aes-128-ccm-8" EcdheEcdsa Ccm8 16 Sha256;
    ECDHE_ECDSA_AES_256_CCM_8 = 0xc0af "TLS_ECDHE_ECDSA_WITH_AES_256_CCM_8" "ecdhe-ecdsa-aes-256-ccm-8" EcdheEcdsa Ccm8 32 Sha256;
    ECDHE_ECDSA_AES_128_CCM = 0xc0ac "TLS_ECDHE_ECDSA_WITH_AES_128_CCM" "ecdhe-ecdsa-aes-128-ccm" EcdheEcdsa Ccm 16 Sha256;
    ECDHE_ECDSA_AES_256_CCM = 0xc0ad "TLS_ECDHE_ECDSA_WITH_AES_256_CCM" "ecdhe-ecdsa-aes-256-ccm" EcdheEcdsa Ccm 32 Sha256;
    ECDHE_ECDSA_AES_128_GCM_SHA256 = 0xc02b "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256" "ecdhe-ecdsa-aes-128-gcm-sha256" EcdheEcdsa Gcm 16 Sha256;
    ECDHE_ECDSA_AES_256_GCM_SHA384 = 0xc02c "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384" "ecdhe-ecdsa-aes-256-gcm-sha384" EcdheEcdsa Gcm 32 Sha384;
    ECDHE_ECDSA_AES_128_CBC_SHA256 = 0xc023 "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256" "ecdhe-ecdsa-aes-128-cbc-sha256" EcdheEcdsa CbcSha256 16 Sha256;
    ECDHE_PSK_AES_128_CCM_8_SHA256 = 0xd003 "TLS_ECDHE_PSK_WITH_AES_128_CCM_8_SHA256" "ecdhe-psk-aes-128-ccm-8-sha256" EcdhePsk Ccm8 16 Sha256;
    ECDHE_PSK_AES_128_CCM_SHA256 = 0xd005 "TLS_ECDHE_PSK_WITH_AES_128_CCM_SHA256" "ecdhe-psk-aes-128-ccm-sha256" EcdhePsk Ccm 16 Sha256;
    ECDHE_PSK_AES_128_GCM_SHA256 = 0xd001 "TLS_ECDHE_PSK_WITH_AES_128_GCM_SHA256" "ecdhe-psk-aes-128-gcm-sha256" EcdhePsk Gcm 16 Sha256;
    ECDHE_PSK_AES_128_CBC_SHA256 = 0xc037 "TLS_ECDHE_PSK_WITH_AES_128_CBC_SHA256" "ecdhe-psk-aes-128-cbc-sha256" EcdhePsk CbcSha256 16 Sha256;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_names_and_numbers_lead_to_the_suite() {
        for facts in SUITES {
            assert_eq!(Suite::from_word(facts.word), Some(facts.suite));
            assert_eq!(Suite::from_word(facts.name), Some(facts.suite));
            let number = format!("{:#06x}", facts.suite.0);
            assert_eq!(Suite::from_word(&number), Some(facts.suite));
            let same = SUITES.iter().filter(|other| other.suite == facts.suite);
            assert_eq!(same.count(), 1);
            assert_eq!(facts.name.contains("ECDHE"), facts.exchange.uses_ecdhe());
            assert_eq!(facts.name.contains("PSK"), facts.exchange.uses_psk());
            assert_eq!(facts.name.contains("AES_256"), facts.key_length == 32);
            let hash = facts.name.ends_with("SHA384");
            assert_eq!(hash, facts.hash == Hash::Sha384);
        }
        assert_eq!(Suite::from_word("psk-aes-128"), None);
        assert_eq!(Suite(0x1301).to_string(), "0x1301");
    }
}
