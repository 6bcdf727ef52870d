//! `/api/v1/reports/YYYY-MM`: the month's report, as `report --format json` makes it.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde::Deserialize;

use super::{Shared, api};
use crate::config::Config;
use crate::inventory::BadId;
use crate::ledger::Month;
use crate::report::{Dossier, ReportError, Selection};
use crate::store::Reader;

#[derive(Deserialize)]
pub struct About {
    fund: Option<String>,
    commune: Option<String>,
    site: Option<String>,
}

impl About {
    fn selection(&self) -> Result<Selection, String> {
        let bad = |bad: BadId| bad.to_string();
        match (&self.fund, &self.commune, &self.site) {
            (None, None, None) => Ok(Selection::All),
            (Some(id), None, None) => id.parse().map(Selection::Fund).map_err(bad),
            (None, Some(id), None) => id.parse().map(Selection::Commune).map_err(bad),
            (None, None, Some(id)) => id.parse().map(Selection::Site).map_err(bad),
            _ => Err("fund, commune and site cannot be combined; write one of them".to_owned()),
        }
    }
}

pub async fn report(State(shared): State<Shared>, Path(month): Path<String>, about: Query<About>) -> Response {
    let month: Month = match month.parse() {
        Ok(month) => month,
        Err(bad) => return api::error(StatusCode::BAD_REQUEST, &format!("{bad}")),
    };
    let selection = match about.selection() {
        Ok(selection) => selection,
        Err(bad) => return api::error(StatusCode::BAD_REQUEST, &bad),
    };
    let config = Arc::clone(&shared.snapshot().config);
    // One at a time: a report of a whole province reads much of the record.
    let Ok(permit) = Arc::clone(&shared.reports).acquire_owned().await else {
        return api::error(StatusCode::SERVICE_UNAVAILABLE, "the daemon is stopping");
    };
    let made = tokio::task::spawn_blocking(move || {
        let made = make(&config, month, &selection);
        drop(permit);
        made
    })
    .await;
    match made {
        Ok(Ok(json)) => ([(header::CONTENT_TYPE, "application/json")], json).into_response(),
        Ok(Err(ReportError::Store(error))) => {
            tracing::error!(%error, "a report was asked for and the record cannot be read");
            api::error(StatusCode::INTERNAL_SERVER_ERROR, "the record cannot be read; the daemon's log says why")
        }
        Ok(Err(error)) => api::error(StatusCode::NOT_FOUND, &error.to_string()),
        Err(_) => {
            api::error(StatusCode::INTERNAL_SERVER_ERROR, "the report could not be made; the daemon's log says why")
        }
    }
}

fn make(config: &Config, month: Month, selection: &Selection) -> Result<Vec<u8>, ReportError> {
    let reader = Reader::open(&config.store.path)?;
    let report = Dossier::make(config, &reader, month, selection, Timestamp::now(), &mut |_, _| {})?.report;
    let mut json = Vec::new();
    report.write_json(&mut json).expect("memory takes every byte");
    Ok(json)
}
