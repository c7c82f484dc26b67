//! Delete (Core TS, 6.3.7).

use coap::Code;
use lwm2m::{Path, Version};

use super::reply::{Refusal, Reply};
use super::request::Request;
use super::rights::Right;
use super::state::{Asker, Device};
use crate::data::Resource;

impl Device {
    /// Answers a Delete of an Object Instance or, from 1.1, of a Resource Instance.
    pub(super) fn delete(&mut self, asker: Asker, request: &Request<'_>) -> Result<Reply, Refusal> {
        let path = request.path;
        self.target(path)?;
        match path.depth() {
            2 => self.delete_instance(asker, path)?,
            4 if self.version >= Version::V1_1 => self.delete_resource_instance(asker, path)?,
            _ => return Err(Code::METHOD_NOT_ALLOWED),
        }
        Ok(Reply::code(Code::DELETED))
    }

    fn delete_instance(&mut self, asker: Asker, path: Path) -> Result<(), Refusal> {
        let object = path.object().unwrap_or(0);
        if NOT_DELETED.contains(&object) {
            return Err(Code::METHOD_NOT_ALLOWED);
        }
        self.permit(asker.server, path, Right::Delete)?;
        let control = path
            .instance()
            .and_then(|instance| self.access_control(object, instance));
        if let Some(control) = control.filter(|_| self.controls_access()) {
            self.store.remove(control);
        }
        self.forget(path);
        Ok(())
    }

    fn delete_resource_instance(&mut self, asker: Asker, path: Path) -> Result<(), Refusal> {
        self.permit(asker.server, path, Right::Write)?;
        let only = match path.parent().and_then(|above| self.store.resource(above)) {
            Some(Resource::Multiple(values)) => values.len() == 1,
            _ => return Err(Code::METHOD_NOT_ALLOWED),
        };
        let mandatory = self
            .definition(path)
            .is_some_and(|definition| definition.mandatory);
        if !self.operations(path).write || (only && mandatory) {
            return Err(Code::METHOD_NOT_ALLOWED);
        }
        self.forget(path);
        Ok(())
    }

    /// Removes what stands at `path` with its attributes.
    pub(super) fn forget(&mut self, path: Path) {
        self.store.remove(path);
        self.attributes
            .values_mut()
            .for_each(|table| table.forget(path));
        self.follow_connectivity(path);
    }
}

/// The account of the asking server, access rights and the Device Object stay (Core TS, 6.3.7).
const NOT_DELETED: [u16; 3] = [1, 2, 3];
