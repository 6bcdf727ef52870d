//! The JSON API. Its description, `openapi.json`, is written by hand and held against the routes by a test.

mod ask;
mod places;

use std::borrow::Cow;
use std::collections::BTreeSet;

use axum::extract::{Path, State};
use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use self::ask::{Asked, shown};
use self::ask::{Part, link_next};
pub use self::places::{camera, maintenance, site, sites};
use super::Shared;
use super::status::names::is_private;
use super::visitor::{Operator, Visitor};
use crate::inventory::RecorderId;
use crate::observation;
use crate::paging::CaseStanding;
use crate::snapshot::{CameraStatus, Incident, RecorderStatus, Snapshot};

const OPENAPI: &str = include_str!("../openapi.json");

#[derive(Serialize)]
#[expect(clippy::struct_field_names, reason = "the names are those of the JSON")]
struct Cameras<'a> {
    at: Timestamp,
    cameras: Vec<Cow<'a, CameraStatus>>,
    /// Those of the sites asked for, or of the cameras here where a part is asked for; where cameras are chosen by state there are none.
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
    limit: Option<String>,
    cursor: Option<String>,
}

/// An error of the API: `{"error":"..."}`.
pub fn error(status: StatusCode, message: &str) -> Response {
    (status, Json(Failure { error: message })).into_response()
}

pub async fn cameras(
    State(shared): State<Shared>,
    Extension(visitor): Extension<Visitor>,
    uri: Uri,
    Asked(filter): Asked<Filter>,
) -> Response {
    let state = match filter.state.as_deref().map(|word| observation::State::parse(word).ok_or(word)).transpose() {
        Ok(state) => state,
        Err(word) => {
            let expected: Vec<_> = observation::State::ALL.iter().map(|state| state.as_str()).collect();
            let message = format!("state={:?} is no state; write one of {}", shown(word), expected.join(", "));
            return error(StatusCode::BAD_REQUEST, &message);
        }
    };
    let part = match Part::read(filter.limit.as_deref(), filter.cursor.as_deref(), 2) {
        Ok(part) => part,
        Err(answer) => return answer,
    };
    let snapshot = shared.snapshot();
    let is_wanted = |camera: &&CameraStatus| {
        filter.commune.as_deref().is_none_or(|wanted| camera.commune.as_str() == wanted)
            && filter.site.as_deref().is_none_or(|wanted| camera.site.as_str() == wanted)
            && state.is_none_or(|wanted| camera.state == wanted)
    };
    let (cameras, next) = part.of(snapshot.cameras.iter().filter(is_wanted), by_site);
    let sites: BTreeSet<_> = cameras.iter().map(|camera| &camera.site).collect();
    let is_wanted = |recorder: &&RecorderStatus| {
        filter.commune.as_deref().is_none_or(|wanted| recorder.commune.as_str() == wanted)
            && filter.site.as_deref().is_none_or(|wanted| recorder.site.as_str() == wanted)
            && state.is_none()
            && (!part.is_some() || sites.contains(&recorder.site))
    };
    let recorders = snapshot.recorders.iter().filter(is_wanted).collect();
    let cameras = cameras.into_iter().map(|camera| camera_for(&snapshot, &visitor, camera)).collect();
    let mut response = Json(Cameras { at: snapshot.at, cameras, recorders }).into_response();
    if let Some(next) = next {
        link_next(&mut response, uri.path(), uri.query(), &next);
    }
    response
}

fn by_site(camera: &CameraStatus) -> Vec<&str> {
    vec![camera.site.as_str(), camera.camera.as_str()]
}

/// A camera as this reader may know it: the name of a private one may say whose it is, or where it looks.
fn camera_for<'a>(snapshot: &Snapshot, visitor: &Visitor, camera: &'a CameraStatus) -> Cow<'a, CameraStatus> {
    let inventory = &snapshot.config.inventory;
    let is_hidden = !visitor.sees_private_names()
        && inventory.cameras.get(&camera.camera).is_none_or(|camera| is_private(inventory, camera));
    if is_hidden { Cow::Owned(CameraStatus { name: String::new(), ..camera.clone() }) } else { Cow::Borrowed(camera) }
}

/// Who was told and who has it is staff's business.
fn open_incidents<'a>(snapshot: &'a Snapshot, visitor: &Visitor) -> impl Iterator<Item = OpenIncident<'a>> {
    let sees_people = visitor.sees_private_names();
    snapshot.incidents.iter().map(move |incident| {
        let paging = snapshot.paging.get(&incident.id).filter(|_| sees_people);
        OpenIncident { incident, paging }
    })
}

pub async fn incidents(State(shared): State<Shared>, Extension(visitor): Extension<Visitor>) -> Response {
    let snapshot = shared.snapshot();
    Json(Incidents { at: snapshot.at, incidents: open_incidents(&snapshot, &visitor).collect() }).into_response()
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
