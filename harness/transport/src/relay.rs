//! A relay between clients and one server: listens where clients send, forwards to the server and back, unchanged.
//!
//! Each client, known by its address, has a socket of its own towards the server, so that the server can tell clients apart and
//! begin an exchange itself. What passes is told at its arrival, with the ends' own addresses: a relay is in no address that it
//! tells. No retransmission, no CoAP.

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::{Arrival, Clock, LOOPBACK_V4, LOOPBACK_V6, TransportError, UdpEndpoint, reachable};

/// A relay for one server; dropping it closes its sockets.
pub struct Relay {
    shared: Arc<Shared>,
    front: JoinHandle<()>,
}

/// What came to a relay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Relayed {
    /// What, between the client's address and the server's.
    pub arrival: Arrival,
    /// Whether it waits for [`Relay::forward`]; else it has gone on.
    pub held: bool,
}

struct Shared {
    front: UdpEndpoint,
    server: SocketAddr,
    clock: Clock,
    flows: Mutex<Flows>,
    relayed: mpsc::Sender<Relayed>,
    holds: AtomicBool,
}

#[derive(Default)]
struct Flows {
    by_client: BTreeMap<SocketAddr, Flow>,
    /// How many there were.
    begun: u64,
}

/// The way of one client to the server and back.
struct Flow {
    back: Arc<UdpEndpoint>,
    reader: JoinHandle<()>,
    number: u64,
}

impl Drop for Flow {
    fn drop(&mut self) {
        self.reader.abort();
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.front.abort();
        self.shared.flows().by_client.clear();
    }
}

impl Relay {
    /// Listens on `listen` for clients of the server at `server`; port 0 lets the system choose. What comes goes to `relayed`,
    /// and waits while that is full. Has to be called within a Tokio runtime.
    pub fn open(
        listen: SocketAddr,
        server: SocketAddr,
        clock: Clock,
        relayed: mpsc::Sender<Relayed>,
    ) -> Result<Self, TransportError> {
        let shared = Arc::new(Shared {
            front: UdpEndpoint::bind(listen, Arc::clone(&clock))?,
            server: reachable(server),
            clock,
            flows: Mutex::default(),
            relayed,
            holds: AtomicBool::new(false),
        });
        let front = tokio::spawn(from_clients(Arc::clone(&shared)));
        Ok(Self { shared, front })
    }

    /// Where clients send to.
    pub fn local(&self) -> SocketAddr {
        self.shared.front.local()
    }

    /// Where it forwards to.
    pub fn server(&self) -> SocketAddr {
        self.shared.server
    }

    /// From now on everything waits for [`Relay::forward`], or goes on at once again.
    pub fn hold(&self, holds: bool) {
        self.shared.holds.store(holds, Ordering::Relaxed);
    }

    /// Sends a datagram on: to the server in the flow of `client`, or to the client.
    pub fn forward(
        &self,
        client: SocketAddr,
        to_server: bool,
        bytes: &[u8],
    ) -> Result<(), TransportError> {
        if to_server {
            let back = back_of(&self.shared, client)?;
            back.send_at_once(self.shared.server, bytes)
        } else {
            self.shared.front.send_at_once(client, bytes)
        }
    }

    /// Forgets the flow of `client`: what it sends next comes to the server from another address, as behind a gateway that lost
    /// its binding. Whether there was one.
    pub fn rebind(&self, client: SocketAddr) -> bool {
        self.shared.flows().by_client.remove(&client).is_some()
    }

    /// Forgets all flows, with what the server may still send there.
    pub fn forget(&self) {
        self.shared.flows().by_client.clear();
    }

    /// Where the server sees `client`, if it has sent anything.
    pub fn seen_at(&self, client: SocketAddr) -> Option<SocketAddr> {
        let flows = self.shared.flows();
        let flow = flows.by_client.get(&client);
        flow.map(|flow| flow.back.local_towards(self.shared.server))
    }
}

impl Shared {
    fn flows(&self) -> MutexGuard<'_, Flows> {
        self.flows.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells what came; whether somebody still listens, and whether it is held.
    async fn tell(&self, arrival: Arrival) -> Option<bool> {
        let held = self.holds.load(Ordering::Relaxed);
        let relayed = Relayed { arrival, held };
        self.relayed.send(relayed).await.ok().map(|()| held)
    }

