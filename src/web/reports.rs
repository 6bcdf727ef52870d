//! `/reports/YYYY-MM`: a month's reports for people, and `/api/v1/reports/YYYY-MM`: as `report --format json` makes it.
//!
//! One is made at a time: that of a whole province reads much of the record.

use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde::Deserialize;

use super::visitor::Visitor;
use super::{Shared, api, status, text};
use crate::config::Config;
use crate::inventory::{BadId, FundId, FundKind, Language};
use crate::ledger::Month;
use crate::report::{Asker, Edition, Format, ReportError, Shown};

/// How long a request waits for those before it.
const TURN_WITHIN: Duration = Duration::from_secs(30);
/// When to ask again, in seconds.
const RETRY_AFTER: HeaderValue = HeaderValue::from_static("15");

#[derive(Deserialize)]
pub struct About {
    fund: Option<String>,
    commune: Option<String>,
    site: Option<String>,
    /// Written without a value.
    notice: Option<String>,
    lang: Option<String>,
    format: Option<String>,
}

impl About {
    fn edition(&self) -> Result<Edition, String> {
        let bad = |bad: BadId| bad.to_string();
        let is_notice = self.notice.as_deref().is_some_and(|word| !matches!(word, "false" | "0"));
        match (&self.fund, &self.commune, &self.site) {
            (None, Some(id), None) if is_notice => id.parse().map(Edition::Notice).map_err(bad),
            _ if is_notice => Err("a notice is a commune's; write commune=ID beside it".to_owned()),
            (None, None, None) => Ok(Edition::Province),
            (Some(id), None, None) => id.parse().map(Edition::Funder).map_err(bad),
            (None, Some(id), None) => id.parse().map(Edition::Commune).map_err(bad),
            (None, None, Some(id)) => id.parse().map(Edition::Site).map_err(bad),
            _ => Err("fund, commune and site cannot be combined; write one of them".to_owned()),
        }
    }

    fn language(&self) -> Result<Option<Language>, String> {
        match self.lang.as_deref() {
            None => Ok(None),
            Some("vi") => Ok(Some(Language::Vietnamese)),
            Some("en") => Ok(Some(Language::English)),
            Some("ko") => Ok(Some(Language::Korean)),
            Some(other) => Err(format!("lang={other:?} is no language of reports; write one of vi, en, ko")),
        }
    }

    fn format(&self) -> Result<Option<Format>, String> {
        let Some(word) = self.format.as_deref() else { return Ok(None) };
        let formats = Format::ALL.map(Format::as_str).join(", ");
        Format::parse(word).map(Some).ok_or_else(|| format!("format={word:?} is no format; write one of {formats}"))
    }
}

/// Why there is no answer.
enum Failed {
    /// The question cannot be understood.
    Question(String),
    Report(ReportError),
    /// A household's, and the reader is not known.
    NotForYou,
    /// Others are being served.
    Busy,
    Stopping,
    Fault,
}

impl Failed {
    /// The status, and what is said to whoever asked: what is wrong with a disk is for the log.
    fn told(self) -> (StatusCode, String) {
        match self {
            Self::Question(why) => (StatusCode::BAD_REQUEST, why),
            Self::Report(
                error @ (ReportError::Unknown { .. } | ReportError::NotBegun { .. } | ReportError::BeforeRecord { .. }),
            ) => (StatusCode::NOT_FOUND, error.to_string()),
            Self::Report(error) => {
                tracing::error!(%error, "a report was asked for and cannot be made");
                let said = "the record cannot be read; the daemon's log says why";
                (StatusCode::INTERNAL_SERVER_ERROR, said.to_owned())
            }
            Self::NotForYou => {
                let said = "a household's report is for those who sign in, or read at the machine itself";
                (StatusCode::FORBIDDEN, said.to_owned())
            }
            Self::Busy => {
                let said = "other reports are being made; ask again in a moment";
                (StatusCode::SERVICE_UNAVAILABLE, said.to_owned())
            }
            Self::Stopping => (StatusCode::SERVICE_UNAVAILABLE, "the daemon is stopping".to_owned()),
            Self::Fault => {
                let said = "the report could not be made; the daemon's log says why";
                (StatusCode::INTERNAL_SERVER_ERROR, said.to_owned())
            }
        }
    }
}

fn answered((status, why): (StatusCode, String), say: impl FnOnce(StatusCode, &str) -> Response) -> Response {
    let mut response = say(status, &why);
    if status == StatusCode::SERVICE_UNAVAILABLE {
        response.headers_mut().insert(header::RETRY_AFTER, RETRY_AFTER);
    }
    response
}

