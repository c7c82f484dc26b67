//! What a handshake knows while it goes on, and the parts that client and server have in common: master secret, keys, Finished.

use coap::Time;

use super::{Connection, Env, Failure};
use crate::alert::AlertDescription;
use crate::cache::Resumable;
use crate::crypto::{
    EphemeralKey, Master, Randoms, Sender, digest, extended_master_secret, master_secret,
    protections, psk_premaster, verify_data,
};
use crate::message::{
    CertificateRequest, ClientHello, Context, HandshakeBody, HandshakeType, Header, Joined,
    Reassembly, Shown, Signature,
};
use crate::record::ContentType;
use crate::session::{Event, Secret, Session};
use crate::settings::ConnectionId;
use crate::suite::SuiteFacts;
use crate::wire::DecodeError;

/// Which message a side waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// The client: HelloVerifyRequest or ServerHello.
    ServerHello,
    /// The client: Certificate.
    ServerCertificate,
    /// The client: ServerKeyExchange.
    ServerKey,
    /// The client: ServerKeyExchange or ServerHelloDone.
    ServerKeyOrDone,
    /// The client: CertificateRequest or ServerHelloDone.
    RequestOrDone,
    /// The client: ServerHelloDone.
    Done,
    /// The server: ClientHello.
    ClientHello,
    /// The server: Certificate.
    ClientCertificate,
    /// The server: ClientKeyExchange.
    ClientKey,
    /// The server: CertificateVerify.
    CertificateVerify,
    /// Both: Finished.
    Finished,
}

/// A handshake that goes on.
#[derive(Clone)]
pub(super) struct Handshake {
    pub(super) state: State,
    pub(super) started: Time,
    pub(super) reassembly: Reassembly,
    pub(super) next_send: u16,
    pub(super) transcript: Vec<u8>,
    pub(super) hello: Option<ClientHello>,
    pub(super) hello_verifications: u8,
    pub(super) randoms: Randoms,
    pub(super) suite: Option<&'static SuiteFacts>,
    pub(super) extended: bool,
    pub(super) mac_outside: bool,
    pub(super) session_id: Vec<u8>,
    pub(super) resuming: Option<Resumable>,
    pub(super) ephemeral: Option<EphemeralKey>,
    pub(super) point: Option<Vec<u8>>,
    pub(super) hint: Option<Vec<u8>>,
    pub(super) identity: Option<Vec<u8>>,
    pub(super) server_name: Option<Vec<u8>>,
    pub(super) client_raw: bool,
    pub(super) server_raw: bool,
    pub(super) client: Option<Shown>,
    pub(super) server: Option<Shown>,
    pub(super) peer_key: Option<credentials::PublicKey>,
    pub(super) request: Option<CertificateRequest>,
    pub(super) master: Option<Master>,
    /// Whether the peer's ChangeCipherSpec has come.
    pub(super) changed: bool,
    pub(super) client_verify: Vec<u8>,
    pub(super) server_verify: Vec<u8>,
    pub(super) max_fragment: usize,
    pub(super) cid_in: Option<Vec<u8>>,
    pub(super) cid_out: Option<Vec<u8>>,
}

impl Handshake {
    pub(super) fn new(state: State, started: Time, max_fragment: usize) -> Self {
        Self {
            state,
            started,
            reassembly: Reassembly::default(),
            next_send: 0,
            transcript: Vec::new(),
            hello: None,
            hello_verifications: 0,
            randoms: Randoms {
                client: [0; 32],
                server: [0; 32],
            },
            suite: None,
            extended: false,
            mac_outside: false,
            session_id: Vec::new(),
            resuming: None,
            ephemeral: None,
            point: None,
            hint: None,
            identity: None,
            server_name: None,
            client_raw: false,
            server_raw: false,
            client: None,
            server: None,
            peer_key: None,
            request: None,
            master: None,
            changed: false,
            client_verify: Vec::new(),
            server_verify: Vec::new(),
            max_fragment,
            cid_in: None,
            cid_out: None,
        }
    }

    pub(super) fn suite(&self) -> Result<&'static SuiteFacts, Failure> {
        self.suite.ok_or_else(|| Failure::internal("no suite"))
    }

    pub(super) fn master(&self) -> Result<&Master, Failure> {
        self.master
            .as_ref()
            .ok_or_else(|| Failure::internal("no master secret"))
    }
}

impl Connection {
    pub(super) fn handshake(&mut self) -> Result<&mut Handshake, Failure> {
        self.handshake
            .as_deref_mut()
            .ok_or_else(|| Failure::unexpected("a handshake message outside of a handshake"))
    }

