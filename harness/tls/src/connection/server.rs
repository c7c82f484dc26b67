//! The server's side of a handshake (RFC 5246, 7.3; RFC 6347, 4.2).

use credentials::check_client;

use super::choice::Choice;
use super::client::{RAW_PUBLIC_KEY, fragment_size, read_chain, unsupported};
use super::handshake::State;
use super::{Connection, Env, Failure};
use crate::alert::AlertDescription;
use crate::crypto::EphemeralKey;
use crate::message::{
    CertificateRequest, CertificateVerify, ClientHello, ClientKeyExchange, CurveParameters,
    ExtensionType, Extensions, HandshakeBody, Joined, ServerHello, ServerKeyExchange, Shown,
    Signature,
};
use crate::peer_credentials::{Demand, OwnKey, UnknownIdentity};
use crate::settings::{ECDSA_SHA256, SECP256R1};
use crate::suite::{Suite, SuiteFacts};

/// What is shown and asked for in a full handshake.
struct Answer {
    own: Option<OwnKey>,
    client_type: Option<u8>,
}

impl Connection {
    /// Takes a message of the client.
    pub(super) fn server_message(
        &mut self,
        env: &mut Env<'_>,
        message: &Joined,
        before: usize,
    ) -> Result<(), Failure> {
        let body = self.decode(message)?;
        let state = self.handshake()?.state;
        match (state, body) {
            (State::ClientHello, HandshakeBody::ClientHello(hello)) => {
                self.take_client_hello(env, hello)
            }
            (State::ClientCertificate, HandshakeBody::Certificate(shown)) => {
                self.take_client_certificate(env, shown)
            }
            (State::ClientKey, HandshakeBody::ClientKeyExchange(exchange)) => {
                self.take_client_key(env, exchange)
            }
            (State::CertificateVerify, HandshakeBody::CertificateVerify(proof)) => {
                self.take_proof(env, &proof, before)
            }
            (state, HandshakeBody::Finished(verify))
                if state == State::Finished
                    || state == State::CertificateVerify
                        && env.settings.misbehaviour.ignores_signatures =>
            {
                self.check_finished(env, &verify, before)?;
                if self.handshake()?.resuming.is_none() {
                    self.emit_finished(env)?;
                    self.send_flight(env, false);
                }
                self.finish(env)
            }
            (state, _) => {
                let because = format!("{} while waiting for {state:?}", message.kind);
                Err(Failure::unexpected(because))
            }
        }
    }

    fn take_client_hello(&mut self, env: &mut Env<'_>, hello: ClientHello) -> Result<(), Failure> {
        let credentials = env.server;
        let credentials = credentials.ok_or_else(|| Failure::internal("no server"))?;
        let choice = Choice {
            framing: self.framing,
            hello: &hello,
            settings: env.settings,
            credentials,
        };
        choice.check()?;
        let extensions = hello.extensions();
        let handshake = self.handshake()?;
        handshake.randoms.client = hello.random;
        handshake.randoms.server = env.random.block();
        handshake.server_name = extensions.server_name()?;
        handshake.extended = choice.extended();
        let resumable = match self.session {
            None => choice.resumable(env.cache)?,
            Some(_) => None,
        };
        let suite = match &resumable {
            Some(resumable) => resumable.session.suite.facts(),
            None => Some(choice.suite()?),
        };
        let suite = suite.ok_or_else(|| Failure::internal("no suite"))?;
        self.agree(env, &hello, suite)?;
        if let Some(resumable) = resumable {
            let handshake = self.handshake()?;
            handshake.session_id.clone_from(&hello.session_id);
            handshake.recall(&resumable.session);
            let master = resumable.master;
            handshake.resuming = Some(resumable);
            self.emit_server_hello(env, &hello, &choice, None)?;
            self.take_master(env, master)?;
            self.emit_finished(env)?;
            self.handshake()?.state = State::Finished;
        } else {
            self.answer_client(env, &hello, &choice)?;
        }
        self.handshake()?.hello = Some(hello);
        self.send_flight(env, true);
        Ok(())
    }

