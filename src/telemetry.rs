//! What the daemon says of itself: each event's log line and counter in one place, so that they cannot drift apart.
//!
//! Rooms call these methods; `export` renders the registry. No label here is free text but one at a time: the crate
//! keys children by their concatenated label values, so that two free labels could merge ("a","bc" and "ab","c").

// One label each, and its values are fixed words: nothing can merge.
#![allow(clippy::disallowed_types)]

use std::collections::BTreeMap;
use std::time::Duration;

use prometheus::{Histogram, HistogramOpts, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry};

use crate::device::http::Cost;
use crate::inventory::{ChannelId, RecorderId};
use crate::judgement::Event;
use crate::ledger::Month;
use crate::notify::outbox::Figures;
use crate::notify::{Answer, Deaf};
use crate::observation::{Cause, Class, Outcome, RecorderSeen};
use crate::paging::{Acknowledgement, MessageId};
use crate::report::closing::{Closing, Verdict};

/// The daemon's own series. Cheap to share behind an `Arc`.
pub struct Telemetry {
    registry: Registry,
    probes: IntCounter,
    probe_failures: IntCounterVec,
    probe_duration: Histogram,
    probe_received_bytes: IntCounter,
    probe_panics: IntCounter,
    pages_to_nobody: IntCounter,
    probes_in_flight: IntGauge,
    probe_slots: IntGauge,
    recorder_polls: IntCounter,
    recorder_poll_failures: IntCounterVec,
    recorder_poll_duration: Histogram,
    recorder_requests: IntCounter,
    recorder_received_bytes: IntCounter,
    schedule_lag: Histogram,
    scheduler_last_progress: IntGauge,
    store_write: Histogram,
    store_write_failures: IntCounter,
    store_queue_length: IntGauge,
    store_queue_capacity: IntGauge,
    store_dropped: IntCounter,
    notifications_sent: IntCounterVec,
    notification_failures: IntCounterVec,
    notifications_queued: IntGaugeVec,
    notification_oldest: IntGaugeVec,
    channel_failing: IntGaugeVec,
    render_duration: Histogram,
    page_bytes: IntGauge,
    http_requests: IntCounterVec,
    config_last_reload_successful: IntGauge,
    config_last_reload_success_timestamp: IntGauge,
    /// Registered while a heartbeat is configured: without one there is nothing to alert on.
    heartbeat_last_success: IntGauge,
    heartbeat_failures: IntCounter,
    months_closed: IntCounter,
    report_amendments: IntCounter,
    report_deliveries: IntCounterVec,
    reports_pending: IntGauge,
    alerts_pushed: IntCounter,
    push_failures: IntCounter,
}

const SECONDS: &[f64] = &[0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];
const POLL_SECONDS: &[f64] = &[0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0];
const WRITE_SECONDS: &[f64] = &[0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0];

