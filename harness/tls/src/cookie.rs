//! The stateless cookie (RFC 6347, 4.2.1): a MAC of the client's address and of what its hello says.

use std::net::SocketAddr;

use subtle::ConstantTimeEq;

use crate::crypto::{Random, hmac};
use crate::message::ClientHello;
use crate::suite::Hash;

/// What makes and knows cookies.
#[derive(Clone)]
pub(crate) struct Cookies {
    secret: [u8; 32],
}

impl Cookies {
    pub(crate) fn new(random: &mut Random) -> Self {
        Self {
            secret: random.block(),
        }
    }

    /// The cookie of a hello from `from`.
    pub(crate) fn make(&self, from: SocketAddr, hello: &ClientHello) -> Vec<u8> {
        let address = from.to_string();
        let suites: Vec<u8> = hello
            .suites
            .iter()
            .flat_map(|suite| suite.0.to_be_bytes())
            .collect();
        let version = hello.version.0.to_be_bytes();
        let lengths = [address.len() as u8, hello.session_id.len() as u8];
        let parts: [&[u8]; 7] = [
            &lengths,
            address.as_bytes(),
            &version,
            &hello.random,
            &hello.session_id,
            &suites,
            &hello.compressions,
        ];
        hmac(Hash::Sha256, &self.secret, &parts)
    }

    /// Whether a hello from `from` has its cookie.
    pub(crate) fn know(&self, from: SocketAddr, hello: &ClientHello) -> bool {
        self.make(from, hello).ct_eq(&hello.cookie).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::suite::Suite;
    use crate::version::Version;

    #[test]
    fn a_cookie_is_for_one_address_and_one_hello() {
        let cookies = Cookies::new(&mut Random::new(1));
        let from: SocketAddr = "127.0.0.1:5000".parse().unwrap();
        let mut hello = ClientHello {
            version: Version::DTLS_1_2,
            random: [1; 32],
            session_id: Vec::new(),
            cookie: Vec::new(),
            suites: vec![Suite::PSK_AES_128_CCM_8],
            compressions: vec![0],
            extensions: None,
        };
        hello.cookie = cookies.make(from, &hello);
        assert!(cookies.know(from, &hello));
        assert!(!cookies.know("127.0.0.1:5001".parse().unwrap(), &hello));
        let other = ClientHello {
            random: [2; 32],
            ..hello.clone()
        };
        assert!(!cookies.know(from, &other));
        hello.cookie.pop();
        assert!(!cookies.know(from, &hello));
    }
}
