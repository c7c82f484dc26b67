use runner::proof::Prover;
use runner::retrospect::{Bench, Gathered, Hints};
use std::io::Write;
use std::sync::Arc;
use testcase::Library;

#[test]
fn dump() {
    let library = Arc::new(Library::embedded().0);
    let prover = Prover::new(&library, |_| true);
    let rehearsals: Vec<_> = prover
        .rehearsals()
        .into_iter()
        .enumerate()
        .filter(|(i, r)| r.mutant.is_none() || i % 5 == 0)
        .map(|(_, r)| r)
        .collect();
    let found = Prover::of_each(&rehearsals, |one| {
        let bench = Bench {
            cases: library.cases.values().cloned().map(Arc::new).collect(),
            library: Arc::clone(&library),
            asked: false,
            version: None,
            as_printed: false,
        };
        let asked = Bench {
            cases: library
                .cases
                .values()
                .filter(|c| c.name == one.case.name)
                .cloned()
                .map(Arc::new)
                .collect(),
            library: Arc::clone(&library),
            asked: true,
            version: None,
            as_printed: false,
        };
        let file = prover.capture(one).unwrap();
        let gathered = Gathered::read(file.as_slice(), &Hints::default());
        let mut text = format!(
            "== {} {} {} {:?}\n",
            one.case.name, one.seat, one.version, one.mutant
        );
        for talk in &gathered.talks {
            for bench in [&bench, &asked] {
                for record in bench.judge(talk, "").0 {
                    text.push_str(&format!(
                        "{} {} {:?} {}\n",
                        record.summary.case,
                        record.summary.seat,
                        record.summary.verdict,
                        runner::sha256(serde_json::to_string(&record).unwrap().as_bytes())
                    ));
                }
            }
        }
        text
    });
    let mut out = std::fs::File::create(std::env::var("DUMP").unwrap()).unwrap();
    for text in found {
        out.write_all(text.as_bytes()).unwrap();
    }
}
