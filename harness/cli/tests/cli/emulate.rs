//! Emulators as processes of their own: against each other, led by scripts and typed lines, and left alone.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::UdpSocket;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::program::{Folder, program, run};

/// An emulator that runs, and what it says.
pub(crate) struct Emulated {
    child: Child,
    lines: std::sync::mpsc::Receiver<String>,
    said: String,
}

impl Emulated {
    /// Starts one; its first line has been said.
    pub(crate) fn start(words: &[&str]) -> Self {
        let mut command = program(&[&["emulate"], words].concat());
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        let (sender, lines) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            for line in out.lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        let mut emulated = Self {
            child,
            lines,
            said: String::new(),
        };
        emulated.until("emulated ");
        emulated
    }

    /// A server at a port that the system chooses.
    pub(crate) fn server(words: &[&str]) -> Self {
        Self::start(&[&["server", "--listen", "127.0.0.1"], words].concat())
    }

    /// Where it is, with its scheme.
    pub(crate) fn uri(&self) -> String {
        let (_, rest) = self.said.split_once(" at ").unwrap();
        rest.split(',').next().unwrap().to_owned()
    }

    /// Waits until it says this; gives the line.
    pub(crate) fn until(&mut self, text: &str) -> String {
        let limit = Instant::now() + Duration::from_secs(30);
        loop {
            let left = limit.saturating_duration_since(Instant::now());
            let line = self.lines.recv_timeout(left);
            let line = line.unwrap_or_else(|_| panic!("never said \"{text}\":\n{}", self.said));
            self.said += &format!("{line}\n");
            if line.contains(text) {
                return line;
            }
        }
    }

    pub(crate) fn type_line(&mut self, line: &str) {
        let input = self.child.stdin.as_mut().unwrap();
        writeln!(input, "{line}").unwrap();
    }

    pub(crate) fn interrupt(&self) {
        let process = self.child.id().to_string();
        let sent = Command::new("kill").args(["-INT", &process]).status();
        assert!(sent.unwrap().success());
    }

    /// Waits for its end; gives its exit code and everything that it said.
    pub(crate) fn end(mut self) -> (Option<i32>, String) {
        let began = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(
                began.elapsed() < Duration::from_secs(30),
                "never ended:\n{}",
                self.said
            );
            std::thread::sleep(Duration::from_millis(10));
        };
        while let Ok(line) = self.lines.recv_timeout(Duration::from_secs(5)) {
            self.said += &format!("{line}\n");
        }
        (status.code(), std::mem::take(&mut self.said))
    }
}

