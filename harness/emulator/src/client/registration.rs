//! The registration of a client with one server: its state and its next step (Core TS, 6.2).

use std::net::SocketAddr;
use std::time::Duration;

use coap::Time;

use crate::ExchangeId;

/// One registration.
#[derive(Clone, Debug)]
pub(super) struct Registration {
    /// Short Server ID.
    pub(super) server: u16,
    pub(super) address: SocketAddr,
    pub(super) stage: Stage,
    /// When the stage's next step is due.
    pub(super) due: Option<Time>,
    /// Location segments.
    pub(super) location: Vec<String>,
    /// What the client would have told when it last told anything.
    pub(super) told: Told,
    /// The same before the message under way: it holds on if that is refused.
    pub(super) told_before: Told,
    /// What an Update told in vain; the same is told again only with another Update.
    pub(super) refused: Option<Told>,
    /// Lifetime that is in force, in seconds.
    pub(super) lifetime: u32,
    /// An Update is wanted even if nothing changed.
    pub(super) triggered: bool,
    /// Registrations tried in vain.
    pub(super) attempts: u32,
    /// It waits for servers that come before it in the order (/1/x/13).
    pub(super) held: bool,
    /// It has been registered, or tried to the end: those behind it in the order may follow.
    pub(super) settled: bool,
    /// The server does not know the profile: it is told the whole list.
    pub(super) profile_refused: bool,
    /// The exchange under way.
    pub(super) exchange: Option<ExchangeId>,
}

/// How far a registration is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// Not registered; `due` tells when to try, if ever.
    Unregistered,
    /// A Register is under way.
    Registering,
    /// Registered.
    Registered,
    /// Registered, and an Update is under way.
    Updating,
    /// A De-register is under way; afterwards the server is left alone for so long, or for ever.
    Deregistering(Option<Duration>),
    /// The server is left alone until `due`.
    Disabled,
}

/// The parameters that an Update tells once they change.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Told {
    pub(super) lifetime: u32,
    pub(super) binding: String,
    pub(super) queue_mode: bool,
    pub(super) sms: Option<String>,
    pub(super) objects: String,
}

impl Registration {
    /// A registration that is to be tried at `due`.
    pub(super) fn new(server: u16, address: SocketAddr, due: Time) -> Self {
        Self {
            server,
            address,
            stage: Stage::Unregistered,
            due: Some(due),
            location: Vec::new(),
            told: Told::default(),
            told_before: Told::default(),
            refused: None,
            lifetime: 0,
            triggered: false,
            attempts: 0,
            held: false,
            settled: false,
            profile_refused: false,
            exchange: None,
        }
    }

    /// Whether the server may ask things (Core TS, 6.2.1: not before the Register is answered).
    pub(super) const fn stands(&self) -> bool {
        matches!(self.stage, Stage::Registered | Stage::Updating)
    }

    /// Begins a stage whose next step is due then.
    pub(super) const fn enter(&mut self, stage: Stage, due: Option<Time>) {
        self.stage = stage;
        self.due = due;
        self.exchange = None;
    }

    /// Location as text.
    pub(super) fn location_text(&self) -> String {
        self.location
            .iter()
            .map(|segment| format!("/{segment}"))
            .collect()
    }
}

/// When an Update is sent, counted from the last Register or Update: early enough for all retransmissions
/// (RFC 7252, 4.8.2: MAX_TRANSMIT_WAIT is 93 s), halfway through short lifetimes; never if the lifetime has no end.
pub(super) fn update_interval(lifetime: u32) -> Option<Duration> {
    let early = match lifetime {
        0 => return None,
        1..=2 => return Some(Duration::from_millis(u64::from(lifetime) * 500)),
        3..=200 => lifetime / 2,
        _ => lifetime - 100,
    };
    Some(Duration::from_secs(early.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn updates_before_the_lifetime_ends() {
        let cases = [
            (0, None),
            (1, Some(0.5)),
            (20, Some(10.0)),
            (200, Some(100.0)),
            (240, Some(140.0)),
            (86400, Some(86300.0)),
        ];
        for (lifetime, wanted) in cases {
            assert_eq!(
                update_interval(lifetime),
                wanted.map(Duration::from_secs_f64),
                "{lifetime}"
            );
        }
    }
}
