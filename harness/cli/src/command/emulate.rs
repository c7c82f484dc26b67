//! `emulate`: a virtual client or server, driven by typed lines or by a script, that shows everything that passes.

mod drive;
mod prompt;

use std::path::Path;

use coap::ContentFormat;
use runner::mutant::{self, Defect};
use runner::talk::{self, Able, Talk, Terms};
use runner::{RunClock, Stop};
use testcase::{ControlVerb, Library, Profile, Seat, read_line};

use crate::args::{Emulate, Emulated};
use crate::cases::unreadable;
use crate::setup::{claimed_version, open_profile};
use crate::{ExitCode, Trouble, cases, output, talks};
use drive::Driver;
use prompt::Typed;

/// Emulates until the script has ended, `quit`, or Ctrl-C.
pub(crate) fn emulate(args: &Emulate) -> Result<ExitCode, Trouble> {
    let mut args = args.clone();
    let profile = profile(&mut args)?;
    let script = args.script.as_deref().map(read).transpose()?;
    let terms = terms(&args, profile.as_ref())?;
    let own = terms.own;
    if let Some(script) = &script {
        check(script, own)?;
    }
    let outcome = talks::block_on(async {
        let stop = Stop::on_signals();
        let introduction = introduction(&args, &terms);
        let body = async |talk: &Talk| {
            output::print(&introduction.replace(ADDRESS, &talk.address().to_string()));
            begin(talk, &args).await?;
            let driver = Driver::new(talk, script.is_some());
            let led = async {
                match &script {
                    Some(script) => driver.play(script).await,
                    None => driver.follow_input().await,
                }
            };
            let code = tokio::select! {
                code = led => code,
                () = stop.requested() => Ok(ExitCode::Passed),
            };
            driver.farewell().await?;
            code
        };
        talk::hold(terms, RunClock::start(), body).await
    })?;
    let (code, captured) = talks::settled(outcome)?;
    if let Some(path) = captured {
        output::print(&format!("capture: {}\n", path.display()));
    }
    Ok(code)
}

/// The profile of an emulated client; the version of the talk is the highest that it claims.
fn profile(args: &mut Emulate) -> Result<Option<Profile>, Trouble> {
    let Some(name) = &args.profile else {
        return Ok(None);
    };
    let profile = open_profile(name, &*cases::selected(&crate::args::Selected::default())?)?;
    if args.role != Emulated::Client || profile.seat() != Seat::CLIENT {
        return Err(Trouble::usage(
            "--profile describes a client, and an emulated client alone takes one",
            "testfest emulate client --profile my-client",
        ));
    }
    args.channel.lwm2m = Some(claimed_version(args.channel.lwm2m, &profile)?);
    Ok(Some(profile))
}

