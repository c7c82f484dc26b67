//! In which order a client registers with its servers, and how often it tries: /1/x/13 to /1/x/19 (Core TS, 6.2.1.1).

use std::time::Duration;

use coap::Time;

use super::Client;
use super::registration::Stage;

impl Client {
    /// Makes the registration with a new account due, or has it wait for those before it in the order.
    pub(super) fn schedule(&mut self, now: Time, index: usize) {
        let Some(server) = self.registrations.get(index).map(|each| each.server) else {
            return;
        };
        let ordered = self.priority(server).is_some();
        let due = now + self.initial_delay(server);
        if let Some(registration) = self.registrations.get_mut(index) {
            registration.held = ordered;
            registration.due = (!ordered).then_some(due);
        }
    }

    /// Lets the next servers in the order be registered with, once those before them are settled.
    pub(super) fn release_next(&mut self, now: Time) {
        let held = self.registrations.iter().filter(|each| each.held);
        let Some(next) = held.filter_map(|each| self.priority(each.server)).min() else {
            return;
        };
        let waits = self.registrations.iter().any(|each| {
            let earlier = self.priority(each.server).is_some_and(|own| own < next);
            earlier && !each.settled
        });
        if waits {
            return;
        }
        for index in 0..self.registrations.len() {
            let Some(registration) = self.registrations.get(index) else {
                continue;
            };
            let server = registration.server;
            if registration.held && self.priority(server) == Some(next) {
                let due = now + self.initial_delay(server);
                if let Some(registration) = self.registrations.get_mut(index) {
                    registration.held = false;
                    registration.due = Some(due);
                }
            }
        }
    }

    /// Tries again after a while that doubles; when all tries are used up, the bootstrap is next.
    pub(super) fn retry(&mut self, now: Time, index: usize) {
        let Some(registration) = self.registrations.get_mut(index) else {
            return;
        };
        let server = registration.server;
        registration.attempts = registration.attempts.saturating_add(1);
        let attempts = registration.attempts;
        let count = self.account_number(server, 17).unwrap_or(RETRY_COUNT);
        let timer = self.account_number(server, 18).unwrap_or(RETRY_TIMER);
        let pause = self.account_number(server, 19).unwrap_or(SEQUENCE_DELAY);
        let exhausted = u64::from(attempts) >= count;
        let wait = match exhausted {
            true => pause,
            false => timer.saturating_mul(1 << attempts.saturating_sub(1).min(16)),
        };
        let blocks = self.account_flag(server, 15).unwrap_or(false);
        let bootstraps = self.account_flag(server, 16).unwrap_or(true);
        if let Some(registration) = self.registrations.get_mut(index) {
            registration.attempts = if exhausted { 0 } else { attempts };
            registration.settled |= exhausted && !blocks;
            registration.enter(Stage::Unregistered, Some(now + Duration::from_secs(wait)));
        }
        let unregistered = self
            .registrations
            .iter()
            .all(|registration| !registration.stands());
        if exhausted && bootstraps && unregistered && self.bootstrap_account().is_some() {
            self.begin_bootstrap(now);
        }
    }

    /// Registration Priority Order; a lower one comes first, and none waits for nobody.
    fn priority(&self, server: u16) -> Option<u64> {
        self.account_number(server, 13)
    }

    fn initial_delay(&self, server: u16) -> Duration {
        Duration::from_secs(self.account_number(server, 14).unwrap_or(0))
    }

    fn account_number(&self, server: u16, resource: u16) -> Option<u64> {
        let instance = self.server_instance(server)?;
        u64::try_from(self.device.number(&[1, instance, resource])?).ok()
    }

    fn account_flag(&self, server: u16, resource: u16) -> Option<bool> {
        self.device
            .truth(&[1, self.server_instance(server)?, resource])
    }
}

/// Communication Retry Count (/1/x/17).
const RETRY_COUNT: u64 = 5;
/// Communication Retry Timer in seconds (/1/x/18).
const RETRY_TIMER: u64 = 60;
/// Communication Sequence Delay Timer in seconds (/1/x/19).
const SEQUENCE_DELAY: u64 = 86_400;
