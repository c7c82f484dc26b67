//! The draft of a profile: what was found is claimed, everything else is a comment.

use std::fmt::Write as _;

use coap::ContentFormat;

use super::found::{Found, FoundObject, List, Standing};
use crate::args::ProbeClient;
use crate::talks;

/// The draft of a client's profile.
pub(super) fn of_client(found: &Found, args: &ProbeClient) -> String {
    let mut text = String::new();
    let name = found.device.iter().find(|(name, _)| *name == "model");
    let name = name.map_or(found.endpoint.as_str(), |(_, model)| model.as_str());
    let name = if name.trim().is_empty() {
        "My client"
    } else {
        name
    };
    text += "# A draft by `testfest probe`: what was seen is claimed, with the frame or the answer that showed it. The rest is yours to say.\n";
    let _ = writeln!(text, "name: {}", quoted(name));
    if let Some((_, manufacturer)) = found
        .device
        .iter()
        .find(|(name, _)| *name == "manufacturer")
    {
        let _ = writeln!(text, "vendor: {}", quoted(manufacturer));
    }
    text += "role: client\n\nics:\n";
    let note = comment(&found.version_note);
    let _ = writeln!(text, "  lwm2m: [{}]  {note}", quoted(&found.version));
    probed_over(&mut text, &args.channel);
    for (key, list) in [
        ("content-formats", List::Formats),
        ("operations", List::Operations),
        ("features", List::Features),
    ] {
        words(&mut text, key, &found.words(list), &all(list));
    }
    text += "  # 0 and 21, which no client lists, can be claimed too: cases of bootstrap and security ask for their Resources\n";
    if !found.has(List::Operations, "discover") {
        text += "  # without Discover, Resources that cannot be read do not show themselves: add them\n";
    }
    text += "  objects:\n";
    for (id, object) in &found.objects {
        an_object(&mut text, *id, object);
    }
    if found.objects.is_empty() {
        text.truncate(text.len() - "  objects:\n".len());
        text += "  objects: {}\n";
    }
    ixit(&mut text, found, args);
    control(&mut text, found, args);
    text
}

pub(super) fn words(text: &mut String, key: &str, words: &[(&str, &Standing)], all: &[&str]) {
    let claimed = words
        .iter()
        .filter(|(_, standing)| matches!(standing, Standing::Claimed(_)));
    match claimed.count() {
        0 => _ = writeln!(text, "  {key}: []"),
        _ => _ = writeln!(text, "  {key}:"),
    }
    for (word, standing) in words {
        let line = match standing {
            Standing::Claimed(evidence) => {
                format!("{:<33} {}", format!("    - {word}"), comment(evidence))
            }
            Standing::Refused(evidence) => {
                format!("    {}", comment(&format!("no {word}: {evidence}")))
            }
            Standing::Open(reason) => {
                format!("    {}", comment(&format!("not known: {word}: {reason}")))
            }
        };
        *text += line.trim_end();
        text.push('\n');
    }
    let known = |word: &str| words.iter().any(|(own, _)| *own == word);
    let rest: Vec<&str> = all.iter().copied().filter(|word| !known(word)).collect();
    if !rest.is_empty() {
        let _ = writeln!(
            text,
            "    {}",
            comment(&format!("not tried: {}", rest.join(", ")))
        );
    }
}

/// Every word that a list may hold, for a client.
pub(super) fn all(list: List) -> Vec<&'static str> {
    match list {
        List::Formats => ContentFormat::NAMED.iter().map(|(_, name)| *name).collect(),
        List::Operations => lwm2m::Operation::WORDS.to_vec(),
        List::Features => testcase::FEATURES.iter().map(|(name, _)| *name).collect(),
    }
}

fn an_object(text: &mut String, id: u16, object: &FoundObject) {
    let mut parts = Vec::new();
    if let Some(version) = &object.version {
        parts.push(format!("version: {}", quoted(version)));
    }
    if !object.resources.is_empty() {
        let resources = object.resources.iter().map(ToString::to_string);
        parts.push(format!(
            "resources: [{}]",
            resources.collect::<Vec<_>>().join(", ")
        ));
    }
    let instances = object.instances.iter().map(ToString::to_string);
    let instances = instances.collect::<Vec<_>>().join(", ");
    let mut notes = object.notes.clone();
    notes.insert(
        0,
        match instances.is_empty() {
            true => "without instances".to_owned(),
            false => format!("instances {instances}"),
        },
    );
    let _ = writeln!(
        text,
        "    {id}: {{{}}}  {}",
        parts.join(", "),
        comment(&notes.join("; "))
    );
}

