//! Asks a client for everything that is harmless: nothing is left in another state than it was found in.

use std::collections::BTreeSet;
use std::time::Duration;

use coap::{ContentFormat, Links};
use lwm2m::{Node, Path, Registry, Value, Version};
use runner::stage::Stage;
use testcase::Seat;

use super::ask::{Reply, ask};
use super::client::{ClientProbe, attribute, path_of};
use super::found::{Found, List};
use crate::{Trouble, output};

impl ClientProbe<'_> {
    /// Every question, one after the other; an answer that does not come is an answer, too.
    pub(super) async fn ask_for_everything(&self, client: Seat) -> Result<(), Trouble> {
        let since_1_1 = self.speaks(Version::V1_1);
        self.discover(client).await?;
        let nodes = self.read_objects(client).await?;
        self.try_formats(client, &nodes).await?;
        self.take_facts(&nodes);
        let formats = self.formats();
        self.talk
            .order(move |stage, _| stage.play.first_mut().reads(formats))
            .await?;
        self.observe(client, &nodes).await?;
        self.write_back(client, &nodes).await?;
        self.execute(client).await?;
        self.create_and_delete(client, &nodes).await?;
        self.cut_in_blocks(client).await?;
        if since_1_1 {
            self.composite(client, &nodes).await?;
            self.resource_instance(client, &nodes).await?;
        } else {
            let mut found = self.found.borrow_mut();
            for word in ["read-composite", "write-composite", "observe-composite"] {
                found.open(List::Operations, word, "LwM2M 1.0 does not have it");
            }
        }
        Ok(())
    }

    /// Whether the client registered in this version or a later one.
    fn speaks(&self, version: Version) -> bool {
        Version::parse(&self.found.borrow().version).is_none_or(|own| own >= version)
    }

    fn objects(&self) -> Vec<u16> {
        self.found.borrow().objects.keys().copied().collect()
    }

    async fn discover(&self, client: Seat) -> Result<(), Trouble> {
        output::print("discover\n");
        for object in self.objects() {
            let reply = ask(self.talk, client, &format!("discover: {{path: /{object}}}")).await?;
            let mut found = self.found.borrow_mut();
            let Some(answer) = reply.success() else {
                decide(&mut found, List::Operations, "discover", &reply);
                let own = found.objects.entry(object).or_default();
                own.notes
                    .push(format!("Discover /{object}: {}", reply.evidence()));
                continue;
            };
            found.claim(List::Operations, "discover", reply.evidence());
            let links = Links::parse_with_preamble(&answer.message.payload);
            let own = found.objects.entry(object).or_default();
            match links {
                Ok(links) => {
                    for link in &links.links {
                        let Some(path) = path_of(link, "") else {
                            continue;
                        };
                        if path.object() != Some(object) {
                            continue;
                        }
                        own.instances.extend(path.ids().get(1));
                        own.resources.extend(path.ids().get(2));
                        if let (1, Some(version)) = (path.depth(), attribute(link, "ver")) {
                            own.version = Some(version);
                        }
                    }
                }
                Err(error) => own
                    .notes
                    .push(format!("its Discover cannot be read: {error}")),
            }
        }
        Ok(())
    }

    /// Reads every Object without Accept; gives all values.
    async fn read_objects(&self, client: Seat) -> Result<Vec<Node>, Trouble> {
        output::print("read\n");
        let mut nodes: Vec<Node> = Vec::new();
        for object in self.objects() {
            let instances = self.found.borrow().objects[&object].instances.clone();
            for instance in instances {
                let text = format!("read: {{path: /{object}/{instance}}}");
                let reply = ask(self.talk, client, &text).await?;
                let mut found = self.found.borrow_mut();
                if reply.success().is_none() {
                    let own = found.objects.entry(object).or_default();
                    own.notes
                        .push(format!("Read /{object}/{instance}: {}", reply.evidence()));
                    decide(&mut found, List::Operations, "read", &reply);
                    continue;
                }
                found.claim(List::Operations, "read", reply.evidence());
                let own = found.objects.entry(object).or_default();
                for node in reply.nodes() {
                    own.resources.extend(node.path.ids().get(2));
                }
                if let (Some(format), true) = (reply.format(), readable(&reply)) {
                    found.claim(List::Formats, &format.to_string(), reply.evidence());
                }
                nodes.extend(reply.nodes().iter().cloned());
            }
        }
        Ok(nodes)
    }

    /// Asks for one answer in each Content-Format that the version has.
    async fn try_formats(&self, client: Seat, nodes: &[Node]) -> Result<(), Trouble> {
        output::print("content formats\n");
        for format in self.of_version() {
            let word = format.to_string();
            let Some(path) = place_for(*format, nodes) else {
                let mut found = self.found.borrow_mut();
                found.open(
                    List::Formats,
                    &word,
                    "no Resource was found whose value it can carry alone",
                );
                continue;
            };
            let text = format!("read: {{path: {path}, accept: {word}}}");
            let reply = ask(self.talk, client, &text).await?;
            let mut found = self.found.borrow_mut();
            match reply.format() {
                Some(other) if other != *format => {
                    let evidence = format!("{path} came in {other}: {}", reply.evidence());
                    found.refused(List::Formats, &word, evidence);
                }
                Some(_) if readable(&reply) => {
                    found.claim(
                        List::Formats,
                        &word,
                        format!("Read {path}: {}", reply.evidence()),
                    );
                }
                Some(_) => found.refused(
                    List::Formats,
                    &word,
                    format!("what came at {path} cannot be read: {}", reply.evidence()),
                ),
                None => decide(&mut found, List::Formats, &word, &reply),
            }
        }
        Ok(())
    }

    fn of_version(&self) -> &'static [ContentFormat] {
        match (self.speaks(Version::V1_2), self.speaks(Version::V1_1)) {
            (true, _) => &FORMATS,
            (_, true) => FORMATS.get(..7).unwrap_or_default(),
            _ => FORMATS.get(..4).unwrap_or_default(),
        }
    }

    /// The formats found so far.
    fn formats(&self) -> Vec<ContentFormat> {
        let found = self.found.borrow();
        let named = ContentFormat::NAMED.iter();
        let claimed = named.filter(|(_, name)| found.has(List::Formats, name));
        claimed.map(|(format, _)| *format).collect()
    }

    /// What `ixit` tells of the account and of the Device.
    fn take_facts(&self, nodes: &[Node]) {
        let mut found = self.found.borrow_mut();
        let text = |ids: [u16; 3]| {
            let node = nodes.iter().find(|node| node.path.ids() == ids);
            node.map(|node| plain(&node.value))
        };
        for (name, resource) in [
            ("manufacturer", 0),
            ("model", 1),
            ("serial", 2),
            ("firmware-version", 3),
        ] {
            if let Some(text) = text([3, 0, resource]) {
                found.device.push((name, text));
            }
        }
        let server = nodes.iter().find_map(|node| match *node.path.ids() {
            [1, _, 0] => plain(&node.value).parse().ok(),
            _ => None,
        });
        found.short_server_id = server;
    }

    /// Writes a value that was read, as it was.
    async fn write_back(&self, client: Seat, nodes: &[Node]) -> Result<(), Trouble> {
        output::print("write\n");
        let Some((path, value)) = self.writable(nodes).await? else {
            let reason = "no writable Resource was found whose value could be written back";
            self.found
                .borrow_mut()
                .open(List::Operations, "write", reason);
            return Ok(());
        };
        let text = format!("write: {{path: {path}, value: {value}}}");
        let reply = ask(self.talk, client, &text).await?;
        let mut found = self.found.borrow_mut();
        match reply.success() {
            Some(_) => found.claim(
                List::Operations,
                "write",
                format!("{path} as it was: {}", reply.evidence()),
            ),
            None => decide(&mut found, List::Operations, "write", &reply),
        }
        Ok(())
    }

    /// A Resource that a Write of its own value does no harm to, with the value as it is typed.
    pub(super) async fn writable(&self, nodes: &[Node]) -> Result<Option<(Path, String)>, Trouble> {
        let types = self.types().await?;
        let writable = nodes.iter().filter(|node| {
            let definition = types.resource_at(&node.path);
            let known = definition.is_some_and(|own| own.operations.read && own.operations.write);
            let object = node.path.object().unwrap_or(0);
            // accounts, rights and packages are left alone
            node.path.depth() == 3 && known && !matches!(object, 0 | 2 | 5 | 9 | 21)
        });
        let mut places: Vec<(u8, Path, String)> = writable
            .filter_map(|node| {
                let order = match *node.path.ids() {
                    [3, 0, 14] => 0,
                    [3, 0, 15] => 1,
                    [1, _, 1] => 4,
                    [1, ..] => 3,
                    _ => 2,
                };
                Some((order, node.path, typed(&node.value)?))
            })
            .collect();
        places.sort_by_key(|(order, path, _)| (*order, *path));
        Ok(places
            .into_iter()
            .next()
            .map(|(_, path, value)| (path, value)))
    }

    async fn types(&self) -> Result<std::sync::Arc<Registry>, Trouble> {
        let types = |stage: &mut Stage, _| std::sync::Arc::clone(&stage.play.setting().types);
        Ok(self.talk.order(types).await?)
    }

    /// Executes the one Resource that only makes the client update its registration.
    async fn execute(&self, client: Seat) -> Result<(), Trouble> {
        output::print("execute\n");
        let server = {
            let found = self.found.borrow();
            let server = found.objects.get(&1);
            server.and_then(|own| own.instances.first().copied())
        };
        let Some(instance) = server else {
            let reason =
                "the client does not list Object 1, and no other Resource is harmless to execute";
            self.found
                .borrow_mut()
                .open(List::Operations, "execute", reason);
            return Ok(());
        };
        let reply = ask(
            self.talk,
            client,
            &format!("execute: {{path: /1/{instance}/8}}"),
        )
        .await?;
        decide(
            &mut self.found.borrow_mut(),
            List::Operations,
            "execute",
            &reply,
        );
        let updated = move |stage: &mut Stage, _| {
            let mut events = stage.play.first().transfer().events().iter();
            let update = events.find(|event| {
                event.from == client && event.operation().is_some_and(|own| own.word() == "update")
            });
            update.map(judge::event::Event::frame)
        };
        let mut found = None;
        if reply.success().is_some() {
            found = self.talk.until(updated, NOTIFIED).await?;
        }
        let mut own = self.found.borrow_mut();
        match found {
            Some(frame) => own.claim(
                List::Features,
                "registration-trigger",
                format!("/1/{instance}/8 made it update (frame {frame})"),
            ),
            None if reply.success().is_some() => own.open(
                List::Features,
                "registration-trigger",
                format!("no Update within 5 s of Execute: {}", reply.evidence()),
            ),
            None => own.open(
                List::Features,
                "registration-trigger",
                format!("Execute /1/{instance}/8: {}", reply.evidence()),
            ),
        }
        Ok(())
    }

    /// Creates an Object Instance like one that is there, and deletes it again.
    async fn create_and_delete(&self, client: Seat, nodes: &[Node]) -> Result<(), Trouble> {
        let types = self.types().await?;
        let allowed = |object: u16| match self.args.intrusive {
            true => !matches!(object, 0..=2 | 21),
            false => HARMLESS.contains(&object),
        };
        let template = self.objects().into_iter().find_map(|object| {
            let definition = types.object(object)?;
            let instances = self.found.borrow().objects[&object].instances.clone();
            let old = *instances.first()?;
            let new = (0..u16::MAX).find(|id| !instances.contains(id))?;
            let own = nodes.iter().filter(|node| {
                let resource = types.resource_at(&node.path);
                node.path.ids().get(..2) == Some(&[object, old])
                    && resource.is_some_and(|own| own.operations.write)
            });
            let values: Vec<String> = own
                .filter_map(|node| {
                    let rest = node.path.ids().get(2..)?;
                    let rest: String = rest.iter().map(|id| format!("/{id}")).collect();
                    Some(format!("/{object}/{new}{rest}: {}", typed(&node.value)?))
                })
                .collect();
            (allowed(object) && definition.multiple && !values.is_empty())
                .then_some((object, new, values))
        });
        let Some((object, instance, values)) = template else {
            let reason = match self.args.intrusive {
                true => "no Object was found whose instance could be made like another",
                false => "no Object was found on which that is harmless; --intrusive tries others",
            };
            let mut found = self.found.borrow_mut();
            found.open(List::Operations, "create", reason);
            found.open(List::Operations, "delete", reason);
            return Ok(());
        };
        output::print("create and delete\n");
        let text = format!(
            "create: {{path: /{object}, node: {{{}}}}}",
            values.join(", ")
        );
        let created = ask(self.talk, client, &text).await?;
        decide(
            &mut self.found.borrow_mut(),
            List::Operations,
            "create",
            &created,
        );
        if created.success().is_some() {
            let deleted = ask(
                self.talk,
                client,
                &format!("delete: {{path: /{object}/{instance}}}"),
            )
            .await?;
            decide(
                &mut self.found.borrow_mut(),
                List::Operations,
                "delete",
                &deleted,
            );
        } else {
            let reason = "nothing could be created that could be deleted";
            self.found
                .borrow_mut()
                .open(List::Operations, "delete", reason);
        }
        Ok(())
    }

    /// Asks for the Device in blocks of 16 bytes.
    async fn cut_in_blocks(&self, client: Seat) -> Result<(), Trouble> {
        let reply = ask(self.talk, client, "{read: {path: /3/0}, coap: {block2: 0}}").await?;
        let mut found = self.found.borrow_mut();
        match reply.success() {
            Some(answer) if answer.blocks > 1 => {
                let evidence = format!(
                    "{} blocks of 16 bytes (frame {})",
                    answer.blocks, answer.frame
                );
                found.claim(List::Features, "block-wise", evidence);
            }
            Some(_) => found.open(
                List::Features,
                "block-wise",
                format!(
                    "/3/0 came whole, although blocks of 16 bytes were asked for: {}",
                    reply.evidence()
                ),
            ),
            None => decide(&mut found, List::Features, "block-wise", &reply),
        }
        Ok(())
    }

    async fn resource_instance(&self, client: Seat, nodes: &[Node]) -> Result<(), Trouble> {
        let Some(node) = nodes.iter().find(|node| node.path.depth() == 4) else {
            let reason = "no Resource Instance was found";
            self.found
                .borrow_mut()
                .open(List::Features, "resource-instances", reason);
            return Ok(());
        };
        let reply = ask(self.talk, client, &format!("read: {{path: {}}}", node.path)).await?;
        decide(
            &mut self.found.borrow_mut(),
            List::Features,
            "resource-instances",
            &reply,
        );
        Ok(())
    }
}

