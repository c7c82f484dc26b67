//! A case between emulators in virtual time: no sockets, no waiting, no evidence but the record.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use coap::Time;
use emulator::Misbehaviour;
use judge::{CaseFacts, case_record};
use record::CaseRecord;
use runner::casting::{Run, Seating};
use runner::virtual_time;
use testcase::{Seat, TestCase};

/// Plays `case` in `run`, judging `seat`.
pub fn rehearse(run: &Run, case: &Arc<TestCase>, seat: Seat) -> CaseRecord {
    rehearse_with(run, case, seat, None)
}

/// Plays `case` in `run`, judging `seat`, whose emulator may have a defect.
pub(crate) fn rehearse_with(
    run: &Run,
    case: &Arc<TestCase>,
    seat: Seat,
    defect: Option<Misbehaviour>,
) -> CaseRecord {
    let seating = Seating {
        judged: seat,
        addresses: addresses(&run.emulated_seats(case)),
        endpoint: "testfest".to_owned(),
        seed: SEED,
    };
    let mut stage = run.cast(case, &seating, None);
    let mut stations = stage.stations.iter_mut();
    if let (Some(defect), Some(station)) = (defect, stations.find(|one| one.seat == seat)) {
        station.emulator.endpoint().misbehave(defect);
    }
    virtual_time::play(&mut stage, Time::ZERO);
    let facts = CaseFacts {
        folder: String::new(),
        wall_time: 0,
        jumped: true,
        implementation: 0,
        operator: 0,
        waits: Vec::new(),
    };
    case_record(&stage.play, facts)
}

/// An address for every seat; nothing is bound to it.
fn addresses(seats: &[Seat]) -> BTreeMap<Seat, SocketAddr> {
    let ports = FIRST_PORT..;
    let address = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    seats.iter().copied().zip(ports.map(address)).collect()
}

/// Tokens and timeouts are the same in every rehearsal.
const SEED: u64 = 7;
/// Port of the first seat.
const FIRST_PORT: u16 = 40_000;
