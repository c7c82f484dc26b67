//! `testfest serve`: from the printed address to Ctrl-C, through kill -9, and with a run that asks its operator.

use std::io::{BufRead as _, BufReader, Read as _};
use std::net::{SocketAddr, UdpSocket};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::program::{Folder, client_profile, program, run};
use crate::talk::{Stream, get, post};

/// A server that runs.
struct Served {
    child: Child,
    out: BufReader<ChildStdout>,
    address: SocketAddr,
}

impl Served {
    fn start(session: &str) -> Self {
        let mut command = program(&["serve", session, "--listen", "127.0.0.1:0"]);
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        out.read_line(&mut line).unwrap();
        let url = line.split(' ').next_back().unwrap().trim();
        let address = url.strip_prefix("http://").unwrap().trim_end_matches('/');
        let address = address.parse().unwrap_or_else(|_| panic!("{line}"));
        Self {
            child,
            out,
            address,
        }
    }

    fn signal(&self, name: &str) {
        let process = self.child.id().to_string();
        let sent = Command::new("kill").args([name, &process]).status();
        assert!(sent.unwrap().success());
    }

    /// Interrupts it, and waits for its end; what else it printed, and how it ended.
    fn interrupt(mut self) -> (Option<i32>, String, Duration) {
        let began = Instant::now();
        self.signal("-INT");
        let code = self.child.wait().unwrap().code();
        let took = began.elapsed();
        let mut rest = String::new();
        self.out.read_to_string(&mut rest).unwrap();
        (code, rest, took)
    }
}

/// Opens a session in the folder.
fn session(folder: &Folder, client: &str) -> String {
    let dir = folder.path().join("session");
    let dir = dir.to_str().unwrap().to_owned();
    let words = [
        "--name",
        "SVE",
        "--session",
        "7",
        "--lwm2m",
        "1.1",
        "--ets",
        "OMA-ETS-LightweightM2M-V1_1",
    ];
    let words = [
        &["session", "new", &dir][..],
        &words,
        &["--client", client, "--server", "emulator"],
    ]
    .concat();
    let ended = run(&words);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    dir
}

fn row(state: &Value, number: u32) -> &Value {
    let mut rows = state["rows"].as_array().unwrap().iter();
    rows.find(|row| row["number"] == number).unwrap()
}

#[test]
fn ctrl_c_ends_it_at_once_with_0() {
    let folder = Folder::new("serve");
    let dir = session(&folder, "emulator");
    let served = Served::start(&dir);
    let page = get(served.address, "/", "");
    assert_eq!(page.status, 200);
    assert!(page.head.contains("content-security-policy: ") && page.text().contains("<main"));
    let mut stream = Stream::open(served.address);
    assert_eq!(stream.wait_for("state")["head"]["session"], "7");
    let (code, rest, took) = served.interrupt();
    assert_eq!(code, Some(0));
    assert!(rest.contains("Ctrl-C ends it"), "{rest}");
    assert!(took < Duration::from_secs(1), "it took {took:?}");
    assert!(stream.has_ended());
}

#[test]
fn what_was_acknowledged_survives_kill_9() {
    let folder = Folder::new("serve-kill-9");
    let dir = session(&folder, "emulator");
    let mut served = Served::start(&dir);
    let (address, mut acknowledged) = (served.address, 0);
    let process = served.child.id().to_string();
    let killer = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(700));
        Command::new("kill")
            .args(["-KILL", &process])
            .status()
            .unwrap();
    });
    for number in 1.. {
        let said =
            json!({"team": "client", "case": 101, "say": {"comment": format!("comment {number}")}});
        // a server that is gone answers nothing
        match std::panic::catch_unwind(|| post(address, "/say", &said).status) {
            Ok(status) => assert_eq!(status, 200),
            Err(_) => break,
        }
        acknowledged = number;
    }
    killer.join().unwrap();
    served.child.wait().unwrap();
    assert!(
        acknowledged > 1,
        "it was killed before it had done anything"
    );
    let served = Served::start(&dir);
    let state = Stream::open(served.address).wait_for("state");
    let comment = row(&state, 101)["client"]["comment"].as_str().unwrap();
    // one more may have been written without a word to anybody
    let last: u32 = comment.strip_prefix("comment ").unwrap().parse().unwrap();
    assert!(
        last == acknowledged || last == acknowledged + 1,
        "{last} of {acknowledged}"
    );
    let more = json!({"team": "server", "case": 101, "say": "withdrawn"});
    assert_eq!(post(served.address, "/say", &more).status, 200);
    assert_eq!(served.interrupt().0, Some(0));
}

