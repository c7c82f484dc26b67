//! The token that lets a browser in which does not sit at this machine.

use std::fmt;
use std::io;

use subtle::ConstantTimeEq as _;

/// 128 random bits, in hexadecimal.
pub(crate) struct Token(String);

impl Token {
    /// A new one.
    pub(crate) fn new() -> io::Result<Self> {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes).map_err(io::Error::other)?;
        let digits = bytes.iter().map(|byte| format!("{byte:02x}"));
        Ok(Self(digits.collect()))
    }

    /// Whether this is it, in a time that does not depend on where it differs.
    pub(crate) fn is(&self, other: &str) -> bool {
        self.0.as_bytes().ct_eq(other.as_bytes()).into()
    }
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_whole_token_is_it() {
        let token = Token::new().unwrap();
        let text = token.to_string();
        assert_eq!(text.len(), 32);
        assert!(token.is(&text));
        assert_ne!(text, Token::new().unwrap().to_string());
        for other in ["", &text[..31], &format!("{text}0"), &"0".repeat(32)] {
            assert!(!token.is(other), "{other}");
        }
    }
}
