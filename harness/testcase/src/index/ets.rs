//! The cases of the Enabler Test Specification, releases 1.0.1 to 1.2.1: numbers, ids, titles, and what each is made of.
//!
//! Steps and criteria are not here: our cases have them, in our words.

use std::fmt;
use std::str::FromStr;
use std::sync::OnceLock;
use std::time::Duration;

use serde::Deserialize;
use serde::de::{Deserializer, Error as _};

use super::blocks::Blocks;
use crate::model::Seat;

/// A case of the ETS.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct EtsCase {
    /// Its number: 203.
    pub number: u32,
    /// The newest identifier.
    pub id: String,
    /// Identifiers of older releases.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// Title.
    pub title: String,
    /// The releases that list it.
    pub releases: Vec<Release>,
    /// What the ETS prints below the heading.
    pub body: Body,
    /// How many letters judge it, from A; none if there is no body.
    #[serde(default)]
    pub criteria: u8,
    /// Whose behaviour the letters judge.
    #[serde(default, deserialize_with = "seats")]
    pub seats: Vec<Seat>,
    /// Seconds that the protocol imposes with the printed values.
    #[serde(default)]
    forced_wait: u32,
    /// Seconds to which smaller values shorten it.
    #[serde(default)]
    shortened: Option<u32>,
    /// What imposes the wait.
    #[serde(default)]
    pub why: Option<String>,
    /// The case whose verdict counts instead.
    #[serde(default)]
    pub delegated_to: Option<u32>,
    /// The case that took its place.
    #[serde(default)]
    pub renumbered_to: Option<u32>,
    /// What else there is to say.
    #[serde(default)]
    pub note: Option<String>,
}

/// A release of the ETS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Release {
    /// 1.0.1.
    V1_0_1,
    /// 1.0.2.
    V1_0_2,
    /// 1.1.
    V1_1,
    /// 1.2.
    V1_2,
    /// 1.2.1.
    V1_2_1,
}

/// What the ETS prints below a heading.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Body {
    /// Steps and criteria.
    Full,
    /// A reference to another case.
    Delegated,
    /// That the case does not apply.
    NotApplicable,
    /// Nothing.
    Placeholder,
}

/// Every case, in the order of numbers.
pub fn all() -> &'static [EtsCase] {
    static ALL: OnceLock<Vec<EtsCase>> = OnceLock::new();
    ALL.get_or_init(|| blocks().entries())
}

/// The case of this number.
pub fn find(number: u32) -> Option<EtsCase> {
    blocks().entry(&number.to_string())
}

impl EtsCase {
    /// Whether a release lists it.
    pub fn is_in(&self, release: Release) -> bool {
        self.releases.contains(&release)
    }

    /// Its identifier in a release that lists it: 1.0.x has ids of its own.
    pub fn id_in(&self, release: Release) -> Option<&str> {
        if !self.is_in(release) {
            return None;
        }
        let is_old = release < Release::V1_1;
        let own = format!("-{}", self.number);
        let mut ids = [&self.id].into_iter().chain(&self.aliases);
        let found = ids.find(|id| id.contains("-1.0-") == is_old && id.ends_with(&own));
        Some(found.unwrap_or(&self.id))
    }

    /// The wait that the protocol imposes with the printed values.
    pub const fn forced_wait(&self) -> Duration {
        Duration::from_secs(self.forced_wait as u64)
    }

    /// The wait that is left with smaller lifetimes, periods or timers, if they shorten it.
    pub fn can_shorten_to(&self) -> Option<Duration> {
        self.shortened.map(u64::from).map(Duration::from_secs)
    }
}

impl Release {
    /// Every release, oldest first.
    pub const ALL: [Self; 5] = [
        Self::V1_0_1,
        Self::V1_0_2,
        Self::V1_1,
        Self::V1_2,
        Self::V1_2_1,
    ];

