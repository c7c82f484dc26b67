//! Answers at the terminal and elsewhere.

use std::io::Cursor;

use super::*;

#[test]
fn reads_a_no_and_its_reason() {
    for (line, reason) in [
        ("n", Some("")),
        ("N the button is broken", Some("the button is broken")),
        ("no: broken", Some("broken")),
        ("not yet", None),
        ("", None),
        ("nothing", None),
    ] {
        assert_eq!(strip_no(line), reason, "{line}");
    }
}

#[tokio::test]
async fn is_asked_until_it_is_an_answer() {
    let operator = Operator::scripted(Cursor::new("\nn no button\nwhat?\ny\nNo\n"), io::sink());
    assert_eq!(operator.perform("Press the button.").await, Reply::Yes);
    assert_eq!(
        operator.perform("Press the other.").await,
        Reply::No("no button".to_owned())
    );
    assert_eq!(operator.ask("Is it green?").await, Reply::Yes);
    assert_eq!(operator.ask("Is it red?").await, Reply::No(String::new()));
    assert_eq!(operator.ask("Still there?").await, Reply::Nobody);
    assert_eq!(operator.perform("Come back.").await, Reply::Nobody);
}

#[tokio::test]
async fn an_answer_from_elsewhere_counts_if_it_is_the_first() {
    let session = Watched::new();
    let (mut terminal, typed) = io::pipe().map(|(read, write)| (write, read)).unwrap();
    let operator = Operator::scripted(BufReader::new(typed), io::sink());
    operator.also_ask(Some(Arc::clone(&session.broadcast)));
    session.answer(r#"{"prompt":1,"reply":{"no":"broken"}}"#);
    let broken = Reply::No("broken".to_owned());
    assert_eq!(operator.perform("Press the button.").await, broken);
    terminal.write_all(b"y\n").unwrap();
    assert_eq!(operator.ask("Is it green?").await, Reply::Yes);
    // comes late, and is for no other question
    session.answer(r#"{"prompt":2,"reply":{"no":""}}"#);
    session.answer(r#"{"prompt":3,"reply":"yes"}"#);
    assert_eq!(operator.ask("Is it red?").await, Reply::Yes);
    let told = session.told();
    for line in [
        r#"{"asks":{"prompt":1,"kind":"perform","text":"Press the button."}}"#,
        r#"{"answered":{"prompt":1,"at":"browser","reply":{"no":"broken"}}}"#,
        r#"{"answered":{"prompt":2,"at":"terminal","reply":"yes"}}"#,
        r#"{"answered":{"prompt":3,"at":"browser","reply":"yes"}}"#,
    ] {
        assert!(told.contains(line), "{line} in {told}");
    }
}

#[tokio::test]
async fn without_a_terminal_those_who_watch_are_asked() {
    let session = Watched::new();
    let operator = Operator::nobody();
    operator.also_ask(Some(Arc::clone(&session.broadcast)));
    assert_eq!(operator.ask("Is it green?").await, Reply::Nobody);
    let watcher = std::fs::File::open(&session.head).unwrap();
    watcher.lock_shared().unwrap();
    let answered = async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        session.answer(r#"{"prompt":2,"reply":"yes"}"#);
    };
    let (reply, ()) = tokio::join!(operator.ask("Is it green?"), answered);
    assert_eq!(reply, Reply::Yes);
    assert!(operator.waited() >= Duration::from_millis(150));
}

/// A session that goes on.
struct Watched {
    folder: std::path::PathBuf,
    head: std::path::PathBuf,
    broadcast: Arc<Broadcast>,
}

impl Watched {
    fn new() -> Self {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let (process, number) = (std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        let folder = std::env::temp_dir().join(format!("testfest-asked-{process}-{number}"));
        std::fs::create_dir_all(&folder).unwrap();
        let head = folder.join("session.yaml");
        std::fs::write(&head, "").unwrap();
        let broadcast = Arc::new(Broadcast::new(head.clone()));
        broadcast.open(&folder).unwrap();
        Self {
            folder,
            head,
            broadcast,
        }
    }

    fn answer(&self, line: &str) {
        let path = self.folder.join(record::ANSWERS);
        let mut file = std::fs::File::options().append(true).open(path).unwrap();
        file.write_all(format!("{line}\n").as_bytes()).unwrap();
    }

    fn told(&self) -> String {
        std::fs::read_to_string(self.folder.join(record::LIVE)).unwrap()
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.folder));
    }
}

#[tokio::test]
async fn nobody_is_nobody() {
    let operator = Operator::nobody();
    assert_eq!(operator.perform("Press the button.").await, Reply::Nobody);
    assert_eq!(operator.ask("Is it green?").await, Reply::Nobody);
    assert_eq!(operator.waited(), Duration::ZERO);
}
