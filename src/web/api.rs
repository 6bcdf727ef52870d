//! The JSON API. Its description, `openapi.json`, is written by hand and held against the routes by a test.

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Shared;
use super::visitor::Operator;
use crate::inventory::RecorderId;
use crate::observation;
use crate::paging::CaseStanding;
use crate::snapshot::{CameraStatus, Incident, RecorderStatus};

const OPENAPI: &str = include_str!("openapi.json");

#[derive(Serialize)]
#[expect(clippy::struct_field_names, reason = "the names are those of the JSON")]
struct Cameras<'a> {
    at: Timestamp,
    cameras: Vec<&'a CameraStatus>,
    /// Those of the sites asked for; where cameras are chosen by state there are none.
    recorders: Vec<&'a RecorderStatus>,
}

#[derive(Serialize)]
struct Incidents<'a> {
    at: Timestamp,
    incidents: Vec<OpenIncident<'a>>,
}

/// An incident, and how it stands with people where the desk has taken it.
#[derive(Serialize)]
struct OpenIncident<'a> {
    #[serde(flatten)]
    incident: &'a Incident,
    #[serde(flatten)]
    paging: Option<&'a CaseStanding>,
}

#[derive(Serialize)]
struct Failure<'a> {
    error: &'a str,
}

#[derive(Deserialize)]
pub struct Filter {
    commune: Option<String>,
    site: Option<String>,
    state: Option<String>,
}

/// An error of the API: `{"error":"..."}`.
pub fn error(status: StatusCode, message: &str) -> Response {
    (status, Json(Failure { error: message })).into_response()
}

pub async fn cameras(State(shared): State<Shared>, filter: Query<Filter>) -> Response {
    let state = match filter.state.as_deref().map(|word| observation::State::parse(word).ok_or(word)).transpose() {
        Ok(state) => state,
        Err(word) => {
            let expected: Vec<_> = observation::State::ALL.iter().map(|state| state.as_str()).collect();
            let message = format!("state={word:?} is no state; write one of {}", expected.join(", "));
            return error(StatusCode::BAD_REQUEST, &message);
        }
    };
    let snapshot = shared.snapshot();
    let is_wanted = |camera: &&CameraStatus| {
        filter.commune.as_deref().is_none_or(|wanted| camera.commune.as_str() == wanted)
            && filter.site.as_deref().is_none_or(|wanted| camera.site.as_str() == wanted)
            && state.is_none_or(|wanted| camera.state == wanted)
    };
    let cameras = snapshot.cameras.iter().filter(is_wanted).collect();
    let is_wanted = |recorder: &&RecorderStatus| {
        filter.commune.as_deref().is_none_or(|wanted| recorder.commune.as_str() == wanted)
            && filter.site.as_deref().is_none_or(|wanted| recorder.site.as_str() == wanted)
            && state.is_none()
    };
    let recorders = snapshot.recorders.iter().filter(is_wanted).collect();
    Json(Cameras { at: snapshot.at, cameras, recorders }).into_response()
}

pub async fn incidents(State(shared): State<Shared>) -> Response {
    let snapshot = shared.snapshot();
    let incidents = snapshot.incidents.iter();
    let incidents =
        incidents.map(|incident| OpenIncident { incident, paging: snapshot.paging.get(&incident.id) }).collect();
    Json(Incidents { at: snapshot.at, incidents }).into_response()
}

/// What `POST /api/v1/credentials/ID/retry` answers.
#[derive(Serialize)]
struct Retried<'a> {
    credential: &'a str,
    /// Devices that had refused it, or locked its account, and are asked once more.
    hosts: Vec<String>,
}

pub async fn retry(State(shared): State<Shared>, _: Operator, Path(id): Path<String>) -> Response {
    match shared.app.logins.retry(&id) {
        Some(hosts) => Json(Retried { credential: &id, hosts }).into_response(),
        None => error(StatusCode::NOT_FOUND, "no credential of this id is configured"),
    }
}

pub async fn scan(State(shared): State<Shared>, _: Operator, Path(id): Path<String>) -> Response {
    let known = RecorderId::new(&id).ok();
    let asked = match &known {
        Some(id) => shared.app.recorders.scan(id).await,
        None => false,
    };
    if asked {
        StatusCode::ACCEPTED.into_response()
    } else {
        error(StatusCode::NOT_FOUND, "no recorder of this id is configured")
    }
}

pub async fn openapi() -> Response {
    ([(header::CONTENT_TYPE, "application/json")], OPENAPI).into_response()
}
