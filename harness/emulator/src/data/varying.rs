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
    /// What it was last moved to, and since when that base holds if not from the start.
    moved: Option<(Value, Option<Time>)>,
}

impl Varying {
    /// A Resource that moves around `base`.
    pub const fn new(path: Path, base: Value) -> Self {
        Self {
            path,
            base,
            moved: None,
        }
    }

    /// The value at `now`; if somebody wrote another one than it was moved to, it moves around that from now on.
    pub fn follow(&mut self, start: Time, now: Time, held: &Value) -> Value {
        let (shown, mut since) = match self.moved.take() {
            Some((shown, since)) => (Some(shown), since),
            None => (None, None),
        };
        if shown.is_some_and(|shown| shown != *held) {
            self.base = held.clone();
            since = Some(now);
        }
        let value = self.at(since.unwrap_or(start), now);
        self.moved = Some((value.clone(), since));
        value
    }

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
            Value::Opaque(base) if climb > 0 => {
                let last = u8::try_from(climb).unwrap_or(u8::MAX);
                Value::Opaque(base.iter().copied().chain([last]).collect())
            }
            Value::String(base) if climb > 0 => Value::String(format!("{base} {climb}")),
            other => other.clone(),
        }
    }

    /// Moves around `value` from `now` on, since somebody wrote it; a clock goes on from there.
    pub fn rebase(&mut self, start: Time, now: Time, value: &Value) {
        self.base = match value {
            Value::Time(written) => {
                let passed = i64::try_from(now.since(start).as_secs()).unwrap_or(i64::MAX);
                Value::Time(written.saturating_sub(passed))
            }
            other => other.clone(),
        };
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
        let varying = Varying::new(path, base);
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
            Value::Opaque(vec![1]),
            Value::Time(7),
        ] {
            let moved = values(base, &[0, 1, 2, 3]);
            assert!(moved.windows(2).all(|pair| pair[0] != pair[1]), "{moved:?}");
        }
    }

    #[test]
    fn moves_around_what_was_written() {
        let at = |second| Time::ZERO + Duration::from_secs(second);
        let mut varying = Varying::new("/3/0/13".parse().unwrap(), Value::Time(100));
        let mut held = Value::Time(100);
        for (second, written, wanted) in [
            (0, None, 100),
            (3, None, 103),
            (4, Some(7), 7),
            (6, None, 9),
        ] {
            held = written.map_or(held, Value::Time);
            held = varying.follow(Time::ZERO, at(second), &held);
            assert_eq!(held, Value::Time(wanted), "{second}");
        }
    }

    #[test]
    fn tells_when_it_moves_next() {
        let start = Time::from_nanos(500);
        assert_eq!(Varying::next(start, start), start + Duration::from_secs(1));
        let later = start + Duration::from_millis(3700);
        assert_eq!(Varying::next(start, later), start + Duration::from_secs(4));
    }

    #[test]
    fn a_clock_that_was_set_goes_on_from_there() {
        let path = "/3/0/13".parse().unwrap();
        let base = Value::Time(1_000);
        let mut varying = Varying::new(path, base);
        let at = |second: u64| Time::ZERO + Duration::from_secs(second);
        varying.rebase(Time::ZERO, at(5), &Value::Time(0));
        assert_eq!(varying.at(Time::ZERO, at(7)), Value::Time(2));
        varying.rebase(Time::ZERO, at(5), &Value::Integer(40));
        assert_eq!(varying.base, Value::Integer(40));
    }
}
