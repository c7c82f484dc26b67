//! The table of operations: everything that is asked of any of them.

use coap::{Code, ContentFormat, Kind, Message, MessageId, Token};

use super::{
    BootstrapDelete, BootstrapDiscover, BootstrapFinish, BootstrapPackRequest, BootstrapRead,
    BootstrapRequest, BootstrapWrite, CancelObservation, CancelObservationComposite, Create,
    Delete, Deregister, Discover, Download, Execute, Notify, Observe, ObserveComposite, Read,
    ReadComposite, Register, Request, Send, Update, Wire, Write, WriteAttributes, WriteComposite,
};
use crate::codec::{self, CodecError, Decoded};
use crate::{Path, Role, Types};

macro_rules! operations {
    ($($name:ident: $doc:literal,)*) => {
        /// An operation of LwM2M.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum Operation {
            $(#[doc = $doc] $name($name),)*
        }

        impl Operation {
            /// Every word that names an operation in cases.
            pub const WORDS: &'static [&'static str] = &[$($name::WORD,)*];

            /// The word that names this operation in cases: `write-attributes`.
            pub const fn word(&self) -> &'static str {
                match self { $(Self::$name(_) => $name::WORD,)* }
            }

            /// Who sends it.
            pub const fn sender(&self) -> Role {
                match self { $(Self::$name(_) => $name::SENDER,)* }
            }

            /// Who receives it.
            pub const fn receiver(&self) -> Role {
                match self { $(Self::$name(_) => $name::RECEIVER,)* }
            }

            /// Message types it may travel in, the usual one first (Transport TS, 6.8.1).
            pub const fn kinds(&self) -> &'static [Kind] {
                match self { $(Self::$name(_) => $name::KINDS,)* }
            }

            /// The codes that may answer it (Transport TS, 6.7), of all versions; 5.xx stands beside each table.
            pub const fn responses(&self) -> &'static [Code] {
                match self { $(Self::$name(_) => $name::RESPONSES,)* }
            }

            /// Its target in the data model.
            pub fn path(&self) -> Option<Path> {
                match self { $(Self::$name(operation) => operation.path(),)* }
            }

            /// Content-Format of its payload.
            pub fn content_format(&self) -> Option<ContentFormat> {
                match self { $(Self::$name(operation) => operation.content_format(),)* }
            }

            /// Its payload.
            pub fn payload(&self) -> &[u8] {
                match self { $(Self::$name(operation) => operation.payload(),)* }
            }

            /// The parts of its message.
            pub fn to_request(&self) -> Request {
                match self { $(Self::$name(operation) => operation.to_request(),)* }
            }

            fn details(&self) -> Vec<String> {
                match self { $(Self::$name(operation) => operation.details(),)* }
            }
        }

        $(impl From<$name> for Operation {
            fn from(operation: $name) -> Self {
                Self::$name(operation)
            }
        })*

        /// Who sends the operation that `word` names.
        const SENDERS: &[(&str, Role)] = &[$(($name::WORD, $name::SENDER),)*];
    };
}

operations! {
    BootstrapRequest: "Asks a Bootstrap-Server for configuration.",
    BootstrapPackRequest: "Asks a Bootstrap-Server for all configuration in one answer.",
    BootstrapWrite: "Writes configuration while bootstrapping.",
    BootstrapRead: "Asks for the values of Object 1 or 2.",
    BootstrapDiscover: "Asks for the Objects and instances that are there.",
    BootstrapDelete: "Removes Object Instances while bootstrapping.",
    BootstrapFinish: "Ends a bootstrap.",
    Register: "Makes an LwM2M Client known to an LwM2M Server.",
    Update: "Renews a registration, or changes its parameters.",
    Deregister: "Ends a registration.",
    Read: "Asks for the values at a path.",
    Discover: "Asks for the tree below a path and its attributes.",
    Write: "Writes values at a path.",
    WriteAttributes: "Attaches notification attributes to a path.",
    Execute: "Runs an executable Resource.",
    Create: "Creates Object Instances.",
    Delete: "Removes an Object Instance.",
    ReadComposite: "Asks for the values at several paths.",
    WriteComposite: "Writes values at several paths, all or none.",
    Observe: "Begins an observation.",
    CancelObservation: "Ends an observation.",
    ObserveComposite: "Begins an observation of several paths.",
    CancelObservationComposite: "Ends an observation of several paths.",
    Notify: "Reports observed values.",
    Send: "Reports values without having been asked.",
    Download: "Pulls an image from a file server.",
}

