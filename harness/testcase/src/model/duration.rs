//! Durations as cases write them: `100ms`, `5s`, `2min`, `24h`.

use std::time::Duration;

/// The duration that `text` names; the unit is required.
pub fn parse(text: &str) -> Option<Duration> {
    let split = text.find(|c: char| !c.is_ascii_digit() && c != '.')?;
    let (number, unit) = text.split_at_checked(split)?;
    let unit = UNITS.iter().find(|(name, _)| *name == unit)?.1;
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() || number.ends_with('.') || fraction.len() > 6 {
        return None;
    }
    let whole = whole.parse::<u64>().ok()?.checked_mul(unit)?;
    let scale = 10u64.checked_pow(u32::try_from(fraction.len()).ok()?)?;
    let part = match fraction {
        "" => 0,
        digits => digits.parse::<u64>().ok()?.checked_mul(unit)?,
    };
    let nanos = whole
        .checked_mul(1_000_000)?
        .checked_add(part.checked_mul(1_000_000)? / scale)?;
    Some(Duration::from_nanos(nanos))
}

/// A duration in the largest unit that leaves no fraction.
pub fn format(duration: Duration) -> String {
    let millis = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    UNITS
        .iter()
        .rev()
        .filter(|(name, _)| *name != "m")
        .find(|(_, unit)| millis != 0 && millis % unit == 0)
        .map_or_else(
            || "0s".to_owned(),
            |(name, unit)| format!("{}{name}", millis / unit),
        )
}

/// Units with their milliseconds, in ascending order.
const UNITS: &[(&str, u64)] = &[
    ("ms", 1),
    ("s", 1_000),
    ("m", 60_000),
    ("min", 60_000),
    ("h", 3_600_000),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_need_a_number_and_a_unit() {
        for (text, millis) in [
            ("0s", 0),
            ("100ms", 100),
            ("5s", 5_000),
            ("1.5s", 1_500),
            ("2m", 120_000),
            ("2min", 120_000),
            ("24h", 86_400_000),
        ] {
            assert_eq!(parse(text), Some(Duration::from_millis(millis)), "{text}");
        }
        for text in [
            "",
            "5",
            "s",
            "5 s",
            "5sec",
            ".5s",
            "5.s",
            "-1s",
            "1.1.1s",
            "99999999999999999999h",
            "5é",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_duration_reads_as_it_is_written() {
        for text in ["100ms", "5s", "2min", "24h", "90s", "1500ms"] {
            assert_eq!(parse(text).map(format).as_deref(), Some(text));
        }
        assert_eq!(format(Duration::ZERO), "0s");
    }
}
