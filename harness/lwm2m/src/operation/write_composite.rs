//! Write-Composite: iPATCH on the root (Transport TS, 6.4.4).

use coap::{Code, ContentFormat};

use super::wire::body_details;
use super::{Request, Wire};
use crate::Role;
use crate::codec::{self, CodecError};
use crate::{Node, Path, Types};

/// Writes values at several paths, all or none (Core TS, 6.3.9).
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct WriteComposite {
    /// Segments of the target: none, or an alternate path (Transport TS, 6.4.1).
    pub prefix: Vec<String>,
    /// Content-Format.
    pub content_format: Option<ContentFormat>,
    /// Payload.
    pub payload: Vec<u8>,
    /// Uri-Query options as they are.
    pub query: Vec<String>,
}

impl WriteComposite {
    /// Writes `nodes` in `format`.
    pub fn of_nodes(
        format: ContentFormat,
        nodes: &[Node],
        types: &dyn Types,
    ) -> Result<Self, CodecError> {
        Ok(Self {
            content_format: Some(format),
            payload: codec::encode(format, nodes, &Path::ROOT, types)?,
            ..Self::default()
        })
    }
}

impl Wire for WriteComposite {
    const WORD: &'static str = "write-composite";
    const SENDER: Role = Role::Server;
    const RECEIVER: Role = Role::Client;
    const RESPONSES: &'static [Code] = &[
        Code::CHANGED,
        Code::CONTINUE,
        Code::BAD_REQUEST,
        Code::UNAUTHORIZED,
        Code::NOT_FOUND,
        Code::METHOD_NOT_ALLOWED,
        Code::NOT_ACCEPTABLE,
        Code::REQUEST_ENTITY_INCOMPLETE,
        Code::REQUEST_ENTITY_TOO_LARGE,
        Code::UNSUPPORTED_CONTENT_FORMAT,
    ];

    fn to_request(&self) -> Request {
        let mut request = Request::to_target(Code::IPATCH, &self.prefix, &Path::ROOT);
        request.content_format = self.content_format;
        request.query.clone_from(&self.query);
        request.payload.clone_from(&self.payload);
        request
    }

    fn from_request(request: Request) -> Option<Self> {
        Some(Self {
            prefix: request.segments,
            content_format: request.content_format,
            payload: request.payload,
            query: request.query,
        })
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
