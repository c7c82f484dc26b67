//! The Firmware Update Object's states (Core TS, E.6): idle, downloading, downloaded, updating.
//!
//! A package is never looked into; every one is taken for a good one.

use lwm2m::{Path, Type, Value};

use super::reply::Effect;
use super::state::Device;

impl Device {
    /// Follows a Write of Package or Package URI; an empty one, or a single NUL, resets the state.
    pub(super) fn take_package(&mut self, path: Path) {
        let [FIRMWARE, instance, resource @ (PACKAGE | PACKAGE_URI)] = *path.ids() else {
            return;
        };
        let value = self.store.value(path).cloned();
        match value {
            Some(Value::Opaque(bytes)) if resource == PACKAGE => {
                let reset = bytes.is_empty() || bytes == [0];
                // Nobody can read the package, so it need not be kept.
                self.store.set(path, Value::Opaque(Vec::new()));
                self.set_firmware(instance, if reset { IDLE } else { DOWNLOADED }, INITIAL);
            }
            Some(Value::String(uri)) if uri.is_empty() => {
                self.set_firmware(instance, IDLE, INITIAL)
            }
            Some(Value::String(uri)) if uri.contains("://") => {
                self.set_firmware(instance, DOWNLOADING, INITIAL);
                self.effects.push(Effect::Download { instance, uri });
            }
            Some(Value::String(_)) => self.set_firmware(instance, IDLE, BAD_URI),
            _ => {}
        }
    }

    /// Whether an Execute may go on: /5/x/2 only with a downloaded package.
    pub(super) fn may_update_firmware(&self, path: Path) -> bool {
        match *path.ids() {
            [FIRMWARE, instance, UPDATE] => {
                self.number(&[FIRMWARE, instance, STATE]) == Some(DOWNLOADED)
            }
            _ => true,
        }
    }

    /// Begins the update; the device reboots into it.
    pub(super) fn update_firmware(&mut self, instance: u16) {
        self.set_firmware(instance, UPDATING, INITIAL);
    }

    /// Ends a download.
    pub(crate) fn finish_download(&mut self, instance: u16, complete: bool) {
        match complete {
            true => self.set_firmware(instance, DOWNLOADED, INITIAL),
            false => self.set_firmware(instance, IDLE, BAD_URI),
        }
    }

    /// Ends an update that was under way when the device went down; its firmware is `version` from now on.
    pub(crate) fn finish_firmware(&mut self, version: &str) {
        let instances: Vec<u16> = self.store.instances(FIRMWARE).collect();
        for instance in instances {
            if self.number(&[FIRMWARE, instance, STATE]) != Some(UPDATING) {
                continue;
            }
            self.set_firmware(instance, IDLE, UPDATED);
            if let Some(path) = Path::new(&[3, 0, 3]).filter(|path| self.store.contains(*path)) {
                self.store.set(path, Value::String(version.to_owned()));
            }
        }
    }

    fn set_firmware(&mut self, instance: u16, state: i64, result: i64) {
        for (resource, number) in [(STATE, state), (RESULT, result)] {
            let kind = self
                .registry
                .resource(FIRMWARE, resource)
                .map(|known| known.value_type);
            let value = match (kind, u64::try_from(number)) {
                (Some(Type::UnsignedInteger), Ok(number)) => Value::UnsignedInteger(number),
                _ => Value::Integer(number),
            };
            if let Some(path) = Path::new(&[FIRMWARE, instance, resource]) {
                self.store.set(path, value);
            }
        }
    }
}

/// Firmware Update Object and its Resources (Core TS, E.6).
const FIRMWARE: u16 = 5;
const PACKAGE: u16 = 0;
const PACKAGE_URI: u16 = 1;
const UPDATE: u16 = 2;
const STATE: u16 = 3;
const RESULT: u16 = 5;

/// Values of State.
const IDLE: i64 = 0;
const DOWNLOADING: i64 = 1;
const DOWNLOADED: i64 = 2;
const UPDATING: i64 = 3;

/// Values of Update Result.
const INITIAL: i64 = 0;
const UPDATED: i64 = 1;
const BAD_URI: i64 = 7;
