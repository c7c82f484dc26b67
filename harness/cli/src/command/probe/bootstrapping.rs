//! Looks at a Bootstrap-Server: whom it answers, what it writes and in which formats, what it asks, and whether it ends.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use coap::{Code, ContentFormat};
use lwm2m::{Value, Version};
use runner::talk::Talk;
use testcase::Seat;

use super::found::{Found, List, Standing};
use super::server::{ANSWER, is_named, name_of};
use super::visit::{Answered, Asked, Guest, Visits, answer, asked};
use crate::{Trouble, output};

/// Visits a Bootstrap-Server until everything is found that it shows to a client alone.
pub(super) async fn look(visits: &Visits<'_>) -> Result<Found, Trouble> {
    let probe = BootstrapProbe {
        visits,
        found: RefCell::default(),
    };
    output::print(&format!("asking {} for the bootstrap\n", visits.args.uri));
    if let Some(version) = probe.versions().await? {
        if version > Version::V1_0 {
            probe.preferred_formats(version).await?;
        }
        if version >= Version::V1_2 {
            probe.pack(version).await?;
            probe.doubt(version);
        }
    }
    let mut found = probe.found.take();
    found.breaches = visits.breaches();
    Ok(found)
}

struct BootstrapProbe<'a> {
    visits: &'a Visits<'a>,
    found: RefCell<Found>,
}

/// What came of one request for the bootstrap.
struct Led {
    answered: Answered,
    /// What it wrote in.
    formats: BTreeSet<String>,
    /// Whether it went on to an answered Bootstrap-Finish.
    finished: bool,
}

