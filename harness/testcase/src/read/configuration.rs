//! Configurations and value sets.

use std::sync::Arc;

use lwm2m::Path;

use super::Reader;
use crate::model::{Configuration, Setting, SettingValue, Span, ValueSet};
use crate::notation::{CONFIGURATION, SET};
use crate::tree::{Node, NodeKind};

impl Reader<'_> {
    /// A configuration, without what its base has.
    pub(crate) fn configuration(&mut self, node: &Node, text: &Arc<str>) -> Option<Configuration> {
        let keys = self.keys(node, CONFIGURATION)?;
        Some(Configuration {
            name: self.one(&keys, "configuration"),
            file: self.file.to_owned(),
            text: Arc::clone(text),
            title: self.one(&keys, "title"),
            base: keys.value("base").and_then(|node| self.plain(node, "base")),
            values: keys
                .value("values")
                .map(|node| self.settings(node))
                .unwrap_or_default(),
            moves: self.paths(keys.value("moves")),
            may_differ: self.paths(keys.value("may-differ")),
        })
    }

    /// A value set of the ETS.
    pub(crate) fn value_set(&mut self, node: &Node, text: &Arc<str>) -> Option<ValueSet> {
        let keys = self.keys(node, SET)?;
        Some(ValueSet {
            name: self.one(&keys, "set"),
            file: self.file.to_owned(),
            text: Arc::clone(text),
            title: self.one(&keys, "title"),
            values: keys
                .value("values")
                .map(|node| self.settings(node))
                .unwrap_or_default(),
        })
    }

    fn paths(&mut self, node: Option<&Node>) -> Vec<Path> {
        let mut paths = Vec::new();
        for item in node
            .and_then(|node| self.list(node, "paths"))
            .unwrap_or_default()
        {
            let Some(text) = self.plain(item, "path") else {
                continue;
            };
            paths.extend(self.literal_path(&text, text.span));
        }
        paths
    }

    fn literal_path(&mut self, text: &str, span: Span) -> Option<Path> {
        match text.parse() {
            Ok(path) => Some(path),
            Err(error) => {
                let message = format!("\"{text}\" is not a path");
                self.error(span, message).label = Some(format!("{error}"));
                None
            }
        }
    }

    fn settings(&mut self, node: &Node) -> Vec<Setting> {
        let mut settings: Vec<Setting> = Vec::new();
        for (key, value) in self.map(node, "values").unwrap_or_default() {
            if let Some(path) = self.literal_path(key, key.span) {
                self.setting(path, key.span, value, &mut settings);
            }
        }
        settings.sort_by_key(|setting| setting.path);
        settings
    }

    /// The values below `path`; nesting ends at the Resource Instance, so that it cannot run away.
    fn setting(&mut self, path: Path, span: Span, node: &Node, settings: &mut Vec<Setting>) {
        let value = match &node.kind {
            NodeKind::Map(entries) if !entries.is_empty() => {
                for (key, value) in entries {
                    let child = key.parse().ok().and_then(|id| path.child(id));
                    match child {
                        Some(child) => self.setting(child, key.span, value, settings),
                        None => {
                            let message = format!("\"{}\" is not an ID below {path}", key.value);
                            self.error(key.span, message);
                        }
                    }
                }
                return;
            }
            NodeKind::Map(_) => SettingValue::Empty,
            NodeKind::Text(text) if text == "absent" => SettingValue::Absent,
            _ if path.depth() < 3 => {
                let message = format!("{path} holds {}, not Resources", node.describe());
                self.error(node.span, message);
                return;
            }
            _ => match self.scalar(node, "value") {
                Some(scalar) => SettingValue::Scalar(scalar),
                None => return,
            },
        };
        if settings.iter().any(|setting| setting.path == path) {
            self.error(span, format!("{path} stands twice"));
            return;
        }
        settings.push(Setting { path, value, span });
    }
}
