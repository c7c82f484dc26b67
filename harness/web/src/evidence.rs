//! Evidence of the session's runs, read-only: reports, records, captures and logs by their names, and nothing else.
//!
//! A run may have been made elsewhere (`testfest session add`), and its pages by anybody: of their scripts only that of our own
//! reports runs, so that no page acts in the name of this server.

use std::fs::File;
use std::io::{self, Read as _};
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::header::{
    CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE,
};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use futures_util::stream;

use crate::folder;
use crate::server::Shared;

/// A file of a run.
pub(crate) async fn run_file(
    State(shared): State<Arc<Shared>>,
    Path(path): Path<String>,
) -> Response {
    let names: Vec<&str> = std::iter::once("runs").chain(path.split('/')).collect();
    file(&shared, &names).await
}

/// The Test Session Report.
pub(crate) async fn report_html(State(shared): State<Arc<Shared>>) -> Response {
    file(&shared, &["report.html"]).await
}

/// The Test Session Report on paper.
pub(crate) async fn report_pdf(State(shared): State<Arc<Shared>>) -> Response {
    file(&shared, &["report.pdf"]).await
}

async fn file(shared: &Shared, names: &[&str]) -> Response {
    let root = shared.desk.path().to_owned();
    let own: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let opening = tokio::task::spawn_blocking(move || {
        let names: Vec<&str> = own.iter().map(String::as_str).collect();
        let file = folder::open(&root, &names)?;
        let length = file.metadata()?.len();
        io::Result::Ok((file, length))
    });
    let kind = names.last().and_then(|last| kind(last));
    let (Some(kind), Ok(Ok((file, length)))) = (kind, opening.await) else {
        return (StatusCode::NOT_FOUND, "there is no such evidence\n").into_response();
    };
    let mut response = Body::from_stream(stream::unfold(file, chunk)).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
    if let Ok(policy) = HeaderValue::from_str(&policy()) {
        headers.insert(CONTENT_SECURITY_POLICY, policy);
    }
    if kind == CAPTURE {
        headers.insert(CONTENT_DISPOSITION, HeaderValue::from_static("attachment"));
    }
    response
}

/// The next part of a file.
async fn chunk(mut file: File) -> Option<(io::Result<Vec<u8>>, File)> {
    let reading = tokio::task::spawn_blocking(move || {
        let mut bytes = vec![0; CHUNK];
        let read = file.read(&mut bytes);
        let part = read.map(|length| {
            bytes.truncate(length);
            bytes
        });
        (part, file)
    });
    let (part, file) = reading.await.ok()?;
    let is_end = part.as_ref().is_ok_and(Vec::is_empty);
    (!is_end).then_some((part, file))
}

/// What a file of this name is; `None` if it is no evidence.
fn kind(name: &str) -> Option<&'static str> {
    match name {
        "session.html" | "report.html" => Some("text/html; charset=utf-8"),
        "session.pdf" | "report.pdf" => Some("application/pdf"),
        "session.json" | "case.json" => Some("application/json"),
        // as text: a page in XML could hold scripts
        "junit.xml" | "iut.log" => Some("text/plain; charset=utf-8"),
        "capture.pcapng" => Some(CAPTURE),
        _ => None,
    }
}

fn policy() -> String {
    let script = report::script_hash();
    format!(
        "default-src 'none'; style-src 'unsafe-inline'; script-src '{script}'; img-src data:; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
}

/// Wireshark's own kind of file is not registered.
const CAPTURE: &str = "application/octet-stream";
/// Bytes that are read at a time.
const CHUNK: usize = 64 << 10;