impl BootstrapProbe<'_> {
    /// Asks in each version until all were answered, or one round after the first answer; gives the highest that was led.
    async fn versions(&self) -> Result<Option<Version>, Trouble> {
        let began = Instant::now();
        let within = self.visits.args.within;
        let mut open = self.visits.versions();
        let mut standings: Vec<(Version, Standing)> = Vec::new();
        loop {
            let heard = !standings.is_empty();
            for version in open.clone() {
                let wait = match standings.is_empty() {
                    true => within.saturating_sub(began.elapsed()).min(ANSWER),
                    false => ANSWER,
                };
                if wait.is_zero() {
                    break;
                }
                let Some(led) = self.ask(Guest::plain(version), wait).await? else {
                    continue;
                };
                let answered = led.answered;
                open.retain(|other| *other != version);
                let evidence = format!("{} (frame {})", answered.code, answered.frame);
                output::print(&format!("LwM2M {version}: {}\n", answered.code));
                let standing = match answered.code {
                    Code::CHANGED if led.finished => {
                        Standing::Claimed(format!("{evidence}, and led to Bootstrap-Finish"))
                    }
                    Code::CHANGED => Standing::Open(format!("{evidence}, but no Bootstrap-Finish")),
                    _ => Standing::Refused(evidence),
                };
                standings.push((version, standing));
            }
            if open.is_empty() || heard || (standings.is_empty() && began.elapsed() >= within) {
                break;
            }
        }
        let silent = open.into_iter().map(|version| {
            let reason = "no answer to Bootstrap-Request".to_owned();
            (version, Standing::Open(reason))
        });
        standings.extend(silent);
        standings.sort_by_key(|(version, _)| std::cmp::Reverse(*version));
        let mut led = standings
            .iter()
            .filter(|(_, standing)| matches!(standing, Standing::Claimed(_)));
        let highest = led.next().map(|(version, _)| *version);
        self.found.borrow_mut().versions = standings;
        Ok(highest)
    }

    /// A client asks for its bootstrap and takes it; `None` if it is not answered.
    async fn ask(&self, guest: Guest, wait: Duration) -> Result<Option<Led>, Trouble> {
        let label = guest.label.clone();
        let body = async |talk: &Talk| {
            let Some(answered) = answer(talk, "bootstrap-request", wait).await? else {
                return Ok(None);
            };
            let (formats, finished) = match answered.code {
                Code::CHANGED => {
                    let evidence =
                        format!("{} (frame {}) [{label}]", answered.code, answered.frame);
                    self.found
                        .borrow_mut()
                        .claim(List::Operations, "bootstrap-request", evidence);
                    self.follow(talk, &label).await?
                }
                _ => (BTreeSet::new(), false),
            };
            Ok(Some(Led {
                answered,
                formats,
                finished,
            }))
        };
        self.visits.pay(guest, body).await
    }

    /// Waits for Bootstrap-Finish, or for silence; takes note of what came; gives the formats of what was written, and
    /// whether it was finished.
    async fn follow(&self, talk: &Talk, label: &str) -> Result<(BTreeSet<String>, bool), Trouble> {
        let seat = Seat::BOOTSTRAP_SERVER;
        let finishes = |one: &&Asked| one.word == "bootstrap-finish";
        let mut come = 0;
        let (all, finish) = loop {
            let since = Instant::now();
            let all = loop {
                let (all, _) = asked(talk, seat).await?;
                let over = all.iter().any(|one| finishes(&one) && one.answer.is_some());
                if over || all.len() > come || since.elapsed() >= self.visits.args.watch {
                    break all;
                }
                tokio::time::sleep(GLANCE).await;
            };
            let finish = all.iter().find(finishes).cloned();
            let over = finish.as_ref().is_some_and(|one| one.answer.is_some());
            if over || all.len() <= come {
                break (all, finish);
            }
            come = all.len();
        };
        let mut found = self.found.borrow_mut();
        let mut formats = BTreeSet::new();
        for one in &all {
            note_one(&mut found, one, label);
            let written = one.format.filter(|_| one.word == "bootstrap-write");
            formats.extend(written.map(name_of));
        }
        note_accounts(&mut found, &all, label);
        let feature = "client-initiated-bootstrap";
        let finished = finish.as_ref().is_some_and(|one| one.answer.is_some());
        match finish {
            Some(finish) => {
                let code = finish
                    .answer
                    .map_or("unanswered".to_owned(), |code| code.to_string());
                let evidence = format!(
                    "a client was led to Bootstrap-Finish (frame {}): {code} [{label}]",
                    finish.frame
                );
                found.claim(List::Features, feature, evidence);
            }
            None => {
                let watch = self.visits.args.watch;
                let reason =
                    format!("no Bootstrap-Finish: nothing more came for {watch:?} [{label}]");
                found.open(List::Operations, "bootstrap-finish", &*reason);
                found.open(List::Features, feature, reason);
            }
        }
        Ok((formats, finished))
    }

    /// Asks once more with each preferred Content-Format (Core TS, 6.1.7.1).
    async fn preferred_formats(&self, version: Version) -> Result<(), Trouble> {
        output::print("preferred content formats\n");
        let mut formats = vec![
            ContentFormat::SENML_CBOR,
            ContentFormat::SENML_JSON,
            ContentFormat::TLV,
        ];
        if version >= Version::V1_2 {
            formats.push(ContentFormat::LWM2M_CBOR);
        }
        for format in formats {
            let name = name_of(format);
            let guest = Guest::other(version, &format!("pct-{name}"), move |configuration| {
                configuration.preferred_format = Some(format);
            });
            let label = guest.label.clone();
            let led = self.ask(guest, ANSWER).await?;
            let reason = match led {
                None => format!("no answer to a request that prefers it [{label}]"),
                Some(led) if led.answered.code != Code::CHANGED => {
                    let (code, frame) = (led.answered.code, led.answered.frame);
                    format!("a request that prefers it: {code} (frame {frame}) [{label}]")
                }
                Some(led) if led.formats.is_empty() => {
                    format!("preferred, and nothing was written [{label}]")
                }
                Some(led) => {
                    let used: Vec<String> = led.formats.into_iter().collect();
                    format!(
                        "preferred, and written was in {} [{label}]",
                        used.join(", ")
                    )
                }
            };
            // what was written in it is claimed by now
            self.found.borrow_mut().open(List::Formats, &name, reason);
        }
        Ok(())
    }

    /// A request tells no version: without anything that 1.2 brought it is not known that this is one of 1.2.
    fn doubt(&self, version: Version) {
        let mut found = self.found.borrow_mut();
        let shows = found.has(List::Operations, "bootstrap-pack-request")
            || found.has(List::Formats, "lwm2m-cbor");
        let claimed = |(_, standing): &&(_, Standing)| matches!(standing, Standing::Claimed(_));
        if shows || found.versions.iter().filter(claimed).count() < 2 {
            return;
        }
        for (own, standing) in &mut found.versions {
            if let Standing::Claimed(evidence) = standing
                && *own == version
            {
                *standing = Standing::Open(format!(
                    "{evidence}, but a request tells no version, and nothing that came was of {version}"
                ));
            }
        }
    }

    /// Asks for everything in one answer (Core TS 1.2, 6.1.7.7).
    async fn pack(&self, version: Version) -> Result<(), Trouble> {
        output::print("a Bootstrap-Pack\n");
        let guest = Guest::other(version, "pack", |configuration| {
            configuration.bootstrap_pack = true;
        });
        let label = guest.label.clone();
        let word = "bootstrap-pack-request";
        let body = async |talk: &Talk| {
            let standing = match answer(talk, word, ANSWER).await? {
                Some(one) if one.code == Code::CONTENT => {
                    Standing::Claimed(format!("{} (frame {}) [{label}]", one.code, one.frame))
                }
                Some(one) => {
                    // the client asks for the usual bootstrap then
                    if let Some(usual) = answer(talk, "bootstrap-request", ANSWER).await?
                        && usual.code == Code::CHANGED
                    {
                        self.follow(talk, &label).await?;
                    }
                    Standing::Refused(format!("{} (frame {}) [{label}]", one.code, one.frame))
                }
                None => Standing::Open(format!("no answer [{label}]")),
            };
            let mut found = self.found.borrow_mut();
            found.note(List::Operations, word, standing);
            Ok(())
        };
        self.visits.pay(guest, body).await
    }
}

