//! Captures: what they decide, and what they leave open.

use super::trial::Trial;
use super::{OBSERVE, READ, answer, notified, observed, read};

/// What it is, the trial, how many milliseconds the capture lasts, and what it must come to.
type Row = (&'static str, Trial, u64, &'static str);

fn check(rows: Vec<Row>) {
    for (what, trial, lasts, wanted) in rows {
        let played = trial.in_hindsight(lasts);
        let reason = played.play.ledger().reason.clone();
        assert_eq!(played.told(), wanted, "{what}: {reason:?}");
    }
}

fn of_pair(dialogue: &str, script: &str) -> Trial {
    let mut trial = Trial::of_client(dialogue, script);
    trial.pair = true;
    trial
}

#[test]
fn a_capture_decides_what_it_holds() {
    let of = |script: String| Trial::of_client(READ, &script);
    let both = read(0, 1) + &answer(10, 1, "5") + &read(20, 2);
    let late = both.clone() + &answer(11_100, 2, "5");
    check(vec![
        (
            "right",
            of(both.clone() + &answer(30, 2, "5")),
            40,
            "Pass A-Pass B-Pass",
        ),
        (
            "wrong at the end",
            of(both.clone() + &answer(30, 2, "6")),
            40,
            "Fail A-Pass B-Fail by client",
        ),
        (
            "no answer as long as it may take",
            of(both.clone()),
            11_020,
            "Fail A-Pass B-Fail by client",
        ),
        (
            "no answer, but the capture ends before it is due",
            of(both),
            11_019,
            "Inconclusive A-Pass B-open",
        ),
        ("too late", of(late), 20_000, "Fail A-Pass B-Fail by client"),
        (
            "half of it",
            of(read(0, 1) + &answer(10, 1, "5")),
            900_000,
            "Inconclusive A-Pass B-open",
        ),
        (
            "nothing",
            of(String::new()),
            900_000,
            "Inconclusive A-open B-open",
        ),
    ]);
}

#[test]
fn what_the_harness_sent_is_nobodys_fault() {
    let dialogue = "
  - step: It is written.
    server: {write: {path: /3/0/15, value: here}}
    client: {changed: {}}
    criterion: A";
    let script = "0 server con 1 a1 PUT /3/0/15 ct=0 =there\n10 client ack 1 a1 2.04\n";
    check(vec![
        (
            "by the harness",
            Trial::of_client(dialogue, script),
            900_000,
            "Inconclusive A-open",
        ),
        (
            "by a server of which nobody knows what it was told",
            of_pair(dialogue, script),
            900_000,
            "Inconclusive A-open",
        ),
    ]);
}

#[test]
fn what_is_shown_is_in_no_capture() {
    let dialogue = format!(
        "
  - step: It reads, and shows it.
    server: {{read: {{path: /3/0/9}}, criterion: A}}
    client: {{content: {{value: 5}}}}
  - step: It shows.
    server: {{show: {{values: {{/3/0/9: 5}}}}}}
    criterion: B{}",
        READ.replace("criterion: A", "criterion: C")
            .replace("criterion: B", "criterion: D")
    );
    let script = [0, 20, 40]
        .map(|time| {
            let id = time as u16 + 1;
            read(time, id) + &answer(time + 10, id, "5")
        })
        .concat();
    let mut trial = Trial::of_server(&dialogue, &script);
    check(vec![(
        "the server shows",
        trial,
        900_000,
        "Inconclusive A-Pass B-open C-Pass D-Pass",
    )]);
    trial = Trial::of_client(&dialogue, &script);
    check(vec![(
        "the harness shows",
        trial,
        900_000,
        "Pass A-Pass B-Pass C-Pass D-Pass",
    )]);
}

