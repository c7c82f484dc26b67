//! What `emulate` and `probe` have in common: from arguments to the terms of a talk, and how a talk is shown.

use std::collections::BTreeMap;
use std::future::Future;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use judge::News;
use judge::referee::{Finding, Level};
use lwm2m::Version;
use report::visible;
use runner::HarnessError;
use runner::talk::{Ended, Talk, Terms};
use testcase::{Role, Seat};

use crate::args::{Channel, Selected};
use crate::setup::{EMULATORS_VERSION, built_for, read_definitions};
use crate::{Trouble, cases, output};

/// The terms of a talk over `channel`, the emulator in the seat `own`, at the address that its role has by default.
pub(crate) fn terms(channel: &Channel, own: Seat) -> Result<Terms, Trouble> {
    built_for(&channel.transport, &channel.security)?;
    let version = channel.lwm2m.unwrap_or(EMULATORS_VERSION);
    let types = read_definitions(channel.objects.as_deref(), version)?;
    let psk = channel.psk.as_ref();
    Ok(Terms {
        library: cases::selected(&Selected::default())?,
        version,
        types: Arc::new(types),
        transport: channel.transport.clone(),
        security: channel.security.clone(),
        own,
        listen: channel
            .listen
            .unwrap_or_else(|| default_listen(channel, own)),
        peers: BTreeMap::new(),
        endpoint: String::new(),
        configuration: "C.1".to_owned(),
        lifetime: None,
        psk: psk.map(|psk| (psk.identity.clone(), psk.key.clone())),
        able: None,
        defects: Vec::new(),
        capture: channel.capture.clone(),
    })
}

pub(crate) fn default_listen(channel: &Channel, own: Seat) -> SocketAddr {
    let port = match own.role {
        Role::Client => 0,
        _ => default_port(channel),
    };
    (Ipv4Addr::LOCALHOST, port).into()
}

/// The port of the scheme (RFC 7252, 6; RFC 8323, 8).
fn default_port(channel: &Channel) -> u16 {
    match channel.security.as_str() {
        "nosec" | "oscore" => 5683,
        _ => 5684,
    }
}

/// Where a server is; its URI has the scheme that the channel needs.
pub(crate) fn address(uri: &str, channel: &Channel) -> Result<SocketAddr, Trouble> {
    let scheme = scheme(channel);
    let wrong = |message: String| {
        let port = default_port(channel);
        let help = format!(
            "such as {scheme}://127.0.0.1:{port} or {scheme}://[::1]; no name but localhost is looked up"
        );
        Trouble::usage(message, help)
    };
    let host = match uri.split_once("://") {
        Some((given, rest)) if given == scheme => rest,
        Some((given, _)) => {
            let message = format!(
                "\"{}\" has the scheme {}, and --transport {} --security {} has {scheme}",
                visible(uri),
                visible(given),
                channel.transport,
                channel.security
            );
            return Err(wrong(message));
        }
        None => uri,
    };
    match runner::parse_listen(host.trim_end_matches('/')) {
        Ok(address) if address.port() == 0 => {
            Ok(SocketAddr::new(address.ip(), default_port(channel)))
        }
        Ok(address) => Ok(address),
        Err(_) => Err(wrong(format!("\"{}\" is no URI of a server", visible(uri)))),
    }
}

/// The scheme of URIs over `channel`.
pub(crate) fn scheme(channel: &Channel) -> &'static str {
    match (&*channel.transport, default_port(channel) == 5684) {
        ("tcp", true) => "coaps+tcp",
        ("tcp", false) => "coap+tcp",
        (_, true) => "coaps",
        (_, false) => "coap",
    }
}

/// An address of a client that reaches `peer`.
pub(crate) fn towards(peer: SocketAddr) -> SocketAddr {
    let own: IpAddr = match (peer.is_ipv6(), peer.ip().is_loopback()) {
        (true, true) => Ipv6Addr::LOCALHOST.into(),
        (false, true) => Ipv4Addr::LOCALHOST.into(),
        (true, false) => Ipv6Addr::UNSPECIFIED.into(),
        (false, false) => Ipv4Addr::UNSPECIFIED.into(),
    };
    SocketAddr::new(own, 0)
}

/// A URI under which the emulator is reached.
pub(crate) fn uri(channel: &Channel, address: SocketAddr) -> String {
    format!("{}://{address}", scheme(channel))
}

/// `LwM2M 1.2, UDP, psk`.
pub(crate) fn described(version: Version, channel: &Channel) -> String {
    let transport = channel.transport.to_uppercase();
    format!("LwM2M {version}, {transport}, {}", channel.security)
}

/// Runs `lead` with a runtime of one thread.
pub(crate) fn block_on<T>(lead: impl Future<Output = T>) -> Result<T, Trouble> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let runtime = runtime.map_err(Trouble::System)?;
    let outcome = runtime.block_on(lead);
    // what still waits for a line of standard input must not hold us
    runtime.shutdown_background();
    Ok(outcome)
}

/// Shows what passes while `deed` goes on.
pub(crate) async fn shown<T>(talk: &Talk, deed: impl Future<Output = T>) -> Result<T, Ended> {
    let mut deed = std::pin::pin!(deed);
    loop {
        tokio::select! {
            outcome = &mut deed => {
                show(&talk.news().await?);
                return Ok(outcome);
            }
            () = talk.changed() => show(&talk.news().await?),
        }
    }
}

/// Shows what has passed: messages as the live ladder has them, what they carry, and what of it breaks a rule.
pub(crate) fn show(news: &[News]) {
    for one in news {
        match one {
            News::Message { message, content } => {
                let seconds = message.time / 1_000_000_000;
                let millis = message.time / 1_000_000 % 1_000;
                let mut text = format!(
                    "{seconds:>5}.{millis:03}s  {} -> {}  {}\n",
                    message.from,
                    message.to,
                    visible(&message.label)
                );
                for field in content {
                    let (name, value) = (visible(&field.name), visible(&field.value));
                    text.push_str(&format!("{INDENT}{name}  {value}\n").replace("  \n", "\n"));
                }
                output::print(&text);
            }
            News::Finding(finding) => output::print(&format!("{INDENT}{}\n", told(finding))),
            News::Note(note) => output::print(&format!("{INDENT}note: {}\n", visible(note))),
        }
    }
}

/// A broken rule in one line.
pub(crate) fn told(finding: &Finding) -> String {
    let (message, clause) = (visible(&finding.message), finding.clause);
    match finding.level {
        Level::Should => format!("remark: {message} ({clause})"),
        Level::Must => format!(
            "against {} ({clause}): {message}; expected {}, actual {}",
            finding.rule,
            visible(&finding.expected),
            visible(&finding.actual)
        ),
    }
}

impl From<Ended> for Trouble {
    fn from(_: Ended) -> Self {
        let broken = std::io::Error::other("a socket broke");
        Self::System(broken)
    }
}

/// What `outcome` of a talk comes to: its body's, or the harness's trouble.
pub(crate) fn settled<T, F>(
    outcome: Result<(Result<T, Trouble>, F), HarnessError>,
) -> Result<(T, F), Trouble> {
    let (body, captured) = outcome?;
    Ok((body?, captured))
}

/// What stands before what a message carries.
const INDENT: &str = "              ";
