//! Against tshark, over every capture of the fixtures, over captures made here, and over those in `TESTFEST_CAPTURES` (a folder);
//! skipped, and said so, only if `tshark` is not on PATH.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "tests"
)]

mod make;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

use capture::{Item, Reader};
use make::address;
use make::connection::segment;
use make::file::*;
use make::packets::*;

fn has_tshark() -> bool {
    let found = Command::new("tshark").arg("--version").output().is_ok();
    if !found {
        println!("SKIPPED: tshark is not on PATH");
    }
    found
}

/// What tshark makes of a frame, field by field as in [`FIELDS`].
struct Row(Vec<String>);

const FIELDS: &[&str] = &[
    "frame.number",
    "frame.time_epoch",
    "ip.src",
    "ipv6.src",
    "udp.srcport",
    "ip.dst",
    "ipv6.dst",
    "udp.dstport",
    "udp.payload",
    "tcp.stream",
    "frame.protocols",
];

impl Row {
    fn field(&self, name: &str) -> &str {
        let at = FIELDS.iter().position(|field| *field == name).unwrap();
        &self.0[at]
    }

    fn has(&self, layer: &str) -> bool {
        self.field("frame.protocols")
            .split(':')
            .any(|one| one == layer)
    }

    /// An address of IP or of IPv6: of the two versions one is empty.
    fn address(&self, end: &str) -> &str {
        let [four, six] = ["ip", "ipv6"].map(|version| format!("{version}.{end}"));
        let four = self.field(&four);
        if four.is_empty() {
            self.field(&six)
        } else {
            four
        }
    }
}

