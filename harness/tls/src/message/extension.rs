//! Extensions of the hellos (RFC 5246, 7.4.1.4), kept as they came and read when asked for.
//!
//! An extension that is absent is `None`; one that does not read is an error of whoever asks.

use std::fmt;

use crate::wire::{DecodeError, Reader, Write, numbers};

/// The number of an extension.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ExtensionType(pub u16);

/// One extension.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extension {
    /// Its number.
    pub kind: ExtensionType,
    /// Its data.
    pub data: Vec<u8>,
}

/// The extensions of a hello, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Extensions(pub Vec<Extension>);

macro_rules! types {
    ($($name:ident = $number:literal $word:literal;)*) => {
        impl ExtensionType {
            $(#[doc = $word] pub const $name: Self = Self($number);)*

            /// The word of the standard, if it has one.
            pub const fn name(self) -> Option<&'static str> {
                match self.0 {
                    $($number => Some($word),)*
                    _ => None,
                }
            }
        }
    };
}

types! {
    SERVER_NAME = 0 "server_name";
    MAX_FRAGMENT_LENGTH = 1 "max_fragment_length";
    STATUS_REQUEST = 5 "status_request";
    SUPPORTED_GROUPS = 10 "supported_groups";
    EC_POINT_FORMATS = 11 "ec_point_formats";
    SIGNATURE_ALGORITHMS = 13 "signature_algorithms";
    ALPN = 16 "application_layer_protocol_negotiation";
    CLIENT_CERTIFICATE_TYPE = 19 "client_certificate_type";
    SERVER_CERTIFICATE_TYPE = 20 "server_certificate_type";
    PADDING = 21 "padding";
    ENCRYPT_THEN_MAC = 22 "encrypt_then_mac";
    EXTENDED_MASTER_SECRET = 23 "extended_master_secret";
    RECORD_SIZE_LIMIT = 28 "record_size_limit";
    SESSION_TICKET = 35 "session_ticket";
    SUPPORTED_VERSIONS = 43 "supported_versions";
    CONNECTION_ID = 54 "connection_id";
    RETURN_ROUTABILITY_CHECK = 61 "rrc";
    RENEGOTIATION_INFO = 0xff01 "renegotiation_info";
}

impl fmt::Display for ExtensionType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "extension {}", self.0),
        }
    }
}

type Found<T> = Result<Option<T>, DecodeError>;

impl Extensions {
    /// The data of the first extension of a type.
    pub fn find(&self, kind: ExtensionType) -> Option<&[u8]> {
        let found = self.0.iter().find(|extension| extension.kind == kind);
        found.map(|extension| extension.data.as_slice())
    }

    /// Whether there is one of this type.
    pub fn has(&self, kind: ExtensionType) -> bool {
        self.find(kind).is_some()
    }

    /// The host name that a client asks for (RFC 6066, 3); empty in a server's hello.
    pub fn server_name(&self) -> Found<Vec<u8>> {
        self.read(ExtensionType::SERVER_NAME, |reader| {
            if reader.is_empty() {
                return Ok(Vec::new());
            }
            let mut list = reader.vec16("a list of names")?;
            let mut host = Vec::new();
            while !list.is_empty() {
                let kind = list.u8("a type of name")?;
                let name = list.vec16("a name")?.rest();
                // host_name (RFC 6066, 3)
                if kind == 0 && host.is_empty() {
                    host = name.to_vec();
                }
            }
            Ok(host)
        })
    }

    /// The groups (RFC 8422, 5.1.1).
    pub fn supported_groups(&self) -> Found<Vec<u16>> {
        self.read(ExtensionType::SUPPORTED_GROUPS, |reader| {
            reader.vec16("a list of groups")?.numbers("a group")
        })
    }

    /// The point formats (RFC 8422, 5.1.2).
    pub fn ec_point_formats(&self) -> Found<Vec<u8>> {
        self.read(ExtensionType::EC_POINT_FORMATS, |reader| {
            Ok(reader.vec8("a list of point formats")?.rest().to_vec())
        })
    }

