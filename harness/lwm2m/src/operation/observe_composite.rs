//! Observe-Composite: FETCH with Observe 0 and a list of paths (Transport TS, 6.4.5).

use coap::{Code, ContentFormat};

use super::wire::{accept_detail, body_details};
use super::{Request, Wire};
use crate::Path;
use crate::Role;
use crate::codec::{self, CodecError, DecodedPaths};

/// Begins an observation of several paths (Core TS, 6.4.4).
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct ObserveComposite {
    /// Segments of the target: none, or an alternate path (Transport TS, 6.4.1).
    pub prefix: Vec<String>,
    /// Content-Format of the list of paths.
    pub content_format: Option<ContentFormat>,
    /// The list of paths.
    pub payload: Vec<u8>,
    /// Content format that is asked for.
    pub accept: Option<ContentFormat>,
    /// Uri-Query options as they are.
    pub query: Vec<String>,
}

impl ObserveComposite {
    /// Lists `paths` in `format`.
    pub fn of_paths(
        paths: &[Path],
        format: ContentFormat,
        accept: Option<ContentFormat>,
    ) -> Result<Self, CodecError> {
        Ok(Self {
            content_format: Some(format),
            payload: codec::encode_paths(format, paths)?,
            accept,
            ..Self::default()
        })
    }

    /// Reads the list of paths; `None` without Content-Format.
    pub fn paths(&self) -> Option<Result<DecodedPaths, CodecError>> {
        let format = self.content_format?;
        Some(codec::decode_paths(format, &self.payload))
    }
}

impl Wire for ObserveComposite {
    const WORD: &'static str = "observe-composite";
    const SENDER: Role = Role::Server;
    const RECEIVER: Role = Role::Client;
    const RESPONSES: &'static [Code] = &[
        Code::CONTENT,
        Code::BAD_REQUEST,
        Code::UNAUTHORIZED,
        Code::NOT_FOUND,
        Code::METHOD_NOT_ALLOWED,
        Code::NOT_ACCEPTABLE,
        Code::UNSUPPORTED_CONTENT_FORMAT,
    ];

    fn to_request(&self) -> Request {
        let mut request = Request::to_target(Code::FETCH, &self.prefix, &Path::ROOT);
        request.observe = Some(0);
        request.content_format = self.content_format;
        request.accept = self.accept;
        request.query.clone_from(&self.query);
        request.payload.clone_from(&self.payload);
        request
    }

    fn from_request(request: Request) -> Option<Self> {
        Some(Self {
            prefix: request.segments,
            content_format: request.content_format,
            payload: request.payload,
            accept: request.accept,
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
        let mut details = body_details(self.content_format, &self.payload);
        details.extend(accept_detail(self.accept));
        details
    }
}