    /// Agrees on what the extensions ask for.
    fn agree(
        &mut self,
        env: &Env<'_>,
        hello: &ClientHello,
        suite: &'static SuiteFacts,
    ) -> Result<(), Failure> {
        let extensions = hello.extensions();
        self.check_renegotiation(hello)?;
        let own_cid = self.own_cid.clone();
        let code = extensions.max_fragment_length()?;
        let cid = extensions.connection_id()?;
        let handshake = self.handshake()?;
        handshake.suite = Some(suite);
        handshake.mac_outside = env.settings.encrypt_then_mac
            && !suite.bulk.is_aead()
            && extensions.has(ExtensionType::ENCRYPT_THEN_MAC);
        if let Some(code) = code {
            let size = fragment_size(code);
            let unknown = || Failure::illegal(format!("max_fragment_length of code {code}"));
            handshake.max_fragment = size.ok_or_else(unknown)?;
        }
        if let (Some(own), Some(cid)) = (own_cid, cid) {
            handshake.cid_in = Some(own);
            handshake.cid_out = Some(cid);
        }
        Ok(())
    }

    /// Checks renegotiation_info (RFC 5746, 3.6 and 3.7).
    fn check_renegotiation(&self, hello: &ClientHello) -> Result<(), Failure> {
        let found = hello.extensions().renegotiation_info()?;
        let wanted = self.verified.as_ref().map(|(client, _)| client.as_slice());
        match (found, wanted) {
            (Some(found), wanted) if found == wanted.unwrap_or(&[]) => Ok(()),
            (None, None) => Ok(()),
            _ => Err(Failure::handshake(
                "renegotiation_info of another handshake",
            )),
        }
    }

    fn emit_server_hello(
        &mut self,
        env: &Env<'_>,
        hello: &ClientHello,
        choice: &Choice<'_>,
        answer: Option<&Answer>,
    ) -> Result<(), Failure> {
        let extensions = self.answer_extensions(env, hello, answer)?;
        let version = choice.version();
        let handshake = self.handshake()?;
        let message = ServerHello {
            version,
            random: handshake.randoms.server,
            session_id: handshake.session_id.clone(),
            suite: handshake.suite()?.suite,
            compression: 0,
            extensions: (!extensions.0.is_empty()).then_some(extensions),
        };
        self.emit(&HandshakeBody::ServerHello(message))
    }

    /// The extensions of the answer: none that was not offered (RFC 5246, 7.4.1.4), but for those of the settings.
    fn answer_extensions(
        &mut self,
        env: &Env<'_>,
        hello: &ClientHello,
        answer: Option<&Answer>,
    ) -> Result<Extensions, Failure> {
        let offered = hello.extensions();
        let mut list = Extensions::default();
        let verified = self.verified.clone().unwrap_or_default();
        let scsv = hello.suites.contains(&Suite::RENEGOTIATION_INFO);
        let asked = scsv || offered.has(ExtensionType::RENEGOTIATION_INFO);
        if env.settings.secure_renegotiation && asked {
            let data = [verified.0, verified.1].concat();
            list.push_short(ExtensionType::RENEGOTIATION_INFO, &data);
        }
        let handshake = self.handshake()?;
        let suite = handshake.suite()?;
        if suite.exchange.uses_ecdhe() && offered.has(ExtensionType::EC_POINT_FORMATS) {
            list.push_short(ExtensionType::EC_POINT_FORMATS, &[0]);
        }
        if let Some(answer) = answer {
            certificate_types(&mut list, offered, answer);
        }
        if handshake.extended {
            list.push(ExtensionType::EXTENDED_MASTER_SECRET, Vec::new());
        }
        if handshake.mac_outside {
            list.push(ExtensionType::ENCRYPT_THEN_MAC, Vec::new());
        }
        if let Some(cid) = &handshake.cid_in {
            list.push_short(ExtensionType::CONNECTION_ID, cid);
        }
        if let Some(code) = offered.max_fragment_length()? {
            list.push(ExtensionType::MAX_FRAGMENT_LENGTH, vec![code]);
        }
        list.0.extend(env.settings.extensions.iter().cloned());
        Ok(list)
    }