impl Operation {
    /// Its message.
    pub fn to_message(&self, kind: Kind, id: MessageId, token: Token) -> Message {
        self.to_request().to_message(kind, id, token)
    }

    /// The message type that the standard uses for it.
    pub fn default_kind(&self) -> Kind {
        self.kinds().first().copied().unwrap_or(Kind::Con)
    }

    /// Who sends the operation that `word` names; `None` if none has this word.
    pub fn sender_of(word: &str) -> Option<Role> {
        SENDERS
            .iter()
            .find(|(known, _)| *known == word)
            .map(|(_, sender)| *sender)
    }

    /// Reads its payload as nodes below its path, or below the root; `None` without Content-Format.
    ///
    /// A notification does not say where its values belong: use [`codec::decode`] with the observed path.
    pub fn nodes(&self, types: &dyn Types) -> Option<Result<Decoded, CodecError>> {
        let format = self.content_format()?;
        let base = self.path().unwrap_or(Path::ROOT);
        Some(codec::decode(format, self.payload(), &base, types))
    }

    /// One line for a ladder: `Read /3/0/9 (accept tlv)`.
    pub fn label(&self) -> String {
        let mut label = String::new();
        for (index, part) in self.word().split('-').enumerate() {
            if index > 0 {
                label.push('-');
            }
            let (first, rest) = part.split_at(1);
            label.push_str(&first.to_ascii_uppercase());
            label.push_str(rest);
        }
        if let Some(path) = self.path() {
            label.push_str(&format!(" {path}"));
        }
        let details = self.details();
        if !details.is_empty() {
            label.push_str(&format!(" ({})", details.join(", ")));
        }
        label
    }
}

