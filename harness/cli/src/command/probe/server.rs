//! Looks at a server: in which versions it registers clients, what it asks of them by itself, and what it takes.

use std::cell::RefCell;
use std::time::{Duration, Instant};

use coap::{Code, ContentFormat};
use lwm2m::{Path, Version};
use runner::talk::{Talk, values_of};
use testcase::Seat;

use super::ask::{Reply, ask};
use super::found::{Found, List, Standing};
use super::visit::{Answered, Asked, Guest, Notified, Visits, answer, asked};
use crate::{Trouble, output};

/// Visits a server until everything is found that it shows to a client alone.
pub(super) async fn look(visits: &Visits<'_>) -> Result<Found, Trouble> {
    let probe = ServerProbe {
        visits,
        found: RefCell::default(),
    };
    output::print(&format!("registering at {}\n", visits.args.uri));
    let highest = probe.versions().await?;
    if let Some(version) = highest {
        probe.queue_mode(version).await?;
        probe.long_list(version).await?;
        probe.conclude(version);
    }
    let mut found = probe.found.take();
    found.breaches.extend(visits.breaches());
    Ok(found)
}

struct ServerProbe<'a> {
    visits: &'a Visits<'a>,
    found: RefCell<Found>,
}

impl ServerProbe<'_> {
    /// Registers in each version until all were answered, or one round after the first answer; gives the highest that was accepted.
    async fn versions(&self) -> Result<Option<Version>, Trouble> {
        let began = Instant::now();
        let mut open = self.visits.versions();
        let mut standings: Vec<(Version, Standing)> = Vec::new();
        let mut highest: Option<Version> = None;
        loop {
            let heard = !standings.is_empty();
            for version in open.clone() {
                let left = self.visits.args.within.saturating_sub(began.elapsed());
                if !heard && standings.is_empty() && left.is_zero() {
                    break;
                }
                let wait = match standings.is_empty() {
                    true => left.min(ANSWER),
                    false => ANSWER,
                };
                let thorough = highest.is_none_or(|known| version > known);
                let Some(registered) = self.register(version, thorough, wait).await? else {
                    continue;
                };
                open.retain(|other| *other != version);
                let evidence = format!("{} (frame {})", registered.code, registered.frame);
                output::print(&format!("LwM2M {version}: {}\n", registered.code));
                standings.push(match registered.code {
                    Code::CREATED => {
                        highest = highest.max(Some(version));
                        (version, Standing::Claimed(evidence))
                    }
                    _ => (version, Standing::Refused(evidence)),
                });
            }
            let over = began.elapsed() >= self.visits.args.within;
            if open.is_empty() || heard || (standings.is_empty() && over) {
                break;
            }
        }
        let silent = open.into_iter().map(|version| {
            let reason = "no answer to Register".to_owned();
            (version, Standing::Open(reason))
        });
        standings.extend(silent);
        standings.sort_by_key(|(version, _)| std::cmp::Reverse(*version));
        self.found.borrow_mut().versions = standings;
        Ok(highest)
    }

    /// A client registers, is looked at by the server, updates and leaves; the answer to its Register.
    async fn register(
        &self,
        version: Version,
        thorough: bool,
        wait: Duration,
    ) -> Result<Option<Answered>, Trouble> {
        let guest = Guest::plain(version);
        let label = guest.label.clone();
        let body = async |talk: &Talk| {
            let Some(registered) = answer(talk, "register", wait).await? else {
                return Ok(None);
            };
            if registered.code != Code::CREATED {
                return Ok(Some(registered));
            }
            self.claim_register(&registered, &label);
            if thorough {
                output::print(&format!(
                    "LwM2M {version}: registered, and watched for {:?}\n",
                    self.visits.args.watch
                ));
                tokio::time::sleep(self.visits.args.watch).await;
                self.updates(talk, &label).await?;
                if version > Version::V1_0 {
                    self.sends(talk, version, &label).await?;
                }
            }
            self.leave(talk, &label).await?;
            self.note_asked(talk, &label).await?;
            Ok(Some(registered))
        };
        self.visits.pay(guest, body).await
    }

    fn claim_register(&self, registered: &Answered, label: &str) {
        let mut found = self.found.borrow_mut();
        let evidence = format!("{} (frame {}) [{label}]", registered.code, registered.frame);
        found.claim(List::Operations, "register", &*evidence);
        let list = format!("the object list of Register: {evidence}");
        found.claim(List::Formats, "link-format", list);
    }

    /// Update with nothing, and with each parameter.
    async fn updates(&self, talk: &Talk, label: &str) -> Result<(), Trouble> {
        output::print("update\n");
        let held = talk
            .with_emulator(|emulator, _| values_of(emulator))
            .await?;
        let held = held.unwrap_or_default();
        let mut instances: Vec<String> = held
            .iter()
            .filter(|node| !matches!(node.path.object(), Some(0 | 21)))
            .filter_map(|node| node.path.prefix(2))
            .map(|path| format!("<{path}>"))
            .collect();
        instances.dedup();
        let links = instances.join(",");
        let binding = match &*self.visits.args.channel.transport {
            "tcp" => "T",
            _ => "U",
        };
        for (what, line) in [
            ("nothing", "update: {}".to_owned()),
            ("a lifetime", "update: {lifetime: 600}".to_owned()),
            ("a binding", format!("update: {{binding: {binding}}}")),
            (
                "the object list",
                format!("update: {{payload: \"{links}\", content-format: link-format}}"),
            ),
        ] {
            let reply = ask(talk, Seat::SERVER, &line).await?;
            if reply.success().is_none() {
                let remark = format!("Update with {what}: {} [{label}]", reply.evidence());
                self.found.borrow_mut().remarks.push(remark);
            }
            self.judge("update", Code::CHANGED, &reply, label);
        }
        Ok(())
    }

    /// Send of the battery level and the error code, in each format that the version has for it (Core TS, 6.4.6; Transport TS, 6.4).
    async fn sends(&self, talk: &Talk, version: Version, label: &str) -> Result<(), Trouble> {
        output::print("send\n");
        let held = talk
            .with_emulator(|emulator, _| values_of(emulator))
            .await?;
        let held = held.unwrap_or_default().into_iter();
        let told = [Path::new(&[3, 0, 9]), Path::new(&[3, 0, 11, 0])];
        let nodes: Vec<String> = held
            .filter(|node| told.contains(&Some(node.path)))
            .map(|node| format!("{}: {}", node.path, node.value))
            .collect();
        let nodes = nodes.join(", ");
        let mut formats = vec![ContentFormat::SENML_CBOR, ContentFormat::SENML_JSON];
        if version >= Version::V1_2 {
            formats.push(ContentFormat::LWM2M_CBOR);
        }
        for format in formats {
            let name = name_of(format);
            let line = format!("send: {{node: {{{nodes}}}, content-format: {name}}}");
            let reply = ask(talk, Seat::SERVER, &line).await?;
            let standing = standing(&reply, &format!("Send: {}", reply.evidence()), label);
            self.found.borrow_mut().note(List::Formats, &name, standing);
            // that one format is refused does not say that there is no Send
            match reply.code() {
                Some(Code::UNSUPPORTED_CONTENT_FORMAT) => {
                    let reason = format!("refused in {name}: {} [{label}]", reply.evidence());
                    self.found
                        .borrow_mut()
                        .open(List::Operations, "send", reason);
                }
                _ => self.judge("send", Code::CHANGED, &reply, label),
            }
        }
        Ok(())
    }

    async fn leave(&self, talk: &Talk, label: &str) -> Result<(), Trouble> {
        let reply = ask(talk, Seat::SERVER, "deregister: {}").await?;
        self.judge("deregister", Code::DELETED, &reply, label);
        Ok(())
    }

    /// A client in Queue Mode.
    async fn queue_mode(&self, version: Version) -> Result<(), Trouble> {
        output::print("queue mode\n");
        let guest = Guest::other(version, "queue-mode", |configuration| {
            configuration.queue_mode = true;
        });
        let label = guest.label.clone();
        let body = async |talk: &Talk| {
            let registered = answer(talk, "register", ANSWER).await?;
            let standing = match registered {
                Some(one) if one.code == Code::CREATED => {
                    self.leave(talk, &label).await?;
                    Standing::Open(format!(
                        "it takes the Register that tells it (frame {}) [{label}]; whether it waits for a client that sleeps was not seen",
                        one.frame
                    ))
                }
                Some(one) => {
                    Standing::Refused(format!("{} (frame {}) [{label}]", one.code, one.frame))
                }
                None => Standing::Open(format!("no answer to Register [{label}]")),
            };
            self.found
                .borrow_mut()
                .note(List::Features, "queue-mode", standing);
            self.note_asked(talk, &label).await
        };
        self.visits.pay(guest, body).await
    }

    /// An object list that does not fit into one message.
    async fn long_list(&self, version: Version) -> Result<(), Trouble> {
        if self.visits.args.channel.transport != "udp" {
            let reason = "a message over TCP needs no blocks";
            self.found
                .borrow_mut()
                .open(List::Features, "block-wise", reason);
            return Ok(());
        }
        output::print("an object list in blocks\n");
        let guest = Guest::other(version, "long-list", |configuration| {
            configuration.objects.extend(PRIVATE);
        });
        let label = guest.label.clone();
        let body = async |talk: &Talk| {
            let registered = answer(talk, "register", ANSWER).await?;
            let standing = match registered {
                Some(one) if one.code == Code::CREATED && one.blocks > 1 => {
                    self.leave(talk, &label).await?;
                    Standing::Claimed(format!(
                        "Register in {} blocks: {} (frame {}) [{label}]",
                        one.blocks, one.code, one.frame
                    ))
                }
                Some(one) if one.code == Code::CREATED => {
                    self.leave(talk, &label).await?;
                    Standing::Open(format!("Register went in one message [{label}]"))
                }
                Some(one) => Standing::Refused(format!(
                    "Register of {} links: {} (frame {}) [{label}]",
                    PRIVATE.count(),
                    one.code,
                    one.frame
                )),
                None => Standing::Open(format!("no answer to a Register in blocks [{label}]")),
            };
            self.found
                .borrow_mut()
                .note(List::Features, "block-wise", standing);
            self.note_asked(talk, &label).await
        };
        self.visits.pay(guest, body).await
    }

    /// Takes note of what the server asked of the client.
    async fn note_asked(&self, talk: &Talk, label: &str) -> Result<(), Trouble> {
        let (asked, notified) = asked(talk, Seat::SERVER).await?;
        let mut found = self.found.borrow_mut();
        for one in &asked {
            note_one(&mut found, one, label);
        }
        note_notified(&mut found, notified, label);
        Ok(())
    }

    /// Takes note of an operation by its answer; another success than the operation's own breaks a rule, and shows that it is there.
    fn judge(&self, word: &str, right: Code, reply: &Reply, label: &str) {
        let evidence = reply.evidence();
        let standing = standing(reply, &evidence, label);
        let mut found = self.found.borrow_mut();
        if let Some(code) = reply
            .code()
            .filter(|code| code.is_success() && *code != right)
        {
            let breach = format!(
                "the server answers {word} with {code}, where {right} belongs (Transport TS, 6.7): {evidence} [{label}]"
            );
            if !found.breaches.iter().any(|known| known.contains(word)) {
                found.breaches.push(breach);
            }
        }
        found.note(List::Operations, word, standing);
    }

    /// Says of what was not seen why.
    fn conclude(&self, version: Version) {
        let mut found = self.found.borrow_mut();
        if version < Version::V1_1 {
            found.open(List::Operations, "send", "1.0 has none");
        }
    }
}

