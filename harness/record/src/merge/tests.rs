use serde_json::json;

use super::*;

/// A session `name` with these cases, each `name seat`.
fn part(name: &str, cases: &[&str], partition: Option<(u32, u32, u32)>) -> SessionRecord {
    let summaries: Vec<_> = cases
        .iter()
        .map(|text| {
            let (case, seat) = text.split_once(' ').unwrap_or((text, "client"));
            json!({
                "case": case, "id": case, "title": "", "seat": seat, "verdict": "pass", "tool": "pass",
                "teams": [], "reason": null, "criteria": [], "remarks": 0, "expected": null,
                "duration": 0, "clock": 0, "forced": 0, "implementation": 0, "operator": 0,
                "folder": format!("{case}-{seat}"), "capture_hash": ""
            })
        })
        .collect();
    let names: BTreeSet<&str> = cases
        .iter()
        .map(|text| text.split(' ').next().unwrap_or(""))
        .collect();
    let mut session: SessionRecord = serde_json::from_value(json!({
        "format": 1, "harness": "1", "cases_hash": "abc", "name": name,
        "started": format!("2026-11-28T00:00:0{}Z", name.len()), "ended": format!("2026-11-28T00:01:0{}Z", name.len()),
        "interrupted": false, "wall_time": 10,
        "parameters": {"lwm2m": "1.1", "transport": "udp", "security": "nosec", "quick": false,
            "as_printed": false, "jumping_clock": true, "filters": [], "again": "testfest run"},
        "implementations": [{"seat": "client", "name": "C", "vendor": "V", "version": "1", "profile": "c.yaml",
            "profile_hash": "0123456789abcdef", "ics": []}],
        "environment": {"system": "linux", "addresses": []},
        "planned": names.len(), "cases": summaries, "not_selected": [], "remarks": []
    }))
    .expect("a session");
    session.parameters.partition = partition.map(|(part, of, cases)| Partition { part, of, cases });
    session
}

fn thirds() -> Vec<SessionRecord> {
    vec![
        part("bbb", &["a/3 client"], Some((3, 3, 3))),
        part(
            "a",
            &["a/1 client", "a/1 server", "a/1 bootstrap-server"],
            Some((1, 3, 3)),
        ),
        part("bb", &["a/2 server", "a/2 client"], Some((2, 3, 3))),
    ]
}

#[test]
fn parts_make_the_record_of_the_whole() {
    let mut parts = thirds();
    parts[1].remarks.push("slow".to_owned());
    parts[0].remarks.push("slow".to_owned());
    let whole = merge(&parts).expect("parts of one run");
    let cases: Vec<String> = whole
        .cases
        .iter()
        .map(|one| format!("{} {}", one.case, one.seat))
        .collect();
    assert_eq!(
        cases,
        [
            "a/1 client",
            "a/1 server",
            "a/1 bootstrap-server",
            "a/2 client",
            "a/2 server",
            "a/3 client"
        ]
    );
    assert_eq!(
        (whole.name.as_str(), whole.planned, whole.wall_time),
        ("a", 3, 30)
    );
    assert_eq!(whole.started, "2026-11-28T00:00:01Z");
    assert_eq!(whole.ended.as_deref(), Some("2026-11-28T00:01:03Z"));
    assert_eq!((whole.remarks.len(), whole.parameters.partition), (1, None));
}

#[test]
fn what_is_no_part_is_refused_by_name() {
    type Spoil = fn(&mut Vec<SessionRecord>);
    let cases: &[(Spoil, &str)] = &[
        (Vec::clear, "there is no session to merge"),
        (
            |all| all[0].format = 99,
            "bbb has format 99, this build reads up to 1",
        ),
        (
            |all| all[0].cases_hash = "def".to_owned(),
            "a and bbb are not parts of one run: the cases (their hash) is abc in one and def in the other",
        ),
        (
            |all| all[2].parameters.quick = true,
            "a and bb are not parts of one run: --quick is not given in one and given in the other",
        ),
        (
            |all| all[2].implementations[0].version = "2".to_owned(),
            "a and bb are not parts of one run: the client is V C 1 (profile 0123456789ab) in one and V C 2 (profile 0123456789ab) in the other",
        ),
        (
            |all| all[2].implementations.clear(),
            "a and bb are not parts of one run: the client is V C 1 (profile 0123456789ab) in one and nobody in the other",
        ),
        (
            |all| all[0].cases[0].case = "a/1".to_owned(),
            "a/1 [client] is both in a and in bbb",
        ),
        (|all| drop(all.remove(0)), "missing: part 3/3"),
        (
            |all| {
                all[0].parameters.partition = Some(Partition {
                    part: 3,
                    of: 3,
                    cases: 4,
                })
            },
            "bb and bbb are not parts of one run: how the run was divided is 2/3 of 3 cases in one and 3/3 of 4 cases in the other",
        ),
        (
            |all| all[0].ended = None,
            "bbb did not come to its end: 1 of 1 cases",
        ),
        (
            |all| all[0].interrupted = true,
            "bbb did not come to its end: 1 of 1 cases",
        ),
        (
            |all| drop(all[1].cases.drain(..)),
            "a did not come to its end: 0 of 1 cases",
        ),
    ];
    for (spoil, wanted) in cases {
        let mut parts = thirds();
        spoil(&mut parts);
        let found = merge(&parts).map(|_| ()).map_err(|error| error.to_string());
        assert_eq!(found, Err((*wanted).to_owned()));
    }
}

#[test]
fn there_may_be_fewer_cases_than_parts() {
    let parts = [
        part("a", &["x/1"], Some((1, 3, 2))),
        part("aa", &["x/2"], Some((2, 3, 2))),
    ];
    assert_eq!(merge(&parts).map(|whole| whole.planned), Ok(2));
}

#[test]
fn records_of_single_cases_merge_without_a_partition() {
    let whole = merge(&[part("aa", &["x/2"], None), part("a", &["x/1"], None)]).expect("one run");
    assert_eq!((whole.planned, whole.cases.len()), (2, 2));
}
