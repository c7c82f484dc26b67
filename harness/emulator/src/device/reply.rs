//! What an operation gives back: the answer, and what the client has to do after it.

use coap::{Code, ContentFormat, Message, option};
use lwm2m::Path;

/// The answer to a request, before it is a message.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Reply {
    pub(crate) code: Code,
    pub(crate) payload: Option<(ContentFormat, Vec<u8>)>,
    pub(crate) location: Option<Path>,
    pub(crate) observe: Option<u32>,
}

/// What follows from an operation that was carried out.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Effect {
    /// A Resource was executed (Core TS, 6.3.5).
    Executed { path: Path, arguments: String },
    /// /1/x/8: the server with this Short Server ID wants an Update.
    UpdateTrigger(u16),
    /// /1/x/4: the server with this Short Server ID is disabled.
    Disable(u16),
    /// /1/x/9: Client-initiated bootstrap.
    BootstrapTrigger,
    /// /3/0/4.
    Reboot,
    /// /3/0/5.
    FactoryReset,
    /// /5/x/0 or /5/x/1: a download for this Object Instance that is under way is given up.
    EndDownload { instance: u16 },
    /// /5/x/1: a firmware package is to be fetched for this Object Instance.
    Download { instance: u16, uri: String },
    /// /13/x/0: the device talks over another bearer now.
    BearerChanged,
    /// Bootstrap-Finish with a consistent configuration.
    Bootstrapped,
}

/// Why a request is refused, as the code that says so.
pub(crate) type Refusal = Code;

impl Reply {
    /// An answer of a code alone.
    pub(crate) const fn code(code: Code) -> Self {
        Self {
            code,
            payload: None,
            location: None,
            observe: None,
        }
    }

    /// 2.05 with a payload.
    pub(crate) const fn content(format: ContentFormat, payload: Vec<u8>) -> Self {
        Self {
            code: Code::CONTENT,
            payload: Some((format, payload)),
            location: None,
            observe: None,
        }
    }

    /// 2.01 with the location of a new Object Instance.
    pub(crate) const fn created(location: Option<Path>) -> Self {
        Self {
            code: Code::CREATED,
            payload: None,
            location,
            observe: None,
        }
    }

    /// Puts this answer into `message`, whose kind, identifier and token are already right.
    pub(crate) fn write_to(&self, message: &mut Message) {
        message.code = self.code;
        if let Some(sequence) = self.observe {
            message.push_uint_option(option::OBSERVE, sequence.into());
        }
        let location = self
            .location
            .map(|path| path.ids().to_vec())
            .unwrap_or_default();
        for id in location {
            message.push_option(option::LOCATION_PATH, id.to_string());
        }
        if let Some((format, payload)) = &self.payload {
            message.push_uint_option(option::CONTENT_FORMAT, format.0.into());
            message.payload.clone_from(payload);
        }
    }
}

impl From<Result<Self, Refusal>> for Reply {
    fn from(outcome: Result<Self, Refusal>) -> Self {
        outcome.unwrap_or_else(Self::code)
    }
}