impl Telemetry {
    /// # Panics
    /// Never: names and labels are constants that a test registers.
    #[must_use]
    #[allow(clippy::too_many_lines)] // One list of series; in pieces it would be harder to read.
    pub fn new() -> Self {
        let registry = Registry::new();
        let counter = |name: &str, help: &str| register(&registry, IntCounter::new(name, help));
        let gauge = |name: &str, help: &str| register(&registry, IntGauge::new(name, help));
        let histogram = |name: &str, help: &str, buckets: &[f64]| {
            register(&registry, Histogram::with_opts(HistogramOpts::new(name, help).buckets(buckets.to_vec())))
        };
        let per_channel =
            |name: &str, help: &str| register(&registry, IntCounterVec::new(Opts::new(name, help), &["channel"]));
        let gauge_per_channel =
            |name: &str, help: &str| register(&registry, IntGaugeVec::new(Opts::new(name, help), &["channel"]));
        let probe_failures = register(
            &registry,
            IntCounterVec::new(
                Opts::new(
                    "camwatch_probe_failures_total",
                    "Probes that did not see the camera work, by outcome: the path, session and media outcomes that make \
                     a camera dark, and unauthorized, busy and incompatible. Not slow or lossy.",
                ),
                &["cause"],
            ),
        );
        let recorder_poll_failures = register(
            &registry,
            IntCounterVec::new(
                Opts::new(
                    "camwatch_recorder_poll_failures_total",
                    "Polls of recorders that were not answered, by outcome.",
                ),
                &["cause"],
            ),
        );
        for outcome in Outcome::ALL {
            if counts_as_failure(*outcome) {
                probe_failures.with_label_values(&[outcome.as_str()]).inc_by(0);
                recorder_poll_failures.with_label_values(&[outcome.as_str()]).inc_by(0);
            }
        }
        let report_deliveries = register(
            &registry,
            IntCounterVec::new(
                Opts::new(
                    "camwatch_report_deliveries_total",
                    "Attempts to send a month's report to an address: sent, to be tried again later, refused for good.",
                ),
                &["result"],
            ),
        );
        for verdict in [Verdict::Sent, Verdict::Later, Verdict::Refused] {
            report_deliveries.with_label_values(&[verdict.as_str()]).inc_by(0);
        }
        let this = Self {
            probes: counter("camwatch_probes_total", "Probes that ended, whatever they came to."),
            probe_failures,
            probe_duration: histogram(
                "camwatch_probe_duration_seconds",
                "How long a probe took, from its first phase to its outcome.",
                SECONDS,
            ),
            probe_received_bytes: counter(
                "camwatch_probe_received_bytes_total",
                "Bytes received from cameras by probes.",
            ),
            probe_panics: counter(
                "camwatch_probe_panics_total",
                "Probes in which a camera made the RTSP library panic; each was contained and counted as an outcome.",
            ),
            pages_to_nobody: counter(
                "camwatch_pages_to_nobody_total",
                "Matters that were to be told when nobody was on duty, nobody to escalate to and nobody in the role it.",
            ),
            probes_in_flight: gauge("camwatch_probes_in_flight", "Probes that run now."),
            probe_slots: gauge("camwatch_probe_slots", "Probes that may run at once: max_concurrent."),
            recorder_polls: counter(
                "camwatch_recorder_polls_total",
                "Polls of recorders that ended, whatever they came to; a scan counts as one.",
            ),
            recorder_poll_failures,
            recorder_poll_duration: histogram(
                "camwatch_recorder_poll_duration_seconds",
                "How long a poll of a recorder took, waiting for its budget of requests included.",
                POLL_SECONDS,
            ),
            recorder_requests: counter(
                "camwatch_recorder_requests_total",
                "HTTP requests that were sent to recorders, those without a login included.",
            ),
            recorder_received_bytes: counter(
                "camwatch_recorder_received_bytes_total",
                "Bytes received from recorders.",
            ),
            schedule_lag: histogram(
                "camwatch_schedule_lag_seconds",
                "How much later than planned a probe began.",
                SECONDS,
            ),
            scheduler_last_progress: gauge(
                "camwatch_scheduler_last_progress_timestamp_seconds",
                "When the scheduler last went round. Where this stands still, so does everything else here.",
            ),
            store_write: histogram(
                "camwatch_store_write_seconds",
                "How long writing one batch to the record took.",
                WRITE_SECONDS,
            ),
            store_write_failures: counter(
                "camwatch_store_write_failures_total",
                "Batches that could not be written to the record. They are tried again.",
            ),
            store_queue_length: gauge("camwatch_store_queue_length", "Entries that wait to be written to the record."),
            store_queue_capacity: gauge("camwatch_store_queue_capacity", "Entries that may wait to be written."),
            store_dropped: counter(
                "camwatch_store_dropped_total",
                "Entries that the record lost because the queue was full.",
            ),
            notifications_sent: per_channel(
                "camwatch_notifications_sent_total",
                "Messages that a channel's provider took. It may not have reached the phone yet.",
            ),
            notification_failures: per_channel(
                "camwatch_notification_failures_total",
                "Attempts to send a message that the provider did not take, or did not answer.",
            ),
            notifications_queued: gauge_per_channel(
                "camwatch_notifications_queued",
                "Messages that are to be sent now, by the channel that is tried.",
            ),
            notification_oldest: gauge_per_channel(
                "camwatch_notification_oldest_queued_timestamp_seconds",
                "Since when the oldest message waits that is to be sent now; absent where none waits.",
            ),
            channel_failing: gauge_per_channel(
                "camwatch_channel_failing",
                "Whether a channel takes no message at all (1): its token, balance or quota.",
            ),
            render_duration: histogram(
                "camwatch_render_duration_seconds",
                "How long rendering one metrics page took.",
                WRITE_SECONDS,
            ),
            page_bytes: gauge(
                "camwatch_metrics_page_bytes",
                "Size of the metrics page (or the part of it) rendered last, before compression.",
            ),
            http_requests: register(
                &registry,
                IntCounterVec::new(
                    Opts::new("camwatch_http_requests_total", "HTTP requests that were answered, by status code."),
                    &["code"],
                ),
            ),
            config_last_reload_successful: gauge(
                "camwatch_config_last_reload_successful",
                "Whether the configuration was good when it was last read (1) or is an older one still in force (0).",
            ),
            config_last_reload_success_timestamp: gauge(
                "camwatch_config_last_reload_success_timestamp_seconds",
                "When the configuration that is in force was read.",
            ),
            heartbeat_last_success: IntGauge::new(
                "camwatch_heartbeat_last_success_timestamp_seconds",
                "When heartbeat_url last took a heartbeat; 0 before the first, absent where none is configured.",
            )
            .expect("constant names are valid"),
            heartbeat_failures: counter(
                "camwatch_heartbeat_failures_total",
                "Heartbeats that were due and were not sent, or that heartbeat_url did not take.",
            ),
            months_closed: counter("camwatch_report_months_closed_total", "Months that were closed."),
            report_amendments: counter(
                "camwatch_report_amendments_total",
                "Corrections of closed months, one for each camera, that were found when a month was closed.",
            ),
            report_deliveries,
            reports_pending: gauge(
                "camwatch_report_deliveries_pending",
                "Addresses that are still to be sent the report of a closed month.",
            ),
            alerts_pushed: counter(
                "camwatch_alertmanager_alerts_sent_total",
                "Alerts that an Alertmanager took, each time that it was sent one.",
            ),
            push_failures: counter(
                "camwatch_alertmanager_send_failures_total",
                "Times that an Alertmanager did not take what it was sent; it is sent again.",
            ),
            registry,
        };
        let build = gauge_with_labels(
            "camwatch_build_info",
            "Which camwatch this is; always 1.",
            &[("version", env!("CARGO_PKG_VERSION"))],
        );
        build.set(1);
        this.registry.register(Box::new(build)).expect("constant names are unique");
        this
    }

