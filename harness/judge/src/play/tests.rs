mod trial;

use std::time::Duration;

use coap::Time;
use lwm2m::Value;
use proptest::prelude::*;
use testcase::Seat;

use crate::actual::Actual;
use crate::command::{Command, Outcome};
use trial::Trial;

const READ: &str = "
  - step: It reads.
    server: {read: {path: /3/0/9}}
    client: {content: {value: 5}}
    criterion: A
  - step: It reads again.
    server: {read: {path: /3/0/9}}
    client: {content: {value: 5}}
    criterion: B";

fn read(time: u64, id: u16) -> String {
    format!("{time} server con {id} a{id} GET /3/0/9\n")
}

fn answer(time: u64, id: u16, payload: &str) -> String {
    format!("{time} client ack {id} a{id} 2.05 ct=0 ={payload}\n")
}

/// A Trial, and what it must come to.
type Row = (&'static str, Trial, &'static str);

fn check(rows: Vec<Row>) {
    for (what, trial, wanted) in rows {
        let played = trial.play();
        let reason = played.play.ledger().reason.clone();
        assert_eq!(played.told(), wanted, "{what}: {reason:?}");
    }
}

#[test]
fn answers_are_judged() {
    let of = |script: String| Trial::of_client(READ, &script);
    let both = read(0, 1) + &answer(10, 1, "5") + &read(20, 2);
    check(vec![
        (
            "right",
            of(both.clone() + &answer(30, 2, "5")),
            "Pass A-Pass B-Pass",
        ),
        (
            "wrong value",
            of(read(0, 1) + &answer(10, 1, "6")),
            "Fail A-Fail B-open by client",
        ),
        (
            "wrong at the end",
            of(both.clone() + &answer(30, 2, "6")),
            "Fail A-Pass B-Fail by client",
        ),
        (
            "wrong code",
            of(read(0, 1) + "10 client ack 1 a1 4.04"),
            "Fail A-Fail B-open by client",
        ),
        (
            "a Reset",
            of(read(0, 1) + "10 client rst 1 - 0.00"),
            "Fail A-Fail B-open by client",
        ),
        (
            "unreadable value",
            of(read(0, 1) + &answer(10, 1, "x")),
            "Fail A-Fail B-open by client",
        ),
        ("no answer", of(read(0, 1)), "Fail A-Fail B-open by client"),
        (
            "only acknowledged",
            of(read(0, 1) + "10 client ack 1 - 0.00"),
            "Fail A-Fail B-open by client",
        ),
        (
            "in time",
            of(both.clone() + &answer(10_900, 2, "5")),
            "Pass A-Pass B-Pass",
        ),
        (
            "too late",
            of(both + &answer(11_100, 2, "5")),
            "Fail A-Pass B-Fail by client",
        ),
        (
            "nothing at all",
            of(String::new()),
            "Error A-Error B-open by server",
        ),
    ]);
}

#[test]
fn a_contradiction_ends_the_case_at_once() {
    let played = Trial::of_client(READ, &(read(0, 1) + &answer(10, 1, "6"))).play();
    assert_eq!(played.ended, Duration::from_millis(10));
    let steps = &played.play.ledger().steps;
    let mismatch = steps[1].mismatch.as_ref().unwrap();
    assert_eq!(
        (
            mismatch.frame,
            mismatch.expected.value.as_str(),
            mismatch.actual.value.as_str()
        ),
        (Some(2), "5", "6")
    );
}

#[test]
fn a_late_driver_changes_no_verdict() {
    // nobody came at the deadline: the answer is late all the same
    let trial = Trial::of_client(READ, "");
    let mut play = trial.begin();
    play.handle_timeout(Time::ZERO);
    play.handle_outcome(Time::ZERO, 0, Outcome::Done(None));
    let all = crate::script::script(&(read(0, 1) + &answer(60_000, 1, "5")));
    for (frame, one) in (1..).zip(&all) {
        play.handle_datagram(one.time, frame, one.from, one.to, &one.bytes);
    }
    assert_eq!(play.verdict(), record::Verdict::Fail);
}

