//! The agenda as iCalendar (RFC 5545): one calendar for the event, and one for each implementation with what it meets.
//!
//! Times are UTC, or floating if the event file names no time zone; so no VTIMEZONE is needed.

use event::agenda::{Agenda, Session, Time};
use event::consolidate::Event;
use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use sha2::{Digest as _, Sha256};

use crate::visible;

/// One entry for each session, with all that meet in it; `None` if slots are only numbered.
pub fn agenda_calendar(event: &Event, agenda: &Agenda, harness: &str) -> Option<String> {
    let name = format!("{} agenda", event.name);
    let mut calendar = Lines::start(event, agenda, harness, &name)?;
    for session in agenda
        .sessions
        .iter()
        .filter(|one| !one.meetings.is_empty())
    {
        let number = session.number.to_string();
        let met = session.meetings.iter().map(|meeting| {
            let [client, server] =
                [meeting.client, meeting.server].map(|who| event.implementations[who].party());
            let table = &agenda.tables[meeting.table];
            format!("{table}: {client} with {server}, LwM2M {}", meeting.lwm2m)
        });
        calendar.entry(
            session,
            &[&event.name, "session", &number],
            &format!("{}: session {number}", event.name),
            &event.place,
            &met.collect::<Vec<_>>(),
        )?;
    }
    Some(calendar.end())
}

/// One entry for each meeting of one implementation; `None` if slots are only numbered, or it meets nobody.
pub fn team_calendar(event: &Event, agenda: &Agenda, who: usize, harness: &str) -> Option<String> {
    let mine = &event.implementations[who];
    let name = format!("{}: {} {}", event.name, mine.party(), mine.role);
    let mut calendar = Lines::start(event, agenda, harness, &name)?;
    let mut is_empty = true;
    for session in &agenda.sessions {
        let met = session.meetings.iter();
        for meeting in met.filter(|one| one.client == who || one.server == who) {
            let peer = if meeting.client == who {
                meeting.server
            } else {
                meeting.client
            };
            let (peer, lwm2m) = (&event.implementations[peer], &meeting.lwm2m);
            let table = &agenda.tables[meeting.table];
            let place = match event.place.as_str() {
                "" => table.clone(),
                place => format!("{table}, {place}"),
            };
            let ets = event.ets.get(lwm2m).map_or("", String::as_str);
            let facts = [
                format!("{table}, LwM2M {lwm2m}"),
                format!("{}: {}", mine.role.title(), mine.party()),
                format!("{}: {}", peer.role.title(), peer.party()),
                format!("ETS: {ets}"),
            ];
            calendar.entry(
                session,
                &[
                    &event.name,
                    &mine.role.to_string(),
                    &mine.id.value,
                    &peer.id.value,
                    lwm2m,
                ],
                &format!(
                    "{} session {}: with {}",
                    event.name,
                    session.number,
                    peer.party()
                ),
                &place,
                &facts,
            )?;
            is_empty = false;
        }
    }
    (!is_empty).then(|| calendar.end())
}

/// Content lines as they fill.
struct Lines {
    text: String,
    stamp: String,
    sequence: Option<String>,
}

impl Lines {
    fn start(event: &Event, agenda: &Agenda, harness: &str, name: &str) -> Option<Self> {
        let first = agenda.calendar.times.first()?;
        // There is no clock here: the agenda is as old as its file says, else as its first day.
        let issued = agenda.calendar.issued;
        let stamp = issued.unwrap_or_else(|| first.start.date());
        let mut lines = Self {
            text: String::new(),
            stamp: utc(midnight(stamp)?),
            sequence: issued.map(|date| date.strftime("%Y%m%d").to_string()),
        };
        lines.line("BEGIN", "VCALENDAR");
        lines.line("VERSION", "2.0");
        lines.line(
            "PRODID",
            &format!("-//testfest//agenda {}//EN", escaped(harness)),
        );
        lines.line("CALSCALE", "GREGORIAN");
        lines.line("X-WR-CALNAME", &escaped(name));
        if let Some(zone) = &agenda.calendar.zone {
            lines.line("X-WR-TIMEZONE", &escaped(zone));
        }
        if !event.dates.is_empty() {
            lines.line("X-WR-CALDESC", &escaped(&event.dates));
        }
        Some(lines)
    }

    /// Adds an event; `identity` is what it stays itself by in a later issue.
    fn entry(
        &mut self,
        session: &Session,
        identity: &[&str],
        summary: &str,
        place: &str,
        description: &[String],
    ) -> Option<()> {
        let time = session.time.as_ref()?;
        let [start, end] = span(time);
        self.line("BEGIN", "VEVENT");
        self.line("UID", &uid(identity));
        self.line("DTSTAMP", &self.stamp.clone());
        if let Some(sequence) = self.sequence.clone() {
            self.line("SEQUENCE", &sequence);
        }
        self.line("DTSTART", &start);
        self.line("DTEND", &end);
        self.line("SUMMARY", &escaped(summary));
        if !place.is_empty() {
            self.line("LOCATION", &escaped(place));
        }
        let description: Vec<_> = description.iter().map(|text| escaped(text)).collect();
        self.line("DESCRIPTION", &description.join("\\n"));
        self.line("END", "VEVENT");
        Some(())
    }

    fn end(mut self) -> String {
        self.line("END", "VCALENDAR");
        self.text
    }

    /// Writes a line, folded between characters (RFC 5545, 3.1).
    fn line(&mut self, name: &str, value: &str) {
        let mut used = 0;
        for character in name.chars().chain([':']).chain(value.chars()) {
            if used + character.len_utf8() > LINE {
                self.text.push_str("\r\n ");
                used = 1;
            }
            self.text.push(character);
            used += character.len_utf8();
        }
        self.text.push_str("\r\n");
    }
}

/// TEXT (RFC 5545, 3.3.11) of what is visible, so without line breaks of its own.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in visible(text).chars() {
        if matches!(character, '\\' | ';' | ',') {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}

fn span(time: &Time) -> [String; 2] {
    match time.instants {
        Some((start, end)) => [start, end].map(utc),
        None => [time.start, time.end].map(floating),
    }
}

fn utc(instant: Timestamp) -> String {
    instant.strftime("%Y%m%dT%H%M%SZ").to_string()
}

fn floating(local: DateTime) -> String {
    local.strftime("%Y%m%dT%H%M%S").to_string()
}

fn midnight(date: Date) -> Option<Timestamp> {
    let zoned = date.to_zoned(TimeZone::UTC).ok()?;
    Some(zoned.timestamp())
}

/// An identifier that nobody else makes, and that is the same in every issue of the agenda.
fn uid(identity: &[&str]) -> String {
    let mut digest = Sha256::new();
    for part in identity {
        digest.update(part.len().to_le_bytes());
        digest.update(part.as_bytes());
    }
    let digest = digest.finalize();
    let hex: String = digest
        .iter()
        .take(16)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("{hex}@testfest")
}

/// Octets of a line, without its end (RFC 5545, 3.1).
const LINE: usize = 75;