    #[must_use]
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    pub fn probe_started(&self, lag: Duration) {
        self.probes_in_flight.inc();
        self.schedule_lag.observe(lag.as_secs_f64());
    }

    /// A probe that was started has ended. `what` names the camera for the log.
    pub fn probe_ended(&self, what: &str, outcome: Outcome, detail: Option<&str>, took: Duration, received_bytes: u64) {
        self.probes_in_flight.dec();
        self.probes.inc();
        self.probe_duration.observe(took.as_secs_f64());
        self.probe_received_bytes.inc_by(received_bytes);
        if counts_as_failure(outcome) {
            self.probe_failures.with_label_values(&[outcome.as_str()]).inc();
        }
        tracing::debug!(camera = what, %outcome, detail, seconds = took.as_secs_f64(), received_bytes, "probed");
    }

    /// A probe that was started was lost by a fault of ours: it came to nothing and counts for nothing.
    pub fn probe_lost(&self) {
        self.probes_in_flight.dec();
    }

    /// A recorder was polled.
    pub fn recorder_polled(&self, recorder: &RecorderId, seen: &RecorderSeen, cost: &Cost, took: Duration) {
        self.recorder_polls.inc();
        self.recorder_poll_duration.observe(took.as_secs_f64());
        self.recorder_requests.inc_by(cost.requests);
        self.recorder_received_bytes.inc_by(cost.received_bytes);
        if counts_as_failure(seen.outcome) {
            self.recorder_poll_failures.with_label_values(&[seen.outcome.as_str()]).inc();
        }
        tracing::debug!(%recorder, outcome = %seen.outcome, detail = seen.detail.as_deref(), seconds = took.as_secs_f64(),
            requests = cost.requests, connections = cost.connections, received_bytes = cost.received_bytes,
            "recorder polled");
    }

