//! Clients by servers: what each pair's submissions add up to.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Counts, Event, Party, Role, Submission};

/// The matrix of one LwM2M version; for the organizers, since it names pairs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Matrix {
    /// Clients, the rows.
    pub clients: Vec<Party>,
    /// Servers, the columns.
    pub servers: Vec<Party>,
    /// A row for each client, a cell for each server; `None` if the two did not meet.
    pub cells: Vec<Vec<Option<Counts>>>,
}

impl Matrix {
    /// Adds up every pair; whoever registered has a place.
    pub(super) fn new(event: &Event, submissions: &[&Submission]) -> Self {
        let registered = |role: Role| {
            let own = event
                .implementations
                .iter()
                .filter(move |one| one.role == role);
            own.map(super::Implementation::party)
        };
        let sorted = |all: Vec<Party>| {
            let mut all = all;
            all.sort();
            all.dedup();
            all
        };
        let mut pairs: BTreeMap<(&Party, &Party), Counts> = BTreeMap::new();
        for one in submissions {
            let counts = pairs.entry((&one.client, &one.server)).or_default();
            one.results
                .iter()
                .for_each(|result| counts.add(result.verdict));
        }
        let clients = submissions.iter().map(|one| one.client.clone());
        let servers = submissions.iter().map(|one| one.server.clone());
        let clients = sorted(clients.chain(registered(Role::Client)).collect());
        let servers = sorted(servers.chain(registered(Role::Server)).collect());
        let cell = |client, server| pairs.get(&(client, server)).copied();
        let row = |client| servers.iter().map(|server| cell(client, server)).collect();
        let cells = clients.iter().map(row).collect();
        Self {
            clients,
            servers,
            cells,
        }
    }

    /// The sum of all cells.
    pub(super) fn total(&self) -> Counts {
        let mut total = Counts::default();
        self.cells
            .iter()
            .flatten()
            .flatten()
            .for_each(|cell| total.merge(cell));
        total
    }
}
