//! Which cases a run plays for which seat, and why the others do not apply.

use std::collections::BTreeSet;
use std::sync::Arc;

use record::NotSelected;
use testcase::{Facts as _, Role, Seat, TestCase};

use crate::casting::Run;
use crate::keys;

/// A case to be played for one judged seat.
#[derive(Clone, Debug)]
pub struct Planned {
    /// The case.
    pub case: Arc<TestCase>,
    /// The seat.
    pub seat: Seat,
}

/// The cases of a run.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// Those that are played, in the order of their names.
    pub selected: Vec<Planned>,
    /// Those that do not apply, with the reason.
    pub not_selected: Vec<NotSelected>,
    /// For every case looked at: whether it applies, and the values that decided it.
    pub explained: Vec<Explained>,
}

/// Why a case applies or not.
#[derive(Clone, Debug)]
pub struct Explained {
    /// Name of the case.
    pub case: String,
    /// Title.
    pub title: String,
    /// The seat.
    pub seat: Seat,
    /// Whether it applies.
    pub applies: bool,
    /// The expression.
    pub requires: String,
    /// Terms with the values that decided it.
    pub values: Vec<(String, String)>,
    /// The reason in one line, if it does not apply.
    pub reason: String,
}

impl Plan {
    /// Plans the cases that `wanted` lets through, for every seat of `seats`.
    pub fn of(
        run: &dyn Fn(Seat) -> Arc<Run>,
        cases: &[Arc<TestCase>],
        seats: &[Seat],
        wanted: impl Fn(&TestCase) -> bool,
    ) -> Self {
        let mut plan = Self::default();
        for case in cases.iter().filter(|case| wanted(case)) {
            for seat in seats {
                let run = run(*seat);
                plan.consider(&run, case, *seat);
            }
        }
        plan
    }

    /// How many cases are played; one that is played for several seats counts once.
    pub fn cases(&self) -> u32 {
        let names: BTreeSet<&str> = self
            .selected
            .iter()
            .map(|planned| planned.case.name.as_str())
            .collect();
        u32::try_from(names.len()).unwrap_or(u32::MAX)
    }

    fn consider(&mut self, run: &Run, case: &Arc<TestCase>, seat: Seat) {
        let facts = run.facts(case);
        let evaluation = case.requires.evaluate(&facts);
        let reason = reason(run, case, seat, &evaluation);
        self.explained.push(Explained {
            case: case.name.clone(),
            title: case.title.clone(),
            seat,
            applies: reason.is_none(),
            requires: case.requires.text.clone(),
            values: evaluation.explanation.clone(),
            reason: reason.clone().unwrap_or_default(),
        });
        match reason {
            None => self.selected.push(Planned {
                case: Arc::clone(case),
                seat,
            }),
            Some(reason) => self.not_selected.push(NotSelected {
                case: case.name.clone(),
                id: case.id.clone(),
                title: case.title.clone(),
                seat: seat.to_string(),
                reason,
                judges_others: !case.seats.contains(&seat),
            }),
        }
    }
}

/// Why a case does not apply to a seat; `None` if it does.
fn reason(
    run: &Run,
    case: &TestCase,
    seat: Seat,
    evaluation: &testcase::Evaluation,
) -> Option<String> {
    if !case.seats.contains(&seat) {
        return Some(format!("judges {}, not the {seat}", list(&case.seats)));
    }
    let mut held = std::iter::once(&seat).chain(run.implementations.keys());
    if let Some(seat) = held.find(|seat| case.emulated.contains(seat)) {
        return Some(format!("only the harness can play the {seat} of this case"));
    }
    let conducted = case.conduct.iter().find(|one| {
        // a seat that is judged has to bring it along, whoever is across
        one.seat != seat && run.implementations.contains_key(&one.seat)
    });
    if let Some(one) = conducted {
        return Some(format!(
            "only the harness's {} can be told how to keep its handshake here",
            one.seat
        ));
    }
    let mode = run.mode(case);
    if run.hands_out_certificate(&mode) && !run.hands_out_name() {
        return Some(format!(
            "the certificate that testfest hands out is one of \"{}\", and the client's start command takes no ${{client.endpoint}}",
            keys::NAME
        ));
    }
    if run.ends_sessions(case) && run.is_about_handshakes(case) {
        let reason = "its handshake would be the harness's, which ends the sessions (--terminate)";
        return Some(reason.to_owned());
    }
    if !evaluation.value {
        let values: Vec<String> = evaluation
            .explanation
            .iter()
            .map(|(term, value)| format!("{term}: {value}"))
            .collect();
        return Some(format!(
            "requires {}; {}",
            case.requires.text,
            values.join(", ")
        ));
    }
    if let Some(reason) = unreachable(run, case) {
        return Some(reason);
    }
    let facts = run.facts(case);
    let mut tested = run.implementations.values();
    if tested.any(|tested| !tested.claims.versions.contains(&facts.version())) {
        return Some(format!("LwM2M {} is not claimed", facts.version()));
    }
    None
}

/// A server under test of which nobody told where it speaks what the case is about.
fn unreachable(run: &Run, case: &TestCase) -> Option<String> {
    let scheme = run.mode(case).scheme();
    let name = match scheme {
        "coap" => "uri".to_owned(),
        other => format!("uri-{other}"),
    };
    let mut servers = run.implementations.iter().filter(|(seat, tested)| {
        !tested.emulated && seat.role != Role::Client && !tested.ixit.contains_key(&name)
    });
    let (seat, _) = servers.next()?;
    Some(format!(
        "the profile does not tell where the {seat} speaks {scheme} (ixit: {name})"
    ))
}

fn list(seats: &[Seat]) -> String {
    let names: Vec<String> = seats.iter().map(ToString::to_string).collect();
    names.join(" and ")
}
