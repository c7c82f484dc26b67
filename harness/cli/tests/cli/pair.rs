//! `testfest pair`: two implementations at one table; emulators stand for both, with the relay between them.

use std::net::SocketAddr;
use std::path::Path;

use serde_json::Value;

use crate::program::{Folder, client_profile, json, run};

/// A profile of a server that one of our emulators is.
const SERVER: &str = "name: Test server\nvendor: Somebody\nrole: server\nics:\n  lwm2m: [\"1.1\", \"1.2\"]\n  transports: [udp]\n  \
     security: [nosec]\n  content-formats: [text, opaque, link-format, tlv]\n  \
     operations: [register, update, deregister, read, write, write-attributes, discover, execute, observe, cancel-observation, notify]\n\
     ixit: {uri: \"coap://127.0.0.1:0\", latency: 100ms}\ncontrol: {start: harness}\n";

#[test]
fn both_seats_are_judged_by_one_dialogue() {
    judges_both_seats("pair", "udp", "nosec", &[], "");
}

#[test]
fn both_seats_are_judged_by_one_connection() {
    judges_both_seats("pair-tcp", "tcp", "nosec", &[], "7.01 CSM");
}

#[test]
fn both_seats_are_judged_by_one_session_of_tls() {
    judges_both_seats("pair-tls", "tcp", "psk", &[], "in TLS session 1");
}

#[test]
fn both_seats_are_judged_where_the_harness_ends_their_sessions() {
    let shown = "sent by the harness, which ends the session";
    judges_both_seats("pair-ended", "udp", "psk", &["--terminate"], shown);
}

/// `shown` stands in the ladder of every case.
fn judges_both_seats(name: &str, transport: &str, security: &str, flags: &[&str], shown: &str) {
    let claims = |profile: &str| {
        let profile = profile.replace("transports: [udp]", "transports: [udp, tcp]");
        profile.replace("security: [nosec]", "security: [nosec, psk]")
    };
    let folder = Folder::new(name);
    let client = claims(&client_profile("", "{start: harness}"));
    let client = folder.write("client.yaml", &client);
    let server = folder.write("server.yaml", &claims(SERVER));
    let out = Folder::new(&format!("{name}-out"));
    let words = [
        "pair",
        "--client",
        &client,
        "--server",
        &server,
        "--out",
        out.text(),
        "--transport",
        transport,
        "--security",
        security,
        "101",
        "203",
        "301",
    ];
    let ended = run(&[&words, flags].concat());
    assert_eq!(ended.code, Some(0), "{}{}", ended.out, ended.err);
    for line in [
        "client under test: Test client",
        "server under test: Test server",
        "[client] registration/int-101-initial-registration",
        "[server] registration/int-101-initial-registration",
    ] {
        assert!(ended.out.contains(line), "{line} is not in\n{}", ended.out);
    }
    let session = out.session();
    let record = json(&session.join("session.json"));
    let again = record["parameters"]["again"].as_str().unwrap();
    assert!(
        again.contains("pair --client ") && again.contains("--server "),
        "{again}"
    );
    let terminates = flags.contains(&"--terminate");
    assert_eq!(again.contains(" --terminate"), terminates, "{again}");
    assert_eq!(record["parameters"]["terminate"] == true, terminates);
    assert_eq!(record["parameters"]["lwm2m"], "1.1");
    let cases = record["cases"].as_array().unwrap();
    let seats: Vec<&Value> = cases.iter().map(|case| &case["seat"]).collect();
    assert_eq!(
        seats,
        ["client", "server", "client", "server", "client", "server"]
    );
    for case in cases {
        assert_eq!(case["verdict"], "pass", "{case}");
        let own = session.join(case["folder"].as_str().unwrap());
        // both seats were judged by what one capture shows
        let capture = std::fs::read(own.join("capture.pcapng")).unwrap();
        assert_eq!(case["capture_hash"], runner::sha256(&capture));
        let text = String::from_utf8_lossy(&capture);
        assert!(text.contains("relay at 127.0.0.1:"), "{case}");
        let frames = json(&own.join("case.json"));
        assert!(!frames["frames"].as_array().unwrap().is_empty());
        assert!(
            frames["frames"].to_string().contains(shown),
            "{}",
            frames["frames"]
        );
        let ends = frames["seating"]["ends"].as_array().map_or(0, Vec::len);
        // the relay as the client sees it and as the server sees it
        assert_eq!(
            ends,
            if terminates { 2 } else { 0 },
            "{}",
            frames["seating"]
        );
    }
    say_the_captures_what_the_run_said(&session, &out);
}

