//! What a session writes beside verdicts: its first record, comments of captures, names and times.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::{Duration, SystemTime};

use judge::actual::Actual;
use record::{CaseRecord, Environment, Field, SessionRecord};
use testcase::Seat;

use super::Script;
use super::table::Table;
use crate::casting::Seating;
use crate::iut::Placeholders;

/// Comments for the capture: which step a frame belongs to, and what was found there.
fn comments(case: &CaseRecord) -> Vec<(u32, String)> {
    let mut comments = Vec::new();
    for frame in &case.frames {
        if let Some(step) = frame.step.and_then(|index| case.steps.get(index)) {
            let letters = if step.criteria.is_empty() {
                String::new()
            } else {
                format!(" [{}]", step.criteria.join(", "))
            };
            let verdict = step
                .verdict
                .map_or_else(|| "undecided".to_owned(), |verdict| verdict.to_string());
            comments.push((
                frame.number,
                format!("{}{letters}: {verdict}", step.sentence),
            ));
        }
        for note in &frame.notes {
            comments.push((frame.number, note.clone()));
        }
    }
    for mismatch in case.steps.iter().filter_map(|step| step.mismatch.as_ref()) {
        if let Some(frame) = mismatch.frame {
            comments.push((
                frame,
                format!(
                    "MISMATCH {}: expected {}, actual {}",
                    mismatch.expected.subject, mismatch.expected.value, mismatch.actual.value
                ),
            ));
        }
    }
    comments
}

/// The comments of all seats of a case, each said once.
pub(super) fn comments_of_all(cases: &[CaseRecord]) -> Vec<(u32, String)> {
    let [first, others @ ..] = cases else {
        return Vec::new();
    };
    let mut all = comments(first);
    for case in others {
        for (frame, text) in comments(case) {
            if !all.contains(&(frame, text.clone())) {
                all.push((frame, format!("{}: {text}", case.summary.seat)));
            }
        }
    }
    all.sort_by_key(|(frame, _)| *frame);
    all
}

/// Fillings for a profile's placeholders that hold for the whole case.
pub(super) fn placeholders(stage: &crate::stage::Stage) -> Placeholders {
    let told = stage
        .play
        .setting()
        .told
        .iter()
        .filter_map(|(name, value)| match value {
            Actual::Value(lwm2m::Value::String(text)) => Some((name.clone(), text.clone())),
            // bytes as programs take them on their command line
            Actual::Value(lwm2m::Value::Opaque(bytes)) if name == "psk.key" => {
                let hex = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
                Some((name.clone(), hex))
            }
            // an image is a file; nobody takes it on a command line
            Actual::Value(lwm2m::Value::Opaque(_)) if name.starts_with(IMAGES) => None,
            Actual::Value(value) => Some((name.clone(), value.to_string())),
            _ => None,
        });
    told.collect()
}

/// Who sits where before a case begins.
pub(super) fn placed(seating: &Seating, stands: bool) -> record::Seating {
    let named = |seats: &BTreeMap<Seat, SocketAddr>| {
        let named = seats.iter();
        let named = named.map(|(seat, address)| Field::new(seat.to_string(), address.to_string()));
        named.collect()
    };
    record::Seating {
        endpoint: seating.endpoint.clone(),
        copy: u32::try_from(seating.copy).unwrap_or(u32::MAX),
        seats: named(&seating.addresses),
        addresses: Vec::new(),
        relays: named(&seating.relays),
        ends: Vec::new(),
        stranger: String::new(),
        stands,
        began: 0,
        ended: 0,
    }
}

/// What is known of addresses and time when a case is over; `started` is when its clock was zero.
pub(super) fn end_of(
    placed: &mut record::Seating,
    stage: &crate::stage::Stage,
    started: SystemTime,
) {
    let since = started.duration_since(SystemTime::UNIX_EPOCH);
    let zero = nanos(since.unwrap_or_default());
    let (began, ended) = stage.play.first().span();
    placed.began = zero.saturating_add(began.as_nanos());
    placed.ended = zero.saturating_add(ended.as_nanos());
    placed.stranger = stage.stranger.to_string();
    let ends = stage.ends.iter();
    placed.ends = ends
        .map(|(own, other)| Field::new(own.to_string(), other.to_string()))
        .collect();
    let known = stage.known_addresses().into_iter();
    placed.addresses = known
        .map(|(address, seat)| Field::new(address.to_string(), seat.to_string()))
        .collect();
}

pub(super) fn stage_addresses(stage: &crate::stage::Stage) -> Vec<(SocketAddr, Seat)> {
    let strangers = stage
        .addresses
        .iter()
        .filter(|(address, _)| !stage.is_ours(**address));
    strangers.map(|(address, seat)| (*address, *seat)).collect()
}

/// `20261121T093000Z-4711-leshan-demo-client`: time and process keep parallel runs apart.
pub(super) fn session_name(label: &str, started: SystemTime) -> String {
    let time = jiff::Timestamp::try_from(started).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    let label: String = label
        .chars()
        .map(|one| {
            if one.is_ascii_alphanumeric() {
                one.to_ascii_lowercase()
            } else {
                '-'
            }
        })
        .collect();
    format!(
        "{}-{}-{}",
        time.strftime("%Y%m%dT%H%M%SZ"),
        std::process::id(),
        label.trim_matches('-')
    )
}

pub(super) fn timestamp(time: SystemTime) -> String {
    let time = jiff::Timestamp::try_from(time).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

pub(super) fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

pub(super) fn first_record(
    script: &Script,
    name: &str,
    started: SystemTime,
    tables: &[Table],
) -> SessionRecord {
    SessionRecord {
        format: record::FORMAT,
        harness: env!("CARGO_PKG_VERSION").to_owned(),
        cases_hash: script.cases_hash.clone(),
        name: name.to_owned(),
        started: timestamp(started),
        ended: None,
        interrupted: false,
        wall_time: 0,
        parameters: script.parameters.clone(),
        implementations: script
            .products
            .iter()
            .map(|product| product.description.clone())
            .collect(),
        environment: Environment {
            system: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
            addresses: tables
                .iter()
                .flat_map(|table| &table.server_sockets)
                .map(|(seat, socket)| Field::new(seat.to_string(), socket.local().to_string()))
                .collect(),
        },
        planned: script.plan.cases(),
        cases: Vec::new(),
        not_selected: script.plan.not_selected.clone(),
        remarks: Vec::new(),
        stale: Vec::new(),
    }
}

/// How the names of images begin.
const IMAGES: &str = "client.firmware.";
