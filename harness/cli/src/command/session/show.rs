//! `session show`: how far the teams are, on the terminal.

use std::fmt::Write as _;

use event::consolidate::Outcome;
use event::session::{Row, Sheet, Standing, State};
use report::visible;
use sessions::SessionFolder;

use crate::{ExitCode, Trouble, output};

/// Shows how far the teams are.
pub(crate) fn show(folder: &SessionFolder) -> Result<ExitCode, Trouble> {
    let sheet = folder.sheet()?;
    let standing = folder.standing(&sheet, |_| None)?;
    let left = folder.remaining()?.map(|left| left.as_secs().div_ceil(60));
    output::print(&text(&sheet, &standing, left));
    Ok(ExitCode::Passed)
}

/// The session in lines; `left`: minutes of its budget.
pub(super) fn text(sheet: &Sheet, standing: &Standing, left: Option<u64>) -> String {
    let header = &sheet.header;
    let mut text = format!(
        "{}, session {}, {}, LwM2M {}, {}\nclient  {}\nserver  {}\n",
        header.event,
        header.session,
        header.date,
        header.lwm2m,
        header.ets,
        header.client.party(),
        header.server.party()
    );
    if let Some(left) = left {
        let _ = writeln!(text, "time    {left} minutes are left");
    }
    for remark in &sheet.remarks {
        let _ = writeln!(text, "remark  {remark}");
    }
    text.push('\n');
    let heads = ["proposed", "client's team", "server's team", "agreed"];
    let _ = writeln!(
        text,
        "{:<16}{:>10}{:>15}{:>15}{:>8}",
        "", heads[0], heads[1], heads[2], heads[3]
    );
    for outcome in Outcome::ALL {
        let count = |of: &dyn Fn(&Row) -> Option<Outcome>| {
            let rows = sheet.rows.iter();
            rows.filter(|row| of(row) == Some(outcome)).count()
        };
        let _ = writeln!(
            text,
            "{:<16}{:>10}{:>15}{:>15}{:>8}",
            outcome.name(),
            count(&|row| row.proposal),
            count(&|row| row.client.verdict),
            count(&|row| row.server.verdict),
            count(&|row| row.agreed())
        );
    }
    let open = |of: &dyn Fn(&Row) -> bool| sheet.rows.iter().filter(|row| of(row)).count();
    let _ = writeln!(
        text,
        "{:<16}{:>10}{:>15}{:>15}{:>8}",
        "open",
        open(&|row| row.proposal.is_none()),
        open(&|row| row.client.verdict.is_none()),
        open(&|row| row.server.verdict.is_none()),
        open(&|row| row.agreed().is_none())
    );
    text.push('\n');
    let settled = |row: &Row| match row.state() {
        State::Open => true,
        State::Agreed(outcome) => matches!(outcome, Outcome::Pass | Outcome::NotApplicable),
        State::Disagreed | State::WaitsFor(_) => false,
    };
    let mut waiting = 0;
    for row in sheet.rows.iter().filter(|row| !settled(row)) {
        waiting += u32::from(matches!(row.state(), State::WaitsFor(_)));
        if waiting <= SHOWN_WAITING || !matches!(row.state(), State::WaitsFor(_)) {
            text += &line(row);
        }
    }
    if let Some(more @ 1..) = waiting.checked_sub(SHOWN_WAITING) {
        let _ = writeln!(text, "{:<28} {more} more wait for a team", "");
    }
    match standing.mark() {
        None => {
            for one in &standing.signed {
                let (team, name, at) = (one.team, &one.name, &one.at);
                let _ = writeln!(text, "signed by the {team}'s team, \"{name}\", {at}");
            }
        }
        Some(mark) => {
            let _ = writeln!(text, "{}", mark.to_lowercase());
        }
    }
    text.lines()
        .map(|line| visible(line).into_owned() + "\n")
        .collect()
}

/// A case in one line or more.
pub(super) fn line(row: &Row) -> String {
    format!("{:<28} {}", row.case.id, said(row))
}

/// What is proposed and what the teams say, without the name of the case.
pub(super) fn said(row: &Row) -> String {
    let word = |outcome: Option<Outcome>, none| outcome.map_or(none, Outcome::name);
    let mut text = format!(
        "{}; proposed: {}; client's team: {}; server's team: {}\n",
        row.state(),
        word(row.proposal, "nothing yet"),
        word(row.client.verdict, "-"),
        word(row.server.verdict, "-")
    );
    for (who, team) in [("client", &row.client), ("server", &row.server)] {
        if let Some(outdated) = team.outdated {
            let _ = writeln!(
                text,
                "    the {who}'s team said {outdated} when something else was proposed; it has to look again"
            );
        }
        for (what, said) in [
            ("", &team.comment),
            ("the specification: ", &team.specification),
        ] {
            if !said.is_empty() {
                let _ = writeln!(text, "    {who}'s team: {what}{}", visible(said));
            }
        }
    }
    text
}

/// How many cases that wait for a team are named.
const SHOWN_WAITING: u32 = 10;