#[test]
fn a_long_answer_in_blocks_is_not_late() {
    let a16 = "a".repeat(16);
    let dialogue = "
  - step: It reads.
    server: {read: {path: /3/0/0}}
    client: {content: {value: {length: 64}}}
    criterion: A";
    let mut text = String::new();
    for number in 0..4_u64 {
        let (time, id, more) = (number * 6_000, number + 1, u8::from(number < 3));
        let ask = if number == 0 {
            String::new()
        } else {
            format!("b2={number}/0/16")
        };
        text += &format!("{time} server con {id} a{id} GET /3/0/0 {ask}\n");
        text += &format!(
            "{} client ack {id} a{id} 2.05 ct=0 b2={number}/{more}/16 ={a16}\n",
            time + 10
        );
    }
    let trial = Trial::of_client(dialogue, &text);
    check(vec![("blocks", trial, "Pass A-Pass")]);
}

#[test]
fn no_answer_wants_none_ever() {
    let dialogue = "
  - step: It is ignored.
    server: {read: {path: /3/0/9}}
    client: {no-answer: {}, within: 2s}
    criterion: A
  - step: It reads again.
    server: {read: {path: /3/0/9}}
    client: {content: {}}
    criterion: B";
    let of = |script: String| Trial::of_client(dialogue, &script);
    let silent = || read(0, 1) + &read(4_000, 2);
    check(vec![
        (
            "none",
            of(silent() + &answer(5_000, 2, "5")),
            "Pass A-Pass B-Pass",
        ),
        (
            "answer",
            of(read(0, 1) + &answer(10, 1, "5")),
            "Fail A-Fail B-open by client",
        ),
        (
            "Reset",
            of(read(0, 1) + "10 client rst 1 - 0.00"),
            "Fail A-Fail B-open by client",
        ),
        (
            "Acknowledgement",
            of(read(0, 1) + "10 client ack 1 - 0.00"),
            "Fail A-Fail B-open by client",
        ),
        (
            "late answer",
            of(silent() + "4500 client con 9 a1 2.05 ct=0 =5\n"),
            "Fail A-Fail B-open by client",
        ),
        (
            "late Acknowledgement",
            of(silent() + "4500 client ack 1 - 0.00\n"),
            "Fail A-Fail B-open by client",
        ),
    ]);
}

#[test]
fn of_alternatives_the_first_that_fits_says_its_remark() {
    let dialogue = "
  - step: It is refused.
    server: {read: {path: /3/0/9}}
    client:
      one-of:
        - not-found: {}
        - {bad-request: {}, remark: lax, as: refusal}
    criterion: A
  - step: It said nothing more.
    check: {refusal.payload: absent}
    criterion: B";
    let of = |code: &str| {
        Trial::of_client(
            dialogue,
            &(read(0, 1) + &format!("10 client ack 1 a1 {code}")),
        )
    };
    check(vec![
        ("the second", of("4.00"), "Pass A-Pass B-Pass"),
        ("neither", of("4.05"), "Fail A-Fail B-open by client"),
    ]);
    let remarks = |code: &str| of(code).play().play.ledger().steps[1].remarks.len();
    assert_eq!((remarks("4.04"), remarks("4.00")), (0, 1));
}

#[test]
fn requests_are_waited_for_and_judged() {
    let dialogue = "
  - step: It updates.
    client: {update: {lifetime: 20}, within: 5s}
    server: {changed: {}}
    criterion: A";
    let of = |script: &str| Trial::of_client(dialogue, script);
    let update = |time: u64, query: &str| {
        format!(
            "{time} client con 7 b1 POST /rd/1 {query}\n{} server ack 7 b1 2.04\n",
            time + 1
        )
    };
    check(vec![
        ("right", of(&update(1_000, "?lt=20")), "Pass A-Pass"),
        (
            "wrong lifetime",
            of(&update(1_000, "?lt=21")),
            "Fail A-Fail by client",
        ),
        (
            "no lifetime",
            of(&update(1_000, "")),
            "Fail A-Fail by client",
        ),
        (
            "within and latency",
            of(&update(5_900, "?lt=20")),
            "Pass A-Pass",
        ),
        (
            "too late",
            of(&update(6_100, "?lt=20")),
            "Fail A-Fail by client",
        ),
        // a Register passes by
        (
            "another request",
            of("1000 client con 7 b1 POST /rd ?ep=a ?lt=20 ?lwm2m=1.1 ct=40 =</1/0>,</3/0>"),
            "Fail A-Fail by client",
        ),
        // the harness refuses what it should accept: nobody's failure
        (
            "our own wrong answer",
            of("1000 client con 7 b1 POST /rd/1 ?lt=20\n1001 server ack 7 b1 4.04"),
            "Inconclusive A-open",
        ),
        (
            "no criterion",
            Trial::of_client(
                "
  - step: It updates.
    client: {update: {lifetime: 20}, within: 5s}
    server: {changed: {}}
  - step: It updates again.
    client: {update: {}}
    server: {changed: {}}
    criterion: A",
                "",
            ),
            "Inconclusive A-open by client",
        ),
    ]);
}