    /// The judgement has decided something.
    pub fn decided(&self, event: &Event) {
        match event {
            Event::State(e) => {
                let cause = e.cause.map_or("", Cause::as_str);
                tracing::info!(camera = %e.camera, from = %e.from, to = %e.to, cause, since = %e.since, "state");
            }
            Event::Incident(e) => tracing::info!(
                id = %e.id, phase = e.phase.as_str(), scope = e.scope.as_str(), subject = %e.subject, cause = %e.cause,
                cameras = e.cameras.len(), since = %e.since, "incident"
            ),
            Event::Page(e) => tracing::info!(
                incident = e.incident.as_deref(), officer = %e.officer, channel = %e.channel, reason = e.reason.as_str(),
                "page"
            ),
        }
    }

    /// Somebody has said that they have an incident.
    pub fn acknowledged(&self, one: &Acknowledgement) {
        tracing::info!(incident = %one.incident, who = %one.who, how = one.how.as_str(), until = %one.expires_at, "acknowledged");
    }

    /// Nobody is on duty, nobody to escalate to, and nobody in the role `it`.
    pub fn nobody_to_tell(&self, incident: &str) {
        self.pages_to_nobody.inc();
        tracing::error!(incident, "nobody is on duty: nobody was told; see `camwatch roster`");
    }

    pub fn probe_panicked(&self, what: &str) {
        self.probe_panics.inc();
        tracing::warn!(camera = what, "the camera made the RTSP library panic; contained");
    }

    pub fn set_probe_slots(&self, slots: u32) {
        self.probe_slots.set(slots.into());
    }

    /// When the schedule last went on, in seconds since 1970; `None` before it begins.
    #[must_use]
    pub fn scheduler_last_progress(&self) -> Option<i64> {
        Some(self.scheduler_last_progress.get()).filter(|at| *at > 0)
    }

    pub fn scheduler_progressed(&self, unix_seconds: i64) {
        self.scheduler_last_progress.set(unix_seconds);
    }

    pub fn store_wrote(&self, took: Duration) {
        self.store_write.observe(took.as_secs_f64());
    }

    pub fn store_write_failed(&self, error: &dyn std::fmt::Display) {
        self.store_write_failures.inc();
        tracing::error!(%error, "the record could not be written; probing goes on and the batch is tried again");
    }

    pub fn store_queue(&self, length: usize, capacity: usize) {
        self.store_queue_length.set(i64::try_from(length).unwrap_or(i64::MAX));
        self.store_queue_capacity.set(i64::try_from(capacity).unwrap_or(i64::MAX));
    }

    pub fn store_dropped(&self, entries: u64) {
        self.store_dropped.inc_by(entries);
        tracing::error!(entries, "the record's queue is full; entries were lost");
    }

    /// How the messages of every channel stand.
    pub fn notifications(&self, channels: &BTreeMap<ChannelId, Figures>) {
        for (channel, figures) in channels {
            let label = [channel.as_str()];
            self.notifications_sent.with_label_values(&label).inc_by(0);
            self.notification_failures.with_label_values(&label).inc_by(0);
            let queued = i64::try_from(figures.queued).unwrap_or(i64::MAX);
            self.notifications_queued.with_label_values(&label).set(queued);
            self.channel_failing.with_label_values(&label).set(figures.failing.into());
            match figures.oldest {
                Some(oldest) => self.notification_oldest.with_label_values(&label).set(oldest.as_second()),
                None => forget(&self.notification_oldest, channel),
            }
        }
    }

