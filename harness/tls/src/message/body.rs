//! A handshake message of any type, with what has to be known to read it.

use super::{
    CertificateRequest, CertificateVerify, ClientHello, ClientKeyExchange, HandshakeType,
    HelloVerifyRequest, ServerHello, ServerKeyExchange, Shown, Signature,
};
use crate::suite::KeyExchange;
use crate::version::Framing;
use crate::wire::{DecodeError, Reader, Write};

/// The body of a handshake message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HandshakeBody {
    /// HelloRequest.
    HelloRequest,
    /// ClientHello.
    ClientHello(ClientHello),
    /// HelloVerifyRequest.
    HelloVerifyRequest(HelloVerifyRequest),
    /// ServerHello.
    ServerHello(ServerHello),
    /// Certificate.
    Certificate(Shown),
    /// ServerKeyExchange.
    ServerKeyExchange(ServerKeyExchange),
    /// CertificateRequest.
    CertificateRequest(CertificateRequest),
    /// ServerHelloDone.
    ServerHelloDone,
    /// ClientKeyExchange.
    ClientKeyExchange(ClientKeyExchange),
    /// CertificateVerify.
    CertificateVerify(CertificateVerify),
    /// NewSessionTicket (RFC 5077, 3.3).
    NewSessionTicket {
        /// Seconds that it may be used.
        lifetime: u32,
        /// The ticket.
        ticket: Vec<u8>,
    },
    /// Finished, with its verify_data.
    Finished(Vec<u8>),
    /// A type that nobody here reads, or one that cannot be read without knowing the suite.
    Other(Vec<u8>),
}

/// What has been agreed on when a message comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Context {
    /// Datagram or stream.
    pub framing: Framing,
    /// The key exchange of the suite, once it is known.
    pub exchange: Option<KeyExchange>,
    /// Whether the sender shows a raw public key.
    pub raw_key: bool,
}

