//! Reads profiles and their expected deviations.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use coap::ContentFormat;
use lwm2m::Version;

use super::{ClaimedObject, ExpectedDeviation, ExpectedVerdict, Ics, Profile, ProfileVersion};
use crate::model::{Scalar, Seat, Spanned, Word, WordKind};
use crate::notation::{
    ACCOUNT, CLAIMED_OBJECT, DEVIATION, DEVICE, FEATURES, ICS, IXIT, PROFILE, SECURITY, TRANSPORTS,
};
use crate::read::{Keys, Reader};
use crate::tree::{self, Node, NodeKind};
use crate::{Diagnostic, Library, Span};

impl Profile {
    /// Loads a profile from its text; the expected deviations from theirs, if there are any.
    pub fn load(
        file: &str,
        text: &str,
        expected: Option<(&str, &str)>,
    ) -> (Option<Self>, Vec<Diagnostic>) {
        let (node, mut diagnostics) = tree::read(file, text);
        let mut reader = Reader::new(file);
        let mut profile = node.and_then(|node| reader.profile(&node));
        diagnostics.append(&mut reader.diagnostics);
        if let Some((file, text)) = expected {
            let seat = profile.as_ref().map_or(Seat::CLIENT, Self::seat);
            let (node, mut mistakes) = tree::read(file, text);
            let mut reader = Reader::new(file);
            let deviations = node.map(|node| reader.deviations(&node, seat));
            diagnostics.append(&mut mistakes);
            diagnostics.append(&mut reader.diagnostics);
            if let Some(profile) = &mut profile {
                profile.expected = deviations.unwrap_or_default();
            }
        }
        crate::library::sort(&mut diagnostics);
        if diagnostics.iter().any(Diagnostic::is_error) {
            profile = None;
        }
        (profile, diagnostics)
    }

