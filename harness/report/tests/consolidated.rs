//! Pages of an event: hostile names stay text, and a big event is quick.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use event::consolidate::{
    Case, CaseResult, Ets, Event, FORMAT, Outcome, Party, Submission, check, consolidate,
};
use report::{ResultsPage, pairs_html, results_csv, results_html, results_pdf};

const HOSTILE: &str = "=<b>&\u{202e}";

fn party(company: String) -> Party {
    Party {
        company,
        product: HOSTILE.to_owned(),
        version: "1".to_owned(),
    }
}

/// Every client with every server.
fn fest(clients: u32, servers: u32, cases: u32) -> (Event, BTreeMap<String, Ets>, Vec<Submission>) {
    let product = "\"=<b>&\\u202e\"";
    let mut text =
        format!("name: {product}\ndates: today\nets: {{\"1.2\": E}}\nimplementations:\n");
    for (role, count) in [("client", clients), ("server", servers)] {
        for n in 0..count {
            text += &format!(
                "- {{id: {role}{n}, company: {role}{n}, product: {product}, version: \"1\", role: {role}}}\n"
            );
        }
    }
    let event = Event::parse(&text).expect("it is an event");
    let case = |number| Case {
        number,
        id: format!("int-{number}"),
        title: HOSTILE.to_owned(),
        heading: HOSTILE.to_owned(),
    };
    let ets = Ets {
        document: "E".to_owned(),
        cases: (0..cases).map(case).collect(),
    };
    let pairs = (0..clients).flat_map(|c| (0..servers).map(move |s| (c, s)));
    let submission = |(c, s): (u32, u32)| Submission {
        format: FORMAT,
        source: format!("{c}-{s}"),
        session: (c + s).to_string(),
        lwm2m: "1.2".to_owned(),
        ets: "E".to_owned(),
        client: party(format!("client{c}")),
        server: party(format!("server{s}")),
        results: (0..cases)
            .map(|number| CaseResult {
                id: format!("int-{number}"),
                verdict: Outcome::ALL[((c + s + number) % 5) as usize],
            })
            .collect(),
        counts: None,
    };
    let submissions = pairs.map(submission).collect();
    (
        event,
        BTreeMap::from([("1.2".to_owned(), ets)]),
        submissions,
    )
}

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

/// `cargo test --release -p report --test consolidated -- --ignored`
#[test]
#[ignore = "measures time; in release only"]
fn a_thousand_submissions_take_less_than_two_seconds() {
    let (event, ets, submissions) = fest(40, 25, 155);
    let started = Instant::now();
    assert_eq!(check(&event, &ets, &submissions), []);
    let all = consolidate(&event, &ets, &submissions).expect("it adds up");
    let mut pages = vec![ResultsPage::of_event(&event, &all[0], true, "0")];
    for one in &all[0].implementations {
        pages.push(ResultsPage::of_implementation(&event, &all[0], one, "0"));
    }
    for page in &pages {
        results_html(page).expect("it renders");
        results_pdf(page).expect("it renders");
    }
    let taken = started.elapsed();
    assert!(taken < Duration::from_secs(2), "{taken:?}");
}
