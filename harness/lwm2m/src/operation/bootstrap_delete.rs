//! Bootstrap-Delete: DELETE on the root, an Object or an instance (Transport TS, 6.4.2).

use coap::Code;

use super::{Request, Wire};
use crate::{Path, Role};

/// Removes Object Instances while bootstrapping (Core TS, 6.1.7.6).
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct BootstrapDelete {
    /// Segments before the path: an alternate path (Transport TS, 6.4.1).
    pub prefix: Vec<String>,
    /// Target.
    pub path: Path,
    /// Uri-Query options as they are.
    pub query: Vec<String>,
}

impl BootstrapDelete {
    /// Removes what lies at `path`.
    pub fn new(path: Path) -> Self {
        Self {
            path,
            ..Self::default()
        }
    }
}

impl Wire for BootstrapDelete {
    const WORD: &'static str = "bootstrap-delete";
    const SENDER: Role = Role::BootstrapServer;
    const RECEIVER: Role = Role::Client;
    const RESPONSES: &'static [Code] = &[Code::DELETED, Code::BAD_REQUEST];

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
