//! The words: what a seat can send.

use std::fmt;

use coap::Code;

use super::FieldName::{self, *};
use super::Role;

/// Whether a word asks, answers or does neither.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WordKind {
    /// A request, or a notification.
    Request,
    /// An answer to the request of the same step.
    Answer,
    /// Neither.
    Other,
}

/// What an answer word stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnswerCode {
    /// This code.
    Code(Code),
    /// Any code of class 4.
    AnyClientError,
    /// Any code of class 5.
    AnyServerError,
    /// Any code of class 4 or 5.
    AnyError,
    /// A Reset message (RFC 7252, 4.2).
    Reset,
    /// Nothing within the answer time.
    Nothing,
    /// A message of the channel below CoAP.
    Channel,
}

struct Row {
    word: Word,
    name: &'static str,
    sender: Option<Role>,
    answer: Option<AnswerCode>,
    fields: &'static [FieldName],
    meaning: &'static str,
    channel: bool,
}

macro_rules! words {
    (
        requests { $($request:ident = $rname:literal, $role:ident, $rfields:expr, $rdoc:literal;)* }
        answers { $($answer:ident = $aname:literal, $code:expr, $afields:expr, $adoc:literal;)* }
        others { $($other:ident = $oname:literal, $ofields:expr, $odoc:literal;)* }
        channel { $($channel:ident = $cname:literal, $crole:expr, $canswer:expr, $cfields:expr, $cdoc:literal;)* }
    ) => {
        /// What a line sends.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Word {
            $(#[doc = $rdoc] $request,)*
            $(#[doc = $adoc] $answer,)*
            $(#[doc = $odoc] $other,)*
            $(#[doc = $cdoc] $channel,)*
        }

        const ROWS: &[Row] = &[
            $(Row { word: Word::$request, name: $rname, sender: Some(Role::$role), answer: None, fields: $rfields, meaning: $rdoc, channel: false },)*
            $(Row { word: Word::$answer, name: $aname, sender: None, answer: Some($code), fields: $afields, meaning: $adoc, channel: false },)*
            $(Row { word: Word::$other, name: $oname, sender: None, answer: None, fields: $ofields, meaning: $odoc, channel: false },)*
            $(Row { word: Word::$channel, name: $cname, sender: $crole, answer: $canswer, fields: $cfields, meaning: $cdoc, channel: true },)*
        ];
    };
}

words! {
    requests {
        Register = "register", Client, &[Endpoint, Lifetime, Version, Binding, QueueMode, Sms, ProfileId, Objects, Payload, ContentFormat], "Makes the client known to the server.";
        Update = "update", Client, &[Location, Lifetime, Binding, QueueMode, Sms, ProfileId, Objects, Payload, ContentFormat], "Renews the registration, or changes it.";
        Deregister = "deregister", Client, &[Location], "Ends the registration.";
        Notify = "notify", Client, &[Of, Path, Node, Value, ContentFormat, Observe], "Reports observed values.";
        Send = "send", Client, &[Node, Payload, ContentFormat], "Reports values without having been asked (1.1); one that a case asks for is found by the paths under `node`.";
        BootstrapRequest = "bootstrap-request", Client, &[Endpoint, ContentFormat], "Asks for the bootstrap.";
        BootstrapPackRequest = "bootstrap-pack-request", Client, &[Endpoint, Accept, Paths], "Asks for the whole bootstrap in one answer (1.2).";
        Download = "download", Client, &[Uri], "Pulls an image from the file server.";
        Read = "read", Server, &[Path, Accept, Token, Depth], "Asks for the values at a path.";
        Observe = "observe", Server, &[Path, Accept, Token, Depth, Pmin, Pmax, Gt, Lt, St, Epmin, Epmax, Edge, Con, Hqmax], "Begins an observation.";
        Discover = "discover", Server, &[Path, Accept, Token, Depth], "Asks for the tree below a path.";
        ReadComposite = "read-composite", Server, &[Paths, Accept, ContentFormat], "Asks for the values at several paths (1.1).";
        ObserveComposite = "observe-composite", Server, &[Paths, Accept, ContentFormat, Payload, Pmin, Pmax, Gt, Lt, St, Epmin, Epmax, Edge, Con, Hqmax], "Begins an observation of several paths (1.1).";
        Follow = "follow", Server, &[Paths], "Polls or observes: a Read of each path every second, or any Read, Observe or Notify of them.";
        CancelObservation = "cancel-observation", Server, &[Of, Path, Paths, By], "Ends an observation.";
        Write = "write", Server, &[Path, FieldName::Value, Node, Payload, ContentFormat, Mode], "Writes values at a path.";
        WriteComposite = "write-composite", Server, &[Path, Node, Payload, ContentFormat], "Writes values at several paths (1.1).";
        Create = "create", Server, &[Path, Node, Payload, ContentFormat], "Creates Object Instances.";
        WriteAttributes = "write-attributes", Server, &[Path, Pmin, Pmax, Gt, Lt, St, Epmin, Epmax, Edge, Con, Hqmax], "Attaches notification attributes.";
        Execute = "execute", Server, &[Path, Arguments], "Runs an executable Resource.";
        Delete = "delete", Server, &[Path], "Removes an Object Instance.";
        BootstrapWrite = "bootstrap-write", BootstrapServer, &[Path, Node, Payload, ContentFormat, Accept], "Writes configuration.";
        BootstrapRead = "bootstrap-read", BootstrapServer, &[Path, Node, Payload, ContentFormat, Accept], "Asks for the values of Object 1 or 2 (1.1).";
        BootstrapDiscover = "bootstrap-discover", BootstrapServer, &[Path, Node, Payload, ContentFormat, Accept], "Asks for Objects and instances.";
        BootstrapDelete = "bootstrap-delete", BootstrapServer, &[Path, Node, Payload, ContentFormat, Accept], "Removes Object Instances.";
        BootstrapFinish = "bootstrap-finish", BootstrapServer, &[Path, Node, Payload, ContentFormat, Accept], "Ends the bootstrap.";
    }
    answers {
        Content = "content", AnswerCode::Code(Code::CONTENT), &[Node, FieldName::Value, Links, Payload, Tlv, ContentFormat, FieldName::Observe], "2.05 Content.";
        Created = "created", AnswerCode::Code(Code::CREATED), &[Location], "2.01 Created.";
        Changed = "changed", AnswerCode::Code(Code::CHANGED), &[Payload], "2.04 Changed.";
        Deleted = "deleted", AnswerCode::Code(Code::DELETED), &[Payload], "2.02 Deleted.";
        Continue = "continue", AnswerCode::Code(Code::CONTINUE), &[Payload], "2.31 Continue, where the case sends block by block.";
        Valid = "valid", AnswerCode::Code(Code::VALID), &[Payload], "2.03 Valid.";
        BadRequest = "bad-request", AnswerCode::Code(Code::BAD_REQUEST), &[Payload], "4.00 Bad Request.";
        Unauthorized = "unauthorized", AnswerCode::Code(Code::UNAUTHORIZED), &[Payload], "4.01 Unauthorized.";
        BadOption = "bad-option", AnswerCode::Code(Code::BAD_OPTION), &[Payload], "4.02 Bad Option.";
        Forbidden = "forbidden", AnswerCode::Code(Code::FORBIDDEN), &[Payload], "4.03 Forbidden.";
        NotFound = "not-found", AnswerCode::Code(Code::NOT_FOUND), &[Payload], "4.04 Not Found.";
        MethodNotAllowed = "method-not-allowed", AnswerCode::Code(Code::METHOD_NOT_ALLOWED), &[Payload], "4.05 Method Not Allowed.";
        NotAcceptable = "not-acceptable", AnswerCode::Code(Code::NOT_ACCEPTABLE), &[Payload], "4.06 Not Acceptable.";
        Conflict = "conflict", AnswerCode::Code(Code::CONFLICT), &[Payload], "4.09 Conflict.";
        RequestEntityIncomplete = "request-entity-incomplete", AnswerCode::Code(Code::REQUEST_ENTITY_INCOMPLETE), &[Payload], "4.08 Request Entity Incomplete.";
        PreconditionFailed = "precondition-failed", AnswerCode::Code(Code::PRECONDITION_FAILED), &[Payload], "4.12 Precondition Failed.";
        RequestEntityTooLarge = "request-entity-too-large", AnswerCode::Code(Code::REQUEST_ENTITY_TOO_LARGE), &[Payload], "4.13 Request Entity Too Large.";
        UnsupportedContentFormat = "unsupported-content-format", AnswerCode::Code(Code::UNSUPPORTED_CONTENT_FORMAT), &[Payload], "4.15 Unsupported Content-Format.";
        UnprocessableEntity = "unprocessable-entity", AnswerCode::Code(Code::UNPROCESSABLE_ENTITY), &[Payload], "4.22 Unprocessable Entity.";
        InternalServerError = "internal-server-error", AnswerCode::Code(Code::INTERNAL_SERVER_ERROR), &[Payload], "5.00 Internal Server Error.";
        NotImplemented = "not-implemented", AnswerCode::Code(Code::NOT_IMPLEMENTED), &[Payload], "5.01 Not Implemented.";
        ServiceUnavailable = "service-unavailable", AnswerCode::Code(Code::SERVICE_UNAVAILABLE), &[Payload], "5.03 Service Unavailable.";
        AnyClientError = "any-client-error", AnswerCode::AnyClientError, &[Payload], "Any code of class 4.";
        AnyServerError = "any-server-error", AnswerCode::AnyServerError, &[Payload], "Any code of class 5.";
        AnyError = "any-error", AnswerCode::AnyError, &[Payload], "Any code of class 4 or 5.";
        Reset = "reset", AnswerCode::Reset, &[], "RST.";
        NoAnswer = "no-answer", AnswerCode::Nothing, &[], "No answer within the answer time.";
    }
    others {
        Silence = "silence", &[Of], "The seat sends none of these for `within`.";
        OneOf = "one-of", &[], "The first of these lines that fits; a template sends the first. Among requests `silence` stands for none in time.";
        Show = "show", &[Registration, Registrations, Values], "What the seat shows its user.";
        Ask = "ask", &[], "A question to the seat's operator, answered yes or no.";
    }
    channel {
        Connect = "connect", Some(Role::Client), None, &[], "Opens the TCP connection.";
        Connected = "connected", None, ANSWER, &[], "The TCP connection is open.";
        ClientHello = "client-hello", Some(Role::Client), None, &[Protocol, Suites, Groups, SignatureAlgorithms, ServerName, ConnectionId, ClientCertificateTypes, ServerCertificateTypes, ExtendedMasterSecret, EncryptThenMac, SessionId, Cookie, Renegotiation], "Begins a handshake, or asks for one anew: the ClientHello that the server acts upon (RFC 5246, 7.4.1.2; RFC 6347, 4.2.1).";
        ServerHello = "server-hello", None, ANSWER, &[Protocol, Suite, Hint, ConnectionId, CertificateType, ClientCertificateType, CertificateRequest, Group, Names, CommonName, PublicKey, ExtendedMasterSecret, EncryptThenMac, Cookie, Resumed], "The server's flight, from ServerHello to ServerHelloDone, or to its Finished in a session that is resumed.";
        ClientFinished = "client-finished", Some(Role::Client), None, &[Identity, Names, CommonName, PublicKey, Verified], "The client's flight, from its Certificate or ClientKeyExchange to its Finished (RFC 5246, 7.4.9).";
        ServerFinished = "server-finished", None, ANSWER, &[], "The server's Finished: the handshake is done.";
        Alert = "alert", None, ANSWER, &[Description, Level], "An alert in answer to a flight (RFC 5246, 7.2).";
        Close = "close", None, None, &[Description, Level], "An alert of its own accord: it breaks a handshake off, or ends the session (`close_notify`).";
        Csm = "csm", None, None, &[MaxMessageSize, BlockWise], "Capabilities and settings: the first message on a TCP connection (RFC 8323, 5.3).";
        Ping = "ping", None, None, &[Token, Custody], "Asks whether the other end is there (RFC 8323, 5.4).";
        Pong = "pong", None, ANSWER, &[Token, Custody], "The answer to a Ping.";
        Release = "release", None, None, &[], "Ends the TCP connection in good order (RFC 8323, 5.5).";
        Abort = "abort", None, None, &[Description], "Breaks the TCP connection off (RFC 8323, 5.6).";
        Disconnect = "disconnect", None, None, &[], "Closes the TCP connection.";
        Cleartext = "cleartext", None, None, &[], "Says something outside of the protection that the address demands.";
    }
}
/// What the answers of a channel stand for.
const ANSWER: Option<AnswerCode> = Some(AnswerCode::Channel);

impl Word {
    /// Every word, in the order of the notation.
    pub fn all() -> impl Iterator<Item = Self> {
        ROWS.iter().map(|row| row.word)
    }

    /// The word that `name` is.
    pub fn from_name(name: &str) -> Option<Self> {
        ROWS.iter().find(|row| row.name == name).map(|row| row.word)
    }

    /// As cases write it.
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// Whether an operation goes by this word; a composite observation is cancelled by the same word as any other.
    pub fn names(self, operation: &str) -> bool {
        operation == self.name()
            || self == Self::CancelObservation && operation == "cancel-observation-composite"
    }

    /// What it means.
    pub fn meaning(self) -> &'static str {
        self.row().meaning
    }

    /// Whether it asks, answers or does neither.
    pub fn kind(self) -> WordKind {
        let row = self.row();
        match (row.sender, row.answer) {
            (Some(_), _) => WordKind::Request,
            (_, Some(_)) => WordKind::Answer,
            _ if row.channel => WordKind::Request,
            _ => WordKind::Other,
        }
    }

    /// Whether it speaks of the channel below CoAP: a handshake, an alert, a signalling message.
    pub fn is_channel(self) -> bool {
        self.row().channel
    }

    /// Whether it speaks of a TCP connection or of a signal on it (RFC 8323, 5), not of DTLS or TLS.
    pub const fn is_of_stream(self) -> bool {
        matches!(
            self,
            Self::Connect
                | Self::Connected
                | Self::Csm
                | Self::Ping
                | Self::Pong
                | Self::Release
                | Self::Abort
                | Self::Disconnect
        )
    }

    /// Who sends a request; any seat sends the other words.
    pub fn sender(self) -> Option<Role> {
        self.row().sender
    }

    /// What an answer stands for.
    pub fn answer(self) -> Option<AnswerCode> {
        self.row().answer
    }

    /// The code of an answer that stands for one.
    pub fn code(self) -> Option<Code> {
        match self.answer() {
            Some(AnswerCode::Code(code)) => Some(code),
            _ => None,
        }
    }

    /// The fields it has.
    pub fn fields(self) -> &'static [FieldName] {
        self.row().fields
    }

    /// Whether a pattern selects its message by this field, rather than judges it (notation, section 3).
    pub fn is_target_field(self, field: FieldName) -> bool {
        self.kind() == WordKind::Request
            && self != Self::BootstrapPackRequest
            && !self.is_channel()
            && matches!(
                field,
                FieldName::Path | FieldName::Paths | FieldName::Of | FieldName::Location
            )
    }

    fn row(self) -> &'static Row {
        ROWS.get(self as usize).unwrap_or(&ROWS[0])
    }
}

impl AnswerCode {
    /// Whether a response of this code is such an answer.
    pub fn accepts(self, code: Code) -> bool {
        match self {
            Self::Code(wanted) => wanted == code,
            Self::AnyClientError => code.class() == 4,
            Self::AnyServerError => code.class() == 5,
            Self::AnyError => matches!(code.class(), 4 | 5),
            Self::Reset | Self::Nothing | Self::Channel => false,
        }
    }
}

impl fmt::Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_stand_in_the_order_of_the_words() {
        for (index, row) in ROWS.iter().enumerate() {
            assert_eq!(row.word as usize, index, "{}", row.name);
            assert_eq!(Word::from_name(row.name), Some(row.word));
        }
    }

    #[test]
    fn every_operation_of_the_standard_has_its_word() {
        for word in lwm2m::Operation::WORDS {
            // The composite observation is cancelled by the same word.
            if *word != "cancel-observation-composite" {
                assert!(Word::from_name(word).is_some(), "{word}");
            }
        }
    }
}
