//! A session's folder, a server for it in a thread, and what the teams do with them.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use event::consolidate::{Outcome, Role};
use event::session::{Entry, Header, Say, Side};
use serde_json::json;
use sessions::SessionFolder;
use tokio::sync::oneshot;
use web::Server;

use crate::talk::{Stream, get, post};

/// A session that is served.
pub(crate) struct Session {
    pub(crate) folder: SessionFolder,
    pub(crate) address: SocketAddr,
    /// Its URL, as it would be printed.
    pub(crate) url: String,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Session {
    /// A new session, served on loopback.
    pub(crate) fn new(name: &str) -> Self {
        Self::listening(name, "127.0.0.1:0")
    }

    /// A new session, served there.
    pub(crate) fn listening(name: &str, listen: &str) -> Self {
        let path = new_folder(name);
        let folder = SessionFolder::create(&path, header()).unwrap();
        Self::of(folder, listen)
    }

    /// A session that is there.
    pub(crate) fn of(folder: SessionFolder, listen: &str) -> Self {
        let listen: SocketAddr = listen.parse().unwrap();
        let (tell, told) = std::sync::mpsc::channel();
        let (stop, stopped) = oneshot::channel();
        let served = folder.clone();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread();
            let runtime = { runtime }.enable_all().build().unwrap();
            runtime.block_on(async move {
                let server = Server::bind(&served, listen).await.unwrap();
                tell.send(server.url()).unwrap();
                let stop = async { drop(stopped.await) };
                server.run(stop).await.unwrap();
            });
        });
        let url: String = told.recv().unwrap();
        let address = url.strip_prefix("http://").unwrap();
        let address = address.split('/').next().unwrap().parse().unwrap();
        Self {
            folder,
            address,
            url,
            stop: Some(stop),
            thread: Some(thread),
        }
    }

    /// The path of a run's folder, which is made, with a file in it.
    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }

    /// Ends the server; how long that took.
    pub(crate) fn stop(&mut self) -> Duration {
        let began = Instant::now();
        self.stop.take().unwrap().send(()).unwrap();
        self.thread.take().unwrap().join().unwrap();
        began.elapsed()
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            if self.stop.is_some() {
                self.stop();
            }
            drop(std::fs::remove_dir_all(self.folder.path()));
        }
    }
}

fn new_folder(name: &str) -> PathBuf {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let name = format!("serve-{name}-{}-{number}", std::process::id());
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(name)
}

pub(crate) const HOSTILE: &str = "<img src=x onerror=alert(1)>\"'&\u{202e}\u{0}\n</script>";

fn header() -> Header {
    let side = |product: &str| Side {
        company: HOSTILE.to_owned(),
        product: product.to_owned(),
        version: "1".to_owned(),
        team: vec!["Ada".to_owned()],
    };
    Header {
        event: "SVE".to_owned(),
        place: String::new(),
        session: "1".to_owned(),
        date: "2026-11-27".to_owned(),
        lwm2m: "1.1".to_owned(),
        ets: "OMA-ETS-LightweightM2M-V1_1".to_owned(),
        budget_minutes: None,
        client: side("one"),
        server: side("other"),
    }
}

/// What one team says of a case.
fn verdict(team: &str, case: u32, verdict: &str) -> serde_json::Value {
    json!({"team": team, "case": case, "say": {"verdict": {"verdict": verdict, "proposed": null}}})
}

