//! The watcher with nothing but a pre-shared key, on what two foreign programs say to each other through a relay of 127.0.0.1.
//!
//! Skipped, and said so, only if the programs are not on PATH.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "tests"
)]

mod live;
mod relay;

use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use live::{Foreign, PATIENCE, free_port, words};
use relay::Relay;
use tls::{Framing, Observed, Suite, Unread, Watcher, What};

/// Suites with OpenSSL's names for them.
const SUITES: [(Suite, &str); 7] = [
    (Suite::PSK_AES_128_CCM_8, "PSK-AES128-CCM8"),
    (Suite::PSK_AES_256_CCM_8, "PSK-AES256-CCM8"),
    (Suite::PSK_AES_128_CCM, "PSK-AES128-CCM"),
    (Suite::PSK_AES_256_CCM, "PSK-AES256-CCM"),
    (Suite::PSK_AES_128_GCM_SHA256, "PSK-AES128-GCM-SHA256"),
    (Suite::PSK_AES_256_GCM_SHA384, "PSK-AES256-GCM-SHA384"),
    (Suite::PSK_AES_128_CBC_SHA256, "PSK-AES128-CBC-SHA256"),
];

const FRAMINGS: [Framing; 2] = [Framing::Datagram, Framing::Stream];

fn is_there(program: &str) -> bool {
    // gnutls-cli has no "version" and says so, which is enough
    let found = Command::new(program).arg("version").output().is_ok();
    if !found {
        println!("SKIPPED: {program} is not on PATH");
    }
    found
}

fn openssl(role: &str, framing: Framing, name: &str, more: &str) -> Foreign {
    let protocol = match framing {
        Framing::Datagram => "-dtls1_2",
        Framing::Stream => "-tls1_2",
    };
    let text = format!(
        "{role} {protocol} -cipher {name}:@SECLEVEL=0 -psk 736563726574 -psk_identity client {more}"
    );
    Foreign::run("openssl", &words(&text))
}

/// A session of OpenSSL with itself, with a line each way; `more` are flags of the client.
fn session(framing: Framing, relay: &Relay, server: &mut Foreign, name: &str, more: &str) {
    let more = format!("-connect {} {more}", relay.address);
    let mut client = openssl("s_client", framing, name, &more);
    client.wait_for("SSL-Session:");
    let before = server.text().matches("a line up").count();
    client.say("a line up");
    let start = Instant::now();
    while server.text().matches("a line up").count() == before {
        assert!(start.elapsed() < PATIENCE, "{}", server.text());
        thread::sleep(Duration::from_millis(5));
    }
    server.say("a line down");
    client.wait_for("a line down");
    client.say("Q");
    client.wait_for("DONE");
}

fn show(watcher: &mut Watcher, relay: &Relay) -> Vec<Observed> {
    for (frame, (time, from, to, bytes)) in (1..).zip(relay.wire()) {
        watcher.observe(time, frame, from, to, &bytes);
    }
    watcher.finish();
    std::iter::from_fn(|| watcher.poll()).collect()
}

fn told(framing: Framing, key: &[u8]) -> Watcher {
    let mut watcher = Watcher::new(framing);
    watcher.add_psk(b"client".to_vec(), key.to_vec());
    watcher
}

fn text(observed: &[Observed]) -> String {
    let data = observed.iter().filter_map(|one| match &one.what {
        What::Data(bytes) => Some(String::from_utf8_lossy(bytes).into_owned()),
        _ => None,
    });
    data.collect()
}

fn check(framing: Framing, relay: &Relay, sessions: &[bool], suite: Suite) {
    let mut watcher = told(framing, b"secret");
    let observed = show(&mut watcher, relay);
    let strays = observed.iter().filter(|one| {
        matches!(
            one.what,
            What::Undecrypted { .. } | What::Rejected(_) | What::Malformed(_)
        )
    });
    assert_eq!(strays.count(), 0, "{observed:#?}");
    assert_eq!(
        text(&observed),
        "a line up\na line down\n".repeat(sessions.len())
    );
    let seen: Vec<_> = watcher.sessions().collect();
    let resumed: Vec<bool> = seen.iter().map(|session| session.resumed).collect();
    assert_eq!(resumed, sessions);
    for session in seen {
        assert!(session.is_established() && session.decrypted, "{session:?}");
        assert_eq!(session.suite, Some(suite));
        assert_eq!(session.identity.as_deref(), Some(&b"client"[..]));
    }
    assert!(watcher.session(1).unwrap().extended_master_secret);
    let mut watcher = told(framing, b"wrong");
    let observed = show(&mut watcher, relay);
    assert_eq!(text(&observed), "");
    let wrong = Unread::WrongKey {
        identity: b"client".to_vec(),
    };
    assert_eq!(watcher.session(1).unwrap().unread, Some(wrong));
}

