//! What a server chooses from a ClientHello: suite, certificate types, session to resume (RFC 5246, 7.4.1.3; RFC 7250, 4.2).

use super::Failure;
use super::client::{RAW_PUBLIC_KEY, X509};
use crate::alert::AlertDescription;
use crate::cache::{Cache, Resumable};
use crate::message::{ClientHello, ExtensionType, Shown};
use crate::peer_credentials::{Demand, OwnKey, ServerCredentials};
use crate::settings::{ECDSA_SHA256, SECP256R1, Settings};
use crate::suite::SuiteFacts;
use crate::version::{Framing, Version};

/// A hello, and who is to answer it.
pub(super) struct Choice<'a> {
    pub(super) framing: Framing,
    pub(super) hello: &'a ClientHello,
    pub(super) settings: &'a Settings,
    pub(super) credentials: &'a ServerCredentials,
}

impl<'a> Choice<'a> {
    /// Checks what does not depend on a choice.
    pub(super) fn check(&self) -> Result<(), Failure> {
        let version = self.hello.version;
        if !version.reaches(self.framing) {
            let because = format!("the hello says {version}, wanted 1.2");
            return Err(Failure::new(AlertDescription::PROTOCOL_VERSION, because));
        }
        if !self.hello.compressions.contains(&0) {
            return Err(Failure::illegal("null compression is not offered"));
        }
        Ok(())
    }

    /// The version to answer.
    pub(super) fn version(&self) -> Version {
        let answer = self.settings.misbehaviour.answers_version;
        answer.unwrap_or(self.framing.version())
    }

    /// The first suite of the settings that the client offers and that can be used.
    pub(super) fn suite(&self) -> Result<&'static SuiteFacts, Failure> {
        let picks = self.settings.misbehaviour.picks;
        if let Some(facts) = picks.and_then(|suite| suite.facts()) {
            return Ok(facts);
        }
        let mut type_differs = false;
        for suite in &self.settings.suites {
            let Some(facts) = suite.facts() else { continue };
            if !self.hello.suites.contains(suite) {
                continue;
            }
            if facts.exchange.uses_psk() && !self.has_psk()
                || facts.exchange.uses_ecdhe() && !self.shares_group()?
            {
                continue;
            }
            if facts.exchange.uses_certificate() {
                if !self.shares_signature()? || self.credentials.own.is_empty() {
                    continue;
                }
                if self.own()?.is_none() {
                    type_differs = true;
                    continue;
                }
            }
            return Ok(facts);
        }
        if type_differs {
            let because = "no certificate type in common";
            return Err(Failure::new(
                AlertDescription::UNSUPPORTED_CERTIFICATE,
                because,
            ));
        }
        Err(Failure::handshake("no usable suite in common"))
    }

    fn has_psk(&self) -> bool {
        !self.credentials.psks.is_empty() || self.settings.misbehaviour.any_identity.is_some()
    }

    fn shares_group(&self) -> Result<bool, Failure> {
        let extensions = self.hello.extensions();
        let groups = extensions.supported_groups()?;
        let formats = extensions.ec_point_formats()?;
        Ok(self.settings.groups.contains(&SECP256R1)
            && groups.is_none_or(|groups| groups.contains(&SECP256R1))
            && formats.is_none_or(|formats| formats.contains(&0)))
    }

    fn shares_signature(&self) -> Result<bool, Failure> {
        let algorithms = self.hello.extensions().signature_algorithms()?;
        Ok(algorithms.is_none_or(|algorithms| algorithms.contains(&ECDSA_SHA256)))
    }

    /// What the server shows: the first that the client takes (RFC 7250, 4.2).
    pub(super) fn own(&self) -> Result<Option<&'a OwnKey>, Failure> {
        let kind = ExtensionType::SERVER_CERTIFICATE_TYPE;
        let offered = self.hello.extensions().offered_certificate_types(kind)?;
        let find = |kind: &u8| {
            let mut own = self.credentials.own.iter();
            own.find(|own| *kind == type_of(&own.shown))
        };
        Ok(offered.unwrap_or(vec![X509]).iter().find_map(find))
    }

    /// The type of certificate to ask the client for, if it is to be asked.
    pub(super) fn client_type(&self) -> Result<Option<u8>, Failure> {
        let demand = self.credentials.demand;
        if demand == Demand::Never {
            return Ok(None);
        }
        let trusted = &self.credentials.trusted;
        let any = trusted.anyone || !self.settings.misbehaviour.checks.chain;
        let takes = |kind: &u8| match *kind {
            RAW_PUBLIC_KEY => any || !trusted.keys.is_empty(),
            X509 => any || !trusted.roots.is_empty(),
            _ => false,
        };
        let kind = ExtensionType::CLIENT_CERTIFICATE_TYPE;
        let offered = self.hello.extensions().offered_certificate_types(kind)?;
        let found = offered.unwrap_or(vec![X509]).into_iter().find(takes);
        if found.is_none() && demand == Demand::Needed {
            let because = "no certificate type of the client is trusted";
            return Err(Failure::new(
                AlertDescription::UNSUPPORTED_CERTIFICATE,
                because,
            ));
        }
        Ok(found)
    }

    /// The session to resume (RFC 5246, F.1.4; RFC 6066, 3; RFC 7627, 5.3).
    pub(super) fn resumable(&self, cache: &Cache) -> Result<Option<Resumable>, Failure> {
        let hello = self.hello;
        let Some(found) = cache.by_id(&hello.session_id) else {
            return Ok(None);
        };
        let suite = found.session.suite;
        let name = hello.extensions().server_name()?;
        let fits = self.settings.resumption
            && hello.suites.contains(&suite)
            && self.settings.suites.contains(&suite)
            && found.session.server_name == name;
        if !fits {
            return Ok(None);
        }
        match (found.session.extended_master_secret, self.extended()) {
            (true, false) => Err(Failure::handshake(
                "a session with extended_master_secret is to be resumed without",
            )),
            (false, true) => Ok(None),
            _ => Ok(Some(found.clone())),
        }
    }

    /// Whether the master secret is extended.
    pub(super) fn extended(&self) -> bool {
        self.settings.extended_master_secret
            && self
                .hello
                .extensions()
                .has(ExtensionType::EXTENDED_MASTER_SECRET)
    }
}

const fn type_of(shown: &Shown) -> u8 {
    match shown {
        Shown::RawKey(_) => RAW_PUBLIC_KEY,
        Shown::Chain(_) => X509,
    }
}
