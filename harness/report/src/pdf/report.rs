//! The whole document: head, results, cases, explanation, in the order of the HTML report.

use record::{CaseRecord, SessionRecord};

use super::document::Imprint;
use super::font::Fonts;
use super::page::Pages;
use super::{case, document, head, results};
use crate::{Outline, RenderError};

/// Renders a session as a PDF document.
pub fn pdf(session: &SessionRecord, cases: &[CaseRecord]) -> Result<Vec<u8>, RenderError> {
    let imprint = Imprint {
        title: format!("LwM2M Test Session Report {}", session.name),
        name: session.name.clone(),
        marking: "CONFIDENTIAL",
        harness: session.harness.clone(),
        mark: None,
        settled: document::settled(session).to_owned(),
    };
    document::save(draw(session, cases)?, &imprint)
}

fn draw(session: &SessionRecord, cases: &[CaseRecord]) -> Result<Pages, RenderError> {
    let outline = Outline::new(session, cases);
    let mut pages = Pages::new(Fonts::load()?);
    head::draw(&mut pages, session, &outline);
    results::draw(&mut pages, session, &outline);
    case::draw_all(&mut pages, session, &outline);
    head::explain(&mut pages, session);
    Ok(pages)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::pdf::reading::{assert_within, texts};
    use crate::{anchor, visible};

    #[derive(serde::Deserialize)]
    struct Fixture {
        session: SessionRecord,
        cases: Vec<CaseRecord>,
    }

    const FIXTURES: [&str; 5] = ["read-tlv", "verdicts", "pair", "emulators", "hostile"];

    fn fixture(name: &str) -> Fixture {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/sessions");
        let text = std::fs::read_to_string(folder.join(format!("{name}.json"))).unwrap();
        serde_json::from_str(&text).unwrap()
    }

    #[test]
    fn every_recorded_case_has_its_place() {
        for name in FIXTURES {
            let Fixture { session, cases } = fixture(name);
            let pages = draw(&session, &cases).unwrap();
            for case in &cases {
                let anchor = anchor(&case.summary.case, &case.summary.seat);
                assert!(pages.targets.contains_key(&anchor), "{name}: {anchor}");
            }
            let below_a_heading = pages
                .bookmarks
                .iter()
                .filter(|bookmark| bookmark.level == 1);
            assert_eq!(below_a_heading.count(), cases.len());
            assert!(
                pages
                    .bookmarks
                    .iter()
                    .is_sorted_by_key(|bookmark| bookmark.page)
            );
        }
    }

    #[test]
    fn failing_frames_are_marked_in_words() {
        for name in FIXTURES {
            let Fixture { session, cases } = fixture(name);
            let pages = draw(&session, &cases).unwrap();
            let failing = cases
                .iter()
                .flat_map(|case| &case.frames)
                .filter(|frame| frame.failing)
                .count();
            let marked = texts(&pages)
                .iter()
                .filter(|text| text.starts_with("✗ contradicts"))
                .count();
            assert_eq!(marked, failing, "{name}");
        }
    }

    #[test]
    fn nothing_leaves_the_page() {
        for name in FIXTURES {
            let Fixture { session, cases } = fixture(name);
            assert_within(&draw(&session, &cases).unwrap());
        }
    }

    #[test]
    fn hostile_text_stays_text() {
        let Fixture { session, cases } = fixture("hostile");
        let pages = draw(&session, &cases).unwrap();
        assert!(texts(&pages).iter().all(|text| visible(text) == **text));
        assert!(texts(&pages).iter().any(|text| text.contains("\\u{202e}")));
    }

    #[test]
    fn the_same_record_gives_the_same_bytes() {
        let Fixture { session, cases } = fixture("verdicts");
        let [one, other] = [(); 2].map(|()| pdf(&session, &cases).unwrap());
        assert!(one.starts_with(b"%PDF-1.7"));
        assert!(one == other);
    }

    #[test]
    fn it_can_be_read_again() {
        let Fixture { session, cases } = fixture("pair");
        let drawn = draw(&session, &cases).unwrap().pages.len();
        let bytes = pdf(&session, &cases).unwrap();
        let read = printpdf::PdfDocument::parse(
            &bytes,
            &printpdf::PdfParseOptions::default(),
            &mut Vec::new(),
        )
        .unwrap();
        assert_eq!(read.pages.len(), drawn);
        assert!(read.metadata.info.document_title.ends_with(&session.name));
        assert_eq!(
            read.metadata.info.creation_date.to_string().get(..10),
            session.started.get(..10)
        );
    }
}
