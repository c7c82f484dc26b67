//! Who is let in: on loopback only by a name of loopback, beyond it only with the token; nobody changes anything from a page that
//! is not ours.
//!
//! A page of a stranger that a browser at the table has open may send requests here: its `Origin` tells (Fetch, 3.2). A name of
//! a stranger that leads to loopback (DNS rebinding) makes its page our origin: its `Host` tells.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::header::{CONTENT_LENGTH, COOKIE, HOST, HeaderName, ORIGIN, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use crate::server::Shared;
use crate::token::Token;

/// Decides on requests.
pub(crate) struct Guard {
    /// Asked for beyond loopback.
    token: Option<Token>,
    /// Name of the cookie that keeps it; cookies do not know ports.
    cookie: String,
}

/// Why a request is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// By another name than this server has.
    Host,
    /// Without the token.
    Token,
    /// From a page that is not ours.
    Origin,
    /// With more than anybody has to say.
    Size,
}

/// That a request is let in, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Admitted {
    /// As it comes.
    Known,
    /// By the token in its URL, which a cookie keeps from now on.
    ByUrl,
}

/// Lets requests in or refuses them, and says in every answer what a browser must not do with it.
pub(crate) async fn guard(
    State(shared): State<Arc<Shared>>,
    request: Request,
    next: Next,
) -> Response {
    let guard = &shared.guard;
    let admitted = guard.admit(request.method(), request.uri(), request.headers());
    let mut response = match admitted {
        // a body that does not come holds nobody up
        Ok(_) => tokio::time::timeout(PATIENCE, next.run(request))
            .await
            .unwrap_or_else(|_| StatusCode::REQUEST_TIMEOUT.into_response()),
        Err(refusal) => refusal.response(),
    };
    let headers = response.headers_mut();
    if admitted == Ok(Admitted::ByUrl)
        && let Some(cookie) = guard.new_cookie()
    {
        headers.append(SET_COOKIE, cookie);
    }
    for (name, value) in HEADERS {
        let name = HeaderName::from_static(name);
        headers
            .entry(name)
            .or_insert(HeaderValue::from_static(value));
    }
    response
}

impl Guard {
    /// A guard of the server at `port`.
    pub(crate) fn new(token: Option<Token>, port: u16) -> Self {
        Self {
            token,
            cookie: format!("testfest-{port}"),
        }
    }

    /// What is asked for.
    pub(crate) const fn token(&self) -> Option<&Token> {
        self.token.as_ref()
    }

    fn admit(&self, method: &Method, uri: &Uri, headers: &HeaderMap) -> Result<Admitted, Refusal> {
        // a proxy's form of a request names another host than the field does
        let host = only(headers, HOST.as_str()).filter(|_| uri.authority().is_none());
        let host = host.ok_or(Refusal::Host)?;
        let admitted = match &self.token {
            None if is_loopback(host) => Admitted::Known,
            None => return Err(Refusal::Host),
            Some(token) if self.has_cookie(token, headers) => Admitted::Known,
            Some(token) if in_query(uri).is_some_and(|given| token.is(given)) => Admitted::ByUrl,
            Some(_) => return Err(Refusal::Token),
        };
        let reads = method == Method::GET || method == Method::HEAD;
        if !reads && !is_own_page(host, headers) {
            return Err(Refusal::Origin);
        }
        let length = only(headers, CONTENT_LENGTH.as_str()).and_then(|text| text.parse().ok());
        if length.is_some_and(|length: u64| length > BODY) {
            return Err(Refusal::Size);
        }
        Ok(admitted)
    }

    fn has_cookie(&self, token: &Token, headers: &HeaderMap) -> bool {
        let cookies = headers.get_all(COOKIE).iter();
        let mut pairs = cookies
            .filter_map(|cookies| cookies.to_str().ok())
            .flat_map(|cookies| cookies.split("; "))
            .filter_map(|cookie| cookie.split_once('='));
        pairs.any(|(name, value)| name == self.cookie && token.is(value))
    }

