//! The head of the page: which session it is, who sits at the table, how much time is left, who signed.

use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use event::session::{Header, Sheet, Side, Standing};
use serde::Serialize;
use sessions::{SessionError, SessionFolder};

use crate::row::shown;

/// What holds for the session as a whole.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(crate) struct Head {
    event: String,
    place: String,
    session: String,
    date: String,
    lwm2m: String,
    ets: String,
    client: SideView,
    server: SideView,
    remarks: Vec<String>,
    /// Minutes that the teams have.
    budget: Option<u32>,
    /// When the time ends, in seconds since 1970; nothing as long as nothing has been played.
    ends: Option<u64>,
    /// Reports of the session that are there.
    reports: Vec<&'static str>,
    signed: Vec<SignedView>,
    /// What keeps the session from being read or its report from being written.
    pub(crate) problem: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize)]
struct SideView {
    company: String,
    product: String,
    version: String,
    team: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
struct SignedView {
    team: String,
    name: String,
}

impl Head {
    /// The head of what is in the folder.
    pub(crate) fn new(folder: &SessionFolder, sheet: &Sheet) -> Result<Self, SessionError> {
        let header = folder.header();
        let reports = ["report.html", "report.pdf"];
        Ok(Self {
            ends: ends(header, folder.remaining()?),
            reports: reports
                .into_iter()
                .filter(|name| is_file(folder.path(), name))
                .collect(),
            signed: signed(folder)?,
            remarks: sheet.remarks.iter().map(|text| shown(text)).collect(),
            ..Self::of(header)
        })
    }

    fn of(header: &Header) -> Self {
        Self {
            event: shown(&header.event),
            place: shown(&header.place),
            session: shown(&header.session),
            date: shown(&header.date),
            lwm2m: shown(&header.lwm2m),
            ets: shown(&header.ets),
            client: SideView::of(&header.client),
            server: SideView::of(&header.server),
            budget: header.budget_minutes,
            ..Self::default()
        }
    }
}

impl SideView {
    fn of(side: &Side) -> Self {
        Self {
            company: shown(&side.company),
            product: shown(&side.product),
            version: shown(&side.version),
            team: side.team.iter().map(|name| shown(name)).collect(),
        }
    }
}

fn is_file(folder: &Path, name: &str) -> bool {
    folder.join(name).is_file()
}

/// Whole minutes of a budget that has not begun are no instant.
fn ends(header: &Header, remaining: Option<Duration>) -> Option<u64> {
    let remaining = remaining?;
    if remaining.is_zero() {
        return Some(0);
    }
    let now = SystemTime::now().duration_since(UNIX_EPOCH).ok()?;
    (header.budget() != Some(remaining)).then(|| (now + remaining).as_secs())
}

/// Good signatures; what has changed since, `testfest session verify` says.
fn signed(folder: &SessionFolder) -> Result<Vec<SignedView>, SessionError> {
    let Some(submission) = folder.submission()? else {
        return Ok(Vec::new());
    };
    let standing = Standing::of_submission(&submission, |_| None);
    let view = |one: &event::session::SignedBy| SignedView {
        team: one.team.to_string(),
        name: shown(&one.name),
    };
    Ok(standing.signed.iter().map(view).collect())
}