fn terms(args: &Emulate, profile: Option<&Profile>) -> Result<Terms, Trouble> {
    let channel = &args.channel;
    let own = match args.role {
        Emulated::Client => Seat::CLIENT,
        Emulated::Server => Seat::SERVER,
        Emulated::BootstrapServer => Seat::BOOTSTRAP_SERVER,
    };
    let mut terms = talks::terms(channel, own)?;
    if let Some(name) = &args.mutant {
        terms.defects.push(defect(name, &terms)?);
    }
    let mut peer = |seat, uri: &Option<String>| -> Result<(), Trouble> {
        if let Some(uri) = uri {
            terms.peers.insert(seat, talks::address(uri, channel)?);
        }
        Ok(())
    };
    peer(Seat::SERVER, &args.server)?;
    peer(Seat::BOOTSTRAP_SERVER, &args.bootstrap_server)?;
    if args.role != Emulated::Client {
        let foreign = [
            ("--configuration", args.configuration.is_some()),
            ("--endpoint", args.endpoint.is_some()),
            ("--lifetime", args.lifetime.is_some()),
            ("--bootstrap-server", args.bootstrap_server.is_some()),
            (
                "--server",
                args.role == Emulated::Server && args.server.is_some(),
            ),
        ];
        if let Some((flag, _)) = foreign.into_iter().find(|(_, given)| *given) {
            let message = format!("{flag} is nothing that an emulated {own} has");
            return Err(Trouble::usage(message, "leave it out"));
        }
        return Ok(terms);
    }
    let bootstraps = args.bootstrap_server.is_some();
    if args.server.is_none() && !bootstraps {
        let uri = format!("{}://127.0.0.1", talks::scheme(channel));
        terms
            .peers
            .insert(Seat::SERVER, talks::address(&uri, channel)?);
    }
    if channel.listen.is_none()
        && let Some(peer) = terms.peers.values().next()
    {
        terms.listen = talks::towards(*peer);
    }
    let default = match bootstraps {
        true => "C.13",
        false => "objects",
    };
    let named = args.configuration.as_deref().unwrap_or(default);
    if !terms.library.configurations.contains_key(named) {
        let known = terms.library.configurations.keys().map(String::as_str);
        let near = testcase::diagnostic::suggest(named, known.clone());
        let help = match near {
            Some(near) => format!("did you mean \"{near}\"?"),
            None => format!("one of {}", known.collect::<Vec<_>>().join(", ")),
        };
        let message = format!("no configuration \"{}\"", report::visible(named));
        return Err(Trouble::usage(message, help));
    }
    named.clone_into(&mut terms.configuration);
    terms.lifetime = args.lifetime;
    let told = profile.and_then(|profile| profile.ixit.get("endpoint").map(ToString::to_string));
    let endpoint = args.endpoint.clone().or(told);
    terms.endpoint = endpoint.unwrap_or_else(|| "urn:dev:testfest-client".to_owned());
    terms.able = profile.map(able);
    Ok(terms)
}

/// What is wrong with an emulator that errs as a mutant does.
fn defect(name: &str, terms: &Terms) -> Result<Defect, Trouble> {
    let (library, _) = Library::embedded();
    let own = library
        .mutants
        .iter()
        .filter(|(_, mutant)| mutant.seat == terms.own);
    let Some((_, mutant)) = own.clone().find(|(known, _)| *known == name) else {
        let names = own.map(|(known, _)| known.as_str());
        let message = format!(
            "no mutant of an emulated {} is called \"{}\"",
            terms.own,
            report::visible(name)
        );
        let help = match testcase::diagnostic::suggest(name, names) {
            Some(near) => format!("did you mean \"{near}\"?"),
            None => "they stand in fixtures/mutants".to_owned(),
        };
        return Err(Trouble::usage(message, help));
    };
    mutant::defect(mutant, &terms.types)
        .map_err(|error| Trouble::usage(error.to_string(), "this one needs a case around it"))
}

/// What a profile claims, as far as an emulated client can be held to it.
fn able(profile: &Profile) -> Able {
    let ics = &profile.ics;
    let formats = ics.content_formats.iter().copied();
    let objects = ics.objects.iter();
    Able {
        formats: formats
            .filter(|format| *format != ContentFormat::LINK_FORMAT)
            .collect(),
        operations: ics.operations.clone(),
        objects: objects
            .map(|(id, claimed)| (*id, claimed.resources.clone()))
            .collect(),
    }
}

fn introduction(args: &Emulate, terms: &Terms) -> String {
    let channel = &args.channel;
    let (own, version) = (terms.own, terms.version);
    let mut text = format!(
        "testfest {}   emulated {own} at {}://{ADDRESS}, {}\n",
        env!("CARGO_PKG_VERSION"),
        talks::scheme(channel),
        talks::described(version, channel)
    );
    if own == Seat::CLIENT {
        let whom = terms.peers.iter();
        let whom = whom.map(|(seat, address)| format!("{seat} {}", talks::uri(channel, *address)));
        text += &format!(
            "  \"{}\", configuration {}; {}\n",
            report::visible(&terms.endpoint),
            terms.configuration,
            whom.collect::<Vec<_>>().join(", ")
        );
    }
    if channel.security == "psk" {
        match &channel.psk {
            Some(psk) => {
                text += &format!("  PSK identity \"{}\"\n", report::visible(&psk.identity))
            }
            None => text += &format!("  PSK of the harness: {}\n", runner::test_psk()),
        }
    }
    text + "  `help` lists what can be typed; `quit` or Ctrl-C ends it\n"
}

