//! The times of an interface in pcapng (draft-ietf-opsawg-pcapng, 4.2: if_tsresol and if_tsoffset).

use coap::Time;

/// How the ticks of an interface become a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Clock {
    /// if_tsresol as it stands: a negative power of 10, with the upper bit of 2.
    pub(crate) resolution: u8,
    /// if_tsoffset: seconds to be added.
    pub(crate) offset: i64,
}

impl Default for Clock {
    /// Microseconds since 1970.
    fn default() -> Self {
        Self {
            resolution: 6,
            offset: 0,
        }
    }
}

impl Clock {
    /// The time of so many ticks; before 1970 it is 1970, and behind the year 2554 that.
    pub(crate) fn time(self, ticks: u64) -> Time {
        let power = u32::from(self.resolution & 0x7F);
        let ticks = u128::from(ticks);
        let nanos = if self.resolution & 0x80 != 0 {
            (ticks * NANOS).checked_shr(power).unwrap_or(0)
        } else if power <= 9 {
            ticks * 10u128.pow(9 - power)
        } else {
            10u128.checked_pow(power - 9).map_or(0, |unit| ticks / unit)
        };
        // below 2^94 both, so that nothing overflows
        let nanos = nanos as i128 + i128::from(self.offset) * NANOS as i128;
        Time::from_nanos(u64::try_from(nanos.max(0)).unwrap_or(u64::MAX))
    }
}

const NANOS: u128 = 1_000_000_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_of_any_length() {
        let rows = [
            (6, 0, 1_500_000, 1_500_000_000),
            (9, 0, 7, 7),
            (0, 0, 3, 3_000_000_000),
            (3, 2, 5, 2_005_000_000),
            (12, 0, 7_999, 7),
            (127, 0, u64::MAX, 0),
            (0x80, 0, 2, 2_000_000_000),
            (0x80 | 10, 0, 512, 500_000_000),
            (0xFF, 0, u64::MAX, 0),
            (6, -1, 1_500_000, 500_000_000),
            (6, -2, 1_500_000, 0),
            (0, 0, u64::MAX, u64::MAX),
            (6, i64::MIN, u64::MAX, 0),
            (6, i64::MAX, 0, u64::MAX),
        ];
        for (resolution, offset, ticks, nanos) in rows {
            let clock = Clock { resolution, offset };
            assert_eq!(clock.time(ticks).as_nanos(), nanos, "{clock:?} {ticks}");
        }
    }
}
