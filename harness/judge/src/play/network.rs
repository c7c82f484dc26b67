//! What a step does to the network, as far as the harness holds an end (notation, 8).

use coap::Time;
use testcase::{Lasting, Network, NetworkVerb, Seat};

use super::Play;
use super::active::{Active, Failure};
use crate::command::{Command, Impairment};

impl Play {
    /// Acts on the network, or says why it cannot.
    pub(super) fn impair(
        &mut self,
        active: &mut Active,
        network: &Network,
        now: Time,
    ) -> Result<(), Box<Failure>> {
        let verb = network.verb.value;
        if let Some(reason) = self.out_of_reach(network)
            && !(self.setting.hindsight && verb == NetworkVerb::Duplicate)
        {
            let expected = "the network acts as the case says";
            return Err(Failure::undecided(network.verb.span, expected, reason));
        }
        let id = match verb {
            NetworkVerb::Heal => self.command(now, |_| Command::Heal { id: None }),
            _ => {
                let deed = Box::new(self.deed(active, network));
                self.command(now, |id| Command::Impair { id, deed })
            }
        };
        self.log_network(now, id, network);
        if network.lasting == Lasting::Step
            && !matches!(verb, NetworkVerb::Heal | NetworkVerb::Rebind)
        {
            active.impaired = Some(id);
        }
        Ok(())
    }

    /// Ends what the network does for one step only.
    pub(super) fn heal(&mut self, active: &Active) {
        if let Some(id) = active.impaired {
            self.tell(Command::Heal { id: Some(id) });
        }
    }

    fn deed(&self, active: &Active, network: &Network) -> Impairment {
        let gap = network.gap.as_ref();
        Impairment {
            verb: network.verb.value,
            from: network.from,
            to: network.to,
            between: network.between,
            times: network.times,
            after: network.after.unwrap_or(0),
            gap: gap.map_or(GAP, |gap| self.duration(active, gap)),
            lasting: match &network.lasting {
                Lasting::Time(scalar) => Some(self.duration(active, scalar)),
                Lasting::Step | Lasting::Case => None,
            },
        }
    }

    /// Why the harness holds no end of what the network is to do.
    pub(super) fn out_of_reach(&self, network: &Network) -> Option<String> {
        let verb = network.verb.value;
        if self.is_foreign() {
            return Some(format!(
                "a capture does not tell whether the network did {}",
                verb.name()
            ));
        }
        let tested = |seat: Seat| self.setting.tested(seat);
        if let Some(relay) = self.setting.relay.filter(|relay| !relay.stream) {
            let dropped = verb == NetworkVerb::Duplicate && relay.secured;
            let reason =
                "DTLS drops repeated records, so that a secured pair cannot be given duplicates";
            return dropped.then(|| reason.to_owned());
        }
        if verb == NetworkVerb::Rebind {
            let seat = network.from.unwrap_or(Seat::CLIENT);
            return tested(seat).then(|| format!("the {seat}'s address is its own"));
        }
        let (one, other) = match network.between {
            Some((one, other)) => (Some(one), Some(other)),
            None => (network.from, network.to),
        };
        let mut ends = [one, other].into_iter().flatten();
        if self.setting.relay.is_some() && verb != NetworkVerb::Heal && ends.all(tested) {
            return Some(format!(
                "TCP makes good what a network does, so that the relay cannot {} messages of a pair",
                verb.name()
            ));
        }
        match (one, other) {
            (Some(one), Some(other)) if tested(one) && tested(other) => Some(format!(
                "the harness holds neither the {one} nor the {other} to {} their messages",
                verb.name()
            )),
            _ => None,
        }
    }
}

/// Default of `gap` (testcases/reference.md).
pub(super) const GAP: std::time::Duration = std::time::Duration::from_millis(100);
