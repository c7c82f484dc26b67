//! What SenML JSON and SenML CBOR share (RFC 8428, 4): records, base fields, resolved names, names to write.

use std::borrow::Cow;

use coap::ContentFormat;

use super::assembly::{Assembly, Order};
use super::payload::{outside, unrepresentable};
use super::senml_name::{Name, Place, Stem, parse_prefixed};
use super::{CodecError, CodecErrorKind, RemarkKind, Visitor};
use crate::{MAX_ID, Node, Path, Type, Value};

/// What a pack is read for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Values.
    Values,
    /// Values, where null removes (RFC 8790, 3.2).
    Patch,
    /// Names alone (RFC 8790, 3.1).
    Paths,
}

/// The fields of one record that LwM2M makes use of.
#[derive(Default)]
pub(super) struct Record<'p> {
    pub(super) offset: usize,
    pub(super) base_name: Option<Cow<'p, str>>,
    pub(super) base_time: Option<f64>,
    pub(super) base_value: Option<f64>,
    pub(super) name: Option<Cow<'p, str>>,
    pub(super) time: Option<f64>,
    pub(super) value: Option<Value>,
    pub(super) remark: Option<RemarkKind>,
}

/// A pack while its records are read.
pub(super) struct Pack<'p, 'a, V> {
    pub(super) assembly: Assembly<'a, V>,
    purpose: Purpose,
    base_text: Cow<'p, str>,
    base_name: Option<Name>,
    base_time: Option<f64>,
    base_value: f64,
    stem: Stem,
    /// Whether a record may stand for itself: nothing is added to times and values, and null is no value.
    plain: bool,
}

impl<'p> Record<'p> {
    /// Takes a value; a second one is remarked on and dropped.
    #[inline]
    pub(super) fn set_value(&mut self, value: Value) {
        if self.value.is_some() {
            self.remark = Some(RemarkKind::SeveralValues);
        } else {
            self.value = Some(value);
        }
    }

    /// Takes an Object Link as text; what is none stays text.
    pub(super) fn set_link(&mut self, text: Cow<'p, str>) {
        match Value::parse_object_link(&text) {
            Some(link) => self.set_value(link),
            // The TS writes the null link so in an example of its own (Core TS, 7.5.6).
            None if text.eq_ignore_ascii_case("ffff:ffff") => {
                self.set_value(Value::ObjectLink {
                    object: MAX_ID,
                    instance: MAX_ID,
                });
                self.remark = Some(RemarkKind::NullLinkForm);
            }
            None => {
                self.set_value(Value::String(text.into_owned()));
                self.remark = Some(RemarkKind::TypeMismatch {
                    found: Type::String,
                    wanted: Type::ObjectLink,
                });
            }
        }
    }
}

