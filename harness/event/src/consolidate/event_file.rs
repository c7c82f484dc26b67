//! The event file: who registered, which ETS documents are used, who was to meet whom.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::Deserialize;
use serde_yaml::Spanned;

use super::Party;
use crate::agenda::{self, AgendaBlock};

/// A TestFest.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Event {
    /// Name: `SVE-41`.
    pub name: String,
    /// Place: `Raleigh, USA`.
    #[serde(default)]
    pub place: String,
    /// Dates as OMA writes them: `10-13 June 2024`.
    pub dates: String,
    /// Host.
    #[serde(default)]
    pub host: String,
    /// Where issues are found.
    #[serde(default)]
    pub issues: String,
    /// Engineers registered.
    #[serde(default)]
    pub engineers: Option<u32>,
    /// ETS document by LwM2M version.
    pub ets: BTreeMap<String, String>,
    /// Implementations registered.
    pub implementations: Vec<Implementation>,
    /// Who was to meet whom; empty if that is not to be checked.
    #[serde(default)]
    pub sessions: Vec<Slot>,
    /// When and where they can meet, for `testfest agenda`.
    #[serde(default)]
    pub agenda: AgendaBlock,
    /// Companies that want an entry in OMA's product listing; nobody else is named there.
    #[serde(default)]
    pub listing: Vec<Listing>,
    /// Where the files of results are published, for the listing's links; beside the listing if it is not said.
    #[serde(default, rename = "results-url")]
    pub results_url: Option<String>,
}

/// What a company says of itself in the product listing.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Listing {
    /// The company, as its implementations name it.
    pub company: String,
    /// Address of its logo.
    #[serde(default)]
    pub logo: Option<String>,
    /// Its web page.
    #[serde(default)]
    pub web: Option<String>,
    /// A sentence or two.
    #[serde(default)]
    pub information: String,
    /// Its products.
    #[serde(default)]
    pub products: Vec<ListedProduct>,
}

/// A product in the listing.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListedProduct {
    /// Name.
    pub name: String,
    /// Its web page.
    #[serde(default)]
    pub web: Option<String>,
    /// A sentence or two.
    #[serde(default)]
    pub information: String,
}

/// A registered implementation.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Implementation {
    /// The name by which `sessions` call it.
    pub id: Spanned<String>,
    /// Company.
    pub company: String,
    /// Product.
    pub product: String,
    /// Version of the product.
    pub version: String,
    /// Its role.
    pub role: Role,
    /// The key that signs for it: `sign` of the team's .pub file; anyone's if it is not said.
    #[serde(default)]
    pub key: Option<String>,
    /// LwM2M versions that it can be tested in: `["1.0", "1.1"]`; all under `ets` if none is said.
    #[serde(default)]
    pub lwm2m: Vec<Spanned<String>>,
    /// Days of the agenda on which it is there: `[2026-11-02]`; all if none is said.
    #[serde(default)]
    pub days: Vec<Spanned<String>>,
}

/// A role of LwM2M.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    schemars::JsonSchema,
    Deserialize,
    serde::Serialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// LwM2M Client.
    Client,
    /// LwM2M Server.
    Server,
}

/// One session of the schedule.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Slot {
    /// Its number or date.
    pub session: String,
    /// LwM2M version.
    pub lwm2m: Spanned<String>,
    /// The pairs.
    pub pairs: Vec<Pair>,
}

/// Two implementations that meet.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pair {
    /// `id` of the client.
    pub client: Spanned<String>,
    /// `id` of the server.
    pub server: Spanned<String>,
}

/// A mistake in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// Line, from 1.
    pub line: u32,
    /// Column, from 1.
    pub column: u32,
    /// Width of what is meant.
    pub width: u32,
    /// What is wrong.
    pub message: String,
    /// What would be right.
    pub help: String,
}

impl Event {
    /// Reads the file.
    ///
    /// # Errors
    ///
    /// All mistakes that can be told apart; at least one.
    pub fn parse(text: &str) -> Result<Self, Vec<Mistake>> {
        let event: Self = crate::yaml::read(text).map_err(|error| vec![Mistake::of(&error)])?;
        let mistakes = event.mistakes();
        if mistakes.is_empty() {
            Ok(event)
        } else {
            Err(mistakes)
        }
    }

    /// The registered implementation of a role.
    pub fn find(&self, role: Role, party: &Party) -> Option<&Implementation> {
        self.implementations
            .iter()
            .find(|one| one.role == role && one.is(party))
    }

