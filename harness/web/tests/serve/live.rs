//! A run that goes on: what it tells reaches every browser, and what is answered in one reaches the run.

use std::fs::File;
use std::io::Write as _;

use record::{ANSWERS, LIVE};
use serde_json::{Value, json};

use crate::session::Session;
use crate::talk::{Stream, post};

/// A run that is written by hand.
struct Run {
    file: File,
    folder: std::path::PathBuf,
}

impl Run {
    fn begin(session: &Session) -> Self {
        let path = session.write(&format!("runs/r/{ANSWERS}"), "");
        let folder = path.parent().unwrap().to_owned();
        let file = File::create(folder.join(LIVE)).unwrap();
        file.lock().unwrap();
        Self { file, folder }
    }

    fn tell(&mut self, lines: &[Value]) {
        let lines: String = lines.iter().map(|line| format!("{line}\n")).collect();
        self.file.write_all(lines.as_bytes()).unwrap();
    }

    fn answers(&self) -> String {
        std::fs::read_to_string(self.folder.join(ANSWERS)).unwrap()
    }
}

fn begins(play: u32) -> Value {
    json!({"begins": {"play": play, "name": format!("a/int-{play}"), "id": "int", "title": "Register", "seat": "client"}})
}

fn passes(play: u32, label: &str) -> Value {
    json!({"passes": {"play": play, "message": {"time": 1, "from": "client", "to": "server", "label": label}}})
}

#[test]
fn messages_reach_every_browser_once() {
    let session = Session::new("live");
    let (mut one, mut other) = (Stream::open(session.address), Stream::open(session.address));
    assert_eq!(one.wait_for("state")["live"]["runs"], json!([]));
    other.wait_for("state");
    let mut run = Run::begin(&session);
    run.tell(&[
        json!({"run": {"name": "r", "planned": 3}}),
        begins(101),
        passes(101, "Register"),
    ]);
    for stream in [&mut one, &mut other] {
        let live = stream.wait_for("live");
        assert_eq!(live["runs"][0]["planned"], 3, "{live}");
        let case = &live["runs"][0]["cases"][0];
        assert_eq!(case["messages"][0]["label"], "Register");
        assert_eq!(
            (&case["first"], &case["verdict"]),
            (&json!(0), &Value::Null)
        );
    }
    let ends = json!({"ends": {"play": 101, "verdict": "fail", "reason": "because", "steps": [{"sentence": "S", "verdict": "fail"}]}});
    run.tell(&[passes(101, "2.01 Created\u{202e}"), ends]);
    let live = one.wait_for("live");
    let case = &live["runs"][0]["cases"][0];
    assert_eq!(
        case["messages"],
        json!([{"time": 1, "from": "client", "to": "server", "label": "2.01 Created\\u{202e}"}])
    );
    assert_eq!(
        (&case["first"], &case["verdict"], &case["reason"]),
        (&json!(1), &json!("fail"), &json!("because"))
    );
    assert_eq!(live["runs"][0]["ended"], 1);
    // who comes late is shown all of it
    let state = Stream::open(session.address).wait_for("state");
    assert_eq!(
        state["live"]["runs"][0]["cases"][0]["messages"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    drop(run);
    assert_eq!(one.wait_for("live")["runs"], json!([]));
}

#[test]
fn a_prompt_is_answered_once_and_in_its_own_time() {
    let session = Session::new("prompt");
    let mut stream = Stream::open(session.address);
    stream.wait_for("state");
    let mut run = Run::begin(&session);
    run.tell(&[json!({"asks": {"prompt": 1, "kind": "perform", "text": "Press <b>it</b>."}})]);
    let prompt = stream.wait_for("live")["runs"][0]["prompt"].clone();
    assert_eq!(
        prompt,
        json!({"prompt": 1, "kind": "perform", "text": "Press <b>it</b>."})
    );
    let answer = |prompt: u32, reply: Value| {
        let body = json!({"run": "r", "prompt": prompt, "reply": reply});
        post(session.address, "/answer", &body).status
    };
    assert_eq!(answer(2, json!("yes")), 409);
    assert_eq!(answer(1, json!({"no": "x".repeat(1001)})), 422);
    assert_eq!(answer(1, json!({"no": "broken\n{}"})), 204);
    assert_eq!(answer(1, json!("yes")), 409);
    assert_eq!(
        run.answers(),
        "{\"prompt\":1,\"reply\":{\"no\":\"broken\\n{}\"}}\n"
    );
    run.tell(&[
        json!({"answered": {"prompt": 1, "at": "browser", "reply": {"no": "broken"}}}),
        json!({"asks": {"prompt": 2, "kind": "ask", "text": "Is it green?"}}),
    ]);
    assert_eq!(stream.wait_for("live")["runs"][0]["prompt"]["prompt"], 2);
    assert_eq!(answer(1, json!("yes")), 409);
    run.tell(&[json!({"answered": {"prompt": 2, "at": "terminal", "reply": "yes"}})]);
    let live = stream.wait_for("live");
    assert_eq!(live["runs"][0]["prompt"], Value::Null);
    assert_eq!(live["runs"][0]["answered"]["at"], "terminal");
    assert_eq!(answer(2, json!("yes")), 409);
    assert_eq!(run.answers().lines().count(), 1);
}
