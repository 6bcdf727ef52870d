//! What was seen at one moment: by one probe of a camera, one look at a gateway or the references, one poll of a recorder.
//!
//! The JSON lines of these types are a public format: `probe --json` prints them, `replay` reads them, the record keeps
//! them. Knows the ids of the inventory and nothing else.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::inventory::{CameraId, Depth, RecorderId, SiteId};

/// One line: a moment and what was seen then. Lines are in time order; several may carry the same moment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Line", into = "Line")]
pub struct Observation {
    /// When the look ended, UTC.
    pub at: Timestamp,
    pub seen: Seen,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Seen {
    Camera(CameraSeen),
    /// The gateway of a site answered, or not.
    Gateway {
        site: SiteId,
        reachable: bool,
    },
    Recorder(RecorderSeen),
    /// An address beyond the monitor's own line answered, or all are silent.
    Reference {
        reachable: bool,
    },
}

/// What one probe of a camera saw.
#[derive(Debug, Clone, PartialEq)]
pub struct CameraSeen {
    pub camera: CameraId,
    pub outcome: Outcome,
    /// How deep the probe was meant to look.
    pub depth: Depth,
    /// Milliseconds of each phase that was reached, by its name: `dns`, `connect`, `tls`, `describe`, `setup`, `play`,
    /// `first_frame`, `key_frame`.
    pub phases_ms: BTreeMap<Phase, f64>,
    pub stream: Option<Stream>,
    pub picture: Option<Picture>,
    /// A word or two for a person: what was repaired, which status, which cap. Never a secret, never decisive.
    pub detail: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    Dns,
    Connect,
    Tls,
    Describe,
    Setup,
    Play,
    FirstFrame,
    KeyFrame,
}

impl Phase {
    pub const ALL: [Self; 8] = [
        Self::Dns,
        Self::Connect,
        Self::Tls,
        Self::Describe,
        Self::Setup,
        Self::Play,
        Self::FirstFrame,
        Self::KeyFrame,
    ];

    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Dns => "dns",
            Self::Connect => "connect",
            Self::Tls => "tls",
            Self::Describe => "describe",
            Self::Setup => "setup",
            Self::Play => "play",
            Self::FirstFrame => "first_frame",
            Self::KeyFrame => "key_frame",
        }
    }
}

/// The stream as it was received; what was not learnt is left out.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Stream {
    /// `h264`, `h265`, `jpeg`, or the encoding name of the SDP in lower case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub codec: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub width: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub height: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frames_per_second: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes_per_second: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keyframe_interval_seconds: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lost_packets: Option<u64>,
}

/// What a look into a key frame came to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Picture {
    pub verdict: Verdict,
    /// 0 black to 1 white.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub luma_mean: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sharpness: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change: Option<f64>,
}

/// What one poll of a recorder saw.
#[derive(Debug, Clone, PartialEq)]
pub struct RecorderSeen {
    pub recorder: RecorderId,
    pub outcome: Outcome,
    /// The device's clock less ours, seconds.
    pub clock_offset_seconds: Option<f64>,
    pub disks: Option<Vec<Disk>>,
    /// Of cameras of the inventory.
    pub recordings: Option<Vec<Recording>>,
    /// What the device says it is.
    pub device: Option<Device>,
    /// Every channel that the device shows, whether the inventory has a camera for it or not.
    pub channels: Option<Vec<Channel>>,
    /// How many days of the enabled channels the sound disks hold at their largest bit rates: a worst case.
    pub forecast_days: Option<f64>,
    /// A word or two for a person: what was not found and why. Never a secret, never decisive.
    pub detail: Option<String>,
}

impl RecorderSeen {
    /// A poll that came to this and found nothing.
    #[must_use]
    pub fn bare(recorder: RecorderId, outcome: Outcome) -> Self {
        Self {
            recorder,
            outcome,
            clock_offset_seconds: None,
            disks: None,
            recordings: None,
            device: None,
            channels: None,
            forecast_days: None,
            detail: None,
        }
    }
}

/// What a device says it is. Each is left out where it was not learnt.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Device {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vendor: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub firmware: Option<String>,
    /// Without hyphens; another one at the same address means that the device was replaced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub serial: Option<String>,
}

/// One input of a recorder, numbered from 1 as in the inventory.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Channel {
    pub channel: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Whether the recorder has the camera's picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub online: Option<bool>,
    /// Whether it is being recorded right now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recording: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bits_per_second: Option<u64>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Disk {
    pub id: String,
    pub status: DiskStatus,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capacity_bytes: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub free_bytes: Option<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DiskStatus {
    Ok,
    Degraded,
    Failed,
    Missing,
    Unknown,
}

