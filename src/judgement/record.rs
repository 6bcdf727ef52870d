//! What a poll of a recorder says of a camera behind it: the record causes of rule 5.
//!
//! A field that a poll lacks says nothing: what was found before holds on.

use jiff::Timestamp;

use super::Policy;
use super::conditions::{Conditions, Kind};
use super::watched::Watched;
use crate::ledger::Span;
use crate::ledger::retention::{self, Freshness, Requirement};
use crate::observation::{Cause, DiskStatus, RecordMode, RecorderSeen, Recording};

/// What polls have said of a camera's recordings; `None` where none has said anything.
#[derive(Debug, Clone, Default)]
pub(super) struct Findings {
    /// Each field as it was last said.
    said: Option<Recording>,
    freshness: Freshness,
    /// The recorder's clock is off by more than is tolerated.
    clock_wrong: Option<bool>,
    /// It is off by so much that its days mean nothing.
    clock_unusable: bool,
    /// Recordings are dated as only a wrong clock dates them.
    misdated: Option<bool>,
    not_recording: Option<bool>,
    gaps: Option<bool>,
    short: Option<bool>,
}

/// Takes a poll of the camera's own recorder. Where `ours`, it is the monitor's clock that is wrong, and no device's.
pub(super) fn judge(camera: &mut Watched, seen: &RecorderSeen, at: Timestamp, ours: bool, policy: &Policy) {
    camera.machine.conditions.next_observation();
    if let Some(offset) = seen.clock_offset_seconds {
        camera.findings.clock_wrong = Some(offset.abs() > policy.clock_tolerance.as_secs_f64());
        camera.findings.clock_unusable = !retention::is_clock_usable(offset);
    }
    if let Some(recording) = seen.recordings.iter().flatten().find(|recording| recording.camera == camera.id) {
        find(camera, recording, at, policy);
    }
    camera.findings.decide(&mut camera.machine.conditions, at, ours);
    if let Some(disks) = &seen.disks {
        let failed = disks
            .iter()
            .any(|disk| matches!(disk.status, DiskStatus::Degraded | DiskStatus::Failed | DiskStatus::Missing));
        camera.machine.conditions.find(Cause::DiskFailed, failed, at);
    }
}

/// Whose clock is wrong has turned, by the poll of another recorder.
pub(super) fn reconsider(camera: &mut Watched, at: Timestamp, ours: bool) {
    camera.machine.conditions.next_observation();
    camera.findings.decide(&mut camera.machine.conditions, at, ours);
}

/// What the poll says of the camera's own recordings. Each finding is made anew by the poll that tells what it rests on.
fn find(camera: &mut Watched, recording: &Recording, at: Timestamp, policy: &Policy) {
    let zone = &policy.timezone;
    let findings = &mut camera.findings;
    if recording.oldest.is_some() || recording.newest.is_some() {
        let misdated = !retention::is_dated_well(recording, at, zone);
        // Good dates clear nothing but what bad ones brought about.
        findings.misdated = Some(misdated).filter(|misdated| *misdated || findings.misdated.is_some());
    }
    if findings.is_untrusted() {
        return;
    }
    let said = match findings.said.take() {
        Some(earlier) => recording.clone().over(earlier),
        None => recording.clone(),
    };
    let mode = said.mode.unwrap_or(RecordMode::Continuous);
    findings.freshness.hear(recording, at);
    if recording.newest.is_some() || recording.recording.is_some() || recording.mode.is_some() {
        findings.not_recording =
            findings.freshness.is_recording(mode).map(|recording| !recording).or(findings.not_recording);
    }
    if let Some(oldest) = recording.oldest {
        camera.first_recording = Some(camera.first_recording.map_or(oldest, |first| first.min(oldest)));
    }
    if let Some((entry, required)) = policy.cameras.get(&camera.id).and_then(|entry| Some((entry, entry.retention?))) {
        let requirement = Requirement {
            required,
            installed: entry.installed,
            first_seen: camera.first_seen,
            first_recording: camera.first_recording,
        };
        let planned: Vec<Span> = camera.calendar.windows().map(|(from, to)| Span::between(from, to)).collect();
        if recording.gap_days.is_some() || (recording.mode.is_some() && said.gap_days.is_some()) {
            findings.gaps = Some(!requirement.gaps(&said, &planned, at, zone).is_empty());
        }
        if recording.oldest.is_some() || recording.held_from.is_some() {
            findings.short = requirement.is_short(&said, at, zone).or(findings.short);
        }
    }
    if mode == RecordMode::Off {
        (findings.not_recording, findings.gaps, findings.short) = (Some(false), Some(false), Some(false));
    }
    findings.said = Some(said);
}

impl Findings {
    /// Nothing that is said of recordings counts.
    fn is_untrusted(&self) -> bool {
        self.clock_unusable || self.misdated == Some(true)
    }

    /// The states of retention exclude each other: the first that holds is the one. Where dates cannot be trusted there is
    /// none, and the clock is what is wrong.
    fn decide(&mut self, conditions: &mut Conditions, at: Timestamp, ours: bool) {
        if self.is_untrusted() {
            (self.not_recording, self.gaps, self.short) = (Some(false), Some(false), Some(false));
        }
        if self.clock_wrong.is_some() || self.misdated.is_some() {
            let off = self.clock_wrong == Some(true) && !ours;
            conditions.find(Cause::ClockWrong, off || self.misdated == Some(true), at);
        }
        let mut taken = false;
        for (cause, finding) in [
            (Cause::NotRecording, self.not_recording),
            (Cause::RecordingGap, self.gaps),
            (Cause::RetentionShort, self.short),
        ] {
            let wrong = finding.unwrap_or_else(|| conditions.holds(Kind::Record(cause)));
            conditions.find(cause, wrong && !taken, at);
            taken |= wrong;
        }
    }
}
