//! The series of each camera: at most 15 always on, more behind `[metrics] detail`.

use jiff::Timestamp;

use super::part::Part;
use super::text::{Kind, Writer, push_label, rounded, unix_seconds};
use crate::inventory::{Camera, FundKind, Inventory};
use crate::observation::State;
use crate::snapshot::{CameraStatus, Snapshot, Window};

/// One camera, with its labels `camera`, `site` and `commune` rendered once for all its lines.
struct Row<'a> {
    status: &'a CameraStatus,
    camera: Option<&'a Camera>,
    labels: String,
}

pub fn write(out: &mut Writer, snapshot: &Snapshot, part: &Part, now: Timestamp) {
    let inventory = &snapshot.config.inventory;
    let rows: Vec<Row<'_>> = snapshot
        .cameras
        .iter()
        .filter(|status| part.has_site(&status.site, &status.commune))
        .map(|status| Row { status, camera: inventory.cameras.get(&status.camera), labels: labels(status) })
        .collect();
    write_state(out, &rows);
    write_info(out, &rows, inventory);
    write_probe(out, &rows);
    write_recording(out, &rows, now);
    if snapshot.config.metrics.detail {
        write_detail(out, &rows, snapshot);
    }
}

fn labels(status: &CameraStatus) -> String {
    let (camera, site, commune) = (status.camera.as_str(), status.site.as_str(), status.commune.as_str());
    let mut text = String::with_capacity(camera.len() + site.len() + commune.len() + 28);
    push_label(&mut text, "camera", camera);
    text.push(',');
    push_label(&mut text, "site", site);
    text.push(',');
    push_label(&mut text, "commune", commune);
    text
}

