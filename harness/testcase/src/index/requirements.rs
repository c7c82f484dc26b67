//! The requirements of the LwM2M TS, 1.0 to 1.2.2: what is demanded of whom, and whether it can be seen.

use std::sync::OnceLock;

use serde::Deserialize;

use super::blocks::Blocks;

/// A requirement of the TS, or of an RFC that it stands on.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Requirement {
    /// Topic and atomic part: `REG-06a`.
    pub id: String,
    /// Topic in words: `registration`, `mqtt`.
    pub group: String,
    /// Document and clause; a semicolon stands between several.
    pub clause: String,
    /// How strongly it is demanded.
    pub level: Level,
    /// The first version in which it stands in this form.
    pub since: String,
    /// Whom it binds.
    pub binds: Binds,
    /// What is demanded, in our words.
    pub statement: String,
    /// Whether keeping it can be seen.
    pub observable: Observable,
    /// Numbers of the ETS cases that touch it.
    pub ets: Vec<u32>,
    /// Where the statement was read.
    pub evidence: Evidence,
    /// Items of the Static Conformance Requirements, without their common prefix.
    #[serde(default)]
    pub scr: Vec<String>,
}

/// How strongly a requirement is demanded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// MUST, MUST NOT, SHALL.
    Must,
    /// SHOULD, RECOMMENDED.
    Should,
    /// MAY.
    May,
    /// Binding prose without a keyword.
    Descriptive,
}

/// Whom a requirement binds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Binds {
    /// The LwM2M Client.
    Client,
    /// The LwM2M Server.
    Server,
    /// The Bootstrap-Server.
    BootstrapServer,
    /// More than one role.
    Both,
}

/// Whether keeping a requirement can be seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Observable {
    /// On the wire, some with a fault or a second server.
    Wire,
    /// In a state that is read or shown later.
    State,
    /// Nowhere.
    None,
}

/// Where a statement was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Evidence {
    /// In the text of a TS.
    TsText,
    /// In a restatement of the TS only.
    Restated,
}

/// Every requirement, in the order of the index.
pub fn all() -> &'static [Requirement] {
    static ALL: OnceLock<Vec<Requirement>> = OnceLock::new();
    ALL.get_or_init(|| blocks().entries())
}

/// Every id, in the order of the index.
pub fn ids() -> &'static [&'static str] {
    blocks().names()
}

/// Whether the index has this id.
pub fn is_known(id: &str) -> bool {
    blocks().has(id)
}

/// The requirement of this id.
pub fn find(id: &str) -> Option<Requirement> {
    blocks().entry(id)
}

/// `REG-06a: what it demands (its clause)`; the id alone if the index lacks it.
pub fn stated(id: &str) -> String {
    match find(id) {
        Some(found) => format!("{id}: {} ({})", found.statement, found.clause),
        None => id.to_owned(),
    }
}

/// The words of a text that have the form of an id, each with the byte at which it begins.
pub fn named_in(text: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut place = 0;
    for word in text.split_inclusive(|c: char| !c.is_ascii_alphanumeric() && c != '-') {
        let name = word.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
        if has_form(name) {
            found.push((place, name));
        }
        place += word.len();
    }
    found
}

impl Requirement {
    /// Whether it belongs to those that a test harness has to judge: demanded, on the wire, over plain CoAP and UDP.
    pub fn is_target(&self) -> bool {
        self.level == Level::Must
            && self.observable == Observable::Wire
            && !OTHER_BINDINGS.contains(&self.group.as_str())
    }
}

impl Level {
    /// Its word.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Must => "must",
            Self::Should => "should",
            Self::May => "may",
            Self::Descriptive => "descriptive",
        }
    }
}

/// A capital, one to three more or digits, a hyphen, two digits, and a letter or none.
fn has_form(word: &str) -> bool {
    let Some((topic, number)) = word.split_once('-') else {
        return false;
    };
    let (digits, part) = number.split_at(number.len().min(2));
    (2..=4).contains(&topic.len())
        && topic.starts_with(|first: char| first.is_ascii_uppercase())
        && topic
            .bytes()
            .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
        && digits.len() == 2
        && digits.bytes().all(|byte| byte.is_ascii_digit())
        && part.len() <= 1
        && part.bytes().all(|byte| byte.is_ascii_lowercase())
}

fn blocks() -> &'static Blocks {
    static BLOCKS: OnceLock<Blocks> = OnceLock::new();
    BLOCKS.get_or_init(|| Blocks::of(TEXT, "- id: "))
}

/// The index as it stands beside the cases.
const TEXT: &str = include_str!("../../../../testcases/requirements.yaml");
/// Groups whose requirements need a binding, a transport or an enabler that stands apart.
const OTHER_BINDINGS: &[&str] = &[
    "mqtt", "http", "sms", "lorawan", "ciot", "est", "tls13", "gateway", "etch",
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_entry_of_the_index_is_read() {
        assert_eq!((ids().len(), all().len()), (756, 756));
        let ids: BTreeSet<&str> = ids().iter().copied().collect();
        assert_eq!(ids.len(), 756, "an id stands twice");
        for requirement in all() {
            assert!(has_form(&requirement.id), "{}", requirement.id);
            assert!(!requirement.statement.is_empty() && !requirement.clause.is_empty());
        }
        let target = all().iter().filter(|one| one.is_target()).count();
        assert_eq!(target, 396);
    }

    #[test]
    fn the_cases_that_touch_a_requirement_stand_in_the_ets() {
        for requirement in all() {
            for number in &requirement.ets {
                assert!(
                    super::super::ets::find(*number).is_some(),
                    "{}: {number}",
                    requirement.id
                );
            }
        }
    }

    #[test]
    fn an_id_states_what_it_demands_and_where() {
        let found = find("GEN-03a").unwrap();
        assert_eq!((found.level, found.binds), (Level::Must, Binds::Both));
        assert_eq!(found.observable, Observable::Wire);
        let stated = stated("GEN-03a");
        assert!(stated.starts_with("GEN-03a: On UDP every"), "{stated}");
        assert!(stated.ends_with("(Transport 1.2.2 6.8.1; Transport 1.2.2 6.4)"));
        assert_eq!(super::stated("XYZ-01"), "XYZ-01");
        assert!(is_known("GEN-03a") && !is_known("GEN-03z"));
    }

    #[test]
    fn ids_are_found_in_prose() {
        assert_eq!(named_in("T13-01"), [(0, "T13-01")]);
        let text = "REG-06a, DM-2b; COA-01: Core TS 1.1.1, 6.2.1 (REG-6a, RFC-7252, REG-06ab)";
        assert_eq!(named_in(text), [(0, "REG-06a"), (16, "COA-01")]);
        assert!(named_in("Core TS 1.1.1, 6.3.4").is_empty());
    }
}
