//! Does what is typed, and shows what passes meanwhile.

use std::cell::RefCell;
use std::io::BufRead as _;
use std::time::Duration;

use report::visible;
use runner::stage::Stage;
use runner::station::Emulator;
use runner::talk::{self, Answer, Ended, Talk};
use testcase::{Line, Role, Seat};
use tokio::sync::mpsc;

use super::Script;
use super::prompt::{Typed, help};
use crate::{ExitCode, Trouble, output, talks};

/// Leads a talk by typed lines.
pub(super) struct Driver<'a> {
    talk: &'a Talk,
    /// Whether a script is played, which waits where a person would be told.
    patient: bool,
    /// Whom the next lines are for.
    to: RefCell<Option<Seat>>,
    answer: RefCell<Option<Answer>>,
}

/// What a typed line came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Done {
    Well,
    /// It could not be done, or an answer is not what was expected.
    Not,
    Quit,
}

impl<'a> Driver<'a> {
    pub(super) fn new(talk: &'a Talk, patient: bool) -> Self {
        Self {
            talk,
            patient,
            to: RefCell::default(),
            answer: RefCell::default(),
        }
    }

    /// Plays a script to its end, or to its first line that does not go well.
    ///
    /// That of a client begins when it is registered, if it is before long.
    pub(super) async fn play(&self, script: &Script) -> Result<ExitCode, Trouble> {
        if self.talk.own().role == Role::Client {
            let registered = self.talk.until(is_registered, REGISTERING);
            talks::shown(self.talk, registered).await??;
        }
        for (index, text) in script.text.lines().enumerate() {
            if text.trim().is_empty() {
                continue;
            }
            output::print(&format!("> {}\n", visible(text)));
            let typed = Typed::read(&script.file, index, text, self.talk.own());
            let typed = typed.map_err(|shown| Trouble::Mistakes { shown, count: 1 })?;
            match talks::shown(self.talk, self.carry_out(typed)).await?? {
                Done::Well => {}
                Done::Quit => break,
                Done::Not => {
                    output::print(&format!("{}:{} did not go well\n", script.file, index + 1));
                    return Ok(ExitCode::Failed);
                }
            }
        }
        Ok(ExitCode::Passed)
    }

    /// Does what is typed on standard input until `quit`; when that has ended, only shows what passes.
    pub(super) async fn follow_input(&self) -> Result<ExitCode, Trouble> {
        let mut lines = input();
        loop {
            let next = talks::shown(self.talk, lines.recv()).await?;
            let Some(text) = next else {
                // nobody types any more, and the peer goes on
                let forever = std::future::pending::<()>();
                talks::shown(self.talk, forever).await?;
                return Ok(ExitCode::Passed);
            };
            match Typed::read("prompt", 0, &text, self.talk.own()) {
                Err(shown) => output::print(&shown),
                Ok(typed) => {
                    if talks::shown(self.talk, self.carry_out(typed)).await?? == Done::Quit {
                        return Ok(ExitCode::Passed);
                    }
                }
            }
        }
    }

    /// Takes leave: a client de-registers.
    pub(super) async fn farewell(&self) -> Result<(), Trouble> {
        let goes = |emulator: &mut Emulator, now| match emulator {
            Emulator::Client(client) if !client.registrations().is_empty() => {
                client.shut_down(now);
                true
            }
            _ => false,
        };
        if self.talk.with_emulator(goes).await? == Some(true) {
            let gone = |stage: &mut Stage, _| {
                let transfer = stage.play.first().transfer();
                let mut events = transfer.events().iter().enumerate();
                let leave = events.rfind(|(_, event)| {
                    let operation = event.operation();
                    operation.is_some_and(|own| own.word() == "deregister")
                });
                leave.and_then(|(index, _)| transfer.answer_to(index))
            };
            let waits = self.talk.until(gone, LEAVE);
            talks::shown(self.talk, waits).await??;
        }
        Ok(())
    }

