//! Send: POST to /dp (Transport TS, 6.4.5).

use coap::{Code, ContentFormat, Kind};

use super::wire::body_details;
use super::{Request, Wire};
use crate::Role;
use crate::codec::{self, CodecError};
use crate::{Node, Path, Types};

/// Reports values without having been asked (Core TS, 6.4.6).
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Send {
    /// Content-Format.
    pub content_format: Option<ContentFormat>,
    /// Payload.
    pub payload: Vec<u8>,
    /// Uri-Query options as they are.
    pub query: Vec<String>,
}

impl Send {
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

impl Wire for Send {
    const WORD: &'static str = "send";
    const SENDER: Role = Role::Client;
    const RECEIVER: Role = Role::Server;
    const KINDS: &'static [Kind] = &[Kind::Con, Kind::Non];
    const RESPONSES: &'static [Code] = &[Code::CHANGED, Code::BAD_REQUEST, Code::NOT_FOUND];

    fn to_request(&self) -> Request {
        let mut request = Request::new(Code::POST);
        request.segments.push("dp".to_owned());
        request.content_format = self.content_format;
        request.query.clone_from(&self.query);
        request.payload.clone_from(&self.payload);
        request
    }

    fn from_request(request: Request) -> Option<Self> {
        Some(Self {
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
