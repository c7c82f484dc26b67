//! A session from its runs to its signatures, and everything that can be altered afterwards.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::collections::BTreeMap;

use event::consolidate::{Case, Ets, Outcome, Role, Submission};
use event::session::{
    Change, Entry, Header, Review, Run, Say, SecretKey, Sheet, Side, Signature, Standing, State,
};
use record::{CaseSummary, Environment, Implementation, RunParameters, SessionRecord, Verdict};

fn side(company: &str) -> Side {
    Side {
        company: company.to_owned(),
        product: format!("{company} product"),
        version: "1".to_owned(),
        team: Vec::new(),
    }
}

fn header() -> Header {
    Header {
        event: "SVE-41".to_owned(),
        place: String::new(),
        session: "1".to_owned(),
        date: "2026-11-27".to_owned(),
        lwm2m: "1.1".to_owned(),
        ets: "OMA-ETS-LightweightM2M-V1_1".to_owned(),
        budget_minutes: None,
        client: side("Acme"),
        server: side("Best"),
    }
}

fn ets() -> Ets {
    let case = |number| Case {
        number,
        id: format!("LightweightM2M-1.1-int-{number}"),
        title: String::new(),
        heading: "Registration Interface".to_owned(),
    };
    Ets {
        document: header().ets,
        cases: [101, 102, 103, 202].map(case).to_vec(),
    }
}

/// A run in which the client was judged.
fn run(name: &str, verdicts: &[(u32, Verdict)]) -> Run {
    let case = |(number, verdict): &(u32, Verdict)| CaseSummary {
        case: format!("registration/int-{number}-words"),
        id: format!("LightweightM2M-1.1-int-{number}"),
        title: String::new(),
        seat: "client".to_owned(),
        verdict: *verdict,
        tool: *verdict,
        teams: Vec::new(),
        reason: (*verdict != Verdict::Pass).then(|| "no answer".to_owned()),
        criteria: Vec::new(),
        remarks: 0,
        expected: None,
        duration: 0,
        clock: 0,
        forced: 0,
        implementation: 0,
        operator: 0,
        overhead: 0,
        folder: String::new(),
        capture_hash: String::new(),
    };
    let record = SessionRecord {
        format: record::FORMAT,
        harness: String::new(),
        cases_hash: String::new(),
        name: name.to_owned(),
        started: String::new(),
        ended: Some(String::new()),
        interrupted: false,
        wall_time: 0,
        parameters: RunParameters {
            impair: None,
            terminate: false,
            lwm2m: "1.1".to_owned(),
            transport: "udp".to_owned(),
            security: "nosec".to_owned(),
            quick: false,
            jobs: 1,
            as_printed: false,
            jumping_clock: false,
            partition: None,
            filters: Vec::new(),
            cases: None,
            objects: None,
            ets: None,
            again: String::new(),
        },
        implementations: vec![Implementation {
            seat: "client".to_owned(),
            name: "Acme product".to_owned(),
            vendor: "Acme".to_owned(),
            version: "1".to_owned(),
            profile: String::new(),
            profile_hash: String::new(),
            ics: Vec::new(),
        }],
        environment: Environment::default(),
        planned: 0,
        cases: verdicts.iter().map(case).collect(),
        not_selected: Vec::new(),
        remarks: Vec::new(),
        stale: Vec::new(),
    };
    Run {
        name: name.to_owned(),
        record,
    }
}

fn say(team: Role, case: u32, say: Say) -> Entry {
    let at = "2026-11-27T10:00:00Z".to_owned();
    Entry {
        at,
        team,
        case,
        say,
    }
}

fn verdict(team: Role, case: u32, verdict: Outcome, proposed: Option<Outcome>) -> Entry {
    say(team, case, Say::Verdict { verdict, proposed })
}

fn sheet(runs: &[Run], entries: Vec<Entry>, is_over: bool) -> Sheet {
    let review = Review {
        entries,
        torn: None,
    };
    Sheet::new(&header(), &ets(), &[202], runs, &review, is_over)
}

#[test]
fn what_nobody_played_is_open_until_the_time_ends() {
    let runs = [run("a", &[(101, Verdict::Pass), (102, Verdict::Error)])];
    for (is_over, last) in [(false, None), (true, Some(Outcome::OutOfTime))] {
        let sheet = sheet(&runs, Vec::new(), is_over);
        let proposals: Vec<_> = sheet.rows.iter().map(|row| row.proposal).collect();
        let (pass, inconclusive) = (Some(Outcome::Pass), Some(Outcome::Inconclusive));
        let heading = Some(Outcome::NotApplicable);
        assert_eq!(proposals, [pass, inconclusive, last, heading]);
        assert_eq!(sheet.submission().unwrap_err().cases.len(), 4);
    }
}

