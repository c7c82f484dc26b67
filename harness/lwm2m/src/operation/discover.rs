//! Discover: GET with Accept 40 (Transport TS, 6.4.4).

use coap::{Code, ContentFormat};

use super::{Request, Wire};
use crate::{Path, Role};

/// Asks for the tree below a path and its attributes (Core TS, 6.3.2).
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Discover {
    /// Segments before the path: an alternate path (Transport TS, 6.4.1).
    pub prefix: Vec<String>,
    /// Target.
    pub path: Path,
    /// How deep the answer goes, since 1.2.
    pub depth: Option<String>,
    /// Further Uri-Query options as they are.
    pub query: Vec<String>,
}

impl Discover {
    /// Asks for what lies below `path`.
    pub fn new(path: Path) -> Self {
        Self {
            path,
            ..Self::default()
        }
    }
}

impl Wire for Discover {
    const WORD: &'static str = "discover";
    const SENDER: Role = Role::Server;
    const RECEIVER: Role = Role::Client;
    const RESPONSES: &'static [Code] = &[
        Code::CONTENT,
        Code::BAD_REQUEST,
        Code::UNAUTHORIZED,
        Code::NOT_FOUND,
        Code::METHOD_NOT_ALLOWED,
    ];

    fn to_request(&self) -> Request {
        let mut request = Request::to_target(Code::GET, &self.prefix, &self.path);
        request.accept = Some(ContentFormat::LINK_FORMAT);
        request.push_query("depth", self.depth.as_ref());
        request.query.extend_from_slice(&self.query);
        request
    }

    fn from_request(mut request: Request) -> Option<Self> {
        let (prefix, path) = request.target()?;
        let depth = request.take_query("depth");
        Some(Self {
            prefix,
            path,
            depth,
            query: request.query,
        })
    }

    fn path(&self) -> Option<Path> {
        Some(self.path)
    }

    fn details(&self) -> Vec<String> {
        let depth = self.depth.iter().map(|depth| format!("depth {depth}"));
        depth.chain(self.query.iter().cloned()).collect()
    }
}
