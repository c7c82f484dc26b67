//! The entry points: one function each to read and write nodes and paths in any content format.

use std::borrow::Cow;
use std::mem::discriminant;

use coap::ContentFormat;

use super::assembly::{Order, Places};
use super::{
    CodecError, CodecErrorKind, CodecRemark, NodeRef, Visitor, cbor, link_format, lwm2m_cbor,
    lwm2m_json, opaque, senml_cbor, senml_json, text, tlv,
};
use crate::{Node, Path, Types};

/// What a payload says, and what is to be remarked about it.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Decoded {
    /// Nodes in the order of the wire, with absolute paths and payload offsets; duplicates are kept.
    pub nodes: Vec<Node>,
    /// Rules that the payload did not keep.
    pub remarks: Vec<CodecRemark>,
}

/// The paths that a payload lists, and what is to be remarked about it.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct DecodedPaths {
    /// Paths in the order of the wire; duplicates are kept.
    pub paths: Vec<Path>,
    /// Rules that the payload did not keep.
    pub remarks: Vec<CodecRemark>,
}

/// Reads the nodes of a payload that answers, or was written to, `base`.
pub fn decode(
    format: ContentFormat,
    payload: &[u8],
    base: &Path,
    types: &dyn Types,
) -> Result<Decoded, CodecError> {
    check_count(format, payload, base, types)?;
    let mut decoded = Decoded {
        nodes: Vec::with_capacity(expected(format, payload)),
        remarks: Vec::new(),
    };
    let order = read(format, payload, base, types, &mut decoded)?;
    decoded.remark_repeated(order);
    Ok(decoded)
}

/// Reads the nodes of a payload as [`decode`] does, but hands each to `visitor` as soon as it is read and keeps none.
///
/// Of a payload that turns out to be wrong, the visitor has seen what stands before the error.
pub fn visit<'p, V: Visitor<'p>>(
    format: ContentFormat,
    payload: &'p [u8],
    base: &Path,
    types: &dyn Types,
    visitor: &mut V,
) -> Result<(), CodecError> {
    if read(format, payload, base, types, visitor)? == Order::Mixed {
        let mut places = Places::default();
        read(format, payload, base, types, &mut places)?;
        places
            .remarks()
            .for_each(|repeated| visitor.remark(repeated));
    }
    Ok(())
}

fn read<'p, V: Visitor<'p>>(
    format: ContentFormat,
    payload: &'p [u8],
    base: &Path,
    types: &dyn Types,
    visitor: &mut V,
) -> Result<Order, CodecError> {
    match format {
        ContentFormat::TEXT => text::read(payload, base, types, visitor),
        ContentFormat::LINK_FORMAT => link_format::read(payload, base, types, visitor),
        ContentFormat::OPAQUE => opaque::read(payload, base, types, visitor),
        ContentFormat::CBOR => cbor::read(payload, base, types, visitor),
        ContentFormat::SENML_JSON | ContentFormat::SENML_ETCH_JSON => {
            senml_json::read(format, payload, base, types, visitor)
        }
        ContentFormat::SENML_CBOR | ContentFormat::SENML_ETCH_CBOR => {
            senml_cbor::read(format, payload, base, types, visitor)
        }
        ContentFormat::TLV => tlv::read(payload, base, types, visitor),
        ContentFormat::LWM2M_JSON => lwm2m_json::read(payload, base, types, visitor),
        ContentFormat::LWM2M_CBOR => lwm2m_cbor::read(payload, base, types, visitor),
        _ => Err(no_form(format, "nodes")),
    }
}

impl Decoded {
    fn remark_repeated(&mut self, order: Order) {
        if order == Order::Ascending {
            return;
        }
        let mut places = Places::default();
        for node in &self.nodes {
            places.add(node.path, node.time, node.offset);
        }
        places.remarks().for_each(|repeated| self.remark(repeated));
    }
}

impl<'p> Visitor<'p> for Decoded {
    #[inline(always)]
    fn node(&mut self, node: NodeRef<'p>) {
        self.nodes.push(node.to_node());
    }

