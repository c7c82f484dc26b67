//! Control of implementations, with shell scripts and a small HTTP server in their place.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::io::{BufRead, BufReader, Cursor, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use coap::Time;
use runner::iut::{
    Action, Control, HttpRequest, Iut, IutError, Operator, Outcome, Placeholders, Query, Reply,
    Show, Shown, Signal, Start, Status, Stop,
};
use serde_json::json;
use transport::Clock;

/// A folder of one test, with what the test does in it; gone at its end.
struct Stage {
    folder: PathBuf,
}

impl Stage {
    fn new(name: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR"))
            .join(format!("iut-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        Self { folder }
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.join("iut.log")).unwrap()
    }

    fn iut(&self, control: Control) -> Iut {
        self.iut_with(control, Operator::nobody())
    }

    fn iut_with(&self, control: Control, operator: Operator) -> Iut {
        Iut::new(
            "demo",
            control,
            &self.folder.join("iut.log"),
            counting(),
            Arc::new(operator),
        )
    }

    /// The process identifier that a script left in the file `name`.
    async fn left_process(&self, name: &str) -> i32 {
        let path = self.folder.join(name);
        eventually(|| {
            fs::read_to_string(&path)
                .ok()
                .and_then(|text| text.strip_suffix('\n')?.parse().ok())
        })
        .await
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// A clock that counts its readings.
fn counting() -> Clock {
    let readings = AtomicU64::new(0);
    Arc::new(move || Time::from_nanos(readings.fetch_add(1, Ordering::Relaxed)))
}

fn control() -> Control {
    let mut control = Control::new("profiles/demo.yaml");
    control.place.lines.insert("control.start".to_owned(), 23);
    control
}

/// A control that starts a shell script, ready when it prints "ready".
fn scripted(stage: &Stage, script: &str) -> Control {
    let mut control = control();
    control.start = Some(Start::Process(words(&["sh", "-c", script])));
    control.ready = Some("^ready".to_owned());
    control.startup = Duration::from_secs(20);
    control.directory = Some(stage.folder.clone());
    control
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

fn values(pairs: &[(&str, &str)]) -> Placeholders {
    pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

fn none() -> Placeholders {
    Placeholders::new()
}

/// Waits for something that another process does.
async fn eventually<T>(mut look: impl FnMut() -> Option<T>) -> T {
    let since = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(
            since.elapsed() < Duration::from_secs(20),
            "it never happened"
        );
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Waits until a process has ended; one that only waits for its parent has.
async fn gone(process: i32) {
    eventually(
        || match fs::read_to_string(format!("/proc/{process}/stat")) {
            Ok(stat) => stat.rsplit(") ").next()?.starts_with('Z').then_some(()),
            Err(_) => Some(()),
        },
    )
    .await;
}

#[tokio::test]
async fn starts_obeys_lines_and_stops() {
    let stage = Stage::new("lines");
    let script =
        r#"echo "serving $0 $1 in $PLACE"; echo ready; while read line; do echo "got $line"; done"#;
    let mut control = scripted(&stage, script);
    control.start = Some(Start::Process(words(&[
        "sh",
        "-c",
        script,
        "${server.uri}",
        "a b",
    ])));
    control
        .environment
        .insert("PLACE".to_owned(), "${place}".to_owned());
    control.words.insert("tlv".to_owned(), "TLV".to_owned());
    control.triggers.insert(
        "read".to_owned(),
        Action::Stdin("${word} ${path} ${accept}".to_owned()),
    );
    let iut = stage.iut(control);
    assert_eq!(iut.status(), Status::Stopped);
    let values = values(&[
        ("server.uri", "coap://[::1]:5683"),
        ("place", "here"),
        ("path", "/3/0"),
        ("accept", "tlv"),
    ]);
    iut.start(&values).await.unwrap();
    assert!(matches!(iut.status(), Status::Running(Some(_))));
    assert!(
        stage
            .log()
            .ends_with("serving coap://[::1]:5683 a b in here\nready\n"),
        "{}",
        stage.log()
    );

    assert!(matches!(
        iut.trigger("read", &values).await.unwrap(),
        Outcome::Done { body: None, .. }
    ));
    eventually(|| {
        iut.last_lines()
            .contains(&"got read /3/0 TLV".to_owned())
            .then_some(())
    })
    .await;
    assert_eq!(
        iut.trigger("write", &values).await.unwrap(),
        Outcome::Unsupported
    );

    let next = stage.folder.join("next.log");
    iut.log_to(&next).unwrap();
    let exit = iut.stop(&values).await.unwrap().unwrap();
    assert_eq!((exit.code, exit.signal, exit.asked), (None, Some(15), true));
    assert_eq!(iut.status(), Status::Ended(exit));
    assert_eq!(
        fs::read_to_string(next).unwrap(),
        "[testfest] ended: SIGTERM\n"
    );
    assert_eq!(
        iut.trigger("read", &values).await.unwrap(),
        Outcome::Failed("\"demo\" is not running".to_owned())
    );
    assert_eq!(
        iut.stop(&values).await.unwrap(),
        Some(exit),
        "to stop twice is to stop once"
    );
}

#[tokio::test]
async fn a_crash_is_seen_with_its_last_words() {
    let stage = Stage::new("crash");
    let mut control = scripted(
        &stage,
        "echo ready; read line; echo bad line: $line >&2; kill -SEGV $$",
    );
    control
        .triggers
        .insert("update".to_owned(), Action::Stdin("update".to_owned()));
    let iut = stage.iut(control);
    iut.start(&none()).await.unwrap();
    iut.trigger("update", &none()).await.unwrap();
    let exit = iut.ended().await;
    assert_eq!(
        (exit.code, exit.signal, exit.asked),
        (None, Some(11), false)
    );
    assert_eq!(exit.to_string(), "SIGSEGV");
    assert_eq!(iut.status(), Status::Ended(exit));
    assert_eq!(iut.last_lines(), ["ready", "bad line: update"]);
    assert!(
        stage
            .log()
            .ends_with("bad line: update\n[testfest] ended: SIGSEGV\n")
    );
    iut.start(&none()).await.unwrap();
    assert!(matches!(iut.status(), Status::Running(_)));
}

#[tokio::test]
async fn a_program_that_cannot_start_is_named_with_its_line() {
    let stage = Stage::new("missing");
    let mut missing = control();
    missing.start = Some(Start::Process(words(&["no-such-demo", "-x"])));
    let error = stage.iut(missing.clone()).start(&none()).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "cannot start \"no-such-demo\": no such file or directory"
    );
    assert_eq!(
        error.help(),
        "profiles/demo.yaml:23 names it under control.start; is it on PATH?"
    );

    missing.directory = Some(stage.folder.join("nowhere"));
    missing.start = Some(Start::Process(words(&["sh"])));
    let error = stage.iut(missing.clone()).start(&none()).await.unwrap_err();
    assert!(
        error.to_string().ends_with("nowhere\": no such directory"),
        "{error}"
    );

    missing.start = Some(Start::Process(Vec::new()));
    let error = stage.iut(missing.clone()).start(&none()).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "cannot start \"demo\": the command is empty"
    );

    missing.start = Some(Start::Process(words(&["sh", "${server.url}"])));
    let error = stage
        .iut(missing)
        .start(&values(&[("server.uri", "x")]))
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "unknown placeholder \"${server.url}\" in \"${server.url}\""
    );
    assert_eq!(
        error.help(),
        "profiles/demo.yaml:23 names it under control.start; placeholders: ${server.uri}, ${word}"
    );
}

#[tokio::test]
async fn one_that_does_not_get_ready_is_ended() {
    let stage = Stage::new("unready");
    let iut = stage.iut(scripted(&stage, "echo no licence >&2; exit 3"));
    let error = iut.start(&none()).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "\"demo\" ended before it was ready: exit code 3"
    );
    assert_eq!(error.help(), "its last lines:\nno licence");

    let mut slow = scripted(
        &stage,
        "sleep 1000 & echo $! > child; echo still loading; wait",
    );
    slow.startup = Duration::from_millis(300);
    let iut = stage.iut(slow);
    let error = iut.start(&none()).await.unwrap_err();
    assert!(
        matches!(&error, IutError::NotReady { lines, .. } if lines == &["still loading"]),
        "{error}"
    );
    assert_eq!(
        error.to_string(),
        "\"demo\" printed nothing that matches \"^ready\" within 300ms"
    );
    assert!(matches!(iut.status(), Status::Ended(_)));
    gone(stage.left_process("child").await).await;

    let mut wrong = scripted(&stage, "echo ready");
    wrong.ready = Some("(".to_owned());
    let error = stage.iut(wrong).start(&none()).await.unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("\"(\" is no regular expression: "),
        "{error}"
    );
}

#[tokio::test]
async fn one_that_ignores_the_signal_is_killed_with_its_children() {
    let stage = Stage::new("stubborn");
    let script =
        "trap '' TERM; sleep 1000 & echo $! > child; echo ready; while :; do sleep 1; done";
    let mut control = scripted(&stage, script);
    control.stop = Stop::Signal {
        signal: Signal::Term,
        within: Duration::from_millis(200),
    };
    let iut = stage.iut(control);
    iut.start(&none()).await.unwrap();
    let exit = iut.stop(&none()).await.unwrap().unwrap();
    assert_eq!((exit.signal, exit.asked), (Some(9), true));
    assert!(
        stage
            .log()
            .contains("[testfest] killed, since it did not end within 200ms\n")
    );
    gone(stage.left_process("child").await).await;
}

#[tokio::test]
async fn what_a_stopped_program_leaves_behind_is_killed() {
    let stage = Stage::new("leftover");
    let mut control = scripted(
        &stage,
        "(trap '' TERM; sleep 1000) & echo $! > child; trap 'exit 0' TERM; echo ready; wait",
    );
    control.stop = Stop::Signal {
        signal: Signal::Term,
        within: Duration::from_secs(20),
    };
    let iut = stage.iut(control);
    iut.start(&none()).await.unwrap();
    let exit = iut.stop(&none()).await.unwrap().unwrap();
    assert_eq!(exit.code, Some(0));
    gone(stage.left_process("child").await).await;
}

#[tokio::test]
async fn to_drop_it_is_to_kill_it() {
    let stage = Stage::new("drop");
    let script = "echo $$ > leader; sleep 1000 & echo $! > child; echo ready; wait";
    let iut = stage.iut(scripted(&stage, script));
    iut.start(&none()).await.unwrap();
    drop(iut);
    gone(stage.left_process("leader").await).await;
    gone(stage.left_process("child").await).await;

    // Given up while it waits to be ready, as Ctrl-C does.
    let iut = stage.iut(scripted(&stage, "echo $$ > slow; sleep 1000"));
    let slow = {
        let values = none();
        let start = iut.start(&values);
        tokio::pin!(start);
        tokio::select! {
            started = &mut start => panic!("{started:?}"),
            slow = stage.left_process("slow") => slow,
        }
    };
    assert!(matches!(iut.status(), Status::Running(_)));
    drop(iut);
    gone(slow).await;
}

#[test]
fn the_end_of_the_runtime_kills_too() {
    let stage = Stage::new("runtime");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let iut = stage.iut(scripted(
        &stage,
        "sleep 1000 & echo $! > child; echo ready; wait",
    ));
    runtime.block_on(iut.start(&none())).unwrap();
    let child = runtime.block_on(stage.left_process("child"));
    drop(runtime);
    drop(iut);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(gone(child));
}

#[tokio::test]
async fn commands_answer_by_their_exit_code() {
    let stage = Stage::new("exec");
    let mut control = control();
    control.limit = Duration::from_secs(20);
    let sh = |script: &str| Action::Exec(words(&["sh", "-c", script, "${path}"]));
    control.triggers.insert("done".to_owned(), sh("echo $0"));
    control
        .triggers
        .insert("unsupported".to_owned(), sh("exit 89"));
    control.triggers.insert(
        "failed".to_owned(),
        sh("echo first >&2; echo no such object $0 >&2; exit 1"),
    );
    control.triggers.insert("mute".to_owned(), sh("exit 7"));
    control
        .triggers
        .insert("killed".to_owned(), sh("kill -9 $$"));
    control.triggers.insert(
        "missing".to_owned(),
        Action::Exec(words(&["no-such-command"])),
    );
    let iut = stage.iut(control);
    let values = values(&[("path", "/3/0")]);
    let failed = |reason: &str| Outcome::Failed(reason.to_owned());
    for (word, outcome) in [
        ("unsupported", Outcome::Unsupported),
        ("failed", failed("exit code 1: first\nno such object /3/0")),
        ("mute", failed("exit code 7")),
        ("killed", failed("ended by a signal")),
    ] {
        assert_eq!(iut.trigger(word, &values).await.unwrap(), outcome, "{word}");
    }
    let done = iut.trigger("done", &values).await.unwrap();
    assert!(matches!(done, Outcome::Done { body: Some(body), .. } if body == "/3/0\n"));
    let error = iut.trigger("missing", &values).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "cannot start \"no-such-command\": no such file or directory"
    );
    assert_eq!(
        error.help(),
        "profiles/demo.yaml names it under control.trigger.missing; is it on PATH?"
    );
}

