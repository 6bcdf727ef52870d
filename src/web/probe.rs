//! `/probe?camera=ID[&debug=true]`: one probe now, in the manner of `blackbox_exporter`.
//!
//! Only cameras of the configuration: whoever could name any address would probe others' networks through this daemon.

use std::fmt::Write as _;
use std::time::Duration;

use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use prometheus::{Encoder, Gauge, Opts, Registry, TextEncoder};
use serde::Deserialize;
use url::Url;

use super::{NotProbed, Shared, text};
use crate::config::Config;
use crate::export::CONTENT_TYPE;
use crate::inventory::{Camera, CameraId, Depth, Transport};
use crate::observation::Class;
use crate::probe::Report;

#[derive(Deserialize)]
pub struct Wanted {
    camera: Option<String>,
    #[serde(default)]
    debug: Option<String>,
}

/// What a scraper needs to receive the answer after the probe ended; the `--timeout-offset` of `blackbox_exporter`.
const OFFSET: Duration = Duration::from_millis(500);
/// What tearing the session down may cost beyond the time of the probe; less than [`OFFSET`].
const PATIENCE: Duration = Duration::from_millis(400);

pub async fn probe(State(shared): State<Shared>, wanted: Query<Wanted>, headers: HeaderMap) -> Response {
    let Some(id) = wanted.camera.as_deref() else {
        return text(StatusCode::BAD_REQUEST, "which camera? Write /probe?camera=ID with the id of a [[camera]]\n");
    };
    let snapshot = shared.snapshot();
    let Some(camera) = CameraId::new(id).ok().and_then(|id| snapshot.config.inventory.cameras.get(&id)) else {
        return text(
            StatusCode::NOT_FOUND,
            format!("{id:?} is no camera of the inventory; write the id of a [[camera]], never a URL\n"),
        );
    };
    let timeout = match scrape_timeout(&headers) {
        Ok(scrape) => scrape.map_or(camera.timeout, |scrape| camera.timeout.min(scrape)),
        Err(bad) => return text(StatusCode::BAD_REQUEST, bad),
    };
    let report = match with_patience(&shared, &camera.id, timeout).await {
        Ok(report) => report,
        Err(reason) => {
            let status = match reason {
                NotProbed::Unknown => StatusCode::NOT_FOUND,
                NotProbed::Busy | NotProbed::Stopping => StatusCode::SERVICE_UNAVAILABLE,
            };
            return text(status, format!("{id} was not probed: {reason}\n"));
        }
    };
    let metrics = match metrics(&report, timeout) {
        Ok(metrics) => metrics,
        Err(error) => {
            tracing::error!(%error, "the metrics of a probe could not be rendered");
            return text(StatusCode::INTERNAL_SERVER_ERROR, "the metrics of the probe could not be rendered\n");
        }
    };
    if wanted.debug.as_deref().is_some_and(|debug| matches!(debug, "true" | "1")) {
        return text(StatusCode::OK, debug(&report, &metrics, camera, &snapshot.config));
    }
    ([(header::CONTENT_TYPE, CONTENT_TYPE)], metrics).into_response()
}

/// One probe now, for somebody who waits.
///
/// # Errors
/// Where it was not made, or its answer did not come in time.
pub async fn with_patience(shared: &Shared, camera: &CameraId, timeout: Duration) -> Result<Report, NotProbed> {
    let probing = shared.app.probe.probe(camera, timeout);
    tokio::time::timeout(timeout + PATIENCE, probing).await.unwrap_or(Err(NotProbed::Busy))
}

/// What the scraper allows, less what the answer needs. `None` where it says nothing.
fn scrape_timeout(headers: &HeaderMap) -> Result<Option<Duration>, String> {
    let Some(value) = headers.get("x-prometheus-scrape-timeout-seconds") else { return Ok(None) };
    let seconds = value.to_str().ok().and_then(|text| text.parse::<f64>().ok());
    match seconds.map(Duration::try_from_secs_f64) {
        // A scraper that allows less than the offset gets what it allows.
        Some(Ok(scrape)) if !scrape.is_zero() => {
            Ok(Some(scrape.checked_sub(OFFSET).filter(|left| !left.is_zero()).unwrap_or(scrape)))
        }
        _ => Err("X-Prometheus-Scrape-Timeout-Seconds is not a number of seconds above 0\n".to_owned()),
    }
}

