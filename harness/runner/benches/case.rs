//! What a case costs that forces no wait: played against the emulators over loopback sockets, capture on (design, 12).

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use criterion::{Criterion, criterion_group, criterion_main};
use record::{CaseRecord, Implementation, RunParameters, SessionRecord};
use runner::casting::Run;
use runner::plan::{Plan, Planned};
use runner::session::{Observer, Product, Script, play};
use runner::{RunClock, Stop};
use testcase::{Library, Seat};

struct Silent;

impl Observer for Silent {
    fn began(&mut self, _session: &SessionRecord, _folder: &Path) {}
    fn case_begins(&mut self, _index: usize, _planned: &Planned) {}
    fn case_ended(&mut self, _index: usize, case: &CaseRecord) {
        assert_eq!(
            case.summary.verdict,
            record::Verdict::Pass,
            "{:?}",
            case.summary.reason
        );
    }
}

fn script(library: &Arc<Library>, seat: Seat, number: usize) -> Script {
    let run = Arc::new(Run::of_emulators(
        Arc::clone(library),
        lwm2m::Version::V1_1,
        seat,
    ));
    let runs = BTreeMap::from([(seat, Arc::clone(&run))]);
    let case = Arc::new(library.find("int-203").expect("the case is there").clone());
    let planned = Planned { case, seat };
    let description = Implementation {
        seat: seat.to_string(),
        name: "emulator".to_owned(),
        vendor: String::new(),
        version: String::new(),
        profile: String::new(),
        profile_hash: String::new(),
        ics: Vec::new(),
    };
    Script {
        key_logs: Vec::new(),
        runs,
        plan: Plan {
            selected: vec![planned; number],
            ..Plan::default()
        },
        products: vec![Product {
            seat,
            description,
            programs: Vec::new(),
            endpoint: None,
            expected: Vec::new(),
        }],
        out: std::env::temp_dir().join("testfest-bench"),
        label: "bench".to_owned(),
        parameters: RunParameters {
            impair: None,
            terminate: false,
            lwm2m: "1.1".to_owned(),
            transport: "udp".to_owned(),
            security: "nosec".to_owned(),
            quick: false,
            jobs: 1,
            as_printed: false,
            jumping_clock: true,
            partition: None,
            filters: Vec::new(),
            cases: None,
            objects: None,
            ets: None,
            again: String::new(),
        },
        cases_hash: String::new(),
        listen: None,
        budget: None,
        clock: RunClock::start(),
        turns: Arc::new(tokio::sync::Semaphore::new(1)),
        spoil: None,
    }
}

fn case(criterion: &mut Criterion) {
    let (library, diagnostics) = Library::embedded();
    assert!(
        diagnostics
            .iter()
            .all(|one| one.severity != testcase::Severity::Error)
    );
    let library = Arc::new(library);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    for seat in [Seat::CLIENT, Seat::SERVER] {
        criterion.bench_function(
            &format!("int-203 with capture, {seat} judged, ten times"),
            |bencher| {
                bencher.iter(|| {
                    let script = script(&library, seat, 10);
                    let played =
                        runtime.block_on(async { play(script, Stop::never(), &mut Silent).await });
                    let (_, folder) = played.expect("the session plays");
                    std::fs::remove_dir_all(folder).expect("the folder goes");
                });
            },
        );
    }
}

criterion_group!(benches, case);
criterion_main!(benches);
