//! What is to be said about a step that did not pass, as data, so that terminal, JUnit, HTML and PDF say the same.

use record::{CaseRecord, CaseSummary, Fact, FrameRecord, Mismatch, SessionRecord, StepRecord};

use crate::escape::{cut, shell_word, visible};
use crate::excerpt::Excerpt;

/// One step that did not pass.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub(crate) struct Failure {
    /// `criterion C: the mandatory resources carry the configured values`.
    pub criterion: String,
    /// The violated lines.
    pub excerpt: Option<Excerpt>,
    /// Label and text of each fact, in order.
    pub facts: Vec<(&'static str, String)>,
}

impl Failure {
    /// Gathers the facts of every step of a record that has a mismatch.
    pub(crate) fn all(record: &CaseRecord) -> impl Iterator<Item = Self> {
        record
            .steps
            .iter()
            .filter_map(|step| Self::of(step, record))
    }

    /// Gathers the facts of one step; `None` if it has no mismatch.
    pub(crate) fn of(step: &StepRecord, record: &CaseRecord) -> Option<Self> {
        let mismatch = step.mismatch.as_ref()?;
        let [expected, actual] = sides(&mismatch.expected, &mismatch.actual);
        let mut facts = vec![
            ("expected", expected),
            ("actual", actual),
            ("message", message(mismatch, record)),
        ];
        let blamed = step
            .blame
            .as_ref()
            .filter(|seat| **seat != record.summary.seat);
        facts.extend(blamed.map(|seat| ("blame", seat.clone())));
        facts.extend(mismatch.rule.clone().map(|rule| ("rule", rule)));
        facts.extend(mismatch.clause.clone().map(|clause| ("clause", clause)));
        facts.extend(mismatch.requirements.iter().map(|r| ("judges", r.clone())));
        facts.push(("source", source(step, record)));
        facts.extend(record.readings.iter().map(|reading| {
            let how = if reading.as_printed {
                "as printed"
            } else {
                "as meant"
            };
            ("erratum", format!("{}, judged {how}", reading.erratum))
        }));
        for (_, text) in &mut facts {
            *text = cut(text, VALUE);
        }
        Some(Self {
            criterion: criterion(step),
            excerpt: Excerpt::new(mismatch, record),
            facts,
        })
    }

    /// The text of a failure block without its headline, indented by two.
    pub(crate) fn lines(&self) -> Vec<String> {
        let mut lines = vec![format!("  {}", self.criterion)];
        lines.extend(self.excerpt.iter().flat_map(Excerpt::lines));
        lines.extend(
            self.facts
                .iter()
                .map(|(label, text)| fact_line(label, text)),
        );
        lines
    }
}

/// A labelled line of a failure block.
pub(crate) fn fact_line(label: &str, text: &str) -> String {
    format!("  {label:<8}  {text}")
}

/// The command line that plays one case of a session again.
pub(crate) fn again(session: &SessionRecord, summary: &CaseSummary) -> String {
    let mut command = session.parameters.again.as_str();
    for filter in session.parameters.filters.iter().rev() {
        let quoted = [filter.clone(), shell_word(filter)];
        let shorter = quoted.iter().find_map(|f| command.strip_suffix(f.as_str()));
        command = shorter.map_or(command, str::trim_end);
    }
    format!("{} {}", visible(command), shell_word(&summary.case))
}

fn criterion(step: &StepRecord) -> String {
    let sentence = fragment(&step.sentence);
    let head = match (&step.state, step.criteria.as_slice()) {
        (Some(state), _) => format!("state \"{state}\""),
        (None, []) => return visible(&sentence).into_owned(),
        (None, [letter]) => format!("criterion {letter}"),
        (None, letters) => format!("criteria {}", letters.join(", ")),
    };
    cut(&format!("{head}: {sentence}"), VALUE)
}

/// Turns a sentence into a fragment: no full stop, no capital unless the first word is a name.
pub(crate) fn fragment(sentence: &str) -> String {
    let sentence = sentence.strip_suffix('.').unwrap_or(sentence);
    let first = sentence.split(' ').next().unwrap_or_default();
    let is_word = first.chars().skip(1).all(char::is_lowercase);
    match sentence.chars().next() {
        Some(c) if is_word => c.to_lowercase().chain(sentence.chars().skip(1)).collect(),
        _ => sentence.to_owned(),
    }
}

fn sides(expected: &Fact, actual: &Fact) -> [String; 2] {
    let left = [expected, actual].map(|f| cut(&format!("{} = {}", f.subject, f.value), VALUE / 2));
    let width = left
        .iter()
        .map(|text| text.chars().count())
        .max()
        .unwrap_or_default();
    let both = [(&left[0], expected), (&left[1], actual)];
    both.map(|(text, fact)| match fact.detail.as_str() {
        "" => text.clone(),
        detail => format!("{text:<width$}  {detail}"),
    })
}

fn message(mismatch: &Mismatch, record: &CaseRecord) -> String {
    let Some(number) = mismatch.frame else {
        return "none".to_owned();
    };
    match record.frames.iter().find(|frame| frame.number == number) {
        Some(frame) => describe(frame),
        None => format!("frame {number}"),
    }
}

/// `frame 9: ACK 2.05 Content, MID 0x4a11, token 5f, TLV, 102 bytes`.
fn describe(frame: &FrameRecord) -> String {
    let FrameRecord {
        number,
        coap,
        length,
        ..
    } = frame;
    let format = frame.options.iter().find(|o| o.name == "Content-Format");
    let format = format.map(|o| format!("{}, ", format_name(&o.value)));
    let format = format.unwrap_or_default();
    match is_counted(frame) {
        true => format!("frame {number}: {coap}"),
        false => format!("frame {number}: {coap}, {format}{length} bytes"),
    }
}

/// Whether nothing is told of a frame but its length, as of a handshake message.
pub(crate) fn is_counted(frame: &FrameRecord) -> bool {
    frame.coap == format!("{} bytes", frame.length)
}

/// The name of a content format in prose.
fn format_name(word: &str) -> &str {
    let known = FORMATS.iter().find(|(name, _)| *name == word);
    known.map_or(word, |(_, name)| name)
}

fn source(step: &StepRecord, record: &CaseRecord) -> String {
    match step.criteria.as_slice() {
        [] => record.source.clone(),
        [letter] => format!("{}, criterion {letter}", record.source),
        letters => format!("{}, criteria {}", record.source, letters.join(", ")),
    }
}

/// Longest value that is shown whole.
const VALUE: usize = 400;

/// Content formats as the standard writes them (LwM2M Core 1.2.2, 7.4).
const FORMATS: [(&str, &str); 9] = [
    ("text", "plain text"),
    ("opaque", "opaque"),
    ("cbor", "CBOR"),
    ("tlv", "TLV"),
    ("senml-json", "SenML JSON"),
    ("senml-cbor", "SenML CBOR"),
    ("lwm2m-json", "LwM2M JSON"),
    ("lwm2m-cbor", "LwM2M CBOR"),
    ("link-format", "link format"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_become_fragments() {
        let table = [
            ("The client answers.", "the client answers"),
            ("LwM2M is spoken.", "LwM2M is spoken"),
            ("DTLS ends", "DTLS ends"),
            ("", ""),
        ];
        for (sentence, words) in table {
            assert_eq!(fragment(sentence), words);
        }
    }
}
