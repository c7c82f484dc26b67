//! What a payload says: values at paths, in the order of the wire.

use crate::{Path, Value};

/// One value at one path, as a payload carries it.
///
/// A payload is a list of these. A multiple Resource is one entry for each of its instances; an empty one is a single entry at
/// the Resource with [`Value::Nothing`].
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Where the value belongs, absolute.
    pub path: Path,
    /// The value.
    pub value: Value,
    /// Seconds, absolute or relative as RFC 8428, 4.5.3 tells them apart; only from formats that carry time.
    pub time: Option<f64>,
    /// Offset of the entry in the payload it was read from; 0 in one that was not read.
    pub offset: usize,
}

impl Node {
    /// A value at a path, without time.
    pub const fn new(path: Path, value: Value) -> Self {
        Self {
            path,
            value,
            time: None,
            offset: 0,
        }
    }
}
