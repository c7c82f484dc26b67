//! Probes of emulated servers and Bootstrap-Servers: the draft claims what the emulator does, and nothing else.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use testcase::Profile;

use crate::emulate::Emulated;
use crate::program::{Ended, Folder, run};

/// Probes `role` at `uri` with these words; gives the draft's path.
fn probe(folder: &Folder, role: &str, uri: &str, more: &[&str]) -> (Ended, PathBuf) {
    let out = folder.path().join("draft.yaml");
    let draft = out.to_str().unwrap();
    let words = ["probe", role, "--force", "--uri", uri, "--out", draft];
    (run(&[&words, more].concat()), out)
}

/// The claims of a draft, which `testfest check` accepts.
fn claims(ended: &Ended, out: &Path) -> Claims {
    assert_eq!(ended.code, Some(0), "{}{}", ended.out, ended.err);
    let checked = run(&["check", out.to_str().unwrap()]);
    assert_eq!(checked.code, Some(0), "{}{}", checked.out, checked.err);
    let (profile, mistakes) = Profile::open(out).unwrap();
    assert!(mistakes.is_empty(), "{mistakes:#?}");
    let ics = profile.unwrap().ics;
    Claims {
        versions: ics.lwm2m.iter().map(ToString::to_string).collect(),
        formats: ics
            .content_formats
            .iter()
            .map(ToString::to_string)
            .collect(),
        operations: ics.operations.into_iter().collect(),
        features: ics.features.into_iter().collect(),
    }
}

#[derive(Debug, PartialEq, Eq)]
struct Claims {
    versions: BTreeSet<String>,
    formats: BTreeSet<String>,
    operations: BTreeSet<String>,
    features: BTreeSet<String>,
}

/// Claims from words behind each other.
fn wanted(versions: &str, formats: &str, operations: &str, features: &str) -> Claims {
    let set = |text: &str| text.split_whitespace().map(str::to_owned).collect();
    Claims {
        versions: set(versions),
        formats: set(formats),
        operations: set(operations),
        features: set(features),
    }
}

#[test]
fn a_draft_claims_what_the_server_takes() {
    let registering = "register update deregister";
    let sending = "register update deregister send";
    for (name, emulated, more, claimed, comments) in [
        (
            "everything",
            &[][..],
            &[][..],
            wanted(
                "1.0 1.1 1.2",
                "link-format senml-json senml-cbor lwm2m-cbor",
                sending,
                "block-wise",
            ),
            &[
                "# not known: queue-mode: it takes the Register",
                "read, discover, write",
            ][..],
        ),
        (
            "1.1",
            &["--lwm2m", "1.1"],
            &[],
            wanted(
                "1.0 1.1",
                "link-format senml-json senml-cbor",
                sending,
                "block-wise",
            ),
            &["1.2: 4.12 Precondition Failed (frame 2)", "lwm2m-cbor"],
        ),
        (
            "1.0",
            &["--lwm2m", "1.0"],
            &[],
            wanted("1.0", "link-format", registering, "block-wise"),
            &["# not known: send: 1.0 has none", "1.1: 4.12"],
        ),
        (
            "one version is asked for",
            &[],
            &["--lwm2m", "1.1"],
            wanted(
                "1.1",
                "link-format senml-json senml-cbor",
                sending,
                "block-wise",
            ),
            &[],
        ),
        (
            "Queue Mode is refused",
            &["--mutant", "server-refuses-queue-mode"],
            &[],
            wanted(
                "1.0 1.1 1.2",
                "link-format senml-json senml-cbor lwm2m-cbor",
                sending,
                "block-wise",
            ),
            &["# no queue-mode: 4."],
        ),
        (
            "an Update without parameters is refused",
            &["--mutant", "server-refuses-plain-updates"],
            &[],
            wanted(
                "1.0 1.1 1.2",
                "link-format senml-json senml-cbor lwm2m-cbor",
                sending,
                "block-wise",
            ),
            &["# Update with nothing: 4.00 Bad Request (frame 4) [1.2]"],
        ),
        (
            "Updates are refused",
            &["--mutant", "server-refuses-updates"],
            &[],
            wanted(
                "1.0 1.1 1.2",
                "link-format senml-json senml-cbor lwm2m-cbor",
                "register deregister send",
                "block-wise",
            ),
            &["# no update: 4."],
        ),
        (
            "De-registers are refused",
            &["--mutant", "server-refuses-farewells"],
            &[],
            wanted(
                "1.0 1.1 1.2",
                "link-format senml-json senml-cbor lwm2m-cbor",
                "register update send",
                "block-wise",
            ),
            &["# no deregister: 4."],
        ),
        (
            "PSK",
            &["--security", "psk"],
            &["--security", "psk"],
            wanted(
                "1.0 1.1 1.2",
                "link-format senml-json senml-cbor lwm2m-cbor",
                sending,
                "block-wise",
            ),
            &["uri-coaps: \"coaps://127.0.0.1:"],
        ),
        (
            "TCP",
            &["--transport", "tcp"],
            &["--transport", "tcp"],
            wanted(
                "1.1 1.2",
                "link-format senml-json senml-cbor lwm2m-cbor",
                sending,
                "",
            ),
            &["uri-coap+tcp: \"coap+tcp://127.0.0.1:", "needs no blocks"],
        ),
    ] {
        let folder = Folder::new("probe-server");
        let server = Emulated::server(emulated);
        let more = [&["--watch", "100ms"], more].concat();
        let (ended, out) = probe(&folder, "server", &server.uri(), &more);
        assert_eq!(claims(&ended, &out), claimed, "{name}: {}", ended.out);
        let draft = std::fs::read_to_string(&out).unwrap();
        for comment in comments {
            assert!(draft.contains(comment), "{name}: {comment}\n{draft}");
        }
    }
}

