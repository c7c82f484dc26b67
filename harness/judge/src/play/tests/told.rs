//! What a client that starts within the case is told beforehand, and the moment it gets to take in that it is registered.

use lwm2m::Value;

use super::check;
use super::trial::Trial;
use crate::actual::Actual;
use crate::command::Outcome;

const REGISTERS: &str = "
  - step: It registers for a short lifetime.
    control: {client: start}
    client: {register: {lifetime: 15}}
    server: {created: {}}
    criterion: A";

/// A client whose vendor told its lifetime; the case insists on one, and it registers with another.
fn of(told: i64, insisted: &'static str, sent: i64) -> Trial {
    let script = format!(
        "10 client con 1 b1 POST /rd ?ep=a ?lt={sent} ?lwm2m=1.1 ct=40 =</1/0>,</3/0>\n11 server ack 1 b1 2.01 loc=/rd/1\n"
    );
    let mut trial = Trial::of_client(REGISTERS, &script)
        .outcome("control", 1, Outcome::Done(None))
        .told("account.lifetime", Actual::Value(Value::Integer(told)));
    trial.configuration = vec![("/1/0/1", Value::Integer(15))];
    trial.with = insisted;
    trial.stopped = true;
    trial
}

/// A client that is stopped and started; while it stops, a Register comes in, and after its start another.
fn restarted(before: u32, after: u32) -> Trial {
    let register = |time: u64, id: u16, lifetime: u32| {
        format!(
            "{time} client con {id} b{id} POST /rd ?ep=a ?lt={lifetime} ?lwm2m=1.1 ct=40 =</1/0>,</3/0>\n{} server ack {id} b{id} 2.01 loc=/rd/{id}\n",
            time + 1
        )
    };
    let script = register(10, 1, before) + &register(500, 2, after);
    let dialogue = format!("\n  - step: It stops.\n    control: {{client: stop}}{REGISTERS}");
    let mut trial =
        Trial::of_client(&dialogue, &script).outcome("control", 100, Outcome::Done(None));
    trial.configuration = vec![("/1/0/1", Value::Integer(15))];
    trial.stopped = true;
    trial
}

#[test]
fn what_a_client_said_before_its_start_is_not_taken_for_what_it_does_then() {
    check(vec![
        (
            "an old Register that fits not",
            restarted(60, 15),
            "Pass A-Pass",
        ),
        (
            "an old Register that fits",
            restarted(15, 60),
            "Fail A-Fail by client",
        ),
    ]);
}

#[test]
fn a_lifetime_that_nobody_could_give_a_client_is_not_held_against_it() {
    let exact = "with: {/1/*/1: 15}\n";
    check(vec![
        ("told the same", of(15, exact, 15), "Pass A-Pass"),
        (
            "told the same, sends another",
            of(15, exact, 60),
            "Fail A-Fail by client",
        ),
        (
            "told another",
            of(86400, exact, 86400),
            "Inconclusive A-open",
        ),
        (
            "the case takes any that is long",
            of(86400, "with: {/1/*/1: {at-least: 15}}\n", 15),
            "Pass A-Pass",
        ),
        (
            "the case insists on nothing",
            of(86400, "", 15),
            "Pass A-Pass",
        ),
    ]);
}

#[test]
fn a_client_is_not_asked_in_the_moment_it_registers() {
    let dialogue = format!(
        "{REGISTERS}\n  - step: It reads.\n    server: {{read: {{path: /3/0/1}}}}\n    client: {{content: {{}}}}\n"
    );
    let mut trial = of(15, "", 15);
    trial.dialogue = dialogue;
    let performed: Vec<u128> = trial
        .play()
        .performed
        .iter()
        .map(|at| at.as_millis())
        .collect();
    // registered at 11 ms, asked 200 ms later
    assert_eq!(performed, [211]);
}