impl Drop for Emulated {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Runs a client with this script against `server`.
fn client(
    folder: &Folder,
    server: &Emulated,
    script: &str,
    more: &[&str],
) -> crate::program::Ended {
    let script = folder.write("client.txt", script);
    let uri = server.uri();
    let words = ["emulate", "client", "--server", &uri, "--script", &script];
    run(&[&words, more].concat())
}

#[test]
fn a_server_leads_a_client_by_a_script() {
    let folder = Folder::new("emulate-script");
    let script = folder.write(
        "server.txt",
        "# what a server does\n\
         read: {path: /3/0/0, accept: tlv}\n\
         client: {content: {value: Open Mobile Alliance, content-format: tlv}}\n\
         {observe: {path: /3/0/9}, as: battery}\n\
         client: {content: {value: 100}}\n\
         {cancel-observation: {of: battery}}\n\
         write: {path: /1/0/1, value: 300}\n\
         client: {changed: {}}\n\
         clients\nobjects\n",
    );
    let capture = folder.path().join("talk.pcapng");
    let server = Emulated::server(&["--script", &script, "--capture", capture.to_str().unwrap()]);
    let mut client = Emulated::start(&[
        "client",
        "--server",
        &server.uri(),
        "--endpoint",
        "urn:dev:one",
    ]);
    client.until("Update (/rd/1, lt=300)");
    let (code, said) = server.end();
    assert_eq!(code, Some(0), "{said}");
    for wanted in [
        "client -> server  Register (ep=urn:dev:one",
        "server -> client  Read /3/0/0 (accept tlv)\n",
        "/3/0/0  \"Open Mobile Alliance\" (string)\n",
        "client  \"urn:dev:one\"  127.0.0.1:",
        "urn:dev:one: </1/0>, </3/0>",
        "capture: ",
    ] {
        assert!(said.contains(wanted), "{wanted}\n{said}");
    }
    let bytes = std::fs::read(&capture).unwrap();
    // Section Header Block of pcapng
    assert_eq!(bytes.get(..4), Some(&[0x0a, 0x0d, 0x0d, 0x0a][..]));
    client.type_line("quit");
    assert_eq!(client.end().0, Some(0));
}

#[test]
fn a_client_is_led_by_its_script_and_takes_leave() {
    let folder = Folder::new("emulate-client");
    let mut server = Emulated::server(&[]);
    let script = "wait 300ms\nupdate: {lifetime: 120}\nserver: {changed: {}}\n\
                  send: {node: {/3/0/9: 50}}\nserver: {changed: {}}\n";
    let ended = client(&folder, &server, script, &[]);
    assert_eq!(ended.code, Some(0), "{}{}", ended.out, ended.err);
    assert!(
        ended.out.contains("server -> client  2.02 Deleted"),
        "{}",
        ended.out
    );
    server.until("Update (/rd/1, lt=120)");
    server.until("Send (");
    server.until("Deregister (/rd/1)");
    // the script's last line is not met
    let script = format!("{script}server: {{bad-request: {{}}}}\nupdate: {{}}\n");
    let ended = client(&folder, &server, &script, &[]);
    assert_eq!(ended.code, Some(1));
    assert!(
        ended
            .out
            .contains("not as expected: the server answered 2.04 Changed; expected code 4.00"),
        "{}",
        ended.out
    );
    assert!(
        ended.out.contains("client.txt:6 did not go well"),
        "{}",
        ended.out
    );
    assert!(!ended.out.contains("> update: {}"), "{}", ended.out);
    assert!(ended.out.contains("Deregister"), "{}", ended.out);
    server.type_line("quit");
    assert_eq!(server.end().0, Some(0));
}

#[test]
fn ctrl_c_makes_a_client_deregister() {
    let mut server = Emulated::server(&[]);
    let mut client = Emulated::start(&["client", "--server", &server.uri()]);
    client.until("2.01 Created");
    client.interrupt();
    let (code, said) = client.end();
    assert_eq!(code, Some(0), "{said}");
    server.until("Deregister (/rd/1)");
    server.interrupt();
    assert_eq!(server.end().0, Some(0));
}

#[test]
fn values_that_are_set_are_notified() {
    let mut server = Emulated::server(&[]);
    let mut client = Emulated::start(&[
        "client",
        "--server",
        &server.uri(),
        "--configuration",
        "C.4",
    ]);
    server.until("2.01 Created");
    std::thread::sleep(Duration::from_millis(300));
    server.type_line("observe: {path: /3/0/9}");
    server.until("2.05 Content");
    client.type_line("set /3/0/9 42");
    server.until("2.05 Content (notification)");
    server.until("/3/0/9  42 (integer)");
    client.type_line("set /3/0/9 many");
    client.until("this cannot be set: /3/0/9 holds a value of type integer");
    client.type_line("set");
    client.type_line("objects");
    client.until("/3/0/9  42");
    client.type_line("quit");
    assert_eq!(client.end().0, Some(0));
}

#[test]
fn a_server_tells_its_clients_apart() {
    let mut server = Emulated::server(&[]);
    let uri = server.uri();
    let clients: Vec<Emulated> = ["one", "two"]
        .iter()
        .map(|name| {
            let client = Emulated::start(&["client", "--server", &uri, "--endpoint", name]);
            server.until(&format!("Register (ep={name}"));
            server.until("2.01 Created");
            client
        })
        .collect();
    std::thread::sleep(Duration::from_millis(300));
    for (typed, wanted) in [
        ("read: {path: /3/0/0}", "server -> client-2  Read /3/0/0"),
        ("to one", "> to one"),
        ("read: {path: /3/0/1}", "server -> client  Read /3/0/1"),
        (
            "{read: {path: /3/0/2}, to: client-2}",
            "server -> client-2  Read /3/0/2",
        ),
        ("to three", "nobody is known as \"three\""),
        ("clients", "client-2  \"two\""),
    ] {
        server.type_line(typed);
        if !wanted.starts_with('>') {
            server.until(wanted);
        }
    }
    drop(clients);
}

#[test]
fn a_handshake_with_psk() {
    let folder = Folder::new("emulate-psk");
    let channel = ["--security", "psk", "--psk", "dev=00112233"];
    let mut server = Emulated::server(&channel);
    assert!(server.uri().starts_with("coaps://"));
    let ended = client(
        &folder,
        &server,
        "wait 300ms\nupdate: {}\nserver: {changed: {}}\n",
        &channel,
    );
    assert_eq!(ended.code, Some(0), "{}{}", ended.out, ended.err);
    server.until("client_hello");
    server.until("Register (");
    // another key
    let ended = client(
        &folder,
        &server,
        "update: {}\n",
        &["--security", "psk", "--psk", "dev=44556677"],
    );
    assert_eq!(ended.code, Some(1), "{}", ended.out);
    assert!(ended.out.contains("no answer within 10 s"), "{}", ended.out);
}

#[test]
fn without_a_capture_nothing_is_left_behind() {
    let folder = Folder::new("emulate-spool");
    let mut command = program(&["emulate", "server", "--listen", "127.0.0.1"]);
    let mut child = command
        .env("TMPDIR", folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.next().unwrap().unwrap().contains("emulated server"));
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(folder.is_empty());
}

#[test]
fn every_transport_and_security_mode() {
    for (transport, security, scheme, handshake) in [
        ("tcp", "nosec", "coap+tcp", "TCP connection"),
        ("tcp", "psk", "coaps+tcp", "client_hello"),
        ("tcp", "rpk", "coaps+tcp", "client_hello"),
        ("tcp", "certificate", "coaps+tcp", "client_hello"),
        ("udp", "rpk", "coaps", "client_hello"),
        ("udp", "certificate", "coaps", "client_hello"),
    ] {
        let name = format!("{transport}, {security}");
        let folder = Folder::new("emulate-channel");
        let channel = ["--transport", transport, "--security", security];
        let mut server = Emulated::server(&channel);
        assert!(server.uri().starts_with(&format!("{scheme}://")), "{name}");
        // a script begins when the client is registered
        let script = "update: {lifetime: 60}\nserver: {changed: {}}\nsend: {node: {/3/0/9: 50}}\nserver: {changed: {}}\n";
        let ended = client(&folder, &server, script, &channel);
        assert_eq!(ended.code, Some(0), "{name}: {}{}", ended.out, ended.err);
        server.until("Deregister (");
        server.until("2.02 Deleted");
        let first = ended.out.find(handshake);
        let register = ended.out.find("Register (").unwrap();
        assert!(
            first.is_some_and(|place| place < register),
            "{name}: {}",
            ended.out
        );
    }
}

#[test]
fn a_bootstrap_server_leads_a_client_to_its_server() {
    let mut server = Emulated::server(&[]);
    let mut leading = Emulated::start(&[
        "bootstrap-server",
        "--listen",
        "127.0.0.1",
        "--server",
        &server.uri(),
    ]);
    let client = Emulated::start(&["client", "--bootstrap-server", &leading.uri()]);
    leading.until("Bootstrap-Request (");
    leading.until("Bootstrap-Finish");
    leading.until("2.04 Changed");
    server.until("Register (");
    client.interrupt();
    assert_eq!(client.end().0, Some(0));
    server.until("Deregister (");
}

#[test]
fn mistakes_of_a_script_are_shown_before_anything_is_sent() {
    let folder = Folder::new("emulate-mistakes");
    let script = folder.write(
        "wrong.txt",
        "read: {path: /3/0/0}\nraed: {path: /3}\nread: {paht: /3}\n\nupdate: {}\nwiat 5s\nset /3/0/9 5\nwait 5\n\
         changed: {}\nserver-2: {read: {path: /3}}\n",
    );
    let ended = run(&[
        "emulate",
        "server",
        "--listen",
        "127.0.0.1",
        "--script",
        &script,
    ]);
    assert_eq!(ended.code, Some(2), "{}", ended.out);
    assert!(ended.out.is_empty(), "{}", ended.out);
    for wanted in [
        "wrong.txt:2:1",
        "did you mean \"read\"?",
        "wrong.txt:3:8",
        "did you mean \"path\"?",
        "wrong.txt:5:1",
        "\"update\" is sent by a client, not by server",
        "wrong.txt:6:1",
        "did you mean \"wait\"?",
        "only a client has values that can be set",
        "how long to wait carries a unit",
        "\"changed\" makes sense in a case alone",
        "wrong.txt:10:1",
        "error: 8 mistakes",
    ] {
        assert!(ended.err.contains(wanted), "{wanted}\n{}", ended.err);
    }
}

#[test]
fn nothing_that_is_typed_ends_it() {
    let mut server = Emulated::server(&[]);
    let input = server.child.stdin.as_mut().unwrap();
    let long = format!("read: {{path: /{}}}\n", "9".repeat(100_000));
    let deep = "{".repeat(10_000) + "\n";
    for bytes in [
        &b"\xff\xfe\x00\n"[..],
        b"read: {path: /3\n",
        b"}\n:\n: :\n- - -\n&a *a\n!!x y\n",
        b"to\nset\nwait\nwait 99999999999999999999h\nto \x1b[31m\n",
        b"read: {path: \"${client.nothing}\"}\n",
        b"client: {content: {}}\n",
        b"{read: {path: /3}, count: 5}\n",
        b"read: {path: /3/0/0}\n",
        long.as_bytes(),
        deep.as_bytes(),
    ] {
        input.write_all(bytes).unwrap();
    }
    server.type_line("help");
    server.until("read, ");
    assert!(!server.said.contains('\u{1b}'), "{:?}", server.said);
    assert!(
        server.said.contains("nobody has come yet"),
        "{}",
        server.said
    );
    server.type_line("quit");
    assert_eq!(server.end().0, Some(0));
}

#[test]
fn what_a_peer_does_against_a_rule_is_said() {
    let mut server = Emulated::server(&[]);
    let address = server.uri().replace("coap://", "");
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    // a Register with version 2 of CoAP, then one with an empty lifetime, then bytes
    socket
        .send_to(b"\x84\x02\x00\x01abcd\xb2rd", &address)
        .unwrap();
    socket
        .send_to(
            b"\x44\x02\x00\x02abcd\xb2rd\x11\x28\x33lt=\x04ep=x",
            &address,
        )
        .unwrap();
    socket.send_to(&[0xff; 1200], &address).unwrap();
    server.until("against ");
    server.type_line("quit");
    let (code, said) = server.end();
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("expected "), "{said}");
    // a client that errs on purpose
    let mut server = Emulated::server(&[]);
    let _client = Emulated::start(&[
        "client",
        "--server",
        &server.uri(),
        "--mutant",
        "client-ignores-accept",
    ]);
    server.until("2.01 Created");
    std::thread::sleep(Duration::from_millis(300));
    server.type_line("{read: {path: /3/0}, coap: {accept: 65000}}");
    let line = server.until("against accept-honoured");
    assert!(line.contains("(RFC 7252, 5.10.4"), "{line}");
}

