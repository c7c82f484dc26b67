//! A case written in a few lines, played against a script of datagrams by hand.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use coap::{ContentFormat, Time};
use lwm2m::{Registry, Value, Version};
use record::Verdict;
use testcase::{Facts, File, Library, Seat};

use crate::actual::Actual;
use crate::command::{Command, Outcome};
use crate::script::{Sent, script, socket};
use crate::watch::Watch;
use crate::{Captured, Holder, Passed, Play, Retrospect, Setting};

/// A case, who is tested, and what happens.
pub(super) struct Trial {
    pub(super) judged: Seat,
    pub(super) dialogue: String,
    /// Datagrams.
    pub(super) script: String,
    /// What becomes of commands by their kind (`control`, `trigger`, `show`, `ask`): after so many milliseconds.
    pub(super) outcomes: Vec<(&'static str, u64, Outcome)>,
    pub(super) told: Vec<(&'static str, Actual)>,
    pub(super) version: Version,
    /// Values of the configuration, which a client that registers is asked for; none: it need not register.
    pub(super) configuration: Vec<(&'static str, Value)>,
    /// What the case insists on, as YAML.
    pub(super) with: &'static str,
    /// Whether the client only registers within the case.
    pub(super) stopped: bool,
    /// Whether client and server are both implementations.
    pub(super) pair: bool,
    /// Why messages pass that cannot be read.
    pub(super) unread: Option<&'static str>,
}

/// What came of it.
pub(super) struct Played {
    pub(super) play: Play,
    /// When it was over.
    pub(super) ended: Duration,
    /// When our own side was told to send something.
    pub(super) performed: Vec<Duration>,
}

impl Trial {
    /// A client under test.
    pub(super) fn of_client(dialogue: &str, script: &str) -> Self {
        Self {
            judged: Seat::CLIENT,
            dialogue: dialogue.to_owned(),
            script: script.to_owned(),
            outcomes: Vec::new(),
            told: Vec::new(),
            version: Version::V1_1,
            configuration: Vec::new(),
            with: "",
            stopped: false,
            pair: false,
            unread: None,
        }
    }

    /// A server under test.
    pub(super) fn of_server(dialogue: &str, script: &str) -> Self {
        Self {
            judged: Seat::SERVER,
            ..Self::of_client(dialogue, script)
        }
    }

    pub(super) fn outcome(mut self, kind: &'static str, after: u64, outcome: Outcome) -> Self {
        self.outcomes.push((kind, after, outcome));
        self
    }

    pub(super) fn told(mut self, name: &'static str, value: Actual) -> Self {
        self.told.push((name, value));
        self
    }

    /// The play before anything has happened.
    pub(super) fn begin(&self) -> Play {
        Play::new(self.setting())
    }

    fn setting(&self) -> Setting {
        let (library, diagnostics) = Library::load(self.files());
        let case = library.cases.get("con-trial").cloned();
        let case = case.unwrap_or_else(|| panic!("{}: {diagnostics:#?}", self.dialogue));
        let states = library.chain(self.given()).unwrap();
        let told = self.told.iter();
        let mut holders = BTreeMap::from([(self.judged, Holder::Implementation)]);
        if self.pair {
            holders.extend([Seat::CLIENT, Seat::SERVER].map(|seat| (seat, Holder::Implementation)));
        }
        Setting {
            states: states.into_iter().cloned().map(Arc::new).collect(),
            case: Arc::new(case),
            judged: self.judged,
            holders,
            version: self.version,
            types: Arc::new(Registry::builtin(self.version)),
            told: told
                .map(|(name, value)| ((*name).to_owned(), value.clone()))
                .collect(),
            facts: Arc::new(Plain(self.version, self.judged)),
            formats: vec![ContentFormat::TEXT, ContentFormat::TLV],
            configuration: self
                .configuration
                .iter()
                .map(|(path, value)| (path.parse().unwrap(), value.clone()))
                .collect(),
            may_differ: Vec::new(),
            latency: Duration::from_secs(1),
            delay: Duration::ZERO,
            answer_time: Duration::from_secs(10),
            as_printed: false,
            standing: None,
            hindsight: false,
            relay: None,
        }
    }

    /// Judges the script as a capture that lasts so many milliseconds.
    pub(super) fn in_hindsight(self, lasts: u64) -> Played {
        let mut setting = self.setting();
        setting.hindsight = true;
        let retrospect = Retrospect {
            play: Play::new(setting),
            watch: Watch::default(),
            seats: [Seat::CLIENT, Seat::SERVER]
                .map(|seat| (socket(seat), seat))
                .into(),
            stranger: Seat::CLIENT,
        };
        let passed = script(&self.script).into_iter().zip(1..);
        let passed: Vec<Captured> = passed
            .map(|(sent, frame)| Captured {
                time: sent.time,
                frame,
                ends: (socket(sent.from), socket(sent.to)),
                what: Passed::Datagram(sent.bytes),
            })
            .collect();
        let ended = Time::ZERO + Duration::from_millis(lasts);
        let (mut play, _) = retrospect.judge(Time::ZERO, &passed, ended);
        assert!(play.poll_command().is_none(), "nobody is told anything");
        let (began, ended) = play.span();
        Played {
            play,
            ended: ended.since(began),
            performed: Vec::new(),
        }
    }

    fn given(&self) -> &'static str {
        if self.configuration.is_empty() || self.stopped {
            "plain"
        } else {
            "registered"
        }
    }

    fn files(&self) -> Vec<File> {
        let (judged, given, with) = (self.judged, self.given(), self.with);
        let case = format!(
            "id: con-trial\ntitle: Trial\nsource: {{document: RFC 7252}}\nseats: [{judged}]\ngiven: {given}\n{with}dialogue:\n{}\n",
            self.dialogue
        );
        let state = "state: plain\ntitle: Nothing is asked for\ndialogue:\n  - step: It is stopped.\n    control: {client: stop}\n";
        let registered = "state: registered\ntitle: It is registered\nfrom: plain\ndialogue:\n  - step: It registers.\n    client: {register: {}}\n    server: {created: {}, as: acceptance}\n";
        let configuration = "configuration: C.1\ntitle: None\nvalues: {/3/0: {0: a}}\n";
        vec![
            File::new("con-trial", "con-trial.yaml", case),
            File::new("states/plain", "states/plain.yaml", state),
            File::new("states/registered", "states/registered.yaml", registered),
            File::new(
                "configurations/c01",
                "configurations/c01.yaml",
                configuration,
            ),
        ]
    }

    /// Plays it to its end, an hour at most.
    pub(super) fn play(self) -> Played {
        let mut play = self.begin();
        play.handle_unread(self.unread.map(str::to_owned));
        let mut coming: Vec<Sent> = script(&self.script);
        coming.reverse();
        let mut performed = Vec::new();
        let mut due: Vec<(Time, u32, Outcome)> = Vec::new();
        let (mut now, mut frame, mut polls) = (Time::ZERO, 0, 0);
        let limit = Time::ZERO + Duration::from_secs(3600);
        play.handle_timeout(now);
        while !play.is_over() && now < limit {
            polls += 1;
            assert!(polls < 10_000, "the play does not come to rest");
            while let Some(command) = play.poll_command() {
                if matches!(command, Command::Perform { .. }) {
                    performed.push(now.since(Time::ZERO));
                }
                due.extend(self.answer(now, &command));
            }
            due.sort_by_key(|(at, ..)| *at);
            let next = [
                coming.last().map(|sent| sent.time),
                due.first().map(|(at, ..)| *at),
                play.poll_timeout(),
            ];
            let Some(next) = next.into_iter().flatten().min() else {
                break;
            };
            now = now.max(next);
            if due.first().is_some_and(|(at, ..)| *at <= now) {
                let (_, id, outcome) = due.remove(0);
                play.handle_outcome(now, id, outcome);
            } else if coming.last().is_some_and(|sent| sent.time <= now) {
                let sent = coming.pop().unwrap();
                frame += 1;
                play.handle_datagram(now, sent.seen(frame));
            } else {
                play.handle_timeout(now);
            }
        }
        let (began, ended) = play.span();
        Played {
            play,
            ended: ended.since(began),
            performed,
        }
    }

    fn answer(&self, now: Time, command: &Command) -> Option<(Time, u32, Outcome)> {
        let (kind, id) = match command {
            Command::Control { id, .. } => ("control", *id),
            Command::Trigger { id, .. } => ("trigger", *id),
            Command::Show { id, .. } => ("show", *id),
            Command::Ask { id, .. } => ("ask", *id),
            _ => return None,
        };
        let found = self.outcomes.iter().find(|(known, ..)| *known == kind);
        let (after, outcome) = found.map_or((0, Outcome::Done(None)), |(_, after, outcome)| {
            (*after, outcome.clone())
        });
        // the state is reached whatever the case does
        let state = id == 0;
        let (after, outcome) = match state {
            true => (0, Outcome::Done(None)),
            false => (after, outcome),
        };
        Some((now + Duration::from_millis(after), id, outcome))
    }
}

impl Played {
    /// Verdict, letters and blame in one line: `Fail A-Pass B-Fail by client`.
    pub(super) fn told(&self) -> String {
        let letters = self.play.ledger().letters();
        let letters = letters.iter().map(|letter| {
            let verdict = letter.verdict.map_or("open", Verdict::name);
            format!(" {}-{verdict}", letter.letter)
        });
        let blames = self.play.ledger().steps.iter();
        let blame = blames.filter_map(|step| step.blame.clone()).next();
        let blame = blame.map_or_else(String::new, |seat| format!(" by {seat}"));
        format!(
            "{}{}{blame}",
            self.play.verdict(),
            letters.collect::<String>()
        )
    }
}

/// Facts of nobody in particular.
struct Plain(Version, Seat);

impl Facts for Plain {
    fn version(&self) -> Version {
        self.0
    }

    fn claims(&self, _: &str) -> bool {
        true
    }

    fn object(&self, _: u16, _: &[u16]) -> Option<Vec<u16>> {
        Some(Vec::new())
    }

    fn ixit(&self, _: &str) -> bool {
        false
    }

    fn iut(&self, seat: Seat) -> bool {
        seat == self.1
    }

    fn variable(&self, _: &str) -> Option<String> {
        None
    }
}
