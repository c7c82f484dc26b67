//! Whether the bootstrap information of a client is consistent (Core TS, 6.1.6): what Bootstrap-Finish asks.

use std::collections::BTreeSet;

use lwm2m::{Path, Value};

use super::state::Device;

impl Device {
    /// Whether every server account is whole, there is one at least, and at most one Bootstrap-Server account.
    pub(crate) fn is_consistent(&self) -> bool {
        let bootstrap: Vec<u16> = self
            .store
            .instances(0)
            .filter(|id| self.is_bootstrap_security(*id))
            .collect();
        let accounts: Vec<u16> = self
            .store
            .instances(0)
            .filter(|id| !bootstrap.contains(id))
            .collect();
        let identities: Vec<Option<i64>> = accounts
            .iter()
            .map(|id| self.number(&[0, *id, 10]))
            .collect();
        let servers: BTreeSet<Option<i64>> = self
            .store
            .instances(1)
            .map(|id| self.number(&[1, id, 0]))
            .collect();
        let distinct: BTreeSet<Option<i64>> = identities.iter().copied().collect();
        bootstrap.len() <= 1
            && !accounts.is_empty()
            && distinct.len() == identities.len()
            && distinct.iter().all(|id| is_short_server_id(*id))
            && distinct == servers
            && servers.len() == self.store.instances(1).count()
            && accounts
                .iter()
                .chain(&bootstrap)
                .all(|id| self.has_uri(*id))
            && self
                .store
                .instances(1)
                .all(|id| self.number(&[1, id, 1]).is_some())
    }

    fn has_uri(&self, id: u16) -> bool {
        let uri = Path::new(&[0, id, 0]).and_then(|path| self.store.value(path));
        matches!(uri, Some(Value::String(uri)) if !uri.is_empty())
    }
}

/// 0 and 65535 name no server (Core TS, E.1).
fn is_short_server_id(id: Option<i64>) -> bool {
    id.is_some_and(|id| (1..=65534).contains(&id))
}
