//! The whole document, in the order of the HTML report.

use crate::RenderError;
use crate::duration::unix;
use crate::pdf::document::{self, Imprint, settled};
use crate::pdf::font::Fonts;
use crate::pdf::page::Pages;
use crate::sheet::{SessionReport, SheetPage};

use super::{evidence, head, results, runs};

/// Renders the Test Session Report of a TestFest as a PDF document.
pub fn session_report_pdf(report: &SessionReport<'_>) -> Result<Vec<u8>, RenderError> {
    let page = SheetPage::new(report);
    document::save(draw(&page)?, &imprint(report, &page))
}

fn imprint(report: &SessionReport<'_>, page: &SheetPage<'_>) -> Imprint {
    Imprint {
        title: page.title.clone(),
        name: page.title.clone(),
        marking: "CONFIDENTIAL",
        harness: page.harness.to_owned(),
        mark: page.mark,
        settled: settled_at(report).to_owned(),
    }
}

fn draw(page: &SheetPage<'_>) -> Result<Pages, RenderError> {
    let mut pages = Pages::new(Fonts::load()?);
    head::draw(&mut pages, page);
    results::draw(&mut pages, page);
    runs::draw(&mut pages, page);
    evidence::draw(&mut pages, page);
    head::explain(&mut pages);
    Ok(pages)
}

/// The last signature, or the end of the last run, or nothing.
fn settled_at<'a>(report: &SessionReport<'a>) -> &'a str {
    let signed = report.standing.signed.iter().map(|one| one.at.as_str());
    let signed = signed.filter(|at| unix(at).is_some());
    let last = signed.max_by_key(|at| unix(at));
    let run = report.runs.last().map(|one| settled(&one.run.record));
    last.or(run).unwrap_or_default()
}

#[cfg(test)]
#[path = "../../../tests/sessions/mod.rs"]
mod sessions;
#[cfg(test)]
#[path = "../../../tests/table/mod.rs"]
mod table;

#[cfg(test)]
mod tests {
    use event::consolidate::Role;
    use event::session::{Change, Say, Sheet, Standing};

    use super::sessions::golden;
    use super::table::Table;
    use super::*;
    use crate::RunRecords;
    use crate::pdf::reading::{assert_within, texts, texts_of};

    /// The pages as they are saved.
    fn drawn(table: &Table, sheet: &Sheet, standing: &Standing) -> Pages {
        let runs = table.runs.iter().zip(&table.cases);
        let runs: Vec<_> = runs.map(|(run, cases)| RunRecords { run, cases }).collect();
        let report = SessionReport {
            sheet,
            standing,
            runs: &runs,
            harness: "0.1.0",
        };
        let page = SheetPage::new(&report);
        let mut pages = draw(&page).unwrap();
        document::decorate(&mut pages, &imprint(&report, &page));
        pages
    }

    fn unsigned(sheet: &Sheet) -> Standing {
        Standing::of_session(None, sheet, &Default::default(), |_| None)
    }

    fn halfway() -> Pages {
        let table = Table::halfway();
        let sheet = table.sheet(false);
        drawn(&table, &sheet, &unsigned(&sheet))
    }

    fn signed(change: Option<Change>) -> Pages {
        let table = Table::new();
        let sheet = table.sheet(true);
        let mut standing = Table::signed(&sheet, &[Role::Client, Role::Server]);
        standing.changes.extend(change);
        drawn(&table, &sheet, &standing)
    }

    #[test]
    fn it_says_what_it_said() {
        for (name, pages) in [("halfway", halfway()), ("signed", signed(None))] {
            let text = texts(&pages).join("\n") + "\n";
            golden(&format!("testfest/{name}"), "pdf.txt", &text);
        }
    }

    #[test]
    fn every_page_carries_its_mark() {
        let change = Change::Gone("runs/a/session.json".to_owned());
        for (pages, mark) in [
            (halfway(), Some("UNSIGNED")),
            (signed(Some(change)), Some("ALTERED AFTER SIGNING")),
            (signed(None), None),
        ] {
            assert!(pages.pages.len() > 3);
            for page in &pages.pages {
                let texts = texts_of(page);
                let marks = ["UNSIGNED", "ALTERED AFTER SIGNING"];
                let found = marks
                    .into_iter()
                    .find(|mark| texts.iter().any(|text| text == mark));
                assert_eq!(found, mark);
                assert!(texts.iter().any(|text| text == "CONFIDENTIAL"));
            }
        }
    }

    #[test]
    fn every_link_arrives_and_nothing_leaves_the_page() {
        for pages in [halfway(), signed(None)] {
            assert_within(&pages);
            assert!(pages.links.len() > 10);
            for (_, _, target) in &pages.links {
                assert!(pages.targets.contains_key(target), "{target}");
            }
        }
    }

    #[test]
    fn what_a_team_says_is_printed_whole() {
        let mut table = Table::halfway();
        let said: Vec<_> = (0..200).map(|n| format!("line {n} \u{202e}")).collect();
        for entry in &mut table.review.entries {
            if let Say::Comment(text) = &mut entry.say {
                *text = said.join("\n");
            }
        }
        let sheet = table.sheet(false);
        let pages = drawn(&table, &sheet, &unsigned(&sheet));
        assert_within(&pages);
        let texts = texts(&pages);
        // of both teams; what is held at fault has the comment beside it once more
        let count = |line: &str| texts.iter().filter(|text| text.ends_with(line)).count();
        assert!((0..200).all(|n| count(&format!("line {n} \\u{{202e}}")) == 3));
    }

    #[test]
    fn it_is_dated_by_the_last_signature() {
        let table = Table::new();
        let sheet = table.sheet(true);
        let both = Table::signed(&sheet, &[Role::Server, Role::Client]);
        for (standing, date) in [
            (both, "2026-11-27 09:52"),
            (unsigned(&sheet), "2026-11-27 09:30"),
        ] {
            let runs = table.runs.iter().zip(&table.cases);
            let runs: Vec<_> = runs.map(|(run, cases)| RunRecords { run, cases }).collect();
            let report = SessionReport {
                sheet: &sheet,
                standing: &standing,
                runs: &runs,
                harness: "0.1.0",
            };
            let bytes = session_report_pdf(&report).unwrap();
            let options = printpdf::PdfParseOptions::default();
            let read = printpdf::PdfDocument::parse(&bytes, &options, &mut Vec::new()).unwrap();
            let made = read
                .metadata
                .info
                .creation_date
                .to_string()
                .replace('T', " ");
            assert!(made.starts_with(date), "{made}");
        }
    }
}
