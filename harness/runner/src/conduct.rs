//! The conduct that a case or a mutant asks of an end of the channel, in the terms of each layer.

use std::time::Duration;

use emulator::{CsmConduct, PongConduct, StreamConduct};
use oscore::Deviation;
use testcase::{Conduct, Misdeed};
use tls::{
    Act, ConnectionId, Fault, HandshakeType, Proof, ServerName, Settings, Subject, Suite, Version,
};

/// Settings of a handshake.
pub(crate) fn settings(conduct: &Conduct, stream: bool) -> Settings {
    let mut settings = Settings {
        suites: HONEST.to_vec(),
        ..Settings::default()
    };
    if let Some(suites) = &conduct.suites {
        settings.suites = suites
            .iter()
            .filter_map(|word| Suite::from_word(word))
            .collect();
    }
    if conduct.protocol.as_deref() == Some("1.0") {
        settings.version = Some(match stream {
            true => Version::TLS_1_0,
            false => Version::DTLS_1_0,
        });
    }
    if let Some(groups) = &conduct.groups {
        settings.groups = groups.iter().filter_map(|word| group(word)).collect();
    }
    settings.server_name = match conduct.server_name.as_deref() {
        None => ServerName::Configured,
        Some("") => ServerName::Absent,
        Some(name) => ServerName::Other(name.as_bytes().to_vec()),
    };
    if let Some(verified) = &conduct.verifies {
        let looks = |what: &str| verified.iter().any(|word| word == what);
        let checks = &mut settings.misbehaviour.checks;
        checks.chain = looks("chain");
        checks.name = looks("name");
        checks.dates = looks("dates");
        checks.purpose = looks("purpose");
        checks.constraint = looks("key");
    }
    settings.cookie = conduct.cookie.unwrap_or(settings.cookie);
    settings.extended_master_secret = conduct
        .extended_master_secret
        .unwrap_or(settings.extended_master_secret);
    settings.encrypt_then_mac = conduct
        .encrypt_then_mac
        .unwrap_or(settings.encrypt_then_mac);
    settings.resumption = conduct.resumption.unwrap_or(settings.resumption);
    settings.misbehaviour.no_close_notify = conduct.farewell == Some(false);
    if let Some(length) = conduct.connection_id {
        settings.connection_id = ConnectionId::Length(length);
    }
    for misdeed in &conduct.misdeeds {
        misbehave(&mut settings, *misdeed);
    }
    settings.faults = conduct.faults.iter().filter_map(fault).collect();
    settings
}

/// The conduct on a TCP connection.
pub(crate) fn stream(conduct: &Conduct) -> StreamConduct {
    let mut stream = StreamConduct {
        segment: conduct.segment.and_then(|size| usize::try_from(size).ok()),
        ..StreamConduct::default()
    };
    for misdeed in &conduct.misdeeds {
        match misdeed {
            Misdeed::NoCsm => stream.csm = CsmConduct::Withheld,
            Misdeed::LateCsm => stream.message_before_csm = true,
            Misdeed::CriticalCsm => stream.csm_option = Some(UNKNOWN_CRITICAL),
            Misdeed::NoPong => stream.pong = PongConduct::Withheld,
            Misdeed::WrongPong => stream.pong = PongConduct::OtherToken,
            Misdeed::WrongLength => stream.length_off = 1,
            Misdeed::UnknownSignal => stream.signal = Some(UNREGISTERED_SIGNAL),
            _ => {}
        }
    }
    stream
}

/// The conduct of OSCORE.
pub(crate) fn oscore(conduct: &Conduct) -> oscore::Conduct {
    let mut own = oscore::Conduct::default();
    for misdeed in &conduct.misdeeds {
        let deviation = match misdeed {
            Misdeed::NoEcho => {
                own.challenges = false;
                continue;
            }
            Misdeed::IgnoresEcho => Deviation::IgnoresEcho,
            Misdeed::ReusesPartialIv => Deviation::ReusesPartialIv,
            Misdeed::NoReplayCheck => Deviation::AcceptsReplays,
            Misdeed::WrongTag => Deviation::WrongTag,
            Misdeed::OuterCode => Deviation::ShowsCode,
            Misdeed::OuterPath => Deviation::ShowsPath,
            Misdeed::WrongKid => Deviation::WrongKid,
            Misdeed::AnswersInClear => Deviation::AnswersUnprotected,
            Misdeed::NoOscore => Deviation::ProtectsNothing,
            _ => continue,
        };
        own = own.with(deviation);
    }
    own
}

