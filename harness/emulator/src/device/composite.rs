//! Read-Composite and Write-Composite (Core TS, 6.3.8 and 6.3.9).

use coap::{Code, ContentFormat};
use lwm2m::{Node, Path, Value, Version};

use super::format::{encode_nodes, is_etch};
use super::reply::{Refusal, Reply};
use super::request::Request;
use super::rights::Right;
use super::state::{Asker, Device};
use crate::data::Resource;

impl Device {
    /// Answers a Read-Composite with what can be read of the listed paths.
    pub(super) fn read_composite(
        &self,
        asker: Asker,
        request: &Request<'_>,
    ) -> Result<Reply, Refusal> {
        let paths = self.listed_paths(request)?;
        let nodes = self.readable_of(asker.server, &paths);
        if nodes.is_empty()
            && paths
                .iter()
                .any(|path| self.is_refused(asker.server, *path))
        {
            return Err(Code::UNAUTHORIZED);
        }
        let format = self.answer_format(request)?;
        encode_nodes(format, &nodes, Path::ROOT, &self.types())
            .map(|payload| Reply::content(format, payload))
            .ok_or(Code::NOT_ACCEPTABLE)
    }

    /// The paths that a composite request lists.
    pub(super) fn listed_paths(&self, request: &Request<'_>) -> Result<Vec<Path>, Refusal> {
        let format = self.known_format(request)?;
        if !PATH_LISTS.contains(&format) || (is_etch(format) && self.version < Version::V1_2) {
            return Err(Code::UNSUPPORTED_CONTENT_FORMAT);
        }
        let listed = lwm2m::codec::decode_paths(format, request.payload());
        let paths = listed.map_err(|_| Code::BAD_REQUEST)?.paths;
        if paths.is_empty() || paths.len() > MOST_PATHS {
            return Err(Code::BAD_REQUEST);
        }
        Ok(paths)
    }

    /// What a server can read of `paths`, each value once, in the order of the list.
    pub(crate) fn readable_of(&self, server: u16, paths: &[Path]) -> Vec<Node> {
        let mut nodes: Vec<Node> = Vec::new();
        for (index, path) in paths.iter().enumerate() {
            let told = paths
                .iter()
                .take(index)
                .any(|earlier| earlier.contains(path));
            if told {
                continue;
            }
            let mut below = self.readable_below(server, *path);
            below.retain(|node| {
                !paths
                    .iter()
                    .take(index)
                    .any(|earlier| earlier.contains(&node.path))
            });
            nodes.extend(below);
        }
        nodes.retain(|node| node.value != Value::Nothing);
        nodes
    }

    /// Answers a Write-Composite: all of it or nothing.
    pub(super) fn write_composite(
        &mut self,
        asker: Asker,
        request: &Request<'_>,
    ) -> Result<Reply, Refusal> {
        let format = self.known_format(request)?;
        let etch = is_etch(format) && self.version >= Version::V1_2;
        if !COMPOSITE_WRITES.contains(&format) && !etch {
            return Err(Code::UNSUPPORTED_CONTENT_FORMAT);
        }
        let nodes = self.nodes_of(request)?;
        if nodes.is_empty() {
            return Err(Code::BAD_REQUEST);
        }
        for node in nodes {
            self.check_composite_target(asker, node.path)?;
            match node.value {
                Value::Nothing if etch && node.path.depth() == 4 => self.forget(node.path),
                value => self.put(node.path, value)?,
            }
        }
        Ok(Reply::code(Code::CHANGED))
    }

    /// The Resource must be there and writable; a Resource Instance may be new.
    fn check_composite_target(&self, asker: Asker, path: Path) -> Result<(), Refusal> {
        let resource = path.prefix(3).ok_or(Code::BAD_REQUEST)?;
        self.target(resource)?;
        self.permit(asker.server, path, Right::Write)?;
        if !self.operations(path).write {
            return Err(Code::METHOD_NOT_ALLOWED);
        }
        let single = matches!(self.store.resource(resource), Some(Resource::Single(_)));
        if single && path.depth() == 4 {
            Err(Code::NOT_FOUND)
        } else {
            Ok(())
        }
    }

    fn readable_below(&self, server: u16, path: Path) -> Vec<Node> {
        if path.depth() > 0 {
            return self.readable(server, path).unwrap_or_default();
        }
        let objects = self.store.objects().filter_map(|id| Path::ROOT.child(id));
        objects
            .flat_map(|object| self.readable(server, object).unwrap_or_default())
            .collect()
    }

    fn is_refused(&self, server: u16, path: Path) -> bool {
        self.readable(server, path) == Err(Code::UNAUTHORIZED)
    }

    /// Accept, if a composite answer can have it; else the format of the request's family.
    fn answer_format(&self, request: &Request<'_>) -> Result<ContentFormat, Refusal> {
        let asked = match request.accept {
            Some(accept) => Some(accept),
            None => request.content_format.map(|format| match format {
                ContentFormat::SENML_ETCH_JSON => ContentFormat::SENML_JSON,
                ContentFormat::SENML_ETCH_CBOR => ContentFormat::SENML_CBOR,
                other => other,
            }),
        };
        asked
            .or_else(|| self.formats.composite())
            .filter(|format| COMPOSITE_WRITES.contains(format) && self.formats.contains(*format))
            .ok_or(Code::NOT_ACCEPTABLE)
    }
}

/// Formats of a list of paths (Transport TS, 6.4).
const PATH_LISTS: [ContentFormat; 4] = [
    ContentFormat::SENML_JSON,
    ContentFormat::SENML_CBOR,
    ContentFormat::SENML_ETCH_JSON,
    ContentFormat::SENML_ETCH_CBOR,
];

/// Formats of the values of a composite operation, beside SENML-ETCH (Transport TS, 6.4).
const COMPOSITE_WRITES: [ContentFormat; 3] = [
    ContentFormat::SENML_JSON,
    ContentFormat::SENML_CBOR,
    ContentFormat::LWM2M_CBOR,
];

/// More paths than that are refused, so that the work for one request stays bounded.
const MOST_PATHS: usize = 256;
