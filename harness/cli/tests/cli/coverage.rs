//! `coverage` and `--ets` from outside.

use crate::program::{Folder, client_profile, run};

#[test]
fn every_number_of_the_ets_has_a_line() {
    let ended = run(&["coverage"]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let line = |number: &str| {
        let is = |line: &&str| line.split_whitespace().next() == Some(number);
        ended.out.lines().find(is).unwrap_or_default()
    };
    assert!(
        line("101").contains("registration/int-101-initial-registration"),
        "{}",
        ended.out
    );
    assert!(line("101").contains("client server"), "{}", line("101"));
    assert!(
        line("202").ends_with("a heading without a body: a case of our own"),
        "{}",
        line("202")
    );
    assert!(ended.out.contains("157 numbers, 120 with a body: "));
    let old = run(&["coverage", "--ets", "1.0.2"]);
    assert!(old.out.contains("LightweightM2M-1.0-int-101"));
    assert!(!old.out.contains("-1.1-int-") && old.out.contains("63 numbers"));
}

#[test]
fn every_requirement_has_a_line_and_the_totals_add_up() {
    let ended = run(&["coverage", "--requirements"]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let found = |start: &str| {
        let mut lines = ended.out.lines();
        lines.find(|line| line.starts_with(start)).unwrap()
    };
    let named = found("FMT-04a ");
    assert!(named.contains("int-203-read-tlv") && named.contains("rule tlv-shortest-form"));
    let unseen = found("GEN-01c ");
    assert!(unseen.contains("not observable"), "{unseen}");
    for (start, count) in [("756 requirements: ", 756), ("396 of them ", 396)] {
        let totals = found(start);
        let (_, parts) = totals.split_once(": ").unwrap();
        let sum: u32 = parts
            .split("; ")
            .map(|part| part.split(' ').next().unwrap().parse::<u32>().unwrap())
            .sum();
        assert_eq!(sum, count, "{totals}");
    }
}

#[test]
fn mutants_are_played_against_the_cases_that_are_asked_for() {
    let folder = Folder::new("matrix");
    let page = folder.path().join("matrix.html");
    let ended = run(&["coverage", "--matrix", "203"]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let mut lines = ended.out.lines();
    let heading = lines.next().unwrap_or_default();
    assert_eq!(
        heading,
        "device-management/int-203-read-tlv [client] decides ABC"
    );
    let caught = |line: &str| line.contains("has to fail by A") && line.ends_with("Fail A");
    assert!(ended.out.lines().any(caught), "{}", ended.out);
    assert!(!ended.out.contains("int-204"), "{}", ended.out);
    let ended = run(&[
        "coverage",
        "--matrix",
        "203",
        "--html",
        page.to_str().unwrap(),
    ]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let html = std::fs::read_to_string(&page).unwrap();
    assert!(html.contains("int-203-read-tlv") && html.contains("class=\"caught\""));
    assert_eq!(run(&["coverage", "--matrix", "nothing-fits"]).code, Some(4));
    assert_eq!(run(&["coverage", "--full"]).code, Some(2));
}

#[test]
fn coverage_is_json_too() {
    for (words, key, count) in [
        (&["coverage", "--json"][..], "numbers", 157),
        (
            &["coverage", "--requirements", "--json"],
            "requirements",
            756,
        ),
    ] {
        let ended = run(words);
        let json: serde_json::Value = serde_json::from_str(&ended.out).unwrap();
        assert_eq!(json[key].as_array().unwrap().len(), count, "{words:?}");
    }
}

#[test]
fn a_release_selects_its_cases_under_its_ids() {
    let folder = Folder::new("release");
    let ended = run(&[
        "run",
        "--out",
        folder.text(),
        "--ets",
        "1.0.2",
        "101",
        "105",
    ]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(ended.out.contains("2 run: 2 pass"), "{}", ended.out);
    let record = std::fs::read_to_string(folder.session().join("session.json")).unwrap();
    assert!(record.contains("\"LightweightM2M-1.0-int-101\""));
    assert!(!record.contains("LightweightM2M-1.1-int-"));
    let listed = run(&["list", "--ets", "1.0.2"]);
    assert!(listed.out.contains("LightweightM2M-1.0-int-203"));
    assert!(!listed.out.contains("/con-") && !listed.out.contains("int-105"));
    let wrong = run(&["list", "--ets", "1.0"]);
    assert_eq!(wrong.code, Some(2));
    assert!(
        wrong.err.contains("releases: 1.0.1, 1.0.2"),
        "{}",
        wrong.err
    );
}

#[test]
fn mistakes_in_cases_keep_coverage_from_its_work() {
    let folder = Folder::new("coverage");
    folder.write("cases/own/con-own.yaml", "id: con-own\ntitle: Own\n");
    let cases = folder.path().join("cases");
    let ended = run(&["coverage", "--cases", cases.to_str().unwrap()]);
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(ended.err.contains("con-own.yaml:"), "{}", ended.err);
}

#[test]
fn a_failure_states_the_requirements_that_it_breaks() {
    let folder = Folder::new("stated");
    let profile = client_profile("", "{start: [sleep, \"600\"]}");
    let profile = folder.write("silent.yaml", &profile);
    let ended = run(&["run", "--profile", &profile, "--out", folder.text(), "101"]);
    assert_eq!(ended.code, Some(1), "{ended:?}");
    for part in [
        "  judges    REG-01a: Register is a POST to /rd",
        "(Core 1.2.2 6.2.1; ",
    ] {
        assert!(
            ended.out.contains(part),
            "{part} is missing in {}",
            ended.out
        );
    }
}
