//! Ends DTLS on both sides of a relay (`pair --terminate`), where nobody tells the keys of what implementations say to each other.
//!
//! Towards clients it is the server of the handshake, with what the harness's server has; towards the server it is the client,
//! with the account of whoever is there. CoAP messages go on unchanged. Sans-IO.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::time::Duration;

use coap::Time;
use emulator::Security;
use testcase::Conduct;
use transport::{Secure, SecureEvent, Session};

use crate::keyring::ClientKeys;

/// Makes a stack for the client's end of a handshake.
pub(crate) type MakeClient = Box<dyn Fn(u64) -> Box<dyn Secure> + Send>;

/// The ends of the sessions of one relay.
pub(crate) struct Bridge {
    server: SocketAddr,
    front: Box<dyn Secure>,
    client: MakeClient,
    /// What clients may have as their account of the server.
    accounts: Vec<Security>,
    flows: BTreeMap<SocketAddr, Flow>,
    /// How many there were.
    begun: u64,
    messages: VecDeque<Passing>,
    secrets: VecDeque<([u8; 32], [u8; 48])>,
    /// Why a client has no session.
    refused: Option<String>,
}

/// What goes to one side, or comes from the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Passing {
    /// Whose conversation with the server it belongs to.
    pub(crate) client: SocketAddr,
    /// Whether it goes to the server; else it goes to the client.
    pub(crate) to_server: bool,
    /// A datagram of DTLS on the wire, a CoAP message within.
    pub(crate) bytes: Vec<u8>,
}

/// One client's session with the harness, and the harness's with the server.
struct Flow {
    back: Box<dyn Secure>,
    near: Leg,
    far: Leg,
    /// When the client's session stood.
    since: Time,
}

/// How far a session is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Leg {
    Beginning,
    Standing,
    /// The harness has closed it, which its stack has not told yet.
    Closing,
    Over,
}

impl Bridge {
    /// Stands before the server at `server`, to clients that hold one of these accounts of it.
    pub(crate) fn new(
        server: SocketAddr,
        front: Box<dyn Secure>,
        client: MakeClient,
        accounts: Vec<Security>,
    ) -> Self {
        Self {
            server,
            front,
            client,
            accounts,
            flows: BTreeMap::new(),
            begun: 0,
            messages: VecDeque::new(),
            secrets: VecDeque::new(),
            refused: None,
        }
    }

    /// Where the server is.
    pub(crate) const fn server(&self) -> SocketAddr {
        self.server
    }

    /// Takes a datagram that a client sent, or that the server sent to it.
    pub(crate) fn receive(&mut self, now: Time, client: SocketAddr, to_server: bool, bytes: &[u8]) {
        if to_server {
            self.front.receive(now, client, bytes);
        } else if let Some(flow) = self.flows.get_mut(&client) {
            flow.back.receive(now, self.server, bytes);
        }
        self.drain(now);
    }

    /// Sends a message of one side on to the other, in the session there.
    pub(crate) fn send(&mut self, now: Time, passing: &Passing) {
        if !passing.to_server {
            self.front.send(now, passing.client, &passing.bytes);
        } else if let Some(flow) = self.flows.get_mut(&passing.client) {
            flow.back.send(now, self.server, &passing.bytes);
        }
        self.drain(now);
    }

    /// Does what is due.
    pub(crate) fn handle_timeout(&mut self, now: Time) {
        self.front.handle_timeout(now);
        for flow in self.flows.values_mut() {
            flow.back.handle_timeout(now);
        }
        self.drain(now);
    }

    /// When something is due.
    pub(crate) fn poll_timeout(&self) -> Option<Time> {
        let backs = self.flows.values().map(|flow| flow.back.poll_timeout());
        let all = std::iter::once(self.front.poll_timeout()).chain(backs);
        all.flatten().min()
    }

    /// The next message that came out of a session.
    pub(crate) fn poll_message(&mut self) -> Option<Passing> {
        self.messages.pop_front()
    }

    /// The next datagram for the wire.
    pub(crate) fn poll_transmit(&mut self) -> Option<Passing> {
        if let Some((client, bytes)) = self.front.poll_transmit() {
            return Some(Passing {
                client,
                to_server: false,
                bytes,
            });
        }
        self.flows.iter_mut().find_map(|(client, flow)| {
            let (_, bytes) = flow.back.poll_transmit()?;
            Some(Passing {
                client: *client,
                to_server: true,
                bytes,
            })
        })
    }

    /// The next master secret, with the random of its ClientHello.
    pub(crate) fn poll_secret(&mut self) -> Option<([u8; 32], [u8; 48])> {
        self.secrets.pop_front()
    }