/// Judges the session once more, as it is and with a letter of the server's altered.
fn say_the_captures_what_the_run_said(session: &Path, out: &Folder) {
    let at = session.to_str().unwrap();
    let again = out.path().join("again");
    let ended = run(&["judge", "--session", at, "--out", again.to_str().unwrap()]);
    assert_eq!(ended.code, Some(0), "{}{}", ended.out, ended.err);
    for part in [
        "information-reporting/int-301-observation-and-notification [client]",
        "information-reporting/int-301-observation-and-notification [server]",
        "\n6 cases: ",
        " 0 differ\n",
    ] {
        assert!(ended.out.contains(part), "{part} is not in {}", ended.out);
    }
    assert!(!ended.out.contains("not judged"), "{}", ended.out);
    let path = session.join("device-management/int-203-read-tlv/server/case.json");
    let mut record = json(&path);
    record["summary"]["criteria"][0]["verdict"] = "fail".into();
    std::fs::write(&path, record.to_string()).unwrap();
    let ended = run(&["judge", "--session", at]);
    assert_eq!(ended.code, Some(1), "{}{}", ended.out, ended.err);
    assert!(ended.out.contains(" 1 differ\n"), "{}", ended.out);
}

#[test]
fn a_bad_network_is_nobodys_fault() {
    let folder = Folder::new("pair-impaired");
    let client = folder.write("client.yaml", &client_profile("", "{start: harness}"));
    let server = folder.write("server.yaml", SERVER);
    let out = Folder::new("pair-impaired-out");
    let words = [
        "pair",
        "--client",
        &client,
        "--server",
        &server,
        "--out",
        out.text(),
        "--impair",
        "loss=20%,dup=10%,rebind=1s,seed=3",
        "101",
        "203",
        "301",
    ];
    let ended = run(&words);
    // what the retransmissions make good passes, the rest stays open
    assert!(
        [Some(0), Some(5)].contains(&ended.code),
        "{}{}",
        ended.out,
        ended.err
    );
    let told = "the network is impaired: loss=20%,dup=10%,rebind=1s,seed=3";
    assert!(ended.out.contains(told), "{}", ended.out);
    let session = out.session();
    let record = json(&session.join("session.json"));
    assert_eq!(
        record["parameters"]["impair"],
        "loss=20%,dup=10%,rebind=1s,seed=3"
    );
    let (mut captures, mut deeds) = (String::new(), String::new());
    for case in record["cases"].as_array().unwrap() {
        assert!(
            ["pass", "inconclusive"].contains(&case["verdict"].as_str().unwrap()),
            "{case}"
        );
        let own = session.join(case["folder"].as_str().unwrap());
        let capture = std::fs::read(own.join("capture.pcapng")).unwrap();
        captures.push_str(&String::from_utf8_lossy(&capture));
        for control in json(&own.join("case.json"))["controls"].as_array().unwrap() {
            deeds.push_str(control["action"].as_str().unwrap());
        }
    }
    for mark in [
        "network: lost (--impair, seed 3)",
        "network: doubled (--impair, seed 3)",
        "network: a copy that the harness made",
    ] {
        assert!(captures.contains(mark), "no frame says: {mark}");
    }
    for deed in [
        " was lost (--impair, seed 3)",
        "the client was moved to another address (--impair, seed 3)",
    ] {
        assert!(deeds.contains(deed), "no ladder says: {deed}: {deeds}");
    }
}

/// Profiles of a client and a server that speak CoAP over TCP, started by these commands; the server is at `at`.
fn processes(folder: &Folder, at: SocketAddr, commands: [&[&str]; 2]) -> [String; 2] {
    let [client, server] = commands.map(|words| {
        let words: Vec<String> = words.iter().map(|word| format!("{word:?}")).collect();
        format!("{{start: [{}], stop: {{signal: kill}}}}", words.join(", "))
    });
    let client = client_profile("", &client).replace("startup-time: 200ms", "startup-time: 5s");
    let server = SERVER.replace("{start: harness}", &server);
    let uri = format!("uri-coap+tcp: \"coap+tcp://{at}\"");
    let server = server.replace("uri: \"coap://127.0.0.1:0\"", &uri);
    [("client.yaml", client), ("server.yaml", server)]
        .map(|(name, text)| folder.write(name, &text.replace("[udp]", "[udp, tcp]")))
}

/// An address of this machine at which nobody listens.
fn free_address() -> SocketAddr {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap()
}

#[test]
fn two_processes_meet_over_tcp() {
    let folder = Folder::new("pair-processes");
    let at = free_address();
    let program = env!("CARGO_BIN_EXE_testfest");
    let listen = at.to_string();
    let client = [
        program,
        "emulate",
        "client",
        "--transport",
        "tcp",
        "--lwm2m",
        "1.1",
        "--server",
        "${server.uri}",
        "--endpoint",
        "${client.endpoint}",
    ];
    let server = [
        program,
        "emulate",
        "server",
        "--transport",
        "tcp",
        "--listen",
        &listen,
    ];
    let [client, server] = processes(&folder, at, [&client, &server]);
    let out = Folder::new("pair-processes-out");
    let words = [
        "pair",
        "--client",
        &client,
        "--server",
        &server,
        "--out",
        out.text(),
        "--transport",
        "tcp",
        "con-tcp-csm-first",
    ];
    let ended = run(&words);
    assert_eq!(ended.code, Some(0), "{}{}", ended.out, ended.err);
    let session = out.session();
    for seat in ["client", "server"] {
        let case = json(&session.join(format!("coap/con-tcp-csm-first/{seat}/case.json")));
        assert_eq!(case["summary"]["verdict"], "pass", "{case}");
        // the server's own address, and no relay's
        let addresses = case["seating"]["addresses"].to_string();
        assert!(addresses.contains(&listen), "{addresses}");
    }
    let ended = run(&["judge", "--session", session.to_str().unwrap()]);
    assert_eq!(ended.code, Some(0), "{}{}", ended.out, ended.err);
    let told =
        "2 cases: 2 letters come out as in the run, 0 are left open by the capture, 0 differ";
    assert!(ended.out.contains(told), "{}", ended.out);
}