/// The label.
impl std::fmt::Display for Operation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.label())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::tlv;
    use crate::operation::WriteMode;
    use crate::{Node, Value};

    fn path(text: &str) -> Path {
        text.parse().unwrap()
    }

    fn samples() -> Vec<(Operation, &'static str)> {
        let location = || vec!["rd".to_owned(), "5a3f".to_owned()];
        let tlv = ContentFormat::TLV;
        let queries = |query: &str| query.split('&').map(str::to_owned).collect();
        vec![
            (
                BootstrapRequest::new("node-1", Some(ContentFormat::SENML_CBOR)).into(),
                "Bootstrap-Request (ep=node-1, pct=112)",
            ),
            (
                BootstrapPackRequest::new("node-1", Some(ContentFormat::SENML_CBOR)).into(),
                "Bootstrap-Pack-Request (ep=node-1, accept senml-cbor)",
            ),
            (
                BootstrapWrite::new(path("/0"), tlv, vec![0x00, 0x00]).into(),
                "Bootstrap-Write /0 (tlv, 2 bytes)",
            ),
            (
                BootstrapRead::new(path("/1"), None).into(),
                "Bootstrap-Read /1",
            ),
            (
                BootstrapDiscover::new(Path::ROOT).into(),
                "Bootstrap-Discover /",
            ),
            (
                BootstrapDelete::new(path("/0/1")).into(),
                "Bootstrap-Delete /0/1",
            ),
            (BootstrapFinish::default().into(), "Bootstrap-Finish"),
            (
                Register::new("node-1", 86400, "1.1", "</3/0>").into(),
                "Register (ep=node-1, lt=86400, lwm2m=1.1, 6 bytes)",
            ),
            (Update::new(location()).into(), "Update (/rd/5a3f)"),
            (Deregister::new(location()).into(), "Deregister (/rd/5a3f)"),
            (
                Read::new(path("/3/0/9"), Some(tlv)).into(),
                "Read /3/0/9 (accept tlv)",
            ),
            (Discover::new(path("/3")).into(), "Discover /3"),
            (
                Write::new(
                    path("/3/0/14"),
                    WriteMode::Replace,
                    ContentFormat::TEXT,
                    b"+01".to_vec(),
                )
                .into(),
                "Write /3/0/14 (text, 3 bytes)",
            ),
            (
                Write::new(
                    path("/1/0"),
                    WriteMode::PartialUpdate,
                    tlv,
                    vec![0xc1, 6, 1],
                )
                .into(),
                "Write /1/0 (partial update, tlv, 3 bytes)",
            ),
            (
                WriteAttributes::new(path("/3/0/7"), queries("pmin=5&pmax")).into(),
                "Write-Attributes /3/0/7 (pmin=5, pmax)",
            ),
            (
                Execute::with_arguments(path("/1/0/8"), "0='U'").into(),
                "Execute /1/0/8 (0='U')",
            ),
            (
                Create::new(path("/16"), tlv, vec![0x00, 0x01]).into(),
                "Create /16 (tlv, 2 bytes)",
            ),
            (Delete::new(path("/16/1")).into(), "Delete /16/1"),
            (
                ReadComposite {
                    content_format: Some(ContentFormat::SENML_CBOR),
                    payload: vec![0x80],
                    accept: Some(ContentFormat::SENML_CBOR),
                    ..ReadComposite::default()
                }
                .into(),
                "Read-Composite (senml-cbor, 1 byte, accept senml-cbor)",
            ),
            (
                WriteComposite {
                    content_format: Some(ContentFormat::SENML_JSON),
                    payload: b"[]".to_vec(),
                    ..WriteComposite::default()
                }
                .into(),
                "Write-Composite (senml-json, 2 bytes)",
            ),
            (Observe::new(path("/3/0/7"), None).into(), "Observe /3/0/7"),
            (
                CancelObservation::new(path("/3/0/7"), None).into(),
                "Cancel-Observation /3/0/7",
            ),
            (ObserveComposite::default().into(), "Observe-Composite"),
            (
                CancelObservationComposite::default().into(),
                "Cancel-Observation-Composite",
            ),
            (
                Notify {
                    observe: Some(7),
                    content_format: Some(ContentFormat::TEXT),
                    payload: b"5".to_vec(),
                    ..Notify::default()
                }
                .into(),
                "Notify (observe 7, text, 1 byte)",
            ),
            (Send::default().into(), "Send"),
            (Download::of_reference("/image").into(), "Download (/image)"),
        ]
    }

    #[test]
    fn every_operation_survives_its_message() {
        for (operation, label) in samples() {
            let kind = operation.default_kind();
            let message = operation.to_message(kind, MessageId(1), Token(vec![1]));
            let (from, toward) = (operation.sender(), operation.receiver());
            let found = Operation::recognise_from(&message, from, toward);
            assert_eq!(found.as_ref(), Some(&operation), "{label}");
            assert_eq!(operation.label(), label);
        }
    }

    #[test]
    fn every_word_has_a_sample_and_a_sender() {
        let mut words: Vec<&str> = samples()
            .iter()
            .map(|(operation, _)| operation.word())
            .collect();
        words.dedup();
        assert_eq!(words, Operation::WORDS);
        for (operation, _) in samples() {
            assert_eq!(
                Operation::sender_of(operation.word()),
                Some(operation.sender())
            );
        }
    }

    #[test]
    fn a_payload_is_read_as_nodes_below_the_path() {
        let nodes = [Node::new(path("/1/0/6"), Value::Boolean(true))];
        let write = Write::of_nodes(
            path("/1/0"),
            WriteMode::Replace,
            ContentFormat::TLV,
            &nodes,
            &(),
        )
        .unwrap();
        assert_eq!(tlv::parse(&write.payload).unwrap().len(), 1);
        let decoded = Operation::from(write).nodes(&()).unwrap().unwrap();
        assert_eq!(decoded.nodes[0].path, path("/1/0/6"));
        assert_eq!(decoded.nodes[0].value, Value::Untyped(vec![1]));
    }
}
