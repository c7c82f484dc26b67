//! Observations: order, code and format of notifications (RFC 7641, 3 and 4).
//!
//! Whether a notification was due, or came after a cancellation, is for cases to say.

use std::time::Duration;

use coap::observe::is_newer;
use coap::{Code, Kind, Message, option};
use lwm2m::Operation;

use super::Finding;
use super::memory::{Memory, Sequence};
use super::rules::{
    CANCEL_OBSERVE, NOTIFICATION_CODE, NOTIFICATION_FORMAT, NOTIFICATION_ORDER, OBSERVE_MISSING,
};
use super::scene::{Scene, is_protected};
use crate::event::{Datagram, Event, Sort};
use crate::transfer::Transfer;

/// Rules about the event with this index.
pub(super) fn check(scene: &Scene<'_>, index: usize) -> Vec<Finding> {
    let Some((event, datagram, message)) = head(scene.transfer, index) else {
        return Vec::new();
    };
    let (Sort::Response(request) | Sort::Notification(request)) = event.sort else {
        return Vec::new();
    };
    if !scene.is_sound(request) || is_protected(message) {
        return Vec::new();
    }
    let Some(operation) = scene.operation(request) else {
        return Vec::new();
    };
    let notifies = matches!(event.sort, Sort::Notification(_));
    match operation {
        Operation::Observe(_) | Operation::ObserveComposite(_) => {
            of_observation(scene, index, request, notifies, datagram, message)
        }
        Operation::CancelObservation(_) | Operation::CancelObservationComposite(_) => {
            of_cancellation(datagram, message).into_iter().collect()
        }
        _ => Vec::new(),
    }
}

/// Remembers number and format of the event with this index.
pub(super) fn learn(memory: &mut Memory, transfer: &Transfer, index: usize) {
    let Some((event, datagram, message)) = head(transfer, index) else {
        return;
    };
    let (Sort::Response(request) | Sort::Notification(request)) = event.sort else {
        return;
    };
    if let Some(number) = message.observe() {
        let newest = memory.sequences.get(&request);
        let fresh = newest
            .is_none_or(|newest| is_newer((newest.number, newest.time), (number, datagram.time)));
        if fresh {
            let sequence = Sequence {
                number,
                time: datagram.time,
                frame: datagram.frame,
            };
            memory.sequences.insert(request, sequence);
        }
    }
    if let (true, Some(format)) = (message.code == Code::CONTENT, message.content_format()) {
        memory.formats.entry(request).or_insert(format);
    }
}

fn of_observation(
    scene: &Scene<'_>,
    index: usize,
    request: usize,
    notifies: bool,
    datagram: &Datagram,
    message: &Message,
) -> Vec<Finding> {
    let mut findings: Vec<Finding> = Vec::new();
    if notifies {
        findings.extend(order(scene, request, datagram, message));
        findings.extend(format(scene, request, datagram, message));
        findings.extend(code(datagram, message));
    } else {
        findings.extend(unmarked(scene, index, request, datagram, message));
    }
    findings
}

/// A number that is not newer than the newest; one that came late on its way is a remark.
fn order(
    scene: &Scene<'_>,
    request: usize,
    datagram: &Datagram,
    message: &Message,
) -> Option<Finding> {
    let number = message.observe()?;
    let newest = scene.memory.sequences.get(&request)?;
    if is_newer((newest.number, newest.time), (number, datagram.time)) {
        return None;
    }
    let again = number == newest.number;
    // a Confirmable one may be a retransmission of which the first transmission was lost
    let late = message.kind == Kind::Con || datagram.time.since(newest.time) < REORDERED;
    let text = format!(
        "sent a notification with sequence number {number} after {} in frame {}",
        newest.number, newest.frame
    );
    let expected = format!("newer than {}", newest.number);
    let finding =
        NOTIFICATION_ORDER.broken(datagram, "observe", expected, number.to_string(), &text);
    Some(finding.softened(late && !again))
}

fn format(
    scene: &Scene<'_>,
    request: usize,
    datagram: &Datagram,
    message: &Message,
) -> Option<Finding> {
    let first = *scene.memory.formats.get(&request)?;
    let format = message.content_format()?;
    if format == first || message.code != Code::CONTENT {
        return None;
    }
    let text = format!("sent a notification in {format}; the first answer was in {first}");
    let finding = NOTIFICATION_FORMAT.broken(
        datagram,
        "content-format",
        first.to_string(),
        format.to_string(),
        &text,
    );
    Some(finding)
}

fn code(datagram: &Datagram, message: &Message) -> Option<Finding> {
    if matches!(message.code, Code::CONTENT | Code::VALID) {
        return None;
    }
    let text = format!(
        "sent a notification of code {} with the Observe option",
        message.code
    );
    Some(NOTIFICATION_CODE.broken(
        datagram,
        "code",
        "2.05 Content",
        message.code.to_string(),
        &text,
    ))
}

