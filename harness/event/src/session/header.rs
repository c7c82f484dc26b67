//! `session.yaml`: which session of which event it is, and who sits at the table.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::consolidate::{Mistake, Party, Role};

/// The head of a session's folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Header {
    /// Name of the event: `SVE-41`.
    pub event: String,
    /// Place of the event.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub place: String,
    /// Number or date of the session.
    pub session: String,
    /// Day of the session: `2026-11-27`.
    pub date: String,
    /// LwM2M version: `1.1`.
    pub lwm2m: String,
    /// The ETS document.
    pub ets: String,
    /// How many minutes the teams have, from the first run on; without it there is no end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget_minutes: Option<u32>,
    /// The client and its team.
    pub client: Side,
    /// The server and its team.
    pub server: Side,
}

/// An implementation with its team.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Side {
    /// Company.
    pub company: String,
    /// Product.
    pub product: String,
    /// Version of the product.
    #[serde(default)]
    pub version: String,
    /// Names of the team.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub team: Vec<String>,
}

impl Header {
    /// Reads the file.
    ///
    /// # Errors
    ///
    /// The first mistake.
    pub fn parse(text: &str) -> Result<Self, Mistake> {
        crate::yaml::read_small(text).map_err(|error| Mistake::of(&error))
    }

    /// The side of a role.
    pub const fn side(&self, role: Role) -> &Side {
        match role {
            Role::Client => &self.client,
            Role::Server => &self.server,
        }
    }

    /// How long the teams have.
    pub fn budget(&self) -> Option<Duration> {
        let minutes = self.budget_minutes?;
        Some(Duration::from_secs(u64::from(minutes) * 60))
    }
}

impl Side {
    /// Company, product and version.
    pub fn party(&self) -> Party {
        Party {
            company: self.company.clone(),
            product: self.product.clone(),
            version: self.version.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_read_as_it_is_written() {
        let side = |company: &str| Side {
            company: company.to_owned(),
            product: "=1+1 # \"'\u{202e}".to_owned(),
            version: "1.10".to_owned(),
            team: vec!["- a: b".to_owned()],
        };
        let header = Header {
            event: "SVE\n41".to_owned(),
            place: String::new(),
            session: "1".to_owned(),
            date: "2026-11-27".to_owned(),
            lwm2m: "1.1".to_owned(),
            ets: "true".to_owned(),
            budget_minutes: Some(45),
            client: side("null"),
            server: side("{a}"),
        };
        let text = serde_yaml::to_string(&header).unwrap();
        assert_eq!(Header::parse(&text), Ok(header), "{text}");
    }

    #[test]
    fn a_mistake_has_its_line() {
        let text = "event: E\nsession: \"1\"\ndat: today\n";
        let mistake = Header::parse(text).unwrap_err();
        assert_eq!(mistake.line, 3, "{mistake:?}");
    }
}
