//! The ends of sessions between two implementations, where the harness holds them (`pair --terminate`).

use std::collections::BTreeMap;

use emulator::{Client, Security};
use judge::actual::Actual;
use testcase::{Conduct, Seat, Step, TestCase};
use tls::{Framing, Psk};
use transport::{OwnStack, Secure};

use super::{CHANNEL_SEED, OWN_CONNECTION_ID, Run, Seating, mentions};
use crate::bridge::Bridge;
use crate::conduct;
use crate::keyring::{self, Values};
use crate::keys;

impl Run {
    /// Whether the harness ends the sessions of a pair that plays `case`.
    pub fn ends_sessions(&self, case: &TestCase) -> bool {
        let mode = self.mode(case);
        self.terminates && self.is_pair() && mode.is_secured() && !mode.is_stream()
    }

    /// Whether a case is about handshakes between its seats, which are not between them if the harness ends their sessions.
    pub(crate) fn is_about_handshakes(&self, case: &TestCase) -> bool {
        let states = self.states_to(&case.given.value);
        let of_states = states.iter().flat_map(|state| &state.dialogue);
        of_states.chain(&case.dialogue).any(speaks_of_handshakes)
    }

    /// What stands before each server, if the harness ends sessions there.
    pub(super) fn bridges(
        &self,
        case: &TestCase,
        seating: &Seating,
        accounts: &[Values],
        told: &[(String, Actual)],
    ) -> BTreeMap<Seat, Bridge> {
        if !self.ends_sessions(case) {
            return BTreeMap::new();
        }
        let relays = seating.relays.keys();
        let bridges = relays.filter_map(|seat| {
            let bridge = self.bridge(case, seating, *seat, accounts, told)?;
            Some((*seat, bridge))
        });
        bridges.collect()
    }

    fn bridge(
        &self,
        case: &TestCase,
        seating: &Seating,
        seat: Seat,
        accounts: &[Values],
        told: &[(String, Actual)],
    ) -> Option<Bridge> {
        let server = *seating.addresses.get(&seat)?;
        let front = *seating.relays.get(&seat)?;
        let mut conduct = Conduct::default();
        if mentions(&case.requires.node, "connection-id") {
            conduct.connection_id = Some(OWN_CONNECTION_ID);
        }
        let mut shown = keyring::of_server(seat, accounts, &conduct);
        let pre_shared = keys::pre_shared(told).into_iter();
        let pre_shared = pre_shared.map(|(identity, key)| Psk::new(&identity, &key));
        for known in pre_shared {
            if !shown.psks.contains(&known) {
                shown.psks.push(known);
            }
        }
        let seed = seating.seed ^ CHANNEL_SEED ^ u64::from(front.port());
        let settings = conduct::settings(&conduct, false);
        let near = OwnStack::new(Framing::Datagram, settings, seed, Some(shown));
        // whoever the server is, it is the one that was to be tested
        conduct.verifies = Some(Vec::new());
        let settings = conduct::settings(&conduct, false);
        let make = move |number: u64| -> Box<dyn Secure> {
            let seed = seed ^ (number << 32);
            Box::new(OwnStack::new(
                Framing::Datagram,
                settings.clone(),
                seed,
                None,
            ))
        };
        let held = accounts.iter().filter_map(|values| {
            let client = Client::new(self.client(case, seating, values));
            client.security(front)
        });
        let mut held: Vec<Security> = held.collect();
        held.dedup_by(|a, b| (a.mode, &a.identity, &a.key) == (b.mode, &b.identity, &b.key));
        Some(Bridge::new(server, Box::new(near), Box::new(make), held))
    }
}

/// Whether a step is about DTLS or TLS, not about messages in it.
fn speaks_of_handshakes(step: &Step) -> bool {
    let lines = step.lines.iter().chain(&step.triggers);
    let mut words = lines.map(|line| line.word.value);
    words.any(|word| word.is_channel() && !word.is_of_stream())
        || step.group.iter().any(speaks_of_handshakes)
}
