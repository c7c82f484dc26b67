//! Object Instances that a configuration names and a client lacks: they are created before the case begins.

use lwm2m::operation::Create;
use lwm2m::{Node, Path, Value};

use testcase::ScalarKind;

use super::Play;
use crate::template;

impl Play {
    /// Instances of the configuration that a client with these `registered` can be asked to create.
    ///
    /// Accounts and access rights come by bootstrap, and a single Object has one instance or none of the server's choice.
    pub(super) fn missing_instances(&self, registered: &[Path]) -> Vec<Path> {
        let mut missing: Vec<Path> = Vec::new();
        for (path, _) in &self.setting.configuration {
            let (Some(object), Some(instance)) = (path.object(), path.prefix(2)) else {
                continue;
            };
            let has_object = registered
                .iter()
                .any(|known| known.object() == Some(object));
            let multiple = self.setting.types.object(object);
            let multiple = multiple.is_some_and(|definition| definition.multiple);
            let wanted = has_object && multiple && !BY_BOOTSTRAP.contains(&object);
            if wanted && !registered.contains(&instance) && !missing.contains(&instance) {
                missing.push(instance);
            }
        }
        missing
    }

    /// A Create of `instance` with what the configuration has for it and a server may write.
    pub(super) fn setup_create(&self, instance: Path) -> Option<Create> {
        let values = self.setting.configuration.iter();
        let nodes: Vec<Node> = values
            .filter(|(path, value)| instance.contains(path) && *value != Value::Nothing)
            .filter(|(path, _)| {
                let definition = self.setting.types.resource_at(path);
                definition.is_some_and(|definition| definition.operations.write)
            })
            .map(|(path, value)| Node::new(*path, value.clone()))
            .collect();
        let types = &*self.setting.types;
        Create::of_nodes(instance.prefix(1)?, self.setup_format(), &nodes, types).ok()
    }

    /// Whether the case asks for something of the Object that `instance` is of; a path that is not plain text may be any.
    pub(super) fn concerns(&self, instance: &Path) -> bool {
        let dialogue = &self.setting.case.dialogue;
        let steps = dialogue
            .iter()
            .flat_map(|step| step.group.iter().chain([step]));
        let mut lines = steps.flat_map(|step| &step.lines);
        lines.any(|line| {
            let path = template::field(line, "path").and_then(template::own_value);
            match path.map(|path| &path.kind) {
                Some(ScalarKind::Text(text)) => text
                    .as_literal()
                    .and_then(|text| text.parse::<Path>().ok())
                    .is_none_or(|path| path.object() == instance.object()),
                _ => COMPOSITE
                    .iter()
                    .any(|field| template::field(line, field).is_some()),
            }
        })
    }
}

/// Security, Server, Access Control, and OSCORE (Core TS, 6.1 and 8.1).
const BY_BOOTSTRAP: [u16; 4] = [0, 1, 2, 21];
/// Fields that name several paths.
const COMPOSITE: [&str; 2] = ["paths", "node"];
