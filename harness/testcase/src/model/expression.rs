//! Expressions of `requires`, `when` and `optional`: what they say, and what decided them.

use std::cmp::Ordering;

use lwm2m::Version;

use super::{Seat, Span, Text};

/// A condition, with its text.
#[derive(Clone, Debug, PartialEq)]
pub struct Expression {
    /// As it was written.
    pub text: String,
    /// Where it stands.
    pub span: Span,
    /// What it says.
    pub node: ExpressionNode,
}

/// The parts of a condition.
#[derive(Clone, Debug, PartialEq)]
pub enum ExpressionNode {
    /// `true` or `false`.
    Always(bool),
    /// All of them.
    And(Vec<Self>),
    /// At least one of them.
    Or(Vec<Self>),
    /// Not this.
    Not(Box<Self>),
    /// `version >= 1.1`.
    Version(Comparison, Version),
    /// A word of the ICS: `tlv`, `queue-mode`, an operation.
    Word(String),
    /// `object(3, resources 6 7)`.
    Object {
        /// Object ID.
        id: u16,
        /// Resource IDs that must be there.
        resources: Vec<u16>,
    },
    /// `object(${object})`, of a step's `each`.
    ObjectOf(Text),
    /// `ixit(firmware.image)`.
    Ixit(String),
    /// `iut(server)`: an implementation holds this seat.
    Iut(Seat),
    /// `${a} = ${b}`.
    Equal(Text, Text),
    /// `${a} != ${b}`.
    NotEqual(Text, Text),
}

/// How two versions compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `=`
    Equal,
    /// `!=`
    NotEqual,
    /// `>=`
    AtLeast,
    /// `>`
    Greater,
}

/// What an expression may ask.
pub trait Facts {
    /// The LwM2M version of the run.
    fn version(&self) -> Version;
    /// Whether everybody claims this word of the ICS.
    fn claims(&self, word: &str) -> bool;
    /// What is claimed of an Object: `None` if it is not there, else the Resources of `resources` that are missing.
    fn object(&self, id: u16, resources: &[u16]) -> Option<Vec<u16>>;
    /// Whether the vendor told this.
    fn ixit(&self, name: &str) -> bool;
    /// Whether an implementation holds this seat.
    fn iut(&self, seat: Seat) -> bool;
    /// The value of a variable, if it has one.
    fn variable(&self, name: &str) -> Option<String>;
}

/// Outcome of an expression, and the values that decided it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evaluation {
    /// Whether it holds.
    pub value: bool,
    /// The terms that decided it, each with its value: `("version >= 1.1", "1.0")`, `("tlv", "not claimed")`.
    pub explanation: Vec<(String, String)>,
}

impl Expression {
    /// An expression that always holds, for keys left out.
    pub fn always(span: Span) -> Self {
        Self {
            text: "true".to_owned(),
            span,
            node: ExpressionNode::Always(true),
        }
    }

    /// Whether it holds, and why.
    pub fn evaluate(&self, facts: &dyn Facts) -> Evaluation {
        self.node.evaluate(facts)
    }
}

impl ExpressionNode {
    fn evaluate(&self, facts: &dyn Facts) -> Evaluation {
        match self {
            Self::Always(value) => Evaluation {
                value: *value,
                explanation: Vec::new(),
            },
            Self::And(parts) => combine(parts, facts, true),
            Self::Or(parts) => combine(parts, facts, false),
            Self::Not(part) => {
                let inner = part.evaluate(facts);
                Evaluation {
                    value: !inner.value,
                    explanation: inner.explanation,
                }
            }
            Self::Equal(left, right) => compare(left, right, true, facts),
            Self::NotEqual(left, right) => compare(left, right, false, facts),
            term => term.evaluate_term(facts),
        }
    }