/// A server that is not there is told, and nothing hangs.
#[test]
fn a_server_that_nobody_reaches_over_tcp_is_told() {
    let folder = Folder::new("pair-unreached");
    let at = free_address();
    let program = env!("CARGO_BIN_EXE_testfest");
    let client = [
        program,
        "emulate",
        "client",
        "--transport",
        "tcp",
        "--lwm2m",
        "1.1",
        "--server",
        "${server.uri}",
        "--endpoint",
        "${client.endpoint}",
    ];
    let [client, server] = processes(&folder, at, [&client, &["sleep", "60"]]);
    let out = Folder::new("pair-unreached-out");
    let words = [
        "pair",
        "--client",
        &client,
        "--server",
        &server,
        "--out",
        out.text(),
        "--transport",
        "tcp",
        "con-tcp-csm-first",
    ];
    let ended = run(&words);
    assert_eq!(ended.code, Some(5), "{}{}", ended.out, ended.err);
    let case = json(
        &out.session()
            .join("coap/con-tcp-csm-first/client/case.json"),
    );
    let text = format!("the relay cannot reach the server at {at}: connection refused");
    assert!(case["remarks"].to_string().contains(&text), "{case}");
    let ended = run(&["judge", "--session", out.session().to_str().unwrap()]);
    assert_eq!(ended.code, Some(0), "{}{}", ended.out, ended.err);
    for failed in ["Fail", "not judged"] {
        assert!(!ended.out.contains(failed), "{}", ended.out);
    }
}

#[test]
fn an_impairment_that_cannot_be_is_told_why() {
    for (words, text) in [
        (vec!["--impair", "los=5%"], "\"los\" is none of loss, delay"),
        (vec!["--impair", "loss=5"], "a share from 0% to 100%"),
        (vec!["--impair", "rebind=30s"], "rebind needs a relay"),
        (
            vec!["--impair", "loss=5%", "--transport", "tcp"],
            "TCP makes good what a network does",
        ),
    ] {
        let ended = run(&[vec!["run"], words, vec!["101"]].concat());
        assert_eq!(ended.code, Some(2), "{}{}", ended.out, ended.err);
        assert!(ended.err.contains(text), "{text}: {}", ended.err);
    }
}

#[test]
fn who_cannot_meet_is_told_why() {
    let folder = Folder::new("pair-wrong");
    let client = folder.write("client.yaml", &client_profile("", "{start: harness}"));
    let server = folder.write("server.yaml", SERVER);
    let later = folder.write("later.yaml", &SERVER.replace("\"1.1\", \"1.2\"", "\"1.2\""));
    let out = Folder::new("pair-none");
    let told = |words: &[&str], text: &str, help: &str| {
        let all = [&["pair", "--out", out.text()], words].concat();
        let ended = run(&all);
        assert_eq!(ended.code, Some(2), "{words:?}: {}{}", ended.out, ended.err);
        for part in [text, help] {
            assert!(
                ended.err.contains(part),
                "{words:?}: {part} is not in\n{}",
                ended.err
            );
        }
        assert!(out.is_empty(), "{words:?}");
    };
    told(
        &["--client", &server, "--server", &server],
        "is the profile of a server, not of a client",
        "--client P",
    );
    told(
        &["--client", &client, "--server", &later],
        "the implementations have no LwM2M version in common",
        "claims 1.2",
    );
    told(
        &["--client", &client, "--server", &server, "--lwm2m", "1.2"],
        "\"Test client\" does not claim LwM2M 1.2",
        "claims 1.1",
    );
    told(
        &[
            "--client",
            &client,
            "--server",
            &server,
            "--security",
            "psk",
        ],
        "\"Test client\" does not claim security mode \"psk\"",
        "claims nosec",
    );
    told(
        &[
            "--client",
            &client,
            "--server",
            &server,
            "--profile",
            &client,
        ],
        "a pair has no --profile",
        "--client and --server",
    );
    told(
        &[
            "--client",
            &client,
            "--server",
            &server,
            "--terminate",
            "--transport",
            "tcp",
        ],
        "--terminate ends DTLS, and not TLS",
        "--keylog",
    );
    told(
        &["--client", "nobody", "--server", &server],
        "no profile \"nobody\"",
        "a profile is a path",
    );
}