    fn mistakes(&self) -> Vec<Mistake> {
        let mut mistakes = Vec::new();
        let (mut ids, mut parties) = (BTreeSet::new(), BTreeSet::new());
        for one in &self.implementations {
            if !ids.insert(&one.id.value) {
                let message = format!("\"{}\" is registered twice", one.id.value);
                mistakes.push(Mistake::at(
                    &one.id,
                    message,
                    "an id names one implementation",
                ));
            } else if !parties.insert((one.role, one.party())) {
                let message = format!("the {} \"{}\" is registered twice", one.role, one.party());
                let help =
                    "company, product and version together name one implementation of a role";
                mistakes.push(Mistake::at(&one.id, message, help));
            }
        }
        for slot in &self.sessions {
            if !self.ets.contains_key(&slot.lwm2m.value) {
                let known: Vec<_> = self.ets.keys().map(String::as_str).collect();
                let message = format!("no ETS document for LwM2M \"{}\"", slot.lwm2m.value);
                let help = format!("versions under ets: {}", known.join(", "));
                mistakes.push(Mistake::at(&slot.lwm2m, message, help));
            }
            for pair in &slot.pairs {
                mistakes.extend(self.unknown(Role::Client, &pair.client));
                mistakes.extend(self.unknown(Role::Server, &pair.server));
            }
        }
        mistakes.extend(agenda::mistakes(self));
        mistakes
    }

    fn unknown(&self, role: Role, id: &Spanned<String>) -> Option<Mistake> {
        let mut of_role = self.implementations.iter().filter(|one| one.role == role);
        if of_role.clone().any(|one| one.id.value == id.value) {
            return None;
        }
        let known: Vec<_> = of_role.by_ref().map(|one| one.id.value.as_str()).collect();
        let message = format!("unknown {role} \"{}\"", id.value);
        Some(Mistake::at(
            id,
            message,
            format!("registered: {}", known.join(", ")),
        ))
    }
}

impl Implementation {
    /// Company, product and version.
    pub fn party(&self) -> Party {
        Party {
            company: self.company.clone(),
            product: self.product.clone(),
            version: self.version.clone(),
        }
    }

    fn is(&self, party: &Party) -> bool {
        (&self.company, &self.product, &self.version)
            == (&party.company, &party.product, &party.version)
    }
}

impl Role {
    /// As a heading writes it.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Client => "Client",
            Self::Server => "Server",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Client => "client",
            Self::Server => "server",
        })
    }
}

impl Mistake {
    /// What a YAML reader complains of.
    pub fn of(error: &serde_yaml::Error) -> Self {
        let (line, column) = error
            .location()
            .map_or((1, 1), |at| (at.line(), at.column()));
        let text = error.without_snippet().to_string();
        let first = text.lines().next().unwrap_or_default();
        let place = format!(" at line {line}, column {column}");
        Self {
            line: u32::try_from(line).unwrap_or(1),
            column: u32::try_from(column).unwrap_or(1),
            width: 1,
            message: first.trim_start_matches("error: ").replace(&place, ""),
            help: String::new(),
        }
    }

    pub(crate) fn at(value: &Spanned<String>, message: String, help: impl Into<String>) -> Self {
        Self {
            line: u32::try_from(value.referenced.line()).unwrap_or(1),
            column: u32::try_from(value.referenced.column()).unwrap_or(1),
            width: u32::try_from(value.value.chars().count()).unwrap_or(1),
            message,
            help: help.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "name: SVE-41\ndates: 10-13 June 2024\nets: {\"1.1\": OMA-ETS-LightweightM2M-V1_1.zip}\nimplementations:\n  - {id: a, company: A, product: P, version: \"1\", role: client}\n";

    #[test]
    fn a_mistake_has_its_line() {
        assert!(Event::parse(GOOD).is_ok());
        let session = |text: &str| format!("{GOOD}sessions:\n  - {text}\n");
        for (text, line, message) in [
            (String::new(), 1, ""),
            (GOOD.replace("dates", "date"), 2, "date"),
            (
                session("{session: 1, lwm2m: \"1.3\", pairs: []}"),
                7,
                "no ETS document for LwM2M \"1.3\"",
            ),
            (
                session("{session: 1, lwm2m: \"1.1\", pairs: [{client: a, server: b}]}"),
                7,
                "unknown server \"b\"",
            ),
            (GOOD.replace("role: client", "role: device"), 5, "device"),
        ] {
            let mistakes = Event::parse(&text).unwrap_err();
            assert_eq!(mistakes[0].line, line, "{mistakes:?}");
            assert!(mistakes[0].message.contains(message), "{mistakes:?}");
        }
    }
}
