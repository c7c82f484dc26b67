//! What the clock on the wall says.

use jiff::Timestamp;

/// Now, RFC 3339 in UTC, whole seconds.
pub fn now() -> String {
    Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// The day here: `2026-11-27`.
pub fn today() -> String {
    jiff::Zoned::now().strftime("%Y-%m-%d").to_string()
}

/// Whole seconds that went by between two instants, RFC 3339; none if either cannot be read or time went back.
pub(crate) fn seconds_between(from: &str, to: &str) -> u64 {
    let (Ok(from), Ok(to)) = (from.parse::<Timestamp>(), to.parse::<Timestamp>()) else {
        return 0;
    };
    u64::try_from(to.as_second().saturating_sub(from.as_second())).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_go_by() {
        for (from, to, seconds) in [
            ("2026-11-27T10:00:00Z", "2026-11-27T10:44:59Z", 45 * 60 - 1),
            ("2026-11-27T10:00:00Z", "2026-11-27T09:00:00Z", 0),
            ("", "2026-11-27T09:00:00Z", 0),
        ] {
            assert_eq!(seconds_between(from, to), seconds, "{from} {to}");
        }
    }
}