#[test]
fn a_draft_claims_what_the_server_does_by_itself() {
    let folder = Folder::new("probe-server-asks");
    let mut server = Emulated::server(&[]);
    let uri = server.uri();
    let (ended, out) = std::thread::scope(|scope| {
        let probing = scope.spawn(|| probe(&folder, "server", &uri, &["--watch", "4s"]));
        server.until("2.01 Created");
        // until a client knows that it is registered, it ignores requests (Core TS, 6.3)
        std::thread::sleep(std::time::Duration::from_millis(300));
        for line in [
            "read: {path: /3/0, accept: tlv}",
            "discover: {path: /3}",
            "write-attributes: {path: /3/0/9, pmin: 1, pmax: 1}",
            "{observe: {path: /3/0/9, accept: text}, as: battery}",
            "write: {path: /3/0/14, value: \"+02:00\", content-format: text}",
            "execute: {path: /1/0/8}",
            "wait 1200ms",
            "{cancel-observation: {of: battery}}",
        ] {
            server.type_line(line);
        }
        probing.join().unwrap()
    });
    let claimed = wanted(
        "1.0 1.1 1.2",
        "link-format senml-json senml-cbor lwm2m-cbor tlv text",
        "register update deregister send read discover write-attributes observe notify write execute cancel-observation",
        "block-wise cancel-by-observe-1",
    );
    let draft = std::fs::read_to_string(&out).unwrap();
    assert_eq!(claims(&ended, &out), claimed, "{draft}");
}

#[test]
fn a_draft_of_a_server_can_be_run_at_once() {
    let folder = Folder::new("probe-server-run");
    let server = Emulated::server(&[]);
    let (ended, out) = probe(&folder, "server", &server.uri(), &["--watch", "100ms"]);
    assert_eq!(ended.code, Some(0), "{}{}", ended.out, ended.err);
    let (draft, sessions) = (out.to_str().unwrap(), folder.path().join("sessions"));
    let words = ["run", "--profile", draft, "--quick", "--out"];
    let cases = [
        "int-306",
        "int-105",
        "con-update-broken",
        "con-send-refused",
    ];
    let ended = run(&[&words, &[sessions.to_str().unwrap()][..], &cases].concat());
    assert_eq!(ended.code, Some(0), "{}{}", ended.out, ended.err);
    assert!(ended.out.contains("4 run: 4 pass"), "{}", ended.out);
}

#[test]
fn a_server_that_is_started_may_take_its_time() {
    let folder = Folder::new("probe-server-start");
    let port = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = port.local_addr().unwrap().to_string();
    drop(port);
    let start = format!(
        "sleep 1; sleep 60 | exec '{}' emulate server --listen {address}",
        env!("CARGO_BIN_EXE_testfest")
    );
    let more = ["--watch", "100ms", "--", "sh", "-c", &start];
    let (ended, out) = probe(&folder, "server", &format!("coap://{address}"), &more);
    let claims = claims(&ended, &out);
    assert_eq!(claims.versions.len(), 3, "{claims:?}");
    let draft = std::fs::read_to_string(&out).unwrap();
    assert!(draft.contains("start: [\"sh\", \"-c\", "), "{draft}");
    // it was ended with the probe
    let again = ["--watch", "100ms", "--within", "500ms"];
    let (ended, _) = probe(&folder, "server", &format!("coap://{address}"), &again);
    assert_eq!(ended.code, Some(5), "{}", ended.out);
}

