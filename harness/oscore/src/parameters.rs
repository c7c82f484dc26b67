//! What two endpoints have to agree on before a security context can be derived (RFC 8613, 3.2 and 3.3).
//!
//! Also as LwM2M provisions it: the OSCORE Object, 21 (Core TS, E.9). Derives nothing.

use thiserror::Error;

use crate::{Aead, Hash};

/// The input parameters of a security context, as one of its two endpoints has them.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Parameters {
    /// Master Secret.
    pub master_secret: Vec<u8>,
    /// Master Salt; empty by default.
    pub master_salt: Vec<u8>,
    /// ID of this endpoint.
    pub sender_id: Vec<u8>,
    /// ID of the other endpoint.
    pub recipient_id: Vec<u8>,
    /// ID Context, if there is one.
    pub id_context: Option<Vec<u8>>,
    /// AEAD algorithm.
    pub aead: Aead,
    /// Hash of the HKDF.
    pub hash: Hash,
    /// Whether requests carry the ID Context as 'kid context' (RFC 8613, 5.1).
    pub sends_kid_context: bool,
}

/// Why parameters make no security context.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ParametersError {
    /// The AEAD algorithm is none that this crate knows (RFC 8152, Table 10).
    #[error("AEAD algorithm {number} is none of 10 to 13 and 30 to 33")]
    AeadUnknown {
        /// Its number.
        number: i64,
    },
    /// The HMAC algorithm is none that this crate knows (RFC 8152, Table 7 and 12.1.2).
    #[error("HMAC algorithm {number} is none of 5, 7, -10 and -11")]
    HashUnknown {
        /// Its number.
        number: i64,
    },
    /// An ID is longer than the nonce has room for (RFC 8613, 3.3).
    #[error("{which} of {length} bytes is longer than {limit}")]
    IdTooLong {
        /// Sender ID or Recipient ID.
        which: &'static str,
        /// Its length.
        length: usize,
        /// Room for it.
        limit: usize,
    },
    /// Both endpoints have the same ID, so they would share keys and nonces (RFC 8613, 3.3).
    #[error("Sender ID and Recipient ID are the same")]
    IdsEqual,
    /// The ID Context does not fit an OSCORE option (RFC 8613, 6.1).
    #[error("ID Context of {length} bytes is longer than {MAX_ID_CONTEXT}")]
    IdContextTooLong {
        /// Its length.
        length: usize,
    },
}

impl Parameters {
    /// The three parameters that have no default (RFC 8613, 3.2).
    pub fn new(
        master_secret: impl Into<Vec<u8>>,
        sender_id: impl Into<Vec<u8>>,
        recipient_id: impl Into<Vec<u8>>,
    ) -> Self {
        Self {
            master_secret: master_secret.into(),
            master_salt: Vec::new(),
            sender_id: sender_id.into(),
            recipient_id: recipient_id.into(),
            id_context: None,
            aead: Aead::AesCcm16_64_128,
            hash: Hash::Sha256,
            sends_kid_context: false,
        }
    }

    /// An instance of Object 21 by its Resources: 0 Master Secret, 1 Sender ID, 2 Recipient ID, 3 AEAD
    /// Algorithm, 4 HMAC Algorithm, 5 Master Salt, 6 ID Context (Core TS, E.9).
    ///
    /// An ID Context that was provisioned is sent along: the other side may have more than one.
    pub fn from_object_21(
        master_secret: impl Into<Vec<u8>>,
        sender_id: impl Into<Vec<u8>>,
        recipient_id: impl Into<Vec<u8>>,
        aead: Option<i64>,
        hmac: Option<i64>,
        master_salt: Option<Vec<u8>>,
        id_context: Option<Vec<u8>>,
    ) -> Result<Self, ParametersError> {
        let mut parameters = Self::new(master_secret, sender_id, recipient_id);
        if let Some(number) = aead {
            let aead = Aead::from_cose(number);
            parameters.aead = aead.ok_or(ParametersError::AeadUnknown { number })?;
        }
        if let Some(number) = hmac {
            let hash = Hash::from_cose(number);
            parameters.hash = hash.ok_or(ParametersError::HashUnknown { number })?;
        }
        parameters.master_salt = master_salt.unwrap_or_default();
        parameters.sends_kid_context = id_context.is_some();
        parameters.id_context = id_context;
        parameters.check()?;
        Ok(parameters)
    }

