//! Sites, one site, one camera, and the work that is declared on them.

use std::collections::BTreeMap;

use axum::extract::{Path, State};
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::ask::{Asked, Part, link_next};
use super::{OpenIncident, camera_for, error, open_incidents};
use crate::observation;
use crate::snapshot::{CameraStatus, RecorderStatus, SiteStatus, Snapshot, Window};
use crate::store::{AddedMaintenance, Reader, StoreError};
use crate::web::Shared;
use crate::web::status::names::Names;
use crate::web::visitor::Visitor;

#[derive(Serialize)]
struct Sites<'a> {
    at: Timestamp,
    sites: Vec<Site<'a>>,
}

/// One site, whether or not it has a camera.
#[derive(Serialize)]
#[expect(clippy::struct_field_names, reason = "the names are those of the JSON")]
struct Site<'a> {
    site: &'a str,
    commune: &'a str,
    village: Option<&'a str>,
    /// `null`, as is where it is, where it says whose household it is and the reader is not to know.
    name: Option<&'a str>,
    latitude: Option<f64>,
    longitude: Option<f64>,
    up: Option<bool>,
    /// Every state is there.
    cameras: &'a BTreeMap<observation::State, u32>,
    uptime: BTreeMap<&'static str, Uptime>,
}

/// Of one look-back window.
#[derive(Serialize)]
struct Uptime {
    signal_uptime_ratio: Option<f64>,
    coverage_ratio: Option<f64>,
}

#[derive(Serialize)]
struct OneSite<'a> {
    at: Timestamp,
    site: Site<'a>,
    cameras: Vec<std::borrow::Cow<'a, CameraStatus>>,
    recorders: Vec<&'a RecorderStatus>,
    incidents: Vec<OpenIncident<'a>>,
}

#[derive(Serialize)]
struct OneCamera<'a> {
    at: Timestamp,
    camera: std::borrow::Cow<'a, CameraStatus>,
    uptime: BTreeMap<&'static str, Uptime>,
    incidents: Vec<OpenIncident<'a>>,
}

#[derive(Deserialize)]
pub struct OfCommune {
    commune: Option<String>,
    limit: Option<String>,
    cursor: Option<String>,
}

pub async fn sites(
    State(shared): State<Shared>,
    Extension(visitor): Extension<Visitor>,
    uri: Uri,
    Asked(asked): Asked<OfCommune>,
) -> Response {
    let part = match Part::read(asked.limit.as_deref(), asked.cursor.as_deref(), 1) {
        Ok(part) => part,
        Err(answer) => return answer,
    };
    let snapshot = shared.snapshot();
    let names = Names::new(&snapshot.config.inventory, &visitor);
    let is_wanted = |site: &&SiteStatus| asked.commune.as_deref().is_none_or(|wanted| site.commune.as_str() == wanted);
    let (sites, next) = part.of(snapshot.sites.iter().filter(is_wanted), |site| vec![site.site.as_str()]);
    let sites = sites.into_iter().map(|status| site_of(&snapshot, &names, status)).collect();
    let mut response = Json(Sites { at: snapshot.at, sites }).into_response();
    if let Some(next) = next {
        link_next(&mut response, uri.path(), uri.query(), &next);
    }
    response
}

fn site_of<'a>(snapshot: &'a Snapshot, names: &Names<'a>, status: &'a SiteStatus) -> Site<'a> {
    let configured = snapshot.config.inventory.sites.get(&status.site);
    let told = configured.filter(|_| !names.hides_site(&status.site));
    let windows = &snapshot.windows.sites;
    Site {
        site: status.site.as_str(),
        commune: status.commune.as_str(),
        village: configured.and_then(|site| site.village.as_deref()),
        name: told.map(|site| site.name.as_str()),
        latitude: told.and_then(|site| site.latitude),
        longitude: told.and_then(|site| site.longitude),
        up: status.up,
        cameras: &status.cameras,
        uptime: uptime(|window| windows.get(&(status.site.clone(), window)).copied()),
    }
}

fn uptime(tally: impl Fn(Window) -> Option<crate::ledger::Tally>) -> BTreeMap<&'static str, Uptime> {
    let told = |window: Window| {
        let tally = tally(window);
        let uptime = Uptime {
            signal_uptime_ratio: tally.and_then(|tally| tally.signal_uptime()),
            coverage_ratio: tally.and_then(|tally| tally.coverage()),
        };
        (window.as_str(), uptime)
    };
    Window::ALL.into_iter().map(told).collect()
}

