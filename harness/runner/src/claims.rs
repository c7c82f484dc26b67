//! What implementations claim, as expressions and variables ask for it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use coap::ContentFormat;
use judge::actual::Actual;
use lwm2m::{Path, Value, Version};
use testcase::{Facts, Role, Seat, Word, WordKind};

use crate::mode::{MODES, TRANSPORTS};

/// What one implementation claims (its ICS).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Claims {
    /// LwM2M versions.
    pub versions: Vec<Version>,
    /// Every word: operations, content formats, features, transports, security modes.
    pub words: BTreeSet<String>,
    /// Objects with their Resources; empty Resources claim those of the definition.
    pub objects: BTreeMap<u16, Vec<u16>>,
}

/// Everything that expressions may ask in a run.
pub struct RunFacts {
    /// The version of the run.
    pub version: Version,
    /// Claims by seat, for those that implementations hold.
    pub claims: BTreeMap<Seat, Claims>,
    /// What every seat of the harness can do.
    pub own: &'static Claims,
    /// Objects and Resources of an emulated client.
    pub configured: BTreeMap<u16, Vec<u16>>,
    /// Names under `ixit` of the implementations.
    pub told: BTreeSet<String>,
}

impl Claims {
    /// What the emulators can do in `version`.
    pub fn of_emulators(version: Version) -> Self {
        let mut words: BTreeSet<String> = lwm2m::Operation::WORDS
            .iter()
            .map(|word| (*word).to_owned())
            .collect();
        words.extend(formats_of(version).iter().map(ToString::to_string));
        words.extend(EMULATED.iter().map(|word| (*word).to_owned()));
        let modes = MODES.iter().chain(TRANSPORTS);
        words.extend(modes.map(|word| (*word).to_owned()));
        if version < Version::V1_1 {
            words.retain(|word| !SINCE_1_1.contains(&word.as_str()));
        }
        if version < Version::V1_2 {
            words.retain(|word| !SINCE_1_2.contains(&word.as_str()));
        }
        Self {
            versions: Version::ALL.to_vec(),
            words,
            objects: BTreeMap::new(),
        }
    }

    /// What the harness can do in `version`, with every format that the codecs read: it is never what a case lacks.
    pub fn of_harness(version: Version) -> &'static Self {
        static ALL: LazyLock<BTreeMap<Version, Claims>> = LazyLock::new(|| {
            let versions = Version::ALL.iter();
            let claims = |version| Claims::of_emulators(version).with_wider_formats();
            versions
                .map(|version| (*version, claims(*version)))
                .collect()
        });
        &ALL[&version]
    }

    fn with_wider_formats(mut self) -> Self {
        self.words.extend(
            ContentFormat::NAMED
                .iter()
                .map(|(_, name)| (*name).to_owned()),
        );
        self
    }

    /// Content-Formats that are claimed.
    pub fn formats(&self) -> Vec<ContentFormat> {
        let named = ContentFormat::NAMED
            .iter()
            .filter(|(_, name)| self.words.contains(*name));
        named.map(|(format, _)| *format).collect()
    }

    /// `ics.claimed.*` and `ics.missing.*` (notation, 5).
    pub fn variables(&self, version: Version) -> Vec<(String, Actual)> {
        let list = |formats: Vec<ContentFormat>| {
            Actual::List(
                formats
                    .iter()
                    .map(|format| Value::String(format.to_string()))
                    .collect(),
            )
        };
        let claimed = self.formats();
        let carriers = instance_formats(version);
        let (have, lack) = carriers
            .into_iter()
            .partition(|format| claimed.contains(format));
        let senml = claimed
            .iter()
            .copied()
            .filter(|format| SENML.contains(format))
            .collect();
        vec![
            ("ics.claimed.content-formats".to_owned(), list(have)),
            ("ics.missing.content-formats".to_owned(), list(lack)),
            ("ics.claimed.senml-formats".to_owned(), list(senml)),
            ("ics.claimed.objects".to_owned(), self.seen_objects()),
        ]
    }
}