    async fn carry_out(&self, typed: Typed) -> Result<Done, Ended> {
        match typed {
            Typed::Nothing => {}
            Typed::Help => output::print(&help(self.talk.own())),
            Typed::Quit => return Ok(Done::Quit),
            Typed::Wait(time) => tokio::time::sleep(time).await,
            Typed::Clients => output::print(&self.clients().await?),
            Typed::Objects => output::print(&self.objects().await?),
            Typed::To(name) => return self.turn_to(&name).await,
            Typed::Set(line) => return self.set(line).await,
            Typed::Expect(line) => return self.expect(line).await,
            Typed::Say(line) => return self.say(line).await,
        }
        Ok(Done::Well)
    }

    async fn say(&self, mut line: Line) -> Result<Done, Ended> {
        self.answer.replace(None);
        if line.to.is_none() {
            line.to = match self.addressee().await? {
                Some(seat) => Some(seat),
                None => {
                    output::print("nobody has come yet who could be addressed\n");
                    return Ok(Done::Not);
                }
            };
        }
        let sent = match self.talk.say(line).await? {
            Ok(sent) => sent,
            Err(reason) => {
                output::print(&format!("this cannot be sent: {}\n", visible(&reason)));
                return Ok(Done::Not);
            }
        };
        if sent.has_answer() {
            let answer = self.talk.answer(&sent, ANSWER).await?;
            let is_there = answer.is_some();
            self.answer.replace(answer);
            if !is_there {
                output::print(&format!("no answer within {} s\n", ANSWER.as_secs()));
                return Ok(Done::Not);
            }
        }
        Ok(Done::Well)
    }

    async fn expect(&self, line: Line) -> Result<Done, Ended> {
        let Some(answer) = self.answer.borrow().clone() else {
            output::print("there is no answer that could be so\n");
            return Ok(Done::Not);
        };
        Ok(match self.talk.expect(line, &answer).await? {
            Ok(()) => Done::Well,
            Err(contradiction) => {
                output::print(&format!("not as expected: {}\n", visible(&contradiction)));
                Done::Not
            }
        })
    }

    async fn set(&self, line: Line) -> Result<Done, Ended> {
        let set = move |stage: &mut Stage, now| {
            let types = std::sync::Arc::clone(&stage.play.setting().types);
            let (_, request) = stage.play.first().request_of(&line)?;
            let nodes = match request.operation.nodes(&*types) {
                Some(Ok(decoded)) => decoded.nodes,
                Some(Err(error)) => return Err(error.to_string()),
                None => return Err("this is no value".to_owned()),
            };
            for node in &nodes {
                let declared = types.resource_at(&node.path).map(|own| own.value_type);
                if let Some(declared) = declared.filter(|own| *own != node.value.value_type()) {
                    return Err(format!(
                        "{} holds a value of type {}",
                        node.path,
                        declared.name()
                    ));
                }
            }
            for station in &mut stage.stations {
                if let Emulator::Client(client) = &mut station.emulator {
                    for node in &nodes {
                        client.set_value(now, node.path, node.value.clone());
                    }
                }
            }
            Ok(())
        };
        Ok(match self.talk.order(set).await? {
            Ok(()) => Done::Well,
            Err(reason) => {
                output::print(&format!("this cannot be set: {}\n", visible(&reason)));
                Done::Not
            }
        })
    }

    /// Whom a line without `to` is for; a script waits until somebody is there.
    async fn addressee(&self) -> Result<Option<Seat>, Ended> {
        let own = self.talk.own();
        if own.role == Role::Client {
            return Ok(Some(Seat::SERVER));
        }
        if let Some(seat) = *self.to.borrow() {
            return Ok(Some(seat));
        }
        let patience = match self.patient {
            true => COMING,
            false => Duration::ZERO,
        };
        let newest = |stage: &mut Stage, _| {
            let known = known(stage);
            known.last().map(|(_, seat, _)| *seat)
        };
        let there = self.talk.until(newest, Duration::ZERO).await?;
        if there.is_some() {
            return Ok(there);
        }
        let came = self.talk.until(newest, patience).await?;
        if came.is_some() {
            // until a client knows that it is registered, it ignores requests (Core TS, 6.3)
            tokio::time::sleep(BREATH).await;
        }
        Ok(came)
    }