pub async fn site(
    State(shared): State<Shared>,
    Extension(visitor): Extension<Visitor>,
    Path(id): Path<String>,
) -> Response {
    let snapshot = shared.snapshot();
    let Some(status) = snapshot.sites.iter().find(|site| site.site.as_str() == id) else {
        return error(StatusCode::NOT_FOUND, "no site of this id is in the inventory; /api/v1/sites lists them");
    };
    let names = Names::new(&snapshot.config.inventory, &visitor);
    let here: Vec<&CameraStatus> = snapshot.cameras.iter().filter(|camera| camera.site == status.site).collect();
    let incidents = open_incidents(&snapshot, &visitor)
        .filter(|open| {
            open.incident.subject == id || open.incident.cameras.iter().any(|one| here.iter().any(|c| c.camera == *one))
        })
        .collect();
    let one = OneSite {
        at: snapshot.at,
        site: site_of(&snapshot, &names, status),
        cameras: here.into_iter().map(|camera| camera_for(&snapshot, &visitor, camera)).collect(),
        recorders: snapshot.recorders.iter().filter(|recorder| recorder.site == status.site).collect(),
        incidents,
    };
    Json(one).into_response()
}

pub async fn camera(
    State(shared): State<Shared>,
    Extension(visitor): Extension<Visitor>,
    Path(id): Path<String>,
) -> Response {
    let snapshot = shared.snapshot();
    let Some(status) = snapshot.cameras.iter().find(|camera| camera.camera.as_str() == id) else {
        return error(StatusCode::NOT_FOUND, "no camera of this id is in service; /api/v1/cameras lists them");
    };
    let windows = &snapshot.windows.cameras;
    let one = OneCamera {
        at: snapshot.at,
        camera: camera_for(&snapshot, &visitor, status),
        uptime: uptime(|window| windows.get(&(status.camera.clone(), window)).copied()),
        incidents: open_incidents(&snapshot, &visitor)
            .filter(|open| open.incident.cameras.contains(&status.camera))
            .collect(),
    };
    Json(one).into_response()
}

#[derive(Serialize)]
struct Windows<'a> {
    at: Timestamp,
    maintenance: Vec<Planned<'a>>,
}

/// Work that runs or is to come.
#[derive(Serialize)]
struct Planned<'a> {
    /// What ends it; `null` for one that stands in the configuration, and ends there.
    id: Option<i64>,
    scope: &'static str,
    subject: &'a str,
    from: Timestamp,
    to: Timestamp,
    reason: &'a str,
    running: bool,
}

pub async fn maintenance(State(shared): State<Shared>) -> Response {
    let snapshot = shared.snapshot();
    let path = snapshot.config.store.path.clone();
    let read = tokio::task::spawn_blocking(move || match Reader::open(&path) {
        Ok(reader) => reader.maintenance(),
        // Nothing was ever added.
        Err(StoreError::Missing { .. }) => Ok(Vec::new()),
        Err(error) => Err(error),
    });
    let added: Vec<AddedMaintenance> = match read.await {
        Ok(Ok(added)) => added,
        Ok(Err(why)) => return unreadable(&why),
        Err(why) => return unreadable(&why),
    };
    let now = Timestamp::now();
    let added = added.iter().map(|added| (Some(added.id), &added.window));
    let configured = snapshot.config.inventory.maintenance.iter().map(|window| (None, window));
    let maintenance = added.chain(configured).filter(|(_, window)| window.to > now).map(|(id, window)| {
        let (scope, subject) = window.scope.named();
        let running = window.from <= now;
        Planned { id, scope, subject, from: window.from, to: window.to, reason: &window.reason, running }
    });
    Json(Windows { at: snapshot.at, maintenance: maintenance.collect() }).into_response()
}

fn unreadable(why: &dyn std::fmt::Display) -> Response {
    tracing::error!(%why, "maintenance was asked for, and the record cannot be read");
    error(StatusCode::INTERNAL_SERVER_ERROR, "the record cannot be read; the daemon's log says why")
}