#[test]
fn a_port_in_use_is_said() {
    let folder = Folder::new("serve-port");
    let dir = session(&folder, "emulator");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let ended = run(&["serve", &dir, "--listen", &address]);
    assert_eq!(ended.code, Some(3), "{ended:?}");
    let wanted = format!("error: cannot listen on {address} for connections: address in use");
    assert!(ended.err.contains(&wanted), "{}", ended.err);
    let ended = run(&["serve", folder.text()]);
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(ended.err.contains("session.yaml"), "{}", ended.err);
}

#[test]
fn a_run_asks_in_the_browser_and_its_messages_show_there() {
    let folder = Folder::new("serve-prompt");
    let control = "{start: {prompt: \"Start it for ${server.uri}\"}}";
    let profile = client_profile("", control).replace("startup-time: 200ms", "startup-time: 5s");
    let profile = folder.write("client.yaml", &profile);
    let dir = session(&folder, &profile);
    let served = Served::start(&dir);
    let mut stream = Stream::open(served.address);
    stream.wait_for("state");
    // its standard input is no terminal
    let words = ["run", "--session", &dir, "--profile", &profile, "101"];
    let mut playing = program(&words)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let (run, prompt) = next_prompt(&mut stream);
    let text = prompt["text"].as_str().unwrap();
    let server = text
        .split("coap://")
        .nth(1)
        .unwrap_or_else(|| panic!("{text}"));
    let answer = |run: &str, prompt: &Value, reply: Value| {
        let body = json!({"run": run, "prompt": prompt["prompt"], "reply": reply});
        post(served.address, "/answer", &body).status
    };
    assert_eq!(answer(&run, &prompt, json!("yes")), 204);
    // the operator's client registers
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket
        .send_to(REGISTER, server.trim_end_matches('/'))
        .unwrap();
    let passed = loop {
        let live = stream.wait_for("live");
        let cases = live["runs"][0]["cases"].as_array().unwrap().clone();
        let messages = cases
            .iter()
            .flat_map(|case| case["messages"].as_array().unwrap());
        if let Some(message) = messages.clone().next() {
            break message.clone();
        }
    };
    assert_eq!(
        (&passed["from"], &passed["to"]),
        (&json!("client"), &json!("server"))
    );
    let label = passed["label"].as_str().unwrap();
    assert!(
        label.starts_with("Register (ep=serve-test, lt=60"),
        "{label}"
    );
    // whatever else is asked is not possible, until the run ends
    let began = Instant::now();
    while playing.try_wait().unwrap().is_none() {
        assert!(
            began.elapsed() < Duration::from_secs(60),
            "the run does not end"
        );
        let state = Stream::open(served.address).wait_for("state");
        let prompt = &state["live"]["runs"][0]["prompt"];
        if prompt.is_object() {
            answer(&run, prompt, json!({"no": "it has no button"}));
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    let folder = std::path::Path::new(&dir).join("runs").join(&run);
    assert!(folder.join("session.json").is_file());
    for name in ["session.live", "answers.live"] {
        assert!(!folder.join(name).exists(), "{name} is left");
    }
    // its result is in the table, with a link to the evidence
    let began = Instant::now();
    let link = loop {
        assert!(
            began.elapsed() < Duration::from_secs(10),
            "no link to the evidence"
        );
        let state = Stream::open(served.address).wait_for("state");
        if let Some(link) = row(&state, 101)["attempts"][0]["link"].as_str() {
            break link.to_owned();
        }
        std::thread::sleep(Duration::from_millis(100));
    };
    let path = link.split('#').next().unwrap();
    assert_eq!(get(served.address, path, "").status, 200);
    let record = get(served.address, &path.replace(".html", ".json"), "").json();
    assert_eq!(record["name"], run.as_str());
    assert_eq!(served.interrupt().0, Some(0));
}

/// The next prompt, with the run that asks.
fn next_prompt(stream: &mut Stream) -> (String, Value) {
    loop {
        let live = stream.wait_for("live");
        let run = &live["runs"][0];
        if run["prompt"].is_object() {
            return (
                run["run"].as_str().unwrap().to_owned(),
                run["prompt"].clone(),
            );
        }
    }
}

/// CON POST /rd?ep=serve-test&lt=60&lwm2m=1.1, application/link-format, </1/0>,</3/0>
const REGISTER: &[u8] = b"\x41\x02\x12\x34\x01\xb2rd\x11\x28\x3d\x00ep=serve-test\x05lt=60\x09lwm2m=1.1\xff</1/0>,</3/0>";
