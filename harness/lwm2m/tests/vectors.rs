//! Payloads and what they say: one trial for each file below `fixtures/vectors`, whose README states the format.

#![allow(
    clippy::unwrap_used,
    reason = "a vector that cannot be read fails its trial"
)]

use std::collections::HashMap;
use std::fs;
use std::path::{Path as FilePath, PathBuf};
use std::process::ExitCode;

use coap::ContentFormat;
use libtest_mimic::{Arguments, Failed, Trial};
use lwm2m::codec::{self, Level};
use lwm2m::{Node, Path, Registry, ResourceType, Type, Types, Value, Version};

fn main() -> ExitCode {
    let root = FilePath::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/vectors");
    let mut files = Vec::new();
    collect(&root, &mut files);
    files.sort();
    assert!(!files.is_empty(), "no vectors below {}", root.display());
    let trials = files
        .into_iter()
        .map(|file| {
            let name = file.strip_prefix(&root).unwrap().with_extension("");
            Trial::test(name.display().to_string(), move || {
                Vector::read(&file)?.check()
            })
        })
        .collect();
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

fn collect(folder: &FilePath, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else if path
            .extension()
            .is_some_and(|extension| extension == "vector")
        {
            files.push(path);
        }
    }
}

#[derive(Default)]
struct Vector {
    format: Option<ContentFormat>,
    base: Path,
    types: Known,
    payload: Vec<u8>,
    nodes: Vec<Node>,
    paths: Vec<Path>,
    remarks: Vec<String>,
    error: Option<String>,
    written: bool,
}

#[derive(Default)]
struct Known {
    registry: Option<Registry>,
    rows: HashMap<(u16, u16), ResourceType>,
}

impl Types for Known {
    fn resource(&self, object: u16, resource: u16) -> Option<ResourceType> {
        let row = self.rows.get(&(object, resource)).copied();
        row.or_else(|| Types::resource(self.registry.as_ref()?, object, resource))
    }
}

impl Vector {
    fn read(file: &FilePath) -> Result<Self, Failed> {
        let mut vector = Self::default();
        let text = fs::read_to_string(file)?;
        for (index, line) in text.lines().enumerate() {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let parsed = line
                .split_once(": ")
                .and_then(|(key, value)| vector.key(key, value.trim()));
            parsed
                .ok_or_else(|| format!("line {}: \"{line}\" is no line of a vector", index + 1))?;
        }
        Ok(vector)
    }

    fn key(&mut self, key: &str, value: &str) -> Option<()> {
        match key {
            "title" | "source" => {}
            "format" => self.format = Some(ContentFormat::from_name(value)?),
            "base" => self.base = value.parse().ok()?,
            "core" => self.types.registry = Some(Registry::builtin(Version::parse(value)?)),
            "type" => self.row(value)?,
            "hex" => self.payload.extend(hex(value)?),
            "text" => self.payload.extend_from_slice(value.as_bytes()),
            "node" => self.nodes.push(node(value)?),
            "path" => self.paths.push(value.parse().ok()?),
            "remark" => self.remarks.push(value.to_owned()),
            "error" => self.error = Some(value.to_owned()),
            "written" => self.written = value == "alike",
            _ => return None,
        }
        Some(())
    }

    fn row(&mut self, value: &str) -> Option<()> {
        let mut words = value.split(' ');
        let (object, resource) = words.next()?.split_once('/')?;
        let value_type = Type::from_name(words.next()?)?;
        let multiple = words.next() == Some("multiple");
        let key = (object.parse().ok()?, resource.parse().ok()?);
        self.types.rows.insert(
            key,
            ResourceType {
                value_type,
                multiple,
            },
        );
        Some(())
    }

