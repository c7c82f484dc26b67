//! What the proof cannot show, each with its reason.

/// Words of the ICS that no emulator claims.
pub(super) const LACKING: &[&str] = &["psk", "certificate"];

/// Letters of a judged seat that no mutant fails by: case, seat, letter.
pub(super) const UNPROVEN: &[(&str, &str, &str)] = &[
    // the rule register-content-format fails the step before, by that step's letters
    ("int-101-initial-registration", "client", "C"),
    // the same requests as those of an earlier letter: a server that errs does so there
    ("int-205-write-text", "server", "C"),
    ("int-260-discover", "server", "E"),
    ("int-260-discover", "server", "G"),
    ("int-4-bootstrap-delete", "bootstrap-server", "E"),
    // decided together with B, which is named first
    ("int-301-observation-and-notification", "client", "A"),
];