fn misbehave(settings: &mut Settings, misdeed: Misdeed) {
    let own = &mut settings.misbehaviour;
    match misdeed {
        Misdeed::AcceptsAnyIdentity => own.any_identity = Some(crate::keys::KEY.to_vec()),
        Misdeed::Cleartext => own.sends_plaintext = true,
        Misdeed::AcceptsCleartext => own.takes_plaintext = true,
        Misdeed::AcceptsRenegotiation => own.accepts_renegotiation = true,
        Misdeed::Renegotiates => own.renegotiates = true,
        Misdeed::SuiteNotOffered => own.picks = Some(Suite::PSK_AES_128_GCM_SHA256),
        Misdeed::WrongFinished => own.wrong_finished = true,
        Misdeed::AcceptsAnyFinished => own.ignores_finished = true,
        Misdeed::WrongSignature => own.wrong_signature = true,
        Misdeed::AcceptsAnySignature => own.ignores_signatures = true,
        Misdeed::NoCertificateVerify => own.proof = Proof::Missing,
        Misdeed::NoReplayWindow => settings.anti_replay = false,
        Misdeed::ReusesSequence => own.repeats_sequence = true,
        Misdeed::FollowsAnyAddress => own.moves_unverified = true,
        Misdeed::NoConnectionId => settings.connection_id = ConnectionId::Off,
        Misdeed::IgnoresConnectionId => {
            let length = settings.connection_id.length().unwrap_or(0);
            settings.connection_id = ConnectionId::Neglected(length);
        }
        Misdeed::BadMacIsFatal => settings.bad_mac_is_fatal = true,
        _ => {}
    }
}

fn fault(fault: &testcase::Fault) -> Option<Fault> {
    let act = match fault.does.as_str() {
        "drop" => Act::Drop,
        "duplicate" => Act::Duplicate,
        "delay" => {
            let by = fault.by.as_ref().and_then(testcase::Scalar::as_duration);
            Act::Delay(by.unwrap_or(LATE))
        }
        "reorder" => Act::Reorder,
        "fragment" => {
            let size = fault.size.and_then(|size| usize::try_from(size).ok());
            Act::Fragment(size.unwrap_or(FRAGMENT))
        }
        "corrupt" => Act::Corrupt { offset: 4, xor: 1 },
        _ => return None,
    };
    Some(Fault {
        message: subject(&fault.message)?,
        arrival: 1,
        act,
        always: false,
    })
}

fn subject(name: &str) -> Option<Subject> {
    let kind = match name {
        "client-hello" => HandshakeType::CLIENT_HELLO,
        "hello-verify-request" => HandshakeType::HELLO_VERIFY_REQUEST,
        "server-hello" => HandshakeType::SERVER_HELLO,
        "certificate" => HandshakeType::CERTIFICATE,
        "server-key-exchange" => HandshakeType::SERVER_KEY_EXCHANGE,
        "certificate-request" => HandshakeType::CERTIFICATE_REQUEST,
        "server-hello-done" => HandshakeType::SERVER_HELLO_DONE,
        "client-key-exchange" => HandshakeType::CLIENT_KEY_EXCHANGE,
        "certificate-verify" => HandshakeType::CERTIFICATE_VERIFY,
        "finished" => HandshakeType::FINISHED,
        "change-cipher-spec" => return Some(Subject::ChangeCipherSpec),
        _ => return None,
    };
    Some(Subject::Handshake(kind))
}

/// Named groups (RFC 8422, 5.1.1).
fn group(word: &str) -> Option<u16> {
    Some(match word {
        "secp192r1" => 19,
        "secp256r1" => 23,
        "secp384r1" => 24,
        "x25519" => 29,
        _ => return None,
    })
}

/// Everything that an honest end takes, the suites of LwM2M first (Transport TS, 5.2.9).
const HONEST: &[Suite] = &[
    Suite::PSK_AES_128_CCM_8,
    Suite::ECDHE_ECDSA_AES_128_CCM_8,
    Suite::PSK_AES_128_CBC_SHA256,
    Suite::ECDHE_ECDSA_AES_128_CBC_SHA256,
    Suite::PSK_AES_128_CCM,
    Suite::PSK_AES_128_GCM_SHA256,
    Suite::ECDHE_ECDSA_AES_128_CCM,
    Suite::ECDHE_ECDSA_AES_128_GCM_SHA256,
];
/// How late a message is that a case delays.
const LATE: Duration = Duration::from_millis(500);
/// Bytes of a fragment.
const FRAGMENT: usize = 64;
/// A critical option that no CSM has (RFC 8323, 5.3).
const UNKNOWN_CRITICAL: u16 = 2053;
/// A signalling code that is not registered (RFC 8323, 11.1).
const UNREGISTERED_SIGNAL: u8 = 9;
