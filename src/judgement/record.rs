//! What a poll of a recorder says of a camera behind it: the record causes of rule 5.
//!
//! A field that a poll lacks says nothing: what was found before holds on.

use jiff::Timestamp;

use super::Policy;
use super::conditions::Kind;
use super::watched::Watched;
use crate::ledger::retention::{self, Requirement};
use crate::observation::{Cause, DiskStatus, RecorderSeen};

/// Takes a poll of the camera's own recorder.
pub(super) fn judge(camera: &mut Watched, seen: &RecorderSeen, at: Timestamp, policy: &Policy) {
    if let Some(offset) = seen.clock_offset_seconds {
        let wrong = offset.abs() > policy.clock_tolerance.as_secs_f64();
        camera.machine.conditions.find(Cause::ClockWrong, wrong, at);
    }
    if let Some(recording) = seen.recordings.iter().flatten().find(|recording| recording.camera == camera.id) {
        if let Some(newest) = recording.newest {
            let stopped = !retention::is_recording(newest, at);
            camera.machine.conditions.find(Cause::NotRecording, stopped, at);
        }
        if let Some(oldest) = recording.oldest {
            camera.first_recording = Some(camera.first_recording.map_or(oldest, |first| first.min(oldest)));
        }
        judge_retention(camera, recording.oldest, recording.gap_days.as_deref(), at, policy);
    }
    if let Some(disks) = &seen.disks {
        let failed = disks
            .iter()
            .any(|disk| matches!(disk.status, DiskStatus::Degraded | DiskStatus::Failed | DiskStatus::Missing));
        camera.machine.conditions.find(Cause::DiskFailed, failed, at);
    }
}

fn judge_retention(
    camera: &mut Watched,
    oldest: Option<Timestamp>,
    gap_days: Option<&[jiff::civil::Date]>,
    at: Timestamp,
    policy: &Policy,
) {
    let Some(entry) = policy.cameras.get(&camera.id) else { return };
    let Some(required) = entry.retention else { return };
    let requirement = Requirement {
        required,
        installed: entry.installed,
        first_seen: camera.first_seen,
        first_recording: camera.first_recording,
    };
    let conditions = &mut camera.machine.conditions;
    if let Some(days) = gap_days {
        let gaps = !requirement.gaps(days, oldest, at, &policy.timezone).is_empty();
        conditions.find(Cause::RecordingGap, gaps, at);
        if gaps {
            // Gaps come before short in the order of the states of retention.
            conditions.find(Cause::RetentionShort, false, at);
        }
    }
    if let Some(oldest) = oldest
        && !conditions.holds(Kind::Record(Cause::RecordingGap))
    {
        conditions.find(Cause::RetentionShort, requirement.is_short(oldest, at, &policy.timezone), at);
    }
}
