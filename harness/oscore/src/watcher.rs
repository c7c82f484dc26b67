//! OSCORE as a third party sees it that knows the secrets: the inner messages, and what is wrong with the outer ones.
//!
//! Sends nothing and repairs nothing. Follows RFC 8613, B.2. A judge gets every message as an RFC 7252
//! datagram, whether it was protected or not.

mod finding;
mod known;

use std::collections::VecDeque;
use std::net::SocketAddr;

use coap::{Code, Message, Time, Token, read};

use crate::context::{decode_header, open_response, request_header};
use crate::layer::unwrapped;
use crate::memory::Memory;
use crate::{Binding, Fault, Header, Keys, Opened, Parameters, ParametersError};
pub use finding::Finding;
use known::Known;

/// Sees OSCORE messages pass.
#[derive(Clone, Debug, Default)]
pub struct Watcher {
    known: Vec<Known>,
    /// Protected requests, the newest first.
    open: VecDeque<Open>,
    seen: Memory<Seen>,
}

/// One datagram as it was meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The inner message with the outer type, Message ID and token; the datagram itself if it was not
    /// protected or could not be decrypted. Observe of a notification is made from its Partial IV.
    pub datagram: Vec<u8>,
    /// How it was protected.
    pub protection: Protection,
    /// Whether the same bytes came from the same address before: a retransmission.
    pub repeated: bool,
}

/// How a datagram was protected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Protection {
    /// There is no OSCORE option.
    Absent {
        /// Whether it is a response to a protected request; then only OSCORE's own errors may come so
        /// (RFC 8613, 2 and 8.3).
        answers_protected: bool,
    },
    /// It was decrypted.
    Opened(Facts),
    /// It has an OSCORE option and could not be decrypted.
    Closed {
        /// What could be seen nevertheless.
        facts: Facts,
        /// Why it could not be decrypted.
        fault: Fault,
    },
}

/// What was seen of an OSCORE message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// Which context, by the order in which they were added.
    pub context: Option<usize>,
    /// Partial IV, 'kid context' and 'kid', as far as the OSCORE option could be read.
    pub header: Header,
    /// The code that everybody saw.
    pub outer_code: Code,
    /// What is against the standard.
    pub findings: Vec<Finding>,
}

/// A protected request that may be answered.
#[derive(Clone, Debug)]
struct Open {
    client: SocketAddr,
    server: SocketAddr,
    token: Token,
    context: usize,
    /// As the client sees them.
    keys: Keys,
    binding: Binding,
    /// Whether a response used the nonce of the request.
    nonce_used: bool,
}

impl Watcher {
    /// A watcher that knows no contexts.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a security context, seen from either side, and tells its number.
    pub fn add(&mut self, parameters: &Parameters) -> Result<usize, ParametersError> {
        let same = |known: &Known| known.is_of(parameters);
        if let Some(index) = self.known.iter().position(same) {
            return Ok(index);
        }
        self.known.push(Known::new(parameters)?);
        Ok(self.known.len() - 1)
    }

    /// Looks at a datagram that went from `from` to `to`.
    pub fn observe(
        &mut self,
        now: Time,
        from: SocketAddr,
        to: SocketAddr,
        datagram: &[u8],
    ) -> Seen {
        if let Some(seen) = self.seen.find(now, from, datagram) {
            return Seen {
                repeated: true,
                ..seen.clone()
            };
        }
        let reading = read(datagram);
        let well_formed = reading.is_well_formed();
        let protected = |outer: &Message| {
            let values = outer.option_values(coap::option::OSCORE).next();
            values.is_some() && (outer.code.is_request() || outer.code.is_response())
        };
        let outer = reading.message.filter(|_| well_formed);
        let (datagram_seen, protection) = match &outer {
            Some(outer) if protected(outer) => self.look(from, to, outer, datagram),
            outer => {
                let answers_protected = outer.as_ref().is_some_and(|outer| {
                    outer.code.is_response() && self.answered(from, to, outer).next().is_some()
                });
                (datagram.to_vec(), Protection::Absent { answers_protected })
            }
        };
        let seen = Seen {
            datagram: datagram_seen,
            protection,
            repeated: false,
        };
        self.seen.insert(now, from, datagram, seen.clone());
        seen
    }

