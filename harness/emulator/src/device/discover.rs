//! Discover (Core TS, 6.3.2): the tree that is there, as links with attributes.

use std::fmt::Write as _;

use coap::{Code, ContentFormat};
use lwm2m::{Path, Version};

use super::reply::{Refusal, Reply};
use super::request::Request;
use super::state::{Asker, Device};
use crate::data::Resource;

impl Device {
    /// Answers a Discover; only the asking server's attributes are told.
    pub(super) fn discover(&self, asker: Asker, request: &Request<'_>) -> Result<Reply, Refusal> {
        let path = request.path;
        if path.depth() == 0 || path.depth() > 3 {
            return Err(Code::METHOD_NOT_ALLOWED);
        }
        self.target(path)?;
        let depth = self.depth(request)?;
        let mut links = Vec::new();
        self.link_tree(asker.server, path, path, depth, &mut links);
        let payload = links.join(",").into_bytes();
        Ok(Reply::content(ContentFormat::LINK_FORMAT, payload))
    }

    /// How many levels below the target are told: two for an Object, else one, or what a 1.2 server asks for.
    fn depth(&self, request: &Request<'_>) -> Result<usize, Refusal> {
        let usual = if request.path.depth() == 1 { 2 } else { 1 };
        let asked = request
            .queries
            .iter()
            .find_map(|query| query.strip_prefix("depth="));
        match asked {
            Some(asked) if self.version >= Version::V1_2 => match asked.parse() {
                Ok(depth @ 0..=3) => Ok(depth),
                _ => Err(Code::BAD_REQUEST),
            },
            _ => Ok(usual),
        }
    }

    fn link_tree(
        &self,
        server: u16,
        target: Path,
        path: Path,
        depth: usize,
        links: &mut Vec<String>,
    ) {
        links.push(self.link(server, target, path));
        let Some(below) = depth.checked_sub(1) else {
            return;
        };
        for child in self.children(path) {
            self.link_tree(server, target, child, below, links);
        }
    }

    /// What stands one level below `path`; Resource Instances only from 1.1.
    fn children(&self, path: Path) -> Vec<Path> {
        let ids: Vec<u16> = match *path.ids() {
            [object] => self.store.instances(object).collect(),
            [object, instance] => self
                .store
                .resources(object, instance)
                .map(|(id, _)| id)
                .collect(),
            [_, _, _] if self.version >= Version::V1_1 => self
                .store
                .resource(path)
                .into_iter()
                .flat_map(Resource::ids)
                .collect(),
            _ => Vec::new(),
        };
        ids.into_iter().filter_map(|id| path.child(id)).collect()
    }

    fn link(&self, server: u16, target: Path, path: Path) -> String {
        let mut link = format!("<{path}>");
        if let [object] = *path.ids()
            && let Some(version) = self.unusual_version(object)
        {
            let _ = write!(link, ";ver={version}");
        }
        if let (3, Some(Resource::Multiple(values))) = (path.depth(), self.store.resource(path)) {
            let _ = write!(link, ";dim={}", values.len());
        }
        let attributes = self
            .attributes
            .get(&server)
            .map(|table| match path == target {
                true => table.in_force(path),
                false => table.attached(path),
            });
        link + &attributes.unwrap_or_default().to_link_parameters()
    }
}
