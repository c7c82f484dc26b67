//! A mutant of the notation as a misbehaviour of an emulator (notation, 11).
//!
//! What the emulators cannot do is refused with a reason; nothing is left out in silence.

use std::sync::Arc;

use coap::{Code, option};
use emulator::{
    Act, Answer, Direction, Edit, Handle, Kept, Misbehaviour, OptionEdit, Perform, Seen,
};
use judge::Literal;
use lwm2m::operation::WriteMode;
use lwm2m::{Path, Registry};
use testcase::{
    Changes, CoapName, Conduct, Entry, FieldName, Form, Handling, Line, Matcher, Mutant, Scalar,
    ScalarKind, Seat, Test, Word, WordKind,
};

use crate::station::answer_of;

/// A mutant that no emulator can be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("mutant \"{mutant}\": {reason}")]
pub struct MutantError {
    /// Its name.
    pub mutant: String,
    /// Why.
    pub reason: String,
}

/// What `mutant` makes of an emulator.
pub fn defect(mutant: &Mutant, types: &Arc<Registry>) -> Result<Defect, MutantError> {
    let (upon, deed) = match &mutant.defect {
        testcase::Defect::Channel(conduct) => return Ok(Defect::Channel(conduct.clone())),
        testcase::Defect::Message(upon, deed) => (upon, deed),
    };
    let compiler = Compiler {
        literal: Literal {
            types: Arc::clone(types),
        },
        seat: mutant.seat,
        upon,
        deed,
    };
    let act = compiler.act().map_err(|reason| MutantError {
        mutant: mutant.name.clone(),
        reason,
    })?;
    let mut misbehaviour = Misbehaviour::new(compiler.upon(), act);
    misbehaviour.copy = upon.copy;
    Ok(Defect::Messages(misbehaviour))
}

/// What is wrong with a seat.
pub enum Defect {
    /// Its messages.
    Messages(Misbehaviour),
    /// Its end of the channel below them.
    Channel(Box<Conduct>),
}

struct Compiler<'m> {
    literal: Literal,
    seat: Seat,
    upon: &'m Line,
    deed: &'m testcase::Act,
}

