//! What the Bootstrap-Server may do: Write, Delete, Discover, Read, Finish (Core TS, 6.1.7).
//!
//! No access rights and no operations of Resources count here.

use std::fmt::Write as _;

use coap::{Code, ContentFormat};
use lwm2m::{Node, Path, Value, Version};

use super::reply::{Effect, Refusal, Reply};
use super::request::Request;
use super::state::Device;

impl Device {
    pub(super) fn dispatch_bootstrap(&mut self, request: &Request<'_>) -> Result<Reply, Refusal> {
        match request.method {
            Code::PUT if (1..=3).contains(&request.path.depth()) => self.bootstrap_write(request),
            Code::DELETE if request.path.depth() <= 2 => self.bootstrap_delete(request.path),
            Code::GET if request.accept == Some(ContentFormat::LINK_FORMAT) => {
                self.bootstrap_discover(request.path)
            }
            Code::GET if self.version >= Version::V1_1 => self.bootstrap_read(request),
            _ => Err(Code::METHOD_NOT_ALLOWED),
        }
    }

    /// Answers a Bootstrap-Finish: 4.06 if the configuration is not consistent.
    pub(super) fn finish_bootstrap(&mut self, method: Code) -> Result<Reply, Refusal> {
        if method != Code::POST {
            return Err(Code::METHOD_NOT_ALLOWED);
        }
        if !self.is_consistent() {
            return Err(Code::NOT_ACCEPTABLE);
        }
        self.effects.push(Effect::Bootstrapped);
        Ok(Reply::code(Code::CHANGED))
    }

    /// Puts what a Bootstrap-Pack holds in place of the Objects that it names (Core TS 1.2, 6.1.7.7).
    pub(crate) fn unpack(&mut self, nodes: Vec<Node>) -> Result<(), Refusal> {
        let mut objects: Vec<u16> = nodes.iter().filter_map(|node| node.path.object()).collect();
        objects.dedup();
        for object in objects {
            let path = Path::new(&[object]).ok_or(Code::BAD_REQUEST)?;
            self.bootstrap_delete(path)?;
        }
        nodes
            .into_iter()
            .try_for_each(|node| self.bootstrap_put(node))?;
        self.add_executables(Path::ROOT);
        self.is_consistent()
            .then_some(())
            .ok_or(Code::NOT_ACCEPTABLE)
    }

    fn bootstrap_write(&mut self, request: &Request<'_>) -> Result<Reply, Refusal> {
        let object = request.path.object().ok_or(Code::BAD_REQUEST)?;
        if !self.store.supports(object) && self.registry.object(object).is_none() {
            return Err(Code::BAD_REQUEST);
        }
        let nodes = self.nodes_of(request)?;
        let mut instances: Vec<Path> = nodes
            .iter()
            .filter_map(|node| node.path.prefix(2))
            .collect();
        instances.dedup();
        match request.path.depth() {
            1 => instances
                .into_iter()
                .for_each(|instance| self.clear_instance(instance)),
            2 => self.clear_instance(request.path),
            _ => {}
        }
        nodes
            .into_iter()
            .try_for_each(|node| self.bootstrap_put(node))?;
        self.add_executables(request.path.prefix(1).unwrap_or_default());
        Ok(Reply::code(Code::CHANGED))
    }

    fn clear_instance(&mut self, path: Path) {
        self.store.remove(path);
        if let (Some(object), Some(instance)) = (path.object(), path.instance()) {
            self.store.create(object, instance);
        }
    }

    /// Puts one value; unsupported Resources are left out.
    fn bootstrap_put(&mut self, node: Node) -> Result<(), Refusal> {
        let (Some(object), Some(instance)) = (node.path.object(), node.path.instance()) else {
            return Err(Code::BAD_REQUEST);
        };
        self.store.create(object, instance);
        let unknown =
            self.registry.object(object).is_some() && self.definition(node.path).is_none();
        let executable = self
            .definition(node.path)
            .is_some_and(|known| known.operations.execute);
        if node.path.depth() < 3 || unknown || executable {
            return Ok(());
        }
        self.put_linking(node.path, node.value, true)
    }

    /// Removes all but the Bootstrap-Server's account and the Device Object.
    fn bootstrap_delete(&mut self, path: Path) -> Result<Reply, Refusal> {
        if path.depth() == 2 && !self.store.contains(path) {
            return Err(Code::BAD_REQUEST);
        }
        let kept = self.bootstrap_account();
        if let [0, id] = *path.ids()
            && !kept.contains(&path)
            && self.version >= Version::V1_1
            && let Some(server) = self.number(&[0, id, 10])
        {
            self.forget_server(u16::try_from(server).unwrap_or(0));
        }
        for instance in self.store.instance_paths(path) {
            if instance.object() != Some(3) && !kept.contains(&instance) {
                self.forget(instance);
            }
        }
        Ok(Reply::code(Code::DELETED))
    }

