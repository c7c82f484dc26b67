//! What holds of every agenda, and the mistakes of what it is made of.

use std::collections::{BTreeMap, BTreeSet};

use event::agenda::{Agenda, Options, Reason, arrange};
use event::consolidate::{Event, Role};
use proptest::prelude::*;

/// An event as it is registered for.
#[derive(Clone, Debug, Default)]
struct Fest {
    /// Company, LwM2M versions (bits), days (bits) of each client and each server.
    clients: Vec<(u8, u8, u8)>,
    servers: Vec<(u8, u8, u8)>,
    tables: Option<u8>,
    /// Slots of each day.
    days: Vec<u8>,
}

impl Fest {
    fn of(clients: usize, servers: usize) -> Self {
        let one = |n| (u8::try_from(n).expect("it is small"), 0, 0);
        Self {
            clients: (0..clients).map(one).collect(),
            servers: (100..100 + servers).map(one).collect(),
            ..Self::default()
        }
    }

    fn event(&self) -> Event {
        let mut text = "name: N\ndates: D\nets: {\"1.0\": E, \"1.1\": E, \"1.2\": E}\n".to_owned();
        text += "implementations:\n";
        for (role, all) in [("client", &self.clients), ("server", &self.servers)] {
            for (n, (company, versions, days)) in all.iter().enumerate() {
                let named = |bits: u8, names: &mut dyn Iterator<Item = String>| {
                    let chosen = names.enumerate().filter(|(n, _)| bits >> n & 1 == 1);
                    chosen.map(|(_, name)| name).collect::<Vec<_>>().join(", ")
                };
                let versions = named(*versions, &mut (0..3).map(|n| format!("\"1.{n}\"")));
                let days = named(*days, &mut (0..self.days.len()).map(date));
                text += &format!(
                    "- {{id: {role}{n}, company: C{company}, product: P{n}, version: \"1\", role: {role}, lwm2m: [{versions}], days: [{days}]}}\n"
                );
            }
        }
        text += "agenda:\n  time-zone: Asia/Seoul\n";
        if let Some(tables) = self.tables {
            text += &format!("  tables: {tables}\n");
        }
        text += "  days:\n";
        for (day, slots) in self.days.iter().enumerate() {
            let slots = (0..*slots).map(|n| format!("\"{n:02}:00-{n:02}:50\""));
            let slots = slots.collect::<Vec<_>>().join(", ");
            text += &format!("  - {{date: {}, slots: [{slots}]}}\n", date(day));
        }
        Event::parse(&text).unwrap_or_else(|mistakes| panic!("{mistakes:?}\n{text}"))
    }
}

fn date(day: usize) -> String {
    format!("2026-11-{:02}", day + 1)
}

/// Checks what holds of every agenda; gives the greatest number of meetings of one implementation.
fn check(event: &Event, agenda: &Agenda, options: Options) -> Result<usize, TestCaseError> {
    let mut met = BTreeMap::new();
    let mut degrees = BTreeMap::<usize, usize>::new();
    for (session, number) in agenda.sessions.iter().zip(1..) {
        prop_assert_eq!(session.number, number);
        let (mut here, mut tables) = (BTreeSet::new(), BTreeSet::new());
        for meeting in &session.meetings {
            prop_assert!(here.insert(meeting.client) && here.insert(meeting.server));
            prop_assert!(meeting.table < agenda.tables.len() && tables.insert(meeting.table));
            let key = (meeting.client, meeting.server, meeting.lwm2m.clone());
            prop_assert!(met.insert(key, number).is_none());
            for who in [meeting.client, meeting.server] {
                *degrees.entry(who).or_default() += 1;
                let days = &event.implementations[who].days;
                let day = session.time.as_ref().map(|time| date(time.day));
                let is_there =
                    days.is_empty() || days.iter().any(|said| Some(&said.value) == day.as_ref());
                prop_assert!(is_there);
            }
        }
    }
    // Every pair is either met or said not to.
    let left_out: BTreeSet<_> = agenda
        .left_out
        .iter()
        .map(|one| {
            (
                one.client,
                one.server,
                one.lwm2m.clone().unwrap_or_default(),
            )
        })
        .collect();
    prop_assert_eq!(left_out.len(), agenda.left_out.len());
    let of = |role| {
        (0..event.implementations.len()).filter(move |n| event.implementations[*n].role == role)
    };
    let mut accounted = 0;
    for client in of(Role::Client) {
        for server in of(Role::Server) {
            let [one, other] = [client, server].map(|n| &event.implementations[n]);
            let versions = |said: &event::consolidate::Implementation| -> BTreeSet<String> {
                let said: BTreeSet<_> = said.lwm2m.iter().map(|v| v.value.clone()).collect();
                if said.is_empty() {
                    event.ets.keys().cloned().collect()
                } else {
                    said
                }
            };
            let mut common: Vec<_> = versions(one)
                .intersection(&versions(other))
                .cloned()
                .collect();
            if (!options.own_company && one.company == other.company) || common.is_empty() {
                prop_assert!(left_out.contains(&(client, server, String::new())));
                accounted += 1;
                continue;
            }
            if !options.each_version {
                common = common.split_off(common.len() - 1);
            }
            for lwm2m in common {
                let key = (client, server, lwm2m);
                prop_assert!(
                    met.contains_key(&key) != left_out.contains(&key),
                    "{:?}",
                    key
                );
                accounted += 1;
            }
        }
    }
    prop_assert_eq!(accounted, met.len() + left_out.len());
    Ok(degrees.into_values().max().unwrap_or_default())
}