impl Compiler<'_> {
    /// The message that the defect comes upon.
    fn upon(&self) -> impl Fn(&Seen<'_>) -> bool + Send + 'static {
        let (line, literal) = (self.upon.clone(), self.literal.clone());
        let direction = self.direction();
        let endpoint = field(&line, FieldName::Endpoint).and_then(text);
        let known: &[&str] = match endpoint.as_deref() {
            Some(KNOWN) => &["endpoint"],
            _ => &[],
        };
        move |seen| {
            seen.direction == direction
                && (known.is_empty() || seen.known_endpoint)
                && match (&line.datagram, seen.datagram) {
                    (Some(wanted), datagram) => datagram.is_some_and(|bytes| is(wanted, bytes)),
                    (None, _) => literal.fits(&line, seen.message, seen.operation, known),
                }
        }
    }

    /// A request of another role comes; an answer goes, unless it is what ends something, is handled itself or is said to come.
    fn direction(&self) -> Direction {
        let line = self.upon;
        let taken = matches!(self.deed, testcase::Act::Keep(_) | testcase::Act::Handle(_));
        let answer = line.word_kind() == WordKind::Answer;
        let told = line.to == Some(self.seat);
        if line.seat != self.seat || answer && (taken || told) {
            Direction::Incoming
        } else {
            Direction::Outgoing
        }
    }

    fn act(&self) -> Result<Act, String> {
        Ok(match self.deed {
            testcase::Act::Handle(way) => Act::Handle(match way.value {
                Handling::Again => Handle::Again,
                Handling::Never => Handle::Never,
                Handling::Partly => Handle::Partly,
                Handling::Anyway => Handle::Anyway,
            }),
            testcase::Act::Keep(kept) => Act::Keep(match kept.value {
                testcase::Kept::Observations => Kept::Observations,
                testcase::Kept::Registration => Kept::Registration,
                testcase::Kept::Attributes => Kept::Attributes,
                testcase::Kept::Values => Kept::Value,
                testcase::Kept::Binding => Kept::Binding,
                testcase::Kept::Objects => Kept::Objects,
            }),
            testcase::Act::Answer(line) => Act::Answer(self.answer(line)?),
            testcase::Act::Change(changes) => Act::Change(self.edits(changes, false)?),
            testcase::Act::Add(changes) => Act::Change(self.edits(changes, true)?),
            testcase::Act::Misread(changes) => Act::Misread(self.edits(changes, false)?),
            testcase::Act::Drop => Act::Drop,
            testcase::Act::Send(line) => Act::Add(Box::new(self.request(line)?)),
            testcase::Act::Repeat(times) => Act::Repeat(*times),
            testcase::Act::Delay(time) => {
                let delay = time.as_duration();
                Act::Delay(delay.ok_or_else(|| format!("\"{time}\" is no duration"))?)
            }
        })
    }

    fn request(&self, line: &Line) -> Result<Perform, String> {
        let request = self.literal.request(line)?;
        let mut perform = Perform::new(request.operation);
        (perform.kind, perform.token) = (request.kind, request.token);
        perform.datagram = request.datagram;
        Ok(perform)
    }

    fn answer(&self, line: &Line) -> Result<Answer, String> {
        let reply = self.literal.reply(line, self.path())?;
        if reply.token.is_some() || reply.kind.is_some() || reply.datagram.is_some() {
            return Err("an answer of a mutant has no header of its own".to_owned());
        }
        let mut answer = answer_of(reply);
        if let Some(location) = field(line, FieldName::Location).and_then(text) {
            answer
                .options
                .extend(segments(option::LOCATION_PATH, &location));
        }
        Ok(answer)
    }

    fn edits(&self, changes: &Changes, adds: bool) -> Result<Vec<Edit>, String> {
        let mut edits: Vec<Edit> = changes.kind.map(Edit::Kind).into_iter().collect();
        if let Some(Scalar {
            kind: ScalarKind::Bytes(bytes),
            ..
        }) = &changes.datagram
        {
            edits.push(Edit::Datagram(bytes.clone()));
        }
        for one in &changes.fields {
            edits.extend(self.field(one.name.value, &one.matcher)?);
        }
        for one in &changes.coap {
            edits.extend(self.header(one.name.value, &one.matcher, adds)?);
        }
        Ok(edits)
    }

    fn field(&self, name: FieldName, matcher: &Matcher) -> Result<Vec<Edit>, String> {
        use FieldName::{
            Accept, Arguments, ContentFormat, Links, Location, Mode, Node, Objects, Observe,
            Payload, Token, Value,
        };
        if let Some(key) = query_of(name) {
            return query(key, name, matcher).map(|edit| vec![edit]);
        }
        Ok(match name {
            Objects | Links => links(matcher)?,
            Location => self.location(matcher),
            FieldName::Path => address(&demanded(name, matcher)?),
            FieldName::Paths if self.upon.word.value == Word::BootstrapPackRequest => {
                vec![account(matcher)?]
            }
            FieldName::Paths => vec![paths(matcher)?],
            Node => self.nodes(matcher)?,
            Value => {
                let path = self.path().ok_or("a value needs a path in \"upon\"")?;
                vec![self.node(path, matcher)?]
            }
            Payload | Arguments => vec![Edit::Payload(bytes(matcher))],
            ContentFormat if self.upon.word.value == Word::BootstrapRequest => {
                vec![preferred(matcher)?]
            }
            ContentFormat => vec![format(option::CONTENT_FORMAT, matcher)?],
            Accept => vec![format(option::ACCEPT, matcher)?],
            Observe => vec![Edit::Option(self.option(
                option::OBSERVE,
                matcher,
                false,
            )?)],
            Token => vec![Edit::Token(coap::Token(bytes(matcher)))],
            Mode => {
                let word = demanded(name, matcher)?;
                vec![Edit::Code(match WriteMode::from_name(&word) {
                    Some(WriteMode::PartialUpdate) => Code::POST,
                    _ => Code::PUT,
                })]
            }
            other => return Err(format!("the emulators cannot change \"{other}\"")),
        })
    }

    fn header(&self, name: CoapName, matcher: &Matcher, adds: bool) -> Result<Vec<Edit>, String> {
        Ok(vec![match name {
            CoapName::Token => Edit::Token(coap::Token(bytes(matcher))),
            CoapName::Code => {
                let text = text(matcher).unwrap_or_default();
                Edit::Code(code(&text).ok_or_else(|| format!("\"{text}\" is no code"))?)
            }
            CoapName::Option(number) => Edit::Option(self.option(number, matcher, adds)?),
            CoapName::MessageId => Edit::Id(coap::MessageId(number(matcher)?)),
            CoapName::Version => Edit::Version(number(matcher)?),
            CoapName::TokenLength => Edit::TokenLength(number(matcher)?),
        }])
    }

    fn option(&self, number: u16, matcher: &Matcher, adds: bool) -> Result<OptionEdit, String> {
        if matcher.form == Form::Absent {
            return Ok(OptionEdit::Remove(number));
        }
        let scalar = matcher.template().ok_or("an option needs a value")?;
        let value = self.literal.option_value(scalar)?;
        Ok(match adds {
            true => OptionEdit::Add(number, value),
            false => OptionEdit::Set(number, value),
        })
    }

    /// Where an Update or De-register goes, or what a Register is answered with.
    fn location(&self, matcher: &Matcher) -> Vec<Edit> {
        let location = text(matcher);
        match &location {
            Some(location) if self.direction() == Direction::Outgoing => address(location),
            _ => vec![Edit::Location(location)],
        }
    }

    fn nodes(&self, matcher: &Matcher) -> Result<Vec<Edit>, String> {
        let Form::Map(entries) = &matcher.form else {
            return Err("\"node\" names no paths".to_owned());
        };
        entries
            .iter()
            .map(|entry| self.node(path(&entry.key.to_string())?, &entry.matcher))
            .collect()
    }

    fn node(&self, path: Path, matcher: &Matcher) -> Result<Edit, String> {
        let value = matcher
            .template()
            .map(|scalar| self.literal.value(&path, scalar))
            .transpose()?;
        Ok(Edit::Node { path, value })
    }

    /// The path of the message that the defect comes upon.
    fn path(&self) -> Option<Path> {
        field(self.upon, FieldName::Path)
            .and_then(text)?
            .parse()
            .ok()
    }
}

