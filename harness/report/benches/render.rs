//! How long the printed reports of a long run take: 200 cases must render in under 1 s as HTML and under 2 s as PDF.
//!
//! And a big event: 1,000 submissions of 155 cases, checked, added up and printed, in under 2 s.

#[path = "../tests/fest/mod.rs"]
mod fest;
#[path = "../tests/sessions/mod.rs"]
mod sessions;

use criterion::{Criterion, criterion_group, criterion_main};
use event::consolidate::{FindingKind, check, consolidate};
use report::{ResultsPage, html, junit, pdf, results_html, results_pdf};
use sessions::Fixture;

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

criterion_group!(benches, render, event);
criterion_main!(benches);
