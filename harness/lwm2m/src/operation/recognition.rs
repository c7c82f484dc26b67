//! Which operation a message is (Transport TS, 6.4): by who receives it, method, path, options and format.

use coap::{Code, ContentFormat, Kind, Message};

use super::{Operation, Request, Wire};
use crate::Role;

impl Operation {
    /// The operation that `message` is, if `toward` receives it; messages to an LwM2M Client count as those of an LwM2M Server.
    ///
    /// Bootstrap operations that no LwM2M Server can mean (Finish, a Write of a whole Object, a Delete above an instance) are
    /// told apart all the same. An answer is no operation, except one that is a notification.
    pub fn recognise(message: &Message, toward: Role) -> Option<Self> {
        match toward {
            Role::Client => downlink(Request::of(message)),
            Role::Server | Role::BootstrapServer | Role::FileServer => {
                Self::recognise_from(message, Role::Client, toward)
            }
        }
    }

    /// The operation that `message` is, sent by `from` to `toward`.
    pub fn recognise_from(message: &Message, from: Role, toward: Role) -> Option<Self> {
        let request = Request::of(message);
        match (from, toward) {
            (_, Role::Server) => uplink(request, message.kind),
            (_, Role::BootstrapServer) => bootstrap_uplink(request),
            (_, Role::FileServer) => match request.code {
                Code::GET => take(request, Operation::Download),
                _ => None,
            },
            (Role::BootstrapServer, Role::Client) => bootstrap_downlink(request),
            (_, Role::Client) => server_downlink(request),
        }
    }
}

fn uplink(request: Request, kind: Kind) -> Option<Operation> {
    if request.code.is_response() {
        // A piggybacked response is the answer to the Observe itself.
        let notification = request.observe.is_some() && kind != Kind::Ack;
        return notification.then(|| take(request, Operation::Notify))?;
    }
    let segments: Vec<&str> = request.segments.iter().map(String::as_str).collect();
    match (request.code, segments.as_slice()) {
        (Code::POST, ["rd"]) => take(request, Operation::Register),
        (Code::POST, ["dp"]) => take(request, Operation::Send),
        (_, [] | ["bs" | "bspack"]) => None,
        (Code::POST, _) => take(request, Operation::Update),
        (Code::DELETE, _) => take(request, Operation::Deregister),
        _ => None,
    }
}

fn bootstrap_uplink(request: Request) -> Option<Operation> {
    let segments: Vec<&str> = request.segments.iter().map(String::as_str).collect();
    match (request.code, segments.as_slice()) {
        (Code::POST, ["bs"]) => take(request, Operation::BootstrapRequest),
        (Code::GET, ["bspack"]) => take(request, Operation::BootstrapPackRequest),
        _ => None,
    }
}

fn bootstrap_downlink(request: Request) -> Option<Operation> {
    match request.code {
        Code::POST if is_finish(&request) => take(request, Operation::BootstrapFinish),
        _ if is_core_resource(&request) => None,
        Code::GET if request.accept == Some(ContentFormat::LINK_FORMAT) => {
            take(request, Operation::BootstrapDiscover)
        }
        Code::GET => take(request, Operation::BootstrapRead),
        Code::PUT => take(request, Operation::BootstrapWrite),
        Code::DELETE => take(request, Operation::BootstrapDelete),
        _ => None,
    }
}

/// What an LwM2M Server means, which has no Bootstrap operations: a Write or Delete above an instance is a mistaken one.
fn server_downlink(request: Request) -> Option<Operation> {
    match downlink(request.clone())? {
        Operation::BootstrapWrite(_) => take(request, Operation::Write),
        Operation::BootstrapDelete(_) => take(request, Operation::Delete),
        other => Some(other),
    }
}

fn downlink(request: Request) -> Option<Operation> {
    if is_finish(&request) {
        return take(request, Operation::BootstrapFinish);
    }
    if is_core_resource(&request) {
        return None;
    }
    let depth = request.target()?.1.depth();
    match request.code {
        Code::GET => get(request),
        Code::PUT if !request.query.is_empty() => take(request, Operation::WriteAttributes),
        Code::PUT if depth < 2 => take(request, Operation::BootstrapWrite),
        Code::PUT => take(request, Operation::Write),
        Code::POST => post(request, depth),
        Code::DELETE if depth < 2 => take(request, Operation::BootstrapDelete),
        Code::DELETE => take(request, Operation::Delete),
        Code::FETCH => match request.observe {
            Some(0) => take(request, Operation::ObserveComposite),
            Some(1) => take(request, Operation::CancelObservationComposite),
            _ => take(request, Operation::ReadComposite),
        },
        Code::IPATCH => take(request, Operation::WriteComposite),
        _ => None,
    }
}

fn get(request: Request) -> Option<Operation> {
    match (request.observe, request.accept) {
        (Some(0), _) => take(request, Operation::Observe),
        (Some(1), _) => take(request, Operation::CancelObservation),
        (_, Some(ContentFormat::LINK_FORMAT)) => take(request, Operation::Discover),
        _ => take(request, Operation::Read),
    }
}

