//! Dates as text (RFC 3339, 5.6) to seconds since 1970, for CBOR's tag 0.

/// Seconds since 1970-01-01T00:00:00Z; a fraction of a second is cut off.
pub(super) fn parse_date(text: &str) -> Option<i64> {
    let (date, rest) = text.split_at_checked(10)?;
    let time = rest.strip_prefix(['T', 't'])?;
    let mut fields = date
        .split('-')
        .zip([4, 2, 2])
        .map(|(text, digits)| number(text, digits));
    let (year, month, day) = (fields.next()??, fields.next()??, fields.next()??);
    if date.matches('-').count() != 2 || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let (clock, rest) = time.split_at_checked(8)?;
    let seconds = clock_seconds(clock)?;
    let digits = rest.strip_prefix('.').map_or(0, |fraction| {
        1 + fraction.bytes().take_while(u8::is_ascii_digit).count()
    });
    let offset = zone_seconds(rest.get(digits..)?)?;
    Some(days(year, month, day) * 86_400 + seconds - offset)
}

fn clock_seconds(clock: &str) -> Option<i64> {
    let mut fields = clock.split(':').map(|text| number(text, 2));
    let (hour, minute, second) = (fields.next()??, fields.next()??, fields.next()??);
    let right = fields.next().is_none() && hour < 24 && minute < 60 && second <= 60;
    right.then_some(hour * 3600 + minute * 60 + second)
}

fn zone_seconds(zone: &str) -> Option<i64> {
    if matches!(zone, "Z" | "z") {
        return Some(0);
    }
    let sign = if zone.starts_with('-') { -1 } else { 1 };
    let (hour, minute) = zone.strip_prefix(['+', '-'])?.split_once(':')?;
    Some(sign * (number(hour, 2)? * 3600 + number(minute, 2)? * 60))
}

fn number(text: &str, digits: usize) -> Option<i64> {
    let right = text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit());
    right.then(|| text.parse().ok())?
}

/// Days from 1970-01-01 to a date of the Gregorian calendar; years begin in March, so that a leap day ends one.
const fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_become_seconds() {
        for (text, seconds) in [
            ("1970-01-01T00:00:00Z", Some(0)),
            ("1969-12-31T23:59:59Z", Some(-1)),
            ("2013-05-02T10:40:15Z", Some(1_367_491_215)),
            ("2013-05-02T12:40:15.75+02:00", Some(1_367_491_215)),
            ("2000-02-29T00:00:00Z", Some(951_782_400)),
            ("2013-05-02", None),
            ("2013-05-02T10:40:15", None),
            ("2013-13-02T10:40:15Z", None),
            ("2013-05-02T25:40:15Z", None),
            ("2013-5--02T10:40:15Z", None),
            ("äääääää", None),
        ] {
            assert_eq!(parse_date(text), seconds, "{text}");
        }
    }
}
