//! Who may do what: Objects no server may touch, operations of Resources, and the Access Control Object (Core TS, 8).

use coap::Code;
use lwm2m::{Operations, Path, Type, Value, Version};

use super::reply::Refusal;
use super::state::Device;
use crate::data::Resource;

/// An access right, as its bit in the ACL (Core TS, E.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Right {
    Read = 1,
    Write = 2,
    Execute = 4,
    Delete = 8,
    Create = 16,
}

impl Device {
    /// The target of a request: 4.01 if no server may touch its Object, 4.04 if it is not there.
    pub(super) fn target(&self, path: Path) -> Result<(), Refusal> {
        let hidden = path.object().is_some_and(|object| self.is_hidden(object));
        if hidden {
            return Err(Code::UNAUTHORIZED);
        }
        let present = self.store.contains(path);
        present.then_some(()).ok_or(Code::NOT_FOUND)
    }

    /// Objects that only the Bootstrap-Server sees: 0, from 1.1 21, from 1.2 23 (Core TS, 6.3 and 6.4).
    pub(crate) fn is_hidden(&self, object: u16) -> bool {
        match object {
            0 => true,
            21 => self.version >= Version::V1_1,
            23 => self.version >= Version::V1_2,
            _ => false,
        }
    }

    /// What a server may do with the Resource at `path`, or above it.
    pub(crate) fn operations(&self, path: Path) -> Operations {
        if let Some(definition) = self.definition(path) {
            return definition.operations;
        }
        let executable = path
            .prefix(3)
            .is_some_and(|path| self.store.value(path) == Some(&Value::Nothing));
        Operations {
            read: !executable,
            write: !executable,
            execute: executable,
        }
    }

    /// 4.01 unless the server has `right` on the Object Instance of `path`; always fine above it.
    pub(super) fn permit(&self, server: u16, path: Path, right: Right) -> Result<(), Refusal> {
        let (Some(object), Some(instance)) = (path.object(), path.instance()) else {
            return Ok(());
        };
        let permitted = self.rights(server, object, instance) & right as u16 != 0;
        permitted.then_some(()).ok_or(Code::UNAUTHORIZED)
    }

    /// 4.01 unless the server may create instances of `object` (Core TS, 8.2.2).
    pub(super) fn permit_create(&self, server: u16, object: u16) -> Result<(), Refusal> {
        if !self.controls_access() {
            return Ok(());
        }
        let permitted = self.acl_rights(server, object, ANY_INSTANCE) & Right::Create as u16 != 0;
        permitted.then_some(()).ok_or(Code::UNAUTHORIZED)
    }

    /// The rights of a server on an Object Instance (Core TS, 8.1).
    fn rights(&self, server: u16, object: u16, instance: u16) -> u16 {
        if !self.controls_access() {
            return ALL_RIGHTS;
        }
        if object == ACCESS_CONTROL {
            let owner = self.number(&[ACCESS_CONTROL, instance, OWNER]);
            return if owner == Some(server.into()) {
                ALL_RIGHTS
            } else {
                Right::Read as u16
            };
        }
        self.acl_rights(server, object, instance)
    }

    /// Access is controlled once there are several server accounts and the Access Control Object.
    pub(super) fn controls_access(&self) -> bool {
        self.store.supports(ACCESS_CONTROL) && self.store.instances(SERVER).count() > 1
    }

    /// The Access Control Object Instance for an Object Instance, if there is one.
    pub(super) fn access_control(&self, object: u16, instance: u16) -> Option<Path> {
        self.store
            .instances(ACCESS_CONTROL)
            .find(|id| {
                self.number(&[ACCESS_CONTROL, *id, OBJECT_ID]) == Some(object.into())
                    && self.number(&[ACCESS_CONTROL, *id, INSTANCE_ID]) == Some(instance.into())
            })
            .and_then(|id| Path::new(&[ACCESS_CONTROL, id]))
    }

    /// Adds the Access Control Object Instance of a new Object Instance, owned by its creator (Core TS, 8.2.2).
    pub(super) fn own(&mut self, server: u16, object: u16, instance: u16) {
        if !self.controls_access() || object == ACCESS_CONTROL {
            return;
        }
        let Some(id) = (0..u16::MAX).find(|id| !self.has_access_control(*id)) else {
            return;
        };
        let rows = [
            (OBJECT_ID, object),
            (INSTANCE_ID, instance),
            (OWNER, server),
        ];
        for (resource, value) in rows {
            let path = Path::new(&[ACCESS_CONTROL, id, resource]).unwrap_or_default();
            self.store.set(path, Value::Integer(value.into()));
        }
        let acl = Path::new(&[ACCESS_CONTROL, id, ACL, server]).unwrap_or_default();
        self.store.set(acl, self.acl_value(ALL_RIGHTS_BUT_CREATE));
    }

    /// A whole number at a Resource, whatever its type.
    pub(crate) fn number(&self, ids: &[u16]) -> Option<i64> {
        match self.store.value(Path::new(ids)?)? {
            Value::Integer(number) | Value::Time(number) => Some(*number),
            Value::UnsignedInteger(number) => i64::try_from(*number).ok(),
            _ => None,
        }
    }

    /// The truth at a Resource.
    pub(crate) fn truth(&self, ids: &[u16]) -> Option<bool> {
        match self.store.value(Path::new(ids)?)? {
            Value::Boolean(truth) => Some(*truth),
            _ => None,
        }
    }

    fn has_access_control(&self, id: u16) -> bool {
        Path::new(&[ACCESS_CONTROL, id]).is_some_and(|path| self.store.contains(path))
    }

    fn acl_rights(&self, server: u16, object: u16, instance: u16) -> u16 {
        let Some(control) = self.access_control(object, instance) else {
            return 0;
        };
        let id = control.instance().unwrap_or(0);
        let owner = self.number(&[ACCESS_CONTROL, id, OWNER]) == Some(server.into());
        let acl = control
            .child(ACL)
            .and_then(|path| self.store.resource(path));
        let entry = |key: u16| match acl {
            Some(Resource::Multiple(entries)) => entries.get(&key).and_then(bits),
            _ => None,
        };
        match entry(server) {
            Some(rights) => rights,
            None if owner => ALL_RIGHTS,
            None => entry(DEFAULT_ENTRY).unwrap_or(0),
        }
    }

    fn acl_value(&self, rights: u16) -> Value {
        match self
            .registry
            .resource(ACCESS_CONTROL, ACL)
            .map(|acl| acl.value_type)
        {
            Some(Type::UnsignedInteger) => Value::UnsignedInteger(rights.into()),
            _ => Value::Integer(rights.into()),
        }
    }
}

fn bits(value: &Value) -> Option<u16> {
    match value {
        Value::Integer(number) => u16::try_from(*number).ok(),
        Value::UnsignedInteger(number) => u16::try_from(*number).ok(),
        _ => None,
    }
}

/// LwM2M Server Object (Core TS, E.2).
const SERVER: u16 = 1;
/// LwM2M Access Control Object (Core TS, E.3) and its Resources.
const ACCESS_CONTROL: u16 = 2;
const OBJECT_ID: u16 = 0;
const INSTANCE_ID: u16 = 1;
const ACL: u16 = 2;
const OWNER: u16 = 3;
/// The ACL entry for servers without one of their own (Core TS, 8.1).
const DEFAULT_ENTRY: u16 = 0;
/// Object Instance ID of an entry that grants Create (Core TS, 8.2.2).
const ANY_INSTANCE: u16 = 65535;
const ALL_RIGHTS: u16 = 31;
const ALL_RIGHTS_BUT_CREATE: u16 = 15;
