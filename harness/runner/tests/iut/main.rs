//! Control of implementations, with shell scripts and a small HTTP server in their place.

#![allow(clippy::unwrap_used)]

mod actions;
mod process;

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
