//! The fields that words have.

use std::fmt;

use super::{Matcher, Spanned};

/// A field of a line.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// Which.
    pub name: Spanned<FieldName>,
    /// What it must be, or is.
    pub matcher: Matcher,
}

macro_rules! fields {
    ($($name:ident = $text:literal, $shape:ident, $doc:literal;)*) => {
        /// The name of a field.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum FieldName {
            $(#[doc = $doc] $name,)*
        }

        impl FieldName {
            /// Every field.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// Its name in cases: `content-format`.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            /// What it means.
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$name => $doc,)* }
            }

            /// What it may hold.
            pub const fn shape(self) -> Shape {
                match self { $(Self::$name => Shape::$shape,)* }
            }
        }
    };
}

/// What a field may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Text.
    Text,
    /// An integer.
    Integer,
    /// An integer, a float or text with a number.
    Number,
    /// True or false.
    Boolean,
    /// A version, as text.
    Version,
    /// Seconds, written as an integer or as a duration.
    Seconds,
    /// A path.
    Path,
    /// A path in which `*` stands for one segment and `a..b` for a range.
    PathPattern,
    /// The path of a registration, outside of the data model.
    Location,
    /// A list of paths.
    Paths,
    /// The word of a Content-Format, or a number.
    Format,
    /// Any value of a Resource.
    Value,
    /// Paths and their values.
    Node,
    /// Paths and their TLV entries.
    Tlv,
    /// A TLV entry: its kind and its value.
    TlvEntry,
    /// Links and their parameters.
    Links,
    /// The parameters of one link.
    Link,
    /// Anything.
    Any,
    /// Text or bytes.
    Bytes,
    /// The name of a message (`as`), without `${` and `}`.
    Name,
    /// How an observation is cancelled.
    Cancelling,
    /// How a Write replaces.
    WriteMode,
    /// The fields of a registration.
    Registration,
    /// A list of registrations.
    Registrations,
}

