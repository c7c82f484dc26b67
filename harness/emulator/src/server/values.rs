//! The values that a server was told last, and by what.

use std::collections::BTreeMap;

use coap::{ContentFormat, Time};
use lwm2m::{Path, Types, Value};

/// What told a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The answer to a Read, Read-Composite, Observe or Cancel Observation.
    Answer,
    /// A notification.
    Notification,
    /// A Send.
    Send,
}

/// A value as it was told last.
#[derive(Clone, Debug, PartialEq)]
pub struct KnownValue {
    /// The value.
    pub value: Value,
    /// What told it.
    pub source: Source,
    /// When it came.
    pub at: Time,
}

/// The values of one client, by path.
#[derive(Clone, Debug, Default)]
pub(super) struct KnownValues {
    values: BTreeMap<Path, KnownValue>,
}

impl KnownValues {
    /// Takes over what a payload says; one that cannot be read says nothing.
    pub(super) fn take(
        &mut self,
        (format, payload): (ContentFormat, &[u8]),
        base: Path,
        types: &dyn Types,
        (source, at): (Source, Time),
    ) {
        let Ok(decoded) = lwm2m::codec::decode(format, payload, &base, types) else {
            return;
        };
        // What was below the target before and is not told any more is gone.
        if base.depth() > 0 {
            self.values.retain(|path, _| !base.contains(path));
        }
        for node in decoded.nodes {
            if self.values.len() < MOST_VALUES || self.values.contains_key(&node.path) {
                let value = node.value;
                self.values
                    .insert(node.path, KnownValue { value, source, at });
            }
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (Path, &KnownValue)> {
        self.values.iter().map(|(path, value)| (*path, value))
    }
}

/// More values than that of one client are not kept.
const MOST_VALUES: usize = 65_536;
