//! Message layer: Message IDs, tokens, Acknowledgements, duplicates, retransmissions (RFC 7252, 4 and 5.3).
//!
//! A message that the other side got wrong excuses what answers it.

use std::time::Duration;

use coap::{Code, Header, Kind, Message, Parameters};
use lwm2m::{Operation, Version};

use super::memory::{Memory, Used};
use super::rules::{
    ACK_MESSAGE_ID, DUPLICATE_ANSWER, MESSAGE_ID_REUSED, NON_ACKNOWLEDGED, OPERATION_CONFIRMABLE,
    RESPONSE_TOKEN, RETRANSMISSION_ACKED, RETRANSMISSION_COUNT, RETRANSMISSION_EARLY,
};
use super::scene::{Scene, begins_anew};
use super::{Finding, outstanding};
use crate::event::{Datagram, Fate};
use crate::transfer::Transfer;

/// Rules about one datagram and those before it.
pub(super) fn check(scene: &Scene<'_>, index: usize) -> Vec<Finding> {
    let Some(datagram) = scene.transfer.datagrams().get(index) else {
        return Vec::new();
    };
    let (Some(message), Some(header)) = (&datagram.reading.message, datagram.reading.header) else {
        return Vec::new();
    };
    match (header.kind, datagram.fate) {
        _ if datagram.via.copied => Vec::new(),
        (Kind::Con, Fate::Repeats(first)) => {
            let mut findings = retransmission(scene.transfer, index, datagram, first);
            findings.extend(outstanding::unacknowledged(
                scene.transfer,
                index,
                datagram,
                first,
            ));
            findings
        }
        (Kind::Con, Fate::Event(event)) if message.code.is_request() => {
            outstanding::simultaneous(scene, index, datagram, event)
                .into_iter()
                .collect()
        }
        (Kind::Ack, fate) => {
            let mut findings = Vec::new();
            findings.extend(acknowledgement(scene, index, datagram, message));
            if !matches!(fate, Fate::Repeats(_)) {
                findings.extend(duplicate(scene, index, datagram, header));
            }
            findings
        }
        _ => Vec::new(),
    }
}

/// A Message ID that stands for two messages (RFC 7252, 4.4).
pub(super) fn check_id(memory: &mut Memory, transfer: &Transfer, index: usize) -> Option<Finding> {
    let datagram = transfer.datagrams().get(index)?;
    let message = datagram.reading.message.as_ref()?;
    if !matches!(message.kind, Kind::Con | Kind::Non) || matches!(datagram.fate, Fate::Repeats(_)) {
        return None;
    }
    let (from, to) = (datagram.from, datagram.to);
    if begins_anew(message) {
        memory.forget_ids(|one, other| (one, other) == (from, to));
    }
    let used = Used {
        datagram: index,
        time: datagram.time,
    };
    let earlier = memory.ids.insert((from, to, message.id), used)?;
    let first = transfer.datagrams().get(earlier.datagram)?;
    let parameters = Parameters::default();
    let lifetime = match first.reading.header?.kind {
        Kind::Con => parameters.exchange_lifetime(),
        _ => parameters.non_lifetime(),
    };
    let passed = datagram.time.since(earlier.time);
    if passed >= lifetime || first.bytes == datagram.bytes {
        return None;
    }
    let message = format!(
        "used Message ID {} again {} after frame {}, for another message",
        message.id,
        seconds(passed),
        first.frame
    );
    let expected = format!("unused for {}", seconds(lifetime));
    let actual = format!("used {} before", seconds(passed));
    Some(MESSAGE_ID_REUSED.broken(datagram, "Message ID", expected, actual, &message))
}

