//! The Test Session Report of a TestFest as HTML: what it says, where its links lead, and what must not break it.

mod sessions;
mod table;

use event::consolidate::Role;
use event::session::{Change, Say, Sheet, Standing};
use proptest::prelude::*;
use report::{RenderError, RunRecords, SessionReport, session_report_html, session_report_pdf};
use sessions::golden;
use table::Table;

fn with<T>(
    table: &Table,
    sheet: &Sheet,
    standing: &Standing,
    render: fn(&SessionReport<'_>) -> Result<T, RenderError>,
) -> T {
    let runs = table.runs.iter().zip(&table.cases);
    let runs: Vec<_> = runs.map(|(run, cases)| RunRecords { run, cases }).collect();
    let report = SessionReport {
        sheet,
        standing,
        runs: &runs,
        harness: "0.1.0",
    };
    render(&report).expect("it renders")
}

/// A standing that nobody has signed.
fn unsigned(sheet: &Sheet) -> Standing {
    Standing::of_session(None, sheet, &Default::default(), |_| None)
}

fn halfway() -> String {
    let table = Table::halfway();
    let sheet = table.sheet(false);
    with(&table, &sheet, &unsigned(&sheet), session_report_html)
}

fn signed(teams: &[Role], change: Option<Change>) -> String {
    let table = Table::new();
    let sheet = table.sheet(true);
    let mut standing = Table::signed(&sheet, teams);
    standing.changes.extend(change);
    with(&table, &sheet, &standing, session_report_html)
}

fn count(text: &str, pattern: &str) -> usize {
    text.matches(pattern).count()
}

/// The words of a page, a line for each element that ends one.
fn words(html: &str) -> String {
    let body = html.split("<body>").nth(1).expect("it has a body");
    let body = body.split("<script>").next().expect("it is there");
    let mut text = String::new();
    for piece in body.split('<').skip(1) {
        let (tag, rest) = piece.split_once('>').expect("a tag ends");
        let ends = [
            "/tr", "/p", "/h", "/li", "/div", "br", "/caption", "/summary", "/text",
        ];
        let parts = ["/td", "/th", "/dt"];
        if ends.iter().any(|end| tag.starts_with(end)) {
            text.push('\n');
        } else if parts.iter().any(|end| tag.starts_with(end)) {
            text.push_str(" | ");
        }
        text.push_str(rest);
    }
    let lines = text
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
    let lines: Vec<_> = lines
        .filter(|line| !line.trim_end_matches('|').is_empty())
        .collect();
    let plain = lines
        .join("\n")
        .replace("&quot;", "\"")
        .replace("&#39;", "'");
    plain
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&amp;", "&")
        + "\n"
}

#[test]
fn it_says_what_it_said() {
    golden("testfest/halfway", "txt", &words(&halfway()));
    let both = signed(&[Role::Client, Role::Server], None);
    golden("testfest/signed", "txt", &words(&both));
}

#[test]
fn its_mark_leads_it() {
    let altered = Change::Altered("runs/a/session.json".to_owned());
    for (html, mark) in [
        (halfway(), Some("UNSIGNED")),
        (signed(&[Role::Client], None), Some("UNSIGNED")),
        (
            signed(&[Role::Client, Role::Server], Some(altered)),
            Some("ALTERED AFTER SIGNING"),
        ),
        (signed(&[Role::Client, Role::Server], None), None),
    ] {
        let Some(mark) = mark else {
            assert!(!html.contains("class=\"mark\""));
            assert!(html.contains("everything is as they signed it"));
            continue;
        };
        assert!(html.contains(&format!("<title>{mark}: Test Session Report")));
        let main = html
            .split("<main class=\"session-report\">")
            .nth(1)
            .expect("it is there");
        let first = format!("<p class=\"mark\"><strong>{mark}</strong></p>");
        assert!(main.trim_start().starts_with(&first), "{mark}");
    }
}

#[test]
fn every_change_is_listed() {
    let changes = [
        Change::Gone("runs/a/session.json".to_owned()),
        Change::Verdict("int-1".to_owned(), "Pass".to_owned(), "Fail".to_owned()),
    ];
    for change in changes {
        let text = words(&signed(&[Role::Client, Role::Server], Some(change.clone())));
        assert!(
            text.lines().any(|line| line == change.to_string()),
            "{change}"
        );
    }
}

#[test]
fn every_link_into_the_file_arrives() {
    for html in [halfway(), signed(&[Role::Client], None)] {
        let links: Vec<_> = html
            .split("href=\"#")
            .skip(1)
            .filter_map(|rest| rest.split('"').next())
            .collect();
        assert!(
            links
                .iter()
                .any(|link| link.starts_with("run-2/device-management/int-203"))
        );
        assert!(links.contains(&"superseded") && links.contains(&"result-101"));
        for link in links {
            assert_eq!(count(&html, &format!("id=\"{link}\"")), 1, "{link}");
        }
        let ids: Vec<_> = html
            .split(" id=\"")
            .skip(1)
            .filter_map(|rest| rest.split('"').next())
            .collect();
        for id in &ids {
            assert_eq!(ids.iter().filter(|other| *other == id).count(), 1, "{id}");
        }
    }
}

#[test]
fn every_other_link_leads_into_the_folder() {
    let html = halfway();
    let links = html.split("href=\"").skip(1);
    let links = links.filter_map(|rest| rest.split('"').next());
    let links: Vec<_> = links.filter(|link| !link.starts_with('#')).collect();
    let first = "runs/20261127T090500Z-anjay-leshan";
    let second = "runs/20261127T093000Z-anjay-leshan";
    let case = "device-management/int-203-read-tlv";
    for link in [
        format!("{first}/session.html"),
        format!("{first}/session.html#{case}@client"),
        format!("{second}/{case}/capture.pcapng"),
    ] {
        assert!(links.contains(&link.as_str()), "{link}");
    }
    let leads_in = |link: &&str| {
        link.starts_with(&format!("{first}/")) || link.starts_with(&format!("{second}/"))
    };
    assert!(links.iter().all(leads_in), "{links:?}");
    // what was played again is not shown with the evidence of the first time
    assert!(!links.contains(&format!("{first}/{case}/capture.pcapng").as_str()));
}

#[test]
fn the_same_session_gives_the_same_bytes() {
    let html = [(); 2].map(|()| halfway());
    assert!(html[0] == html[1]);
    let pdf = [(); 2].map(|()| {
        let table = Table::new();
        let sheet = table.sheet(true);
        with(&table, &sheet, &unsigned(&sheet), session_report_pdf)
    });
    assert!(pdf[0] == pdf[1] && pdf[0].starts_with(b"%PDF-1.7"));
}

#[test]
fn a_side_that_was_judged_with_an_emulator_is_told_first() {
    let mut table = Table::new();
    table.header.server.product = "another".to_owned();
    let sheet = table.sheet(true);
    let html = with(&table, &sheet, &unsigned(&sheet), session_report_html);
    let note = html.find("role=\"note\"").expect("it is told");
    assert!(note < html.find("<h2").expect("it has headings"));
    assert!(html.contains("no run tested the server &quot;Eclipse another 2.0.0-M15&quot;"));
}

#[test]
fn an_empty_sheet_is_a_report() {
    let mut table = Table::new();
    table.ets.cases.clear();
    table.runs.clear();
    table.cases.clear();
    let sheet = table.sheet(false);
    let text = words(&with(
        &table,
        &sheet,
        &unsigned(&sheet),
        session_report_html,
    ));
    assert!(text.contains("Nothing was played.") && text.contains("No case left a record."));
    let pdf = with(&table, &sheet, &unsigned(&sheet), session_report_pdf);
    assert!(pdf.starts_with(b"%PDF"));
}

/// Puts a text wherever a stranger may have a say.
fn spoken_through(text: &str) -> (Table, Sheet, Standing) {
    let mut table = Table::halfway();
    for side in [&mut table.header.client, &mut table.header.server] {
        for slot in [&mut side.company, &mut side.product, &mut side.version] {
            text.clone_into(slot);
        }
        side.team = vec![text.to_owned(), text.to_owned()];
    }
    let header = &mut table.header;
    for slot in [
        &mut header.event,
        &mut header.place,
        &mut header.session,
        &mut header.date,
    ] {
        *slot = format!("a{text}");
    }
    for entry in &mut table.review.entries {
        if let Say::Comment(said) | Say::Specification(said) = &mut entry.say {
            *said = format!("a{text}");
        }
    }
    for (run, number) in table.runs.iter_mut().zip(1..) {
        run.name = format!("{number}{text}");
        for implementation in &mut run.record.implementations {
            text.clone_into(&mut implementation.name);
            text.clone_into(&mut implementation.vendor);
        }
        for case in &mut run.record.cases {
            text.clone_into(&mut case.title);
            case.reason = Some(text.to_owned());
        }
    }
    let sheet = table.sheet(false);
    let mut standing = unsigned(&sheet);
    standing.signed.push(event::session::SignedBy {
        team: Role::Client,
        name: text.to_owned(),
        fingerprint: "a".to_owned(),
        at: text.to_owned(),
    });
    standing.changes.push(Change::Added(text.to_owned()));
    (table, sheet, standing)
}

#[test]
fn hostile_text_stays_text() {
    let hostile = "</p><script>alert(1)</script><img src=x>{{ 7*7 }}\u{202e}\u{1b}[31m\"'/../..";
    let (table, sheet, standing) = spoken_through(hostile);
    let html = with(&table, &sheet, &standing, session_report_html);
    assert_eq!(count(&html, "<script"), 1, "only our own");
    assert!(!html.contains("<img") && html.contains("{{ 7*7 }}"));
    assert!(
        !html.contains("href=\"runs/"),
        "no path but a plain one is a link"
    );
    let acts = |c: char| (c.is_control() && c != '\n') || ('\u{202a}'..='\u{202e}').contains(&c);
    assert!(!html.contains(acts));
    let pdf = with(&table, &sheet, &standing, session_report_pdf);
    assert!(pdf.starts_with(b"%PDF"));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_changes_the_structure(text in "(?s)[^\r\n]{1,300}") {
        let tags = |text: &str| {
            let (table, sheet, standing) = spoken_through(text);
            let html = with(&table, &sheet, &standing, session_report_html);
            prop_assert!(with(&table, &sheet, &standing, session_report_pdf).starts_with(b"%PDF"));
            Ok(["<", ">", "\"", "'"].map(|mark| count(&html, mark)))
        };
        // a text that makes no link, as most do not
        prop_assert_eq!(tags(&format!("a {text}"))?, tags("a x")?);
    }
}
