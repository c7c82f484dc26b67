//! A small seeded generator, so that a run can be repeated to the byte (SplitMix64).
//!
//! Not for secrets: tokens of a tester need to differ, not to be unguessable.

/// The generator's state.
#[derive(Clone, Debug)]
pub(super) struct Random(u64);

impl Random {
    pub(super) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(super) const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    /// A number from `low` to `high`, both included; `low` if there is nothing between.
    pub(super) const fn between(&mut self, low: u64, high: u64) -> u64 {
        match high.saturating_sub(low).checked_add(1) {
            Some(span) => low + self.next() % span,
            None => self.next(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_repeat_with_the_seed_and_stay_within_bounds() {
        let mut one = Random::new(7);
        let mut two = Random::new(7);
        for _ in 0..1000 {
            let number = one.between(2_000, 3_000);
            assert!((2_000..=3_000).contains(&number));
            assert_eq!(number, two.between(2_000, 3_000));
        }
        assert_eq!(one.between(5, 5), 5);
        assert_eq!(one.between(5, 4), 5);
        assert_ne!(Random::new(8).next(), Random::new(7).next());
    }
}