/// What a recorder holds of one camera.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Recording {
    pub camera: CameraId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oldest: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub newest: Option<Timestamp>,
    /// Local days inside the required window without recordings; `None` where that was not looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gap_days: Option<Vec<Date>>,
    /// Local days inside the required window that could not be looked at: neither held nor expected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unknown_days: Option<Vec<Date>>,
    /// From which local day recordings are held, where `oldest` is a lone clip that was kept while what came after it was
    /// overwritten; left out where they are held from `oldest` on. Told together with `gap_days`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held_from: Option<Date>,
    /// When it is recorded; left out where the device does not say, which is taken for `continuous`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<RecordMode>,
    /// Whether it is being recorded right now, where the device tells that apart from `newest`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recording: Option<bool>,
}

impl Recording {
    /// What is known after this one, an earlier one before it: each field as it was last said. The days are one field:
    /// what is unknown of them, and from when they are held, is told together with the gaps.
    #[must_use]
    pub fn over(self, earlier: Self) -> Self {
        let (gap_days, unknown_days, held_from) = if self.gap_days.is_some() {
            (self.gap_days, self.unknown_days, self.held_from)
        } else {
            (earlier.gap_days, self.unknown_days.or(earlier.unknown_days), earlier.held_from)
        };
        Self {
            camera: self.camera,
            oldest: self.oldest.or(earlier.oldest),
            newest: self.newest.or(earlier.newest),
            gap_days,
            unknown_days,
            held_from,
            mode: self.mode.or(earlier.mode),
            recording: self.recording.or(earlier.recording),
        }
    }

    /// Nothing is said but of which camera.
    #[must_use]
    pub fn bare(camera: CameraId) -> Self {
        Self {
            camera,
            oldest: None,
            newest: None,
            gap_days: None,
            unknown_days: None,
            held_from: None,
            mode: None,
            recording: None,
        }
    }
}

/// Declares an enum of lower-case words: its texts, its parser and its serde form from one list.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum $name { $($(#[$vdoc])* #[serde(rename = $text)] $variant),* }

        impl $name {
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),* }
            }

            /// The value whose word this is.
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                match text { $($text => Some(Self::$variant),)* _ => None }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

words! {
    /// What one probe came to.
    Outcome {
        Ok = "ok",
        Dns = "dns",
        Unreachable = "unreachable",
        Refused = "refused",
        ConnectTimeout = "connect_timeout",
        Reset = "reset",
        NotRtsp = "not_rtsp",
        RtspTimeout = "rtsp_timeout",
        RtspError = "rtsp_error",
        NotFound = "not_found",
        Tls = "tls",
        NoMedia = "no_media",
        NoKeyframe = "no_keyframe",
        UnsupportedCodec = "unsupported_codec",
        Unauthorized = "unauthorized",
        Busy = "busy",
        Incompatible = "incompatible",
        /// Frame or bit rate far under what is declared.
        Slow = "slow",
        /// More lost packets than a usable picture allows.
        Lossy = "lossy",
    }
}

words! {
    /// Why a camera is not up.
    Cause {
        Dns = "dns",
        Unreachable = "unreachable",
        Refused = "refused",
        ConnectTimeout = "connect_timeout",
        Reset = "reset",
        NotRtsp = "not_rtsp",
        RtspTimeout = "rtsp_timeout",
        RtspError = "rtsp_error",
        NotFound = "not_found",
        Tls = "tls",
        NoMedia = "no_media",
        NoKeyframe = "no_keyframe",
        UnsupportedCodec = "unsupported_codec",
        Unauthorized = "unauthorized",
        Busy = "busy",
        Incompatible = "incompatible",
        Slow = "slow",
        Lossy = "lossy",
        Black = "black",
        Frozen = "frozen",
        Covered = "covered",
        Blurred = "blurred",
        Moved = "moved",
        Overexposed = "overexposed",
        ClockWrong = "clock_wrong",
        NotRecording = "not_recording",
        RetentionShort = "retention_short",
        RecordingGap = "recording_gap",
        DiskFailed = "disk_failed",
        MonitorOffline = "monitor_offline",
        MonitorDown = "monitor_down",
    }
}