    /// Sends everything from ServerHello to ServerHelloDone.
    fn answer_client(
        &mut self,
        env: &mut Env<'_>,
        hello: &ClientHello,
        choice: &Choice<'_>,
    ) -> Result<(), Failure> {
        let suite = self.handshake()?.suite()?;
        let certificates = suite.exchange.uses_certificate();
        let answer = match certificates {
            true => Answer {
                own: choice.own()?.cloned(),
                client_type: choice.client_type()?,
            },
            false => Answer {
                own: None,
                client_type: None,
            },
        };
        if env.settings.resumption {
            self.handshake()?.session_id = env.random.bytes(SESSION_ID_LENGTH);
        }
        self.emit_server_hello(env, hello, choice, Some(&answer))?;
        let own = answer.own.as_ref();
        if let Some(own) = own {
            let shown = own.shown.clone();
            let handshake = self.handshake()?;
            handshake.server_raw = own.is_raw();
            handshake.server = Some(shown.clone());
            self.emit(&HandshakeBody::Certificate(shown))?;
        }
        self.emit_server_key(env, own, choice.credentials.hint.clone())?;
        let handshake = self.handshake()?;
        handshake.state = State::ClientKey;
        if let Some(kind) = answer.client_type {
            handshake.client_raw = kind == RAW_PUBLIC_KEY;
            handshake.state = State::ClientCertificate;
            let request = CertificateRequest {
                types: vec![ECDSA_SIGN],
                algorithms: env.settings.signature_algorithms.clone(),
                authorities: Vec::new(),
            };
            handshake.request = Some(request.clone());
            self.emit(&HandshakeBody::CertificateRequest(request))?;
        }
        self.emit(&HandshakeBody::ServerHelloDone)
    }

    /// Sends ServerKeyExchange, if there is anything to say.
    fn emit_server_key(
        &mut self,
        env: &mut Env<'_>,
        own: Option<&OwnKey>,
        hint: Option<Vec<u8>>,
    ) -> Result<(), Failure> {
        let handshake = self.handshake()?;
        let exchange = handshake.suite()?.exchange;
        let mut message = ServerKeyExchange::default();
        if exchange.uses_psk() {
            handshake.hint.clone_from(&hint);
            if hint.is_none() && !exchange.uses_ecdhe() {
                return Ok(());
            }
            // with Diffie-Hellman the hint cannot be left out (RFC 5489, 2)
            message.hint = Some(hint.unwrap_or_default());
        }
        if exchange.uses_ecdhe() {
            let key = EphemeralKey::generate(env.random);
            let curve = CurveParameters {
                group: SECP256R1,
                point: key.point(),
            };
            handshake.ephemeral = Some(key);
            let signed = [
                &handshake.randoms.client[..],
                &handshake.randoms.server,
                &curve.encode(),
            ]
            .concat();
            message.curve = Some(curve);
            message.signature = own.map(|own| Signature {
                algorithm: ECDSA_SHA256,
                bytes: match env.settings.misbehaviour.wrong_signature {
                    true => own.key.sign(b"something else"),
                    false => own.key.sign(&signed),
                },
            });
        }
        self.emit(&HandshakeBody::ServerKeyExchange(message))
    }