/// Rules about one event: the type of the message that an operation travels in.
pub(super) fn check_event(scene: &Scene<'_>, index: usize) -> Option<Finding> {
    let event = scene.transfer.event(index)?;
    let operation = scene.operation(index)?;
    let datagram = scene.datagram_of(index)?;
    // a stream has no message types (RFC 8323, 3)
    if datagram.reading.kind()? != Kind::Non || datagram.via.stream {
        return None;
    }
    let allowed = match operation {
        // before 1.2.1 a Send was Confirmable, and nobody tells 1.2 from 1.2.1
        Operation::Send(_) => matches!(scene.client_version(event), None | Some(Version::V1_2)),
        _ => operation.kinds().contains(&Kind::Non),
    };
    if allowed {
        return None;
    }
    let message = format!("sent {} in a Non-confirmable message", operation.label());
    Some(OPERATION_CONFIRMABLE.broken(datagram, "message type", "CON", "NON", &message))
}

/// Message ID and token of an Acknowledgement.
fn acknowledgement(
    scene: &Scene<'_>,
    index: usize,
    datagram: &Datagram,
    message: &Message,
) -> Option<Finding> {
    let acknowledged = scene.request_before(index, |_, sent| {
        sent.kind == Kind::Con && sent.id == message.id
    });
    if let Some(request) = acknowledged {
        return wrong_token(scene, index, request, datagram, message);
    }
    let non = scene.request_before(index, |_, sent| {
        sent.kind == Kind::Non && sent.id == message.id
    });
    if let Some(non) = non {
        let text = format!(
            "acknowledged the Non-confirmable message in frame {}",
            non.frame
        );
        let actual = format!("ACK of {}", message.id);
        return Some(NON_ACKNOWLEDGED.broken(datagram, "message type", "no ACK", actual, &text));
    }
    let asked = scene.request_before(index, |sent, request| {
        request.kind == Kind::Con
            && request.code.is_request()
            && request.token == message.token
            && sent.reading.is_clean()
    })?;
    if !message.code.is_response() {
        return None;
    }
    let wanted = asked.reading.id()?;
    let text = format!(
        "answered the request in frame {} with Message ID {}, not {wanted}",
        asked.frame, message.id
    );
    Some(ACK_MESSAGE_ID.broken(
        datagram,
        "Message ID",
        wanted.to_string(),
        message.id.to_string(),
        &text,
    ))
}

fn wrong_token(
    scene: &Scene<'_>,
    index: usize,
    request: &Datagram,
    datagram: &Datagram,
    message: &Message,
) -> Option<Finding> {
    let asked = request.reading.message.as_ref()?;
    let comparable = message.code.is_response() && asked.code.is_request();
    if !comparable || !request.reading.is_clean() {
        return None;
    }
    // a requester that uses a Message ID twice cannot expect to be understood
    let meant = scene.request_before(index, |_, sent| {
        sent.id == message.id && sent.token == message.token
    });
    if meant.is_some() {
        return None;
    }
    let text = format!(
        "answered the request in frame {} with token {}, not {}",
        request.frame, message.token, asked.token
    );
    Some(RESPONSE_TOKEN.broken(
        datagram,
        "token",
        asked.token.to_string(),
        message.token.to_string(),
        &text,
    ))
}

/// Time and number of retransmissions (RFC 7252, 4.2); the parameters may be configured, so all of it is advice.
fn retransmission(
    transfer: &Transfer,
    index: usize,
    datagram: &Datagram,
    first: u32,
) -> Vec<Finding> {
    let sent = transmissions(transfer, index, datagram, first);
    let [.., before, last] = sent.as_slice() else {
        return Vec::new();
    };
    if last.frame != datagram.frame {
        return Vec::new();
    }
    let mut findings = Vec::new();
    let gap = last.time.since(before.time);
    let parameters = Parameters::default();
    let due = match sent.as_slice() {
        [.., earlier, before, _] => before.time.since(earlier.time).mul_f64(DOUBLED),
        _ => parameters.ack_timeout,
    };
    if gap + TOLERANCE < due {
        let message = format!(
            "retransmitted frame {first} {} after frame {}",
            seconds(gap),
            before.frame
        );
        let expected = format!("at least {}", seconds(due));
        findings.push(RETRANSMISSION_EARLY.broken(
            datagram,
            "time",
            expected,
            seconds(gap),
            &message,
        ));
    }
    let retransmissions = sent.len() - 1;
    if retransmissions > parameters.max_retransmit as usize {
        let message = format!("retransmitted frame {first} {retransmissions} times");
        let actual = retransmissions.to_string();
        findings.push(RETRANSMISSION_COUNT.broken(
            datagram,
            "retransmissions",
            "at most 4",
            actual,
            &message,
        ));
    }
    findings.extend(acknowledged(transfer, index, datagram, first));
    findings
}

