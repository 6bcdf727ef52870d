//! How the recordings stood at the end of the month, from what recorders said within it.
//!
//! The JSON shape of these types is a public format; fields keep their order.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use crate::inventory::{Camera, CameraId};
use crate::ledger::Span;
use crate::ledger::retention::{self, Holdings, Requirement, Retention, RetentionState};
use crate::store::{Reader, StoreError};

/// How the recordings stand. `state` is `unknown` and the figures are empty as long as no recorder is asked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CameraRetention {
    pub state: RetentionState,
    /// `None` where nobody requires any.
    pub required_days: Option<u64>,
    pub span_days: Option<f64>,
    pub held_days: Option<u32>,
    pub gap_days: Vec<Date>,
}

/// A group's retention is its worst camera's, with the count of compliant ones.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GroupRetention {
    pub compliant_cameras: u64,
    /// Those whose recordings are known.
    pub judged_cameras: u64,
    pub worst_camera: Option<CameraId>,
    pub worst_span_days: Option<f64>,
}

/// What of the record the recordings are judged by.
pub(super) struct Recorded<'a> {
    /// What recorders said counts from here...
    pub(super) from: Timestamp,
    /// ...to before here.
    pub(super) to: Timestamp,
    /// When it is judged: the end of the month or of the record.
    pub(super) now: Timestamp,
    pub(super) timezone: &'a TimeZone,
}

/// `None` where nobody requires recordings, or no recorder said anything of them that counts.
pub(super) fn assess(
    reader: &Reader,
    camera: &Camera,
    recorded: &Recorded<'_>,
    planned: &[Span],
) -> Result<Option<Retention>, StoreError> {
    let Recorded { from, to, now, timezone } = *recorded;
    let Some(required) = camera.retention else { return Ok(None) };
    let Some(seen) = reader.last_recording(&camera.id, from, to)? else { return Ok(None) };
    let requirement = Requirement {
        required,
        installed: camera.installed,
        first_seen: reader.first_observation(&camera.id)?,
        first_recording: reader.first_recording(&camera.id, retention::earliest(timezone))?,
    };
    let clock_offset_seconds = match &camera.recorder {
        Some(id) => reader.last_clock_offset(id, from, to)?,
        None => None,
    };
    let holdings = Holdings { recording: &seen.recording, freshness: seen.freshness, clock_offset_seconds, planned };
    let retention = requirement.assess(&holdings, now, timezone);
    Ok((retention.state != RetentionState::Unknown).then_some(retention))
}

impl CameraRetention {
    pub(super) fn new(camera: &Camera, retention: Option<&Retention>) -> Self {
        Self {
            state: retention.map_or(RetentionState::Unknown, |retention| retention.state),
            required_days: camera.retention.map(|required| required.as_secs().div_ceil(86_400)),
            span_days: retention.and_then(span_days),
            held_days: retention.and_then(|retention| retention.held_days),
            gap_days: retention.map(|retention| retention.gap_days.clone()).unwrap_or_default(),
        }
    }
}

/// One decimal, never more than there is.
fn span_days(retention: &Retention) -> Option<f64> {
    retention.span.map(|span| (span.as_secs_f64() / 8_640.0).floor() / 10.0)
}

impl GroupRetention {
    /// Of cameras, their retention and its compliance (0 to 1).
    pub(super) fn of<'a>(cameras: impl Iterator<Item = (&'a CameraId, &'a CameraRetention, Option<f64>)>) -> Self {
        let mut this = Self { compliant_cameras: 0, judged_cameras: 0, worst_camera: None, worst_span_days: None };
        let mut worst = (true, f64::INFINITY);
        for (camera, retention, compliance) in cameras.filter(|(_, one, _)| one.state != RetentionState::Unknown) {
            this.judged_cameras += 1;
            this.compliant_cameras += u64::from(retention.state.is_compliant());
            // One that is compliant (or still filling) is never worse than one that is not; of two that are equally bad
            // it is the first by id.
            let how = (retention.state.is_compliant(), compliance.unwrap_or(0.0));
            if how < worst {
                worst = how;
                this.worst_camera = Some(camera.clone());
                this.worst_span_days = retention.span_days;
            }
        }
        this
    }
}
