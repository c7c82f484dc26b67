//! Bootstrap-Write: PUT on an Object, an instance or a Resource (Transport TS, 6.4.2).

use coap::{Code, ContentFormat};

use super::wire::body_details;
use super::{Request, Wire};
use crate::codec::{self, CodecError};
use crate::{Node, Types};
use crate::{Path, Role};

/// Writes configuration while bootstrapping (Core TS, 6.1.7.5).
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct BootstrapWrite {
    /// Segments before the path: an alternate path (Transport TS, 6.4.1).
    pub prefix: Vec<String>,
    /// Target.
    pub path: Path,
    /// Content-Format.
    pub content_format: Option<ContentFormat>,
    /// Payload.
    pub payload: Vec<u8>,
    /// Uri-Query options as they are.
    pub query: Vec<String>,
}

impl BootstrapWrite {
    /// A payload for `path`.
    pub fn new(path: Path, content_format: ContentFormat, payload: Vec<u8>) -> Self {
        Self {
            path,
            content_format: Some(content_format),
            payload,
            ..Self::default()
        }
    }

    /// Writes `nodes` in `format`.
    pub fn of_nodes(
        path: Path,
        format: ContentFormat,
        nodes: &[Node],
        types: &dyn Types,
    ) -> Result<Self, CodecError> {
        let payload = codec::encode(format, nodes, &path, types)?;
        Ok(Self::new(path, format, payload))
    }
}

impl Wire for BootstrapWrite {
    const WORD: &'static str = "bootstrap-write";
    const SENDER: Role = Role::BootstrapServer;
    const RECEIVER: Role = Role::Client;
    const RESPONSES: &'static [Code] = &[
        Code::CHANGED,
        Code::BAD_REQUEST,
        Code::UNSUPPORTED_CONTENT_FORMAT,
    ];

    fn to_request(&self) -> Request {
        let mut request = Request::to_target(Code::PUT, &self.prefix, &self.path);
        request.content_format = self.content_format;
        request.query.clone_from(&self.query);
        request.payload.clone_from(&self.payload);
        request
    }

    fn from_request(request: Request) -> Option<Self> {
        let (prefix, path) = request.target()?;
        Some(Self {
            prefix,
            path,
            content_format: request.content_format,
            payload: request.payload,
            query: request.query,
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
        body_details(self.content_format, &self.payload)
    }
}