    /// Reads the body of a message with what has been agreed on.
    pub(super) fn decode(&self, message: &Joined) -> Result<HandshakeBody, DecodeError> {
        let handshake = self.handshake.as_deref();
        let raw = handshake.is_some_and(|handshake| match self.role {
            Sender::Client => handshake.server_raw,
            Sender::Server => handshake.client_raw,
        });
        let suite = handshake.and_then(|handshake| handshake.suite);
        let context = Context {
            framing: self.framing,
            exchange: suite.map(|suite| suite.exchange),
            raw_key: raw,
        };
        HandshakeBody::decode(message.kind, &message.body, context)
    }

    /// Adds a message to the flight and to the transcript.
    pub(super) fn emit(&mut self, body: &HandshakeBody) -> Result<(), Failure> {
        let Some(kind) = body.kind() else {
            return Ok(());
        };
        let bytes = body.encode(self.framing);
        self.emit_bytes(kind, bytes)
    }

    pub(super) fn emit_bytes(
        &mut self,
        kind: HandshakeType,
        bytes: Vec<u8>,
    ) -> Result<(), Failure> {
        let framing = self.framing;
        let epoch = self.outbound.current();
        let handshake = self.handshake()?;
        let sequence = handshake.next_send;
        handshake.next_send = sequence.wrapping_add(1);
        let header = Header::whole(kind, sequence, bytes.len());
        handshake.transcript.extend(header.encode(framing));
        handshake.transcript.extend_from_slice(&bytes);
        self.pending
            .push_message(&mut self.counts, kind, (epoch, sequence), bytes);
        Ok(())
    }

    /// Adds a ChangeCipherSpec to the flight; what follows it is protected.
    pub(super) fn emit_change_cipher_spec(&mut self) {
        let epoch = self.outbound.current();
        self.pending
            .push_change_cipher_spec(&mut self.counts, epoch);
        self.outbound.advance();
    }

    /// Makes the master secret of a new session, and the keys.
    ///
    /// The transcript has to end with ClientKeyExchange (RFC 7627, 3).
    pub(super) fn make_master(
        &mut self,
        env: &mut Env<'_>,
        psk: Option<&[u8]>,
    ) -> Result<(), Failure> {
        let handshake = self.handshake()?;
        let suite = handshake.suite()?;
        let shared = match (&handshake.ephemeral, &handshake.point) {
            (Some(key), Some(point)) => Some(key.agree(point).ok_or_else(|| {
                Failure::illegal(format!("{} bytes are no point of secp256r1", point.len()))
            })?),
            _ => None,
        };
        let shared = shared.as_ref().map(|secret| secret.as_slice());
        let premaster = match (psk, shared) {
            (Some(psk), other) => psk_premaster(psk, other),
            (None, Some(shared)) => shared.to_vec(),
            (None, None) => return Err(Failure::internal("no premaster secret")),
        };
        let master = if handshake.extended {
            let hash = digest(suite.hash, &handshake.transcript);
            extended_master_secret(suite.hash, &premaster, &hash)
        } else {
            master_secret(suite.hash, &premaster, &handshake.randoms)
        };
        self.take_master(env, master)
    }

    /// Takes a master secret, new or resumed, and makes the keys.
    pub(super) fn take_master(&mut self, env: &mut Env<'_>, master: Master) -> Result<(), Failure> {
        let handshake = self.handshake()?;
        handshake.master = Some(master);
        let (suite, randoms) = (handshake.suite()?, handshake.randoms);
        let keys = protections(suite, &master, &randoms, handshake.mac_outside);
        let (client, server) = keys.ok_or_else(|| Failure::internal("no keys"))?;
        let cid_in = handshake.cid_in.clone().unwrap_or_default();
        let mut cid_out = handshake.cid_out.clone().unwrap_or_default();
        if matches!(env.settings.connection_id, ConnectionId::Neglected(_)) {
            cid_out.clear();
        }
        let (own, peer) = match self.role {
            Sender::Client => (client, server),
            Sender::Server => (server, client),
        };
        self.inbound.prepare(peer, cid_in);
        self.outbound.prepare(own, cid_out);
        self.release = true;
        env.events.push_back(Event::Secret(Secret {
            client_random: randoms.client,
            master,
        }));
        Ok(())
    }

