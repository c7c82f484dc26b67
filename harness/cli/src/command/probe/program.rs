//! The program under probe, if the command line says how it is started.

use std::path::Path;
use std::sync::Arc;

use runner::iut::{Control, Iut, Operator, Placeholders, Start};
use runner::talk::Talk;
use runner::{HarnessError, RunClock};

use crate::args::ProbeClient;
use crate::talks;

/// A program that may have been started.
pub(super) struct Program {
    iut: Option<Iut>,
    values: Placeholders,
}

impl Program {
    /// The program of the arguments, not started yet.
    pub(super) fn new(args: &ProbeClient, talk: &Talk, clock: &RunClock) -> Self {
        let address = talk.address();
        let psk = args.channel.psk.as_ref();
        let psk = psk.map_or_else(runner::test_psk, |psk| {
            let key: String = psk.key.iter().map(|byte| format!("{byte:02x}")).collect();
            format!("{}={key}", psk.identity)
        });
        let (identity, key) = psk.rsplit_once('=').unwrap_or((&psk, ""));
        let values = [
            ("server.uri", talks::uri(&args.channel, address)),
            ("client.server-uri", talks::uri(&args.channel, address)),
            ("client.bootstrap-uri", String::new()),
            ("server.host", address.ip().to_string()),
            ("server.port", address.port().to_string()),
            ("client.endpoint", ENDPOINT.to_owned()),
            ("client.security", args.channel.security.clone()),
            ("client.transport", args.channel.transport.clone()),
            ("account.lifetime", LIFETIME.to_owned()),
            ("account.short-server-id", "1".to_owned()),
            ("psk.identity", identity.to_owned()),
            ("psk.key", key.to_owned()),
        ];
        let iut = (!args.start.is_empty()).then(|| {
            let mut control = Control::new("the command behind --");
            control.start = Some(Start::Process(args.start.clone()));
            let nobody = Arc::new(Operator::nobody());
            Iut::new(
                "the client",
                control,
                Path::new("/dev/null"),
                clock.reader(),
                nobody,
            )
        });
        Self {
            iut,
            values: values.map(|(name, text)| (name.to_owned(), text)).into(),
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

/// Endpoint Client Name that a client is given, if its command asks for one.
const ENDPOINT: &str = "urn:dev:testfest-probe";
/// Lifetime that it is given, likewise.
const LIFETIME: &str = "300";
