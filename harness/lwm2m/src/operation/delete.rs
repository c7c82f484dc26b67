//! Delete: DELETE on an Object Instance, since 1.2 on a Resource Instance (Transport TS, 6.4.4).

use coap::Code;

use super::{Request, Wire};
use crate::{Path, Role};

/// Removes an Object Instance (Core TS, 6.3.7).
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Delete {
    /// Segments before the path: an alternate path (Transport TS, 6.4.1).
    pub prefix: Vec<String>,
    /// Target.
    pub path: Path,
    /// Uri-Query options as they are.
    pub query: Vec<String>,
}

impl Delete {
    /// Removes what lies at `path`.
    pub fn new(path: Path) -> Self {
        Self {
            path,
            ..Self::default()
        }
    }
}

impl Wire for Delete {
    const WORD: &'static str = "delete";
    const SENDER: Role = Role::Server;
    const RECEIVER: Role = Role::Client;
    const RESPONSES: &'static [Code] = &[
        Code::DELETED,
        Code::BAD_REQUEST,
        Code::UNAUTHORIZED,
        Code::NOT_FOUND,
        Code::METHOD_NOT_ALLOWED,
    ];

    fn to_request(&self) -> Request {
        let mut request = Request::to_target(Code::DELETE, &self.prefix, &self.path);
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