/// A fresh registry for each probe: nothing of another camera can stand in it.
#[allow(clippy::cast_precision_loss)] // Counts of one probe stay far below 2^52.
fn metrics(report: &Report, timeout: Duration) -> prometheus::Result<String> {
    let registry = Registry::new();
    let add = |name: &str, help: &str, labels: &[(&str, &str)], value: f64| {
        let opts = labels.iter().fold(Opts::new(name, help), |opts, (name, value)| opts.const_label(*name, *value));
        let gauge = Gauge::with_opts(opts)?;
        gauge.set(value);
        registry.register(Box::new(gauge))
    };
    let seen = &report.seen;
    let success = matches!(seen.outcome.class(), Class::Good | Class::Stream);
    add(
        "probe_success",
        "Whether the camera showed what was asked for, well or (slow, lossy) badly.",
        &[],
        f64::from(u8::from(success)),
    )?;
    add("probe_duration_seconds", "How long the probe took.", &[], report.took.as_secs_f64())?;
    add("probe_timeout_seconds", "How long the probe was allowed to take.", &[], timeout.as_secs_f64())?;
    add("probe_outcome_info", "What the probe came to; always 1.", &[("outcome", seen.outcome.as_str())], 1.0)?;
    add("probe_received_bytes", "Bytes received from the camera.", &[], report.received_bytes as f64)?;
    for (phase, milliseconds) in &seen.phases_ms {
        add(
            "probe_rtsp_duration_seconds",
            "How long each phase took that was reached.",
            &[("phase", phase.as_str())],
            milliseconds / 1000.0,
        )?;
    }
    if let Some(stream) = &seen.stream {
        let resolution = stream.width.zip(stream.height).map(|(width, height)| format!("{width}x{height}"));
        add(
            "probe_stream_info",
            "What the stream is; always 1.",
            &[("codec", stream.codec.as_deref().unwrap_or("")), ("resolution", resolution.as_deref().unwrap_or(""))],
            1.0,
        )?;
        if let Some(rate) = stream.frames_per_second {
            add("probe_stream_frames_per_second", "Frame rate of the stream.", &[], rate)?;
        }
        if let Some(rate) = stream.bytes_per_second {
            add("probe_stream_bytes_per_second", "Rate of the stream.", &[], rate as f64)?;
        }
        if let Some(seconds) = stream.keyframe_interval_seconds {
            add("probe_stream_keyframe_interval_seconds", "Time between key frames.", &[], seconds)?;
        }
        if let Some(lost) = stream.lost_packets {
            add("probe_stream_lost_packets", "Packets lost while the probe listened.", &[], lost as f64)?;
        }
    }
    let mut page = Vec::new();
    TextEncoder::new().encode(&registry.gather(), &mut page)?;
    Ok(String::from_utf8(page).unwrap_or_default())
}

/// For a person: what happened, what came of it, and what was asked for.
fn debug(report: &Report, metrics: &str, camera: &Camera, config: &Config) -> String {
    let mut page = format!("Logs for the probe of {}:\n", camera.id);
    for line in &report.log {
        let _ = writeln!(page, "{line}");
    }
    let detail = report.seen.detail.as_deref().map(|detail| format!(" ({detail})")).unwrap_or_default();
    let _ = writeln!(page, "outcome: {}{detail}", report.seen.outcome);
    let _ = write!(page, "\n\nMetrics that would have been returned:\n{metrics}\n\nConfiguration of the camera:\n");
    let _ =
        writeln!(page, "id = {:?}\nsite = {:?}\nname = {:?}", camera.id.as_str(), camera.site.as_str(), camera.name);
    let _ = writeln!(page, "url = {:?}", without_secrets(&camera.url));
    if let Some(url) = &camera.substream_url {
        let _ = writeln!(page, "substream_url = {:?}", without_secrets(url));
    }
    if let Some(credential) = &camera.credential {
        let username = config.inventory.credentials.get(credential).map_or("", |known| known.username.as_str());
        let _ = writeln!(page, "credential = {:?}  # user {username:?}, password ***", credential.as_str());
    }
    let transport = match camera.transport {
        Transport::Tcp => "tcp",
        Transport::Udp => "udp",
    };
    let depth = match camera.depth {
        Depth::Connect => "connect",
        Depth::Describe => "describe",
        Depth::Frame => "frame",
        Depth::Picture => "picture",
    };
    let _ = writeln!(page, "depth = {depth:?}\ntransport = {transport:?}");
    let _ = writeln!(page, "interval = \"{:?}\"\ntimeout = \"{:?}\"", camera.interval, camera.timeout);
    page
}

/// The URL without user information, and without path and query where these hold a password, as some makers want it
/// (`rtsp://host/user=admin&password=...`).
fn without_secrets(url: &Url) -> String {
    let mut shown = url.clone();
    // Neither fails for a URL that has a host, and one without has no user information.
    let _ = shown.set_username("");
    let _ = shown.set_password(None);
    let rest = format!("{}?{}", url.path(), url.query().unwrap_or("")).to_lowercase();
    if ["pass", "pwd", "token", "secret", "auth", "key="].iter().any(|word| rest.contains(word)) {
        shown.set_path("/***");
        shown.set_query(None);
    }
    shown.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scrapers_timeout_leaves_half_a_second_for_the_answer() {
        let read = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert("X-Prometheus-Scrape-Timeout-Seconds", value.parse().unwrap());
            scrape_timeout(&headers)
        };
        assert_eq!(read("10"), Ok(Some(Duration::from_millis(9500))));
        assert_eq!(read("0.5"), Ok(Some(Duration::from_millis(500))));
        assert_eq!(scrape_timeout(&HeaderMap::new()), Ok(None));
        for bad in ["", "x", "-1", "0", "inf", "NaN", "1e300"] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_url_is_shown_without_what_is_secret_in_it() {
        let shown = |text: &str| without_secrets(&text.parse().unwrap());
        assert_eq!(shown("rtsp://10.0.0.1:554/Streaming/Channels/101"), "rtsp://10.0.0.1:554/Streaming/Channels/101");
        assert_eq!(shown("rtsp://u:hunter2@10.0.0.1/a?channel=1"), "rtsp://10.0.0.1/a?channel=1");
        assert_eq!(shown("rtsp://10.0.0.1/user=admin&Password=hunter2&channel=1"), "rtsp://10.0.0.1/***");
        assert_eq!(shown("rtsp://10.0.0.1/live?token=hunter2"), "rtsp://10.0.0.1/***");
    }
}
