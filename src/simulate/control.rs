//! The control port: plain HTTP by which cameras and recorders are switched and lines cut while a fleet runs.
//!
//! ```text
//! GET  /cameras                   every camera: where it is, how it behaves, what it has counted (JSON)
//! GET  /cameras/ID                one
//! POST /cameras/ID/behaviour      body: a word of /faults
//! GET  /recorders                 every recorder likewise
//! GET  /recorders/ID              one
//! POST /recorders/ID/behaviour    body: a line of /faults/recorders, `disk 1 error` for example
//! GET  /sites                     every site: its gateway and whether its line is cut (JSON)
//! POST /sites/ID/cut, /restore    cuts its line, mends it
//! GET  /faults                    all words for cameras, each with what it does (text)
//! GET  /faults/recorders          the same for recorders
//! ```

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Serialize;
use tokio::net::TcpListener;

use super::{Behaviour, Fleet, RecorderBehaviour, RecorderStats, SimCamera, SimRecorder, SimulateError, Stats, Turn};

/// One camera, as `GET /cameras` shows it.
#[derive(Debug, Serialize)]
struct CameraView {
    id: String,
    site: Option<String>,
    url: String,
    behaviour: &'static str,
    line_cut: bool,
    stats: Stats,
}

/// One recorder, as `GET /recorders` shows it.
#[derive(Debug, Serialize)]
struct RecorderView {
    id: String,
    site: Option<String>,
    kind: &'static str,
    url: String,
    serial: String,
    channels: usize,
    behaviour: &'static str,
    line_cut: bool,
    /// True time, for it.
    now: String,
    /// For how many seconds its account is locked.
    locked_seconds: Option<u64>,
    stats: RecorderStats,
}

#[derive(Debug, Serialize)]
struct SiteView {
    id: String,
    gateway: Option<SocketAddr>,
    line_cut: bool,
}

impl From<&SimCamera> for CameraView {
    fn from(camera: &SimCamera) -> Self {
        Self {
            id: camera.name().to_owned(),
            site: camera.site().map(str::to_owned),
            url: camera.url().to_string(),
            behaviour: camera.behaviour().as_str(),
            line_cut: camera.is_cut_off(),
            stats: camera.stats(),
        }
    }
}

impl From<&SimRecorder> for RecorderView {
    fn from(recorder: &SimRecorder) -> Self {
        Self {
            id: recorder.name().to_owned(),
            site: recorder.site().map(str::to_owned),
            kind: recorder.kind().as_str(),
            url: recorder.url().to_string(),
            serial: recorder.serial(),
            channels: recorder.channels(),
            behaviour: recorder.behaviour().as_str(),
            line_cut: recorder.is_cut_off(),
            now: recorder.clock().now().to_string(),
            locked_seconds: recorder.locked_for(),
            stats: recorder.stats(),
        }
    }
}

/// The routes above, over a fleet.
pub fn router(fleet: Arc<Fleet>) -> Router {
    Router::new()
        .route("/", get(|| async { faults() + "\nRecorders:\n\n" + &recorder_faults() }))
        .route("/faults", get(|| async { faults() }))
        .route("/faults/recorders", get(|| async { recorder_faults() }))
        .route("/cameras", get(cameras))
        .route("/cameras/{id}", get(camera))
        .route("/cameras/{id}/behaviour", post(switch))
        .route("/recorders", get(recorders))
        .route("/recorders/{id}", get(recorder))
        .route("/recorders/{id}/behaviour", post(turn))
        .route("/sites", get(sites))
        .route("/sites/{id}/{action}", post(line))
        .with_state(fleet)
}

/// Listens for control. Port 0 is one from the OS.
///
/// # Errors
/// Where the address cannot be listened on.
pub async fn bind(address: SocketAddr) -> Result<TcpListener, SimulateError> {
    TcpListener::bind(address).await.map_err(|source| SimulateError::Listen { address, source })
}

