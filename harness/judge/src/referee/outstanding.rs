//! What waits: responses that nobody acknowledges, requests that overlap (RFC 7252, 4.2 and 4.7).

use coap::{Kind, Parameters};

use super::Finding;
use super::exchange::transmissions;
use super::rules::{RESPONSE_UNACKNOWLEDGED, SIMULTANEOUS};
use super::scene::Scene;
use crate::event::{Datagram, Fate, Sort};
use crate::transfer::Transfer;

/// A response in a Confirmable message that its receiver, who asked for it, lets pass again and again.
pub(super) fn unacknowledged(
    transfer: &Transfer,
    index: usize,
    datagram: &Datagram,
    first: u32,
) -> Option<Finding> {
    let sent = transmissions(transfer, index, datagram, first);
    let original = transfer.datagram(first)?;
    let Fate::Event(event) = original.fate else {
        return None;
    };
    let asked = matches!(transfer.event(event)?.sort, Sort::Response(_));
    let id = datagram.reading.id()?;
    let mut before = transfer.datagrams().get(..index)?.iter();
    let reply = before.any(|other| {
        other.frame > first
            && other.from == datagram.to
            && other.to == datagram.from
            && other.reading.id() == Some(id)
            && matches!(other.reading.kind(), Some(Kind::Ack | Kind::Rst))
    });
    if !asked || reply || !original.reading.is_clean() || sent.len() < TRANSMISSIONS {
        return None;
    }
    let text = format!("did not acknowledge the response in frame {first}, sent three times");
    let mut finding =
        RESPONSE_UNACKNOWLEDGED.broken(datagram, "Acknowledgement", "one", "none", &text);
    finding.seat = datagram.to;
    finding.message = format!("the {} {text}", datagram.to);
    Some(finding)
}

/// A request that goes while another one is outstanding (RFC 7252, 4.7); NSTART may be configured, so that it is advice.
pub(super) fn simultaneous(
    scene: &Scene<'_>,
    index: usize,
    datagram: &Datagram,
    event: usize,
) -> Option<Finding> {
    let transfer = scene.transfer;
    let span = Parameters::default().max_transmit_span();
    let waiting = transfer.waiting_before(event);
    let mut recent = waiting
        .filter_map(|other| transfer.event(other))
        .take_while(|other| datagram.time.since(other.time) < span);
    let other = recent.find(|request| {
        request.from == datagram.from
            && request.to == datagram.to
            && !is_acknowledged(transfer, index, request.frame())
    })?;
    let first = transfer.datagram(other.frame())?;
    let confirmable = first.reading.kind() == Some(Kind::Con)
        && first.reading.message.as_ref()?.code.is_request();
    if !confirmable {
        return None;
    }
    let text = format!("sent a request while that of frame {} waits", first.frame);
    Some(SIMULTANEOUS.broken(datagram, "outstanding requests", "one", "two", &text))
}

/// Whether an Acknowledgement of the message in `frame` came before the datagram with this index.
fn is_acknowledged(transfer: &Transfer, index: usize, frame: u32) -> bool {
    let from = transfer.place(frame).unwrap_or(0);
    let since = transfer.datagrams().get(from..index).unwrap_or_default();
    since
        .iter()
        .any(|other| other.fate == Fate::Acknowledges(Some(frame)))
}

/// So often a response has been sent that its Acknowledgement cannot have been under way (RFC 7252, 4.2).
const TRANSMISSIONS: usize = 3;

#[cfg(test)]
pub(super) mod tests {
    use coap::Code;
    use testcase::Seat;

    use super::super::Level;
    use super::super::trial::{Row, Sent, ack, con, empty, from_client, from_server};
    use super::*;

    fn update(time: u64, id: u16) -> Sent {
        from_client(time, con(Code::POST, id, id as u8).path("/rd/1"))
    }

    fn accepted(time: u64) -> Sent {
        from_server(time, con(Code::CHANGED, 9, 1))
    }

    pub(in super::super) fn rows() -> Vec<Row> {
        vec![
            Row::new(
                "response-unacknowledged",
                Level::Must,
                vec![
                    update(0, 1),
                    from_server(1, empty(Kind::Ack, 1)),
                    accepted(500),
                    accepted(2_500),
                    from_client(2_501, empty(Kind::Ack, 9)),
                ],
                vec![
                    update(0, 1),
                    from_server(1, empty(Kind::Ack, 1)),
                    accepted(500),
                    accepted(2_500),
                    accepted(6_600),
                ],
                5,
                Seat::CLIENT,
            ),
            Row::new(
                "simultaneous-requests",
                Level::Should,
                vec![
                    update(0, 1),
                    from_server(1, ack(Code::CHANGED, 1, 1)),
                    update(2, 2),
                ],
                vec![update(0, 1), update(2, 2)],
                2,
                Seat::CLIENT,
            ),
        ]
    }
}
