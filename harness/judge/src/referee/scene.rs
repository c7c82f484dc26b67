//! What a rule looks at: the messages so far, the definitions that hold for a client, and who caused what.

use coap::{Code, Kind, Message, option};
use lwm2m::{
    ObjectDefinition, Operation, Registry, ResourceDefinition, ResourceType, Types, Version,
};
use testcase::{Role, Seat};

use super::memory::{Announced, Memory};
use crate::event::{Datagram, Event, Fate};
use crate::transfer::Transfer;

/// The messages so far and what is known of them.
pub(super) struct Scene<'a> {
    pub(super) transfer: &'a Transfer,
    pub(super) types: &'a Registry,
    pub(super) memory: &'a Memory,
    /// Version of the run.
    pub(super) version: Version,
}

/// The definitions that hold for one client.
pub(super) struct Definitions<'a> {
    registry: &'a Registry,
    announced: Option<&'a Announced>,
    /// Whether Objects without version are those of the run.
    current: bool,
}

impl<'a> Scene<'a> {
    /// The datagram that completed an event of this play; `None` for one that an earlier case left.
    pub(super) fn datagram_of(&self, event: usize) -> Option<&'a Datagram> {
        let datagram = self
            .transfer
            .datagram(self.transfer.event(event)?.frame())?;
        (datagram.fate == Fate::Event(event)).then_some(datagram)
    }

    /// The datagrams of an event, in order.
    pub(super) fn datagrams(&self, event: &Event) -> Vec<&'a Datagram> {
        event
            .frames
            .iter()
            .filter_map(|frame| self.transfer.datagram(*frame))
            .collect()
    }

    /// The operation of a request, if its target leaves no doubt: a client may have resources that are none of LwM2M.
    pub(super) fn operation(&self, index: usize) -> Option<&'a Operation> {
        let event = self.transfer.event(index)?;
        let operation = event.operation()?;
        let message = event.message.as_ref()?;
        let first = message.option_values(option::URI_PATH).next();
        let number = |segment: &[u8]| segment.iter().all(u8::is_ascii_digit);
        let certain = match operation {
            Operation::Update(_) | Operation::Deregister(_) => first == Some(b"rd"),
            _ if matches!(operation.receiver(), lwm2m::Role::Client)
                && !first.is_none_or(number) =>
            {
                let segments = message.text_options(option::URI_PATH);
                let words = segments
                    .iter()
                    .take_while(|segment| !segment.bytes().all(|byte| byte.is_ascii_digit()));
                let prefix = words.map(String::as_str).collect::<Vec<_>>().join("/");
                let known = self
                    .announced(event)
                    .map_or("", |announced| announced.prefix.as_str());
                prefix.is_empty() || prefix == known || prefix == "bs"
            }
            _ => true,
        };
        certain.then_some(operation)
    }

    /// Whether the request with this index gives the other side no excuse: it was seen and breaks no rule.
    pub(super) fn is_sound(&self, request: usize) -> bool {
        let Some(event) = self.transfer.event(request) else {
            return false;
        };
        let datagrams = self.datagrams(event);
        self.datagram_of(request).is_some()
            && datagrams.iter().all(|datagram| datagram.reading.is_clean())
    }

    /// Whether the body of a completed event is all there: a capture may begin in the middle of one.
    pub(super) fn is_whole(&self, event: &Event) -> bool {
        let Some(message) = &event.message else {
            return false;
        };
        let number = if message.code.is_request() {
            option::BLOCK1
        } else {
            option::BLOCK2
        };
        if number == option::BLOCK2 && self.asked_for_later(event) {
            return false;
        }
        let mut next = 0;
        let mut more = false;
        for datagram in self.datagrams(event) {
            let Some(part) = &datagram.reading.message else {
                return false;
            };
            let Some(block) = coap::Block::of(part, number) else {
                continue;
            };
            let Ok(block) = block else { return false };
            if block.offset() != next {
                return false;
            }
            next += part.payload.len() as u64;
            more = block.more;
        }
        !more
    }

    /// Whether the first datagram of an answer answers a request for a later block.
    fn asked_for_later(&self, event: &Event) -> bool {
        let first = event.frames.first();
        let first = first.and_then(|frame| self.transfer.place(*frame));
        let asked = first.and_then(|index| self.asked_by_token(index));
        asked
            .and_then(|request| coap::Block::of(request.reading.message.as_ref()?, option::BLOCK2))
            .is_some_and(|block| block.is_ok_and(|block| block.number > 0))
    }

    /// The client of a conversation.
    pub(super) fn client(&self, event: &Event) -> Option<Seat> {
        [event.from, event.to]
            .into_iter()
            .find(|seat| seat.role == Role::Client)
    }

    /// The version that the client of a conversation registered with.
    pub(super) fn client_version(&self, event: &Event) -> Option<Version> {
        self.announced(event)?.version
    }

    /// What the client of a conversation said of itself.
    pub(super) fn announced(&self, event: &Event) -> Option<&'a Announced> {
        self.memory.clients.get(&self.client(event)?)
    }

    /// The definitions that hold for the client of a conversation.
    pub(super) fn definitions(&self, event: &Event) -> Definitions<'a> {
        let announced = self.announced(event);
        let version = announced.and_then(|announced| announced.version);
        Definitions {
            registry: self.types,
            announced,
            current: version.is_none_or(|version| version == self.version),
        }
    }

    /// The newest request with the token of the datagram with this index, from its receiver and before it.
    pub(super) fn asked_by_token(&self, index: usize) -> Option<&'a Datagram> {
        let answer = self.transfer.datagrams().get(index)?;
        let token = &answer.reading.message.as_ref()?.token;
        let newest = self
            .transfer
            .newest_request(answer.to, answer.from, token)?;
        if newest >= index {
            return self.request_before(index, |_, sent| {
                sent.code.is_request() && sent.token == *token
            });
        }
        let lifetime = coap::Parameters::default().exchange_lifetime();
        let asked = self.transfer.datagrams().get(newest)?;
        (answer.time.since(asked.time) < lifetime).then_some(asked)
    }

    /// The newest Confirmable or Non-confirmable request from `datagram.to` before `datagram` that `fits`.
    pub(super) fn request_before(
        &self,
        index: usize,
        fits: impl Fn(&Datagram, &Message) -> bool,
    ) -> Option<&'a Datagram> {
        let datagrams = self.transfer.datagrams();
        let answer = datagrams.get(index)?;
        let lifetime = coap::Parameters::default().exchange_lifetime();
        let mut recent = datagrams
            .get(..index)?
            .iter()
            .rev()
            .take_while(|datagram| answer.time.since(datagram.time) < lifetime);
        recent.find(|datagram| {
            datagram.from == answer.to
                && datagram.to == answer.from
                && datagram.reading.message.as_ref().is_some_and(|message| {
                    matches!(message.kind, Kind::Con | Kind::Non) && fits(datagram, message)
                })
        })
    }
}