#[test]
fn mistakes_on_the_command_line() {
    let folder = Folder::new("emulate-usage");
    let profile = crate::program::client_profile("", "{}");
    let profile = folder.write("client.yaml", &profile);
    for (words, wanted) in [
        (
            &["client", "--server", "http://127.0.0.1"][..],
            "has the scheme http",
        ),
        (
            &["client", "--server", "coaps://127.0.0.1"],
            "--security nosec has coap",
        ),
        (
            &["client", "--server", "coap://example.com"],
            "is no URI of a server",
        ),
        (&["client", "--configuration", "C.44"], "did you mean \"C."),
        (
            &["client", "--mutant", "client-ignores-acept"],
            "did you mean \"client-ignores-accept\"?",
        ),
        (
            &["client", "--mutant", "server-asks-for-no-format"],
            "no mutant of an emulated client",
        ),
        (&["client", "--psk", "x=1"], "write it ID=HEX"),
        (
            &["client", "--security", "cose"],
            "this build lacks security mode",
        ),
        (
            &["server", "--endpoint", "x"],
            "--endpoint is nothing that an emulated server has",
        ),
        (
            &["server", "--server", "coap://127.0.0.1"],
            "--server is nothing that an emulated server has",
        ),
        (
            &["server", "--profile", &profile],
            "--profile describes a client",
        ),
        (
            &["client", "--profile", &profile, "--lwm2m", "1.2"],
            "does not claim LwM2M 1.2",
        ),
        (
            &["client", "--script", "/nowhere"],
            "cannot read \"/nowhere\"",
        ),
        (&["nobody"], "possible values"),
    ] {
        let ended = run(&[&["emulate"], words].concat());
        assert_eq!(ended.code, Some(2), "{words:?}: {}", ended.err);
        assert!(ended.err.contains(wanted), "{words:?}: {}", ended.err);
    }
    // an address in use
    let taken = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let ended = run(&["emulate", "server", "--listen", &address]);
    assert_eq!(ended.code, Some(3), "{}", ended.err);
    assert!(ended.err.contains(&address), "{}", ended.err);
}
