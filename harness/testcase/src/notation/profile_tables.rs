//! The keys of profiles and of their expected deviations.

use super::key::{Kind, Table, optional, required};

pub(crate) const PROFILE: Table = Table {
    name: "profile",
    keys: &[
        required("name", Kind::Text, "What the implementation is called."),
        optional("vendor", Kind::Text, "none", "Who makes it."),
        required(
            "role",
            Kind::Choice(&["client", "server", "bootstrap-server"]),
            "What it plays.",
        ),
        optional(
            "version",
            Kind::Version,
            "none",
            "Its version: text, or a command that prints it.",
        ),
        required(
            "ics",
            Kind::Map(ICS),
            "What it claims; cases are selected from this.",
        ),
        optional(
            "ixit",
            Kind::Map(IXIT_TABLE),
            "none",
            "What only the vendor can tell.",
        ),
        optional(
            "listen",
            Kind::Text,
            "127.0.0.1, a port of the system's choice",
            "Address at which the harness listens, if the implementation is not on this machine.",
        ),
        optional(
            "control",
            Kind::Map(CONTROL),
            "the operator does everything",
            "How it is driven.",
        ),
        optional(
            "words",
            Kind::Values,
            "none",
            "Its words for ours: `tlv: TLV`.",
        ),
    ],
};

pub(crate) const ICS: Table = Table {
    name: "ics",
    keys: &[
        required("lwm2m", Kind::Texts, "LwM2M versions, in quotes."),
        required("transports", Kind::Texts, "Transports."),
        required("security", Kind::Texts, "Security modes."),
        required("content-formats", Kind::Texts, "Content-Formats."),
        required(
            "operations",
            Kind::Texts,
            "Operations that it sends or serves.",
        ),
        optional("features", Kind::Texts, "none", "Features."),
        optional(
            "objects",
            Kind::Objects,
            "none",
            "Objects that a client has.",
        ),
    ],
};

pub(crate) const CLAIMED_OBJECT: Table = Table {
    name: "claimed object",
    keys: &[
        optional("version", Kind::Text, "1.0", "Object version, in quotes."),
        optional(
            "resources",
            Kind::Any,
            "the mandatory ones",
            "Resource IDs.",
        ),
    ],
};

pub(crate) const IXIT_TABLE: Table = Table {
    name: "ixit",
    keys: super::variable::IXIT,
};

pub(crate) const CONTROL: Table = Table {
    name: "control",
    keys: &[
        optional(
            "start",
            Kind::Any,
            "the operator starts it",
            "A command, one action, or `harness` for our own emulator.",
        ),
        optional(
            "ready",
            Kind::Text,
            "at once",
            "Regular expression of the line of its output that says it is ready.",
        ),
        optional(
            "stop",
            Kind::Map(STOP),
            "signal term, within 2s",
            "How it is stopped.",
        ),
        optional(
            "reset",
            Kind::Choice(&["per-case", "per-run"]),
            "per-case",
            "When it is brought back to its beginning.",
        ),
        optional(
            "copies",
            Kind::Count,
            "1",
            "How many of its programs may run at a time, each for cases of its own; `${copy}` tells them apart, from 0. `--jobs` makes use of it.",
        ),
        optional(
            "directory",
            Kind::Text,
            "the current folder",
            "Folder in which its program and commands run.",
        ),
        optional(
            "env",
            Kind::Values,
            "none",
            "Environment of its program and commands.",
        ),
        optional(
            "within",
            Kind::Duration,
            "30s",
            "Limit of one request or command.",
        ),
        optional(
            "trigger",
            Kind::Actions,
            "the operator",
            "What it can be made to do, by the notation's words; a Bootstrap-Server by `provision`, which hands it `${sequence}`.",
        ),
        optional(
            "show",
            Kind::Actions,
            "the operator",
            "What it tells its user: `registration`, `registrations`, `values`.",
        ),
    ],
};

pub(crate) const STOP: Table = Table {
    name: "stop",
    keys: &[
        optional(
            "signal",
            Kind::Choice(&["term", "int", "kill"]),
            "term",
            "Signal to its process group.",
        ),
        optional("http", Kind::Map(HTTP), "", "Request that stops it."),
        optional("exec", Kind::Command, "", "Command that stops it."),
        optional("prompt", Kind::Text, "", "What the operator is told."),
        optional(
            "within",
            Kind::Duration,
            "2s",
            "Then what is left of it is killed.",
        ),
    ],
};

pub(crate) const ACTION: Table = Table {
    name: "action",
    keys: &[
        optional("stdin", Kind::Text, "", "A line to its standard input."),
        optional(
            "http",
            Kind::Map(HTTP),
            "",
            "A request: 2xx is done, 501 unsupported.",
        ),
        optional(
            "exec",
            Kind::Command,
            "",
            "A command: exit 0 is done, 89 unsupported.",
        ),
        optional("prompt", Kind::Text, "", "What the operator is told."),
        optional(
            "take",
            Kind::Values,
            "every member",
            "Under `show`: JSON pointers by name, `*` for every element.",
        ),
    ],
};

pub(crate) const HTTP: Table = Table {
    name: "request",
    keys: &[
        optional(
            "method",
            Kind::Choice(&["GET", "POST", "PUT", "DELETE", "PATCH"]),
            "GET",
            "Method.",
        ),
        required("url", Kind::Text, "URL."),
        optional(
            "content-type",
            Kind::Text,
            "none",
            "Content-Type of the body.",
        ),
        optional("headers", Kind::Values, "none", "Other header fields."),
        optional("body", Kind::Text, "none", "Body."),
        optional("within", Kind::Duration, "that of `control`", "Limit."),
    ],
};

pub(crate) const DEVIATION: Table = Table {
    name: "expected deviation",
    keys: &[
        required(
            "case",
            Kind::Text,
            "The case, by its name or the beginning of its file's name.",
        ),
        optional("seat", Kind::Seat, "the profile's role", "Who deviates."),
        optional("criterion", Kind::Text, "any", "Letter."),
        required(
            "verdict",
            Kind::Choice(&["Fail", "Inconclusive", "Not Applicable"]),
            "What comes out.",
        ),
        required("reason", Kind::Text, "Why that is agreed, in a sentence."),
        optional("ticket", Kind::Text, "none", "Where it is followed up."),
        optional(
            "sometimes",
            Kind::Boolean,
            "false",
            "Whether it depends on timing: it does not fail the run if it does not happen.",
        ),
    ],
};