#[test]
fn the_teams_agree_by_the_rule_of_oma() {
    let runs = [run("a", &[(101, Verdict::Fail)])];
    let fail = Some(Outcome::Fail);
    for (client, server, state, agreed) in [
        (None, None, State::Open, None),
        (fail, None, State::WaitsFor(Role::Server), None),
        (None, fail, State::WaitsFor(Role::Client), None),
        (fail, fail, State::Agreed(Outcome::Fail), fail),
        (
            Some(Outcome::Pass),
            fail,
            State::Disagreed,
            Some(Outcome::Inconclusive),
        ),
    ] {
        let of = |team, said: Option<Outcome>| said.map(|said| verdict(team, 101, said, fail));
        let entries = [of(Role::Client, client), of(Role::Server, server)];
        let sheet = sheet(&runs, entries.into_iter().flatten().collect(), false);
        assert_eq!(sheet.rows[0].state(), state);
        assert_eq!(sheet.rows[0].agreed(), agreed);
    }
}

#[test]
fn what_was_said_of_another_proposal_counts_no_more() {
    let again = [
        run("a", &[(101, Verdict::Fail)]),
        run("b", &[(101, Verdict::Pass)]),
    ];
    let (pass, fail) = (Some(Outcome::Pass), Some(Outcome::Fail));
    for (said, of, counts) in [
        (Outcome::Fail, fail, None),
        // they held it to be a Pass before the tool did
        (Outcome::Pass, fail, pass),
        (Outcome::Fail, pass, fail),
    ] {
        let sheet = sheet(&again, vec![verdict(Role::Client, 101, said, of)], false);
        let row = &sheet.rows[0];
        assert_eq!(row.client.verdict, counts, "{said} of {of:?}");
        assert_eq!(row.client.outdated.is_some(), counts.is_none());
        let superseded: Vec<_> = row.attempts.iter().map(|one| one.superseded).collect();
        assert_eq!(superseded, [true, false]);
    }
}

#[test]
fn time_takes_nobodys_word_back() {
    let said = || vec![verdict(Role::Client, 103, Outcome::Inconclusive, None)];
    for is_over in [false, true] {
        let row = sheet(&[], said(), is_over).rows.remove(2);
        assert_eq!(row.proposal, is_over.then_some(Outcome::OutOfTime));
        assert_eq!(row.client.verdict, Some(Outcome::Inconclusive));
    }
    // a run does
    let played = [run("a", &[(103, Verdict::Pass)])];
    let row = sheet(&played, said(), true).rows.remove(2);
    assert_eq!(row.client.verdict, None);
    assert_eq!(row.client.outdated, Some(Outcome::Inconclusive));
}

#[test]
fn a_side_that_was_not_tested_is_said() {
    let runs = [run("a", &[(101, Verdict::Pass)])];
    let remarks = sheet(&runs, Vec::new(), false).remarks;
    assert_eq!(remarks.len(), 1, "{remarks:?}");
    assert!(remarks[0].contains("no run tested the server \"Best Best product 1\""));
}

/// A session on which both teams agreed, its files, and the submission that both signed.
fn signed() -> (Sheet, BTreeMap<String, String>, Submission) {
    let runs = [run("a", &[(101, Verdict::Pass), (102, Verdict::Fail)])];
    let mut entries = Vec::new();
    for team in [Role::Client, Role::Server] {
        for row in sheet(&runs, Vec::new(), true).rows {
            let proposed = row.proposal.unwrap();
            entries.push(verdict(team, row.case.number, proposed, row.proposal));
        }
    }
    let sheet = sheet(&runs, entries, true);
    let mut submission = sheet.submission().unwrap();
    let files = [("session.yaml", "aa"), ("runs/a/session.json", "bb")];
    let files = files.map(|(path, hash)| (path.to_owned(), hash.to_owned()));
    submission.evidence = BTreeMap::from(files);
    for (team, seed) in [(Role::Client, 1), (Role::Server, 2)] {
        let key = key(seed);
        let at = "2026-11-27T11:00:00Z";
        let signature = Signature::new(&submission, team, &key, at).unwrap();
        submission.signatures.push(signature);
    }
    (sheet, submission.evidence.clone(), submission)
}

fn key(seed: u8) -> SecretKey {
    SecretKey::new("key", [seed; 32], String::new(), String::new())
}