impl Claims {
    /// Paths of the Objects that a server may see: not those of security (Core TS, 6.2.1, E.1).
    fn seen_objects(&self) -> Actual {
        let seen = self.objects.keys().filter(|id| !matches!(id, 0 | 21 | 23));
        Actual::List(seen.map(|id| Value::String(format!("/{id}"))).collect())
    }
}

impl Facts for RunFacts {
    fn version(&self) -> Version {
        self.version
    }

    fn claims(&self, word: &str) -> bool {
        // beside a client a server need not claim what goes on between that and a Bootstrap-Server
        let beside = |seat: Seat| {
            self.claims.len() > 1 && seat.role == Role::Server && is_of_bootstrap(word)
        };
        let asked = self
            .claims
            .iter()
            .filter(|(seat, _)| concerns(**seat, word) && !beside(**seat));
        let mut claims = asked.map(|(_, claims)| claims).chain([self.own]);
        claims.all(|claims| claims.words.contains(word))
    }

    fn object(&self, id: u16, resources: &[u16]) -> Option<Vec<u16>> {
        let claimed = self.claims.get(&Seat::CLIENT).map(|claims| &claims.objects);
        let objects = claimed.unwrap_or(&self.configured);
        let known = objects.get(&id)?;
        let missing = resources
            .iter()
            .filter(|resource| !known.is_empty() && !known.contains(resource));
        Some(missing.copied().collect())
    }

    fn ixit(&self, name: &str) -> bool {
        self.told.contains(name)
    }

    fn iut(&self, seat: Seat) -> bool {
        self.claims.contains_key(&seat)
    }

    fn variable(&self, _name: &str) -> Option<String> {
        None
    }
}

/// Whether a word of the ICS is for this seat to claim: a Bootstrap-Server has no part in what servers and clients do.
pub(crate) fn concerns(seat: Seat, word: &str) -> bool {
    let Some(known) = Word::from_name(word) else {
        return true;
    };
    let bootstraps = word.starts_with("bootstrap-");
    seat.role != Role::BootstrapServer || known.kind() != WordKind::Request || bootstraps
}

/// Whether a word of the ICS is about a bootstrap: an operation of it, or a feature.
fn is_of_bootstrap(word: &str) -> bool {
    word.starts_with("bootstrap-") || word.ends_with("-bootstrap")
}

/// LwM2M Security (Core TS, E.1).
const SECURITY_OBJECT: u16 = 0;

/// Objects and Resources among the values of an emulated client; of its Security Object it has every Resource, as accounts are
/// written with what they need.
pub(crate) fn objects_of(values: &[(Path, Value)]) -> BTreeMap<u16, Vec<u16>> {
    let mut objects: BTreeMap<u16, Vec<u16>> = BTreeMap::new();
    for (path, _) in values {
        let Some(object) = path.object() else {
            continue;
        };
        let resources = objects.entry(object).or_default();
        if let Some(resource) = path.resource()
            && !resources.contains(&resource)
        {
            resources.push(resource);
        }
    }
    objects.insert(SECURITY_OBJECT, Vec::new());
    objects
}

/// Content-Formats of a version (Core TS, 7.5; 1.0: 6.4).
pub(crate) fn formats_of(version: Version) -> Vec<ContentFormat> {
    let mut formats = vec![
        ContentFormat::TEXT,
        ContentFormat::OPAQUE,
        ContentFormat::LINK_FORMAT,
        ContentFormat::TLV,
    ];
    match version {
        Version::V1_0 => formats.push(ContentFormat::LWM2M_JSON),
        _ => formats.extend([
            ContentFormat::CBOR,
            ContentFormat::SENML_JSON,
            ContentFormat::SENML_CBOR,
        ]),
    }
    if version >= Version::V1_2 {
        formats.push(ContentFormat::LWM2M_CBOR);
    }
    formats
}