/// What the emulator does of its own accord.
async fn begin(talk: &Talk, args: &Emulate) -> Result<(), Trouble> {
    match args.role {
        Emulated::Client => Ok(talk.control(ControlVerb::Start).await?),
        Emulated::Server => Ok(()),
        Emulated::BootstrapServer => provide(talk, args).await,
    }
}

/// Gives a Bootstrap-Server its sequence: the account of the server that it leads to.
async fn provide(talk: &Talk, args: &Emulate) -> Result<(), Trouble> {
    let Some(server) = &args.server else {
        output::print(
            "  without --server it writes nothing by itself: type bootstrap-write and bootstrap-finish\n",
        );
        return Ok(());
    };
    let channel = &args.channel;
    let uri = talks::uri(channel, talks::address(server, channel)?);
    // /0/x/2 and the credentials that go with it (Core TS, E.1)
    let keys = match &*channel.security {
        "psk" => "/0/10/2: 0, /0/10/3: \"${psk.identity}\", /0/10/5: \"${psk.key}\"",
        "nosec" => "/0/10/2: 3",
        other => {
            let message =
                format!("a Bootstrap-Server in security mode {other} writes nothing by itself");
            return Err(Trouble::usage(
                message,
                "leave --server out, and type what it is to write",
            ));
        }
    };
    let account = format!("/0/10/0: \"{uri}\", /0/10/1: false, {keys}, /0/10/10: 1");
    let lines = [
        format!("bootstrap-write: {{path: /0/10, node: {{{account}}}}}"),
        "bootstrap-write: {path: /1/10, node: {/1/10/0: 1, /1/10/1: 86400, /1/10/6: false, /1/10/7: U}}".to_owned(),
        "bootstrap-finish: {}".to_owned(),
    ];
    let mut sequence = Vec::new();
    for text in lines {
        let line = read_line("sequence", &text, Seat::BOOTSTRAP_SERVER)
            .map_err(|mistakes| cases::mistakes(&mistakes, |_| Some(text.clone())))?;
        let request = talk
            .order(move |stage, _| stage.play.first().request_of(&line))
            .await?;
        let (_, request) = request.map_err(|reason| Trouble::usage(reason, text))?;
        sequence.push(request.operation);
    }
    let set = move |emulator: &mut runner::station::Emulator, _| {
        if let runner::station::Emulator::BootstrapServer(server) = emulator {
            server.set_sequence(sequence);
        }
    };
    talk.with_emulator(set).await?;
    Ok(())
}

/// A script, with the name that mistakes in it are shown with.
#[derive(Debug)]
struct Script {
    file: String,
    text: String,
}

fn read(path: &Path) -> Result<Script, Trouble> {
    let text = std::fs::read_to_string(path).map_err(|error| unreadable(path, &error))?;
    Ok(Script {
        file: path.display().to_string(),
        text,
    })
}

/// Finds every mistake of a script before anything is sent.
fn check(script: &Script, own: Seat) -> Result<(), Trouble> {
    let typed = script.text.lines().enumerate();
    let wrong = typed.filter_map(|(index, text)| Typed::read(&script.file, index, text, own).err());
    let shown: Vec<String> = wrong.collect();
    match shown.len() {
        0 => Ok(()),
        count => Err(Trouble::Mistakes {
            shown: shown.join("\n"),
            count,
        }),
    }
}

/// Where the address stands in the introduction until it is known.
const ADDRESS: &str = "{address}";