#[test]
fn what_one_browser_says_shows_in_every_other() {
    let session = Session::new("two");
    let (mut one, mut other) = (Stream::open(session.address), Stream::open(session.address));
    for stream in [&mut one, &mut other] {
        let state = stream.wait_for("state");
        assert!(state["rows"].as_array().unwrap().len() > 100);
        assert_eq!(state["rows"][0]["state"], "open");
    }
    let began = Instant::now();
    let said = post(session.address, "/say", &verdict("client", 101, "fail"));
    assert_eq!(said.status, 200, "{said:?}");
    for stream in [&mut one, &mut other] {
        let sheet = stream.wait_for("sheet");
        assert_eq!(sheet["revision"], said.json()["revision"]);
        let rows = sheet["rows"].as_array().unwrap();
        assert_eq!(rows.len(), 1, "only what changed: {sheet}");
        assert_eq!(rows[0]["number"], 101);
        assert_eq!(rows[0]["client"]["verdict"], "fail");
        assert_eq!(rows[0]["state"], "waits-for-server");
    }
    assert!(began.elapsed() < Duration::from_secs(1));
    // the disk had it before the answer
    let sheet = session.folder.sheet().unwrap();
    assert_eq!(sheet.row(101).unwrap().client.verdict, Some(Outcome::Fail));
    // who comes later sees it at once
    let state = Stream::open(session.address).wait_for("state");
    let rows = state["rows"].as_array().unwrap();
    let row = rows.iter().find(|row| row["number"] == 101).unwrap();
    assert_eq!(row["client"]["verdict"], "fail");
}

#[test]
fn what_others_write_in_the_folder_shows_too() {
    let session = Session::new("others");
    let mut stream = Stream::open(session.address);
    stream.wait_for("state");
    let entry = Entry {
        at: sessions::now(),
        team: Role::Server,
        case: 203,
        say: Say::Comment("from the terminal".to_owned()),
    };
    let began = Instant::now();
    session.folder.say(&[entry]).unwrap();
    let sheet = stream.wait_for("sheet");
    assert_eq!(sheet["rows"][0]["server"]["comment"], "from the terminal");
    assert!(began.elapsed() < Duration::from_millis(1500));
    // a line that nobody can read is said, and takes nothing away
    let review = session.folder.path().join("review.jsonl");
    let good = std::fs::read_to_string(&review).unwrap();
    std::fs::write(&review, format!("nonsense\n{good}")).unwrap();
    let sheet = stream.wait_for("sheet");
    assert!(
        sheet["head"]["problem"]
            .as_str()
            .unwrap()
            .contains("review.jsonl:1")
    );
    assert_eq!(sheet["rows"], json!([]));
    std::fs::write(&review, good).unwrap();
    assert_eq!(stream.wait_for("sheet")["head"]["problem"], json!(null));
}

#[test]
fn texts_come_back_as_they_were_said_and_names_made_visible() {
    let session = Session::new("hostile");
    for say in [
        json!({"comment": HOSTILE}),
        json!({"specification": HOSTILE}),
    ] {
        let said = json!({"team": "server", "case": 203, "say": say});
        assert_eq!(post(session.address, "/say", &said).status, 200);
    }
    let mut stream = Stream::open(session.address);
    let state = stream.wait_for("state");
    let rows = state["rows"].as_array().unwrap();
    let row = rows.iter().find(|row| row["number"] == 203).unwrap();
    for field in ["comment", "specification"] {
        assert_eq!(row["server"][field], HOSTILE);
    }
    let company = state["head"]["client"]["company"].as_str().unwrap();
    assert_eq!(
        company,
        "<img src=x onerror=alert(1)>\"'&\\u{202e}\\u{0}\\n</script>"
    );
}

