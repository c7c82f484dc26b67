//! The Firmware Update Object's states (Core TS, E.6.1): idle, downloading, downloaded, updating.

use lwm2m::{Path, Type, Value};

use super::reply::Effect;
use super::state::Device;
use crate::firmware::{Image, ImageError};

/// What a device is short of, so that no image finds room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shortage {
    /// Flash memory for the package.
    Storage,
    /// RAM while it downloads.
    Memory,
}

/// How a download ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fetched {
    /// With a body.
    Whole(Vec<u8>),
    /// The connection was lost.
    Lost,
    /// Nothing stands behind the URI.
    NoSuchFile,
    /// The URI's scheme is unknown here.
    NoSuchProtocol,
}

impl Device {
    /// Gives every instance that tells neither State nor Result those of the beginning.
    pub(crate) fn begin_firmware(&mut self) {
        let instances: Vec<u16> = self.store.instances(FIRMWARE).collect();
        for instance in instances {
            if self.firmware_state(instance).is_none() {
                self.set_firmware(instance, IDLE, INITIAL);
            }
        }
    }

    /// Follows a Write of Package or Package URI; an empty one, or a single NUL, resets the state.
    pub(super) fn take_package(&mut self, path: Path) {
        let [FIRMWARE, instance, resource @ (PACKAGE | PACKAGE_URI)] = *path.ids() else {
            return;
        };
        let value = self.store.value(path).cloned();
        self.effects.push(Effect::EndDownload { instance });
        match value {
            Some(Value::Opaque(bytes)) if resource == PACKAGE => {
                // Nobody can read the package, so it need not be kept.
                self.store.set(path, Value::Opaque(Vec::new()));
                self.take_image(instance, &bytes);
            }
            Some(Value::String(uri)) if uri.is_empty() => self.reset_firmware(instance),
            Some(Value::String(uri)) => {
                self.images.remove(&instance);
                self.set_firmware(instance, DOWNLOADING, INITIAL);
                self.effects.push(Effect::Download { instance, uri });
            }
            _ => {}
        }
    }

    /// Whether an Execute may go on: /5/x/2 only with a downloaded package.
    pub(super) fn may_update_firmware(&self, path: Path) -> bool {
        match *path.ids() {
            [FIRMWARE, instance, UPDATE] => self.firmware_state(instance) == Some(DOWNLOADED),
            _ => true,
        }
    }

    /// Whether a Write may go on: none of Package or Package URI while an update runs (Core TS, E.6.1).
    pub(super) fn may_write_firmware(&self, path: Path) -> bool {
        match *path.ids() {
            [FIRMWARE, instance, PACKAGE | PACKAGE_URI] => {
                self.firmware_state(instance) != Some(UPDATING)
            }
            _ => true,
        }
    }

    /// Begins the update; the device reboots into it.
    pub(super) fn update_firmware(&mut self, instance: u16) {
        self.set_firmware(instance, UPDATING, INITIAL);
    }

    /// Ends a download.
    pub(crate) fn finish_download(&mut self, instance: u16, fetched: &Fetched) {
        match fetched {
            Fetched::Whole(bytes) => self.take_image(instance, bytes),
            Fetched::Lost => self.set_firmware(instance, IDLE, CONNECTION_LOST),
            Fetched::NoSuchFile => self.set_firmware(instance, IDLE, BAD_URI),
            Fetched::NoSuchProtocol => self.set_firmware(instance, IDLE, UNSUPPORTED_PROTOCOL),
        }
    }

    /// Ends what was under way when the device went down: an update is done, a download lost.
    pub(crate) fn finish_firmware(&mut self) {
        let instances: Vec<u16> = self.store.instances(FIRMWARE).collect();
        for instance in instances {
            match self.firmware_state(instance) {
                Some(UPDATING) => self.install(instance),
                Some(DOWNLOADING) => self.set_firmware(instance, IDLE, CONNECTION_LOST),
                _ => {}
            }
        }
    }

    /// Installs the image that was downloaded; one that cannot be installed stays downloaded (Core TS, E.6.1).
    fn install(&mut self, instance: u16) {
        match self.images.get(&instance).cloned() {
            Some(image) if image.installs => {
                self.images.remove(&instance);
                self.set_firmware(instance, IDLE, UPDATED);
                let version = Path::new(&[3, 0, 3]).filter(|path| self.store.contains(*path));
                if let Some(path) = version {
                    self.store.set(path, Value::String(image.version));
                }
            }
            _ => self.set_firmware(instance, DOWNLOADED, UPDATE_FAILED),
        }
    }

    fn take_image(&mut self, instance: u16, bytes: &[u8]) {
        if bytes.is_empty() || bytes == [0] {
            return self.reset_firmware(instance);
        }
        self.images.remove(&instance);
        let result = match (self.shortage, Image::decode(bytes)) {
            (Some(Shortage::Storage), _) => NO_STORAGE,
            (Some(Shortage::Memory), _) => NO_MEMORY,
            (None, Err(ImageError::Damaged)) => DAMAGED,
            (None, Err(ImageError::Foreign)) => UNSUPPORTED_TYPE,
            (None, Ok(image)) => {
                self.images.insert(instance, image);
                return self.set_firmware(instance, DOWNLOADED, INITIAL);
            }
        };
        self.set_firmware(instance, IDLE, result);
    }

    fn reset_firmware(&mut self, instance: u16) {
        self.images.remove(&instance);
        self.set_firmware(instance, IDLE, INITIAL);
    }

    /// Whether a package is being fetched for this instance.
    pub(crate) fn is_downloading(&self, instance: u16) -> bool {
        self.firmware_state(instance) == Some(DOWNLOADING)
    }

    fn firmware_state(&self, instance: u16) -> Option<i64> {
        self.number(&[FIRMWARE, instance, STATE])
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
const NO_STORAGE: i64 = 2;
const NO_MEMORY: i64 = 3;
const CONNECTION_LOST: i64 = 4;
const DAMAGED: i64 = 5;
const UNSUPPORTED_TYPE: i64 = 6;
const BAD_URI: i64 = 7;
const UPDATE_FAILED: i64 = 8;
const UNSUPPORTED_PROTOCOL: i64 = 9;
