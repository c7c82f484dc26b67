//! Values, payloads and attributes of a line, in the types that the definitions give them.

use coap::ContentFormat;
use lwm2m::{Node, Path, Type, Value};
use testcase::{Form, Line, Matcher, Scalar, ScalarKind};

use super::{Surroundings, Unwritable, field, own_value, parse_path, scalar_of};
use crate::actual::Actual;

impl Surroundings<'_> {
    /// Format and payload of a line that carries values.
    pub(crate) fn body(
        &self,
        line: &Line,
        path: &Path,
    ) -> Result<(ContentFormat, Vec<u8>), Unwritable> {
        let format = self.format(line, "content-format")?;
        if let Some(bytes) = self.bytes(line, "payload")? {
            return Ok((format.unwrap_or(ContentFormat::OPAQUE), bytes));
        }
        let nodes = match scalar_of(line, "value") {
            Some(scalar) => vec![Node::new(*path, self.value(path, scalar)?)],
            None => self.nodes(line)?,
        };
        let format = format.unwrap_or_else(|| self.own_format(path));
        let payload = lwm2m::codec::encode(format, &nodes, path, self.types)
            .map_err(|error| Unwritable(error.to_string()))?;
        Ok((format, payload))
    }

    /// A format that the receiver claims and that can carry what stands at `path`.
    pub(super) fn own_format(&self, path: &Path) -> ContentFormat {
        match path.depth() {
            3 | 4 if self.single(path) => self.first_of(&[
                ContentFormat::TEXT,
                ContentFormat::TLV,
                ContentFormat::SENML_JSON,
                ContentFormat::SENML_CBOR,
            ]),
            0 => self.first_of(&SENML),
            _ => self.first_of(&[
                ContentFormat::TLV,
                ContentFormat::SENML_JSON,
                ContentFormat::SENML_CBOR,
                ContentFormat::LWM2M_JSON,
                ContentFormat::LWM2M_CBOR,
            ]),
        }
    }

    fn single(&self, path: &Path) -> bool {
        let definition = self.types.resource_at(path);
        path.depth() == 4 || definition.is_none_or(|definition| !definition.multiple)
    }

    pub(super) fn first_of(&self, wanted: &[ContentFormat]) -> ContentFormat {
        let found = wanted.iter().find(|format| self.formats.contains(format));
        found
            .or_else(|| wanted.first())
            .copied()
            .unwrap_or(ContentFormat::TEXT)
    }

    /// Values under `node`, with the types that the definitions give them.
    pub(super) fn nodes(&self, line: &Line) -> Result<Vec<Node>, Unwritable> {
        let Some(matcher) = field(line, "node") else {
            return Ok(Vec::new());
        };
        let mut nodes = Vec::new();
        match &matcher.form {
            Form::Map(entries) => {
                for entry in entries {
                    let path = parse_path(&self.text(&entry.key)?)?;
                    self.node(path, &entry.matcher, &mut nodes)?;
                }
            }
            Form::Scalar(Scalar {
                kind: ScalarKind::Text(text),
                ..
            }) => match self.scope.resolve(text) {
                Ok(Actual::Nodes(found)) => nodes = found,
                Ok(other) => {
                    return Err(Unwritable(format!(
                        "values wanted, found {}",
                        other.describe()
                    )));
                }
                Err(unknown) => return Err(Unwritable(format!("\"{}\" has no value", unknown.0))),
            },
            _ => {}
        }
        Ok(nodes)
    }

    fn node(&self, path: Path, matcher: &Matcher, nodes: &mut Vec<Node>) -> Result<(), Unwritable> {
        if let Form::Map(entries) = &matcher.form {
            for entry in entries {
                let key = self.text(&entry.key)?;
                let id = key
                    .parse()
                    .map_err(|_| Unwritable(format!("\"{key}\" is no identifier")))?;
                let child = path
                    .child(id)
                    .ok_or_else(|| Unwritable(format!("{path}/{id} is too deep")))?;
                self.node(child, &entry.matcher, nodes)?;
            }
        } else if let Some(scalar) = own_value(matcher) {
            nodes.push(Node::new(path, self.value(&path, scalar)?));
        }
        Ok(())
    }

    /// A scalar as a value of the type that stands at `path`.
    pub(crate) fn value(&self, path: &Path, scalar: &Scalar) -> Result<Value, Unwritable> {
        let raw = match &scalar.kind {
            ScalarKind::Integer(number) => Value::Integer(*number),
            ScalarKind::Float(number) => Value::Float(*number),
            ScalarKind::Boolean(truth) => Value::Boolean(*truth),
            ScalarKind::Bytes(bytes) => Value::Opaque(bytes.clone()),
            ScalarKind::Text(text) => match self.scope.resolve(text) {
                Ok(Actual::Value(value)) => value,
                Ok(Actual::Nodes(nodes)) if nodes.len() == 1 => nodes[0].value.clone(),
                Ok(other) => {
                    return Err(Unwritable(format!(
                        "one value wanted for {path}, found {}",
                        other.describe()
                    )));
                }
                Err(unknown) => return Err(Unwritable(format!("\"{}\" has no value", unknown.0))),
            },
        };
        let declared = self
            .types
            .resource_at(path)
            .map(|definition| definition.value_type);
        Ok(declared.map_or_else(|| raw.clone(), |declared| typed(&raw, declared)))
    }

    pub(super) fn attributes(&self, line: &Line) -> Result<Vec<String>, Unwritable> {
        let mut query = Vec::new();
        for field in &line.fields {
            let name = field.name.value.name();
            if !ATTRIBUTES.contains(&name) {
                continue;
            }
            let Some(scalar) = own_value(&field.matcher) else {
                continue;
            };
            let text = self.scalar_text(scalar)?;
            // periods are durations in the notation and whole seconds on the wire (Core TS, 5.1.2)
            let text = match testcase::duration::parse(&text) {
                Some(duration) if PERIODS.contains(&name) => duration.as_secs().to_string(),
                _ => text,
            };
            query.push(if text.is_empty() {
                name.to_owned()
            } else {
                format!("{name}={text}")
            });
        }
        Ok(query)
    }
}

/// The same value in the type that a definition wants, as a case means it: `1.0` for a String is text.
pub fn typed(value: &Value, declared: Type) -> Value {
    let as_meant = match (value, declared) {
        (Value::Integer(_) | Value::Float(_), Type::String) => {
            Some(Value::String(value.to_string()))
        }
        (Value::String(text), Type::Opaque) => Some(Value::Opaque(text.clone().into_bytes())),
        (Value::Opaque(bytes), Type::String) => {
            String::from_utf8(bytes.clone()).ok().map(Value::String)
        }
        _ => value.to_type(declared),
    };
    as_meant.unwrap_or_else(|| value.clone())
}

/// Formats of composite operations (Core TS, 6.3.8).
pub(super) const SENML: [ContentFormat; 3] = [
    ContentFormat::SENML_CBOR,
    ContentFormat::SENML_JSON,
    ContentFormat::LWM2M_CBOR,
];

/// Attributes of notifications (Core TS, 7.3.2).
const ATTRIBUTES: [&str; 10] = [
    "pmin", "pmax", "gt", "lt", "st", "epmin", "epmax", "edge", "con", "hqmax",
];

/// Attributes that are periods in whole seconds (Core TS, 5.1.2).
const PERIODS: [&str; 4] = ["pmin", "pmax", "epmin", "epmax"];
