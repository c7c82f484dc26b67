//! Three published tables, taken in as submissions, come out with the same rows and totals.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::collections::BTreeMap;

use event::consolidate::{
    Case, CaseResult, Counts, Ets, Event, FORMAT, FindingKind, Outcome, Party, Role, Severity,
    Submission, check, consolidate,
};
use event::session::{SecretKey, Signature};
use proptest::prelude::*;

const DOCUMENT: &str = "OMA-ETS-LightweightM2M-V1_0_2-20180608-D.zip";
const CSV: &str = include_str!("../../../fixtures/events/results-2018.csv");

/// The published rows by implementation.
fn published() -> BTreeMap<String, Vec<(u32, Counts)>> {
    let mut tables: BTreeMap<String, Vec<(u32, Counts)>> = BTreeMap::new();
    for line in CSV.lines().skip(1) {
        let fields: Vec<_> = line.split(',').collect();
        let n: Vec<u32> = fields[1..]
            .iter()
            .map(|n| n.parse().expect("a count"))
            .collect();
        let counts = Counts {
            pass: n[1],
            fail: n[2],
            inconclusive: n[3],
            not_applicable: n[4],
            out_of_time: n[5],
            response_count: n[6],
        };
        tables
            .entry(fields[0].to_owned())
            .or_default()
            .push((n[0], counts));
    }
    tables
}

fn party(name: &str) -> Party {
    Party {
        company: name.to_owned(),
        product: "LwM2M".to_owned(),
        version: "1".to_owned(),
    }
}

fn role(name: &str) -> Role {
    if name.starts_with("client") {
        Role::Client
    } else {
        Role::Server
    }
}

/// Spreads each table over as many submissions as it counts, with peers that are nobody.
fn submissions() -> Vec<Submission> {
    let mut all = Vec::new();
    for (name, rows) in published() {
        for nth in 0..rows[0].1.response_count {
            let result = |(number, counts): &(u32, Counts)| {
                let each = Outcome::ALL.into_iter().zip(counts.columns());
                let spread: Vec<_> = each.flat_map(|(one, n)| (0..n).map(move |_| one)).collect();
                let verdict = spread[nth as usize];
                CaseResult {
                    id: format!("LightweightM2M-1.0-int-{number}"),
                    verdict,
                }
            };
            let peer = party(&format!("peer-of-{name}-{nth}"));
            let (client, server) = match role(&name) {
                Role::Client => (party(&name), peer),
                Role::Server => (peer, party(&name)),
            };
            all.push(Submission {
                format: FORMAT,
                source: format!("{name}-{nth}.submission.json"),
                session: (nth + 1).to_string(),
                lwm2m: "1.0".to_owned(),
                ets: DOCUMENT.to_owned(),
                client,
                server,
                results: rows.iter().map(result).collect(),
                ..Submission::default()
            });
        }
    }
    all
}

/// Signed by both teams of each.
fn signed(mut all: Vec<Submission>) -> Vec<Submission> {
    for one in &mut all {
        for team in [Role::Client, Role::Server] {
            let key = SecretKey::new("key", [7; 32], String::new(), String::new());
            let signature = Signature::new(one, team, &key, "2018-07-12T12:00:00Z").unwrap();
            one.signatures.push(signature);
        }
    }
    all
}

fn event() -> Event {
    let mut text = format!(
        "name: Seoul\ndates: 09-12 July 2018\nets: {{\"1.0\": {DOCUMENT}}}\nimplementations:\n"
    );
    let mut slots = String::from("sessions:\n");
    let mut seen = Vec::new();
    for one in submissions() {
        for (role, name) in [
            ("client", &one.client.company),
            ("server", &one.server.company),
        ] {
            if !seen.contains(name) {
                text += &format!(
                    "- {{id: {name}, company: {name}, product: LwM2M, version: \"1\", role: {role}}}\n"
                );
                seen.push(name.clone());
            }
        }
        let (client, server) = (&one.client.company, &one.server.company);
        slots += &format!(
            "- {{session: \"{}\", lwm2m: \"1.0\", pairs: [{{client: {client}, server: {server}}}]}}\n",
            one.session
        );
    }
    Event::parse(&(text + &slots)).expect("it is an event")
}

fn ets() -> BTreeMap<String, Ets> {
    let rows = published().remove("server-a").expect("it was published");
    let case = |(number, _): (u32, Counts)| Case {
        number,
        id: format!("LightweightM2M-1.0-int-{number}"),
        title: String::new(),
        heading: String::new(),
    };
    let cases = rows.into_iter().map(case).collect();
    BTreeMap::from([(
        "1.0".to_owned(),
        Ets {
            document: DOCUMENT.to_owned(),
            cases,
        },
    )])
}

