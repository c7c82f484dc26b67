//! Frames in capture files of both formats and both byte orders.

/// A number in the byte order of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    Big,
    Little,
}

impl Order {
    pub fn u16(self, number: u16) -> [u8; 2] {
        match self {
            Self::Big => number.to_be_bytes(),
            Self::Little => number.to_le_bytes(),
        }
    }

    pub fn u32(self, number: u32) -> [u8; 4] {
        match self {
            Self::Big => number.to_be_bytes(),
            Self::Little => number.to_le_bytes(),
        }
    }
}

pub const MICROSECONDS: u32 = 0xA1B2_C3D4;
pub const NANOSECONDS: u32 = 0xA1B2_3C4D;

/// A pcap file; a frame at each second.
pub fn pcap(order: Order, magic: u32, link: u32, frames: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = pcap_header(order, magic, link);
    for (at, frame) in frames.iter().enumerate() {
        let length = frame.len() as u32;
        let at = at as u32 + 1;
        bytes.extend(record(order, (at, at), (length, length), frame));
    }
    bytes
}

/// A pcap file of raw IP.
pub fn raw(frames: &[Vec<u8>]) -> Vec<u8> {
    pcap(Order::Little, NANOSECONDS, 101, frames)
}

pub fn pcap_header(order: Order, magic: u32, link: u32) -> Vec<u8> {
    let mut bytes = order.u32(magic).to_vec();
    bytes.extend(order.u16(2));
    bytes.extend(order.u16(4));
    for field in [0, 0, 262_144, link] {
        bytes.extend(order.u32(field));
    }
    bytes
}

/// A record of pcap: time, captured and original length, bytes.
pub fn record(order: Order, time: (u32, u32), lengths: (u32, u32), frame: &[u8]) -> Vec<u8> {
    let fields = [time.0, time.1, lengths.0, lengths.1];
    let mut bytes: Vec<u8> = fields.iter().flat_map(|field| order.u32(*field)).collect();
    bytes.extend(frame);
    bytes
}

/// A block of pcapng.
pub fn block(order: Order, kind: u32, body: &[u8]) -> Vec<u8> {
    let padded = body.len().next_multiple_of(4);
    let length = order.u32(padded as u32 + 12);
    let mut bytes = order.u32(kind).to_vec();
    bytes.extend(length);
    bytes.extend(body);
    bytes.resize(8 + padded, 0);
    bytes.extend(length);
    bytes
}

pub fn section(order: Order) -> Vec<u8> {
    let mut body = order.u32(0x1A2B_3C4D).to_vec();
    body.extend(order.u16(1));
    body.extend(order.u16(0));
    body.extend([255; 8]);
    block(order, 0x0A0D_0D0A, &body)
}

pub fn interface(order: Order, link: u16, snap_length: u32, options: &[u8]) -> Vec<u8> {
    let mut body = order.u16(link).to_vec();
    body.extend([0, 0]);
    body.extend(order.u32(snap_length));
    body.extend(options);
    block(order, 1, &body)
}

/// An option of pcapng with its padding.
pub fn option(order: Order, code: u16, value: &[u8]) -> Vec<u8> {
    let mut bytes = order.u16(code).to_vec();
    bytes.extend(order.u16(value.len() as u16));
    bytes.extend(value);
    bytes.resize(4 + value.len().next_multiple_of(4), 0);
    bytes
}

/// An Enhanced Packet Block.
pub fn enhanced(order: Order, interface: u32, ticks: u64, frame: &[u8]) -> Vec<u8> {
    let length = frame.len() as u32;
    enhanced_cut(order, interface, ticks, (length, length), frame)
}

pub fn enhanced_cut(
    order: Order,
    interface: u32,
    ticks: u64,
    (captured, original): (u32, u32),
    frame: &[u8],
) -> Vec<u8> {
    let ticks = ((ticks >> 32) as u32, ticks as u32);
    let fields = [interface, ticks.0, ticks.1, captured, original];
    let mut body: Vec<u8> = fields.iter().flat_map(|field| order.u32(*field)).collect();
    body.extend(frame);
    block(order, 6, &body)
}

/// A Decryption Secrets Block.
pub fn secrets(order: Order, kind: u32, text: &[u8]) -> Vec<u8> {
    let mut body = order.u32(kind).to_vec();
    body.extend(order.u32(text.len() as u32));
    body.extend(text);
    block(order, 10, &body)
}

pub const TLS_KEY_LOG: u32 = 0x544C_534B;
