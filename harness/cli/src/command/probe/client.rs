//! Looks at a client: its registration, then what it answers.

use std::cell::RefCell;
use std::time::Duration;

use coap::Link;
use emulator::Registration;
use judge::event::Event;
use judge::referee::Level;
use lwm2m::{Operation, Path, Version};
use runner::stage::Stage;
use runner::station::Emulator;
use runner::talk::Talk;
use testcase::Seat;

use super::found::{Found, List};
use super::program::Program;
use crate::args::ProbeClient;
use crate::{Trouble, output, talks};

/// A probe of a client.
pub(super) struct ClientProbe<'a> {
    pub(super) talk: &'a Talk,
    pub(super) args: &'a ProbeClient,
    pub(super) found: RefCell<Found>,
}

/// A registration that came.
#[derive(Clone, Debug)]
struct Came {
    seat: Seat,
    registration: Registration,
    frame: u32,
}

impl<'a> ClientProbe<'a> {
    pub(super) fn new(talk: &'a Talk, args: &'a ProbeClient) -> Self {
        Self {
            talk,
            args,
            found: RefCell::default(),
        }
    }

    /// Waits for the client and looks at it; `None` if none comes.
    pub(super) async fn look(&self, program: &Program) -> Result<Option<Found>, Trouble> {
        let uri = talks::uri(&self.args.channel, self.talk.address());
        output::print(&format!("waiting for a client at {uri}\n"));
        let looked = async {
            program.start().await?;
            let Some(came) = self.talk.until(came, self.args.within).await? else {
                return Ok(None);
            };
            let seat = self.welcome(&came).await?;
            // until a client knows that it is registered, it ignores requests (Core TS, 6.3)
            tokio::time::sleep(BREATH).await;
            self.ask_for_everything(seat).await?;
            self.look_back(seat).await?;
            if program.is_ours() {
                program.stop().await;
                self.note_farewell(seat).await?;
            }
            Ok::<_, Trouble>(Some(()))
        };
        let outcome = match self.args.verbose {
            true => talks::shown(self.talk, looked).await?,
            false => looked.await,
        };
        if outcome?.is_none() {
            return Ok(None);
        }
        let breaches = self.talk.order(|stage, _| breaches(stage)).await?;
        let mut found = self.found.take();
        found.breaches = breaches;
        Ok(Some(found))
    }

    /// Takes note of what the registration tells; gives the client's seat.
    async fn welcome(&self, came: &Came) -> Result<Seat, Trouble> {
        let known = &came.registration;
        output::print(&format!(
            "\"{}\" registered: LwM2M {}, lifetime {} s, {} links\n",
            report::visible(&known.endpoint),
            report::visible(&known.version),
            known.lifetime,
            known.objects.len()
        ));
        if let Some(version) = Version::parse(&known.version) {
            self.talk
                .order(move |stage, _| stage.play.first_mut().speak(version))
                .await?;
        }
        let mut found = self.found.borrow_mut();
        let register = format!("frame {}", came.frame);
        found.endpoint.clone_from(&known.endpoint);
        found.version.clone_from(&known.version);
        found.version_note = format!("told in Register ({register}); others were not tried");
        found.lifetime = known.lifetime;
        found.claim(List::Operations, "register", register.clone());
        if !known.objects.is_empty() {
            found.claim(
                List::Formats,
                "link-format",
                format!("the object list ({register})"),
            );
        }
        if known.queue_mode
            || known
                .binding
                .as_deref()
                .is_some_and(|binding| binding.contains('Q'))
        {
            found.claim(
                List::Features,
                "queue-mode",
                format!("binding in Register ({register})"),
            );
        } else {
            found.open(List::Features, "queue-mode", "not told in this Register");
        }
        if known.profile_id.is_some() {
            found.claim(List::Features, "profile-id", register);
        }
        let prefix = known.alternate_path();
        for link in &known.objects {
            let Some(path) = path_of(link, &prefix) else {
                continue;
            };
            let Some(object) = path.object() else {
                continue;
            };
            let own = found.objects.entry(object).or_default();
            own.instances.extend(path.ids().get(1));
            if let Some(version) = attribute(link, "ver") {
                own.version = Some(version);
            }
        }
        Ok(came.seat)
    }

