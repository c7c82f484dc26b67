//! `consolidate`: the submissions of an event, checked, added up, and rendered; or the parts of one run, put together.

mod merge;

use std::collections::BTreeMap;
use std::path::PathBuf;

use event::consolidate::{self as pure, Consolidated, Ets, Event, Severity, Submission};
use report::{ResultLink, ResultsPage};
use sessions::{document, file_name};

use crate::args::Consolidate;
use crate::files::{Names, write_all};
use crate::session::DEFAULT_OUT as DEFAULT_SESSIONS;
use crate::submissions::{self, read_event};
use crate::{ExitCode, Trouble, output};

/// Consolidates submissions; writes nothing if any of them has an error.
pub(crate) fn consolidate(args: &Consolidate) -> Result<ExitCode, Trouble> {
    let out = |usual: &str| args.out.clone().unwrap_or_else(|| PathBuf::from(usual));
    let Some(event) = &args.event else {
        return merge::merge(&args.paths, &out(DEFAULT_SESSIONS));
    };
    let out = out(PAGES);
    let event = read_event(event)?;
    let ets = documents(&event)?;
    let submissions = submissions::read(&args.paths, &event)?;
    let findings = pure::check(&event, &ets, &submissions);
    for finding in &findings {
        output::say_aside(&report::visible(&finding.to_string()));
    }
    let errors = findings
        .iter()
        .filter(|one| one.severity() == Severity::Error)
        .count();
    if errors > 0 {
        let plural = if errors == 1 { "error" } else { "errors" };
        let message = format!(
            "{errors} {plural} in {} submissions, nothing written",
            submissions.len()
        );
        return Err(Trouble::usage(
            message,
            "correct the submissions, or leave out those that do not count",
        ));
    }
    if submissions.is_empty() {
        return Err(Trouble::NothingSelected {
            message: "no submission found".to_owned(),
            help: "a submission is a *.submission.json or a session folder with a submission.yaml"
                .to_owned(),
        });
    }
    let files = if args.anonymous {
        let (event, submissions) = pure::anonymous(&event, &submissions);
        render(&event, &ets, &submissions, false)?
    } else {
        render(&event, &ets, &submissions, true)?
    };
    write_all(&out, &files)?;
    let (n, count) = (submissions.len(), files.len());
    output::print(&format!(
        "{n} submissions, {count} files: {}\n",
        out.display()
    ));
    Ok(ExitCode::Passed)
}

/// All files in memory, so that a trouble leaves none half written.
fn render(
    event: &Event,
    ets: &BTreeMap<String, Ets>,
    submissions: &[Submission],
    names_companies: bool,
) -> Result<BTreeMap<String, Vec<u8>>, Trouble> {
    let harness = env!("CARGO_PKG_VERSION");
    let wrong =
        |error: pure::SumError| Trouble::usage(error.to_string(), "this is a defect of testfest");
    let mut files = BTreeMap::new();
    let mut links = Vec::new();
    for all in pure::consolidate(event, ets, submissions).map_err(wrong)? {
        let version = all.lwm2m.replace('.', "_");
        let mut names = Names::default();
        let base = file_name(&event.name);
        let page = ResultsPage::of_event(event, &all, names_companies, harness);
        let stem = format!("{base}_Consolidated-Results-LwM2M-v{}", file_name(&version));
        results(&mut files, &stem, &page)?;
        files.insert(
            format!("{stem}.csv"),
            report::results_csv(&page).into_bytes(),
        );
        files.insert(format!("{stem}.json"), json(&all));
        let matrix = format!("{base}_Matrix-LwM2M-v{}.html", file_name(&version));
        files.insert(matrix, report::pairs_html(event, &all)?.into_bytes());
        for one in &all.implementations {
            let page = ResultsPage::of_implementation(event, &all, one, harness);
            let who = names.of(&one.party, one.role);
            let stem = format!("{base}_{who}-LwM2M-v{}-Test-Results", file_name(&version));
            links.push(ResultLink {
                company: one.party.company.clone(),
                role: one.role,
                lwm2m: all.lwm2m.clone(),
                file: format!("{stem}.pdf"),
            });
            results(&mut files, &stem, &page)?;
        }
    }
    let listing = report::listing(event, &links);
    if names_companies && !listing.is_empty() {
        let name = format!("{}_Product-Listing.md", file_name(&event.name));
        files.insert(name, listing.into_bytes());
    }
    Ok(files)
}

fn results(
    files: &mut BTreeMap<String, Vec<u8>>,
    stem: &str,
    page: &ResultsPage,
) -> Result<(), Trouble> {
    files.insert(
        format!("{stem}.html"),
        report::results_html(page)?.into_bytes(),
    );
    files.insert(format!("{stem}.pdf"), report::results_pdf(page)?);
    Ok(())
}

/// The event's table without implementations and pairs, which are confidential to them.
fn json(all: &Consolidated) -> Vec<u8> {
    let value = serde_json::json!({
        "format": pure::FORMAT,
        "lwm2m": all.lwm2m,
        "ets": all.ets,
        "table": all.table,
    });
    format!("{value:#}\n").into_bytes()
}

/// The cases of the event's ETS documents.
fn documents(event: &Event) -> Result<BTreeMap<String, Ets>, Trouble> {
    let each = event.ets.iter();
    let each = each.map(|(lwm2m, name)| Ok((lwm2m.clone(), document(name)?)));
    each.collect()
}

/// Folder of result pages.
const PAGES: &str = "reports/consolidated";
