//! Passes nodes and remarks on while a reader walks a payload, and holds each value against its definition.
//!
//! Knows no format; what differs between formats stands in [`Rules`].

use coap::ContentFormat;

use super::base64::{self, Form};
use super::{CodecError, CodecErrorKind, CodecRemark, NodeRef, RemarkKind, ValueRef, Visitor};
use crate::{MAX_ID, Node, ObjectTypes, Path, ResourceType, Type, Types, Value};

/// How one format writes the types that it does not tell apart.
#[derive(Clone, Copy)]
pub(super) struct Rules {
    /// An integer on the wire is a fine Float.
    pub(super) integer_is_float: bool,
    /// A float without fraction is read as an Integer, with a remark.
    pub(super) float_may_be_integer: bool,
    /// Text carries Object Links.
    pub(super) text_is_link: bool,
    /// Text carries Opaque values in base64.
    pub(super) text_is_base64: bool,
}

/// Whether each path stood behind the one before it, so that none can have stood twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    Ascending,
    Mixed,
}

/// What is known between two nodes.
pub(super) struct Assembly<'a, V> {
    format: ContentFormat,
    base: Path,
    types: &'a dyn Types,
    rules: Rules,
    visitor: &'a mut V,
    /// The Object of the last node, and the types of its Resources where they are at hand.
    object: Option<u16>,
    object_types: Option<&'a ObjectTypes>,
    /// Answers to questions for single Resources, where the types of an Object are not at hand; empty before the first.
    answers: Vec<Answer>,
    /// [`Path::order`] of the last node and one more, 0 before the first.
    last: u64,
    ascending: bool,
}

/// What a definition said of one Resource.
#[derive(Clone, Copy)]
struct Answer {
    object: u16,
    resource: u16,
    definition: Option<ResourceType>,
}

impl<'a, V> Assembly<'a, V> {
    pub(super) const fn new(
        format: ContentFormat,
        base: Path,
        types: &'a dyn Types,
        rules: Rules,
        visitor: &'a mut V,
    ) -> Self {
        Self {
            format,
            base,
            types,
            rules,
            visitor,
            object: None,
            object_types: None,
            answers: Vec::new(),
            last: 0,
            ascending: true,
        }
    }

    pub(super) const fn error(&self, offset: usize, kind: CodecErrorKind) -> CodecError {
        CodecError::new(self.format, offset, kind)
    }

    /// What the definitions say of `path`, if it is a Resource or Resource Instance.
    #[inline(always)]
    pub(super) fn definition(&mut self, path: &Path) -> Option<ResourceType> {
        let (object, resource) = path.object_and_resource()?;
        if self.object != Some(object) {
            self.enter(object);
        }
        self.definition_here(resource)
    }

    /// What the definitions say of a Resource of the Object that was entered last.
    #[inline(always)]
    pub(super) fn definition_here(&mut self, resource: u16) -> Option<ResourceType> {
        match self.object_types {
            Some(types) => types.resource(resource),
            None => self.ask(self.object?, resource),
        }
    }

    #[inline(never)]
    pub(super) fn enter(&mut self, object: u16) {
        self.object = Some(object);
        self.object_types = self.types.object(object);
    }

    #[inline(never)]
    fn ask(&mut self, object: u16, resource: u16) -> Option<ResourceType> {
        if self.answers.is_empty() {
            // No Object has this identifier (Core TS, 7.4), so nothing is known of it from the start.
            let unknown = Answer {
                object: MAX_ID,
                resource: MAX_ID,
                definition: None,
            };
            self.answers.resize(ANSWERS, unknown);
        }
        let slot = (object.wrapping_mul(7) ^ resource) as usize % ANSWERS;
        let answer = &mut self.answers[slot];
        if (answer.object, answer.resource) != (object, resource) {
            *answer = Answer {
                object,
                resource,
                definition: self.types.resource(object, resource),
            };
        }
        answer.definition
    }

    /// Ends the reading.
    pub(super) fn finish(self) -> Order {
        if self.ascending {
            Order::Ascending
        } else {
            Order::Mixed
        }
    }
}

