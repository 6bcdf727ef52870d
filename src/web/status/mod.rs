//! The status page, for people: the overview, a site, a camera. Server-rendered; a script only keeps it fresh.
//!
//! Figures are those of the snapshot that `/metrics` shows; a camera's past is read from the record, a few readers at a
//! time. Renderings are shared between all who read the same at the same moment, so that a thousand readers cost what a
//! few do. Must not know how anything came to be, nor do anything but show.

mod assets;
mod cache;
mod camera;
mod cameras;
mod figures;
mod fleet;
mod forms;
mod frame;
mod incidents;
mod language;
mod map;
mod month;
pub(super) mod names;
mod overview;
mod query;
mod record;
mod site;
mod view;
mod words;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use axum::Extension;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::Response;
use jiff::Timestamp;

pub use self::assets::file;
pub use self::cache::Cache;
use self::cache::{Key, Rendered};
use self::query::Query;
use self::view::{Reader, View};
use super::visitor::Visitor;
use super::{Shared, text};
use crate::inventory::{CameraId, SiteId};
use crate::ledger::Month;
use crate::snapshot::Snapshot;
use crate::store::StoreError;

/// Which page is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Subject {
    Overview,
    /// Of one that may be asked for.
    Month(Month),
    /// The ids as they were written.
    Site(String),
    Camera(String),
    /// A path at which nothing is.
    Nothing,
}

pub async fn overview(
    State(shared): State<Shared>,
    Extension(visitor): Extension<Visitor>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    show(shared, visitor, Subject::Overview, &uri, &headers).await
}

pub async fn site(
    State(shared): State<Shared>,
    Extension(visitor): Extension<Visitor>,
    id: Result<Path<String>, PathRejection>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    show(shared, visitor, named(id, Subject::Site), &uri, &headers).await
}

pub async fn camera(
    State(shared): State<Shared>,
    Extension(visitor): Extension<Visitor>,
    id: Result<Path<String>, PathRejection>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    show(shared, visitor, named(id, Subject::Camera), &uri, &headers).await
}

/// What is no UTF-8 is no id either.
fn named(id: Result<Path<String>, PathRejection>, of: fn(String) -> Subject) -> Subject {
    id.map_or(Subject::Nothing, |Path(id)| of(id))
}

/// The index of a month's reports.
pub async fn month(shared: Shared, visitor: Visitor, month: Month, uri: &Uri, headers: &HeaderMap) -> Response {
    show(shared, visitor, Subject::Month(month), uri, headers).await
}

/// For people who ask for a path at which nothing is.
pub async fn nothing(shared: Shared, visitor: Visitor, uri: &Uri, headers: &HeaderMap) -> Response {
    show(shared, visitor, Subject::Nothing, uri, headers).await
}

/// Whether whoever asks reads HTML rather than text.
pub fn reads_html(headers: &HeaderMap) -> bool {
    headers
        .get(header::ACCEPT)
        .and_then(|accept| accept.to_str().ok())
        .is_some_and(|accept| accept.contains("text/html"))
}

async fn show(shared: Shared, visitor: Visitor, subject: Subject, uri: &Uri, headers: &HeaderMap) -> Response {
    let query = Query::parse(uri.query().unwrap_or_default());
    let snapshot = shared.snapshot();
    let asked = query.language.clone();
    let language = language::choose(asked.as_deref(), headers, snapshot.config.daemon.language);
    let key = Key { subject, query, language, visitor };
    let cache = Arc::clone(&shared.status);
    let rendered = cache.get(&snapshot, key, move |snapshot, key| render(&shared, snapshot, key)).await;
    let Some(rendered) = rendered else {
        let mut response = text(StatusCode::SERVICE_UNAVAILABLE, "too many are reading; ask again in a moment\n");
        response.headers_mut().insert(header::RETRY_AFTER, header::HeaderValue::from_static("5"));
        return response;
    };
    let mut response = rendered.response(headers);
    if let Some(cookie) = language::remember(asked.as_deref()) {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    response
}

/// Blocking: may read the record.
fn render(shared: &Shared, snapshot: &Snapshot, key: &Key) -> Rendered {
    let csrf = shared.csrf.token(&key.visitor);
    let address = match &key.subject {
        Subject::Overview => key.query.wanted.link(key.query.wanted.page),
        // An id that is none is not repeated.
        Subject::Month(month) => format!("/reports/{month}"),
        Subject::Site(id) if SiteId::new(id).is_ok() => format!("/sites/{id}"),
        Subject::Camera(id) if CameraId::new(id).is_ok() => format!("/cameras/{id}"),
        Subject::Site(_) | Subject::Camera(_) | Subject::Nothing => "/".to_owned(),
    };
    let reader = Reader {
        visitor: &key.visitor,
        csrf: &csrf,
        language: key.language,
        address: &address,
        said: key.query.said(),
    };
    let view = View::new(snapshot, &reader, Timestamp::now(), shared.app.telemetry.scheduler_last_progress());
    let found = match &key.subject {
        Subject::Overview => Ok(overview::render(&view, &key.query.wanted)),
        Subject::Site(id) => site_page(&view, id).ok_or(view.words.missing.site),
        Subject::Camera(id) => camera_page(&view, id).ok_or(view.words.missing.camera),
        Subject::Month(month) => Ok(month_page(&view, *month)),
        Subject::Nothing => Err(view.words.missing.page),
    };
    let (status, page) = match found {
        Ok(page) => (StatusCode::OK, page),
        Err(why) => (StatusCode::NOT_FOUND, frame::missing(&view, why)),
    };
    // A page with a secret in it is not compressed: its length would tell of what else is in it.
    Rendered::new(status, page, !key.visitor.operates())
}

fn site_page(view: &View<'_>, id: &str) -> Option<String> {
    let site = view.snapshot.config.inventory.sites.get(id)?;
    let past = record::of_site(&view.snapshot.config, site, view.now);
    let past = past.as_ref().map_err(|error| unreadable(view, error));
    Some(site::render(view, site, past))
}

fn month_page(view: &View<'_>, month: Month) -> String {
    let standing = month::standing(&view.snapshot.config, month);
    let standing = standing.as_ref().map_err(|error| {
        tracing::error!(%error, "a month's page was asked for, and what was closed cannot be read");
        view.words.month.unreadable
    });
    month::render(view, month, standing)
}

fn camera_page(view: &View<'_>, id: &str) -> Option<String> {
    let (id, camera) = view.snapshot.config.inventory.cameras.get_key_value(id)?;
    // Retired ones are in the inventory, and in no snapshot.
    let status = view.snapshot.cameras.binary_search_by(|one| (&one.site, &one.camera).cmp(&(&camera.site, id)));
    let status = &view.snapshot.cameras[status.ok()?];
    let past = record::of_camera(&view.snapshot.config, camera, view.now);
    let past = past.as_ref().map_err(|error| unreadable(view, error));
    Some(camera::render(view, status, camera, past))
}

/// What is said where the record cannot be read; why is for the log.
fn unreadable(view: &View<'_>, error: &StoreError) -> &'static str {
    tracing::warn!(%error, "a page was asked for, and the record cannot be read");
    view.words.camera.record_unreadable
}
