//! What the judgement says: changes of a camera's state, and incidents.
//!
//! The JSON lines of these types are a public format; fields keep their order.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::inventory::CameraId;
use crate::observation::{Cause, State};

/// One line of `replay`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "event", rename_all = "lowercase")]
pub enum Event {
    State(StateEvent),
    Incident(IncidentEvent),
}

/// A camera's state, as it is shown, has changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StateEvent {
    /// When it was decided.
    pub at: Timestamp,
    pub camera: CameraId,
    pub from: State,
    pub to: State,
    /// From when it holds; not after `at`, and never before the `since` of this camera's event before it.
    pub since: Timestamp,
    /// `None` (JSON `null`) where `to` is `up` or `maintenance`.
    pub cause: Option<Cause>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    Open,
    Update,
    Close,
}

impl Phase {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Update => "update",
            Self::Close => "close",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum IncidentScope {
    Camera,
    Recorder,
    Site,
    Area,
    Monitor,
}

impl IncidentScope {
    pub const ALL: [Self; 5] = [Self::Camera, Self::Recorder, Self::Site, Self::Area, Self::Monitor];

    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Camera => "camera",
            Self::Recorder => "recorder",
            Self::Site => "site",
            Self::Area => "area",
            Self::Monitor => "monitor",
        }
    }
}

/// What one page is about, opened, changed or over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IncidentEvent {
    pub at: Timestamp,
    /// The same in every event of an incident, and never used again.
    pub id: String,
    pub phase: Phase,
    pub scope: IncidentScope,
    /// The id of the camera, recorder, site or commune; `monitor` for the monitor.
    pub subject: String,
    pub cause: Cause,
    /// Those that it explains, in the order of their ids.
    pub cameras: Vec<CameraId>,
    pub since: Timestamp,
}
