//! Files that are short to write and large to read are refused with one mistake each, where they become too much.
#![allow(missing_docs, clippy::unwrap_used, reason = "tests")]

use testcase::{Diagnostic, File, Library, Profile};

const HEAD: &str = "id: x\ntitle: x\nsource: {document: x}\nseats: [client]\ndialogue:\n";
const STEP: &str =
    "  - step: A.\n    client: {register: {}}\n    server: {created: {}}\n    criterion: A\n";

fn mistakes(text: &str) -> Vec<Diagnostic> {
    let (_, diagnostics) = Library::load([File::new("x", "x.yaml", text)]);
    diagnostics
}

#[test]
fn steps_and_lines_are_counted() {
    let rows: [(usize, &str, usize, Option<&str>); 4] = [
        (190, STEP, 1, None),
        (
            201,
            STEP,
            807,
            Some("more than 400 lines of seats in one file"),
        ),
        (
            257,
            "  - step: A.\n    server: {silence: {within: 1s}}\n",
            518,
            Some("more than 256 steps in one file"),
        ),
        (
            300,
            "  - step: A.\n    server: {silence: {within: 1s}}\n",
            518,
            Some("more than 256 steps in one file"),
        ),
    ];
    for (count, step, line, wanted) in rows {
        let found = mistakes(&format!("{HEAD}{}", step.repeat(count)));
        let many = found.iter().filter(|one| one.message.contains("more than"));
        let many: Vec<_> = many.map(|one| (&*one.message, one.span.line)).collect();
        let wanted: Vec<_> = wanted
            .map(|message| (message, line as u32))
            .into_iter()
            .collect();
        assert_eq!(many, wanted, "{count}");
    }
}

#[test]
fn what_multiplies_is_one_mistake() {
    let dense = format!("a: [{}]\n", "[],".repeat(20_000));
    let deep = "[".repeat(20_000);
    let laughs = "a: &a [x,x,x,x]\nb: &b [*a,*a,*a,*a]\nc: [*b,*b,*b,*b]\n";
    for text in [&*dense, &*deep, laughs] {
        let found = mistakes(text);
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(Profile::load("x.yaml", text, None).1.len(), 1);
    }
}