    /// Opens a profile, and `NAME.expected.yaml` beside it.
    pub fn open(path: &Path) -> io::Result<(Option<Self>, Vec<Diagnostic>)> {
        let text = std::fs::read_to_string(path)?;
        let beside = path.with_extension("expected.yaml");
        let expected = match std::fs::read_to_string(&beside) {
            Ok(text) => Some((beside.display().to_string(), text)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        let expected = expected
            .as_ref()
            .map(|(file, text)| (file.as_str(), text.as_str()));
        Ok(Self::load(&path.display().to_string(), &text, expected))
    }

    /// Expected deviations that name no case of `library`.
    pub fn check(&self, library: &Library) -> Vec<Diagnostic> {
        let file = self.file.strip_suffix(".yaml").unwrap_or(&self.file);
        let file = format!("{file}.expected.yaml");
        self.expected
            .iter()
            .filter(|deviation| library.find(&deviation.case).is_none())
            .map(|deviation| {
                let message = format!("no case is called \"{}\"", deviation.case);
                Diagnostic::error(&file, deviation.span, message)
            })
            .collect()
    }
}

impl Reader<'_> {
    fn profile(&mut self, node: &Node) -> Option<Profile> {
        let keys = self.keys(node, PROFILE)?;
        let ics = keys.value("ics").map(|node| self.ics(node));
        let role = keys
            .value("role")
            .and_then(|node| self.choice(node, "role", ROLES))?;
        let profile = Profile {
            name: self.one(&keys, "name"),
            file: self.file.to_owned(),
            vendor: self.some(&keys, "vendor"),
            role,
            version: keys.value("version").and_then(|node| self.version(node)),
            ics: ics??,
            ixit: keys
                .value("ixit")
                .map(|node| self.ixit(node))
                .unwrap_or_default(),
            listen: self.some(&keys, "listen"),
            control: keys
                .value("control")
                .map(|node| self.profile_control(node, role))
                .unwrap_or_default(),
            words: keys
                .value("words")
                .map(|node| self.pairs(node))
                .unwrap_or_default(),
            expected: Vec::new(),
        };
        Some(profile)
    }

    pub(super) fn some(&mut self, keys: &Keys<'_>, name: &str) -> Option<String> {
        let text = keys.value(name).and_then(|node| self.plain(node, name))?;
        Some(text.value)
    }

    /// Names and single values as text.
    pub(super) fn pairs(&mut self, node: &Node) -> BTreeMap<String, String> {
        let names = self.names(node);
        names
            .into_iter()
            .map(|(name, scalar)| (name, scalar.to_string()))
            .collect()
    }

    fn version(&mut self, node: &Node) -> Option<ProfileVersion> {
        if let NodeKind::Map(entries) = &node.kind {
            let [(key, value)] = entries.as_slice() else {
                self.error(node.span, "\"version\" is text or one command");
                return None;
            };
            if key.value != "command" {
                self.unknown(key.span, "key of a version", key, &["command"]);
                return None;
            }
            return Some(ProfileVersion::Command(self.command(value, "command")));
        }
        let text = self.plain(node, "version")?;
        Some(ProfileVersion::Text(text.value))
    }

    fn ics(&mut self, node: &Node) -> Option<Ics> {
        let keys = self.keys(node, ICS)?;
        let names = |words: &[(&'static str, &str)]| words.iter().map(|(name, _)| *name).collect();
        let operations =
            Word::all().filter(|word| word.kind() == WordKind::Request && !word.is_channel());
        let operations: Vec<_> = operations
            .map(Word::name)
            .filter(|name| *name != "follow" && *name != "download")
            .collect();
        let formats: Vec<_> = ContentFormat::NAMED.iter().map(|(_, name)| *name).collect();
        let versions: Vec<_> = Version::ALL
            .iter()
            .map(|version| version.as_str())
            .collect();
        let texts = |list: Vec<Spanned<String>>| list.into_iter().map(|text| text.value);
        let lwm2m = self.claimed(&keys, "lwm2m", "version", &versions);
        let none = |node: &&Node| matches!(&node.kind, NodeKind::List(items) if items.is_empty());
        if let Some(node) = keys.value("lwm2m").filter(none) {
            self.error(node.span, "the profile claims no LwM2M version");
        }
        let transports: Vec<&str> = names(TRANSPORTS);
        let security: Vec<&str> = names(SECURITY);
        let features: Vec<&str> = names(FEATURES);
        Some(Ics {
            lwm2m: texts(lwm2m)
                .filter_map(|text| Version::parse(&text))
                .collect(),
            transports: texts(self.claimed(&keys, "transports", "transport", &transports))
                .collect(),
            security: texts(self.claimed(&keys, "security", "security mode", &security)).collect(),
            content_formats: texts(self.claimed(
                &keys,
                "content-formats",
                "content format",
                &formats,
            ))
            .filter_map(|text| ContentFormat::from_name(&text))
            .collect(),
            operations: texts(self.claimed(&keys, "operations", "operation", &operations))
                .collect(),
            features: texts(self.claimed(&keys, "features", "feature", &features)).collect(),
            objects: keys
                .value("objects")
                .map(|node| self.objects(node))
                .unwrap_or_default(),
        })
    }

    /// A list of words of a closed list, none twice.
    fn claimed(
        &mut self,
        keys: &Keys<'_>,
        name: &str,
        what: &str,
        words: &[&str],
    ) -> Vec<Spanned<String>> {
        let mut list: Vec<Spanned<String>> = Vec::new();
        for item in keys
            .value(name)
            .map(|node| self.plains(node, name))
            .unwrap_or_default()
        {
            if !words.contains(&item.as_str()) {
                self.unknown(item.span, what, &item, words);
            } else if list.iter().any(|known| known.value == item.value) {
                self.error(item.span, format!("\"{}\" is claimed twice", item.value));
            } else {
                list.push(item);
            }
        }
        list
    }

    fn objects(&mut self, node: &Node) -> BTreeMap<u16, ClaimedObject> {
        let mut objects = BTreeMap::new();
        for (key, value) in self.map(node, "objects").unwrap_or_default() {
            let Ok(id) = key.parse::<u16>() else {
                self.error(key.span, format!("\"{}\" is not an Object ID", key.value));
                continue;
            };
            let Some(keys) = self.keys(value, CLAIMED_OBJECT) else {
                continue;
            };
            let items = keys
                .value("resources")
                .and_then(|node| self.list(node, "resources"))
                .unwrap_or_default();
            let resources = items
                .iter()
                .filter_map(|item| self.count(item, "resources"))
                .collect();
            let version = self.some(&keys, "version");
            objects.insert(id, ClaimedObject { version, resources });
        }
        objects
    }

    /// Names with dots, or maps within maps.
    fn ixit(&mut self, node: &Node) -> BTreeMap<String, Scalar> {
        let mut ixit = BTreeMap::new();
        self.ixit_below("", node, &mut ixit);
        ixit
    }

    fn ixit_below(&mut self, prefix: &str, node: &Node, ixit: &mut BTreeMap<String, Scalar>) {
        for (key, value) in self.map(node, "ixit").unwrap_or_default() {
            let name = format!("{prefix}{}", key.value);
            if matches!(value.kind, NodeKind::Map(_)) && !name.contains('.') {
                self.ixit_below(&format!("{name}."), value, ixit);
                continue;
            }
            let Some(known) = IXIT.iter().find(|key| key.name == name) else {
                if !is_known(&name) {
                    let words: Vec<_> = IXIT.iter().map(|key| key.name).collect();
                    self.unknown(key.span, "ixit name", &name, &words);
                    continue;
                }
                if let Some(scalar) = self.scalar(value, &name) {
                    ixit.insert(name, scalar);
                }
                continue;
            };
            if !known.kind.accepts(value) {
                let wanted = known.kind.describe();
                let duration = known.kind == crate::notation::Kind::Duration;
                let mistake = self.expected(value, &name, wanted);
                mistake.help = duration.then(|| crate::read::DURATIONS.to_owned());
                continue;
            }
            let scalar = match known.kind {
                crate::notation::Kind::Duration => self.duration(value, &name),
                _ => self.scalar(value, &name),
            };
            if let Some(scalar) = scalar {
                ixit.insert(name, scalar);
            }
        }
    }

    /// A program and its arguments.
    pub(super) fn command(&mut self, node: &Node, what: &str) -> Vec<String> {
        let items = self.list(node, what).unwrap_or_default();
        if items.is_empty() {
            self.error(node.span, format!("\"{what}\" names no program"));
        }
        let scalars = self.scalars(node, what);
        scalars.iter().map(ToString::to_string).collect()
    }

    fn deviations(&mut self, node: &Node, seat: Seat) -> Vec<ExpectedDeviation> {
        let mut deviations = Vec::new();
        if node.kind == NodeKind::Null {
            return deviations;
        }
        for item in self.list(node, "expected deviations").unwrap_or_default() {
            let Some(keys) = self.keys(item, DEVIATION) else {
                continue;
            };
            let verdict = keys
                .value("verdict")
                .and_then(|node| self.choice(node, "verdict", VERDICTS));
            let criterion = keys
                .value("criterion")
                .and_then(|node| self.letters(node).into_iter().next());
            let Some(verdict) = verdict else {
                continue;
            };
            deviations.push(ExpectedDeviation {
                case: self.one(&keys, "case"),
                seat: keys
                    .value("seat")
                    .and_then(|node| self.seat(node))
                    .unwrap_or(seat),
                criterion: criterion.map(|letter| letter.value),
                verdict,
                reason: self.one(&keys, "reason"),
                ticket: self.some(&keys, "ticket"),
                sometimes: keys
                    .value("sometimes")
                    .is_some_and(|node| self.sometimes(node, verdict)),
                span: keys
                    .value("case")
                    .map_or(Span::new(1, 1, 1), |node| node.span),
            });
        }
        deviations
    }

    /// Whether a deviation happens only sometimes; what does not apply never does.
    fn sometimes(&mut self, node: &Node, verdict: ExpectedVerdict) -> bool {
        match node.kind {
            NodeKind::Boolean(true) if verdict == ExpectedVerdict::NotApplicable => {
                let message = "\"Not Applicable\" is decided before play, never \"sometimes\"";
                self.error(node.span, message);
                false
            }
            NodeKind::Boolean(truth) => truth,
            _ => {
                self.error(node.span, "\"sometimes\" is true or false");
                false
            }
        }
    }
}

/// Whether a name is one of an account or of the device.
fn is_known(name: &str) -> bool {
    let (root, rest) = name.split_once('.').unwrap_or((name, ""));
    match root {
        "account" => ACCOUNT.iter().any(|(known, ..)| *known == rest),
        "device" => DEVICE.iter().any(|(known, _)| *known == rest),
        _ => false,
    }
}

/// What a profile may play.
const ROLES: &[(lwm2m::Role, &str)] = &[
    (lwm2m::Role::Client, "client"),
    (lwm2m::Role::Server, "server"),
    (lwm2m::Role::BootstrapServer, "bootstrap-server"),
];
/// Verdicts that can be expected.
const VERDICTS: &[(ExpectedVerdict, &str)] = &[
    (ExpectedVerdict::Fail, "Fail"),
    (ExpectedVerdict::Inconclusive, "Inconclusive"),
    (ExpectedVerdict::NotApplicable, "Not Applicable"),
];