/// A gauge of those rows that have a value.
fn gauge(
    out: &mut Writer,
    rows: &[Row<'_>],
    name: &'static str,
    help: &'static str,
    value: impl Fn(&Row<'_>) -> Option<f64>,
) {
    let mut family = out.family(name, Kind::Gauge, help);
    for row in rows {
        if let Some(value) = value(row) {
            family.sample(&row.labels, value);
        }
    }
}

fn write_state(out: &mut Writer, rows: &[Row<'_>]) {
    gauge(
        out,
        rows,
        "camwatch_camera_up",
        "Whether the camera works: 1 up or degraded, 0 dark. Absent while that is unknown and in maintenance.",
        |row| match row.status.state {
            State::Up | State::Degraded => Some(1.0),
            State::Dark => Some(0.0),
            State::Unknown | State::Maintenance => None,
        },
    );
    gauge(
        out,
        rows,
        "camwatch_camera_state",
        "State of the camera: 0 dark, 1 degraded, 2 up, 3 maintenance, 4 unknown. Compare with == only.",
        |row| {
            Some(match row.status.state {
                State::Dark => 0.0,
                State::Degraded => 1.0,
                State::Up => 2.0,
                State::Maintenance => 3.0,
                State::Unknown => 4.0,
            })
        },
    );
    gauge(
        out,
        rows,
        "camwatch_camera_state_since_timestamp_seconds",
        "From when the state holds; absent where nothing was decided yet.",
        |row| row.status.since.map(unix_seconds),
    );
    let mut family = out.family(
        "camwatch_camera_cause",
        Kind::Gauge,
        "Why the camera is not up; always 1, absent while it is up and in maintenance.",
    );
    for row in rows {
        if let Some(cause) = row.status.cause {
            family.sample_with(&row.labels, &[("cause", cause.as_str())], 1.0);
        }
    }
}

fn write_info(out: &mut Writer, rows: &[Row<'_>], inventory: &Inventory) {
    let mut family = out.family(
        "camwatch_camera_info",
        Kind::Gauge,
        "What the camera is; always 1. The fund is that of the largest share; cameras of households have no name here.",
    );
    for row in rows {
        let fund = row.camera.and_then(|camera| inventory.main_fund(camera));
        let private = fund.is_some_and(|fund| fund.kind == FundKind::Household);
        let village = inventory.sites.get(&row.status.site).and_then(|site| site.village.as_deref());
        let device = row.status.device.as_ref();
        let stream = row.status.stream.as_ref();
        let resolution =
            stream.and_then(|stream| Some(format!("{}x{}", stream.width?, stream.height?))).unwrap_or_default();
        let or_empty = |text: Option<&'_ String>| text.map_or("", String::as_str).to_owned();
        family.sample_with(
            &row.labels,
            &[
                ("name", if private { "" } else { &row.status.name }),
                ("village", village.unwrap_or("")),
                ("fund", fund.map_or("", |fund| fund.id.as_str())),
                ("fund_kind", fund.map_or("", |fund| fund.kind.as_str())),
                ("funded", if row.status.funded { "true" } else { "false" }),
                ("vendor", &or_empty(device.and_then(|device| device.vendor.as_ref()))),
                ("model", &or_empty(device.and_then(|device| device.model.as_ref()))),
                ("firmware", &or_empty(device.and_then(|device| device.firmware.as_ref()))),
                ("codec", &or_empty(stream.and_then(|stream| stream.codec.as_ref()))),
                ("resolution", &resolution),
            ],
            1.0,
        );
    }
}

#[allow(clippy::cast_precision_loss)] // Bytes a second stay far below 2^52.
fn write_probe(out: &mut Writer, rows: &[Row<'_>]) {
    gauge(
        out,
        rows,
        "camwatch_camera_last_probe_timestamp_seconds",
        "When the last probe of the camera ended, whatever it came to. Where this stands still, so does all else here.",
        |row| row.status.last_probe.map(unix_seconds),
    );
    gauge(
        out,
        rows,
        "camwatch_camera_last_frame_timestamp_seconds",
        "When a frame was last received from the camera.",
        |row| row.status.last_frame.map(unix_seconds),
    );
    gauge(out, rows, "camwatch_camera_probe_seconds", "How long the last probe of the camera took.", |row| {
        Some(rounded(row.status.probe_seconds?, 6))
    });
    gauge(
        out,
        rows,
        "camwatch_stream_frames_per_second",
        "Frame rate of the stream, as the last probe that received media saw it.",
        |row| Some(rounded(row.status.stream.as_ref()?.frames_per_second?, 3)),
    );
    gauge(
        out,
        rows,
        "camwatch_stream_bytes_per_second",
        "Rate of the stream, as the last probe that received media saw it.",
        |row| Some(row.status.stream.as_ref()?.bytes_per_second? as f64),
    );
}

#[allow(clippy::cast_precision_loss)] // Seconds of some years stay far below 2^52.
fn write_recording(out: &mut Writer, rows: &[Row<'_>], now: Timestamp) {
    gauge(
        out,
        rows,
        "camwatch_camera_retention_seconds",
        "How far back recordings of the camera reach: from now to the start of the oldest that still plays.",
        |row| Some((unix_seconds(now) - unix_seconds(row.status.recording.as_ref()?.oldest?)).max(0.0).floor()),
    );
    gauge(
        out,
        rows,
        "camwatch_camera_retention_required_seconds",
        "How far back recordings of the camera have to reach, no further than it is old; absent where nobody requires any.",
        |row| {
            let capped = row.status.recording.as_ref().and_then(|recording| recording.required_seconds);
            Some(capped.map_or(row.camera?.retention?.as_secs_f64(), |seconds| seconds as f64))
        },
    );
    gauge(
        out,
        rows,
        "camwatch_camera_newest_recording_timestamp_seconds",
        "The newest recording of the camera.",
        |row| row.status.recording.as_ref()?.newest.map(unix_seconds),
    );
    gauge(
        out,
        rows,
        "camwatch_camera_recording_gap_days",
        "Local days inside the required window without recordings.",
        |row| row.status.recording.as_ref()?.gap_days.map(f64::from),
    );
    gauge(
        out,
        rows,
        "camwatch_camera_clock_offset_seconds",
        "The clock of the camera, or of its recorder, less ours.",
        |row| Some(rounded(row.status.clock_offset_seconds?, 3)),
    );
}

#[allow(clippy::cast_precision_loss)] // Packets stay far below 2^52.
fn write_detail(out: &mut Writer, rows: &[Row<'_>], snapshot: &Snapshot) {
    let mut family = out.family(
        "camwatch_camera_phase_seconds",
        Kind::Gauge,
        "How long each phase of the last probe took; absent for phases that it did not reach.",
    );
    for row in rows {
        for (phase, milliseconds) in &row.status.phases_ms {
            let seconds = rounded(milliseconds / 1000.0, 6);
            family.sample_with(&row.labels, &[("phase", phase.as_str())], seconds);
        }
    }
    let mut family = out.family(
        "camwatch_camera_uptime_ratio",
        Kind::Gauge,
        "Signal uptime over the window: (up + degraded) / (up + degraded + dark). Absent where nothing was observed.",
    );
    for row in rows {
        for window in Window::ALL {
            let tally = snapshot.windows.cameras.get(&(row.status.camera.clone(), window));
            if let Some(ratio) = tally.and_then(crate::ledger::Tally::signal_uptime) {
                family.sample_with(&row.labels, &[("window", window.as_str())], rounded(ratio, 8));
            }
        }
    }
    let mut family = out.family(
        "camwatch_camera_coverage_ratio",
        Kind::Gauge,
        "Share of the window, less maintenance, in which the camera was observed.",
    );
    for row in rows {
        for window in Window::ALL {
            let tally = snapshot.windows.cameras.get(&(row.status.camera.clone(), window));
            if let Some(ratio) = tally.and_then(crate::ledger::Tally::coverage) {
                family.sample_with(&row.labels, &[("window", window.as_str())], rounded(ratio, 8));
            }
        }
    }
    gauge(
        out,
        rows,
        "camwatch_stream_keyframe_interval_seconds",
        "Time between key frames, as the last probe that saw two of them saw it.",
        |row| Some(rounded(row.status.stream.as_ref()?.keyframe_interval_seconds?, 3)),
    );
    let mut family = out.family(
        "camwatch_stream_lost_packets_total",
        Kind::Counter,
        "Packets of the stream that were lost while probes listened, since the daemon began.",
    );
    for row in rows {
        family.sample(&row.labels, row.status.lost_packets_total as f64);
    }
    gauge(
        out,
        rows,
        "camwatch_picture_luma_ratio",
        "Mean brightness of the last picture that was looked at: 0 black, 1 white.",
        |row| Some(rounded(row.status.picture.as_ref()?.luma_mean?, 4)),
    );
    gauge(out, rows, "camwatch_picture_sharpness_ratio", "Sharpness of the last picture that was looked at.", |row| {
        Some(rounded(row.status.picture.as_ref()?.sharpness?, 4))
    });
}
