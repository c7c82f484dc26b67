//! Programs: started, stopped, killed with their children, and how their end is told.

use super::*;

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
        "profiles/demo.yaml:23 names it under control.start; placeholders: ${copy}, ${server.uri}, ${word}"
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
