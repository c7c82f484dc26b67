//! What a run tells while it goes on: `session.live`, one event a line, and `answers.live`, what somebody answered elsewhere
//! than at its terminal.
//!
//! Both files end with the run. Nothing in them is evidence, so their format has no version: a line that is not understood is passed over.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::{StepRecord, Verdict};

/// Something that happens in a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LiveEvent {
    /// The run begins.
    Run {
        /// Its name.
        name: String,
        /// How many cases it plays; one that judges several seats counts once.
        planned: u32,
    },
    /// A case begins.
    Begins(LiveCase),
    /// A message passes.
    Passes {
        /// The play it belongs to.
        play: usize,
        /// What passes.
        message: LiveMessage,
    },
    /// A case has ended.
    Ends(LiveEnd),
    /// The operator is asked.
    Asks(Prompt),
    /// The operator has answered.
    Answered {
        /// Number of the prompt.
        prompt: u32,
        /// Where it was answered.
        at: AnsweredAt,
        /// What; `None` if there was nobody.
        reply: Option<LiveReply>,
    },
}

/// A case that begins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiveCase {
    /// Place in the plan, from 0: what tells cases apart that are played side by side.
    pub play: usize,
    /// Its name.
    pub name: String,
    /// Its identifier.
    pub id: String,
    /// Its title.
    pub title: String,
    /// The seat that is judged.
    pub seat: String,
}

/// A message, as the ladder of the report shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiveMessage {
    /// Nanoseconds since the case began.
    pub time: u64,
    /// Sending seat.
    pub from: String,
    /// Receiving seat.
    pub to: String,
    /// `Read /3/0 (accept tlv)`, `2.05 Content`.
    pub label: String,
}

/// A case that has ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiveEnd {
    /// Place in the plan.
    pub play: usize,
    /// The verdict.
    pub verdict: Verdict,
    /// Why, for every verdict but Pass.
    pub reason: Option<String>,
    /// The steps.
    pub steps: Vec<LiveStep>,
}

/// A step of a case that has ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiveStep {
    /// Its sentence.
    pub sentence: String,
    /// Its verdict; `None` if it was not reached.
    pub verdict: Option<Verdict>,
}

/// What the operator is asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prompt {
    /// Its number within the run, from 1; an answer names it.
    pub prompt: u32,
    /// How it is answered.
    pub kind: PromptKind,
    /// The sentence.
    pub text: String,
}

/// How a prompt is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PromptKind {
    /// Something is to be done: done, or not possible.
    Perform,
    /// A question: yes or no.
    Ask,
}

/// Where a prompt was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AnsweredAt {
    /// At the run's own terminal.
    Terminal,
    /// In a browser.
    Browser,
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LiveReply {
    /// Done, or yes.
    Yes,
    /// Not possible, or no, with the reason if one was given.
    No(String),
}

/// A line of `answers.live`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// The prompt that it answers; it counts for no other.
    pub prompt: u32,
    /// What.
    pub reply: LiveReply,
}

impl From<&StepRecord> for LiveStep {
    fn from(step: &StepRecord) -> Self {
        Self {
            sentence: step.sentence.clone(),
            verdict: step.verdict,
        }
    }
}

/// One line of a live file, with its end.
pub fn live_line(value: &impl Serialize) -> String {
    // strings, numbers and lists: nothing that JSON cannot hold
    serde_json::to_string(value).unwrap_or_default() + "\n"
}

/// What stands on the whole lines of a live file, and how many bytes they take; a line that is being written is left for later.
pub fn live_lines<T: DeserializeOwned>(bytes: &[u8]) -> (Vec<T>, usize) {
    let whole = bytes.iter().rposition(|byte| *byte == b'\n');
    let whole = whole.map_or(0, |last| last + 1);
    let lines = bytes
        .get(..whole)
        .unwrap_or_default()
        .split(|b| *b == b'\n');
    let values = lines.filter_map(|line| serde_json::from_slice(line).ok());
    (values.collect(), whole)
}

/// What a run tells.
pub const LIVE: &str = "session.live";
/// What it is told.
pub const ANSWERS: &str = "answers.live";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_read_as_they_are_written() {
        let message = LiveMessage {
            time: 1,
            from: "client".to_owned(),
            to: "server".to_owned(),
            label: "Register\n\u{202e}".to_owned(),
        };
        let events = [
            LiveEvent::Passes { play: 3, message },
            LiveEvent::Answered {
                prompt: 2,
                at: AnsweredAt::Browser,
                reply: Some(LiveReply::No("broken".to_owned())),
            },
        ];
        let text: String = events.iter().map(live_line).collect();
        assert_eq!(text.lines().count(), 2, "{text}");
        let (read, whole) = live_lines::<LiveEvent>(text.as_bytes());
        assert_eq!((read.as_slice(), whole), (&events[..], text.len()));
    }

    #[test]
    fn lines_that_are_none_are_passed_over() {
        let good = r#"{"prompt":1,"reply":"yes"}"#;
        let answer = |prompt| Answer {
            prompt,
            reply: LiveReply::Yes,
        };
        let first = vec![answer(1)];
        for (text, found, whole) in [
            ("", vec![], 0),
            (&*format!("{good}\n"), first.clone(), good.len() + 1),
            // it may be that the rest of the line is on its way
            (&*format!("{good}\n{good}"), first.clone(), good.len() + 1),
            (&*format!("{{}}\nno\n{good}\n"), first, good.len() + 7),
            (r#"{"prompt":1,"reply":"maybe"}"#, vec![], 0),
        ] {
            assert_eq!(live_lines(text.as_bytes()), (found, whole), "{text}");
        }
    }
}