    /// As OMA writes it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::V1_0_1 => "1.0.1",
            Self::V1_0_2 => "1.0.2",
            Self::V1_1 => "1.1",
            Self::V1_2 => "1.2",
            Self::V1_2_1 => "1.2.1",
        }
    }
}

impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Release {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL
            .into_iter()
            .find(|release| release.as_str() == text);
        found.ok_or_else(|| format!("releases: {}", Self::ALL.map(Self::as_str).join(", ")))
    }
}

impl<'de> Deserialize<'de> for Release {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(D::Error::custom)
    }
}

impl Body {
    /// Its word.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Delegated => "delegated",
            Self::NotApplicable => "not-applicable",
            Self::Placeholder => "placeholder",
        }
    }
}

fn seats<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Seat>, D::Error> {
    let names = Vec::<String>::deserialize(deserializer)?;
    let seats = names.iter().map(|name| name.parse());
    seats.collect::<Result<_, _>>().map_err(D::Error::custom)
}

fn blocks() -> &'static Blocks {
    static BLOCKS: OnceLock<Blocks> = OnceLock::new();
    BLOCKS.get_or_init(|| Blocks::of(TEXT, "- number: "))
}

/// The index as it stands beside the cases.
const TEXT: &str = include_str!("../../../../testcases/ets.yaml");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_case_of_the_ets_is_read() {
        let bodies = |body| all().iter().filter(|case| case.body == body).count();
        assert_eq!(all().len(), 157);
        assert_eq!(
            [
                bodies(Body::Full),
                bodies(Body::Delegated),
                bodies(Body::NotApplicable),
                bodies(Body::Placeholder)
            ],
            [120, 6, 2, 29]
        );
        for case in all() {
            let has_body = case.body == Body::Full;
            assert_eq!(has_body, case.criteria > 0, "{}", case.number);
            assert_eq!(has_body, !case.seats.is_empty(), "{}", case.number);
            let shorter = case.can_shorten_to().unwrap_or_default();
            assert!(shorter <= case.forced_wait(), "{}", case.number);
            assert!(case.id.ends_with(&format!("-{}", case.number)));
            for other in case.delegated_to.into_iter().chain(case.renumbered_to) {
                assert!(find(other).is_some(), "{}: {other}", case.number);
            }
        }
    }

    #[test]
    fn releases_list_what_oma_printed() {
        for (release, count) in Release::ALL.into_iter().zip([89, 63, 145, 155, 155]) {
            let listed = all().iter().filter(|case| case.is_in(release));
            assert_eq!(listed.count(), count, "{release}");
        }
    }

    #[test]
    fn ids_differ_by_release() {
        for (number, release, id) in [
            (101, Release::V1_0_1, Some("LightweightM2M-1.0-int-101")),
            (101, Release::V1_0_2, Some("LightweightM2M-1.0-int-101")),
            (101, Release::V1_2_1, Some("LightweightM2M-1.1-int-101")),
            (264, Release::V1_1, None),
            (264, Release::V1_2, Some("LightweightM2M-1.2-int-264")),
            (1202, Release::V1_0_2, Some("LightweightM2M-1.0-int-1202")),
            (1210, Release::V1_0_1, Some("LightweightM2M-1.0-int-1210")),
            (
                1250,
                Release::V1_0_2,
                Some("LightweightM2M-CONMGMT-1.0-int-1250"),
            ),
            (
                1250,
                Release::V1_2,
                Some("LightweightM2M-CONMGMT-1.1-int-1250"),
            ),
        ] {
            let case = find(number).unwrap();
            assert_eq!(case.id_in(release), id, "{number} {release}");
        }
        for case in all() {
            for release in &case.releases {
                let is_old = case.id_in(*release).unwrap().contains("-1.0-");
                assert_eq!(is_old, *release < Release::V1_1, "{}", case.number);
            }
        }
    }

    #[test]
    fn releases_are_read_as_they_are_written() {
        for release in Release::ALL {
            assert_eq!(release.as_str().parse(), Ok(release));
        }
        assert!("1.0".parse::<Release>().is_err());
    }
}
