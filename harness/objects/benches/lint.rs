//! How long 400 definitions take to check against an index and a list of reusable Resources: under 1 s, and in fact a small part of it.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    reason = "criterion's macros; a bench may fail loudly"
)]

#[path = "../tests/folder/mod.rs"]
mod folder;

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use folder::Folder;
use objects::{Around, NoFiles, Reference, lint};

fn bench(criterion: &mut Criterion) {
    let folder = Folder::open("");
    let bad = Folder::open("bad");
    let of = |wanted| bad.all().find(|(name, _)| *name == wanted).unwrap().1;
    let reference = Reference::read(Some(of("DDF.xml")), Some(of("Common.xml")));
    let around = Around {
        reference: &reference,
        files: &NoFiles,
        git_ends_lines: false,
    };
    let carried: Vec<_> = folder.all().collect();
    let definitions: Vec<_> = carried.iter().cycle().take(400).collect();
    let bytes = definitions
        .iter()
        .map(|(_, bytes)| bytes.len())
        .sum::<usize>();
    let mut group = criterion.benchmark_group("400 definitions");
    group.throughput(Throughput::Bytes(bytes as u64));
    group.bench_function("lint", |bencher| {
        bencher.iter(|| {
            let checked = definitions
                .iter()
                .map(|(name, bytes)| lint(name, black_box(bytes), &around));
            checked.map(|checked| checked.findings.len()).sum::<usize>()
        });
    });
    group.finish();
}

criterion_group!(benches, bench);
criterion_main!(benches);
