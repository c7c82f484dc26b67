//! The window against replays (RFC 6347, 4.1.2.6): the newest sequence number and which of the 64 up to it have been seen.

/// Which sequence numbers of one epoch have been seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Window {
    /// One more than the newest number; 0 if none has been seen.
    next: u64,
    /// Bit n stands for the number `next - 1 - n`.
    seen: u64,
}

impl Window {
    /// Whether `number` is new and not older than the window.
    pub(crate) const fn is_fresh(&self, number: u64) -> bool {
        if number >= self.next {
            return true;
        }
        let age = self.next - 1 - number;
        age < SIZE && self.seen >> age & 1 == 0
    }

    /// Whether `number` is above everything seen.
    pub(crate) const fn is_newest(&self, number: u64) -> bool {
        number >= self.next
    }

    /// Marks `number` as seen; only verified records may do that.
    pub(crate) const fn mark(&mut self, number: u64) {
        if number >= self.next {
            let step = number - self.next + 1;
            self.seen = if step < SIZE { self.seen << step } else { 0 } | 1;
            self.next = number.saturating_add(1);
        } else if self.next - 1 - number < SIZE {
            self.seen |= 1 << (self.next - 1 - number);
        }
    }
}

const SIZE: u64 = 64;

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_number_is_fresh_once(numbers in proptest::collection::vec(0u64..200, 0..100)) {
            let mut window = Window::default();
            let mut seen = BTreeSet::new();
            for number in numbers {
                let newest = seen.last().copied().unwrap_or(0);
                let wanted = !seen.contains(&number) && number + SIZE > newest;
                prop_assert_eq!(window.is_fresh(number), wanted);
                if wanted {
                    window.mark(number);
                    seen.insert(number);
                }
            }
        }
    }
}