    /// Adds ChangeCipherSpec and Finished to the flight.
    pub(super) fn emit_finished(&mut self, env: &Env<'_>) -> Result<(), Failure> {
        self.emit_change_cipher_spec();
        let role = self.role;
        let handshake = self.handshake()?;
        let hash = handshake.suite()?.hash;
        let mut verify = verify_data(hash, handshake.master()?, role, &handshake.transcript);
        handshake.set_verify(role, verify.clone());
        if env.settings.misbehaviour.wrong_finished
            && let Some(last) = verify.last_mut()
        {
            *last ^= 1;
        }
        self.emit_bytes(HandshakeType::FINISHED, verify)
    }

    /// Checks the peer's Finished against the transcript before it.
    pub(super) fn check_finished(
        &mut self,
        env: &Env<'_>,
        found: &[u8],
        before: usize,
    ) -> Result<(), Failure> {
        let peer = self.role.other();
        let handshake = self.handshake()?;
        let hash = handshake.suite()?.hash;
        let transcript = handshake.transcript.get(..before).unwrap_or(&[]);
        let wanted = verify_data(hash, handshake.master()?, peer, transcript);
        if wanted != found && !env.settings.misbehaviour.ignores_finished {
            let because = "Finished does not fit the handshake";
            return Err(Failure::new(AlertDescription::DECRYPT_ERROR, because));
        }
        handshake.set_verify(peer, found.to_vec());
        if self.framing.is_datagram() {
            self.inbound.advance();
        }
        Ok(())
    }

    /// Verifies a signature with the peer's key.
    pub(super) fn verify(
        &mut self,
        env: &Env<'_>,
        message: &[u8],
        signature: &Signature,
    ) -> Result<(), Failure> {
        if env.settings.misbehaviour.ignores_signatures {
            return Ok(());
        }
        let algorithm = signature.algorithm;
        if !env.settings.signature_algorithms.contains(&algorithm) {
            let because = format!("signature algorithm {algorithm:#06x} was not offered");
            return Err(Failure::illegal(because));
        }
        let handshake = self.handshake()?;
        let key = handshake.peer_key.as_ref();
        let key = key.ok_or_else(|| Failure::internal("no key to verify with"))?;
        let good = match algorithm {
            // SHA-256, SHA-384 and SHA-512 with ECDSA (RFC 5246, 7.4.1.4.1)
            0x0403 => key.verify(message, &signature.bytes),
            0x0503 => key.verify_sha384(message, &signature.bytes),
            0x0603 => key.verify_sha512(message, &signature.bytes),
            _ => false,
        };
        if good {
            return Ok(());
        }
        let because = "signature is not of the key that was shown";
        Err(Failure::new(AlertDescription::DECRYPT_ERROR, because))
    }

    /// Ends the handshake well.
    pub(super) fn finish(&mut self, env: &mut Env<'_>) -> Result<(), Failure> {
        let role = self.role;
        let handshake = self.handshake.take();
        let handshake = handshake.ok_or_else(|| Failure::internal("no handshake"))?;
        let session = Session {
            version: self.outbound.version,
            suite: handshake.suite()?.suite,
            identity: handshake.identity.clone(),
            hint: handshake.hint.clone(),
            server_name: handshake.server_name.clone(),
            client: handshake.client.clone(),
            server: handshake.server.clone(),
            cid_in: handshake.cid_in.clone(),
            cid_out: handshake.cid_out.clone(),
            extended_master_secret: handshake.extended,
            encrypt_then_mac: handshake.mac_outside,
            resumed: handshake.resuming.is_some(),
            session_id: handshake.session_id.clone(),
            max_fragment: handshake.max_fragment,
            client_random: handshake.randoms.client,
            server_random: handshake.randoms.server,
        };
        if env.settings.resumption && !session.session_id.is_empty() {
            let entry = Resumable {
                server: (role == Sender::Client).then_some(self.peer),
                master: *handshake.master()?,
                session: session.clone(),
            };
            env.cache.insert(env.settings.most_sessions, entry);
        }
        self.verified = Some((handshake.client_verify, handshake.server_verify));
        self.max_fragment = session.max_fragment;
        self.session = Some(session.clone());
        self.release = true;
        self.just_established = true;
        env.events.push_back(Event::Established {
            peer: self.peer,
            session: Box::new(session),
        });
        for data in std::mem::take(&mut self.queue) {
            self.send_record(env, ContentType::APPLICATION_DATA, &data);
        }
        Ok(())
    }
}

impl Handshake {
    fn set_verify(&mut self, sender: Sender, data: Vec<u8>) {
        match sender {
            Sender::Client => self.client_verify = data,
            Sender::Server => self.server_verify = data,
        }
    }
}