#[test]
fn nobody_knows_when_a_control_was_carried_out() {
    let registers = "
  - step: It registers.
    control: {client: start}
    client: {register: {lifetime: 15}, within: 5s}
    server: {created: {}}
    criterion: A";
    let register = |time: u64, lifetime: u32| {
        format!(
            "{time} client con 1 b1 POST /rd ?ep=a ?lt={lifetime} ?lwm2m=1.1 ct=40 =</1/0>,</3/0>\n{} server ack 1 b1 2.01 loc=/rd/1\n",
            time + 1
        )
    };
    let silence = "
  - step: It stops.
    control: {client: stop}
    client: {silence: {of: [update]}, within: 10s}
    criterion: A
  - step: It is asked.
    server: {read: {path: /3/0/9}}
    client: {content: {value: 5}}
    criterion: B";
    let update = "0 client con 1 b1 POST /rd/1\n1 server ack 1 b1 2.04\n";
    check(vec![
        (
            "long after the capture began",
            Trial::of_client(registers, &register(400_000, 15)),
            900_000,
            "Pass A-Pass",
        ),
        (
            "long after, and wrong",
            Trial::of_client(registers, &register(400_000, 60)),
            900_000,
            "Fail A-Fail by client",
        ),
        (
            "never",
            Trial::of_client(registers, ""),
            900_000,
            "Inconclusive A-open",
        ),
        (
            "a silence from a control, then an exchange",
            Trial::of_client(
                silence,
                &(update.to_owned() + &read(20_000, 2) + &answer(20_010, 2, "5")),
            ),
            900_000,
            "Inconclusive A-open B-Pass",
        ),
    ]);
}

#[test]
fn a_stream_is_judged_as_long_as_the_capture_covers_it() {
    let dialogue = format!(
        "{OBSERVE}
  - step: It notifies.
    client: {{notify: {{of: level}}, count: 2, gap: {{at-least: 5s, at-most: 10s}}}}
    criterion: B"
    );
    let of = |tail: String| of_pair(&dialogue, &(observed() + &tail));
    check(vec![
        (
            "both",
            of(notified(8_000, 2) + &notified(16_000, 3)),
            16_001,
            "Pass A-Pass B-Pass",
        ),
        (
            "too early",
            of(notified(2_000, 2)),
            16_001,
            "Fail A-Pass B-Fail by client",
        ),
        (
            "one, and then the capture goes on",
            of(notified(8_000, 2)),
            30_000,
            "Fail A-Pass B-Fail by client",
        ),
        (
            "one, and then the capture ends",
            of(notified(8_000, 2)),
            18_000,
            "Inconclusive A-Pass B-open",
        ),
    ]);
}

#[test]
fn between_two_implementations_stimuli_are_looked_for() {
    let update = "
  - step: It updates.
    client: {update: {}}
    server: {changed: {}}
    criterion: A";
    let twice = "
  - step: It is read twice.
    network: {duplicate: {from: server, times: 2, gap: 100ms}}
    server: {read: {path: /3/0/9}}
    client: {content: {value: 5}}
    criterion: A";
    let other = "
  - step: It reads.
    server: {read: {path: /3/0/9}}
    client: {content: {}}
    criterion: A
  - step: It reads another.
    server: {read: {path: /3/0/13}}
    client: {content: {}}
    criterion: B";
    let before = "0 server con 1 a1 GET /3/0/13\n10 client ack 1 a1 2.05 ct=0 =5\n".to_owned();
    let once = read(0, 1) + &answer(10, 1, "5");
    check(vec![
        (
            "an Update much later",
            of_pair(
                update,
                "500000 client con 1 b1 POST /rd/1\n500001 server ack 1 b1 2.04\n",
            ),
            900_000,
            "Pass A-Pass",
        ),
        (
            "no Update, which nothing in the capture made due",
            of_pair(update, ""),
            900_000,
            "Inconclusive A-open",
        ),
        (
            "a message that was to be doubled, and was not",
            of_pair(twice, &once),
            900_000,
            "Inconclusive A-open",
        ),
        (
            "a message that was doubled",
            of_pair(twice, &(read(0, 1) + &read(5, 1) + &answer(10, 1, "5"))),
            900_000,
            "Pass A-Pass",
        ),
        (
            "in another order",
            of_pair(other, &(before + &read(20, 2) + &answer(30, 2, "5"))),
            900_000,
            "Pass A-Pass B-Pass",
        ),
        (
            "only one of them",
            of_pair(other, &once),
            900_000,
            "Inconclusive A-Pass B-open",
        ),
    ]);
}

#[test]
fn a_capture_that_is_cut_fails_nobody() {
    let whole = read(0, 1) + &answer(10, 1, "5") + &read(20, 2) + &answer(30, 2, "5");
    let lines: Vec<&str> = whole.lines().collect();
    for count in 0..lines.len() {
        let script = lines[..count].join("\n");
        let played = Trial::of_client(READ, &script).in_hindsight(30);
        assert_eq!(
            played.play.verdict(),
            record::Verdict::Inconclusive,
            "{count} frames"
        );
    }
}
