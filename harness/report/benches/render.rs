//! How long the printed reports of a long run take: 200 cases must render in under 1 s as HTML and under 2 s as PDF.

#[path = "../tests/sessions/mod.rs"]
mod sessions;

use criterion::{Criterion, criterion_group, criterion_main};
use report::{html, junit, pdf};
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

criterion_group!(benches, render);
criterion_main!(benches);