fn implementations(days: u8) -> impl Strategy<Value = Vec<(u8, u8, u8)>> {
    prop::collection::vec((0_u8..6, 0_u8..8, 0..=days), 0..9)
}

fn options() -> impl Strategy<Value = Options> {
    (any::<bool>(), any::<bool>()).prop_map(|(own_company, each_version)| Options {
        own_company,
        each_version,
    })
}

proptest! {
    #[test]
    fn free_slots_are_as_few_as_can_be(
        clients in implementations(0),
        servers in implementations(0),
        tables in prop::option::of(1_u8..9),
        options in options(),
    ) {
        let event = Fest { clients, servers, tables, days: Vec::new() }.event();
        let agenda = arrange(&event, options);
        let degree = check(&event, &agenda, options)?;
        let tables = tables.map_or(usize::MAX, usize::from);
        prop_assert_eq!(agenda.sessions.len(), degree.max(agenda.meetings().div_ceil(tables)));
        let lacks_a_slot = agenda.left_out.iter().any(|one| matches!(one.reason, Reason::NoSlot { .. } | Reason::NoCommonDay));
        prop_assert!(!lacks_a_slot);
        let sizes = agenda.sessions.iter().map(|session| session.meetings.len());
        prop_assert!(sizes.clone().max() <= sizes.min().map(|least| least + 1));
    }

    #[test]
    fn nobody_is_lost_when_days_are_short(
        clients in implementations(15),
        servers in implementations(15),
        tables in prop::option::of(1_u8..9),
        days in prop::collection::vec(1_u8..5, 4..=4),
        options in options(),
    ) {
        let event = Fest { clients, servers, tables, days }.event();
        let agenda = arrange(&event, options);
        check(&event, &agenda, options)?;
        prop_assert_eq!(&agenda, &arrange(&event, options));
        for one in &agenda.left_out {
            let Reason::NoSlot { both_there, client_taken, server_taken, tables_taken } = one.reason else {
                continue;
            };
            // Nobody is sent away from a slot that is free.
            prop_assert!(client_taken + server_taken + tables_taken >= both_there && both_there > 0);
        }
    }

    /// Without tables and absences the most meetings are found, which a flow of the same capacities gives.
    #[test]
    fn too_few_slots_hold_as_much_as_they_can(clients in 1_usize..9, servers in 1_usize..9, slots in 1_u8..9, tables in 1_u8..9) {
        let fest = Fest { days: vec![slots], tables: Some(tables), ..Fest::of(clients, servers) };
        let event = fest.event();
        let agenda = arrange(&event, Options::default());
        check(&event, &agenda, Options::default())?;
        let (slots, tables) = (usize::from(slots), usize::from(tables));
        let most = slots * tables.min(clients).min(servers);
        prop_assert_eq!(agenda.meetings(), most.min(clients * servers));
        // What is lost is shared.
        let met = |who: usize| agenda.sessions.iter().flat_map(|one| &one.meetings).filter(|one| one.client == who).count();
        let counts: Vec<_> = (0..clients).map(met).collect();
        prop_assert!(counts.iter().max().unwrap() - counts.iter().min().unwrap() <= 1, "{:?}", counts);
    }
}

