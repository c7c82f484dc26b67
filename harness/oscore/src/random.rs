//! A small seeded generator, so that a run can be repeated to the byte (SplitMix64).
//!
//! Not for secrets: a tester's Echo values and nonces of RFC 8613, B.2 need to differ, not to be unguessable.

/// The generator's state.
#[derive(Clone, Debug)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    /// Eight bytes, the length that RFC 8613, B.2 calls typical.
    pub(crate) fn bytes(&mut self) -> Vec<u8> {
        self.next().to_be_bytes().to_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_repeat_with_the_seed_and_differ_otherwise() {
        let (mut one, mut two) = (Random::new(7), Random::new(7));
        let first = one.bytes();
        assert_eq!(first, two.bytes());
        assert_ne!(first, one.bytes());
        assert_ne!(first, Random::new(8).bytes());
    }
}
