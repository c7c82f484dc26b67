//! Observe, Cancel Observation and the composite forms (Core TS, 6.4.1, 6.4.2, 6.4.4, 6.4.5).
//!
//! Keeps who observes what; when a notification goes out stands in `data::observation` and `client`.

use std::net::SocketAddr;

use coap::{Code, ContentFormat, Time, Token};
use lwm2m::{Path, Version};

use super::format::encode_nodes;
use super::reply::{Refusal, Reply};
use super::request::Request;
use super::state::{Asker, Device};
use crate::data::{Attributes, Observation};

/// What tells one observation from another (RFC 7641, 4.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ObserverKey {
    pub(crate) peer: SocketAddr,
    pub(crate) token: Token,
}

/// A server that observes.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Observer {
    pub(crate) key: ObserverKey,
    /// Short Server ID.
    pub(crate) server: u16,
    pub(crate) observation: Observation,
    /// The format of the first answer, which all notifications keep (RFC 7641, 4.2).
    pub(crate) format: ContentFormat,
    pub(crate) composite: bool,
    /// Value of the Observe option sent last.
    pub(crate) sequence: u32,
    /// When the last Confirmable notification was sent (RFC 7641, 4.5).
    pub(crate) confirmed: Time,
}

impl Observer {
    /// Counts the Observe option on; it has 24 bits (RFC 7641, 2).
    pub(crate) const fn count(&mut self) {
        self.sequence = self.sequence.wrapping_add(1) & 0x00ff_ffff;
    }
}

impl Device {
    /// Answers an Observe and keeps the observation.
    pub(super) fn observe(
        &mut self,
        asker: Asker,
        request: &Request<'_>,
    ) -> Result<Reply, Refusal> {
        let own = self.own_attributes(request)?;
        let reply = self.read(asker, request)?;
        Ok(self.begin(asker, request, vec![request.path], own, reply))
    }

    /// Answers a Read with Observe 1: the observation of this token, or of this path, ends.
    pub(super) fn cancel_observation(
        &mut self,
        asker: Asker,
        request: &Request<'_>,
    ) -> Result<Reply, Refusal> {
        self.end(asker, request, &[request.path]);
        self.read(asker, request)
    }

    /// Answers an Observe-Composite and keeps the observation.
    pub(super) fn observe_composite(
        &mut self,
        asker: Asker,
        request: &Request<'_>,
    ) -> Result<Reply, Refusal> {
        let own = self.own_attributes(request)?;
        let paths = self.listed_paths(request)?;
        let reply = self.read_composite(asker, request)?;
        Ok(self.begin(asker, request, paths, own, reply))
    }

    /// Answers a Read-Composite with Observe 1.
    pub(super) fn cancel_observation_composite(
        &mut self,
        asker: Asker,
        request: &Request<'_>,
    ) -> Result<Reply, Refusal> {
        let paths = self.listed_paths(request)?;
        self.end(asker, request, &paths);
        self.read_composite(asker, request)
    }

    /// The payload of the next notification to `observer`, or the code that ends the observation.
    pub(crate) fn notification(&self, observer: &Observer) -> Result<Reply, Refusal> {
        let (nodes, base) = self.observed(observer)?;
        encode_nodes(observer.format, &nodes, base, &self.types())
            .map(|payload| Reply::content(observer.format, payload))
            .ok_or(Code::NOT_ACCEPTABLE)
    }

    /// The values that `observer` observes, and the path that they are told below.
    pub(crate) fn observed(
        &self,
        observer: &Observer,
    ) -> Result<(Vec<lwm2m::Node>, Path), Refusal> {
        match observer.observation.targets.as_slice() {
            [path] if !observer.composite => Ok((self.readable(observer.server, *path)?, *path)),
            paths => Ok((self.readable_of(observer.server, paths), Path::ROOT)),
        }
    }

    /// The attributes in force for `observer`: its own, those attached, those of the Server Object (Core TS, 7.3.2).
    pub(crate) fn attributes_of(&self, observer: &Observer) -> Attributes {
        let own = &observer.observation.own;
        let table = self.attributes.get(&observer.server);
        let in_force = |path: &Path| table.map(|table| table.in_force(*path));
        let targets = observer.observation.targets.as_slice();
        let attached = match (observer.composite, targets) {
            (false, [path]) => in_force(path).unwrap_or_default(),
            // what comes with an Observe-Composite stands alone (Core TS 1.2, 6.4.4)
            _ if !own.is_empty() => Attributes::default(),
            _ => Attributes::combined(targets.iter().filter_map(in_force)),
        };
        own.or(&attached).or(&self.default_periods(observer.server))
    }

    /// /1/x/2 and /1/x/3 of the server's account.
    fn default_periods(&self, server: u16) -> Attributes {
        let period = |instance, resource| {
            let seconds = self.number(&[1, instance, resource])?;
            u32::try_from(seconds).ok()
        };
        let account = self
            .store
            .instances(1)
            .find(|instance| self.number(&[1, *instance, 0]) == Some(server.into()));
        account.map_or_else(Attributes::default, |instance| Attributes {
            pmin: period(instance, 2),
            pmax: period(instance, 3),
            ..Attributes::default()
        })
    }

    /// Attributes in the request itself: from 1.2, otherwise they are no part of Observe.
    fn own_attributes(&self, request: &Request<'_>) -> Result<Attributes, Refusal> {
        let mut own = Attributes::default();
        if request.queries.is_empty() {
            return Ok(own);
        }
        if self.version < Version::V1_2 {
            return Err(Code::BAD_REQUEST);
        }
        let kind = self
            .definition(request.path)
            .map(|definition| definition.value_type);
        own.change(&request.queries, self.version)
            .and_then(|()| own.check_place(request.path.depth(), kind))
            .and_then(|()| own.check_thresholds())
            .map_err(|_| Code::BAD_REQUEST)?;
        Ok(own)
    }

    /// Keeps an observation; without room for it the answer is that to a Read (RFC 7641, 4.1).
    fn begin(
        &mut self,
        asker: Asker,
        request: &Request<'_>,
        targets: Vec<Path>,
        own: Attributes,
        mut reply: Reply,
    ) -> Reply {
        let key = ObserverKey {
            peer: asker.peer,
            token: request.message.token.clone(),
        };
        self.observers.retain(|observer| observer.key != key);
        let Some((format, _)) = reply.payload.as_ref() else {
            return reply;
        };
        if self.observers.len() >= self.limits.observations {
            return reply;
        }
        let mut observer = Observer {
            key,
            server: asker.server,
            observation: Observation::new(targets, own, Vec::new(), asker.now),
            format: *format,
            composite: request.method == Code::FETCH,
            sequence: FIRST_SEQUENCE,
            confirmed: asker.now,
        };
        let nodes = self
            .observed(&observer)
            .map(|(nodes, _)| nodes)
            .unwrap_or_default();
        observer.observation.tell(asker.now, nodes);
        self.observers.push(observer);
        reply.observe = Some(FIRST_SEQUENCE);
        reply
    }

    fn end(&mut self, asker: Asker, request: &Request<'_>, targets: &[Path]) {
        let token = &request.message.token;
        self.observers.retain(|observer| {
            let same_token = observer.key.peer == asker.peer && observer.key.token == *token;
            let same_targets =
                observer.server == asker.server && observer.observation.targets == targets;
            !same_token && !same_targets
        });
    }
}

/// The value of the Observe option in the answer; notifications count on from it (RFC 7641, 3.4).
const FIRST_SEQUENCE: u32 = 1;
