//! What a poll of a recorder says of a camera behind it: the record causes of rule 5.
//!
//! A field that a poll lacks says nothing: what was found before holds on.

use jiff::Timestamp;

use super::Policy;
use super::conditions::{Conditions, Kind};
use super::watched::Watched;
use crate::ledger::retention::{self, Requirement};
use crate::observation::{Cause, DiskStatus, RecorderSeen, Recording};

/// What polls have said of a camera's recordings; `None` where none has said anything.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Findings {
    not_recording: Option<bool>,
    gaps: Option<bool>,
    short: Option<bool>,
}

/// Takes a poll of the camera's own recorder.
pub(super) fn judge(camera: &mut Watched, seen: &RecorderSeen, at: Timestamp, policy: &Policy) {
    camera.machine.conditions.next_observation();
    if let Some(offset) = seen.clock_offset_seconds {
        let wrong = offset.abs() > policy.clock_tolerance.as_secs_f64();
        camera.machine.conditions.find(Cause::ClockWrong, wrong, at);
    }
    if let Some(recording) = seen.recordings.iter().flatten().find(|recording| recording.camera == camera.id) {
        find(camera, recording, at, policy);
        decide(&mut camera.machine.conditions, camera.findings, at);
    }
    if let Some(disks) = &seen.disks {
        let failed = disks
            .iter()
            .any(|disk| matches!(disk.status, DiskStatus::Degraded | DiskStatus::Failed | DiskStatus::Missing));
        camera.machine.conditions.find(Cause::DiskFailed, failed, at);
    }
}

fn find(camera: &mut Watched, recording: &Recording, at: Timestamp, policy: &Policy) {
    if let Some(newest) = recording.newest {
        camera.findings.not_recording = Some(!retention::is_recording(newest, at));
    }
    if let Some(oldest) = recording.oldest {
        camera.first_recording = Some(camera.first_recording.map_or(oldest, |first| first.min(oldest)));
    }
    let Some((entry, required)) = policy.cameras.get(&camera.id).and_then(|entry| Some((entry, entry.retention?)))
    else {
        return;
    };
    let requirement = Requirement {
        required,
        installed: entry.installed,
        first_seen: camera.first_seen,
        first_recording: camera.first_recording,
    };
    if let Some(days) = &recording.gap_days {
        camera.findings.gaps = Some(!requirement.gaps(days, recording.oldest, at, &policy.timezone).is_empty());
    }
    if let Some(oldest) = recording.oldest {
        camera.findings.short = Some(requirement.is_short(oldest, at, &policy.timezone));
    }
}

/// The states of retention exclude each other: the first that holds is the one.
fn decide(conditions: &mut Conditions, findings: Findings, at: Timestamp) {
    let mut taken = false;
    for (cause, finding) in [
        (Cause::NotRecording, findings.not_recording),
        (Cause::RecordingGap, findings.gaps),
        (Cause::RetentionShort, findings.short),
    ] {
        let wrong = finding.unwrap_or_else(|| conditions.holds(Kind::Record(cause)));
        conditions.find(cause, wrong && !taken, at);
        taken |= wrong;
    }
}
