//! The parts of a message that operations are written in (Transport TS, 6.4): method, path, queries, formats, payload.
//!
//! Other options are left out; who needs them adds them to the message.

use coap::{Code, ContentFormat, Kind, Message, MessageId, Token, option};

use crate::Path;

/// A message without its header and without the options that no operation uses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Method; a response code in a notification.
    pub code: Code,
    /// Uri-Path segments; none in a notification.
    pub segments: Vec<String>,
    /// Uri-Query options.
    pub query: Vec<String>,
    /// Content-Format.
    pub content_format: Option<ContentFormat>,
    /// Accept.
    pub accept: Option<ContentFormat>,
    /// Observe.
    pub observe: Option<u32>,
    /// Payload.
    pub payload: Vec<u8>,
}

impl Request {
    /// A request of `code` to the root.
    pub const fn new(code: Code) -> Self {
        Self {
            code,
            segments: Vec::new(),
            query: Vec::new(),
            content_format: None,
            accept: None,
            observe: None,
            payload: Vec::new(),
        }
    }

    /// A request of `code` to `path` below the segments `prefix`.
    pub fn to_target(code: Code, prefix: &[String], path: &Path) -> Self {
        let mut request = Self::new(code);
        request.segments.extend_from_slice(prefix);
        let ids = path.ids().iter().map(u16::to_string);
        request.segments.extend(ids);
        request
    }

    /// The parts of `message`.
    pub fn of(message: &Message) -> Self {
        Self {
            code: message.code,
            segments: message.text_options(option::URI_PATH),
            query: message.text_options(option::URI_QUERY),
            content_format: message.content_format(),
            accept: message.accept(),
            observe: message.observe(),
            payload: message.payload.clone(),
        }
    }

    /// The message of these parts.
    pub fn to_message(&self, kind: Kind, id: MessageId, token: Token) -> Message {
        let mut message = Message::new(kind, self.code, id, token);
        if let Some(observe) = self.observe {
            message.push_uint_option(option::OBSERVE, u64::from(observe));
        }
        for segment in &self.segments {
            message.push_option(option::URI_PATH, segment.as_bytes());
        }
        if let Some(format) = self.content_format {
            message.push_uint_option(option::CONTENT_FORMAT, u64::from(format.0));
        }
        for query in &self.query {
            message.push_option(option::URI_QUERY, query.as_bytes());
        }
        if let Some(format) = self.accept {
            message.push_uint_option(option::ACCEPT, u64::from(format.0));
        }
        message.payload.clone_from(&self.payload);
        message
    }

    /// The path at the end of the segments, and the segments before it: an alternate path (Transport TS, 6.4.1).
    ///
    /// An empty segment alone is the root, as some LwM2M Servers write it.
    pub fn target(&self) -> Option<(Vec<String>, Path)> {
        let mut segments = self.segments.as_slice();
        if let Some((last, before)) = segments.split_last()
            && last.is_empty()
        {
            segments = before;
        }
        let numeric = |segment: &String| segment.bytes().all(|byte| byte.is_ascii_digit());
        let start = segments.iter().position(numeric).unwrap_or(segments.len());
        let (prefix, ids) = segments.split_at(start);
        Some((prefix.to_vec(), Path::from_segments(ids).ok()?))
    }

    /// Takes the value of the first `name=value` query out of the queries.
    pub(super) fn take_query(&mut self, name: &str) -> Option<String> {
        let found = |query: &String| {
            let value = query.strip_prefix(name)?.strip_prefix('=')?;
            Some(value.to_owned())
        };
        let (index, value) = self
            .query
            .iter()
            .enumerate()
            .find_map(|(index, query)| Some((index, found(query)?)))?;
        self.query.remove(index);
        Some(value)
    }

    /// Takes the first query that is just `name` out of the queries.
    pub(super) fn take_flag(&mut self, name: &str) -> bool {
        let found = self.query.iter().position(|query| query == name);
        found.map(|index| self.query.remove(index)).is_some()
    }

    /// Adds `name=value` if there is a value.
    pub(super) fn push_query(&mut self, name: &str, value: Option<&String>) {
        if let Some(value) = value {
            self.query.push(format!("{name}={value}"));
        }
    }
}
