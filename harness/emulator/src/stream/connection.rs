//! What an adapter keeps of one peer and of the connection with it.

use std::collections::VecDeque;

use coap::stream::{Reader, Settings};
use coap::{MessageId, Token};

/// A peer that the emulator sends to, or that is connected.
#[derive(Clone, Debug, Default)]
pub(super) struct Peer {
    /// Datagrams that are not sent yet.
    pub(super) waiting: VecDeque<Vec<u8>>,
    /// Whether a connection was asked for.
    pub(super) wanted: bool,
    pub(super) connection: Option<Connection>,
}

/// A connection that stands.
#[derive(Clone, Debug)]
pub(super) struct Connection {
    /// Tells this connection from those before it with the same peer.
    pub(super) number: u64,
    pub(super) reader: Reader,
    /// What the peer has said of itself.
    pub(super) settings: Settings,
    /// Whether the peer's CSM has come, or is not waited for any longer.
    pub(super) introduced: bool,
    /// Whether the peer's capabilities are still waited for before a long message goes.
    pub(super) patient: bool,
    /// Whether ours is sent.
    pub(super) csm_sent: bool,
    /// Tokens of the peer's requests that have no answer yet.
    pub(super) owed: Vec<Token>,
    /// Pings that wait for the answers to earlier requests.
    pub(super) custody: Vec<Debt>,
    /// Set once the peer has sent a Release.
    pub(super) released: Option<Vec<Token>>,
    /// Our Pings without a Pong, with the Message ID of the emulator's if it is the emulator's.
    pub(super) pings: Vec<(Token, Option<MessageId>)>,
    /// Whether it is closed from our side.
    pub(super) over: bool,
}

/// A Ping, and the requests whose answers it waits for.
#[derive(Clone, Debug)]
pub(super) struct Debt {
    pub(super) ping: Token,
    pub(super) requests: Vec<Token>,
}

impl Peer {
    /// Keeps a datagram until it can be sent; a retransmission of one that waits is dropped, and so is what is too much.
    pub(super) fn wait(&mut self, datagram: &[u8]) {
        let waits = self.waiting.iter().any(|other| other == datagram);
        if !waits && self.waiting.len() < MOST_WAITING {
            self.waiting.push_back(datagram.to_vec());
        }
    }
}

impl Connection {
    /// A connection that has just been made, by whichever end.
    pub(super) fn new(number: u64, limit: u32) -> Self {
        Self {
            number,
            reader: Reader::new(limit),
            settings: Settings::default(),
            introduced: false,
            patient: true,
            csm_sent: false,
            owed: Vec::new(),
            custody: Vec::new(),
            released: None,
            pings: Vec::new(),
            over: false,
        }
    }

    /// Takes note of a request.
    pub(super) fn owe(&mut self, token: Token) {
        if self.owed.len() < MOST_OWED {
            self.owed.push(token);
        }
    }

    /// Takes note of an answer; gives the Pings that waited for it last.
    pub(super) fn settle(&mut self, token: &Token) -> Vec<Token> {
        remove(&mut self.owed, token);
        if let Some(owed) = &mut self.released {
            remove(owed, token);
        }
        for debt in &mut self.custody {
            remove(&mut debt.requests, token);
        }
        let settled = |debt: &Debt| debt.requests.is_empty();
        let pings = self.custody.iter().filter(|debt| settled(debt));
        let pings = pings.map(|debt| debt.ping.clone()).collect();
        self.custody.retain(|debt| !settled(debt));
        pings
    }
}

fn remove(tokens: &mut Vec<Token>, token: &Token) {
    if let Some(index) = tokens.iter().position(|other| other == token) {
        tokens.remove(index);
    }
}

/// More datagrams than that do not wait for one peer.
const MOST_WAITING: usize = 256;
/// More requests than that are not counted for Custody and Release.
const MOST_OWED: usize = 1024;
