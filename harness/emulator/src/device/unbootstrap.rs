//! What goes with a server account that a Bootstrap-Server deletes (Transport TS, 5.2.5, since 1.1).

use lwm2m::{Path, Value};

use super::state::Device;
use crate::data::Resource;

impl Device {
    /// Removes what only `server` could reach, its rights, attributes, observations and its Server Object Instance.
    pub(super) fn forget_server(&mut self, server: u16) {
        let controls: Vec<u16> = self.store.instances(ACCESS_CONTROL).collect();
        for id in controls {
            self.forget_rights(id, server);
        }
        self.observers.retain(|observer| observer.server != server);
        self.attributes.remove(&server);
        let accounts: Vec<u16> = self.store.instances(SERVER).collect();
        for id in accounts {
            if self.number(&[SERVER, id, 0]) == Some(server.into()) {
                self.forget(Path::object_instance(SERVER, id));
            }
        }
    }

    /// Takes the entry of `server` out of one Access Control Object Instance, and gives what it owned to another.
    fn forget_rights(&mut self, id: u16, server: u16) {
        let control = Path::object_instance(ACCESS_CONTROL, id);
        let owned = self.number(&[ACCESS_CONTROL, id, OWNER]) == Some(server.into());
        let entries = self.entries(control);
        let others = entries.iter().filter(|(entry, _)| *entry != server);
        let heir = others.clone().filter(|(entry, _)| *entry != DEFAULT_ENTRY);
        let heir = heir.max_by_key(|(_, rights)| (rights & WRITE_AND_DELETE).count_ones());
        match (owned, heir) {
            (true, None) if others.count() == 0 => {
                if let Some(target) = self.controlled(id) {
                    self.forget(target);
                }
                self.forget(control);
                return;
            }
            (true, Some((heir, _))) => {
                let owner = control.child(OWNER).unwrap_or(control);
                self.store.set(owner, Value::Integer((*heir).into()));
            }
            _ => {}
        }
        if let Some(entry) = control.child(ACL).and_then(|acl| acl.child(server)) {
            self.store.remove(entry);
        }
    }

    /// The entries of an Access Control Object Instance: Short Server ID and rights.
    fn entries(&self, control: Path) -> Vec<(u16, i64)> {
        let acl = control.child(ACL).unwrap_or(control);
        let Some(Resource::Multiple(values)) = self.store.resource(acl) else {
            return Vec::new();
        };
        let rights = |value: &Value| match value {
            Value::Integer(rights) => *rights,
            Value::UnsignedInteger(rights) => i64::try_from(*rights).unwrap_or(0),
            _ => 0,
        };
        values
            .iter()
            .map(|(id, value)| (*id, rights(value)))
            .collect()
    }

    /// The Object Instance that an Access Control Object Instance is about.
    fn controlled(&self, id: u16) -> Option<Path> {
        let part = |resource| u16::try_from(self.number(&[ACCESS_CONTROL, id, resource])?).ok();
        Some(Path::object_instance(part(0)?, part(1)?))
    }
}

/// LwM2M Server Object (Core TS, E.2).
const SERVER: u16 = 1;
/// LwM2M Access Control Object (Core TS, E.3) and its Resources.
const ACCESS_CONTROL: u16 = 2;
const ACL: u16 = 2;
const OWNER: u16 = 3;
/// The ACL entry for servers without one of their own (Core TS, 8.1).
const DEFAULT_ENTRY: u16 = 0;
/// The rights that count where an owner is looked for.
const WRITE_AND_DELETE: i64 = 0b1010;
