//! What a probe has found: claims with their evidence, what was refused, and what stays open with the reason.

use std::collections::{BTreeMap, BTreeSet};

use lwm2m::Version;

/// A list of the ICS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum List {
    Formats,
    Operations,
    Features,
}

/// How a word stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// It was seen.
    Claimed(String),
    /// It was asked for and refused.
    Refused(String),
    /// It was not tried, or what came decides nothing.
    Open(String),
}

/// An Object of a client.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct FoundObject {
    pub(super) version: Option<String>,
    pub(super) instances: BTreeSet<u16>,
    pub(super) resources: BTreeSet<u16>,
    /// What is to be said of it.
    pub(super) notes: Vec<String>,
}

/// Everything that was found.
#[derive(Clone, Debug, Default)]
pub(super) struct Found {
    pub(super) endpoint: String,
    pub(super) version: String,
    /// What is to be said of the version.
    pub(super) version_note: String,
    pub(super) lifetime: u32,
    pub(super) short_server_id: Option<i64>,
    /// Versions that a server was asked in, the highest first.
    pub(super) versions: Vec<(Version, Standing)>,
    /// What else is to be said of a server.
    pub(super) remarks: Vec<String>,
    /// `manufacturer`, `model`, `serial`, `firmware-version`.
    pub(super) device: Vec<(&'static str, String)>,
    words: Vec<(List, String, Standing)>,
    pub(super) objects: BTreeMap<u16, FoundObject>,
    /// Rules that were broken on the way, one line each.
    pub(super) breaches: Vec<String>,
}

impl Found {
    /// Takes note of how a word stands. What was seen once stays claimed; what was refused stays so if it is never seen.
    pub(super) fn note(&mut self, list: List, word: &str, standing: Standing) {
        let known = self.words.iter_mut();
        let mut known = known.filter(|(place, own, _)| *place == list && own == word);
        match (known.next(), standing) {
            (None, standing) => self.words.push((list, word.to_owned(), standing)),
            (Some((_, _, Standing::Claimed(_))), _) => {}
            (Some((_, _, Standing::Refused(_))), Standing::Open(_)) => {}
            (Some((_, _, own)), standing) => *own = standing,
        }
    }

    pub(super) fn claim(&mut self, list: List, word: &str, evidence: impl Into<String>) {
        self.note(list, word, Standing::Claimed(evidence.into()));
    }

    pub(super) fn refused(&mut self, list: List, word: &str, evidence: impl Into<String>) {
        self.note(list, word, Standing::Refused(evidence.into()));
    }

    pub(super) fn open(&mut self, list: List, word: &str, reason: impl Into<String>) {
        self.note(list, word, Standing::Open(reason.into()));
    }

    /// The words of a list, those that are claimed first.
    pub(super) fn words(&self, list: List) -> Vec<(&str, &Standing)> {
        let own = self.words.iter().filter(|(place, ..)| *place == list);
        let mut words: Vec<_> = own
            .map(|(_, word, standing)| (word.as_str(), standing))
            .collect();
        words.sort_by_key(|(_, standing)| match standing {
            Standing::Claimed(_) => 0,
            Standing::Refused(_) => 1,
            Standing::Open(_) => 2,
        });
        words
    }

    /// Whether a word is claimed.
    pub(super) fn has(&self, list: List, word: &str) -> bool {
        let mut words = self.words.iter();
        words.any(|(place, own, standing)| {
            *place == list && own == word && matches!(standing, Standing::Claimed(_))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_seen_once_stays_claimed() {
        let mut found = Found::default();
        let list = List::Operations;
        found.open(list, "send", "not seen");
        found.refused(list, "send", "4.05");
        found.open(list, "send", "later");
        assert_eq!(
            found.words(list),
            [("send", &Standing::Refused("4.05".into()))]
        );
        found.claim(list, "send", "frame 9");
        found.refused(list, "send", "4.05");
        assert!(found.has(list, "send") && !found.has(List::Features, "send"));
        assert_eq!(
            found.words(list),
            [("send", &Standing::Claimed("frame 9".into()))]
        );
    }
}
