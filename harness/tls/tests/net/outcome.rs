//! Handshakes of one setting against another, and what came of them.

use tls::{
    ClientCredentials, Event, Framing, HandshakeFact, HandshakeType, KeyExchange, Misbehaviour,
    ServerCredentials, Settings, Suite, What,
};

use super::{CLIENT, Net, SERVER, Side, client_of, server_of};

pub(crate) const PSK: Suite = Suite::PSK_AES_128_CCM_8;
pub(crate) const CERTIFICATE: Suite = Suite::ECDHE_ECDSA_AES_128_CCM_8;

pub(crate) fn settings() -> Settings {
    Settings {
        suites: vec![CERTIFICATE, PSK],
        ..Settings::default()
    }
}

pub(crate) fn bad(misbehaviour: Misbehaviour) -> Settings {
    Settings {
        misbehaviour,
        ..settings()
    }
}

pub(crate) fn psk() -> (ClientCredentials, ServerCredentials) {
    (
        client_of(KeyExchange::Psk, false),
        server_of(KeyExchange::Psk, false),
    )
}

pub(crate) fn certificates() -> (ClientCredentials, ServerCredentials) {
    (
        client_of(KeyExchange::EcdheEcdsa, false),
        server_of(KeyExchange::EcdheEcdsa, false),
    )
}

pub(crate) fn raw_keys() -> (ClientCredentials, ServerCredentials) {
    (
        client_of(KeyExchange::EcdheEcdsa, true),
        server_of(KeyExchange::EcdheEcdsa, true),
    )
}

pub(crate) type Credentials = (ClientCredentials, ServerCredentials);

pub(crate) fn shake_in(
    framing: Framing,
    client: Settings,
    server: Settings,
    with: Credentials,
) -> Net {
    let mut net = Net::new(framing, client, server, 5);
    net.start(with.0, with.1);
    net.run();
    net
}

pub(crate) fn shake(client: Settings, server: Settings, with: Credentials) -> Net {
    shake_in(Framing::Datagram, client, server, with)
}

/// Checks that nothing was agreed on, and by which alert of which side.
pub(crate) fn refused(net: &Net, by: Side, alert: u8) {
    assert_ne!(net.sessions().len(), 2, "{:?}", net.events);
    let sent = net.events.iter().find_map(|(side, event)| match event {
        Event::Alert {
            sent: true, alert, ..
        } => Some((*side, alert.description.0)),
        _ => None,
    });
    assert_eq!(sent, Some((by, alert)), "{:?}", net.events);
    assert_eq!(net.alert_received(), Some(alert), "{:?}", net.events);
    let (_, observed) = net.watch();
    let from = match by {
        Side::Client => CLIENT,
        Side::Server => SERVER,
    };
    let seen = observed.iter().any(|one| match one.what {
        What::Alert(found) => found.description.0 == alert && one.from == from,
        _ => false,
    });
    assert!(seen, "{observed:?}");
}

pub(crate) fn agreed(net: &Net) {
    assert_eq!(net.sessions().len(), 2, "{:?}", net.events);
    assert!(net.ends().is_empty(), "{:?}", net.events);
}

pub(crate) fn message(net: &Net, kind: HandshakeType) -> Option<HandshakeFact> {
    let (_, observed) = net.watch();
    observed.into_iter().rev().find_map(|one| match one.what {
        What::Handshake(fact) if fact.kind == kind => Some(*fact),
        _ => None,
    })
}
