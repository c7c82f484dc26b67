//! A seeded generator, so that a run can be repeated to the byte: SHA-256 of the seed and a counter.
//!
//! As unguessable as its seed. That suits a tester; nothing else should use it.

use sha2::{Digest, Sha256};

/// The generator's state.
#[derive(Clone, Debug)]
pub(crate) struct Random {
    seed: u64,
    counter: u64,
}

impl Random {
    pub(crate) const fn new(seed: u64) -> Self {
        Self { seed, counter: 0 }
    }

    pub(crate) fn block(&mut self) -> [u8; 32] {
        let mut hash = Sha256::new();
        hash.update(self.seed.to_be_bytes());
        hash.update(self.counter.to_be_bytes());
        self.counter = self.counter.wrapping_add(1);
        hash.finalize().into()
    }

    pub(crate) fn bytes(&mut self, length: usize) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(length + 32);
        while bytes.len() < length {
            bytes.extend(self.block());
        }
        bytes.truncate(length);
        bytes
    }

    pub(crate) fn iv(&mut self) -> [u8; 16] {
        let mut iv = [0; 16];
        iv.copy_from_slice(&self.block()[..16]);
        iv
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_repeat_with_the_seed_and_differ_without() {
        assert_eq!(Random::new(7).bytes(100), Random::new(7).bytes(100));
        assert_ne!(Random::new(7).block(), Random::new(8).block());
        let mut random = Random::new(7);
        assert_ne!(random.block(), random.block());
    }
}