/// Every frame, as tshark reads it.
fn tshark(path: &Path) -> Vec<Row> {
    let mut command = Command::new("tshark");
    command.arg("-n").arg("-r").arg(path);
    command.args(["-T", "fields", "-E", "occurrence=f"]);
    command.args(["-o", "tcp.desegment_tcp_streams:FALSE"]);
    for field in FIELDS {
        command.args(["-e", field]);
    }
    let output = command.output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let rows = text.lines();
    rows.map(|line| {
        let fields: Vec<String> = line.split('\t').map(str::to_owned).collect();
        assert_eq!(fields.len(), FIELDS.len(), "{line}");
        Row(fields)
    })
    .collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn time(nanos: u64) -> String {
    format!("{}.{:09}", nanos / 1_000_000_000, nanos % 1_000_000_000)
}

/// Frame, time, addresses and payload of every whole datagram; how many there are.
fn compare_datagrams(path: &Path, items: &[Item], rows: &[Row]) -> usize {
    let ours = items.iter().filter_map(|item| match item {
        Item::Datagram(one) if one.is_whole() => Some([
            one.frame.to_string(),
            time(one.time.as_nanos()),
            one.from.ip().to_string(),
            one.from.port().to_string(),
            one.to.ip().to_string(),
            one.to.port().to_string(),
            hex(&one.bytes),
        ]),
        _ => None,
    });
    let ours: Vec<[String; 7]> = ours.collect();
    // an ICMP error repeats the datagram that it is about
    let theirs = rows
        .iter()
        .filter(|row| row.has("udp") && !row.has("icmp") && !row.has("icmpv6"));
    let theirs: Vec<[String; 7]> = theirs
        .map(|row| {
            [
                row.field("frame.number"),
                row.field("frame.time_epoch"),
                row.address("src"),
                row.field("udp.srcport"),
                row.address("dst"),
                row.field("udp.dstport"),
                row.field("udp.payload"),
            ]
            .map(str::to_owned)
        })
        .collect();
    assert_eq!(ours, theirs, "{}", path.display());
    ours.len()
}

/// Both streams of every connection, as tshark follows it; how many streams have bytes.
fn compare_streams(path: &Path, items: &[Item], rows: &[Row]) -> usize {
    let mut ours: BTreeMap<(String, String), String> = BTreeMap::new();
    for item in items {
        if let Item::Segment(one) = item {
            let key = (one.from.to_string(), one.to.to_string());
            ours.entry(key).or_default().push_str(&hex(&one.bytes));
        }
    }
    let streams = rows.iter().map(|row| row.field("tcp.stream"));
    let streams: BTreeSet<&str> = streams.filter(|stream| !stream.is_empty()).collect();
    let mut theirs: BTreeMap<(String, String), String> = BTreeMap::new();
    for (key, bytes) in followed(path, &streams) {
        theirs.entry(key).or_default().push_str(&bytes);
    }
    let brackets = |text: &str| text.replace(['[', ']'], "");
    let plain = |map: BTreeMap<(String, String), String>| -> BTreeMap<(String, String), String> {
        let entries = map.into_iter().filter(|(_, bytes)| !bytes.is_empty());
        entries
            .map(|((from, to), bytes)| ((brackets(&from), brackets(&to)), bytes))
            .collect()
    };
    let (ours, theirs) = (plain(ours), plain(theirs));
    assert_eq!(ours, theirs, "{}", path.display());
    ours.len()
}

/// Parts of the streams of TCP in order, each with who sent it to whom.
fn followed(path: &Path, streams: &BTreeSet<&str>) -> Vec<((String, String), String)> {
    if streams.is_empty() {
        return Vec::new();
    }
    let mut command = Command::new("tshark");
    command.args(["-n", "-q", "-r"]).arg(path);
    for stream in streams {
        command.args(["-z", &format!("follow,tcp,raw,{stream}")]);
    }
    let text = String::from_utf8(command.output().unwrap().stdout).unwrap();
    let mut parts = Vec::new();
    let mut nodes: Vec<String> = Vec::new();
    for line in text.lines() {
        if line.starts_with("Follow: ") {
            nodes.clear();
        } else if let Some((_, node)) = line
            .strip_prefix("Node ")
            .and_then(|rest| rest.split_once(": "))
        {
            nodes.push(node.to_owned());
        } else if nodes.len() == 2 && !line.starts_with('=') {
            // the second node's lines are indented
            let from = usize::from(line.starts_with('\t'));
            let key = (nodes[from].clone(), nodes[1 - from].clone());
            parts.push((key, line.trim().to_owned()));
        }
    }
    parts
}

/// Reads a capture both ways; numbers of datagrams and streams.
fn compare(path: &Path) -> (usize, usize) {
    let file = std::fs::File::open(path).unwrap();
    let mut reader = Reader::new(file);
    let items: Vec<Item> = reader.by_ref().map(|item| item.unwrap()).collect();
    let rows = tshark(path);
    assert_eq!(reader.frames(), rows.len() as u64, "{}", path.display());
    (
        compare_datagrams(path, &items, &rows),
        compare_streams(path, &items, &rows),
    )
}

fn captures(folder: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return;
    };
    for entry in entries.map(Result::unwrap) {
        let path = entry.path();
        let extension = path.extension().and_then(|extension| extension.to_str());
        if path.is_dir() {
            captures(&path, found);
        } else if matches!(extension, Some("pcap" | "pcapng")) {
            found.push(path);
        }
    }
}

fn made(name: &str, capture: &[u8]) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, capture).unwrap();
    path
}

#[test]
fn captures_of_the_fixtures_read_alike() {
    if !has_tshark() {
        return;
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut found = Vec::new();
    captures(&root.join("fixtures"), &mut found);
    captures(&root.join("reports/samples"), &mut found);
    assert!(found.len() >= 16, "{found:?}");
    if let Some(folder) = std::env::var_os("TESTFEST_CAPTURES") {
        captures(Path::new(&folder), &mut found);
    }
    let next = AtomicUsize::new(0);
    let each = || {
        let mut sums = (0, 0);
        while let Some(path) = found.get(next.fetch_add(1, Ordering::Relaxed)) {
            let (datagrams, streams) = compare(path);
            sums = (sums.0 + datagrams, sums.1 + streams);
        }
        sums
    };
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let parts: Vec<(usize, usize)> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..cores).map(|_| scope.spawn(each)).collect();
        threads.into_iter().map(|one| one.join().unwrap()).collect()
    });
    let sums = parts
        .iter()
        .fold((0, 0), |sums, part| (sums.0 + part.0, sums.1 + part.1));
    println!(
        "{} captures, {} datagrams, {} streams alike",
        found.len(),
        sums.0,
        sums.1
    );
}