/// Query parameters by field (Transport TS, 6.4.3 and 6.4.4).
fn query_of(name: FieldName) -> Option<&'static str> {
    Some(match name {
        FieldName::Endpoint => "ep",
        FieldName::Lifetime => "lt",
        FieldName::Version => "lwm2m",
        FieldName::Binding => "b",
        FieldName::Sms => "sms",
        FieldName::QueueMode => "Q",
        FieldName::ProfileId => "pid",
        FieldName::Pmin
        | FieldName::Pmax
        | FieldName::Gt
        | FieldName::Lt
        | FieldName::St
        | FieldName::Epmin
        | FieldName::Epmax
        | FieldName::Edge
        | FieldName::Con
        | FieldName::Hqmax
        | FieldName::Depth => name.name(),
        _ => return None,
    })
}

fn query(key: &str, name: FieldName, matcher: &Matcher) -> Result<Edit, String> {
    let value = match &matcher.form {
        Form::Absent => None,
        _ => {
            let written = demanded(name, matcher)?;
            let seconds = matcher.template().and_then(Scalar::as_duration);
            Some(match (name, seconds) {
                (FieldName::QueueMode, _) => String::new(),
                (_, Some(period)) => period.as_secs().to_string(),
                _ => written,
            })
        }
    };
    Ok(Edit::Query {
        key: key.to_owned(),
        value,
    })
}

/// Links that come or go: `includes` and `excludes`, or each target with its parameters.
fn links(matcher: &Matcher) -> Result<Vec<Edit>, String> {
    let (mut add, mut remove) = (Vec::new(), Vec::new());
    match &matcher.form {
        Form::Absent => {
            return Ok(vec![
                Edit::Payload(Vec::new()),
                Edit::Option(OptionEdit::Remove(option::CONTENT_FORMAT)),
            ]);
        }
        Form::Tests(tests) => {
            for test in tests {
                match test {
                    Test::Includes(texts) => {
                        add.extend(texts.iter().map(|text| format!("<{text}>")))
                    }
                    Test::Excludes(texts) => remove.extend(texts.iter().map(ToString::to_string)),
                    _ => return Err("links are included or excluded, nothing else".to_owned()),
                }
            }
        }
        Form::Map(entries) => {
            for entry in entries {
                remove.push(entry.key.to_string());
                add.extend(link(entry)?);
            }
        }
        _ => return Err("links are included or excluded, nothing else".to_owned()),
    }
    Ok(vec![Edit::Links { add, remove }])
}

