//! The Connectivity Statistics Object (Core TS, E.8): counters that run between Start and Stop.
//!
//! The device is taken to have traffic of its own, as steady as a clock, so that there is something to count.

use std::time::Duration;

use coap::Time;
use lwm2m::{Path, Value};

use super::state::Device;

/// A collection under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Collection {
    instance: u16,
    since: Time,
    /// When the Collection Period is over, if there is one.
    until: Option<Time>,
}

impl Device {
    /// Start: the counters begin anew, for as long as the Collection Period says.
    pub(super) fn start_collection(&mut self, now: Time, instance: u16) {
        let period = self.number(&[STATISTICS, instance, COLLECTION_PERIOD]);
        let period = period.and_then(|seconds| u64::try_from(seconds).ok());
        let period = period.filter(|seconds| *seconds > 0);
        self.collection = Some(Collection {
            instance,
            since: now,
            until: period.map(|seconds| now + Duration::from_secs(seconds)),
        });
        self.count(instance, 0);
    }

    /// Stop: the counters keep what they have.
    pub(super) fn stop_collection(&mut self, now: Time) {
        self.collect(now);
        self.collection = None;
    }

    /// Brings the counters up to `now`.
    pub(crate) fn collect(&mut self, now: Time) {
        let Some(collection) = self.collection else {
            return;
        };
        let end = collection.until.map_or(now, |until| until.min(now));
        self.count(collection.instance, end.since(collection.since).as_secs());
        if collection.until.is_some_and(|until| until <= now) {
            self.collection = None;
        }
    }

    /// The Object Instance whose counters run.
    pub(crate) fn collecting(&self) -> Option<Path> {
        let collection = self.collection?;
        Path::new(&[STATISTICS, collection.instance])
    }

    /// The counters after so many seconds; what the device does not have stays away.
    fn count(&mut self, instance: u16, seconds: u64) {
        for (resource, each_second, at_most) in COUNTERS {
            let path = Path::new(&[STATISTICS, instance, *resource]);
            let Some(path) = path.filter(|path| self.store.contains(*path)) else {
                continue;
            };
            let count = seconds.saturating_mul(*each_second).min(*at_most);
            self.configure(
                path,
                Value::Integer(i64::try_from(count).unwrap_or(i64::MAX)),
            );
        }
    }
}

/// Connectivity Statistics Object and its Resources (Core TS, E.8).
const STATISTICS: u16 = 7;
const COLLECTION_PERIOD: u16 = 8;

/// SMS sent and received, kilobytes sent and received, largest and usual message: Resource, growth a second, limit.
const COUNTERS: &[(u16, u64, u64)] = &[
    (0, 0, 0),
    (1, 0, 0),
    (2, 1, u64::MAX),
    (3, 2, u64::MAX),
    (4, 1024, 1024),
    (5, 512, 512),
];

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use lwm2m::{Registry, Version};

    use super::*;
    use crate::device::Formats;

    fn at(second: u64) -> Time {
        Time::ZERO + Duration::from_secs(second)
    }

    fn device(period: i64) -> Device {
        let registry = Arc::new(Registry::builtin(Version::V1_1));
        let mut device = Device::new(registry, Version::V1_1, Formats::of_version(Version::V1_1));
        for resource in [2, 3, COLLECTION_PERIOD] {
            let value = if resource == COLLECTION_PERIOD {
                period
            } else {
                9
            };
            let path = Path::new(&[STATISTICS, 0, resource]).unwrap();
            device.configure(path, Value::Integer(value));
        }
        device
    }

    fn counters(device: &Device) -> [Option<i64>; 2] {
        [2, 3].map(|resource| device.number(&[STATISTICS, 0, resource]))
    }

    #[test]
    fn counts_between_start_and_stop() {
        let mut device = device(0);
        device.start_collection(at(1), 0);
        assert_eq!(counters(&device), [Some(0), Some(0)]);
        device.collect(at(4));
        assert_eq!(counters(&device), [Some(3), Some(6)]);
        device.stop_collection(at(5));
        device.collect(at(9));
        assert_eq!(counters(&device), [Some(4), Some(8)]);
        assert_eq!(device.number(&[STATISTICS, 0, 0]), None);
    }

    #[test]
    fn stops_when_the_period_is_over() {
        let mut device = device(3);
        device.start_collection(at(0), 0);
        device.collect(at(7));
        assert_eq!(counters(&device), [Some(3), Some(6)]);
        assert_eq!(device.collecting(), None);
    }
}
