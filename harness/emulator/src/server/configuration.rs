//! What an emulated server is.

use std::sync::Arc;
use std::time::Duration;

use coap::Parameters;
use lwm2m::{Path, Registry, Version};

use crate::Profile;

/// The configuration of an emulated server; plain data.
#[derive(Clone, Debug)]
pub struct ServerConfiguration {
    /// Seed of Message IDs, tokens and timeouts.
    pub seed: u64,
    /// Enabler versions that it accepts.
    pub versions: Vec<Version>,
    /// Object definitions.
    pub registry: Arc<Registry>,
    /// How long a client in Queue Mode is taken to be awake after its last message (RFC 7252, 4.8.2: MAX_TRANSMIT_WAIT).
    pub awake_time: Duration,
    /// Registrations it keeps at most.
    pub most_registrations: usize,
    /// Endpoint Client Names that it does not let register.
    pub refused: Vec<String>,
    /// Profiles that it knows.
    pub profiles: Vec<Profile>,
    /// What it takes any other Profile ID for; without it such a Register is refused.
    pub other_profile: Option<Vec<Path>>,
    /// Parameters of CoAP.
    pub parameters: Parameters,
}

impl ServerConfiguration {
    /// A server of `version` that also accepts the versions before it, with the built-in object definitions.
    pub fn new(version: Version) -> Self {
        let parameters = Parameters::default();
        Self {
            seed: 2,
            versions: Version::ALL
                .into_iter()
                .filter(|other| *other <= version)
                .collect(),
            registry: Arc::new(Registry::builtin(version)),
            awake_time: parameters.max_transmit_wait(),
            most_registrations: 4096,
            refused: Vec::new(),
            profiles: Vec::new(),
            other_profile: None,
            parameters,
        }
    }
}
