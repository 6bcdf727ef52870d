//! Recorders themselves: whether they answer, and what is wrong with them rather than with a camera.
//!
//! A recorder that does not answer makes no camera dark: what its cameras send is probed by itself. Knows the cameras
//! behind a recorder by their places only.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;

use super::event::{IncidentEvent, IncidentScope, Phase as EventPhase};
use super::incidents::{Due, Incidents, MonitorCase, Opened, View, open, tell};
use super::maintenance::{Calendar, Phase};
use super::runs::{FailureRun, Run};
use super::{Policy, after};
use crate::inventory::{CameraId, Recorder, RecorderId, SiteId};
use crate::ledger::retention;
use crate::observation::{Cause, Class, DiskStatus, RecorderSeen};

/// How long a poll may take. Two that are missing, and the time of one, make a recorder unknown.
const POLL: Duration = Duration::from_secs(60);
/// As many devices at least must agree on the monitor's clock being wrong.
const WITNESSES: usize = 3;

/// What is wrong with a recorder; one of each may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FaultKind {
    /// It does not answer, or refuses us.
    Silent,
    Clock,
    Disk,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Fault {
    pub(super) kind: FaultKind,
    pub(super) cause: Cause,
    pub(super) since: Timestamp,
    /// When it was decided.
    pub(super) decided: Timestamp,
}

#[derive(Debug, Clone)]
pub(super) struct RecorderCase {
    pub(super) id: RecorderId,
    pub(super) site: SiteId,
    pub(super) cameras: Vec<usize>,
    /// Whose failure explains that it does not answer.
    pub(super) groups: Vec<usize>,
    pub(super) calendar: Calendar,
    /// In the order in which they were decided.
    faults: Vec<Fault>,
    failures: FailureRun,
    /// Of these, the ones that no wider failure explains.
    alone: FailureRun,
    blind: Run,
    /// Whether it answered its last poll, or was confirmed not to; `None` while that is open.
    answers: Option<bool>,
    heard: Option<Timestamp>,
    /// The clock as it was last said, less ours, seconds.
    offset: Option<f64>,
    /// Cameras whose recordings are dated as only a wrong clock dates them.
    misdated: BTreeSet<CameraId>,
    was_misdated: bool,
    pub(super) opened: Option<Opened>,
    pub(super) due: Option<Timestamp>,
}

impl RecorderCase {
    pub(super) fn new(recorder: &Recorder, cameras: Vec<usize>, policy: &Policy) -> Self {
        Self {
            id: recorder.id.clone(),
            site: recorder.site.clone(),
            cameras,
            groups: Vec::new(),
            calendar: Calendar::of_site(&recorder.site, policy),
            faults: Vec::new(),
            failures: FailureRun::default(),
            alone: FailureRun::default(),
            blind: Run::default(),
            answers: None,
            heard: None,
            offset: None,
            misdated: BTreeSet::new(),
            was_misdated: false,
            opened: None,
            due: None,
        }
    }

    /// Keeps what runs under an earlier configuration; what was open is carried over by whoever knows the cameras.
    pub(super) fn take_over(&mut self, old: Self) {
        *self = Self {
            id: self.id.clone(),
            site: self.site.clone(),
            cameras: std::mem::take(&mut self.cameras),
            groups: std::mem::take(&mut self.groups),
            calendar: self.calendar.clone(),
            opened: None,
            due: None,
            ..old
        };
    }

    /// Takes up an incident of before a restart: what it was about holds until a poll says otherwise.
    pub(super) fn restore(&mut self, opened: Opened) {
        let kind = match opened.cause {
            Cause::ClockWrong => FaultKind::Clock,
            Cause::DiskFailed => FaultKind::Disk,
            _ => FaultKind::Silent,
        };
        self.decide(kind, opened.cause, opened.since, opened.at);
        self.opened = Some(opened);
    }

    /// The fault decided first, and when the first of those that hold was.
    pub(super) fn first_fault(&self) -> Option<(Fault, Timestamp)> {
        let decided = self.faults.iter().map(|fault| fault.decided).min()?;
        Some((*self.faults.first()?, decided))
    }

    /// Takes a poll. While the monitor is cut off, one that failed says nothing of the recorder.
    pub(super) fn poll(&mut self, seen: &RecorderSeen, at: Timestamp, online: bool, policy: &Policy) {
        match (seen.outcome.class(), seen.outcome.cause()) {
            (Class::Good | Class::Stream, _) | (_, None) => {
                self.start_runs_anew();
                self.answers = Some(true);
                self.heard = Some(at);
                self.clear(FaultKind::Silent);
            }
            (class, Some(cause)) if online => {
                self.heard = Some(at);
                self.fail(class, cause, at, policy.confirm);
            }
            _ => {}
        }
        if let Some(disks) = &seen.disks {
            let failed = disks
                .iter()
                .any(|disk| matches!(disk.status, DiskStatus::Degraded | DiskStatus::Failed | DiskStatus::Missing));
            if failed {
                self.decide(FaultKind::Disk, Cause::DiskFailed, at, at);
            } else {
                self.clear(FaultKind::Disk);
            }
        }
        self.offset = seen.clock_offset_seconds.or(self.offset);
        for recording in seen.recordings.iter().flatten().filter(|one| one.oldest.is_some() || one.newest.is_some()) {
            if retention::is_dated_well(recording, at, &policy.timezone) {
                self.misdated.remove(&recording.camera);
            } else {
                self.misdated.insert(recording.camera.clone());
            }
        }
    }