#[test]
fn one_of_several_requests_may_come() {
    let dialogue = "
  - step: It updates or leaves.
    client: {one-of: [{update: {}}, {deregister: {}}], within: 5s}
    criterion: A";
    let of = |script: &str| Trial::of_client(dialogue, script);
    check(vec![
        (
            "the first",
            of("10 client con 7 b1 POST /rd/1"),
            "Pass A-Pass",
        ),
        (
            "the second",
            of("10 client con 7 b1 DELETE /rd/1"),
            "Pass A-Pass",
        ),
        (
            "none",
            of("10 client ack 9 - 0.00"),
            "Fail A-Fail by client",
        ),
    ]);
}

#[test]
fn a_trigger_is_judged_by_the_wire() {
    let of = |script: &str| {
        Trial::of_server(
            "
  - step: It reads.
    server: {read: {path: /3/0/9}}
    client: {content: {}}
    criterion: A",
            script,
        )
    };
    let sound = |time: u64| read(time, 1) + &answer(time + 10, 1, "5");
    let failed = || Outcome::Failed("504".to_owned());
    check(vec![
        ("done and sent", of(&sound(100)), "Pass A-Pass"),
        ("done and nothing sent", of(""), "Fail A-Fail by server"),
        (
            "a person takes two minutes",
            of(&sound(120_000)).outcome("trigger", 119_000, Outcome::Done(None)),
            "Pass A-Pass",
        ),
        (
            "a person takes two minutes, then nothing",
            of("").outcome("trigger", 119_000, Outcome::Done(None)),
            "Fail A-Fail by server",
        ),
        (
            "a person cannot",
            of("").outcome("trigger", 119_000, Outcome::No(String::new())),
            "Inconclusive A-open",
        ),
        (
            "nobody is there",
            of("").outcome("trigger", 0, Outcome::NobodyToAsk),
            "Inconclusive A-open",
        ),
        (
            "failed, but sent",
            of(&sound(500)).outcome("trigger", 100, failed()),
            "Pass A-Pass",
        ),
        (
            "failed",
            of("").outcome("trigger", 100, failed()),
            "Inconclusive A-open",
        ),
    ]);
}

#[test]
fn the_trigger_of_a_step_is_judged_by_the_wire_too() {
    let dialogue = "
  - step: It updates when told.
    trigger: {client: {update: {}}}
    client: {update: {}}
    server: {changed: {}}
    criterion: A";
    let failed = || Outcome::Failed("504".to_owned());
    let update = "500 client con 7 b1 POST /rd/1\n510 server ack 7 b1 2.04";
    check(vec![
        (
            "failed, but sent",
            Trial::of_client(dialogue, update).outcome("trigger", 100, failed()),
            "Pass A-Pass",
        ),
        (
            "failed",
            Trial::of_client(dialogue, "").outcome("trigger", 100, failed()),
            "Inconclusive A-open",
        ),
        (
            "slow",
            Trial::of_client(
                dialogue,
                "119500 client con 7 b1 POST /rd/1\n119510 server ack 7 b1 2.04",
            )
            .outcome("trigger", 119_000, Outcome::Done(None)),
            "Pass A-Pass",
        ),
    ]);
}

#[test]
fn a_start_that_takes_its_time_fails_nobody() {
    let dialogue = "
  - step: It starts.
    control: {client: start}
    client: {update: {}, within: 5s}
    server: {changed: {}}
    criterion: A";
    let update = "60500 client con 7 b1 POST /rd/1\n60510 server ack 7 b1 2.04";
    let done = || Outcome::Done(None);
    check(vec![
        (
            "slow",
            Trial::of_client(dialogue, update).outcome("control", 60_000, done()),
            "Pass A-Pass",
        ),
        (
            "slow, then nothing",
            Trial::of_client(dialogue, "").outcome("control", 60_000, done()),
            "Fail A-Fail by client",
        ),
        (
            "not done",
            Trial::of_client(dialogue, "").outcome(
                "control",
                10,
                Outcome::Failed("no such program".to_owned()),
            ),
            "Inconclusive A-open",
        ),
    ]);
}

