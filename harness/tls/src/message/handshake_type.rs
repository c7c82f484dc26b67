//! Types of handshake messages (RFC 5246, 7.4; RFC 6347, 4.3.2; RFC 5077, 3.3).

use std::fmt;

/// The type of a handshake message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct HandshakeType(pub u8);

macro_rules! types {
    ($($name:ident = $number:literal $word:literal;)*) => {
        impl HandshakeType {
            $(#[doc = $word] pub const $name: Self = Self($number);)*

            /// The word of the standard, if it has one.
            pub const fn name(self) -> Option<&'static str> {
                match self.0 {
                    $($number => Some($word),)*
                    _ => None,
                }
            }

            /// The type that a word of the standard stands for.
            pub fn from_name(name: &str) -> Option<Self> {
                match name {
                    $($word => Some(Self($number)),)*
                    _ => None,
                }
            }
        }
    };
}

types! {
    HELLO_REQUEST = 0 "hello_request";
    CLIENT_HELLO = 1 "client_hello";
    SERVER_HELLO = 2 "server_hello";
    HELLO_VERIFY_REQUEST = 3 "hello_verify_request";
    NEW_SESSION_TICKET = 4 "new_session_ticket";
    CERTIFICATE = 11 "certificate";
    SERVER_KEY_EXCHANGE = 12 "server_key_exchange";
    CERTIFICATE_REQUEST = 13 "certificate_request";
    SERVER_HELLO_DONE = 14 "server_hello_done";
    CERTIFICATE_VERIFY = 15 "certificate_verify";
    CLIENT_KEY_EXCHANGE = 16 "client_key_exchange";
    FINISHED = 20 "finished";
    CERTIFICATE_URL = 21 "certificate_url";
    CERTIFICATE_STATUS = 22 "certificate_status";
    SUPPLEMENTAL_DATA = 23 "supplemental_data";
}

impl fmt::Display for HandshakeType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "handshake type {}", self.0),
        }
    }
}