    /// Why what passes may not reach the other side; whoever waits for it is not to blame.
    pub(crate) fn trouble(&self, now: Time) -> Option<String> {
        let mut flows = self.flows.values();
        let cut = flows.find_map(|flow| match (flow.near, flow.far) {
            (Leg::Standing, Leg::Over) => Some("has no session with the harness"),
            // a handshake takes no longer, and meanwhile nothing is missed
            (Leg::Standing, Leg::Beginning) if now.since(flow.since) >= HANDSHAKE => {
                Some("has not ended its handshake with the harness")
            }
            _ => None,
        });
        let cut = cut.map(|what| format!("the server at {} {what} (--terminate)", self.server));
        cut.or_else(|| self.refused.clone())
    }

    fn drain(&mut self, now: Time) {
        loop {
            let mut idle = true;
            while let Some(event) = self.front.poll_event() {
                idle = false;
                self.take_near(now, event);
            }
            let clients: Vec<SocketAddr> = self.flows.keys().copied().collect();
            for client in clients {
                while let Some(flow) = self.flows.get_mut(&client)
                    && let Some(event) = flow.back.poll_event()
                {
                    idle = false;
                    self.take_far(now, client, event);
                }
            }
            if idle {
                return;
            }
        }
    }

    /// Takes what a client's session tells.
    fn take_near(&mut self, now: Time, event: SecureEvent) {
        match event {
            SecureEvent::Established { peer, session } => self.join(now, peer, &session),
            SecureEvent::Data { peer, bytes } => self.messages.push_back(Passing {
                client: peer,
                to_server: true,
                bytes,
            }),
            SecureEvent::Moved { from, to } => {
                if let Some(flow) = self.flows.remove(&from) {
                    self.flows.insert(to, flow);
                }
            }
            // a newer session has taken its place
            SecureEvent::Ended { peer } if self.front.is_known(peer) => {}
            SecureEvent::Ended { peer } => match self.flows.get_mut(&peer) {
                Some(flow) if flow.near == Leg::Standing => {
                    flow.near = Leg::Over;
                    flow.far = Leg::Over;
                    flow.back.close(now, self.server, None);
                }
                Some(flow) if flow.near == Leg::Closing => flow.near = Leg::Over,
                _ => {
                    self.refused = Some(format!(
                        "the client at {peer} and the harness found no session with each other (--terminate)"
                    ));
                }
            },
            SecureEvent::Secret {
                client_random,
                master,
            } => self.secrets.push_back((client_random, master)),
        }
    }

    /// Begins a session with the server for a client that has one.
    fn join(&mut self, now: Time, client: SocketAddr, session: &Session) {
        self.refused = None;
        let shown = session.client_identity();
        let account = |account: &&Security| Some(&account.identity) == shown.as_ref();
        let found = self.accounts.iter().find(account);
        let Some(account) = found.or_else(|| self.accounts.first()) else {
            self.refused = Some(format!(
                "nobody told what the client at {client} holds for the server (--terminate)"
            ));
            return;
        };
        let mut keys = ClientKeys::new(Conduct::default());
        keys.learn(self.server, account);
        self.begun += 1;
        // a client that begins anew is seen to do so by its server, too
        let mut back = (self.client)(self.begun);
        if let Some(suites) = keys.suites_for(self.server) {
            back.offer(suites);
        }
        let mut credentials = keys.for_peer(self.server);
        // the server is the one that the profile names, whatever it shows
        credentials.association = None;
        back.connect(now, self.server, credentials);
        let flow = Flow {
            back,
            near: Leg::Standing,
            far: Leg::Beginning,
            since: now,
        };
        self.flows.insert(client, flow);
    }

    /// Takes what the session with the server tells that belongs to `client`.
    fn take_far(&mut self, now: Time, client: SocketAddr, event: SecureEvent) {
        let Some(flow) = self.flows.get_mut(&client) else {
            return;
        };
        match event {
            SecureEvent::Established { .. } => flow.far = Leg::Standing,
            SecureEvent::Data { bytes, .. } => self.messages.push_back(Passing {
                client,
                to_server: false,
                bytes,
            }),
            SecureEvent::Moved { .. } => {}
            SecureEvent::Ended { .. } => {
                if flow.far == Leg::Standing {
                    flow.near = Leg::Closing;
                    self.front.close(now, client, None);
                }
                flow.far = Leg::Over;
            }
            SecureEvent::Secret {
                client_random,
                master,
            } => self.secrets.push_back((client_random, master)),
        }
    }
}

/// What a handshake with a server may take before what waits for it counts as held up.
const HANDSHAKE: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests;
