//! The cryptography of TLS 1.2 on RustCrypto's primitives.

mod agreement;
mod prf;
mod protection;
mod random;

pub(crate) use agreement::EphemeralKey;
pub(crate) use prf::{
    Master, Randoms, Sender, digest, extended_master_secret, hmac, master_secret, psk_premaster,
    verify_data,
};
pub(crate) use protection::{OpenError, Protection, RecordFacts, protections};
pub(crate) use random::Random;
