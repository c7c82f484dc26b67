//! One command of a case carried out on an implementation.

use judge::command::{Command, Outcome};
use testcase::ControlVerb;

use crate::iut::{self, Iut, IutError, Placeholders, Reply, Shown};
use crate::shown;

/// Carries out `command`; `base` fills placeholders that the command itself does not.
pub(crate) async fn operate(implementation: &Iut, command: Command, base: Placeholders) -> Outcome {
    match command {
        Command::Control { verb, .. } => control(implementation, verb, &base).await,
        Command::Trigger { stimulus, .. } => {
            let values = with(base, stimulus.placeholders);
            let outcome = implementation.trigger(stimulus.word, &values).await;
            match told(outcome) {
                Outcome::Unsupported if !implementation.has_trigger(stimulus.word) => {
                    said(implementation.ask_to_do(&stimulus.sentence).await)
                }
                outcome => outcome,
            }
        }
        Command::Show {
            subject,
            placeholders,
            sentence,
            ..
        } => {
            show(
                implementation,
                &subject,
                &with(base, placeholders),
                &sentence,
            )
            .await
        }
        Command::Ask { question, .. } => answered(implementation.ask(&question).await),
        Command::Perform { .. }
        | Command::Prepare { .. }
        | Command::Hush { .. }
        | Command::Channel { .. }
        | Command::Impair { .. }
        | Command::Heal { .. } => Outcome::Unsupported,
    }
}

async fn control(implementation: &Iut, verb: ControlVerb, values: &Placeholders) -> Outcome {
    let done = match verb {
        ControlVerb::Start => implementation.start(values).await.map(drop),
        ControlVerb::Stop => implementation.stop(values).await.map(drop),
        ControlVerb::Restart | ControlVerb::Reset | ControlVerb::PowerCycle => {
            implementation.restart(values).await.map(drop)
        }
        ControlVerb::LimitStorage
        | ControlVerb::LimitMemory
        | ControlVerb::ChangeAddress
        | ControlVerb::Reconnect
        | ControlVerb::Resume => {
            return disturb(implementation, verb, values).await;
        }
    };
    match done {
        Ok(()) => Outcome::Done(None),
        Err(error) => Outcome::Failed(reason(&error)),
    }
}

/// Takes memory away from an implementation until it starts anew, or moves it, by its trigger or its operator.
async fn disturb(implementation: &Iut, verb: ControlVerb, values: &Placeholders) -> Outcome {
    match told(implementation.trigger(verb.name(), values).await) {
        Outcome::Unsupported if !implementation.has_trigger(verb.name()) => {
            let sentence = match verb {
                ControlVerb::ChangeAddress => "Give the client another IP address",
                ControlVerb::Reconnect => "Make the client open a new session by a whole handshake",
                ControlVerb::Resume => {
                    "Make the client go on in its session by an abbreviated handshake"
                }
                ControlVerb::LimitStorage => {
                    "Leave the client without storage for a firmware package"
                }
                _ => "Leave the client without working memory for a firmware package",
            };
            said(implementation.ask_to_do(sentence).await)
        }
        outcome => outcome,
    }
}

async fn show(
    implementation: &Iut,
    subject: &str,
    values: &Placeholders,
    sentence: &str,
) -> Outcome {
    if !implementation.has_show(subject) {
        return answered(
            implementation
                .ask(&format!("Is this true? {sentence}"))
                .await,
        );
    }
    match implementation.show(subject, values).await {
        Ok(Shown::Values(values)) => {
            let object = serde_json::Value::Object(values.into_iter().collect());
            Outcome::Done(Some(shown::of_json(&object)))
        }
        Ok(Shown::Nothing(outcome)) => said(outcome),
        Err(error) => Outcome::Failed(reason(&error)),
    }
}

fn told(outcome: Result<iut::Outcome, IutError>) -> Outcome {
    outcome.map_or_else(|error| Outcome::Failed(reason(&error)), said)
}

fn said(outcome: iut::Outcome) -> Outcome {
    match outcome {
        iut::Outcome::Done { .. } => Outcome::Done(None),
        iut::Outcome::Unsupported => Outcome::Unsupported,
        iut::Outcome::Failed(reason) | iut::Outcome::Refused(reason) => Outcome::Failed(reason),
        iut::Outcome::NobodyToAsk => Outcome::NobodyToAsk,
    }
}

fn answered(reply: Reply) -> Outcome {
    match reply {
        Reply::Yes => Outcome::Done(None),
        Reply::No(reason) => Outcome::No(reason),
        Reply::Nobody => Outcome::NobodyToAsk,
    }
}

fn with(base: Placeholders, own: Vec<(String, String)>) -> Placeholders {
    let mut values = base;
    values.extend(own);
    values
}

/// The error with its help, in one line.
fn reason(error: &IutError) -> String {
    error.to_string()
}
