//! Actions: commands, requests, the operator, and what implementations show.

use super::*;

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