/// Takes note of what an answer says of a word: success claims it, a refusal that can mean nothing else refuses it.
pub(super) fn decide(found: &mut Found, list: List, word: &str, reply: &Reply) {
    let evidence = reply.evidence();
    if reply.success().is_some() {
        found.claim(list, word, evidence);
    } else if reply.refuses() {
        found.refused(list, word, evidence);
    } else {
        found.open(list, word, evidence);
    }
}

/// Whether the values of an answer could be read.
fn readable(reply: &Reply) -> bool {
    reply.success().is_some_and(|answer| answer.nodes.is_ok())
}

/// Where a format can be asked for.
fn place_for(format: ContentFormat, nodes: &[Node]) -> Option<Path> {
    let single = |fits: fn(&Value) -> bool| {
        let mut own = nodes
            .iter()
            .filter(|node| node.path.depth() == 3 && fits(&node.value));
        own.next().map(|node| node.path)
    };
    match format {
        ContentFormat::TEXT | ContentFormat::CBOR => {
            single(|value| is_number(value) || matches!(value, Value::String(_)))
        }
        ContentFormat::OPAQUE => {
            let opaque = |depth| {
                let mut own = nodes.iter().filter(move |node| {
                    node.path.depth() == depth && matches!(node.value, Value::Opaque(_))
                });
                own.next().map(|node| node.path)
            };
            opaque(3).or_else(|| opaque(4))
        }
        _ => {
            let held: BTreeSet<Path> = nodes
                .iter()
                .filter_map(|node| node.path.prefix(2))
                .collect();
            let device = held.iter().find(|path| path.object() == Some(3));
            device.or_else(|| held.first()).copied()
        }
    }
}

