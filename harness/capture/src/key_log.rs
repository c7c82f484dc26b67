//! TLS key logs (draft-ietf-tls-keylogfile; SSLKEYLOGFILE of NSS): the master secrets of (D)TLS 1.2.
//!
//! Labels other than `CLIENT_RANDOM`, as of TLS 1.3, are passed over and counted.

use std::fmt;

use thiserror::Error;

use crate::psk::bytes;

/// The master secret of a session.
#[derive(Clone, PartialEq, Eq)]
pub struct MasterSecret {
    /// The random of the ClientHello.
    pub client_random: [u8; 32],
    /// The secret.
    pub master: [u8; 48],
}

/// What a key log says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyLog {
    /// Master secrets, in the order of their lines.
    pub secrets: Vec<MasterSecret>,
    /// How many lines have another label.
    pub other_labels: usize,
    /// Lines that have this label and cannot be read.
    pub mistakes: Vec<KeyLogMistake>,
}

/// A line of a key log that cannot be read. Never shows the secret.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("line {line} of the key log: {what}, CLIENT_RANDOM, 64 and 96 hexadecimal digits wanted")]
pub struct KeyLogMistake {
    /// Number of the line, counted from 1.
    pub line: usize,
    /// What was found.
    pub what: &'static str,
}

impl KeyLog {
    /// Reads the text of a key log; empty lines and those that begin with `#` say nothing.
    pub fn read(text: &str) -> Self {
        let mut log = Self::default();
        for (at, line) in text.lines().enumerate() {
            let words: Vec<&str> = line.split_ascii_whitespace().collect();
            match words[..] {
                [] => {}
                [first, ..] if first.starts_with('#') => {}
                ["CLIENT_RANDOM", ref values @ ..] => match secret(values) {
                    Ok(secret) => log.secrets.push(secret),
                    Err(what) => log.mistakes.push(KeyLogMistake { line: at + 1, what }),
                },
                _ => log.other_labels += 1,
            }
        }
        log
    }
}

fn secret(values: &[&str]) -> Result<MasterSecret, &'static str> {
    let [client_random, master] = values else {
        return Err("another number of words");
    };
    let read = |digits: &str, what| bytes(digits).ok_or(what);
    let client_random = read(client_random, "a random that is not hexadecimal")?;
    let master = read(master, "a secret that is not hexadecimal")?;
    Ok(MasterSecret {
        client_random: exact(client_random, "a random of another length")?,
        master: exact(master, "a secret of another length")?,
    })
}

fn exact<const N: usize>(bytes: Vec<u8>, what: &'static str) -> Result<[u8; N], &'static str> {
    bytes.try_into().map_err(|_| what)
}

/// Shows the random only.
impl fmt::Debug for MasterSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let random = self.client_random.iter();
        let random: String = random.map(|byte| format!("{byte:02x}")).collect();
        write!(f, "MasterSecret({random})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_is_of_use() {
        let (random, master) = ("aB".repeat(32), "01".repeat(48));
        let text = format!(
            "# a comment\n\nCLIENT_RANDOM {random} {master}\r\nSERVER_HANDSHAKE_TRAFFIC_SECRET {random} 00\n\
             CLIENT_RANDOM {random}\nCLIENT_RANDOM {random} {random}\nCLIENT_RANDOM zz {master}\n\
             CLIENT_RANDOM 00 {master}\nRSA 0011 2233\nCLIENT_RANDOM {random} {random}x"
        );
        let log = KeyLog::read(&text);
        let expected = MasterSecret {
            client_random: [0xAB; 32],
            master: [1; 48],
        };
        assert_eq!(log.secrets, [expected]);
        assert_eq!(log.other_labels, 2);
        let mistakes: Vec<_> = log
            .mistakes
            .iter()
            .map(|one| (one.line, one.what))
            .collect();
        let expected = [
            (5, "another number of words"),
            (6, "a secret of another length"),
            (7, "a random that is not hexadecimal"),
            (8, "a random of another length"),
            (10, "a secret that is not hexadecimal"),
        ];
        assert_eq!(mistakes, expected);
        assert!(!format!("{log:?}").contains(&master));
    }
}
