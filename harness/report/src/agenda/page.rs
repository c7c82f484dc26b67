//! What the page of an agenda shows, in HTML and on paper.

use event::agenda::{Agenda, LeftOut, Session};
use event::consolidate::{Event, Role};
use serde::Serialize;

/// The page of an agenda.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AgendaPage {
    /// Heading.
    pub title: String,
    /// Dates and place.
    pub subtitle: String,
    /// Facts, as name and value.
    pub facts: Vec<(String, String)>,
    /// The servers, as the heads of the columns of `rows`.
    pub servers: Vec<String>,
    /// The clients, with the session in which they meet each server.
    pub rows: Vec<AgendaRow>,
    /// The sessions by day; one day without heading if slots are only numbered.
    pub days: Vec<AgendaDay>,
    /// What each implementation has to do.
    pub teams: Vec<AgendaTeam>,
    /// Pairs that do not meet, and why.
    pub left_out: Vec<(String, String)>,
    /// Version of the harness.
    pub harness: String,
}

/// A client and the sessions in which it meets the servers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AgendaRow {
    /// The client.
    pub client: String,
    /// Sessions by server; empty if they do not meet.
    pub cells: Vec<String>,
}

/// A day of the agenda.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AgendaDay {
    /// `Monday, 2 November 2026`, or empty.
    pub heading: String,
    /// Its sessions.
    pub sessions: Vec<AgendaSession>,
}

/// A session of the agenda.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AgendaSession {
    /// `Session 3, 09:00–10:30`.
    pub heading: String,
    /// Who meets, by table.
    pub meetings: Vec<AgendaMeeting>,
}

/// A client and a server at a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AgendaMeeting {
    /// The table.
    pub table: String,
    /// Name and anchor of the client.
    pub client: (String, String),
    /// Name and anchor of the server.
    pub server: (String, String),
    /// LwM2M version.
    pub lwm2m: String,
}

/// An implementation and what it has to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AgendaTeam {
    /// Its fragment.
    pub anchor: String,
    /// Company, product and version.
    pub name: String,
    /// `Client` or `Server`.
    pub role: &'static str,
    /// Its meetings, in order.
    pub meetings: Vec<TeamMeeting>,
    /// Sessions between its meetings, or before them, in which it is there and meets nobody: `sessions 3, 5`.
    pub free: String,
}

/// A meeting as one of the two sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TeamMeeting {
    /// Number of the session.
    pub session: usize,
    /// `Mon 2 Nov, 09:00–10:30`, or empty.
    pub when: String,
    /// The table.
    pub table: String,
    /// Name and anchor of the other.
    pub peer: (String, String),
    /// LwM2M version.
    pub lwm2m: String,
}

impl AgendaPage {
    /// The page of an event.
    pub fn new(event: &Event, agenda: &Agenda, harness: &str) -> Self {
        let of = |role| {
            let all = 0..event.implementations.len();
            all.filter(move |who| event.implementations[*who].role == role)
        };
        let parts = [event.dates.as_str(), event.place.as_str()];
        let parts: Vec<_> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        let row = |client| AgendaRow {
            client: name(event, client),
            cells: of(Role::Server)
                .map(|server| sessions_of(agenda, client, server))
                .collect(),
        };
        Self {
            title: format!("{}: Agenda", event.name),
            subtitle: parts.join(", "),
            facts: facts(event, agenda),
            servers: of(Role::Server).map(|who| name(event, who)).collect(),
            rows: of(Role::Client).map(row).collect(),
            days: days(event, agenda),
            teams: of(Role::Client)
                .chain(of(Role::Server))
                .map(|who| team(event, agenda, who))
                .collect(),
            left_out: agenda
                .left_out
                .iter()
                .map(|one| left_out(event, one))
                .collect(),
            harness: harness.to_owned(),
        }
    }

    /// Whether sessions have times.
    pub(crate) fn has_times(&self) -> bool {
        self.days.iter().any(|day| !day.heading.is_empty())
    }
}

fn facts(event: &Event, agenda: &Agenda) -> Vec<(String, String)> {
    let counted = |role: Role| {
        let all = event.implementations.iter().filter(|one| one.role == role);
        match all.count() {
            1 => format!("1 {}", role.title()),
            n => format!("{n} {}s", role.title()),
        }
    };
    let (servers, clients) = (counted(Role::Server), counted(Role::Client));
    let mut facts = vec![
        ("Registered".to_owned(), format!("{servers}, {clients}")),
        ("Sessions".to_owned(), agenda.used_sessions().to_string()),
        ("Meetings".to_owned(), agenda.meetings().to_string()),
        ("Tables".to_owned(), agenda.tables.len().to_string()),
    ];
    if let Some(zone) = &agenda.calendar.zone {
        facts.push(("Time zone".to_owned(), zone.clone()));
    }
    if !event.host.is_empty() {
        facts.push(("Host".to_owned(), event.host.clone()));
    }
    let ets = event.ets.iter();
    facts.extend(ets.map(|(lwm2m, ets)| (format!("LwM2M {lwm2m}"), ets.clone())));
    if let Some(issued) = agenda.calendar.issued {
        facts.push((
            "Issued".to_owned(),
            issued.strftime("%-d %B %Y").to_string(),
        ));
    }
    facts
}

