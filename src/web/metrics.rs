//! `/metrics`, whole or in parts.

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::{Shared, text};
use crate::export::{CONTENT_TYPE, Encoding, Part};

#[derive(Deserialize)]
pub struct Wanted {
    shard: Option<String>,
    commune: Option<String>,
}

pub async fn page(State(shared): State<Shared>, wanted: Query<Wanted>, headers: HeaderMap) -> Response {
    let snapshot = shared.snapshot();
    let part = match Part::parse(wanted.shard.as_deref(), wanted.commune.as_deref(), &snapshot) {
        Ok(part) => part,
        Err(bad) => return text(StatusCode::BAD_REQUEST, format!("{bad}\n")),
    };
    let encoding = if accepts_gzip(&headers) { Encoding::Gzip } else { Encoding::Identity };
    let Ok(permit) = Arc::clone(&shared.renderings).acquire_owned().await else {
        return text(StatusCode::SERVICE_UNAVAILABLE, "the daemon is stopping\n");
    };
    let rendered = tokio::task::spawn_blocking(move || {
        let page = shared.pages.page(&snapshot, &shared.app.telemetry, &part, encoding);
        drop(permit);
        page
    })
    .await;
    let Ok(page) = rendered else {
        return text(StatusCode::INTERNAL_SERVER_ERROR, "the page could not be rendered; the log says why\n");
    };
    let mut response = ([(header::CONTENT_TYPE, CONTENT_TYPE)], page).into_response();
    let headers = response.headers_mut();
    headers.insert(header::VARY, header::HeaderValue::from_static("Accept-Encoding"));
    if encoding == Encoding::Gzip {
        headers.insert(header::CONTENT_ENCODING, header::HeaderValue::from_static("gzip"));
    }
    response
}

/// Whether `Accept-Encoding` names gzip (or anything) with a weight above zero (RFC 9110, section 12.5.3).
pub fn accepts_gzip(headers: &HeaderMap) -> bool {
    let mut anything = false;
    for value in headers.get_all(header::ACCEPT_ENCODING) {
        for item in value.to_str().unwrap_or("").split(',') {
            let mut words = item.split(';');
            let coding = words.next().unwrap_or("").trim();
            let refused = words.filter_map(|word| word.trim().strip_prefix("q=")).any(|q| q.parse() == Ok(0.0));
            if coding.eq_ignore_ascii_case("gzip") || coding.eq_ignore_ascii_case("x-gzip") {
                return !refused;
            }
            anything |= coding == "*" && !refused;
        }
    }
    anything
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzip_is_sent_to_those_who_ask_for_it() {
        let accepts = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_ENCODING, value.parse().unwrap());
            accepts_gzip(&headers)
        };
        for yes in ["gzip", "deflate, gzip;q=0.5", "GZIP", "*", "br, *;q=0.1"] {
            assert!(accepts(yes), "{yes}");
        }
        for no in ["", "identity", "gzip;q=0", "gzip; q=0.0, *", "deflate, br", "*;q=0"] {
            assert!(!accepts(no), "{no}");
        }
        assert!(!accepts_gzip(&HeaderMap::new()));
    }
}
