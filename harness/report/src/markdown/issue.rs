//! A draft of an issue with the specification, in the shape that OMA_LwM2M_for_Developers asks for.
//!
//! A session is confidential to two companies and the issue is public: no company and no product stands in the draft.

use event::session::{Attempt, Row, Sheet};
use record::{CaseRecord, FrameRecord};

use super::{one_line, plain};

/// The draft for a case that a team holds the specification to be at fault for; `attempts` are the records of what was played last.
///
/// Document and section are what the team said, divided at the first comma.
pub fn issue_draft(sheet: &Sheet, row: &Row, attempts: &[(&Attempt, &CaseRecord)]) -> String {
    let mask = Mask::of(sheet);
    let said = [&row.client, &row.server];
    let places: Vec<_> = said
        .iter()
        .map(|team| team.specification.as_str())
        .filter(|text| !text.is_empty())
        .collect();
    let (document, section) = places
        .first()
        .and_then(|place| place.split_once(','))
        .unwrap_or((places.first().copied().unwrap_or_default(), ""));
    let verdict = row
        .agreed()
        .or(row.proposal)
        .map_or("open", |one| one.name());
    let mut out = format!(
        "<!-- Public once it is filed: check that nothing in it names the two companies or what is theirs. -->\n\n# {}: {}\n\n",
        plain(&row.case.id),
        plain(&row.case.title)
    );
    out += &format!(
        "* Name, version and date of the document: {}\n",
        mask.plain(document)
    );
    out += &format!("* Section of the document: {}\n", mask.plain(section));
    if let Some(other) = places.get(1).filter(|other| **other != places[0]) {
        out += &format!("* The other team names: {}\n", mask.plain(other));
    }
    out += &format!(
        "* Found with: {}, {}, verdict {verdict}\n",
        plain(&sheet.header.ets),
        plain(&row.case.id)
    );
    for team in said.iter().filter(|team| !team.comment.is_empty()) {
        out += &format!("* Comment of a team: {}\n", mask.plain(&team.comment));
    }
    if !row.reason.is_empty() {
        out += &format!("* What was found: {}\n", mask.plain(&row.reason));
    }
    out += "* Sequence of exchanges between Client and Server:\n";
    for (attempt, record) in attempts {
        out += &format!("\n{} judged:\n\n", plain(&attempt.seat));
        out += &exchanges(record, &mask);
    }
    out += "\n* Illustrations: ";
    out += if attempts.is_empty() {
        "none, nothing was played\n"
    } else {
        "the sequence charts below\n"
    };
    for (_, record) in attempts {
        out += &chart(record, &mask);
    }
    out
}

/// The messages as a block of code.
fn exchanges(record: &CaseRecord, mask: &Mask) -> String {
    let line = |frame: &FrameRecord| {
        let mark = if frame.failing { "   <-- here" } else { "" };
        let text = format!(
            "{:>3} {} -> {}: {} ({}){mark}",
            frame.number, frame.from, frame.to, frame.label, frame.coap
        );
        format!("    {}\n", mask.hide(&one_line(&text)))
    };
    record.frames.iter().map(line).collect()
}

/// The same as a chart that GitHub draws.
fn chart(record: &CaseRecord, mask: &Mask) -> String {
    // a chart ends at these marks, or takes them for its own
    let label = |text: &str| -> String {
        let text = mask.hide(&one_line(text));
        text.chars()
            .map(|c| {
                if matches!(c, ';' | '#' | ':' | '`' | '<' | '>' | '%' | '{' | '}') {
                    ' '
                } else {
                    c
                }
            })
            .collect()
    };
    let arrow = |frame: &FrameRecord| {
        let (from, to) = (label(&frame.from), label(&frame.to));
        let cross = if frame.failing { "-x" } else { "->>" };
        format!("    {from}{cross}{to}: {}\n", label(&frame.label))
    };
    let arrows: String = record.frames.iter().map(arrow).collect();
    format!("\n```mermaid\nsequenceDiagram\n{arrows}```\n")
}

/// What is taken out of a public text: names of companies and products, and of those at the table.
struct Mask(Vec<(String, &'static str)>);

impl Mask {
    fn of(sheet: &Sheet) -> Self {
        let header = &sheet.header;
        let sides = [
            (&header.client, "the client"),
            (&header.server, "the server"),
        ];
        let names = sides.into_iter().flat_map(|(side, word)| {
            let names = [side.company.clone(), side.product.clone()];
            let people = side.team.clone();
            names
                .into_iter()
                .chain(people)
                .map(move |name| (name, word))
        });
        // a name of one or two letters stands in every sentence, that of a seat in every line
        let is_telling = |name: &str| {
            name.chars().count() > 2 && !SEATS.iter().any(|seat| seat.eq_ignore_ascii_case(name))
        };
        let mut names: Vec<_> = names.filter(|(name, _)| is_telling(name)).collect();
        names.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
        Self(names)
    }

    /// The longest name that stands at a place is taken out; what was put in is not looked at again.
    fn hide(&self, text: &str) -> String {
        let (mut out, mut rest) = (String::new(), text);
        while let Some(c) = rest.chars().next() {
            let found = self.0.iter().find(|(name, _)| begins_with(rest, name));
            let length = match found {
                Some((name, word)) => {
                    out.push_str(word);
                    name.len()
                }
                None => {
                    out.push(c);
                    c.len_utf8()
                }
            };
            rest = &rest[length..];
        }
        out
    }

    fn plain(&self, text: &str) -> String {
        plain(&self.hide(&one_line(text)))
    }
}

/// Whatever the case of ASCII letters.
fn begins_with(text: &str, name: &str) -> bool {
    let part = text.get(..name.len());
    part.is_some_and(|part| part.eq_ignore_ascii_case(name))
}

/// Words that name no company.
const SEATS: [&str; 3] = ["client", "server", "bootstrap-server"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_taken_out() {
        // the longest first
        let names = [
            ("Acme Ltd", "the client"),
            ("Widget", "the client"),
            ("Acme", "the client"),
        ];
        let mask = Mask(names.map(|(name, word)| (name.to_owned(), word)).to_vec());
        for (text, hidden) in [
            ("ACME's widget and acmé", "the client's the client and acmé"),
            ("Acme Ltd, acme", "the client, the client"),
            ("", ""),
        ] {
            assert_eq!(mask.hide(text), hidden);
        }
    }
}
