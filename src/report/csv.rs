//! The report as CSV (RFC 4180): a header, then one row a camera. Groups are sums that a spreadsheet makes itself.
//!
//! UTF-8 with a byte-order mark: without one Excel takes the file for the machine's old code page.
//!
//! No field can be taken for a formula: every one is an id (which begins with a letter or a digit), a list of such, a word
//! of ours, a date or a number that is never negative. Nothing in it was typed as free text, so names are not in it.
//!
//! Lists within a field are separated by spaces. An outage is an ISO 8601 interval and its cause:
//! `2026-10-03T01:00:00Z/2026-10-03T02:30:00Z=connect_timeout`. What is not known is empty.

use std::io::{self, Write};

use super::Report;

const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

const HEADER: [&str; 21] = [
    "month",
    "camera",
    "site",
    "commune",
    "funds",
    "in_service_seconds",
    "up_seconds",
    "degraded_seconds",
    "dark_seconds",
    "unknown_seconds",
    "maintenance_seconds",
    "signal_uptime_ratio",
    "service_uptime_ratio",
    "coverage_ratio",
    "outages_count",
    "outages",
    "retention_state",
    "retention_required_days",
    "retention_span_days",
    "retention_held_days",
    "retention_gap_days",
];

impl Report {
    /// # Errors
    /// Those of `out`.
    pub fn write_csv(&self, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(BYTE_ORDER_MARK)?;
        let mut rows = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(out);
        rows.write_record(HEADER)?;
        for camera in &self.cameras {
            let figures = &camera.figures;
            rows.write_record([
                self.month.clone(),
                camera.camera.to_string(),
                camera.site.to_string(),
                camera.commune.to_string(),
                listed(&camera.funds),
                figures.in_service_seconds.to_string(),
                figures.up_seconds.to_string(),
                figures.degraded_seconds.to_string(),
                figures.dark_seconds.to_string(),
                figures.unknown_seconds.to_string(),
                figures.maintenance_seconds.to_string(),
                known(figures.signal_uptime_ratio),
                known(figures.service_uptime_ratio),
                known(figures.coverage_ratio),
                camera.outages.len().to_string(),
                listed(camera.outages.iter().map(|outage| {
                    let cause = outage.cause.map_or("", |cause| cause.as_str());
                    format!("{}/{}={cause}", outage.from, outage.to)
                })),
                camera.retention.state.as_str().to_owned(),
                known(camera.retention.required_days),
                known(camera.retention.span_days),
                known(camera.retention.held_days),
                listed(&camera.retention.gap_days),
            ])?;
        }
        rows.flush()
    }
}

fn known(figure: Option<impl ToString>) -> String {
    figure.map(|figure| figure.to_string()).unwrap_or_default()
}

fn listed(items: impl IntoIterator<Item = impl ToString>) -> String {
    items.into_iter().map(|item| item.to_string()).collect::<Vec<_>>().join(" ")
}
