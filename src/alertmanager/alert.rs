//! An incident as Alertmanager knows alerts. Pure.
//!
//! Labels are what an alert is: they come from the incident's scope, subject and kind and from nothing that may change
//! while it is open, so that the end carries the same labels as the begin. Texts, figures and the true begin of the outage
//! are annotations. Names of alerts are those of the rules for Prometheus; so routes, inhibition and runbooks serve both.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use crate::config::Config;
use crate::inventory::{CameraId, Inventory, RecorderId, SiteId};
use crate::judgement::event::IncidentScope;
use crate::observation::Cause;
use crate::snapshot::Incident;

/// How long an alert is believed without being sent again: three lost sends in a row are borne.
const BELIEVED: SignedDuration = SignedDuration::from_mins(4);

/// What an alert is.
pub type Labels = BTreeMap<&'static str, String>;

/// One alert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alert {
    /// Wider outages first, as they are sent: an alert that mutes others arrives before them.
    pub scope: IncidentScope,
    pub labels: Labels,
    pub annotations: BTreeMap<&'static str, String>,
    /// When it was told. An earlier begin would make Alertmanager skip `group_wait`, and with it what mutes it.
    pub starts_at: Timestamp,
    /// When it was over; `None` while it fires.
    pub ended_at: Option<Timestamp>,
    /// Where this daemon can be looked at.
    pub generator: Option<String>,
}

/// As `POST /api/v2/alerts` wants it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Posted<'a> {
    labels: &'a Labels,
    annotations: &'a BTreeMap<&'static str, String>,
    starts_at: Timestamp,
    ends_at: Timestamp,
    #[serde(rename = "generatorURL", skip_serializing_if = "Option::is_none")]
    generator: Option<&'a str>,
}

impl Alert {
    /// `ended_at` is `None` while the incident is open.
    #[must_use]
    pub fn of(incident: &Incident, ended_at: Option<Timestamp>, config: &Config) -> Self {
        let inventory = &config.inventory;
        let kind = Kind::of(incident.scope, incident.cause);
        let funded = incident.scope == IncidentScope::Monitor
            || incident.cameras.iter().filter_map(|id| inventory.cameras.get(id)).any(|c| inventory.is_funded(c));
        let mut labels = place(incident, inventory);
        labels.insert("alertname", kind.name.to_owned());
        labels.insert("role", if kind.for_it { "it" } else { "officer" }.to_owned());
        labels.insert("severity", if funded { kind.severity } else { "none" }.to_owned());
        labels.insert("funded", funded.to_string());

        let name = name(incident, inventory);
        let cameras = incident.cameras.len();
        let annotations = BTreeMap::from([
            ("summary", format!("{name}: {} ({cameras} cameras)", kind.english)),
            ("summary_vi", format!("{name}: {} ({cameras} camera)", kind.vietnamese)),
            ("cause", incident.cause.as_str().to_owned()),
            ("cameras", cameras.to_string()),
            ("incident", incident.id.clone()),
            ("outage_started_at", incident.since.to_string()),
            ("runbook_url", format!("docs/runbooks/{}.md", kind.name)),
        ]);
        Self {
            scope: incident.scope,
            labels,
            annotations,
            starts_at: incident.opened_at,
            ended_at,
            generator: config.alert.public_url.as_ref().map(ToString::to_string),
        }
    }

    /// As it is sent at this moment.
    #[must_use]
    pub fn posted(&self, now: Timestamp) -> Posted<'_> {
        let ends_at = match self.ended_at {
            // One that begins and ends in the same moment by a clock that was set back is over all the same.
            Some(ended) => ended.min(now).max(self.starts_at),
            None => now.max(self.starts_at) + BELIEVED,
        };
        Posted {
            labels: &self.labels,
            annotations: &self.annotations,
            starts_at: self.starts_at,
            ends_at,
            generator: self.generator.as_deref(),
        }
    }

    /// Firing before over, wide before narrow, old before new.
    #[must_use]
    pub fn order(&self) -> impl Ord + use<> {
        (self.ended_at.is_some(), std::cmp::Reverse(self.scope), self.starts_at)
    }
}

/// Which alert an incident is.
struct Kind {
    name: &'static str,
    severity: &'static str,
    for_it: bool,
    english: &'static str,
    vietnamese: &'static str,
}

