//! CoAP codes (RFC 7252, 12.1; RFC 8323, 11.1), as numbers with names.

use std::fmt;

/// A CoAP code: class in the upper three bits, detail in the lower five (RFC 7252, 3).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code(pub u8);

macro_rules! codes {
    ($($name:ident = $class:literal $detail:literal, $text:literal;)*) => {
        #[allow(missing_docs, reason = "the names are the standard's")]
        impl Code {
            $(pub const $name: Self = Self::new($class, $detail);)*

            /// The standard's name of this code, without its number; `None` if it is not registered here.
            pub const fn name(self) -> Option<&'static str> {
                match self {
                    $(Self::$name => Some($text),)*
                    _ => None,
                }
            }
        }
    };
}

codes! {
    EMPTY = 0 0, "Empty";
    GET = 0 1, "GET";
    POST = 0 2, "POST";
    PUT = 0 3, "PUT";
    DELETE = 0 4, "DELETE";
    FETCH = 0 5, "FETCH";
    PATCH = 0 6, "PATCH";
    IPATCH = 0 7, "iPATCH";
    CREATED = 2 1, "Created";
    DELETED = 2 2, "Deleted";
    VALID = 2 3, "Valid";
    CHANGED = 2 4, "Changed";
    CONTENT = 2 5, "Content";
    CONTINUE = 2 31, "Continue";
    BAD_REQUEST = 4 0, "Bad Request";
    UNAUTHORIZED = 4 1, "Unauthorized";
    BAD_OPTION = 4 2, "Bad Option";
    FORBIDDEN = 4 3, "Forbidden";
    NOT_FOUND = 4 4, "Not Found";
    METHOD_NOT_ALLOWED = 4 5, "Method Not Allowed";
    NOT_ACCEPTABLE = 4 6, "Not Acceptable";
    REQUEST_ENTITY_INCOMPLETE = 4 8, "Request Entity Incomplete";
    CONFLICT = 4 9, "Conflict";
    PRECONDITION_FAILED = 4 12, "Precondition Failed";
    REQUEST_ENTITY_TOO_LARGE = 4 13, "Request Entity Too Large";
    UNSUPPORTED_CONTENT_FORMAT = 4 15, "Unsupported Content-Format";
    UNPROCESSABLE_ENTITY = 4 22, "Unprocessable Entity";
    INTERNAL_SERVER_ERROR = 5 0, "Internal Server Error";
    NOT_IMPLEMENTED = 5 1, "Not Implemented";
    BAD_GATEWAY = 5 2, "Bad Gateway";
    SERVICE_UNAVAILABLE = 5 3, "Service Unavailable";
    GATEWAY_TIMEOUT = 5 4, "Gateway Timeout";
    PROXYING_NOT_SUPPORTED = 5 5, "Proxying Not Supported";
    CSM = 7 1, "CSM";
    PING = 7 2, "Ping";
    PONG = 7 3, "Pong";
    RELEASE = 7 4, "Release";
    ABORT = 7 5, "Abort";
}

impl Code {
    /// The code `class.detail`; `class` is taken modulo 8, `detail` modulo 32.
    pub const fn new(class: u8, detail: u8) -> Self {
        Self((class & 7) << 5 | (detail & 31))
    }

    /// Class: 0 for requests and Empty, 2, 4 and 5 for responses.
    pub const fn class(self) -> u8 {
        self.0 >> 5
    }

    /// Detail, 0 to 31.
    pub const fn detail(self) -> u8 {
        self.0 & 31
    }

    /// Whether this is a request method, known or not (0.01 to 0.31).
    pub const fn is_request(self) -> bool {
        self.class() == 0 && self.0 != 0
    }

    /// Whether this is a response (classes 2, 4, 5).
    pub const fn is_response(self) -> bool {
        matches!(self.class(), 2 | 4 | 5)
    }

    /// Whether this is a signalling code, known or not (7.00 to 7.31); a datagram has none (RFC 8323, 5.1).
    pub const fn is_signal(self) -> bool {
        self.class() == 7
    }

    /// Whether this is a response of class 2.
    pub const fn is_success(self) -> bool {
        self.class() == 2
    }
}

/// `2.05 Content`, `GET`, `Empty`; only the number if the code has no name.
impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.class(), self.name()) {
            (0, Some(name)) => f.write_str(name),
            (class, Some(name)) => write!(f, "{class}.{:02} {name}", self.detail()),
            (class, None) => write!(f, "{class}.{:02}", self.detail()),
        }
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
