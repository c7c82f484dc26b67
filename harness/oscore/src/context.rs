//! A security context in use: whole messages protected and unprotected (RFC 8613, 3 and 8).
//!
//! Knows no peers and no exchanges; [`crate::Layer`] does.

use coap::{Message, option};

use crate::envelope::{self, Envelope};
use crate::layer::wrapped;
use crate::observation::{self, Observation};
use crate::window::ReplayWindow;
use crate::{Binding, Fault, Header, Keys, Parameters, ParametersError, PartialIv, ProtectError};

/// A security context of one endpoint: keys, Sender Sequence Number and Replay Window.
#[derive(Clone, Debug)]
pub struct Context {
    keys: Keys,
    /// What requests say as 'kid context'.
    kid_context: Option<Vec<u8>>,
    next_sequence: u64,
    /// Which requests came.
    pub window: ReplayWindow,
}

/// Which Partial IV protects a response (RFC 8613, 8.3, step 3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nonce {
    /// That of the request, so that the response carries none; once per request at most.
    OfRequest,
    /// A new one, which the response carries.
    New,
}

/// What an OSCORE message held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// What the OSCORE option said.
    pub header: Header,
    /// 'kid' and Partial IV of the request.
    pub binding: Binding,
    /// Code, Inner options and payload, as they were.
    pub plaintext: Vec<u8>,
    /// The message that was protected: outer type, Message ID, token and Outer options, inner code,
    /// options and payload.
    pub datagram: Vec<u8>,
}

impl Context {
    /// Derives the context; the Sender Sequence Number is 0 and nothing came yet (RFC 8613, 3.2.2).
    pub fn new(parameters: &Parameters) -> Result<Self, ParametersError> {
        let kid_context = parameters.id_context.clone();
        Ok(Self {
            keys: Keys::derive(parameters)?,
            kid_context: kid_context.filter(|_| parameters.sends_kid_context),
            next_sequence: 0,
            window: ReplayWindow::default(),
        })
    }

    /// The same context with `kid_context` in its requests, whatever the ID Context is (RFC 8613, B.2).
    pub(crate) fn saying(mut self, kid_context: Vec<u8>) -> Self {
        self.kid_context = Some(kid_context);
        self
    }

    /// The keys.
    pub const fn keys(&self) -> &Keys {
        &self.keys
    }

    /// Whether a request with this header is for this context: 'kid' has to fit, 'kid context' too if it
    /// is there, plain or wrapped as RFC 8613, B.2 has it.
    pub(crate) fn is_named_by(&self, header: &Header) -> bool {
        let fits = match (&header.kid_context, &self.keys.id_context) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(said), Some(id)) => said == id || *said == wrapped(id),
        };
        fits && header.kid.as_ref() == Some(&self.keys.recipient.id)
    }

    /// The Sender Sequence Number of the next message that needs one.
    pub const fn next_sequence(&self) -> u64 {
        self.next_sequence
    }

    /// Sets the Sender Sequence Number; lower than before makes nonces repeat, which RFC 8613, 7.2 forbids.
    pub const fn set_next_sequence(&mut self, sequence: u64) {
        self.next_sequence = sequence;
    }

    /// Protects a request (RFC 8613, 8.1).
    pub fn protect_request(
        &mut self,
        request: &Message,
    ) -> Result<(Message, Binding), ProtectError> {
        self.seal_request(Envelope::split(request)?)
    }

    /// Protects a response to the request that `binding` names (RFC 8613, 8.3).
    pub fn protect_response(
        &mut self,
        response: &Message,
        binding: &Binding,
        nonce: Nonce,
    ) -> Result<Message, ProtectError> {
        self.seal_response(Envelope::split(response)?, binding, nonce, None)
    }

    /// Unprotects a request and marks it in the Replay Window (RFC 8613, 8.2).
    pub fn unprotect_request(&mut self, outer: &Message) -> Result<Opened, Fault> {
        let (header, binding) = request_header(outer)?;
        if binding.kid != self.keys.recipient.id {
            let header = Box::new(header);
            return Err(Fault::ContextNotFound { header });
        }
        let (partial_iv, sequence) = (binding.partial_iv, binding.partial_iv.sequence());
        if !self.window.is_new(sequence) {
            return Err(Fault::Replay { partial_iv });
        }
        let opened = self.open_request(outer, header, binding)?;
        self.window.accept(sequence);
        Ok(opened)
    }

    /// Unprotects a response to the request that `binding` names (RFC 8613, 8.4).
    ///
    /// `observation` is there if that request registered one; without it an Inner Observe option is a fault.
    pub fn unprotect_response(
        &self,
        outer: &Message,
        binding: &Binding,
        observation: Option<&mut Observation>,
    ) -> Result<Opened, Fault> {
        let header = decode_header(outer)?;
        let opened = open_response(&self.keys, outer, header, binding)?;
        check_observation(&opened, observation)?;
        Ok(opened)
    }

    pub(crate) fn seal_request(
        &mut self,
        envelope: Envelope,
    ) -> Result<(Message, Binding), ProtectError> {
        let partial_iv = self.take_partial_iv()?;
        let kid = self.keys.sender.id.clone();
        let header = Header {
            partial_iv: Some(partial_iv),
            kid_context: self.kid_context.clone(),
            kid: Some(kid.clone()),
        };
        let binding = Binding { kid, partial_iv };
        let nonce = (binding.kid.as_slice(), &partial_iv);
        let message = seal(&self.keys, envelope, &header, &binding, nonce)?;
        Ok((message, binding))
    }

    /// Protects a response; `kid_context` belongs to RFC 8613, B.2.
    pub(crate) fn seal_response(
        &mut self,
        envelope: Envelope,
        binding: &Binding,
        nonce: Nonce,
        kid_context: Option<Vec<u8>>,
    ) -> Result<Message, ProtectError> {
        let mut header = Header {
            kid_context,
            ..Header::default()
        };
        if nonce == Nonce::OfRequest {
            let nonce = (binding.kid.as_slice(), &binding.partial_iv);
            return seal(&self.keys, envelope, &header, binding, nonce);
        }
        let partial_iv = self.take_partial_iv()?;
        header.partial_iv = Some(partial_iv);
        let nonce = (self.keys.sender.id.as_slice(), &partial_iv);
        seal(&self.keys, envelope, &header, binding, nonce)
    }

    /// Decrypts a request without a look at the Replay Window.
    pub(crate) fn open_request(
        &self,
        outer: &Message,
        header: Header,
        binding: Binding,
    ) -> Result<Opened, Fault> {
        open_request(&self.keys, outer, header, binding)
    }

    fn take_partial_iv(&mut self) -> Result<PartialIv, ProtectError> {
        let partial_iv = PartialIv::from_sequence(self.next_sequence);
        let partial_iv = partial_iv.ok_or(ProtectError::SequenceExhausted)?;
        self.next_sequence += 1;
        Ok(partial_iv)
    }
}

