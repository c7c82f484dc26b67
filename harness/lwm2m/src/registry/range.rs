//! What stands in RangeEnumeration: `0..100`, `0..247, 255`, `0..255 bytes`, or free text.
//!
//! The schema leaves the field free (LWM2M.xsd, `RangeEnumeration`), so an answer is "cannot tell" wherever a text has two readings.

use std::cmp::Ordering;
use std::fmt;

use crate::Value;

/// The values a Resource takes.
#[derive(Clone, Debug, PartialEq)]
pub enum Range {
    /// Nothing is said: any value of the type.
    Any,
    /// Numbers, of the value if it is one, else of its length.
    Numbers(Vec<Interval>),
    /// Lengths in bytes.
    Lengths(Vec<Interval>),
    /// Text that is none of these, as it stands.
    Unparsed(String),
}

/// Numbers from the first to the last, both included.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// The least number.
    pub first: Number,
    /// The greatest number.
    pub last: Number,
}

/// A number of a range, exact if it has no fraction.
#[derive(Clone, Copy, Debug)]
pub enum Number {
    /// Without a decimal point.
    Integer(i128),
    /// With one; finite.
    Decimal(f64),
}

impl Range {
    /// Reads the text of a RangeEnumeration; what is not understood is kept as [`Range::Unparsed`].
    pub fn parse(text: &str) -> Self {
        let text = text.trim();
        if text.is_empty() {
            return Self::Any;
        }
        let numbers = LENGTH_WORDS.iter().find_map(|word| without(text, word));
        let intervals = numbers
            .unwrap_or(text)
            .split(SEPARATORS)
            .filter(|part| !part.trim().is_empty())
            .map(Interval::parse)
            .collect::<Option<Vec<_>>>()
            .filter(|intervals| !intervals.is_empty());
        match intervals {
            Some(intervals) if numbers.is_some() => Self::Lengths(intervals),
            Some(intervals) => Self::Numbers(intervals),
            None => Self::Unparsed(text.to_owned()),
        }
    }

    /// Whether the range contains `value`; `None` if the text does not tell.
    ///
    /// A number that stands alone may be the only value or the greatest one, so it settles little.
    pub fn contains(&self, value: &Value) -> Option<bool> {
        match (self, value) {
            (_, Value::Nothing | Value::Untyped(_)) | (Self::Unparsed(_), _) => None,
            (Self::Any, _) => Some(true),
            (Self::Numbers(intervals) | Self::Lengths(intervals), Value::Opaque(bytes)) => {
                contains_length(intervals, bytes.len())
            }
            (
                Self::Numbers(intervals) | Self::Lengths(intervals),
                Value::String(text) | Value::CoreLink(text),
            ) => contains_text(intervals, text),
            (Self::Numbers(intervals), _) => contains_number(intervals, Number::of(value)?),
            (Self::Lengths(_), _) => None,
        }
    }
}

/// As it would be written in a definition.
impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => Ok(()),
            Self::Numbers(intervals) => write_list(f, intervals),
            Self::Lengths(intervals) => {
                write_list(f, intervals)?;
                f.write_str(" bytes")
            }
            Self::Unparsed(text) => f.write_str(text),
        }
    }
}

impl Interval {
    /// Reads `a..b`, the `a-b` of old definitions, `a` alone or `a: meaning`.
    fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let number = text
            .split_once([':', '='])
            .map_or(text, |(number, _)| number);
        let interval = match number.split_once("..").or_else(|| hyphen(number)) {
            Some((first, last)) => Self {
                first: Number::parse(first)?,
                last: Number::parse(last)?,
            },
            None => Number::parse(number).map(|only| Self {
                first: only,
                last: only,
            })?,
        };
        (interval.first <= interval.last).then_some(interval)
    }

    fn contains(&self, number: Number) -> bool {
        self.first <= number && number <= self.last
    }

    fn is_point(&self) -> bool {
        self.first == self.last
    }
}

impl fmt::Display for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_point() {
            return write!(f, "{}", self.first);
        }
        write!(f, "{}..{}", self.first, self.last)
    }
}