#[test]
fn twelve_servers_and_seven_clients_take_twelve_slots() {
    let event = Fest::of(7, 12).event();
    let agenda = arrange(&event, Options::default());
    assert_eq!((agenda.sessions.len(), agenda.meetings()), (12, 84));
    // Servers stay, and nobody waits for long.
    let mut at = BTreeMap::new();
    for session in &agenda.sessions {
        assert_eq!(session.meetings.len(), 7);
        for meeting in &session.meetings {
            assert_eq!(
                *at.entry(meeting.server).or_insert(meeting.table),
                meeting.table
            );
        }
    }
    assert!(longest_wait(&agenda) <= 2, "{}", longest_wait(&agenda));
}

fn longest_wait(agenda: &Agenda) -> usize {
    let (mut last, mut longest) = (BTreeMap::new(), 0);
    for session in &agenda.sessions {
        for who in session
            .meetings
            .iter()
            .flat_map(|one| [one.client, one.server])
        {
            let before = last.insert(who, session.number).unwrap_or(0);
            longest = longest.max(session.number - before - 1);
        }
    }
    longest
}

#[test]
fn with_seven_tables_the_clients_stay_and_with_six_servers_keep_theirs_if_they_can() {
    for (tables, sessions, moves) in [(7, 12, 0), (6, 14, 40)] {
        let fest = Fest {
            tables: Some(tables),
            ..Fest::of(7, 12)
        };
        let agenda = arrange(&fest.event(), Options::default());
        assert_eq!(agenda.sessions.len(), sessions);
        let mut last = BTreeMap::new();
        let mut moved = 0;
        for meeting in agenda.sessions.iter().flat_map(|one| &one.meetings) {
            let who = if tables == 7 {
                meeting.client
            } else {
                meeting.server
            };
            let before = last.insert(who, meeting.table);
            moved += usize::from(before.is_some_and(|table| table != meeting.table));
        }
        assert!(moved <= moves, "{tables}: {moved}");
    }
}

#[test]
fn slots_have_their_times_and_the_rest_is_free() {
    let fest = Fest {
        days: vec![3, 3],
        ..Fest::of(2, 2)
    };
    let agenda = arrange(&fest.event(), Options::default());
    assert_eq!((agenda.sessions.len(), agenda.used_sessions()), (6, 2));
    let time = agenda.sessions[1].time.as_ref().unwrap();
    assert_eq!(time.start.to_string(), "2026-11-01T01:00:00");
    let (start, end) = time.instants.unwrap();
    assert_eq!(start.to_string(), "2026-10-31T16:00:00Z");
    assert_eq!((end - start).get_seconds(), 50 * 60);
}

#[test]
fn who_is_there_later_meets_later() {
    // The client of the second day has one slot and two servers.
    let mut fest = Fest {
        days: vec![2, 1],
        ..Fest::of(2, 2)
    };
    fest.clients[1].2 = 0b10;
    fest.servers[0].2 = 0b11;
    let agenda = arrange(&fest.event(), Options::default());
    assert_eq!(agenda.meetings(), 3);
    let [left_out] = agenda.left_out.as_slice() else {
        panic!("{:?}", agenda.left_out);
    };
    assert_eq!(left_out.client, 1);
    let said = left_out.reason.to_string();
    assert_eq!(
        said,
        "no slot is left: of 1 slot with both there the client meets another in 1"
    );
    fest.servers[1].2 = 0b01;
    let agenda = arrange(&fest.event(), Options::default());
    assert_eq!(agenda.meetings(), 3);
    assert_eq!(agenda.left_out[0].reason, Reason::NoCommonDay);
}

#[test]
fn the_highest_common_version_is_taken_or_each() {
    let mut fest = Fest::of(1, 2);
    fest.clients[0].1 = 0b011;
    fest.servers[0].1 = 0b111;
    fest.servers[1].1 = 0b100;
    let event = fest.event();
    let agenda = arrange(&event, Options::default());
    assert_eq!(agenda.sessions[0].meetings[0].lwm2m, "1.1");
    let said = agenda.left_out[0].reason.to_string();
    assert_eq!(
        said,
        "no LwM2M version in common: the client has 1.0, 1.1, the server 1.2"
    );
    let each = Options {
        each_version: true,
        ..Options::default()
    };
    let agenda = arrange(&event, each);
    let mut versions: Vec<_> = agenda
        .sessions
        .iter()
        .flat_map(|one| &one.meetings)
        .map(|one| one.lwm2m.as_str())
        .collect();
    versions.sort_unstable();
    assert_eq!(versions, ["1.0", "1.1"]);
}

