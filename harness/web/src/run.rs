//! A run that goes on, as far as it has told.

use std::collections::{BTreeMap, BTreeSet};

use record::{LiveCase, LiveEnd, LiveEvent, LiveMessage, LiveReply, LiveStep, Prompt, Verdict};
use serde::Serialize;

use crate::row::shown;

/// A run that goes on.
#[derive(Debug, Default)]
pub(crate) struct Run {
    planned: u32,
    /// Names of the cases that have ended.
    ended: BTreeSet<String>,
    /// How often each verdict was given.
    verdicts: BTreeMap<&'static str, u32>,
    /// Cases that go on, and those that ended last.
    cases: Vec<Playing>,
    prompt: Option<Prompt>,
    /// How the last prompt was answered.
    answered: Option<Answered>,
}

/// A case that goes on or has just ended.
#[derive(Debug)]
struct Playing {
    case: LiveCase,
    /// Number of the first message that is kept.
    first: usize,
    messages: Vec<LiveMessage>,
    /// How many messages everybody has been shown.
    told: usize,
    end: Option<LiveEnd>,
}

#[derive(Clone, Debug, Serialize)]
struct Answered {
    prompt: u32,
    at: record::AnsweredAt,
    reply: Option<LiveReply>,
}

/// A run, as the page gets it.
#[derive(Debug, Serialize)]
pub(crate) struct RunView<'a> {
    run: &'a str,
    planned: u32,
    ended: usize,
    verdicts: &'a BTreeMap<&'static str, u32>,
    cases: Vec<CaseView<'a>>,
    prompt: Option<&'a Prompt>,
    answered: Option<&'a Answered>,
}

#[derive(Debug, Serialize)]
struct CaseView<'a> {
    play: usize,
    name: &'a str,
    id: &'a str,
    title: &'a str,
    seat: &'a str,
    /// Number of the first of these messages, from 0.
    first: usize,
    messages: &'a [LiveMessage],
    verdict: Option<Verdict>,
    reason: Option<&'a str>,
    steps: &'a [LiveStep],
}

impl Run {
    /// Takes what happened.
    pub(crate) fn take(&mut self, event: LiveEvent) {
        match event {
            LiveEvent::Run { planned, .. } => self.planned = planned,
            LiveEvent::Begins(case) => {
                self.cases.retain(|one| one.end.is_none());
                self.cases.push(Playing::new(case));
            }
            LiveEvent::Passes { play, message } => {
                if let Some(playing) = self.playing(play) {
                    playing.pass(message);
                }
            }
            LiveEvent::Ends(end) => {
                *self.verdicts.entry(end.verdict.name()).or_default() += 1;
                if let Some(playing) = self.playing(end.play) {
                    let name = playing.case.name.clone();
                    playing.end(end);
                    self.ended.insert(name);
                }
            }
            LiveEvent::Asks(prompt) => {
                let text = shown(&prompt.text);
                self.prompt = Some(Prompt { text, ..prompt });
            }
            LiveEvent::Answered { prompt, at, reply } => {
                self.prompt.take_if(|open| open.prompt == prompt);
                self.answered = Some(Answered { prompt, at, reply });
            }
        }
    }

    /// The prompt that waits for an answer.
    pub(crate) const fn prompt(&self) -> Option<&Prompt> {
        self.prompt.as_ref()
    }

    /// The run under its name: everything, or only the messages that nobody has been shown.
    pub(crate) fn view<'a>(&'a self, run: &'a str, everything: bool) -> RunView<'a> {
        RunView {
            run,
            planned: self.planned,
            ended: self.ended.len(),
            verdicts: &self.verdicts,
            cases: self
                .cases
                .iter()
                .map(|case| case.view(everything))
                .collect(),
            prompt: self.prompt.as_ref(),
            answered: self.answered.as_ref(),
        }
    }

    /// Takes note that everybody has been shown everything.
    pub(crate) fn is_told(&mut self) {
        for case in &mut self.cases {
            case.told = case.first + case.messages.len();
        }
    }

    fn playing(&mut self, play: usize) -> Option<&mut Playing> {
        self.cases.iter_mut().find(|one| one.case.play == play)
    }
}

impl Playing {
    fn new(case: LiveCase) -> Self {
        Self {
            case: LiveCase {
                play: case.play,
                name: shown(&case.name),
                id: shown(&case.id),
                title: shown(&case.title),
                seat: shown(&case.seat),
            },
            first: 0,
            messages: Vec::new(),
            told: 0,
            end: None,
        }
    }

