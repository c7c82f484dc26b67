//! Bootstrap-Request: POST to /bs (Transport TS, 6.4.2).

use coap::{Code, ContentFormat};

use super::{Request, Wire};
use crate::Role;

/// Asks a Bootstrap-Server for configuration (Core TS, 6.1.7.1).
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct BootstrapRequest {
    /// Endpoint Client Name, `ep`.
    pub endpoint: Option<String>,
    /// Preferred content format as its number, `pct`, since 1.1.
    pub preferred_format: Option<String>,
    /// Further Uri-Query options as they are.
    pub query: Vec<String>,
}

impl BootstrapRequest {
    /// Asks for the configuration of `endpoint`, in `preferred` if there is a preference.
    pub fn new(endpoint: &str, preferred: Option<ContentFormat>) -> Self {
        Self {
            endpoint: Some(endpoint.to_owned()),
            preferred_format: preferred.map(|format| format.0.to_string()),
            query: Vec::new(),
        }
    }

    /// The preferred content format, if it is there and a number.
    pub fn preferred(&self) -> Option<ContentFormat> {
        let number = self.preferred_format.as_ref()?.parse().ok()?;
        Some(ContentFormat(number))
    }
}

impl Wire for BootstrapRequest {
    const WORD: &'static str = "bootstrap-request";
    const SENDER: Role = Role::Client;
    const RECEIVER: Role = Role::BootstrapServer;
    const RESPONSES: &'static [Code] = &[
        Code::CHANGED,
        Code::BAD_REQUEST,
        Code::UNSUPPORTED_CONTENT_FORMAT,
    ];

    fn to_request(&self) -> Request {
        let mut request = Request::new(Code::POST);
        request.segments.push("bs".to_owned());
        request.push_query("ep", self.endpoint.as_ref());
        request.push_query("pct", self.preferred_format.as_ref());
        request.query.extend_from_slice(&self.query);
        request
    }

    fn from_request(mut request: Request) -> Option<Self> {
        Some(Self {
            endpoint: request.take_query("ep"),
            preferred_format: request.take_query("pct"),
            query: request.query,
        })
    }

    fn details(&self) -> Vec<String> {
        self.to_request().query
    }
}
