//! Register, Update, De-register and the end of the lifetime, as the server sees them (Core TS, 6.2).

use std::net::SocketAddr;

use coap::{Code, ContentFormat, Link, Time, option};
use lwm2m::{Version, operation};

use super::{Registration, Server};
use crate::conversation::Plan;
use crate::{Answer, Event, Kept, OptionEdit, profile};

impl Server {
    /// Registers a client; gives back the location, or the code that refuses.
    pub(super) fn register(
        &mut self,
        now: Time,
        peer: SocketAddr,
        register: &operation::Register,
        plan: &Plan,
    ) -> Result<String, Code> {
        let mut registration = read_register(now, peer, register)?;
        if let Some(known) = self.vouched.get(&peer)
            && *known != registration.endpoint
        {
            return Err(Code::BAD_REQUEST);
        }
        let version = Version::parse(&registration.version);
        let Some(version) = version.filter(|version| self.configuration.versions.contains(version))
        else {
            return Err(Code::PRECONDITION_FAILED);
        };
        if self.configuration.refused.contains(&registration.endpoint) {
            return Err(Code::FORBIDDEN);
        }
        if let Some(profiles) = &registration.profile_id {
            registration
                .objects
                .extend(self.resolve(profiles, version)?);
        }
        if registration.objects.is_empty() {
            // before 1.2 the list is a mandatory parameter (Transport TS, 6.7)
            return Err(match version >= Version::V1_2 {
                true => Code::CONFLICT,
                false => Code::BAD_REQUEST,
            });
        }
        if plan.keeps(Kept::Binding) {
            registration.queue_mode = false;
            (registration.binding, registration.sms) = (None, None);
        }
        if plan.keeps(Kept::Objects) {
            registration.objects = object_list(register.content_format, &register.objects)?;
        }
        let mut others = self.registrations.iter();
        let known = others.any(|each| each.endpoint == registration.endpoint);
        if !known && self.registrations.len() >= self.configuration.most_registrations {
            return Err(Code::SERVICE_UNAVAILABLE);
        }
        self.locations += 1;
        let given = plan.answer.as_ref().and_then(given_location);
        registration.location = given.unwrap_or_else(|| format!("/rd/{}", self.locations));
        let location = registration.location.clone();
        self.replace(registration, plan);
        Ok(location)
    }

    /// Updates a registration.
    pub(super) fn update(
        &mut self,
        now: Time,
        peer: SocketAddr,
        update: &operation::Update,
        plan: &Plan,
    ) -> Result<(), Code> {
        let index = self.index_of(&update.location).ok_or(Code::NOT_FOUND)?;
        let lifetime = match &update.lifetime {
            Some(_) => Some(update.lifetime_seconds().ok_or(Code::BAD_REQUEST)?),
            None => None,
        };
        if !update.query.is_empty() {
            return Err(Code::BAD_REQUEST);
        }
        let mut objects = object_list(update.content_format, &update.objects)?;
        if let Some(profiles) = &update.profile_id {
            let registration = self.registrations.get(index).ok_or(Code::NOT_FOUND)?;
            let version = Version::parse(&registration.version).ok_or(Code::BAD_REQUEST)?;
            objects.extend(self.resolve(profiles, version)?);
        }
        let objects = (!objects.is_empty()).then_some(objects);
        let registration = self.registrations.get_mut(index).ok_or(Code::NOT_FOUND)?;
        if !plan.keeps(Kept::Lifetime) {
            registration.refreshed = now;
            registration.lifetime = lifetime.unwrap_or(registration.lifetime);
        }
        if !plan.keeps(Kept::Address) {
            registration.address = peer;
        }
        if let Some(objects) = objects.filter(|_| !plan.keeps(Kept::Objects)) {
            registration.objects = objects;
        }
        if update.binding.is_some() && !plan.keeps(Kept::Binding) {
            registration.queue_mode = queue_mode(update.queue_mode, update.binding.as_deref());
            registration.binding.clone_from(&update.binding);
        }
        if update.sms.is_some() {
            registration.sms.clone_from(&update.sms);
        }
        let standing = registration.standing();
        self.emit(Event::Updated(standing));
        self.tell_acquaintances();
        Ok(())
    }

    /// Removes a registration and its observations.
    pub(super) fn deregister(
        &mut self,
        deregister: &operation::Deregister,
        plan: &Plan,
    ) -> Result<(), Code> {
        let index = self.index_of(&deregister.location).ok_or(Code::NOT_FOUND)?;
        if plan.keeps(Kept::Registration) {
            return Ok(());
        }
        let registration = self.remove(index, plan);
        self.emit(Event::Deregistered(registration.standing()));
        Ok(())
    }

    /// Drops the registrations whose lifetime is over.
    pub(super) fn expire(&mut self, now: Time) {
        if self.keeps_expired {
            return;
        }
        let over = |each: &Registration| each.expires().is_some_and(|end| end <= now);
        while let Some(index) = self.registrations.iter().position(over) {
            let registration = self.remove(index, &Plan::default());
            self.emit(Event::Expired(registration.standing()));
        }
    }

