//! Mutants and errata.

use std::collections::BTreeMap;
use std::sync::Arc;

use coap::Kind;

use super::Reader;
use super::line::Speaker;
use super::matcher::Place;
use super::reader::Keys;
use crate::diagnostic::suggest;
use crate::model::{
    Act, Changes, Defect, Erratum, Field, FieldName, Handling, Kept, Line, Mutant, Seat, Spanned,
    Word, WordKind,
};
use crate::notation::{DEED, DEFECT, ERRATUM, MUTANT};
use crate::tree::{Node, NodeKind};

impl Reader<'_> {
    /// A mutant.
    pub(crate) fn mutant(&mut self, node: &Node, text: &Arc<str>) -> Option<Mutant> {
        let keys = self.keys(node, MUTANT)?;
        let seat = self.seat(keys.value("seat")?)?;
        let defect = self.keys(keys.value("defect")?, DEFECT)?;
        let defect = self.defect(&defect, seat)?;
        Some(Mutant {
            name: self.one(&keys, "mutant"),
            file: self.file.to_owned(),
            text: Arc::clone(text),
            title: self.one(&keys, "title"),
            seat,
            breaks: keys
                .value("breaks")
                .and_then(|node| self.plain(node, "breaks"))
                .unwrap_or_else(|| Spanned::new(String::new(), keys.span)),
            defect,
            remarked_by: self.remarked_by(&keys),
            caught_by: self.caught_by(&keys),
            passes: keys
                .value("passes")
                .map(|node| self.plains(node, "passes"))
                .unwrap_or_default(),
        })
    }

    /// Upon a message, or in the channel below.
    fn defect(&mut self, keys: &Keys<'_>, seat: Seat) -> Option<Defect> {
        match (keys.value("upon"), keys.value("do"), keys.value("conduct")) {
            (Some(upon), Some(deed), None) => {
                let upon = self.line(upon, Speaker::Sender(seat))?;
                let act = self.act(deed, seat, &upon)?;
                Some(Defect::Message(Box::new(upon), Box::new(act)))
            }
            (None, None, Some(node)) => Some(Defect::Channel(Box::new(self.conduct(node)?))),
            _ => {
                self.error(keys.span, "a defect is \"upon\" and \"do\", or \"conduct\"")
                    .help = Some(
                    "{upon: {read: {}}, do: {drop: true}}, or {conduct: {misdeeds: [cleartext]}}"
                        .to_owned(),
                );
                None
            }
        }
    }

    fn caught_by(&mut self, keys: &Keys<'_>) -> BTreeMap<String, Vec<Spanned<String>>> {
        let mut caught = BTreeMap::new();
        let node = keys.value("caught-by");
        for (key, value) in node
            .and_then(|node| self.map(node, "caught-by"))
            .unwrap_or_default()
        {
            caught.insert(key.value.clone(), self.letters(value));
        }
        if caught.is_empty() && keys.value("remarked-by").is_none() {
            self.error(keys.place("caught-by"), "nothing catches this mutant");
        }
        caught
    }

    fn remarked_by(&mut self, keys: &Keys<'_>) -> BTreeMap<String, Vec<Spanned<String>>> {
        let node = keys.value("remarked-by");
        let entries = node.and_then(|node| self.map(node, "remarked-by"));
        let mut remarked = BTreeMap::new();
        for (key, value) in entries.unwrap_or_default() {
            remarked.insert(key.value.clone(), self.one_or_more(value));
        }
        remarked
    }

    /// A text, or a list of texts.
    fn one_or_more(&mut self, node: &Node) -> Vec<Spanned<String>> {
        match node.kind {
            NodeKind::List(_) => self.plains(node, "rules"),
            _ => self.plain(node, "a rule").into_iter().collect(),
        }
    }

    fn act(&mut self, node: &Node, seat: Seat, upon: &Line) -> Option<Act> {
        let keys = self.keys(node, DEED)?;
        if keys.len() != 1 {
            let deeds: Vec<_> = DEED.keys.iter().map(|key| key.name).collect();
            self.error(node.span, "\"do\" is one deed").help =
                Some(format!("deeds: {}", deeds.join(", ")));
            return None;
        }
        let (key, value) = keys.first()?;
        let span = value.span;
        Some(match key.as_str() {
            "handle" => Act::Handle(Spanned::new(
                self.choice(value, "handling", Handling::NAMED)?,
                span,
            )),
            "keep" => Act::Keep(Spanned::new(
                self.choice(value, "keepsake", Kept::NAMED)?,
                span,
            )),
            "answer" => Act::Answer(Box::new(self.line(value, Speaker::Sender(seat))?)),
            "change" => Act::Change(self.changes(value, upon, upon.seat == seat)),
            "add" => Act::Add(self.changes(value, upon, upon.seat == seat)),
            "misread" => {
                if upon.seat == seat || upon.word.kind() != WordKind::Request {
                    self.error(span, "only a request that comes can be misread");
                }
                Act::Misread(self.changes(value, upon, true))
            }
            "send" => Act::Send(Box::new(self.line(value, Speaker::Sender(seat))?)),
            "delay" => Act::Delay(self.duration(value, "delay")?),
            "repeat" => Act::Repeat(self.count(value, "repeat").unwrap_or(1)),
            _ => {
                if value.kind != NodeKind::Boolean(true) {
                    self.error(span, "\"drop\" is true or left out");
                }
                Act::Drop
            }
        })
    }

    /// Fields of the message itself (`own`), or of any answer to it.
    fn changes(&mut self, node: &Node, upon: &Line, own: bool) -> Changes {
        let allowed: Vec<FieldName> = if own {
            upon.word.fields().to_vec()
        } else {
            let mut fields = Word::Content.fields().to_vec();
            fields.extend(Word::Created.fields());
            fields
        };
        let allowed = [
            &allowed[..],
            &[FieldName::Payload, FieldName::ContentFormat],
        ]
        .concat();
        let mut changes = Changes::default();
        for (key, value) in self.map(node, "change").unwrap_or_default() {
            match key.as_str() {
                "coap" => changes.coap = self.coap_fields(value),
                "datagram" => changes.datagram = self.datagram(value),
                "type" => changes.kind = self.choice(value, "message type", SENT),
                _ => {
                    let name = FieldName::from_name(key).filter(|name| allowed.contains(name));
                    let Some(name) = name else {
                        self.unknown_change(key, &allowed);
                        continue;
                    };
                    if let Some(matcher) =
                        self.matcher(value, Place::new(name.shape(), name.name()))
                    {
                        let name = Spanned::new(name, key.span);
                        changes.fields.push(Field { name, matcher });
                    }
                }
            }
        }
        changes
    }

    fn unknown_change(&mut self, key: &Spanned<String>, allowed: &[FieldName]) {
        let mut words: Vec<_> = allowed.iter().map(|field| field.name()).collect();
        words.extend(["coap", "datagram", "type"]);
        let near = suggest(key, words.iter().copied());
        let mistake = self.error(
            key.span,
            format!("\"{}\" is no field of that message", key.value),
        );
        mistake.label = near.map(|word| format!("did you mean \"{word}\"?"));
        mistake.help = Some(format!("fields: {}", words.join(", ")));
    }

    /// An erratum.
    pub(crate) fn erratum(&mut self, node: &Node) -> Option<Erratum> {
        let keys = self.keys(node, ERRATUM)?;
        Some(Erratum {
            name: self.one(&keys, "erratum"),
            file: self.file.to_owned(),
            ticket: keys
                .value("ticket")
                .and_then(|node| self.plain(node, "ticket"))
                .map(|text| text.value),
            cases: keys
                .value("cases")
                .map(|node| self.plains(node, "cases"))
                .unwrap_or_default(),
            says: self.one(&keys, "says"),
            sensible: self.one(&keys, "sensible"),
            status: self.one(&keys, "status"),
        })
    }
}

/// What a mutant may call any of its messages.
const SENT: &[(Kind, &str)] = &[
    (Kind::Con, "con"),
    (Kind::Non, "non"),
    (Kind::Ack, "ack"),
    (Kind::Rst, "rst"),
];