/// What a server asks by itself it can do, in the formats that it names.
fn note_one(found: &mut Found, asked: &Asked, label: &str) {
    let path = asked.path.map(|path| format!(" {path}"));
    let evidence = format!(
        "by itself: {}{} (frame {}) [{label}]",
        asked.word,
        path.unwrap_or_default(),
        asked.frame
    );
    found.claim(List::Operations, asked.word, &*evidence);
    for format in [asked.accept, asked.format].into_iter().flatten() {
        if is_named(format) {
            found.claim(List::Formats, &name_of(format), &*evidence);
        }
    }
    if asked.word == "cancel-observation" {
        found.claim(List::Features, "cancel-by-observe-1", &*evidence);
    }
    if asked.path.is_some_and(|path| path.depth() == 4) {
        found.claim(List::Features, "resource-instances", &*evidence);
    }
}

fn note_notified(found: &mut Found, notified: Notified, label: &str) {
    if let Some(frame) = notified.reset {
        let evidence = format!("a Reset of a notification (frame {frame}) [{label}]");
        found.claim(List::Features, "cancel-by-reset", evidence);
    } else if let Some(frame) = notified.first {
        let evidence = format!("what it observed was notified (frame {frame}) [{label}]");
        found.claim(List::Operations, "notify", evidence);
    }
}

fn standing(reply: &Reply, evidence: &str, label: &str) -> Standing {
    let evidence = format!("{evidence} [{label}]");
    if reply.success().is_some() {
        Standing::Claimed(evidence)
    } else if reply.refuses() {
        Standing::Refused(evidence)
    } else {
        Standing::Open(evidence)
    }
}

/// A format as profiles call it, or its number.
pub(super) fn name_of(format: ContentFormat) -> String {
    format.to_string()
}

/// Whether profiles have a name for it.
pub(super) fn is_named(format: ContentFormat) -> bool {
    ContentFormat::NAMED
        .iter()
        .any(|(known, _)| *known == format)
}

/// How long one answer may take.
pub(super) const ANSWER: Duration = Duration::from_secs(10);
/// Objects for private use (OMNA registry): more than a message of 1,024 bytes holds.
const PRIVATE: std::ops::Range<u16> = 26_241..26_441;
