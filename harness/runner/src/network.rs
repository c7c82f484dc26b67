//! What the network does to messages between seats: lost, late, doubled, out of order, cut (notation, 8).
//!
//! It acts where the harness holds an end: on what an emulator sends before the tap sees it, on what an implementation sends
//! after the tap saw it; and in a relay. Sans-IO; an emulator that stands for an implementation is treated as one.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;

use coap::Time;
use judge::command::{CommandId, Impairment};
use testcase::{NetworkVerb, Seat};

/// The rules in force, and what they hold back.
#[derive(Debug, Default)]
pub(crate) struct Network {
    rules: Vec<Rule>,
    held: BTreeMap<(Time, u64), Held>,
    ready: VecDeque<Held>,
    counter: u64,
}

/// A datagram on its way, and who has seen it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Held {
    /// One of ours that goes out.
    Outgoing {
        from: SocketAddr,
        to: SocketAddr,
        bytes: Vec<u8>,
    },
    /// One that came, for the emulator at `to`.
    Arrived {
        from: SocketAddr,
        to: SocketAddr,
        bytes: Vec<u8>,
    },
    /// One between two implementations, which a relay holds; `again` if it is a further copy.
    Relayed {
        from: SocketAddr,
        to: SocketAddr,
        bytes: Vec<u8>,
        again: bool,
    },
}

#[derive(Debug)]
struct Rule {
    id: CommandId,
    deed: Impairment,
    /// Matching messages that have passed.
    passed: u32,
    /// Messages that it has acted on.
    done: u32,
    ends: Option<Time>,
    /// A message that waits to be overtaken.
    overtaken: Option<(Seat, (Time, u64))>,
}

impl Network {
    /// Whether everything passes at once.
    pub(crate) fn is_idle(&self) -> bool {
        self.rules.is_empty() && self.held.is_empty() && self.ready.is_empty()
    }

    /// Begins to act; `rebind` is the stage's own matter.
    pub(crate) fn impair(&mut self, now: Time, id: CommandId, deed: Impairment) {
        let ends = deed.lasting.map(|lasting| now + lasting);
        self.rules.push(Rule {
            id,
            deed,
            passed: 0,
            done: 0,
            ends,
            overtaken: None,
        });
    }

    /// Ends one deed, or all of them; what is late still comes.
    pub(crate) fn heal(&mut self, id: Option<CommandId>) {
        self.rules.retain(|rule| id.is_some_and(|id| rule.id != id));
    }

    /// Lets a message pass, now, later, several times or never.
    pub(crate) fn pass(&mut self, now: Time, from: Seat, to: Seat, message: Held) {
        self.rules
            .retain(|rule| rule.ends.is_none_or(|ends| now < ends));
        let acting = self.rules.iter().position(|rule| rule.acts(from, to));
        for rule in &mut self.rules {
            rule.passed += u32::from(rule.means(from, to));
        }
        let Some(index) = acting else {
            self.ready.push_back(message);
            self.release_overtaken(from);
            return;
        };
        let Some(rule) = self.rules.get_mut(index) else {
            return;
        };
        rule.done += 1;
        let gap = rule.deed.gap;
        match rule.deed.verb {
            NetworkVerb::Drop | NetworkVerb::Cut => {}
            NetworkVerb::Delay => drop(self.hold(now + gap, message)),
            NetworkVerb::Reorder => {
                let key = self.hold(now + gap, message);
                if let Some(rule) = self.rules.get_mut(index) {
                    rule.overtaken = Some((from, key));
                }
            }
            NetworkVerb::Duplicate => {
                for copy in 1..rule.deed.times.unwrap_or(2).min(MOST_COPIES) {
                    let mut copied = message.clone();
                    if let Held::Relayed { again, .. } = &mut copied {
                        *again = true;
                    }
                    self.hold(now + gap.saturating_mul(copy), copied);
                }
                self.ready.push_back(message);
            }
            NetworkVerb::Rebind | NetworkVerb::Heal => self.ready.push_back(message),
        }
    }

    /// What goes on now.
    pub(crate) fn poll(&mut self, now: Time) -> Option<Held> {
        while let Some(entry) = self.held.first_entry()
            && entry.key().0 <= now
        {
            self.ready.push_back(entry.remove());
        }
        self.ready.pop_front()
    }

    /// When something that is held back goes on.
    pub(crate) fn poll_timeout(&self) -> Option<Time> {
        let now = (!self.ready.is_empty()).then_some(Time::ZERO);
        now.or_else(|| self.held.keys().next().map(|(at, _)| *at))
    }

    fn hold(&mut self, at: Time, message: Held) -> (Time, u64) {
        self.counter += 1;
        self.held.insert((at, self.counter), message);
        (at, self.counter)
    }