#[test]
fn a_session_that_is_as_it_was_signed_is_good() {
    let (sheet, files, submission) = signed();
    let standing = Standing::of_session(Some(&submission), &sheet, &files, |_| None);
    assert!(
        standing.is_good() && standing.mark().is_none(),
        "{standing:?}"
    );
    // the signatures hold for what is read back
    let read = Submission::parse("x", &submission.to_text()).unwrap();
    assert!(Standing::of_submission(&read, |_| None).is_good());
    let unsigned = Standing::of_session(None, &sheet, &files, |_| None);
    assert_eq!(unsigned.mark(), Some("UNSIGNED"));
    let mut altered = unsigned;
    altered.changes.push(Change::Capture("a".to_owned()));
    assert_eq!(altered.mark(), Some("UNSIGNED, EVIDENCE ALTERED"));
}

#[test]
fn every_change_is_named() {
    let (sheet, files, submission) = signed();
    let look = |sheet: &Sheet, files: &BTreeMap<String, String>, submission: &Submission| {
        let standing = Standing::of_session(Some(submission), sheet, files, |_| None);
        assert_eq!(standing.mark(), Some("ALTERED AFTER SIGNING"));
        standing.changes
    };
    let path = "session.yaml".to_owned();
    let mut other = files.clone();
    other.insert(path.clone(), "cc".to_owned());
    assert_eq!(
        look(&sheet, &other, &submission),
        [Change::Altered(path.clone())]
    );
    other.remove(&path);
    assert_eq!(
        look(&sheet, &other, &submission),
        [Change::Gone(path.clone())]
    );
    let mut other = files.clone();
    other.insert("runs/b/session.json".to_owned(), "dd".to_owned());
    let added = Change::Added("runs/b/session.json".to_owned());
    assert_eq!(look(&sheet, &other, &submission), [added]);
    let mut other = sheet.clone();
    other.header.client.version = "2".to_owned();
    other.rows[0].client.verdict = Some(Outcome::Fail);
    let id = other.rows[0].case.id.clone();
    let changes = [
        Change::Header(
            "client",
            "Acme Acme product 1".to_owned(),
            "Acme Acme product 2".to_owned(),
        ),
        Change::Verdict(id, "Pass".to_owned(), "Inconclusive".to_owned()),
    ];
    assert_eq!(look(&other, &files, &submission), changes);
}

#[test]
fn a_signature_holds_for_nothing_else() {
    let (sheet, files, submission) = signed();
    let alterations: [fn(&mut Submission); 10] = [
        |one| one.results[1].verdict = Outcome::Pass,
        |one| one.event.push('x'),
        |one| one.session.push('x'),
        |one| one.date.push('x'),
        |one| one.lwm2m.push('x'),
        |one| one.ets.push('x'),
        |one| one.client.version.push('x'),
        |one| one.server.company.push('x'),
        |one| one.counts = None,
        |one| one.evidence.clear(),
    ];
    for (alter, n) in alterations.into_iter().zip(0..) {
        let mut altered = submission.clone();
        alter(&mut altered);
        let standing = Standing::of_session(Some(&altered), &sheet, &files, |_| None);
        let broken = |team| Change::Signature(team, "key".to_owned());
        assert!(standing.changes.contains(&broken(Role::Client)), "{n}");
        assert!(standing.changes.contains(&broken(Role::Server)), "{n}");
        assert_eq!(standing.missing, [Role::Client, Role::Server], "{n}");
    }
    let signatures: [fn(&mut Signature); 4] = [
        |one| one.at.push('x'),
        |one| one.name.push('x'),
        |one| one.team = Role::Server,
        |one| one.key = key(2).public().unwrap().sign,
    ];
    for (alter, n) in signatures.into_iter().zip(0..) {
        let mut altered = submission.clone();
        alter(&mut altered.signatures[0]);
        let standing = Standing::of_submission(&altered, |_| None);
        assert_eq!(standing.changes.len(), 1, "{n}");
        assert_eq!(standing.missing, [Role::Client], "{n}");
    }
}

#[test]
fn a_team_signs_with_the_key_it_registered() {
    let (_, _, submission) = signed();
    let registered = |role| match role {
        Role::Client => Some(key(1).public().unwrap().sign.to_uppercase()),
        Role::Server => Some(key(3).public().unwrap().sign),
    };
    let standing = Standing::of_submission(&submission, registered);
    assert_eq!(standing.missing, [Role::Server]);
    assert!(matches!(
        &standing.changes[..],
        [Change::Stranger(Role::Server, _)]
    ));
}
