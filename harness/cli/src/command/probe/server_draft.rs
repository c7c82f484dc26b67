//! The draft of a server's or Bootstrap-Server's profile.

use std::fmt::Write as _;
use std::net::SocketAddr;

use testcase::Seat;

use super::draft::{all, comment, probed_over, quoted, words};
use super::found::{Found, List, Standing};
use crate::args::ProbeServer;
use crate::talks;

/// The draft: what was found is claimed, everything else is a comment.
pub(super) fn of_server(
    found: &Found,
    args: &ProbeServer,
    seat: Seat,
    address: SocketAddr,
) -> String {
    let (channel, bootstraps) = (&args.channel, seat == Seat::BOOTSTRAP_SERVER);
    let mut text = String::from(
        "# A draft by `testfest probe`: what was seen is claimed, with the frame or the answer that showed it. The rest is yours to say.\n\
         # [1.2-long-list] names the visit in which it was seen; --capture FILE keeps each in a file of its own.\n",
    );
    let who = match bootstraps {
        true => "Bootstrap-Server",
        false => "Server",
    };
    let _ = writeln!(text, "name: {}", quoted(&format!("{who} at {address}")));
    let _ = writeln!(text, "role: {seat}\n\nics:");
    versions(&mut text, found);
    probed_over(&mut text, channel);
    for remark in &found.remarks {
        let _ = writeln!(text, "  {}", comment(remark));
    }
    for (key, list) in [
        ("content-formats", List::Formats),
        ("operations", List::Operations),
        ("features", List::Features),
    ] {
        if list == List::Operations && !bootstraps {
            text += "  # what a server sends when it is told is not to be seen from outside: claim it, and fill in its trigger below\n";
        }
        let known = all(list).into_iter();
        let own: Vec<&str> = known.filter(|word| concerns(list, word, seat)).collect();
        words(&mut text, key, &found.words(list), &own);
    }
    text += "  objects: {}  # a case that needs an Object asks the client for it\n";
    ixit(&mut text, args, address);
    control(&mut text, args, bootstraps);
    text
}

fn versions(text: &mut String, found: &Found) {
    let mut accepted: Vec<String> = Vec::new();
    let mut notes = Vec::new();
    for (version, standing) in &found.versions {
        let note = match standing {
            Standing::Claimed(evidence) => {
                accepted.insert(0, quoted(version.as_str()));
                evidence.clone()
            }
            Standing::Refused(evidence) | Standing::Open(evidence) => evidence.clone(),
        };
        notes.push(format!("{version}: {note}"));
    }
    let _ = writeln!(
        text,
        "  lwm2m: [{}]  {}",
        accepted.join(", "),
        comment(&notes.join("; "))
    );
}

/// Whether a word can be claimed of this seat at all.
fn concerns(list: List, word: &str, seat: Seat) -> bool {
    let bootstraps = seat == Seat::BOOTSTRAP_SERVER;
    match list {
        List::Formats => true,
        List::Operations => word.starts_with("bootstrap-") == bootstraps,
        List::Features => {
            word.contains("bootstrap") == bootstraps
                || [
                    "multi-server",
                    "block-wise",
                    "connection-id",
                    "session-resumption",
                ]
                .contains(&word)
        }
    }
}

fn ixit(text: &mut String, args: &ProbeServer, address: SocketAddr) {
    let channel = &args.channel;
    let key = match talks::scheme(channel) {
        "coap" => "uri".to_owned(),
        scheme => format!("uri-{scheme}"),
    };
    let uri = quoted(&talks::uri(channel, address));
    let _ = writeln!(text, "\nixit:\n  {key}: {uri}");
    if let Some(endpoint) = &args.endpoint {
        let _ = writeln!(text, "  endpoint: {}", quoted(endpoint));
    }
    if let Some(psk) = channel.psk.as_ref().filter(|_| channel.security == "psk") {
        let key: String = psk.key.iter().map(|byte| format!("{byte:02x}")).collect();
        let _ = writeln!(
            text,
            "  psk: {{identity: {}, key: \"hex:{key}\"}}",
            quoted(&psk.identity)
        );
    }
    if !args.start.is_empty() {
        text.push_str("  startup-time: 10s               # from its start until it listens\n");
    }
    text.push_str("  # latency: 1s                   widens every upper limit of time\n");
}

fn control(text: &mut String, args: &ProbeServer, bootstraps: bool) {
    text.push_str("\ncontrol:\n");
    if args.start.is_empty() {
        text.push_str(
            "  start: {exec: [\"true\"]}         # it runs already; a list is a program to be started: [./my-server, --port, \"5683\"]\n  \
             stop: {exec: [\"true\"]}\n",
        );
    } else {
        let words: Vec<String> = args.start.iter().map(|word| quoted(word)).collect();
        let _ = writeln!(text, "  start: [{}]", words.join(", "));
        text.push_str(
            "  # ready: \"^listening\"           the line of its output that says so; without it each start takes startup-time\n  \
             stop: {signal: term, within: 3s}\n",
        );
    }
    text.push_str("  reset: per-run                  # each case has a client of its own\n");
    text.push_str(match bootstraps {
        true => PROVISION,
        false => TRIGGERS,
    });
}

/// What only the vendor knows, to be filled in.
const TRIGGERS: &str = r#"  # how it is told to send; fill in what it has, and claim the operation above. Without it you are asked to do so
  # trigger:
  #   read: {http: {url: "http://127.0.0.1:8080/clients/${client.endpoint}${path}?format=${accept}"}}
  #   write: {http: {method: PUT, url: "http://127.0.0.1:8080/clients/${client.endpoint}${path}?format=${content-format}", body: "${payload.base64}"}}
  #   execute: {http: {method: POST, url: "http://127.0.0.1:8080/clients/${client.endpoint}${path}", body: "${arguments}"}}
  #   discover: ..   write-attributes: (${query}) ..   create: ..   delete: ..   observe: ..   cancel-observation: ..
  #   read-composite: (${paths}) ..   write-composite: ..   observe-composite: ..
  #   account: ..                   lets the case's client in: ${client.security} ${psk.identity} ${psk.key}
  # how to see what it knows of a client; `take` names JSON pointers
  # show:
  #   registration:
  #     http: {url: "http://127.0.0.1:8080/clients/${client.endpoint}"}
  #     take: {endpoint: /endpoint, lifetime: /lifetime, version: /version, binding: /binding, objects: "/objectLinks/*/url"}
  #   registrations: {http: {url: "http://127.0.0.1:8080/clients"}, take: {endpoint: "/*/endpoint", lifetime: "/*/lifetime"}}
  #   values: {http: {url: "http://127.0.0.1:8080/values/${client.endpoint}"}}
"#;

/// The same of a Bootstrap-Server.
const PROVISION: &str = r#"  # how it is told what a client is to get; without it you are asked to do so
  # trigger:
  #   provision: {http: {method: PUT, url: "http://127.0.0.1:8080/bootstrap/${client.endpoint}", content-type: text/plain, body: "${sequence}"}}
  #   account: ..                   lets the case's client in: ${client.bootstrap-security} ${psk.identity} ${psk.key}
"#;
