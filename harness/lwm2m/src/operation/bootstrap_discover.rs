//! Bootstrap-Discover: GET with Accept 40 on the root or an Object (Transport TS, 6.4.2).

use coap::{Code, ContentFormat};

use super::{Request, Wire};
use crate::{Path, Role};

/// Asks for the Objects and instances that are there (Core TS, 6.1.7.3).
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct BootstrapDiscover {
    /// Segments before the path: an alternate path (Transport TS, 6.4.1).
    pub prefix: Vec<String>,
    /// Target.
    pub path: Path,
    /// Uri-Query options as they are.
    pub query: Vec<String>,
}

impl BootstrapDiscover {
    /// Asks for what lies below `path`.
    pub fn new(path: Path) -> Self {
        Self {
            path,
            ..Self::default()
        }
    }
}

impl Wire for BootstrapDiscover {
    const WORD: &'static str = "bootstrap-discover";
    const SENDER: Role = Role::BootstrapServer;
    const RECEIVER: Role = Role::Client;
    const RESPONSES: &'static [Code] = &[Code::CONTENT, Code::BAD_REQUEST, Code::NOT_FOUND];

    fn to_request(&self) -> Request {
        let mut request = Request::to_target(Code::GET, &self.prefix, &self.path);
        request.accept = Some(ContentFormat::LINK_FORMAT);
        request.query.clone_from(&self.query);
        request
    }

    fn from_request(request: Request) -> Option<Self> {
        let (prefix, path) = request.target()?;
        Some(Self {
            prefix,
            path,
            query: request.query,
        })
    }

    fn path(&self) -> Option<Path> {
        Some(self.path)
    }

    fn details(&self) -> Vec<String> {
        self.query.clone()
    }
}
