//! The words of the ICS: a closed list, so that a typing mistake is found and not "not claimed".

use coap::ContentFormat;

use crate::model::{Word, WordKind};

/// What an implementation may claim beside operations, content formats, transports and security modes.
pub const FEATURES: &[(&str, &str)] = &[
    ("queue-mode", "Queue Mode."),
    ("block-wise", "Block-wise transfer (RFC 7959)."),
    ("multi-server", "More than one server account."),
    (
        "object-versioning",
        "Object versions other than the usual are named in the object list.",
    ),
    (
        "resource-instances",
        "Paths of Resource Instances in requests.",
    ),
    ("discover-depth", "The depth of a Discover (1.2)."),
    ("observe-attributes", "Attributes in an Observe (1.2)."),
    ("evaluation-periods", "epmin and epmax."),
    ("conditional-attributes", "edge, con and hqmax (1.2)."),
    (
        "cancel-by-observe-1",
        "An observation is cancelled with Observe = 1.",
    ),
    (
        "cancel-by-reset",
        "An observation is cancelled with a Reset.",
    ),
    (
        "cancel-observation-composite",
        "A composite observation is cancelled.",
    ),
    (
        "client-initiated-bootstrap",
        "The client asks for its bootstrap.",
    ),
    (
        "server-initiated-bootstrap",
        "The Bootstrap-Server begins (1.0).",
    ),
    ("factory-bootstrap", "Accounts are there from the factory."),
    ("smartcard-bootstrap", "Accounts come from a smartcard."),
    (
        "bootstrap-trigger",
        "Execute /1/x/9 makes the client bootstrap.",
    ),
    (
        "bootstrap-consistency",
        "The client checks its configuration at Bootstrap-Finish.",
    ),
    (
        "registration-trigger",
        "Execute /1/x/8 makes the client update.",
    ),
    (
        "disable",
        "Execute /1/x/4 makes the client deregister for a while.",
    ),
    ("mute-send", "Resource 23 of Object 1 turns Send off."),
    ("profile-id", "LwM2M Profile IDs (1.2)."),
    ("firmware-push", "An image is pushed over CoAP."),
    ("firmware-pull", "An image is pulled."),
    ("firmware-pull-http", "An image is pulled over HTTP."),
    (
        "server-identity-check",
        "The client checks the server's name.",
    ),
    ("connection-id", "DTLS Connection ID (RFC 9146)."),
    ("session-resumption", "DTLS or TLS sessions are resumed."),
    ("access-control", "Access rights of Object 2."),
    (
        "address-change",
        "The client can be given another IP address while it runs.",
    ),
    (
        "send-history",
        "A Send or Notify carries values of several moments.",
    ),
    (
        "non-confirmable-notifications",
        "Notifications are Non-confirmable unless something asks otherwise.",
    ),
];

/// Transports of a profile and of `--transport`.
pub const TRANSPORTS: &[(&str, &str)] = &[
    ("udp", "CoAP over UDP."),
    ("tcp", "CoAP over TCP (RFC 8323)."),
    ("sms", "CoAP over SMS."),
    ("non-ip", "CoAP over non-IP radio."),
    ("mqtt", "MQTT (1.2)."),
    ("http", "HTTP (1.2)."),
];

/// Security modes of a profile and of `--security`.
pub const SECURITY: &[(&str, &str)] = &[
    ("nosec", "None."),
    ("psk", "Pre-shared key."),
    ("rpk", "Raw public key."),
    ("certificate", "X.509 certificate."),
    ("est", "Certificate by EST."),
    ("oscore", "OSCORE."),
    ("cose", "COSE (1.2)."),
];

/// Every word that an expression may hold, but for its own `and`, `or`, `not`.
pub fn ics_words() -> Vec<&'static str> {
    let features = FEATURES.iter().chain(TRANSPORTS).chain(SECURITY);
    let operations =
        Word::all().filter(|word| word.kind() == WordKind::Request && !word.is_channel());
    features
        .map(|(name, _)| *name)
        .chain(
            operations
                .map(Word::name)
                .filter(|name| *name != "follow" && *name != "download"),
        )
        .chain(ContentFormat::NAMED.iter().map(|(_, name)| *name))
        .collect()
}
