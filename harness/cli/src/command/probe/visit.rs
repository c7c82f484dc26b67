//! A visit to a server: an emulated client of its own comes, asks, and goes.

use std::cell::RefCell;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use coap::{Code, ContentFormat, Time};
use emulator::{Act, Client, ClientConfiguration, Direction, Misbehaviour, Seen};
use judge::event::{Event, Sort};
use lwm2m::{Node, Operation, Path, Version};
use runner::RunClock;
use runner::stage::Stage;
use runner::station::Emulator;
use runner::talk::{self, Talk};
use testcase::{ControlVerb, Seat};

use super::client::breaches;
use crate::args::ProbeServer;
use crate::{Trouble, talks};

/// Visits to one server.
pub(super) struct Visits<'a> {
    pub(super) args: &'a ProbeServer,
    pub(super) seat: Seat,
    address: SocketAddr,
    clock: RunClock,
    captures: RefCell<Vec<PathBuf>>,
    breaches: RefCell<Vec<String>>,
    count: std::cell::Cell<u32>,
}

/// What a client is in one visit.
pub(super) struct Guest {
    /// Its version.
    pub(super) version: Version,
    /// What the visit is called in comments: `1.2`, `1.2-queue-mode`.
    pub(super) label: String,
    /// How it differs from what `emulate client` would be.
    pub(super) furnish: Box<dyn FnOnce(&mut ClientConfiguration)>,
}

/// An answer to one of its requests.
#[derive(Clone, Copy, Debug)]
pub(super) struct Answered {
    pub(super) code: Code,
    pub(super) frame: u32,
    /// In how many blocks the request went.
    pub(super) blocks: u32,
}

/// A request that the server sent.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub(super) word: &'static str,
    pub(super) frame: u32,
    pub(super) path: Option<Path>,
    pub(super) accept: Option<ContentFormat>,
    pub(super) format: Option<ContentFormat>,
    /// Its values, as far as they can be read.
    pub(super) nodes: Vec<Node>,
    /// How it was answered.
    pub(super) answer: Option<Code>,
}

/// What became of notifications.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Notified {
    /// The first one.
    pub(super) first: Option<u32>,
    /// A Reset of one.
    pub(super) reset: Option<u32>,
}

impl Guest {
    /// A client as `emulate client` would be.
    pub(super) fn plain(version: Version) -> Self {
        Self {
            version,
            label: version.to_string(),
            furnish: Box::new(|_| {}),
        }
    }

    /// One that differs.
    pub(super) fn other(
        version: Version,
        how: &str,
        furnish: impl FnOnce(&mut ClientConfiguration) + 'static,
    ) -> Self {
        Self {
            version,
            label: format!("{version}-{how}"),
            furnish: Box::new(furnish),
        }
    }
}

impl<'a> Visits<'a> {
    pub(super) fn new(
        args: &'a ProbeServer,
        seat: Seat,
        address: SocketAddr,
        clock: RunClock,
    ) -> Self {
        Self {
            args,
            seat,
            address,
            clock,
            captures: RefCell::default(),
            breaches: RefCell::default(),
            count: std::cell::Cell::new(0),
        }
    }

    /// The versions to be tried, the highest first. CoAP over TCP came with 1.1 (Transport TS 1.1, 6.2).
    pub(super) fn versions(&self) -> Vec<Version> {
        let channel = &self.args.channel;
        let all = match channel.lwm2m {
            Some(version) => vec![version],
            None => vec![Version::V1_2, Version::V1_1, Version::V1_0],
        };
        let fits = |version: &Version| channel.transport == "udp" || *version > Version::V1_0;
        all.into_iter().filter(fits).collect()
    }