    /// The pairs of hash and signature (RFC 5246, 7.4.1.4.1).
    pub fn signature_algorithms(&self) -> Found<Vec<u16>> {
        self.read(ExtensionType::SIGNATURE_ALGORITHMS, |reader| {
            let mut list = reader.vec16("a list of signature algorithms")?;
            list.numbers("a signature algorithm")
        })
    }

    /// The certificate types that a client offers for itself or for the server (RFC 7250, 3).
    pub fn offered_certificate_types(&self, kind: ExtensionType) -> Found<Vec<u8>> {
        self.read(kind, |reader| {
            Ok(reader.vec8("a list of certificate types")?.rest().to_vec())
        })
    }

    /// The certificate type that a server has chosen (RFC 7250, 3).
    pub fn chosen_certificate_type(&self, kind: ExtensionType) -> Found<u8> {
        self.read(kind, |reader| reader.u8("a certificate type"))
    }

    /// The Connection ID that its sender wants to be addressed by (RFC 9146, 3).
    pub fn connection_id(&self) -> Found<Vec<u8>> {
        self.read(ExtensionType::CONNECTION_ID, |reader| {
            Ok(reader.vec8("a connection id")?.rest().to_vec())
        })
    }

    /// What was verified before, empty in a first handshake (RFC 5746, 3.2).
    pub fn renegotiation_info(&self) -> Found<Vec<u8>> {
        self.read(ExtensionType::RENEGOTIATION_INFO, |reader| {
            Ok(reader.vec8("renegotiated data")?.rest().to_vec())
        })
    }

    /// The code of the largest fragment (RFC 6066, 4).
    pub fn max_fragment_length(&self) -> Found<u8> {
        self.read(ExtensionType::MAX_FRAGMENT_LENGTH, |reader| {
            reader.u8("a code of a length")
        })
    }

    fn read<T>(
        &self,
        kind: ExtensionType,
        body: impl FnOnce(&mut Reader<'_>) -> Result<T, DecodeError>,
    ) -> Found<T> {
        let Some(data) = self.find(kind) else {
            return Ok(None);
        };
        let mut reader = Reader::new(data);
        let value = body(&mut reader)?;
        reader.finish("the end of the extension")?;
        Ok(Some(value))
    }

    pub(crate) fn push(&mut self, kind: ExtensionType, data: Vec<u8>) {
        self.0.push(Extension { kind, data });
    }

    pub(crate) fn push_server_name(&mut self, name: &[u8]) {
        let mut entry = vec![0];
        entry.put_vec16(name);
        let mut data = Vec::new();
        data.put_vec16(&entry);
        self.push(ExtensionType::SERVER_NAME, data);
    }

    pub(crate) fn push_numbers(&mut self, kind: ExtensionType, list: &[u16]) {
        let mut data = Vec::new();
        data.put_vec16(&numbers(list));
        self.push(kind, data);
    }

    pub(crate) fn push_short(&mut self, kind: ExtensionType, list: &[u8]) {
        let mut data = Vec::new();
        data.put_vec8(list);
        self.push(kind, data);
    }

    /// Reads to the end; no bytes at all are no extensions (RFC 5246, 7.4.1.2).
    pub(super) fn decode(reader: &mut Reader<'_>) -> Result<Option<Self>, DecodeError> {
        if reader.is_empty() {
            return Ok(None);
        }
        let mut list = reader.vec16("a list of extensions")?;
        reader.finish("the end of the hello")?;
        let mut extensions = Self::default();
        while !list.is_empty() {
            let kind = ExtensionType(list.u16("a type of extension")?);
            let data = list.vec16("an extension")?.rest().to_vec();
            extensions.push(kind, data);
        }
        Ok(Some(extensions))
    }

    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        let mut list = Vec::new();
        for extension in &self.0 {
            list.put_u16(extension.kind.0);
            list.put_vec16(&extension.data);
        }
        out.put_vec16(&list);
    }
}
