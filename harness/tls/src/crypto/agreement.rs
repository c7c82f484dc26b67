//! Diffie-Hellman on secp256r1 (RFC 8422, 5.10), with uncompressed points (5.1.2).

use p256::elliptic_curve::sec1::ToSec1Point;
use p256::{PublicKey, SecretKey};

use super::Random;

/// The shared secret: the x coordinate.
type SharedSecret = [u8; 32];

/// A key for one handshake.
#[derive(Clone)]
pub(crate) struct EphemeralKey(SecretKey);

impl EphemeralKey {
    /// Makes the next key of `random`.
    pub(crate) fn generate(random: &mut Random) -> Self {
        loop {
            if let Ok(key) = SecretKey::from_slice(&random.block()) {
                return Self(key);
            }
        }
    }

    /// The public point, uncompressed.
    pub(crate) fn point(&self) -> Vec<u8> {
        let point = self.0.public_key().to_sec1_point(false);
        point.as_bytes().to_vec()
    }

    /// The secret shared with whoever sent `point`; `None` if that is no point of the curve.
    pub(crate) fn agree(&self, point: &[u8]) -> Option<SharedSecret> {
        let public = PublicKey::from_sec1_bytes(point).ok()?;
        let shared = p256::ecdh::diffie_hellman(self.0.to_nonzero_scalar(), public.as_affine());
        let mut secret = [0; 32];
        secret.copy_from_slice(shared.raw_secret_bytes());
        Some(secret)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sides_share_a_secret_and_no_point_gives_none() {
        let mut random = Random::new(1);
        let (one, two) = (
            EphemeralKey::generate(&mut random),
            EphemeralKey::generate(&mut random),
        );
        assert_eq!(one.point().len(), 65);
        assert_eq!(one.agree(&two.point()), two.agree(&one.point()));
        assert!(one.agree(&[4; 65]).is_none());
        assert!(one.agree(&[0]).is_none());
    }
}
