//! What people do on pages: have a camera looked at, acknowledge an incident, declare work and end it.
//!
//! Each is a plain form; the answer leads back to the page with a word on what came of it (`?said=`). What it came to is in
//! the record before the answer.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use jiff::{SignedDuration, Timestamp};

use super::form::{Filled, Said};
use super::probe::with_patience;
use super::visitor::Visitor;
use super::{NotNoted, NotProbed, Shared, paging, text};
use crate::inventory::{CameraId, Language, Maintenance, Scope, SiteId};
use crate::paging::{How, Which};
use crate::store::{StoreError, maintenance};

/// Of work that is declared on a page; longer work is planned, and has its window in the configuration or by command.
pub const MOST_HOURS: i64 = 7 * 24;
/// Characters of a reason.
pub const MOST_REASON: usize = 200;

pub async fn probe(State(shared): State<Shared>, Path(id): Path<String>, Filled { form, .. }: Filled) -> Response {
    let snapshot = shared.snapshot();
    let Some(camera) = CameraId::new(&id).ok().and_then(|id| snapshot.config.inventory.cameras.get(&id)) else {
        return nothing_here("camera");
    };
    let said = match with_patience(&shared, &camera.id, camera.timeout).await {
        Ok(_) => Said::Probed,
        Err(NotProbed::Busy) => Said::Busy,
        Err(NotProbed::Unknown) => Said::Gone,
        Err(NotProbed::Stopping) => Said::Stopping,
    };
    form.back(&format!("/cameras/{}", camera.id), said)
}

pub async fn acknowledge(
    State(shared): State<Shared>,
    Path(id): Path<String>,
    Filled { visitor, form }: Filled,
) -> Response {
    let config = shared.snapshot().config.clone();
    let Some(name) = acting(form.get("who"), &visitor, config.daemon.language) else {
        return form.back("/", Said::BadForm);
    };
    let which = Which::Incident(id);
    let who = paging::who(&name, &which, &config.inventory);
    let said = match shared.app.paging.acknowledge(which, who, How::Page).await {
        Ok(_) => Said::Acknowledged,
        Err(NotNoted::Not(_)) => Said::Gone,
        Err(NotNoted::Stopping) => Said::Stopping,
    };
    form.back("/", said)
}

/// Who has it: the name that was filled in, who signed in, or whoever stands at the machine. `None` for what is no name.
fn acting(who: Option<&str>, visitor: &Visitor, language: Language) -> Option<String> {
    if let Some(who) = who {
        return paging::is_name(who).then(|| who.to_owned());
    }
    Some(visitor.name.clone().unwrap_or_else(|| {
        let somebody = match language {
            Language::Vietnamese => "người trực tại máy chủ",
            Language::English => "somebody at the monitor",
            Language::Korean => "모니터 담당자",
        };
        somebody.to_owned()
    }))
}

pub async fn camera_work(State(shared): State<Shared>, Path(id): Path<String>, filled: Filled) -> Response {
    let snapshot = shared.snapshot();
    match CameraId::new(&id).ok().filter(|id| snapshot.config.inventory.cameras.contains_key(id)) {
        Some(id) => declare(&shared, filled, &format!("/cameras/{id}"), Scope::Camera(id)).await,
        None => nothing_here("camera"),
    }
}

pub async fn site_work(State(shared): State<Shared>, Path(id): Path<String>, filled: Filled) -> Response {
    let snapshot = shared.snapshot();
    match SiteId::new(&id).ok().filter(|id| snapshot.config.inventory.sites.contains_key(id)) {
        Some(id) => declare(&shared, filled, &format!("/sites/{id}"), Scope::Site(id)).await,
        None => nothing_here("site"),
    }
}

/// Work that begins now.
async fn declare(shared: &Shared, Filled { visitor, form }: Filled, page: &str, scope: Scope) -> Response {
    let hours = form.get("hours").and_then(|hours| hours.parse().ok()).filter(|hours| (1..=MOST_HOURS).contains(hours));
    let reason = form
        .get("reason")
        .filter(|reason| reason.chars().count() <= MOST_REASON && !reason.chars().any(char::is_control));
    let (Some(hours), Some(reason)) = (hours, reason) else { return form.back(page, Said::BadForm) };
    let from = Timestamp::now();
    let Ok(to) = from.checked_add(SignedDuration::from_hours(hours)) else { return form.back(page, Said::BadForm) };
    // The record has no other place for who it was, and whoever asks later wants to know.
    let reason = match &visitor.name {
        Some(name) => format!("{reason} ({name})"),
        None => reason.to_owned(),
    };
    let window = Maintenance { scope, from, to, reason };
    match in_record(shared, move |path| maintenance::add(path, &window, from)).await {
        Ok(_) => form.back(page, Said::Maintenance),
        Err(answer) => answer,
    }
}

pub async fn end_work(State(shared): State<Shared>, Path(id): Path<String>, Filled { form, .. }: Filled) -> Response {
    let Ok(id) = id.parse::<i64>() else { return nothing_here("maintenance") };
    match in_record(&shared, move |path| maintenance::end(path, id, Timestamp::now())).await {
        Ok(Some(_)) => form.back("/", Said::MaintenanceEnded),
        Ok(None) => form.back("/", Said::Gone),
        Err(answer) => answer,
    }
}

/// On a thread where waiting for the disk delays nobody.
async fn in_record<T: Send + 'static>(
    shared: &Shared,
    work: impl FnOnce(&std::path::Path) -> Result<T, StoreError> + Send + 'static,
) -> Result<T, Response> {
    let path = shared.snapshot().config.store.path.clone();
    let done = tokio::task::spawn_blocking(move || work(&path)).await;
    let why = match done {
        Ok(Ok(done)) => return Ok(done),
        Ok(Err(error)) => error.to_string(),
        Err(error) => error.to_string(),
    };
    tracing::error!(error = why, "maintenance could not be written into the record");
    let said =
        "the record cannot be written now, and nothing was done; camwatch's log says why. Go back and try again.\n";
    Err(text(StatusCode::SERVICE_UNAVAILABLE, said))
}

fn nothing_here(what: &str) -> Response {
    let said = format!("there is no {what} of this id (any more), and nothing was done; / shows what there is\n");
    text(StatusCode::NOT_FOUND, said)
}