    /// Decrypts a message with an OSCORE option and collects what is to be said of it.
    fn look(
        &mut self,
        from: SocketAddr,
        to: SocketAddr,
        outer: &Message,
        datagram: &[u8],
    ) -> (Vec<u8>, Protection) {
        let opened = match outer.code.is_request() {
            true => self.look_at_request(from, to, outer),
            false => self.look_at_response(from, to, outer),
        };
        let header = decode_header(outer).unwrap_or_default();
        let mut facts = Facts {
            context: None,
            header,
            outer_code: outer.code,
            findings: finding::outside(outer),
        };
        match opened {
            Ok((context, opened, findings)) => {
                facts.context = Some(context);
                facts.findings.extend(finding::inside(outer, &opened));
                facts.findings.extend(findings);
                (opened.datagram, Protection::Opened(facts))
            }
            Err(fault) => (datagram.to_vec(), Protection::Closed { facts, fault }),
        }
    }

    fn look_at_request(
        &mut self,
        client: SocketAddr,
        server: SocketAddr,
        outer: &Message,
    ) -> Result<(usize, Opened, Vec<Finding>), Fault> {
        let (header, binding) = request_header(outer)?;
        let mut fault = Fault::ContextNotFound {
            header: Box::new(header.clone()),
        };
        for (context, known) in self.known.iter_mut().enumerate().rev() {
            match known.open_request(outer, &header, &binding) {
                Ok((keys, opened)) => {
                    let reused = known.use_partial_iv(&keys.sender.id, &keys, binding.partial_iv);
                    self.open.truncate(MAX_OPEN - 1);
                    self.open.push_front(Open {
                        client,
                        server,
                        token: outer.token.clone(),
                        context,
                        keys,
                        binding,
                        nonce_used: false,
                    });
                    return Ok((context, opened, Vec::from_iter(reused)));
                }
                Err(Fault::ContextNotFound { .. }) => {}
                Err(other) => fault = other,
            }
        }
        Err(fault)
    }

    fn look_at_response(
        &mut self,
        server: SocketAddr,
        client: SocketAddr,
        outer: &Message,
    ) -> Result<(usize, Opened, Vec<Finding>), Fault> {
        let header = decode_header(outer)?;
        let token = outer.token.clone();
        let mut fault = Fault::RequestUnknown { token };
        let known = &mut self.known;
        let open = self.open.iter_mut().filter(|open| {
            (open.client, open.server, &open.token) == (client, server, &outer.token)
        });
        for request in open {
            let Some(known) = known.get_mut(request.context) else {
                continue;
            };
            let found = match open_response(&request.keys, outer, header.clone(), &request.binding)
            {
                Ok(opened) => Ok((request.keys.clone(), opened)),
                Err(fault) => open_rederived(known, request, outer, &header).ok_or(fault),
            };
            let (keys, opened) = match found {
                Ok(found) => found,
                Err(other) => {
                    fault = other;
                    continue;
                }
            };
            let finding = match header.partial_iv {
                Some(partial_iv) => known.use_partial_iv(&keys.recipient.id, &keys, partial_iv),
                None if keys == request.keys => {
                    let used = std::mem::replace(&mut request.nonce_used, true);
                    used.then_some(Finding::NonceReused)
                }
                None => None,
            };
            return Ok((request.context, opened, Vec::from_iter(finding)));
        }
        Err(fault)
    }

    /// The protected requests that a response from `server` to `client` may belong to.
    fn answered<'a>(
        &'a self,
        server: SocketAddr,
        client: SocketAddr,
        response: &'a Message,
    ) -> impl Iterator<Item = &'a Open> {
        self.open.iter().filter(move |open| {
            (open.client, open.server, &open.token) == (client, server, &response.token)
        })
    }
}

/// Response #1 of RFC 8613, B.2, under the second context.
fn open_rederived(
    known: &Known,
    request: &Open,
    outer: &Message,
    header: &Header,
) -> Option<(Keys, Opened)> {
    let r2 = unwrapped(header.kid_context.as_deref()?)?;
    let id1 = request.keys.id_context.clone().unwrap_or_default();
    let keys = known.derive(&[r2.as_slice(), &id1].concat(), &request.binding.kid)?;
    let opened = open_response(&keys, outer, header.clone(), &request.binding).ok()?;
    Some((keys, opened))
}

/// Requests whose responses may come.
const MAX_OPEN: usize = 1024;