#[test]
fn openssl_with_itself_is_read_in_every_suite() {
    if !is_there("openssl") {
        return;
    }
    for framing in FRAMINGS {
        for (suite, name) in SUITES {
            let port = free_port();
            let more = format!("-nocert -accept 127.0.0.1:{port}");
            let mut server = openssl("s_server", framing, name, &more);
            server.wait_for("ACCEPT");
            let relay = Relay::start(framing, port);
            session(framing, &relay, &mut server, name, "");
            check(framing, &relay, &[false], suite);
        }
    }
}

/// By a ticket (RFC 5077) and by the session ID; the first session has a cookie exchange and small datagrams in DTLS.
#[test]
fn sessions_that_openssl_resumes_are_read() {
    if !is_there("openssl") {
        return;
    }
    let (suite, name) = SUITES[6];
    for framing in FRAMINGS {
        for flag in ["", "-no_ticket"] {
            let port = free_port();
            let more = format!("-nocert -accept 127.0.0.1:{port} {flag}");
            let mut server = openssl("s_server", framing, name, &more);
            server.wait_for("ACCEPT");
            let relay = Relay::start(framing, port);
            let stored = format!("testfest-passive-{}-{port}.pem", std::process::id());
            let stored = std::env::temp_dir().join(stored);
            for when in ["-sess_out", "-sess_in"] {
                let more = format!("{flag} {when} {}", stored.display());
                session(framing, &relay, &mut server, name, &more);
            }
            std::fs::remove_file(&stored).unwrap();
            check(framing, &relay, &[false, true], suite);
        }
    }
}

#[test]
fn a_cookie_exchange_before_the_session_is_left_out_of_its_hash() {
    if !is_there("openssl") {
        return;
    }
    let (suite, name) = SUITES[0];
    let port = free_port();
    let more = format!("-nocert -accept 127.0.0.1:{port} -listen -mtu 256");
    let mut server = openssl("s_server", Framing::Datagram, name, &more);
    server.wait_for("ACCEPT");
    let relay = Relay::start(Framing::Datagram, port);
    session(Framing::Datagram, &relay, &mut server, name, "-mtu 256");
    check(Framing::Datagram, &relay, &[false], suite);
}

#[test]
fn gnutls_with_itself_is_read() {
    if !is_there("gnutls-cli") || !is_there("gnutls-serv") {
        return;
    }
    let keys = std::env::temp_dir().join(format!("testfest-passive-psk-{}", std::process::id()));
    std::fs::write(&keys, "client:736563726574\n").unwrap();
    for framing in FRAMINGS {
        let (version, udp) = match framing {
            Framing::Datagram => ("DTLS1.2", "--udp"),
            Framing::Stream => ("TLS1.2", ""),
        };
        let priority = format!(
            "NONE:+VERS-{version}:+PSK:+AES-128-CCM-8:+AEAD:+SIGN-ALL:+COMP-NULL:+GROUP-ALL"
        );
        let port = free_port();
        let arguments = format!(
            "{udp} --echo --port {port} --priority {priority} --pskpasswd {}",
            keys.display()
        );
        let server = Foreign::run("gnutls-serv", &words(&arguments));
        server.wait_for("listening");
        let relay = Relay::start(framing, port);
        let arguments = format!(
            "{udp} --port {} --priority {priority} --pskusername client --pskkey 736563726574 127.0.0.1",
            relay.address.port()
        );
        let mut client = Foreign::run("gnutls-cli", &words(&arguments));
        client.wait_for("Handshake was completed");
        client.say("a line there and back");
        // what comes back is printed when the program ends
        let start = Instant::now();
        let observed = loop {
            let observed = show(&mut told(framing, b"secret"), &relay);
            if text(&observed) == "a line there and back\n".repeat(2) {
                break observed;
            }
            assert!(
                start.elapsed() < PATIENCE,
                "{observed:#?}\n{}",
                client.text()
            );
            thread::sleep(Duration::from_millis(20));
        };
        let unread = |one: &&Observed| matches!(one.what, What::Undecrypted { .. });
        assert_eq!(observed.iter().filter(unread).count(), 0);
        let wrong = show(&mut told(framing, b"wrong"), &relay);
        assert_eq!(text(&wrong), "");
        assert!(wrong.iter().filter(unread).count() >= 4);
    }
    std::fs::remove_file(&keys).unwrap();
}
