//! LwM2M: paths, nodes, values, content formats, operations and object definitions.
//!
//! Pure. Knows nothing of who speaks, of tests or of verdicts.

mod attribute;
mod binding;
pub mod codec;
mod node;
mod object_link;
pub mod operation;
mod path;
pub mod registry;
pub mod response;
mod role;
mod types;
mod value;
mod version;

pub use attribute::{Attribute, AttributeError, Attributes, Change};
pub use binding::{Binding, BindingError, BindingMode};
pub use node::Node;
pub use object_link::{ObjectLink, ObjectList};
pub use operation::Operation;
pub use path::{MAX_ID, Path, PathError};
pub use registry::{
    ObjectDefinition, ObjectVersion, Operations, Range, Registry, ResourceDefinition,
};
pub use role::Role;
pub use types::{ObjectTypes, ResourceType, Types};
pub use value::{Type, Value};
pub use version::Version;
