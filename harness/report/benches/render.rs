//! How long the printed reports of a long run take: 200 cases must render in under 1 s as HTML and under 2 s as PDF.
//!
//! So must the Test Session Report of a TestFest, and a big event: 1,000 submissions of 155 cases, checked, added up and printed, in under 2 s.

#[path = "../tests/fest/mod.rs"]
mod fest;
#[path = "../tests/sessions/mod.rs"]
mod sessions;
#[path = "../tests/table/mod.rs"]
mod table;

use criterion::{Criterion, criterion_group, criterion_main};
use event::consolidate::{FindingKind, check, consolidate};
use event::session::Standing;
use report::{
    ResultsPage, RunRecords, SessionReport, html, junit, pdf, results_html, results_pdf,
    session_report_html, session_report_pdf,
};
use sessions::Fixture;
use table::Table;

fn render(criterion: &mut Criterion) {
    let long = Fixture::named("pair").lengthened(200);
    let mut group = criterion.benchmark_group("200 cases");
    group.sample_size(20);
    group.bench_function("html", |b| {
        b.iter(|| html(&long.session, &long.cases).expect("it renders"))
    });
    group.bench_function("pdf", |b| {
        b.iter(|| pdf(&long.session, &long.cases).expect("it renders"))
    });
    group.bench_function("junit", |b| {
        b.iter(|| junit(&long.session, &long.cases).expect("it renders"))
    });
    group.finish();
}

fn sheet(criterion: &mut Criterion) {
    let long = Table::halfway().lengthened(200);
    let sheet = long.sheet(true);
    let standing = Standing::of_session(None, &sheet, &Default::default(), |_| None);
    let runs = long.runs.iter().zip(&long.cases);
    let runs: Vec<_> = runs.map(|(run, cases)| RunRecords { run, cases }).collect();
    let report = SessionReport {
        sheet: &sheet,
        standing: &standing,
        runs: &runs,
        harness: "0",
    };
    let played: usize = sheet.rows.iter().map(|row| row.attempts.len()).sum();
    assert!(sheet.rows.len() == 200 && played == 400);
    let mut group = criterion.benchmark_group("sheet of 200 cases in two seats");
    group.sample_size(20);
    group.bench_function("html", |b| {
        b.iter(|| session_report_html(&report).expect("it renders"))
    });
    group.bench_function("pdf", |b| {
        b.iter(|| session_report_pdf(&report).expect("it renders"))
    });
    group.finish();
}

fn event(criterion: &mut Criterion) {
    let (event, ets, submissions) = fest::fest(40, 25, 155);
    let mut group = criterion.benchmark_group("1000 submissions");
    group.sample_size(10);
    group.bench_function("consolidated", |b| {
        b.iter(|| {
            let findings = check(&event, &ets, &submissions);
            assert!(findings.iter().all(|one| one.kind == FindingKind::Unsigned));
            let all = consolidate(&event, &ets, &submissions).expect("it adds up");
            let mut pages = vec![ResultsPage::of_event(&event, &all[0], true, "0")];
            for one in &all[0].implementations {
                pages.push(ResultsPage::of_implementation(&event, &all[0], one, "0"));
            }
            for page in &pages {
                results_html(page).expect("it renders");
                results_pdf(page).expect("it renders");
            }
        })
    });
    group.finish();
}

criterion_group!(benches, render, sheet, event);
criterion_main!(benches);
