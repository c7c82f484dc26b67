//! What is captured, shown or not known.

use lwm2m::Value;

use super::trial::Trial;
use super::{OBSERVE, answer, check, notified, observed, read};
use crate::actual::Actual;
use crate::command::Outcome;

#[test]
fn a_check_blames_whose_message_it_was() {
    let dialogue = format!(
        "{OBSERVE}
  - step: It notifies.
    client: {{notify: {{of: level}}}}
    criterion: B
  - step: It was so.
    check: {{level.last.value: 2}}
    criterion: C
  - step: All were so.
    check: {{level.all.value: {{each: {{at-least: 2}}}}}}
    criterion: D"
    );
    let of = |id: u16| Trial::of_client(&dialogue, &(observed() + &notified(1_000, id)));
    check(vec![
        ("right", of(2), "Pass A-Pass B-Pass C-Pass D-Pass"),
        ("wrong", of(3), "Fail A-Pass B-Pass C-Fail D-Pass by client"),
    ]);
}

#[test]
fn one_value_of_a_message_is_a_variable() {
    let of = |wanted: &str, second: &str| {
        let dialogue = format!(
            "
  - step: It reads.
    server: {{read: {{path: /3/0}}}}
    client: {{content: {{}}, as: first}}
  - step: It reads again.
    server: {{read: {{path: /3/0/9}}}}
    client: {{content: {{value: \"${{first.node.{wanted}}}\"}}}}
    criterion: A"
        );
        let whole = "0 server con 1 a1 GET /3/0\n1 client ack 1 a1 2.05 ct=110 =[{\"n\":\"/3/0/9\",\"v\":5}]\n";
        let script = whole.to_owned() + &read(20, 2) + &answer(30, 2, second);
        Trial::of_client(&dialogue, &script)
    };
    check(vec![
        ("the same", of("/3/0/9", "5"), "Pass A-Pass"),
        ("another", of("/3/0/9", "6"), "Fail A-Fail by client"),
    ]);
}

#[test]
fn checks_still_run_after_a_failure() {
    let dialogue = "
  - step: It reads.
    server: {read: {path: /3/0/9}}
    client: {content: {}, as: level}
    criterion: A
  - step: It reads again.
    server: {read: {path: /3/0/9}}
    client: {content: {}, as: second}
    criterion: B
  - step: The first was right.
    check: {level.value: 5}
    criterion: C
  - step: The first was wrong.
    check: {level.value: 6}
    criterion: D
  - step: The second was right.
    check: {second.value: 5}
    criterion: E
  - step: It reads a third time.
    server: {read: {path: /3/0/9}}
    client: {content: {}}
    criterion: F";
    let script = read(0, 1) + &answer(10, 1, "5") + &read(20, 2) + "30 client ack 2 a2 4.04";
    let trial = Trial::of_client(dialogue, &script);
    check(vec![(
        "checks",
        trial,
        "Fail A-Pass B-Fail C-Pass D-Fail E-open F-open by client",
    )]);
}

#[test]
fn a_check_of_what_is_absent_fails_and_of_what_never_came_is_open() {
    let of = |check: &str, script: String| {
        let dialogue = format!(
            "
  - step: It reads.
    server: {{read: {{path: /3/0/9}}}}
    client: {{content: {{}}, as: level}}
  - step: It was so.
    check: {{{check}}}
    criterion: A"
        );
        Trial::of_client(&dialogue, &script)
    };
    let bare = || read(0, 1) + "10 client ack 1 a1 2.05\n";
    check(vec![
        (
            "no payload",
            of("level.value: 5", bare()),
            "Fail A-Fail by client",
        ),
        (
            "no payload, and that is right",
            of("level.payload: absent", bare()),
            "Pass A-Pass",
        ),
        (
            "never captured",
            of("level.value: 5", read(0, 1)),
            "Inconclusive A-open by client",
        ),
        (
            "no notification",
            of("level.last.value: 5", read(0, 1) + &answer(10, 1, "5")),
            "Inconclusive A-open",
        ),
    ]);
}

#[test]
fn what_is_shown_is_looked_at_again_and_may_stay_open() {
    let dialogue = "
  - step: It shows it.
    server: {show: {values: {/3/0/9: 5}}}
    criterion: A
  - step: It reads.
    server: {read: {path: /3/0/9}}
    client: {content: {}}
    criterion: B";
    let value = |number| {
        let path = "/3/0/9".parse().unwrap();
        Outcome::Done(Some(Actual::Nodes(vec![lwm2m::Node::new(
            path,
            Value::Integer(number),
        )])))
    };
    let script = read(3_000, 1) + &answer(3_010, 1, "5");
    let of = |outcome| Trial::of_server(dialogue, &script).outcome("show", 5, outcome);
    check(vec![
        ("shown", of(value(5)), "Pass A-Pass B-Pass"),
        (
            "shown otherwise",
            of(value(6)),
            "Fail A-Fail B-open by server",
        ),
        (
            "a person says yes",
            of(Outcome::Done(None)),
            "Pass A-Pass B-Pass",
        ),
        (
            "a person says no",
            of(Outcome::No(String::new())),
            "Fail A-Fail B-open by server",
        ),
        (
            "nobody to ask",
            of(Outcome::NobodyToAsk),
            "Inconclusive A-open B-Pass",
        ),
        (
            "the adapter fails",
            of(Outcome::Failed("404".to_owned())),
            "Inconclusive A-open B-Pass",
        ),
    ]);
    let wrong = Trial::of_server(dialogue, "")
        .outcome("show", 5, value(6))
        .play();
    let seconds = wrong.ended.as_secs_f64();
    assert!((2.0..2.5).contains(&seconds), "{seconds}");
}

#[test]
fn what_the_profile_cannot_see_stays_open() {
    let dialogue = "
  - step: It shows it.
    server: {show: {registration: {endpoint: a, lifetime: 60}}}
    criterion: A";
    let of = |fields: &[(&str, Actual)]| {
        let fields = fields
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.clone()));
        let shown = Outcome::Done(Some(Actual::Map(fields.collect())));
        Trial::of_server(dialogue, "0 server con 9 - 0.00").outcome("show", 5, shown)
    };
    let endpoint = ("endpoint", Actual::text("a"));
    check(vec![
        (
            "all",
            of(&[endpoint.clone(), ("lifetime", Actual::integer(60))]),
            "Pass A-Pass",
        ),
        (
            "shown as nothing",
            of(&[endpoint.clone(), ("lifetime", Actual::Absent)]),
            "Fail A-Fail by server",
        ),
        ("not told", of(&[endpoint]), "Inconclusive A-open by server"),
    ]);
}

#[test]
fn what_nobody_told_decides_no_criterion() {
    let dialogue = "
  - step: It updates.
    client: {update: {lifetime: \"${account.lifetime}\"}}
    server: {changed: {}}
    criterion: A
  - step: It updates again.
    client: {update: {lifetime: \"${account.lifetime}\"}}
    server: {changed: {}}
    criterion: B";
    let update = |time: u64, id: u16, lifetime: u32| {
        format!(
            "{time} client con {id} b{id} POST /rd/1 ?lt={lifetime}\n{} server ack {id} b{id} 2.04\n",
            time + 1
        )
    };
    let of = |second| Trial::of_client(dialogue, &(update(10, 7, 60) + &update(50, 8, second)));
    let told = |number| Actual::integer(number);
    check(vec![
        (
            "told",
            of(60).told("account.lifetime", told(60)),
            "Pass A-Pass B-Pass",
        ),
        (
            "told otherwise",
            of(60).told("account.lifetime", told(61)),
            "Fail A-Fail B-open by client",
        ),
        ("taken as seen", of(60), "Inconclusive A-open B-Pass"),
        (
            "taken as seen, then another",
            of(61),
            "Fail A-open B-Fail by client",
        ),
        (
            "not told, and no account",
            Trial::of_client(
                "
  - step: It updates.
    client: {update: {lifetime: \"${client.send-period}\"}}
    server: {changed: {}}
    criterion: A",
                &update(10, 7, 60),
            ),
            "Inconclusive A-open by client",
        ),
    ]);
}

#[test]
fn a_limit_that_nobody_told_fails_nobody() {
    let dialogue = "
  - step: It updates.
    client: {update: {}, within: \"${client.send-period}\"}
    criterion: A";
    let silent = "
  - step: It is silent.
    client: {silence: {of: [any]}, within: \"${client.send-period}\"}
    criterion: A";
    let ping = "0 client con 9 - 0.00";
    check(vec![
        (
            "a request",
            Trial::of_client(dialogue, ping),
            "Inconclusive A-open",
        ),
        (
            "a silence",
            Trial::of_client(silent, ping),
            "Inconclusive A-open",
        ),
    ]);
}

#[test]
fn a_list_that_nobody_knows_is_open() {
    let dialogue = "
  - step: It reads each.
    each: {format: \"${ics.missing.content-formats}\"}
    server: {read: {path: /3/0/9, accept: \"${format}\"}}
    client: {not-acceptable: {}}
    criterion: A
  - step: It reads.
    server: {read: {path: /3/0/9}}
    client: {content: {}}
    criterion: B";
    let of = || Trial::of_client(dialogue, &(read(0, 1) + &answer(10, 1, "5")));
    check(vec![
        ("not known", of(), "Inconclusive A-open B-Pass"),
        (
            "known to be empty",
            of().told("ics.missing.content-formats", Actual::List(Vec::new())),
            "Pass B-Pass",
        ),
    ]);
}

#[test]
fn without_anything_judged_there_is_no_pass() {
    let dialogue = "
  - step: It reads.
    when: version >= 1.2
    server: {read: {path: /3/0/9}}
    client: {content: {}}
    criterion: A";
    let trial = Trial::of_client(dialogue, "0 client con 9 - 0.00");
    check(vec![("nothing applied", trial, "Inconclusive")]);
}