const OBSERVE: &str = "
  - step: It observes.
    server: {observe: {path: /3/0/9}, as: level}
    client: {content: {}}
    criterion: A";

fn observed() -> String {
    "0 server con 1 a1 GET /3/0/9 obs=0\n10 client ack 1 a1 2.05 obs=1 ct=0 =5\n".to_owned()
}

fn notified(time: u64, id: u16) -> String {
    format!("{time} client non {id} a1 2.05 obs={id} ct=0 ={id}\n")
}

#[test]
fn gaps_are_judged_over_the_whole_stream() {
    let two = format!(
        "{OBSERVE}
  - step: It notifies.
    client: {{notify: {{of: level}}, count: 2, gap: {{at-least: 5s, at-most: 10s}}}}
    criterion: B"
    );
    let split = format!(
        "{OBSERVE}
  - step: It notifies.
    client: {{notify: {{of: level}}}}
  - step: It notifies again.
    client: {{notify: {{of: level}}, gap: {{at-least: 5s, at-most: 10s}}}}
    criterion: B"
    );
    let of = |dialogue: &str, times: &[u64]| {
        let mut script = observed();
        for (id, time) in (2..).zip(times) {
            script += &notified(*time, id);
        }
        Trial::of_client(dialogue, &script)
    };
    check(vec![
        ("in time", of(&two, &[5_010, 15_010]), "Pass A-Pass B-Pass"),
        (
            "50 ms early",
            of(&two, &[4_970, 12_000]),
            "Pass A-Pass B-Pass",
        ),
        (
            "early",
            of(&two, &[4_900, 12_000]),
            "Fail A-Pass B-Fail by client",
        ),
        (
            "a second late",
            of(&two, &[10_900, 20_000]),
            "Pass A-Pass B-Pass",
        ),
        (
            "late",
            of(&two, &[11_100, 20_000]),
            "Fail A-Pass B-Fail by client",
        ),
        (
            "the second early",
            of(&two, &[6_000, 9_000]),
            "Fail A-Pass B-Fail by client",
        ),
        (
            "only one",
            of(&two, &[6_000]),
            "Fail A-Pass B-Fail by client",
        ),
        (
            "the step before took one",
            of(&split, &[30_000, 38_000]),
            "Pass A-Pass B-Pass",
        ),
        (
            "the step before took one, this is early",
            of(&split, &[30_000, 32_000]),
            "Fail A-Pass B-Fail by client",
        ),
        (
            "the step before took one, this is late",
            of(&split, &[30_000, 42_000]),
            "Fail A-Pass B-Fail by client",
        ),
    ]);
}

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
fn silence_is_broken_by_what_it_names() {
    let of = |words: &str, more: &str| {
        let dialogue = format!(
            "{OBSERVE}
  - step: It is silent.
    client: {{silence: {{of: [{words}]}}, within: 10s}}
    criterion: B"
        );
        Trial::of_client(&dialogue, &(observed() + more))
    };
    let note = |time: u64| notified(time, 9);
    let ping = "3000 client con 9 - 0.00\n";
    check(vec![
        ("silent", of("notify", ""), "Pass A-Pass B-Pass"),
        (
            "broken",
            of("notify", &note(9_000)),
            "Fail A-Pass B-Fail by client",
        ),
        ("over", of("notify", &note(10_100)), "Pass A-Pass B-Pass"),
        (
            "another word",
            of("register, update", &note(9_000)),
            "Pass A-Pass B-Pass",
        ),
        (
            "any",
            of("any", &note(9_000)),
            "Fail A-Pass B-Fail by client",
        ),
        (
            "a ping is no request",
            of("any", ping),
            "Pass A-Pass B-Pass",
        ),
        (
            "an answer is none either",
            of("any", &(read(3_000, 5) + &answer(3_010, 5, "1"))),
            "Pass A-Pass B-Pass",
        ),
    ]);
}

