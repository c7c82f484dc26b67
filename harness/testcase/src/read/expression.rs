//! Parses expressions: `version >= 1.1 and (tlv or not object(3, resources 6 7))`.

use lwm2m::Version;

use super::Reader;
use super::reader::MAX_LISTED;
use crate::diagnostic::suggest;
use crate::model::{Comparison, Expression, ExpressionNode, Seat, Span, Text};
use crate::notation::{IXIT, ics_words};
use crate::tree::{Node, NodeKind};

impl Reader<'_> {
    /// An expression; `true` and `false` are ones.
    pub(crate) fn expression(&mut self, node: &Node) -> Option<Expression> {
        let span = node.span;
        let text = match &node.kind {
            NodeKind::Boolean(value) => {
                return Some(Expression {
                    text: value.to_string(),
                    span,
                    node: ExpressionNode::Always(*value),
                });
            }
            NodeKind::Text(text) => text,
            _ => {
                self.expected(node, "expression", "an expression");
                return None;
            }
        };
        let length = text.chars().count();
        let quoted = usize::try_from(span.width).is_ok_and(|width| width == length + 2);
        let mut parser = Parser {
            tokens: tokens(text),
            position: 0,
            end: length,
        };
        match parser.whole() {
            Ok(node) => Some(Expression {
                text: text.clone(),
                span,
                node,
            }),
            Err(mistake) => {
                let shift = mistake.start + usize::from(quoted);
                let shift = u32::try_from(shift).unwrap_or(0);
                let width = u32::try_from(mistake.width).unwrap_or(1).max(1);
                let place = Span::new(span.line, span.column.saturating_add(shift), width);
                let diagnostic = self.error(place, mistake.message);
                diagnostic.label = mistake.label;
                diagnostic.help = Some(mistake.help.unwrap_or_else(|| HELP.to_owned()));
                None
            }
        }
    }
}

/// A word, sign or variable, with its place in characters.
struct Token {
    text: String,
    start: usize,
}

struct Parser {
    tokens: Vec<Token>,
    position: usize,
    end: usize,
}

struct Mistake {
    start: usize,
    width: usize,
    message: String,
    label: Option<String>,
    help: Option<String>,
}

type Parsed = Result<ExpressionNode, Mistake>;

impl Parser {
    fn whole(&mut self) -> Parsed {
        let node = self.any_of(0)?;
        match self.peek() {
            None => Ok(node),
            Some(extra) => Err(self.mistake(format!("\"{extra}\" stands where nothing can"))),
        }
    }

    fn any_of(&mut self, depth: u8) -> Parsed {
        let mut parts = vec![self.all_of(depth)?];
        while self.take("or") {
            parts.push(self.all_of(depth)?);
        }
        Ok(single(parts, ExpressionNode::Or))
    }

    fn all_of(&mut self, depth: u8) -> Parsed {
        let mut parts = vec![self.term(depth)?];
        while self.take("and") {
            parts.push(self.term(depth)?);
        }
        Ok(single(parts, ExpressionNode::And))
    }

    fn term(&mut self, depth: u8) -> Parsed {
        if depth > MAX_DEPTH {
            return Err(self.mistake("the expression is nested too deeply".to_owned()));
        }
        if self.take("not") {
            return Ok(ExpressionNode::Not(Box::new(self.term(depth + 1)?)));
        }
        if self.take("(") {
            let inner = self.any_of(depth + 1)?;
            self.want(")")?;
            return Ok(inner);
        }
        match self.peek() {
            None => Err(self.mistake("the expression ends too early".to_owned())),
            Some("version") => self.version(),
            Some("object") => self.object(),
            Some("ixit") => self.ixit(),
            Some("iut") => self.iut(),
            Some("true" | "false") => Ok(ExpressionNode::Always(self.next() == "true")),
            Some(text) if text.starts_with("${") => self.comparison(),
            Some(_) => self.word(),
        }
    }

    fn version(&mut self) -> Parsed {
        self.position += 1;
        let sign = self.peek().unwrap_or("").to_owned();
        let Some((comparison, _)) = Comparison::NAMED.iter().find(|(_, name)| *name == sign) else {
            return Err(self.mistake("\"version\" wants one of < <= = != >= >".to_owned()));
        };
        self.position += 1;
        let Some(version) = self.peek().and_then(Version::parse) else {
            return Err(self.mistake("a version is 1.0, 1.1 or 1.2".to_owned()));
        };
        self.position += 1;
        Ok(ExpressionNode::Version(*comparison, version))
    }

    fn object(&mut self) -> Parsed {
        self.position += 1;
        self.want("(")?;
        if self.peek().is_some_and(|text| text.starts_with("${")) {
            let id = self.operand()?;
            self.want(")")?;
            return Ok(ExpressionNode::ObjectOf(id));
        }
        let id = self.number()?;
        let mut resources = Vec::new();
        if self.take(",") {
            self.want("resources")?;
            resources.push(self.number()?);
            while self.peek().is_some_and(|text| text != ")") {
                resources.push(self.number()?);
            }
        }
        self.want(")")?;
        Ok(ExpressionNode::Object { id, resources })
    }

