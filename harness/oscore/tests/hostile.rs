//! Arbitrary bytes and spoiled OSCORE messages: nothing panics, nothing false verifies.

#![allow(clippy::unwrap_used, reason = "a test that panics fails")]

mod pair;

use coap::{Message, RawMessage, Time, Token, option, read};
use oscore::{Conduct, Context, Incoming, Layer, Protection, Watcher};
use pair::{client, get, parameters, server};
use proptest::prelude::*;

fn layer() -> Layer {
    let conduct = Conduct {
        challenges: false,
        ..Conduct::default()
    };
    let mut layer = Layer::new(conduct, 1);
    layer.add(parameters().mirrored(), Some(client())).unwrap();
    layer
}

fn protected() -> Vec<u8> {
    let mut request = get("3/0");
    request.token = Token(vec![1, 2]);
    let mut context = Context::new(&parameters()).unwrap();
    let (outer, _) = context.protect_request(&request).unwrap();
    RawMessage::from(&outer).to_bytes()
}

/// A datagram with an OSCORE option whose value and payload are anything.
fn any_protected() -> impl Strategy<Value = Vec<u8>> {
    let value = prop::collection::vec(any::<u8>(), 0..24);
    let payload = prop::collection::vec(any::<u8>(), 0..40);
    let code = prop::sample::select(vec![0x01, 0x02, 0x05, 0x44, 0x45, 0x81, 0xe1]);
    (value, payload, code, 0..4_u8).prop_map(|(value, payload, code, kind)| {
        let raw = RawMessage {
            token: vec![1, 2],
            payload,
            ..RawMessage::new(coap::Kind::Con, coap::Code(code), coap::MessageId(1))
        };
        let mut bytes = raw.option(option::OSCORE, value).to_bytes();
        bytes[0] = bytes[0] & 0xcf | kind << 4;
        bytes
    })
}

proptest! {
    #[test]
    fn arbitrary_bytes_do_no_harm(datagrams in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..60), 1..8)) {
        let (mut layer, mut watcher) = (layer(), Watcher::new());
        watcher.add(&parameters()).unwrap();
        for bytes in datagrams {
            layer.incoming(Time::ZERO, client(), &bytes);
            let _ = layer.outgoing(Time::ZERO, client(), &bytes);
            layer.refuse(&bytes);
            watcher.observe(Time::ZERO, client(), server(), &bytes);
        }
    }

    #[test]
    fn nothing_verifies_without_the_key(datagrams in prop::collection::vec(any_protected(), 1..8)) {
        let (mut layer, mut watcher) = (layer(), Watcher::new());
        watcher.add(&parameters()).unwrap();
        layer.outgoing(Time::ZERO, client(), &[0x42, 1, 0, 9, 1, 2]).unwrap();
        for bytes in datagrams {
            let came = layer.incoming(Time::ZERO, client(), &bytes);
            let empty = read(&bytes).code() == Some(coap::Code::EMPTY);
            prop_assert!(!matches!(came, Incoming::Plain { .. }) || empty, "{:?}", came);
            let seen = watcher.observe(Time::ZERO, client(), server(), &bytes);
            prop_assert!(!matches!(seen.protection, Protection::Opened(_)));
        }
    }

    /// RFC 8613, 4.2 and 5.4: every bit of 'kid', Partial IV and ciphertext is bound.
    #[test]
    fn a_changed_bit_is_found(bit in 0_usize..8 * 64) {
        let mut bytes = protected();
        let message = read(&bytes).message.unwrap();
        let start = bytes.len() - message.payload.len() - 3;
        let at = start + bit / 8 % (bytes.len() - start);
        bytes[at] ^= 1 << (bit % 8);
        let came = layer().incoming(Time::ZERO, client(), &bytes);
        prop_assert!(!matches!(came, Incoming::Plain { .. }), "byte {}: {:?}", at, came);
    }

    /// What decrypts may hold anything; it comes out, and nothing panics on it.
    #[test]
    fn any_plaintext_comes_out(inner in prop::collection::vec(any::<u8>(), 1..40)) {
        let mut datagram = vec![0x42, 1, 0, 9, 1, 2];
        datagram.extend(&inner);
        let mut client_layer = Layer::new(Conduct::default(), 1);
        client_layer.add(parameters(), Some(server())).unwrap();
        let Ok(sent) = client_layer.outgoing(Time::ZERO, server(), &datagram) else {
            return Ok(());
        };
        let came = layer().incoming(Time::ZERO, client(), &sent);
        let split_by_class = read(&datagram).is_well_formed();
        let Incoming::Plain { datagram: found } = came else {
            return Err(TestCaseError::fail(format!("{came:?}")));
        };
        if split_by_class {
            let (left, right): (Message, Message) = (read(&datagram).message.unwrap(), read(&found).message.unwrap());
            prop_assert_eq!(left.payload, right.payload);
        } else {
            prop_assert_eq!(found, datagram);
        }
    }
}
