//! One question to the implementation under probe, as a line of the notation, and what came of it.

use std::time::Duration;

use coap::{Code, ContentFormat};
use lwm2m::Node;
use runner::talk::{Answer, Ended, Talk};
use testcase::{Seat, read_line};

/// What came of a question.
#[derive(Clone, Debug)]
pub(super) enum Reply {
    /// An answer.
    Answer(Box<Answer>),
    /// None within the time.
    Silence,
    /// It could not be asked.
    Unasked(String),
}

/// Asks `to` what the line says.
pub(super) async fn ask(talk: &Talk, to: Seat, text: &str) -> Result<Reply, Ended> {
    let mut line = match read_line("probe", text, talk.own()) {
        Ok(line) => line,
        Err(mistakes) => {
            let first = mistakes.into_iter().next();
            return Ok(Reply::Unasked(
                first.map_or_else(String::new, |mistake| mistake.message),
            ));
        }
    };
    line.to = Some(to);
    let sent = match talk.say(line).await? {
        Ok(sent) => sent,
        Err(reason) => return Ok(Reply::Unasked(reason)),
    };
    let answer = talk.answer(&sent, WITHIN).await?;
    Ok(answer.map_or(Reply::Silence, |answer| Reply::Answer(Box::new(answer))))
}

impl Reply {
    /// The answer, if it is one of success.
    pub(super) fn success(&self) -> Option<&Answer> {
        match self {
            Self::Answer(answer) if answer.message.code.is_success() => Some(answer),
            _ => None,
        }
    }

    /// Values of a successful answer.
    pub(super) fn nodes(&self) -> &[Node] {
        let nodes = self.success().and_then(|answer| answer.nodes.as_ref().ok());
        nodes.map_or(&[], Vec::as_slice)
    }

    /// Its code, if it has one.
    pub(super) fn code(&self) -> Option<Code> {
        match self {
            Self::Answer(answer) => Some(answer.message.code),
            _ => None,
        }
    }

    /// Its Content-Format.
    pub(super) fn format(&self) -> Option<ContentFormat> {
        self.success()
            .and_then(|answer| answer.message.content_format())
    }

    /// Whether it says that there is no such operation (Core TS, 6.3; RFC 7252, 5.9): it could not mean anything else.
    pub(super) fn refuses(&self) -> bool {
        matches!(
            self.code(),
            Some(
                Code::METHOD_NOT_ALLOWED
                    | Code::NOT_IMPLEMENTED
                    | Code::NOT_FOUND
                    | Code::BAD_REQUEST
                    | Code::BAD_OPTION
                    | Code::UNSUPPORTED_CONTENT_FORMAT
                    | Code::NOT_ACCEPTABLE
            )
        )
    }

    /// For a comment: `2.05 Content (frame 7)`.
    pub(super) fn evidence(&self) -> String {
        match self {
            Self::Answer(answer) => format!("{} (frame {})", answer.message.code, answer.frame),
            Self::Silence => format!("no answer within {} s", WITHIN.as_secs()),
            Self::Unasked(reason) => format!("could not be asked: {reason}"),
        }
    }
}

/// How long an answer may take.
const WITHIN: Duration = Duration::from_secs(10);
