//! The client's side of a handshake (RFC 5246, 7.3; RFC 6347, 4.2).

use credentials::{Certificate, check_raw_key, check_server};

use super::handshake::State;
use super::{Connection, Env, Failure};
use crate::alert::AlertDescription;
use crate::crypto::EphemeralKey;
use crate::message::{
    CertificateRequest, CertificateVerify, ClientHello, ClientKeyExchange, ExtensionType,
    Extensions, HandshakeBody, HandshakeType, HelloVerifyRequest, Joined, ServerHello,
    ServerKeyExchange, Shown, Signature,
};
use crate::peer_credentials::ClientCredentials;
use crate::settings::{ECDSA_SHA256, Proof, SECP256R1, ServerName};
use crate::suite::{Suite, SuiteFacts};

impl Connection {
    /// Sends the first ClientHello of a handshake.
    pub(super) fn start_client(&mut self, env: &mut Env<'_>) -> Result<(), Failure> {
        let hello = self.first_hello(env);
        let resuming = env.cache.by_server(self.peer).cloned();
        let handshake = self.handshake()?;
        handshake.randoms.client = hello.random;
        handshake.resuming = resuming.filter(|_| !hello.session_id.is_empty());
        handshake.server_name = hello.extensions().server_name().ok().flatten();
        handshake.hello = Some(hello.clone());
        self.emit(&HandshakeBody::ClientHello(hello))?;
        self.send_flight(env, true);
        Ok(())
    }

    fn first_hello(&self, env: &mut Env<'_>) -> ClientHello {
        let settings = env.settings;
        let suites = offered_suites(&settings.suites, &self.credentials);
        let first = self.session.is_none();
        let cached = env.cache.by_server(self.peer);
        let session_id = cached
            .filter(|entry| first && settings.resumption && suites.contains(&entry.session.suite))
            .map(|entry| entry.session.session_id.clone());
        let extensions = self.hello_extensions(env, &suites);
        ClientHello {
            version: settings.version.unwrap_or(self.framing.version()),
            random: env.random.block(),
            session_id: session_id.unwrap_or_default(),
            cookie: Vec::new(),
            suites,
            // null (RFC 5246, 6.2.2)
            compressions: vec![0],
            extensions: Some(extensions),
        }
    }

    fn hello_extensions(&self, env: &Env<'_>, suites: &[Suite]) -> Extensions {
        let settings = env.settings;
        let facts = || suites.iter().filter_map(|suite| suite.facts());
        let mut list = Extensions::default();
        if settings.secure_renegotiation {
            let verified = self.verified.as_ref();
            let data = verified.map_or(&[][..], |(client, _)| client);
            list.push_short(ExtensionType::RENEGOTIATION_INFO, data);
        }
        match (&settings.server_name, &self.credentials.server_name) {
            (ServerName::Configured, Some(name)) => list.push_server_name(name.as_bytes()),
            (ServerName::Other(name), _) => list.push_server_name(name),
            _ => {}
        }
        if facts().any(|facts| facts.exchange.uses_ecdhe()) {
            list.push_numbers(ExtensionType::SUPPORTED_GROUPS, &settings.groups);
            // uncompressed (RFC 8422, 5.1.2)
            list.push_short(ExtensionType::EC_POINT_FORMATS, &[0]);
        }
        if facts().any(|facts| facts.exchange.uses_certificate()) {
            let algorithms = &settings.signature_algorithms;
            list.push_numbers(ExtensionType::SIGNATURE_ALGORITHMS, algorithms);
            if self
                .credentials
                .own
                .as_ref()
                .is_some_and(|own| own.is_raw())
            {
                list.push_short(ExtensionType::CLIENT_CERTIFICATE_TYPE, &[RAW_PUBLIC_KEY]);
            }
            if self.credentials.server_raw {
                list.push_short(ExtensionType::SERVER_CERTIFICATE_TYPE, &[RAW_PUBLIC_KEY]);
            }
        }
        if settings.extended_master_secret {
            list.push(ExtensionType::EXTENDED_MASTER_SECRET, Vec::new());
        }
        if settings.encrypt_then_mac && facts().any(|facts| !facts.bulk.is_aead()) {
            list.push(ExtensionType::ENCRYPT_THEN_MAC, Vec::new());
        }
        if let Some(cid) = &self.own_cid {
            list.push_short(ExtensionType::CONNECTION_ID, cid);
        }
        if let Some(code) = settings.max_fragment_length {
            list.push(ExtensionType::MAX_FRAGMENT_LENGTH, vec![code]);
        }
        list.0.extend(settings.extensions.iter().cloned());
        list
    }

