//! Arguments of the commands that talk to somebody without a case.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Subcommand, ValueEnum};
use lwm2m::Version;

/// Over what, protected by what, and with what is talked.
#[derive(Clone, Debug, clap::Args)]
pub struct Channel {
    /// LwM2M version [default: the highest that the profile claims, else 1.2]
    #[arg(long, value_name = "V", value_parser = super::parse_version)]
    pub lwm2m: Option<Version>,
    /// Transport
    #[arg(long, value_name = "T", default_value = "udp", value_parser = super::words(testcase::TRANSPORTS), hide_possible_values = true)]
    pub transport: String,
    /// Security mode
    #[arg(long, value_name = "S", default_value = "nosec", value_parser = super::words(testcase::SECURITY), hide_possible_values = true)]
    pub security: String,
    /// Identity and key of PSK [default: those of the harness, which it prints]
    #[arg(long, value_name = "ID=HEX", value_parser = parse_psk)]
    pub psk: Option<Psk>,
    /// Address at which the emulator listens; without a port the system chooses one [default: loopback; a server at 5683, coaps 5684]
    #[arg(long, value_name = "ADDR", value_parser = super::parse_listen)]
    pub listen: Option<SocketAddr>,
    /// Take object definitions (OMA XML) from this folder, beside those that the program carries
    #[arg(long, value_name = "DIR")]
    pub objects: Option<PathBuf>,
    /// Capture everything into this file, as a run does
    #[arg(long, value_name = "FILE.pcapng")]
    pub capture: Option<PathBuf>,
}

/// Arguments of `emulate`.
#[derive(Clone, Debug, clap::Args)]
#[command(
    after_help = "Lines are typed as cases write them behind a seat: read: {path: /3/0/0, accept: tlv}. `help` lists the rest.\n\
                  Ends with 1 if an answer did not fit the line that a script expects; a client de-registers at the end."
)]
pub struct Emulate {
    /// Who is emulated
    #[arg(value_enum)]
    pub role: Emulated,
    /// Configuration of the ETS that a client holds: C.4 [default: objects, or C.13 if it is to be bootstrapped]
    #[arg(long, value_name = "NAME")]
    pub configuration: Option<String>,
    /// Profile of a client: its endpoint, Content-Formats, operations and objects are the emulator's
    #[arg(long, value_name = "P")]
    pub profile: Option<String>,
    /// Server that a client registers with [default: coap://127.0.0.1:5683], or that a Bootstrap-Server leads to
    #[arg(long, value_name = "URI")]
    pub server: Option<String>,
    /// Bootstrap-Server that a client asks
    #[arg(long, value_name = "URI")]
    pub bootstrap_server: Option<String>,
    /// Endpoint Client Name of a client
    #[arg(long, value_name = "NAME")]
    pub endpoint: Option<String>,
    /// Lifetime of a client's registration, in seconds
    #[arg(long, value_name = "SECONDS")]
    pub lifetime: Option<u32>,
    /// Make it err as one of the mutants does that the cases are tried with: client-ignores-accept
    #[arg(long, value_name = "NAME")]
    pub mutant: Option<String>,
    /// Over what it talks.
    #[command(flatten)]
    pub channel: Channel,
    /// Do what this file says, line by line, and end
    #[arg(long, value_name = "FILE")]
    pub script: Option<PathBuf>,
}

/// What is probed.
#[derive(Clone, Debug, Subcommand)]
pub enum Probe {
    /// A client: it registers with the harness, is asked for everything that is harmless, and a draft of its profile is written
    Client(Box<ProbeClient>),
    /// A server: an emulated client registers with it in each LwM2M version, and a draft of its profile is written
    Server(Box<ProbeServer>),
    /// A Bootstrap-Server: an emulated client asks it for the bootstrap, and a draft of its profile is written
    BootstrapServer(Box<ProbeServer>),
}

