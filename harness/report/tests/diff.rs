//! Two runs beside each other, golden in the three forms, and hostile names in none of them.

mod sessions;

use record::{CaseSummary, ChangeKind, Difference, NotSelected, SessionRecord, Verdict};
use report::{Style, diff_html, diff_markdown, diff_text};
use sessions::{Fixture, golden};

/// The run of `verdicts` and the next one, in which something of every kind changed.
fn runs() -> (SessionRecord, SessionRecord) {
    let old = Fixture::named("verdicts").session;
    let mut new = old.clone();
    new.name = "2026-11-22T0930-next".to_owned();
    new.parameters.quick = !old.parameters.quick;
    let case = |new: &mut SessionRecord, name: &str, change: &dyn Fn(&mut CaseSummary)| {
        let cases = new.cases.iter_mut();
        cases
            .filter(|case| case.case.contains(name))
            .for_each(change);
    };
    case(&mut new, "int-101", &|case| {
        case.verdict = Verdict::Fail;
        case.criteria[1].verdict = Some(Verdict::Fail);
        case.reason = Some("the client answered 4.00 | <b>".to_owned());
    });
    case(&mut new, "int-203", &|case| {
        case.verdict = Verdict::Pass;
        case.reason = None;
        case.criteria
            .iter_mut()
            .for_each(|one| one.verdict = Some(Verdict::Pass));
    });
    case(&mut new, "con-reregister", &|case| {
        case.criteria = vec![record::LetterVerdict {
            letter: "A".to_owned(),
            verdict: Some(Verdict::Fail),
        }];
    });
    // one is not played any more since the ICS lacks it, one just is not there
    let gone = new
        .cases
        .iter()
        .position(|case| case.case.contains("int-302"));
    let gone = new.cases.remove(gone.expect("it is there"));
    new.not_selected.push(NotSelected {
        case: gone.case,
        id: gone.id,
        title: gone.title,
        seat: gone.seat,
        reason: "observe: operations".to_owned(),
        judges_others: false,
    });
    new.cases.retain(|case| !case.case.contains("int-402"));
    let mut added = new.cases[1].clone();
    added.case = "registration/int-104-discovery".to_owned();
    new.cases.push(added);
    (old, new)
}

#[test]
fn changes_are_shown_in_three_forms() {
    let (old, new) = runs();
    let difference = Difference::between(&old, &new);
    for kind in ChangeKind::ALL {
        assert!(
            difference.of(kind).next().is_some(),
            "{kind:?} is not shown"
        );
    }
    let style = Style {
        colour: false,
        width: 0,
    };
    golden(
        "diff",
        "txt",
        &diff_text(&difference, &old.name, &new.name, style),
    );
    golden(
        "diff",
        "md",
        &diff_markdown(&difference, &old.name, &new.name),
    );
    let html = diff_html(&difference, &old.name, &new.name).expect("it renders");
    // the style sheet is not the difference's
    let body = html.find("<body>").expect("it has a body");
    golden("diff", "html", &html[body..]);
}

#[test]
fn a_run_does_not_differ_from_itself() {
    for Fixture { session, .. } in Fixture::all() {
        let difference = Difference::between(&session, &session);
        assert_eq!(difference.changes, []);
        assert_eq!(difference.same, session.cases.len());
    }
}

#[test]
fn hostile_names_act_nowhere() {
    let old = Fixture::named("hostile").session;
    let mut new = old.clone();
    new.cases.clear();
    let difference = Difference::between(&old, &new);
    let style = Style {
        colour: false,
        width: 0,
    };
    let text = diff_text(&difference, &old.name, &new.name, style);
    let markdown = diff_markdown(&difference, &old.name, &new.name);
    let html = diff_html(&difference, &old.name, &new.name).expect("it renders");
    for text in [&text, &markdown, &html] {
        let acts = |c: char| (c.is_control() && c != '\n') || matches!(c, '\u{202e}' | '\u{2066}');
        assert!(!text.contains(acts), "{text}");
    }
    assert!(!html.contains("<script>") && !markdown.contains("<script>"));
    let cells = |line: &str| line.replace("\\|", "").matches('|').count();
    let rows = markdown.lines().filter(|line| line.starts_with("| "));
    assert!(
        rows.clone().count() > 1 && rows.map(cells).all(|n| n == 6),
        "{markdown}"
    );
}
