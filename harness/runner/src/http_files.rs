//! The file server's other face: the same files over HTTP, for clients that pull images so (Core TS, E.6).
//!
//! As much of HTTP/1.1 (RFC 9112) as a download needs: GET and HEAD, one answer a connection. The tap sees no TCP, so what
//! passes here is evidence of nothing; state and result of the client tell how it went.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use crate::images::Files;

/// A running server; it ends with this value.
#[derive(Debug)]
pub(crate) struct HttpFiles {
    task: JoinHandle<()>,
}

impl HttpFiles {
    /// Serves `files` at `address`.
    pub(crate) async fn serve(address: SocketAddr, files: Files) -> std::io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let files = Arc::new(files);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let files = Arc::clone(&files);
                // who hangs up early is nobody's matter but his own
                tokio::spawn(async move { drop(converse(stream, &files).await) });
            }
        });
        Ok(Self { task })
    }
}

impl Drop for HttpFiles {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn converse(mut stream: TcpStream, files: &Files) -> std::io::Result<()> {
    let mut head = Vec::new();
    let mut part = [0; 1024];
    while !head.windows(4).any(|end| end == b"\r\n\r\n") && head.len() < LONGEST_HEAD {
        let reading = tokio::time::timeout(PATIENCE, stream.read(&mut part)).await;
        match reading {
            Ok(Ok(length)) if length > 0 => head.extend(part.iter().take(length)),
            _ => return Ok(()),
        }
    }
    let answer = answer(&head, files);
    stream.write_all(&answer).await?;
    stream.shutdown().await
}

/// The answer to a request, as far as its first line tells it.
fn answer(head: &[u8], files: &Files) -> Vec<u8> {
    let text = String::from_utf8_lossy(head);
    let mut words = text.lines().next().unwrap_or_default().split(' ');
    let (method, target) = (words.next(), words.next().unwrap_or_default());
    let with_body = match method {
        Some("GET") => true,
        Some("HEAD") => false,
        _ => return status("405 Method Not Allowed", None, false),
    };
    let file = files.iter().find(|(name, _)| name == target);
    match file {
        Some((_, bytes)) => status("200 OK", Some(bytes), with_body),
        None => status("404 Not Found", None, false),
    }
}

fn status(line: &str, body: Option<&Vec<u8>>, with_body: bool) -> Vec<u8> {
    let length = body.map_or(0, Vec::len);
    let mut answer = format!(
        "HTTP/1.1 {line}\r\nContent-Type: application/octet-stream\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
    )
    .into_bytes();
    answer.extend(body.into_iter().flatten().filter(|_| with_body));
    answer
}

/// Longest request head that is read.
const LONGEST_HEAD: usize = 8_192;
/// How long a client may take to say what it wants.
const PATIENCE: Duration = Duration::from_secs(30);

#[cfg(test)]
mod tests {
    use super::*;

    fn told(request: &str) -> String {
        let files = vec![("/image".to_owned(), b"bytes".to_vec())];
        let answer = String::from_utf8(answer(request.as_bytes(), &files)).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        format!("{} {body}", head.lines().next().unwrap())
    }

    #[test]
    fn a_file_is_served_and_nothing_else() {
        for (request, wanted) in [
            (
                "GET /image HTTP/1.1\r\nHost: a\r\n\r\n",
                "HTTP/1.1 200 OK bytes",
            ),
            ("HEAD /image HTTP/1.1\r\n\r\n", "HTTP/1.1 200 OK "),
            ("GET /other HTTP/1.1\r\n\r\n", "HTTP/1.1 404 Not Found "),
            (
                "PUT /image HTTP/1.1\r\n\r\n",
                "HTTP/1.1 405 Method Not Allowed ",
            ),
            ("\0\0", "HTTP/1.1 405 Method Not Allowed "),
        ] {
            assert_eq!(told(request), wanted, "{request:?}");
        }
    }

    #[tokio::test]
    async fn a_client_gets_its_file() {
        let free = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = free.local_addr().unwrap();
        drop(free);
        let files = vec![("/image".to_owned(), vec![7; 70_000])];
        let server = HttpFiles::serve(address, files).await.unwrap();
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream
            .write_all(b"GET /image HTTP/1.1\r\n\r\n")
            .await
            .unwrap();
        let mut all = Vec::new();
        stream.read_to_end(&mut all).await.unwrap();
        assert!(all.ends_with(&[7; 70_000]));
        drop(server);
    }
}
