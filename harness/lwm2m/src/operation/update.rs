//! Update: POST to the location of a registration (Transport TS, 6.4.3).

use coap::{Code, ContentFormat};

use super::wire::body_details;
use super::{Request, Wire};
use crate::Role;

/// Renews a registration, or changes its parameters (Core TS, 6.2.2).
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Update {
    /// Segments of the location: `rd`, `xxxx`.
    pub location: Vec<String>,
    /// Lifetime, `lt`.
    pub lifetime: Option<String>,
    /// Binding mode, `b`.
    pub binding: Option<String>,
    /// Queue Mode, `Q`.
    pub queue_mode: bool,
    /// SMS number, `sms`.
    pub sms: Option<String>,
    /// Profile ID, `pid`, since 1.2.
    pub profile_id: Option<String>,
    /// Further Uri-Query options as they are.
    pub query: Vec<String>,
    /// Content-Format of the object list.
    pub content_format: Option<ContentFormat>,
    /// The object list as it is; empty if it did not change.
    pub objects: Vec<u8>,
}

impl Update {
    /// An Update without parameters.
    pub fn new(location: Vec<String>) -> Self {
        Self {
            location,
            ..Self::default()
        }
    }

    /// Lifetime in seconds; `None` if absent or not a number of 32 bits.
    pub fn lifetime_seconds(&self) -> Option<u32> {
        self.lifetime.as_ref()?.parse().ok()
    }
}

impl Wire for Update {
    const WORD: &'static str = "update";
    const SENDER: Role = Role::Client;
    const RECEIVER: Role = Role::Server;
    const RESPONSES: &'static [Code] = &[Code::CHANGED, Code::BAD_REQUEST, Code::NOT_FOUND];

    fn to_request(&self) -> Request {
        let mut request = Request::new(Code::POST);
        request.segments.clone_from(&self.location);
        request.push_query("lt", self.lifetime.as_ref());
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
            lifetime: request.take_query("lt"),
            binding: request.take_query("b"),
            queue_mode: request.take_flag("Q"),
            sms: request.take_query("sms"),
            profile_id: request.take_query("pid"),
            location: request.segments,
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
        let mut details = vec![format!("/{}", self.location.join("/"))];
        details.extend(self.to_request().query);
        details.extend(body_details(None, &self.objects));
        details
    }
}
