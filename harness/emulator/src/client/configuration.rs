//! What an emulated client is and holds at the start.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use coap::{ContentFormat, Parameters};
use lwm2m::{Path, Registry, Value, Version};

use crate::Profile;

/// The configuration of an emulated client; plain data, to be changed before [`crate::Client::new`].
#[derive(Clone, Debug)]
pub struct ClientConfiguration {
    /// Endpoint Client Name.
    pub endpoint: String,
    /// Seed of Message IDs, tokens and timeouts.
    pub seed: u64,
    /// Enabler version.
    pub version: Version,
    /// Binding that is told if the Server Object has none.
    pub binding: String,
    /// Whether the client sleeps between its messages.
    pub queue_mode: bool,
    /// How long it stays awake after its last message (RFC 7252, 4.8.2: MAX_TRANSMIT_WAIT).
    pub awake_time: Duration,
    /// Object definitions.
    pub registry: Arc<Registry>,
    /// Content formats, preferred ones first; `None` for all of the version.
    pub formats: Option<Vec<ContentFormat>>,
    /// Values, accounts among them (Objects 0 and 1).
    pub data: Vec<(Path, Value)>,
    /// Objects without instances.
    pub objects: Vec<u16>,
    /// Resources whose values move.
    pub varying: Vec<Path>,
    /// Addresses of servers by Short Server ID, for accounts whose URI holds no address.
    pub servers: BTreeMap<u16, SocketAddr>,
    /// Address of the Bootstrap-Server, likewise.
    pub bootstrap: Option<SocketAddr>,
    /// Whether a Bootstrap-Pack is asked for first (since 1.2).
    pub bootstrap_pack: bool,
    /// Whether Bootstrap-Request tells the preferred content format (since 1.1).
    pub preferred_format: Option<ContentFormat>,
    /// Alternate path, told in a root link with `rt="oma.lwm2m"` (Transport TS, 6.4.1).
    pub alternate_path: Option<String>,
    /// Formats told by `ct` in the root link.
    pub announced_formats: Vec<ContentFormat>,
    /// SMS number told in Register.
    pub sms: Option<String>,
    /// Profile told in Register in place of what it stands for (since 1.2).
    pub profile: Option<Profile>,
    /// Whether notifications are Confirmable.
    pub confirmable: bool,
    /// How long a reboot takes.
    pub reboot_time: Duration,
    /// What is told by Send, and how often (since 1.1).
    pub send: Option<(Vec<Path>, Duration)>,
    /// Parameters of CoAP.
    pub parameters: Parameters,
}

impl ClientConfiguration {
    /// A client without data, with the built-in object definitions of its version.
    pub fn new(endpoint: &str, version: Version) -> Self {
        let parameters = Parameters::default();
        Self {
            endpoint: endpoint.to_owned(),
            seed: 1,
            version,
            binding: "U".to_owned(),
            queue_mode: false,
            awake_time: parameters.max_transmit_wait(),
            registry: Arc::new(Registry::builtin(version)),
            formats: None,
            data: Vec::new(),
            objects: Vec::new(),
            varying: Vec::new(),
            servers: BTreeMap::new(),
            bootstrap: None,
            bootstrap_pack: false,
            preferred_format: (version >= Version::V1_1).then_some(ContentFormat::SENML_CBOR),
            alternate_path: None,
            announced_formats: Vec::new(),
            sms: None,
            profile: None,
            confirmable: false,
            reboot_time: Duration::from_secs(1),
            send: None,
            parameters,
        }
    }

    /// The same client with the data of ETS configuration C.1 and one server at `address`, Short Server ID 1.
    #[must_use]
    pub fn with_account(mut self, address: SocketAddr, lifetime: u32) -> Self {
        let text = |text: &str| Value::String(text.to_owned());
        let number = |number: i64| Value::Integer(number);
        let rows: [(&[u16], Value); 14] = [
            (&[0, 0, 0], Value::String(format!("coap://{address}"))),
            (&[0, 0, 1], Value::Boolean(false)),
            (&[0, 0, 2], number(3)),
            (&[0, 0, 10], number(1)),
            (&[1, 0, 0], number(1)),
            (&[1, 0, 1], number(lifetime.into())),
            (&[1, 0, 6], Value::Boolean(false)),
            (&[1, 0, 7], text("U")),
            (&[3, 0, 0], text("Open Mobile Alliance")),
            (&[3, 0, 1], text("Lightweight M2M Client")),
            (&[3, 0, 2], text("345000123")),
            (&[3, 0, 3], text("1.0")),
            (&[3, 0, 11, 0], number(0)),
            (&[3, 0, 16], text("U")),
        ];
        let rows = rows
            .into_iter()
            .filter_map(|(ids, value)| Some((Path::new(ids)?, value)));
        self.data.extend(rows);
        self.servers.insert(1, address);
        self
    }
}
