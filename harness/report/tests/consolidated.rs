//! Pages of an event: hostile names stay text.

mod fest;

use event::consolidate::consolidate;
use fest::fest;
use report::{ResultsPage, pairs_html, results_csv, results_html, results_pdf};

#[test]
fn hostile_names_stay_text() {
    let (event, ets, submissions) = fest(2, 2, 3);
    let all = consolidate(&event, &ets, &submissions).expect("it adds up");
    let page = ResultsPage::of_event(&event, &all[0], true, "0");
    let html = results_html(&page).expect("it renders");
    let pairs = pairs_html(&event, &all[0]).expect("it renders");
    for html in [html, pairs, results_csv(&page)] {
        assert!(!html.contains('\u{202e}'), "{html}");
    }
    assert!(!results_html(&page).expect("it renders").contains("<b>"));
    let [one, other] = [(); 2].map(|()| results_pdf(&page).expect("it renders"));
    assert!(one.starts_with(b"%PDF") && one == other);
}

#[test]
fn nothing_says_when_an_event_page_was_made() {
    let (event, ets, submissions) = fest(2, 2, 3);
    let all = consolidate(&event, &ets, &submissions).expect("it adds up");
    let page = ResultsPage::of_event(&event, &all[0], true, "0");
    let pdf = results_pdf(&page).expect("it renders");
    let has = |key: &[u8]| pdf.windows(key.len()).any(|bytes| bytes == key);
    assert!(has(b"/Producer") && !has(b"/CreationDate") && !has(b"/ModDate"));
}
