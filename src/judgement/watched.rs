//! One camera as the judgement keeps it: its machine, its calendar, what is recorded and what is shown of it.
//!
//! Two tracks: the record's runs underneath maintenance, what is shown has maintenance laid over it. Each keeps its
//! dates in order by itself (rule 10).

use std::time::Duration;

use jiff::Timestamp;

use super::camera::{Machine, Verdict};
use super::event::StateEvent;
use super::maintenance::{Calendar, Phase};
use super::record::Findings;
use super::{Change, Policy};
use crate::inventory::{Camera, CameraId, RecorderId, SiteId};
use crate::observation::{Cause, State};

/// A state with its cause and date, as one track has it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Track {
    pub(super) state: State,
    pub(super) cause: Option<Cause>,
    pub(super) since: Option<Timestamp>,
}

impl Track {
    const BEGINNING: Self = Self { state: State::Unknown, cause: Some(Cause::MonitorDown), since: None };

    /// Moves on; a change of cause alone is none. Gives the state before and the date, which never goes back.
    fn turn(&mut self, state: State, cause: Option<Cause>, since: Timestamp) -> Option<(State, Timestamp)> {
        self.cause = cause;
        let from = std::mem::replace(&mut self.state, state);
        if from == state {
            return None;
        }
        let since = self.since.map_or(since, |before| before.max(since));
        self.since = Some(since);
        Some((from, since))
    }
}

#[derive(Debug, Clone)]
pub(super) struct Watched {
    pub(super) id: CameraId,
    pub(super) site: usize,
    /// The group of the cameras behind its recorder.
    pub(super) behind: Option<usize>,
    pub(super) site_id: SiteId,
    pub(super) recorder: Option<RecorderId>,
    pub(super) funded: bool,
    pub(super) interval: Duration,
    /// How long without an observation of its own makes it unknown.
    pub(super) silence: Duration,
    pub(super) calendar: Calendar,
    pub(super) phase: Phase,
    pub(super) machine: Machine,
    /// What the record has: underneath maintenance.
    pub(super) recorded: Track,
    /// What is shown: maintenance laid over.
    pub(super) shown: Track,
    /// When the shown state was decided, in the order of all that happened.
    pub(super) decided: u64,
    /// Since when silence is counted.
    pub(super) heard: Option<Timestamp>,
    pub(super) first_seen: Option<Timestamp>,
    /// The earliest start of recordings that was ever seen.
    pub(super) first_recording: Option<Timestamp>,
    pub(super) findings: Findings,
    pub(super) silence_due: Option<Timestamp>,
    pub(super) edge_due: Option<Timestamp>,
    /// From when the time of a camera that shows unknown counts towards an incident.
    pub(super) unknown_from: Option<Timestamp>,
    /// When it went dark, while it is and was up or degraded before: what others may have in common with it.
    pub(super) darkened: Option<Timestamp>,
}

impl Watched {
    pub(super) fn new(camera: &Camera, policy: &Policy) -> Self {
        Self {
            id: camera.id.clone(),
            site: 0,
            behind: None,
            site_id: camera.site.clone(),
            recorder: camera.recorder.clone(),
            funded: policy.funded.contains(&camera.id),
            interval: camera.interval,
            silence: camera.interval.saturating_mul(2).saturating_add(camera.timeout),
            calendar: Calendar::new(camera, policy),
            phase: Phase::OutOfService,
            machine: Machine::new(),
            recorded: Track::BEGINNING,
            shown: Track::BEGINNING,
            decided: 0,
            heard: None,
            first_seen: None,
            first_recording: None,
            findings: Findings::default(),
            silence_due: None,
            edge_due: None,
            unknown_from: None,
            darkened: None,
        }
    }

    /// Keeps the running state of the same camera under an earlier configuration.
    pub(super) fn take_over(&mut self, old: &Self) {
        let configured = self.clone();
        *self = Self {
            site: configured.site,
            behind: configured.behind,
            site_id: configured.site_id,
            recorder: configured.recorder,
            funded: configured.funded,
            interval: configured.interval,
            silence: configured.silence,
            calendar: configured.calendar,
            silence_due: None,
            edge_due: None,
            ..old.clone()
        };
    }

    /// As the record left it at `last_alive`, and not seen since.
    pub(super) fn restore(&mut self, change: &Change, last_alive: Timestamp) {
        self.machine = Machine::restored(change);
        self.machine.lose_sight(last_alive.max(change.since), Cause::MonitorDown);
        self.recorded = Track { state: change.state, cause: change.cause, since: Some(change.since) };
        self.shown = self.recorded;
        if self.calendar.phase(last_alive) == Phase::Maintenance {
            let since = self.calendar.last_edge(last_alive).max(Some(change.since));
            self.shown = Track { state: State::Maintenance, cause: None, since };
        }
        self.first_seen = Some(change.since);
    }

    /// Time begins for it.
    pub(super) fn begin(&mut self, at: Timestamp) {
        self.heard.get_or_insert(at);
        if self.shown.state == State::Unknown {
            self.unknown_from.get_or_insert(at);
        }
    }

    /// After a restart the time of an unknown camera counts from the restart: nobody is told of an upgrade.
    pub(super) fn awaited_from(&mut self, at: Timestamp, floor: Timestamp) {
        if floor < at {
            self.unknown_from = self.unknown_from.map(|_| at);
        }
    }

    /// Installed at this moment.
    pub(super) fn put_into_service(&mut self, at: Timestamp) {
        self.machine = Machine::new();
        self.heard = Some(at);
        self.unknown_from = Some(at);
    }

    pub(super) fn update_record(&mut self) -> Option<Change> {
        let Verdict { state, cause, since } = self.machine.verdict();
        self.turn_record(state, cause, since?)
    }

    /// Nobody watches it any more: what it was does not count on.
    pub(super) fn leave(&mut self, at: Timestamp) -> Option<Change> {
        self.turn_record(State::Unknown, Some(Cause::MonitorDown), at)
    }

    fn turn_record(&mut self, state: State, cause: Option<Cause>, since: Timestamp) -> Option<Change> {
        let (_, since) = self.recorded.turn(state, cause, since)?;
        Some(Change { camera: self.id.clone(), state, cause, since })
    }

    /// `floor`: how far back an edge of the calendar may be dated; the present, but for a restart. `order` grows with
    /// each call.
    pub(super) fn update_shown(&mut self, at: Timestamp, floor: Timestamp, order: u64) -> Option<StateEvent> {
        let verdict = self.machine.verdict();
        let covered = self.phase == Phase::Maintenance;
        let was_covered = self.shown.state == State::Maintenance;
        let (state, cause) = if covered { (State::Maintenance, None) } else { (verdict.state, verdict.cause) };
        let since = if covered || was_covered {
            self.calendar.last_edge(at).map_or(floor, |edge| edge.max(floor))
        } else {
            verdict.since.unwrap_or(at)
        };
        let (from, since) = self.shown.turn(state, cause, since)?;
        let was_live = matches!(from, State::Up | State::Degraded);
        self.decided = order;
        self.darkened = (was_live && state == State::Dark).then_some(at);
        self.unknown_from = (state == State::Unknown).then_some(since);
        Some(StateEvent { at, camera: self.id.clone(), from, to: state, since, cause })
    }

    /// Shown as up or degraded.
    pub(super) fn is_live(&self) -> bool {
        matches!(self.shown.state, State::Up | State::Degraded)
    }
}