#[test]
fn a_draft_claims_what_the_bootstrap_server_does() {
    let leading = "bootstrap-request bootstrap-write bootstrap-finish";
    for (name, emulated, more, claimed, comments) in [
        (
            "NoSec",
            &["--server", "coap://127.0.0.1:5999"][..],
            &[][..],
            wanted("1.0 1.1", "tlv", leading, "client-initiated-bootstrap"),
            &[
                "# it wrote /0, /1 [1.2]",
                "1.2: 2.04 Changed (frame 2), and led to Bootstrap-Finish, but a request tells no version",
                "# not known: senml-cbor: preferred, and written was in tlv",
                "# no bootstrap-pack-request: 5.01",
            ][..],
        ),
        (
            "one version alone",
            &["--server", "coap://127.0.0.1:5999"],
            &["--lwm2m", "1.2"],
            wanted("1.2", "tlv", leading, "client-initiated-bootstrap"),
            &[],
        ),
        (
            "PSK",
            &["--server", "coaps://127.0.0.1:5999", "--security", "psk"],
            &["--security", "psk"],
            wanted("1.0 1.1", "tlv", leading, "client-initiated-bootstrap"),
            &["uri-coaps: "],
        ),
    ] {
        let folder = Folder::new("probe-bootstrap");
        let words = ["bootstrap-server", "--listen", "127.0.0.1"];
        let server = Emulated::start(&[&words, emulated].concat());
        let more = [&["--watch", "500ms"], more].concat();
        let (ended, out) = probe(&folder, "bootstrap-server", &server.uri(), &more);
        assert_eq!(claims(&ended, &out), claimed, "{name}: {}", ended.out);
        let draft = std::fs::read_to_string(&out).unwrap();
        for comment in comments {
            assert!(draft.contains(comment), "{name}: {comment}\n{draft}");
        }
    }
}

#[test]
fn a_draft_claims_what_the_bootstrap_server_asks() {
    let folder = Folder::new("probe-bootstrap-asks");
    let mut server = Emulated::start(&["bootstrap-server", "--listen", "127.0.0.1"]);
    let uri = server.uri();
    let words = ["--lwm2m", "1.1", "--watch", "2s"];
    let (ended, out) = std::thread::scope(|scope| {
        let probing = scope.spawn(|| probe(&folder, "bootstrap-server", &uri, &words));
        server.until("2.04 Changed");
        for line in [
            "bootstrap-discover: {path: /}",
            "bootstrap-delete: {path: /1}",
            "bootstrap-write: {path: /0/10, node: {/0/10/0: \"coap://127.0.0.1:5999\", /0/10/1: false, /0/10/2: 3, /0/10/10: 1}, content-format: senml-json}",
            "bootstrap-write: {path: /0/11, node: {/0/11/0: \"coap://127.0.0.1:5998\", /0/11/1: false, /0/11/2: 3, /0/11/10: 2}, content-format: tlv}",
            "bootstrap-write: {path: /1/10, node: {/1/10/0: 1, /1/10/1: 86400, /1/10/6: false, /1/10/7: U}, content-format: tlv}",
            "bootstrap-write: {path: /1/11, node: {/1/11/0: 2, /1/11/1: 86400, /1/11/6: false, /1/11/7: U}, content-format: tlv}",
            "bootstrap-read: {path: /1, accept: senml-cbor}",
            "bootstrap-finish: {}",
        ] {
            server.type_line(line);
        }
        probing.join().unwrap()
    });
    let claimed = wanted(
        "1.1",
        "link-format tlv senml-json senml-cbor",
        "bootstrap-request bootstrap-discover bootstrap-delete bootstrap-write bootstrap-read bootstrap-finish",
        "client-initiated-bootstrap multi-server",
    );
    let draft = std::fs::read_to_string(&out).unwrap_or_default();
    assert_eq!(claims(&ended, &out), claimed, "{draft}");
}

#[test]
fn what_breaks_a_rule_is_said_and_who_lets_nobody_in_has_no_draft() {
    let folder = Folder::new("probe-server-mutant");
    let server = Emulated::server(&["--mutant", "server-answers-sends-with-created"]);
    let (ended, out) = probe(&folder, "server", &server.uri(), &["--watch", "100ms"]);
    assert_eq!(ended.code, Some(0), "{}{}", ended.out, ended.err);
    let said = "what broke a rule on the way:\n  the server answers send with 2.01 Created, where 2.04 Changed belongs";
    assert!(ended.out.contains(said), "{}", ended.out);
    std::fs::remove_file(&out).unwrap();

    let words = ["bootstrap-server", "--listen", "127.0.0.1"];
    let mutant = ["--mutant", "bootstrap-server-refuses-everybody"];
    let server = Emulated::start(&[words.as_slice(), &mutant].concat());
    let (ended, out) = probe(&folder, "bootstrap-server", &server.uri(), &[]);
    assert_eq!(ended.code, Some(5), "{}{}", ended.out, ended.err);
    for text in [
        "led no client to Bootstrap-Finish",
        "LwM2M 1.0: 4.",
        "--endpoint NAME",
    ] {
        assert!(ended.err.contains(text), "{text}: {}", ended.err);
    }
    assert!(!out.exists());

    let silent = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let uri = format!("coap://{}", silent.local_addr().unwrap());
    for role in ["server", "bootstrap-server"] {
        let (ended, out) = probe(&folder, role, &uri, &["--within", "300ms"]);
        assert_eq!(ended.code, Some(5), "{}{}", ended.out, ended.err);
        assert!(ended.err.contains("no answer to"), "{}", ended.err);
        assert!(!out.exists());
    }
    // a URI of another scheme
    let (ended, _) = probe(&folder, "server", "coaps://127.0.0.1:5684", &[]);
    assert_eq!(ended.code, Some(2), "{}", ended.err);
    assert!(ended.err.contains("has the scheme coaps"), "{}", ended.err);
}
