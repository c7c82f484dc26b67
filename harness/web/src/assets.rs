//! Our own page, compiled in. It holds no data: that comes by `events`.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{Html, IntoResponse, Response};

/// The page.
pub(crate) async fn page() -> impl IntoResponse {
    Html(include_str!("page/page.html"))
}

/// What the page loads.
pub(crate) async fn asset(Path(name): Path<String>) -> Response {
    match ASSETS.iter().find(|(known, _)| *known == name) {
        Some((name, text)) => {
            let kind = match name.rsplit_once('.') {
                Some((_, "css")) => "text/css; charset=utf-8",
                Some((_, "svg")) => "image/svg+xml",
                _ => "text/javascript; charset=utf-8",
            };
            ([(CONTENT_TYPE, kind)], *text).into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

const ASSETS: [(&str, &str); 9] = [
    ("icon.svg", include_str!("page/icon.svg")),
    ("page.css", include_str!("page/page.css")),
    ("page.js", include_str!("page/page.js")),
    ("element.js", include_str!("page/element.js")),
    ("field.js", include_str!("page/field.js")),
    ("head.js", include_str!("page/head.js")),
    ("ladder.js", include_str!("page/ladder.js")),
    ("prompt.js", include_str!("page/prompt.js")),
    ("table.js", include_str!("page/table.js")),
];
