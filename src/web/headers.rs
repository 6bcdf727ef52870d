//! What every response carries, and its line in the log and the counter.

use std::time::Instant;

use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;

use super::Shared;

pub async fn finish(State(shared): State<Shared>, request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let method = request.method().clone();
    // A token is an authority, and no log's business.
    let path = if request.uri().path().starts_with("/ack/") { "/ack/***" } else { request.uri().path() }.to_owned();
    let mut response = next.run(request).await;
    shared.app.telemetry.http_answered(method.as_str(), &path, response.status().as_u16(), begun.elapsed());

    let headers = response.headers_mut();
    let mut set = |name: HeaderName, value: &'static str| {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    };
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(header::X_FRAME_OPTIONS, "DENY");
    set(header::REFERRER_POLICY, "no-referrer");
    // What is shown is a moment; no cache between here and the reader may keep it.
    set(header::CACHE_CONTROL, "no-store");
    set(
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    );
    response
}