    /// A channel is not configured any more: how it stands is nobody's question.
    pub fn channel_gone(&self, channel: &ChannelId) {
        for series in [&self.notifications_queued, &self.notification_oldest, &self.channel_failing] {
            forget(series, channel);
        }
    }

    /// A provider has answered, or has not.
    pub fn notification_answered(&self, message: &MessageId, channel: &ChannelId, answer: &Answer) {
        let why = match answer {
            Answer::Accepted { .. } | Answer::Duplicate => {
                self.notifications_sent.with_label_values(&[channel.as_str()]).inc();
                tracing::info!(%message, %channel, duplicate = *answer == Answer::Duplicate, "message taken");
                return;
            }
            // The new address is tried at once.
            Answer::Moved { .. } => "the address has changed",
            Answer::Later { why, .. }
            | Answer::ChannelRefuses { why }
            | Answer::RecipientRefuses { why }
            | Answer::Never { why } => why,
        };
        self.notification_failures.with_label_values(&[channel.as_str()]).inc();
        tracing::warn!(%message, %channel, why, "message not taken");
    }

    /// No channel of its recipient takes a message.
    pub fn notification_undeliverable(&self, message: &MessageId) {
        tracing::error!(%message, "no channel of its recipient takes this message; the next officer is told");
    }

    pub fn notification_waits(&self, message: &MessageId) {
        tracing::error!(
            %message,
            "no channel of its recipient takes anything at present; the next officer is told, and it is sent when one does"
        );
    }

    /// The record could not be waited for any longer.
    pub fn sent_unrecorded(&self, messages: usize) {
        tracing::error!(messages, "the record takes nothing; messages are sent before they are on disk");
    }

    pub fn channel_failing(&self, channel: &ChannelId, why: &str) {
        tracing::error!(%channel, why, "this channel takes no messages; they go by the next channel, and it is tried every few minutes");
    }

    pub fn channel_well(&self, channel: &ChannelId) {
        tracing::info!(%channel, "this channel takes messages again");
    }

    /// Replies on a channel cannot be read.
    pub fn channel_deaf(&self, channel: &ChannelId, why: &Deaf) {
        tracing::error!(%channel, %why, "replies on this channel cannot be read; acknowledge by link or command meanwhile");
    }

    pub fn channel_hears(&self, channel: &ChannelId) {
        tracing::info!(%channel, "replies on this channel can be read again");
    }

    /// One metrics page was rendered; `bytes` before compression.
    pub fn rendered(&self, took: Duration, bytes: usize) {
        self.render_duration.observe(took.as_secs_f64());
        self.page_bytes.set(i64::try_from(bytes).unwrap_or(i64::MAX));
    }

    pub fn http_answered(&self, method: &str, path: &str, code: u16, took: Duration) {
        self.http_requests.with_label_values(&[code.to_string().as_str()]).inc();
        tracing::debug!(method, path, code, seconds = took.as_secs_f64(), "answered");
    }

    pub fn config_loaded(&self, unix_seconds: i64) {
        self.config_last_reload_successful.set(1);
        self.config_last_reload_success_timestamp.set(unix_seconds);
    }

    /// Months were closed, if any were due.
    pub fn months_closed(&self, closing: &Closing) {
        self.months_closed.inc_by(closing.closed.len() as u64);
        self.report_amendments.inc_by(closing.amendments as u64);
        for (month, hash) in &closing.closed {
            tracing::info!(%month, sha256 = hash, "month closed");
        }
        if closing.amendments > 0 {
            tracing::warn!(
                cameras = closing.amendments,
                "the record says otherwise than months that are closed; the next report tells what was corrected"
            );
        }
    }

