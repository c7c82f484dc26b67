//! Register: POST to /rd with the object list (Transport TS, 6.4.3).

use coap::{Code, ContentFormat};

use super::wire::body_details;
use super::{Request, Wire};
use crate::Role;

/// Makes an LwM2M Client known to an LwM2M Server (Core TS, 6.2.1).
///
/// Parameters stay as text: the peer may have written anything. A repeated one stays in `query`.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Register {
    /// Endpoint Client Name, `ep`.
    pub endpoint: Option<String>,
    /// Lifetime, `lt`.
    pub lifetime: Option<String>,
    /// Enabler version, `lwm2m`.
    pub version: Option<String>,
    /// Binding mode, `b`.
    pub binding: Option<String>,
    /// Queue Mode, `Q`, since 1.1.
    pub queue_mode: bool,
    /// SMS number, `sms`.
    pub sms: Option<String>,
    /// Profile ID, `pid`, since 1.2.
    pub profile_id: Option<String>,
    /// Further Uri-Query options as they are.
    pub query: Vec<String>,
    /// Content-Format of the object list.
    pub content_format: Option<ContentFormat>,
    /// The object list as it is.
    pub objects: Vec<u8>,
}

impl Register {
    /// A Register with object list, in the format that the standard wants.
    pub fn new(endpoint: &str, lifetime: u32, version: &str, objects: &str) -> Self {
        Self {
            endpoint: Some(endpoint.to_owned()),
            lifetime: Some(lifetime.to_string()),
            version: Some(version.to_owned()),
            content_format: Some(ContentFormat::LINK_FORMAT),
            objects: objects.as_bytes().to_vec(),
            ..Self::default()
        }
    }

    /// Lifetime in seconds; `None` if absent or not a number of 32 bits.
    pub fn lifetime_seconds(&self) -> Option<u32> {
        self.lifetime.as_ref()?.parse().ok()
    }
}

impl Wire for Register {
    const WORD: &'static str = "register";
    const SENDER: Role = Role::Client;
    const RECEIVER: Role = Role::Server;
    const RESPONSES: &'static [Code] = &[
        Code::CREATED,
        Code::BAD_REQUEST,
        Code::UNAUTHORIZED,
        Code::FORBIDDEN,
        Code::CONFLICT,
        Code::PRECONDITION_FAILED,
    ];

    fn to_request(&self) -> Request {
        let mut request = Request::new(Code::POST);
        request.segments.push("rd".to_owned());
        request.push_query("ep", self.endpoint.as_ref());
        request.push_query("lt", self.lifetime.as_ref());
        request.push_query("lwm2m", self.version.as_ref());
        request.push_query("b", self.binding.as_ref());
        if self.queue_mode {
            request.query.push("Q".to_owned());
        }
        request.push_query("sms", self.sms.as_ref());
        request.push_query("pid", self.profile_id.as_ref());
        request.query.extend_from_slice(&self.query);
        request.content_format = self.content_format;
        request.payload.clone_from(&self.objects);
        request
    }

    fn from_request(mut request: Request) -> Option<Self> {
        Some(Self {
            endpoint: request.take_query("ep"),
            lifetime: request.take_query("lt"),
            version: request.take_query("lwm2m"),
            binding: request.take_query("b"),
            queue_mode: request.take_flag("Q"),
            sms: request.take_query("sms"),
            profile_id: request.take_query("pid"),
            query: request.query,
            content_format: request.content_format,
            objects: request.payload,
        })
    }

    fn content_format(&self) -> Option<ContentFormat> {
        self.content_format
    }

    fn payload(&self) -> &[u8] {
        &self.objects
    }

    fn details(&self) -> Vec<String> {
        let mut details = self.to_request().query;
        details.extend(body_details(None, &self.objects));
        details
    }
}
