//! RFC 8613, Appendix C: every value of the eight test vectors.

#![allow(clippy::unwrap_used, reason = "a test that panics fails")]

use coap::{Message, encode, read};
use oscore::{Binding, Context, Keys, Nonce, Parameters, PartialIv, aad, info};

/// Salt, ID Context, client's ID, info for the client's and the server's key and for the IV, the two
/// keys, Common IV, nonces of client and server for Partial IV 0.
type Derivation = [&'static str; 11];

const SECRET: &str = "0102030405060708090a0b0c0d0e0f10";
const SERVER_ID: &str = "01";

/// C.1, C.2 and C.3, seen by both endpoints.
const DERIVATIONS: [Derivation; 3] = [
    [
        "9e7ca92223786340",
        "-",
        "",
        "8540f60a634b657910",
        "854101f60a634b657910",
        "8540f60a6249560d",
        "f0910ed7295e6ad4b54fc793154302ff",
        "ffb14e093c94c9cac9471648b4f98710",
        "4622d4dd6d944168eefb54987c",
        "4622d4dd6d944168eefb54987c",
        "4722d4dd6d944169eefb54987c",
    ],
    [
        "",
        "-",
        "00",
        "854100f60a634b657910",
        "854101f60a634b657910",
        "8540f60a6249560d",
        "321b26943253c7ffb6003b0b64d74041",
        "e57b5635815177cd679ab4bcec9d7dda",
        "be35ae297d2dace910c52e99f9",
        "bf35ae297d2dace910c52e99f9",
        "bf35ae297d2dace810c52e99f9",
    ],
    [
        "9e7ca92223786340",
        "37cbf3210017a2d3",
        "",
        "85404837cbf3210017a2d30a634b657910",
        "8541014837cbf3210017a2d30a634b657910",
        "85404837cbf3210017a2d30a6249560d",
        "af2a1300a5e95788b356336eeecd2b92",
        "e39a0c7c77b43f03b4b39ab9a268699f",
        "2ca58fb85ff1b81c0b7181b85e",
        "2ca58fb85ff1b81c0b7181b85e",
        "2da58fb85ff1b81d0b7181b85e",
    ],
];

/// Derivation, unprotected, AAD, nonce, protected: C.4, C.5 and C.6, with Sender Sequence Number 20.
const REQUESTS: [(usize, [&str; 4]); 3] = [
    (
        0,
        [
            "44015d1f00003974396c6f63616c686f737483747631",
            "8368456e63727970743040488501810a40411440",
            "4622d4dd6d944168eefb549868",
            "44025d1f00003974396c6f63616c686f7374620914ff612f1092f1776f1c1668b3825e",
        ],
    ),
    (
        1,
        [
            "440171c30000b932396c6f63616c686f737483747631",
            "8368456e63727970743040498501810a4100411440",
            "bf35ae297d2dace910c52e99ed",
            "440271c30000b932396c6f63616c686f737463091400ff4ed339a5a379b0b8bc731fffb0",
        ],
    ),
    (
        2,
        [
            "44012f8eef9bbf7a396c6f63616c686f737483747631",
            "8368456e63727970743040488501810a40411440",
            "2ca58fb85ff1b81c0b7181b84a",
            "44022f8eef9bbf7a396c6f63616c686f73746b19140837cbf3210017a2d3ff72cd7273fd331ac45cffbe55c3",
        ],
    ),
];

const RESPONSE: &str = "64455d1f00003974ff48656c6c6f20576f726c6421";

/// C.7 and C.8: responses to the request of C.4, with its nonce and with a Partial IV of 0.
const RESPONSES: [(Nonce, &str); 2] = [
    (
        Nonce::OfRequest,
        "64445d1f0000397490ffdbaad1e9a7e7b2a813d3c31524378303cdafae119106",
    ),
    (
        Nonce::New,
        "64445d1f00003974920100ff4d4c13669384b67354b2b6175ff4b8658c666a6cf88e",
    ),
];

fn bytes(hex: &str) -> Vec<u8> {
    let digits = hex.as_bytes().chunks(2);
    digits
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}

fn message(hex: &str) -> Message {
    let reading = read(&bytes(hex));
    assert!(reading.is_clean(), "{hex}: {:?}", reading.violations);
    reading.message.unwrap()
}

fn client(index: usize) -> Parameters {
    let [salt, id_context, id, ..] = DERIVATIONS[index];
    let mut parameters = Parameters::new(bytes(SECRET), bytes(id), bytes(SERVER_ID));
    parameters.master_salt = bytes(salt);
    if id_context != "-" {
        parameters.id_context = Some(bytes(id_context));
        parameters.sends_kid_context = true;
    }
    parameters
}

#[test]
fn keys_are_derived() {
    let zero = PartialIv::from_sequence(0).unwrap();
    for (index, derivation) in DERIVATIONS.iter().enumerate() {
        let [_, _, id, client_info, server_info, iv_info, keys @ ..] = derivation;
        let [
            client_key,
            server_key,
            common_iv,
            client_nonce,
            server_nonce,
        ] = keys;
        let parameters = client(index);
        assert_eq!(info(&parameters, &bytes(id), "Key", 16), bytes(client_info));
        assert_eq!(
            info(&parameters, &bytes(SERVER_ID), "Key", 16),
            bytes(server_info)
        );
        assert_eq!(info(&parameters, &[], "IV", 13), bytes(iv_info));
        let keys = Keys::derive(&parameters).unwrap();
        assert_eq!(keys.sender.key, bytes(client_key));
        assert_eq!(keys.recipient.key, bytes(server_key));
        assert_eq!(keys.common_iv, bytes(common_iv));
        assert_eq!(keys.nonce(&keys.sender.id, &zero), bytes(client_nonce));
        assert_eq!(keys.nonce(&keys.recipient.id, &zero), bytes(server_nonce));
        assert_eq!(
            Keys::derive(&parameters.mirrored()).unwrap(),
            keys.mirrored()
        );
    }
}

#[test]
fn requests_are_protected_and_unprotected() {
    for (index, [plain, authenticated, nonce, protected]) in REQUESTS {
        let parameters = client(index);
        let mut context = Context::new(&parameters).unwrap();
        context.set_next_sequence(20);
        let (outer, binding) = context.protect_request(&message(plain)).unwrap();
        assert_eq!(encode(&outer).unwrap(), bytes(protected));
        assert_eq!(aad(parameters.aead, &binding), bytes(authenticated));
        let keys = context.keys();
        assert_eq!(
            keys.nonce(&keys.sender.id, &binding.partial_iv),
            bytes(nonce)
        );
        assert_eq!(context.next_sequence(), 21);
        let mut server = Context::new(&parameters.mirrored()).unwrap();
        let opened = server.unprotect_request(&message(protected)).unwrap();
        assert_eq!(opened.datagram, bytes(plain));
        assert_eq!(opened.binding, binding);
    }
}

#[test]
fn responses_are_protected_and_unprotected() {
    let parameters = client(0);
    let partial_iv = PartialIv::from_sequence(20).unwrap();
    let kid = Vec::new();
    let binding = Binding { kid, partial_iv };
    for (nonce, protected) in RESPONSES {
        let mut server = Context::new(&parameters.mirrored()).unwrap();
        let outer = server.protect_response(&message(RESPONSE), &binding, nonce);
        assert_eq!(encode(&outer.unwrap()).unwrap(), bytes(protected));
        assert_eq!(server.next_sequence(), u64::from(nonce == Nonce::New));
        let context = Context::new(&parameters).unwrap();
        let opened = context.unprotect_response(&message(protected), &binding, None);
        assert_eq!(opened.unwrap().datagram, bytes(RESPONSE));
    }
}

/// RFC 8613, 5.4, the example.
#[test]
fn additional_authenticated_data() {
    let kid = vec![0];
    let partial_iv = PartialIv::from_sequence(0x25).unwrap();
    let found = aad(oscore::Aead::AesCcm16_64_128, &Binding { kid, partial_iv });
    assert_eq!(found, bytes("8368456e63727970743040498501810a4100412540"));
}