/// A report as a file.
struct Made {
    name: String,
    format: Format,
    bytes: Vec<u8>,
}

pub async fn report(
    State(shared): State<Shared>,
    Path(month): Path<String>,
    api::Asked(about): api::Asked<About>,
) -> Response {
    let made = async {
        let month: Month = month.parse().map_err(|_| {
            Failed::Question(format!("{:?} is no month; write YYYY-MM, as in 2026-10", api::shown(&month)))
        })?;
        make(&shared, month, about.edition().map_err(Failed::Question)?, None, Format::Json).await
    };
    match made.await {
        Ok(made) => ([(header::CONTENT_TYPE, Format::Json.content_type())], made.bytes).into_response(),
        Err(failed) => answered(failed.told(), api::error),
    }
}

pub async fn page(
    State(shared): State<Shared>,
    Extension(visitor): Extension<Visitor>,
    Path(month): Path<String>,
    about: Query<About>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let answer = async {
        let Ok(month) = month.parse::<Month>() else {
            let said = format!("{month:?} is no month; reports are at /reports/YYYY-MM, as in /reports/2026-10\n");
            return Ok(text(StatusCode::NOT_FOUND, said));
        };
        let edition = about.edition().map_err(Failed::Question)?;
        let language = about.language().map_err(Failed::Question)?;
        let Some(format) = about.format().map_err(Failed::Question)? else {
            let config = config(&shared);
            aside(move || Shown::exists(&config, month, Timestamp::now())).await?;
            return Ok(status::month(shared.clone(), visitor.clone(), month, &uri, &headers).await);
        };
        if let Edition::Funder(fund) = &edition
            && !may_read(&shared, &visitor, fund)
        {
            return Err(Failed::NotForYou);
        }
        let made = make(&shared, month, edition, language, format).await?;
        let how = if matches!(format, Format::Xlsx | Format::Csv) { "attachment" } else { "inline" };
        // The name is of ids, which hold no quote.
        let disposition = format!("{how}; filename=\"{}\"", made.name);
        let content_type = made.format.content_type().to_owned();
        Ok(([(header::CONTENT_TYPE, content_type), (header::CONTENT_DISPOSITION, disposition)], made.bytes)
            .into_response())
    };
    let answer: Result<Response, Failed> = answer.await;
    match answer {
        Ok(answer) => answer,
        Err(failed) => {
            let has_page = about.format.is_none() && status::reads_html(&headers);
            match failed.told() {
                (StatusCode::NOT_FOUND, _) if has_page => status::nothing(shared, visitor, &uri, &headers).await,
                told => answered(told, |status, why| text(status, format!("{why}\n"))),
            }
        }
    }
}

/// Who paid reads all of their own page; of a household that did not agree to be named, only those who may know who it is.
fn may_read(shared: &Shared, visitor: &Visitor, fund: &FundId) -> bool {
    let config = config(shared);
    let fund = config.inventory.funds.get(fund);
    visitor.sees_private_names() || fund.is_none_or(|fund| fund.kind != FundKind::Household || fund.publish_name)
}

fn config(shared: &Shared) -> Arc<Config> {
    Arc::clone(&shared.snapshot().config)
}

async fn make(
    shared: &Shared,
    month: Month,
    edition: Edition,
    language: Option<Language>,
    format: Format,
) -> Result<Made, Failed> {
    let config = config(shared);
    let permit = tokio::time::timeout(TURN_WITHIN, Arc::clone(&shared.reports).acquire_owned()).await;
    let permit = permit.map_err(|_| Failed::Busy)?.map_err(|_| Failed::Stopping)?;
    aside(move || {
        let now = Timestamp::now();
        let shown = Shown::of(&config, month, &edition.selection(), now, Asker::Daemon, &mut |_, _| {})?;
        let language = language.unwrap_or_else(|| edition.language(&shown.dossier));
        let mut bytes = Vec::new();
        shown.draw(&edition, language, format, &mut bytes)?;
        let name = edition.file_name(&shown.dossier, language, format);
        drop(permit);
        Ok(Made { name, format, bytes })
    })
    .await
}

/// On a thread where waiting for the disk delays nobody.
async fn aside<T: Send + 'static>(work: impl FnOnce() -> Result<T, ReportError> + Send + 'static) -> Result<T, Failed> {
    tokio::task::spawn_blocking(work).await.map_err(|_| Failed::Fault)?.map_err(Failed::Report)
}
