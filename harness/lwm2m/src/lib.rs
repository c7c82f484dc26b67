//! LwM2M: paths, nodes, values, content formats, operations and object definitions.
//!
//! Pure. Knows nothing of who speaks, of tests or of verdicts.

pub mod codec;
mod node;
pub mod operation;
mod path;
pub mod registry;
mod role;
mod types;
mod value;
mod version;

pub use node::Node;
pub use operation::Operation;
pub use path::{MAX_ID, Path, PathError};
pub use registry::{
    ObjectDefinition, ObjectVersion, Operations, Range, Registry, ResourceDefinition,
};
pub use role::Role;
pub use types::{ResourceType, Types};
pub use value::{Type, Value};
pub use version::Version;
