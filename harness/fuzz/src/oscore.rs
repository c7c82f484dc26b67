//! OSCORE (RFC 8613): the option, and a layer and a watcher between which anything happens to a genuine exchange.

use std::net::SocketAddr;

use ::oscore::{Conduct, Header, Incoming, Layer, Parameters, Protection, Watcher};
use coap::{Code, Time, read};

use crate::pieces::Pieces;

/// Parameters whose secret depends on the input: what libFuzzer has seen of the ciphertext of another input opens nothing.
fn parameters(input: &[u8]) -> Parameters {
    let hash = input.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3)
    });
    Parameters::new(hash.to_be_bytes().repeat(2), vec![0], vec![1])
}

fn client() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 40_000))
}

fn server() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 5683))
}

/// The value of an option: what is read is written back byte by byte.
pub fn option(input: &[u8]) {
    if let Ok(header) = Header::decode(input) {
        assert_eq!(header.encode().as_deref(), Some(input));
    }
}

/// A genuine exchange, with datagrams of others before, within and after it: nothing false opens, nothing genuine is altered.
pub fn exchange(input: &[u8]) {
    let mut pieces = Pieces::new(input);
    let mut conduct = Conduct::default();
    let flags = pieces.byte().unwrap_or_default();
    conduct.challenges = flags & 1 == 1;
    let mut near = Layer::new(conduct.clone(), 1);
    let mut far = Layer::new(conduct, 2);
    let mut watcher = Watcher::new();
    near.add(parameters(input), Some(server()))
        .expect("a context");
    far.add(parameters(input).mirrored(), Some(client()))
        .expect("a context");
    watcher.add(&parameters(input)).expect("a context");
    let mut genuine: Vec<Vec<u8>> = Vec::new();
    let mut time = Time::ZERO;
    while let Some(what) = pieces.byte() {
        time += std::time::Duration::from_millis(u64::from(what));
        let Some(run) = pieces.run() else { return };
        match what % 4 {
            // what an application sends
            0 => {
                let (layer, to) = if what & 4 == 0 {
                    (&mut near, server())
                } else {
                    (&mut far, client())
                };
                if let Ok(sent) = layer.outgoing(time, to, run) {
                    genuine.push(sent);
                }
            }
            // one that was sent, whole or spoiled
            1 | 2 => {
                let Some(sent) = genuine.get(usize::from(what >> 3) % genuine.len().max(1)) else {
                    continue;
                };
                let mut bytes = sent.clone();
                let spoiled = what % 4 == 2 && !run.is_empty();
                if spoiled {
                    let at = usize::from(run[0]) % bytes.len().max(1);
                    if let Some(byte) = bytes.get_mut(at) {
                        *byte ^= run.get(1).copied().unwrap_or(1);
                    }
                }
                arrive(
                    &mut near,
                    &mut far,
                    &mut watcher,
                    time,
                    what & 4 == 0,
                    &bytes,
                );
            }
            // anything
            _ => {
                let empty = read(run).code() == Some(Code::EMPTY);
                let opened = arrive(&mut near, &mut far, &mut watcher, time, what & 4 == 0, run);
                assert!(
                    !opened || empty || genuine.iter().any(|one| shares_payload(one, run)),
                    "forged"
                );
            }
        }
    }
}

/// Whether two messages have one ciphertext: options outside are not protected.
fn shares_payload(one: &[u8], other: &[u8]) -> bool {
    let payload = |bytes: &[u8]| read(bytes).message.map(|message| message.payload);
    payload(one) == payload(other)
}

fn arrive(
    near: &mut Layer,
    far: &mut Layer,
    watcher: &mut Watcher,
    time: Time,
    up: bool,
    bytes: &[u8],
) -> bool {
    let (from, to) = if up {
        (client(), server())
    } else {
        (server(), client())
    };
    let layer = if up { far } else { near };
    let came = layer.incoming(time, from, bytes);
    let seen = watcher.observe(time, from, to, bytes);
    matches!(came, Incoming::Plain { .. }) || matches!(seen.protection, Protection::Opened(_))
}
