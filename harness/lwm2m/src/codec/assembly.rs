//! Gathers nodes and remarks while a reader walks a payload, and holds each value against its definition.
//!
//! Knows no format; what differs between formats stands in [`Rules`].

use coap::ContentFormat;

use super::base64::{self, Form};
use super::{CodecError, CodecErrorKind, CodecRemark, Decoded, RemarkKind};
use crate::{MAX_ID, Node, Path, ResourceType, Type, Types, Value};

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

/// Nodes and remarks so far.
pub(super) struct Assembly<'t> {
    format: ContentFormat,
    base: Path,
    types: &'t dyn Types,
    rules: Rules,
    nodes: Vec<Node>,
    remarks: Vec<CodecRemark>,
    answers: [Answer; ANSWERS],
    last: Path,
    ascending: bool,
}

/// What a definition said of one Resource.
#[derive(Clone, Copy)]
struct Answer {
    object: u16,
    resource: u16,
    definition: Option<ResourceType>,
}

impl<'t> Assembly<'t> {
    pub(super) fn new(
        format: ContentFormat,
        base: Path,
        types: &'t dyn Types,
        rules: Rules,
        expected: usize,
    ) -> Self {
        Self {
            format,
            base,
            types,
            rules,
            nodes: Vec::with_capacity(expected),
            remarks: Vec::new(),
            // No Object has this identifier (Core TS, 7.4), so nothing is known of it from the start.
            answers: [Answer {
                object: MAX_ID,
                resource: MAX_ID,
                definition: None,
            }; ANSWERS],
            last: Path::ROOT,
            ascending: true,
        }
    }

    pub(super) const fn error(&self, offset: usize, kind: CodecErrorKind) -> CodecError {
        CodecError::new(self.format, offset, kind)
    }

    #[cold]
    pub(super) fn remark(&mut self, kind: RemarkKind, offset: usize, path: Path) {
        self.remarks.push(CodecRemark { kind, offset, path });
    }

    /// What the definitions say of `path`, if it is a Resource or Resource Instance.
    #[inline]
    pub(super) fn definition(&mut self, path: &Path) -> Option<ResourceType> {
        let &[object, _, resource, ..] = path.ids() else {
            return None;
        };
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

    /// Adds a node whose value stands as the wire has it, fitted to its definition.
    pub(super) fn push_wire(&mut self, path: Path, value: Value, time: Option<f64>, offset: usize) {
        let definition = self.definition(&path);
        let value = match definition {
            Some(known) => self.fit(path, value, known.value_type, offset),
            None => value,
        };
        self.push_typed(path, value, definition, time, offset);
    }

    /// Adds a node whose value has its final type.
    ///
    /// Inlined, so that the value is built where it stays: moving it costs more than reading it.
    #[inline(always)]
    pub(super) fn push_typed(
        &mut self,
        path: Path,
        value: Value,
        definition: Option<ResourceType>,
        time: Option<f64>,
        offset: usize,
    ) {
        self.judge(path, matches!(value, Value::Nothing), definition, offset);
        self.nodes.push(Node {
            path,
            value,
            time,
            offset,
        });
    }

    /// Makes the remarks on a node that its path and definition call for.
    #[inline(always)]
    fn judge(&mut self, path: Path, empty: bool, definition: Option<ResourceType>, offset: usize) {
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
        if !self.base.contains(&path) {
            self.remark(RemarkKind::OutsideBase, offset, path);
        }
        self.ascending &= self.nodes.is_empty() || self.last < path;
        self.last = path;
    }

    /// Ends the reading.
    pub(super) fn finish(mut self) -> Decoded {
        self.remark_duplicates();
        Decoded {
            nodes: self.nodes,
            remarks: self.remarks,
        }
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

    fn remark_duplicates(&mut self) {
        if self.ascending {
            return;
        }
        let mut seen: Vec<(Path, u64, usize)> = self
            .nodes
            .iter()
            .map(|node| (node.path, node.time.unwrap_or(0.0).to_bits(), node.offset))
            .collect();
        seen.sort_unstable();
        for pair in seen.windows(2) {
            if let [first, second] = pair
                && (first.0, first.1) == (second.0, second.1)
            {
                self.remarks.push(CodecRemark {
                    kind: RemarkKind::DuplicatePath,
                    offset: second.2,
                    path: second.0,
                });
            }
        }
    }
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