/// Every word of [`Behaviour`], one a line, with what it does.
#[must_use]
pub fn faults() -> String {
    Behaviour::ALL.iter().fold(String::new(), |mut text, behaviour| {
        let _ = writeln!(text, "{:22}{}", behaviour.as_str(), behaviour.describe());
        text
    })
}

/// The same for recorders: every word of [`RecorderBehaviour`], and every form of [`Turn`].
#[must_use]
pub fn recorder_faults() -> String {
    let behaviours = RecorderBehaviour::ALL.iter().fold(String::new(), |mut text, behaviour| {
        let _ = writeln!(text, "{:22}{}", behaviour.as_str(), behaviour.describe());
        text
    });
    behaviours + &Turn::help()
}

async fn cameras(State(fleet): State<Arc<Fleet>>) -> Json<Vec<CameraView>> {
    Json(fleet.cameras().iter().map(CameraView::from).collect())
}

async fn camera(State(fleet): State<Arc<Fleet>>, Path(id): Path<String>) -> Response {
    match fleet.camera(&id) {
        Some(camera) => Json(CameraView::from(&camera)).into_response(),
        None => no_camera(&id),
    }
}

async fn switch(State(fleet): State<Arc<Fleet>>, Path(id): Path<String>, word: String) -> Response {
    let Some(camera) = fleet.camera(&id) else { return no_camera(&id) };
    match word.trim().parse::<Behaviour>() {
        Ok(behaviour) => done(camera.set(behaviour).await),
        Err(unknown) => (StatusCode::BAD_REQUEST, format!("{unknown}\n")).into_response(),
    }
}

async fn recorders(State(fleet): State<Arc<Fleet>>) -> Json<Vec<RecorderView>> {
    Json(fleet.recorders().iter().map(RecorderView::from).collect())
}

async fn recorder(State(fleet): State<Arc<Fleet>>, Path(id): Path<String>) -> Response {
    match fleet.recorder_named(&id) {
        Some(recorder) => Json(RecorderView::from(&recorder)).into_response(),
        None => no_recorder(&id),
    }
}

async fn turn(State(fleet): State<Arc<Fleet>>, Path(id): Path<String>, words: String) -> Response {
    let Some(recorder) = fleet.recorder_named(&id) else { return no_recorder(&id) };
    match words.parse::<Turn>() {
        Ok(turn) => done(recorder.turn(turn).await),
        Err(unknown) => (StatusCode::BAD_REQUEST, format!("{unknown}\n")).into_response(),
    }
}

fn no_recorder(id: &str) -> Response {
    (StatusCode::NOT_FOUND, format!("no recorder is called {id:?}; GET /recorders lists them\n")).into_response()
}

async fn sites(State(fleet): State<Arc<Fleet>>) -> Json<Vec<SiteView>> {
    let view = |(id, line_cut): (String, bool)| SiteView { gateway: fleet.gateway(&id), id, line_cut };
    Json(fleet.sites().into_iter().map(view).collect())
}

async fn line(State(fleet): State<Arc<Fleet>>, Path((id, action)): Path<(String, String)>) -> Response {
    match action.as_str() {
        "cut" => done(fleet.cut_site(&id).await),
        "restore" => done(fleet.restore_site(&id).await),
        _ => (StatusCode::NOT_FOUND, "a site can be cut or restored\n").into_response(),
    }
}

fn no_camera(id: &str) -> Response {
    (StatusCode::NOT_FOUND, format!("no camera is called {id:?}; GET /cameras lists them\n")).into_response()
}

fn done(result: Result<(), SimulateError>) -> Response {
    match result {
        Ok(()) => (StatusCode::OK, "ok\n").into_response(),
        Err(error @ SimulateError::NoSite(_)) => (StatusCode::NOT_FOUND, format!("{error}\n")).into_response(),
        Err(error @ SimulateError::NoSuchPart(_)) => (StatusCode::BAD_REQUEST, format!("{error}\n")).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, format!("{error}\n")).into_response(),
    }
}