#[tokio::test]
async fn a_command_out_of_time_or_given_up_is_killed_with_its_children() {
    let stage = Stage::new("hang");
    let mut control = control();
    control.directory = Some(stage.folder.clone());
    control.limit = Duration::from_millis(500);
    let script = "sleep 1000 & echo $! > child; wait";
    control.triggers.insert(
        "hang".to_owned(),
        Action::Exec(words(&["sh", "-c", script])),
    );
    let iut = stage.iut(control.clone());
    let Outcome::Failed(reason) = iut.trigger("hang", &none()).await.unwrap() else {
        panic!("it did not fail");
    };
    assert!(
        reason.ends_with("did not end within 500ms and was killed"),
        "{reason}"
    );
    gone(stage.left_process("child").await).await;

    fs::remove_file(stage.folder.join("child")).unwrap();
    control.limit = Duration::from_secs(1000);
    let iut = stage.iut(control);
    let child = {
        let values = none();
        tokio::select! {
            outcome = iut.trigger("hang", &values) => panic!("{outcome:?}"),
            child = stage.left_process("child") => child,
        }
    };
    gone(child).await;
}

#[tokio::test]
async fn an_adapter_is_tried_once_before_it_is_trusted() {
    let stage = Stage::new("adapter");
    let adapter = stage.folder.join("adapter.sh");
    let lines = "echo $1 >> tried; case $1 in READ|update) exit 0;; *) exit 89;; esac";
    fs::write(&adapter, lines).unwrap();
    let mut control = control();
    control.directory = Some(stage.folder.clone());
    control.words.insert("read".to_owned(), "READ".to_owned());
    for (word, arguments) in [
        ("read", ["${word}", "${path}"]),
        ("update", ["update", "-"]),
        ("write", ["write", "-"]),
    ] {
        let command = words(&["sh", "adapter.sh", arguments[0], arguments[1]]);
        control
            .triggers
            .insert(word.to_owned(), Action::Exec(command));
    }
    control
        .triggers
        .insert("lazy".to_owned(), Action::Exec(words(&["true", "lazy"])));
    let iut = stage.iut(control);
    let values = values(&[("path", "/3")]);
    for word in ["read", "update", "read"] {
        let outcome = iut.trigger(word, &values).await.unwrap();
        assert!(
            matches!(outcome, Outcome::Done { .. }),
            "{word}: {outcome:?}"
        );
    }
    assert_eq!(
        iut.trigger("write", &values).await.unwrap(),
        Outcome::Unsupported
    );
    let tried = fs::read_to_string(stage.folder.join("tried")).unwrap();
    let tried: Vec<&str> = tried.lines().collect();
    assert!(tried[0].starts_with("no-such-word-"), "{tried:?}");
    assert_eq!(tried[1..], ["READ", "update", "READ", "write"]);

    let error = iut.trigger("lazy", &values).await.unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("command \"true\" answers 0, done, to the word \"no-such-word-")
    );
    assert!(error.help().contains("answer 89"), "{}", error.help());
}