fn ixit(text: &mut String, found: &Found, args: &ProbeClient) {
    text.push_str("\nixit:\n");
    let named = args
        .start
        .iter()
        .any(|word| word.contains("${client.endpoint}") || word.ends_with(&found.endpoint));
    if !named {
        let _ = writeln!(text, "  endpoint: {}", quoted(&found.endpoint));
    }
    let server = found
        .short_server_id
        .map(|id| format!("short-server-id: {id}, "));
    let _ = writeln!(
        text,
        "  account: {{{}lifetime: {}}}",
        server.unwrap_or_default(),
        found.lifetime
    );
    if !found.device.is_empty() {
        let facts = found
            .device
            .iter()
            .map(|(name, value)| format!("{name}: {}", quoted(value)));
        let _ = writeln!(
            text,
            "  device: {{{}}}",
            facts.collect::<Vec<_>>().join(", ")
        );
    }
    if let Some(psk) = args
        .channel
        .psk
        .as_ref()
        .filter(|_| args.channel.security == "psk")
    {
        let key: String = psk.key.iter().map(|byte| format!("{byte:02x}")).collect();
        let _ = writeln!(
            text,
            "  psk: {{identity: {}, key: \"hex:{key}\"}}",
            quoted(&psk.identity)
        );
    }
    text.push_str("  # startup-time: 5s              from its start to its first message\n");
    text.push_str("  # latency: 1s                   widens every upper limit of time\n");
}

fn control(text: &mut String, found: &Found, args: &ProbeClient) {
    let channel = &args.channel;
    let listen = channel.listen.filter(|address| address.port() != 0);
    let listen = listen.unwrap_or_else(|| talks::default_listen(channel, testcase::Seat::SERVER));
    let mut words: Vec<String> = Vec::new();
    for word in &args.start {
        let lifetime = words
            .last()
            .is_some_and(|before| before.contains("lifetime"));
        words.push(match lifetime && *word == found.lifetime.to_string() {
            true => "${account.lifetime}".to_owned(),
            false => general(word, listen, found, channel),
        });
    }
    let follows = words.iter().any(|word| word.contains("${server."));
    if !follows {
        let _ = writeln!(
            text,
            "\nlisten: {}  # where it expects its server",
            quoted(&listen.to_string())
        );
    }
    text.push_str("\ncontrol:\n");
    if words.is_empty() {
        text.push_str(
            "  # start: [./my-client, \"${server.uri}\"]   how it is started; without it you are asked to do so\n  \
             reset: per-run                # it is started once and brought back over LwM2M; with `start`, per-case is safer\n",
        );
    } else {
        let quoted: Vec<String> = words.iter().map(|word| quoted(word)).collect();
        let _ = writeln!(text, "  start: [{}]", quoted.join(", "));
        text.push_str("  stop: {signal: term, within: 2s}\n  reset: per-case\n");
    }
    text.push_str(
        "  # trigger:                      what it cannot be made to do over LwM2M; without it you are asked to do so\n  \
         #   update: {stdin: \"update\"}\n  #   send: {stdin: \"send ${paths}\"}\n",
    );
}

/// A word of the start command with what differs from case to case as placeholders.
fn general(
    word: &str,
    listen: std::net::SocketAddr,
    found: &Found,
    channel: &crate::args::Channel,
) -> String {
    let uri = talks::uri(channel, listen);
    let (host, port) = (listen.ip().to_string(), listen.port().to_string());
    let mut word = word.replace(&uri, "${server.uri}");
    word = word.replace(&listen.to_string(), "${server.host}:${server.port}");
    for (whole, name) in [
        (&host, "${server.host}"),
        (&port, "${server.port}"),
        (&found.endpoint, "${client.endpoint}"),
    ] {
        // only as a whole word, or behind `=`
        if word == *whole {
            name.clone_into(&mut word);
        } else if let Some(start) = word
            .strip_suffix(whole.as_str())
            .filter(|start| start.ends_with('='))
        {
            word = format!("{start}{name}");
        }
    }
    word
}

/// Text in double quotes, as YAML has it.
pub(super) fn quoted(text: &str) -> String {
    let visible = report::visible(text);
    // JSON strings are YAML
    serde_json::to_string(&*visible).unwrap_or_default()
}

/// What an implementation was probed over; others were not tried.
pub(super) fn probed_over(text: &mut String, channel: &crate::args::Channel) {
    let _ = writeln!(
        text,
        "  transports: [{}]  # the one that it was probed over",
        channel.transport
    );
    let _ = writeln!(
        text,
        "  security: [{}]  # the mode that it was probed in",
        channel.security
    );
}

/// A comment of one line.
pub(super) fn comment(text: &str) -> String {
    format!("# {}", report::visible(text))
}
