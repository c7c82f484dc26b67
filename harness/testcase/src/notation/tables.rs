//! The keys of cases, steps and lines.

use super::key::{Key, Kind, Table, optional, required};

pub(crate) const CASE: Table = Table {
    name: "case",
    keys: &[
        required(
            "id",
            Kind::Text,
            "ETS identifier, or the file's name for our own.",
        ),
        required("title", Kind::Text, "One line."),
        required("source", Kind::Map(SOURCE), "Where the demand comes from."),
        required("seats", Kind::Seats, "Seats whose behaviour is judged."),
        optional(
            "emulated",
            Kind::Seats,
            "none",
            "Seats only the harness can hold: they err, or do what no product does. Pair and capture: Not Applicable.",
        ),
        optional(
            "requires",
            Kind::Expression,
            "true",
            "Else Not Applicable, with the values that decided it.",
        ),
        optional(
            "configuration",
            Kind::Reference,
            "C.1",
            "The values that the client holds.",
        ),
        optional(
            "with",
            Kind::With,
            "none",
            "Values the case insists on; not reached: Inconclusive.",
        ),
        optional(
            "given",
            Kind::Reference,
            "registered",
            "A state, reached by that state's own dialogue; otherwise Inconclusive.",
        ),
        optional("parameters", Kind::Values, "none", "Named constants."),
        optional(
            "quick",
            Kind::Values,
            "as printed",
            "Shorter values of `parameters`, as `--quick` takes them: what the case means must stay.",
        ),
        optional(
            "bind",
            Kind::Maps(BIND),
            "none",
            "Instance numbers found at run time, by name.",
        ),
        optional(
            "conduct",
            Kind::Maps(CONDUCT),
            "as the standards say",
            "How seats of the harness keep their end of the channel: handshake, TCP, OSCORE; by seat.",
        ),
        optional(
            "behaviour",
            Kind::Choice(&["valid", "invalid", "inopportune"]),
            "valid",
            "ISO/IEC 9646; for selection and reports only.",
        ),
        optional(
            "judges",
            Kind::Texts,
            "none",
            "Requirement ids that the whole case decides.",
        ),
        optional(
            "meanwhile",
            Kind::Steps,
            "none",
            "Exchanges that may come at any time, any number of times, or never.",
        ),
        required("dialogue", Kind::Steps, "The case."),
    ],
};

pub(crate) const SOURCE: Table = Table {
    name: "source",
    keys: &[
        required("document", Kind::Text, "The document."),
        optional(
            "case",
            Kind::Text,
            "",
            "Its case; of a case of our own the headings of the ETS that it covers: `int-730 int-830`.",
        ),
        optional("clause", Kind::Text, "", "Its clause."),
        optional("operation", Kind::Text, "", "Its operation."),
    ],
};

pub(crate) const BIND: Table = Table {
    name: "bind",
    keys: &[
        required("object", Kind::Count, "Object ID."),
        optional(
            "where",
            Kind::Checks,
            "any instance",
            "Resource IDs and what they hold in the instance.",
        ),
    ],
};

pub(crate) const STEP: Table = Table {
    name: "step",
    keys: &[
        optional(
            "step",
            Kind::Sentence,
            "required outside of groups and `meanwhile`",
            "True when it went well.",
        ),
        optional(
            "when",
            Kind::Expression,
            "true",
            "Without it the step is left out: version gate, optional ability; with `each`, asked for each entry: `object(${object})`.",
        ),
        optional(
            "each",
            Kind::Each,
            "once",
            "The step once per entry, in this order.",
        ),
        optional(
            "any-order",
            Kind::Steps,
            "",
            "A group: all must happen, interleaved as they like.",
        ),
        optional(
            "after",
            Kind::Duration,
            "0s",
            "So long no message at all has passed between the seats; then the step begins.",
        ),
        optional("network", Kind::Network, "", "Acts from this step on."),
        optional(
            "control",
            Kind::Control,
            "",
            "What is done to the implementations.",
        ),
        optional(
            "trigger",
            Kind::Lines,
            "",
            "Tells an IUT to do this and expects nothing here; an emulated seat does nothing.",
        ),
        optional(
            "check",
            Kind::Checks,
            "",
            "Looks again at what was captured; sends nothing, waits for nothing.",
        ),
        optional(
            "until",
            Kind::Checks,
            "once",
            "Repeats the exchange until the last answer is so; the patterns hold every time.",
        ),
        optional("within", Kind::Duration, "60s", "Limit of the repetition."),
        optional(
            "criterion",
            Kind::Letters,
            "none: a failure is Inconclusive",
            "Letters of the ETS; a line's own letters go before.",
        ),
        optional("judges", Kind::Texts, "none", "Requirement ids."),
        optional("erratum", Kind::Reference, "", "Explains `printed`."),
        optional(
            "printed",
            Kind::Step,
            "",
            "The step's keys as the ETS prints them, used with `--as-printed`; `each: [{}]` undoes an `each`.",
        ),
        optional(
            "native",
            Kind::Reference,
            "",
            "A registered Rust function; counted, target 0.",
        ),
    ],
};