#[tokio::test]
async fn the_operator_does_what_nothing_else_can() {
    let stage = Stage::new("operator");
    let screen = Screen::default();
    let mut control = control();
    control.triggers.insert(
        "press".to_owned(),
        Action::Prompt("Press ${button}.".to_owned()),
    );
    let answers = Cursor::new("\n\nn it is broken\nn\ny\n\n");
    let iut = stage.iut_with(control.clone(), Operator::scripted(answers, screen.clone()));
    let values = values(&[
        ("button", "the red button"),
        ("server.uri", "coap://192.0.2.1:5683"),
    ]);
    iut.start(&values).await.unwrap();
    assert_eq!(iut.status(), Status::Running(None));
    let failed = |reason: &str| Outcome::Failed(reason.to_owned());
    assert!(matches!(
        iut.trigger("press", &values).await.unwrap(),
        Outcome::Done { .. }
    ));
    assert_eq!(
        iut.trigger("press", &values).await.unwrap(),
        failed("operator: it is broken")
    );
    assert_eq!(
        iut.trigger("press", &values).await.unwrap(),
        failed("operator: not possible")
    );
    assert_eq!(iut.ask("Is it green?").await, Reply::Yes);
    assert_eq!(iut.stop(&values).await.unwrap(), None);
    assert_eq!(iut.status(), Status::Stopped);
    let screen = String::from_utf8(screen.0.lock().unwrap().clone()).unwrap();
    for line in [
        "operator: demo: Start it; its server is coap://192.0.2.1:5683\n",
        "operator: demo: Press the red button.\n",
        "operator: demo: Is it green?\n",
        "operator: demo: Stop it.\n",
    ] {
        assert!(screen.contains(line), "{line} in {screen}");
    }

    let alone = stage.iut(control);
    assert_eq!(
        alone.trigger("press", &values).await.unwrap(),
        Outcome::NobodyToAsk
    );
    let error = alone.start(&values).await.unwrap_err();
    assert_eq!(error.to_string(), "cannot start \"demo\": nobody to ask");
}

