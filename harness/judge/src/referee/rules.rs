//! The table of rules: name, level, clause and requirement ids of each, once.
//!
//! The level is the highest that a rule takes; where a text only advises, a peer may have caused it, or the tolerances of the TS
//! excuse it, the same rule gives a remark.

use super::Level;

/// A rule of the referee.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Name, in kebab case.
    pub name: &'static str,
    /// Highest level that a finding has.
    pub level: Level,
    /// Clause that states it.
    pub clause: &'static str,
    /// Requirement ids of the index of the TS.
    pub requirements: &'static [&'static str],
    /// The rule in one sentence.
    pub says: &'static str,
}

macro_rules! rules {
    ($($constant:ident $level:ident $name:literal $clause:literal [$($id:literal)*] $says:literal;)*) => {
        $(#[doc = $says] pub(super) const $constant: Rule = Rule {
            name: $name,
            level: Level::$level,
            clause: $clause,
            requirements: &[$($id),*],
            says: $says,
        };)*

        /// Every rule, by family.
        pub const RULES: &[Rule] = &[$($constant),*];
    };
}

rules! {
    // message format: `message-` and the name of the coap crate
    TOO_SHORT Should "message-too-short" "RFC 7252, 3" ["COA-01"] "A message has a header of four bytes.";
    VERSION_UNKNOWN Must "message-version-unknown" "RFC 7252, 3" ["COA-01"] "The version field is 1.";
    TOKEN_LENGTH_RESERVED Must "message-token-length-reserved" "RFC 7252, 3" ["COA-01"] "Token lengths 9 to 15 are not sent.";
    TOKEN_TRUNCATED Must "message-token-truncated" "RFC 7252, 3" ["COA-01"] "The token has the length that the header says.";
    EMPTY_WITH_BYTES Must "message-empty-with-bytes" "RFC 7252, 4.1" ["COA-01"] "An Empty message ends after the Message ID.";
    EMPTY_NON Must "message-empty-non-confirmable" "RFC 7252, 4.3" ["COA-01"] "A Non-confirmable message is not Empty.";
    CODE_CLASS Must "message-code-class-reserved" "RFC 7252, 3" ["COA-01"] "Codes of reserved classes are not sent.";
    RESET_NOT_EMPTY Must "message-reset-not-empty" "RFC 7252, 4.2" ["GEN-16" "COA-03"] "A Reset is Empty.";
    REQUEST_IN_ACK Must "message-request-in-acknowledgement" "RFC 7252, 4.2" ["GEN-16" "COA-03"] "An Acknowledgement carries a response or is Empty.";
    OPTION_DELTA Must "message-option-delta-reserved" "RFC 7252, 3.1" ["COA-01"] "Option delta 15 stands for the payload marker only.";
    OPTION_LENGTH_FIELD Must "message-option-length-reserved" "RFC 7252, 3.1" ["COA-01"] "Option length 15 is not sent.";
    OPTION_TRUNCATED Must "message-option-truncated" "RFC 7252, 3.1" ["COA-01"] "An option ends within the datagram.";
    OPTION_NUMBER Must "message-option-number-too-large" "RFC 7252, 12.2" ["COA-01"] "Option numbers have 16 bits.";
    PAYLOAD_MISSING Must "message-payload-missing" "RFC 7252, 3" ["COA-01"] "A payload follows the payload marker.";
    OPTION_LENGTH Must "message-option-length" "RFC 7252, 5.4.3" ["COA-01"] "Option values have the registered length; an elective option only earns a remark.";
    UINT_FORM Should "message-uint-not-shortest" "RFC 7252, 3.2" ["COA-01"] "Integer options have no leading zero bytes.";
    OPTION_REPEATED Must "message-option-repeated" "RFC 7252, 5.4.5" ["COA-11"] "Only repeatable options occur more than once.";
    CRITICAL_OPTION Should "message-critical-option-unknown" "RFC 7252, 5.4.1" ["COA-10"] "No critical option is sent that the peer may not know.";
    OPTION_NOT_UTF8 Must "message-option-not-utf8" "RFC 7252, 3.2" ["COA-01"] "Text options are UTF-8; an elective option only earns a remark.";
    MESSAGE_SIZE Should "message-size" "RFC 7252, 4.6" ["COA-05"] "Without knowledge of the path MTU a message has at most 1152 bytes.";

    // exchanges
    ACK_MESSAGE_ID Must "acknowledgement-message-id" "RFC 7252, 4.2" ["COA-03" "GEN-16"] "An Acknowledgement has the Message ID of the Confirmable message that it answers.";
    RESPONSE_TOKEN Must "response-token" "RFC 7252, 5.3.1" ["COA-09" "GEN-21"] "A response has the token of its request.";
    NON_ACKNOWLEDGED Must "non-acknowledged" "RFC 7252, 4.3" ["GEN-16" "COA-03"] "A Non-confirmable message is not acknowledged.";
    MESSAGE_ID_REUSED Must "message-id-reused" "RFC 7252, 4.4" ["COA-04" "GEN-04a"] "A Message ID is not used again within EXCHANGE_LIFETIME.";
    RETRANSMISSION_EARLY Should "retransmission-early" "RFC 7252, 4.2 and 4.8" ["COA-02"] "A retransmission waits ACK_TIMEOUT, and twice as long each time.";
    RETRANSMISSION_COUNT Should "retransmission-count" "RFC 7252, 4.2 and 4.8" ["COA-02"] "There are at most MAX_RETRANSMIT retransmissions.";
    RETRANSMISSION_ACKED Should "retransmission-after-acknowledgement" "RFC 7252, 4.2" ["COA-02"] "Nothing is retransmitted once it was acknowledged.";
    DUPLICATE_ANSWER Should "duplicate-answered-differently" "RFC 7252, 4.5" ["COA-04" "BST-03a"] "A duplicate is acknowledged with the same Acknowledgement or Reset.";
    RESPONSE_UNACKNOWLEDGED Must "response-unacknowledged" "RFC 7252, 4.2 and 5.2.2" ["COA-08" "COA-03"] "A Confirmable response to one's own request is acknowledged or rejected.";
    SIMULTANEOUS Should "simultaneous-requests" "RFC 7252, 4.7 and 4.8" ["COA-06"] "One request at a time waits for its response or Acknowledgement.";
    SECOND_RESPONSE Should "second-response" "RFC 7252, 5.2" ["DM-07f" "COA-08"] "A request has one response.";
    OPERATION_CONFIRMABLE Must "operation-confirmable" "Transport TS, 6.8.1" ["GEN-03a" "GEN-03b"] "Operations are Confirmable but for Notify and Execute, and Send from 1.2.1 on.";
    RESPONSE_CODE Must "response-code" "Transport TS, 6.7" ["GEN-06a"] "The response code is one of those listed for the operation; only a wrong success fails.";

    // content
    FORMAT_MISSING Must "content-format-missing" "Core TS, 7.5" ["FMT-03a" "GEN-19"] "Data state their Content-Format; a Write without is a remark.";
    FORMAT_FOREIGN Should "content-format-foreign" "Core TS, 7.5" ["FMT-01a"] "The Content-Format belongs to the LwM2M version in use.";
    FORMAT_NOT_OFFERED Should "content-format-not-offered" "Core TS, 7.5" ["FMT-03b"] "A server writes in a format that the client offers in its registration, if it offers any.";
    LWM2M_JSON_SENT Should "lwm2m-json-sent" "Core TS, 7.5.6" ["FMT-02b"] "A client of 1.1 or later does not send LwM2M JSON.";
    ACCEPT Must "accept-honoured" "RFC 7252, 5.10.4; Transport TS, 6.4.4" ["DM-02c" "GEN-20"] "The answer has the format that Accept names, or is an error.";
    PAYLOAD_UNREADABLE Must "payload-unreadable" "Core TS, 7.5" ["FMT-03a" "GEN-19"] "The payload is what its Content-Format says.";
    TLV_FORM Should "tlv-shortest-form" "Core TS, 7.5.5" ["FMT-04a"] "TLV identifiers and lengths take the fewest bits.";
    TLV_WRAPPER Must "tlv-instance-wrapper" "Core TS, 7.5.5" ["FMT-04c"] "Where the path names no instance, an Object Instance TLV does.";
    TLV_NEEDLESS_WRAPPER Should "tlv-needless-wrapper" "Core TS, 7.5.5" ["FMT-04c"] "Where the path names the instance, no Object Instance TLV does.";
    TLV_NESTING Must "tlv-nesting" "Core TS, 7.5.5" ["FMT-04a"] "TLV entries stand at the level of their kind.";
    VALUE_TYPE Must "value-type" "Core TS, Appendix C" ["DT-01" "DT-02a"] "A value has the type that its definition demands, in the format's form of it.";
    VALUE_FORM Should "value-form" "Core TS, Appendix C" ["FMT-08b" "FMT-05e"] "Numbers and base64 are written in the form of their format.";
    VALUE_FOR_EXECUTABLE Should "value-for-executable" "Core TS, Appendix C" ["DT-01"] "An executable Resource has no value.";
    VALUE_RANGE Should "value-range" "Core TS, Appendix D" ["DT-04"] "A value lies within the range of its definition.";
    RESOURCE_INSTANCES Must "resource-instances" "Core TS, 7.5" ["FMT-04d" "FMT-05b" "CBR-07"] "A multiple Resource has instances and a single one has none.";
    VALUE_PATH Must "value-path" "Core TS, 7.5" ["FMT-05b"] "Values stand at Resources below the target.";
    DUPLICATE_PATH Should "duplicate-path" "Core TS, 7.5.6" ["FMT-05c"] "No path stands twice at the same time.";
    SENML_RECORD Must "senml-record" "RFC 8428, 4.2; RFC 8790, 3.1" ["FMT-05a" "FMT-05b" "ETC-04a"] "A SenML record has one value, and none in a list of paths.";
    SENML_LABEL Must "senml-label" "RFC 8428, 6" ["FMT-07" "COA-34"] "SenML CBOR uses the integer labels.";
    NAME_PREFIX Should "name-prefix" "Transport TS, 6.4.1" ["GEN-08d"] "Names begin at the Object ID, but for the alternate path.";
    EMPTY_MAP Should "cbor-empty-map" "Core TS, 7.5.4" ["CBR-03a"] "Maps of LwM2M CBOR are not empty.";

    // links
    LINK_SYNTAX Must "link-format-syntax" "RFC 6690, 2" ["COA-29" "REG-07a"] "Links follow the grammar; blanks and the version in front are a remark.";
    LINK_REPEATED Must "link-attribute-repeated" "RFC 6690, 3; RFC 7252, 7.2.1" ["COA-29"] "What may stand once in a link stands once.";
    LINK_VALUE Should "link-attribute-value" "RFC 6690, 3.3" ["COA-29"] "The attribute `sz` is a decimal number.";
    LINK_TARGET Should "link-target" "Core TS, 6.2.1 and 6.3.2" ["REG-07b" "BST-05b"] "Links lead to paths of the data model.";

    // registration
    REGISTER_ENDPOINT Must "register-endpoint" "Core TS, 6.2.1" ["REG-02a" "REG-02b" "REG-02c"] "Register names the endpoint; from 1.1 on its absence is a remark.";
    REGISTER_LIFETIME Must "register-lifetime" "Core TS, 6.2.1" ["REG-03a"] "The lifetime is there, from 1.1 on, and is a number of seconds.";
    REGISTER_VERSION Must "register-version" "Core TS, 6.2.1" ["REG-03a" "REG-03d"] "The version is the number of an enabler release.";
    REGISTER_BINDING Must "register-binding" "Core TS, 6.2.1.2" ["REG-18a" "REG-18b" "REG-18c"] "The binding has letters of its version; Queue Mode in it is a remark from 1.1 on.";
    REGISTER_UNKNOWN Should "register-parameter-unknown" "Core TS, 6.2.1 and 6.2.2" ["REG-01a" "REG-14b"] "Register, Update and Bootstrap-Request have the parameters of their version.";
    REGISTER_REPEATED Should "register-parameter-repeated" "Core TS, 6.2.1" ["REG-01a"] "A parameter stands once.";
    REGISTER_FORMAT Must "register-content-format" "Core TS, 6.2.1" ["REG-07a" "FMT-03a"] "The object list is link-format; an Update that does not say so is a remark.";
    PROFILE_LIST Must "profile-id-list" "Core TS 1.2, 6.2.1" ["PID-02a"] "A Profile ID stands alone, several in quotes with commas between them.";
    PROFILE_DYNAMIC Must "profile-id-dynamic" "Core TS 1.2, 6.2.1" ["PID-02b"] "A dynamic Profile ID is a suite number, a colon and lower-case hexadecimal digits.";
    PROFILE_NAME Must "profile-id-name" "Core TS 1.2, 6.2.1" ["PID-02c"] "A pre-configured Profile ID is `oma` or `v`, a colon, and letters, digits or hyphens.";
    PROFILE_SUITE Must "profile-id-suite" "Core TS 1.2, 6.2.1; RFC 6920, 9.4" ["PID-05a"] "The hash has the length that its suite says.";
    PROFILE_LENGTH Must "profile-id-length" "Core TS 1.2, 6.2.1" ["PID-05b"] "The hash has 32 bits at least.";
    OBJECT_LIST_MISSING Must "object-list-missing" "Core TS, 6.2.1" ["REG-07a" "PID-08a"] "A Register has an object list; from 1.2 on a remark.";
    OBJECT_LIST_SECURITY Must "object-list-security" "Core TS, 6.2.1" ["REG-09a" "REG-09b" "REG-15c"] "Security, and OSCORE from 1.1 on, are not listed.";
    OBJECT_LIST_COSE Should "object-list-cose" "Core TS 1.2.1, 6.2.1" ["REG-09c"] "COSE is not listed from 1.2.1 on, which nobody tells from 1.2.";
    OBJECT_LIST_RESOURCE Must "object-list-resource" "Core TS, 6.2.1" ["REG-07b"] "Only Objects and Object Instances are listed.";
    OBJECT_LIST_MANDATORY Must "object-list-mandatory" "Core TS, 6.2.1" ["REG-09d"] "Objects 1 and 3 are listed; from 1.2 on a remark.";
    RESERVED_IDENTIFIER Must "reserved-identifier" "Core TS, 7.4" ["IDN-01a"] "No identifier is 65535.";
    OBJECT_CLASS Must "object-class" "Core TS, D.2.1" ["IDN-03"] "Objects are of a class that is assigned; before 1.1 a remark.";
    OBJECT_VERSION_PLACE Must "object-version-place" "Core TS, 7.2.3" ["VER-01c"] "The version of an Object with several instances stands at the Object; before 1.1 a remark.";
    SHORT_SERVER_ID Must "short-server-id" "Core TS, 7.4" ["IDN-01b"] "A Short Server ID is 1 to 65534; 65535 is a remark before 1.1.";
    POWER_SOURCES Must "power-source-instances" "Core TS, E.4" ["OBJ-03a"] "Voltage and current have the instances of their power source.";
    ALTERNATE_PATH Must "alternate-path-numeric" "Transport TS, 6.4.1" ["GEN-08b"] "An alternate path has no segment that is a number.";
    REGISTER_LOCATION Must "register-location" "Transport TS, 6.4.3" ["REG-05a" "REG-05b"] "2.01 to a Register has a location below /rd.";

    // bootstrap
    BOOTSTRAP_PATH Must "bootstrap-path" "Transport TS, 6.4.1" ["GEN-08e" "BST-09"] "A Bootstrap-Server puts no alternate path before its paths.";
    BOOTSTRAP_NAME Must "bootstrap-name" "Transport TS, 6.4.1" ["GEN-08f" "BST-09"] "Names have no alternate path while bootstrapping; that of a client is a remark.";
    BOOTSTRAP_FORMAT Must "bootstrap-write-format" "Core TS, 6.1.7.5" ["BST-03e"] "A Bootstrap-Write of an Object has a format that carries instances.";
    BOOTSTRAP_READ Must "bootstrap-read-accept" "Core TS, 6.1.7.4" ["BST-06c"] "A Bootstrap-Read asks for a format that carries instances.";
    BOOTSTRAP_IDENTITY Must "bootstrap-account-identity" "Core TS, E.1" ["BST-17a" "BST-17b"] "A server account has a Short Server ID that names a server.";
    BOOTSTRAP_CREDENTIALS Must "bootstrap-unused-credentials" "Core TS, E.1" ["BST-24a" "BST-24b"] "Credentials that the Security Mode has no use for are empty.";

    // device management
    ATTRIBUTE_NAME Must "attribute-unknown" "Core TS, 5.1.2 and 6.3.4" ["DM-07b" "DM-07h"] "A Write-Attributes names NOTIFICATION attributes of the client's version; a name that nobody knows is a remark.";
    EXECUTE_ARGUMENTS Must "execute-arguments" "Core TS, 6.3.5" ["DM-08d" "DM-08e" "DM-08f"] "Arguments are digits with values in apostrophes, separated by commas; a digit twice is a remark before 1.2.";
    CREATE_TARGET Must "create-target" "Core TS, 6.3.6" ["DM-09d"] "Only Objects that the client has announced are instantiated.";

    // observations
    OBSERVE_MISSING Should "notification-without-observe" "RFC 7641, 4.2" ["COA-15" "OBS-01c"] "A notification has the Observe option.";
    NOTIFICATION_ORDER Must "notification-order" "RFC 7641, 4.4" ["COA-16"] "Sequence numbers of notifications grow; a late one is a remark.";
    NOTIFICATION_FORMAT Must "notification-content-format" "RFC 7641, 4.2" ["OBS-04a" "GEN-04b"] "Notifications keep the Content-Format of the first answer.";
    NOTIFICATION_CODE Should "notification-code" "RFC 7641, 4.2; Transport TS, 6.7" ["OBS-01c" "GEN-06a"] "A notification with Observe is 2.05 or 2.03.";
    CANCEL_OBSERVE Should "cancel-answered-with-observe" "Transport TS, 6.4.5" ["OBS-02a"] "The answer to a cancellation has no Observe option.";

    // blocks
    BLOCK_RESERVED Must "block-size-reserved" "RFC 7959, 2.2" ["COA-20"] "Size exponent 7 is not sent.";
    BLOCK_PAYLOAD Must "block-payload" "RFC 7959, 2.3" ["COA-20"] "A block that is not the last has the size that its option says.";
    BLOCK_ORDER Should "block-order" "RFC 7959, 2.5" ["COA-21"] "Block1 goes on where the block before ended.";
    BLOCK_NUMBER Should "block-number" "RFC 7959, 2.4" ["COA-22"] "The answer is the block that was asked for.";
    BLOCK_LARGER Should "block-larger" "RFC 7959, 2.3 and 2.4" ["COA-20"] "An answer has no larger blocks than its request.";
    BLOCK_ETAG Should "block-etag" "RFC 7959, 2.4" ["COA-22"] "All blocks of a body have the same ETag.";
    BLOCK_CONTINUE Should "block-continue" "RFC 7959, 2.5 and 2.9.1" ["COA-21"] "2.31 answers a block that is not the last, and echoes its number.";

    // the channel below CoAP
    UNPROTECTED Must "unprotected-message" "Transport TS, 5.1" ["SEC-01b" "SEC-01a"] "Where a channel is to be protected nothing is said outside of it.";
    HANDSHAKE_ROLE Must "handshake-role" "Transport TS, 5.2.7" ["SEC-02"] "The LwM2M Client is the client of the handshake.";
    SUITE_UNASKED Must "cipher-suite-not-offered" "RFC 5246, 7.4.1.3" ["SEC-01a"] "A server chooses a cipher suite that the client offers.";
    EXTENSION_UNASKED Must "extension-not-offered" "RFC 5246, 7.4.1.4" ["SEC-01a"] "A server answers with no extension that the client did not offer.";
    GROUP_TOO_SMALL Must "group-too-small" "Transport TS, 5.2.3" ["SEC-16b"] "No group of less than 255 bits is offered.";
    OTHER_SESSION Must "response-in-other-session" "RFC 7252, 9.1.1" ["COA-13"] "A response travels in the session of its request.";
    SESSION_REGISTER Must "session-without-register" "Transport TS, 6.4.3" ["REG-17b"] "After a new session the client registers anew (1.1).";
    OSCORE_CODE Must "oscore-outer-code" "RFC 8613, 4.2" ["OSC-02a"] "The outer code is POST or FETCH, 2.04 or 2.05, and tells nothing.";
    OSCORE_OUTSIDE Must "oscore-option-outside" "RFC 8613, 4.1.1" ["OSC-02a"] "Options to be encrypted do not stand outside.";
    OSCORE_INSIDE Must "oscore-option-inside" "RFC 8613, 4.1.2" ["OSC-02a"] "Options for proxies do not stand inside.";
    OSCORE_OBSERVE Must "oscore-observe-differs" "RFC 8613, 4.1.3.5.1" ["OSC-02a"] "Inner and outer Observe of a request agree.";
    OSCORE_OBSERVE_EMPTY Should "oscore-observe-not-empty" "RFC 8613, 4.1.3.5.2" ["OSC-02a"] "The inner Observe of a notification is empty.";
    OSCORE_IV_SHORTEST Must "oscore-partial-iv-not-shortest" "RFC 8613, 5" ["OSC-02a"] "The Partial IV has no leading zero bytes.";
    OSCORE_IV_REUSED Must "oscore-partial-iv-reused" "RFC 8613, 7.2" ["OSC-02a"] "A Partial IV is used once with one key.";
    OSCORE_NONCE_REUSED Must "oscore-nonce-reused" "RFC 8613, 8.3.1" ["OSC-02a"] "One response at most uses the nonce of its request.";
    OSCORE_UNREADABLE Should "oscore-unreadable" "RFC 8613, 8" ["OSC-02a"] "What OSCORE protects can be unprotected with the context at hand.";
    STREAM_FRAME Must "stream-frame" "RFC 8323, 3.2" ["COA-30"] "A stream is cut into frames as their lengths say.";
    TLS_RECORD Must "tls-record" "RFC 5246, 6.2.3" ["SEC-01b"] "Once an end has changed its cipher spec, its records verify with the keys of the session.";
    CSM_FIRST Must "csm-first" "RFC 8323, 5.3" ["TCP-05" "COA-31"] "The first message of each end of a TCP connection is its CSM.";
}