impl Kind {
    fn of(scope: IncidentScope, cause: Cause) -> Self {
        let officer = |name, severity, english, vietnamese| Self { name, severity, for_it: false, english, vietnamese };
        let it = |name, severity, english, vietnamese| Self { name, severity, for_it: true, english, vietnamese };
        match (scope, cause) {
            (IncidentScope::Monitor, Cause::ClockWrong) => {
                it("MonitorClockWrong", "warning", "the clock of the monitor is wrong", "đồng hồ máy giám sát sai giờ")
            }
            (IncidentScope::Monitor, _) => {
                it("MonitorOffline", "critical", "the monitor is cut off", "máy giám sát mất mạng")
            }
            (_, Cause::Unauthorized) => {
                it("CameraAuthFailing", "warning", "the login is refused", "đăng nhập bị từ chối")
            }
            (_, Cause::Incompatible) => it("CameraIncompatible", "warning", "cannot be read", "không đọc được"),
            (_, Cause::Busy | Cause::MonitorDown | Cause::MonitorOffline) => {
                it("CameraUnknown", "warning", "nothing is known", "không rõ tình trạng")
            }
            (IncidentScope::Area, _) => officer("AreaDark", "critical", "every site is dark", "mọi điểm mất kết nối"),
            (IncidentScope::Site, _) => officer("SiteDark", "critical", "the site is dark", "điểm mất kết nối"),
            (_, Cause::DiskFailed) => officer("DiskFailed", "warning", "a disk has failed", "ổ cứng bị hỏng"),
            (_, Cause::ClockWrong) => officer("ClockWrong", "warning", "the clock is wrong", "đồng hồ sai giờ"),
            (IncidentScope::Recorder, _) => {
                officer("RecorderDown", "critical", "the recorder does not answer", "đầu ghi không trả lời")
            }
            (IncidentScope::Camera, Cause::NotRecording) => {
                officer("NotRecording", "warning", "is not recorded", "không được ghi hình")
            }
            (IncidentScope::Camera, Cause::RetentionShort) => {
                officer("RetentionShort", "warning", "recordings reach back too little", "thời gian lưu quá ngắn")
            }
            (IncidentScope::Camera, Cause::RecordingGap) => {
                officer("RecordingGap", "warning", "a day of recordings is missing", "thiếu một ngày ghi hình")
            }
            (
                IncidentScope::Camera,
                Cause::Black
                | Cause::Frozen
                | Cause::Covered
                | Cause::Blurred
                | Cause::Moved
                | Cause::Overexposed
                | Cause::Slow
                | Cause::Lossy,
            ) => officer("CameraDegraded", "warning", "the picture is bad", "hình ảnh kém"),
            (IncidentScope::Camera, _) => officer("CameraDark", "critical", "the camera is dark", "mất tín hiệu"),
        }
    }
}

/// `commune`, `site`, `recorder` and `camera`, as far as they apply.
fn place(incident: &Incident, inventory: &Inventory) -> Labels {
    let mut labels = Labels::new();
    let subject = incident.subject.as_str();
    let site = match incident.scope {
        IncidentScope::Monitor => None,
        IncidentScope::Area => {
            labels.insert("commune", subject.to_owned());
            None
        }
        IncidentScope::Site => SiteId::new(subject).ok(),
        IncidentScope::Recorder => {
            labels.insert("recorder", subject.to_owned());
            RecorderId::new(subject).ok().and_then(|id| Some(inventory.recorders.get(&id)?.site.clone()))
        }
        IncidentScope::Camera => {
            labels.insert("camera", subject.to_owned());
            CameraId::new(subject).ok().and_then(|id| Some(inventory.cameras.get(&id)?.site.clone()))
        }
    };
    if let Some(site) = site {
        if let Some(known) = inventory.sites.get(&site) {
            labels.insert("commune", known.commune.to_string());
        }
        labels.insert("site", site.to_string());
    }
    labels
}

/// What a person calls it. Never the name of a household's camera: Alertmanager's page is not this daemon's.
fn name(incident: &Incident, inventory: &Inventory) -> String {
    let id = incident.subject.as_str();
    let name = match incident.scope {
        IncidentScope::Area => {
            inventory.communes.values().find(|commune| commune.id.as_str() == id).map(|commune| &commune.name)
        }
        IncidentScope::Site => SiteId::new(id).ok().and_then(|id| inventory.sites.get(&id)).map(|site| &site.name),
        IncidentScope::Camera => CameraId::new(id)
            .ok()
            .and_then(|id| inventory.cameras.get(&id))
            .filter(|camera| inventory.is_funded(camera))
            .map(|camera| &camera.name),
        IncidentScope::Recorder | IncidentScope::Monitor => None,
    };
    name.map_or_else(|| id.to_owned(), |name| format!("{name} ({id})"))
}

#[cfg(test)]
#[path = "alert_tests.rs"]
pub(super) mod tests;
