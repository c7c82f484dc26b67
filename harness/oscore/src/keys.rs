//! What is derived from the parameters, and what it protects: keys, Common IV, nonce and AAD (RFC 8613, 3.2.1, 5.2, 5.4).
//!
//! Sees plaintexts and ciphertexts; knows nothing of CoAP.

use minicbor::Encoder;

use crate::{Aead, Parameters, ParametersError, PartialIv};

/// The immutable part of a security context, as one endpoint sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keys {
    /// AEAD algorithm.
    pub aead: Aead,
    /// Common IV.
    pub common_iv: Vec<u8>,
    /// ID Context.
    pub id_context: Option<Vec<u8>>,
    /// This endpoint.
    pub sender: Endpoint,
    /// The other endpoint.
    pub recipient: Endpoint,
}

/// ID and key of one endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// Sender ID or Recipient ID.
    pub id: Vec<u8>,
    /// Sender Key or Recipient Key.
    pub key: Vec<u8>,
}

/// What binds responses to their request: 'kid' and Partial IV of the request (RFC 8613, 5.4 and 7.1).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Binding {
    /// 'kid' of the request.
    pub kid: Vec<u8>,
    /// Partial IV of the request, as it travelled.
    pub partial_iv: PartialIv,
}

impl Keys {
    /// Derives Sender Key, Recipient Key and Common IV (RFC 8613, 3.2.1).
    pub fn derive(parameters: &Parameters) -> Result<Self, ParametersError> {
        parameters.check()?;
        let aead = parameters.aead;
        let output = |id: &[u8], kind, length| {
            let info = info(parameters, id, kind, length);
            let (salt, secret) = (&parameters.master_salt, &parameters.master_secret);
            // The lengths are those of AES keys, far below what HKDF can give.
            let output = parameters.hash.hkdf(salt, secret, &info, length);
            output.unwrap_or_default()
        };
        let endpoint = |id: &Vec<u8>| Endpoint {
            id: id.clone(),
            key: output(id, "Key", aead.key_length()),
        };
        Ok(Self {
            aead,
            common_iv: output(&[], "IV", aead.nonce_length()),
            id_context: parameters.id_context.clone(),
            sender: endpoint(&parameters.sender_id),
            recipient: endpoint(&parameters.recipient_id),
        })
    }

    /// The same keys as the other endpoint sees them.
    #[must_use]
    pub fn mirrored(&self) -> Self {
        Self {
            sender: self.recipient.clone(),
            recipient: self.sender.clone(),
            ..self.clone()
        }
    }

    /// The nonce for a Partial IV that the endpoint with ID `id` generated (RFC 8613, 5.2).
    pub fn nonce(&self, id: &[u8], partial_iv: &PartialIv) -> Vec<u8> {
        let room = self.aead.max_id_length();
        let mut nonce = vec![id.len() as u8];
        nonce.extend(std::iter::repeat_n(0, room.saturating_sub(id.len())));
        nonce.extend(id);
        nonce.extend(partial_iv.padded());
        nonce
            .iter()
            .zip(&self.common_iv)
            .map(|(left, right)| left ^ right)
            .collect()
    }

    /// Encrypts with the Sender Key; `generator` and `partial_iv` make the nonce. `None` if the plaintext is too long.
    pub(crate) fn seal(
        &self,
        binding: &Binding,
        (generator, partial_iv): (&[u8], &PartialIv),
        plaintext: &[u8],
    ) -> Option<Vec<u8>> {
        let nonce = self.nonce(generator, partial_iv);
        let aad = aad(self.aead, binding);
        self.aead.seal(&self.sender.key, &nonce, &aad, plaintext)
    }

    /// Decrypts with the Recipient Key; `generator` and `partial_iv` make the nonce. `None` if the tag does not fit.
    pub(crate) fn open(
        &self,
        binding: &Binding,
        (generator, partial_iv): (&[u8], &PartialIv),
        ciphertext: &[u8],
    ) -> Option<Vec<u8>> {
        let nonce = self.nonce(generator, partial_iv);
        let aad = aad(self.aead, binding);
        self.aead
            .open(&self.recipient.key, &nonce, &aad, ciphertext)
    }
}

/// The `info` of HKDF: `[id, id_context, alg_aead, type, L]` (RFC 8613, 3.2.1).
pub fn info(parameters: &Parameters, id: &[u8], kind: &str, length: usize) -> Vec<u8> {
    let mut info = Vec::new();
    let mut encoder = Encoder::new(&mut info);
    // Writing to a vector cannot fail.
    let _ = encoder.array(5).and_then(|encoder| encoder.bytes(id));
    let _ = match &parameters.id_context {
        Some(id_context) => encoder.bytes(id_context),
        None => encoder.null(),
    };
    let _ = encoder
        .i64(parameters.aead.cose())
        .and_then(|encoder| encoder.str(kind))
        .and_then(|encoder| encoder.u64(length as u64));
    info
}

/// The AAD: `["Encrypt0", h'', external_aad]` around `[1, [alg_aead], request_kid, request_piv, h'']` (RFC 8613, 5.4).
///
/// There are no Class I options yet, so the last field is empty (RFC 8613, 4.1.2).
pub fn aad(aead: Aead, binding: &Binding) -> Vec<u8> {
    let mut external = Vec::new();
    let mut encoder = Encoder::new(&mut external);
    // Writing to a vector cannot fail.
    let _ = encoder
        .array(5)
        .and_then(|encoder| encoder.u8(OSCORE_VERSION))
        .and_then(|encoder| encoder.array(1))
        .and_then(|encoder| encoder.i64(aead.cose()))
        .and_then(|encoder| encoder.bytes(&binding.kid))
        .and_then(|encoder| encoder.bytes(binding.partial_iv.as_bytes()))
        .and_then(|encoder| encoder.bytes(&[]));
    let mut aad = Vec::new();
    let mut encoder = Encoder::new(&mut aad);
    let _ = encoder
        .array(3)
        .and_then(|encoder| encoder.str("Encrypt0"))
        .and_then(|encoder| encoder.bytes(&[]))
        .and_then(|encoder| encoder.bytes(&external));
    aad
}

/// `oscore_version` (RFC 8613, 5.4).
const OSCORE_VERSION: u8 = 1;
