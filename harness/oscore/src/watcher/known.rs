//! A Master Secret that a watcher knows, the keys derived from it, and the Partial IVs that were used.

use std::collections::{BTreeMap, BTreeSet};

use coap::Message;

use super::Finding;
use crate::context::open_request;
use crate::layer::unwrapped;
use crate::{Binding, Fault, Header, Keys, Opened, Parameters, ParametersError, PartialIv};

/// One security context and those that RFC 8613, B.2 makes of it.
#[derive(Clone, Debug)]
pub(super) struct Known {
    parameters: Parameters,
    /// The context as it was added, then those of RFC 8613, B.2, the newest last.
    keys: Vec<Keys>,
    /// Partial IVs by sender key.
    used: BTreeMap<Vec<u8>, BTreeSet<u64>>,
}

impl Known {
    pub(super) fn new(parameters: &Parameters) -> Result<Self, ParametersError> {
        Ok(Self {
            parameters: parameters.clone(),
            keys: vec![Keys::derive(parameters)?],
            used: BTreeMap::new(),
        })
    }

    /// Whether these parameters, seen from either side, are the same.
    pub(super) fn is_of(&self, parameters: &Parameters) -> bool {
        self.parameters == *parameters || self.parameters == parameters.mirrored()
    }

    /// Keys with another ID Context, as the endpoint with ID `sender` sees them.
    pub(super) fn derive(&self, id_context: &[u8], sender: &[u8]) -> Option<Keys> {
        let parameters = self.parameters.with_id_context(id_context.to_vec());
        seen_by(&Keys::derive(&parameters).ok()?, sender)
    }

    /// Decrypts a request and tells the keys as its sender sees them.
    pub(super) fn open_request(
        &mut self,
        outer: &Message,
        header: &Header,
        binding: &Binding,
    ) -> Result<(Keys, Opened), Fault> {
        let open = |keys: &Keys| {
            let receiver = keys.mirrored();
            open_request(&receiver, outer, header.clone(), binding.clone())
        };
        let mut fault = Fault::ContextNotFound {
            header: Box::new(header.clone()),
        };
        for keys in self.keys.iter().rev() {
            let Some(keys) = seen_by(keys, &binding.kid) else {
                continue;
            };
            match open(&keys) {
                Ok(opened) => return Ok((keys, opened)),
                Err(other) => fault = other,
            }
        }
        let received = header.kid_context.as_deref().and_then(unwrapped);
        let derived = received.and_then(|id| self.derive(&id, &binding.kid));
        let Some(keys) = derived else {
            return Err(fault);
        };
        let opened = open(&keys)?;
        if self.keys.len() > MAX_DERIVED {
            self.keys.remove(1);
        }
        self.keys.push(keys.clone());
        Ok((keys, opened))
    }

    /// Notes a Partial IV of the endpoint with ID `sender`; says so if it was used before (RFC 8613, 7.2).
    pub(super) fn use_partial_iv(
        &mut self,
        sender: &[u8],
        keys: &Keys,
        partial_iv: PartialIv,
    ) -> Option<Finding> {
        let endpoint = match keys.sender.id == sender {
            true => &keys.sender,
            false => &keys.recipient,
        };
        if self.used.len() > MAX_SENDERS && !self.used.contains_key(&endpoint.key) {
            self.used.pop_first();
        }
        let used = self.used.entry(endpoint.key.clone()).or_default();
        if used.len() >= MAX_USED {
            used.pop_first();
        }
        let new = used.insert(partial_iv.sequence());
        (!new).then_some(Finding::PartialIvReused { partial_iv })
    }
}

/// The keys as the endpoint with ID `sender` sees them; `None` if it is neither.
fn seen_by(keys: &Keys, sender: &[u8]) -> Option<Keys> {
    if keys.sender.id == sender {
        return Some(keys.clone());
    }
    (keys.recipient.id == sender).then(|| keys.mirrored())
}

/// Contexts of RFC 8613, B.2 that are kept.
const MAX_DERIVED: usize = 8;
/// Sender keys whose Partial IVs are kept.
const MAX_SENDERS: usize = 32;
/// Partial IVs kept of one sender.
const MAX_USED: usize = 4096;