    /// Lets a client come, and `body` lead it.
    pub(super) async fn pay<T>(
        &self,
        guest: Guest,
        body: impl AsyncFnOnce(&Talk) -> Result<T, Trouble>,
    ) -> Result<T, Trouble> {
        let args = self.args;
        let mut channel = args.channel.clone();
        channel.lwm2m = Some(guest.version);
        let mut terms = talks::terms(&channel, Seat::CLIENT)?;
        if channel.listen.is_none() {
            terms.listen = talks::towards(self.address);
        }
        terms.peers.insert(self.seat, self.address);
        self.count.set(self.count.get() + 1);
        let new = || {
            let (process, count) = (std::process::id(), self.count.get());
            format!("urn:dev:testfest-probe-{process}-{count}")
        };
        terms.endpoint = args.endpoint.clone().unwrap_or_else(new);
        terms.configuration = match self.seat {
            Seat::BOOTSTRAP_SERVER => "C.13",
            _ => "objects",
        }
        .to_owned();
        terms.capture = channel.capture.as_ref().map(|path| {
            let stem = path.file_stem().unwrap_or_default().to_string_lossy();
            path.with_file_name(format!("{stem}-{}.pcapng", guest.label))
        });
        let label = guest.label.clone();
        let led = async |talk: &Talk| {
            let furnish = guest.furnish;
            let prepare = move |emulator: &mut Emulator, _: Time| {
                if let Emulator::Client(client) = emulator {
                    let mut configuration = client.configuration().clone();
                    furnish(&mut configuration);
                    **client = Client::new(configuration);
                }
            };
            talk.with_emulator(prepare).await?;
            if self.seat == Seat::BOOTSTRAP_SERVER {
                talk.with_emulator(|emulator, _| emulator.endpoint().misbehave(homebody()))
                    .await?;
            }
            talk.control(ControlVerb::Start).await?;
            let outcome = match args.verbose {
                true => talks::shown(talk, body(talk)).await?,
                false => body(talk).await,
            };
            let broken = talk.order(|stage, _| breaches(stage)).await?;
            let mut breaches = self.breaches.borrow_mut();
            for breach in broken {
                breaches.push(format!("{breach} [{label}]"));
            }
            outcome
        };
        let held = talk::hold(terms, self.clock.clone(), led).await;
        let (outcome, captured) = talks::settled(held)?;
        let mut captures = self.captures.borrow_mut();
        if let Some(path) = captured.filter(|path| !captures.contains(path)) {
            captures.push(path);
        }
        Ok(outcome)
    }

    /// Where the captures are.
    pub(super) fn captures(&self) -> Vec<PathBuf> {
        self.captures.borrow().clone()
    }

    /// What broke a rule, each in the words of its first time.
    pub(super) fn breaches(&self) -> Vec<String> {
        let mut known: Vec<String> = Vec::new();
        let mut told = Vec::new();
        for breach in self.breaches.borrow().iter() {
            let rule = breach.split(" (").next().unwrap_or(breach).to_owned();
            if !known.contains(&rule) {
                known.push(rule);
                told.push(breach.clone());
            }
        }
        told
    }
}

/// A client that is led to a server by its bootstrap does not go there: that one is nobody's to probe.
fn homebody() -> Misbehaviour {
    let registers = |seen: &Seen<'_>| {
        seen.direction == Direction::Outgoing
            && matches!(seen.operation, Some(Operation::Register(_)))
    };
    Misbehaviour::new(registers, Act::Drop)
}

/// The answer to the client's first request of this word.
pub(super) async fn answer(
    talk: &Talk,
    word: &'static str,
    within: Duration,
) -> Result<Option<Answered>, Trouble> {
    let look = move |stage: &mut Stage, _| {
        let transfer = stage.play.first().transfer();
        let asks = |event: &Event| {
            event.from == Seat::CLIENT && event.operation().map(Operation::word) == Some(word)
        };
        let index = transfer.events().iter().position(asks)?;
        let blocks = transfer.event(index)?.blocks.map_or(1, |cut| cut.count);
        let answer = transfer.event(transfer.answer_to(index)?)?;
        Some(Answered {
            code: answer.message.as_ref()?.code,
            frame: answer.frame(),
            blocks,
        })
    };
    Ok(talk.until(look, within).await?)
}

/// What the server has asked so far, and what became of notifications.
pub(super) async fn asked(talk: &Talk, seat: Seat) -> Result<(Vec<Asked>, Notified), Trouble> {
    let look = move |stage: &mut Stage, _| {
        let play = stage.play.first();
        let transfer = play.transfer();
        let (mut asked, mut notified) = (Vec::new(), Notified::default());
        for (index, event) in transfer.events().iter().enumerate() {
            match &event.sort {
                Sort::Notification(_) if event.from == Seat::CLIENT => {
                    notified.first.get_or_insert(event.frame());
                }
                Sort::Reset(Some(of)) if event.from == seat => {
                    let of = transfer.event(*of).map(|event| &event.sort);
                    if matches!(of, Some(Sort::Notification(_))) {
                        notified.reset.get_or_insert(event.frame());
                    }
                }
                _ => {}
            }
            let Some(operation) = event.operation().filter(|_| event.from == seat) else {
                continue;
            };
            let message = event.message.as_ref();
            let answer = transfer.answer_to(index);
            let answer = answer.and_then(|index| transfer.event(index));
            asked.push(Asked {
                word: operation.word(),
                frame: event.frame(),
                path: operation.path(),
                accept: message.and_then(coap::Message::accept),
                format: message.and_then(coap::Message::content_format),
                nodes: play.nodes_of(event).unwrap_or_default(),
                answer: answer.and_then(|event| Some(event.message.as_ref()?.code)),
            });
        }
        (asked, notified)
    };
    Ok(talk.order(look).await?)
}
