//! Implementations that send garbage: every case ends with a verdict, the reports are written, nothing panics.

use std::net::{SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use crate::program::{Folder, client_profile, json, run};

/// Plays `filters` against a profile and looks at what is left.
fn survives(folder: &Folder, profile: &str, filters: &[&str]) {
    let mut words = vec!["run", "--profile", profile, "--out", folder.text()];
    words.extend(filters);
    let ended = run(&words);
    assert!(matches!(ended.code, Some(1 | 5)), "{ended:?}");
    assert!(!ended.err.contains("panicked"), "{}", ended.err);
    let session = folder.session();
    let record = json(&session.join("session.json"));
    assert!(record["ended"].is_string());
    let cases = record["cases"].as_array().unwrap();
    assert_eq!(cases.len(), filters.len(), "{}", ended.out);
    for case in cases {
        let verdict = case["verdict"].as_str().unwrap();
        assert!(
            ["fail", "inconclusive"].contains(&verdict),
            "{verdict}: {}",
            ended.out
        );
        assert!(case["reason"].is_string());
    }
    for name in ["session.html", "session.pdf", "junit.xml"] {
        assert!(session.join(name).is_file(), "{name} is missing");
    }
}

#[test]
fn a_client_that_registers_and_answers_garbage() {
    let folder = Folder::new("hostile-client");
    let control = control("client", "${server.uri} ${client.endpoint}");
    let profile = folder.write("hostile.yaml", &client_profile("", &control));
    survives(&folder, &profile, &["203", "215", "260", "301"]);
}

#[test]
fn a_client_that_sends_nothing_but_garbage() {
    let folder = Folder::new("garbage-client");
    let control = control("flood", "${server.uri} ${client.endpoint}");
    let profile = folder.write("hostile.yaml", &client_profile("", &control));
    survives(&folder, &profile, &["101", "203"]);
}

#[test]
fn a_server_that_answers_garbage() {
    let folder = Folder::new("hostile-server");
    // given back before the program takes it
    let port = UdpSocket::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let address = format!("127.0.0.1:{port}");
    let profile = client_profile("", &control("server", &format!("coap://{address} -")));
    let profile = profile.replace("role: client", "role: server");
    let profile = profile.replace("ixit: {", &format!("ixit: {{uri: \"coap://{address}\", "));
    let profile = folder.write("hostile.yaml", &profile);
    survives(&folder, &profile, &["101", "102"]);
}

#[test]
fn a_client_that_ends_in_every_case() {
    let folder = Folder::new("dying-client");
    let control = control("dying", "${server.uri} ${client.endpoint}");
    let profile = folder.write("dying.yaml", &client_profile("", &control));
    let out = folder.path().join("out");
    let words = ["run", "--profile", &profile, "--out", out.to_str().unwrap()];
    run(&[&words[..], &["201", "203"]].concat());
    let session = std::fs::read_dir(&out).unwrap().next().unwrap().unwrap();
    for case in ["int-201-read-text", "int-203-read-tlv"] {
        let case = session.path().join("device-management").join(case);
        let record = std::fs::read_to_string(case.join("case.json")).unwrap();
        assert!(
            record.contains("process ended by itself: exit code 3"),
            "{record}"
        );
        let log = std::fs::read_to_string(case.join("iut.log")).unwrap();
        assert!(log.contains("[testfest] started"), "{log}");
    }
}

/// Runs this very file as the implementation: the test that is ignored, with its part in the environment.
fn control(part: &str, words: &str) -> String {
    let this = std::env::current_exe().unwrap();
    let this = this.to_str().unwrap();
    format!(
        "{{start: [\"{this}\", \"--exact\", \"hostile::hostile_program\", \"--ignored\", \"--nocapture\"], \
         env: {{HOSTILE: \"{part} {words}\"}}}}"
    )
}

#[test]
#[ignore = "a program that the other tests start"]
fn hostile_program() {
    let Ok(told) = std::env::var("HOSTILE") else {
        return;
    };
    let mut words = told.split(' ');
    let part = words.next().unwrap();
    let peer: SocketAddr = words
        .next()
        .unwrap()
        .trim_start_matches("coap://")
        .parse()
        .unwrap();
    let endpoint = words.next().unwrap();
    let began = Instant::now();
    match part {
        "server" => answer(&UdpSocket::bind(peer).unwrap(), began),
        "client" => {
            let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
            socket.send_to(&register(endpoint), peer).unwrap();
            answer(&socket, began);
        }
        "dying" => {
            let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
            socket.set_read_timeout(Some(LIFE)).unwrap();
            socket.send_to(&register(endpoint), peer).unwrap();
            for _ in 0..2 {
                drop(socket.recv_from(&mut [0; 1_500]));
            }
            std::process::exit(3);
        }
        _ => flood(&UdpSocket::bind("127.0.0.1:0").unwrap(), peer, began),
    }
}

/// A Register that is as it should be.
fn register(endpoint: &str) -> Vec<u8> {
    let mut bytes = vec![0x41, 0x02, 0x00, 0x01, 0x77, 0xb2];
    bytes.extend(b"rd");
    // Content-Format (12): link-format (40)
    bytes.extend([0x11, 40]);
    let mut delta = 3;
    for query in [
        format!("ep={endpoint}"),
        "lt=300".to_owned(),
        "lwm2m=1.1".to_owned(),
        "b=U".to_owned(),
    ] {
        let length = u8::try_from(query.len()).unwrap();
        match length {
            0..13 => bytes.push(delta << 4 | length),
            _ => bytes.extend([delta << 4 | 13, length - 13]),
        }
        bytes.extend(query.bytes());
        delta = 0;
    }
    bytes.push(0xff);
    bytes.extend(b"</1/0>,</3/0>");
    bytes
}

/// Answers every datagram with one of the worst things there are.
fn answer(socket: &UdpSocket, began: Instant) {
    socket
        .set_read_timeout(Some(Duration::from_millis(200)))
        .unwrap();
    let mut buffer = [0; 65_536];
    let mut number = 0;
    while began.elapsed() < LIFE {
        let Ok((length, from)) = socket.recv_from(&mut buffer) else {
            continue;
        };
        let request = &buffer[..length];
        for _ in 0..3 {
            drop(socket.send_to(&garbage(number, request), from));
            number += 1;
        }
    }
}

/// Sends garbage to an address that never asked.
fn flood(socket: &UdpSocket, peer: SocketAddr, began: Instant) {
    let mut number = 0;
    while began.elapsed() < LIFE {
        drop(socket.send_to(
            &garbage(
                number,
                &[0x44, 0x02, 0x12, 0x34, 1, 2, 3, 4, 0xb2, b'r', b'd'],
            ),
            peer,
        ));
        number += 1;
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Nothing, half a message, too much of one, an answer that contradicts itself, noise.
fn garbage(number: u32, request: &[u8]) -> Vec<u8> {
    let id = [
        request.get(2).copied().unwrap_or(0),
        request.get(3).copied().unwrap_or(0),
    ];
    let token = request
        .get(4..4 + usize::from(request.first().copied().unwrap_or(0) & 15).min(8))
        .unwrap_or(&[]);
    let length = u8::try_from(token.len()).unwrap_or(0);
    let answer = |code: u8, rest: &[u8]| {
        let head = [0x60 | length, code, id[0], id[1]];
        [&head[..], token, rest].concat()
    };
    let noise: Vec<u8> = (0..number % 97)
        .map(|place| (number.wrapping_mul(2_654_435_761) >> (place % 24)) as u8 ^ place as u8)
        .collect();
    match number % 12 {
        0 => Vec::new(),
        1 => request.get(..request.len() / 2).unwrap_or(&[]).to_vec(),
        2 => vec![0xff; 65_507],
        3 => answer(0x45, &[0xff]),
        4 => answer(0x45, &[0xc1, 11, 0xff, 0xc8, 0x00, 0xff, 0xff, 0xff]),
        5 => answer(0xff, &noise),
        6 => [&[0x4f, 0x45, id[0], id[1]], &noise[..]].concat(),
        7 => answer(0x45, &[0xd1, 0xff, 0xe1, 0xff, 0xff, 0x00]),
        8 => answer(0x44, &[&[0xff][..], &[b'"'; 60_000]].concat()),
        9 => answer(
            0x45,
            &[
                0xc2, 0x2d, 0x16, 0xb1, 0xff, 0xff, 0xff, 0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                0xff, 0xff,
            ],
        ),
        10 => request.to_vec(),
        _ => noise,
    }
}

/// Longer than any test needs it.
const LIFE: Duration = Duration::from_secs(60);
