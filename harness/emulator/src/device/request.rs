//! A request as the client's operations see it: method, path and options taken from a message.
//!
//! Refuses paths that are none (Core TS, 7.2; Transport TS, 6.4); what stands there is for the operations to say.

use coap::{Code, ContentFormat, Message, option};
use lwm2m::{Path, PathError};

use super::reply::Refusal;

/// A request to the client.
#[derive(Clone, Debug)]
pub(crate) struct Request<'m> {
    pub(crate) method: Code,
    pub(crate) path: Path,
    pub(crate) queries: Vec<String>,
    pub(crate) content_format: Option<ContentFormat>,
    pub(crate) accept: Option<ContentFormat>,
    pub(crate) observe: Option<u32>,
    pub(crate) message: &'m Message,
}

impl<'m> Request<'m> {
    /// Reads what the operations need from `message`; `root` is an alternate path that precedes every path.
    ///
    /// An empty last segment is left out, since servers in the field send one for the root.
    pub(crate) fn new(message: &'m Message, root: &str) -> Result<Self, Refusal> {
        let mut segments = message.text_options(option::URI_PATH);
        let prefix: Vec<&str> = root.split('/').filter(|part| !part.is_empty()).collect();
        if prefix.len() <= segments.len()
            && prefix
                .iter()
                .zip(&segments)
                .all(|(one, other)| one == other)
        {
            segments.drain(..prefix.len());
        }
        if segments.last().is_some_and(String::is_empty) {
            segments.pop();
        }
        let path = Path::from_segments(&segments).map_err(|error| match error {
            PathError::TooDeep => Code::METHOD_NOT_ALLOWED,
            _ => Code::NOT_FOUND,
        })?;
        Ok(Self {
            method: message.code,
            path,
            queries: message.text_options(option::URI_QUERY),
            content_format: message.content_format(),
            accept: message.accept(),
            observe: message.observe(),
            message,
        })
    }

    /// The payload.
    pub(crate) fn payload(&self) -> &'m [u8] {
        &self.message.payload
    }
}
