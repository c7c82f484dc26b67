//! Switching a client on and off: start, stop, shut down, reboot, sleep.

use coap::Time;

use super::Client;
use super::bootstrap::Bootstrap;
use super::registration::{Registration, Stage};
use crate::Event;

/// Whether the client runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Power {
    /// It is switched off.
    Off,
    /// It is off and comes back then.
    Rebooting(Time),
    /// It runs.
    On,
}

impl Client {
    /// Switches the client on: it registers with every server it has an account for, or asks for its bootstrap.
    pub fn start(&mut self, now: Time) {
        if self.power == Power::On {
            return;
        }
        if self.boots == 0 {
            self.epoch = now;
        }
        self.boots += 1;
        self.power = Power::On;
        self.conversation
            .restart(self.configuration.seed.wrapping_add(self.boots << 16));
        self.device.observers.clear();
        self.bootstrap = Bootstrap::Idle;
        self.send_at = self
            .configuration
            .send
            .as_ref()
            .map(|(_, period)| now + *period);
        self.asleep_at = None;
        self.dirty = true;
        self.download = None;
        self.device.shortage = None;
        self.device.finish_firmware();
        self.register_all(now);
        self.drive(now);
    }

    /// Switches the power off: no word more, nothing is heard.
    pub fn stop(&mut self, now: Time) {
        let _ = now;
        self.power = Power::Off;
        self.registrations.clear();
        self.device.observers.clear();
        self.bootstrap = Bootstrap::Idle;
        self.conversation.restart(self.configuration.seed);
        while self.conversation.poll_transmit().is_some() {}
    }

    /// The client has another address by now: without security it registers anew with every server (Transport TS, 6.4.3).
    pub fn change_address(&mut self, now: Time) {
        self.device.observers.clear();
        for registration in &mut self.registrations {
            registration.enter(Stage::Unregistered, Some(now));
        }
        self.tell_acquaintances();
        self.drive(now);
    }

    /// Sends an Update to every server, as after a session that was resumed.
    pub fn refresh(&mut self, now: Time) {
        for registration in &mut self.registrations {
            registration.triggered = true;
        }
        self.drive(now);
    }

    /// De-registers from every server; the client then runs without registration.
    pub fn shut_down(&mut self, now: Time) {
        for index in 0..self.registrations.len() {
            self.deregister(now, index, None);
        }
        self.drive(now);
    }

    /// Whether the client runs.
    pub fn is_on(&self) -> bool {
        self.power == Power::On
    }

    /// Goes off for the reboot time; values stay, everything else is forgotten.
    pub(super) fn reboot(&mut self, now: Time) {
        let until = now + self.configuration.reboot_time;
        self.power = Power::Rebooting(until);
        self.registrations.clear();
        self.device.observers.clear();
        self.conversation.restart(self.configuration.seed);
        self.emit(Event::Rebooting { until });
    }

    /// Comes back if it is time.
    pub(super) fn wake(&mut self, now: Time) {
        if matches!(self.power, Power::Rebooting(until) if until <= now) {
            self.start(now);
        }
        if self.asleep_at.is_some_and(|at| at <= now) {
            self.asleep_at = None;
            self.asleep = true;
            self.emit(Event::Asleep);
        }
    }

    /// Whether nothing is heard because the client sleeps (Queue Mode).
    pub(super) const fn is_deaf(&self) -> bool {
        self.asleep
    }

    /// Stays awake for another while (Core TS, 6.5).
    pub(super) fn stay_awake(&mut self, now: Time) {
        self.asleep = false;
        let queue_mode = self.registrations.iter().any(Registration::stands) && self.sleeps();
        self.asleep_at = queue_mode.then(|| now + self.configuration.awake_time);
    }

    /// Makes a registration for every account, due at once.
    pub(super) fn register_all(&mut self, now: Time) {
        let accounts = self.accounts();
        self.registrations.retain(|registration| {
            accounts.iter().any(|account| {
                account.server == registration.server && account.address == registration.address
            })
        });
        for account in &accounts {
            let known = self
                .registrations
                .iter()
                .any(|known| known.server == account.server);
            if !known {
                self.registrations
                    .push(Registration::new(account.server, account.address, now));
                self.schedule(now, self.registrations.len() - 1);
            }
        }
        self.release_next(now);
        if accounts.is_empty() {
            self.begin_bootstrap(now);
        }
        self.tell_acquaintances();
    }

    /// Tells predicates who is known: servers whose registration stands.
    pub(super) fn tell_acquaintances(&mut self) {
        let standing = self
            .registrations
            .iter()
            .filter(|registration| registration.stands());
        self.conversation.known.peers = standing.map(|registration| registration.address).collect();
    }

    /// The stages in which a server is heard.
    pub(super) fn hears(&self, index: usize) -> bool {
        self.registrations.get(index).is_some_and(|registration| {
            registration.stands() || matches!(registration.stage, Stage::Deregistering(_))
        })
    }
}
