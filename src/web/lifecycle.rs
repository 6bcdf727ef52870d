//! `/-/healthy`, `/-/ready` and `/-/reload`, as Prometheus has them.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;

use super::visitor::Operator;
use super::{Shared, text};

pub async fn healthy() -> Response {
    text(StatusCode::OK, "camwatch is healthy.\n")
}

pub async fn ready(State(shared): State<Shared>) -> Response {
    if *shared.app.ready.borrow() {
        text(StatusCode::OK, "camwatch is ready.\n")
    } else {
        text(StatusCode::SERVICE_UNAVAILABLE, "camwatch is not ready yet.\n")
    }
}

pub async fn reload(State(shared): State<Shared>, _: Operator) -> Response {
    match shared.app.reload.reload().await {
        Ok(()) => text(StatusCode::OK, "reloaded\n"),
        Err(problems) => text(
            StatusCode::INTERNAL_SERVER_ERROR,
            format!("the configuration was not reloaded and the old one stays in force:\n{problems}\n"),
        ),
    }
}

/// Whether a browser sent this for a page of another site. Browsers say so and cannot be made not to; curl says nothing.
pub(super) fn is_cross_site(headers: &HeaderMap) -> bool {
    let get = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    if let Some(site) = get("sec-fetch-site") {
        return !matches!(site, "same-origin" | "none");
    }
    let Some(origin) = get(header::ORIGIN.as_str()) else { return false };
    let host = get(header::HOST.as_str()).unwrap_or("");
    // "null", and whatever else has no "://", is somebody else.
    origin.split_once("://").is_none_or(|(_, authority)| !authority.eq_ignore_ascii_case(host))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_of_another_site_is_told_apart_from_curl_and_from_our_own() {
        let cross = |pairs: &[(&'static str, &str)]| {
            let mut headers = HeaderMap::new();
            for (name, value) in pairs {
                headers.insert(*name, value.parse().unwrap());
            }
            is_cross_site(&headers)
        };
        assert!(!cross(&[("host", "127.0.0.1:9765")]));
        assert!(!cross(&[("host", "127.0.0.1:9765"), ("origin", "http://127.0.0.1:9765")]));
        assert!(!cross(&[("sec-fetch-site", "same-origin"), ("origin", "https://behind.a.proxy")]));
        assert!(cross(&[("host", "127.0.0.1:9765"), ("origin", "http://evil.example")]));
        assert!(cross(&[("host", "127.0.0.1:9765"), ("origin", "null")]));
        assert!(cross(&[("sec-fetch-site", "cross-site")]));
        assert!(cross(&[("sec-fetch-site", "same-site")]));
    }
}