    fn take_client_certificate(&mut self, env: &Env<'_>, shown: Shown) -> Result<(), Failure> {
        let credentials = env.server;
        let credentials = credentials.ok_or_else(|| Failure::internal("no server"))?;
        let handshake = self.handshake()?;
        handshake.state = State::ClientKey;
        if shown.is_empty() {
            if credentials.demand == Demand::Needed {
                return Err(Failure::handshake("the client shows no certificate"));
            }
            return Ok(());
        }
        let checks = env.settings.misbehaviour.checks;
        let trusted = &credentials.trusted;
        let key = match &shown {
            Shown::RawKey(spki) => {
                let known = trusted.anyone || trusted.keys.contains(spki) || !checks.constraint;
                if !known {
                    let because = "a raw public key that is not trusted";
                    return Err(Failure::new(AlertDescription::CERTIFICATE_UNKNOWN, because));
                }
                credentials::PublicKey::from_spki(spki)
            }
            Shown::Chain(chain) => {
                let chain = read_chain(chain)?;
                if !trusted.anyone {
                    check_client(&chain, &trusted.roots, credentials.now, checks)?;
                }
                chain[0].public_key()
            }
        };
        handshake.peer_key = Some(key.map_err(unsupported)?);
        handshake.client = Some(shown);
        Ok(())
    }

    fn take_client_key(
        &mut self,
        env: &mut Env<'_>,
        exchange: ClientKeyExchange,
    ) -> Result<(), Failure> {
        let psk = match &exchange.identity {
            Some(identity) => Some(psk_of(env, identity)?),
            None => None,
        };
        let handshake = self.handshake()?;
        handshake.identity = exchange.identity;
        handshake.point = exchange.point;
        handshake.state = match handshake.client {
            Some(_) => State::CertificateVerify,
            None => State::Finished,
        };
        self.make_master(env, psk.as_deref())
    }

    fn take_proof(
        &mut self,
        env: &Env<'_>,
        proof: &CertificateVerify,
        before: usize,
    ) -> Result<(), Failure> {
        let handshake = self.handshake()?;
        handshake.state = State::Finished;
        let signed = handshake.transcript.get(..before).unwrap_or(&[]).to_vec();
        self.verify(env, &signed, &proof.0)
    }
}

/// The key of an identity (RFC 4279, 2).
fn psk_of(env: &mut Env<'_>, identity: &[u8]) -> Result<Vec<u8>, Failure> {
    let credentials = env.server;
    let credentials = credentials.ok_or_else(|| Failure::internal("no server"))?;
    let mut known = credentials.psks.iter();
    if let Some(psk) = known.find(|psk| psk.identity == identity) {
        return Ok(psk.key.clone());
    }
    if let Some(key) = &env.settings.misbehaviour.any_identity {
        return Ok(key.clone());
    }
    match credentials.unknown_identity {
        UnknownIdentity::Hidden => Ok(env.random.bytes(HIDDEN_KEY_LENGTH)),
        UnknownIdentity::Alert => {
            let identity = String::from_utf8_lossy(identity);
            let because = format!("PSK identity {identity:?} is unknown");
            Err(Failure::new(
                AlertDescription::UNKNOWN_PSK_IDENTITY,
                because,
            ))
        }
    }
}

/// The chosen certificate types, each only if it was offered (RFC 7250, 4.2).
fn certificate_types(list: &mut Extensions, offered: &Extensions, answer: &Answer) {
    if let Some(kind) = answer.client_type
        && offered.has(ExtensionType::CLIENT_CERTIFICATE_TYPE)
    {
        list.push(ExtensionType::CLIENT_CERTIFICATE_TYPE, vec![kind]);
    }
    if let Some(own) = &answer.own
        && offered.has(ExtensionType::SERVER_CERTIFICATE_TYPE)
    {
        let kind = if own.is_raw() { RAW_PUBLIC_KEY } else { 0 };
        list.push(ExtensionType::SERVER_CERTIFICATE_TYPE, vec![kind]);
    }
}

// RFC 8422, 5.5
const ECDSA_SIGN: u8 = 64;
// RFC 5246, 7.4.1.2: the longest
const SESSION_ID_LENGTH: usize = 32;
const HIDDEN_KEY_LENGTH: usize = 16;