    /// When the next registration ends.
    pub(super) fn next_expiry(&self) -> Option<Time> {
        let ends = self.registrations.iter().filter_map(Registration::expires);
        ends.min().filter(|_| !self.keeps_expired)
    }

    /// The links that Profile IDs stand for; 4.09 if one is not known (Core TS 1.2, 6.2.1).
    fn resolve(&self, parameter: &str, version: Version) -> Result<Vec<Link>, Code> {
        if version < Version::V1_2 {
            return Err(Code::BAD_REQUEST);
        }
        let mut links = Vec::new();
        for id in profile::ids(parameter) {
            let mut known = self.configuration.profiles.iter();
            let known = known.find(|profile| profile.id == id);
            let paths = known.map(|profile| &profile.objects);
            let paths = paths.or(self.configuration.other_profile.as_ref());
            links.extend(paths.ok_or(Code::CONFLICT)?.iter().map(|path| Link {
                target: path.to_string(),
                attributes: Vec::new(),
                offset: 0,
            }));
        }
        Ok(links)
    }

    /// A new registration takes the place of one with the same name, and of another at the same address.
    fn replace(&mut self, registration: Registration, plan: &Plan) {
        let same = |each: &Registration| {
            each.endpoint == registration.endpoint || each.address == registration.address
        };
        if !plan.keeps(Kept::Registration) {
            while let Some(index) = self.registrations.iter().position(same) {
                self.remove(index, plan);
            }
        }
        let standing = registration.standing();
        self.registrations.push(registration);
        self.tell_acquaintances();
        self.emit(Event::Registered(standing));
    }

    fn remove(&mut self, index: usize, plan: &Plan) -> Registration {
        let registration = self.registrations.remove(index);
        let endpoint = registration.endpoint.clone();
        if plan.keeps(Kept::Observations) {
            self.observations
                .iter_mut()
                .filter(|observing| observing.endpoint == endpoint)
                .for_each(|observing| observing.outlived = true);
        } else {
            self.forget_observations(|observing| observing.endpoint == endpoint);
        }
        self.tell_acquaintances();
        registration
    }

    fn index_of(&self, location: &[String]) -> Option<usize> {
        let location: String = location
            .iter()
            .map(|segment| format!("/{segment}"))
            .collect();
        self.registrations
            .iter()
            .position(|registration| registration.location == location)
    }
}

/// The location that a prepared answer has.
fn given_location(answer: &Answer) -> Option<String> {
    let segments = answer.options.iter().filter_map(|edit| match edit {
        OptionEdit::Set(option::LOCATION_PATH, segment)
        | OptionEdit::Add(option::LOCATION_PATH, segment) => Some(String::from_utf8_lossy(segment)),
        _ => None,
    });
    let location: String = segments.map(|segment| format!("/{segment}")).collect();
    (!location.is_empty()).then_some(location)
}

/// What a Register says; 4.00 if something is missing, unknown or wrong (Transport TS, 6.7). It has no location yet.
fn read_register(
    now: Time,
    peer: SocketAddr,
    register: &operation::Register,
) -> Result<Registration, Code> {
    let endpoint = register.endpoint.clone().filter(|name| !name.is_empty());
    let objects = object_list(register.content_format, &register.objects)?;
    if !register.query.is_empty() {
        return Err(Code::BAD_REQUEST);
    }
    Ok(Registration {
        endpoint: endpoint.ok_or(Code::BAD_REQUEST)?,
        address: peer,
        lifetime: register.lifetime_seconds().ok_or(Code::BAD_REQUEST)?,
        version: register.version.clone().ok_or(Code::BAD_REQUEST)?,
        binding: register.binding.clone(),
        queue_mode: queue_mode(register.queue_mode, register.binding.as_deref()),
        sms: register.sms.clone(),
        profile_id: register.profile_id.clone(),
        location: String::new(),
        objects,
        since: now,
        refreshed: now,
        heard: now,
    })
}

/// Queue Mode is a parameter from 1.1, a letter of the binding in 1.0.
fn queue_mode(parameter: bool, binding: Option<&str>) -> bool {
    parameter || binding.is_some_and(|binding| binding.contains('Q'))
}

/// The object list; 4.00 if it is none (Core TS, 6.2.1).
fn object_list(format: Option<ContentFormat>, payload: &[u8]) -> Result<Vec<Link>, Code> {
    if format.is_some_and(|format| format != ContentFormat::LINK_FORMAT) {
        return Err(Code::BAD_REQUEST);
    }
    if payload.is_empty() {
        return Ok(Vec::new());
    }
    let links = coap::Links::parse(payload).map_err(|_| Code::BAD_REQUEST)?;
    Ok(links.links)
}
