//! A case between emulators in virtual time: no sockets, no waiting.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use coap::Time;
use testcase::{Seat, TestCase};
use transport::Tap;

use crate::casting::{Run, Seating};
use crate::mutant::Defect;
use crate::stage::Stage;
use crate::virtual_time;

/// Plays `case` in `run` to its end, judging `seat`, whose emulator may have a defect.
pub fn rehearse(run: &Run, case: &Arc<TestCase>, seat: Seat, defect: Option<Defect>) -> Stage {
    rehearse_tapped(run, case, seat, defect, None)
}

/// The same, with a tap that keeps what passes.
pub(crate) fn rehearse_tapped(
    run: &Run,
    case: &Arc<TestCase>,
    seat: Seat,
    defect: Option<Defect>,
    tap: Option<&mut Tap>,
) -> Stage {
    let seating = seating(run, case, seat);
    let mut stage = run.cast(case, &seating, None);
    if let Some(defect) = defect {
        run.spoil(&mut stage, case, &seating, seat, defect);
    }
    virtual_time::play_tapped(&mut stage, Time::ZERO, tap);
    stage
}

/// Who sits where in a rehearsal.
pub(crate) fn seating(run: &Run, case: &TestCase, seat: Seat) -> Seating {
    Seating {
        copy: 0,
        judged: seat,
        relays: BTreeMap::new(),
        ends: BTreeMap::new(),
        addresses: addresses(&run.emulated_seats(case)),
        endpoint: ENDPOINT.to_owned(),
        seed: SEED,
    }
}

/// An address for every seat; nothing is bound to it.
fn addresses(seats: &[Seat]) -> BTreeMap<Seat, SocketAddr> {
    let ports = FIRST_PORT..;
    let address = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    seats.iter().copied().zip(ports.map(address)).collect()
}

/// Endpoint Client Name in every rehearsal.
const ENDPOINT: &str = "testfest";
/// Tokens and timeouts are the same in every rehearsal.
const SEED: u64 = 7;
/// Port of the first seat.
const FIRST_PORT: u16 = 40_001;