/// What it asks it can do, in the formats that it names.
fn note_one(found: &mut Found, asked: &Asked, label: &str) {
    let path = asked.path.map(|path| format!(" {path}"));
    let code = asked.answer.map(|code| format!(", answered {code}"));
    let evidence = format!(
        "{}{} (frame {}{}) [{label}]",
        asked.word,
        path.unwrap_or_default(),
        asked.frame,
        code.unwrap_or_default()
    );
    found.claim(List::Operations, asked.word, &*evidence);
    if asked.word == "bootstrap-discover" {
        found.claim(List::Formats, "link-format", &*evidence);
    }
    for format in [asked.accept, asked.format].into_iter().flatten() {
        if is_named(format) {
            found.claim(List::Formats, &name_of(format), &*evidence);
        }
    }
}

/// More than one Server Object Instance with a Short Server ID leads to more than one server.
fn note_accounts(found: &mut Found, asked: &[Asked], label: &str) {
    let writes = asked.iter().filter(|one| one.word == "bootstrap-write");
    let mut objects = BTreeSet::new();
    let mut servers = BTreeSet::new();
    let mut last = 0;
    for write in writes {
        objects.extend(write.path.and_then(|path| path.object()));
        for node in &write.nodes {
            objects.extend(node.path.object());
            if let ([1, _, 0], Value::Integer(id)) = (node.path.ids(), &node.value) {
                servers.insert(*id);
                last = write.frame;
            }
        }
    }
    if !objects.is_empty() {
        let listed: Vec<String> = objects.iter().map(|id| format!("/{id}")).collect();
        let remark = format!("it wrote {} [", listed.join(", "));
        if !found.remarks.iter().any(|known| known.starts_with(&remark)) {
            found.remarks.push(format!("{remark}{label}]"));
        }
    }
    if servers.len() > 1 {
        let evidence = format!(
            "it wrote accounts of {} servers (frame {last}) [{label}]",
            servers.len()
        );
        found.claim(List::Features, "multi-server", evidence);
    }
}

/// How often it is looked whether something came.
const GLANCE: Duration = Duration::from_millis(50);