    /// A message has overtaken the one before it of the same seat.
    fn release_overtaken(&mut self, from: Seat) {
        for rule in &mut self.rules {
            if let Some((_, key)) = rule.overtaken.take_if(|(seat, _)| *seat == from)
                && let Some(message) = self.held.remove(&key)
            {
                self.ready.push_back(message);
            }
        }
    }
}

impl Rule {
    /// Whether a message is in its scope.
    fn means(&self, from: Seat, to: Seat) -> bool {
        let one_of = |seats: &(Seat, Seat)| [(from, to), (to, from)].contains(seats);
        self.deed.from.is_none_or(|seat| seat == from)
            && self.deed.to.is_none_or(|seat| seat == to)
            && self.deed.between.as_ref().is_none_or(one_of)
    }

    /// Whether it acts on the next message of this kind.
    fn acts(&self, from: Seat, to: Seat) -> bool {
        let most = match self.deed.verb {
            NetworkVerb::Duplicate => Some(1),
            NetworkVerb::Cut => None,
            _ => self.deed.times,
        };
        self.means(from, to)
            && self.passed >= self.deed.after
            && most.is_none_or(|most| self.done < most)
            && self.overtaken.is_none()
    }
}

/// More copies than that are not sent.
const MOST_COPIES: u32 = 64;

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const NOW: Time = Time::ZERO;

    fn network(verb: NetworkVerb, change: impl FnOnce(&mut Impairment)) -> Network {
        let mut deed = Impairment {
            verb,
            from: None,
            to: None,
            between: None,
            times: None,
            after: 0,
            gap: Duration::from_millis(100),
            lasting: None,
        };
        change(&mut deed);
        let mut network = Network::default();
        network.impair(NOW, 1, deed);
        network
    }

    fn message(mark: u8) -> Held {
        let address = SocketAddr::from(([127, 0, 0, 1], 5683));
        Held::Arrived {
            from: address,
            to: address,
            bytes: vec![mark],
        }
    }

    /// Sends messages 1, 2 .. of the client at once; the marks of what has come after each of `times`, in milliseconds.
    fn passed(network: &mut Network, count: u8, times: &[u64]) -> Vec<Vec<u8>> {
        for mark in 1..=count {
            network.pass(NOW, Seat::CLIENT, Seat::SERVER, message(mark));
        }
        let at = |time: &u64| {
            let mut marks = Vec::new();
            while let Some(Held::Arrived { bytes, .. }) =
                network.poll(NOW + Duration::from_millis(*time))
            {
                marks.extend(bytes);
            }
            marks
        };
        times.iter().map(at).collect()
    }

    #[test]
    fn each_verb_does_what_it_says() {
        let mut drops = network(NetworkVerb::Drop, |deed| {
            (deed.after, deed.times) = (1, Some(2));
        });
        assert_eq!(passed(&mut drops, 5, &[0]), [vec![1, 4, 5]]);
        let mut late = network(NetworkVerb::Delay, |deed| deed.times = Some(1));
        assert_eq!(
            passed(&mut late, 2, &[0, 99, 100]),
            [vec![2], vec![], vec![1]]
        );
        let mut twice = network(NetworkVerb::Duplicate, |deed| deed.times = Some(3));
        assert_eq!(
            passed(&mut twice, 2, &[0, 100, 200]),
            [vec![1, 2], vec![1], vec![1]]
        );
        let mut swaps = network(NetworkVerb::Reorder, |deed| deed.times = Some(1));
        assert_eq!(passed(&mut swaps, 3, &[0]), [vec![2, 1, 3]]);
        let mut cut = network(NetworkVerb::Cut, |_| {});
        assert_eq!(passed(&mut cut, 3, &[0]), [Vec::<u8>::new()]);
    }

    #[test]
    fn a_deed_keeps_to_its_scope_and_its_time() {
        let mut other = network(NetworkVerb::Drop, |deed| deed.from = Some(Seat::SERVER));
        assert_eq!(passed(&mut other, 1, &[0]), [vec![1]]);
        let mut pair = network(NetworkVerb::Drop, |deed| {
            deed.between = Some((Seat::SERVER, Seat::CLIENT));
        });
        assert_eq!(passed(&mut pair, 1, &[0]), [Vec::<u8>::new()]);
        let mut brief = network(NetworkVerb::Cut, |deed| {
            deed.lasting = Some(Duration::from_secs(1));
        });
        brief.pass(
            NOW + Duration::from_secs(1),
            Seat::CLIENT,
            Seat::SERVER,
            message(7),
        );
        assert_eq!(brief.poll(NOW), Some(message(7)));
        let mut healed = network(NetworkVerb::Cut, |_| {});
        healed.heal(Some(2));
        assert_eq!(passed(&mut healed, 1, &[0]), [Vec::<u8>::new()]);
        healed.heal(None);
        assert_eq!(passed(&mut healed, 1, &[0]), [vec![1]]);
    }
}