    /// Takes note of what the client did by itself.
    pub(super) async fn look_back(&self, seat: Seat) -> Result<(), Trouble> {
        let seen = self
            .talk
            .order(move |stage, _| own_requests(stage, seat))
            .await?;
        let mut found = self.found.borrow_mut();
        for (word, frame) in &seen {
            found.claim(List::Operations, word, format!("frame {frame}"));
        }
        if !found.has(List::Operations, "update") {
            let reason = "none was seen, but every client has it (Core TS, 6.2.2)";
            found.claim(List::Operations, "update", reason);
        }
        for (word, reason) in [
            ("deregister", "none was seen"),
            ("send", "the client sent none by itself"),
            ("bootstrap-request", "the client was not asked to bootstrap"),
        ] {
            found.open(List::Operations, word, reason);
        }
        Ok(())
    }

    /// Takes note of a De-register that a client sends when it is stopped.
    async fn note_farewell(&self, seat: Seat) -> Result<(), Trouble> {
        let gone = move |stage: &mut Stage, _| {
            let seen = own_requests(stage, seat).into_iter();
            let mut leaves = seen.filter(|(word, _)| *word == "deregister");
            leaves.next().map(|(_, frame)| frame)
        };
        let frame = self.talk.until(gone, FAREWELL).await?;
        let mut found = self.found.borrow_mut();
        match frame {
            Some(frame) => found.claim(
                List::Operations,
                "deregister",
                format!("when it was stopped (frame {frame})"),
            ),
            None => found.open(
                List::Operations,
                "deregister",
                "none came when it was stopped",
            ),
        }
        Ok(())
    }
}

/// The registration of the first client.
fn came(stage: &mut Stage, _: coap::Time) -> Option<Came> {
    let mut stations = stage.stations.iter();
    let registration = stations.find_map(|station| match &station.emulator {
        Emulator::Server(server) => server.registrations().first().cloned(),
        _ => None,
    })?;
    let seat = stage.seat_at(registration.address);
    let mut events = stage.play.first().transfer().events().iter();
    let register = events.rfind(|event| {
        event.from == seat && matches!(event.operation(), Some(Operation::Register(_)))
    });
    let frame = register.map_or(0, Event::frame);
    Some(Came {
        seat,
        registration,
        frame,
    })
}

/// The requests that the client sent, each word once, with the frame of the first.
fn own_requests(stage: &mut Stage, seat: Seat) -> Vec<(&'static str, u32)> {
    let mut seen: Vec<(&'static str, u32)> = Vec::new();
    for event in stage.play.first().transfer().events() {
        let Some(operation) = event.operation().filter(|_| event.from == seat) else {
            continue;
        };
        let word = operation.word();
        if !seen.iter().any(|(known, _)| *known == word) {
            seen.push((word, event.frame()));
        }
    }
    seen
}

/// What broke a `must` of the referee, one line each, no rule twice.
pub(super) fn breaches(stage: &mut Stage) -> Vec<String> {
    let mut rules = Vec::new();
    let mut lines = Vec::new();
    for finding in stage.play.first().findings() {
        if finding.level == Level::Must && !rules.contains(&finding.rule) {
            rules.push(finding.rule);
            lines.push(format!(
                "{} (frame {})",
                talks::told(finding),
                finding.frame
            ));
        }
    }
    lines
}

/// The Object or Object Instance of a link, below the alternate path.
pub(super) fn path_of(link: &Link, prefix: &str) -> Option<Path> {
    link.target.strip_prefix(prefix)?.parse().ok()
}

pub(super) fn attribute(link: &Link, name: &str) -> Option<String> {
    let mut own = link.attributes.iter().filter(|one| one.name == name);
    own.next().and_then(|one| one.value.clone())
}

/// What a client gets to take in that it is registered.
const BREATH: Duration = Duration::from_millis(300);
/// How long a stopped client may take to say farewell.
const FAREWELL: Duration = Duration::from_secs(2);