pub(crate) const LINE: Table = Table {
    name: "line",
    keys: &[
        optional(
            "to",
            Kind::Seat,
            "the only other seat; a client: server",
            "Who is addressed.",
        ),
        optional(
            "as",
            Kind::Text,
            "",
            "Names the message: `${name.field}`, `.last`, `.all`.",
        ),
        optional(
            "within",
            Kind::Duration,
            "answers 10s, uplink 30s, notify pmax + 10s",
            "Latest arrival after its cause; a template ignores it.",
        ),
        optional("count", Kind::Count, "1", "Sends or waits for so many."),
        optional(
            "gap",
            Kind::Map(GAP),
            "any",
            "Time between two, and before the first; a template takes the smallest.",
        ),
        optional(
            "type",
            Kind::Choice(&["con", "non"]),
            "as the standard",
            "Message type.",
        ),
        optional(
            "copy",
            Kind::Count,
            "1",
            "Mutants only: which arrival of one message.",
        ),
        optional(
            "blocks",
            Kind::Map(BLOCKS),
            "sender's choice",
            "The body is cut like this, or came like this.",
        ),
        optional(
            "coap",
            Kind::Coap,
            "",
            "Raw header fields and options by name or number.",
        ),
        optional(
            "datagram",
            Kind::Bytes,
            "",
            "These bytes instead of the message; the seat must be `emulated`.",
        ),
        optional(
            "trigger",
            Kind::Boolean,
            "downlink true, uplink false",
            "`true` tells the IUT, `false` waits for it; a template ignores it.",
        ),
        optional(
            "criterion",
            Kind::Letters,
            "the step's",
            "This line's letters.",
        ),
        optional(
            "protection",
            Kind::Any,
            "any",
            "How the message was protected: `none` `dtls` `tls` `oscore`; an emulator sends as the run demands.",
        ),
        optional("remark", Kind::Text, "none", "Pass, and this is said."),
    ],
};

pub(crate) const GAP: Table = Table {
    name: "gap",
    keys: &[
        optional("at-least", Kind::Duration, "0s", "The smallest."),
        optional("at-most", Kind::Duration, "", "The largest."),
    ],
};

pub(crate) const BLOCKS: Table = Table {
    name: "blocks",
    keys: &[
        optional(
            "size",
            Kind::Count,
            "",
            "Block size in bytes: 16, 32 .. 1024.",
        ),
        optional(
            "at-least",
            Kind::Count,
            "",
            "The smallest number of blocks.",
        ),
    ],
};

pub(crate) const NETWORK: Table = Table {
    name: "network",
    keys: &[
        optional("from", Kind::Seat, "any", "Only messages of this seat."),
        optional("to", Kind::Seat, "any", "Only messages to this seat."),
        optional(
            "between",
            Kind::Seats,
            "any",
            "Only messages between these two.",
        ),
        optional(
            "times",
            Kind::Count,
            "every message; `duplicate` 2",
            "Copies of a duplicated message; messages dropped, delayed or reordered.",
        ),
        optional(
            "after",
            Kind::Count,
            "0",
            "So many matching messages pass first.",
        ),
        optional(
            "gap",
            Kind::Duration,
            "100ms",
            "Time between copies, or by which a message is late.",
        ),
        optional(
            "for",
            Kind::Duration,
            "the step",
            "How long it lasts: `step`, `case` or a duration.",
        ),
    ],
};

