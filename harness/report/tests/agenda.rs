//! The agenda of `fixtures/events/agenda-3x3.yaml` as it was, and hostile names in every form. `UPDATE_GOLDEN=1` rewrites.

mod sessions;

use std::path::{Path, PathBuf};

use event::agenda::{Agenda, Options, arrange};
use event::consolidate::Event;
use report::{
    AgendaPage, agenda_calendar, agenda_csv, agenda_html, agenda_pdf, agenda_sessions,
    team_calendar,
};
use sessions::golden_at;

/// Markup, a formula, quotes, line breaks of calendars and YAML, a path, an escape of terminals, a reordering, and more than a line.
const HOSTILE: &str = "=1+1<b>&\"'\\;,\r\nEND:VCALENDAR\n- {client: x}: #../../e\u{1b}[31m\u{202e}\u{85}\u{2028}안안안안안안안안안안안안안안안안안안안안안안안안안안안안안안안";

#[test]
fn the_sample_is_as_it_was() {
    let (event, agenda) = sample();
    golden("csv", &agenda_csv(&event, &agenda));
    golden(
        "ics",
        &agenda_calendar(&event, &agenda, "0").expect("it has times"),
    );
    golden(
        "ahorn.ics",
        &team_calendar(&event, &agenda, 0, "0").expect("it has times"),
    );
    golden("sessions.yaml", &agenda_sessions(&event, &agenda));
    let page = AgendaPage::new(&event, &agenda, "0");
    // The style sheet is that of every report.
    let html = agenda_html(&page).expect("it renders");
    golden("html", html.split_once("<body>").expect("it has a body").1);
    let [one, other] = [(); 2].map(|()| agenda_pdf(&page).expect("it renders"));
    assert!(one.starts_with(b"%PDF") && one == other);
}

#[test]
fn the_sessions_are_what_the_event_file_takes() {
    for (event, agenda) in [sample(), hostile("", 3)] {
        let each = arrange(
            &event,
            Options {
                each_version: true,
                ..Options::default()
            },
        );
        for agenda in [agenda, each] {
            let block = agenda_sessions(&event, &agenda);
            // A mistake here would be an unknown id, or a version without ETS.
            let again = Event::parse(&format!("{}{block}", text_of(&event))).expect("it is read");
            let said = again.sessions.iter().flat_map(|slot| {
                let number = slot.session.clone();
                let pair = move |pair: &event::consolidate::Pair| {
                    [
                        number.as_str(),
                        &slot.lwm2m.value,
                        &pair.client.value,
                        &pair.server.value,
                    ]
                    .map(str::to_owned)
                };
                slot.pairs.iter().map(pair)
            });
            let id = |who: usize| event.implementations[who].id.value.clone();
            let meant = agenda.sessions.iter().flat_map(|session| {
                let meeting = move |one: &event::agenda::Meeting| {
                    [
                        session.number.to_string(),
                        one.lwm2m.clone(),
                        id(one.client),
                        id(one.server),
                    ]
                };
                session.meetings.iter().map(meeting)
            });
            let [mut said, mut meant]: [Vec<_>; 2] = [said.collect(), meant.collect()];
            said.sort();
            meant.sort();
            assert_eq!(said, meant);
            assert!(!said.is_empty());
        }
    }
    let (event, _) = hostile("", 3);
    let nobody = Agenda {
        sessions: Vec::new(),
        ..arrange(&event, Options::default())
    };
    let block = agenda_sessions(&event, &nobody);
    assert!(Event::parse(&format!("{}{block}", text_of(&event))).is_ok());
}

#[test]
fn hostile_names_stay_text() {
    let (event, agenda) = hostile(
        "agenda: {time-zone: Asia/Seoul, days: [{date: 2026-11-02, slots: [\"9:00-10:00\", \"10:00-11:00\"]}]}\n",
        3,
    );
    let page = AgendaPage::new(&event, &agenda, HOSTILE);
    let html = agenda_html(&page).expect("it renders");
    assert!(!html.contains("<b>") && html.matches("&lt;b&gt;").count() > 9);
    assert!(html.contains("Who does not meet"));
    let calendars = [
        agenda_calendar(&event, &agenda, HOSTILE),
        team_calendar(&event, &agenda, 0, HOSTILE),
    ];
    let calendars = calendars.map(|calendar| calendar.expect("it has times"));
    for calendar in &calendars {
        check_calendar(calendar);
        // Nothing but two sessions, whatever the names say.
        assert_eq!(calendar.matches("\r\nEND:VEVENT\r\n").count(), 2);
        assert_eq!(calendar.matches("\r\nEND:VCALENDAR\r\n").count(), 1);
    }
    let csv = agenda_csv(&event, &agenda);
    assert_eq!(csv.lines().count(), 1 + agenda.meetings());
    assert!(!csv.contains(",\"=") && csv.contains("\"'=1+1<b>&\"\"'\\;,\\r\\nEND"));
    let [one, two] = calendars;
    for text in [html, one, two, csv, agenda_sessions(&event, &agenda)] {
        let acts = |c: char| {
            c.is_control() && !matches!(c, '\n' | '\r') || matches!(c, '\u{202e}' | '\u{2028}')
        };
        assert!(!text.contains(acts), "{text}");
    }
    assert!(agenda_pdf(&page).expect("it renders").starts_with(b"%PDF"));
}