    fn new_cookie(&self) -> Option<HeaderValue> {
        let (name, token) = (&self.cookie, self.token.as_ref()?);
        let cookie = format!("{name}={token}; Path=/; HttpOnly; SameSite=Strict");
        HeaderValue::from_str(&cookie).ok()
    }
}

impl Refusal {
    fn response(self) -> Response {
        let (status, text) = match self {
            Self::Host => (
                StatusCode::MISDIRECTED_REQUEST,
                "this server is at localhost, 127.0.0.1 or [::1], and has no other name\n",
            ),
            Self::Token => (
                StatusCode::FORBIDDEN,
                "open the address that `testfest serve` printed, with its token\n",
            ),
            Self::Origin => (
                StatusCode::FORBIDDEN,
                "only this server's own page changes anything here\n",
            ),
            Self::Size => (StatusCode::PAYLOAD_TOO_LARGE, "that is too much\n"),
        };
        (status, text).into_response()
    }
}

/// The value of a field that is there once.
fn only<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?.to_str().ok()?;
    values.next().is_none().then_some(value)
}

fn is_loopback(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    let plain = name
        .strip_prefix('[')
        .and_then(|name| name.strip_suffix(']'));
    name.eq_ignore_ascii_case("localhost")
        || plain
            .unwrap_or(name)
            .parse()
            .is_ok_and(|ip: IpAddr| ip.is_loopback())
}

/// Whether our own page sends this: a browser says so in `Origin`, in `Sec-Fetch-Site`, or in both.
fn is_own_page(host: &str, headers: &HeaderMap) -> bool {
    let origin = headers
        .contains_key(ORIGIN)
        .then(|| only(headers, ORIGIN.as_str()).and_then(|origin| origin.strip_prefix("http://")));
    let site = headers
        .contains_key(SITE)
        .then(|| only(headers, SITE) == Some("same-origin"));
    match (origin, site) {
        (Some(origin), site) => {
            origin.is_some_and(|origin| origin.eq_ignore_ascii_case(host)) && site != Some(false)
        }
        (None, site) => site == Some(true),
    }
}

fn in_query(uri: &Uri) -> Option<&str> {
    let mut pairs = uri.query()?.split('&');
    pairs.find_map(|pair| pair.strip_prefix("token="))
}

/// Where a request comes from, as browsers say (Fetch Metadata).
const SITE: &str = "sec-fetch-site";
/// Bytes of a request's body.
pub(crate) const BODY: u64 = 64 << 10;
/// Until a request has to be answered; what an answer streams may take longer.
const PATIENCE: Duration = Duration::from_secs(20);
/// What our page may do: load its own parts, and talk to its own server.
const PAGE_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
    img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