fn days(event: &Event, agenda: &Agenda) -> Vec<AgendaDay> {
    let mut days: Vec<AgendaDay> = Vec::new();
    for session in &agenda.sessions {
        let time = session.time.as_ref();
        let heading = time.map(|time| time.start.strftime("%A, %-d %B %Y").to_string());
        let heading = heading.unwrap_or_default();
        let meeting = |one: &event::agenda::Meeting| AgendaMeeting {
            table: agenda.tables[one.table].clone(),
            client: (name(event, one.client), anchor(one.client)),
            server: (name(event, one.server), anchor(one.server)),
            lwm2m: one.lwm2m.clone(),
        };
        let session = AgendaSession {
            heading: match clock(session).as_str() {
                "" => format!("Session {}", session.number),
                clock => format!("Session {}, {clock}", session.number),
            },
            meetings: session.meetings.iter().map(meeting).collect(),
        };
        match days.last_mut().filter(|day| day.heading == heading) {
            Some(day) => day.sessions.push(session),
            None => days.push(AgendaDay {
                heading,
                sessions: vec![session],
            }),
        }
    }
    days
}

fn team(event: &Event, agenda: &Agenda, who: usize) -> AgendaTeam {
    let mut meetings = Vec::new();
    let mut waits = Vec::new();
    let mut free = Vec::new();
    for session in &agenda.sessions {
        let mine = session.meetings.iter();
        let Some(one) = mine
            .clone()
            .find(|one| one.client == who || one.server == who)
        else {
            if is_there(event, who, session) {
                waits.push(session.number.to_string());
            }
            continue;
        };
        free.append(&mut waits);
        let peer = if one.client == who {
            one.server
        } else {
            one.client
        };
        let day = session.time.as_ref();
        let day = day.map(|time| time.start.strftime("%a %-d %b, ").to_string());
        meetings.push(TeamMeeting {
            session: session.number,
            when: day.unwrap_or_default() + &clock(session),
            table: agenda.tables[one.table].clone(),
            peer: (name(event, peer), anchor(peer)),
            lwm2m: one.lwm2m.clone(),
        });
    }
    AgendaTeam {
        anchor: anchor(who),
        name: name(event, who),
        role: event.implementations[who].role.title(),
        meetings,
        free: match free.as_slice() {
            [] => String::new(),
            [one] => format!("session {one}"),
            all => format!("sessions {}", all.join(", ")),
        },
    }
}

fn is_there(event: &Event, who: usize, session: &Session) -> bool {
    let days = &event.implementations[who].days;
    let date = session
        .time
        .as_ref()
        .map(|time| time.start.date().to_string());
    days.is_empty() || days.iter().any(|day| Some(&day.value) == date.as_ref())
}

fn left_out(event: &Event, one: &LeftOut) -> (String, String) {
    let (client, server) = (name(event, one.client), name(event, one.server));
    let version = one.lwm2m.as_ref();
    let version = version.map_or_else(String::new, |lwm2m| format!(" in LwM2M {lwm2m}"));
    (
        format!("{client} with {server}{version}"),
        one.reason.to_string(),
    )
}

fn sessions_of(agenda: &Agenda, client: usize, server: usize) -> String {
    let meets = |session: &&Session| {
        let mut all = session.meetings.iter();
        all.any(|one| one.client == client && one.server == server)
    };
    let numbers = agenda.sessions.iter().filter(meets);
    let numbers: Vec<_> = numbers.map(|session| session.number.to_string()).collect();
    numbers.join(", ")
}

/// `09:00–10:30`, or nothing.
fn clock(session: &Session) -> String {
    session.time.as_ref().map_or_else(String::new, |time| {
        let [start, end] = [&time.start, &time.end].map(|at| at.strftime("%H:%M").to_string());
        format!("{start}–{end}")
    })
}

fn name(event: &Event, who: usize) -> String {
    event.implementations[who].party().to_string()
}

/// Strangers name implementations, so fragments only count them.
fn anchor(who: usize) -> String {
    format!("implementation-{}", who + 1)
}