impl<'p, V: Visitor<'p>> Assembly<'_, V> {
    #[cold]
    pub(super) fn remark(&mut self, kind: RemarkKind, offset: usize, path: Path) {
        self.visitor.remark(CodecRemark { kind, offset, path });
    }

    /// Adds a node whose value stands as the wire has it, fitted to its definition.
    pub(super) fn push_wire(&mut self, path: Path, value: Value, time: Option<f64>, offset: usize) {
        let definition = self.definition(&path);
        let value = match definition {
            Some(known) => self.fit(path, value, known.value_type, offset),
            None => value,
        };
        self.push_owned(path, value, definition, time, offset);
    }

    /// Adds a node whose value has its final type.
    pub(super) fn push_owned(
        &mut self,
        path: Path,
        value: Value,
        definition: Option<ResourceType>,
        time: Option<f64>,
        offset: usize,
    ) {
        self.judge(path, matches!(value, Value::Nothing), definition, offset);
        self.visitor.owned_node(Node {
            path,
            value,
            time,
            offset,
        });
    }

    /// Adds a node without time whose value stands in the payload, in its final type, and whose path lies below the target.
    ///
    /// The number is [`Path::order`] of the path.
    #[inline(always)]
    pub(super) fn push_below(
        &mut self,
        (path, order): (Path, u64),
        value: ValueRef<'p>,
        definition: Option<ResourceType>,
        offset: usize,
    ) {
        self.judge_level(path, matches!(value, ValueRef::Nothing), definition, offset);
        self.note_order(order);
        self.visitor.node(NodeRef {
            path,
            value,
            time: None,
            offset,
        });
    }

    /// Whether everything below `path` lies below the target.
    pub(super) const fn covers(&self, path: &Path) -> bool {
        self.base.contains(path)
    }

    /// Makes the remarks on a node that its path and definition call for.
    #[inline(always)]
    fn judge(&mut self, path: Path, empty: bool, definition: Option<ResourceType>, offset: usize) {
        self.judge_level(path, empty, definition, offset);
        if !self.base.contains(&path) {
            self.remark(RemarkKind::OutsideBase, offset, path);
        }
        self.note_order(path.order());
    }

    #[inline(always)]
    fn judge_level(
        &mut self,
        path: Path,
        empty: bool,
        definition: Option<ResourceType>,
        offset: usize,
    ) {
        let depth = path.depth();
        let regular = match definition {
            Some(known) => {
                known.multiple == (depth == 4) && known.value_type != Type::None && depth >= 3
            }
            None => depth >= 3,
        };
        if !regular {
            self.remark_level(path, empty, definition, offset);
        }
    }

    #[inline(always)]
    const fn note_order(&mut self, order: u64) {
        // Where two paths share a number, the order is taken for mixed, which costs time but tells nothing wrong.
        let order = order.saturating_add(1);
        self.ascending &= self.last < order;
        self.last = order;
    }

    #[cold]
    fn remark_level(
        &mut self,
        path: Path,
        empty: bool,
        definition: Option<ResourceType>,
        offset: usize,
    ) {
        if path.depth() < 3 && !empty {
            self.remark(RemarkKind::ValueLevel, offset, path);
        }
        let Some(known) = definition else { return };
        if known.multiple && path.depth() == 3 && !empty {
            self.remark(RemarkKind::InstanceMissing, offset, path);
        } else if !known.multiple && path.depth() == 4 {
            self.remark(RemarkKind::InstanceOfSingle, offset, path);
        }
        if known.value_type == Type::None && !empty {
            self.remark(RemarkKind::ValueForExecutable, offset, path);
        }
    }

    fn fit(&mut self, path: Path, value: Value, wanted: Type, offset: usize) -> Value {
        let (value, kind) = fit(value, wanted, self.rules);
        if let Some(kind) = kind {
            self.remark(kind, offset, path);
        }
        value
    }
}

/// Paths, times and offsets of all nodes; tells which stand twice.
#[derive(Default)]
pub(super) struct Places(Vec<(Path, u64, usize)>);

impl Places {
    pub(super) fn add(&mut self, path: Path, time: Option<f64>, offset: usize) {
        self.0.push((path, time.unwrap_or(0.0).to_bits(), offset));
    }