/// Formats able to carry an Object Instance in a version: not link-format, text, opaque, CBOR.
fn instance_formats(version: Version) -> Vec<ContentFormat> {
    let plain = [
        ContentFormat::TEXT,
        ContentFormat::OPAQUE,
        ContentFormat::LINK_FORMAT,
        ContentFormat::CBOR,
    ];
    formats_of(version)
        .into_iter()
        .filter(|format| !plain.contains(format))
        .collect()
}

/// Formats of SenML records.
const SENML: [ContentFormat; 2] = [ContentFormat::SENML_JSON, ContentFormat::SENML_CBOR];

/// Features that the emulators have.
const EMULATED: &[&str] = &[
    "queue-mode",
    "block-wise",
    "firmware-push",
    "firmware-pull",
    "firmware-pull-http",
    "object-versioning",
    "resource-instances",
    "discover-depth",
    "observe-attributes",
    "evaluation-periods",
    "conditional-attributes",
    "cancel-by-observe-1",
    "cancel-by-reset",
    "cancel-observation-composite",
    "registration-trigger",
    "disable",
    "mute-send",
    "multi-server",
    "profile-id",
    "address-change",
    "access-control",
    "non-confirmable-notifications",
    "client-initiated-bootstrap",
    "factory-bootstrap",
    "bootstrap-trigger",
    "bootstrap-consistency",
    "server-identity-check",
    "connection-id",
    "session-resumption",
];

/// Words that LwM2M 1.0 does not have.
const SINCE_1_1: &[&str] = &[
    "tcp",
    "oscore",
    "read-composite",
    "write-composite",
    "observe-composite",
    "cancel-observation-composite",
    "send",
    "mute-send",
    "resource-instances",
    "bootstrap-read",
    "bootstrap-trigger",
    "evaluation-periods",
];

/// Words that LwM2M 1.1 does not have.
const SINCE_1_2: &[&str] = &[
    "bootstrap-pack-request",
    "discover-depth",
    "observe-attributes",
    "conditional-attributes",
    "profile-id",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_beside_a_client_claims_no_bootstrap() {
        let version = Version::V1_1;
        let claims = |words: &[&str]| Claims {
            words: words.iter().map(|word| (*word).to_owned()).collect(),
            ..Claims::of_emulators(version)
        };
        let facts = |seats: &[(Seat, &[&str])]| RunFacts {
            version,
            claims: seats
                .iter()
                .map(|(seat, words)| (*seat, claims(words)))
                .collect(),
            own: Claims::of_harness(version),
            configured: BTreeMap::new(),
            told: BTreeSet::new(),
        };
        let client = (Seat::CLIENT, &["client-initiated-bootstrap", "read"][..]);
        for (seats, word, wanted) in [
            (
                &[client, (Seat::SERVER, &[])][..],
                "client-initiated-bootstrap",
                true,
            ),
            (&[client, (Seat::SERVER, &[])], "read", false),
            (&[client, (Seat::SERVER, &[])], "factory-bootstrap", false),
            (
                &[client, (Seat::BOOTSTRAP_SERVER, &[])],
                "client-initiated-bootstrap",
                false,
            ),
            (&[(Seat::SERVER, &[])], "client-initiated-bootstrap", false),
        ] {
            assert_eq!(facts(seats).claims(word), wanted, "{word} of {seats:?}");
        }
    }

    #[test]
    fn a_bootstrap_server_claims_its_own_operations_alone() {
        for (word, asked) in [
            ("bootstrap-read", true),
            ("bootstrap-pack-request", true),
            ("execute", false),
            ("register", false),
            ("tlv", true),
            ("multi-server", true),
        ] {
            assert_eq!(concerns(Seat::BOOTSTRAP_SERVER, word), asked, "{word}");
            assert!(concerns(Seat::CLIENT, word), "{word}");
        }
    }
}
