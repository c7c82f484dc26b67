//! Answers: their code for the operation (Transport TS, 6.7), and that there is one.

use coap::{Code, Kind, Message, option};
use lwm2m::Operation;

use super::Finding;
use super::rules::{REGISTER_LOCATION, RESPONSE_CODE, SECOND_RESPONSE};
use super::scene::{Scene, is_protected};
use crate::event::{Datagram, Sort};

/// Rules about the answer with this index; silent if its request is not sound.
pub(super) fn check(scene: &Scene<'_>, index: usize) -> Vec<Finding> {
    let answer = scene.transfer.event(index).zip(scene.datagram_of(index));
    let Some((event, datagram)) = answer else {
        return Vec::new();
    };
    let (Sort::Response(request), Some(message)) = (&event.sort, &event.message) else {
        return Vec::new();
    };
    let operation = scene.operation(*request);
    let Some(operation) = operation.filter(|_| scene.is_sound(*request) && !is_protected(message))
    else {
        return Vec::new();
    };
    let mut findings = Vec::new();
    findings.extend(code(datagram, message, operation));
    if matches!(operation, Operation::Register(_)) && message.code == Code::CREATED {
        findings.extend(location(datagram, message));
    }
    if !is_observing(operation) {
        findings.extend(second(scene, index, *request, datagram, message));
    }
    findings
}

/// A success that belongs to another operation contradicts the table; an error of another operation is a remark.
fn code(datagram: &Datagram, message: &Message, operation: &Operation) -> Option<Finding> {
    let code = message.code;
    let allowed = operation.responses();
    let echo = code == Code::UNAUTHORIZED && message.option_values(option::ECHO).next().is_some();
    if allowed.is_empty() || allowed.contains(&code) || is_general(code) || echo {
        return None;
    }
    let expected: Vec<String> = allowed.iter().map(Code::to_string).collect();
    let text = format!("answered {} with {code}", operation.label());
    let finding = RESPONSE_CODE.broken(
        datagram,
        "code",
        expected.join(", "),
        code.to_string(),
        &text,
    );
    Some(finding.softened(!code.is_success()))
}

/// Codes of CoAP itself that may answer anything, and those that the TS and the RFCs give for the same mistake.
const fn is_general(code: Code) -> bool {
    code.class() == 5
        || matches!(
            code,
            Code::VALID
                | Code::CONTINUE
                | Code::BAD_OPTION
                | Code::NOT_ACCEPTABLE
                | Code::REQUEST_ENTITY_INCOMPLETE
                | Code::CONFLICT
                | Code::REQUEST_ENTITY_TOO_LARGE
                | Code::UNSUPPORTED_CONTENT_FORMAT
                | Code::UNPROCESSABLE_ENTITY
        )
}

/// A registration has a place below /rd (Transport TS, 6.4.3).
fn location(datagram: &Datagram, message: &Message) -> Option<Finding> {
    let segments = message.text_options(option::LOCATION_PATH);
    let below = segments.len() > 1 && segments.first().is_some_and(|first| first == "rd");
    if below {
        return None;
    }
    let actual = match segments.as_slice() {
        [] => "no location".to_owned(),
        _ => format!("/{}", segments.join("/")),
    };
    let text = format!("accepted the registration with {actual}");
    Some(REGISTER_LOCATION.broken(datagram, "location", "below /rd", actual, &text))
}

/// A second answer of its own, where nothing asked for one.
fn second(
    scene: &Scene<'_>,
    index: usize,
    request: usize,
    datagram: &Datagram,
    message: &Message,
) -> Option<Finding> {
    let blocks = [option::BLOCK1, option::BLOCK2]
        .into_iter()
        .any(|number| message.option_values(number).next().is_some());
    if message.kind == Kind::Ack || blocks {
        return None;
    }
    let earlier = scene.transfer.response_before(request, index)?;
    if was_repeated(scene, request) {
        return None;
    }
    let text = format!("answered a second time, after frame {}", earlier.frame());
    Some(SECOND_RESPONSE.broken(
        datagram,
        "responses",
        "one",
        message.code.to_string(),
        &text,
    ))
}

fn was_repeated(scene: &Scene<'_>, request: usize) -> bool {
    let frames = scene
        .transfer
        .event(request)
        .map(|event| event.frames.as_slice())
        .unwrap_or_default();
    let mut repeats = scene.transfer.repeats();
    repeats.any(|datagram| {
        matches!(datagram.fate, crate::event::Fate::Repeats(frame) if frames.contains(&frame))
    })
}

/// Whether further answers may follow as notifications, or may still be under way.
const fn is_observing(operation: &Operation) -> bool {
    matches!(
        operation,
        Operation::Observe(_)
            | Operation::ObserveComposite(_)
            | Operation::CancelObservation(_)
            | Operation::CancelObservationComposite(_)
    )
}

#[cfg(test)]
pub(super) mod tests {
    use testcase::Seat;

    use super::super::Level;
    use super::super::trial::{Draft, Row, Sent, ack, con, from_client, from_server};
    use super::*;

    fn write(time: u64) -> Sent {
        let message = con(Code::PUT, 1, 0xa1).path("/3/0/14").format(0);
        from_server(time, message.payload(b"+01"))
    }

    fn register(time: u64) -> Sent {
        let queries = ["ep=a", "lt=60", "lwm2m=1.1"];
        let message = queries
            .into_iter()
            .fold(con(Code::POST, 1, 0xa1).path("/rd"), Draft::query);
        from_client(time, message.format(40).payload(b"</1/0>,</3/0>"))
    }

    pub(in super::super) fn rows() -> Vec<Row> {
        let changed = |code| vec![write(0), from_client(1, ack(code, 1, 0xa1))];
        let accepted = |location: &str| {
            vec![
                register(0),
                from_server(1, ack(Code::CREATED, 1, 0xa1).location(location)),
            ]
        };
        vec![
            Row::new(
                "response-code",
                Level::Must,
                changed(Code::CHANGED),
                changed(Code::CREATED),
                2,
                Seat::CLIENT,
            ),
            Row::new(
                "response-code",
                Level::Should,
                changed(Code::INTERNAL_SERVER_ERROR),
                changed(Code::PRECONDITION_FAILED),
                2,
                Seat::CLIENT,
            ),
            Row::new(
                "register-location",
                Level::Must,
                accepted("/rd/1/a"),
                accepted("/5a3f"),
                2,
                Seat::SERVER,
            ),
            Row::new(
                "register-location",
                Level::Must,
                accepted("/rd/1"),
                accepted(""),
                2,
                Seat::SERVER,
            ),
            Row::new(
                "second-response",
                Level::Should,
                vec![
                    write(0),
                    write(2_000),
                    from_client(2_001, ack(Code::CHANGED, 1, 0xa1)),
                    from_client(2_002, con(Code::CHANGED, 9, 0xa1)),
                ],
                vec![
                    write(0),
                    from_client(1, ack(Code::CHANGED, 1, 0xa1)),
                    from_client(2, con(Code::CHANGED, 9, 0xa1)),
                ],
                3,
                Seat::CLIENT,
            ),
        ]
    }

    #[test]
    fn an_unsound_request_excuses_its_answer() {
        let odd = con(Code::PUT, 1, 0xa1).path("/3/0/14").option(2049, b"");
        let script = [
            from_server(0, odd.format(0).payload(b"+01")),
            from_client(1, ack(Code::CREATED, 1, 0xa1)),
        ];
        let findings = super::super::trial::findings(&script);
        assert!(findings.iter().all(|finding| finding.seat == Seat::SERVER));
    }
}
