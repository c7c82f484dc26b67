//! Whether a case applies: decided before play, with the values that decided it.

use crate::model::{Facts, Seat, TestCase};

/// Whether a case is played for a seat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selection {
    /// It is.
    Selected,
    /// It is not: Not Applicable.
    NotApplicable(Reason),
}

/// Why a case does not apply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// It judges other seats.
    NotJudged(Seat),
    /// Only the harness can hold this seat, and an implementation does.
    Emulated(Seat),
    /// The ICS lacks what the case requires.
    Requires {
        /// The expression as it was written.
        expression: String,
        /// The terms that decided it, each with its value.
        explanation: Vec<(String, String)>,
    },
}

/// Decides whether `case` is played to judge `seat`.
pub fn select(case: &TestCase, seat: Seat, facts: &dyn Facts) -> Selection {
    if !case.seats.contains(&seat) {
        return Selection::NotApplicable(Reason::NotJudged(seat));
    }
    if let Some(emulated) = case.emulated.iter().find(|seat| facts.iut(**seat)) {
        return Selection::NotApplicable(Reason::Emulated(*emulated));
    }
    let evaluation = case.requires.evaluate(facts);
    if evaluation.value {
        return Selection::Selected;
    }
    Selection::NotApplicable(Reason::Requires {
        expression: case.requires.text.clone(),
        explanation: evaluation.explanation,
    })
}

impl Selection {
    /// Whether the case is played.
    pub fn is_selected(&self) -> bool {
        *self == Self::Selected
    }
}

/// `needs read and tlv: tlv not claimed`.
impl std::fmt::Display for Reason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NotJudged(seat) => write!(f, "does not judge the {seat}"),
            Self::Emulated(seat) => write!(f, "only the harness can hold the {seat}"),
            Self::Requires {
                expression,
                explanation,
            } => {
                write!(f, "needs {expression}: ")?;
                for (index, (term, said)) in explanation.iter().enumerate() {
                    let comma = if index == 0 { "" } else { ", " };
                    match term.strip_prefix("version ") {
                        Some(_) => write!(f, "{comma}version is {said}")?,
                        None => write!(f, "{comma}{term} {said}")?,
                    }
                }
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use lwm2m::Version;

    use super::*;
    use crate::library::{File, Library};

    struct Claims {
        words: Vec<&'static str>,
        iuts: Vec<Seat>,
    }

    impl Facts for Claims {
        fn version(&self) -> Version {
            Version::V1_0
        }
        fn claims(&self, word: &str) -> bool {
            self.words.contains(&word)
        }
        fn object(&self, _id: u16, resources: &[u16]) -> Option<Vec<u16>> {
            Some(resources.iter().copied().filter(|id| *id != 6).collect())
        }
        fn ixit(&self, _name: &str) -> bool {
            false
        }
        fn iut(&self, seat: Seat) -> bool {
            self.iuts.contains(&seat)
        }
        fn variable(&self, _name: &str) -> Option<String> {
            None
        }
    }

    fn decide(case: &str, seat: Seat, words: &[&'static str], iuts: &[Seat]) -> String {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let examples = File::below(&root.join("fixtures/testcases/examples")).unwrap();
        let (library, _) = Library::load(examples);
        let facts = Claims {
            words: words.to_vec(),
            iuts: iuts.to_vec(),
        };
        match select(library.find(case).unwrap(), seat, &facts) {
            Selection::Selected => "selected".to_owned(),
            Selection::NotApplicable(reason) => reason.to_string(),
        }
    }

    #[test]
    fn a_case_applies_or_says_what_is_missing() {
        let client = &[Seat::CLIENT];
        let pair = &[Seat::CLIENT, Seat::SERVER];
        let observing = &["observe", "write-attributes"];
        for (case, seat, words, iuts, said) in [
            (
                "int-203",
                Seat::CLIENT,
                &["read", "tlv"][..],
                &client[..],
                "selected",
            ),
            (
                "int-203",
                Seat::CLIENT,
                &["read"],
                client,
                "needs read and tlv: tlv not claimed",
            ),
            (
                "int-203",
                Seat::BOOTSTRAP_SERVER,
                &["read", "tlv"],
                client,
                "does not judge the bootstrap-server",
            ),
            (
                "con-read-unsupported-accept",
                Seat::CLIENT,
                &["read"],
                pair,
                "only the harness can hold the server",
            ),
            (
                "int-301",
                Seat::CLIENT,
                observing,
                client,
                "needs observe and write-attributes and object(3, resources 6 7 8): object(3, resources 6 7 8) without 7 8",
            ),
        ] {
            assert_eq!(decide(case, seat, words, iuts), said, "{case}");
        }
    }
}
