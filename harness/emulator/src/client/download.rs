//! Fetching a firmware package over CoAP (Core TS, E.6): a GET of the Package URI, in blocks.

use coap::{Message, Time};
use lwm2m::operation::Download;

use super::Client;
use super::account::parse_uri;
use crate::Event;
use crate::conversation::Sent;
use crate::device::Fetched;

impl Client {
    /// Begins to fetch a package.
    pub(super) fn download(&mut self, now: Time, instance: u16, uri: &str) {
        let (scheme, rest) = uri.split_once("://").unwrap_or_default();
        let target = parse_uri(uri).filter(|_| scheme == COAP);
        let sent = target.and_then(|peer| {
            let reference = rest.find('/').and_then(|at| rest.get(at..));
            let operation = Download::of_reference(reference.unwrap_or_default());
            self.conversation.send(now, peer, operation)
        });
        match sent {
            Some(sent) => self.download = Some((sent.id, instance)),
            None if scheme == HTTP => {
                let uri = uri.to_owned();
                self.emit(Event::Fetching { instance, uri });
            }
            None if scheme == COAP || scheme.is_empty() => {
                self.device.finish_download(instance, &Fetched::NoSuchFile);
            }
            None => self
                .device
                .finish_download(instance, &Fetched::NoSuchProtocol),
        }
        self.dirty = true;
    }

    /// Hands over what stands at a URI that is being fetched, if anything does.
    pub fn fetched(&mut self, instance: u16, body: Option<Vec<u8>>) {
        let fetched = body.map_or(Fetched::NoSuchFile, Fetched::Whole);
        if self.device.is_downloading(instance) {
            self.device.finish_download(instance, &fetched);
            self.dirty = true;
        }
    }

    /// Gives a download up without a word.
    pub(super) fn end_download(&mut self, instance: u16) {
        if let Some((exchange, _)) = self.download.take_if(|(_, of)| *of == instance) {
            self.conversation.forget(exchange);
        }
    }

    /// A download has ended, if this exchange was one; without an answer the connection is lost.
    pub(super) fn downloaded(&mut self, sent: &Sent, answer: Option<&Message>) {
        if let Some((_, instance)) = self.download.take_if(|(exchange, _)| *exchange == sent.id) {
            let fetched = match answer {
                Some(message) if message.code.is_success() => {
                    Fetched::Whole(message.payload.clone())
                }
                Some(_) => Fetched::NoSuchFile,
                None => Fetched::Lost,
            };
            self.device.finish_download(instance, &fetched);
            self.dirty = true;
        }
    }
}

/// The schemes that packages are fetched over.
const COAP: &str = "coap";
const HTTP: &str = "http";
