//! What was last seen of each camera, and the snapshot that is made of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;

use super::paging::Paging;
use super::recorders::Recorders;
use super::watch::{in_service, saw_media};
use crate::config::Config;
use crate::inventory::{CameraId, CredentialId, Depth};
use crate::judgement::Judge;
use crate::judgement::event::IncidentScope;
use crate::observation::{Phase, Picture, State, Stream};
use crate::probe::Report;
use crate::snapshot::{CameraStatus, RecordingStatus, SiteStatus, Snapshot, Windows};

/// What the last probes of one camera saw.
#[derive(Debug, Default)]
pub(super) struct Live {
    last_probe: Option<Timestamp>,
    last_frame: Option<Timestamp>,
    probe_seconds: Option<f64>,
    phases_ms: BTreeMap<Phase, f64>,
    stream: Option<Stream>,
    lost_packets_total: u64,
    detail: Option<String>,
    picture: Option<Picture>,
}

impl Live {
    pub(super) fn take(&mut self, report: &Report, at: Timestamp) {
        let seen = &report.seen;
        self.last_probe = Some(at);
        if saw_media(seen.outcome) && seen.depth >= Depth::Frame {
            self.last_frame = Some(at);
        }
        self.probe_seconds = Some(report.took.as_secs_f64());
        self.phases_ms.clone_from(&seen.phases_ms);
        if let Some(stream) = &seen.stream {
            self.lost_packets_total += stream.lost_packets.unwrap_or(0);
            self.stream = Some(stream.clone());
        }
        self.detail.clone_from(&seen.detail);
        if seen.picture.is_some() {
            self.picture.clone_from(&seen.picture);
        }
    }
}

/// Everything as it stands now.
#[allow(clippy::too_many_arguments)] // One place that brings all together; a struct would name each twice.
pub(super) fn snapshot(
    at: Timestamp,
    generation: u64,
    config: &Arc<Config>,
    judge: &Judge,
    live: &BTreeMap<CameraId, Live>,
    today: Date,
    refused: Vec<CredentialId>,
    windows: Arc<Windows>,
    recordings: &BTreeMap<CameraId, RecordingStatus>,
    recorders: &Recorders,
    paging: &Paging,
) -> Snapshot {
    let inventory = &config.inventory;
    let nothing = Live::default();
    let mut cameras: Vec<CameraStatus> = inventory
        .cameras
        .values()
        .filter(|camera| in_service(camera, today))
        .filter_map(|camera| {
            let seen = live.get(&camera.id).unwrap_or(&nothing);
            let status = CameraStatus {
                name: camera.name.clone(),
                funded: inventory.is_funded(camera),
                last_probe: seen.last_probe,
                last_frame: seen.last_frame,
                probe_seconds: seen.probe_seconds,
                phases_ms: seen.phases_ms.clone(),
                stream: seen.stream.clone(),
                lost_packets_total: seen.lost_packets_total,
                detail: seen.detail.clone(),
                picture: seen.picture.clone(),
                device: recorders.device_of(inventory, camera).cloned(),
                recording: recordings.get(&camera.id).cloned(),
                clock_offset_seconds: camera.recorder.as_ref().and_then(|id| recorders.clock_offset(id)),
                ..CameraStatus::unseen(&camera.id, &camera.site, inventory.commune_of(&camera.id)?)
            };
            Some(match judge.standing(&camera.id) {
                Some(standing) => {
                    CameraStatus { state: standing.state, cause: standing.cause, since: standing.since, ..status }
                }
                None => status,
            })
        })
        .collect();
    cameras.sort_by(|a, b| (&a.site, &a.camera).cmp(&(&b.site, &b.camera)));

    let online = judge.monitor_online();
    let incidents = judge.incidents();
    let mut sites: BTreeMap<_, SiteStatus> = inventory
        .sites
        .values()
        .map(|site| {
            let explained = incidents.iter().any(|incident| match incident.scope {
                IncidentScope::Site => incident.subject == site.id.as_str(),
                IncidentScope::Area => incident.subject == site.commune.as_str(),
                _ => false,
            });
            let status = SiteStatus {
                site: site.id.clone(),
                commune: site.commune.clone(),
                cameras: State::ALL.iter().map(|state| (*state, 0)).collect(),
                up: online.then_some(!explained),
            };
            (site.id.clone(), status)
        })
        .collect();
    for camera in &cameras {
        if let Some(count) = sites.get_mut(&camera.site).and_then(|site| site.cameras.get_mut(&camera.state)) {
            *count += 1;
        }
    }
    Snapshot {
        at,
        generation,
        config: Arc::clone(config),
        cameras,
        sites: sites.into_values().collect(),
        recorders: recorders.status(config, judge),
        paging: incidents
            .iter()
            .filter_map(|incident| Some((incident.id.clone(), paging.standing(&incident.id)?.clone())))
            .collect(),
        incidents,
        monitor_online: online,
        refused,
        windows,
    }
}
