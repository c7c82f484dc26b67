//! `case.json`: what happened in one case for one judged seat, step by step and frame by frame.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{CaseSummary, Fact, Field, Verdict};

/// One case, judged for one seat.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct CaseRecord {
    /// Version of the format, [`crate::FORMAT`].
    pub format: u32,
    /// The same summary that stands in `session.json`.
    pub summary: CaseSummary,
    /// Where the demand comes from: `OMA ETS 1.2, int-203`.
    pub source: String,
    /// Name of the configuration, such as `C.1`.
    pub configuration: String,
    /// Path of the case's file.
    pub file: String,
    /// The file's text, for excerpts.
    pub text: String,
    /// Steps in the order they were played, those of the states first; steps not reached are listed undecided.
    pub steps: Vec<StepRecord>,
    /// Frames in the order of the capture.
    pub frames: Vec<FrameRecord>,
    /// Waits that were sat out or jumped over.
    pub waits: Vec<Wait>,
    /// What was done to implementations outside the wire.
    pub controls: Vec<ControlRecord>,
    /// Remarks of the whole case.
    pub remarks: Vec<Remark>,
    /// Values that were bound at run time: name and value.
    pub bindings: Vec<Field>,
    /// Where the ETS prints what cannot be meant, and by which reading the case was judged.
    #[serde(default)]
    pub readings: Vec<Reading>,
    /// Who sat where, so that the capture can be judged once more; `None` in records from before it was kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seating: Option<Seating>,
}

/// Who sat where when a case was played, on the clock of its capture.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct Seating {
    /// Endpoint Client Name.
    pub endpoint: String,
    /// Which copy of the programs under test played, from 0.
    pub copy: u32,
    /// Seats whose address was known before the case began, each with its address.
    pub seats: Vec<Field>,
    /// Every address from which or to which something was sent, each with its seat.
    pub addresses: Vec<Field>,
    /// Seats before which a relay stood, each with the address at which others reached it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub relays: Vec<Field>,
    /// Addresses of relays at which the harness ended DTLS sessions, each with the end for which it stood there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ends: Vec<Field>,
    /// The seat that any other address belongs to.
    pub stranger: String,
    /// Whether a registration stood, which the case before had made at the same table.
    pub stands: bool,
    /// When the case began, in nanoseconds since 1970-01-01 00:00 UTC.
    pub began: u64,
    /// When it ended.
    pub ended: u64,
}

/// An erratum of the ETS, and how the case took it.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct Reading {
    /// Its name: `oma-375-out-of-memory`.
    pub erratum: String,
    /// Where it was reported.
    pub ticket: Option<String>,
    /// What the ETS prints.
    pub printed: String,
    /// What is meant.
    pub sensible: String,
    /// Whether the printed reading was judged.
    pub as_printed: bool,
}

/// One step instance.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct StepRecord {
    /// The step's sentence, with its variables filled in where it was repeated by `each`.
    pub sentence: String,
    /// The state whose dialogue the step belongs to; `None` for the case's own.
    pub state: Option<String>,
    /// ETS letters.
    pub criteria: Vec<String>,
    /// Verdict of the step; `None` if it was not reached.
    pub verdict: Option<Verdict>,
    /// The seat that a failure is blamed on.
    pub blame: Option<String>,
    /// Why the step did not pass.
    pub mismatch: Option<Mismatch>,
    /// Remarks on a step that passed.
    pub remarks: Vec<Remark>,
    /// Numbers of the frames that the step claimed.
    pub frames: Vec<u32>,
    /// Start, nanoseconds since the case began.
    pub started: u64,
    /// End, nanoseconds since the case began.
    pub ended: u64,
    /// Place in the case's file.
    pub location: Location,
}

/// Why a step did not pass: expected against actual, with the place of both.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct Mismatch {
    /// One line: `the client answered "UQ"`.
    pub message: String,
    /// What the case or the rule demands.
    pub expected: Fact,
    /// What was there.
    pub actual: Fact,
    /// The frame that contradicts; `None` for a message that did not come.
    pub frame: Option<u32>,
    /// The line of the case that was violated.
    pub location: Location,
    /// Name of the referee's rule, if a rule found it.
    pub rule: Option<String>,
    /// Clause of the standard.
    pub clause: Option<String>,
    /// Requirements of the TS, each with its statement and clause: `REG-06a: ...`.
    pub requirements: Vec<String>,
}

/// Something worth saying about a behaviour that is tolerated.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct Remark {
    /// The sentence.
    pub text: String,
    /// The seat it is about.
    pub seat: Option<String>,
    /// The frame it is about.
    pub frame: Option<u32>,
    /// Name of the referee's rule, if a rule says it.
    pub rule: Option<String>,
    /// Clause of the standard.
    pub clause: Option<String>,
}

/// A place in a case's file, with what a caret needs.
#[derive(Clone, Debug, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct Location {
    /// Path of the file as the user knows it.
    pub file: String,
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
    /// Width in characters of what is meant.
    pub width: u32,
    /// The line's text.
    pub text: String,
}

/// One frame of the capture, decoded.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct FrameRecord {
    /// Number in the capture, from 1.
    pub number: u32,
    /// Nanoseconds since the case began.
    pub time: u64,
    /// Sending seat.
    pub from: String,
    /// Receiving seat.
    pub to: String,
    /// Length of the datagram in bytes.
    pub length: u32,
    /// LwM2M label: `Read /3/0 (accept tlv)`, `2.05 Content`.
    pub label: String,
    /// CoAP line: `CON GET, MID 0x4a11, token 5f`.
    pub coap: String,
    /// Options and other header facts.
    pub options: Vec<Field>,
    /// Decoded content: paths and values, links, or text.
    pub content: Vec<Field>,
    /// The datagram in lower-case hexadecimal, cut after 1024 bytes.
    pub hex: String,
    /// Index into `steps` of the step that claimed it.
    pub step: Option<usize>,
    /// Whether a mismatch points here.
    pub failing: bool,
    /// Notes: retransmission, duplicate, block, malformed, dropped on purpose, remark.
    pub notes: Vec<String>,
}

/// Time that passed without a frame because something had to be waited for.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct Wait {
    /// Start, nanoseconds since the case began.
    pub started: u64,
    /// End, nanoseconds since the case began.
    pub ended: u64,
    /// What was waited for.
    pub kind: WaitKind,
    /// In words: `silence of notify`, `lifetime`.
    pub reason: String,
    /// Whether the clock was moved forward instead of waiting.
    pub jumped: bool,
}

/// Who forced a wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WaitKind {
    /// The protocol or the case: lifetimes, periods, silence.
    Protocol,
    /// The implementation: start, answers, triggers.
    Implementation,
    /// A person.
    Operator,
}

/// One action on an implementation outside the wire.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct ControlRecord {
    /// Nanoseconds since the case began.
    pub time: u64,
    /// The seat that was acted on.
    pub seat: String,
    /// What was done: `start`, `trigger read /3/0`, `show registration`.
    pub action: String,
    /// How it ended.
    pub outcome: String,
}
