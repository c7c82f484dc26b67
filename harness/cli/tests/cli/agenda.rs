//! `agenda` from outside.

use std::collections::BTreeSet;

use crate::program::{Ended, Folder, run};

const SAMPLE: &str = "fixtures/events/agenda-3x3.yaml";

fn agenda(event: &str, folder: &Folder, more: &[&str]) -> Ended {
    let mut words = vec!["agenda", "--event", event, "--out", folder.text()];
    words.extend(more);
    run(&words)
}

fn files(folder: &Folder) -> BTreeSet<String> {
    let entries = std::fs::read_dir(folder.path()).unwrap();
    entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect()
}

#[test]
fn an_event_gets_pages_calendars_and_sessions() {
    let folder = Folder::new("agenda");
    let ended = agenda(SAMPLE, &folder, &[]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let said = format!(
        "6 sessions, 7 meetings, 3 tables, 11 files: {}\n",
        folder.text()
    );
    assert_eq!(ended.out, said);
    assert_eq!(
        ended.err,
        "warning: no meeting: Birke Systems Birke Client 1.0 with Birke Systems Birke Server 1.3: they are of one company\n\
         warning: no meeting: Zeder IoT Tracker 7 with Dorn Cloud Dorn 2026.1: no LwM2M version in common: the client has 1.2, the server 1.0, 1.1\n"
    );
    let names = [
        "SVE-99_Agenda.csv",
        "SVE-99_Agenda.html",
        "SVE-99_Agenda.ics",
        "SVE-99_Agenda.pdf",
        "SVE-99_Agenda_Ahorn-Devices-Client.ics",
        "SVE-99_Agenda_Birke-Systems-Client.ics",
        "SVE-99_Agenda_Birke-Systems-Server.ics",
        "SVE-99_Agenda_Dorn-Cloud-Server.ics",
        "SVE-99_Agenda_Eibe---S-hne-Server.ics",
        "SVE-99_Agenda_Zeder-IoT-Client.ics",
        "SVE-99_sessions.yaml",
    ];
    assert_eq!(files(&folder), names.map(str::to_owned).into());
    let again = Folder::new("agenda");
    assert_eq!(agenda(SAMPLE, &again, &[]).code, Some(0));
    for name in names {
        let [one, other] = [&folder, &again].map(|it| std::fs::read(it.path().join(name)).unwrap());
        assert!(one == other, "{name}");
    }
}

#[test]
fn consolidate_misses_what_the_agenda_planned() {
    let folder = Folder::new("agenda");
    assert_eq!(agenda(SAMPLE, &folder, &[]).code, Some(0));
    let sample = std::fs::read_to_string(
        std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../..")
            .join(SAMPLE),
    );
    let sessions = std::fs::read_to_string(folder.path().join("SVE-99_sessions.yaml")).unwrap();
    let event = folder.write("event.yaml", &(sample.unwrap() + &sessions));
    let none = folder.path().join("submissions");
    std::fs::create_dir(&none).unwrap();
    let ended = run(&["consolidate", none.to_str().unwrap(), "--event", &event]);
    assert_eq!(ended.code, Some(4), "{ended:?}");
    assert_eq!(
        ended.err.matches("warning: no submission: ").count(),
        7,
        "{}",
        ended.err
    );
}

#[test]
fn who_asks_meets_their_own_and_meets_for_each_version() {
    let folder = Folder::new("agenda");
    let ended = agenda(SAMPLE, &folder, &["--own-company"]);
    assert!(ended.out.contains(" 8 meetings, "), "{ended:?}");
    // Three slots are too few for a server that is there on the second day only.
    let ended = agenda(SAMPLE, &folder, &["--each-version"]);
    assert_eq!(ended.code, Some(5), "{ended:?}");
    let lost = "Birke Client 1.0 with Eibe & Söhne Platform 12 in LwM2M 1.1: no slot is left: of 3 slots with both there";
    assert!(ended.err.contains(lost), "{}", ended.err);
    // Everybody meets it once, in the highest version.
    assert!(!ended.err.contains("in LwM2M 1.2"), "{}", ended.err);
}

#[test]
fn hostile_names_act_on_nothing() {
    let folder = Folder::new("agenda");
    let name = "\"../../\\e[31m\\u202e\\0\"";
    let mut event = format!(
        "name: {name}\ndates: {name}\nets: {{\"1.1\": E}}\nagenda: {{days: [{{date: 2026-11-02, slots: [\"09:00-10:00\"]}}]}}\nimplementations:\n"
    );
    for (id, role) in [
        ("a", "client"),
        ("b", "client"),
        ("c", "server"),
        ("A", "server"),
    ] {
        event += &format!(
            "  - {{id: {id}, company: {name}, product: {name}, version: \"{id}\", role: {role}}}\n"
        );
    }
    let event = folder.write("event.yaml", &event);
    let out = Folder::new("agenda");
    let ended = agenda(&event, &out, &["--own-company"]);
    assert_eq!(ended.code, Some(5), "{ended:?}");
    for text in [&ended.err, &ended.out] {
        assert!(!text.contains(['\u{1b}', '\u{202e}', '\0']), "{text:?}");
    }
    let files = files(&out);
    assert_eq!(files.len(), 9, "{files:?}");
    let lower: BTreeSet<_> = files.iter().map(|name| name.to_lowercase()).collect();
    assert_eq!(lower.len(), files.len(), "{files:?}");
    for name in &files {
        assert!(
            name.chars()
                .all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c)),
            "{name}"
        );
    }
}

#[test]
fn mistakes_have_their_line() {
    let folder = Folder::new("agenda");
    let event = folder.write("event.yaml", "name: N\ndates: D\nets: {\"1.1\": E}\nimplementations: []\nagenda:\n  time-zone: Mars/Base\n");
    let out = Folder::new("agenda");
    let ended = agenda(&event, &out, &[]);
    assert_eq!(ended.code, Some(2), "{ended:?}");
    for part in [
        "unknown time zone \"Mars/Base\"",
        "event.yaml:6:14",
        "^^^^^^^^^",
        "Asia/Seoul",
    ] {
        assert!(ended.err.contains(part), "{}", ended.err);
    }
    let event = folder.write(
        "event.yaml",
        "name: N\ndates: D\nets: {\"1.1\": E}\nimplementations: []\n",
    );
    assert_eq!(agenda(&event, &out, &[]).code, Some(4));
    assert!(out.is_empty());
}
