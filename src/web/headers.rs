//! What every response carries, and its line in the log and the counter.

use std::time::Instant;

use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::Response;

use super::{Shared, api};
use crate::config::Web;

pub async fn finish(State(shared): State<Shared>, request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let method = request.method().clone();
    // A token is an authority, and no log's business.
    let asked = request.uri().path().to_owned();
    let path = if asked.starts_with("/ack/") { "/ack/***" } else { &asked };
    let is_document = is_document(request.uri());
    let mut response = next.run(request).await;
    if path.starts_with("/api/") {
        response = as_json(response).await;
    }
    shared.app.telemetry.http_answered(method.as_str(), path, response.status().as_u16(), begun.elapsed());

    let headers = response.headers_mut();
    let mut set = |name: HeaderName, value: &'static str| {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    };
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(header::X_FRAME_OPTIONS, "DENY");
    // Others never learn what was read here. Where not even we did, browsers would not say that a form is our own.
    set(header::REFERRER_POLICY, if path.starts_with("/ack/") { "no-referrer" } else { "same-origin" });
    // What is shown is a moment; no cache between here and the reader may keep it.
    set(header::CACHE_CONTROL, "no-store");
    set(HeaderName::from_static("cross-origin-resource-policy"), "same-origin");
    let policy = policy(is_document, &shared.snapshot().config.web);
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(policy);
    response
}

/// Whether what is asked for is a document by itself: a report, or the page behind a link in a message. The index of a month's
/// reports is one of our pages.
fn is_document(uri: &Uri) -> bool {
    let is_one_of = |prefix| uri.path().strip_prefix(prefix).is_some_and(|rest| !rest.contains('/'));
    let names_format = uri.query().is_some_and(|query| query.contains("format"));
    is_one_of("/ack/") || (is_one_of("/reports/") && names_format)
}

/// Of an error's text.
const MOST_SAID: usize = 4096;

/// An error that no handler made, as the API tells errors: whatever a program asks, what it reads is JSON.
async fn as_json(response: Response) -> Response {
    let status = response.status();
    let kind = response.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if !(status.is_client_error() || status.is_server_error()) || kind.starts_with("application/json") {
        return response;
    }
    let (mut head, body) = response.into_parts();
    let said = axum::body::to_bytes(body, MOST_SAID).await.unwrap_or_default();
    let said = String::from_utf8_lossy(&said);
    let said = match (said.trim(), status) {
        ("", StatusCode::METHOD_NOT_ALLOWED) => "this path has other methods; Allow says which",
        ("", _) => status.canonical_reason().unwrap_or("refused"),
        (said, _) => said,
    };
    let told = api::error(status, said);
    head.headers.remove(header::CONTENT_LENGTH);
    head.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Response::from_parts(head, told.into_body())
}

/// What a page may load (Content Security Policy, level 3): what we serve, and tiles from where the operator says. Reports
/// and the pages behind links are documents by themselves, with their style in them, and load nothing at all.
fn policy(is_document: bool, web: &Web) -> HeaderValue {
    let loads = if is_document {
        "style-src 'unsafe-inline'".to_owned()
    } else {
        let tiles = web.tiles.as_ref().map(|tiles| format!(" {}", tiles.origin)).unwrap_or_default();
        format!("script-src 'self'; style-src 'self'; img-src 'self'{tiles}; connect-src 'self'; manifest-src 'self'")
    };
    let policy = format!("default-src 'none'; {loads}; base-uri 'none'; form-action 'self'; frame-ancestors 'none'");
    // An origin is ASCII without white space, signs of its own or line ends: a parsed URL's.
    HeaderValue::try_from(policy).unwrap_or(HeaderValue::from_static("default-src 'none'"))
}
