//! A CoAP message split into what is visible and what is encrypted, and joined again (RFC 8613, 4 and 5.3).
//!
//! Encrypts nothing. Joining keeps what the plaintext held, malformed or not: judging it is the reader's part.

use coap::{Code, Kind, Message, MessageId, RawMessage, RawOption, Reading, Token, Uri, option};

use crate::ProtectError;
use crate::class::{Class, class};

/// A message on its way to be protected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Envelope {
    /// Header and Outer options; no OSCORE option and no payload yet.
    pub(crate) outer: Message,
    /// Code, Inner options and payload (RFC 8613, 5.3).
    pub(crate) plaintext: Vec<u8>,
}

impl Envelope {
    /// Splits `message` by the classes of its options.
    pub(crate) fn split(message: &Message) -> Result<Self, ProtectError> {
        let (id, token) = (message.id, message.token.clone());
        let mut inner = Message::new(Kind::Con, message.code, MessageId(0), Token::default());
        let mut outer = Message::new(message.kind, Code::EMPTY, id, token);
        for field in &message.options {
            let RawOption { number, value } = field;
            match (*number, class(*number)) {
                (option::OSCORE, _) => return Err(ProtectError::Nested),
                (option::PROXY_URI, _) => split_proxy_uri(value, &mut outer, &mut inner)?,
                (option::OBSERVE, _) => {
                    let empty = message.code.is_response();
                    let value: &[u8] = if empty { &[] } else { value };
                    inner.push_option(option::OBSERVE, value);
                    outer.options.push(field.clone());
                }
                (_, Class::Outer) => outer.options.push(field.clone()),
                _ => inner.options.push(field.clone()),
            }
        }
        let observe = message.option_values(option::OBSERVE).next().is_some();
        outer.code = outer_code(message.code, observe);
        inner.payload.clone_from(&message.payload);
        let plaintext = plaintext(&inner);
        Ok(Self { outer, plaintext })
    }

    /// Takes a datagram whose options cannot be read, all of it behind the token as it is: a tester has
    /// to be able to encrypt what is malformed.
    pub(crate) fn raw(reading: &Reading, datagram: &[u8]) -> Option<Self> {
        let message = reading.message.as_ref()?;
        let (kind, id, token) = (message.kind, message.id, message.token.clone());
        let outer = Message::new(kind, outer_code(message.code, false), id, token);
        let mut plaintext = vec![message.code.0];
        plaintext.extend(datagram.get(HEADER_LENGTH + message.token.0.len()..)?);
        Some(Self { outer, plaintext })
    }
}

/// The code that everybody may see (RFC 8613, 4.2 and 4.1.3.5).
pub(crate) const fn outer_code(inner: Code, observe: bool) -> Code {
    match (inner.is_request(), observe) {
        (true, false) => Code::POST,
        (true, true) => Code::FETCH,
        (false, false) => Code::CHANGED,
        (false, true) => Code::CONTENT,
    }
}

/// The plaintext read as a message of its own, without token and Message ID.
pub(crate) fn read_plaintext(plaintext: &[u8]) -> Option<Reading> {
    let (code, rest) = plaintext.split_first()?;
    let mut datagram = vec![EMPTY_TOKEN, *code, 0, 0];
    datagram.extend(rest);
    Some(coap::read(&datagram))
}

/// The datagram that `outer` and `plaintext` stand for; `None` if there is not even a code.
///
/// Outer options of Class E are discarded (RFC 8613, 8.2 and 8.4, step 1). `observe` replaces the value
/// of an Inner Observe option (RFC 8613, 4.1.3.5.2).
pub(crate) fn join(outer: &Message, plaintext: &[u8], observe: Option<u32>) -> Option<Vec<u8>> {
    let (code, rest) = plaintext.split_first()?;
    let reading = read_plaintext(plaintext)?;
    let well_formed = reading.is_well_formed();
    let inner = match reading.message {
        Some(inner) if well_formed => inner,
        _ => {
            let raw = RawMessage {
                token: outer.token.0.clone(),
                trailing: rest.to_vec(),
                ..RawMessage::new(outer.kind, Code(*code), outer.id)
            };
            return Some(raw.to_bytes());
        }
    };
    let mut message = Message::new(outer.kind, inner.code, outer.id, outer.token.clone());
    let visible =
        |field: &&RawOption| field.number != option::OSCORE && class(field.number) == Class::Outer;
    message
        .options
        .extend(outer.options.iter().filter(visible).cloned());
    for field in inner.options {
        match observe {
            Some(value) if field.number == option::OBSERVE => {
                message.push_uint_option(option::OBSERVE, u64::from(value));
            }
            _ => message.options.push(field),
        }
    }
    message.payload = inner.payload;
    Some(RawMessage::from(&message).to_bytes())
}

