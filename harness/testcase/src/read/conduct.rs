//! How seats keep their end of the channel.

use super::Reader;
use crate::model::{Conduct, Fault, Misdeed, SeatConduct, Spanned};
use crate::notation::{CONDUCT, FAULT, SUITES, VERIFIED};
use crate::tree::{Node, NodeKind};

impl Reader<'_> {
    /// The conduct of several seats, by seat.
    pub(crate) fn conducts(&mut self, node: &Node) -> Vec<SeatConduct> {
        let mut conducts = Vec::new();
        for (key, value) in self.map(node, "conduct").unwrap_or_default() {
            let Ok(seat) = key.parse() else {
                self.unknown_seat(key.span, key);
                continue;
            };
            if let Some(conduct) = self.conduct(value) {
                conducts.push(SeatConduct { seat, conduct });
            }
        }
        conducts
    }

    /// The conduct of one seat.
    pub(crate) fn conduct(&mut self, node: &Node) -> Option<Conduct> {
        let keys = self.keys(node, CONDUCT)?;
        let word = |name: &str| match keys.value(name).map(|node| &node.kind) {
            Some(NodeKind::Text(text)) => Some(text.clone()),
            _ => None,
        };
        let truth = |name: &str| match keys.value(name).map(|node| &node.kind) {
            Some(NodeKind::Boolean(truth)) => Some(*truth),
            _ => None,
        };
        let mut conduct = Conduct {
            protocol: word("protocol"),
            identity: word("identity"),
            wrong_key: word("key").as_deref() == Some("wrong"),
            hint: word("hint"),
            shows: word("shows"),
            asks_certificate: word("client-certificate").map(|text| text == "demanded"),
            server_name: word("server-name"),
            cookie: truth("cookie"),
            extended_master_secret: truth("extended-master-secret"),
            encrypt_then_mac: truth("encrypt-then-mac"),
            resumption: truth("resumption"),
            farewell: truth("farewell"),
            ..Conduct::default()
        };
        for (name, words) in [("protocol", PROTOCOLS), ("key", KEYS), ("shows", SHOWN)] {
            if let Some(node) = keys.value(name) {
                self.listed(node, name, words);
            }
        }
        if let Some(node) = keys.value("client-certificate") {
            self.listed(node, "client-certificate", ASKED);
        }
        conduct.suites = keys
            .value("suites")
            .map(|node| self.words(node, "cipher suite", SUITES));
        conduct.groups = keys.value("groups").map(|node| {
            self.words(
                node,
                "group",
                &["secp256r1", "secp192r1", "secp384r1", "x25519"],
            )
        });
        conduct.verifies = keys.value("verifies").map(|node| {
            let words = self.words(node, "check", VERIFIED);
            words.into_iter().map(|word| word.value).collect()
        });
        conduct.connection_id = keys
            .value("connection-id")
            .and_then(|node| self.count(node, "connection-id"));
        conduct.segment = keys
            .value("segment")
            .and_then(|node| self.count(node, "segment"));
        if let Some(node) = keys.value("misdeeds") {
            conduct.misdeeds = self.misdeeds(node);
        }
        if let Some(node) = keys.value("faults") {
            for item in self.list(node, "faults").unwrap_or_default() {
                conduct.faults.extend(self.fault(item));
            }
        }
        Some(conduct)
    }

    fn misdeeds(&mut self, node: &Node) -> Vec<Misdeed> {
        let mut misdeeds = Vec::new();
        for item in self.list(node, "misdeeds").unwrap_or_default() {
            misdeeds.extend(self.choice(item, "misdeed", Misdeed::NAMED));
        }
        misdeeds
    }

    fn fault(&mut self, node: &Node) -> Option<Fault> {
        let keys = self.keys(node, FAULT)?;
        let (message, does) = (keys.value("message")?, keys.value("does")?);
        self.listed(message, "message", crate::notation::HANDSHAKE);
        self.listed(does, "does", crate::notation::FAULTS);
        Some(Fault {
            message: message.as_text()?.to_owned(),
            does: does.as_text()?.to_owned(),
            size: keys.value("size").and_then(|node| self.count(node, "size")),
            by: keys.value("by").and_then(|node| self.duration(node, "by")),
        })
    }

    fn listed(&mut self, node: &Node, what: &str, words: &[&str]) {
        if let Some(text) = node.as_text()
            && !words.contains(&text)
        {
            self.unknown(node.span, what, text, words);
        }
    }

    fn words(&mut self, node: &Node, what: &str, words: &[&str]) -> Vec<Spanned<String>> {
        let found = self.plains(node, what);
        for one in &found {
            if !words.contains(&one.as_str()) {
                self.unknown(one.span, what, one, words);
            }
        }
        found
    }
}

use crate::notation::{PROTOCOLS, SHOWN};

/// Names under `key`.
const KEYS: &[&str] = &["right", "wrong"];
/// Names under `client-certificate`.
const ASKED: &[&str] = &["demanded", "not-asked"];