    /// A mail server has answered to a report, or has not. `to` is no whole address.
    pub fn report_answered(&self, month: Month, edition: &str, to: &str, verdict: Verdict, answer: &str) {
        self.report_deliveries.with_label_values(&[verdict.as_str()]).inc();
        match verdict {
            Verdict::Sent => tracing::info!(%month, edition, to, answer, "report sent"),
            Verdict::Later => tracing::warn!(%month, edition, to, why = answer, "report not sent; tried again later"),
            Verdict::Refused => {
                tracing::error!(%month, edition, to, why = answer, "report refused; this address does not get it");
            }
        }
    }

    /// A month is closed and `addresses` of them are known, but there is nobody to send to or no channel to send by.
    pub fn report_to_nobody(&self, month: Month, addresses: usize) {
        if addresses == 0 {
            tracing::info!(%month, "the month's reports are kept and sent to nobody: no fund and no [report] has an email");
        } else {
            tracing::warn!(
                %month, addresses,
                "the month's reports are kept and sent to nobody: there is no [[channel]] of kind email"
            );
        }
    }

    pub fn reports_pending(&self, addresses: usize) {
        self.reports_pending.set(i64::try_from(addresses).unwrap_or(i64::MAX));
    }

    pub fn report_failed(&self, error: &dyn std::fmt::Display) {
        tracing::error!(%error, "the month's reports could not be made or sent; tried again later");
    }

    /// An Alertmanager took so many alerts.
    pub fn alerts_pushed(&self, alerts: usize) {
        self.alerts_pushed.inc_by(alerts as u64);
    }

    /// An Alertmanager did not take what it was sent.
    pub fn push_failed(&self) {
        self.push_failures.inc();
    }

    /// A heartbeat is configured, or is not any more.
    pub fn heartbeat_expected(&self, expected: bool) {
        let series = Box::new(self.heartbeat_last_success.clone());
        // Either fails where it is so already.
        let _ = if expected { self.registry.register(series) } else { self.registry.unregister(series) };
    }

    /// `missed` says why nobody heard it; it is told where it was not the same before.
    pub fn heartbeat(
        &self,
        at_unix_seconds: i64,
        missed: Option<&dyn std::fmt::Display>,
        before: Option<&dyn std::fmt::Display>,
    ) {
        match missed {
            None => {
                self.heartbeat_last_success.set(at_unix_seconds);
                if before.is_some() {
                    tracing::info!("the heartbeat is heard again");
                }
            }
            Some(missed) => {
                self.heartbeat_failures.inc();
                if before.map(ToString::to_string) != Some(missed.to_string()) {
                    tracing::error!(%missed, "no heartbeat");
                }
            }
        }
    }

    pub fn config_refused(&self, problems: &dyn std::fmt::Display) {
        self.config_last_reload_successful.set(0);
        tracing::error!("the configuration was not reloaded and the old one stays in force:\n{problems}");
    }
}

impl Default for Telemetry {
    fn default() -> Self {
        Self::new()
    }
}

/// Takes a channel's series away; there may be none.
fn forget(series: &IntGaugeVec, channel: &ChannelId) {
    let _ = series.remove_label_values(&[channel.as_str()]);
}

fn counts_as_failure(outcome: Outcome) -> bool {
    outcome.class().is_dark() || outcome.class() == Class::Blind
}

fn register<C: prometheus::core::Collector + Clone + 'static>(registry: &Registry, made: prometheus::Result<C>) -> C {
    let collector = made.expect("constant names are valid");
    registry.register(Box::new(collector.clone())).expect("constant names are unique");
    collector
}

fn gauge_with_labels(name: &str, help: &str, labels: &[(&str, &str)]) -> IntGauge {
    let mut opts = Opts::new(name, help);
    for (key, value) in labels {
        opts = opts.const_label(*key, *value);
    }
    IntGauge::with_opts(opts).expect("constant names are valid")
}
