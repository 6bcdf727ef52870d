//! `POST /api/v1/alertmanager`: Alertmanager's webhook, version 4.
//!
//! 200 only once everything is in the record. Alertmanager tries again after 5xx and after silence, and never after 4xx:
//! so what is wrong with the payload or the configuration is 4xx, what may go over is 503.

use std::time::Duration;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::Shared;
use super::api::error;
use super::lifecycle::is_cross_site;
use crate::alertmanager::webhook;
use crate::config::Owner;
use crate::secret::Secret;

pub const PATH: &str = "/api/v1/alertmanager";
/// Some thousands of alerts in one group.
pub const MOST_BYTES: usize = 8 * 1024 * 1024;
/// Alertmanager waits for 10 seconds where nobody says otherwise; it hears from us before.
const WITHIN: Duration = Duration::from_secs(8);

#[derive(Serialize)]
struct Taken {
    /// Alerts that are for people.
    taken: usize,
    /// Alerts that are for machines: severity `none` or `info`.
    passed_over: usize,
}

pub async fn take(State(shared): State<Shared>, headers: HeaderMap, body: Bytes) -> Response {
    if is_cross_site(&headers) {
        return error(StatusCode::FORBIDDEN, "a page of another site posted these alerts; Alertmanager posts them");
    }
    let config = shared.snapshot().config.clone();
    if config.alert.owner == Owner::Embedded {
        return error(
            StatusCode::CONFLICT,
            "camwatch decides by itself who is told, and exactly one system pages: set [alert] owner = \"prometheus\" in its \
             configuration, or take this receiver out of Alertmanager's",
        );
    }
    let received = webhook::read(&body, &config.inventory, config.daemon.language, jiff::Timestamp::now());
    let received = match received {
        Ok(received) => received,
        Err(malformed) => {
            tracing::warn!(%malformed, "Alertmanager sent what cannot be read; it will not send it again");
            return error(StatusCode::BAD_REQUEST, &malformed.to_string());
        }
    };
    if received.truncated > 0 {
        tracing::warn!(
            alerts = received.truncated,
            "Alertmanager left out alerts that nobody hears of; set max_alerts: 0 in its webhook_configs"
        );
    }
    let answer = Taken { taken: received.alerts.len(), passed_over: received.for_machines };
    if answer.taken > 0 {
        let why = match tokio::time::timeout(WITHIN, shared.app.alerts.take(received.alerts)).await {
            Ok(Ok(())) => None,
            Ok(Err(reason)) => Some(reason.to_string()),
            Err(_) => Some("the record does not answer in time; send them again".to_owned()),
        };
        if let Some(why) = why {
            tracing::warn!(why, alerts = answer.taken, "alerts of Alertmanager were not taken; it sends them again");
            let mut response = error(StatusCode::SERVICE_UNAVAILABLE, &why);
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("10"));
            return response;
        }
    }
    Json(answer).into_response()
}

/// Whether a request shows the token (RFC 6750). Digests are compared, so that the time it takes says nothing.
pub fn shows_token(headers: &HeaderMap, token: &Secret) -> bool {
    let Some((scheme, shown)) =
        headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()?.split_once(' '))
    else {
        return false;
    };
    scheme.eq_ignore_ascii_case("bearer")
        && Sha256::digest(shown.trim().as_bytes()) == Sha256::digest(token.expose().as_bytes())
}

/// What a request without the token is answered.
pub fn no_token() -> Response {
    let mut response = error(
        StatusCode::UNAUTHORIZED,
        "the bearer token of [alert] webhook_token_file is missing or another one: set http_config.authorization.credentials_file \
         in Alertmanager's webhook_configs",
    );
    response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"camwatch\""));
    response
}