    async fn turn_to(&self, name: &str) -> Result<Done, Ended> {
        let known = self.talk.order(|stage, _| known(stage)).await?;
        let named = known
            .iter()
            .find(|(endpoint, seat, _)| endpoint == name || seat.to_string() == name);
        match named {
            Some((_, seat, _)) => {
                self.to.replace(Some(*seat));
                Ok(Done::Well)
            }
            None => {
                let names = known.iter().map(|(endpoint, ..)| endpoint.as_str());
                let near = testcase::diagnostic::suggest(name, names);
                let near = near.map_or_else(String::new, |near| {
                    format!(": did you mean \"{}\"?", visible(near))
                });
                output::print(&format!("nobody is known as \"{}\"{near}\n", visible(name)));
                Ok(Done::Not)
            }
        }
    }

    async fn clients(&self) -> Result<String, Ended> {
        let known = self.talk.order(|stage, _| known(stage)).await?;
        let lines = known.iter().map(|(endpoint, seat, about)| {
            format!("  {seat}  \"{}\"  {}\n", visible(endpoint), visible(about))
        });
        let lines: String = lines.collect();
        Ok(match lines.is_empty() {
            true => "  nobody\n".to_owned(),
            false => lines,
        })
    }

    async fn objects(&self) -> Result<String, Ended> {
        let list = |stage: &mut Stage, _| {
            let mut lines = Vec::new();
            for station in &stage.stations {
                match &station.emulator {
                    Emulator::Server(server) => {
                        for known in server.registrations() {
                            let links = known.objects.iter().map(ToString::to_string);
                            lines.push(format!(
                                "{}: {}",
                                known.endpoint,
                                links.collect::<Vec<_>>().join(", ")
                            ));
                        }
                    }
                    other => {
                        let nodes = talk::values_of(other).into_iter();
                        lines.extend(nodes.map(|node| format!("{}  {}", node.path, node.value)));
                    }
                }
            }
            lines
        };
        let lines = self.talk.order(list).await?;
        Ok(lines
            .iter()
            .map(|line| format!("  {}\n", visible(line)))
            .collect())
    }
}

/// Who is registered, or asked for a bootstrap: name, seat, and what else is told, in the order of their coming.
fn known(stage: &mut Stage) -> Vec<(String, Seat, String)> {
    let mut known = Vec::new();
    for station in &stage.stations {
        match &station.emulator {
            Emulator::Server(server) => {
                let mut all: Vec<_> = server.registrations().iter().collect();
                all.sort_by_key(|one| one.since);
                known.extend(all.into_iter().map(|one| {
                    let about = format!(
                        "{}, LwM2M {}, lifetime {} s",
                        one.address, one.version, one.lifetime
                    );
                    (one.endpoint.clone(), stage.seat_at(one.address), about)
                }));
            }
            Emulator::BootstrapServer(server) => {
                known.extend(server.clients().map(|(endpoint, address)| {
                    (
                        endpoint.to_owned(),
                        stage.seat_at(address),
                        address.to_string(),
                    )
                }))
            }
            _ => {}
        }
    }
    known
}

/// Whether the emulated client is registered with a server.
fn is_registered(stage: &mut Stage, _: coap::Time) -> Option<()> {
    stage
        .stations
        .iter()
        .find_map(|station| match &station.emulator {
            Emulator::Client(client) => (!client.registrations().is_empty()).then_some(()),
            _ => None,
        })
}

/// The lines of standard input, as they are typed.
fn input() -> mpsc::Receiver<String> {
    let (sender, lines) = mpsc::channel(1);
    std::thread::spawn(move || {
        let mut input = std::io::stdin().lock();
        loop {
            let mut bytes = Vec::new();
            match input.read_until(b'\n', &mut bytes) {
                Ok(0) | Err(_) => return,
                Ok(_) => {}
            }
            let text = String::from_utf8_lossy(&bytes);
            if sender.blocking_send(text.trim_end().to_owned()).is_err() {
                return;
            }
        }
    });
    lines
}

/// How long an answer may take.
const ANSWER: Duration = Duration::from_secs(10);
/// How long a script waits for the first client.
const COMING: Duration = Duration::from_secs(60);
/// How long a script waits for the client's registration.
const REGISTERING: Duration = Duration::from_secs(5);
/// What a client gets to take in that it is registered.
const BREATH: Duration = Duration::from_millis(200);
/// How long a client waits for the answer to its De-register.
const LEAVE: Duration = Duration::from_secs(2);