#[tokio::test]
async fn requests_are_filled_and_answers_told_apart() {
    let stage = Stage::new("http");
    let server = Server::start();
    let mut control = control();
    let request = |method: &str, url: &str| HttpRequest {
        method: method.to_owned(),
        url: format!("${{api}}{url}"),
        ..HttpRequest::default()
    };
    let mut write = request("PUT", "/done/${client.endpoint}${path}?format=${accept}");
    write.body = Some(r#"{"value": "${value}"}"#.to_owned());
    write
        .headers
        .push(("X-Path".to_owned(), "${path}".to_owned()));
    control
        .triggers
        .insert("write".to_owned(), Action::Http(write));
    for word in ["done", "unsupported", "missing", "moved", "long", "empty"] {
        control.triggers.insert(
            word.to_owned(),
            Action::Http(request("GET", &format!("/{word}"))),
        );
    }
    let iut = stage.iut(control);
    let mut values = values(&[
        ("api", &server.uri()),
        ("client.endpoint", "urn:dev:a b"),
        ("path", "/3/0/14"),
        ("accept", "tlv"),
        ("value", "say \"UTC\""),
    ]);
    let failed = |reason: String| Outcome::Failed(reason);
    let api = server.uri();
    for (word, outcome) in [
        ("unsupported", Outcome::Unsupported),
        (
            "missing",
            failed(format!(
                "GET {api}/missing: 404 Not Found: \"no such client\""
            )),
        ),
        ("moved", failed(format!("GET {api}/moved: 302 Found"))),
        (
            "long",
            failed(format!(
                "GET {api}/long: 500 Internal Server Error: \"{}\" ...",
                "ü".repeat(200)
            )),
        ),
    ] {
        assert_eq!(iut.trigger(word, &values).await.unwrap(), outcome, "{word}");
    }
    for (word, answer) in [("done", "fine"), ("empty", "")] {
        let done = iut.trigger(word, &values).await.unwrap();
        assert!(
            matches!(&done, Outcome::Done { body: Some(body), .. } if body == answer),
            "{done:?}"
        );
    }
    server.seen.lock().unwrap().clear();
    iut.trigger("write", &values).await.unwrap();
    let seen = server.seen.lock().unwrap().join("");
    assert!(
        seen.starts_with("PUT /done/urn:dev:a%20b/3/0/14?format=tlv HTTP/1.1\r\n"),
        "{seen}"
    );
    assert!(seen.ends_with("{\"value\": \"say \\\"UTC\\\"\"}"), "{seen}");
    let seen = seen.to_lowercase();
    assert!(
        seen.contains("x-path: /3/0/14\r\n") && seen.contains("content-type: application/json\r\n"),
        "{seen}"
    );

    let nobody = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    values.insert("api".to_owned(), format!("http://{nobody}"));
    assert_eq!(
        iut.trigger("done", &values).await.unwrap(),
        Outcome::Refused(format!("GET http://{nobody}/done: connection refused"))
    );
    values.insert("api".to_owned(), "not a url".to_owned());
    assert!(matches!(
        iut.trigger("done", &values).await.unwrap(),
        Outcome::Failed(_)
    ));
}

#[test]
fn a_silent_interface_holds_nobody_up() {
    let stage = Stage::new("silent");
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut request = HttpRequest {
        method: "GET".to_owned(),
        url: format!("http://{}/", listener.local_addr().unwrap()),
        within: Some(Duration::from_millis(200)),
        ..HttpRequest::default()
    };
    let mut control = control();
    control
        .triggers
        .insert("short".to_owned(), Action::Http(request.clone()));
    request.within = Some(Duration::from_secs(1000));
    control
        .triggers
        .insert("long".to_owned(), Action::Http(request));
    let iut = stage.iut(control);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let Outcome::Failed(reason) = runtime.block_on(iut.trigger("short", &none())).unwrap() else {
        panic!("it did not fail");
    };
    assert!(reason.ends_with("/: no answer within 200ms"), "{reason}");
    // Interrupted: neither the future nor the runtime waits out the thousand seconds.
    runtime.block_on(async {
        let values = none();
        tokio::select! {
            outcome = iut.trigger("long", &values) => panic!("{outcome:?}"),
            () = tokio::time::sleep(Duration::from_millis(50)) => {}
        }
    });
    drop(runtime);
}

#[tokio::test]
async fn shows_are_taken_from_json() {
    let stage = Stage::new("show");
    let server = Server::start();
    let mut control = control();
    let http = |path: &str| {
        Query::Http(HttpRequest {
            method: "GET".to_owned(),
            url: format!("{}{path}", server.uri()),
            ..HttpRequest::default()
        })
    };
    let take = |pairs: &[(&str, &str)]| values(pairs);
    let shows = [
        (
            "registration",
            http("/registration"),
            take(&[("lifetime", "/lifetime"), ("objects", "/objectLinks/*/url")]),
        ),
        (
            "values",
            Query::Exec(words(&["sh", "-c", "echo '[1, 2]'"])),
            take(&[("all", "/*"), ("gone", "/9")]),
        ),
        ("text", http("/done"), none()),
        ("unsupported", http("/unsupported"), none()),
    ];
    for (word, query, take) in shows {
        control.shows.insert(word.to_owned(), Show { query, take });
    }
    let iut = stage.iut(control);
    for (word, shown) in [
        (
            "registration",
            Shown::Values(
                [
                    ("lifetime".to_owned(), json!(60)),
                    ("objects".to_owned(), json!(["/1/0", "/3/0"])),
                ]
                .into(),
            ),
        ),
        (
            "values",
            Shown::Values([("all".to_owned(), json!([1, 2]))].into()),
        ),
        (
            "text",
            Shown::Nothing(Outcome::Failed(
                "answer is no JSON: expected ident at line 1 column 2: \"fine\"".to_owned(),
            )),
        ),
        ("unsupported", Shown::Nothing(Outcome::Unsupported)),
        ("nothing", Shown::Nothing(Outcome::Unsupported)),
    ] {
        assert_eq!(iut.show(word, &none()).await.unwrap(), shown, "{word}");
    }
}

#[tokio::test]
async fn actions_start_and_stop_what_is_elsewhere() {
    let stage = Stage::new("elsewhere");
    let mut control = control();
    control.directory = Some(stage.folder.clone());
    let sh = |script: &str| Action::Exec(words(&["sh", "-c", script]));
    control.start = Some(Start::Action(sh("echo started >> story")));
    control.stop = Stop::Action {
        action: sh("echo stopped >> story"),
        within: Duration::from_secs(20),
    };
    let iut = stage.iut(control.clone());
    iut.restart(&none()).await.unwrap();
    iut.restart(&none()).await.unwrap();
    assert_eq!(iut.status(), Status::Running(None));
    assert_eq!(
        fs::read_to_string(stage.folder.join("story")).unwrap(),
        "started\nstopped\nstarted\n"
    );

    control.start = Some(Start::Action(sh("echo no power >&2; exit 1")));
    let error = stage.iut(control.clone()).start(&none()).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "cannot start \"demo\": exit code 1: no power"
    );

    // A process of ours whose stop is a command that does not work: killed all the same.
    control.start = Some(Start::Process(words(&[
        "sh",
        "-c",
        "echo $$ > leader; sleep 1000",
    ])));
    control.stop = Stop::Action {
        action: sh("exit 1"),
        within: Duration::from_secs(20),
    };
    let iut = stage.iut(control);
    iut.start(&none()).await.unwrap();
    let leader = stage.left_process("leader").await;
    let error = iut.stop(&none()).await.unwrap_err();
    assert_eq!(error.to_string(), "cannot stop \"demo\": exit code 1");
    gone(leader).await;
}

