//! Captures as others read them: written by the tap, read back with pcap-file.

#![allow(clippy::unwrap_used)]

use std::fs::{self, File};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use coap::Time;
use pcap_file::pcapng::blocks::enhanced_packet::EnhancedPacketOption;
use pcap_file::pcapng::blocks::interface_description::InterfaceDescriptionOption;
use pcap_file::pcapng::blocks::name_resolution::Record;
use pcap_file::pcapng::{Block, PcapNgReader};
use transport::{About, Closing, Holder, Tap, TransportError};

/// A folder of this process that is gone when the test ends.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path =
            Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn about() -> About {
    About {
        hardware: "x86_64".to_owned(),
        system: "Linux".to_owned(),
        application: "testfest 0.1.0".to_owned(),
        comment: "registration/int-101".to_owned(),
        started: SystemTime::UNIX_EPOCH + STARTED,
    }
}

fn address(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

fn blocks(path: &Path) -> Vec<Block<'static>> {
    let mut reader = PcapNgReader::new(File::open(path).unwrap()).unwrap();
    let mut blocks = Vec::new();
    while let Some(block) = reader.next_block() {
        blocks.push(block.unwrap().into_owned());
    }
    blocks
}

/// Time, interface, payload, direction and comments of a frame.
type Frame = (Duration, u32, Vec<u8>, u32, Vec<String>);