#[test]
fn nobody_meets_again_while_others_have_not_met() {
    let mut fest = Fest {
        days: vec![4],
        ..Fest::of(3, 1)
    };
    fest.clients[2].1 = 0b001;
    let each = Options {
        each_version: true,
        ..Options::default()
    };
    let agenda = arrange(&fest.event(), each);
    let met = agenda.sessions.iter().flat_map(|one| &one.meetings);
    let mut met: Vec<_> = met.map(|one| (one.client, one.lwm2m.as_str())).collect();
    met.sort_unstable();
    assert_eq!(met.len(), 4);
    for wanted in [(0, "1.2"), (1, "1.2"), (2, "1.0")] {
        assert!(met.contains(&wanted), "{met:?}");
    }
}

#[test]
fn a_mistake_has_its_line_and_what_would_be_right() {
    const HEAD: &str = "name: N\ndates: D\nets: {\"1.1\": E}\nimplementations:\n";
    let one = |more: &str| {
        format!("{HEAD}- {{id: a, company: A, product: P, version: \"1\", role: client, {more}}}\n")
    };
    let agenda = |lines: &str| format!("{}agenda:\n{lines}\n", one(""));
    for (text, place, message, help) in [
        (
            one("lwm2m: [\"1.2\"]"),
            (5, 71),
            "no ETS document for LwM2M \"1.2\"",
            "versions under ets: 1.1",
        ),
        (
            one("lwm2m: [\"1.1\", \"1.1\"]"),
            (5, 78),
            "\"1.1\" is said twice",
            "once",
        ),
        (
            one("days: [2026-11-02]"),
            (5, 70),
            "\"2026-11-02\" is no day of the agenda",
            "the agenda has no days",
        ),
        (
            agenda("  time-zone: Europe/Bonn"),
            (7, 14),
            "unknown time zone \"Europe/Bonn\"",
            "IANA",
        ),
        (
            agenda("  issued: yesterday"),
            (7, 11),
            "\"yesterday\" is no date",
            "2026-11-02",
        ),
        (agenda("  tables: 0"), (7, 11), "no tables", "1 on"),
        (
            agenda("  tables: [A, A]"),
            (7, 11),
            "\"A\" names no table of its own",
            "name for each",
        ),
        (
            agenda("  tables: many"),
            (7, 3),
            "a number of tables or a list of their names",
            "",
        ),
        (
            agenda("  slots: [\"09:00-10:00\"]"),
            (7, 11),
            "no day has these slots",
            "days:",
        ),
        (
            agenda("  days: [{date: 2026-11-02}]"),
            (7, 17),
            "no slots on \"2026-11-02\"",
            "slots:",
        ),
        (
            agenda("  days: [{date: 2026-11-31}]"),
            (7, 17),
            "\"2026-11-31\" is no date",
            "month",
        ),
        (
            agenda("  slots: [9]\n  days: [{date: 2026-11-02}, {date: 2026-11-03}]"),
            (7, 11),
            "\"9\" is no slot",
            "24 hours",
        ),
        (
            agenda("  slots: [\"09:00-10:00\"]\n  days: [{date: 2026-11-02}, {date: 2026-11-02}]"),
            (8, 37),
            "does not come after",
            "order",
        ),
        (
            agenda("  slots: [\"09:00-25:00\"]\n  days: [{date: 2026-11-02}]"),
            (7, 11),
            "\"09:00-25:00\" is no slot",
            "24 hours",
        ),
        (
            agenda("  slots: [\"10:00-09:00\"]\n  days: [{date: 2026-11-02}]"),
            (7, 11),
            "ends before it begins",
            "its day",
        ),
        (
            agenda("  slots: [\"09:00-10:00\", \"09:59-11:00\"]\n  days: [{date: 2026-11-02}]"),
            (7, 26),
            "begins before the slot before it ends",
            "overlap",
        ),
        (
            agenda(
                "  time-zone: Europe/Berlin\n  slots: [\"02:30-03:30\"]\n  days: [{date: 2026-03-29}]",
            ),
            (8, 11),
            "when clocks are set, on 2026-03-29",
            "once",
        ),
    ] {
        let mistakes = Event::parse(&text).expect_err(&text);
        let [mistake] = mistakes.as_slice() else {
            panic!("{mistakes:?}");
        };
        assert!(mistake.message.contains(message), "{mistake:?}");
        assert!(mistake.help.contains(help), "{mistake:?}");
        assert_eq!((mistake.line, mistake.column), place, "{mistake:?}");
    }
}
