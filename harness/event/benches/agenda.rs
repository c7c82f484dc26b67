//! How long an agenda takes: 60 clients and 60 servers well under 1 s, also if tables, slots or days are short.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use event::agenda::{Options, arrange};
use event::consolidate::Event;

/// Every client may meet every server, on so many days of 20 slots; with `absent`, every third is there on two days only.
fn fest(clients: usize, servers: usize, days: usize, absent: bool, tables: usize) -> Event {
    let slots = (0..20).map(|n| format!("\"{n:02}:00-{n:02}:50\""));
    let slots = slots.collect::<Vec<_>>().join(", ");
    let date = |day: usize| format!("2026-11-{:02}", day % days + 1);
    let mut text = format!(
        "name: N\ndates: D\nets: {{\"1.1\": E}}\nagenda:\n  time-zone: Asia/Seoul\n  tables: {tables}\n  slots: [{slots}]\n  days:\n"
    );
    for day in 0..days {
        text += &format!("  - {{date: {}}}\n", date(day));
    }
    text += "implementations:\n";
    for (role, count) in [("client", clients), ("server", servers)] {
        for n in 0..count {
            let there = if absent && n % 3 == 0 {
                format!(", days: [{}, {}]", date(n / 3), date(n / 3 + 1))
            } else {
                String::new()
            };
            text += &format!(
                "- {{id: {role}{n}, company: {role}{n}, product: P, version: \"1\", role: {role}{there}}}\n"
            );
        }
    }
    Event::parse(&text).unwrap_or_else(|mistakes| panic!("{mistakes:?}"))
}

fn agenda(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("agenda");
    group.sample_size(20);
    for (name, event) in [
        ("7 x 12", fest(7, 12, 1, false, 12)),
        ("60 x 60", fest(60, 60, 3, false, 60)),
        ("60 x 60, 45 tables", fest(60, 60, 4, false, 45)),
        ("60 x 60, a third absent", fest(60, 60, 6, true, 60)),
        ("60 x 60, too few slots", fest(60, 60, 2, true, 45)),
    ] {
        group.bench_function(name, |b| {
            b.iter(|| arrange(black_box(&event), Options::default()))
        });
    }
    group.finish();
}

criterion_group!(benches, agenda);
criterion_main!(benches);