    fn owned_node(&mut self, node: Node) {
        self.nodes.push(node);
    }

    fn remark(&mut self, remark: CodecRemark) {
        // of what is said again and again the first are enough, and hide nothing else
        let kind = discriminant(&remark.kind);
        let is_one = |known: &&CodecRemark| discriminant(&known.kind) == kind;
        let full = || self.remarks.iter().filter(is_one).count() >= MOST_REMARKS;
        if self.remarks.len() < MOST_REMARKS || !full() {
            self.remarks.push(remark);
        }
    }
}

/// Counts nodes and keeps none.
#[derive(Default)]
struct Counter(usize);

impl<'p> Visitor<'p> for Counter {
    fn node(&mut self, _: NodeRef<'p>) {
        self.0 += 1;
    }

    fn owned_node(&mut self, _: Node) {
        self.0 += 1;
    }

    fn remark(&mut self, _: CodecRemark) {}
}

/// Refuses a long payload of so many values that the nodes would take many times its memory.
fn check_count(
    format: ContentFormat,
    payload: &[u8],
    base: &Path,
    types: &dyn Types,
) -> Result<(), CodecError> {
    if payload.len() < LONG {
        return Ok(());
    }
    let most = MOST_NODES + payload.len() / BYTES_PER_NODE;
    let mut counter = Counter::default();
    read(format, payload, base, types, &mut counter)?;
    match counter.0 > most {
        true => Err(CodecError::new(format, 0, CodecErrorKind::TooMany(most))),
        false => Ok(()),
    }
}

/// Writes `nodes`, whose paths are absolute, as a payload that answers, or is written to, `base`.
///
/// A value that equals one of the type that `types` demands is written as that: 5 for a Float as 5.0. Any other value is
/// written as it is.
pub fn encode(
    format: ContentFormat,
    nodes: &[Node],
    base: &Path,
    types: &dyn Types,
) -> Result<Vec<u8>, CodecError> {
    let fitted = fit(nodes, types);
    let nodes = &*fitted;
    match format {
        ContentFormat::TEXT => text::encode(nodes, base),
        ContentFormat::LINK_FORMAT => link_format::encode(nodes, base),
        ContentFormat::OPAQUE => opaque::encode(nodes, base),
        ContentFormat::CBOR => cbor::encode(nodes, base),
        ContentFormat::SENML_JSON | ContentFormat::SENML_ETCH_JSON => {
            senml_json::encode(format, nodes, base)
        }
        ContentFormat::SENML_CBOR | ContentFormat::SENML_ETCH_CBOR => {
            senml_cbor::encode(format, nodes, base)
        }
        ContentFormat::TLV => tlv::encode(nodes, base),
        ContentFormat::LWM2M_JSON => lwm2m_json::encode(nodes, base),
        ContentFormat::LWM2M_CBOR => lwm2m_cbor::encode(nodes, base),
        _ => Err(no_form(format, "nodes")),
    }
}

/// Reads the list of paths of a Read-Composite or Observe-Composite (Core TS, 6.3.8).
pub fn decode_paths(format: ContentFormat, payload: &[u8]) -> Result<DecodedPaths, CodecError> {
    let mut decoded = Decoded::default();
    let order = match format {
        ContentFormat::SENML_JSON | ContentFormat::SENML_ETCH_JSON => {
            senml_json::read_paths(format, payload, &mut decoded)?
        }
        ContentFormat::SENML_CBOR | ContentFormat::SENML_ETCH_CBOR => {
            senml_cbor::read_paths(format, payload, &mut decoded)?
        }
        ContentFormat::LWM2M_CBOR => {
            decoded = lwm2m_cbor::decode_paths(payload)?;
            Order::Ascending
        }
        _ => return Err(no_form(format, "paths")),
    };
    decoded.remark_repeated(order);
    Ok(DecodedPaths {
        paths: decoded.nodes.iter().map(|node| node.path).collect(),
        remarks: decoded.remarks,
    })
}