#[test]
fn in_any_order_whoever_owes_first_is_to_blame() {
    let dialogue = "
  - step: Both come.
    any-order:
      - client: {update: {}, within: 20s}
        criterion: A
      - client: {deregister: {}, within: 5s}
        criterion: B
      - client: {send: {}, within: 5s}
        when: version >= 1.2
        criterion: C";
    let of = |script: &str| Trial::of_client(dialogue, script);
    let (update, leave) = (
        "10 client con 7 b1 POST /rd/1\n",
        "20 client con 8 b2 DELETE /rd/1\n",
    );
    check(vec![
        (
            "both",
            of(&(update.to_owned() + leave)),
            "Pass A-Pass B-Pass",
        ),
        (
            "the other way round",
            of("10 client con 8 b2 DELETE /rd/1\n20 client con 7 b1 POST /rd/1\n"),
            "Pass A-Pass B-Pass",
        ),
        (
            "none",
            of("10 client ack 9 - 0.00"),
            "Fail A-open B-Fail by client",
        ),
        ("the first only", of(update), "Fail A-Pass B-Fail by client"),
    ]);
    let played = of("10 client ack 9 - 0.00").play();
    assert_eq!(played.ended, Duration::from_secs(6));
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

#[test]
fn raw_fields_and_options_are_compared() {
    let of = |coap: &str| {
        let dialogue = format!(
            "
  - step: It reads.
    server: {{read: {{path: /3/0/9}}}}
    client: {{content: {{}}, coap: {{{coap}}}}}
    criterion: A"
        );
        Trial::of_client(
            &dialogue,
            &(read(0, 1) + "10 client ack 1 a1 2.05 ct=0 loc=/a/b =5"),
        )
    };
    let rows = [
        ("code: \"2.05\"", true),
        ("code: \"2.04\"", false),
        ("message-id: 1", true),
        ("message-id: 2", false),
        ("token: \"hex:a1\"", true),
        ("token: \"hex:a2\"", false),
        ("version: 1", true),
        ("version: 2", false),
        ("token-length: 1", true),
        ("content-format: 0", true),
        ("content-format: 1", false),
        ("accept: absent", true),
        ("location-path: [a, b]", true),
        ("location-path: [a, c]", false),
        ("option-12: \"hex:\"", true),
        ("observe: 1", false),
    ];
    for (coap, fits) in rows {
        let wanted = if fits {
            "Pass A-Pass"
        } else {
            "Fail A-Fail by client"
        };
        assert_eq!(of(coap).play().told(), wanted, "{coap}");
    }
}

#[test]
fn an_end_before_the_end_is_told() {
    let verdict = |blame: Option<Seat>, reached: bool| {
        let trial = Trial::of_client(READ, "");
        let mut play = trial.begin();
        play.handle_timeout(Time::ZERO);
        if reached {
            play.handle_outcome(Time::ZERO, 0, Outcome::Done(None));
        }
        play.end(Time::from_nanos(5), "it crashed", blame);
        let letters = play.ledger().letters().len();
        (
            play.verdict().name(),
            letters,
            play.ledger().reason.clone().unwrap_or_default(),
        )
    };
    let crash = "it crashed".to_owned();
    assert_eq!(verdict(None, true), ("Inconclusive", 2, crash.clone()));
    assert_eq!(
        verdict(Some(Seat::CLIENT), true),
        ("Fail", 2, crash.clone())
    );
    assert_eq!(
        verdict(Some(Seat::SERVER), true),
        ("Inconclusive", 2, crash.clone())
    );
    // a state that is not reached is nobody's failure
    assert_eq!(
        verdict(Some(Seat::CLIENT), false),
        ("Inconclusive", 2, crash)
    );
}

#[test]
fn out_of_time_stays_behind_a_failure() {
    let forced = |script: &str| {
        let trial = Trial::of_client(READ, script);
        let mut played = trial.play().play;
        played
            .ledger_mut()
            .force(record::Verdict::OutOfTime, "the budget ended");
        played.verdict().name()
    };
    assert_eq!(forced(&(read(0, 1) + &answer(10, 1, "6"))), "Fail");
    let both = read(0, 1) + &answer(10, 1, "5") + &read(20, 2) + &answer(30, 2, "5");
    assert_eq!(forced(&both), "Out of Time");
}

#[test]
fn the_referee_fails_a_step_for_good() {
    // an Acknowledgement with a method breaks a rule; the stimulus that fails later makes nothing better
    let dialogue = "
  - step: It reads.
    server: {read: {path: /3/0/9}}
    client: {content: {}}
    criterion: A";
    let script = "50 client hex:61018877a1\n";
    let trial = Trial::of_client(dialogue, script);
    let played = trial.play();
    assert_eq!(played.play.verdict().name(), "Fail", "{}", played.told());
}

fn happenings() -> impl Strategy<Value = Vec<(u16, u8, u8, Vec<u8>)>> {
    let bytes = prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..24),
        (0..4u8, 0..9usize).prop_map(|(id, which)| sample(id, which)),
    ];
    proptest::collection::vec((0..20_000u16, 0..8u8, 0..6u8, bytes), 0..40)
}