#[test]
fn published_tables_come_out_as_they_went_in() {
    let (event, ets, submissions) = (event(), ets(), signed(submissions()));
    assert_eq!(check(&event, &ets, &submissions), []);
    let all = consolidate(&event, &ets, &submissions).unwrap();
    assert_eq!(all.len(), 1);
    for (name, rows) in published() {
        let one = all[0]
            .implementations
            .iter()
            .find(|one| one.party.company == name)
            .unwrap();
        let out: Vec<_> = one
            .table
            .rows
            .iter()
            .map(|row| (row.case.number, row.counts))
            .collect();
        assert_eq!(out, rows, "{name}");
    }
    let totals = |n: u32| {
        let one = all[0]
            .implementations
            .iter()
            .find(|one| one.table.submissions == n)
            .unwrap();
        (one.table.totals.columns(), one.table.totals.response_count)
    };
    assert_eq!(totals(6), ([70, 2, 0, 122, 184], 378));
    assert_eq!(totals(7), ([360, 0, 0, 79, 2], 441));
    assert_eq!(totals(11), ([457, 1, 0, 235, 0], 693));
    assert_eq!(all[0].table.totals.columns(), [887, 3, 0, 436, 186]);
    assert_eq!(
        (all[0].table.submissions, all[0].table.totals.response_count),
        (24, 1512)
    );
}

#[test]
fn what_is_wrong_is_reported_by_name() {
    type Spoil = fn(&mut Vec<Submission>);
    let spoils: [(FindingKind, &str, Spoil); 12] = [
        (FindingKind::Shuffled, "client-c-3.submission.json", |all| {
            all[3].results.reverse()
        }),
        (
            FindingKind::Doubled,
            "again.json: the submission was made before, in client-c-3.submission.json",
            |all| {
                let mut again = all[3].clone();
                "again.json".clone_into(&mut again.source);
                all.push(again);
            },
        ),
        (
            FindingKind::Missing,
            "no submission: \"client-c LwM2M 1\" with \"peer-of-client-c-3 LwM2M 1\", session 4",
            |all| {
                all.remove(3);
            },
        ),
        (
            FindingKind::MissingCase,
            "client-c-3.submission.json: no verdict on \"LightweightM2M-1.0-int-2001\"",
            |all| {
                all[3].results.pop();
            },
        ),
        (
            FindingKind::DoubledCase,
            "\"LightweightM2M-1.0-int-2001\" has two verdicts",
            |all| {
                let last = all[3].results.last().unwrap().clone();
                all[3].results.push(last);
            },
        ),
        (
            FindingKind::ForeignCase,
            "\"LightweightM2M-1.1-int-105\" is not in the ETS",
            |all| {
                "LightweightM2M-1.1-int-105".clone_into(&mut all[3].results[0].id);
            },
        ),
        (FindingKind::WrongEts, "the ETS is \"other.zip\"", |all| {
            "other.zip".clone_into(&mut all[3].ets)
        }),
        (FindingKind::WrongCount, "it states 0/0/0/0/0 of 0", |all| {
            all[3].counts = Some(Counts::default())
        }),
        (
            FindingKind::Unregistered,
            "the client is not registered",
            |all| all[3].client.version = "2".to_owned(),
        ),
        (FindingKind::OtherEvent, "it was made at \"Busan\"", |all| {
            "Busan".clone_into(&mut all[3].event)
        }),
        (
            FindingKind::Unsigned,
            "client-c-3.submission.json: the server's team has not signed",
            |all| {
                *all = signed(std::mem::take(all));
                all[3].signatures.pop();
            },
        ),
        (
            FindingKind::BadSignature,
            "client-c-3.submission.json: the signature of the client's team (\"key\") is not of this submission",
            |all| {
                *all = signed(std::mem::take(all));
                all[3].results[0].verdict = Outcome::OutOfTime;
            },
        ),
    ];
    let (event, ets) = (event(), ets());
    let sound = consolidate(&event, &ets, &submissions())
        .unwrap()
        .remove(0)
        .table;
    for (kind, words, spoil) in spoils {
        let mut all = submissions();
        assert_eq!(all[3].source, "client-c-3.submission.json");
        spoil(&mut all);
        let findings = check(&event, &ets, &all);
        let found = findings
            .iter()
            .find(|finding| finding.kind == kind)
            .unwrap();
        assert!(found.to_string().contains(words), "{found}");
        if kind == FindingKind::Shuffled {
            assert_eq!(check(&event, &ets, &signed(all.clone())).len(), 1);
            assert_eq!(
                consolidate(&event, &ets, &all).unwrap().remove(0).table,
                sound
            );
        }
        if kind == FindingKind::Unsigned {
            let warns = findings
                .iter()
                .all(|one| one.severity() == Severity::Warning);
            assert!(findings.len() == 1 && warns, "{findings:?}");
        }
        if matches!(kind, FindingKind::MissingCase | FindingKind::DoubledCase) {
            assert!(
                consolidate(&event, &ets, &all).is_err(),
                "{kind:?} must never be added up"
            );
        }
    }
}

proptest! {
    #[test]
    fn the_order_of_submissions_changes_no_sum(order in Just(submissions()).prop_shuffle()) {
        let (event, ets) = (event(), ets());
        let one = consolidate(&event, &ets, &order).unwrap().remove(0);
        let other = consolidate(&event, &ets, &submissions()).unwrap().remove(0);
        prop_assert_eq!(&one.table, &other.table);
        prop_assert_eq!(&one.implementations, &other.implementations);
        prop_assert_eq!(one.matrix, other.matrix);
    }
}
