mod follow;
mod hindsight;
mod property;
mod provisioned;
mod shown;
mod stream;
mod told;
mod trial;
mod unread;

use std::time::Duration;

use coap::Time;
use lwm2m::Version;
use testcase::Seat;

use crate::command::Outcome;
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
        play.handle_datagram(one.time, one.seen(frame));
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
fn a_request_need_not_come_where_silence_will_do() {
    let dialogue = "
  - step: It updates, or it does not.
    client: {one-of: [{update: {lifetime: 20}}, {silence: {of: [update]}, remark: silent}], within: 5s}
    criterion: A";
    let of = |script: &str| Trial::of_client(dialogue, script);
    check(vec![
        ("none", of("10 client ack 9 - 0.00"), "Pass A-Pass"),
        (
            "another",
            of("10 client con 7 b1 POST /rd/1?lt=30"),
            "Fail A-Fail by client",
        ),
    ]);
}

#[test]
fn silence_as_an_alternative_holds_for_what_it_names() {
    let of = |letter: &str, script: &str| {
        let dialogue = format!(
            "
  - step: It updates, or it says nothing but that.
    client: {{one-of: [{{update: {{}}}}, {{silence: {{of: [register]}}, remark: silent}}], within: 5s}}
    {letter}
  - step: It goes on.
    client: {{deregister: {{}}, within: 5s}}
    criterion: B"
        );
        Trial::of_client(&dialogue, script)
    };
    let register = "10 client con 7 b1 POST /rd ?ep=a ?lt=60 ?lwm2m=1.1 ct=40 =</1/0>,</3/0>\n";
    let farewell = "6000 client con 8 b2 DELETE /rd/1\n";
    let criterion = "criterion: A";
    check(vec![
        ("silent", of(criterion, farewell), "Pass A-Pass B-Pass"),
        (
            "it registers",
            of(criterion, &format!("{register}{farewell}")),
            "Fail A-Fail B-open by client",
        ),
        (
            "it registers, and no letter is there to say so",
            of("", &format!("{register}{farewell}")),
            "Pass B-Pass",
        ),
    ]);
    let played = of("", &format!("{register}{farewell}")).play();
    let remarks = &played.play.ledger().remarks;
    assert!(
        remarks.iter().all(|remark| remark.text != "silent"),
        "{remarks:?}"
    );
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

#[test]
fn the_referee_says_first_and_the_case_only_by_which_letter() {
    let wrong = read(0, 1) + "10 client ack 1 b7 2.05 ct=0 =6\n";
    let played = Trial::of_client(READ, &wrong).play();
    assert_eq!(played.told(), "Fail A-Fail B-open by client");
    let steps = &played.play.ledger().steps;
    let step = steps.iter().find(|step| step.mismatch.is_some());
    let step = step.expect("a step failed");
    let mismatch = step.mismatch.as_ref().expect("for a reason");
    assert_eq!(mismatch.rule.as_deref(), Some("response-token"));
    assert!(step.remarks.iter().all(|remark| remark.rule.is_none()));
}

#[test]
fn a_failure_names_no_requirement_of_a_later_version() {
    let dialogue = "
  - step: It reads.
    server: {read: {path: /3/0/9}}
    client: {content: {value: 5}}
    criterion: A
    judges: [DM-02a, GEN-02, GEN-08d]";
    let told = |version: Version| {
        let mut trial = Trial::of_client(dialogue, &(read(0, 1) + &answer(10, 1, "6")));
        trial.version = version;
        let played = trial.play();
        let mut steps = played.play.ledger().steps.iter();
        let mismatch = steps.find_map(|step| step.mismatch.as_ref());
        mismatch.expect("a step failed").requirements.clone()
    };
    assert_eq!(told(Version::V1_0), ["DM-02a"]);
    assert_eq!(told(Version::V1_1), ["DM-02a", "GEN-02"]);
    assert_eq!(told(Version::V1_2), ["DM-02a", "GEN-02", "GEN-08d"]);
}