/// A further 2.05 to an Observe that has its answer, without the Observe option.
fn unmarked(
    scene: &Scene<'_>,
    index: usize,
    request: usize,
    datagram: &Datagram,
    message: &Message,
) -> Option<Finding> {
    let observe = message.option_values(option::OBSERVE).next().is_some();
    let blocks = message.option_values(option::BLOCK2).next().is_some();
    if observe || blocks || message.kind == Kind::Ack || message.code != Code::CONTENT {
        return None;
    }
    scene.transfer.response_before(request, index)?;
    let text = "sent a notification without the Observe option, which ends the observation";
    Some(OBSERVE_MISSING.broken(datagram, "observe", "present", "absent", text))
}

fn of_cancellation(datagram: &Datagram, message: &Message) -> Option<Finding> {
    let number = message.observe()?;
    let text = format!("answered the cancellation with Observe {number}");
    Some(CANCEL_OBSERVE.broken(datagram, "observe", "absent", number.to_string(), &text))
}

/// An event with its first datagram, which alone has the Observe option if the body came in blocks (RFC 7959, 2.6).
fn head(transfer: &Transfer, index: usize) -> Option<(&Event, &Datagram, &Message)> {
    let event = transfer.event(index)?;
    let datagram = transfer.datagram(*event.frames.first()?)?;
    let message = datagram.reading.message.as_ref()?;
    Some((event, datagram, message))
}

/// What comes later than this was not overtaken in a laboratory.
const REORDERED: Duration = Duration::from_secs(2);

#[cfg(test)]
pub(super) mod tests {
    use testcase::Seat;

    use super::super::Level::{Must, Should};
    use super::super::trial::{Row, Script, ack, con, content, from_client, from_server, non};
    use super::*;

    /// An observation of /3/0/9 that is answered with sequence number 10, and what the client sends then.
    fn observation(notifications: &[(u64, Kind, u32)]) -> Script {
        let mut script = vec![
            from_server(0, con(Code::GET, 1, 0xa1).path("/3/0/9").observe(0)),
            from_client(1, content(ack(Code::CONTENT, 1, 0xa1).observe(10), 0, b"1")),
        ];
        for (id, (time, kind, number)) in (50_u16..).zip(notifications) {
            let draft = match kind {
                Kind::Con => con(Code::CONTENT, id, 0xa1),
                _ => non(Code::CONTENT, id, 0xa1),
            };
            script.push(from_client(*time, content(draft.observe(*number), 0, b"2")));
        }
        script
    }

    fn ends(with: super::super::trial::Sent) -> Script {
        let mut script = observation(&[]);
        script.push(with);
        script
    }

    pub(in super::super) fn rows() -> Vec<Row> {
        use Kind::{Con, Non};
        let sound = || observation(&[(100, Con, 11), (5_000, Non, 12), (5_100, Non, 0x0080_0009)]);
        let next = |code| con(code, 50, 0xa1);
        let cancel = |observe: bool| {
            let mut script = observation(&[]);
            script.push(from_server(
                9,
                con(Code::GET, 2, 0xa1).path("/3/0/9").observe(1),
            ));
            let answer = content(ack(Code::CONTENT, 2, 0xa1), 0, b"1");
            script.push(from_client(
                10,
                if observe { answer.observe(11) } else { answer },
            ));
            script
        };
        vec![
            Row::new(
                "notification-order",
                Must,
                sound(),
                observation(&[(100, Con, 10)]),
                3,
                Seat::CLIENT,
            ),
            Row::new(
                "notification-order",
                Must,
                sound(),
                observation(&[(5_000, Non, 9)]),
                3,
                Seat::CLIENT,
            ),
            Row::new(
                "notification-order",
                Should,
                sound(),
                observation(&[(100, Non, 12), (101, Non, 11)]),
                4,
                Seat::CLIENT,
            ),
            Row::new(
                "notification-order",
                Should,
                observation(&[(129_000, Con, 5)]),
                observation(&[(5_000, Con, 5)]),
                3,
                Seat::CLIENT,
            ),
            Row::new(
                "notification-content-format",
                Must,
                sound(),
                ends(from_client(
                    9,
                    content(next(Code::CONTENT).observe(11), 11542, &[0xc1, 9, 1]),
                )),
                3,
                Seat::CLIENT,
            ),
            Row::new(
                "notification-code",
                Should,
                ends(from_client(9, next(Code::NOT_FOUND))),
                ends(from_client(9, next(Code::CHANGED).observe(11))),
                3,
                Seat::CLIENT,
            ),
            Row::new(
                "notification-without-observe",
                Should,
                sound(),
                ends(from_client(9, content(next(Code::CONTENT), 0, b"1"))),
                3,
                Seat::CLIENT,
            ),
            Row::new(
                "cancel-answered-with-observe",
                Should,
                cancel(false),
                cancel(true),
                4,
                Seat::CLIENT,
            ),
        ]
    }
}
