//! The set-up of a client under test: it decides nothing, and what the case leans on must be there.

use lwm2m::Value;

use super::check;
use super::trial::Trial;

const MODEL: &str = "
  - step: It reads.
    server: {read: {path: /3/0/1}}
    client: {content: {value: one}}
    criterion: A";

/// It registers, and is asked for its Device Object with these answers.
fn registers(answers: &str) -> String {
    let register = "10 client con 1 b1 POST /rd ?ep=a ?lt=60 ?lwm2m=1.1 ct=40 =</1/0>,</3/0>
        11 server ack 1 b1 2.01 loc=/rd/1
        12 server con 1 a1 GET /3/0\n";
    format!("{register}{answers}")
}

fn of(dialogue: &str, answers: &str, value: Value) -> Trial {
    let mut trial = Trial::of_client(dialogue, &registers(answers));
    trial.configuration = vec![("/3/0/1", value)];
    trial
}

fn text(text: &str) -> Value {
    Value::String(text.to_owned())
}

#[test]
fn a_value_that_the_case_names_must_be_there() {
    let json = |text: &str| {
        format!("13 client ack 1 a1 2.05 ct=110 =[{{\"n\":\"/3/0/1\",\"vs\":\"{text}\"}}]\n")
    };
    let again = |text: &str| {
        format!("20 server con 2 a2 GET /3/0/1\n21 client ack 2 a2 2.05 ct=0 ={text}\n")
    };
    let elsewhere = MODEL.replace("one", "{type: string}");
    check(vec![
        (
            "there",
            of(MODEL, &(json("one") + &again("one")), text("one")),
            "Pass A-Pass",
        ),
        (
            "there, then another",
            of(MODEL, &(json("one") + &again("two")), text("one")),
            "Fail A-Fail by client",
        ),
        (
            "another, which the case leans on",
            of(MODEL, &(json("two") + &again("two")), text("one")),
            "Inconclusive A-open",
        ),
        (
            "another, which nobody asks for",
            of(&elsewhere, &(json("two") + &again("two")), text("one")),
            "Pass A-Pass",
        ),
        (
            "refused, which nobody asks for",
            of(
                &elsewhere,
                &("13 client ack 1 a1 4.04\n".to_owned() + &again("two")),
                text("one"),
            ),
            "Pass A-Pass",
        ),
    ]);
}

#[test]
fn a_dim_is_asked_only_where_there_are_so_many() {
    const DIM: &str = "
  - step: It lists.
    server: {discover: {path: /3/0}}
    client: {content: {links: {/3/0/6: {dim: 2}}}}
    criterion: A";
    let json = |values: &[u8]| {
        let one = |(id, value)| format!("{{\"n\":\"/3/0/6/{id}\",\"v\":{value}}}");
        let entries: Vec<_> = values.iter().enumerate().map(one).collect();
        format!("13 client ack 1 a1 2.05 ct=110 =[{}]\n", entries.join(","))
    };
    let lists = |dim: u8| {
        format!(
            "20 server con 2 a2 GET /3/0 accept=40\n21 client ack 2 a2 2.05 ct=40 =</3/0>,</3/0/6>;dim={dim}\n"
        )
    };
    let trial = |values: &[u8], dim: u8| {
        let mut trial = Trial::of_client(DIM, &registers(&(json(values) + &lists(dim))));
        trial.configuration = vec![
            ("/3/0/6/0", Value::Integer(1)),
            ("/3/0/6/1", Value::Integer(2)),
        ];
        trial
    };
    check(vec![
        ("two, but others", trial(&[1, 5], 2), "Pass A-Pass"),
        (
            "two, of which it tells one",
            trial(&[1, 5], 1),
            "Fail A-Fail by client",
        ),
        ("one", trial(&[1], 1), "Inconclusive A-open"),
        ("three", trial(&[1, 2, 5], 3), "Inconclusive A-open"),
    ]);
}

#[test]
fn what_the_case_insists_on_must_be_reached() {
    let anything = MODEL.replace("one", "{type: string}");
    let json = |text: &str| {
        format!("13 client ack 1 a1 2.05 ct=110 =[{{\"n\":\"/3/0/1\",\"vs\":\"{text}\"}}]\n")
    };
    let again = "20 server con 2 a2 GET /3/0/1\n21 client ack 2 a2 2.05 ct=0 =x\n";
    let with = |answers: String| {
        let mut trial = of(&anything, &answers, text("one"));
        trial.with = "with: {/3/0/1: one}\n";
        trial
    };
    check(vec![
        ("there", with(json("one") + again), "Pass A-Pass"),
        ("another", with(json("two") + again), "Inconclusive A-open"),
        (
            "refused",
            with("13 client ack 1 a1 4.04\n".to_owned() + again),
            "Inconclusive A-open",
        ),
        ("not answered", with(String::new()), "Inconclusive A-open"),
    ]);
}

#[test]
fn a_state_that_is_not_reached_decides_nothing() {
    let mut trial = Trial::of_client(
        MODEL,
        "10 client con 1 b1 POST /rd ?ep=a\n11 server ack 1 b1 4.00",
    );
    trial.configuration = vec![("/3/0/1", text("one"))];
    let mut nobody = Trial::of_client(MODEL, "");
    nobody.configuration = vec![("/3/0/1", text("one"))];
    check(vec![
        ("refused", trial, "Inconclusive A-open"),
        ("never came", nobody, "Inconclusive A-open by client"),
    ]);
}

#[test]
fn an_instance_that_the_client_lacks_is_created() {
    const PORTFOLIO: &str = "
  - step: It reads.
    server: {read: {path: /16/0}}
    client: {content: {node: {}}}
    criterion: A";
    let registers = |create: &str| {
        format!(
            "10 client con 1 b1 POST /rd ?ep=a ?lt=60 ?lwm2m=1.1 ct=40 =</1/0>,</3/0>,</16>
        11 server ack 1 b1 2.01 loc=/rd/1
        12 server con 1 a1 POST /16 ct=11542\n{create}"
        )
    };
    let created = "13 client ack 1 a1 2.01
        14 client con 2 b2 POST /rd/1 ct=40 =</1/0>,</3/0>,</16/0>
        15 server ack 2 b2 2.04
        16 server con 3 a3 GET /16/0
        17 client ack 3 a3 2.05 ct=110 =[{\"n\":\"/16/0/0/0\",\"vs\":\"1\"}]
        20 server con 4 a4 GET /16/0
        21 client ack 4 a4 2.05 ct=110 =[{\"n\":\"/16/0/0/0\",\"vs\":\"1\"}]\n";
    let of = |dialogue: &str, answers: &str| {
        let mut trial = Trial::of_client(dialogue, &registers(answers));
        trial.configuration = vec![("/16/0/0/0", text("1"))];
        trial
    };
    let refused = "13 client ack 1 a1 4.00\n";
    let other =
        refused.to_owned() + "20 server con 4 a4 GET /3/0/1\n21 client ack 4 a4 2.05 ct=0 =one\n";
    check(vec![
        ("created", of(PORTFOLIO, created), "Pass A-Pass"),
        (
            "refused, and asked for",
            of(PORTFOLIO, refused),
            "Inconclusive A-open",
        ),
        (
            "refused, which nobody asks for",
            of(MODEL, &other),
            "Pass A-Pass",
        ),
    ]);
}
