//! What a peer has said of itself in all its CSMs so far (RFC 8323, 5.3).

use super::Csm;

/// The capabilities of one end of a connection; each CSM adds to them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Longest message that it takes, in bytes, header included (RFC 8323, 5.3.1).
    pub max_message_size: u32,
    /// Whether it has said that it does block-wise transfer (RFC 8323, 5.3.2).
    pub block_wise: bool,
}

impl Settings {
    /// Takes over what a CSM says; what it leaves out stays.
    pub fn apply(&mut self, csm: &Csm) {
        self.max_message_size = csm.max_message_size.unwrap_or(self.max_message_size);
        self.block_wise |= csm.block_wise;
    }

    /// Whether it takes several blocks of 1024 bytes in one message (RFC 8323, 5.3.2).
    pub const fn bert(self) -> bool {
        self.block_wise && self.max_message_size > BASE_MAX_MESSAGE_SIZE
    }
}

/// The base values, which hold until a CSM says something else.
impl Default for Settings {
    fn default() -> Self {
        Self {
            max_message_size: BASE_MAX_MESSAGE_SIZE,
            block_wise: false,
        }
    }
}

/// Base value of Max-Message-Size (RFC 8323, 5.3.1).
const BASE_MAX_MESSAGE_SIZE: u32 = 1152;

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 8323, 5.3 and 5.3.2: cumulative; BERT comes and goes with Max-Message-Size.
    #[test]
    fn capabilities_add_up() {
        let csm = |max_message_size, block_wise| Csm {
            max_message_size,
            block_wise,
        };
        let mut settings = Settings::default();
        let rows = [
            (csm(None, false), 1152, false, false),
            (csm(None, true), 1152, true, false),
            (csm(Some(1153), false), 1153, true, true),
            (csm(None, false), 1153, true, true),
            (csm(Some(1152), false), 1152, true, false),
            (csm(Some(0), false), 0, true, false),
        ];
        for (csm, size, block_wise, bert) in rows {
            settings.apply(&csm);
            let found = (settings.max_message_size, settings.block_wise);
            assert_eq!((found, settings.bert()), ((size, block_wise), bert));
        }
    }
}