    /// A remark for each place that stands behind an equal one.
    pub(super) fn remarks(mut self) -> impl Iterator<Item = CodecRemark> {
        self.0.sort_unstable();
        let mut last = None;
        self.0.into_iter().filter_map(move |(path, time, offset)| {
            let repeated = last.replace((path, time)) == Some((path, time));
            repeated.then_some(CodecRemark {
                kind: RemarkKind::DuplicatePath,
                offset,
                path,
            })
        })
    }
}

/// A second reading for the places alone: of a payload in disorder, when nobody kept its nodes.
impl<'p> Visitor<'p> for Places {
    fn node(&mut self, node: NodeRef<'p>) {
        self.add(node.path, node.time, node.offset);
    }

    fn owned_node(&mut self, node: Node) {
        self.add(node.path, node.time, node.offset);
    }

    fn remark(&mut self, _remark: CodecRemark) {}
}

/// Turns the wire's value into the wanted type where the format cannot tell the two apart.
fn fit(value: Value, wanted: Type, rules: Rules) -> (Value, Option<RemarkKind>) {
    if value.value_type() == wanted || wanted == Type::None {
        return (value, None);
    }
    match (value, wanted) {
        (value @ (Value::Nothing | Value::Untyped(_)), _) => (value, None),
        (Value::Integer(number), _) => fit_integer(number, wanted, rules),
        (Value::UnsignedInteger(number), Type::Float) if rules.integer_is_float => {
            (Value::Float(number as f64), None)
        }
        (value @ Value::UnsignedInteger(_), Type::Integer | Type::Time) => {
            (value, Some(RemarkKind::Range(wanted)))
        }
        (Value::Float(number), Type::Integer | Type::UnsignedInteger | Type::Time) => {
            fit_float(number, wanted, rules)
        }
        (Value::String(text), Type::CoreLink) => (Value::CoreLink(text), None),
        (Value::String(text), Type::ObjectLink) if rules.text_is_link => {
            match Value::parse_object_link(&text) {
                Some(link) => (link, None),
                None => mismatch(Value::String(text), wanted),
            }
        }
        (Value::String(text), Type::Opaque) if rules.text_is_base64 => {
            match base64::decode(&text, Form::Padded) {
                Some((bytes, true)) => (Value::Opaque(bytes), None),
                Some((bytes, false)) => (Value::Opaque(bytes), Some(RemarkKind::Base64Form)),
                None => mismatch(Value::String(text), wanted),
            }
        }
        (value, _) => mismatch(value, wanted),
    }
}

fn fit_integer(number: i64, wanted: Type, rules: Rules) -> (Value, Option<RemarkKind>) {
    match (wanted, u64::try_from(number)) {
        (Type::Time, _) => (Value::Time(number), None),
        (Type::Float, _) if rules.integer_is_float => (Value::Float(number as f64), None),
        (Type::UnsignedInteger, Ok(number)) => (Value::UnsignedInteger(number), None),
        (Type::UnsignedInteger, Err(_)) => {
            (Value::Integer(number), Some(RemarkKind::Range(wanted)))
        }
        _ => mismatch(Value::Integer(number), wanted),
    }
}

fn fit_float(number: f64, wanted: Type, rules: Rules) -> (Value, Option<RemarkKind>) {
    let remark = Some(RemarkKind::FloatForInteger);
    // Above 2^53 a double no longer names one integer.
    let whole = number.fract() == 0.0 && number.abs() <= 9_007_199_254_740_992.0;
    if !rules.float_may_be_integer || !whole {
        return (Value::Float(number), remark);
    }
    let (value, range) = fit_integer(number as i64, wanted, rules);
    let value = match wanted {
        Type::Integer => Value::Integer(number as i64),
        _ => value,
    };
    match range {
        Some(RemarkKind::Range(_)) => (value, range),
        _ => (value, remark),
    }
}

fn mismatch(value: Value, wanted: Type) -> (Value, Option<RemarkKind>) {
    let found = value.value_type();
    (value, Some(RemarkKind::TypeMismatch { found, wanted }))
}

/// Definitions that are kept at hand; a power of two.
const ANSWERS: usize = 32;
