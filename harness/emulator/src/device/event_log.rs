//! The Event Log Object (registry, Object 20): the log is started and stopped, and kept until it is started anew.

use lwm2m::{Path, Value};

use super::state::Device;

impl Device {
    /// LogStart: what was logged goes, and the log runs.
    pub(super) fn start_log(&mut self, instance: u16) {
        let status = self.number(&[LOG, instance, STATUS]).unwrap_or(0);
        self.set_log(instance, status & !(STOPPED | READABLE), Vec::new());
    }

    /// LogStop: the log can be read.
    pub(super) fn stop_log(&mut self, instance: u16) {
        let status = self.number(&[LOG, instance, STATUS]).unwrap_or(0);
        self.set_log(instance, status | STOPPED | READABLE, b"stop".to_vec());
    }

    fn set_log(&mut self, instance: u16, status: i64, data: Vec<u8>) {
        let values = [
            (STATUS, Value::Integer(status)),
            (DATA, Value::Opaque(data)),
        ];
        for (resource, value) in values {
            let path = Path::new(&[LOG, instance, resource]);
            if let Some(path) = path.filter(|path| self.store.contains(*path)) {
                self.configure(path, value);
            }
        }
    }
}

/// Event Log Object and its Resources.
const LOG: u16 = 20;
const STATUS: u16 = 4013;
const DATA: u16 = 4014;

/// Bits of LogStatus.
const STOPPED: i64 = 1;
const READABLE: i64 = 2;