fn link(entry: &Entry) -> Result<Option<String>, String> {
    let mut link = format!("<{}>", entry.key);
    match &entry.matcher.form {
        Form::Absent => return Ok(None),
        Form::Tests(tests) => {
            for test in tests {
                let Test::Parameter(name, value) = test else {
                    return Err("a link has parameters, nothing else".to_owned());
                };
                if value.form == Form::Absent {
                    continue;
                }
                let value = value.template().map(ToString::to_string);
                link.push_str(&format!(";{name}={}", value.unwrap_or_default()));
            }
        }
        _ => {}
    }
    Ok(Some(link))
}

/// The list of a composite operation.
fn paths(matcher: &Matcher) -> Result<Edit, String> {
    let Form::List(list) = &matcher.form else {
        return Err("\"paths\" is a list".to_owned());
    };
    let listed: Result<Vec<Path>, String> = list
        .iter()
        .map(|one| path(&text(one).unwrap_or_default()))
        .collect();
    listed.map(Edit::Paths)
}

/// Whether a scalar stands for these bytes.
fn is(scalar: &Scalar, bytes: &[u8]) -> bool {
    matches!(&scalar.kind, ScalarKind::Bytes(wanted) if wanted == bytes)
}

/// The path options of a request.
fn address(text: &str) -> Vec<Edit> {
    let edits = segments(option::URI_PATH, text);
    edits.into_iter().map(Edit::Option).collect()
}

fn segments(number: u16, text: &str) -> Vec<OptionEdit> {
    let parts = text.split('/').filter(|part| !part.is_empty());
    let add = parts.map(|part| OptionEdit::Add(number, part.as_bytes().to_vec()));
    std::iter::once(OptionEdit::Remove(number))
        .chain(add)
        .collect()
}

fn format(number: u16, matcher: &Matcher) -> Result<Edit, String> {
    if matcher.form == Form::Absent {
        return Ok(Edit::Option(OptionEdit::Remove(number)));
    }
    let word = text(matcher).unwrap_or_default();
    let format = coap::ContentFormat::from_name(&word)
        .or_else(|| word.parse().ok().map(coap::ContentFormat))
        .ok_or_else(|| format!("\"{word}\" is no Content-Format"))?;
    let bytes = format.0.to_be_bytes();
    let value = bytes.into_iter().skip_while(|byte| *byte == 0).collect();
    Ok(Edit::Option(OptionEdit::Set(number, value)))
}

/// The format that a Bootstrap-Request prefers, `pct`.
fn preferred(matcher: &Matcher) -> Result<Edit, String> {
    let value = match format(option::CONTENT_FORMAT, matcher)? {
        Edit::Option(OptionEdit::Set(_, bytes)) => {
            let number = bytes
                .iter()
                .fold(0_u32, |number, byte| number << 8 | u32::from(*byte));
            Some(number.to_string())
        }
        _ => None,
    };
    Ok(Edit::Query {
        key: "pct".to_owned(),
        value,
    })
}

/// The account that a Bootstrap-Pack-Request tells, `acc`.
fn account(matcher: &Matcher) -> Result<Edit, String> {
    let value = match &matcher.form {
        Form::Absent => None,
        Form::List(paths) => {
            let paths = paths.iter().filter_map(text);
            Some(paths.map(|path| format!("<{path}>")).collect::<Vec<_>>())
        }
        _ => return Err("\"paths\" is a list".to_owned()),
    };
    Ok(Edit::Query {
        key: "acc".to_owned(),
        value: value.map(|links| links.join(",")),
    })
}

fn code(text: &str) -> Option<Code> {
    let (class, detail) = text.split_once('.')?;
    let (class, detail): (u8, u8) = (class.parse().ok()?, detail.parse().ok()?);
    (class < 8 && detail < 32).then_some(Code(class << 5 | detail))
}

fn path(text: &str) -> Result<Path, String> {
    text.parse()
        .map_err(|error| format!("\"{text}\" is no path: {error}"))
}

fn field(line: &Line, name: FieldName) -> Option<&Matcher> {
    line.field(name)
}

/// What a matcher demands, as text.
fn text(matcher: &Matcher) -> Option<String> {
    matcher.template().map(ToString::to_string)
}

fn demanded(name: FieldName, matcher: &Matcher) -> Result<String, String> {
    text(matcher).ok_or_else(|| format!("\"{name}\" has no value to be sent"))
}

