//! Golden files: `fixtures/sessions/*.json` render to the `.txt` and `.xml` beside them. `UPDATE_GOLDEN=1` rewrites.

mod sessions;

use report::{Style, junit, terminal};
use sessions::{Fixture, golden};

#[test]
fn terminals_say_what_they_said() {
    for fixture in Fixture::all() {
        let folder = format!("reports/sessions/{}", fixture.session.name);
        let text = terminal(&fixture.session, &fixture.cases, &folder, Style::default());
        golden(&fixture.name, "txt", &text);
    }
}

#[test]
fn pipelines_get_what_they_got() {
    for fixture in Fixture::all() {
        let xml = junit(&fixture.session, &fixture.cases).expect("it renders");
        roxmltree::Document::parse(&xml).expect("it is well-formed");
        golden(&fixture.name, "junit.xml", &xml);
    }
}

#[test]
fn github_gets_what_it_got() {
    for fixture in Fixture::all() {
        let Fixture { session, cases, .. } = &fixture;
        let is_own = |file: &str| file.ends_with("read-tlv.yaml");
        let lines = report::github_annotations(session, cases, is_own);
        for line in lines.lines() {
            assert!(
                line.starts_with("::error ") || line.starts_with("::warning "),
                "{line}"
            );
        }
        let text = lines + "\n" + &report::github_summary(session, cases);
        golden(&fixture.name, "github.md", &text);
    }
}

#[test]
fn readiness_is_said_in_three_forms() {
    for fixture in Fixture::all() {
        let session = &fixture.session;
        let readiness = record::Readiness::of(session);
        golden(
            &fixture.name,
            "readiness.txt",
            &report::readiness_text(session, &readiness),
        );
        let html = report::readiness_html(session, &readiness).expect("it renders");
        assert_eq!(
            html.matches("<tr><th scope=\"row\">").count(),
            readiness.entry.len() + readiness.missing.len()
        );
        assert!(
            !html.contains("<script") && !html.contains("onerror=alert(1)>"),
            "{}",
            fixture.name
        );
        let pdf = report::readiness_pdf(session, &readiness).expect("it renders");
        assert!(pdf.starts_with(b"%PDF-"));
    }
}

#[test]
fn a_summary_ends_where_github_ends() {
    let mut fixture = Fixture::named("read-tlv").lengthened(20_000);
    for case in &mut fixture.cases {
        case.summary.verdict = record::Verdict::Fail;
    }
    fixture.session.cases = fixture
        .cases
        .iter()
        .map(|case| case.summary.clone())
        .collect();
    let text = report::github_summary(&fixture.session, &fixture.cases);
    assert!((1 << 19..=1 << 20).contains(&text.len()), "{}", text.len());
    assert!(text.contains("more rows are left out") && text.contains("more are told by"));
}

#[test]
fn colours_only_repeat_words() {
    for fixture in Fixture::all() {
        let plain = Style::default();
        let coloured = Style {
            colour: true,
            ..plain
        };
        let [plain, coloured] = [plain, coloured]
            .map(|style| terminal(&fixture.session, &fixture.cases, "folder", style));
        assert_ne!(plain, coloured);
        let mut stripped = coloured;
        for sgr in ["0", "1", "2", "32", "33", "36", "1;31", "1;35"] {
            stripped = stripped.replace(&format!("\u{1b}[{sgr}m"), "");
        }
        assert_eq!(plain, stripped, "{}", fixture.name);
    }
}

#[test]
fn narrow_terminals_cut_verdict_lines() {
    let fixture = Fixture::named("verdicts");
    let style = Style {
        colour: false,
        width: 80,
    };
    let text = terminal(&fixture.session, &fixture.cases, "folder", style);
    let lines: Vec<_> = text.lines().filter(|line| line.contains("/62)")).collect();
    assert_eq!(lines.len(), fixture.session.cases.len());
    assert!(lines.iter().all(|line| line.chars().count() <= 80));
    assert!(lines.iter().any(|line| line.ends_with("...")));
}

#[test]
fn hostile_text_never_acts_on_a_terminal() {
    let fixture = Fixture::named("hostile");
    let text = terminal(&fixture.session, &fixture.cases, "folder", Style::default());
    let acts = |c: char| {
        (c.is_control() && c != '\n')
            || ('\u{202a}'..='\u{202e}').contains(&c)
            || ('\u{2066}'..='\u{2069}').contains(&c)
    };
    assert!(!text.contains(acts));
    assert!(text.contains("\\u{202e}"));
}