    /// The same parameters as the other endpoint has them.
    #[must_use]
    pub fn mirrored(&self) -> Self {
        Self {
            sender_id: self.recipient_id.clone(),
            recipient_id: self.sender_id.clone(),
            ..self.clone()
        }
    }

    /// The same parameters with another ID Context.
    pub(crate) fn with_id_context(&self, id_context: Vec<u8>) -> Self {
        Self {
            id_context: Some(id_context),
            ..self.clone()
        }
    }

    /// Whether a security context can be derived from these.
    pub fn check(&self) -> Result<(), ParametersError> {
        let limit = self.aead.max_id_length();
        let ids = [
            ("Sender ID", &self.sender_id),
            ("Recipient ID", &self.recipient_id),
        ];
        if let Some((which, id)) = ids.into_iter().find(|(_, id)| id.len() > limit) {
            let length = id.len();
            return Err(ParametersError::IdTooLong {
                which,
                length,
                limit,
            });
        }
        if self.sender_id == self.recipient_id {
            return Err(ParametersError::IdsEqual);
        }
        match self.id_context.as_ref().map(Vec::len) {
            Some(length) if length > MAX_ID_CONTEXT => {
                Err(ParametersError::IdContextTooLong { length })
            }
            _ => Ok(()),
        }
    }
}

/// What 255 bytes of option leave beside flags, Partial IV, length byte and the longest ID (RFC 8613, 2 and 6.1).
const MAX_ID_CONTEXT: usize = 255 - 1 - 5 - 1 - 7;

#[cfg(test)]
mod tests {
    use super::*;

    type Row = (
        Option<i64>,
        Option<i64>,
        Option<Vec<u8>>,
        Result<(Aead, Hash), ParametersError>,
    );

    /// Core TS, E.9.
    #[test]
    fn object_21() {
        let rows: [Row; 6] = [
            (None, None, None, Ok((Aead::AesCcm16_64_128, Hash::Sha256))),
            (
                Some(10),
                Some(-10),
                None,
                Ok((Aead::AesCcm16_64_128, Hash::Sha256)),
            ),
            (
                Some(31),
                Some(7),
                None,
                Ok((Aead::AesCcm16_128_256, Hash::Sha512)),
            ),
            (
                Some(24),
                None,
                None,
                Err(ParametersError::AeadUnknown { number: 24 }),
            ),
            (
                None,
                Some(1),
                None,
                Err(ParametersError::HashUnknown { number: 1 }),
            ),
            (
                None,
                None,
                Some(vec![0; 242]),
                Err(ParametersError::IdContextTooLong { length: 242 }),
            ),
        ];
        for (aead, hmac, id_context, expected) in rows {
            let parameters =
                Parameters::from_object_21("secret", "c", "s", aead, hmac, None, id_context);
            let found = parameters.map(|parameters| (parameters.aead, parameters.hash));
            assert_eq!(found, expected);
        }
    }

    #[test]
    fn an_id_context_of_object_21_is_sent_along() {
        let with =
            Parameters::from_object_21("k", "c", "s", None, None, Some(vec![1]), Some(vec![2]));
        let with = with.unwrap();
        assert!(with.sends_kid_context);
        assert_eq!(
            (with.master_salt, with.id_context),
            (vec![1], Some(vec![2]))
        );
        let without = Parameters::from_object_21("k", "c", "s", None, None, None, None);
        assert!(!without.unwrap().sends_kid_context);
    }

    /// RFC 8613, 3.3.
    #[test]
    fn ids_have_to_fit_and_differ() {
        let long = Parameters::new("k", [0; 8], [1]).check();
        let error = ParametersError::IdTooLong {
            which: "Sender ID",
            length: 8,
            limit: 7,
        };
        assert_eq!(long, Err(error));
        assert_eq!(
            Parameters::new("k", [1], [1]).check(),
            Err(ParametersError::IdsEqual)
        );
        assert_eq!(Parameters::new("k", [], [0; 7]).check(), Ok(()));
    }
}
