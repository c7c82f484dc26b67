//! Download: GET of an image from a file server (Core TS, E.6), who need not know anything of LwM2M.

use coap::{Code, ContentFormat};

use super::wire::accept_detail;
use super::{Request, Wire};
use crate::Role;

/// Pulls an image from a file server (Core TS, E.6).
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Download {
    /// Uri-Path segments.
    pub segments: Vec<String>,
    /// Uri-Query options as they are.
    pub query: Vec<String>,
    /// Content format that is asked for.
    pub accept: Option<ContentFormat>,
}

impl Download {
    /// Path and query of a URI, behind its authority.
    pub fn of_reference(reference: &str) -> Self {
        let (path, query) = reference.split_once('?').unwrap_or((reference, ""));
        let parts = |text: &str, at| {
            let parts = text.split(at).filter(|part| !part.is_empty());
            parts.map(str::to_owned).collect()
        };
        Self {
            segments: parts(path, '/'),
            query: parts(query, '&'),
            accept: None,
        }
    }

    /// Path and query as a URI has them: `/image?part=1`.
    pub fn reference(&self) -> String {
        let path: String = self.segments.iter().map(|one| format!("/{one}")).collect();
        match self.query.is_empty() {
            true => path,
            false => format!("{path}?{}", self.query.join("&")),
        }
    }
}

impl Wire for Download {
    const WORD: &'static str = "download";
    const SENDER: Role = Role::Client;
    const RECEIVER: Role = Role::FileServer;
    const RESPONSES: &'static [Code] = &[
        Code::CONTENT,
        Code::BAD_REQUEST,
        Code::UNAUTHORIZED,
        Code::FORBIDDEN,
        Code::NOT_FOUND,
        Code::NOT_ACCEPTABLE,
    ];

    fn to_request(&self) -> Request {
        let mut request = Request::new(Code::GET);
        request.segments.clone_from(&self.segments);
        request.query.clone_from(&self.query);
        request.accept = self.accept;
        request
    }

    fn from_request(request: Request) -> Option<Self> {
        Some(Self {
            segments: request.segments,
            query: request.query,
            accept: request.accept,
        })
    }

    fn details(&self) -> Vec<String> {
        let mut details = vec![self.reference()];
        details.extend(accept_detail(self.accept));
        details
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_survives() {
        for (text, back) in [
            ("/image", "/image"),
            ("image/a?x=1&y", "/image/a?x=1&y"),
            ("", ""),
        ] {
            assert_eq!(Download::of_reference(text).reference(), back);
        }
    }
}
