//! The present state of everything, immutable: what `export`, `web` and `status` read.
//!
//! The daemon makes a new one a quarter of a second after a state or an incident changed, and a second after anything else
//! was seen. Decides nothing.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::config::Config;
use crate::inventory::{CameraId, CommuneId, CredentialId, FundId, RecorderId, SiteId};
use crate::judgement::event::IncidentScope;
use crate::ledger::Tally;
use crate::ledger::retention::RetentionState;
use crate::observation::{Cause, Channel, Device, Disk, Phase, Picture, State, Stream};
use crate::paging::CaseStanding;

/// Everything as it stood at one moment.
#[derive(Debug, Clone)]
pub struct Snapshot {
    pub at: Timestamp,
    /// Grows by one with each snapshot that differs from the one before.
    pub generation: u64,
    pub config: Arc<Config>,
    /// Sorted by (site, camera); retired cameras are not here.
    pub cameras: Vec<CameraStatus>,
    /// Sorted by id.
    pub sites: Vec<SiteStatus>,
    /// Sorted by id.
    pub recorders: Vec<RecorderStatus>,
    /// Open ones, oldest first.
    pub incidents: Vec<Incident>,
    /// How open incidents stand with people, by their ids; of those that the desk has taken.
    pub paging: BTreeMap<String, CaseStanding>,
    /// `false` while every reference is silent; `true` where none is configured.
    pub monitor_online: bool,
    /// Credentials that a device refuses.
    pub refused: Vec<CredentialId>,
    /// Uptime over the last 1, 7 and 30 days, recomputed about each minute; empty until first computed.
    pub windows: Arc<Windows>,
}

/// The look-back windows of the uptime series.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Window {
    Day,
    Week,
    Month,
}

impl Window {
    pub const ALL: [Self; 3] = [Self::Day, Self::Week, Self::Month];

    /// The label's value: `1d`, `7d`, `30d`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Day => "1d",
            Self::Week => "7d",
            Self::Month => "30d",
        }
    }

    #[must_use]
    pub fn days(self) -> u32 {
        match self {
            Self::Day => 1,
            Self::Week => 7,
            Self::Month => 30,
        }
    }
}

/// Seconds in each state over the windows, by what they are added up for.
#[derive(Debug, Clone, Default)]
pub struct Windows {
    pub cameras: BTreeMap<(CameraId, Window), Tally>,
    pub sites: BTreeMap<(SiteId, Window), Tally>,
    pub funds: BTreeMap<(FundId, Window), Tally>,
}

/// One camera; also its JSON shape in the API and in `status --json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CameraStatus {
    pub camera: CameraId,
    pub site: SiteId,
    pub commune: CommuneId,
    pub name: String,
    pub funded: bool,
    pub state: State,
    /// `None` while up or in maintenance.
    pub cause: Option<Cause>,
    pub since: Option<Timestamp>,
    pub last_probe: Option<Timestamp>,
    pub last_frame: Option<Timestamp>,
    /// Seconds that the last probe took.
    pub probe_seconds: Option<f64>,
    /// Milliseconds of the last probe's phases.
    #[serde(default)]
    pub phases_ms: BTreeMap<Phase, f64>,
    /// Of the last probe that received media.
    pub stream: Option<Stream>,
    /// Packets lost since the daemon began.
    pub lost_packets_total: u64,
    /// What the last probe said for a person.
    pub detail: Option<String>,
    /// What the last look into a key frame came to; `None` before the first.
    #[serde(default)]
    pub picture: Option<Picture>,
    /// What the device says it is; `None` where nobody asked it.
    #[serde(default)]
    pub device: Option<Device>,
    /// What its recorder holds of it; `None` where no recorder was asked.
    #[serde(default)]
    pub recording: Option<RecordingStatus>,
    /// The clock of the camera (or of its recorder) less ours, seconds.
    #[serde(default)]
    pub clock_offset_seconds: Option<f64>,
}

impl CameraStatus {
    /// A camera of which nothing is known.
    #[must_use]
    pub fn unseen(camera: &CameraId, site: &SiteId, commune: &CommuneId) -> Self {
        Self {
            camera: camera.clone(),
            site: site.clone(),
            commune: commune.clone(),
            name: String::new(),
            funded: false,
            state: State::Unknown,
            cause: Some(Cause::MonitorDown),
            since: None,
            last_probe: None,
            last_frame: None,
            probe_seconds: None,
            phases_ms: BTreeMap::new(),
            stream: None,
            lost_packets_total: 0,
            detail: None,
            picture: None,
            device: None,
            recording: None,
            clock_offset_seconds: None,
        }
    }
}

/// What recorders hold of a camera, by the record; also its JSON shape.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RecordingStatus {
    pub state: RetentionState,
    /// Start of the oldest recording that still plays.
    pub oldest: Option<Timestamp>,
    pub newest: Option<Timestamp>,
    /// From the oldest recording to when this was judged; `None` where nothing that counts is known.
    pub span_seconds: Option<u64>,
    /// The requirement, capped by the camera's age; `None` where nobody requires recordings.
    pub required_seconds: Option<u64>,
    /// Full local days of the required window with recordings; `None` where days were not looked at.
    pub held_days: Option<u32>,
    /// Local days inside the required window without recordings; `None` where that was not looked at.
    pub gap_days: Option<u32>,
    /// The lower of held / expected and span / required, at most 1.
    pub compliance_ratio: Option<f64>,
    /// The span shrank by a tenth within a week: a warning before it breaks the requirement.
    pub falling: bool,
}

/// One recorder; also its JSON shape in the API and in `status --json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RecorderStatus {
    pub recorder: RecorderId,
    pub site: SiteId,
    pub commune: CommuneId,
    /// It answered its last poll, or was confirmed not to; `None`: unknown.
    pub up: Option<bool>,
    /// What is wrong with it.
    pub cause: Option<Cause>,
    pub since: Option<Timestamp>,
    pub last_poll: Option<Timestamp>,
    pub last_ok: Option<Timestamp>,
    /// What the last poll said for a person: what was not found, and why.
    pub detail: Option<String>,
    pub device: Option<Device>,
    /// The serial number that stood here before the last one.
    pub replaced_serial: Option<String>,
    /// Its clock less ours, seconds.
    pub clock_offset_seconds: Option<f64>,
    pub disks: Vec<Disk>,
    /// A worst case: every enabled channel at its largest bit rate on the disks that are sound.
    pub forecast_days: Option<f64>,
    /// The forecast is under what is required of a camera behind it: a warning, since it is a worst case.
    pub forecast_short: bool,
    pub channels: Vec<Channel>,
    /// Channels that have a picture and no camera in the inventory.
    pub channels_without_camera: Vec<u32>,
    /// Cameras of the inventory whose channel the recorder does not show.
    pub cameras_without_channel: Vec<CameraId>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct SiteStatus {
    pub site: SiteId,
    pub commune: CommuneId,
    /// Cameras in each state; every state is there.
    pub cameras: BTreeMap<State, u32>,
    /// `false` while an incident of scope site or area explains it; `None` while the monitor is cut off.
    pub up: Option<bool>,
}

/// An open incident; also its JSON shape in the API.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Incident {
    pub id: String,
    pub scope: IncidentScope,
    pub subject: String,
    pub cause: Cause,
    pub cameras: Vec<CameraId>,
    pub since: Timestamp,
    pub opened_at: Timestamp,
}