/// What an operator sees.
#[derive(Clone, Default)]
struct Screen(Arc<Mutex<Vec<u8>>>);

impl Write for Screen {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// An HTTP server that answers by path and keeps what it was asked.
struct Server {
    address: SocketAddr,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Server {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let keep = Arc::clone(&seen);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                serve(stream.unwrap(), &keep);
            }
        });
        Self { address, seen }
    }

    fn uri(&self) -> String {
        format!("http://{}", self.address)
    }
}

fn serve(mut stream: TcpStream, seen: &Mutex<Vec<String>>) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut request = String::new();
    while !request.ends_with("\r\n\r\n") {
        assert!(reader.read_line(&mut request).unwrap() > 0, "{request}");
    }
    let lower = request.to_lowercase();
    let length = lower
        .split("content-length: ")
        .nth(1)
        .map_or(0, |rest| rest.lines().next().unwrap().parse().unwrap());
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    request.push_str(&String::from_utf8(body).unwrap());
    let path = request
        .split([' ', '?'])
        .nth(1)
        .unwrap()
        .split('/')
        .nth(1)
        .unwrap();
    let (status, answer) = match path {
        "done" => ("200 OK", "fine".to_owned()),
        "empty" => ("204 No Content", String::new()),
        "unsupported" => ("501 Not Implemented", String::new()),
        "moved" => ("302 Found\r\nLocation: /done", String::new()),
        "long" => ("500 Internal Server Error", "ü".repeat(300)),
        "registration" => (
            "200 OK",
            r#"{"lifetime": 60, "objectLinks": [{"url": "/1/0"}, {"url": "/3/0"}]}"#.to_owned(),
        ),
        _ => ("404 Not Found", "no such client\n".to_owned()),
    };
    seen.lock().unwrap().push(request);
    let length = answer.len();
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{answer}"
    )
    .unwrap();
}