pub(super) fn is_number(value: &Value) -> bool {
    matches!(
        value,
        Value::Integer(_) | Value::UnsignedInteger(_) | Value::Float(_) | Value::Time(_)
    )
}

/// A value as text.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) | Value::CoreLink(text) => text.clone(),
        other => other.to_string(),
    }
}

/// A value as it is typed in a line; `None` for one that is better left alone.
fn typed(value: &Value) -> Option<String> {
    Some(match value {
        // `${` would begin a variable
        Value::String(text) if text.contains("${") => return None,
        Value::String(text) => serde_json::to_string(text).ok()?,
        Value::Integer(number) | Value::Time(number) => number.to_string(),
        Value::UnsignedInteger(number) => number.to_string(),
        Value::Float(number) if number.is_finite() => format!("{number:?}"),
        Value::Boolean(truth) => truth.to_string(),
        Value::Opaque(bytes) => {
            let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            format!("\"hex:{hex}\"")
        }
        _ => return None,
    })
}

/// Content-Formats in which values are asked for: those of 1.0, then those that 1.1 and 1.2 added.
const FORMATS: [ContentFormat; 8] = [
    ContentFormat::TEXT,
    ContentFormat::OPAQUE,
    ContentFormat::TLV,
    ContentFormat::LWM2M_JSON,
    ContentFormat::CBOR,
    ContentFormat::SENML_JSON,
    ContentFormat::SENML_CBOR,
    ContentFormat::LWM2M_CBOR,
];
/// Objects whose instances are data and nothing else: Portfolio, BinaryAppDataContainer, Event Log, the Test Objects.
const HARMLESS: [u16; 6] = [16, 19, 20, 3441, 3442, 3443];
/// How long a notification or an Update may take.
pub(super) const NOTIFIED: Duration = Duration::from_secs(5);
