//! An event and its submissions without the names of companies and products.

use std::collections::BTreeMap;

use super::{Event, Party, Role, Submission};

/// Replaces every implementation by `Client 1`, `Server 2` and so on, numbered as they registered.
///
/// Submissions have to be free of errors: who is not registered is called `Unregistered`.
pub fn anonymous(event: &Event, submissions: &[Submission]) -> (Event, Vec<Submission>) {
    let mut names = BTreeMap::new();
    let mut event = event.clone();
    let mut used = BTreeMap::from([(Role::Client, 0_u32), (Role::Server, 0)]);
    for one in &mut event.implementations {
        let number = used.entry(one.role).or_default();
        *number += 1;
        let party = named(one.role.title(), *number);
        names.insert((one.role, one.party()), party.clone());
        (one.company, one.product, one.version) = (party.company, party.product, party.version);
    }
    event.host.clear();
    let hidden = |role: Role, party: &Party| {
        let found = names.get(&(role, party.clone())).cloned();
        found.unwrap_or_else(|| named("Unregistered", 0))
    };
    let submission = |one: &Submission| Submission {
        source: String::new(),
        client: hidden(Role::Client, &one.client),
        server: hidden(Role::Server, &one.server),
        ..one.clone()
    };
    let submissions = submissions.iter().map(submission).collect();
    (event, submissions)
}

fn named(title: &str, number: u32) -> Party {
    Party {
        company: format!("{title} {number}"),
        ..Party::default()
    }
}