words! {
    /// What a picture shows.
    Verdict {
        Ok = "ok",
        Black = "black",
        Frozen = "frozen",
        Covered = "covered",
        Blurred = "blurred",
        Moved = "moved",
        Overexposed = "overexposed",
    }
}

words! {
    /// A camera is in exactly one of these at each moment.
    State {
        Up = "up",
        Degraded = "degraded",
        Dark = "dark",
        Unknown = "unknown",
        Maintenance = "maintenance",
    }
}

words! {
    /// When a camera is recorded.
    RecordMode {
        Continuous = "continuous",
        /// On motion, alarms or analytics only: a day without is no gap.
        Event = "event",
        /// Not at all.
        Off = "off",
    }
}

/// What kind of outcome it is, which decides what it counts as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    Good,
    /// The way to the camera: makes it dark, and may be a site's.
    Path,
    /// The conversation with the camera: makes it dark.
    Session,
    /// What the camera sends: makes it dark.
    Media,
    /// We cannot see: makes it unknown.
    Blind,
    /// A picture that comes, but badly: makes it degraded.
    Stream,
}

impl Class {
    /// Whether a run of these makes a camera dark.
    #[must_use]
    pub fn is_dark(self) -> bool {
        matches!(self, Self::Path | Self::Session | Self::Media)
    }
}

impl Outcome {
    #[must_use]
    pub fn class(self) -> Class {
        match self {
            Self::Ok => Class::Good,
            Self::Dns | Self::Unreachable | Self::Refused | Self::ConnectTimeout | Self::Reset => Class::Path,
            Self::NotRtsp | Self::RtspTimeout | Self::RtspError | Self::NotFound | Self::Tls => Class::Session,
            Self::NoMedia | Self::NoKeyframe | Self::UnsupportedCodec => Class::Media,
            Self::Unauthorized | Self::Busy | Self::Incompatible => Class::Blind,
            Self::Slow | Self::Lossy => Class::Stream,
        }
    }

    /// The cause of the same word; `None` for `ok`.
    #[must_use]
    pub fn cause(self) -> Option<Cause> {
        Cause::parse(self.as_str())
    }
}

impl Verdict {
    /// The cause of the same word; `None` for `ok`.
    #[must_use]
    pub fn cause(self) -> Option<Cause> {
        Cause::parse(self.as_str())
    }
}

/// The flat shape of a line; which of `camera`, `site`, `recorder` and `reference` is there says what it is.
#[derive(Serialize, Deserialize)]
struct Line {
    at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    camera: Option<CameraId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    site: Option<SiteId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    gateway: Option<Reach>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    recorder: Option<RecorderId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reference: Option<Reach>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    outcome: Option<Outcome>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    depth: Option<Depth>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    phases_ms: BTreeMap<Phase, f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    stream: Option<Stream>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    picture: Option<Picture>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    clock_offset_seconds: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    disks: Option<Vec<Disk>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    recordings: Option<Vec<Recording>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    device: Option<Device>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    channels: Option<Vec<Channel>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    forecast_days: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Reach {
    Ok,
    Unreachable,
}

impl From<bool> for Reach {
    fn from(reachable: bool) -> Self {
        if reachable { Self::Ok } else { Self::Unreachable }
    }
}

impl Line {
    fn empty(at: Timestamp) -> Self {
        Self {
            at,
            camera: None,
            site: None,
            gateway: None,
            recorder: None,
            reference: None,
            outcome: None,
            depth: None,
            phases_ms: BTreeMap::new(),
            stream: None,
            picture: None,
            clock_offset_seconds: None,
            disks: None,
            recordings: None,
            device: None,
            channels: None,
            forecast_days: None,
            detail: None,
        }
    }
}

impl From<Observation> for Line {
    fn from(observation: Observation) -> Self {
        let empty = Self::empty(observation.at);
        match observation.seen {
            Seen::Camera(seen) => Self {
                camera: Some(seen.camera),
                outcome: Some(seen.outcome),
                depth: Some(seen.depth),
                phases_ms: seen.phases_ms,
                stream: seen.stream,
                picture: seen.picture,
                detail: seen.detail,
                ..empty
            },
            Seen::Gateway { site, reachable } => Self { site: Some(site), gateway: Some(reachable.into()), ..empty },
            Seen::Recorder(seen) => Self {
                recorder: Some(seen.recorder),
                outcome: Some(seen.outcome),
                clock_offset_seconds: seen.clock_offset_seconds,
                disks: seen.disks,
                recordings: seen.recordings,
                device: seen.device,
                channels: seen.channels,
                forecast_days: seen.forecast_days,
                detail: seen.detail,
                ..empty
            },
            Seen::Reference { reachable } => Self { reference: Some(reachable.into()), ..empty },
        }
    }
}

/// Why a line is no observation.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadLine {
    #[error(
        "an observation names exactly one of \"camera\", \"site\" (with \"gateway\"), \"recorder\" and \"reference\""
    )]
    Subject,
    #[error("an observation of a {0} needs \"{1}\"")]
    Missing(&'static str, &'static str),
}