fn sample(id: u8, which: usize) -> Vec<u8> {
    let line = [
        "0 server con {} a{} GET /3/0/9 obs=0",
        "0 server con {} a{} GET /3/0/9",
        "0 client ack {} a{} 2.05 obs=1 ct=0 =5",
        "0 client non 9{} a{} 2.05 obs=2 ct=0 =5",
        "0 client con {} b{} POST /rd/1 ?lt=20",
        "0 server ack {} b{} 2.04",
        "0 client rst {} - 0.00",
        "0 client ack {} a{} 2.05 ct=0 b2=0/1/16 =aaaaaaaaaaaaaaaa",
        "0 client con {} b{} POST /rd ?ep=a b1=0/1/16 =aaaaaaaaaaaaaaaa",
    ][which];
    crate::script::sent(&line.replace("{}", &id.to_string())).bytes
}

proptest! {
    #[test]
    fn whatever_happens_a_play_comes_to_rest_and_to_an_end(all in happenings(), server in any::<bool>()) {
        let dialogue = format!("{OBSERVE}
  - step: It notifies.
    any-order:
      - client: {{notify: {{of: level}}, count: 3, gap: {{at-least: 1s, at-most: 9s}}}}
      - client: {{update: {{lifetime: 20}}, within: 9s}}
        server: {{changed: {{}}}}
    criterion: B
  - step: It shows it after a while.
    after: 2s
    server: {{show: {{values: {{/3/0/9: \"${{level.last.value}}\"}}}}}}
    criterion: C
  - step: It is so at last.
    server: {{read: {{path: /3/0/9}}}}
    client: {{content: {{}}, as: end}}
    until: {{/3/0/9: 6}}
    criterion: D
  - step: It is silent.
    client: {{silence: {{of: [any]}}, within: 5s}}
    criterion: E");
        let trial = match server {
            true => Trial::of_server(&dialogue, ""),
            false => Trial::of_client(&dialogue, ""),
        };
        let mut play = trial.begin();
        let (mut now, mut open, mut frame) = (Time::ZERO, Vec::new(), 0);
        play.handle_timeout(now);
        for (after, what, kind, bytes) in all {
            now += Duration::from_millis(u64::from(after));
            while let Some(command) = play.poll_command() {
                match command {
                    Command::Control { id, .. } | Command::Trigger { id, .. }
                    | Command::Show { id, .. } | Command::Ask { id, .. } => open.push(id),
                    _ => {}
                }
            }
            match what {
                0 => play.handle_timeout(now),
                1 | 2 if !open.is_empty() => {
                    let outcome = [
                        Outcome::Done(None),
                        Outcome::Done(Some(Actual::Absent)),
                        Outcome::Failed("x".to_owned()),
                        Outcome::NobodyToAsk,
                        Outcome::No(String::new()),
                        Outcome::Unsupported,
                    ][usize::from(kind)].clone();
                    play.handle_outcome(now, open.remove(0), outcome);
                }
                _ => {
                    frame += 1;
                    let ways = [(Seat::CLIENT, Seat::SERVER), (Seat::SERVER, Seat::CLIENT)];
                    let (from, to) = ways[usize::from(kind % 2)];
                    play.handle_datagram(now, frame, from, to, &bytes);
                }
            }
            // at rest: what is due has been done
            prop_assert!(play.is_over() || play.poll_timeout().is_none_or(|due| due > now), "{:?} at {now:?}", play.poll_timeout());
        }
        for _ in 0..1_000 {
            if play.is_over() {
                break;
            }
            while let Some(command) = play.poll_command() {
                match command {
                    Command::Control { id, .. } | Command::Trigger { id, .. }
                    | Command::Show { id, .. } | Command::Ask { id, .. } => open.push(id),
                    _ => {}
                }
            }
            for id in std::mem::take(&mut open) {
                play.handle_outcome(now, id, Outcome::Done(None));
            }
            if let Some(due) = play.poll_timeout() {
                now = now.max(due);
                play.handle_timeout(now);
            }
        }
        prop_assert!(play.is_over(), "waits for {}", play.waiting());
        prop_assert!(play.verdict() != record::Verdict::Pass);
    }
}