impl Number {
    fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
        let plain = digits
            .bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b'.');
        if !plain || !digits.starts_with(|digit: char| digit.is_ascii_digit()) {
            return None;
        }
        text.parse().map(Self::Integer).ok().or_else(|| {
            let decimal = text
                .parse()
                .ok()
                .filter(|decimal: &f64| decimal.is_finite());
            decimal.map(Self::Decimal)
        })
    }

    fn of(value: &Value) -> Option<Self> {
        match value {
            Value::Integer(number) | Value::Time(number) => Some(Self::Integer((*number).into())),
            Value::UnsignedInteger(number) => Some(Self::Integer((*number).into())),
            Value::Float(number) => Some(Self::Decimal(*number)),
            _ => None,
        }
    }

    const fn to_f64(self) -> f64 {
        match self {
            Self::Integer(number) => number as f64,
            Self::Decimal(number) => number,
        }
    }
}

impl PartialEq for Number {
    fn eq(&self, other: &Self) -> bool {
        self.partial_cmp(other) == Some(Ordering::Equal)
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Integer(one), Self::Integer(other)) => one.partial_cmp(other),
            _ => self.to_f64().partial_cmp(&other.to_f64()),
        }
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Integer(number) => write!(f, "{number}"),
            Self::Decimal(number) => write!(f, "{number}"),
        }
    }
}

/// `text` before the word it ends in, such as `bytes`.
fn without<'t>(text: &'t str, word: &str) -> Option<&'t str> {
    let start = text.len().checked_sub(word.len())?;
    let end = text.get(start..)?;
    end.eq_ignore_ascii_case(word)
        .then(|| text.get(..start))
        .flatten()
}

/// Splits `0-7`; a hyphen that may be a sign is left alone.
fn hyphen(text: &str) -> Option<(&str, &str)> {
    let (first, last) = text.split_once('-')?;
    let unsigned = |part: &str| {
        part.trim()
            .starts_with(|digit: char| digit.is_ascii_digit())
    };
    (unsigned(first) && unsigned(last)).then_some((first, last))
}

fn contains_number(intervals: &[Interval], number: Number) -> Option<bool> {
    match (intervals, any(intervals, number)) {
        (_, true) => Some(true),
        ([only], false) if only.is_point() => None,
        (_, false) => Some(false),
    }
}

fn contains_length(intervals: &[Interval], length: usize) -> Option<bool> {
    let length = Number::Integer(i128::try_from(length).ok()?);
    match (intervals, any(intervals, length)) {
        (_, true) => Some(true),
        ([only], false) if only.is_point() && length < only.first => None,
        (_, false) => Some(false),
    }
}

/// A text's length may count bytes or characters, and a list of numbers may be the texts themselves.
fn contains_text(intervals: &[Interval], text: &str) -> Option<bool> {
    let listed = intervals.len() > 1 && intervals.iter().any(Interval::is_point);
    let bytes = contains_length(intervals, text.len())?;
    let characters = contains_length(intervals, text.chars().count())?;
    (bytes == characters && !listed).then_some(bytes)
}

fn any(intervals: &[Interval], number: Number) -> bool {
    intervals.iter().any(|interval| interval.contains(number))
}

fn write_list(f: &mut fmt::Formatter<'_>, intervals: &[Interval]) -> fmt::Result {
    intervals.iter().enumerate().try_for_each(|(at, interval)| {
        let separator = if at == 0 { "" } else { ", " };
        write!(f, "{separator}{interval}")
    })
}

/// What stands between the members of a list, in the registry's files.
const SEPARATORS: [char; 3] = [',', ';', '\n'];

