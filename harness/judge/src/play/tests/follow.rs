//! `follow` and `until`: the merged latest view, polls that are lost, and who is to blame.

use super::check;
use super::trial::Trial;
use crate::command::Outcome;

const FOLLOW: &str = "
  - step: It downloads.
    server: {follow: {paths: [/5/0/3, /5/0/5]}}
    client: {content: {node: {/5/0/3: {one-of: [1, 2]}, /5/0/5: 0}}}
    until: {/5/0/3: 2}
    within: 30s
    criterion: A";

const UNTIL: &str = "
  - step: It reads until it is so.
    server: {read: {path: /5/0/3}}
    client: {content: {value: {one-of: [1, 2]}}}
    until: {/5/0/3: 2}
    within: 30s
    criterion: A";

/// Polls of State and Result, each with what is answered; `-` for nothing.
fn polls(rounds: &[(u64, &str, &str)]) -> String {
    let mut script = String::new();
    let mut id = 0;
    for (time, state, result) in rounds {
        for (path, payload) in [("/5/0/3", state), ("/5/0/5", result)] {
            id += 1;
            script += &format!("{time} server con {id} b{id:03} GET {path}\n");
            if *payload != "-" {
                let later = time + 5;
                let code = if *payload == "!" { "4.04" } else { "2.05 ct=0" };
                script += &format!(
                    "{later} client non {} b{id:03} {code} ={payload}\n",
                    id + 90
                );
            }
        }
    }
    let mut lines: Vec<&str> = script.lines().collect();
    lines.sort_by_key(|line| {
        line.split(' ')
            .next()
            .and_then(|time| time.parse::<u64>().ok())
    });
    lines.join("\n")
}

#[test]
fn the_merged_view_is_judged() {
    let of = |rounds: &[(u64, &str, &str)]| Trial::of_client(FOLLOW, &polls(rounds));
    check(vec![
        ("at once", of(&[(0, "2", "0")]), "Pass A-Pass"),
        (
            "in the end",
            of(&[(0, "1", "0"), (1_000, "2", "0")]),
            "Pass A-Pass",
        ),
        (
            "piece by piece",
            of(&[(0, "2", "-"), (1_000, "-", "0")]),
            "Pass A-Pass",
        ),
        (
            "a lost poll counts for nothing",
            of(&[(0, "1", "0"), (1_000, "-", "-"), (20_000, "2", "0")]),
            "Pass A-Pass",
        ),
        (
            "wrong on the way",
            of(&[(0, "1", "0"), (1_000, "3", "0"), (2_000, "2", "0")]),
            "Fail A-Fail by client",
        ),
        (
            "wrong in the other one",
            of(&[(0, "1", "0"), (1_000, "1", "4")]),
            "Fail A-Fail by client",
        ),
        ("an error", of(&[(0, "!", "0")]), "Fail A-Fail by client"),
        (
            "never so",
            of(&[(0, "1", "0"), (1_000, "1", "0")]),
            "Fail A-Fail by client",
        ),
        (
            "half told",
            of(&[(0, "2", "-"), (1_000, "2", "-")]),
            "Fail A-Fail by client",
        ),
        (
            "too late",
            of(&[(0, "1", "0"), (31_500, "2", "0")]),
            "Fail A-Fail by client",
        ),
    ]);
}

#[test]
fn a_notification_tells_as_well() {
    let script = "0 server con 1 a1 GET /5/0/3 obs=0
        5 client ack 1 a1 2.05 obs=1 ct=0 =1
        10 server con 2 a2 GET /5/0/5
        15 client ack 2 a2 2.05 ct=0 =0
        5000 client non 70 a1 2.05 obs=2 ct=0 =";
    check(vec![
        (
            "right",
            Trial::of_client(FOLLOW, &format!("{script}2")),
            "Pass A-Pass",
        ),
        (
            "wrong",
            Trial::of_client(FOLLOW, &format!("{script}3")),
            "Fail A-Fail by client",
        ),
    ]);
}

#[test]
fn a_server_has_to_look() {
    let of = |dialogue: &str, script: &str| Trial::of_server(dialogue, script);
    let waited = FOLLOW.replace("}}\n    client", "}, trigger: false}\n    client");
    let polled = polls(&[(100, "2", "0")]);
    check(vec![
        ("it polls", of(FOLLOW, &polled), "Pass A-Pass"),
        ("it does not", of(FOLLOW, ""), "Fail A-Fail by server"),
        (
            "it polls of its own accord",
            of(&waited, &polled),
            "Pass A-Pass",
        ),
        (
            "its adapter fails now and then",
            of(FOLLOW, &polled).outcome("trigger", 50, Outcome::Failed("away".to_owned())),
            "Pass A-Pass",
        ),
        (
            "its adapter fails always",
            of(FOLLOW, "").outcome("trigger", 50, Outcome::Failed("away".to_owned())),
            "Inconclusive A-open",
        ),
        (
            "nobody can tell it",
            of(FOLLOW, "").outcome("trigger", 0, Outcome::NobodyToAsk),
            "Inconclusive A-open",
        ),
    ]);
}

#[test]
fn an_exchange_is_repeated_until_it_is_so() {
    let read = |time: u64, id: u16, value: &str| {
        let answered = time + 5;
        format!(
            "{time} server con {id} a{id} GET /5/0/3\n{answered} client ack {id} a{id} 2.05 ct=0 ={value}\n"
        )
    };
    let of = |script: String| Trial::of_client(UNTIL, &script);
    check(vec![
        ("at once", of(read(0, 1, "2")), "Pass A-Pass"),
        (
            "in the end",
            of(read(0, 1, "1") + &read(1_010, 2, "2")),
            "Pass A-Pass",
        ),
        (
            "wrong on the way",
            of(read(0, 1, "1") + &read(1_010, 2, "0")),
            "Fail A-Fail by client",
        ),
        (
            "never so",
            of((0..40)
                .map(|turn| read(turn * 1_010, turn as u16 + 1, "1"))
                .collect()),
            "Fail A-Fail by client",
        ),
    ]);
}
