//! The server: its socket, its routes, how it begins and ends.

use std::fs::File;
use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};
use sessions::{HEADER, SessionFolder};
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};

use crate::desk::Desk;
use crate::guard::{BODY, Guard, guard};
use crate::token::Token;
use crate::{accept, answer, assets, desk, events, evidence, say};

/// A server of one session, before it begins to answer.
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    guard: Guard,
    desk: Desk,
    /// Tells runs that somebody watches, as long as it is locked.
    _watches: File,
}

/// What every request works on.
pub(crate) struct Shared {
    pub(crate) desk: Arc<Desk>,
    pub(crate) guard: Guard,
    /// Event streams that may be open.
    pub(crate) streams: Arc<Semaphore>,
    pub(crate) stopped: watch::Receiver<bool>,
}

impl Server {
    /// Listens for those who want to see the session; beyond loopback only whoever has a token is let in.
    ///
    /// # Errors
    ///
    /// An address that cannot be had, a system without random bytes, a folder that cannot be read.
    pub async fn bind(session: &SessionFolder, listen: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind(listen).await?;
        let address = listener.local_addr()?;
        let token = if address.ip().is_loopback() {
            None
        } else {
            Some(Token::new()?)
        };
        let watches = File::open(session.path().join(HEADER))?;
        // where nothing can be locked, a run without a terminal asks nobody
        drop(watches.lock_shared());
        Ok(Self {
            guard: Guard::new(token, address.port()),
            desk: Desk::new(session.path()),
            _watches: watches,
            listener,
            address,
        })
    }

    /// Where the page is, with the token if one is asked for.
    pub fn url(&self) -> String {
        let address = SocketAddr::new(reachable(self.address.ip()), self.address.port());
        match self.guard.token() {
            Some(token) => format!("http://{address}/?token={token}"),
            None => format!("http://{address}/"),
        }
    }

    /// Serves until `stop`; what is being answered then has a moment to end.
    ///
    /// # Errors
    ///
    /// A socket that breaks.
    pub async fn run(self, stop: impl Future<Output = ()> + Send + 'static) -> io::Result<()> {
        let (stopping, stopped) = watch::channel(false);
        let desk = Arc::new(self.desk);
        let shared = Arc::new(Shared {
            desk: Arc::clone(&desk),
            guard: self.guard,
            streams: Arc::new(Semaphore::new(STREAMS)),
            stopped: stopped.clone(),
        });
        let looking = tokio::spawn(desk::look(Arc::clone(&desk)));
        let reporting = tokio::spawn(desk::report(Arc::clone(&desk)));
        let mut wait = stopped.clone();
        let serving =
            axum::serve(self.listener, routes(shared)).with_graceful_shutdown(async move {
                // an error is the end of the sender, which is the end of everything
                drop(wait.wait_for(|stopped| *stopped).await);
            });
        let mut serving = tokio::spawn(serving.into_future());
        let ended = tokio::select! {
            () = stop => None,
            ended = &mut serving => Some(ended),
        };
        stopping.send_replace(true);
        looking.abort();
        reporting.abort();
        let ended = match ended {
            Some(ended) => Some(ended),
            None => tokio::time::timeout(GRACE, &mut serving).await.ok(),
        };
        serving.abort();
        tokio::task::spawn_blocking(move || desk.write_due_reports()).await?;
        match ended {
            Some(ended) => ended?,
            None => Ok(()),
        }
    }
}

fn routes(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/", get(assets::page))
        .route("/assets/{name}", get(assets::asset))
        .route("/events", get(events::events))
        .route("/say", post(say::say))
        .route("/accept", post(accept::accept))
        .route("/answer", post(answer::answer))
        .route("/report.html", get(evidence::report_html))
        .route("/report.pdf", get(evidence::report_pdf))
        .route("/runs/{*path}", get(evidence::run_file))
        .layer(DefaultBodyLimit::max(BODY as usize))
        .layer(from_fn_with_state(Arc::clone(&shared), guard))
        .with_state(shared)
}

/// An address of this machine that others reach, in place of the wildcard; nothing is sent to find it.
fn reachable(ip: IpAddr) -> IpAddr {
    if !ip.is_unspecified() {
        return ip;
    }
    // addresses for documentation (RFC 5737, RFC 3849): the system only says from where it would send there
    let (own, peer) = if ip.is_ipv4() {
        ("0.0.0.0:0", "192.0.2.1:9")
    } else {
        ("[::]:0", "[2001:db8::1]:9")
    };
    let found = UdpSocket::bind(own).and_then(|socket| {
        socket.connect(peer)?;
        socket.local_addr()
    });
    found.map_or(ip, |address| address.ip())
}

/// Event streams that are open at a time.
const STREAMS: usize = 64;
/// What an answer that is under way may still take when the server ends.
const GRACE: Duration = Duration::from_millis(500);
