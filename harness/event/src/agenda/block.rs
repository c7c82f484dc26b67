//! The `agenda:` block of the event file, and what is wrong with it and with the days and versions of implementations.

use std::collections::BTreeSet;
use std::fmt;

use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_yaml::Spanned;

use super::Calendar;
use crate::consolidate::{Event, Mistake};

/// When and where implementations can meet. Without days the slots are numbered, as many as are needed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct AgendaBlock {
    /// Day of this issue of the agenda: `2026-10-12`; calendars take a later issue for an update.
    #[serde(default)]
    pub issued: Option<Spanned<String>>,
    /// IANA name of the time zone of all times: `Asia/Seoul`; without it calendars take them for local wherever they are read.
    #[serde(default)]
    pub time_zone: Option<Spanned<String>>,
    /// Number of tables, or their names; one for each server if it is not said.
    #[serde(default)]
    pub tables: Option<Spanned<Tables>>,
    /// Slots of each day that names none of its own: `["09:00-10:30", "10:45-12:15"]`.
    #[serde(default)]
    pub slots: Vec<Spanned<String>>,
    /// The days, in order.
    #[serde(default)]
    pub days: Vec<Day>,
}

/// A day of the agenda.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Day {
    /// Its date: `2026-11-02`.
    pub date: Spanned<String>,
    /// Its slots, in order, as start and end in local time: `09:00-10:30`.
    #[serde(default)]
    pub slots: Vec<Spanned<String>>,
}

/// The tables at which pairs sit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tables {
    /// So many.
    Count(u64),
    /// These.
    Named(Vec<String>),
}

impl<'de> Deserialize<'de> for Tables {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TablesVisitor)
    }
}

struct TablesVisitor;

impl<'de> Visitor<'de> for TablesVisitor {
    type Value = Tables;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number of tables or a list of their names")
    }

    fn visit_u64<E>(self, count: u64) -> Result<Tables, E> {
        Ok(Tables::Count(count))
    }

    fn visit_i64<E: serde::de::Error>(self, count: i64) -> Result<Tables, E> {
        let wrong = |_| E::invalid_value(serde::de::Unexpected::Signed(count), &self);
        u64::try_from(count).map(Tables::Count).map_err(wrong)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut names: A) -> Result<Tables, A::Error> {
        let mut all = Vec::new();
        while let Some(name) = names.next_element()? {
            all.push(name);
        }
        Ok(Tables::Named(all))
    }
}

/// What is wrong with the block, and with the days and versions of implementations.
pub(crate) fn mistakes(event: &Event) -> Vec<Mistake> {
    let block = &event.agenda;
    let mut mistakes = Calendar::read(block).err().unwrap_or_default();
    mistakes.extend(block.tables.as_ref().and_then(of_tables));
    let versions: Vec<_> = event.ets.keys().map(String::as_str).collect();
    let days: Vec<_> = block
        .days
        .iter()
        .map(|day| day.date.value.as_str())
        .collect();
    for one in &event.implementations {
        let help = format!("versions under ets: {}", versions.join(", "));
        mistakes.extend(of_list(&one.lwm2m, &versions, |version| {
            (
                format!("no ETS document for LwM2M \"{version}\""),
                help.clone(),
            )
        }));
        let help = match days.as_slice() {
            [] => "the agenda has no days: agenda: {days: [{date: 2026-11-02}]}".to_owned(),
            days => format!("days under agenda: {}", days.join(", ")),
        };
        mistakes.extend(of_list(&one.days, &days, |day| {
            (format!("\"{day}\" is no day of the agenda"), help.clone())
        }));
    }
    mistakes
}

/// What is said twice, and what is not among the known.
fn of_list(
    said: &[Spanned<String>],
    known: &[&str],
    unknown: impl Fn(&str) -> (String, String),
) -> Vec<Mistake> {
    let mut seen = BTreeSet::new();
    let mistake = |one: &Spanned<String>| {
        if !known.contains(&one.value.as_str()) {
            let (message, help) = unknown(&one.value);
            return Some(Mistake::at(one, message, help));
        }
        let message = format!("\"{}\" is said twice", one.value);
        (!seen.insert(one.value.clone())).then(|| Mistake::at(one, message, "once is enough"))
    };
    said.iter().filter_map(mistake).collect()
}

fn of_tables(tables: &Spanned<Tables>) -> Option<Mistake> {
    let message = match &tables.value {
        Tables::Count(0) => "no tables".to_owned(),
        Tables::Named(names) if names.is_empty() => "no tables".to_owned(),
        Tables::Named(names) => {
            let mut seen = BTreeSet::new();
            let wrong = names
                .iter()
                .find(|name| name.trim().is_empty() || !seen.insert(name.as_str()))?;
            format!("\"{wrong}\" names no table of its own")
        }
        Tables::Count(_) => return None,
    };
    let place = Spanned {
        value: String::from(" "),
        referenced: tables.referenced,
        defined: tables.defined,
    };
    let help = "a number from 1 on, or a name for each: tables: [\"Table 1\", \"Table 2\"]; without tables each server has its own";
    Some(Mistake::at(&place, message, help))
}