    /// As with cameras: outcomes of the dark classes in a row confirm that it does not answer; those that only say that
    /// we cannot see neither lengthen nor break their run, and in a row of their own make it unknown.
    fn fail(&mut self, class: Class, cause: Cause, at: Timestamp, confirm: u32) {
        if class.is_dark() {
            self.blind.clear();
            self.failures.push(at, cause);
            self.alone.push(at, cause);
            self.answers = self.failures.reached(confirm).map(|_| false);
            let decided = self.faults.iter().any(|fault| is_silent_by_dark(*fault));
            if let Some((since, cause)) = self.alone.reached(confirm).filter(|_| !decided) {
                self.decide(FaultKind::Silent, cause, since, at);
            }
        } else {
            self.blind.push(at);
            if self.answers == Some(true) {
                self.answers = None;
            }
            if let Some(since) = self.blind.reached(confirm) {
                self.answers = None;
                self.failures.clear();
                self.alone.clear();
                // Out of connections is no fault; a refused account, or an answer that we cannot read, is.
                if cause != Cause::Busy {
                    self.decide(FaultKind::Silent, cause, since, at);
                }
            }
        }
    }

    /// The monitor was cut off, or sees again: what it saw of the recorder until now says nothing of it.
    pub(super) fn lose_sight(&mut self) {
        self.start_runs_anew();
        self.answers = None;
        if self.opened.is_none() {
            self.clear(FaultKind::Silent);
        }
    }

    /// That it does not answer is a wider failure's: it has to fail anew by itself when that is over.
    pub(super) fn excuse(&mut self) {
        if self.opened.is_none() {
            self.alone.clear();
            self.faults.retain(|fault| !is_silent_by_dark(*fault));
        }
    }

    /// Decides on the clock; that it is off is the monitor's fault where `ours`.
    pub(super) fn judge_clock(&mut self, at: Timestamp, ours: bool, policy: &Policy) {
        let is_off = self.offset.map(|offset| is_off(offset, policy) && !ours);
        if is_off == Some(true) || !self.misdated.is_empty() {
            self.decide(FaultKind::Clock, Cause::ClockWrong, at, at);
        } else if is_off == Some(false) || self.was_misdated {
            self.clear(FaultKind::Clock);
        }
        self.was_misdated = !self.misdated.is_empty();
    }

    fn start_runs_anew(&mut self) {
        self.failures.clear();
        self.alone.clear();
        self.blind.clear();
    }

    fn decide(&mut self, kind: FaultKind, cause: Cause, since: Timestamp, decided: Timestamp) {
        match self.faults.iter_mut().find(|fault| fault.kind == kind) {
            // One that did not answer refuses us now, or the other way round: the same fault goes on.
            Some(fault) => fault.cause = cause,
            None => self.faults.push(Fault { kind, cause, since, decided }),
        }
    }

    fn clear(&mut self, kind: FaultKind) {
        self.faults.retain(|fault| fault.kind != kind);
    }

    /// What is shown of it at `now`.
    pub(super) fn standing(&self, now: Option<Timestamp>, online: bool, interval: Duration) -> RecorderStanding {
        let patience = interval.saturating_mul(2).saturating_add(POLL);
        let stale = self.heard.zip(now).is_none_or(|(heard, now)| after(heard, patience) < now);
        let fault = self.faults.first();
        RecorderStanding {
            up: self.answers.filter(|_| online && !stale),
            cause: fault.map(|fault| fault.cause),
            since: fault.map(|fault| fault.since),
        }
    }
}

/// Whether it does not answer, which a wider failure may explain; not that it refuses us.
fn is_silent_by_dark(fault: Fault) -> bool {
    fault.kind == FaultKind::Silent && !matches!(fault.cause, Cause::Unauthorized | Cause::Incompatible)
}

/// How a recorder stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecorderStanding {
    /// It answered its last poll, or was confirmed not to; `None` where neither is known, or the last poll is too old.
    pub up: Option<bool>,
    /// What is wrong with it, of several the one decided first.
    pub cause: Option<Cause>,
    /// From when that holds.
    pub since: Option<Timestamp>,
}

fn is_off(offset: f64, policy: &Policy) -> bool {
    offset.abs() > policy.clock_tolerance.as_secs_f64()
}