impl HandshakeBody {
    /// Reads the body of a message of type `kind`.
    pub fn decode(
        kind: HandshakeType,
        bytes: &[u8],
        context: Context,
    ) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes);
        let body = Self::decode_part(kind, &mut reader, context)?;
        reader.finish("the end of the message")?;
        Ok(body)
    }

    fn decode_part(
        kind: HandshakeType,
        reader: &mut Reader<'_>,
        context: Context,
    ) -> Result<Self, DecodeError> {
        Ok(match (kind, context.exchange) {
            (HandshakeType::HELLO_REQUEST, _) => Self::HelloRequest,
            (HandshakeType::CLIENT_HELLO, _) => {
                Self::ClientHello(ClientHello::decode(context.framing, reader)?)
            }
            (HandshakeType::HELLO_VERIFY_REQUEST, _) => {
                Self::HelloVerifyRequest(HelloVerifyRequest::decode(reader)?)
            }
            (HandshakeType::SERVER_HELLO, _) => Self::ServerHello(ServerHello::decode(reader)?),
            (HandshakeType::CERTIFICATE, _) => {
                Self::Certificate(Shown::decode(context.raw_key, reader)?)
            }
            (HandshakeType::SERVER_KEY_EXCHANGE, Some(exchange)) => {
                Self::ServerKeyExchange(ServerKeyExchange::decode(exchange, reader)?)
            }
            (HandshakeType::CERTIFICATE_REQUEST, _) => {
                Self::CertificateRequest(CertificateRequest::decode(reader)?)
            }
            (HandshakeType::SERVER_HELLO_DONE, _) => Self::ServerHelloDone,
            (HandshakeType::CLIENT_KEY_EXCHANGE, Some(exchange)) => {
                Self::ClientKeyExchange(ClientKeyExchange::decode(exchange, reader)?)
            }
            (HandshakeType::CERTIFICATE_VERIFY, _) => {
                Self::CertificateVerify(CertificateVerify(Signature::decode(reader)?))
            }
            (HandshakeType::NEW_SESSION_TICKET, _) => Self::NewSessionTicket {
                lifetime: reader.array("a lifetime").map(u32::from_be_bytes)?,
                ticket: reader.vec16("a ticket")?.rest().to_vec(),
            },
            (HandshakeType::FINISHED, _) => Self::Finished(reader.rest().to_vec()),
            _ => Self::Other(reader.rest().to_vec()),
        })
    }

    /// Writes the body.
    pub fn encode(&self, framing: Framing) -> Vec<u8> {
        let mut out = Vec::new();
        match self {
            Self::HelloRequest | Self::ServerHelloDone => {}
            Self::ClientHello(message) => message.encode(framing, &mut out),
            Self::HelloVerifyRequest(message) => message.encode(&mut out),
            Self::ServerHello(message) => message.encode(&mut out),
            Self::Certificate(shown) => shown.encode(&mut out),
            Self::ServerKeyExchange(message) => message.encode(&mut out),
            Self::CertificateRequest(message) => message.encode(&mut out),
            Self::ClientKeyExchange(message) => message.encode(&mut out),
            Self::CertificateVerify(message) => message.0.encode(&mut out),
            Self::NewSessionTicket { lifetime, ticket } => {
                out.extend(lifetime.to_be_bytes());
                out.put_vec16(ticket);
            }
            Self::Finished(bytes) | Self::Other(bytes) => out.extend_from_slice(bytes),
        }
        out
    }

    /// The type of the message, unless it is of a type that nobody here reads.
    pub const fn kind(&self) -> Option<HandshakeType> {
        Some(match self {
            Self::HelloRequest => HandshakeType::HELLO_REQUEST,
            Self::ClientHello(_) => HandshakeType::CLIENT_HELLO,
            Self::HelloVerifyRequest(_) => HandshakeType::HELLO_VERIFY_REQUEST,
            Self::ServerHello(_) => HandshakeType::SERVER_HELLO,
            Self::Certificate(_) => HandshakeType::CERTIFICATE,
            Self::ServerKeyExchange(_) => HandshakeType::SERVER_KEY_EXCHANGE,
            Self::CertificateRequest(_) => HandshakeType::CERTIFICATE_REQUEST,
            Self::ServerHelloDone => HandshakeType::SERVER_HELLO_DONE,
            Self::ClientKeyExchange(_) => HandshakeType::CLIENT_KEY_EXCHANGE,
            Self::CertificateVerify(_) => HandshakeType::CERTIFICATE_VERIFY,
            Self::NewSessionTicket { .. } => HandshakeType::NEW_SESSION_TICKET,
            Self::Finished(_) => HandshakeType::FINISHED,
            Self::Other(_) => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn context() -> impl Strategy<Value = Context> {
        let exchange = prop_oneof![
            Just(None),
            Just(Some(KeyExchange::Psk)),
            Just(Some(KeyExchange::EcdhePsk)),
            Just(Some(KeyExchange::EcdheEcdsa)),
        ];
        (any::<bool>(), exchange, any::<bool>()).prop_map(|(datagram, exchange, raw_key)| Context {
            framing: if datagram {
                Framing::Datagram
            } else {
                Framing::Stream
            },
            exchange,
            raw_key,
        })
    }

    proptest! {
        #[test]
        fn what_is_read_is_written_back(
            kind in 0u8..24,
            bytes in proptest::collection::vec(prop_oneof![Just(0u8), 0u8..6, any::<u8>()], 0..120),
            context in context(),
        ) {
            if let Ok(body) = HandshakeBody::decode(HandshakeType(kind), &bytes, context) {
                prop_assert_eq!(body.encode(context.framing), bytes);
            }
        }
    }

    /// RFC 7250, 3: a raw public key stands bare after a length of three bytes.
    #[test]
    fn a_raw_public_key_is_no_list() {
        let shown = HandshakeBody::Certificate(Shown::RawKey(vec![0x30, 0]));
        assert_eq!(shown.encode(Framing::Datagram), [0, 0, 2, 0x30, 0]);
        let chain = HandshakeBody::Certificate(Shown::Chain(vec![vec![0x30, 0]]));
        assert_eq!(chain.encode(Framing::Datagram), [0, 0, 5, 0, 0, 2, 0x30, 0]);
    }
}
