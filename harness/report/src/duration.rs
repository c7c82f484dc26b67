//! Durations in words and RFC 3339 instants as people write them.

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// Seven characters of seconds for a verdict line: ` 0.062s`, `10.031s`, `1234.6s`.
pub fn seconds(nanoseconds: u64) -> String {
    let seconds = in_seconds(nanoseconds);
    match seconds {
        s if s < 99.9995 => format!("{s:6.3}s"),
        s if s < 999.995 => format!("{s:6.2}s"),
        s if s < 9999.95 => format!("{s:6.1}s"),
        s => format!("{s:6.0}s"),
    }
}

/// A duration for prose: `0.4 ms`, `41.2s`, `2m 05s`, `3h 00m`.
pub fn brief(nanoseconds: u64) -> String {
    let seconds = in_seconds(nanoseconds);
    let whole = nanoseconds.saturating_add(HALF_SECOND) / SECOND;
    match whole {
        0..=1 if nanoseconds < TEN_MILLISECONDS => format!("{:.1}ms", seconds * 1000.0),
        0..=1 if nanoseconds.saturating_add(HALF_MILLISECOND) < SECOND => {
            format!("{:.0}ms", seconds * 1000.0)
        }
        0..60 => format!("{seconds:.1}s"),
        60..3600 => format!("{}m {:02}s", whole / 60, whole % 60),
        _ => format!("{}h {:02}m", whole / 3600, whole % 3600 / 60),
    }
}

/// A point of a case's own clock for the margin of a ladder: `2.244 s`.
pub(crate) fn point(nanoseconds: u64) -> String {
    format!("{:.3} s", in_seconds(nanoseconds))
}

/// The date and minute of an RFC 3339 instant in UTC, or the text as it is if it is none.
pub(crate) fn date(rfc3339: &str) -> String {
    match rfc3339.parse::<Timestamp>() {
        Ok(instant) => {
            let zoned = instant.to_zoned(TimeZone::UTC);
            zoned.strftime("%-d %B %Y, %H:%M UTC").to_string()
        }
        Err(_) => rfc3339.to_owned(),
    }
}

/// Seconds since 1970 of an RFC 3339 instant.
pub(crate) fn unix(rfc3339: &str) -> Option<i64> {
    rfc3339.parse::<Timestamp>().ok().map(Timestamp::as_second)
}

fn in_seconds(nanoseconds: u64) -> f64 {
    nanoseconds as f64 / SECOND as f64
}

const SECOND: u64 = 1_000_000_000;
const HALF_SECOND: u64 = SECOND / 2;
const TEN_MILLISECONDS: u64 = SECOND / 100;
const HALF_MILLISECOND: u64 = SECOND / 2_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_keep_their_width() {
        let table = [
            (62_000_000, " 0.062s"),
            (10_031_000_000, "10.031s"),
            (99_999_900_000, "100.00s"),
            (1_234_567_000_000, "1234.6s"),
            (86_400_000_000_000, " 86400s"),
        ];
        for (nanoseconds, text) in table {
            assert_eq!(seconds(nanoseconds), text);
        }
    }

    #[test]
    fn prose_is_short() {
        let table = [
            (400_000, "0.4ms"),
            (62_000_000, "62ms"),
            (900_000_000, "900ms"),
            (1_000_000_000, "1.0s"),
            (41_200_000_000, "41.2s"),
            (59_700_000_000, "1m 00s"),
            (125_000_000_000, "2m 05s"),
            (10_800_000_000_000, "3h 00m"),
        ];
        for (nanoseconds, text) in table {
            assert_eq!(brief(nanoseconds), text);
        }
        assert!(!brief(u64::MAX).is_empty());
    }

    #[test]
    fn instants_are_read_and_strangers_kept() {
        assert_eq!(date("2026-11-21T09:30:00Z"), "21 November 2026, 09:30 UTC");
        assert_eq!(unix("1970-01-02T00:00:00Z"), Some(86_400));
        assert_eq!(date("yesterday"), "yesterday");
        assert_eq!(unix("yesterday"), None);
    }
}