fields! {
    Endpoint = "endpoint", Text, "Endpoint Client Name.";
    Lifetime = "lifetime", Seconds, "Lifetime of the registration, in seconds.";
    Version = "version", Version, "LwM2M version of the registration.";
    Binding = "binding", Text, "Binding mode.";
    QueueMode = "queue-mode", Boolean, "Whether Queue Mode is asked for: `Q` (from 1.1) or the binding `UQ`.";
    Sms = "sms", Text, "SMS number.";
    ProfileId = "profile-id", Text, "Profile IDs in place of Objects (1.2).";
    Objects = "objects", Links, "The Objects and Object Instances of the registration.";
    Location = "location", Location, "Location of the registration.";
    Of = "of", Name, "The observation, by the name that its Observe has.";
    Path = "path", Path, "Path that the operation is addressed to.";
    Paths = "paths", Paths, "Paths of a composite operation, those that `follow` looks at, or the account of a Bootstrap-Pack-Request (`acc`).";
    Node = "node", Node, "Values by path.";
    Value = "value", Value, "The value of a single Resource.";
    Links = "links", Links, "Links by their target.";
    Tlv = "tlv", Tlv, "TLV entries by path.";
    Payload = "payload", Bytes, "The payload as it is.";
    ContentFormat = "content-format", Format, "Content-Format of the payload; of a Bootstrap-Request the one that is preferred (`pct`).";
    Accept = "accept", Format, "Content-Format that is asked for.";
    Observe = "observe", Integer, "Value of the Observe option.";
    Token = "token", Bytes, "The token.";
    Depth = "depth", Integer, "How many levels a Discover shows (1.2).";
    By = "by", Cancelling, "How an observation is cancelled.";
    Mode = "mode", WriteMode, "Whether a Write replaces all, or updates what it names.";
    Arguments = "arguments", Text, "Arguments of an Execute, as text.";
    Uri = "uri", Text, "URI of the image.";
    Pmin = "pmin", Seconds, "Minimum Period; an empty text, here and below, takes the attribute away.";
    Pmax = "pmax", Seconds, "Maximum Period.";
    Gt = "gt", Number, "Greater Than.";
    Lt = "lt", Number, "Less Than.";
    St = "st", Number, "Step.";
    Epmin = "epmin", Seconds, "Minimum Evaluation Period.";
    Epmax = "epmax", Seconds, "Maximum Evaluation Period.";
    Edge = "edge", Integer, "Edge (1.2).";
    Con = "con", Integer, "Confirmable Notification (1.2).";
    Hqmax = "hqmax", Integer, "Maximum Historical Queue (1.2).";
    Registration = "registration", Registration, "The registration of the client, as its user sees it.";
    Registrations = "registrations", Registrations, "All registrations, as the user sees them.";
    Transmissions = "transmissions", Integer, "How often a message was sent, repetitions and all; only a `check` asks.";
    Challenged = "challenged", Boolean, "Whether a request had to be repeated with Echo before it was answered (RFC 9175, 2); only a `check` asks.";
    Session = "session", Integer, "The session or connection that carried a message, by its number; only a `check` asks.";
    Source = "source", Text, "The socket that a message came from; only a `check` asks.";
    Values = "values", Node, "Values by path, as the user sees them.";
    Protocol = "protocol", Text, "Version of the handshake: `dtls-1.2`, `tls-1.2`, `dtls-1.0` ..";
    Suites = "suites", Any, "Cipher suites that are offered, in their order.";
    Suite = "suite", Text, "The cipher suite that was chosen.";
    Groups = "groups", Any, "Groups that are offered (supported_groups).";
    Group = "group", Text, "The group of the key exchange.";
    SignatureAlgorithms = "signature-algorithms", Any, "Signature algorithms that are offered.";
    ServerName = "server-name", Text, "Server name indication (RFC 6066, 3).";
    ConnectionId = "connection-id", Bytes, "Connection ID that the sender wants in records sent to it (RFC 9146).";
    ClientCertificateTypes = "client-certificate-types", Any, "What the client can show: `x509` `raw-public-key` (RFC 7250).";
    ServerCertificateTypes = "server-certificate-types", Any, "What the client can read: `x509` `raw-public-key` (RFC 7250).";
    CertificateType = "certificate-type", Text, "What the server shows: `x509` `raw-public-key`.";
    ClientCertificateType = "client-certificate-type", Text, "What the server wants to see: `x509` `raw-public-key`.";
    CertificateRequest = "certificate-request", Boolean, "Whether the server asks the client for its certificate or key.";
    ExtendedMasterSecret = "extended-master-secret", Boolean, "Whether the extension is there (RFC 7627).";
    EncryptThenMac = "encrypt-then-mac", Boolean, "Whether the extension is there (RFC 7366).";
    SessionId = "session-id", Bytes, "The session that is to be resumed.";
    Resumed = "resumed", Boolean, "Whether an earlier session goes on.";
    Renegotiation = "renegotiation", Boolean, "Whether it comes within an established session.";
    Cookie = "cookie", Boolean, "Whether a cookie was exchanged first (RFC 6347, 4.2.1).";
    Hint = "hint", Text, "PSK identity hint (RFC 4279, 5.2).";
    Identity = "identity", Any, "PSK identity (RFC 4279, 5.1).";
    Names = "names", Any, "Names of the certificate: those of subjectAltName.";
    CommonName = "common-name", Text, "Common name of the certificate's subject.";
    PublicKey = "public-key", Bytes, "The SubjectPublicKeyInfo of the certificate or raw key.";
    Verified = "verified", Boolean, "Whether a CertificateVerify is there.";
    Description = "description", Text, "The alert: `close_notify`, `unknown_psk_identity` .. (RFC 5246, 7.2).";
    Level = "level", Text, "`warning` or `fatal`.";
    MaxMessageSize = "max-message-size", Integer, "Max-Message-Size (RFC 8323, 5.3.1).";
    BlockWise = "block-wise-transfer", Boolean, "Block-Wise-Transfer (RFC 8323, 5.3.2).";
    Custody = "custody", Boolean, "Custody (RFC 8323, 5.4.1).";
}

impl FieldName {
    /// The field that `text` names.
    pub fn from_name(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|field| field.name() == text)
    }
}

impl fmt::Display for FieldName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
