//! Write-Attributes: PUT with attributes as Uri-Query options (Transport TS, 6.4.4).

use coap::{Code, ContentFormat};

use super::{Request, Wire};
use crate::{Path, Role};

/// Attaches notification attributes to a path, or removes them (Core TS, 6.3.4).
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct WriteAttributes {
    /// Segments before the path: an alternate path (Transport TS, 6.4.1).
    pub prefix: Vec<String>,
    /// Target.
    pub path: Path,
    /// Uri-Query options as they are: `pmin=5`, or `pmin` alone to remove it.
    pub query: Vec<String>,
    /// Content-Format, which this operation has no use for.
    pub content_format: Option<ContentFormat>,
    /// Payload, which this operation has no use for.
    pub payload: Vec<u8>,
}

impl WriteAttributes {
    /// Attaches `query`, such as `pmin=5`, to `path`.
    pub fn new(path: Path, query: Vec<String>) -> Self {
        Self {
            path,
            query,
            ..Self::default()
        }
    }
}

impl Wire for WriteAttributes {
    const WORD: &'static str = "write-attributes";
    const SENDER: Role = Role::Server;
    const RECEIVER: Role = Role::Client;
    const RESPONSES: &'static [Code] = &[
        Code::CHANGED,
        Code::BAD_REQUEST,
        Code::UNAUTHORIZED,
        Code::NOT_FOUND,
        Code::METHOD_NOT_ALLOWED,
    ];

    fn to_request(&self) -> Request {
        let mut request = Request::to_target(Code::PUT, &self.prefix, &self.path);
        request.query.clone_from(&self.query);
        request.content_format = self.content_format;
        request.payload.clone_from(&self.payload);
        request
    }

    fn from_request(request: Request) -> Option<Self> {
        let (prefix, path) = request.target()?;
        Some(Self {
            prefix,
            path,
            query: request.query,
            content_format: request.content_format,
            payload: request.payload,
        })
    }

    fn path(&self) -> Option<Path> {
        Some(self.path)
    }

    fn content_format(&self) -> Option<ContentFormat> {
        self.content_format
    }

    fn payload(&self) -> &[u8] {
        &self.payload
    }

    fn details(&self) -> Vec<String> {
        self.query.clone()
    }
}