#[test]
fn fragments_read_alike() {
    if !has_tshark() {
        return;
    }
    let payload: Vec<u8> = (0..5000u32).map(|at| (at * 7) as u8).collect();
    let mut frames = Vec::new();
    for (from, to) in [
        (address("10.0.0.1:40000"), address("10.0.0.2:5683")),
        (address("[fd00::1]:40000"), address("[fd00::2]:5683")),
    ] {
        let whole = udp(from, to, &payload);
        let cuts = [0, 1480, 2960, 4440, whole.len()];
        for at in [2, 0, 3, 1] {
            let part = &whole[cuts[at]..cuts[at + 1]];
            let place = (cuts[at], at < 3);
            frames.push(fragment((from.ip(), to.ip()), 17, 42, place, part));
            frames.push(datagram(from, to, b"between"));
        }
    }
    let path = made("fragments.pcap", &raw(&frames));
    assert_eq!(compare(&path), (10, 0));
}

#[test]
fn streams_read_alike() {
    if !has_tshark() {
        return;
    }
    let ends = [address("[fd00::1]:40000"), address("[fd00::2]:5683")];
    let tcp = |from: usize, flags, sequence: u32, acknowledgement: u32, payload: &'static [u8]| {
        let ends = (ends[from], ends[1 - from]);
        segment(ends, flags, (sequence, acknowledgement), payload)
    };
    let near = u32::MAX - 5;
    let frames = [
        tcp(0, SYN, near - 1, 0, b""),
        tcp(1, SYN | ACK, 499, near, b""),
        tcp(0, ACK, near, 500, b""),
        tcp(0, ACK, near, 500, b"01234"),
        tcp(1, ACK, 500, near.wrapping_add(5), b"first"),
        tcp(0, ACK, near.wrapping_add(10), 505, b"abcde"),
        tcp(0, ACK, near.wrapping_add(3), 505, b"3456789"),
        tcp(0, ACK, near.wrapping_add(10), 505, b"abcde"),
        tcp(1, ACK, 505, near.wrapping_add(15), b"second"),
        tcp(1, ACK | FIN, 511, near.wrapping_add(15), b""),
        tcp(0, ACK | FIN, near.wrapping_add(15), 512, b""),
    ];
    let path = made("streams.pcap", &raw(&frames));
    assert_eq!(compare(&path), (0, 2));
}

#[test]
fn times_and_numbers_read_alike() {
    if !has_tshark() {
        return;
    }
    let (from, to) = (address("10.0.0.1:1000"), address("10.0.0.2:2000"));
    let ping = |text: &str| datagram(from, to, text.as_bytes());
    let mut numbers = Vec::new();
    for order in [Order::Big, Order::Little] {
        let binary = option(order, 9, &[0x80 | 20]);
        let coarse = option(order, 9, &[2]);
        numbers.extend([section(order), interface(order, 101, 0, &binary)]);
        numbers.push(interface(order, 101, 0, &coarse));
        numbers.push(enhanced(
            order,
            0,
            (1_600_000_000 << 20) + 12_345,
            &ping("binary"),
        ));
        numbers.push(block(order, 9, b"__REALTIME_TIMESTAMP=1\n"));
        numbers.push(block(order, 0x0BAD, &[0; 8]));
        numbers.push(block(order, 0x4000_0BAD, &[0; 8]));
        numbers.push(block(order, 0x777, &[0; 8]));
        numbers.push(block(order, 5, &[0; 12]));
        numbers.push(enhanced(order, 1, 160_000_000_099, &ping("coarse")));
    }
    let path = made("numbers.pcapng", &numbers.concat());
    assert_eq!(compare(&path), (4, 0));
}
