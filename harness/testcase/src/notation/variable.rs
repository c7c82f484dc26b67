//! The variables that need no capture: accounts, devices, what vendors tell.

use super::key::{Key, Kind, optional};

/// What only the vendor can tell, by the name it has under `ixit` and in `${client.NAME}`.
pub(crate) const IXIT: &[Key] = &[
    optional(
        "endpoint",
        Kind::Text,
        "chosen by the harness",
        "Endpoint Client Name, if it is burnt in.",
    ),
    optional(
        "endpoint-from-security",
        Kind::Boolean,
        "false",
        "The Register leaves the endpoint out; the server takes it from the security context.",
    ),
    optional(
        "uri",
        Kind::Text,
        "the harness's",
        "Server URI, if it is burnt in or the server is under test.",
    ),
    optional(
        "uri-coaps",
        Kind::Text,
        "none",
        "Of a server under test: where it speaks CoAP over DTLS.",
    ),
    optional(
        "uri-coap+tcp",
        Kind::Text,
        "none",
        "Of a server under test: where it speaks CoAP over TCP.",
    ),
    optional(
        "uri-coaps+tcp",
        Kind::Text,
        "none",
        "Of a server under test: where it speaks CoAP over TLS.",
    ),
    optional(
        "startup-time",
        Kind::Duration,
        "30s",
        "From start to the first message.",
    ),
    optional(
        "latency",
        Kind::Duration,
        "1s",
        "Widens upper limits of time.",
    ),
    optional(
        "answer-time",
        Kind::Duration,
        "10s",
        "Latest answer to a request.",
    ),
    optional(
        "send-period",
        Kind::Duration,
        "60s",
        "Longest time between two Sends that nobody asks for.",
    ),
    optional(
        "reboot-time",
        Kind::Duration,
        "60s",
        "From a reboot to the next Register.",
    ),
    optional(
        "disable-time",
        Kind::Duration,
        "",
        "How long the client stays away after Disable.",
    ),
    optional(
        "awake-time",
        Kind::Duration,
        "93s",
        "Queue Mode: how long the client listens.",
    ),
    optional(
        "psk.identity",
        Kind::Any,
        "made up",
        "PSK identity, if it is burnt in.",
    ),
    optional(
        "psk.key",
        Kind::Any,
        "made up",
        "PSK key, if it is burnt in.",
    ),
    optional(
        "account.lifetime",
        Kind::Count,
        "",
        "Lifetime that the client is configured with.",
    ),
    optional(
        "account.short-server-id",
        Kind::Count,
        "",
        "Short Server ID that the client is configured with.",
    ),
    optional(
        "firmware.image",
        Kind::Text,
        "",
        "File beside the profile with an image that the device accepts.",
    ),
    optional(
        "firmware.version",
        Kind::Text,
        "",
        "Version that the device has with that image.",
    ),
    optional(
        "firmware.transfer-time",
        Kind::Duration,
        "120s",
        "Longest push of the image.",
    ),
    optional(
        "firmware.update-time",
        Kind::Duration,
        "120s",
        "Longest update, reboot included.",
    ),
    optional(
        "firmware.give-up-time",
        Kind::Duration,
        "300s",
        "When the client gives up a broken download.",
    ),
    optional(
        "firmware.uri",
        Kind::Text,
        "the harness's file server",
        "Where the image can be pulled from.",
    ),
    optional(
        "firmware.damaged-image",
        Kind::Text,
        "made from the image",
        "File with an image that fails its check.",
    ),
    optional(
        "firmware.foreign-image",
        Kind::Text,
        "",
        "File with a package of a type that the device does not know.",
    ),
    optional(
        "firmware.uninstallable-image",
        Kind::Text,
        "",
        "File with an image that is downloaded and cannot be installed.",
    ),
    optional(
        "bootstrap.uri",
        Kind::Text,
        "the harness's",
        "URI of the Bootstrap-Server, if it is burnt in.",
    ),
    optional("sms", Kind::Text, "", "SMS number."),
    optional(
        "refused-endpoint",
        Kind::Text,
        "",
        "Endpoint Client Name that the server does not let register.",
    ),
    optional(
        "writable",
        Kind::Text,
        "",
        "Path of a writable Resource that may be changed.",
    ),
];

/// `${device.NAME}`: Resources of Object 3.
pub const DEVICE: &[(&str, u16)] = &[
    ("manufacturer", 0),
    ("model", 1),
    ("serial", 2),
    ("firmware-version", 3),
    ("power-sources", 6),
    ("power-source-voltage", 7),
    ("power-source-current", 8),
    ("battery-level", 9),
    ("memory-free", 10),
    ("error-code", 11),
    ("current-time", 13),
    ("utc-offset", 14),
    ("timezone", 15),
    ("binding", 16),
    ("device-type", 17),
    ("hardware-version", 18),
    ("software-version", 19),
    ("battery-status", 20),
    ("memory-total", 21),
];

/// `${account.NAME}`: Object and Resource of the server's account in force.
pub const ACCOUNT: &[(&str, u16, u16)] = &[
    ("uri", 0, 0),
    ("security", 0, 2),
    ("identity", 0, 3),
    ("key", 0, 5),
    ("short-server-id", 1, 0),
    ("lifetime", 1, 1),
    ("pmin", 1, 2),
    ("pmax", 1, 3),
    ("disable-timeout", 1, 5),
    ("notification-storing", 1, 6),
    ("binding", 1, 7),
];

/// `${ics.claimed.NAME}` and `${ics.missing.NAME}`: lists.
pub const ICS_LISTS: &[(&str, &str)] = &[
    (
        "content-formats",
        "Formats that can carry an Object Instance in this version.",
    ),
    ("senml-formats", "senml-json and senml-cbor."),
    ("operations", "Operations."),
    ("features", "Features."),
    (
        "objects",
        "Paths of the Objects that a server may see; none is ever missing.",
    ),
];

/// The Resource of Object 3 that `${device.NAME}` stands for.
pub fn device_resource(name: &str) -> Option<u16> {
    DEVICE
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, resource)| *resource)
}

/// The Object and Resource that `${account.NAME}` stands for; its instance is the server's account.
pub fn account_resource(name: &str) -> Option<(u16, u16)> {
    ACCOUNT
        .iter()
        .find(|(known, ..)| *known == name)
        .map(|(_, object, resource)| (*object, *resource))
}