    fn ixit(&mut self) -> Parsed {
        self.position += 1;
        self.want("(")?;
        let name = self.peek().unwrap_or("").to_owned();
        if !IXIT.iter().any(|key| key.name == name) {
            let words: Vec<_> = IXIT.iter().map(|key| key.name).collect();
            return Err(self.unknown("ixit", &name, &words));
        }
        self.position += 1;
        self.want(")")?;
        Ok(ExpressionNode::Ixit(name))
    }

    fn iut(&mut self) -> Parsed {
        self.position += 1;
        self.want("(")?;
        let name = self.peek().unwrap_or("").to_owned();
        let Ok(seat) = name.parse::<Seat>() else {
            let seats = Seat::ALL.map(|seat| seat.to_string());
            let words: Vec<_> = seats.iter().map(String::as_str).collect();
            return Err(self.unknown("seat", &name, &words));
        };
        self.position += 1;
        self.want(")")?;
        Ok(ExpressionNode::Iut(seat))
    }

    fn comparison(&mut self) -> Parsed {
        let left = self.operand()?;
        let equal = match self.peek() {
            Some("=") => true,
            Some("!=") => false,
            _ => return Err(self.mistake("a variable is compared with = or !=".to_owned())),
        };
        self.position += 1;
        let right = self.operand()?;
        Ok(if equal {
            ExpressionNode::Equal(left, right)
        } else {
            ExpressionNode::NotEqual(left, right)
        })
    }

    fn operand(&mut self) -> Result<Text, Mistake> {
        let name = self
            .peek()
            .and_then(|text| text.strip_prefix("${")?.strip_suffix('}'))
            .map(str::to_owned);
        match name {
            Some(name) => {
                self.position += 1;
                let span = Span::default();
                let parts = vec![crate::model::Part::Variable(name, span)];
                Ok(Text { parts, span })
            }
            None => Err(self.mistake("a variable is compared with a variable".to_owned())),
        }
    }

    fn word(&mut self) -> Parsed {
        let words = ics_words();
        let found = self.peek().unwrap_or("").to_owned();
        if !words.contains(&found.as_str()) {
            return Err(self.unknown("word of the ICS", &found, &words));
        }
        self.position += 1;
        Ok(ExpressionNode::Word(found))
    }

    fn number(&mut self) -> Result<u16, Mistake> {
        match self.peek().and_then(|text| text.parse().ok()) {
            Some(number) => {
                self.position += 1;
                Ok(number)
            }
            None => Err(self.mistake("an Object or Resource ID is wanted here".to_owned())),
        }
    }

    fn peek(&self) -> Option<&str> {
        self.tokens
            .get(self.position)
            .map(|token| token.text.as_str())
    }

    fn next(&mut self) -> String {
        let text = self.peek().unwrap_or("").to_owned();
        self.position += 1;
        text
    }

    fn take(&mut self, text: &str) -> bool {
        let taken = self.peek() == Some(text);
        self.position += usize::from(taken);
        taken
    }

    fn want(&mut self, text: &str) -> Result<(), Mistake> {
        if self.take(text) {
            return Ok(());
        }
        let message = match self.peek() {
            Some(found) => format!("\"{found}\" stands where \"{text}\" is wanted"),
            None => format!("the expression ends where \"{text}\" is wanted"),
        };
        Err(self.mistake(message))
    }

    fn mistake(&self, message: String) -> Mistake {
        let token = self.tokens.get(self.position);
        Mistake {
            start: token.map_or(self.end, |token| token.start),
            width: token.map_or(1, |token| token.text.chars().count()),
            message,
            label: None,
            help: None,
        }
    }

    fn unknown(&self, what: &str, found: &str, words: &[&str]) -> Mistake {
        let mut mistake = self.mistake(format!("unknown {what} \"{found}\""));
        mistake.label =
            suggest(found, words.iter().copied()).map(|word| format!("did you mean \"{word}\"?"));
        mistake.help = Some(match words.len() {
            0..=MAX_LISTED => format!("{what}: {}", words.join(", ")),
            _ => format!("{what}: testcases/reference.md"),
        });
        mistake
    }
}

fn single(
    mut parts: Vec<ExpressionNode>,
    join: fn(Vec<ExpressionNode>) -> ExpressionNode,
) -> ExpressionNode {
    match (parts.pop(), parts.is_empty()) {
        (Some(only), true) => only,
        (Some(last), false) => {
            parts.push(last);
            join(parts)
        }
        (None, _) => join(parts),
    }
}

