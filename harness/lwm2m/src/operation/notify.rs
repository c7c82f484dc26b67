//! Notify: a response with Observe to an earlier Observe (Transport TS, 6.4.5). The token tells to which.

use coap::{Code, ContentFormat, Kind};

use super::wire::body_details;
use super::{Request, Wire};
use crate::codec::{self, CodecError};
use crate::{Node, Path, Role, Types};

/// Reports observed values (Core TS, 6.4.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notify {
    /// 2.05, or the error that ends the observation.
    pub code: Code,
    /// Sequence number.
    pub observe: Option<u32>,
    /// Content-Format.
    pub content_format: Option<ContentFormat>,
    /// Payload.
    pub payload: Vec<u8>,
    /// The observed path, as its sender knows it; the wire has the token alone. The root if several are observed.
    pub observed: Path,
}

impl Default for Notify {
    fn default() -> Self {
        Self {
            code: Code::CONTENT,
            observe: None,
            content_format: None,
            payload: Vec::new(),
            observed: Path::ROOT,
        }
    }
}

impl Notify {
    /// Reports `nodes` in `format` to the observation of `base`.
    pub fn of_nodes(
        observe: u32,
        format: ContentFormat,
        nodes: &[Node],
        base: &Path,
        types: &dyn Types,
    ) -> Result<Self, CodecError> {
        Ok(Self {
            observe: Some(observe),
            content_format: Some(format),
            payload: codec::encode(format, nodes, base, types)?,
            observed: *base,
            ..Self::default()
        })
    }
}

impl Wire for Notify {
    const WORD: &'static str = "notify";
    const SENDER: Role = Role::Client;
    const RECEIVER: Role = Role::Server;
    const KINDS: &'static [Kind] = &[Kind::Con, Kind::Non];
    const RESPONSES: &'static [Code] = &[];

    fn to_request(&self) -> Request {
        let mut request = Request::new(self.code);
        request.observe = self.observe;
        request.content_format = self.content_format;
        request.payload.clone_from(&self.payload);
        request
    }

    fn from_request(request: Request) -> Option<Self> {
        Some(Self {
            code: request.code,
            observe: request.observe,
            content_format: request.content_format,
            payload: request.payload,
            observed: Path::ROOT,
        })
    }

    fn path(&self) -> Option<Path> {
        (self.observed.depth() > 0).then_some(self.observed)
    }

    fn content_format(&self) -> Option<ContentFormat> {
        self.content_format
    }

    fn payload(&self) -> &[u8] {
        &self.payload
    }

    fn details(&self) -> Vec<String> {
        let mut details: Vec<String> = self
            .observe
            .iter()
            .map(|n| format!("observe {n}"))
            .collect();
        if self.code != Code::CONTENT {
            details.insert(0, self.code.to_string());
        }
        details.extend(body_details(self.content_format, &self.payload));
        details
    }
}
