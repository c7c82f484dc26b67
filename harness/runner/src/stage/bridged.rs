//! Sessions of two implementations that the harness ends on both sides.

use std::net::SocketAddr;

use coap::Time;

use super::Stage;
use crate::bridge::{Bridge, Passing};

/// What a bridge has for the driver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Bridged {
    /// A message came out of the session of `from`, and is to go on to the other.
    Message {
        /// Its sender.
        from: SocketAddr,
        /// Its receiver.
        to: SocketAddr,
        /// The message.
        bytes: Vec<u8>,
    },
    /// A datagram for the wire.
    Datagram {
        /// Where the server is whose relay sends it.
        server: SocketAddr,
        /// It, and whose conversation it belongs to.
        passing: Passing,
    },
}

impl Stage {
    /// Whether the harness ends the sessions of whoever talks with the server at one of these ends.
    pub(crate) fn is_bridged(&self, from: SocketAddr, to: SocketAddr) -> bool {
        let mut bridges = self.bridges.values();
        bridges.any(|bridge| bridge.server() == from || bridge.server() == to)
    }

    /// Takes a datagram that a client sent to a server, or the server to it, for the harness to end.
    pub(crate) fn end_leg(&mut self, now: Time, from: SocketAddr, to: SocketAddr, bytes: &[u8]) {
        if let Some((bridge, client, to_server)) = self.bridge_between(from, to) {
            bridge.receive(now, client, to_server, bytes);
        }
        self.learn_secrets(now);
    }

    /// Sends a message on in the session of its receiver with the harness.
    pub(crate) fn pass_on(&mut self, now: Time, from: SocketAddr, to: SocketAddr, bytes: Vec<u8>) {
        if let Some((bridge, client, to_server)) = self.bridge_between(from, to) {
            let passing = Passing {
                client,
                to_server,
                bytes,
            };
            bridge.send(now, &passing);
        }
    }

    /// What the bridges have next.
    pub(crate) fn poll_bridged(&mut self, now: Time) -> Option<Bridged> {
        self.learn_secrets(now);
        self.bridges.values_mut().find_map(|bridge| {
            let server = bridge.server();
            if let Some(passing) = bridge.poll_transmit() {
                return Some(Bridged::Datagram { server, passing });
            }
            let Passing {
                client,
                to_server,
                bytes,
            } = bridge.poll_message()?;
            let (from, to) = match to_server {
                true => (client, server),
                false => (server, client),
            };
            Some(Bridged::Message { from, to, bytes })
        })
    }

    /// Takes note that a relay stands for the client at `client` where the server sees `own`.
    pub(crate) fn stand_in(&mut self, own: SocketAddr, client: SocketAddr) {
        if self.ends.insert(own, client) != Some(client) {
            self.watch.stand_in(own, client);
        }
    }

    fn bridge_between(
        &mut self,
        from: SocketAddr,
        to: SocketAddr,
    ) -> Option<(&mut Bridge, SocketAddr, bool)> {
        self.bridges.values_mut().find_map(|bridge| {
            let to_server = bridge.server() == to;
            let client = if to_server { from } else { to };
            (to_server || bridge.server() == from).then_some((bridge, client, to_server))
        })
    }

    fn learn_secrets(&mut self, now: Time) {
        let mut told = Vec::new();
        for bridge in self.bridges.values_mut() {
            while let Some(secret) = bridge.poll_secret() {
                told.push(secret);
            }
        }
        for (random, master) in told {
            self.tell_secret(now, random, master);
        }
    }
}
