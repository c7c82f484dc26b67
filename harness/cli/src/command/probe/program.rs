//! The program under probe, if the command line says how it is started.

use std::path::Path;
use std::sync::Arc;

use runner::iut::{Control, Iut, Operator, Placeholders, Start};
use runner::talk::Talk;
use runner::{HarnessError, RunClock};

use crate::args::{Channel, ProbeClient, ProbeServer};
use crate::talks;

/// A program that may have been started.
pub(super) struct Program {
    iut: Option<Iut>,
    values: Placeholders,
}

impl Program {
    /// The client of the arguments, not started yet.
    pub(super) fn of_client(args: &ProbeClient, talk: &Talk, clock: &RunClock) -> Self {
        let address = talk.address();
        let mut values = common(&args.channel);
        values.extend([
            ("server.uri", talks::uri(&args.channel, address)),
            ("client.server-uri", talks::uri(&args.channel, address)),
            ("client.bootstrap-uri", String::new()),
            ("server.host", address.ip().to_string()),
            ("server.port", address.port().to_string()),
            ("client.endpoint", ENDPOINT.to_owned()),
            ("account.lifetime", LIFETIME.to_owned()),
            ("account.short-server-id", "1".to_owned()),
        ]);
        Self::new("the client", &args.start, values, clock)
    }

    /// The server of the arguments, not started yet.
    pub(super) fn of_server(args: &ProbeServer, clock: &RunClock) -> Self {
        let mut values = common(&args.channel);
        values.push(("copy", "0".to_owned()));
        Self::new("the server", &args.start, values, clock)
    }

    fn new(
        name: &str,
        start: &[String],
        values: Vec<(&'static str, String)>,
        clock: &RunClock,
    ) -> Self {
        let iut = (!start.is_empty()).then(|| {
            let mut control = Control::new("the command behind --");
            control.start = Some(Start::Process(start.to_vec()));
            let nobody = Arc::new(Operator::nobody());
            Iut::new(
                name,
                control,
                Path::new("/dev/null"),
                clock.reader(),
                nobody,
            )
        });
        let values = values.into_iter();
        Self {
            iut,
            values: values.map(|(name, text)| (name.to_owned(), text)).collect(),
        }
    }

    /// Whether it is ours to start and to stop.
    pub(super) const fn is_ours(&self) -> bool {
        self.iut.is_some()
    }

    pub(super) async fn start(&self) -> Result<(), HarnessError> {
        if let Some(iut) = &self.iut {
            iut.start(&self.values).await?;
        }
        Ok(())
    }

    /// Stops it; what keeps it from stopping is nothing that the probe could mend.
    pub(super) async fn stop(&self) {
        if let Some(iut) = &self.iut {
            drop(iut.stop(&self.values).await);
        }
    }

    /// What it printed last, for a client that does not come.
    pub(super) fn last_words(&self) -> Vec<String> {
        self.iut.as_ref().map(Iut::last_lines).unwrap_or_default()
    }
}

/// What a command may name whoever it starts.
fn common(channel: &Channel) -> Vec<(&'static str, String)> {
    let psk = channel.psk.as_ref();
    let psk = psk.map_or_else(runner::test_psk, |psk| {
        let key: String = psk.key.iter().map(|byte| format!("{byte:02x}")).collect();
        format!("{}={key}", psk.identity)
    });
    let (identity, key) = psk.rsplit_once('=').unwrap_or((&psk, ""));
    vec![
        ("client.security", channel.security.clone()),
        ("client.transport", channel.transport.clone()),
        ("psk.identity", identity.to_owned()),
        ("psk.key", key.to_owned()),
    ]
}

/// Endpoint Client Name that a client is given, if its command asks for one.
const ENDPOINT: &str = "urn:dev:testfest-probe";
/// Lifetime that it is given, likewise.
const LIFETIME: &str = "300";
