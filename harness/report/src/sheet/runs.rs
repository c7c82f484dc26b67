//! The runs that belong to the session.

use record::{Implementation, SessionRecord, Verdict};
use serde::Serialize;

use super::page::RunRecords;
use crate::duration::{brief, date};
use crate::escape::relative_link;
use crate::terminal::channel;
use crate::{Outline, Tally, facts};

/// A row of the table of runs.
#[derive(Serialize)]
pub(crate) struct RunView {
    /// Number in the order of time, from 1.
    pub number: usize,
    /// Name of its folder.
    pub name: String,
    /// Its own report, if the name makes a plain path.
    pub link: Option<String>,
    /// When, and how long it took.
    pub when: String,
    /// Who was under test, one for each seat.
    pub implementations: Vec<String>,
    /// Transport and security.
    pub channel: String,
    /// Flags that change what its verdicts mean.
    pub flags: String,
    /// How often each verdict was given.
    pub counts: String,
}

impl RunView {
    /// Gathers what is said of a run.
    pub(super) fn new((records, number): (&RunRecords<'_>, usize)) -> Self {
        let (name, session) = (&records.run.name, &records.run.record);
        let outline = Outline::new(session, records.cases);
        Self {
            number,
            name: name.clone(),
            link: relative_link(&format!("runs/{name}/session.html")),
            when: when(session),
            implementations: session.implementations.iter().map(under_test).collect(),
            channel: channel(&session.parameters),
            flags: facts::modes(&session.parameters),
            counts: counts(&outline.tally()),
        }
    }
}

fn when(session: &SessionRecord) -> String {
    let end = match (&session.ended, session.interrupted) {
        (_, true) => ", interrupted",
        (None, false) => ", not ended",
        (Some(_), false) => "",
    };
    let took = brief(session.wall_time);
    format!("{}, took {took}{end}", date(&session.started))
}

/// `client: Acme product 1.0 (Acme)`.
fn under_test(one: &Implementation) -> String {
    let words = [one.name.as_str(), one.version.as_str()];
    let words: Vec<_> = words.into_iter().filter(|word| !word.is_empty()).collect();
    let vendor = match one.vendor.as_str() {
        "" => String::new(),
        vendor => format!(" ({vendor})"),
    };
    format!("{}: {}{vendor}", one.seat, words.join(" "))
}

/// `5 Pass, 1 Fail`, in OMA's order.
fn counts(tally: &Tally) -> String {
    let columns = Tally::COLUMNS.map(Verdict::name);
    let counts = columns.into_iter().zip(tally.counts());
    let counts = counts.filter(|(_, count)| *count > 0);
    let counts: Vec<_> = counts
        .map(|(name, count)| format!("{count} {name}"))
        .collect();
    match counts.as_slice() {
        [] => "none".to_owned(),
        counts => counts.join(", "),
    }
}