fn tokens(text: &str) -> Vec<Token> {
    let characters: Vec<char> = text.chars().collect();
    let mut tokens = Vec::new();
    let mut start = 0;
    while let Some(first) = characters.get(start) {
        if first.is_whitespace() {
            start += 1;
            continue;
        }
        let rest = characters.get(start..).unwrap_or_default();
        let length = token_length(rest);
        tokens.push(Token {
            text: rest.iter().take(length).collect(),
            start,
        });
        start += length;
    }
    tokens
}

fn token_length(rest: &[char]) -> usize {
    let plain = |c: &char| c.is_ascii_alphanumeric() || "._-".contains(*c);
    match rest {
        ['$', '{', ..] => rest
            .iter()
            .position(|c| *c == '}')
            .map_or(rest.len(), |end| end + 1),
        ['<' | '>' | '!', '=', ..] => 2,
        [first, ..] if plain(first) => rest.iter().take_while(|c| plain(c)).count(),
        _ => 1,
    }
}

/// Deepest nesting of parentheses and `not`.
const MAX_DEPTH: u8 = 32;
/// What expressions are made of.
const HELP: &str = "expressions: and or not ( ), version >= 1.1, words of the ICS, object(N), \
    object(N, resources A B), object(${A}), ixit(NAME), iut(SEAT), ${A} = ${B}, ${A} != ${B}";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Evaluation, Facts};

    struct Known;

    impl Facts for Known {
        fn version(&self) -> Version {
            Version::V1_1
        }
        fn claims(&self, word: &str) -> bool {
            word == "tlv"
        }
        fn object(&self, id: u16, resources: &[u16]) -> Option<Vec<u16>> {
            (id == 3).then(|| resources.iter().copied().filter(|id| *id > 7).collect())
        }
        fn ixit(&self, name: &str) -> bool {
            name == "firmware.image"
        }
        fn iut(&self, seat: Seat) -> bool {
            seat == Seat::CLIENT
        }
        fn variable(&self, name: &str) -> Option<String> {
            (name != "nobody").then(|| name.chars().take(1).collect())
        }
    }

    fn evaluate(text: &str) -> Evaluation {
        let node = Node {
            span: Span::new(1, 1, 1),
            kind: NodeKind::Text(text.to_owned()),
        };
        let mut reader = Reader::new("a.yaml");
        let expression = reader.expression(&node);
        assert_eq!(reader.diagnostics, [], "{text}");
        expression.unwrap().evaluate(&Known)
    }

    #[test]
    fn expressions_hold_or_not() {
        for (text, value) in [
            ("tlv", true),
            ("not tlv", false),
            ("tlv and senml-json", false),
            ("tlv or senml-json and senml-cbor", true),
            ("(tlv or senml-json) and senml-cbor", false),
            ("version >= 1.1", true),
            ("version < 1.1", false),
            ("version != 1.2", true),
            ("object(3)", true),
            ("object(3, resources 6 7)", true),
            ("object(3, resources 7 8)", false),
            ("not object(3339)", true),
            ("object(${3})", true),
            ("object(${ad})", false),
            ("object(${nobody})", false),
            ("ixit(firmware.image)", true),
            ("iut(client) and not iut(server-2)", true),
            ("${ab.c} = ${ad}", true),
            ("${ab.c} != ${ad}", false),
            ("${nobody} != ${ad}", false),
            ("not (tlv and not (tlv))", true),
        ] {
            assert_eq!(evaluate(text).value, value, "{text}");
        }
    }

    #[test]
    fn what_decided_is_told() {
        let told = evaluate("version >= 1.2 and tlv and object(3, resources 7 8 9)").explanation;
        let told: Vec<_> = told
            .iter()
            .map(|(term, said)| (term.as_str(), said.as_str()))
            .collect();
        assert_eq!(
            told,
            [
                ("version >= 1.2", "1.1"),
                ("object(3, resources 7 8 9)", "without 8 9")
            ]
        );
    }

    #[test]
    fn mistakes_have_their_place() {
        for (text, column, width) in [
            ("tlv and", 8, 1),
            ("tlv an senml-json", 5, 2),
            ("tvl", 1, 3),
            ("version >= 2.0", 12, 3),
            ("version", 8, 1),
            ("object(x)", 8, 1),
            ("object(3, 6)", 11, 1),
            ("(tlv", 5, 1),
            ("ixit(fimware.image)", 6, 13),
            ("iut(sever)", 5, 5),
            ("${a} = b", 8, 1),
            ("", 1, 1),
        ] {
            let node = Node {
                span: Span::new(1, 1, u32::try_from(text.len()).unwrap()),
                kind: NodeKind::Text(text.to_owned()),
            };
            let mut reader = Reader::new("a.yaml");
            assert_eq!(reader.expression(&node), None, "{text}");
            assert_eq!(
                reader.diagnostics[0].span,
                Span::new(1, column, width),
                "{text}"
            );
        }
        let deep = "(".repeat(100_000);
        let node = Node {
            span: Span::new(1, 1, 1),
            kind: NodeKind::Text(deep),
        };
        assert_eq!(Reader::new("a.yaml").expression(&node), None);
    }
}
