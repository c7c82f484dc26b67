//! Cancel Observation: GET with Observe 1 (Transport TS, 6.4.5). A Reset that cancels is no operation.

use coap::{Code, ContentFormat};

use super::wire::accept_detail;
use super::{Request, Wire};
use crate::{Path, Role};

/// Ends an observation (Core TS, 6.4.3).
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct CancelObservation {
    /// Segments before the path: an alternate path (Transport TS, 6.4.1).
    pub prefix: Vec<String>,
    /// Target.
    pub path: Path,
    /// Content format that is asked for.
    pub accept: Option<ContentFormat>,
    /// Uri-Query options as they are.
    pub query: Vec<String>,
}

impl CancelObservation {
    /// Asks `path` for `accept`, or for what the LwM2M Client prefers.
    pub fn new(path: Path, accept: Option<ContentFormat>) -> Self {
        Self {
            path,
            accept,
            ..Self::default()
        }
    }
}

impl Wire for CancelObservation {
    const WORD: &'static str = "cancel-observation";
    const SENDER: Role = Role::Server;
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
        request.observe = Some(1);
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
