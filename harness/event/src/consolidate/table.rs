//! What submissions add up to: the event's table, and one for each implementation.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Counts, Event, Matrix, Party, Role, Submission};

/// The cases of an ETS document, in its order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ets {
    /// Name of the document.
    pub document: String,
    /// The cases.
    pub cases: Vec<Case>,
}

/// A case of the ETS.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Case {
    /// Its number: 101.
    pub number: u32,
    /// Identifier.
    pub id: String,
    /// Title.
    pub title: String,
    /// The heading it stands under.
    pub heading: String,
}

/// Everything about one LwM2M version.
#[derive(Clone, Debug, Serialize)]
pub struct Consolidated {
    /// LwM2M version.
    pub lwm2m: String,
    /// The ETS document.
    pub ets: String,
    /// Every submission.
    pub table: Table,
    /// One for each implementation, companies in order.
    pub implementations: Vec<ImplementationTable>,
    /// Clients by servers.
    pub matrix: Matrix,
}

/// Results by test case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Table {
    /// Number of submissions.
    pub submissions: u32,
    /// Session and its number of submissions.
    pub sessions: Vec<(String, u32)>,
    /// One for each case, in the order of the ETS.
    pub rows: Vec<Row>,
    /// The sum of the rows.
    pub totals: Counts,
}

/// The results of one case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Row {
    /// The case.
    pub case: Case,
    /// Its results.
    pub counts: Counts,
}

/// The results of one implementation; its peers are not named.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ImplementationTable {
    /// Who.
    pub party: Party,
    /// In which role.
    pub role: Role,
    /// The results.
    pub table: Table,
}

/// A sum that is wrong: a defect of the program or a submission that was not checked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the sums of {table} do not agree: {what}")]
pub struct SumError {
    /// Which table.
    pub table: String,
    /// What does not agree.
    pub what: String,
}

/// Adds up the submissions of every LwM2M version, and checks every sum.
///
/// # Errors
///
/// A sum that does not agree, as of submissions in which [`super::check`] finds an error.
pub fn consolidate(
    event: &Event,
    ets: &BTreeMap<String, Ets>,
    submissions: &[Submission],
) -> Result<Vec<Consolidated>, SumError> {
    let mut all = Vec::new();
    for (lwm2m, ets) in ets {
        let own: Vec<_> = submissions
            .iter()
            .filter(|one| one.lwm2m == *lwm2m)
            .collect();
        if own.is_empty() {
            continue;
        }
        let of_role = |role: Role| {
            let mut groups: BTreeMap<&Party, Vec<&Submission>> = BTreeMap::new();
            for one in &own {
                groups.entry(one.party(role)).or_default().push(one);
            }
            groups
                .into_iter()
                .map(move |(party, own)| ImplementationTable {
                    party: party.clone(),
                    role,
                    table: Table::new(ets, &own),
                })
        };
        let mut implementations: Vec<_> =
            of_role(Role::Client).chain(of_role(Role::Server)).collect();
        implementations.sort_by(|a, b| (&a.party, a.role).cmp(&(&b.party, b.role)));
        let consolidated = Consolidated {
            lwm2m: lwm2m.clone(),
            ets: ets.document.clone(),
            table: Table::new(ets, &own),
            implementations,
            matrix: Matrix::new(event, &own),
        };
        consolidated.check()?;
        all.push(consolidated);
    }
    Ok(all)
}

impl Consolidated {
    /// Checks rows and columns of every table, and that the clients' and the servers' add up to the event's.
    fn check(&self) -> Result<(), SumError> {
        let name = format!("LwM2M {}", self.lwm2m);
        self.table.check(&name)?;
        for one in &self.implementations {
            one.table.check(&format!("{} in {name}", one.party))?;
        }
        for role in [Role::Client, Role::Server] {
            let mut sums = vec![Counts::default(); self.table.rows.len()];
            for one in self.implementations.iter().filter(|one| one.role == role) {
                for (sum, row) in sums.iter_mut().zip(&one.table.rows) {
                    sum.merge(&row.counts);
                }
            }
            let wrong = self
                .table
                .rows
                .iter()
                .zip(&sums)
                .find(|(row, sum)| row.counts != **sum);
            if let Some((row, _)) = wrong {
                let what = format!(
                    "the {role}s' tables and the event's differ in {}",
                    row.case.id
                );
                return Err(SumError { table: name, what });
            }
        }
        let of_matrix = self.matrix.total();
        if of_matrix != self.table.totals {
            let what = "the matrix and the table differ".to_owned();
            return Err(SumError { table: name, what });
        }
        Ok(())
    }
}

impl Table {
    fn new(ets: &Ets, submissions: &[&Submission]) -> Self {
        let places: BTreeMap<_, _> = ets
            .cases
            .iter()
            .zip(0..)
            .map(|(case, at)| (case.number, at))
            .collect();
        let mut counts = vec![Counts::default(); ets.cases.len()];
        let mut sessions: BTreeMap<(u64, &str), u32> = BTreeMap::new();
        for submission in submissions {
            // Numbers in their order, before dates and words.
            let order = submission.session.parse().unwrap_or(u64::MAX);
            *sessions.entry((order, &submission.session)).or_default() += 1;
            for result in &submission.results {
                let place = result.number().and_then(|number| places.get(&number));
                if let Some(counts) = place.and_then(|at: &usize| counts.get_mut(*at)) {
                    counts.add(result.verdict);
                }
            }
        }
        let mut totals = Counts::default();
        counts.iter().for_each(|row| totals.merge(row));
        let row = |(case, counts): (&Case, Counts)| Row {
            case: case.clone(),
            counts,
        };
        Self {
            submissions: u32::try_from(submissions.len()).unwrap_or(u32::MAX),
            sessions: sessions
                .into_iter()
                .map(|((_, name), n)| (name.to_owned(), n))
                .collect(),
            rows: ets.cases.iter().zip(counts).map(row).collect(),
            totals,
        }
    }

    fn check(&self, name: &str) -> Result<(), SumError> {
        let wrong = |what: String| {
            Err(SumError {
                table: name.to_owned(),
                what,
            })
        };
        for Row { case, counts } in &self.rows {
            if !counts.adds_up() || counts.response_count != self.submissions {
                let sum: u32 = counts.columns().iter().sum();
                return wrong(format!(
                    "{} has {sum} verdicts of {} submissions",
                    case.id, self.submissions
                ));
            }
        }
        if self.sessions.iter().map(|(_, n)| n).sum::<u32>() != self.submissions {
            return wrong("the sessions do not add up to the submissions".to_owned());
        }
        let mut columns = Counts::default();
        self.rows.iter().for_each(|row| columns.merge(&row.counts));
        let expected = u64::from(self.submissions) * self.rows.len() as u64;
        if columns != self.totals
            || !self.totals.adds_up()
            || u64::from(self.totals.response_count) != expected
        {
            return wrong(format!(
                "the totals are {:?} of {expected}",
                self.totals.columns()
            ));
        }
        Ok(())
    }
}
