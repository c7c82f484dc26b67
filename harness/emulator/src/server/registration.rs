//! A registration as the server keeps it (Core TS, 6.2.1).

use std::net::SocketAddr;
use std::time::Duration;

use coap::{Link, Time};
use lwm2m::Path;

use crate::Standing;

/// A registered client.
#[derive(Clone, Debug, PartialEq)]
pub struct Registration {
    /// Endpoint Client Name.
    pub endpoint: String,
    /// Where it is.
    pub address: SocketAddr,
    /// Lifetime in seconds; 0 has no end.
    pub lifetime: u32,
    /// Enabler version, as told.
    pub version: String,
    /// Binding, as told; absent means `U`.
    pub binding: Option<String>,
    /// Whether the client sleeps between its messages.
    pub queue_mode: bool,
    /// SMS number, as told.
    pub sms: Option<String>,
    /// Profile ID, as told.
    pub profile_id: Option<String>,
    /// Location, such as `/rd/1`.
    pub location: String,
    /// The object list.
    pub objects: Vec<Link>,
    /// When it was registered.
    pub since: Time,
    /// When it was registered or updated last.
    pub refreshed: Time,
    /// When its last message came.
    pub heard: Time,
}

impl Registration {
    /// When the registration ends without an Update.
    pub fn expires(&self) -> Option<Time> {
        (self.lifetime > 0).then(|| self.refreshed + Duration::from_secs(self.lifetime.into()))
    }

    /// The Objects and Object Instances, without the root link.
    pub fn paths(&self) -> impl Iterator<Item = Path> {
        let prefix = self.alternate_path();
        self.objects.iter().filter_map(move |link| {
            let path: Path = link.target.strip_prefix(&prefix)?.parse().ok()?;
            (path.depth() > 0).then_some(path)
        })
    }

    /// The alternate path without its last slash; empty without one (Transport TS, 6.4.1).
    pub fn alternate_path(&self) -> String {
        let root = |link: &&Link| {
            let mut attributes = link.attributes.iter().filter(|each| each.name == "rt");
            attributes.any(|rt| rt.value.as_deref() == Some("oma.lwm2m"))
        };
        let target = self
            .objects
            .iter()
            .find(root)
            .map(|link| link.target.as_str());
        target.unwrap_or_default().trim_end_matches('/').to_owned()
    }

    /// Whether an Object, or an Object Instance of it, is on the list.
    pub fn has_object(&self, object: u16) -> bool {
        self.paths().any(|path| path.object() == Some(object))
    }

    /// Name, address and location, for events.
    pub fn standing(&self) -> Standing {
        Standing {
            endpoint: self.endpoint.clone(),
            server: None,
            peer: self.address,
            location: self.location.clone(),
        }
    }
}
