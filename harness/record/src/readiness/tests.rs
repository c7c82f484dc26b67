use serde_json::json;

use super::*;

fn session(cases: &[(&str, Verdict)]) -> SessionRecord {
    let summaries: Vec<_> = cases
        .iter()
        .map(|(id, verdict)| {
            json!({
                "case": format!("x/{id}"), "id": format!("LightweightM2M-1.1-{id}"), "title": "T", "seat": "client",
                "verdict": verdict, "tool": verdict, "teams": [], "reason": "why", "criteria": [], "remarks": 0,
                "expected": null, "duration": 0, "clock": 0, "forced": 0, "implementation": 0, "operator": 0,
                "folder": "", "capture_hash": ""
            })
        })
        .collect();
    serde_json::from_value(json!({
        "format": 1, "harness": "1", "cases_hash": "abc", "name": "a", "started": "", "ended": "",
        "interrupted": false, "wall_time": 10,
        "parameters": {"lwm2m": "1.1", "transport": "udp", "security": "nosec", "quick": false,
            "as_printed": false, "jumping_clock": false, "filters": [], "again": ""},
        "implementations": [{"seat": "client", "name": "C", "vendor": "V", "version": "1", "profile": "c.yaml",
            "profile_hash": "", "ics": []}],
        "environment": {"system": "linux", "addresses": []},
        "planned": cases.len(), "cases": summaries, "not_selected": [
            {"case": "x/con-other", "id": "con-other", "title": "", "seat": "client", "reason": "requires tcp"}
        ], "remarks": []
    }))
    .expect("a session")
}

fn sound() -> SessionRecord {
    let ids = [
        "int-101", "int-102", "int-201", "int-203", "con-one", "con-two",
    ];
    session(&ids.map(|id| (id, Verdict::Pass)))
}

#[test]
fn who_passes_everything_is_ready() {
    let found = Readiness::of(&sound());
    assert!(found.is_ready(), "{found:?}");
    assert_eq!(found.conformance, [2, 0, 0, 1, 0, 0]);
    assert_eq!(
        found.entry.iter().map(|one| one.number).collect::<Vec<_>>(),
        ENTRY_TESTS
    );
}

#[test]
fn whatever_is_missing_is_named() {
    type Spoil = fn(&mut SessionRecord);
    let cases: &[(Spoil, &str)] = &[
        (
            |run| run.cases[1].verdict = Verdict::Fail,
            "x/int-102 Some(Fail) why",
        ),
        (
            |run| run.cases[3].verdict = Verdict::Inconclusive,
            "x/int-203 Some(Inconclusive) why",
        ),
        (
            |run| run.cases[4].verdict = Verdict::Fail,
            "x/con-one Some(Fail) why",
        ),
        (
            |run| run.cases[5].verdict = Verdict::OutOfTime,
            "x/con-two Some(OutOfTime) why",
        ),
        (
            |run| run.cases[5].verdict = Verdict::Error,
            "x/con-two Some(Error) why",
        ),
        (
            |run| drop(run.cases.remove(2)),
            "entry test 201 None the run does not have it",
        ),
        (
            |run| run.cases.truncate(4),
            "the conformance set None no case of it passed",
        ),
        (
            |run| run.interrupted = true,
            "the run None it did not come to its end",
        ),
        (
            |run| run.implementations.clear(),
            "the run None it is not of one implementation",
        ),
        (
            |run| run.implementations[0].profile.clear(),
            "the run None it is not of one implementation",
        ),
        (
            |run| {
                run.cases[0].verdict = Verdict::Fail;
                run.cases[0].expected = Some(crate::Expected {
                    reason: "ticket 7".to_owned(),
                    ticket: String::new(),
                });
            },
            "x/int-101 Some(Fail) why; agreed, so an open problem: ticket 7",
        ),
        (
            |run| {
                let case = run.cases.remove(0);
                run.not_selected[0].case = case.case;
                run.not_selected[0].id = case.id;
            },
            "x/int-101 Some(NotApplicable) requires tcp",
        ),
    ];
    for (spoil, wanted) in cases {
        let mut run = sound();
        spoil(&mut run);
        let found = Readiness::of(&run);
        let told: Vec<String> = found
            .missing
            .iter()
            .map(|one| format!("{} {:?} {}", one.what, one.verdict, one.reason))
            .collect();
        assert_eq!(told, [*wanted]);
    }
}

#[test]
fn a_bootstrap_server_has_no_entry_tests() {
    let mut run = session(&[("con-one", Verdict::Pass)]);
    run.implementations[0].seat = "bootstrap-server".to_owned();
    let found = Readiness::of(&run);
    assert!(found.is_ready() && found.entry.is_empty());
}
