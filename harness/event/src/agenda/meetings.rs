//! Who is to meet whom, in which LwM2M version, and who is not, with the reason.

use std::cmp::Ordering;
use std::fmt;

use crate::consolidate::{Event, Implementation, Role};

/// What the organizers ask for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Implementations of one company meet, too.
    pub own_company: bool,
    /// A pair meets once for each version that it has in common, instead of once in the highest.
    pub each_version: bool,
}

/// A client and a server that are to meet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wanted {
    pub client: usize,
    pub server: usize,
    pub lwm2m: String,
    /// How many higher versions the pair has in common.
    pub rank: usize,
}

/// A client and a server that do not meet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// Index of the client among the implementations.
    pub client: usize,
    /// Index of the server.
    pub server: usize,
    /// LwM2M version; `None` if it does not matter.
    pub lwm2m: Option<String>,
    /// Why not.
    pub reason: Reason,
}

/// Why a client and a server do not meet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// They are of one company.
    OwnCompany,
    /// They have no LwM2M version in common.
    NoCommonVersion {
        /// Versions of the client.
        client: Vec<String>,
        /// Versions of the server.
        server: Vec<String>,
    },
    /// They are never there on the same day.
    NoCommonDay,
    /// One of them is taken, or every table is, in each slot in which both are there.
    NoSlot {
        /// Slots in which both are there.
        both_there: usize,
        /// Those in which the client meets another server.
        client_taken: usize,
        /// Those in which the server meets another client.
        server_taken: usize,
        /// Those in which every table is taken.
        tables_taken: usize,
    },
}

/// Every client with every server, turned on by one server for each round, so that any first part is fair to all.
pub(super) fn wanted(event: &Event, options: Options) -> (Vec<Wanted>, Vec<LeftOut>) {
    let of = |role| {
        let all = event.implementations.iter().enumerate();
        all.filter(move |(_, one)| one.role == role)
            .collect::<Vec<_>>()
    };
    let (clients, servers) = (of(Role::Client), of(Role::Server));
    let (mut wanted, mut left_out) = (Vec::new(), Vec::new());
    for round in 0..servers.len() {
        for (place, (client, one)) in clients.iter().enumerate() {
            let (server, other) = servers[(place + round) % servers.len()];
            let mut leave_out = |reason| {
                left_out.push(LeftOut {
                    client: *client,
                    server,
                    lwm2m: None,
                    reason,
                });
            };
            if !options.own_company && is_one_company(one, other) {
                leave_out(Reason::OwnCompany);
                continue;
            }
            let (mine, theirs) = (versions(event, one), versions(event, other));
            let mut common: Vec<_> = mine
                .iter()
                .filter(|version| theirs.contains(version))
                .cloned()
                .collect();
            if common.is_empty() {
                let (client, server) = (mine, theirs);
                leave_out(Reason::NoCommonVersion { client, server });
            }
            if !options.each_version {
                common.drain(..common.len().saturating_sub(1));
            }
            wanted.extend(
                common
                    .into_iter()
                    .rev()
                    .zip(0..)
                    .map(|(lwm2m, rank)| Wanted {
                        client: *client,
                        server,
                        lwm2m,
                        rank,
                    }),
            );
        }
    }
    // That a pair meets at all comes before that another meets again.
    wanted.sort_by_key(|one| one.rank);
    left_out.sort_by_key(|one| (one.client, one.server));
    (wanted, left_out)
}

fn is_one_company(one: &Implementation, other: &Implementation) -> bool {
    let [one, other] = [one, other].map(|it| it.company.trim().to_lowercase());
    one == other
}

/// The versions that an implementation can be tested in, ascending.
fn versions(event: &Event, one: &Implementation) -> Vec<String> {
    let mut versions: Vec<String> = match one.lwm2m.as_slice() {
        [] => event.ets.keys().cloned().collect(),
        said => said.iter().map(|version| version.value.clone()).collect(),
    };
    versions.sort_by(|one, other| by_number(one, other));
    versions
}

/// 1.10 comes after 1.9.
fn by_number(one: &str, other: &str) -> Ordering {
    let numbers = |text: &str| -> Vec<Option<u32>> {
        text.split('.').map(|part| part.parse().ok()).collect()
    };
    (numbers(one), one).cmp(&(numbers(other), other))
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OwnCompany => f.write_str("they are of one company"),
            Self::NoCommonVersion { client, server } => {
                let (client, server) = (client.join(", "), server.join(", "));
                write!(
                    f,
                    "no LwM2M version in common: the client has {client}, the server {server}"
                )
            }
            Self::NoCommonDay => f.write_str("they are never there on the same day"),
            Self::NoSlot {
                both_there,
                client_taken,
                server_taken,
                tables_taken,
            } => {
                let slots = if *both_there == 1 { "slot" } else { "slots" };
                write!(
                    f,
                    "no slot is left: of {both_there} {slots} with both there"
                )?;
                let parts = [
                    ("the client meets another in", client_taken),
                    ("the server meets another in", server_taken),
                    ("every table is taken in", tables_taken),
                ];
                let said = parts.iter().filter(|(_, count)| **count > 0);
                for (place, (what, count)) in said.enumerate() {
                    let comma = if place == 0 { "" } else { "," };
                    write!(f, "{comma} {what} {count}")?;
                }
                Ok(())
            }
        }
    }
}
