//! Block-wise transfer (RFC 7959): the option value, and bodies cut and assembled.

use thiserror::Error;

/// Why a block or a transfer of blocks cannot be taken.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum BlockError {
    /// The option value is longer than 3 bytes (RFC 7959, 2.1).
    #[error("block option of {length} bytes is longer than 3")]
    OptionTooLong {
        /// Length of the value.
        length: usize,
    },
}
