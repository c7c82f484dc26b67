//! A TestFest whose names are hostile, as large as asked for.

use std::collections::BTreeMap;

use event::consolidate::{Case, CaseResult, Ets, Event, FORMAT, Outcome, Party, Submission};

const HOSTILE: &str = "=<b>&\u{202e}";

fn party(company: String) -> Party {
    Party {
        company,
        product: HOSTILE.to_owned(),
        version: "1".to_owned(),
    }
}

/// Every client with every server.
pub(crate) fn fest(
    clients: u32,
    servers: u32,
    cases: u32,
) -> (Event, BTreeMap<String, Ets>, Vec<Submission>) {
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
        ..Submission::default()
    };
    let submissions = pairs.map(submission).collect();
    (
        event,
        BTreeMap::from([("1.2".to_owned(), ets)]),
        submissions,
    )
}