impl TryFrom<Line> for Observation {
    type Error = BadLine;

    fn try_from(line: Line) -> Result<Self, BadLine> {
        let seen = match (line.camera, line.site, line.recorder, line.reference) {
            (Some(camera), None, None, None) => Seen::Camera(CameraSeen {
                camera,
                outcome: line.outcome.ok_or(BadLine::Missing("camera", "outcome"))?,
                depth: line.depth.ok_or(BadLine::Missing("camera", "depth"))?,
                phases_ms: line.phases_ms,
                stream: line.stream,
                picture: line.picture,
                detail: line.detail,
            }),
            (None, Some(site), None, None) => {
                let gateway = line.gateway.ok_or(BadLine::Missing("site", "gateway"))?;
                Seen::Gateway { site, reachable: matches!(gateway, Reach::Ok) }
            }
            (None, None, Some(recorder), None) => Seen::Recorder(RecorderSeen {
                recorder,
                outcome: line.outcome.ok_or(BadLine::Missing("recorder", "outcome"))?,
                clock_offset_seconds: line.clock_offset_seconds,
                disks: line.disks,
                recordings: line.recordings,
                device: line.device,
                channels: line.channels,
                forecast_days: line.forecast_days,
                detail: line.detail,
            }),
            (None, None, None, Some(reference)) => Seen::Reference { reachable: matches!(reference, Reach::Ok) },
            _ => return Err(BadLine::Subject),
        };
        Ok(Self { at: line.at, seen })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round_trip(text: &str) {
        let observation: Observation = serde_json::from_str(text).expect(text);
        assert_eq!(serde_json::to_string(&observation).unwrap(), text);
    }

    #[test]
    fn every_kind_of_line_reads_and_prints_as_it_was() {
        round_trip(
            r#"{"at":"2026-11-01T00:00:30Z","camera":"yl-01","outcome":"ok","depth":"frame","phases_ms":{"dns":0.1,"connect":1.2,"first_frame":40.5},"stream":{"codec":"h264","width":1920,"height":1080,"frames_per_second":15.0,"bytes_per_second":250000,"lost_packets":0}}"#,
        );
        round_trip(
            r#"{"at":"2026-11-01T00:15:00Z","camera":"yl-01","outcome":"ok","depth":"picture","picture":{"verdict":"black","luma_mean":0.01,"sharpness":0.0,"change":0.0}}"#,
        );
        round_trip(r#"{"at":"2026-11-01T00:16:00Z","site":"yen-lenh","gateway":"unreachable"}"#);
        round_trip(
            r#"{"at":"2026-11-01T00:16:00Z","recorder":"yl-nvr","outcome":"ok","clock_offset_seconds":0.4,"disks":[{"id":"1","status":"ok","capacity_bytes":4000000000000,"free_bytes":0}],"recordings":[{"camera":"yl-01","oldest":"2026-10-02T04:11:09Z","newest":"2026-11-01T00:15:31Z","gap_days":["2026-10-17"]}]}"#,
        );
        round_trip(r#"{"at":"2026-11-01T00:17:00Z","reference":"ok"}"#);
    }

    #[test]
    fn a_line_that_names_two_things_or_lacks_its_outcome_is_refused() {
        for bad in [
            r#"{"at":"2026-11-01T00:17:00Z"}"#,
            r#"{"at":"2026-11-01T00:17:00Z","camera":"a","reference":"ok","outcome":"ok","depth":"frame"}"#,
            r#"{"at":"2026-11-01T00:17:00Z","camera":"a","depth":"frame"}"#,
            r#"{"at":"2026-11-01T00:17:00Z","camera":"a","outcome":"bad","depth":"frame"}"#,
        ] {
            assert!(serde_json::from_str::<Observation>(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn every_outcome_but_ok_has_a_cause_of_its_name() {
        for outcome in Outcome::ALL {
            assert_eq!(outcome.cause().is_none(), *outcome == Outcome::Ok, "{outcome}");
        }
    }
}