/// How one end of the channel is kept.
pub(crate) const CONDUCT: Table = Table {
    name: "conduct",
    keys: &[
        optional(
            "suites",
            Kind::Texts,
            "those of the mode",
            "Cipher suites, in the order of preference.",
        ),
        optional(
            "protocol",
            Kind::Choice(PROTOCOLS),
            "1.2",
            "Version of the handshake.",
        ),
        optional(
            "groups",
            Kind::Texts,
            "secp256r1",
            "Groups of the key exchange.",
        ),
        optional(
            "identity",
            Kind::Text,
            "as configured",
            "PSK identity that a client shows.",
        ),
        optional(
            "key",
            Kind::Choice(&["right", "wrong"]),
            "right",
            "PSK, or the private key behind what is shown.",
        ),
        optional("hint", Kind::Text, "none", "PSK identity hint of a server."),
        optional(
            "shows",
            Kind::Choice(SHOWN),
            "its own",
            "The certificate or raw key that is shown.",
        ),
        optional(
            "verifies",
            Kind::Texts,
            "chain name dates key purpose",
            "What is looked at in what the other shows.",
        ),
        optional(
            "client-certificate",
            Kind::Choice(&["demanded", "not-asked"]),
            "demanded",
            "Whether a server asks for the client's certificate or key.",
        ),
        optional(
            "server-name",
            Kind::Text,
            "as configured",
            "Server name that a client indicates; empty for none.",
        ),
        optional(
            "cookie",
            Kind::Boolean,
            "true",
            "Whether a server asks for a cookie first.",
        ),
        optional(
            "connection-id",
            Kind::Count,
            "none",
            "Offers or takes a Connection ID of so many bytes.",
        ),
        optional("extended-master-secret", Kind::Boolean, "true", "RFC 7627."),
        optional("encrypt-then-mac", Kind::Boolean, "true", "RFC 7366."),
        optional(
            "resumption",
            Kind::Boolean,
            "true",
            "Whether sessions are kept to be resumed.",
        ),
        optional(
            "farewell",
            Kind::Boolean,
            "true",
            "Whether close_notify is sent.",
        ),
        optional(
            "segment",
            Kind::Count,
            "as it comes",
            "TCP segments of so many bytes.",
        ),
        optional(
            "misdeeds",
            Kind::Texts,
            "none",
            "What it does that no standard allows, by the names below.",
        ),
        optional(
            "faults",
            Kind::Any,
            "none",
            "What becomes of its handshake messages on their way: a list of maps, see fault.",
        ),
    ],
};

/// What becomes of one handshake message.
pub(crate) const FAULT: Table = Table {
    name: "fault",
    keys: &[
        required("message", Kind::Choice(HANDSHAKE), "Which message."),
        required(
            "does",
            Kind::Choice(FAULTS),
            "What becomes of it when it is sent first.",
        ),
        optional("size", Kind::Count, "64", "Bytes of a fragment."),
        optional("by", Kind::Duration, "500ms", "How late it is."),
    ],
};

/// Names of cipher suites, after their IANA names (Transport TS, 5.2.9).
pub(crate) const SUITES: &[&str] = &[
    "psk-aes-128-ccm-8",
    "psk-aes-128-cbc-sha256",
    "psk-aes-128-ccm",
    "psk-aes-128-gcm-sha256",
    "ecdhe-ecdsa-aes-128-ccm-8",
    "ecdhe-ecdsa-aes-128-ccm",
    "ecdhe-ecdsa-aes-128-cbc-sha256",
    "ecdhe-ecdsa-aes-128-gcm-sha256",
    "ecdhe-psk-aes-128-cbc-sha256",
    "ecdhe-psk-aes-128-ccm-sha256",
    "ecdhe-psk-aes-128-ccm-8-sha256",
];

/// Names under `protocol`.
pub(crate) const PROTOCOLS: &[&str] = &["1.0", "1.2"];
/// Names under `shows`.
pub(crate) const SHOWN: &[&str] = &[
    "its-own",
    "expired",
    "not-yet-valid",
    "other-authority",
    "self-signed",
    "other-name",
    "other-key",
    "none",
];
/// Names under `verifies`.
pub(crate) const VERIFIED: &[&str] = &["chain", "name", "dates", "key", "purpose"];
/// Handshake messages under `faults`, as RFC 5246, 7.4 names them.
pub(crate) const HANDSHAKE: &[&str] = &[
    "client-hello",
    "hello-verify-request",
    "server-hello",
    "certificate",
    "server-key-exchange",
    "certificate-request",
    "server-hello-done",
    "client-key-exchange",
    "certificate-verify",
    "change-cipher-spec",
    "finished",
];
/// What may become of them.
pub(crate) const FAULTS: &[&str] = &[
    "drop",
    "duplicate",
    "delay",
    "reorder",
    "fragment",
    "corrupt",
];

/// Names under `coap`, with what they are; options have their own table.
pub(crate) const COAP_FIELDS: &[Key] = &[
    optional("version", Kind::Count, "", "Version of the header."),
    optional(
        "token-length",
        Kind::Count,
        "",
        "Token length as the header claims it.",
    ),
    optional(
        "code",
        Kind::Any,
        "",
        "Code, as `2.05` in quotes or as a number.",
    ),
    optional("message-id", Kind::Count, "", "Message ID."),
    optional("token", Kind::Bytes, "", "Token."),
    optional(
        "option-N",
        Kind::Any,
        "",
        "Option number N, instead of its name.",
    ),
];
