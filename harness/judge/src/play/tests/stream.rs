//! Several messages: streams of notifications, silences, groups.

use std::time::Duration;

use super::trial::Trial;
use super::{OBSERVE, answer, check, notified, observed, read};

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
fn what_may_come_meanwhile_breaks_a_silence_all_the_same() {
    let dialogue = format!(
        "{OBSERVE}
  - step: It is silent.
    client: {{silence: {{of: [update]}}, within: 10s}}
    criterion: B
meanwhile:
  - client: {{update: {{}}}}
  - client: {{send: {{}}}}"
    );
    let of = |more: &str| Trial::of_client(&dialogue, &(observed() + more));
    let update = "2000 client con 7 b1 POST /rd/1\n";
    let send = "2000 client con 7 b1 POST /dp ct=110 =[]\n";
    check(vec![
        (
            "what is forbidden",
            of(update),
            "Fail A-Pass B-Fail by client",
        ),
        ("what is not", of(send), "Pass A-Pass B-Pass"),
    ]);
}

#[test]
fn each_notification_of_a_long_stream_is_taken_once() {
    let dialogue = format!(
        "{OBSERVE}
  - step: It notifies.
    client: {{notify: {{of: level}}, as: last, count: 2000}}
    criterion: B
  - step: The last one says so.
    check: {{last.value: 2001}}
    criterion: B"
    );
    let mut script = observed();
    for id in 2..=2001 {
        script += &notified(1_000 + u64::from(id) * 10, id);
    }
    check(vec![(
        "all of them",
        Trial::of_client(&dialogue, &script),
        "Pass A-Pass B-Pass",
    )]);
}
