//! HTTP: the metrics page, one probe on demand, liveness, reload, the status page and the JSON API.
//!
//! Reads the snapshot and asks the daemon, through [`ProbeNow`], [`Reload`] and [`RetryLogin`], for what it does on request.
//! Must not know probes' insides, schedules or how the record is kept. Who may ask is decided before any route: basic
//! authentication and TLS follow the configuration of the present snapshot, so that a reload changes them too. Only the
//! links in messages are asked for no password: the token in them is the authority.

mod ack;
mod actions;
mod alertmanager;
mod api;
mod auth;
mod csrf;
mod escape;
mod events;
mod form;
mod headers;
mod lifecycle;
mod metrics;
mod paging;
mod picture;
mod probe;
mod reports;
mod server;
mod status;
mod tls;
mod visitor;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Router, middleware};
use tokio::sync::{Semaphore, watch};

use crate::config::Problems;
use crate::device::still::{NoStill, Still};
use crate::export::Pages;
use crate::inventory::{CameraId, ChannelId, OfficerId, RecorderId};
use crate::notify::ack::Links;
use crate::notify::pairing::{NotPaired, Pairing};
use crate::paging::{Acknowledgement, How, NotAcknowledged, RaisedAlert, Which};
use crate::probe::Report;
use crate::snapshot::Snapshot;
use crate::telemetry::Telemetry;

pub use server::serve;

/// What a method of a trait object returns that takes a while.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// What the daemon lends to the web.
#[derive(Clone)]
pub struct App {
    pub snapshot: watch::Receiver<Arc<Snapshot>>,
    pub telemetry: Arc<Telemetry>,
    pub probe: Arc<dyn ProbeNow>,
    pub reload: Arc<dyn Reload>,
    pub logins: Arc<dyn RetryLogin>,
    pub recorders: Arc<dyn ScanNow>,
    pub paging: Arc<dyn Paging>,
    pub alerts: Arc<dyn TakeAlerts>,
    pub stills: Arc<dyn TakeStill>,
    /// Reads the links in messages.
    pub links: Arc<Links>,
    /// `true` from when the daemon does its work; `/-/ready` shows it.
    pub ready: watch::Receiver<bool>,
}

/// One probe on request.
pub trait ProbeNow: Send + Sync {
    /// Probes a configured camera once, now, for at most `timeout`. Where a session with the camera runs already, waits
    /// for its end or shares its result: a camera never sees two at once.
    fn probe<'a>(&'a self, camera: &'a CameraId, timeout: Duration) -> BoxFuture<'a, Result<Report, NotProbed>>;
}

/// Why a camera was not probed on request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotProbed {
    #[error("no camera of this id is in service")]
    Unknown,
    #[error("a session with this camera is running, and a camera never sees two at once; ask again in a moment")]
    Busy,
    #[error("the daemon is stopping")]
    Stopping,
}

/// Reading the configuration again on request.
pub trait Reload: Send + Sync {
    /// # Errors
    /// Every problem of the new configuration; the old one stays in force.
    fn reload(&self) -> BoxFuture<'_, Result<(), Problems>>;
}

/// Opening the gate for a credential on request.
pub trait RetryLogin: Send + Sync {
    /// Allows one more login wherever a device refuses this credential or has locked its account; the hosts of these.
    /// `None` for a credential that is not configured.
    fn retry(&self, credential: &str) -> Option<Vec<String>>;
}

/// A scan of a recorder on request.
pub trait ScanNow: Send + Sync {
    /// Has a recorder asked for all that it holds as soon as it answers; `false` for one that is not watched.
    fn scan<'a>(&'a self, recorder: &'a RecorderId) -> BoxFuture<'a, bool>;
}

/// A camera's picture on request.
pub trait TakeStill: Send + Sync {
    /// What the camera sees now, asked of its device, whose account is never put at risk for it.
    fn still<'a>(&'a self, camera: &'a CameraId) -> BoxFuture<'a, Result<Still, NoStill>>;
}

/// Acknowledging and enrolling on request.
pub trait Paging: Send + Sync {
    /// Notes that `who` has it: an officer, or a name that was given. What it comes to is in the record before it answers,
    /// where the disk takes it.
    fn acknowledge(&self, which: Which, who: Who, how: How) -> BoxFuture<'_, Result<Acknowledgement, NotNoted>>;

    /// A code with which an officer enrols on a channel, or on the first of theirs that can hear.
    fn pair(&self, officer: OfficerId, channel: Option<ChannelId>) -> BoxFuture<'_, Result<Pairing, NotPaired>>;
}

/// Alerts that Alertmanager sends.
pub trait TakeAlerts: Send + Sync {
    /// Answers once the alerts, and the messages that they come to, are in the record. The same again changes nothing.
    ///
    /// # Errors
    /// Where that cannot be had now; Alertmanager sends them again.
    fn take(&self, alerts: Vec<RaisedAlert>) -> BoxFuture<'_, Result<(), NotTaken>>;
}

/// Why alerts were not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotTaken {
    #[error("the record cannot be written now; send them again")]
    Record,
    #[error("the daemon is stopping; send them again")]
    Stopping,
}

/// Who has an incident.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Who {
    Officer(OfficerId),
    /// A name that was given with a command or on a page.
    Named(String),
}

/// Why an acknowledgement came to nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotNoted {
    #[error(transparent)]
    Not(#[from] NotAcknowledged),
    #[error("the daemon is stopping; try again in a minute")]
    Stopping,
}