#[test]
fn calendars_keep_identities_when_times_move() {
    let uids = |calendar: &str| -> Vec<String> {
        let lines = calendar.lines().filter(|line| line.starts_with("UID:"));
        lines.map(str::to_owned).collect()
    };
    let (event, agenda) = sample();
    let later = sample_text()
        .replace("09:00-10:30", "08:30-10:00")
        .replace("2026-10-12", "2026-10-20");
    let later = Event::parse(&later).expect("it is an event");
    let moved = arrange(&later, Options::default());
    let mut all = Vec::new();
    for who in 0..event.implementations.len() {
        let [one, other] = [(&event, &agenda), (&later, &moved)].map(|(event, agenda)| {
            team_calendar(event, agenda, who, "0").expect("it meets somebody")
        });
        assert_eq!(uids(&one), uids(&other));
        assert!(
            one.contains("\r\nSEQUENCE:20261012\r\n")
                && other.contains("\r\nSEQUENCE:20261020\r\n")
        );
        assert!(one != other);
        check_calendar(&one);
        all.extend(uids(&one));
    }
    all.extend(uids(
        &agenda_calendar(&event, &agenda, "0").expect("it has times"),
    ));
    let count = all.len();
    all.sort();
    all.dedup();
    assert_eq!(count, all.len());
    // Without a zone times are local wherever they are read; without days there are none.
    let floating = Event::parse(&sample_text().replace("  time-zone: America/New_York\n", ""))
        .expect("it is an event");
    let calendar = agenda_calendar(&floating, &arrange(&floating, Options::default()), "0")
        .expect("it has times");
    assert!(
        calendar.contains("\r\nDTSTART:20261102T090000\r\n") && !calendar.contains("X-WR-TIMEZONE")
    );
    let (event, agenda) = hostile("", 2);
    assert_eq!(agenda_calendar(&event, &agenda, "0"), None);
    assert_eq!(team_calendar(&event, &agenda, 0, "0"), None);
}

/// RFC 5545, 3.1 and 3.6: lines end with CRLF and have at most 75 octets; components are nested; an event has what it must.
fn check_calendar(calendar: &str) {
    assert!(calendar.ends_with("\r\n"));
    let mut open = Vec::new();
    for line in calendar.trim_end().split("\r\n") {
        assert!(line.len() <= 75 && !line.contains(['\r', '\n']), "{line}");
    }
    let unfolded = calendar.replace("\r\n ", "");
    let mut seen = Vec::new();
    for line in unfolded.trim_end().split("\r\n") {
        let (name, value) = line.split_once(':').expect("a name and a value");
        match name {
            "BEGIN" => open.push(value),
            "END" => {
                assert_eq!(open.pop(), Some(value));
                if value == "VEVENT" {
                    for wanted in ["UID", "DTSTAMP", "DTSTART", "DTEND", "SUMMARY"] {
                        assert_eq!(
                            seen.iter().filter(|name| **name == wanted).count(),
                            1,
                            "{wanted}"
                        );
                    }
                    seen.clear();
                }
            }
            _ => seen.push(name),
        }
        if matches!(
            name,
            "SUMMARY" | "LOCATION" | "DESCRIPTION" | "X-WR-CALNAME"
        ) {
            let plain = value
                .replace("\\\\", "")
                .replace("\\;", "")
                .replace("\\,", "")
                .replace("\\n", "");
            assert!(!plain.contains([';', ',', '\\']), "{line}");
        }
    }
    assert!(open.is_empty());
}

fn sample() -> (Event, Agenda) {
    let event = Event::parse(&sample_text()).expect("it is an event");
    let agenda = arrange(&event, Options::default());
    (event, agenda)
}

fn sample_text() -> String {
    std::fs::read_to_string(folder().join("agenda-3x3.yaml")).expect("it is there")
}

/// An event of `count` clients and servers that have nothing but hostile names.
fn hostile(more: &str, count: usize) -> (Event, Agenda) {
    let event = Event::parse(&hostile_text(more, count)).expect("it is an event");
    let agenda = arrange(&event, Options::default());
    (event, agenda)
}

fn hostile_text(more: &str, count: usize) -> String {
    // JSON escapes everything that YAML minds but two line breaks of its own.
    let name = serde_json::to_string(HOSTILE).expect("it is text");
    let name = name
        .replace('\u{85}', "\\u0085")
        .replace('\u{2028}', "\\u2028");
    let mut text = format!(
        "name: {name}\nplace: {name}\ndates: {name}\nhost: {name}\nets: {{{name}: E, \"1.1\": {name}}}\n{more}implementations:\n"
    );
    for n in 0..count {
        for role in ["client", "server"] {
            let id = format!("{}{role}{n}\"", &name[..name.len() - 1]);
            text += &format!(
                "  - {{id: {id}, company: {id}, product: {name}, version: {name}, role: {role}}}\n"
            );
        }
    }
    text
}

/// The text that an event of these tests was read from.
fn text_of(event: &Event) -> String {
    if event.name == "SVE-99" {
        sample_text()
    } else {
        hostile_text("", 3)
    }
}

/// Compares with the file beside the event.
fn golden(ending: &str, text: &str) {
    golden_at(&folder().join(format!("agenda-3x3.{ending}")), text);
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/events")
}
