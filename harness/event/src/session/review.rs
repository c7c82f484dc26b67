//! `review.jsonl`: what the teams said, one entry a line, in the order in which they said it.
//!
//! Lines are only ever added. A last line that a crash cut off was never confirmed to anybody, and counts for nothing.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::consolidate::{Outcome, Role};

/// What one team said of one case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// When, RFC 3339 in UTC.
    pub at: String,
    /// Whose team.
    pub team: Role,
    /// Number of the case.
    pub case: u32,
    /// What.
    pub say: Say,
}

/// What a team can say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub enum Say {
    /// Its verdict.
    Verdict {
        /// The verdict.
        verdict: Outcome,
        /// What the tool proposed when it was said.
        proposed: Option<Outcome>,
    },
    /// It has no verdict after all.
    Withdrawn,
    /// A comment in place of the one before; empty takes it away.
    Comment(String),
    /// The specification is at fault: document and section; empty takes it back.
    Specification(String),
}

/// Everything the teams said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Review {
    /// In order.
    pub entries: Vec<Entry>,
    /// A last line that was cut off, if there is one.
    pub torn: Option<TornLine>,
}

/// A line that was not written to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TornLine {
    /// Its number, from 1.
    pub line: usize,
    /// Where it begins.
    pub offset: usize,
}

/// What stands of what one team said of one case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Standpoint {
    /// Its verdict, and what was proposed then.
    pub(super) verdict: Option<(Outcome, Option<Outcome>)>,
    /// Its comment.
    pub(super) comment: String,
    /// What of the specification it holds to be at fault.
    pub(super) specification: String,
}

impl Entry {
    /// The line, with its end.
    pub fn to_line(&self) -> String {
        // names, numbers and strings only: nothing that JSON cannot hold
        serde_json::to_string(self).unwrap_or_default() + "\n"
    }
}

impl Review {
    /// Reads the file.
    ///
    /// # Errors
    ///
    /// Number of a line that is none, and why; a last line without its end is no error.
    pub fn parse(text: &str) -> Result<Self, (usize, String)> {
        let mut review = Self::default();
        let mut offset = 0;
        for (line, number) in text.split_inclusive('\n').zip(1..) {
            if !line.ends_with('\n') {
                review.torn = Some(TornLine {
                    line: number,
                    offset,
                });
                break;
            }
            offset += line.len();
            let entry = serde_json::from_str(line).map_err(|error| (number, error.to_string()))?;
            review.entries.push(entry);
        }
        Ok(review)
    }

    /// What stands, by case and team.
    pub(super) fn standpoints(&self) -> BTreeMap<(u32, Role), Standpoint> {
        let mut all: BTreeMap<_, Standpoint> = BTreeMap::new();
        for entry in &self.entries {
            let one = all.entry((entry.case, entry.team)).or_default();
            match &entry.say {
                Say::Verdict { verdict, proposed } => one.verdict = Some((*verdict, *proposed)),
                Say::Withdrawn => one.verdict = None,
                Say::Comment(text) => one.comment.clone_from(text),
                Say::Specification(text) => one.specification.clone_from(text),
            }
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn entry(say: Say) -> Entry {
        Entry {
            at: "2026-11-27T10:00:00Z".to_owned(),
            team: Role::Client,
            case: 203,
            say,
        }
    }

    #[test]
    fn a_line_reads() {
        let verdict = Outcome::Pass;
        let proposed = Some(Outcome::Fail);
        for (say, line) in [
            (
                Say::Verdict { verdict, proposed },
                r#""say":{"verdict":{"verdict":"pass","proposed":"fail"}}}"#,
            ),
            (Say::Withdrawn, r#""say":"withdrawn"}"#),
            (
                Say::Comment("a\nb".to_owned()),
                r#""say":{"comment":"a\nb"}}"#,
            ),
        ] {
            let head = r#"{"at":"2026-11-27T10:00:00Z","team":"client","case":203,"#;
            assert_eq!(entry(say).to_line(), format!("{head}{line}\n"));
        }
    }

    #[test]
    fn the_last_word_stands() {
        let says = [
            Say::Comment("first".to_owned()),
            Say::Verdict {
                verdict: Outcome::Fail,
                proposed: None,
            },
            Say::Comment("last".to_owned()),
            Say::Withdrawn,
        ];
        let entries = says.map(entry).to_vec();
        let review = Review {
            entries,
            torn: None,
        };
        let all = review.standpoints();
        let one = &all[&(203, Role::Client)];
        assert_eq!((one.verdict, one.comment.as_str()), (None, "last"));
    }

    #[test]
    fn a_line_that_is_none_is_named() {
        let good = entry(Say::Withdrawn).to_line();
        let (line, _) = Review::parse(&format!("{good}{{}}\n{good}")).unwrap_err();
        assert_eq!(line, 2);
    }

    proptest! {
        /// Whatever is left of the file, the whole lines of it count and no other.
        #[test]
        fn a_crash_loses_only_the_line_it_cut(comments in prop::collection::vec(".{0,8}", 0..5), cut in 0_usize..400) {
            let lines: Vec<String> = comments.into_iter().map(|text| entry(Say::Comment(text)).to_line()).collect();
            let text = lines.concat();
            let mut cut = cut.min(text.len());
            while !text.is_char_boundary(cut) {
                cut -= 1;
            }
            let review = Review::parse(&text[..cut]).unwrap();
            let mut whole = 0;
            let mut at = 0;
            for line in &lines {
                at += line.len();
                whole += usize::from(at <= cut);
            }
            prop_assert_eq!(review.entries.len(), whole);
            let known: String = review.entries.iter().map(Entry::to_line).collect();
            prop_assert_eq!(review.torn.map_or(cut, |torn| torn.offset), known.len());
            prop_assert!(text.starts_with(&known));
        }
    }
}