impl<'a> Definitions<'a> {
    /// The definition of an Object in the version that the client has; `None` if that is not known for sure.
    pub(super) fn object(&self, id: u16) -> Option<&'a ObjectDefinition> {
        match self
            .announced
            .and_then(|announced| announced.objects.get(&id))
        {
            Some(version) => self.registry.object_version(id, (*version)?),
            None if self.current => self.registry.object(id),
            None => None,
        }
    }

    /// The definition of the Resource at `path`.
    pub(super) fn resource_at(&self, path: &lwm2m::Path) -> Option<&'a ResourceDefinition> {
        self.object(path.object()?)?
            .resources
            .get(&path.resource()?)
    }
}

/// A Resource without a type in its definition is one nobody can tell the type of.
impl Types for Definitions<'_> {
    fn resource(&self, object: u16, resource: u16) -> Option<ResourceType> {
        let definition = self.object(object)?.resources.get(&resource)?;
        let typed = definition.value_type != lwm2m::Type::None || definition.operations.execute;
        typed.then_some(ResourceType {
            value_type: definition.value_type,
            multiple: definition.multiple,
        })
    }
}

/// Whether a message hides its content from everybody but the peer (RFC 8613).
pub(super) fn is_protected(message: &Message) -> bool {
    message.option_values(option::OSCORE).next().is_some()
}

/// Whether a client begins anew with this request, maybe after a restart: Register, Bootstrap-Request, Bootstrap-Pack-Request.
pub(super) fn begins_anew(message: &Message) -> bool {
    let path: Vec<&[u8]> = message.option_values(option::URI_PATH).collect();
    matches!(
        (message.code, path.as_slice()),
        (Code::POST, [b"rd" | b"bs"]) | (Code::GET, [b"bspack"])
    )
}
