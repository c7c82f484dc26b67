//! Implementations of a foreign capture whose profiles tell what they claim, and what they were told.

use judge::actual::Actual;
use lwm2m::Value;
use testcase::{Profile, Role, Seat};

use super::gather::Talk;
use crate::casting::Tested;
use crate::error::HarnessError;
use crate::keys;

/// An implementation that a capture is judged by what its profile says.
#[derive(Clone, Debug)]
pub struct Declared {
    /// Its profile.
    pub profile: Profile,
    /// What it claims and tells.
    pub(super) tested: Tested,
}

impl Declared {
    /// What the profile says; images that it names are read.
    pub fn of(profile: Profile) -> Result<Self, HarnessError> {
        let mut tested = Tested::of(&profile)?;
        // whoever was captured was started by somebody else, and is none of our emulators
        tested.emulated = false;
        tested.given.clear();
        Ok(Self { profile, tested })
    }

    /// Its Endpoint Client Name, if the profile tells it.
    pub fn endpoint(&self) -> Option<&str> {
        match self.tested.ixit.get("endpoint") {
            Some(Value::String(name)) => Some(name),
            _ => None,
        }
    }

    /// Pre-shared keys that the profile tells, each behind its identity.
    pub fn keys(&self) -> Vec<(Vec<u8>, Vec<u8>)> {
        let told = self.tested.ixit.iter();
        let told = told.map(|(name, value)| (name.clone(), Actual::Value(value.clone())));
        keys::pre_shared(&told.collect::<Vec<_>>())
    }

    /// Whether it may have a part in a conversation: its seat is taken, and a client has the name that the profile tells.
    pub fn is_in(&self, talk: &Talk) -> bool {
        let seat = self.profile.seat();
        let named = || match (self.endpoint(), talk.endpoint.as_deref()) {
            (Some(own), Some(heard)) => own == heard,
            _ => true,
        };
        let mut seats = talk.seats.values();
        seats.any(|known| *known == seat) && (seat.role != Role::Client || named())
    }

    pub(super) fn seat(&self) -> Seat {
        self.profile.seat()
    }

    /// Whether it tells the value of a variable.
    pub(super) fn tells(&self, variable: &str) -> bool {
        let own = variable.strip_prefix(&format!("{}.", self.seat()));
        let own = own.unwrap_or(variable);
        self.tested.ixit.contains_key(own)
    }
}