/// Code, options and payload of `inner`.
fn plaintext(inner: &Message) -> Vec<u8> {
    let mut bytes = RawMessage::from(inner).to_bytes();
    bytes.drain(..HEADER_LENGTH);
    bytes.insert(0, inner.code.0);
    bytes
}

/// Path and query go inside, scheme, host and port stay in Proxy-Uri (RFC 8613, 4.1.3.3).
fn split_proxy_uri(
    value: &[u8],
    outer: &mut Message,
    inner: &mut Message,
) -> Result<(), ProtectError> {
    let text = String::from_utf8_lossy(value);
    let mut uri: Uri = text.parse().map_err(ProtectError::ProxyUri)?;
    for segment in uri.path.drain(..) {
        inner.push_option(option::URI_PATH, segment);
    }
    for argument in uri.query.drain(..) {
        inner.push_option(option::URI_QUERY, argument);
    }
    outer.push_option(option::PROXY_URI, uri.to_string());
    Ok(())
}

/// Version, type, token length, code and Message ID (RFC 7252, 3).
const HEADER_LENGTH: usize = 4;
/// First byte of a CON of version 1 without a token (RFC 7252, 3).
const EMPTY_TOKEN: u8 = 0x40;

#[cfg(test)]
mod tests {
    use super::*;

    fn request() -> Message {
        let token = Token(vec![1]);
        Message::new(Kind::Con, Code::GET, MessageId(7), token)
    }

    /// RFC 8613, 4.1.3.3, the example.
    #[test]
    fn a_proxy_uri_is_split() {
        let mut message = request();
        message.push_option(option::PROXY_URI, "coap://example.com/resource?q=1");
        let envelope = Envelope::split(&message).unwrap();
        assert_eq!(
            envelope.outer.text_options(option::PROXY_URI),
            ["coap://example.com"]
        );
        assert_eq!(envelope.plaintext, b"\x01\xb8resource\x43q=1");
        message.options[0].value = b"gopher".to_vec();
        assert!(matches!(
            Envelope::split(&message),
            Err(ProtectError::ProxyUri(_))
        ));
    }

    /// RFC 8613, 4.1 and 4.2: what stays outside, and the code that is seen.
    #[test]
    fn options_go_where_their_class_says() {
        let mut message = request();
        let inner = [
            option::URI_PATH,
            option::ACCEPT,
            option::BLOCK2,
            option::ECHO,
            2049,
        ];
        let outer = [option::URI_HOST, option::URI_PORT, option::HOP_LIMIT];
        for number in inner.into_iter().chain(outer) {
            message.push_option(number, [1]);
        }
        let envelope = Envelope::split(&message).unwrap();
        let left: Vec<_> = envelope
            .outer
            .options
            .iter()
            .map(|field| field.number)
            .collect();
        assert_eq!(left, outer);
        assert_eq!(envelope.outer.code, Code::POST);
        let joined = join(&envelope.outer, &envelope.plaintext, None).unwrap();
        assert_eq!(joined, RawMessage::from(&message).to_bytes());
        message.push_option(option::OSCORE, []);
        assert_eq!(Envelope::split(&message), Err(ProtectError::Nested));
    }

    /// RFC 8613, 4.1.3.5.
    #[test]
    fn observe_stands_inside_and_outside() {
        let mut message = request();
        message.push_uint_option(option::OBSERVE, 1);
        let envelope = Envelope::split(&message).unwrap();
        assert_eq!(envelope.outer.code, Code::FETCH);
        assert_eq!(envelope.outer.observe(), Some(1));
        assert_eq!(envelope.plaintext, [1, 0x61, 1]);
        message.code = Code::CONTENT;
        let envelope = Envelope::split(&message).unwrap();
        assert_eq!(envelope.outer.code, Code::CONTENT);
        assert_eq!(envelope.outer.observe(), Some(1));
        assert_eq!(envelope.plaintext, [0x45, 0x60]);
        let joined = join(&envelope.outer, &envelope.plaintext, Some(300)).unwrap();
        assert_eq!(coap::read(&joined).message.unwrap().observe(), Some(300));
    }

    #[test]
    fn a_malformed_plaintext_comes_out_as_it_was() {
        let outer = request();
        let joined = join(&outer, &[0x02, 0xff], None).unwrap();
        assert_eq!(joined, [0x41, 0x02, 0, 7, 1, 0xff]);
        assert_eq!(join(&outer, &[], None), None);
        let envelope = Envelope::raw(&coap::read(&joined), &joined).unwrap();
        assert_eq!(envelope.plaintext, [0x02, 0xff]);
        assert_eq!(envelope.outer.code, Code::POST);
    }
}
