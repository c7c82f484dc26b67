//! The record of a whole run out of those of its parts, which may have been played on several machines.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::{FORMAT, Partition, SessionRecord};

/// Why records are not parts of one run. Each names the sessions that it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unmergeable {
    /// There is nothing to merge.
    Nothing,
    /// A record of a newer format.
    Format {
        /// The session.
        session: String,
        /// Its format.
        format: u32,
    },
    /// Two records differ in what one run has only once.
    Differs {
        /// In what: `the cases`, `LwM2M`, `the client`.
        what: String,
        /// Session and what it has.
        one: (String, String),
        /// Another session and what it has.
        other: (String, String),
    },
    /// Two records hold the same case for the same seat.
    Double {
        /// The case.
        case: String,
        /// The judged seat.
        seat: String,
        /// The sessions.
        sessions: [String; 2],
    },
    /// A part of the run is not among the records.
    MissingParts {
        /// Which, from 1.
        parts: Vec<u32>,
        /// Out of how many.
        of: u32,
    },
    /// A part was not played to its end.
    Unended {
        /// The session.
        session: String,
        /// How many of its cases were played, and how many were planned.
        cases: (usize, u32),
    },
}

/// The record of a whole run from its parts, in whatever order they come.
///
/// Cases keep the order of a plan, which is that of their names. `wall_time` is the sum of the parts: the time that was spent. The result has the name of the part that
/// began first; folders of evidence keep their names, so whoever writes the record copies them.
pub fn merge(parts: &[SessionRecord]) -> Result<SessionRecord, Unmergeable> {
    let mut parts: Vec<&SessionRecord> = parts.iter().collect();
    parts.sort_by_key(|part| (part.started.as_str(), part.name.as_str()));
    let (first, others) = parts.split_first().ok_or(Unmergeable::Nothing)?;
    if let Some(newer) = parts.iter().find(|part| part.format > FORMAT) {
        return Err(Unmergeable::Format {
            session: newer.name.clone(),
            format: newer.format,
        });
    }
    for other in others {
        same(first, other)?;
    }
    let whole = whole(&parts)?;
    each_once(&parts)?;
    let mut merged = SessionRecord::clone(first);
    for other in others {
        add(&mut merged, other);
    }
    merged.parameters.partition = None;
    merged
        .cases
        .sort_by_key(|case| (case.case.clone(), place_of(&case.seat)));
    merged.planned = whole.unwrap_or_else(|| {
        let names: BTreeSet<&str> = merged.cases.iter().map(|case| case.case.as_str()).collect();
        u32::try_from(names.len()).unwrap_or(u32::MAX)
    });
    Ok(merged)
}

/// Parts of one run agree in everything but the cases that they played and when.
fn same(one: &SessionRecord, other: &SessionRecord) -> Result<(), Unmergeable> {
    let (a, b) = (&one.parameters, &other.parameters);
    let impaired = [a, b].map(|one| one.impair.clone().unwrap_or_else(|| "no".to_owned()));
    let mut facts = vec![
        (
            "the version of testfest".to_owned(),
            &one.harness,
            &other.harness,
        ),
        (
            "the cases (their hash)".to_owned(),
            &one.cases_hash,
            &other.cases_hash,
        ),
        ("--impair".to_owned(), &impaired[0], &impaired[1]),
        ("LwM2M".to_owned(), &a.lwm2m, &b.lwm2m),
        ("the transport".to_owned(), &a.transport, &b.transport),
        ("the security mode".to_owned(), &a.security, &b.security),
    ];
    let flags = [
        ("--quick", a.quick, b.quick),
        ("--terminate", a.terminate, b.terminate),
        ("--as-printed", a.as_printed, b.as_printed),
    ];
    let words = flags.map(|(name, a, b)| (name, said(a), said(b)));
    facts.extend(words.iter().map(|(name, a, b)| ((*name).to_owned(), a, b)));
    let products = [one, other].map(products);
    let names: BTreeSet<&String> = products.iter().flat_map(BTreeMap::keys).collect();
    let nobody = String::from("nobody");
    for name in names {
        let [a, b] = [0, 1].map(|index: usize| products[index].get(name).unwrap_or(&nobody));
        facts.push((format!("the {name}"), a, b));
    }
    match facts.into_iter().find(|(_, a, b)| a != b) {
        None => Ok(()),
        Some((what, a, b)) => Err(Unmergeable::Differs {
            what,
            one: (one.name.clone(), a.clone()),
            other: (other.name.clone(), b.clone()),
        }),
    }
}

fn said(flag: bool) -> String {
    if flag { "given" } else { "not given" }.to_owned()
}

