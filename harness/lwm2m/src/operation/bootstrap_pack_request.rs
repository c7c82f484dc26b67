//! Bootstrap-Pack-Request: GET on /bspack (Transport TS, 6.4.2), since 1.2.

use coap::{Code, ContentFormat};

use super::wire::accept_detail;
use super::{Request, Wire};
use crate::Role;

/// Asks a Bootstrap-Server for all configuration in one answer (Core TS, 6.1.7.7).
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct BootstrapPackRequest {
    /// Endpoint Client Name, `ep`.
    pub endpoint: Option<String>,
    /// Content format that is asked for.
    pub accept: Option<ContentFormat>,
    /// Further Uri-Query options as they are.
    pub query: Vec<String>,
}

impl BootstrapPackRequest {
    /// Asks for the configuration of `endpoint` in `accept`.
    pub fn new(endpoint: &str, accept: Option<ContentFormat>) -> Self {
        Self {
            endpoint: Some(endpoint.to_owned()),
            accept,
            query: Vec::new(),
        }
    }
}

impl Wire for BootstrapPackRequest {
    const WORD: &'static str = "bootstrap-pack-request";
    const SENDER: Role = Role::Client;
    const RECEIVER: Role = Role::BootstrapServer;
    const RESPONSES: &'static [Code] = &[
        Code::CONTENT,
        Code::BAD_REQUEST,
        Code::UNAUTHORIZED,
        Code::NOT_FOUND,
        Code::METHOD_NOT_ALLOWED,
        Code::NOT_ACCEPTABLE,
        Code::NOT_IMPLEMENTED,
    ];

    fn to_request(&self) -> Request {
        let mut request = Request::new(Code::GET);
        request.segments.push("bspack".to_owned());
        request.push_query("ep", self.endpoint.as_ref());
        request.query.extend_from_slice(&self.query);
        request.accept = self.accept;
        request
    }

    fn from_request(mut request: Request) -> Option<Self> {
        Some(Self {
            endpoint: request.take_query("ep"),
            accept: request.accept,
            query: request.query,
        })
    }

    fn details(&self) -> Vec<String> {
        let mut details = self.to_request().query;
        details.extend(accept_detail(self.accept));
        details
    }
}
