//! Binding modes of a registration (Core TS, 6.2.1.2): which transports reach an LwM2M Client, and whether they queue.

use std::fmt;

use crate::Version;

/// One transport of a binding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BindingMode {
    /// `U`: UDP.
    Udp,
    /// `M`: MQTT, since 1.2.
    Mqtt,
    /// `H`: HTTP, since 1.2.
    Http,
    /// `T`: TCP, since 1.1.
    Tcp,
    /// `S`: SMS.
    Sms,
    /// `N`: non-IP, since 1.1.
    NonIp,
}

/// The value of the parameter `b`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Binding {
    /// Transports in the order in which they stand.
    pub modes: Vec<BindingMode>,
    /// Queue Mode as 1.0 writes it, `UQ`; from 1.1 on it is a parameter of its own.
    pub queue_mode: bool,
}

/// Why a text is no binding of a version.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BindingError {
    /// No mode at all.
    #[error("no binding mode")]
    Empty,
    /// A letter that names no mode of the version.
    #[error("letter \"{letter}\" is no binding mode of LwM2M {version}")]
    Letter {
        /// The letter.
        letter: char,
        /// The version that was asked for.
        version: Version,
    },
    /// A mode that stands twice.
    #[error("binding mode \"{0}\" repeated")]
    Repeated(char),
    /// Letters that 1.0 does not combine so.
    #[error("\"{0}\" is none of the bindings U, UQ, S, SQ, US and UQS of LwM2M 1.0")]
    Combination(String),
}

impl BindingMode {
    /// Every mode with its letter and the version that brought it.
    pub const LETTERS: &[(Self, char, Version)] = &[
        (Self::Udp, 'U', Version::V1_0),
        (Self::Mqtt, 'M', Version::V1_2),
        (Self::Http, 'H', Version::V1_2),
        (Self::Tcp, 'T', Version::V1_1),
        (Self::Sms, 'S', Version::V1_0),
        (Self::NonIp, 'N', Version::V1_1),
    ];

    /// Its letter.
    pub fn letter(self) -> char {
        Self::LETTERS
            .iter()
            .find(|(mode, ..)| *mode == self)
            .map_or('U', |(_, letter, _)| *letter)
    }
}

impl Binding {
    /// Parses a binding as `version` writes it.
    pub fn parse(text: &str, version: Version) -> Result<Self, BindingError> {
        if version == Version::V1_0 && !BINDINGS_1_0.contains(&text) {
            return Err(match text {
                "" => BindingError::Empty,
                _ => BindingError::Combination(text.to_owned()),
            });
        }
        let mut binding = Self {
            modes: Vec::new(),
            queue_mode: false,
        };
        for letter in text.chars() {
            if letter == 'Q' && version == Version::V1_0 {
                binding.queue_mode = true;
                continue;
            }
            let mode = BindingMode::LETTERS
                .iter()
                .find(|(_, known, since)| *known == letter && *since <= version)
                .map(|(mode, ..)| *mode)
                .ok_or(BindingError::Letter { letter, version })?;
            if binding.modes.contains(&mode) {
                return Err(BindingError::Repeated(letter));
            }
            binding.modes.push(mode);
        }
        if binding.modes.is_empty() {
            return Err(BindingError::Empty);
        }
        Ok(binding)
    }
}

/// As it stands in a Register: `U`, `UQS`, `UT`.
impl fmt::Display for Binding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, mode) in self.modes.iter().enumerate() {
            write!(f, "{}", mode.letter())?;
            if index == 0 && self.queue_mode {
                f.write_str("Q")?;
            }
        }
        Ok(())
    }
}

/// LwM2M TS 1.0, 5.3.1.1.
const BINDINGS_1_0: &[&str] = &["U", "UQ", "S", "SQ", "US", "UQS"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bindings_of_each_version() {
        use Version::*;
        for (text, version, queue_mode) in [
            ("U", V1_0, false),
            ("UQ", V1_0, true),
            ("UQS", V1_0, true),
            ("SQ", V1_0, true),
            ("UT", V1_1, false),
            ("UTSN", V1_1, false),
            ("UMHTSN", V1_2, false),
        ] {
            let binding = Binding::parse(text, version).unwrap();
            assert_eq!(
                (binding.to_string().as_str(), binding.queue_mode),
                (text, queue_mode)
            );
        }
    }

    #[test]
    fn what_a_version_does_not_know_is_refused() {
        use Version::*;
        for (text, version, message) in [
            ("UQ", V1_1, "letter \"Q\" is no binding mode of LwM2M 1.1"),
            ("M", V1_1, "letter \"M\" is no binding mode of LwM2M 1.1"),
            ("UU", V1_2, "binding mode \"U\" repeated"),
            ("", V1_0, "no binding mode"),
            ("", V1_2, "no binding mode"),
            (
                "T",
                V1_0,
                "\"T\" is none of the bindings U, UQ, S, SQ, US and UQS of LwM2M 1.0",
            ),
            (
                "QU",
                V1_0,
                "\"QU\" is none of the bindings U, UQ, S, SQ, US and UQS of LwM2M 1.0",
            ),
        ] {
            assert_eq!(
                Binding::parse(text, version).unwrap_err().to_string(),
                message
            );
        }
    }
}
