//! The agenda, from the event file.

use super::meetings::{LeftOut, Options, Reason, Wanted, wanted};
use super::seating::seat;
use super::timetable::{Timetable, bound};
use super::{Calendar, Tables, Time};
use crate::consolidate::{Event, Role};

/// Who meets whom when and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agenda {
    /// Days and slots of the event file.
    pub calendar: Calendar,
    /// Names of the tables.
    pub tables: Vec<String>,
    /// The slots, in order; of those with times also the ones in which nobody meets.
    pub sessions: Vec<Session>,
    /// Clients and servers that do not meet.
    pub left_out: Vec<LeftOut>,
}

/// One slot of the agenda.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Its number, from 1.
    pub number: usize,
    /// When it is; `None` if slots are only numbered.
    pub time: Option<Time>,
    /// Who meets in it, by table.
    pub meetings: Vec<Meeting>,
}

/// Two implementations that meet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Meeting {
    /// Index of the table.
    pub table: usize,
    /// Index of the client among the implementations.
    pub client: usize,
    /// Index of the server.
    pub server: usize,
    /// LwM2M version.
    pub lwm2m: String,
}

/// Makes the agenda of an event; the same file gives the same agenda.
///
/// What is wrong with the `agenda:` block was found by [`Event::parse`].
pub fn arrange(event: &Event, options: Options) -> Agenda {
    let calendar = Calendar::read(&event.agenda).unwrap_or_default();
    let (wanted, mut left_out) = wanted(event, options);
    let tables = tables(event, &wanted);
    let edges: Vec<_> = wanted.iter().map(|one| (one.client, one.server)).collect();
    let ranks: Vec<_> = wanted.iter().map(|one| one.rank).collect();
    let vertices = event.implementations.len();
    let days: Vec<usize> = if calendar.times.is_empty() {
        vec![0; bound(&edges, vertices, tables.len())]
    } else {
        calendar.times.iter().map(|time| time.day).collect()
    };
    let is_there = attendance(event);
    let timetable = Timetable {
        edges: &edges,
        ranks: &ranks,
        vertices,
        tables: tables.len(),
        days: &days,
        is_there: &is_there,
    };
    let slots = timetable.fill();
    let seats = seat(&edges, vertices, &slots, tables.len());
    let mut sessions: Vec<_> = slots
        .iter()
        .zip(&seats)
        .zip(1..)
        .map(|((slot, seats), number)| session(number, &calendar, &wanted, slot, seats))
        .collect();
    let met: std::collections::BTreeSet<_> = slots.iter().flatten().collect();
    let lacking = (0..wanted.len()).filter(|edge| !met.contains(edge));
    left_out.extend(lacking.map(|edge| {
        let one = &wanted[edge];
        let both_there = |slot: &usize| {
            let day = days[*slot];
            is_there[one.client][day] && is_there[one.server][day]
        };
        let shared = (0..days.len()).filter(both_there);
        LeftOut {
            client: one.client,
            server: one.server,
            lwm2m: Some(one.lwm2m.clone()),
            reason: no_slot(one, shared.map(|slot| &sessions[slot]), tables.len()),
        }
    }));
    left_out.sort_by(|one, other| {
        let place = |it: &LeftOut| (it.client, it.server, it.lwm2m.clone());
        place(one).cmp(&place(other))
    });
    for number in sessions.len()..calendar.times.len() {
        sessions.push(session(number + 1, &calendar, &wanted, &[], &[]));
    }
    Agenda {
        calendar,
        tables,
        sessions,
        left_out,
    }
}

impl Agenda {
    /// Number of sessions up to the last in which anybody meets.
    pub fn used_sessions(&self) -> usize {
        let last = self
            .sessions
            .iter()
            .rposition(|one| !one.meetings.is_empty());
        last.map_or(0, |last| last + 1)
    }

    /// Number of meetings.
    pub fn meetings(&self) -> usize {
        self.sessions.iter().map(|one| one.meetings.len()).sum()
    }
}

fn session(
    number: usize,
    calendar: &Calendar,
    wanted: &[Wanted],
    slot: &[usize],
    seats: &[usize],
) -> Session {
    let meeting = |(edge, table): (&usize, &usize)| Meeting {
        table: *table,
        client: wanted[*edge].client,
        server: wanted[*edge].server,
        lwm2m: wanted[*edge].lwm2m.clone(),
    };
    let mut meetings: Vec<_> = slot.iter().zip(seats).map(meeting).collect();
    meetings.sort_by_key(|one| one.table);
    Session {
        number,
        time: calendar.times.get(number - 1).cloned(),
        meetings,
    }
}

/// The names of the tables; never more than there are meetings.
fn tables(event: &Event, wanted: &[Wanted]) -> Vec<String> {
    let numbered = |count: usize| (1..=count).map(|n| format!("Table {n}")).collect();
    let servers = event.implementations.iter().enumerate();
    let servers = servers.filter(|(index, one)| {
        one.role == Role::Server && wanted.iter().any(|meeting| meeting.server == *index)
    });
    match event.agenda.tables.as_ref().map(|tables| &tables.value) {
        None => numbered(servers.count().max(1)),
        Some(Tables::Count(count)) => {
            let count = usize::try_from(*count).unwrap_or(usize::MAX);
            numbered(count.clamp(1, wanted.len().max(1)))
        }
        Some(Tables::Named(names)) => names.clone(),
    }
}

/// Whether each implementation is there on each day.
fn attendance(event: &Event) -> Vec<Vec<bool>> {
    let days: Vec<_> = event
        .agenda
        .days
        .iter()
        .map(|day| &day.date.value)
        .collect();
    let of = |one: &crate::consolidate::Implementation| {
        if days.is_empty() || one.days.is_empty() {
            return vec![true; days.len().max(1)];
        }
        let said = |day: &&String| one.days.iter().any(|said| said.value == **day);
        days.iter().map(said).collect()
    };
    event.implementations.iter().map(of).collect()
}

fn no_slot<'a>(one: &Wanted, shared: impl Iterator<Item = &'a Session>, tables: usize) -> Reason {
    let (mut both_there, mut client_taken, mut server_taken, mut tables_taken) = (0, 0, 0, 0);
    for session in shared {
        let meets = |is: &dyn Fn(&Meeting) -> bool| usize::from(session.meetings.iter().any(is));
        both_there += 1;
        client_taken += meets(&|meeting| meeting.client == one.client);
        server_taken += meets(&|meeting| meeting.server == one.server);
        tables_taken += usize::from(session.meetings.len() >= tables);
    }
    if both_there == 0 {
        return Reason::NoCommonDay;
    }
    Reason::NoSlot {
        both_there,
        client_taken,
        server_taken,
        tables_taken,
    }
}