/// Who took which seat: vendor, name and version, with the hash of the profile.
fn products(session: &SessionRecord) -> BTreeMap<String, String> {
    let products = session.implementations.iter().map(|one| {
        let hash = one.profile_hash.get(..12).unwrap_or(&one.profile_hash);
        let mut text = format!("{} {} {}", one.vendor, one.name, one.version);
        if !hash.is_empty() {
            text += &format!(" (profile {hash})");
        }
        (one.seat.clone(), text)
    });
    products.collect()
}

/// How many cases the whole run has, if the parts know; every part has to be there, and ended.
fn whole(parts: &[&SessionRecord]) -> Result<Option<u32>, Unmergeable> {
    let mut known: Option<(Partition, &str)> = None;
    let mut there = BTreeSet::new();
    for part in parts {
        let played: BTreeSet<&str> = part.cases.iter().map(|case| case.case.as_str()).collect();
        if part.ended.is_none() || part.interrupted || (played.len() as u64) < part.planned.into() {
            return Err(Unmergeable::Unended {
                session: part.name.clone(),
                cases: (played.len(), part.planned),
            });
        }
        let Some(partition) = part.parameters.partition else {
            continue;
        };
        there.insert(partition.part);
        match known {
            Some((other, name)) if (other.of, other.cases) != (partition.of, partition.cases) => {
                let told = |one: Partition| format!("{} of {} cases", one, one.cases);
                return Err(Unmergeable::Differs {
                    what: "how the run was divided".to_owned(),
                    one: (name.to_owned(), told(other)),
                    other: (part.name.clone(), told(partition)),
                });
            }
            _ => known = Some((partition, &part.name)),
        }
    }
    let Some((partition, _)) = known else {
        return Ok(None);
    };
    // there may be fewer cases than parts
    let missing: Vec<u32> = (1..=partition.of.min(partition.cases))
        .filter(|part| !there.contains(part))
        .collect();
    match missing.is_empty() {
        true => Ok(Some(partition.cases)),
        false => Err(Unmergeable::MissingParts {
            parts: missing,
            of: partition.of,
        }),
    }
}

fn each_once(parts: &[&SessionRecord]) -> Result<(), Unmergeable> {
    let mut seen = BTreeMap::new();
    for part in parts {
        for case in &part.cases {
            let key = (case.case.as_str(), case.seat.as_str());
            if let Some(before) = seen.insert(key, part.name.as_str()) {
                return Err(Unmergeable::Double {
                    case: case.case.clone(),
                    seat: case.seat.clone(),
                    sessions: [before.to_owned(), part.name.clone()],
                });
            }
        }
    }
    Ok(())
}

fn add(merged: &mut SessionRecord, other: &SessionRecord) {
    merged.cases.extend(other.cases.iter().cloned());
    merged.ended = merged.ended.take().max(other.ended.clone());
    merged.wall_time = merged.wall_time.saturating_add(other.wall_time);
    merged.parameters.jobs = merged.parameters.jobs.max(other.parameters.jobs);
    merged.parameters.jumping_clock |= other.parameters.jumping_clock;
    join(&mut merged.parameters.filters, &other.parameters.filters);
    join(&mut merged.not_selected, &other.not_selected);
    join(
        &mut merged.environment.addresses,
        &other.environment.addresses,
    );
    join(&mut merged.remarks, &other.remarks);
    join(&mut merged.stale, &other.stale);
    if merged.environment.system != other.environment.system {
        let text = format!("a part was played on {}", other.environment.system);
        join(&mut merged.remarks, &[text]);
    }
}

/// Adds what is not there yet.
fn join<T: Clone + PartialEq>(all: &mut Vec<T>, more: &[T]) {
    for one in more {
        if !all.contains(one) {
            all.push(one.clone());
        }
    }
}

/// Seats of one case in the order of a plan.
fn place_of(seat: &str) -> (usize, String) {
    let known = ["client", "server", "bootstrap-server"];
    let place = known.iter().position(|name| *name == seat);
    (place.unwrap_or(known.len()), seat.to_owned())
}

impl fmt::Display for Unmergeable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => write!(f, "there is no session to merge"),
            Self::Format { session, format } => {
                write!(
                    f,
                    "{session} has format {format}, this build reads up to {FORMAT}"
                )
            }
            Self::Differs { what, one, other } => write!(
                f,
                "{} and {} are not parts of one run: {what} is {} in one and {} in the other",
                one.0, other.0, one.1, other.1
            ),
            Self::Double {
                case,
                seat,
                sessions: [one, other],
            } => write!(f, "{case} [{seat}] is both in {one} and in {other}"),
            Self::MissingParts { parts, of } => {
                let parts: Vec<String> = parts.iter().map(|part| format!("{part}/{of}")).collect();
                write!(f, "missing: part {}", parts.join(", "))
            }
            Self::Unended {
                session,
                cases: (played, planned),
            } => write!(
                f,
                "{session} did not come to its end: {played} of {planned} cases"
            ),
        }
    }
}

impl std::error::Error for Unmergeable {}

#[cfg(test)]
mod tests;
