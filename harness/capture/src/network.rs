//! A frame on its way up: link, IP, fragments, UDP or TCP; items come out.

use std::collections::VecDeque;
use std::net::{IpAddr, SocketAddr};

use coap::Time;

use crate::file::Frame;
use crate::ip::{self, Added, Fragments, Key};
use crate::octets::{Missing, Octets};
use crate::tcp::{self, Connections};
use crate::{
    Abandoned, Datagram, Filter, Item, Limit, Note, Protocol, Remark, Skip, Skips, Transport, link,
    udp,
};

/// Why nothing came of a frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// It is nobody's business.
    Skip(Skip),
    /// There is something to be known about it.
    Remark(Remark),
}

impl Refusal {
    /// A header of at least `wanted` bytes is not there.
    pub(crate) const fn header(protocol: Protocol, wanted: usize, missing: Missing) -> Self {
        match missing {
            Missing::Cut => Self::Remark(Remark::HeaderCut(protocol)),
            Missing::Short(found) => {
                let field = "header in bytes";
                Self::malformed(protocol, field, found, Limit::AtLeast(wanted))
            }
        }
    }

    /// A field of a header holds what cannot be.
    pub(crate) const fn malformed(
        protocol: Protocol,
        field: &'static str,
        found: usize,
        wanted: Limit,
    ) -> Self {
        Self::Remark(Remark::Malformed {
            protocol,
            field,
            found,
            wanted,
        })
    }
}

/// What is known of the traffic, and what came of it.
pub(crate) struct Network<F> {
    filter: F,
    fragments: Fragments,
    connections: Connections,
    /// What has not been handed out.
    pub(crate) out: VecDeque<Item>,
    /// What was passed over.
    pub(crate) skips: Skips,
}

/// Where a payload of IP comes from.
struct Origin {
    frame: u64,
    earlier: Vec<u64>,
    time: Time,
    ips: (IpAddr, IpAddr),
}

impl<F: Filter> Network<F> {
    pub(crate) fn new(filter: F) -> Self {
        Self {
            filter,
            fragments: Fragments::default(),
            connections: Connections::default(),
            out: VecDeque::new(),
            skips: Skips::default(),
        }
    }

    /// Takes a frame.
    pub(crate) fn frame(&mut self, number: u64, time: Time, frame: Frame<'_>) {
        let octets = Octets::new(frame.bytes, frame.original as usize);
        if let Err(refusal) = self.open(number, time, frame, octets) {
            match refusal {
                Refusal::Skip(skip) => self.skips.count(skip, number),
                Refusal::Remark(remark) => self.note(number, time, remark),
            }
        }
    }

    /// Takes the end of the capture; `frame` and `time` are those of the last frame.
    pub(crate) fn end(&mut self, frame: u64, time: Time) {
        while let Some(frames) = self.fragments.end() {
            let why = Abandoned::EndOfCapture;
            self.note(frame, time, Remark::FragmentsIncomplete { frames, why });
        }
        self.connections.end((frame, time), &mut self.out);
    }

    /// Notes something about a frame.
    pub(crate) fn note(&mut self, frame: u64, time: Time, remark: Remark) {
        self.out.push_back(Item::Note(Note {
            frame,
            time,
            remark,
        }));
    }

    fn open(
        &mut self,
        number: u64,
        time: Time,
        frame: Frame<'_>,
        octets: Octets<'_>,
    ) -> Result<(), Refusal> {
        let carried = ip::read(link::open(frame.link, octets)?)?;
        let origin = Origin {
            frame: number,
            earlier: Vec::new(),
            time,
            ips: carried.ips,
        };
        let Some(fragment) = carried.fragment else {
            return self.carried(origin, carried.protocol, carried.payload);
        };
        let (protocol, payload) = (carried.protocol, carried.payload);
        check_fragment(fragment, payload.length, carried.ips.0.is_ipv4())?;
        let key = Key {
            ips: carried.ips,
            // only the first fragment of IPv6 names what counts (RFC 8200, 4.5)
            protocol: if carried.ips.0.is_ipv4() { protocol } else { 0 },
            identification: fragment.identification,
        };
        while let Some((frames, why)) = self.fragments.give_up(time) {
            self.note(number, time, Remark::FragmentsIncomplete { frames, why });
        }
        let added = self
            .fragments
            .add(key, (number, time), fragment, protocol, payload);
        if fragment.offset == 0 && added == Added::Waiting {
            let wanted = self.check_first(&origin, protocol, payload);
            if let Err(refusal) = &wanted {
                let skip = match refusal {
                    Refusal::Skip(skip) => *skip,
                    Refusal::Remark(_) => Skip::RefusedFragment,
                };
                self.fragments.refuse(key, skip);
            }
            return wanted;
        }
        match added {
            Added::Waiting => Ok(()),
            Added::Refused(skip) => Err(Refusal::Skip(skip)),
            Added::Repeated => Err(Refusal::Skip(Skip::RepeatedFragment)),
            Added::Contradicts(remark) => Err(Refusal::Remark(remark)),
            Added::Whole(whole) => {
                let payload = Octets::new(&whole.bytes, whole.length);
                let origin = Origin {
                    earlier: whole.earlier,
                    ..origin
                };
                self.carried(origin, whole.protocol, payload)
            }
        }
    }