/// Writes the list of paths of a Read-Composite or Observe-Composite (Core TS, 6.3.8).
pub fn encode_paths(format: ContentFormat, paths: &[Path]) -> Result<Vec<u8>, CodecError> {
    match format {
        ContentFormat::SENML_JSON | ContentFormat::SENML_ETCH_JSON => {
            Ok(senml_json::encode_paths(paths))
        }
        ContentFormat::SENML_CBOR | ContentFormat::SENML_ETCH_CBOR => {
            Ok(senml_cbor::encode_paths(paths))
        }
        ContentFormat::LWM2M_CBOR => lwm2m_cbor::encode_paths(paths),
        _ => Err(no_form(format, "paths")),
    }
}

/// The single node of a format that carries one value, checked to stand at `base`.
pub(super) fn single_node<'n>(
    format: ContentFormat,
    nodes: &'n [Node],
    base: &Path,
) -> Result<&'n Node, CodecError> {
    single_target(format, base)?;
    let [node] = nodes else {
        return Err(CodecError::new(
            format,
            0,
            CodecErrorKind::Count(nodes.len()),
        ));
    };
    if node.path != *base {
        return Err(outside(format, node, base));
    }
    Ok(node)
}

/// Checks that `base` is a Resource or Resource Instance (Core TS, 7.5.1 to 7.5.3).
pub(super) fn single_target(format: ContentFormat, base: &Path) -> Result<(), CodecError> {
    if base.depth() < 3 {
        let kind = CodecErrorKind::Target(*base, "a Resource or Resource Instance");
        return Err(CodecError::new(format, 0, kind));
    }
    Ok(())
}

/// The error for a value that `format` has no form for.
pub(super) fn unrepresentable(format: ContentFormat, node: &Node) -> CodecError {
    let kind = CodecErrorKind::Unrepresentable {
        path: node.path,
        value: node.value.value_type(),
    };
    CodecError::new(format, 0, kind)
}

/// The error for a node outside the target.
pub(super) fn outside(format: ContentFormat, node: &Node, base: &Path) -> CodecError {
    let kind = CodecErrorKind::OutsideBase {
        node: node.path,
        base: *base,
    };
    CodecError::new(format, 0, kind)
}

/// The nodes with values of the types that the definitions demand, where that changes no value.
fn fit<'n>(nodes: &'n [Node], types: &dyn Types) -> Cow<'n, [Node]> {
    let mut fitted = Cow::Borrowed(nodes);
    for (index, node) in nodes.iter().enumerate() {
        let &[object, _, resource, ..] = node.path.ids() else {
            continue;
        };
        let wanted = types.resource(object, resource);
        let value = wanted.and_then(|known| node.value.to_type(known.value_type));
        if let Some(value) = value
            && value != node.value
            && let Some(node) = fitted.to_mut().get_mut(index)
        {
            node.value = value;
        }
    }
    fitted
}

/// About how many nodes a payload has, so that the vector seldom grows.
const fn expected(format: ContentFormat, payload: &[u8]) -> usize {
    let bytes_each = match format {
        ContentFormat::LWM2M_CBOR => 4,
        ContentFormat::TLV => 6,
        ContentFormat::SENML_CBOR | ContentFormat::SENML_ETCH_CBOR => 10,
        ContentFormat::SENML_JSON | ContentFormat::SENML_ETCH_JSON => 20,
        ContentFormat::LWM2M_JSON => 20,
        _ => return 1,
    };
    payload.len() / bytes_each + 1
}

const fn no_form(format: ContentFormat, what: &'static str) -> CodecError {
    CodecError::new(format, 0, CodecErrorKind::Format(what))
}

/// Remarks of each kind that are kept.
const MOST_REMARKS: usize = 512;
/// Payloads from this length on are counted first.
const LONG: usize = 12 * 1024;
/// Nodes that any payload may have, and bytes for each one more: no payload of a device comes near.
const MOST_NODES: usize = 4096;
const BYTES_PER_NODE: usize = 16;
