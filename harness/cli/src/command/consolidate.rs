//! `consolidate`: the submissions of an event, checked, added up, and rendered.

use std::collections::BTreeMap;

use event::consolidate::{self as pure, Case, Consolidated, Ets, Event, Severity, Submission};
use report::{Group, ResultsPage};
use runner::{Folder, HarnessError};
use testcase::{File, Release};

use crate::args::Consolidate;
use crate::release::named_in;
use crate::submissions::{self, read_event};
use crate::{ExitCode, Trouble, output};

/// Consolidates submissions; writes nothing if any of them has an error.
pub(crate) fn consolidate(args: &Consolidate) -> Result<ExitCode, Trouble> {
    let event = read_event(&args.event)?;
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
    std::fs::create_dir_all(&args.out).map_err(|source| HarnessError::Write {
        path: args.out.clone(),
        source,
    })?;
    let folder = Folder::open(&args.out);
    for (name, bytes) in &files {
        folder.write(name, bytes)?;
    }
    let (n, out) = (submissions.len(), args.out.display());
    output::print(&format!("{n} submissions, {} files: {out}\n", files.len()));
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
    for all in pure::consolidate(event, ets, submissions).map_err(wrong)? {
        let version = all.lwm2m.replace('.', "_");
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
            let who = match one.party.product.as_str() {
                "" => file_name(&one.party.company),
                _ => format!("{}-{}", file_name(&one.party.company), one.role.title()),
            };
            let stem =
                |who: &str| format!("{base}_{who}-LwM2M-v{}-Test-Results", file_name(&version));
            let full = format!(
                "{who}-{}-{}",
                file_name(&one.party.product),
                file_name(&one.party.version)
            );
            // The company is named once for each of its implementations, so more than one need longer names.
            let numbered = (2..).map(|n| format!("{full}-{n}"));
            let mut names = [who, full.clone()].into_iter().chain(numbered);
            let free = |name: &String| !files.contains_key(&format!("{}.html", stem(name)));
            let stem = names.find(free).map(|name| stem(&name)).unwrap_or_default();
            results(&mut files, &stem, &page)?;
        }
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
    let names: BTreeMap<u32, String> = File::embedded()
        .iter()
        .filter_map(|file| {
            let name = file.name.as_str();
            let number = name
                .rsplit('/')
                .next()?
                .strip_prefix("int-")?
                .split('-')
                .next()?;
            Some((number.parse().ok()?, name.to_owned()))
        })
        .collect();
    let mut documents = BTreeMap::new();
    for (lwm2m, document) in &event.ets {
        let Some(release) = named_in(document) else {
            let known =
                Release::ALL.map(|release| format!("V{}", release.as_str().replace('.', "_")));
            let message = format!(
                "no release of the ETS is named by \"{}\"",
                report::visible(document)
            );
            return Err(Trouble::usage(
                message,
                format!("names contain one of {}", known.join(", ")),
            ));
        };
        let listed = testcase::ets::all().iter().filter_map(|case| {
            let group = Group::of(names.get(&case.number).map_or("other", String::as_str));
            let id = case.id_in(release)?.to_owned();
            let title = case.title.clone();
            let heading = group.title().to_owned();
            Some((
                group,
                Case {
                    number: case.number,
                    id,
                    title,
                    heading,
                },
            ))
        });
        let mut listed: Vec<_> = listed.collect();
        listed.sort_by(|(a, one), (b, other)| (a, one.number).cmp(&(b, other.number)));
        let cases = listed.into_iter().map(|(_, case)| case).collect();
        let document = document.clone();
        documents.insert(lwm2m.clone(), Ets { document, cases });
    }
    Ok(documents)
}

/// A name that is safe in every file system.
fn file_name(text: &str) -> String {
    let plain = |c: char| {
        if c.is_ascii_alphanumeric() || matches!(c, '-' | '_') {
            c
        } else {
            '-'
        }
    };
    let name: String = text.chars().map(plain).take(60).collect();
    let name = name.trim_matches('-');
    if name.is_empty() {
        "unnamed".to_owned()
    } else {
        name.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_leave_no_folder() {
        for (text, name) in [
            ("ARM Ltd.", "ARM-Ltd"),
            ("../../etc/passwd", "etc-passwd"),
            ("안", "unnamed"),
            ("a\0b", "a-b"),
        ] {
            assert_eq!(file_name(text), name);
        }
    }

    #[test]
    fn a_document_names_its_release() {
        for (document, found) in [
            (
                "OMA-ETS-LightweightM2M-V1_0_2-20180608-D.zip",
                Some(Release::V1_0_2),
            ),
            (
                "OMA-ETS-LightweightM2M-V1_1-20190912-D.zip",
                Some(Release::V1_1),
            ),
            ("OMA-ETS-LightweightM2M-V1_2_1.pdf", Some(Release::V1_2_1)),
            ("ETS", None),
        ] {
            assert_eq!(named_in(document), found);
        }
    }
}