    /// The Object Instances that make up the Bootstrap-Server's account.
    fn bootstrap_account(&self) -> Vec<Path> {
        let security = self
            .store
            .instances(0)
            .find(|id| self.is_bootstrap_security(*id));
        let path = security.and_then(|id| Path::new(&[0, id]));
        let oscore = path
            .and_then(|path| path.child(17))
            .and_then(|path| self.store.value(path))
            .and_then(|value| match value {
                Value::ObjectLink {
                    object: 21,
                    instance,
                } => Path::new(&[21, *instance]),
                _ => None,
            });
        path.into_iter().chain(oscore).collect()
    }

    /// Whether /0/`id` is the account of the Bootstrap-Server.
    pub(crate) fn is_bootstrap_security(&self, id: u16) -> bool {
        self.truth(&[0, id, 1]) == Some(true)
    }

    fn bootstrap_read(&self, request: &Request<'_>) -> Result<Reply, Refusal> {
        let path = request.path;
        if !matches!(path.object(), Some(1 | 2)) || path.depth() > 2 {
            return Err(Code::METHOD_NOT_ALLOWED);
        }
        if !self.store.contains(path) {
            return Err(Code::NOT_FOUND);
        }
        let mut nodes = self.store.nodes(path);
        nodes.retain(|node| !self.operations(node.path).execute);
        self.formats
            .content(&nodes, path, request.accept, &self.types())
    }

    fn bootstrap_discover(&self, path: Path) -> Result<Reply, Refusal> {
        if path.depth() > 1 {
            return Err(Code::BAD_REQUEST);
        }
        if !self.store.contains(path) {
            return Err(Code::NOT_FOUND);
        }
        let mut links = match self.version {
            Version::V1_0 => vec![format!("lwm2m=\"{}\"", self.version)],
            _ => vec![format!("</>;lwm2m={}", self.version)],
        };
        let objects = self.store.objects().filter_map(|id| Path::new(&[id]));
        for object in objects.filter(|object| path.contains(object)) {
            self.discover_object(object, &mut links);
        }
        let payload = links.join(",").into_bytes();
        Ok(Reply::content(ContentFormat::LINK_FORMAT, payload))
    }

    /// An Object with `ver` or without instances is a link of its own (Core TS, 6.1.7.3).
    fn discover_object(&self, object: Path, links: &mut Vec<String>) {
        let id = object.object().unwrap_or(0);
        let version = self.unusual_version(id);
        let instances = self.store.instance_paths(object);
        if instances.is_empty() || version.is_some() {
            let version = version.map(|version| format!(";ver={version}"));
            links.push(format!("<{object}>{}", version.unwrap_or_default()));
        }
        links.extend(
            instances
                .into_iter()
                .map(|instance| self.account_link(instance)),
        );
    }

    /// The Short Server ID of the account that a security context of OSCORE is linked from (Core TS, E.1 and 6.1.7.3).
    fn server_of_context(&self, context: u16) -> Option<i64> {
        let link = Value::ObjectLink {
            object: 21,
            instance: context,
        };
        let linked = |id: &u16| {
            let path = Path::new(&[0, *id, 17]);
            path.and_then(|path| self.store.value(path)) == Some(&link)
        };
        let account = self.store.instances(0).find(linked)?;
        match self.is_bootstrap_security(account) {
            true => None,
            false => self.number(&[0, account, 10]),
        }
    }

    fn account_link(&self, path: Path) -> String {
        let mut link = format!("<{path}>");
        let ssid = match *path.ids() {
            [0, id] if !self.is_bootstrap_security(id) => self.number(&[0, id, 10]),
            [1, id] => self.number(&[1, id, 0]),
            [21, id] => self.server_of_context(id),
            _ => None,
        };
        if let Some(ssid) = ssid {
            let _ = write!(link, ";ssid={ssid}");
        }
        if let ([0, _], Some(_), true) = (path.ids(), ssid, self.version >= Version::V1_1)
            && let Some(Value::String(uri)) = path.child(0).and_then(|path| self.store.value(path))
        {
            let _ = write!(link, ";uri=\"{uri}\"");
        }
        link
    }
}