    fn pass(&mut self, message: LiveMessage) {
        if self.messages.len() >= 2 * KEPT {
            self.messages.drain(..KEPT);
            self.first += KEPT;
        }
        let label = shown(&message.label);
        self.messages.push(LiveMessage { label, ..message });
    }

    fn end(&mut self, mut end: LiveEnd) {
        end.reason = end.reason.map(|reason| shown(&reason));
        for step in &mut end.steps {
            step.sentence = shown(&step.sentence);
        }
        self.end = Some(end);
    }

    fn view(&self, everything: bool) -> CaseView<'_> {
        let told = if everything { 0 } else { self.told };
        let skip = told.saturating_sub(self.first);
        let end = self.end.as_ref();
        CaseView {
            play: self.case.play,
            name: &self.case.name,
            id: &self.case.id,
            title: &self.case.title,
            seat: &self.case.seat,
            first: self.first + skip,
            messages: self.messages.get(skip..).unwrap_or_default(),
            verdict: end.map(|end| end.verdict),
            reason: end.and_then(|end| end.reason.as_deref()),
            steps: end.map_or(&[], |end| &end.steps),
        }
    }
}

/// Messages of a case that are kept at least.
const KEPT: usize = 200;

#[cfg(test)]
mod tests {
    use serde_json::{Value, json, to_value};

    use super::*;

    fn case(play: usize) -> LiveEvent {
        LiveEvent::Begins(LiveCase {
            play,
            name: format!("case-{play}"),
            id: String::new(),
            title: "T\u{202e}".to_owned(),
            seat: "client".to_owned(),
        })
    }

    fn passes(play: usize, label: &str) -> LiveEvent {
        let message = LiveMessage {
            time: 1,
            from: "client".to_owned(),
            to: "server".to_owned(),
            label: label.to_owned(),
        };
        LiveEvent::Passes { play, message }
    }

    fn ends(play: usize) -> LiveEvent {
        LiveEvent::Ends(LiveEnd {
            play,
            verdict: Verdict::Pass,
            reason: None,
            steps: Vec::new(),
        })
    }

    fn cases(run: &Run, everything: bool) -> Vec<(u64, u64, usize)> {
        let view = to_value(run.view("r", everything)).unwrap();
        let one = |case: &Value| {
            let number = |name: &str| case[name].as_u64().unwrap();
            (
                number("play"),
                number("first"),
                case["messages"].as_array().unwrap().len(),
            )
        };
        view["cases"].as_array().unwrap().iter().map(one).collect()
    }

    #[test]
    fn a_case_that_has_ended_stays_until_the_next_begins() {
        let mut run = Run::default();
        for event in [case(0), case(1), passes(0, "a"), passes(1, "b"), ends(0)] {
            run.take(event);
        }
        assert_eq!(cases(&run, true), [(0, 0, 1), (1, 0, 1)]);
        run.take(case(2));
        assert_eq!(cases(&run, true), [(1, 0, 1), (2, 0, 0)]);
        let view = to_value(run.view("r", true)).unwrap();
        assert_eq!(view["ended"], 1);
        assert_eq!(view["verdicts"], json!({"Pass": 1}));
        assert_eq!(view["cases"][0]["title"], "T\\u{202e}");
    }

    #[test]
    fn messages_are_told_once_and_kept_for_those_who_come_late() {
        let mut run = Run::default();
        run.take(case(0));
        run.take(passes(0, "a"));
        run.is_told();
        run.take(passes(0, "b"));
        assert_eq!(cases(&run, false), [(0, 1, 1)]);
        assert_eq!(cases(&run, true), [(0, 0, 2)]);
        for _ in 0..1000 {
            run.take(passes(0, "c"));
        }
        let kept = cases(&run, true)[0];
        assert_eq!(kept.1 as usize + kept.2, 1002);
        assert!((KEPT..=2 * KEPT).contains(&kept.2), "{kept:?}");
        // whoever was told the first message only lacks what went away unseen
        assert_eq!(cases(&run, false), cases(&run, true));
    }

    #[test]
    fn an_answer_closes_its_own_prompt_alone() {
        let mut run = Run::default();
        let asks = |prompt| {
            LiveEvent::Asks(Prompt {
                prompt,
                kind: record::PromptKind::Ask,
                text: String::new(),
            })
        };
        let answered = |prompt| LiveEvent::Answered {
            prompt,
            at: record::AnsweredAt::Terminal,
            reply: None,
        };
        run.take(asks(2));
        run.take(answered(1));
        assert_eq!(run.prompt().map(|prompt| prompt.prompt), Some(2));
        run.take(answered(2));
        assert_eq!(run.prompt(), None);
    }
}