/// Arguments of `probe client`.
#[derive(Clone, Debug, clap::Args)]
#[command(
    after_help = "A command behind -- starts the client: testfest probe client --out my-client.yaml -- ./my-client '${server.uri}'.\n\
                  Without one, start it yourself against the address that is printed.\n\
                  Ends with 0 if the draft was written, whatever the client can do; with 5 if no client came."
)]
pub struct ProbeClient {
    /// Write the draft of the profile here
    #[arg(long, value_name = "FILE.yaml")]
    pub out: PathBuf,
    /// Overwrite the file if it is there
    #[arg(long)]
    pub force: bool,
    /// Also create and delete instances of any Object
    #[arg(long)]
    pub intrusive: bool,
    /// How long to wait for the client
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = super::parse_time)]
    pub within: Duration,
    /// Show every message
    #[arg(long, short)]
    pub verbose: bool,
    /// Over what it talks.
    #[command(flatten)]
    pub channel: Channel,
    /// The command that starts the client, with placeholders as in a profile: "${server.uri}"
    #[arg(last = true, value_name = "CMD")]
    pub start: Vec<String>,
}

/// Arguments of `probe server` and `probe bootstrap-server`.
#[derive(Clone, Debug, clap::Args)]
#[command(
    after_help = "A command behind -- starts it: testfest probe server --uri coap://127.0.0.1:5783 --out my-server.yaml -- ./my-server --port 5783.\n\
                  Without one it has to run. Nothing is written to it but registrations that are taken back, and Send.\n\
                  Ends with 0 if the draft was written, whatever the server can do; with 5 if no client was let in."
)]
pub struct ProbeServer {
    /// Where it listens: coap://127.0.0.1:5683
    #[arg(long, value_name = "URI")]
    pub uri: String,
    /// Write the draft of the profile here
    #[arg(long, value_name = "FILE.yaml")]
    pub out: PathBuf,
    /// Overwrite the file if it is there
    #[arg(long)]
    pub force: bool,
    /// Endpoint Client Name that it lets in [default: a new one each time]
    #[arg(long, value_name = "NAME")]
    pub endpoint: Option<String>,
    /// How long to look at what it does by itself once a client has come
    #[arg(long, value_name = "TIME", default_value = "5s", value_parser = super::parse_time)]
    pub watch: Duration,
    /// How long to try until it answers
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = super::parse_time)]
    pub within: Duration,
    /// Show every message
    #[arg(long, short)]
    pub verbose: bool,
    /// Over what it talks.
    #[command(flatten)]
    pub channel: Channel,
    /// The command that starts it, with placeholders as in a profile
    #[arg(last = true, value_name = "CMD")]
    pub start: Vec<String>,
}

/// Who is emulated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Emulated {
    /// An LwM2M Client
    Client,
    /// An LwM2M Server
    Server,
    /// An LwM2M Bootstrap-Server
    BootstrapServer,
}

/// Identity and key of PSK.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Psk {
    /// The identity.
    pub identity: String,
    /// The key.
    pub key: Vec<u8>,
}

fn parse_psk(text: &str) -> Result<Psk, String> {
    let wrong = || "write it ID=HEX, such as device-1=0102030405060708".to_owned();
    let (identity, hex) = text.rsplit_once('=').ok_or_else(wrong)?;
    let digits: Option<Vec<u8>> = hex
        .chars()
        .map(|digit| digit.to_digit(16).and_then(|value| value.try_into().ok()))
        .collect();
    let digits = digits.filter(|digits| !digits.is_empty() && digits.len() % 2 == 0);
    let digits = digits.ok_or_else(wrong)?;
    let key = digits.chunks(2).map(|pair| match pair {
        [high, low] => high << 4 | low,
        _ => 0,
    });
    if identity.is_empty() {
        return Err(wrong());
    }
    Ok(Psk {
        identity: identity.to_owned(),
        key: key.collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_psk_is_an_identity_and_a_key_in_hex() {
        let psk = parse_psk("urn:dev=1=0aFf").unwrap();
        assert_eq!(
            (psk.identity.as_str(), psk.key),
            ("urn:dev=1", vec![0x0a, 0xff])
        );
        for text in ["", "id", "id=", "id=0", "id=0g", "=00", "id=ä0"] {
            assert!(parse_psk(text).is_err(), "{text}");
        }
    }
}
