//! What a seat shows its user, and what its operator is asked (notation, 2 and 7).

use coap::Time;
use testcase::{Form, Line, Matcher, Word};

use super::Play;
use super::active::{Active, Failure, LOOK_AGAIN, Phase, Progress, SHOW_LAG};
use super::compare::letters;
use crate::actual::Actual;
use crate::command::{Command, Outcome};
use crate::pattern::{self, Discord};

impl Play {
    pub(super) fn showing(&mut self, active: &mut Active, now: Time) -> Progress {
        let lines: Vec<Line> = active
            .step
            .lines
            .iter()
            .filter(|line| matches!(line.word.value, Word::Show | Word::Ask))
            .cloned()
            .collect();
        let Some(line) = lines.get(active.shows) else {
            active.phase = Phase::Ended;
            return Progress::Waits(None);
        };
        // an emulated seat always shows: its messages were judged already
        if !self.setting.tested(line.seat) {
            active.shows += 1;
            return self.showing(active, now);
        }
        if self.setting.hindsight {
            self.hindsight.takes_as_given();
            return Progress::Failed(self.unseen(line));
        }
        if let Phase::Showing = active.phase
            && let Some(again) = active.repeating
            && now < again
        {
            return Progress::Waits(Some(again));
        }
        active.repeating = None;
        let Some(command) = active
            .pending
            .last()
            .copied()
            .filter(|_| active.shown_since.is_some())
        else {
            active.shown_since = Some(now);
            let id = self.ask_show(active, line, now);
            active.pending = vec![id];
            return Progress::Waits(None);
        };
        match self.outcome(command).cloned() {
            None => Progress::Waits(None),
            Some(outcome) => self.shown(active, line, outcome, now),
        }
    }

    fn ask_show(&mut self, active: &Active, line: &Line, now: Time) -> u32 {
        let seat = line.seat;
        let sentence = active
            .step
            .sentence
            .as_ref()
            .map(ToString::to_string)
            .unwrap_or_default();
        let subject = line
            .fields
            .first()
            .map(|one| one.name.value.name().to_owned())
            .unwrap_or_default();
        let placeholders = self.told_fillings();
        let what = subject.clone();
        let id = match line.word.value {
            Word::Ask => {
                let question = line.question.as_ref().map_or(sentence, ToString::to_string);
                self.command(now, |id| Command::Ask { id, seat, question })
            }
            _ => self.command(now, |id| Command::Show {
                id,
                seat,
                subject,
                placeholders,
                sentence,
            }),
        };
        self.log_control(now, id, seat, format!("{} {what}", line.word.value.name()));
        id
    }

    fn shown(&mut self, active: &mut Active, line: &Line, outcome: Outcome, now: Time) -> Progress {
        let shown = match outcome {
            Outcome::Done(shown) => shown,
            Outcome::No(_) => return Progress::Failed(self.denied(line, &outcome)),
            _ => return Progress::Failed(self.not_shown(line, &outcome)),
        };
        let Some(shown) = shown else {
            return self.next_show(active, now);
        };
        let result = {
            let view = self.view(&active.own, false);
            line.fields.iter().try_for_each(|one| {
                let actual = match &shown {
                    Actual::Map(fields) => fields
                        .iter()
                        .find(|(name, _)| *name == one.name.value.name())
                        .map_or_else(|| shown.clone(), |(_, field)| field.clone()),
                    other => other.clone(),
                };
                match untold(&one.matcher, &actual) {
                    Some(name) => Err(not_told(line, &name)),
                    None => pattern::compare(one.name.value.name(), &one.matcher, &actual, &view),
                }
            })
        };
        let Err(discord) = result else {
            return self.next_show(active, now);
        };
        let since = active.shown_since.unwrap_or(now);
        if now.since(since) < SHOW_LAG {
            // an implementation may show a little later what the wire has said already
            let id = self.ask_show(active, line, now);
            active.pending = vec![id];
            active.repeating = Some(now + LOOK_AGAIN);
            return Progress::Waits(Some(now + LOOK_AGAIN));
        }
        let message = format!(
            "the {} shows {} {}",
            line.seat, discord.subject, discord.actual
        );
        Progress::Failed(Box::new(Failure {
            blame: Some(line.seat),
            definite: !discord.unknown,
            message,
            discord,
            frame: None,
            criteria: letters(line),
        }))
    }

    fn next_show(&mut self, active: &mut Active, now: Time) -> Progress {
        active.shows += 1;
        active.shown_since = None;
        active.repeating = None;
        self.showing(active, now)
    }

    /// A person looked, and it is not so.
    fn denied(&self, line: &Line, outcome: &Outcome) -> Box<Failure> {
        let discord = Discord {
            span: line.span,
            subject: line.word.value.name().to_owned(),
            expected: "yes".to_owned(),
            actual: outcome.reason(),
            offset: None,
            unknown: false,
        };
        Box::new(Failure {
            blame: Some(line.seat),
            definite: true,
            message: format!("asked of the {}, {}", line.seat, outcome.reason()),
            discord,
            frame: None,
            criteria: letters(line),
        })
    }

    fn not_shown(&self, line: &Line, outcome: &Outcome) -> Box<Failure> {
        let discord = Discord {
            span: line.span,
            subject: "show".to_owned(),
            expected: "a look at what the implementation shows".to_owned(),
            actual: outcome.reason(),
            offset: None,
            unknown: true,
        };
        Box::new(Failure {
            blame: None,
            definite: false,
            message: format!("the {} could not be asked: {}", line.seat, outcome.reason()),
            discord,
            frame: None,
            criteria: letters(line),
        })
    }
}

/// A field that is asked for and that the profile does not tell how to see.
fn untold(matcher: &Matcher, shown: &Actual) -> Option<String> {
    let (Form::Map(entries), Actual::Map(fields)) = (&matcher.form, shown) else {
        return None;
    };
    let keys = entries.iter().filter_map(|entry| entry.key.as_literal());
    let mut open = keys.filter(|key| !key.starts_with('/'));
    open.find(|key| !fields.iter().any(|(name, _)| name == key))
        .map(str::to_owned)
}

fn not_told(line: &Line, name: &str) -> Discord {
    Discord {
        span: line.span,
        subject: "show".to_owned(),
        expected: format!("a look at {name}"),
        actual: format!("nothing that tells {name}"),
        offset: None,
        unknown: true,
    }
}
