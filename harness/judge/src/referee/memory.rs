//! What rules remember between messages: registrations, Message IDs, sequence numbers, bodies under way.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use coap::{ContentFormat, MessageId, Time, option};
use lwm2m::{ObjectList, ObjectVersion, Operation, Version};
use testcase::Seat;

use crate::event::Event;

/// What rules remember.
#[derive(Default)]
pub(super) struct Memory {
    /// What each LwM2M Client said of itself.
    pub(super) clients: BTreeMap<Seat, Announced>,
    /// Message IDs by sender, receiver and ID.
    pub(super) ids: HashMap<(Seat, Seat, MessageId), Used>,
    /// Newest sequence number by the event that started the observation.
    pub(super) sequences: HashMap<usize, Sequence>,
    /// Content-Format of the first answer, by the event that started the observation.
    pub(super) formats: HashMap<usize, ContentFormat>,
    /// Where the next block of a body goes on, by sender, receiver and target.
    pub(super) uploads: HashMap<Body, (u64, u64)>,
    /// ETag of the first block, by sender, receiver and target.
    pub(super) etags: HashMap<Body, Option<Vec<u8>>>,
}

/// A body under way: sender, receiver, and path and query of the request.
pub(super) type Body = (Seat, Seat, Vec<Vec<u8>>);

/// What a Register said.
#[derive(Default)]
pub(super) struct Announced {
    /// Enabler version; `None` if it was not said or is not known.
    pub(super) version: Option<Version>,
    /// Versions of Objects; `None` for one that cannot be read.
    pub(super) objects: BTreeMap<u16, Option<ObjectVersion>>,
    /// Objects in the list, with or without an instance; none if there was no list.
    pub(super) listed: BTreeSet<u16>,
    /// Alternate path, without slashes around.
    pub(super) prefix: String,
    /// Content-Formats that it offers (`ct`).
    pub(super) formats: Vec<ContentFormat>,
}

/// A Message ID that was used.
pub(super) struct Used {
    pub(super) datagram: usize,
    pub(super) time: Time,
}

/// The newest sequence number of an observation.
#[derive(Clone, Copy)]
pub(super) struct Sequence {
    pub(super) number: u32,
    pub(super) time: Time,
    pub(super) frame: u32,
}

impl Memory {
    /// Learns what a Register, or an Update with an object list, says.
    pub(super) fn learn(&mut self, event: &Event) {
        let (objects, register) = match event.operation() {
            Some(Operation::Register(register)) => (&register.objects, Some(register)),
            Some(Operation::Update(update)) => (&update.objects, None),
            _ => return,
        };
        let announced = self.clients.entry(event.from).or_default();
        if let Some(register) = register {
            *announced = Announced::default();
            announced.version = register.version.as_deref().and_then(Version::parse);
        }
        let Ok(list) = ObjectList::parse(objects) else {
            return;
        };
        if !objects.is_empty() {
            announced.prefix = list.alternate_path().trim_matches('/').to_owned();
            announced.formats = list.content_formats();
            announced.listed = list
                .links
                .iter()
                .filter_map(|link| link.path.object())
                .collect();
            announced.objects = list
                .links
                .iter()
                .filter_map(|link| Some((link.path.object()?, link.value("ver")?.parse().ok())))
                .collect();
        }
    }

    /// Lets go of the Message IDs between two seats: one of them starts anew.
    pub(super) fn forget_ids(&mut self, of: impl Fn(Seat, Seat) -> bool) {
        self.ids.retain(|(from, to, _), _| !of(*from, *to));
    }
}

/// Path and query of a request, which tell one body from another (RFC 7959, 2.5).
pub(super) fn target(message: &coap::Message) -> Vec<Vec<u8>> {
    message
        .options
        .iter()
        .filter(|found| matches!(found.number, option::URI_PATH | option::URI_QUERY))
        .map(|found| found.value.clone())
        .collect()
}