    fn check(&self) -> Result<(), Failed> {
        let format = self.format.ok_or("no format")?;
        if !self.paths.is_empty() {
            return self.check_paths(format);
        }
        let decoded = match codec::decode(format, &self.payload, &self.base, &self.types) {
            Ok(decoded) => decoded,
            Err(error) => {
                let found = format!("{} {}", error.offset, error.kind);
                return equal("error", Some(&found), self.error.as_ref());
            }
        };
        equal("error", None, self.error.as_ref())?;
        let lines = |nodes: &[Node]| -> Vec<String> { nodes.iter().map(line).collect() };
        equal("nodes", &lines(&decoded.nodes), &lines(&self.nodes))?;
        equal("remarks", &remarks(&decoded.remarks), &self.remarks)?;
        if self.written {
            let written = codec::encode(format, &decoded.nodes, &self.base, &self.types)?;
            equal("payload written", &show(&written), &show(&self.payload))?;
        }
        Ok(())
    }

    fn check_paths(&self, format: ContentFormat) -> Result<(), Failed> {
        let decoded = codec::decode_paths(format, &self.payload)?;
        equal("paths", &decoded.paths, &self.paths)?;
        equal("remarks", &remarks(&decoded.remarks), &self.remarks)?;
        if self.written {
            let written = codec::encode_paths(format, &self.paths)?;
            equal("payload written", &show(&written), &show(&self.payload))?;
        }
        Ok(())
    }
}

fn remarks(found: &[codec::CodecRemark]) -> Vec<String> {
    let line = |remark: &codec::CodecRemark| {
        let level = match remark.level() {
            Level::Must => "must",
            Level::Should => "should",
        };
        format!("{level} @{} {} {}", remark.offset, remark.path, remark.kind)
    };
    found.iter().map(line).collect()
}

fn equal<T: PartialEq + std::fmt::Debug>(what: &str, found: T, wanted: T) -> Result<(), Failed> {
    if found == wanted {
        return Ok(());
    }
    Err(format!("{what}\n  expected {wanted:#?}\n  actual   {found:#?}").into())
}

fn show(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) if text.chars().all(|c| !c.is_control()) => text.to_owned(),
        _ => bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
    }
}

/// A node as the vectors write it: path, type, value, time if there is one, offset.
fn line(node: &Node) -> String {
    let word = match node.value {
        Value::Untyped(_) => "untyped",
        Value::Nothing => "nothing",
        _ => node.value.value_type().name(),
    };
    let value = match &node.value {
        Value::Nothing => String::new(),
        value => format!(" {value}"),
    };
    let time = node
        .time
        .map_or_else(String::new, |time| format!(" t={time}"));
    format!("{} {word}{value}{time} @{}", node.path, node.offset)
}

fn node(text: &str) -> Option<Node> {
    let (rest, offset) = text.rsplit_once(" @")?;
    let (rest, time) = match rest.rsplit_once(" t=") {
        Some((rest, time)) => (rest, Some(time.parse().ok()?)),
        None => (rest, None),
    };
    let mut words = rest.splitn(3, ' ');
    let path = words.next()?.parse().ok()?;
    let (word, value) = (words.next()?, words.next().unwrap_or_default());
    let quoted = || serde_json::from_str::<String>(value).ok();
    let bytes = || hex(value.strip_prefix("hex:")?);
    let value = match word {
        "untyped" => Value::Untyped(bytes()?),
        "nothing" => Value::Nothing,
        word => match Type::from_name(word)? {
            Type::String => Value::String(quoted()?),
            Type::CoreLink => Value::CoreLink(quoted()?),
            Type::Integer => Value::Integer(value.parse().ok()?),
            Type::Time => Value::Time(value.parse().ok()?),
            Type::UnsignedInteger => Value::UnsignedInteger(value.parse().ok()?),
            Type::Float => Value::Float(value.parse().ok()?),
            Type::Boolean => Value::Boolean(value.parse().ok()?),
            Type::Opaque => Value::Opaque(bytes()?),
            Type::ObjectLink => Value::parse_object_link(value)?,
            Type::None => return None,
        },
    };
    let node = Node::new(path, value);
    Some(Node {
        time,
        offset: offset.parse().ok()?,
        ..node
    })
}

fn hex(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<char> = text.chars().filter(|c| *c != ' ').collect();
    let pairs = digits.chunks(2).map(|pair| pair.iter().collect::<String>());
    pairs
        .map(|pair| (pair.len() == 2).then(|| u8::from_str_radix(&pair, 16).ok())?)
        .collect()
}
