//! The words of cases for answers (`changed`, `bad-request`) and the codes they stand for.

use coap::Code;

/// Every word for one code, in ascending order of codes.
pub const WORDS: &[(&str, Code)] = &[
    ("created", Code::CREATED),
    ("deleted", Code::DELETED),
    ("valid", Code::VALID),
    ("changed", Code::CHANGED),
    ("content", Code::CONTENT),
    ("continue", Code::CONTINUE),
    ("bad-request", Code::BAD_REQUEST),
    ("unauthorized", Code::UNAUTHORIZED),
    ("bad-option", Code::BAD_OPTION),
    ("forbidden", Code::FORBIDDEN),
    ("not-found", Code::NOT_FOUND),
    ("method-not-allowed", Code::METHOD_NOT_ALLOWED),
    ("not-acceptable", Code::NOT_ACCEPTABLE),
    ("request-entity-incomplete", Code::REQUEST_ENTITY_INCOMPLETE),
    ("conflict", Code::CONFLICT),
    ("precondition-failed", Code::PRECONDITION_FAILED),
    ("request-entity-too-large", Code::REQUEST_ENTITY_TOO_LARGE),
    (
        "unsupported-content-format",
        Code::UNSUPPORTED_CONTENT_FORMAT,
    ),
    ("unprocessable-entity", Code::UNPROCESSABLE_ENTITY),
    ("internal-server-error", Code::INTERNAL_SERVER_ERROR),
    ("not-implemented", Code::NOT_IMPLEMENTED),
    ("bad-gateway", Code::BAD_GATEWAY),
    ("service-unavailable", Code::SERVICE_UNAVAILABLE),
    ("gateway-timeout", Code::GATEWAY_TIMEOUT),
    ("proxying-not-supported", Code::PROXYING_NOT_SUPPORTED),
];

/// The word for an answer of `code`.
pub fn word(code: Code) -> Option<&'static str> {
    WORDS
        .iter()
        .find(|(_, known)| *known == code)
        .map(|(word, _)| *word)
}

/// The code of the answer that `word` names.
pub fn code(word: &str) -> Option<Code> {
    WORDS
        .iter()
        .find(|(known, _)| *known == word)
        .map(|(_, code)| *code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_the_names_of_the_codes() {
        for (known, known_code) in WORDS {
            let name = known_code.name().unwrap().to_lowercase().replace(' ', "-");
            assert_eq!(*known, name);
            assert_eq!(word(*known_code), Some(*known));
            assert_eq!(code(known), Some(*known_code));
        }
        assert!(WORDS.is_sorted_by_key(|(_, code)| *code));
        assert_eq!(word(Code::GET), None);
        assert_eq!(code("ok"), None);
    }
}
