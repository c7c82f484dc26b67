//! Headers around payloads. Checksums are zero but for that of UDP over IPv6, which has to be something else.

use std::net::{IpAddr, SocketAddr};

/// UDP around a payload.
pub fn udp(from: SocketAddr, to: SocketAddr, payload: &[u8]) -> Vec<u8> {
    let length = 8 + payload.len() as u16;
    let ports = [from.port(), to.port(), length, 0x1234];
    let mut bytes: Vec<u8> = ports.iter().flat_map(|word| word.to_be_bytes()).collect();
    bytes.extend(payload);
    bytes
}

pub const FIN: u8 = 1;
pub const SYN: u8 = 2;
pub const RST: u8 = 4;
pub const ACK: u8 = 16;

/// What a segment of TCP says.
#[derive(Clone, Copy, Debug)]
pub struct Tcp<'a> {
    pub from: SocketAddr,
    pub to: SocketAddr,
    pub sequence: u32,
    pub acknowledgement: u32,
    pub flags: u8,
    pub payload: &'a [u8],
}

impl Tcp<'_> {
    /// The segment, with an option that says nothing, in IP.
    pub fn in_ip(self) -> Vec<u8> {
        let mut bytes = Vec::new();
        bytes.extend(self.from.port().to_be_bytes());
        bytes.extend(self.to.port().to_be_bytes());
        bytes.extend(self.sequence.to_be_bytes());
        bytes.extend(self.acknowledgement.to_be_bytes());
        bytes.extend([6 << 4, self.flags, 0x20, 0, 0, 0, 0, 0, 1, 1, 1, 0]);
        bytes.extend(self.payload);
        ip(self.from.ip(), self.to.ip(), 6, &bytes)
    }
}

/// A UDP datagram in IP.
pub fn datagram(from: SocketAddr, to: SocketAddr, payload: &[u8]) -> Vec<u8> {
    ip(from.ip(), to.ip(), 17, &udp(from, to, payload))
}

/// IP of the version of the addresses around a payload.
pub fn ip(from: IpAddr, to: IpAddr, protocol: u8, payload: &[u8]) -> Vec<u8> {
    match from {
        IpAddr::V4(_) => ipv4(from, to, protocol, (0, 0), payload),
        IpAddr::V6(_) => ipv6(from, to, protocol, payload),
    }
}

/// IPv4 with identification, and flags and offset as they stand in the header.
pub fn ipv4(from: IpAddr, to: IpAddr, protocol: u8, part: (u16, u16), payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0x45, 0];
    bytes.extend((20 + payload.len() as u16).to_be_bytes());
    bytes.extend(part.0.to_be_bytes());
    bytes.extend(part.1.to_be_bytes());
    bytes.extend([64, protocol, 0, 0]);
    bytes.extend(octets(from));
    bytes.extend(octets(to));
    bytes.extend(payload);
    bytes
}

/// IPv6.
pub fn ipv6(from: IpAddr, to: IpAddr, next: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0x60, 0, 0, 0];
    bytes.extend((payload.len() as u16).to_be_bytes());
    bytes.extend([next, 64]);
    bytes.extend(octets(from));
    bytes.extend(octets(to));
    bytes.extend(payload);
    bytes
}

/// A part of IP's payload: where it begins, whether others follow.
pub fn fragment(
    ips: (IpAddr, IpAddr),
    protocol: u8,
    identification: u16,
    (offset, more): (usize, bool),
    part: &[u8],
) -> Vec<u8> {
    let offset = offset as u16;
    if ips.0.is_ipv4() {
        let field = (offset / 8) | (u16::from(more) << 13);
        return ipv4(ips.0, ips.1, protocol, (identification, field), part);
    }
    let [high, low] = (offset | u16::from(more)).to_be_bytes();
    let mut bytes = vec![protocol, 0, high, low, 0, 0];
    bytes.extend(identification.to_be_bytes());
    bytes.extend(part);
    ipv6(ips.0, ips.1, 44, &bytes)
}

/// An Ethernet frame.
pub fn ethernet(ether_type: u16, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1];
    bytes.extend(ether_type.to_be_bytes());
    bytes.extend(payload);
    bytes
}

/// The EtherType of an IP datagram.
pub fn ether_type(ip: &[u8]) -> u16 {
    if ip[0] >> 4 == 4 { 0x0800 } else { 0x86DD }
}

fn octets(ip: IpAddr) -> Vec<u8> {
    match ip {
        IpAddr::V4(ip) => ip.octets().to_vec(),
        IpAddr::V6(ip) => ip.octets().to_vec(),
    }
}
