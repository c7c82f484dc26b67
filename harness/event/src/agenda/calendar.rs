//! Days and slots of the agenda as times.
//!
//! Knows no clock; the rules of time zones are compiled in.

use jiff::Timestamp;
use jiff::civil::{self, Date, DateTime};
use jiff::tz::{TimeZone, TimeZoneDatabase};
use serde_yaml::Spanned;

use super::AgendaBlock;
use crate::consolidate::Mistake;

/// When implementations can meet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Calendar {
    /// Day of this issue of the agenda.
    pub issued: Option<Date>,
    /// IANA name of the time zone.
    pub zone: Option<String>,
    /// The days.
    pub days: Vec<Date>,
    /// The slots of all days, in order.
    pub times: Vec<Time>,
}

/// When a slot begins and ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Time {
    /// Index of its day.
    pub day: usize,
    /// Its beginning, local.
    pub start: DateTime,
    /// Its end, local.
    pub end: DateTime,
    /// The same two as instants, if the time zone is known.
    pub instants: Option<(Timestamp, Timestamp)>,
}

impl Calendar {
    /// Reads the block of the event file.
    ///
    /// # Errors
    ///
    /// What is wrong with dates, slots and the time zone.
    pub fn read(block: &AgendaBlock) -> Result<Self, Vec<Mistake>> {
        let mut mistakes = Vec::new();
        let rules = match block.time_zone.as_ref().map(rules).transpose() {
            Ok(rules) => rules,
            Err(mistake) => {
                mistakes.push(mistake);
                None
            }
        };
        let issued = match block.issued.as_ref().map(date).transpose() {
            Ok(issued) => issued,
            Err(mistake) => {
                mistakes.push(mistake);
                None
            }
        };
        let mut calendar = Self {
            issued,
            zone: block.time_zone.as_ref().map(|name| name.value.clone()),
            ..Self::default()
        };
        for day in &block.days {
            if let Err(mistake) = calendar.add_day(&day.date) {
                mistakes.push(mistake);
                continue;
            }
            let slots = match day.slots.as_slice() {
                [] => &block.slots,
                own => own,
            };
            if slots.is_empty() {
                let message = format!("no slots on \"{}\"", day.date.value);
                let help = "slots: [\"09:00-10:30\"], of the day or, for every day, beside days";
                mistakes.push(Mistake::at(&day.date, message, help));
            }
            for slot in slots {
                mistakes.extend(calendar.add_slot(slot, rules.as_ref()).err());
            }
        }
        if let (Some(slot), []) = (block.slots.first(), block.days.as_slice()) {
            let message = "no day has these slots".to_owned();
            mistakes.push(Mistake::at(slot, message, "days: [{date: 2026-11-02}]"));
        }
        // The slots that all days share are wrong once.
        mistakes.dedup();
        if mistakes.is_empty() {
            Ok(calendar)
        } else {
            Err(mistakes)
        }
    }

    fn add_day(&mut self, text: &Spanned<String>) -> Result<(), Mistake> {
        let date = date(text)?;
        if self.days.last().is_some_and(|before| *before >= date) {
            let message = format!("\"{}\" does not come after the day before it", text.value);
            return Err(Mistake::at(text, message, "days stand in order, each once"));
        }
        self.days.push(date);
        Ok(())
    }

    fn add_slot(&mut self, text: &Spanned<String>, zone: Option<&TimeZone>) -> Result<(), Mistake> {
        let wrong = |message: &str, help: &str| {
            Mistake::at(text, format!("\"{}\" {message}", text.value), help)
        };
        let Some((start, end)) = slot(&text.value) else {
            return Err(wrong(
                "is no slot",
                "start and end on a clock of 24 hours: 09:00-10:30",
            ));
        };
        if end <= start {
            return Err(wrong("ends before it begins", "a slot ends on its day"));
        }
        let day = self.days.len().saturating_sub(1);
        let date = self.days[day];
        let (start, end) = (date.to_datetime(start), date.to_datetime(end));
        let before = self.times.last().filter(|time| time.day == day);
        if before.is_some_and(|before| start < before.end) {
            let help = "slots of a day stand in order, and do not overlap";
            return Err(wrong("begins before the slot before it ends", help));
        }
        let instant = |local: DateTime| {
            let zone = zone?;
            Some(
                zone.to_ambiguous_zoned(local)
                    .unambiguous()
                    .map(|at| at.timestamp()),
            )
        };
        let instants = match (instant(start), instant(end)) {
            (Some(Ok(start)), Some(Ok(end))) => Some((start, end)),
            (None, _) | (_, None) => None,
            _ => {
                let message = format!("begins or ends when clocks are set, on {date}");
                return Err(wrong(
                    &message,
                    "choose a time that there is once on that day",
                ));
            }
        };
        self.times.push(Time {
            day,
            start,
            end,
            instants,
        });
        Ok(())
    }
}

fn rules(name: &Spanned<String>) -> Result<TimeZone, Mistake> {
    let known = TimeZoneDatabase::bundled().get(&name.value);
    known.map_err(|_| {
        let message = format!("unknown time zone \"{}\"", name.value);
        Mistake::at(
            name,
            message,
            "a name of the IANA database: Europe/Berlin, America/New_York, Asia/Seoul",
        )
    })
}

fn date(text: &Spanned<String>) -> Result<Date, Mistake> {
    let parsed = text.value.parse::<Date>().ok();
    parsed
        .filter(|date| date.to_string() == text.value)
        .ok_or_else(|| {
            let message = format!("\"{}\" is no date", text.value);
            Mistake::at(text, message, "year, month and day: 2026-11-02")
        })
}

/// Start and end of a slot.
fn slot(text: &str) -> Option<(civil::Time, civil::Time)> {
    let (start, end) = text.split_once(['-', '–'])?;
    Some((clock(start.trim())?, clock(end.trim())?))
}

fn clock(text: &str) -> Option<civil::Time> {
    let (hour, minute) = text.split_once(':')?;
    let is_plain = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let is_written =
        minute.len() == 2 && matches!(hour.len(), 1 | 2) && is_plain(hour) && is_plain(minute);
    if !is_written {
        return None;
    }
    civil::Time::new(hour.parse().ok()?, minute.parse().ok()?, 0, 0).ok()
}