/// Words that make numbers lengths.
const LENGTH_WORDS: [&str; 2] = ["bytes", "byte"];

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn texts_of_the_registry() {
        for (text, read, written) in [
            ("", "any", ""),
            ("  ", "any", ""),
            ("0..100", "numbers", "0..100"),
            (" 0 .. 100 ", "numbers", "0..100"),
            ("-110..-48", "numbers", "-110..-48"),
            ("3.8..20.5", "numbers", "3.8..20.5"),
            ("0-7", "numbers", "0..7"),
            ("5, 10, 15, 20", "numbers", "5, 10, 15, 20"),
            ("0..247, 255", "numbers", "0..247, 255"),
            ("0; 3.8..20.5", "numbers", "0, 3.8..20.5"),
            ("64", "numbers", "64"),
            ("0: RELEASED\n1: PRESSED", "numbers", "0, 1"),
            ("0=off, 1=on", "numbers", "0, 1"),
            ("16,32,48 bytes", "lengths", "16, 32, 48 bytes"),
            ("0..255 bytes", "lengths", "0..255 bytes"),
            ("1 Byte", "lengths", "1 bytes"),
            (
                "0..18446744073709551615",
                "numbers",
                "0..18446744073709551615",
            ),
            ("16-32-48 bytes", "unparsed", "16-32-48 bytes"),
            ("<7 to >12.5", "unparsed", "<7 to >12.5"),
            ("16-bit", "unparsed", "16-bit"),
            ("8 bit", "unparsed", "8 bit"),
            ("0..", "unparsed", "0.."),
            ("..", "unparsed", ".."),
            ("bytes", "unparsed", "bytes"),
            (",", "unparsed", ","),
            ("7..0", "unparsed", "7..0"),
            ("0...7", "unparsed", "0...7"),
            ("-5--1", "unparsed", "-5--1"),
            ("NaN..inf", "unparsed", "NaN..inf"),
            ("0x00..0xff", "unparsed", "0x00..0xff"),
            ("U, UQ", "unparsed", "U, UQ"),
        ] {
            let range = Range::parse(text);
            let kind = match range {
                Range::Any => "any",
                Range::Numbers(_) => "numbers",
                Range::Lengths(_) => "lengths",
                Range::Unparsed(_) => "unparsed",
            };
            assert_eq!(
                (kind, range.to_string().as_str()),
                (read, written),
                "{text}"
            );
        }
    }

    #[test]
    fn values_inside_and_outside() {
        let text = |length| Value::String("x".repeat(length));
        let bytes = |length| Value::Opaque(vec![0; length]);
        for (range, value, contained) in [
            ("", Value::Integer(-1), Some(true)),
            ("", Value::Nothing, None),
            ("0..100", Value::Integer(0), Some(true)),
            ("0..100", Value::Integer(100), Some(true)),
            ("0..100", Value::Integer(101), Some(false)),
            ("0..100", Value::Integer(-1), Some(false)),
            ("0..100", Value::Float(99.5), Some(true)),
            ("0..100", Value::Float(f64::NAN), Some(false)),
            ("0..100", Value::Boolean(true), None),
            (
                "0..100",
                Value::ObjectLink {
                    object: 1,
                    instance: 0,
                },
                None,
            ),
            ("0..100", Value::Untyped(vec![1]), None),
            (
                "0..18446744073709551614",
                Value::UnsignedInteger(u64::MAX),
                Some(false),
            ),
            (
                "0..18446744073709551615",
                Value::UnsignedInteger(u64::MAX),
                Some(true),
            ),
            ("3.8..20.5", Value::Float(20.6), Some(false)),
            ("3.8..20.5", Value::Integer(4), Some(true)),
            ("5, 10", Value::Integer(7), Some(false)),
            ("5, 10", Value::Integer(10), Some(true)),
            ("255", Value::Integer(7), None),
            ("255", Value::Integer(255), Some(true)),
            ("0-7", Value::Integer(8), Some(false)),
            ("free text", Value::Integer(8), None),
            ("2 bytes", Value::Integer(8), None),
            ("0..255", text(255), Some(true)),
            ("0..255", text(256), Some(false)),
            ("0..3 bytes", Value::String("\u{e4}\u{e4}".into()), None),
            ("32 bytes", text(32), Some(true)),
            ("32 bytes", text(33), Some(false)),
            ("32 bytes", text(31), None),
            ("5, 10", text(2), None),
            ("16,32,48 bytes", bytes(32), Some(true)),
            ("16,32,48 bytes", bytes(17), Some(false)),
            ("6", bytes(6), Some(true)),
            ("6", bytes(7), Some(false)),
        ] {
            let read = Range::parse(range);
            assert_eq!(read.contains(&value), contained, "{value} in {range}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read(text in "[-+0-9.,;:= a-zé\n]{0,40}", number: i64) {
            let range = Range::parse(&text);
            range.contains(&Value::Integer(number));
            range.contains(&Value::String(text.clone()));
            prop_assert_eq!(Range::parse(&range.to_string()), range);
        }

        #[test]
        fn an_interval_contains_what_lies_between(one: i64, other: i64, number: i64) {
            let (first, last) = (one.min(other), one.max(other));
            let range = Range::parse(&format!("{first}..{last}"));
            let contained = (first..=last).contains(&number);
            if first < last {
                prop_assert_eq!(range.contains(&Value::Integer(number)), Some(contained));
            }
        }
    }
}