    /// Whether the first fragment is of a datagram that is wanted, if its ports are there.
    fn check_first(
        &mut self,
        origin: &Origin,
        protocol: u8,
        payload: Octets<'_>,
    ) -> Result<(), Refusal> {
        let (transport, payload) = upper(origin.ips, protocol, payload)?;
        self.ends(origin.ips, transport, payload).map(drop)
    }

    fn carried(
        &mut self,
        origin: Origin,
        protocol: u8,
        payload: Octets<'_>,
    ) -> Result<(), Refusal> {
        let (transport, payload) = upper(origin.ips, protocol, payload)?;
        let ends = self.ends(origin.ips, transport, payload)?;
        match transport {
            Transport::Udp => self.datagram(origin, ends, payload),
            Transport::Tcp => {
                let segment = tcp::read(payload)?;
                let place = (origin.frame, origin.time);
                let known = self.connections.take(place, ends, &segment, &mut self.out);
                known.map_err(Refusal::Skip)
            }
        }
    }

    fn datagram(
        &mut self,
        origin: Origin,
        (from, to): (SocketAddr, SocketAddr),
        payload: Octets<'_>,
    ) -> Result<(), Refusal> {
        let udp = udp::read(payload)?;
        if udp.surplus > 0 {
            let bytes = udp.surplus;
            self.note(origin.frame, origin.time, Remark::Surplus { bytes });
        }
        if udp.unchecked && from.is_ipv6() {
            self.note(origin.frame, origin.time, Remark::NoChecksum);
        }
        self.out.push_back(Item::Datagram(Datagram {
            frame: origin.frame,
            earlier: origin.earlier,
            time: origin.time,
            from,
            to,
            bytes: udp.payload.bytes.to_vec(),
            length: udp.payload.length,
        }));
        Ok(())
    }

    /// Whose payload this is, if it is wanted; ports stand first in UDP and in TCP.
    fn ends(
        &mut self,
        ips: (IpAddr, IpAddr),
        transport: Transport,
        payload: Octets<'_>,
    ) -> Result<(SocketAddr, SocketAddr), Refusal> {
        let protocol = match transport {
            Transport::Udp => Protocol::Udp,
            Transport::Tcp => Protocol::Tcp,
        };
        let head = payload.head();
        let head: &[u8; 4] = head.map_err(|missing| Refusal::header(protocol, 4, missing))?;
        let [from_high, from_low, to_high, to_low] = *head;
        let from = SocketAddr::new(ips.0, u16::from_be_bytes([from_high, from_low]));
        let to = SocketAddr::new(ips.1, u16::from_be_bytes([to_high, to_low]));
        if self.filter.wants(from, to, transport) {
            Ok((from, to))
        } else {
            Err(Refusal::Skip(Skip::Unwanted))
        }
    }
}

/// UDP or TCP and what IP carries of it, behind extension headers that came in fragments.
fn upper(
    ips: (IpAddr, IpAddr),
    protocol: u8,
    payload: Octets<'_>,
) -> Result<(Transport, Octets<'_>), Refusal> {
    let (protocol, payload, within) = match ips.0 {
        IpAddr::V4(_) => (protocol, payload, None),
        IpAddr::V6(_) => ip::extensions(protocol, payload)?,
    };
    match protocol {
        _ if within.is_some() => Err(Refusal::Remark(Remark::NestedFragments)),
        ip::UDP => Ok((Transport::Udp, payload)),
        ip::TCP => Ok((Transport::Tcp, payload)),
        other => Err(Refusal::Skip(Skip::Protocol(other))),
    }
}

/// What a fragment's length has to be (RFC 791, 3.2; RFC 8200, 4.5).
fn check_fragment(fragment: ip::Fragment, length: usize, is_v4: bool) -> Result<(), Refusal> {
    let protocol = if is_v4 {
        Protocol::Ipv4
    } else {
        Protocol::Ipv6
    };
    let malformed = |field, found, wanted| Refusal::malformed(protocol, field, found, wanted);
    let field = "fragment in bytes";
    if fragment.more && !length.is_multiple_of(8) {
        return Err(malformed(field, length, Limit::MultipleOf(8)));
    }
    if length == 0 {
        return Err(malformed(field, length, Limit::AtLeast(1)));
    }
    let end = fragment.offset + length;
    if end > MOST_CARRIED {
        let field = "end of a fragment at byte";
        return Err(malformed(field, end, Limit::AtMost(MOST_CARRIED)));
    }
    Ok(())
}

/// Longest payload that IP has without jumbograms (RFC 8200, 4.5).
const MOST_CARRIED: usize = 65_535;