/// Every transmission of a message; a copy that follows at once was made by the network.
pub(super) fn transmissions<'t>(
    transfer: &'t Transfer,
    index: usize,
    datagram: &Datagram,
    first: u32,
) -> Vec<&'t Datagram> {
    let mut sent: Vec<&Datagram> = Vec::new();
    for other in transfer.datagrams().iter().take(index + 1) {
        let same = other.frame == first || other.fate == Fate::Repeats(first);
        let copy = sent
            .last()
            .is_some_and(|before| other.time.since(before.time) < COPY);
        if same && other.from == datagram.from && other.to == datagram.to && !copy {
            sent.push(other);
        }
    }
    sent
}

fn acknowledged(
    transfer: &Transfer,
    index: usize,
    datagram: &Datagram,
    first: u32,
) -> Option<Finding> {
    let id = datagram.reading.id()?;
    let before = transfer.datagrams().get(..index)?;
    let reply = before.iter().find(|other| {
        other.frame > first
            && other.from == datagram.to
            && other.to == datagram.from
            && other.reading.id() == Some(id)
            && settles(other, datagram)
    })?;
    let passed = datagram.time.since(reply.time);
    if passed < CROSSING {
        return None;
    }
    let message = format!(
        "retransmitted frame {first} {} after it was acknowledged in frame {}, which may have been lost",
        seconds(passed),
        reply.frame
    );
    let actual = format!("one after {}", seconds(passed));
    Some(RETRANSMISSION_ACKED.broken(datagram, "retransmission", "none", actual, &message))
}

/// Whether a sender may take `reply` for an Acknowledgement or Reset of `sent`: a wrong token or format gives it the right not to.
fn settles(reply: &Datagram, sent: &Datagram) -> bool {
    let token = |datagram: &Datagram| datagram.reading.token_read().cloned();
    let empty = reply.reading.code() == Some(Code::EMPTY);
    matches!(reply.reading.kind(), Some(Kind::Ack | Kind::Rst))
        && reply.reading.is_clean()
        && (empty || token(reply) == token(sent))
}

/// A duplicate of a POST that got another Acknowledgement than the first (RFC 7252, 4.5); the other methods may be done again.
fn duplicate(
    scene: &Scene<'_>,
    index: usize,
    datagram: &Datagram,
    header: Header,
) -> Option<Finding> {
    let before = scene.transfer.datagrams().get(..index)?;
    let mut repeats = scene.transfer.repeats();
    // most of what is acknowledged was sent once
    repeats.find(|sent| sent.from == datagram.to && sent.reading.id() == Some(header.id))?;
    let request = scene.request_before(index, |_, sent| {
        sent.kind == Kind::Con && sent.id == header.id && sent.code == Code::POST
    })?;
    let Fate::Repeats(first) = request.fate else {
        return None;
    };
    let earlier = before.iter().find(|other| {
        other.frame > first
            && other.from == datagram.from
            && other.to == datagram.to
            && other.reading.id() == Some(header.id)
            && matches!(other.reading.kind(), Some(Kind::Ack | Kind::Rst))
    })?;
    // the response may have become ready meanwhile
    let ready = earlier.reading.code() == Some(Code::EMPTY);
    if ready || earlier.bytes == datagram.bytes {
        return None;
    }
    let code = |found: &Datagram| {
        found
            .reading
            .code()
            .map_or_else(String::new, |code| code.to_string())
    };
    let message = format!(
        "answered the duplicate in frame {} unlike the first time in frame {}",
        request.frame, earlier.frame
    );
    let expected = format!("the bytes of frame {} ({})", earlier.frame, code(earlier));
    Some(DUPLICATE_ANSWER.broken(
        datagram,
        "answer to a duplicate",
        expected,
        code(datagram),
        &message,
    ))
}

fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}

/// What a clock of another machine may be off over a few seconds.
const TOLERANCE: Duration = Duration::from_millis(100);
/// Below this a repetition is a copy that the network made.
const COPY: Duration = Duration::from_millis(20);
/// As long as this a retransmission and its Acknowledgement may be under way at the same time.
const CROSSING: Duration = Duration::from_secs(2);
/// The time-out doubles (RFC 7252, 4.2); three quarters of that leave room for latency.
const DOUBLED: f64 = 1.5;

#[cfg(test)]
pub(super) mod tests {
    use testcase::Seat;

    use super::super::Level;
    use super::super::trial::{Row, Sent, ack, con, content, empty, from_client, from_server, non};
    use super::*;

    fn read(time: u64, id: u16, token: u8) -> Sent {
        from_server(time, con(Code::GET, id, token).path("/3/0/9"))
    }

    fn answer(time: u64, id: u16, token: u8) -> Sent {
        from_client(time, content(ack(Code::CONTENT, id, token), 0, b"7"))
    }

    fn execute(time: u64) -> Sent {
        from_server(time, con(Code::POST, 1, 0xa1).path("/3/0/4"))
    }

    fn notify(time: u64, id: u16) -> Sent {
        from_client(time, con(Code::CONTENT, id, 0xa1).observe(id.into()))
    }

    fn repeated(times: &[u64]) -> Vec<Sent> {
        times.iter().map(|time| notify(*time, 7)).collect()
    }

    pub(in super::super) fn rows() -> Vec<Row> {
        use Level::{Must, Should};
        vec![
            Row::new(
                "acknowledgement-message-id",
                Must,
                vec![read(0, 1, 0xa1), answer(9, 1, 0xa1)],
                vec![read(0, 1, 0xa1), answer(9, 2, 0xa1)],
                2,
                Seat::CLIENT,
            ),
            Row::new(
                "response-token",
                Must,
                vec![read(0, 1, 0xa1), answer(9, 1, 0xa1)],
                vec![read(0, 1, 0xa1), answer(9, 1, 0xa2)],
                2,
                Seat::CLIENT,
            ),
            Row::new(
                "non-acknowledged",
                Must,
                vec![
                    from_client(0, non(Code::CONTENT, 1, 0xa1)),
                    from_server(1, empty(Kind::Rst, 1)),
                ],
                vec![
                    from_client(0, non(Code::CONTENT, 1, 0xa1)),
                    from_server(1, empty(Kind::Ack, 1)),
                ],
                2,
                Seat::SERVER,
            ),
            Row::new(
                "message-id-reused",
                Must,
                vec![
                    read(0, 1, 0xa1),
                    answer(9, 1, 0xa1),
                    read(247_000, 1, 0xa2),
                    answer(247_009, 1, 0xa2),
                ],
                vec![read(0, 1, 0xa1), answer(9, 1, 0xa1), read(246_000, 1, 0xa2)],
                3,
                Seat::SERVER,
            ),
            Row::new(
                "retransmission-early",
                Should,
                repeated(&[0, 2_000, 6_100, 14_500, 31_000]),
                repeated(&[0, 1_000]),
                2,
                Seat::CLIENT,
            ),
            Row::new(
                "retransmission-early",
                Should,
                // a copy that the network made, a message with another identifier
                vec![notify(0, 7), notify(1, 7), notify(500, 8)],
                repeated(&[0, 3_000, 6_000]),
                3,
                Seat::CLIENT,
            ),
            Row::new(
                "retransmission-count",
                Should,
                repeated(&[0, 2_000, 6_000, 14_000, 30_000]),
                repeated(&[0, 2_000, 6_000, 14_000, 30_000, 62_000]),
                6,
                Seat::CLIENT,
            ),
            Row::new(
                "retransmission-after-acknowledgement",
                Should,
                vec![
                    notify(0, 7),
                    from_server(1_900, empty(Kind::Ack, 7)),
                    notify(2_000, 7),
                ],
                vec![
                    notify(0, 7),
                    from_server(10, empty(Kind::Ack, 7)),
                    notify(2_100, 7),
                ],
                3,
                Seat::CLIENT,
            ),
            Row::new(
                "duplicate-answered-differently",
                Should,
                vec![
                    execute(0),
                    from_client(10, ack(Code::CHANGED, 1, 0xa1)),
                    execute(2_000),
                    from_client(2_010, ack(Code::CHANGED, 1, 0xa1)),
                ],
                vec![
                    execute(0),
                    from_client(10, ack(Code::CHANGED, 1, 0xa1)),
                    execute(2_000),
                    from_client(2_010, ack(Code::BAD_REQUEST, 1, 0xa1)),
                ],
                4,
                Seat::CLIENT,
            ),
            Row::new(
                "operation-confirmable",
                Must,
                vec![from_server(0, non(Code::POST, 1, 0xa1).path("/3/0/4"))],
                vec![from_server(0, non(Code::GET, 1, 0xa1).path("/3/0/9"))],
                1,
                Seat::SERVER,
            ),
        ]
    }

