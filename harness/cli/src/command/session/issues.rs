//! `session issues`: drafts for OMA, one a case, since problems are to be submitted separately.

use std::collections::BTreeMap;

use event::consolidate::Outcome;
use event::session::{Attempt, Row};
use record::CaseRecord;
use sessions::SessionFolder;

use crate::args::Issues;
use crate::files::write_all;
use crate::{ExitCode, Trouble, output};

/// Writes the drafts.
pub(crate) fn issues(args: &Issues) -> Result<ExitCode, Trouble> {
    let folder = SessionFolder::open(&args.dir)?;
    let (sheet, records) = (folder.sheet()?, folder.records()?);
    let rows: Vec<_> = sheet.rows.iter().filter(|row| is_at_fault(row)).collect();
    if rows.is_empty() {
        return Err(Trouble::NothingSelected {
            message: "no team holds the specification to be at fault for a Fail or an Inconclusive"
                .to_owned(),
            help: "`testfest session review --team T --specification CASE='DOCUMENT, SECTION'` says so"
                .to_owned(),
        });
    }
    let out = args.out.clone().unwrap_or_else(|| args.dir.join("issues"));
    let mut files = BTreeMap::new();
    for row in rows {
        let of = |attempt: &Attempt| -> Option<&CaseRecord> {
            let (_, cases) = records.iter().find(|(run, _)| run.name == attempt.run)?;
            cases
                .iter()
                .find(|case| case.summary.case == attempt.case && case.summary.seat == attempt.seat)
        };
        let attempts = row.attempts.iter().filter(|one| !one.superseded);
        let attempts: Vec<_> = attempts
            .filter_map(|attempt| Some((attempt, of(attempt)?)))
            .collect();
        let text = report::issue_draft(&sheet, row, &attempts);
        files.insert(format!("int-{}.md", row.case.number), text.into_bytes());
    }
    write_all(&out, &files)?;
    for name in files.keys() {
        output::print(&format!("{}\n", out.join(name).display()));
    }
    Ok(ExitCode::Passed)
}

fn is_at_fault(row: &Row) -> bool {
    let verdict = row.agreed().or(row.proposal);
    let is_bad = matches!(verdict, Some(Outcome::Fail | Outcome::Inconclusive));
    let teams = [&row.client, &row.server];
    is_bad && teams.iter().any(|team| !team.specification.is_empty())
}