/// Decompresses the OSCORE option of `outer` (RFC 8613, 8.2 and 8.4, step 2).
pub(crate) fn decode_header(outer: &Message) -> Result<Header, Fault> {
    let mut values = outer.option_values(option::OSCORE);
    let value = values.next().ok_or(Fault::OptionMissing)?;
    if values.next().is_some() {
        return Err(Fault::OptionRepeated);
    }
    let header = Header::decode(value)?;
    if outer.payload.is_empty() {
        return Err(Fault::PayloadMissing);
    }
    Ok(header)
}

/// Decompresses the OSCORE option of a request, where 'kid' and Partial IV have to be (RFC 8613, 5).
pub(crate) fn request_header(outer: &Message) -> Result<(Header, Binding), Fault> {
    let header = decode_header(outer)?;
    let partial_iv = header.partial_iv.ok_or(Fault::PartialIvMissing)?;
    let kid = header.kid.clone().ok_or(Fault::KidMissing)?;
    Ok((header, Binding { kid, partial_iv }))
}

/// Decrypts a request with the keys of whoever receives it.
pub(crate) fn open_request(
    keys: &Keys,
    outer: &Message,
    header: Header,
    binding: Binding,
) -> Result<Opened, Fault> {
    let nonce = (binding.kid.as_slice(), &binding.partial_iv);
    let plaintext = keys.open(&binding, nonce, &outer.payload);
    let plaintext = plaintext.ok_or(Fault::Decryption)?;
    let datagram = envelope::join(outer, &plaintext, None).ok_or(Fault::PlaintextEmpty)?;
    Ok(Opened {
        header,
        binding,
        plaintext,
        datagram,
    })
}

/// Decrypts a response with the keys of whoever receives it.
pub(crate) fn open_response(
    keys: &Keys,
    outer: &Message,
    header: Header,
    binding: &Binding,
) -> Result<Opened, Fault> {
    let nonce = match &header.partial_iv {
        Some(partial_iv) => (keys.recipient.id.as_slice(), partial_iv),
        None => (binding.kid.as_slice(), &binding.partial_iv),
    };
    let plaintext = keys.open(binding, nonce, &outer.payload);
    let plaintext = plaintext.ok_or(Fault::Decryption)?;
    let observe = observation::sequence(header.partial_iv);
    let datagram = envelope::join(outer, &plaintext, Some(observe)).ok_or(Fault::PlaintextEmpty)?;
    Ok(Opened {
        header,
        binding: binding.clone(),
        plaintext,
        datagram,
    })
}

/// Whether a response may be what it is: a notification that is new, or none at all (RFC 8613, 8.4.2).
pub(crate) fn check_observation(
    opened: &Opened,
    observation: Option<&mut Observation>,
) -> Result<(), Fault> {
    match observation {
        _ if !opened.is_notification() => Ok(()),
        Some(observation) => observation.accept(opened.header.partial_iv),
        None => Err(Fault::NotObserved),
    }
}

impl Opened {
    /// The message that was protected, read strictly.
    pub fn reading(&self) -> coap::Reading {
        coap::read(&self.datagram)
    }

    /// Whether an Inner Observe option is there.
    pub fn is_notification(&self) -> bool {
        self.inner_values(option::OBSERVE).next().is_some()
    }

    /// The values of Inner option `number`.
    pub(crate) fn inner_values(&self, number: u16) -> impl Iterator<Item = Vec<u8>> + use<> {
        let reading = envelope::read_plaintext(&self.plaintext);
        let options = reading.and_then(|reading| reading.message);
        let options = options.map(|message| message.options).unwrap_or_default();
        options
            .into_iter()
            .filter(move |field| field.number == number)
            .map(|field| field.value)
    }
}

fn seal(
    keys: &Keys,
    Envelope {
        mut outer,
        plaintext,
    }: Envelope,
    header: &Header,
    binding: &Binding,
    nonce: (&[u8], &PartialIv),
) -> Result<Message, ProtectError> {
    let value = header.encode().ok_or(ProtectError::TooLong {
        field: "'kid context'",
        length: header.kid_context.as_ref().map_or(0, Vec::len),
    })?;
    let ciphertext = keys.seal(binding, nonce, &plaintext);
    outer.payload = ciphertext.ok_or(ProtectError::TooLong {
        field: "plaintext",
        length: plaintext.len(),
    })?;
    outer.push_option(option::OSCORE, value);
    outer.options.sort_by_key(|field| field.number);
    Ok(outer)
}
