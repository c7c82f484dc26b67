//! One Confirmable message on its way: its bytes, its back-off, its end (RFC 7252, 4.2).

use std::time::Duration;

use super::random::Random;
use super::{ExchangeId, Purpose};
use crate::{Parameters, Time, Token};

/// A Confirmable message that nobody has acknowledged or rejected yet.
#[derive(Clone, Debug)]
pub(super) struct Transmission {
    pub(super) exchange: ExchangeId,
    pub(super) purpose: Purpose,
    pub(super) token: Token,
    pub(super) bytes: Vec<u8>,
    /// When it is sent again or given up.
    pub(super) deadline: Time,
    pub(super) timeout: Duration,
    pub(super) retransmissions: u32,
}

impl Transmission {
    /// The retransmission's number if there is one left; `None` when the sender gives up.
    pub(super) fn retransmit(&mut self, parameters: &Parameters) -> Option<u32> {
        if self.retransmissions >= parameters.max_retransmit {
            return None;
        }
        self.retransmissions += 1;
        self.timeout = self.timeout.saturating_mul(2);
        self.deadline += self.timeout;
        Some(self.retransmissions)
    }

    /// Takes over the back-off of a notification that this one replaces, as its next attempt (RFC 7641, 4.5.2).
    pub(super) fn continue_from(&mut self, now: Time, older: &Self, parameters: &Parameters) {
        let attempt = older.retransmissions.saturating_add(1);
        self.retransmissions = attempt.min(parameters.max_retransmit);
        self.timeout = older.timeout.saturating_mul(2);
        self.deadline = now + self.timeout;
    }
}

/// First wait for an Acknowledgement, between ACK_TIMEOUT and ACK_TIMEOUT * ACK_RANDOM_FACTOR (RFC 7252, 4.2).
pub(super) fn first_timeout(parameters: &Parameters, random: &mut Random) -> Duration {
    let nanos = |time: Duration| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
    let low = nanos(parameters.ack_timeout);
    Duration::from_nanos(random.between(low, nanos(parameters.longest_ack_timeout())))
}
