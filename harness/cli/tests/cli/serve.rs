//! `testfest serve`: from the printed address to Ctrl-C, and through kill -9. A run that asks its operator: .ci/check-serve.mjs.

use std::io::{BufRead as _, BufReader, Read as _};
use std::net::SocketAddr;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::program::{Folder, program, run};
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
    assert_eq!(get(served.address, "/", "").status, 200);
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