    /// Takes a message of the server.
    pub(super) fn client_message(
        &mut self,
        env: &mut Env<'_>,
        message: &Joined,
        before: usize,
    ) -> Result<(), Failure> {
        let body = self.decode(message)?;
        let state = self.handshake()?.state;
        match (state, body) {
            (State::ServerHello, HandshakeBody::HelloVerifyRequest(request))
                if self.framing.is_datagram() =>
            {
                self.take_hello_verify(env, request)
            }
            (State::ServerHello, HandshakeBody::ServerHello(hello)) => {
                self.take_server_hello(env, &hello)
            }
            (State::ServerCertificate, HandshakeBody::Certificate(shown)) => {
                self.take_server_certificate(env, shown)
            }
            (
                State::ServerKey | State::ServerKeyOrDone,
                HandshakeBody::ServerKeyExchange(exchange),
            ) => self.take_server_key(env, exchange),
            (State::RequestOrDone, HandshakeBody::CertificateRequest(request)) => {
                let handshake = self.handshake()?;
                handshake.request = Some(request);
                handshake.state = State::Done;
                Ok(())
            }
            (
                State::RequestOrDone | State::Done | State::ServerKeyOrDone,
                HandshakeBody::ServerHelloDone,
            ) => self.answer_server(env),
            // tolerated though not asked for (RFC 5077, 3.3)
            (State::Finished, HandshakeBody::NewSessionTicket { .. }) => Ok(()),
            (State::Finished, HandshakeBody::Finished(verify)) => {
                self.check_finished(env, &verify, before)?;
                if self.handshake()?.resuming.is_some() {
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

    fn take_hello_verify(
        &mut self,
        env: &mut Env<'_>,
        request: HelloVerifyRequest,
    ) -> Result<(), Failure> {
        let handshake = self.handshake()?;
        handshake.hello_verifications += 1;
        if handshake.hello_verifications > MOST_HELLO_VERIFICATIONS {
            return Err(Failure::unexpected("hello_verify_request again and again"));
        }
        // neither the first hello nor this request counts (RFC 6347, 4.2.1)
        handshake.transcript.clear();
        let Some(hello) = handshake.hello.as_mut() else {
            return Err(Failure::internal("no hello"));
        };
        hello.cookie = request.cookie;
        let hello = hello.clone();
        self.emit(&HandshakeBody::ClientHello(hello))?;
        self.send_flight(env, true);
        Ok(())
    }

    fn take_server_hello(&mut self, env: &mut Env<'_>, hello: &ServerHello) -> Result<(), Failure> {
        if hello.version != self.framing.version() {
            let because = format!("{} was answered, wanted 1.2", hello.version);
            return Err(Failure::new(AlertDescription::PROTOCOL_VERSION, because));
        }
        self.outbound.version = hello.version;
        let suite = self.check_suite(env, hello)?;
        self.check_extensions(hello)?;
        let own_cid = self.own_cid.clone();
        let extensions = hello.extensions();
        let raw = |kind| {
            let chosen = extensions.chosen_certificate_type(kind)?;
            Ok::<_, Failure>(chosen == Some(RAW_PUBLIC_KEY))
        };
        let cid_out = extensions.connection_id()?;
        let code = extensions.max_fragment_length()?;
        let handshake = self.handshake()?;
        handshake.suite = Some(suite);
        handshake.randoms.server = hello.random;
        handshake.extended = extensions.has(ExtensionType::EXTENDED_MASTER_SECRET);
        handshake.mac_outside =
            extensions.has(ExtensionType::ENCRYPT_THEN_MAC) && !suite.bulk.is_aead();
        handshake.client_raw = raw(ExtensionType::CLIENT_CERTIFICATE_TYPE)?;
        handshake.server_raw = raw(ExtensionType::SERVER_CERTIFICATE_TYPE)?;
        handshake.cid_in = own_cid.filter(|_| cid_out.is_some());
        handshake.cid_out = cid_out;
        if let Some(size) = code.and_then(fragment_size) {
            handshake.max_fragment = size;
        }
        handshake.session_id.clone_from(&hello.session_id);
        let offered = handshake.hello.as_ref().map(|hello| &hello.session_id);
        if !hello.session_id.is_empty() && offered == Some(&hello.session_id) {
            return self.resume(env, hello);
        }
        handshake.resuming = None;
        handshake.state = match suite.exchange {
            exchange if exchange.uses_certificate() => State::ServerCertificate,
            exchange if exchange.uses_ecdhe() => State::ServerKey,
            _ => State::ServerKeyOrDone,
        };
        Ok(())
    }

    fn check_suite(
        &mut self,
        env: &Env<'_>,
        hello: &ServerHello,
    ) -> Result<&'static SuiteFacts, Failure> {
        let any = env.settings.misbehaviour.takes_any_suite;
        let offered = &self.handshake()?.hello;
        let offered = offered.as_ref().map_or(&[][..], |hello| &hello.suites);
        if hello.compression != 0 {
            return Err(Failure::illegal("compression was not offered"));
        }
        if !any && !offered.contains(&hello.suite) {
            let because = format!("suite {} was not offered", hello.suite);
            return Err(Failure::illegal(because));
        }
        let unknown = || Failure::illegal(format!("suite {} is none of ours", hello.suite));
        hello.suite.facts().ok_or_else(unknown)
    }

    fn check_extensions(&mut self, hello: &ServerHello) -> Result<(), Failure> {
        let verified = self.verified.clone();
        let offered = &self.handshake()?.hello;
        let offered = offered.as_ref().and_then(|hello| hello.extensions.as_ref());
        for extension in &hello.extensions().0 {
            if !offered.is_some_and(|offered| offered.has(extension.kind)) {
                let because = format!("{} was not offered", extension.kind);
                return Err(Failure::new(
                    AlertDescription::UNSUPPORTED_EXTENSION,
                    because,
                ));
            }
        }
        // RFC 5746, 3.4 and 3.5
        let wanted = verified.map_or_else(Vec::new, |(client, server)| [client, server].concat());
        match hello.extensions().renegotiation_info()? {
            Some(found) if found != wanted => Err(Failure::handshake(
                "renegotiation_info of another handshake",
            )),
            _ => Ok(()),
        }
    }

    fn resume(&mut self, env: &mut Env<'_>, hello: &ServerHello) -> Result<(), Failure> {
        let handshake = self.handshake()?;
        let Some(resumable) = handshake.resuming.clone() else {
            return Err(Failure::illegal("a session that was not to be resumed"));
        };
        if resumable.session.suite != hello.suite {
            return Err(Failure::illegal("another suite than the session's"));
        }
        // RFC 7627, 5.3
        if resumable.session.extended_master_secret != handshake.extended {
            return Err(Failure::handshake(
                "extended_master_secret differs from the session's",
            ));
        }
        handshake.recall(&resumable.session);
        handshake.state = State::Finished;
        self.take_master(env, resumable.master)
    }

    fn take_server_certificate(&mut self, env: &Env<'_>, shown: Shown) -> Result<(), Failure> {
        let credentials = &self.credentials;
        let checks = env.settings.misbehaviour.checks;
        let key = match &shown {
            Shown::RawKey(spki) => {
                if let Some(association) = &credentials.association {
                    check_raw_key(spki, association, checks)?;
                }
                credentials::PublicKey::from_spki(spki)
            }
            Shown::Chain(_) if credentials.server_raw => {
                let because = "certificates, wanted a raw public key";
                return Err(Failure::new(
                    AlertDescription::UNSUPPORTED_CERTIFICATE,
                    because,
                ));
            }
            Shown::Chain(chain) => {
                let chain = read_chain(chain)?;
                check_server(
                    &chain,
                    credentials.association.as_ref(),
                    &credentials.roots,
                    credentials.reference.as_ref(),
                    credentials.now,
                    checks,
                )?;
                chain[0].public_key()
            }
        };
        let handshake = self.handshake()?;
        handshake.peer_key = Some(key.map_err(unsupported)?);
        handshake.server = Some(shown);
        handshake.state = State::ServerKey;
        Ok(())
    }

    fn take_server_key(
        &mut self,
        env: &Env<'_>,
        exchange: ServerKeyExchange,
    ) -> Result<(), Failure> {
        let handshake = self.handshake()?;
        handshake.hint = exchange.hint;
        let randoms = [handshake.randoms.client, handshake.randoms.server].concat();
        if let Some(curve) = exchange.curve {
            if curve.group != SECP256R1 || !env.settings.groups.contains(&curve.group) {
                let because = format!("group {} was not offered", curve.group);
                return Err(Failure::illegal(because));
            }
            if let Some(signature) = &exchange.signature {
                let signed = [randoms, curve.encode()].concat();
                self.verify(env, &signed, signature)?;
            }
            self.handshake()?.point = Some(curve.point);
        }
        let handshake = self.handshake()?;
        handshake.state = match handshake.suite()?.exchange.uses_certificate() {
            true => State::RequestOrDone,
            false => State::Done,
        };
        Ok(())
    }

    /// Sends everything from Certificate to Finished.
    fn answer_server(&mut self, env: &mut Env<'_>) -> Result<(), Failure> {
        let suite = self.handshake()?.suite()?;
        let request = self.handshake()?.request.take();
        let signs = match &request {
            Some(request) => self.show_client(env, request)?,
            None => false,
        };
        let mut exchange = ClientKeyExchange::default();
        let psk = self.credentials.psk.clone();
        if suite.exchange.uses_psk() {
            let psk = psk.as_ref().ok_or_else(|| Failure::handshake("no PSK"))?;
            exchange.identity = Some(psk.identity.clone());
            self.handshake()?.identity = Some(psk.identity.clone());
        }
        if suite.exchange.uses_ecdhe() {
            let key = EphemeralKey::generate(env.random);
            exchange.point = Some(key.point());
            self.handshake()?.ephemeral = Some(key);
        }
        self.emit(&HandshakeBody::ClientKeyExchange(exchange))?;
        let psk = psk.filter(|_| suite.exchange.uses_psk());
        self.make_master(env, psk.as_ref().map(|psk| psk.key.as_slice()))?;
        if signs {
            self.emit_proof(env)?;
        }
        self.emit_finished(env)?;
        self.handshake()?.state = State::Finished;
        self.send_flight(env, true);
        Ok(())
    }

    /// Shows the own certificate or raw public key if the server can take it, and says whether it has to be proved.
    fn show_client(
        &mut self,
        env: &Env<'_>,
        request: &CertificateRequest,
    ) -> Result<bool, Failure> {
        let raw = self.handshake()?.client_raw;
        let fits = request.algorithms.contains(&ECDSA_SHA256);
        let own = self.credentials.own.as_ref();
        let own = own.filter(|own| fits && own.is_raw() == raw);
        let shown = own.map(|own| own.shown.clone());
        let shown = shown.unwrap_or_else(|| match raw {
            true => Shown::RawKey(Vec::new()),
            false => Shown::Chain(Vec::new()),
        });
        let proof = env.settings.misbehaviour.proof;
        let signs = !shown.is_empty() && proof != Proof::Missing;
        self.handshake()?.client = (!shown.is_empty()).then(|| shown.clone());
        self.emit(&HandshakeBody::Certificate(shown))?;
        Ok(signs)
    }

    fn emit_proof(&mut self, env: &Env<'_>) -> Result<(), Failure> {
        let key = self.credentials.own.as_ref().map(|own| own.key.clone());
        let key = key.ok_or_else(|| Failure::internal("no key to sign with"))?;
        let transcript = &self.handshake()?.transcript;
        let bytes = match env.settings.misbehaviour.proof {
            Proof::False => key.sign(b"something else"),
            _ => key.sign(transcript),
        };
        self.emit(&HandshakeBody::CertificateVerify(CertificateVerify(
            Signature {
                algorithm: ECDSA_SHA256,
                bytes,
            },
        )))
    }

    /// Whether a message asks the client for another handshake (RFC 5246, 7.4.1.1).
    pub(super) fn asks_again(kind: HandshakeType) -> bool {
        kind == HandshakeType::HELLO_REQUEST
    }
}

impl super::handshake::Handshake {
    /// Takes over what a resumed session had agreed on.
    pub(super) fn recall(&mut self, session: &crate::session::Session) {
        self.identity.clone_from(&session.identity);
        self.hint.clone_from(&session.hint);
        self.client.clone_from(&session.client);
        self.server.clone_from(&session.server);
    }
}

/// Those suites that the credentials are good for, and unknown ones; all of them if that leaves none.
fn offered_suites(suites: &[Suite], credentials: &ClientCredentials) -> Vec<Suite> {
    let certificates = credentials.psk.is_none()
        || credentials.own.is_some()
        || credentials.association.is_some()
        || !credentials.roots.is_empty();
    let usable = |suite: &Suite| {
        suite
            .facts()
            .is_none_or(|facts| match facts.exchange.uses_psk() {
                true => credentials.psk.is_some(),
                false => certificates,
            })
    };
    let fit: Vec<Suite> = suites.iter().copied().filter(usable).collect();
    if fit.is_empty() {
        return suites.to_vec();
    }
    fit
}

/// Reads certificates; anything else is a bad_certificate.
pub(super) fn read_chain(chain: &[Vec<u8>]) -> Result<Vec<Certificate>, Failure> {
    let bad = |error: credentials::CertificateError| {
        Failure::new(AlertDescription::BAD_CERTIFICATE, error.to_string())
    };
    let chain: Vec<Certificate> = chain
        .iter()
        .map(|der| Certificate::from_der(der).map_err(bad))
        .collect::<Result<_, _>>()?;
    if chain.is_empty() {
        let because = "no certificate, wanted one";
        return Err(Failure::new(AlertDescription::BAD_CERTIFICATE, because));
    }
    Ok(chain)
}

pub(super) fn unsupported(error: credentials::KeyError) -> Failure {
    Failure::new(AlertDescription::UNSUPPORTED_CERTIFICATE, error.to_string())
}

/// The largest plaintext that a code stands for (RFC 6066, 4).
pub(super) const fn fragment_size(code: u8) -> Option<usize> {
    match code {
        1..=4 => Some(256 << code),
        _ => None,
    }
}

/// RawPublicKey (RFC 7250, 3).
pub(super) const RAW_PUBLIC_KEY: u8 = 2;
/// X509 (RFC 7250, 3).
pub(super) const X509: u8 = 0;

// a server may change its secret in between, not more
const MOST_HELLO_VERIFICATIONS: u8 = 3;
