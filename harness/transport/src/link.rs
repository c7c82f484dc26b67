//! The way to one end of a TCP connection: what is queued is written in its order, and the end of it follows.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use coap::Time;
use tokio::io::{AsyncWrite, AsyncWriteExt};
use tokio::sync::{Notify, mpsc};

use crate::Clock;

/// The way to one end.
pub(crate) struct Link {
    writes: mpsc::Sender<Write>,
    /// Bytes that are not with the system yet.
    queued: AtomicUsize,
    /// Whether this way is to end.
    closing: AtomicBool,
    /// Told when bytes went to the system, or none ever will.
    drained: Notify,
    /// Told when the connection is to be reset.
    aborted: Notify,
}

/// What a link has queued, for [`Link::write`].
pub(crate) struct Queue(mpsc::Receiver<Write>);

enum Write {
    Bytes(Vec<u8>),
    Close,
    Abort,
}

/// How a way ended from here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Written {
    /// Nothing more goes there (FIN).
    Finished,
    /// The connection is to be reset (RST).
    Aborted,
}

impl Link {
    pub(crate) fn new() -> (Self, Queue) {
        let (writes, queue) = mpsc::channel(MOST_WRITES);
        let link = Self {
            writes,
            queued: AtomicUsize::new(0),
            closing: AtomicBool::new(false),
            drained: Notify::new(),
            aborted: Notify::new(),
        };
        (link, Queue(queue))
    }

    pub(crate) fn is_open(&self) -> bool {
        !self.closing.load(Ordering::Relaxed)
    }

    /// Queues bytes; refuses them if the end is so slow that too many wait already.
    pub(crate) fn send(&self, clock: &Clock, bytes: &[u8]) -> io::Result<Time> {
        if self.writes.is_closed() {
            return Err(io::Error::other("the connection is over"));
        }
        let waiting = self.queued.load(Ordering::Relaxed);
        let full = || io::Error::other(format!("{waiting} bytes wait for the peer already"));
        if waiting > 0 && waiting.saturating_add(bytes.len()) > MOST_QUEUED {
            return Err(full());
        }
        let time = clock();
        match self.queue(bytes.to_vec()) {
            Ok(()) => Ok(time),
            Err(_) => Err(full()),
        }
    }

    /// Queues bytes once what waits has gone to the system, for one caller at a time; whether somebody writes them.
    pub(crate) async fn pass(&self, bytes: Vec<u8>) -> bool {
        loop {
            if self.writes.is_closed() {
                return false;
            }
            if self.queued.load(Ordering::Relaxed) <= MOST_PASSED && self.writes.capacity() > 0 {
                return self.queue(bytes).is_ok();
            }
            self.drained.notified().await;
        }
    }

    fn queue(&self, bytes: Vec<u8>) -> Result<(), ()> {
        let length = bytes.len();
        self.queued.fetch_add(length, Ordering::Relaxed);
        self.writes.try_send(Write::Bytes(bytes)).map_err(|_| {
            self.queued.fetch_sub(length, Ordering::Relaxed);
        })
    }

    /// Ends this way behind what is queued.
    pub(crate) fn close(&self) {
        self.closing.store(true, Ordering::Relaxed);
        let _ = self.writes.try_send(Write::Close);
    }

    /// Has the connection reset behind what is queued.
    pub(crate) fn abort(&self) {
        self.closing.store(true, Ordering::Relaxed);
        let _ = self.writes.try_send(Write::Abort);
        self.aborted.notify_one();
    }

    /// Waits until somebody wants the connection reset.
    pub(crate) async fn is_aborted(&self) {
        self.aborted.notified().await;
    }

    /// Takes note that the way is over, though nobody has asked for it.
    pub(crate) fn give_up(&self) {
        self.closing.store(true, Ordering::Relaxed);
        self.drained.notify_one();
    }

    /// Writes what is queued until the way ends.
    pub(crate) async fn write(
        &self,
        mut writer: impl AsyncWrite + Unpin,
        queue: Queue,
    ) -> io::Result<Written> {
        let written = self.write_all(&mut writer, queue).await;
        self.drained.notify_one();
        if matches!(written, Ok(Written::Finished)) {
            writer.shutdown().await?;
        }
        written
    }

    /// Ends with the queue, so that nothing more is taken once this way is over.
    async fn write_all(
        &self,
        writer: &mut (impl AsyncWrite + Unpin),
        Queue(mut queue): Queue,
    ) -> io::Result<Written> {
        while let Some(next) = queue.recv().await {
            let bytes = match next {
                Write::Bytes(bytes) => bytes,
                Write::Close => break,
                Write::Abort => return Ok(Written::Aborted),
            };
            let written = writer.write_all(&bytes).await;
            self.queued.fetch_sub(bytes.len(), Ordering::Relaxed);
            written?;
            self.drained.notify_one();
            // a full queue has no room for the wish to close
            if !self.is_open() && queue.is_empty() {
                break;
            }
        }
        Ok(Written::Finished)
    }
}

/// Bytes that may wait for one end.
const MOST_QUEUED: usize = 1 << 20;
/// Bytes that may wait for one end before its other end is read no more.
const MOST_PASSED: usize = 1 << 16;
/// Writes that may wait for one end.
const MOST_WRITES: usize = 4096;
