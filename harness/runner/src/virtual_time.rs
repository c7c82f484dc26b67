//! Virtual time: a case between emulators in one thread, without sockets; hours pass in milliseconds.

use std::collections::VecDeque;
use std::time::Duration;

use coap::Time;
use judge::command::{Command, Outcome};

use judge::watch::StreamPart;

use crate::channel::Wire;
use crate::stage::{Outgoing, Stage};
use crate::weather::{Parcel, Way};
use transport::{Closing, Tap};

/// Plays a case to its end; gives the time it took on its own clock.
///
/// Every datagram takes `LATENCY`. A case that does not end within [`LIMIT`] is ended.
pub fn play(stage: &mut Stage, start: Time) -> Time {
    play_tapped(stage, start, None)
}

/// The same, with a tap that keeps what passes.
pub fn play_tapped(stage: &mut Stage, start: Time, mut tap: Option<&mut Tap>) -> Time {
    let mut now = start;
    let mut frame = 0;
    let mut flying: VecDeque<(Time, Outgoing)> = VecDeque::new();
    stage.play.handle_timeout(now);
    while !stage.play.is_over() {
        settle(stage, now, &mut frame, &mut flying, tap.as_deref_mut());
        if stage.play.is_over() {
            break;
        }
        let arrival = flying.front().map(|(due, _)| *due);
        let Some(next) = [arrival, stage.poll_timeout()].into_iter().flatten().min() else {
            stage
                .play
                .end(now, "nothing is left that could happen", None);
            break;
        };
        now = now.max(next);
        if now.since(start) > LIMIT {
            stage.play.end(now, "the case does not end", None);
            break;
        }
        while flying.front().is_some_and(|(due, _)| *due <= now) {
            if let Some((_, outgoing)) = flying.pop_front() {
                arrive(stage, now, &outgoing);
            }
        }
        stage.handle_timeout(now);
    }
    now
}

/// Carries out what can be done at this moment.
fn settle(
    stage: &mut Stage,
    now: Time,
    frame: &mut u32,
    flying: &mut VecDeque<(Time, Outgoing)>,
    mut tap: Option<&mut Tap>,
) {
    for _ in 0..BUSY {
        let mut idle = true;
        for command in stage.obey(now) {
            refuse(stage, now, command);
            idle = false;
        }
        while let Some(parcel) = stage.poll_late(now) {
            idle = false;
            cross(stage, now, frame, flying, tap.as_deref_mut(), parcel);
        }
        while let Some(parcel) = stage.poll_parcel(now) {
            idle = false;
            let (from, to, bytes) = (parcel.from, parcel.to, parcel.bytes);
            let wire = Wire::Datagram(bytes.clone());
            let outgoing = Outgoing { from, to, wire };
            if parcel.again {
                number(frame, tap.as_deref_mut(), now, &outgoing);
                stage.tapped_copy(now, *frame, from, to, &bytes);
            }
            flying.push_back((now + LATENCY, outgoing));
        }
        while let Some(outgoing) = stage.poll_transmit(now) {
            idle = false;
            let (from, to) = (outgoing.from, outgoing.to);
            if let Wire::Datagram(bytes) = outgoing.wire {
                let parcel = Parcel::first(Way::Send, from, to, bytes);
                if let Some(parcel) = stage.defer(now, parcel) {
                    cross(stage, now, frame, flying, tap.as_deref_mut(), parcel);
                }
                continue;
            }
            number(frame, tap.as_deref_mut(), now, &outgoing);
            match &outgoing.wire {
                Wire::Datagram(_) => {}
                Wire::Stream(bytes) => {
                    stage.tapped_stream(now, *frame, from, to, StreamPart::Bytes(bytes));
                }
                Wire::Connect => stage.tapped_stream(now, *frame, from, to, StreamPart::Opened),
                Wire::Close => stage.tapped_stream(now, *frame, from, to, StreamPart::Closed),
            }
            flying.push_back((now + LATENCY, outgoing));
        }
        if idle {
            return;
        }
    }
}

/// A datagram passes the tap, and flies unless the weather takes it.
fn cross(
    stage: &mut Stage,
    now: Time,
    frame: &mut u32,
    flying: &mut VecDeque<(Time, Outgoing)>,
    tap: Option<&mut Tap>,
    parcel: Parcel,
) {
    let (from, to) = (parcel.from, parcel.to);
    let wire = Wire::Datagram(parcel.bytes.clone());
    let outgoing = Outgoing { from, to, wire };
    number(frame, tap, now, &outgoing);
    stage.tapped(now, *frame, from, to, &parcel.bytes);
    if stage.expose(now, *frame, parcel).is_some() {
        flying.push_back((now + LATENCY, outgoing));
    }
}

/// Numbers something, and keeps it if there is a tap.
fn number(frame: &mut u32, tap: Option<&mut Tap>, now: Time, outgoing: &Outgoing) {
    *frame = match tap {
        Some(tap) => keep(tap, now, outgoing),
        None => *frame + 1,
    };
}

/// Keeps something in the capture; gives the number of its last frame.
fn keep(tap: &mut Tap, now: Time, outgoing: &Outgoing) -> u32 {
    let (from, to) = (outgoing.from, outgoing.to);
    match &outgoing.wire {
        Wire::Datagram(bytes) => tap.record(now, from, to, bytes),
        Wire::Stream(bytes) => *tap.record_bytes(now, from, to, bytes).end(),
        Wire::Connect => *tap.record_opened(now, from, to).end(),
        Wire::Close => *tap.record_closed(now, from, to, &Closing::Finished).end(),
    }
}

/// Something has crossed the network; a connection that is opened is open at both ends.
fn arrive(stage: &mut Stage, now: Time, outgoing: &Outgoing) {
    let (from, to) = (outgoing.from, outgoing.to);
    match &outgoing.wire {
        Wire::Datagram(bytes) => stage.deliver(now, from, to, bytes),
        Wire::Stream(bytes) => stage.deliver_stream(now, from, to, StreamPart::Bytes(bytes)),
        Wire::Connect if stage.is_ours(to) => {
            stage.deliver_stream(now, from, to, StreamPart::Accepted);
            stage.deliver_stream(now, to, from, StreamPart::Opened);
        }
        Wire::Connect => stage.deliver_stream(now, to, from, StreamPart::Closed),
        Wire::Close => stage.deliver_stream(now, from, to, StreamPart::Closed),
    }
}

/// Nobody is here but emulators.
fn refuse(stage: &mut Stage, now: Time, command: Command) {
    match command {
        Command::Control { id, .. }
        | Command::Trigger { id, .. }
        | Command::Show { id, .. }
        | Command::Ask { id, .. } => {
            stage.play.handle_outcome(now, id, Outcome::NobodyToAsk);
        }
        Command::Perform { .. }
        | Command::Prepare { .. }
        | Command::Hush { .. }
        | Command::Channel { .. }
        | Command::Impair { .. }
        | Command::Heal { .. } => {}
    }
}

/// Time that a datagram takes.
const LATENCY: Duration = Duration::from_millis(1);
/// Longest case on its own clock: three days hold every lifetime of the ETS.
const LIMIT: Duration = Duration::from_secs(3 * 86_400);
/// Rounds without time passing before something is seen as an endless loop.
const BUSY: usize = 1_000;
