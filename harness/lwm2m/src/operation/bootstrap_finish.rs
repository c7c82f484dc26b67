//! Bootstrap-Finish: POST to /bs of the LwM2M Client, without payload (Transport TS, 6.4.2).

use coap::{Code, ContentFormat};

use super::wire::body_details;
use super::{Request, Wire};
use crate::Role;

/// Ends a bootstrap (Core TS, 6.1.7.2).
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct BootstrapFinish {
    /// Uri-Query options, which this operation has no use for.
    pub query: Vec<String>,
    /// Content-Format, which this operation has no use for.
    pub content_format: Option<ContentFormat>,
    /// Payload, which has to be empty.
    pub payload: Vec<u8>,
}

impl Wire for BootstrapFinish {
    const WORD: &'static str = "bootstrap-finish";
    const SENDER: Role = Role::BootstrapServer;
    const RECEIVER: Role = Role::Client;
    const RESPONSES: &'static [Code] = &[Code::CHANGED, Code::BAD_REQUEST, Code::NOT_ACCEPTABLE];

    fn to_request(&self) -> Request {
        let mut request = Request::new(Code::POST);
        request.segments.push("bs".to_owned());
        request.query.clone_from(&self.query);
        request.content_format = self.content_format;
        request.payload.clone_from(&self.payload);
        request
    }

    fn from_request(request: Request) -> Option<Self> {
        Some(Self {
            query: request.query,
            content_format: request.content_format,
            payload: request.payload,
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
