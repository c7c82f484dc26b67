//! Options of signalling messages (RFC 8323, 5.2 and 11.2): numbers that belong to their code, formats, lengths.
//!
//! Does not read values; holds the check of one against its registration.

use crate::datagram::OptionSpan;
use crate::option::{self, Definition, Format};
use crate::{Code, Reading, SignalBreach, ViolationKind};

/// Max-Message-Size of a CSM (RFC 8323, 5.3.1).
pub const MAX_MESSAGE_SIZE: u16 = 2;
/// Block-Wise-Transfer of a CSM (RFC 8323, 5.3.2).
pub const BLOCK_WISE_TRANSFER: u16 = 4;
/// Custody of a Ping or Pong (RFC 8323, 5.4.1).
pub const CUSTODY: u16 = 2;
/// Alternative-Address of a Release (RFC 8323, 5.5).
pub const ALTERNATIVE_ADDRESS: u16 = 2;
/// Hold-Off of a Release (RFC 8323, 5.5).
pub const HOLD_OFF: u16 = 4;
/// Bad-CSM-Option of an Abort (RFC 8323, 5.6).
pub const BAD_CSM_OPTION: u16 = 2;

/// What is registered about option `number` of signalling code `code`; `None` if this crate does not know it.
pub const fn definition(code: Code, number: u16) -> Option<&'static Definition> {
    match (code, number) {
        (Code::CSM, MAX_MESSAGE_SIZE) => Some(&MAX_MESSAGE_SIZE_DEFINITION),
        (Code::CSM, BLOCK_WISE_TRANSFER) => Some(&BLOCK_WISE_DEFINITION),
        (Code::PING | Code::PONG, CUSTODY) => Some(&CUSTODY_DEFINITION),
        (Code::RELEASE, ALTERNATIVE_ADDRESS) => Some(&ALTERNATIVE_ADDRESS_DEFINITION),
        (Code::RELEASE, HOLD_OFF) => Some(&HOLD_OFF_DEFINITION),
        (Code::ABORT, BAD_CSM_OPTION) => Some(&BAD_CSM_DEFINITION),
        // of every code (RFC 8613, 13.3)
        (_, option::OSCORE) => option::definition(option::OSCORE),
        _ => None,
    }
}

impl Reading {
    /// Checks an option of a signalling message against its registration.
    pub(crate) fn check_signal_option(&mut self, span: OptionSpan, value: &[u8], code: Code) {
        let number = span.number;
        let note = |reading: &mut Self, breach, offset| {
            let kind = ViolationKind::SignalOption {
                code,
                number,
                breach,
            };
            reading.note(kind, offset);
        };
        let Some(known) = definition(code, number) else {
            if option::is_critical(number) {
                note(self, SignalBreach::CriticalUnknown, span.offset);
            }
            return;
        };
        let last = self.option_spans.last();
        if !known.repeatable && last.is_some_and(|last| last.number == number) {
            note(self, SignalBreach::Repeated, span.offset);
        }
        let length = span.length;
        if length < usize::from(known.min_length) || length > usize::from(known.max_length) {
            note(self, SignalBreach::Length { length }, span.offset);
        }
        if known.format == Format::Uint && value.first() == Some(&0) {
            note(self, SignalBreach::NotShortest, span.value_offset);
        }
        if let (Format::String, Err(error)) = (known.format, std::str::from_utf8(value)) {
            let offset = span.value_offset + error.valid_up_to();
            note(self, SignalBreach::NotUtf8, offset);
        }
    }
}

const fn once(number: u16, name: &'static str, format: Format, max_length: u16) -> Definition {
    Definition {
        number,
        name,
        format,
        min_length: 0,
        max_length,
        repeatable: false,
    }
}

const MAX_MESSAGE_SIZE_DEFINITION: Definition =
    once(MAX_MESSAGE_SIZE, "Max-Message-Size", Format::Uint, 4);
const BLOCK_WISE_DEFINITION: Definition =
    once(BLOCK_WISE_TRANSFER, "Block-Wise-Transfer", Format::Empty, 0);
const CUSTODY_DEFINITION: Definition = once(CUSTODY, "Custody", Format::Empty, 0);
const ALTERNATIVE_ADDRESS_DEFINITION: Definition = Definition {
    min_length: 1,
    repeatable: true,
    ..once(
        ALTERNATIVE_ADDRESS,
        "Alternative-Address",
        Format::String,
        255,
    )
};
const HOLD_OFF_DEFINITION: Definition = once(HOLD_OFF, "Hold-Off", Format::Uint, 3);
const BAD_CSM_DEFINITION: Definition = once(BAD_CSM_OPTION, "Bad-CSM-Option", Format::Uint, 2);