    fn evaluate_term(&self, facts: &dyn Facts) -> Evaluation {
        let claimed = |value| if value { "claimed" } else { "not claimed" };
        match self {
            Self::Version(comparison, version) => {
                let actual = facts.version();
                decided(
                    comparison.holds(actual.cmp(version)),
                    format!("version {} {version}", comparison.symbol()),
                    actual.to_string(),
                )
            }
            Self::Word(word) => {
                let value = facts.claims(word);
                decided(value, word.clone(), claimed(value))
            }
            Self::Object { id, resources } => object(*id, resources, facts),
            Self::ObjectOf(text) => object_of(text, facts),
            Self::Ixit(name) => {
                let value = facts.ixit(name);
                let said = if value { "told" } else { "not told" };
                decided(value, format!("ixit({name})"), said)
            }
            Self::Iut(seat) => {
                let value = facts.iut(*seat);
                let said = if value {
                    "an implementation"
                } else {
                    "the harness"
                };
                decided(value, format!("iut({seat})"), said)
            }
            _ => decided(true, String::new(), ""),
        }
    }
}

impl Comparison {
    /// Every comparison with its sign, longer signs first.
    pub const NAMED: &[(Self, &str)] = &[
        (Self::AtMost, "<="),
        (Self::AtLeast, ">="),
        (Self::NotEqual, "!="),
        (Self::Less, "<"),
        (Self::Greater, ">"),
        (Self::Equal, "="),
    ];

    /// Its sign.
    pub fn symbol(self) -> &'static str {
        Self::NAMED
            .iter()
            .find(|(comparison, _)| *comparison == self)
            .map_or("=", |(_, symbol)| symbol)
    }

    /// Whether it holds for this order of left and right.
    pub const fn holds(self, order: Ordering) -> bool {
        match self {
            Self::Less => order.is_lt(),
            Self::AtMost => order.is_le(),
            Self::Equal => order.is_eq(),
            Self::NotEqual => order.is_ne(),
            Self::AtLeast => order.is_ge(),
            Self::Greater => order.is_gt(),
        }
    }
}

/// All of `parts` (`all`) or one of them; explained by those parts that force the outcome.
fn combine(parts: &[ExpressionNode], facts: &dyn Facts, all: bool) -> Evaluation {
    let outcomes: Vec<_> = parts.iter().map(|part| part.evaluate(facts)).collect();
    let value = if all {
        outcomes.iter().all(|outcome| outcome.value)
    } else {
        outcomes.iter().any(|outcome| outcome.value)
    };
    Evaluation {
        value,
        explanation: outcomes
            .into_iter()
            .filter(|outcome| outcome.value == value)
            .flat_map(|outcome| outcome.explanation)
            .collect(),
    }
}

fn object(id: u16, resources: &[u16], facts: &dyn Facts) -> Evaluation {
    let list = |ids: &[u16]| ids.iter().map(|id| format!(" {id}")).collect::<String>();
    let term = if resources.is_empty() {
        format!("object({id})")
    } else {
        format!("object({id}, resources{})", list(resources))
    };
    match facts.object(id, resources) {
        None => decided(false, term, "not claimed"),
        Some(missing) if missing.is_empty() => decided(true, term, "claimed"),
        Some(missing) => decided(false, term, format!("without{}", list(&missing))),
    }
}

/// The Object whose ID a variable holds; one that is not known is not there.
fn object_of(text: &Text, facts: &dyn Facts) -> Evaluation {
    let id = text.resolve(|name| facts.variable(name)).ok();
    match id.and_then(|id| id.parse().ok()) {
        Some(id) => object(id, &[], facts),
        None => decided(false, format!("object({text})"), "unknown"),
    }
}

/// Two texts that are known and equal, or known and unequal; an unknown one decides against.
fn compare(left: &Text, right: &Text, wanted: bool, facts: &dyn Facts) -> Evaluation {
    let resolve = |text: &Text| text.resolve(|name| facts.variable(name)).ok();
    let (first, second) = (resolve(left), resolve(right));
    let value = first.is_some() && second.is_some() && (first == second) == wanted;
    let said = |value: Option<String>| value.unwrap_or_else(|| "unknown".to_owned());
    Evaluation {
        value,
        explanation: vec![
            (left.to_string(), said(first)),
            (right.to_string(), said(second)),
        ],
    }
}

fn decided(value: bool, term: impl Into<String>, said: impl Into<String>) -> Evaluation {
    Evaluation {
        value,
        explanation: vec![(term.into(), said.into())],
    }
}
