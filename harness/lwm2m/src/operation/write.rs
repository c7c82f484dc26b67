//! Write: PUT replaces, POST updates in part (Transport TS, 6.4.4).

use coap::{Code, ContentFormat};

use super::wire::body_details;
use super::{Request, Wire};
use crate::codec::{self, CodecError};
use crate::{Node, Path, Role, Types};

/// Whether a Write keeps what it does not name (Core TS, 6.3.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum WriteMode {
    /// PUT: what is not named goes.
    #[default]
    Replace,
    /// POST: what is not named stays.
    PartialUpdate,
}

/// Writes values at a path (Core TS, 6.3.3).
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Write {
    /// Segments before the path: an alternate path (Transport TS, 6.4.1).
    pub prefix: Vec<String>,
    /// Target.
    pub path: Path,
    /// Replace or Partial Update.
    pub mode: WriteMode,
    /// Content-Format.
    pub content_format: Option<ContentFormat>,
    /// Payload.
    pub payload: Vec<u8>,
    /// Uri-Query options as they are.
    pub query: Vec<String>,
}

impl WriteMode {
    /// The word of cases.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Replace => "replace",
            Self::PartialUpdate => "partial-update",
        }
    }

    /// The mode that `word` names.
    pub fn from_name(word: &str) -> Option<Self> {
        [Self::Replace, Self::PartialUpdate]
            .into_iter()
            .find(|mode| mode.name() == word)
    }
}

impl Write {
    /// A payload for `path`.
    pub fn new(
        path: Path,
        mode: WriteMode,
        content_format: ContentFormat,
        payload: Vec<u8>,
    ) -> Self {
        Self {
            path,
            mode,
            content_format: Some(content_format),
            payload,
            ..Self::default()
        }
    }

    /// Writes `nodes` in `format`.
    pub fn of_nodes(
        path: Path,
        mode: WriteMode,
        format: ContentFormat,
        nodes: &[Node],
        types: &dyn Types,
    ) -> Result<Self, CodecError> {
        let payload = codec::encode(format, nodes, &path, types)?;
        Ok(Self::new(path, mode, format, payload))
    }
}

impl Wire for Write {
    const WORD: &'static str = "write";
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
        let code = match self.mode {
            WriteMode::Replace => Code::PUT,
            WriteMode::PartialUpdate => Code::POST,
        };
        let mut request = Request::to_target(code, &self.prefix, &self.path);
        request.content_format = self.content_format;
        request.query.clone_from(&self.query);
        request.payload.clone_from(&self.payload);
        request
    }

    fn from_request(request: Request) -> Option<Self> {
        let (prefix, path) = request.target()?;
        let mode = match request.code {
            Code::PUT => WriteMode::Replace,
            _ => WriteMode::PartialUpdate,
        };
        Some(Self {
            prefix,
            path,
            mode,
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
        let mut details = body_details(self.content_format, &self.payload);
        if self.mode == WriteMode::PartialUpdate {
            details.insert(0, "partial update".to_owned());
        }
        details
    }
}
