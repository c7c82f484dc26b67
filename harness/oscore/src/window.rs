//! The Replay Window (RFC 8613, 3.2.2 and 7.4): which Partial IVs came already, 32 back from the largest (RFC 6347, 4.1.2.6).

/// The window's state; nothing came yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct ReplayWindow {
    /// Largest number that came.
    largest: Option<u64>,
    /// Bit n stands for the number n below the largest; the lowest bit is always set.
    seen: u32,
}

impl ReplayWindow {
    /// A window whose lower limit is `sequence`: that and everything below counts as seen (RFC 8613, B.1.2).
    pub const fn starting_behind(sequence: u64) -> Self {
        Self {
            largest: Some(sequence),
            seen: u32::MAX,
        }
    }

    /// Whether `sequence` is new: not seen and not older than the window.
    pub const fn is_new(&self, sequence: u64) -> bool {
        let Some(largest) = self.largest else {
            return true;
        };
        if sequence > largest {
            return true;
        }
        let back = largest - sequence;
        back < SIZE && self.seen >> back & 1 == 0
    }

    /// Marks `sequence` as seen.
    pub const fn accept(&mut self, sequence: u64) {
        match self.largest {
            Some(largest) if sequence <= largest => {
                let back = largest - sequence;
                if back < SIZE {
                    self.seen |= 1 << back;
                }
            }
            Some(largest) => {
                let ahead = sequence - largest;
                let kept = if ahead < SIZE { self.seen << ahead } else { 0 };
                self.seen = kept | 1;
                self.largest = Some(sequence);
            }
            None => {
                self.seen = 1;
                self.largest = Some(sequence);
            }
        }
    }
}

/// Numbers that the window remembers, its largest included (RFC 8613, 3.2.2).
const SIZE: u64 = 32;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    #[test]
    fn the_window_moves_with_the_largest() {
        let mut window = ReplayWindow::default();
        let rows = [
            (5, true),
            (5, false),
            (3, true),
            (3, false),
            (36, true),
            (5, false),
            (4, false),
            (6, true),
            (100, true),
            (68, false),
            (69, true),
            (69, false),
            (u64::MAX, true),
            (100, false),
        ];
        for (sequence, new) in rows {
            assert_eq!(window.is_new(sequence), new, "{sequence}");
            window.accept(sequence);
        }
    }

    #[test]
    fn a_lower_limit_shuts_out_what_lies_below() {
        let window = ReplayWindow::starting_behind(7);
        assert!(!window.is_new(7));
        assert!(!window.is_new(0));
        assert!(window.is_new(8));
    }

    proptest! {
        /// Against the definition: new is what is not in the set and not 32 or more below the largest.
        #[test]
        fn the_window_is_a_set_with_an_edge(numbers in prop::collection::vec(0_u64..120, 1..200)) {
            let mut window = ReplayWindow::default();
            let mut set = BTreeSet::new();
            for number in numbers {
                let edge = set.last().is_some_and(|largest| largest - number.min(*largest) >= 32);
                prop_assert_eq!(window.is_new(number), !set.contains(&number) && !edge);
                window.accept(number);
                if !edge {
                    set.insert(number);
                }
            }
        }
    }
}