/// Whether the monitor's own clock is what is wrong: of the devices that told theirs, three at least and more than half
/// differ from it by the same amount, give or take what is tolerated.
pub(super) fn is_our_clock_wrong(recorders: &[RecorderCase], policy: &Policy) -> bool {
    let told: Vec<f64> = recorders.iter().filter_map(|recorder| recorder.offset).collect();
    let tolerance = policy.clock_tolerance.as_secs_f64();
    let off = || told.iter().filter(|offset| is_off(**offset, policy));
    let agree = |with: &f64| off().filter(|offset| (*offset - with).abs() <= tolerance).count();
    off().any(|offset| agree(offset) >= WITNESSES && agree(offset) * 2 > told.len())
}

impl Incidents {
    /// Takes a poll; whether it turned whose clock is wrong.
    pub(super) fn see_recorder(
        &mut self,
        seen: &RecorderSeen,
        at: Timestamp,
        online: bool,
        policy: &Policy,
    ) -> Option<bool> {
        let &r = self.recorder_index.get(&seen.recorder)?;
        self.recorders[r].poll(seen, at, online, policy);
        self.stirred_recorders.insert(r);
        // After a restart it holds on until so many have told theirs that something can be said.
        let few = self.recorders.iter().filter(|one| one.offset.is_some()).count() < WITNESSES;
        let ours = is_our_clock_wrong(&self.recorders, policy) || (few && self.is_our_clock_wrong);
        let turned = std::mem::replace(&mut self.is_our_clock_wrong, ours) != ours;
        for r in 0..self.recorders.len() {
            if turned || self.recorders[r].id == seen.recorder {
                self.recorders[r].judge_clock(at, ours, policy);
                self.stirred_recorders.insert(r);
            }
        }
        if turned {
            self.clock = if ours {
                Some(MonitorCase { decided: at, opened: None })
            } else {
                self.clock_over = self.clock.take().and_then(|case| case.opened);
                None
            };
        }
        Some(turned)
    }

    /// The monitor's own clock: no device's, and no camera's.
    pub(super) fn settle_clock(&mut self, view: &View<'_>, events: &mut Vec<IncidentEvent>) {
        if let Some(opened) = self.clock_over.take() {
            events.push(tell(&opened, EventPhase::Close, IncidentScope::Monitor, "monitor", view));
        }
        let Some(case) = self.clock.as_mut().filter(|case| case.opened.is_none()) else { return };
        let due = after(case.decided, view.group_wait);
        if due > view.now {
            self.due.insert((due, Due::Clock));
            return;
        }
        // The monitor may be cut off at the same moment.
        let opened = open("clock", "monitor", Cause::ClockWrong, BTreeSet::new(), case.decided, view.now);
        events.push(tell(&opened, EventPhase::Open, IncidentScope::Monitor, "monitor", view));
        case.opened = Some(opened);
    }

    /// Opens, updates and closes what is wrong with a recorder itself. It is over when nothing is, whatever has become of
    /// the cameras behind it.
    pub(super) fn settle_recorder(&mut self, r: usize, view: &View<'_>, events: &mut Vec<IncidentEvent>) {
        if self.is_recorder_explained(r) {
            self.recorders[r].excuse();
        }
        let recorder = &mut self.recorders[r];
        let subject = recorder.id.to_string();
        let Some((fault, decided)) = recorder.first_fault() else {
            if let Some(opened) = recorder.opened.take() {
                events.push(tell(&opened, EventPhase::Close, IncidentScope::Recorder, &subject, view));
            }
            self.reset_due(Due::Recorder(r), None);
            return;
        };
        let serving = recorder.cameras.iter().copied().filter(|&i| view.cameras[i].phase != Phase::OutOfService);
        let serving: BTreeSet<usize> = serving.collect();
        if let Some(opened) = &mut recorder.opened {
            if opened.cause != fault.cause || opened.cameras != serving {
                opened.cause = fault.cause;
                opened.cameras = serving;
                events.push(tell(opened, EventPhase::Update, IncidentScope::Recorder, &subject, view));
            }
            self.reset_due(Due::Recorder(r), None);
            return;
        }
        // Nobody is told of what lies under planned work; it is looked at again when that is over.
        let planned = recorder.calendar.phase(view.now) == Phase::Maintenance;
        let due = after(decided, view.group_wait).max(view.now);
        let next = if planned { recorder.calendar.next_after(view.now) } else { Some(due) };
        if planned || due > view.now {
            self.reset_due(Due::Recorder(r), next);
            return;
        }
        // The cameras behind it may fail together at the same moment.
        let opened = open("device", &subject, fault.cause, serving, fault.since, view.now);
        events.push(tell(&opened, EventPhase::Open, IncidentScope::Recorder, &subject, view));
        recorder.opened = Some(opened);
        self.reset_due(Due::Recorder(r), None);
    }
}