/// What every answer says, unless it has said something stricter.
const HEADERS: [(&str, &str); 7] = [
    ("content-security-policy", PAGE_POLICY),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("x-frame-options", "DENY"),
    ("cross-origin-resource-policy", "same-origin"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cache-control", "no-store"),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(fields: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in fields {
            headers.append(*name, HeaderValue::from_str(value).unwrap());
        }
        headers
    }

    fn admit(
        guard: &Guard,
        method: Method,
        uri: &str,
        fields: &[(&'static str, &str)],
    ) -> Result<Admitted, Refusal> {
        guard.admit(&method, &uri.parse().unwrap(), &headers(fields))
    }

    #[test]
    fn loopback_has_its_own_names_alone() {
        let guard = Guard::new(None, 8252);
        for (host, admitted) in [
            ("localhost:8252", true),
            ("LOCALHOST", true),
            ("127.0.0.1:8252", true),
            ("127.1.2.3", true),
            ("[::1]:8252", true),
            ("[::1]", true),
            ("evil.example", false),
            ("evil.example:8252", false),
            ("localhost.evil.example", false),
            ("127.0.0.1.evil.example:80", false),
            ("192.0.2.1:8252", false),
            ("0.0.0.0:8252", false),
            ("", false),
        ] {
            let found = admit(&guard, Method::GET, "/", &[("host", host)]);
            let wanted = if admitted {
                Ok(Admitted::Known)
            } else {
                Err(Refusal::Host)
            };
            assert_eq!(found, wanted, "{host}");
        }
        let twice = [("host", "localhost"), ("host", "evil.example")];
        assert_eq!(admit(&guard, Method::GET, "/", &twice), Err(Refusal::Host));
        let other = admit(
            &guard,
            Method::GET,
            "http://evil.example/",
            &[("host", "localhost")],
        );
        assert_eq!(other, Err(Refusal::Host));
        assert_eq!(admit(&guard, Method::GET, "/", &[]), Err(Refusal::Host));
    }

    #[test]
    fn only_our_page_changes_anything() {
        let guard = Guard::new(None, 8252);
        let own = ("origin", "http://localhost:8252");
        for (fields, admitted) in [
            (&[own][..], true),
            (&[own, ("sec-fetch-site", "same-origin")], true),
            (&[("sec-fetch-site", "same-origin")], true),
            (&[], false),
            (&[("origin", "null")], false),
            (&[("origin", "http://localhost:9000")], false),
            (&[("origin", "https://localhost:8252")], false),
            (&[("origin", "http://evil.example")], false),
            (&[own, ("origin", "http://evil.example")], false),
            (&[own, ("sec-fetch-site", "cross-site")], false),
            (&[("sec-fetch-site", "same-site")], false),
            (&[("sec-fetch-site", "none")], false),
        ] {
            let mut all = vec![("host", "localhost:8252")];
            all.extend(fields);
            for method in [Method::POST, Method::PUT, Method::DELETE, Method::OPTIONS] {
                let found = admit(&guard, method, "/say", &all);
                let wanted = if admitted {
                    Ok(Admitted::Known)
                } else {
                    Err(Refusal::Origin)
                };
                assert_eq!(found, wanted, "{fields:?}");
            }
        }
    }

    #[test]
    fn beyond_loopback_the_token_is_asked_for() {
        let guard = Guard::new(Some(Token::new().unwrap()), 8252);
        let token = guard.token().unwrap().to_string();
        let host = ("host", "192.0.2.1:8252");
        let cookie = format!("other=1; testfest-8252={token}");
        let foreign = format!("testfest-1={token}");
        for (uri, cookie, found) in [
            (format!("/?token={token}"), "", Ok(Admitted::ByUrl)),
            (format!("/?a=b&token={token}"), "", Ok(Admitted::ByUrl)),
            ("/".to_owned(), &*cookie, Ok(Admitted::Known)),
            ("/".to_owned(), "", Err(Refusal::Token)),
            ("/".to_owned(), &*foreign, Err(Refusal::Token)),
            ("/?token=".to_owned(), "", Err(Refusal::Token)),
            (format!("/?token={token}0"), "", Err(Refusal::Token)),
            ("/assets/page.js".to_owned(), "", Err(Refusal::Token)),
        ] {
            let fields = [host, ("cookie", cookie)];
            assert_eq!(
                admit(&guard, Method::GET, &uri, &fields),
                found,
                "{uri} {cookie}"
            );
        }
        // a token does not make another's page ours
        let fields = [
            host,
            ("cookie", &*cookie),
            ("origin", "http://evil.example"),
        ];
        assert_eq!(
            admit(&guard, Method::POST, "/say", &fields),
            Err(Refusal::Origin)
        );
        let set = guard.new_cookie().unwrap();
        let set = set.to_str().unwrap();
        assert!(
            set.contains(&token) && set.ends_with("HttpOnly; SameSite=Strict"),
            "{set}"
        );
    }
}
