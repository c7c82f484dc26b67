//! Read (Core TS, 6.3.1).

use coap::Code;
use lwm2m::{Node, Path, Value};

use super::reply::{Refusal, Reply};
use super::request::Request;
use super::rights::Right;
use super::state::{Asker, Device};

impl Device {
    /// Answers a Read of an Object, Object Instance, Resource or Resource Instance.
    pub(super) fn read(&self, asker: Asker, request: &Request<'_>) -> Result<Reply, Refusal> {
        let nodes = self.readable(asker.server, request.path)?;
        self.formats
            .content(&nodes, request.path, request.accept, &self.types())
    }

    /// What a server reads at `path`: 4.01, 4.04 or 4.05 if it may not, is not there, or cannot be read.
    pub(crate) fn readable(&self, server: u16, path: Path) -> Result<Vec<Node>, Refusal> {
        self.target(path)?;
        let instances = self.store.instance_paths(path);
        let permitted: Vec<Path> = instances
            .iter()
            .copied()
            .filter(|instance| self.permit(server, *instance, Right::Read).is_ok())
            .collect();
        if permitted.is_empty() && !instances.is_empty() {
            return Err(Code::UNAUTHORIZED);
        }
        if path.depth() >= 3 && !self.operations(path).read {
            return Err(Code::METHOD_NOT_ALLOWED);
        }
        if path.depth() >= 2 {
            return Ok(self.readable_nodes(path));
        }
        let mut nodes = Vec::new();
        for instance in permitted {
            let below = self.readable_nodes(instance);
            if below.is_empty() {
                nodes.push(Node::new(instance, Value::Nothing));
            }
            nodes.extend(below);
        }
        Ok(nodes)
    }

    fn readable_nodes(&self, path: Path) -> Vec<Node> {
        let mut nodes = self.store.nodes(path);
        nodes.retain(|node| self.operations(node.path).read);
        nodes
    }
}