fn frames(blocks: &[Block<'_>]) -> Vec<Frame> {
    let frames = blocks.iter().filter_map(|block| match block {
        Block::EnhancedPacket(frame) => Some(frame),
        _ => None,
    });
    frames
        .map(|frame| {
            let headers = if frame.data[0] >> 4 == 4 { 28 } else { 48 };
            let mut direction = 0;
            let mut comments = Vec::new();
            for option in &frame.options {
                match option {
                    EnhancedPacketOption::Comment(text) => comments.push(text.to_string()),
                    EnhancedPacketOption::Flags(flags) => direction = *flags,
                    other => panic!("{other:?}"),
                }
            }
            let payload = frame.data[headers..].to_vec();
            (
                frame.timestamp,
                frame.interface_id,
                payload,
                direction,
                comments,
            )
        })
        .collect()
}

fn interface_names(blocks: &[Block<'_>]) -> Vec<String> {
    let mut names = Vec::new();
    for block in blocks {
        let Block::InterfaceDescription(interface) = block else {
            continue;
        };
        assert!(
            interface
                .options
                .contains(&InterfaceDescriptionOption::IfTsResol(9))
        );
        for option in &interface.options {
            if let InterfaceDescriptionOption::IfName(name) = option {
                names.push(name.to_string());
            }
        }
    }
    names
}

#[test]
fn a_finished_capture_carries_everything() {
    let folder = Folder::new("finished");
    let path = folder.file("capture.pcapng");
    let (server, client) = (address("127.0.0.1:40001"), address("127.0.0.1:50001"));
    let (boot, boot_client) = (address("[::1]:40002"), address("[::1]:50002"));
    let mut tap = Tap::create(&path, about()).unwrap();
    tap.seat(server, "server", Holder::Harness);
    tap.seat(boot, "bootstrap-server", Holder::Harness);
    assert_eq!(tap.record(Time::from_nanos(1), client, server, b"one"), 1);
    assert_eq!(
        tap.record(Time::from_nanos(2_000_000_003), server, client, b"two"),
        2
    );
    assert_eq!(
        tap.record(Time::from_nanos(4_000_000_000), boot_client, boot, b"three"),
        3
    );
    tap.seat(client, "client", Holder::Implementation);
    let comments = [
        (2, "criterion A: Pass".to_owned()),
        (1, "step 1".to_owned()),
        (2, "step 2".to_owned()),
        (9, "no such frame".to_owned()),
    ];
    let captured = tap
        .finish(&comments, &["CLIENT_RANDOM 00 11\n".to_owned()])
        .unwrap();
    assert_eq!(
        (captured.path.as_path(), captured.frames),
        (path.as_path(), 3)
    );
    assert_eq!(
        fs::read_dir(&folder.0).unwrap().count(),
        1,
        "the part is gone"
    );

    let blocks = blocks(&path);
    assert!(matches!(&blocks[0], Block::Unknown(secrets) if secrets.type_ == 0x0A));
    let Block::NameResolution(names) = &blocks[1] else {
        panic!("{:?}", blocks[1])
    };
    assert!(matches!(&names.records[0], Record::Ipv4(record) if record.names == ["client+server"]));
    assert_eq!(
        interface_names(&blocks),
        ["client - server", "bootstrap-server - unknown"]
    );
    let at = |nanos| STARTED + Duration::from_nanos(nanos);
    let text = |texts: &[&str]| {
        texts
            .iter()
            .map(|text| (*text).to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        frames(&blocks),
        [
            (at(1), 0, b"one".to_vec(), 1, text(&["step 1"])),
            (
                at(2_000_000_003),
                0,
                b"two".to_vec(),
                2,
                text(&["criterion A: Pass", "step 2"])
            ),
            (at(4_000_000_000), 1, b"three".to_vec(), 1, text(&[])),
        ]
    );
}

#[test]
fn what_nobody_keeps_is_numbered() {
    let mut tap = Tap::nowhere(about()).unwrap();
    let (client, server) = (address("127.0.0.1:50001"), address("127.0.0.1:5683"));
    for number in 1..=3 {
        let time = Time::from_nanos(u64::from(number));
        assert_eq!(tap.record(time, client, server, b"one"), number);
    }
    let error = tap.finish(&[], &[]).unwrap_err().to_string();
    assert!(error.contains("(nowhere)"), "{error}");
}

#[test]
fn the_header_says_where_it_was_made_and_how_to_open_it() {
    let folder = Folder::new("header");
    let path = folder.file("capture.pcapng");
    let mut tap = Tap::create(&path, about()).unwrap();
    tap.seat(address("127.0.0.1:40001"), "server", Holder::Harness);
    tap.seat(address("127.0.0.1:5683"), "server-2", Holder::Harness);
    tap.seat(address("127.0.0.1:50001"), "client", Holder::Implementation);
    tap.finish(&[], &[]).unwrap();
    let reader = PcapNgReader::new(File::open(&path).unwrap()).unwrap();
    let header = format!("{:?}", reader.section().options);
    for text in [
        "x86_64",
        "Linux",
        "testfest 0.1.0",
        "registration/int-101\\nwireshark -d udp.port==40001,coap\"",
    ] {
        assert!(header.contains(text), "{text} in {header}");
    }
    assert_eq!(interface_names(&blocks(&path)), ["testfest"]);
}

#[test]
fn a_connection_is_kept_with_handshake_and_end() {
    let folder = Folder::new("connection");
    let path = folder.file("capture.pcapng");
    let (server, client) = (address("127.0.0.1:40001"), address("127.0.0.1:50001"));
    let mut tap = Tap::create(&path, about()).unwrap();
    tap.seat(server, "server", Holder::Harness);
    tap.seat(client, "client", Holder::Implementation);
    let time = Time::from_nanos;
    assert_eq!(tap.record_opened(time(1), client, server), 1..=3);
    assert_eq!(tap.record_bytes(time(2), client, server, b"one"), 4..=4);
    assert_eq!(
        tap.record_bytes(time(3), server, client, &[7; 70_000]),
        5..=6
    );
    assert_eq!(tap.record(time(4), client, server, b"udp"), 7);
    assert_eq!(
        tap.record_closed(time(5), server, client, &Closing::Finished),
        8..=10
    );
    // a second one between the same ends, and one whose beginning was not seen
    assert_eq!(tap.record_opened(time(6), client, server), 11..=13);
    let broken = Closing::Broken("connection reset by peer".to_owned());
    assert_eq!(tap.record_closed(time(7), client, server, &broken), 14..=14);
    assert_eq!(tap.record_bytes(time(8), server, client, b""), 15..=15);
    assert_eq!(tap.finish(&[], &[]).unwrap().frames, 15);

    let blocks = blocks(&path);
    let frames = frames(&blocks);
    // flags, length and direction of each segment
    let told = |index: usize| {
        let (_, _, behind, direction, _) = &frames[index];
        // `frames` cuts 28 bytes off: the acknowledgement number comes first, 12 bytes of header are left
        (behind[5], behind.len() - 12, *direction)
    };
    let (syn, ack, push, fin, reset) = (0x02, 0x10, 0x18, 0x11, 0x14);
    let rows = [
        (syn, 0, 1),
        (syn | ack, 0, 2),
        (ack, 0, 1),
        (push, 3, 1),
        (push, 65_495, 2),
        (push, 4_505, 2),
    ];
    let found: Vec<_> = (0..6).map(told).collect();
    assert_eq!(found, rows);
    assert_eq!(
        (frames[6].2.as_slice(), frames[6].3),
        (b"udp".as_slice(), 1)
    );
    let ends: Vec<_> = (7..10).map(|index| told(index).0).collect();
    assert_eq!(ends, [fin, fin, ack]);
    assert_eq!((told(13).0, told(14).0), (reset, ack));
    let reader = PcapNgReader::new(File::open(&path).unwrap()).unwrap();
    let header = format!("{:?}", reader.section().options);
    let hint = "wireshark -d udp.port==40001,coap -d tcp.port==40001,coap";
    assert!(header.contains(hint), "{header}");
    assert_eq!(interface_names(&blocks), ["client - server"]);
}

#[test]
fn secrets_stand_once_and_before_every_frame() {
    let folder = Folder::new("secrets");
    let path = folder.file("capture.pcapng");
    let part = folder.file("capture.pcapng.part");
    let (server, client) = (address("127.0.0.1:40001"), address("127.0.0.1:50001"));
    let mut tap = Tap::create(&path, about()).unwrap();
    tap.seat(server, "server", Holder::Harness);
    tap.record_opened(Time::ZERO, client, server);
    let lines = ["CLIENT_RANDOM 00 11", "CLIENT_RANDOM 22 33"];
    for line in [lines[0], lines[1], "CLIENT_RANDOM 00 11\n", "", "\n"] {
        tap.secret(line);
    }
    let secrets = |path: &Path| -> Vec<(usize, Vec<u8>)> {
        let blocks = blocks(path).into_iter().enumerate();
        let found = blocks.filter_map(|(index, block)| match block {
            Block::Unknown(secrets) if secrets.type_ == 0x0A => {
                Some((index, secrets.value.to_vec()))
            }
            _ => None,
        });
        found.collect()
    };
    assert_eq!(secrets(&part).len(), 2, "a kill leaves them too");
    tap.record_bytes(Time::ZERO, client, server, b"x");
    let late = ["CLIENT_RANDOM 44 55\nCLIENT_RANDOM 00 11\n".to_owned()];
    assert_eq!(tap.finish(&[], &late).unwrap().frames, 4);
    let text = format!("{}\n{}\nCLIENT_RANDOM 44 55\n", lines[0], lines[1]);
    let mut value = b"KSLT".to_vec();
    value.extend((text.len() as u32).to_le_bytes());
    value.extend(text.as_bytes());
    assert_eq!(secrets(&path), [(0, value)]);
    let reader = PcapNgReader::new(File::open(&path).unwrap()).unwrap();
    let header = format!("{:?}", reader.section().options);
    let hint = "-d tcp.port==40001,tls -d tls.port==40001,coap";
    assert!(header.contains(hint), "{header}");
}

#[test]
fn the_part_reads_at_every_moment() {
    let folder = Folder::new("part");
    let path = folder.file("capture.pcapng");
    let part = folder.file("capture.pcapng.part");
    let (server, client) = (address("[::1]:5683"), address("[::1]:50001"));
    let mut tap = Tap::create(&path, about()).unwrap();
    assert_eq!(frames(&blocks(&part)).len(), 0);
    for number in 1..=20 {
        assert_eq!(
            tap.record(
                Time::from_nanos(number),
                client,
                server,
                &[number as u8; 2000]
            ),
            number as u32
        );
        assert_eq!(frames(&blocks(&part)).len(), number as usize);
    }
    // What a kill leaves behind: nothing is finished, nothing is dropped.
    std::mem::forget(tap);
    let read = blocks(&part);
    assert_eq!(interface_names(&read), ["testfest"]);
    assert_eq!(frames(&read)[19].2, vec![20; 2000]);
    assert!(!path.exists());
}

#[test]
fn nothing_is_too_long_or_too_odd() {
    let folder = Folder::new("odd");
    let path = folder.file("capture.pcapng");
    let mut tap = Tap::create(&path, about()).unwrap();
    let (four, six) = (address("10.0.0.1:0"), address("[fe80::1]:65535"));
    tap.seat(four, "a\0b", Holder::Harness);
    for (number, length) in [0, 65_507, 65_508, 65_535, 100_000].into_iter().enumerate() {
        let bytes = vec![1; length];
        assert_eq!(
            tap.record(Time::from_nanos(u64::MAX), four, four, &bytes),
            number as u32 * 2 + 1
        );
        tap.record(Time::from_nanos(u64::MAX), four, six, &bytes);
    }
    tap.finish(&[(1, "ü".repeat(70_000))], &[String::new()])
        .unwrap();
    let read = frames(&blocks(&path));
    assert_eq!(read.len(), 10);
    assert_eq!(read[8].2.len(), 65_507);
    assert_eq!(read[9].2.len(), 65_527);
}

#[test]
fn trouble_names_the_file() {
    let folder = Folder::new("trouble");
    let path = folder.file("nowhere/capture.pcapng");
    let error = Tap::create(&path, about()).err().unwrap();
    assert_eq!(
        error.to_string(),
        format!(
            "cannot write \"{}.part\": no such file or directory",
            path.display()
        )
    );

    let path = folder.file("capture.pcapng");
    let mut tap = Tap::create(&path, about()).unwrap();
    tap.record(Time::ZERO, address("[::1]:1"), address("[::1]:2"), b"x");
    let part = folder.file("capture.pcapng.part");
    let whole = fs::read(&part).unwrap();
    fs::write(&part, &whole[..whole.len() - 4]).unwrap();
    let error = tap.finish(&[], &[]).unwrap_err();
    assert!(matches!(error, TransportError::Read { .. }), "{error}");
    assert!(
        part.exists() && !path.exists(),
        "the part stays as evidence"
    );
    assert_eq!(
        fs::read_dir(&folder.0).unwrap().count(),
        1,
        "no draft is left"
    );
}

/// 2026-11-21T09:30:00Z.
const STARTED: Duration = Duration::from_secs(1_795_253_400);