/// A number of the header.
fn number<T: std::str::FromStr>(matcher: &Matcher) -> Result<T, String> {
    let written = text(matcher).unwrap_or_default();
    let number = written.parse().ok();
    number.ok_or_else(|| format!("\"{written}\" is no number of the header"))
}

fn bytes(matcher: &Matcher) -> Vec<u8> {
    match matcher.template().map(|scalar| &scalar.kind) {
        Some(ScalarKind::Bytes(bytes)) => bytes.clone(),
        Some(_) => text(matcher).unwrap_or_default().into_bytes(),
        None => Vec::new(),
    }
}

/// As `endpoint` of a Register: whoever has registered before.
const KNOWN: &str = "known";

#[cfg(test)]
mod tests {
    use super::*;
    use lwm2m::Version;
    use testcase::{File, Library};

    fn compile(upon: &str, deed: &str) -> Result<Misbehaviour, MutantError> {
        let text = format!(
            "mutant: one\ntitle: One\nseat: client\nbreaks: nothing\ndefect: {{upon: {upon}, do: {deed}}}\ncaught-by: {{int-101: A}}\n"
        );
        let file = File::new("mutants/one", "one.yaml", text);
        let (library, diagnostics) = Library::load([file]);
        let types = Arc::new(Registry::builtin(Version::V1_1));
        let mutant = library.mutants.get("one");
        let mutant = mutant.unwrap_or_else(|| panic!("{diagnostics:?}"));
        match defect(mutant, &types)? {
            Defect::Messages(misbehaviour) => Ok(misbehaviour),
            Defect::Channel(conduct) => panic!("{conduct:?}"),
        }
    }

    fn edits(upon: &str, deed: &str) -> Vec<Edit> {
        match compile(upon, deed).map(|misbehaviour| misbehaviour.act) {
            Ok(Act::Change(edits)) => edits,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn changes_what_a_message_says() {
        let query = |key: &str, value: Option<&str>| Edit::Query {
            key: key.to_owned(),
            value: value.map(str::to_owned),
        };
        assert_eq!(
            edits(
                "{register: {}}",
                "{change: {lifetime: 1min, endpoint: absent}}"
            ),
            [query("lt", Some("60")), query("ep", None)]
        );
        assert_eq!(
            edits("{register: {}}", "{add: {objects: {includes: [/0/0]}}}"),
            [Edit::Links {
                add: vec!["</0/0>".to_owned()],
                remove: Vec::new(),
            }]
        );
        assert_eq!(
            edits(
                "{discover: {path: /3}}",
                "{change: {links: {/3/0/7: {dim: 3}}}}"
            ),
            [Edit::Links {
                add: vec!["</3/0/7>;dim=3".to_owned()],
                remove: vec!["/3/0/7".to_owned()],
            }]
        );
        assert_eq!(
            edits(
                "{read: {path: /1/0/1}}",
                "{change: {value: 7, coap: {accept: absent}}}"
            ),
            [
                Edit::Node {
                    path: Path::new(&[1, 0, 1]).unwrap(),
                    value: Some(lwm2m::Value::Integer(7)),
                },
                Edit::Option(OptionEdit::Remove(option::ACCEPT)),
            ]
        );
    }

    #[test]
    fn changes_how_a_message_is_sent() {
        assert_eq!(
            edits(
                "{read: {}}",
                "{change: {type: con, datagram: \"hex:40\", coap: {version: 2, message-id: 7}}}"
            ),
            [
                Edit::Kind(coap::Kind::Con),
                Edit::Datagram(vec![0x40]),
                Edit::Version(2),
                Edit::Id(coap::MessageId(7)),
            ]
        );
        let repeated = compile("{update: {}}", "{repeat: 3}").map(|one| one.act);
        assert!(matches!(repeated, Ok(Act::Repeat(3))), "{repeated:?}");
    }

    #[test]
    fn refuses_what_no_emulator_can_do() {
        for (deed, reason) in [
            ("{change: {value: 1}}", "a value needs a path in \"upon\""),
            (
                "{change: {coap: {version: two}}}",
                "\"two\" is no number of the header",
            ),
        ] {
            let error = compile("{read: {}}", deed).err();
            assert_eq!(
                error.map(|error| error.reason).as_deref(),
                Some(reason),
                "{deed}"
            );
        }
    }
}