    /// Tells that a datagram could not be sent on: for its sender it is lost.
    async fn tell_trouble(&self, peer: SocketAddr, error: &TransportError) -> Option<bool> {
        let unreachable = Arrival::Unreachable {
            time: (self.clock)(),
            peer: Some(peer),
            reason: error.to_string(),
        };
        self.tell(unreachable).await
    }
}

/// The socket of `client` towards the server; its first datagram opens it.
fn back_of(shared: &Arc<Shared>, client: SocketAddr) -> Result<Arc<UdpEndpoint>, TransportError> {
    let mut flows = shared.flows();
    if let Some(flow) = flows.by_client.get(&client) {
        return Ok(Arc::clone(&flow.back));
    }
    let local = match shared.server {
        SocketAddr::V4(server) if server.ip().is_loopback() => LOOPBACK_V4,
        SocketAddr::V6(server) if server.ip().is_loopback() => LOOPBACK_V6,
        SocketAddr::V4(_) => SocketAddr::from(([0, 0, 0, 0], 0)),
        SocketAddr::V6(_) => SocketAddr::from(([0; 8], 0)),
    };
    let back = Arc::new(UdpEndpoint::bind(local, Arc::clone(&shared.clock))?);
    let reader = tokio::spawn(from_server(Arc::clone(shared), Arc::clone(&back), client));
    if flows.by_client.len() >= MOST_FLOWS
        && let Some(oldest) = flows.oldest()
    {
        flows.by_client.remove(&oldest);
    }
    flows.begun += 1;
    let flow = Flow {
        back: Arc::clone(&back),
        reader,
        number: flows.begun,
    };
    flows.by_client.insert(client, flow);
    Ok(back)
}

impl Flows {
    fn oldest(&self) -> Option<SocketAddr> {
        let flows = self.by_client.iter();
        let oldest = flows.min_by_key(|(_, flow)| flow.number);
        oldest.map(|(client, _)| *client)
    }
}

async fn from_clients(shared: Arc<Shared>) {
    while let Ok(mut arrival) = shared.front.receive().await {
        let mut whose = None;
        if let Arrival::Datagram { from, to, .. } = &mut arrival {
            *to = shared.server;
            whose = Some(*from);
        }
        let Some(client) = whose else {
            if shared.tell(arrival).await.is_none() {
                return;
            }
            continue;
        };
        let bytes = payload(&arrival);
        let Some(held) = shared.tell(arrival).await else {
            return;
        };
        if held {
            continue;
        }
        let sent =
            back_of(&shared, client).and_then(|back| back.send_at_once(shared.server, &bytes));
        if let Err(error) = sent
            && shared.tell_trouble(shared.server, &error).await.is_none()
        {
            return;
        }
    }
}

async fn from_server(shared: Arc<Shared>, back: Arc<UdpEndpoint>, client: SocketAddr) {
    while let Ok(mut arrival) = back.receive().await {
        let is_datagram = match &mut arrival {
            Arrival::Datagram { from, to, .. } => {
                if *from != shared.server {
                    // whoever it is, it has no part in this conversation
                    continue;
                }
                *to = client;
                true
            }
            _ => false,
        };
        let bytes = payload(&arrival);
        let Some(held) = shared.tell(arrival).await else {
            return;
        };
        if held || !is_datagram {
            continue;
        }
        if let Err(error) = shared.front.send_at_once(client, &bytes)
            && shared.tell_trouble(client, &error).await.is_none()
        {
            return;
        }
    }
}

fn payload(arrival: &Arrival) -> Vec<u8> {
    match arrival {
        Arrival::Datagram { bytes, .. } => bytes.clone(),
        _ => Vec::new(),
    }
}

impl fmt::Debug for Relay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Relay")
            .field("local", &self.local())
            .field("server", &self.server())
            .finish_non_exhaustive()
    }
}

/// Clients that have a socket at a time; the oldest goes first.
const MOST_FLOWS: usize = 256;
