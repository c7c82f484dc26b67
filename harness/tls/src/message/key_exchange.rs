//! ServerKeyExchange and ClientKeyExchange (RFC 4279, 2; RFC 5489, 2; RFC 8422, 5.4 and 5.7).

use crate::suite::KeyExchange;
use crate::wire::{DecodeError, Reader, Write};

/// What a server contributes to the premaster secret.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServerKeyExchange {
    /// The PSK identity hint, in suites with a PSK.
    pub hint: Option<Vec<u8>>,
    /// Curve and point, in suites with Diffie-Hellman.
    pub curve: Option<CurveParameters>,
    /// The signature over randoms and curve, in suites with a certificate.
    pub signature: Option<Signature>,
}

/// A named curve and a point of it (RFC 8422, 5.4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CurveParameters {
    /// The number of the group.
    pub group: u16,
    /// The point.
    pub point: Vec<u8>,
}

/// A signature with its algorithm (RFC 5246, 4.7).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    /// Hash and signature, as in signature_algorithms.
    pub algorithm: u16,
    /// The signature; of ECDSA, in DER.
    pub bytes: Vec<u8>,
}

/// What a client contributes to the premaster secret.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClientKeyExchange {
    /// The PSK identity, in suites with a PSK.
    pub identity: Option<Vec<u8>>,
    /// The point, in suites with Diffie-Hellman.
    pub point: Option<Vec<u8>>,
}

impl CurveParameters {
    /// The bytes that are signed after the randoms.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut out = vec![NAMED_CURVE];
        out.put_u16(self.group);
        out.put_vec8(&self.point);
        out
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let kind = reader.u8("a type of curve")?;
        if kind != NAMED_CURVE {
            return Err(reader.error(format!("curve of type {kind}"), "a named curve"));
        }
        Ok(Self {
            group: reader.u16("a named curve")?,
            point: reader.vec8("a point")?.rest().to_vec(),
        })
    }
}

impl Signature {
    pub(super) fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            algorithm: reader.u16("a signature algorithm")?,
            bytes: reader.vec16("a signature")?.rest().to_vec(),
        })
    }

    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        out.put_u16(self.algorithm);
        out.put_vec16(&self.bytes);
    }
}

impl ServerKeyExchange {
    pub(super) fn decode(
        exchange: KeyExchange,
        reader: &mut Reader<'_>,
    ) -> Result<Self, DecodeError> {
        let mut message = Self::default();
        if exchange.uses_psk() {
            message.hint = Some(reader.vec16("a PSK identity hint")?.rest().to_vec());
        }
        if exchange.uses_ecdhe() {
            message.curve = Some(CurveParameters::decode(reader)?);
        }
        if exchange.uses_certificate() {
            message.signature = Some(Signature::decode(reader)?);
        }
        Ok(message)
    }

    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        if let Some(hint) = &self.hint {
            out.put_vec16(hint);
        }
        if let Some(curve) = &self.curve {
            out.extend(curve.encode());
        }
        if let Some(signature) = &self.signature {
            signature.encode(out);
        }
    }
}

impl ClientKeyExchange {
    pub(super) fn decode(
        exchange: KeyExchange,
        reader: &mut Reader<'_>,
    ) -> Result<Self, DecodeError> {
        let mut message = Self::default();
        if exchange.uses_psk() {
            message.identity = Some(reader.vec16("a PSK identity")?.rest().to_vec());
        }
        if exchange.uses_ecdhe() {
            message.point = Some(reader.vec8("a point")?.rest().to_vec());
        }
        Ok(message)
    }

    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        if let Some(identity) = &self.identity {
            out.put_vec16(identity);
        }
        if let Some(point) = &self.point {
            out.put_vec8(point);
        }
    }
}

// RFC 8422, 5.4
const NAMED_CURVE: u8 = 3;
