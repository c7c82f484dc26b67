//! The keys of states, configurations, value sets, errata and mutants.

use super::CONDUCT;
use super::key::{Kind, Table, optional, required};

pub(crate) const STATE: Table = Table {
    name: "state",
    keys: &[
        required("state", Kind::Text, "Its name, which is the file's."),
        required("title", Kind::Text, "One line."),
        optional(
            "from",
            Kind::Reference,
            "none",
            "The state that it begins in.",
        ),
        required(
            "dialogue",
            Kind::Steps,
            "How it is reached; steps without criteria, a failure is Inconclusive.",
        ),
    ],
};

pub(crate) const CONFIGURATION: Table = Table {
    name: "configuration",
    keys: &[
        required("configuration", Kind::Text, "Its name: `C.4`."),
        required("title", Kind::Text, "One line."),
        optional(
            "base",
            Kind::Reference,
            "none",
            "The configuration that this one extends.",
        ),
        required(
            "values",
            Kind::Settings,
            "Paths and values; `{}` is empty, `absent` takes away what the base has.",
        ),
        optional(
            "moves",
            Kind::Paths,
            "none",
            "Values that an emulated client varies, so that notifications have a reason.",
        ),
        optional(
            "may-differ",
            Kind::Paths,
            "none",
            "Values that a client may choose itself.",
        ),
    ],
};

pub(crate) const SET: Table = Table {
    name: "set",
    keys: &[
        required("set", Kind::Text, "Its name in the ETS: `0-SetOfValues`."),
        required("title", Kind::Text, "One line."),
        required("values", Kind::Settings, "Paths and values."),
    ],
};

pub(crate) const ERRATUM: Table = Table {
    name: "erratum",
    keys: &[
        required("erratum", Kind::Text, "Its name, which is the file's."),
        optional("ticket", Kind::Text, "none", "Where it was reported."),
        required("cases", Kind::Texts, "Cases it touches: `int-303`."),
        required("says", Kind::Text, "What the ETS prints."),
        required("sensible", Kind::Text, "What is meant."),
        required("status", Kind::Text, "`open`, or how it was settled."),
    ],
};

pub(crate) const MUTANT: Table = Table {
    name: "mutant",
    keys: &[
        required("mutant", Kind::Text, "Its name, which is the file's."),
        required("title", Kind::Text, "One line."),
        required("seat", Kind::Seat, "Who has the defect."),
        required(
            "breaks",
            Kind::Text,
            "Requirement ids, then document and clause: `DM-02a: Core TS 1.1.1, 6.3.1`.",
        ),
        required("defect", Kind::Map(DEFECT), "The defect."),
        optional(
            "caught-by",
            Kind::Values,
            "none, if `remarked-by` is there",
            "Cases that fail, each with the letter that fails first.",
        ),
        optional(
            "remarked-by",
            Kind::Values,
            "none",
            "Cases in which rules of the referee that fail nobody remark it, each with a rule or a list of rules.",
        ),
        optional(
            "passes",
            Kind::Texts,
            "none",
            "Cases that pass all the same.",
        ),
    ],
};

pub(crate) const DEFECT: Table = Table {
    name: "defect",
    keys: &[
        optional(
            "upon",
            Kind::Line,
            "",
            "The message that the defect comes upon; an answer with `to: SEAT` one that this seat, its own, gets.",
        ),
        optional("do", Kind::Deed, "", "What it does upon it: one deed."),
        optional(
            "conduct",
            Kind::Map(CONDUCT),
            "",
            "How it keeps its end of the channel, in place of `upon` and `do`.",
        ),
    ],
};

/// The deeds of a mutant.
pub(crate) const DEED: Table = Table {
    name: "deed",
    keys: &[
        optional(
            "handle",
            Kind::Choice(&["again", "never", "partly", "anyway"]),
            "",
            "Treats the message a second time though it is a duplicate, not at all though it is answered, partly though it is refused, or anyway though it has to be ignored or refused; of an answer that comes, takes its values not at all, or whatever their type.",
        ),
        optional(
            "keep",
            Kind::Choice(&["observations", "registration", "attributes", "values"]),
            "",
            "Does not drop what the message ends.",
        ),
        optional("answer", Kind::Line, "", "Answers with this line instead."),
        optional(
            "change",
            Kind::Values,
            "",
            "Changes these fields of what it sends; `coap` and `datagram` as in a line, but that the Message ID stays; `type` also `ack` and `rst`.",
        ),
        optional(
            "drop",
            Kind::Boolean,
            "",
            "`true`: does not send the message, or does not answer it; with `copy: 2` upon a request of its own, does not send it again.",
        ),
        optional(
            "repeat",
            Kind::Count,
            "",
            "Sends it so many times, 500 ms apart: a request as the same message, an answer as messages of their own.",
        ),
        optional(
            "delay",
            Kind::Duration,
            "",
            "Sends it, or answers it, so much later.",
        ),
        optional(
            "add",
            Kind::Values,
            "",
            "Adds these fields to what it sends; `coap` as in a line.",
        ),
        optional(
            "misread",
            Kind::Values,
            "",
            "Takes the request that comes as if it had these fields.",
        ),
        optional("send", Kind::Line, "", "Sends this request too."),
    ],
};