/// POST is Create, Partial Update or Execute; on a Resource the format decides (Transport TS, 6.4.4).
///
/// One on an Object Instance that brings nothing can only mean to execute it, which no client does.
fn post(request: Request, depth: usize) -> Option<Operation> {
    let plain = matches!(request.content_format, None | Some(ContentFormat::TEXT));
    match depth {
        0 => None,
        1 => take(request, Operation::Create),
        2 if request.content_format.is_none() && request.payload.is_empty() => {
            take(request, Operation::Execute)
        }
        3 | 4 if plain => take(request, Operation::Execute),
        _ => take(request, Operation::Write),
    }
}

fn take<W: Wire>(request: Request, wrap: impl Fn(W) -> Operation) -> Option<Operation> {
    W::from_request(request).map(wrap)
}

fn is_finish(request: &Request) -> bool {
    request.code == Code::POST && request.segments == ["bs"]
}

/// Resource discovery of CoAP itself (RFC 6690, 4).
fn is_core_resource(request: &Request) -> bool {
    request
        .segments
        .first()
        .is_some_and(|first| first == ".well-known")
}

#[cfg(test)]
mod tests {
    use coap::{MessageId, Token, option};

    use super::*;

    fn message(code: Code, path: &str) -> Message {
        let mut message = Message::new(Kind::Con, code, MessageId(1), Token::default());
        for segment in path.split('/').filter(|segment| !segment.is_empty()) {
            message.push_option(option::URI_PATH, segment.as_bytes());
        }
        message
    }

    fn word(message: &Message, toward: Role) -> Option<&'static str> {
        Operation::recognise(message, toward).map(|operation| operation.word())
    }

    #[test]
    fn the_place_decides_toward_a_server() {
        for (code, path, wanted) in [
            (Code::POST, "rd", Some("register")),
            (Code::POST, "rd/1", Some("update")),
            (Code::POST, "elsewhere/1", Some("update")),
            (Code::DELETE, "rd/1", Some("deregister")),
            (Code::POST, "dp", Some("send")),
            (Code::GET, "rd", None),
            (Code::POST, "bs", None),
            (Code::POST, "", None),
        ] {
            assert_eq!(
                word(&message(code, path), Role::Server),
                wanted,
                "{code} {path}"
            );
        }
    }

    #[test]
    fn method_path_and_format_decide_toward_a_client() {
        for (code, path, format, wanted) in [
            (Code::GET, "3/0", None, Some("read")),
            (Code::GET, "lwm2m/3/0", None, Some("read")),
            (Code::GET, ".well-known/core", None, None),
            (Code::GET, "3/x", None, None),
            (Code::POST, "bs", None, Some("bootstrap-finish")),
            (Code::POST, "3", Some(ContentFormat::TLV), Some("create")),
            (Code::POST, "3/0", Some(ContentFormat::TLV), Some("write")),
            (Code::POST, "3/0/4", None, Some("execute")),
            (
                Code::POST,
                "3/0/4",
                Some(ContentFormat::TEXT),
                Some("execute"),
            ),
            (
                Code::POST,
                "3/0/11",
                Some(ContentFormat::TLV),
                Some("write"),
            ),
            (Code::PUT, "3/0", Some(ContentFormat::TLV), Some("write")),
            (
                Code::PUT,
                "3",
                Some(ContentFormat::TLV),
                Some("bootstrap-write"),
            ),
            (Code::DELETE, "", None, Some("bootstrap-delete")),
            (Code::DELETE, "16/1", None, Some("delete")),
            (
                Code::FETCH,
                "",
                Some(ContentFormat::SENML_CBOR),
                Some("read-composite"),
            ),
            (
                Code::IPATCH,
                "",
                Some(ContentFormat::SENML_CBOR),
                Some("write-composite"),
            ),
            (Code::PATCH, "3/0", None, None),
        ] {
            let mut message = message(code, path);
            if let Some(format) = format {
                message.push_uint_option(option::CONTENT_FORMAT, u64::from(format.0));
            }
            assert_eq!(word(&message, Role::Client), wanted, "{code} {path}");
        }
    }

    #[test]
    fn a_server_writes_and_deletes_even_a_whole_object() {
        for (code, path, wanted) in [
            (Code::PUT, "3", "write"),
            (Code::DELETE, "3", "delete"),
            (Code::POST, "3/0", "execute"),
        ] {
            let message = message(code, path);
            let found = Operation::recognise_from(&message, Role::Server, Role::Client);
            let word = found.map(|operation| operation.word());
            assert_eq!(word, Some(wanted), "{code} {path}");
        }
    }

    #[test]
    fn an_alternate_path_is_kept_and_an_empty_segment_is_the_root() {
        let Some(Operation::Read(read)) =
            Operation::recognise(&message(Code::GET, "lwm2m/3/0"), Role::Client)
        else {
            panic!("no Read");
        };
        assert_eq!(read.prefix, ["lwm2m"]);
        assert_eq!(read.path.to_string(), "/3/0");
        let mut root = message(Code::GET, "");
        root.push_option(option::URI_PATH, b"");
        let found = Operation::recognise(&root, Role::Client).and_then(|read| read.path());
        assert_eq!(found, Some(crate::Path::ROOT));
    }

    #[test]
    fn only_a_message_of_its_own_is_a_notification() {
        let mut answer = message(Code::CONTENT, "");
        assert_eq!(word(&answer, Role::Server), None);
        answer.push_uint_option(option::OBSERVE, 3);
        assert_eq!(word(&answer, Role::Server), Some("notify"));
        answer.kind = Kind::Ack;
        assert_eq!(word(&answer, Role::Server), None);
    }
}
