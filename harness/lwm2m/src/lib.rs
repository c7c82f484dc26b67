//! LwM2M: paths, nodes, values, content formats, operations and object definitions.
//!
//! Pure. Knows nothing of who speaks, of tests or of verdicts.

mod node;
mod path;
mod value;
mod version;

pub use node::Node;
pub use path::{Path, PathError};
pub use value::{Type, Value};
pub use version::Version;