    /// What looks like a breach and was caused by the other side, or by nobody.
    #[test]
    fn nobody_is_blamed_for_what_another_did() {
        let register = |time, id, token| {
            let message = con(Code::POST, id, token)
                .path("/rd")
                .query("ep=a")
                .query("lt=60")
                .query("lwm2m=1.1")
                .format(40);
            from_client(time, message.payload(b"</1/0>,</3/0>"))
        };
        let accepted =
            |time, id, token| from_server(time, ack(Code::CREATED, id, token).location("/rd/1"));
        let scripts = [
            // a critical option of our own: the answer may have any token
            vec![
                from_server(0, con(Code::GET, 1, 0xa1).path("/3/0").option(2049, b"")),
                from_client(1, ack(Code::BAD_OPTION, 1, 0xa2)),
            ],
            // the capture begins between request and answer
            vec![answer(0, 1, 0xa1)],
            vec![from_client(0, empty(Kind::Ack, 1))],
            // a client that was restarted begins with the same Message ID
            vec![
                register(0, 1, 0xa1),
                accepted(1, 1, 0xa1),
                register(9_000, 1, 0xa2),
                accepted(9_001, 1, 0xa2),
            ],
            // an answer that became ready meanwhile
            vec![
                execute(0),
                from_client(10, empty(Kind::Ack, 1)),
                execute(2_000),
                from_client(2_010, ack(Code::CHANGED, 1, 0xa1)),
            ],
            // an answer of our own that nobody has to take
            vec![read(0, 1, 0xa1), answer(1, 1, 0xa2), read(2_500, 1, 0xa1)],
            // a GET may be done again
            vec![
                read(0, 1, 0xa1),
                answer(1, 1, 0xa1),
                read(2_000, 1, 0xa1),
                from_client(2_001, content(ack(Code::CONTENT, 1, 0xa1), 0, b"8")),
            ],
        ];
        for script in scripts {
            let findings: Vec<String> = super::super::trial::findings(&script)
                .into_iter()
                .filter(|finding| {
                    !finding.rule.starts_with("message-critical")
                        && finding.rule != "response-token"
                })
                .map(|finding| finding.message)
                .collect();
            assert_eq!(findings, Vec::<String>::new());
        }
    }

    #[test]
    fn a_restart_frees_message_ids() {
        let mut referee = super::super::Referee::new(Version::V1_1);
        let mut found = super::super::trial::look(&mut referee, &[read(0, 1, 0xa1)]);
        referee.restarted(Seat::SERVER);
        found.extend(super::super::trial::look(&mut referee, &[read(0, 1, 0xa1)]));
        assert!(found.is_empty());
    }
}
