//! A value that moves by itself, so that notifications have a reason; a function of time alone, hence repeatable.

use std::time::Duration;

use coap::Time;
use lwm2m::{Path, Value};

/// A Resource whose values move around what they were at first.
#[derive(Clone, Debug, PartialEq)]
pub struct Varying {
    /// The Resource or Resource Instance.
    pub path: Path,
    /// The value that it moves around.
    pub base: Value,
}

impl Varying {
    /// The value at `now`, told from the time passed since `start`.
    ///
    /// Numbers climb for seven ticks and fall for seven, by a twentieth of the base value or by one; so the periods that cases
    /// like best, of five and ten seconds, never meet the same value again and again.
    pub fn at(&self, start: Time, now: Time) -> Value {
        let ticks = ticks(start, now);
        let phase = ticks % (2 * CLIMB);
        let climb = if phase > CLIMB {
            2 * CLIMB - phase
        } else {
            phase
        };
        match &self.base {
            Value::Integer(base) => {
                let step = (base / 20).saturating_abs().max(1);
                Value::Integer(base.saturating_add(step.saturating_mul(climb as i64)))
            }
            Value::UnsignedInteger(base) => Value::UnsignedInteger(
                base.saturating_add((base / 20).max(1).saturating_mul(climb)),
            ),
            Value::Float(base) => {
                let step = if *base == 0.0 {
                    1.0
                } else {
                    (base / 20.0).abs()
                };
                Value::Float(base + step * climb as f64)
            }
            Value::Time(base) => {
                let seconds = now.since(start).as_secs();
                Value::Time(base.saturating_add(i64::try_from(seconds).unwrap_or(i64::MAX)))
            }
            Value::Boolean(base) => Value::Boolean(base ^ (ticks % 2 == 1)),
            Value::String(base) if climb > 0 => Value::String(format!("{base} {climb}")),
            other => other.clone(),
        }
    }

    /// When the value moves next after `now`.
    pub fn next(start: Time, now: Time) -> Time {
        start + PERIOD.saturating_mul(u32::try_from(ticks(start, now) + 1).unwrap_or(u32::MAX))
    }
}

fn ticks(start: Time, now: Time) -> u64 {
    now.since(start).as_secs() / PERIOD.as_secs()
}

/// Ticks for which a number climbs before it falls.
const CLIMB: u64 = 7;
/// How often values move.
const PERIOD: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use super::*;

    fn values(base: Value, seconds: &[u64]) -> Vec<Value> {
        let path = "/3/0/7/0".parse().unwrap();
        let varying = Varying { path, base };
        let at = |second: &u64| Time::ZERO + Duration::from_secs(*second);
        seconds
            .iter()
            .map(|second| varying.at(Time::ZERO, at(second)))
            .collect()
    }

    #[test]
    fn climbs_and_falls() {
        let integers = values(Value::Integer(3800), &[0, 1, 7, 8, 13, 14]);
        let wanted = [3800, 3990, 5130, 4940, 3990, 3800].map(Value::Integer);
        assert_eq!(integers, wanted);
    }

    #[test]
    fn differs_from_second_to_second() {
        for base in [
            Value::Integer(0),
            Value::Float(0.5),
            Value::Boolean(false),
            Value::Time(7),
        ] {
            let moved = values(base, &[0, 1, 2, 3]);
            assert!(moved.windows(2).all(|pair| pair[0] != pair[1]), "{moved:?}");
        }
    }

    #[test]
    fn tells_when_it_moves_next() {
        let start = Time::from_nanos(500);
        assert_eq!(Varying::next(start, start), start + Duration::from_secs(1));
        let later = start + Duration::from_millis(3700);
        assert_eq!(Varying::next(start, later), start + Duration::from_secs(4));
    }
}
