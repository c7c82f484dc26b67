//! What an observing client remembers of notifications (RFC 8613, 4.1.3.5.2, 7.4.1 and 8.4.2).

use crate::window::ReplayWindow;
use crate::{Fault, PartialIv};

/// One registration: which Partial IVs came, and whether one came without.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Observation {
    numbers: ReplayWindow,
    without: bool,
}

impl Observation {
    /// Takes a verified notification; refuses what came before and a second one without Partial IV.
    pub fn accept(&mut self, partial_iv: Option<PartialIv>) -> Result<(), Fault> {
        let new = match partial_iv {
            Some(partial_iv) => self.numbers.is_new(partial_iv.sequence()),
            None => !self.without,
        };
        if !new {
            return Err(Fault::NotificationRepeated { partial_iv });
        }
        match partial_iv {
            Some(partial_iv) => self.numbers.accept(partial_iv.sequence()),
            None => self.without = true,
        }
        Ok(())
    }
}

/// The Observe value that orders a notification as its Partial IV does: the one without is the oldest (RFC 8613, 4.1.3.5.2).
///
/// One more than the three lower bytes, so that Partial IV 0 is newer than none.
pub(crate) fn sequence(partial_iv: Option<PartialIv>) -> u32 {
    let next = partial_iv.map_or(0, |partial_iv| partial_iv.sequence() + 1);
    (next & u64::from(coap::observe::MAX_SEQUENCE)) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_notification_counts_once() {
        let number = PartialIv::from_sequence;
        let mut observation = Observation::default();
        let rows = [
            (None, true),
            (None, false),
            (number(4), true),
            (number(3), true),
            (number(4), false),
            (number(40), true),
            (number(5), false),
        ];
        for (partial_iv, new) in rows {
            assert_eq!(
                observation.accept(partial_iv).is_ok(),
                new,
                "{partial_iv:?}"
            );
        }
    }

    #[test]
    fn the_order_of_notifications_is_that_of_partial_ivs() {
        let number = |sequence| sequence_of(PartialIv::from_sequence(sequence));
        fn sequence_of(partial_iv: Option<PartialIv>) -> u32 {
            sequence(partial_iv)
        }
        assert_eq!(sequence(None), 0);
        assert_eq!([number(0), number(1), number(0xff_ffff)], [1, 2, 0]);
    }
}
