//! What the proof cannot show, each with its reason.

/// A letter that no mutant fails by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unproven {
    /// Last part of the case's name.
    pub case: &'static str,
    /// The judged seat.
    pub seat: &'static str,
    /// The letter.
    pub letter: &'static str,
    /// Why no mutant fails by it.
    pub reason: &'static str,
}

/// Words of the ICS that no emulator claims.
pub(super) const LACKING: &[&str] = &["est", "cose", "mqtt", "smartcard-bootstrap"];

/// Every letter of a judged seat that no mutant fails by.
pub const UNPROVEN: &[Unproven] = &[
    unproven(
        "int-101-initial-registration",
        "client",
        "C",
        "the rule register-content-format fails the step before, by that step's letters",
    ),
    unproven("con-attributes-removed", "server", "D", SAME_REQUESTS),
    unproven("int-205-write-text", "server", "C", SAME_REQUESTS),
    unproven(
        "int-257-write-composite-values",
        "server",
        "C",
        SAME_REQUESTS,
    ),
    unproven("int-260-discover", "server", "E", SAME_REQUESTS),
    unproven("int-260-discover", "server", "G", SAME_REQUESTS),
    unproven(
        "int-261-write-attributes-multiple",
        "server",
        "C",
        SAME_REQUESTS,
    ),
    unproven("int-264-discover-depth-1", "server", "C", SAME_REQUESTS),
    unproven(
        "int-4-bootstrap-delete",
        "bootstrap-server",
        "E",
        SAME_REQUESTS,
    ),
    unproven(
        "int-301-observation-and-notification",
        "client",
        "A",
        "decided together with B, which is named first",
    ),
    unproven(
        "int-6-sequence",
        "client",
        "C",
        "decided together with B, which is named first",
    ),
    unproven(
        "int-109-queue-mode",
        "server",
        "D",
        "decided together with C, which is named first",
    ),
    unproven(
        "int-950-multi-server-registration",
        "client",
        "B",
        "the same Register as that of A, to another server",
    ),
    unproven("int-307-muting-send", "server", "E", SAME_REQUESTS),
    unproven(
        "int-310-observe-composite-and-change",
        "server",
        "D",
        SAME_REQUESTS,
    ),
    unproven("int-755-write-package", "server", "D", SAME_REQUESTS),
    unproven("int-756-write-package-uri", "server", "D", SAME_REQUESTS),
    unproven("int-770-push", "server", "E", SAME_REQUESTS),
    unproven("int-770-push", "server", "F", SAME_REQUESTS),
    unproven("int-772-update-without-package", "client", "C", SAME_READ),
    unproven("int-779-failed-update", "client", "H", SAME_READ),
    unproven("int-779-failed-update", "server", "D", SAME_REQUESTS),
    unproven("int-779-failed-update", "server", "F", SAME_REQUESTS),
    unproven("int-779-failed-update", "server", "H", SAME_REQUESTS),
];

const fn unproven(
    case: &'static str,
    seat: &'static str,
    letter: &'static str,
    reason: &'static str,
) -> Unproven {
    Unproven {
        case,
        seat,
        letter,
        reason,
    }
}

/// A server that errs here has erred before.
const SAME_REQUESTS: &str =
    "the same requests as those of an earlier letter: who errs does so there";
/// A client whose answer to one Read is spoilt spoils it each time.
const SAME_READ: &str =
    "compares two answers to the same Read, and a mutant spoils both of them alike";
