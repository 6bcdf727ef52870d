//! What is decided: changes of a camera's state, incidents, and who is told.
//!
//! The JSON lines of these types are a public format; fields keep their order.

use jiff::Timestamp;
use serde::ser::SerializeStruct as _;
use serde::{Deserialize, Serialize, Serializer};

use crate::inventory::{CameraId, ChannelId, OfficerId};
use crate::observation::{Cause, State};

/// One line of `replay`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    State(StateEvent),
    Incident(IncidentEvent),
    Page(PageEvent),
}

impl Event {
    /// When it was decided.
    #[must_use]
    pub fn at(&self) -> Timestamp {
        match self {
            Self::State(event) => event.at,
            Self::Incident(event) => event.at,
            Self::Page(event) => event.at,
        }
    }
}

/// Written out, since a derived tag would come before `at`.
impl Serialize for Event {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::State(event) => {
                let mut line = serializer.serialize_struct("Event", 7)?;
                line.serialize_field("at", &event.at)?;
                line.serialize_field("event", "state")?;
                line.serialize_field("camera", &event.camera)?;
                line.serialize_field("from", &event.from)?;
                line.serialize_field("to", &event.to)?;
                line.serialize_field("since", &event.since)?;
                line.serialize_field("cause", &event.cause)?;
                line.end()
            }
            Self::Incident(event) => {
                let mut line = serializer.serialize_struct("Event", 9)?;
                line.serialize_field("at", &event.at)?;
                line.serialize_field("event", "incident")?;
                line.serialize_field("id", &event.id)?;
                line.serialize_field("phase", &event.phase)?;
                line.serialize_field("scope", &event.scope)?;
                line.serialize_field("subject", &event.subject)?;
                line.serialize_field("cause", &event.cause)?;
                line.serialize_field("cameras", &event.cameras)?;
                line.serialize_field("since", &event.since)?;
                line.end()
            }
            Self::Page(event) => {
                let mut line = serializer.serialize_struct("Event", 6)?;
                line.serialize_field("at", &event.at)?;
                line.serialize_field("event", "page")?;
                line.serialize_field("incident", &event.incident)?;
                line.serialize_field("officer", &event.officer)?;
                line.serialize_field("channel", &event.channel)?;
                line.serialize_field("reason", &event.reason)?;
                line.end()
            }
        }
    }
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

/// Why an officer is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PageReason {
    Open,
    Reminder,
    Escalation,
    Close,
    /// Several things in one message, or what waits for the day.
    Digest,
}

impl PageReason {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Reminder => "reminder",
            Self::Escalation => "escalation",
            Self::Close => "close",
            Self::Digest => "digest",
        }
    }
}

/// An officer is to be told of an incident.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageEvent {
    pub at: Timestamp,
    /// `None` (JSON `null`) for what is about no incident, such as a gap of the roster.
    pub incident: Option<String>,
    pub officer: OfficerId,
    /// The first of the officer's channels.
    pub channel: ChannelId,
    pub reason: PageReason,
}
