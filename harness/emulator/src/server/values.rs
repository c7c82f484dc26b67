//! The values that a server was told last, and by what.

use std::collections::BTreeMap;

use coap::{ContentFormat, Time};
use lwm2m::{Node, Path, Type, Types, Value};

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
    /// Takes over what a payload says, but for values of a wrong type; one that cannot be read says nothing.
    pub(super) fn take(
        &mut self,
        content: (ContentFormat, &[u8]),
        base: Path,
        types: &dyn Types,
        told: (Source, Time),
    ) {
        self.take_those(content, base, types, told, &|node| fits(node, types));
    }

    /// The same with values of any type.
    pub(super) fn take_any(
        &mut self,
        content: (ContentFormat, &[u8]),
        base: Path,
        types: &dyn Types,
        told: (Source, Time),
    ) {
        self.take_those(content, base, types, told, &|_| true);
    }

    fn take_those(
        &mut self,
        (format, payload): (ContentFormat, &[u8]),
        base: Path,
        types: &dyn Types,
        (source, at): (Source, Time),
        taken: &dyn Fn(&Node) -> bool,
    ) {
        let Ok(decoded) = lwm2m::codec::decode(format, payload, &base, types) else {
            return;
        };
        // What was below the target before and is not told any more is gone.
        if base.depth() > 0 {
            self.values.retain(|path, _| !base.contains(path));
        }
        for node in decoded.nodes.into_iter().filter(|node| taken(node)) {
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

/// Whether a value has the type that its Resource is defined with (Core TS, 7.1); what nobody defines has any.
fn fits(node: &Node, types: &dyn Types) -> bool {
    let known = match (node.path.object(), node.path.resource()) {
        (Some(object), Some(resource)) => types.resource(object, resource),
        _ => None,
    };
    match (known, &node.value) {
        (None, _) | (_, Value::Nothing) => true,
        (Some(known), value) => {
            known.value_type == Type::None || value.to_type(known.value_type).is_some()
        }
    }
}

/// More values than that of one client are not kept.
const MOST_VALUES: usize = 65_536;

#[cfg(test)]
mod tests {
    use super::*;
    use lwm2m::{Registry, Version};

    #[test]
    fn takes_no_value_of_another_type() {
        let types = Registry::builtin(Version::V1_1);
        for (path, format, payload, taken) in [
            ("/1/0/1", ContentFormat::TEXT, &b"soon"[..], None),
            (
                "/1/0/1",
                ContentFormat::TEXT,
                b"60",
                Some(Value::Integer(60)),
            ),
            (
                "/9000/0/1",
                ContentFormat::TEXT,
                b"any",
                Some(Value::Untyped(b"any".to_vec())),
            ),
        ] {
            let path: Path = path.parse().unwrap();
            let mut known = KnownValues::default();
            known.take(
                (format, payload),
                path,
                &types,
                (Source::Answer, Time::ZERO),
            );
            let found = known.iter().next().map(|(_, known)| known.value.clone());
            assert_eq!(found, taken, "{path}");
        }
    }
}
