//! `serve`: a page for the two teams at a table, until Ctrl-C.

use std::time::Duration;

use report::visible;
use runner::{HarnessError, Stop, TransportError};
use sessions::SessionFolder;
use web::Server;

use crate::args::Serve;
use crate::{ExitCode, Trouble, output};

/// Serves the session until it is interrupted.
pub(crate) fn serve(args: &Serve) -> Result<ExitCode, Trouble> {
    let session = SessionFolder::open(&args.dir)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let runtime = runtime.map_err(Trouble::System)?;
    let outcome = runtime.block_on(until_stopped(args, &session));
    // what still waits for a disk must not hold us
    runtime.shutdown_timeout(Duration::from_secs(1));
    outcome.map(|()| ExitCode::Passed)
}

async fn until_stopped(args: &Serve, session: &SessionFolder) -> Result<(), Trouble> {
    let stop = Stop::on_signals();
    let cannot_listen = |source| TransportError::Accept {
        address: args.listen,
        source,
    };
    let server = Server::bind(session, args.listen).await;
    let server = server.map_err(|source| HarnessError::from(cannot_listen(source)))?;
    let header = session.header();
    let (event, number) = (visible(&header.event), visible(&header.session));
    output::print(&format!(
        "session {number} of {event}: {}\n  in a browser; Ctrl-C ends it\n",
        server.url()
    ));
    let served = server.run(async move { stop.requested().await }).await;
    served.map_err(Trouble::System)
}