impl<'p, 'a, V: Visitor<'p>> Pack<'p, 'a, V> {
    pub(super) const fn new(assembly: Assembly<'a, V>, purpose: Purpose) -> Self {
        Self {
            assembly,
            purpose,
            base_text: Cow::Borrowed(""),
            base_name: Some(Name::EMPTY),
            base_time: None,
            base_value: 0.0,
            stem: Stem::NONE,
            plain: matches!(purpose, Purpose::Values),
        }
    }

    /// Resolves a record against the base fields of those before it (RFC 8428, 4.6).
    #[inline]
    pub(super) fn push(&mut self, record: Record<'p>) -> Result<(), CodecError> {
        if let Some(base_name) = record.base_name {
            self.set_base_name(base_name);
        }
        self.base_time = record.base_time.or(self.base_time);
        self.base_value = record.base_value.unwrap_or(self.base_value);
        self.plain =
            self.purpose == Purpose::Values && self.base_time.is_none() && self.base_value == 0.0;
        let name = record.name.as_deref().unwrap_or_default();
        let (path, form) = self.resolve(name, record.offset)?;
        let time = match (self.base_time, record.time) {
            (None, None) => None,
            (base, time) => Some(base.unwrap_or(0.0) + time.unwrap_or(0.0)),
        };
        for kind in [form, record.remark].into_iter().flatten() {
            self.assembly.remark(kind, record.offset, path);
        }
        let value = self.check(record.value, path, record.offset);
        self.assembly.push_wire(path, value, time, record.offset);
        Ok(())
    }

    /// Takes the base name of this record and those after it.
    pub(super) fn set_base_name(&mut self, base_name: Cow<'p, str>) {
        self.base_name = Name::EMPTY.feed(&base_name);
        self.stem = Stem::NONE;
        self.base_text = base_name;
    }

    /// The path of a record that has nothing but a name and a value; `None` if more is to be said or done.
    ///
    /// `word` holds the first eight bytes of the name and what stands behind it, the first one lowest.
    #[inline(always)]
    pub(super) fn plain_place(&mut self, name: &[u8], word: u64) -> Option<Place> {
        if !self.plain {
            return None;
        }
        match self.stem.place(name, word) {
            Some(place) => Some(place),
            None => self.new_place(name, word),
        }
    }

    /// Reads a whole name, and keeps its stem for the next one.
    #[inline(never)]
    fn new_place(&mut self, name: &[u8], word: u64) -> Option<Place> {
        let base = self.base_name?;
        let path = base.feed_bytes(name)?.finish_plain()?;
        if !self.assembly.covers(&path) {
            return None;
        }
        if let Some(instance) = path.prefix(2)
            && path.depth() > 2
            && self.assembly.covers(&instance)
            && instance != self.stem.path()
        {
            self.stem = Stem::of(base, name, word, instance);
        }
        Some(Place::of(path))
    }

    /// Ends the pack.
    pub(super) fn finish(self) -> Order {
        self.assembly.finish()
    }

    #[inline]
    fn resolve(&self, name: &str, offset: usize) -> Result<(Path, Option<RemarkKind>), CodecError> {
        let resolved = self.base_name.and_then(|base| base.feed(name)?.finish());
        if let Some(resolved) = resolved {
            return Ok(resolved);
        }
        let text = format!("{}{name}", self.base_text);
        match parse_prefixed(&text) {
            Some((path, prefix)) => Ok((path, Some(prefix))),
            None => Err(self.assembly.error(offset, CodecErrorKind::Name(text))),
        }
    }

    #[inline]
    fn check(&mut self, value: Option<Value>, path: Path, offset: usize) -> Value {
        let missing = match (self.purpose, &value) {
            (Purpose::Values, None | Some(Value::Nothing)) | (Purpose::Patch, None) => {
                Some(RemarkKind::ValueMissing)
            }
            (Purpose::Paths, Some(_)) => Some(RemarkKind::ValueInPathList),
            _ => None,
        };
        if let Some(kind) = missing {
            self.assembly.remark(kind, offset, path);
        }
        match (self.purpose, value) {
            (Purpose::Paths, _) | (_, None) => Value::Nothing,
            (_, Some(value)) => self.add_base(value),
        }
    }

    /// Adds the base value to a number (RFC 8428, 4.2).
    #[inline]
    fn add_base(&self, value: Value) -> Value {
        if self.base_value == 0.0 {
            return value;
        }
        match value {
            Value::Integer(number) => {
                let whole = self.base_value.fract() == 0.0 && self.base_value.abs() < 2f64.powi(53);
                let sum = whole
                    .then(|| number.checked_add(self.base_value as i64))
                    .flatten();
                sum.map_or(
                    Value::Float(number as f64 + self.base_value),
                    Value::Integer,
                )
            }
            Value::UnsignedInteger(number) => Value::Float(number as f64 + self.base_value),
            Value::Float(number) => Value::Float(number + self.base_value),
            value => value,
        }
    }
}

/// The purpose of reading `format` for values.
pub(super) const fn purpose(format: ContentFormat) -> Purpose {
    match format {
        ContentFormat::SENML_ETCH_JSON | ContentFormat::SENML_ETCH_CBOR => Purpose::Patch,
        _ => Purpose::Values,
    }
}

/// Base name and names of records to write.
pub(super) struct Names {
    /// Base name, of the first record.
    pub(super) base: String,
    depth: usize,
}

impl Names {
    /// Names below `base`; the base name alone if every node stands at `base` itself.
    pub(super) fn new(nodes: &[&Node], base: &Path) -> Self {
        let alone = base.depth() > 0 && nodes.iter().all(|node| node.path == *base);
        let slash = if alone || base.depth() == 0 { "" } else { "/" };
        Self {
            base: format!("{base}{slash}"),
            depth: base.depth(),
        }
    }

    /// The name of a record; `None` if the base name says it all.
    pub(super) fn name(&self, path: &Path) -> Option<String> {
        let ids = path.ids().get(self.depth..).unwrap_or_default();
        let name: Vec<String> = ids.iter().map(u16::to_string).collect();
        (!name.is_empty()).then(|| name.join("/"))
    }
}

/// The nodes that have a record: all with a value, in a patch also those without.
///
/// An Object Instance without Resources and a multiple Resource without instances have none.
pub(super) fn recorded<'n>(
    format: ContentFormat,
    nodes: &'n [Node],
    base: &Path,
) -> Result<Vec<&'n Node>, CodecError> {
    let mut recorded = Vec::with_capacity(nodes.len());
    for node in nodes {
        if !base.contains(&node.path) {
            return Err(outside(format, node, base));
        }
        match (&node.value, node.path.depth()) {
            (Value::Nothing, _) if purpose(format) == Purpose::Patch => recorded.push(node),
            (Value::Nothing, 0..=3) => {}
            (Value::Nothing, _) | (_, 0..3) => return Err(unrepresentable(format, node)),
            _ => recorded.push(node),
        }
    }
    Ok(recorded)
}