/// Why the web cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum WebError {
    #[error("cannot read the {what} {path} of [web] tls_server_config: {reason}")]
    Tls { what: &'static str, path: String, reason: String },
}

/// Renderings that run at once; more wait. Each keeps a core busy.
const MOST_RENDERINGS: usize = 2;

/// What the handlers share.
#[derive(Clone)]
struct Shared {
    app: App,
    pages: Arc<Pages>,
    renderings: Arc<Semaphore>,
    logins: Arc<auth::Logins>,
    reports: Arc<Semaphore>,
    acks: Arc<ack::Limits>,
    /// What the forms of pages carry: `csrf.token(&visitor)`.
    csrf: Arc<csrf::Csrf>,
    pictures: Arc<picture::Pictures>,
    status: Arc<status::Cache>,
    events: Arc<events::Events>,
}

impl Shared {
    fn snapshot(&self) -> Arc<Snapshot> {
        Arc::clone(&self.app.snapshot.borrow())
    }
}

/// `stopping` becomes `true` when the daemon stops: what would go on for ever ends then.
fn router(app: App, stopping: watch::Receiver<bool>) -> Router {
    let shared = Shared {
        app,
        pages: Arc::default(),
        renderings: Arc::new(Semaphore::new(MOST_RENDERINGS)),
        logins: Arc::default(),
        reports: Arc::new(Semaphore::new(1)),
        acks: Arc::default(),
        csrf: Arc::new(csrf::Csrf::new()),
        pictures: Arc::default(),
        status: Arc::default(),
        events: Arc::new(events::Events::new(stopping)),
    };
    let actions = Router::new()
        .route("/cameras/{id}/probe", post(actions::probe))
        .route("/cameras/{id}/maintenance", post(actions::camera_work))
        .route("/sites/{id}/maintenance", post(actions::site_work))
        .route("/maintenance/{id}/end", post(actions::end_work))
        .route("/incidents/{id}/ack", post(actions::acknowledge))
        .layer(DefaultBodyLimit::max(form::MOST_BYTES));
    Router::new()
        .route("/", get(status::overview))
        .route("/sites/{id}", get(status::site))
        .route("/cameras/{id}", get(status::camera))
        .route("/assets/{name}", get(status::file))
        .route("/reports/{month}", get(reports::page))
        .merge(actions)
        .route("/cameras/{id}/picture", get(picture::show))
        .route("/events", get(events::listen))
        .route("/metrics", get(metrics::page))
        .route("/probe", get(probe::probe))
        .route("/-/healthy", get(lifecycle::healthy))
        .route("/-/ready", get(lifecycle::ready))
        .route("/-/reload", post(lifecycle::reload).put(lifecycle::reload))
        .route("/api/v1/cameras", get(api::cameras))
        .route("/api/v1/cameras/{id}", get(api::camera))
        .route("/api/v1/sites", get(api::sites))
        .route("/api/v1/sites/{id}", get(api::site))
        .route("/api/v1/maintenance", get(api::maintenance))
        .route("/api/v1/incidents", get(api::incidents))
        .route("/api/v1/incidents/{id}/ack", post(paging::acknowledge).layer(DefaultBodyLimit::max(paging::MOST_BYTES)))
        .route("/api/v1/officers/{id}/pairing", post(paging::pair))
        .route("/api/v1/reports/{month}", get(reports::report))
        .route("/api/v1/credentials/{id}/retry", post(api::retry))
        .route("/api/v1/recorders/{id}/scan", post(api::scan))
        .route(alertmanager::PATH, post(alertmanager::take).layer(DefaultBodyLimit::max(alertmanager::MOST_BYTES)))
        .route("/api/v1/openapi.json", get(api::openapi))
        .fallback(not_found)
        .layer(middleware::from_fn_with_state(shared.clone(), auth::require))
        // Its own authority: an officer on a phone has no password.
        .route("/ack/{token}", get(ack::show).post(ack::acknowledge))
        .layer(middleware::from_fn_with_state(shared.clone(), headers::finish))
        .with_state(shared)
}

/// Plain text, as people with curl like it.
fn text(status: StatusCode, body: impl Into<String>) -> Response {
    (status, [(header::CONTENT_TYPE, "text/plain; charset=utf-8")], body.into()).into_response()
}

async fn not_found(State(shared): State<Shared>, request: Request) -> Response {
    let path = request.uri().path();
    if path.starts_with("/api/") {
        return api::error(
            StatusCode::NOT_FOUND,
            "nothing is at this path; /api/v1/openapi.json describes what there is",
        );
    }
    if status::reads_html(request.headers())
        && let Some(visitor) = request.extensions().get().cloned()
    {
        return status::nothing(shared, visitor, request.uri(), request.headers()).await;
    }
    text(
        StatusCode::NOT_FOUND,
        "404: nothing is at this path. There are /, /sites/ID, /cameras/ID, /reports/YYYY-MM, /metrics, /probe?camera=ID, /-/healthy, /-/ready, POST /-/reload, \
         /api/v1/cameras, /api/v1/incidents, /api/v1/reports/YYYY-MM, POST /api/v1/credentials/ID/retry, \
         POST /api/v1/recorders/ID/scan, \
         POST /api/v1/incidents/ID/ack, POST /api/v1/officers/ID/pairing and /api/v1/openapi.json.\n",
    )
}