#[test]
fn what_makes_no_sense_is_refused_and_writes_nothing() {
    let session = Session::new("nonsense");
    let fine = json!({"comment": "fine"});
    for (path, body, status) in [
        (
            "/say",
            json!({"team": "client", "case": 4711, "say": fine}),
            404,
        ),
        (
            "/say",
            json!({"team": "nobody", "case": 101, "say": fine}),
            422,
        ),
        ("/say", json!({"team": "client", "case": 101}), 422),
        (
            "/say",
            json!({"team": "client", "case": 101, "say": fine, "more": 1}),
            422,
        ),
        ("/say", verdict("client", 101, "error"), 422),
        // something else is proposed than the page showed
        (
            "/say",
            json!({"team": "client", "case": 101, "say": {"verdict": {"verdict": "pass", "proposed": "pass"}}}),
            409,
        ),
        (
            "/say",
            json!({"team": "client", "case": 101, "say": {"comment": "x".repeat(4001)}}),
            422,
        ),
        (
            "/say",
            json!({"team": "client", "case": 101, "say": {"comment": "x".repeat(70_000)}}),
            413,
        ),
        (
            "/answer",
            json!({"run": "r", "prompt": 1, "reply": "yes"}),
            409,
        ),
        (
            "/answer",
            json!({"run": "../x", "prompt": 1, "reply": {"no": ""}}),
            409,
        ),
        (
            "/answer",
            json!({"run": "r", "prompt": 1, "reply": "maybe"}),
            422,
        ),
        ("/nothing", json!({}), 404),
    ] {
        let answer = post(session.address, path, &body);
        assert_eq!(answer.status, status, "{path} {body:.200} {answer:?}");
    }
    assert!(!session.folder.path().join("review.jsonl").exists());
}

#[test]
fn a_team_accepts_what_its_page_showed() {
    let session = Session::new("accept");
    // nothing is proposed for 101; 4 is a heading of the ETS, which does not apply
    let state = Stream::open(session.address).wait_for("state");
    let rows = state["rows"].as_array().unwrap();
    let proposed = rows
        .iter()
        .filter(|row| row["proposal"] == "not-applicable");
    let mut cases: Vec<_> = proposed
        .map(|row| json!({"case": row["number"], "proposed": "not-applicable"}))
        .collect();
    let headings = cases.len();
    assert!(headings > 0);
    cases.push(json!({"case": 101, "proposed": "pass"}));
    cases.push(cases[0].clone());
    let body = json!({"team": "client", "cases": cases});
    let accepted = post(session.address, "/accept", &body);
    assert_eq!(accepted.json()["accepted"], headings, "{accepted:?}");
    let again = post(session.address, "/accept", &body);
    assert_eq!(again.json()["accepted"], 0);
    let sheet = session.folder.sheet().unwrap();
    let said = sheet.rows.iter().filter(|row| row.client.verdict.is_some());
    assert_eq!(said.count(), headings);
    assert_eq!(sheet.row(101).unwrap().client.verdict, None);
}

#[test]
fn the_reports_follow_what_is_said() {
    let mut session = Session::new("reports");
    let report = session.folder.path().join("report.html");
    let mut stream = Stream::open(session.address);
    assert_eq!(stream.wait_for("state")["head"]["reports"], json!([]));
    let said = |text: &str| {
        let body = json!({"team": "client", "case": 203, "say": {"comment": text}});
        assert_eq!(post(session.address, "/say", &body).status, 200);
    };
    said("the first word");
    // the teams pause
    while stream.wait_for("sheet")["head"]["reports"] != json!(["report.html", "report.pdf"]) {}
    let page = std::fs::read_to_string(&report).unwrap();
    assert!(page.contains("the first word"));
    let served = get(session.address, "/report.html", "");
    assert_eq!((served.status, served.text()), (200, page));
    said("the last word");
    session.stop();
    let page = std::fs::read_to_string(&report).unwrap();
    assert!(
        page.contains("the last word"),
        "it ended without its report"
    );
}

#[test]
fn it_ends_at_once_also_with_open_streams() {
    let mut session = Session::new("stop");
    let mut streams: Vec<Stream> = (0..5).map(|_| Stream::open(session.address)).collect();
    streams
        .iter_mut()
        .for_each(|stream| drop(stream.wait_for("state")));
    // somebody who sent half a request and waits
    let half = std::net::TcpStream::connect(session.address).unwrap();
    let took = session.stop();
    assert!(took < Duration::from_secs(1), "it took {took:?}");
    drop(half);
    assert!(streams.iter_mut().all(Stream::has_ended));
}
