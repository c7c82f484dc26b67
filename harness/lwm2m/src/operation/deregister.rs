//! De-register: DELETE on the location of a registration (Transport TS, 6.4.3).

use coap::Code;

use super::{Request, Wire};
use crate::Role;

/// Ends a registration (Core TS, 6.2.3).
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Deregister {
    /// Segments of the location: `rd`, `xxxx`.
    pub location: Vec<String>,
    /// Uri-Query options as they are.
    pub query: Vec<String>,
}

impl Deregister {
    /// Ends the registration at `location`.
    pub const fn new(location: Vec<String>) -> Self {
        Self {
            location,
            query: Vec::new(),
        }
    }
}

impl Wire for Deregister {
    const WORD: &'static str = "deregister";
    const SENDER: Role = Role::Client;
    const RECEIVER: Role = Role::Server;
    const RESPONSES: &'static [Code] = &[Code::DELETED, Code::BAD_REQUEST, Code::NOT_FOUND];

    fn to_request(&self) -> Request {
        let mut request = Request::new(Code::DELETE);
        request.segments.clone_from(&self.location);
        request.query.clone_from(&self.query);
        request
    }

    fn from_request(request: Request) -> Option<Self> {
        Some(Self {
            location: request.segments,
            query: request.query,
        })
    }

    fn details(&self) -> Vec<String> {
        vec![format!("/{}", self.location.join("/"))]
    }
}
