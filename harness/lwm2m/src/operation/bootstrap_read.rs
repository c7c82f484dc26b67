//! Bootstrap-Read: GET on Object 1 or 2 or one of their instances (Transport TS, 6.4.2).

use coap::{Code, ContentFormat};

use super::wire::accept_detail;
use super::{Request, Wire};
use crate::{Path, Role};

/// Asks for the values of Object 1 or 2 (Core TS, 6.1.7.4).
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct BootstrapRead {
    /// Segments before the path: an alternate path (Transport TS, 6.4.1).
    pub prefix: Vec<String>,
    /// Target.
    pub path: Path,
    /// Content format that is asked for.
    pub accept: Option<ContentFormat>,
    /// Uri-Query options as they are.
    pub query: Vec<String>,
}

impl BootstrapRead {
    /// Asks `path` for `accept`, or for what the LwM2M Client prefers.
    pub fn new(path: Path, accept: Option<ContentFormat>) -> Self {
        Self {
            path,
            accept,
            ..Self::default()
        }
    }
}

impl Wire for BootstrapRead {
    const WORD: &'static str = "bootstrap-read";
    const SENDER: Role = Role::BootstrapServer;
    const RECEIVER: Role = Role::Client;
    const RESPONSES: &'static [Code] = &[
        Code::CONTENT,
        Code::BAD_REQUEST,
        Code::UNAUTHORIZED,
        Code::NOT_FOUND,
        Code::METHOD_NOT_ALLOWED,
        Code::NOT_ACCEPTABLE,
    ];

    fn to_request(&self) -> Request {
        let mut request = Request::to_target(Code::GET, &self.prefix, &self.path);
        request.accept = self.accept;
        request.query.clone_from(&self.query);
        request
    }

    fn from_request(request: Request) -> Option<Self> {
        let (prefix, path) = request.target()?;
        Some(Self {
            prefix,
            path,
            accept: request.accept,
            query: request.query,
        })
    }

    fn path(&self) -> Option<Path> {
        Some(self.path)
    }

    fn details(&self) -> Vec<String> {
        let mut details = self.query.clone();
        details.extend(accept_detail(self.accept));
        details
    }
}
