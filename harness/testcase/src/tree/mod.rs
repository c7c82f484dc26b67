//! YAML files as trees with places.

mod node;
mod read;

pub(crate) use node::{Node, NodeKind};
pub(crate) use read::read;
