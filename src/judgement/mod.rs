//! The judgement: what the observations come to, as camera states and incidents.
//!
//! Pure: no clock, no I/O, no async; the same observations and policy give the same output. Knows the inventory's ids
//! and observations; must not know who listens.
//!
//! Within one moment, what time alone brings about (silence, windows of planned work, waits that are over) comes before
//! observations; within one step, cameras come in the order of their ids, and states before incidents.

mod areas;
mod camera;
mod carry;
mod conditions;
pub mod event;
mod groups;
mod incidents;
mod maintenance;
mod outage;
mod policy;
mod record;
mod recorder;
mod runs;
#[cfg(test)]
mod tests;
mod watched;

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use jiff::Timestamp;

use crate::inventory::{CameraId, RecorderId};
use crate::observation::{CameraSeen, Cause, Observation, RecorderSeen, Seen, State};
use crate::snapshot::Incident;

use camera::Thresholds;
use incidents::{Incidents, View};
use maintenance::Phase;
use watched::Watched;

pub use event::Event;
pub use policy::Policy;
pub use recorder::RecorderStanding;

/// What one step came to.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Output {
    /// What is shown and told, in order.
    pub events: Vec<Event>,
    /// Changes of the states underneath maintenance, for the record: dated as if there were no maintenance.
    pub record: Vec<Change>,
}

/// A camera's state underneath maintenance has changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    pub camera: CameraId,
    /// Never `maintenance`.
    pub state: State,
    pub cause: Option<Cause>,
    /// Not before the `since` of this camera's change before it.
    pub since: Timestamp,
}

/// What is known of the time before a restart.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Resume {
    /// The last moment at which the daemon is known to have been alive; `None` on the very first start.
    pub last_alive: Option<Timestamp>,
    pub cameras: Vec<Change>,
    pub incidents: Vec<Incident>,
}

/// How a camera stands, as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    pub state: State,
    pub cause: Option<Cause>,
    /// `None` where nothing was decided yet.
    pub since: Option<Timestamp>,
}

/// The state of every camera and every open incident.
pub struct Judge {
    policy: Policy,
    /// The moment up to which everything is judged; `None` before the first line.
    clock: Option<Timestamp>,
    online: bool,
    /// In the order of their ids.
    cameras: Vec<Watched>,
    index: HashMap<CameraId, usize>,
    behind: HashMap<RecorderId, Vec<usize>>,
    /// When each camera has been silent for too long (rule 6).
    silences: BTreeSet<(Timestamp, usize)>,
    /// When the calendar next changes what is shown of each camera (rule 8, service).
    edges: BTreeSet<(Timestamp, usize)>,
    incidents: Incidents,
    /// Orders what happened at one moment.
    order: u64,
}

impl Judge {
    /// Everything unknown, nothing open: the state before the first line, with which time begins.
    #[must_use]
    pub fn new(policy: Policy) -> Self {
        let mut cameras: Vec<Watched> = policy.cameras.values().map(|camera| Watched::new(camera, &policy)).collect();
        let index = cameras.iter().enumerate().map(|(i, camera)| (camera.id.clone(), i)).collect();
        let mut behind: HashMap<RecorderId, Vec<usize>> = HashMap::new();
        for (i, camera) in cameras.iter().enumerate() {
            if let Some(recorder) = &camera.recorder {
                behind.entry(recorder.clone()).or_default().push(i);
            }
        }
        let incidents = Incidents::new(&policy, &mut cameras);
        Self {
            policy,
            clock: None,
            online: true,
            cameras,
            index,
            behind,
            silences: BTreeSet::new(),
            edges: BTreeSet::new(),
            incidents,
            order: 0,
        }
    }

    /// Takes up after a restart at `now`: every camera that was known is unknown since `last_alive`, incidents that
    /// were open stay open.
    #[must_use]
    pub fn resume(policy: Policy, resume: Resume, now: Timestamp) -> (Self, Output) {
        let mut judge = Self::new(policy);
        let mut output = Output::default();
        let Resume { last_alive, cameras, incidents } = resume;
        let last_alive = last_alive.map_or(now, |alive| alive.min(now));
        for change in cameras {
            if let Some(&i) = judge.index.get(&change.camera) {
                judge.cameras[i].restore(&change, last_alive);
            }
        }
        judge.incidents.restore(&incidents, &judge.index, &judge.cameras, now, &mut output.events);
        for incident in incidents {
            if incident.scope == event::IncidentScope::Camera
                && let Some(&i) = judge.index.get(incident.subject.as_str())
            {
                judge.cameras[i].machine.restore_condition(Some(incident.cause), incident.since);
            }
        }
        judge.begin(now, last_alive, &mut output);
        (judge, output)
    }

    /// Takes one observation, and first whatever time alone brought about before it. `observation.at` must not be
    /// before any earlier `at` or `advance`. Observations of cameras, sites or recorders that the policy does not name
    /// change nothing but the time.
    pub fn observe(&mut self, observation: &Observation) -> Output {
        let at = observation.at;
        let mut output = Output::default();
        if self.clock.is_none() {
            self.begin(at, at, &mut output);
        }
        self.pass(at, &mut output);
        match &observation.seen {
            Seen::Camera(seen) => self.see_camera(at, seen, &mut output),
            Seen::Gateway { site, reachable } => {
                // While the monitor is cut off its probes do not count, those of gateways no more than of cameras.
                if self.online {
                    self.incidents.see_gateway(site, *reachable, at, self.policy.confirm);
                    self.settle(at, &[], &mut output);
                }
            }
            Seen::Recorder(seen) => self.see_recorder(at, seen, &mut output),
            Seen::Reference { reachable } => self.see_reference(at, *reachable, &mut output),
        }
        output
    }

    /// Lets time pass up to and including `to`. Before the first line there is no time to pass.
    pub fn advance(&mut self, to: Timestamp) -> Output {
        let mut output = Output::default();
        if self.clock.is_some() {
            self.pass(to, &mut output);
        }
        output
    }

    /// A new configuration at `at`: cameras that are in both keep their state and runs, new ones begin as unknown,
    /// incidents of removed ones close, and their states end in the record.
    pub fn reconfigure(&mut self, policy: Policy, at: Timestamp) -> Output {
        let mut output = self.advance(at);
        let mut next = Self::new(policy);
        if self.clock.is_none() {
            *self = next;
            return output;
        }
        next.online = self.online;
        next.order = self.order;
        for camera in &mut next.cameras {
            if let Some(&old) = self.index.get(&camera.id) {
                camera.take_over(&self.cameras[old]);
            } else if !self.online {
                camera.machine.lose_sight(at, Cause::MonitorOffline);
            }
        }
        for camera in self.cameras.iter_mut().filter(|camera| !next.index.contains_key(&camera.id)) {
            output.record.extend(camera.leave(at));
        }
        let moved: Vec<Option<usize>> = self.cameras.iter().map(|camera| next.index.get(&camera.id).copied()).collect();
        let names: Vec<CameraId> = self.cameras.iter().map(|camera| camera.id.clone()).collect();
        let old = std::mem::take(&mut self.incidents);
        next.incidents.take_over(old, &moved, &names, at, &mut output.events);
        *self = next;
        self.begin(at, at, &mut output);
        output
    }

    /// When time alone would next bring something about, if at all.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Timestamp> {
        let first = |timers: &BTreeSet<(Timestamp, usize)>| timers.first().map(|(at, _)| *at);
        [first(&self.silences), first(&self.edges), self.incidents.next_due()].into_iter().flatten().min()
    }

    /// `None` for a camera that is not watched or not in service.
    #[must_use]
    pub fn standing(&self, camera: &CameraId) -> Option<Standing> {
        let camera = &self.cameras[*self.index.get(camera)?];
        if self.clock.is_some() && camera.phase == Phase::OutOfService {
            return None;
        }
        Some(Standing { state: camera.shown.state, cause: camera.shown.cause, since: camera.shown.since })
    }

    /// `None` for a recorder that the policy does not name.
    #[must_use]
    pub fn recorder(&self, recorder: &RecorderId) -> Option<RecorderStanding> {
        let recorder = &self.incidents.recorders[*self.incidents.recorder_index.get(recorder)?];
        Some(recorder.standing(self.clock, self.online, self.policy.metadata_interval))
    }

    /// Whether a camera's present run of failures is one short of making it dark (the moment to look at the references).
    #[must_use]
    pub fn is_about_to_darken(&self, camera: &CameraId) -> bool {
        self.index.get(camera).is_some_and(|&i| self.cameras[i].machine.is_about_to_darken(self.policy.confirm))
    }

    /// Open incidents, oldest first.
    #[must_use]
    pub fn incidents(&self) -> Vec<Incident> {
        self.incidents.list(&self.cameras)
    }

    /// `false` from an observation that the references are unreachable to one that they are reachable.
    #[must_use]
    pub fn monitor_online(&self) -> bool {
        self.online
    }

    /// Time begins, or goes on under new rules, at `at`; what the calendar covers shows from then, or from `floor`
    /// where the time since is known to have been lived through.
    fn begin(&mut self, at: Timestamp, floor: Timestamp, output: &mut Output) {
        self.clock = Some(at);
        let everyone: Vec<usize> = (0..self.cameras.len()).collect();
        for &i in &everyone {
            self.cameras[i].phase = self.cameras[i].calendar.phase(at);
            self.cameras[i].begin(at);
            self.expect(i, at);
            self.refresh(i, at, floor, output);
            self.cameras[i].awaited_from(at, floor);
        }
        self.settle(at, &everyone, output);
    }

    /// Everything that time alone brings about, up to and including `to`, each at its moment.
    fn pass(&mut self, to: Timestamp, output: &mut Output) {
        while let Some(at) = self.next_deadline().filter(|at| *at <= to) {
            let mut touched = BTreeSet::new();
            while let Some(&(due, i)) = self.silences.first().filter(|(due, _)| *due <= at) {
                self.silences.remove(&(due, i));
                self.cameras[i].silence_due = None;
                self.cameras[i].machine.lose_sight(at, Cause::MonitorDown);
                touched.insert(i);
            }
            while let Some(&(due, i)) = self.edges.first().filter(|(due, _)| *due <= at) {
                self.edges.remove(&(due, i));
                self.cameras[i].edge_due = None;
                self.turn_page(i, at);
                touched.insert(i);
            }
            let touched: Vec<usize> = touched.into_iter().collect();
            for &i in &touched {
                self.refresh(i, at, at, output);
            }
            self.settle(at, &touched, output);
            self.clock = Some(at);
        }
        self.clock = self.clock.max(Some(to));
    }

    /// A camera's calendar has come to an edge.
    fn turn_page(&mut self, i: usize, at: Timestamp) {
        let camera = &mut self.cameras[i];
        let before = std::mem::replace(&mut camera.phase, camera.calendar.phase(at));
        if before == Phase::OutOfService && camera.phase != Phase::OutOfService {
            camera.put_into_service(at);
            if !self.online {
                camera.machine.lose_sight(at, Cause::MonitorOffline);
            }
        }
        self.expect(i, at);
    }

    /// Sets a camera's timers anew.
    fn expect(&mut self, i: usize, at: Timestamp) {
        let camera = &mut self.cameras[i];
        if let Some(due) = camera.silence_due.take() {
            self.silences.remove(&(due, i));
        }
        if self.online && camera.phase != Phase::OutOfService {
            let due = camera.heard.map(|heard| after(heard, camera.silence).max(at));
            camera.silence_due = due;
            self.silences.extend(due.map(|due| (due, i)));
        }
        if let Some(due) = camera.edge_due.take() {
            self.edges.remove(&(due, i));
        }
        camera.edge_due = camera.calendar.next_after(at);
        self.edges.extend(camera.edge_due.map(|due| (due, i)));
    }

    fn see_camera(&mut self, at: Timestamp, seen: &CameraSeen, output: &mut Output) {
        let Some(&i) = self.index.get(&seen.camera) else { return };
        let camera = &mut self.cameras[i];
        if !self.online || camera.phase == Phase::OutOfService {
            return;
        }
        let thresholds = Thresholds {
            confirm: self.policy.confirm,
            recover: self.policy.recover,
            picture_confirm: self.policy.picture_confirm,
        };
        let complained = camera.machine.conditions.first_own().map(|condition| condition.cause);
        let before = (camera.shown.state, camera.shown.cause);
        camera.machine.observe(at, seen, thresholds);
        camera.first_seen.get_or_insert(at);
        camera.heard = Some(at);
        let due = after(at, camera.silence);
        if let Some(old) = camera.silence_due.replace(due) {
            self.silences.remove(&(old, i));
        }
        self.silences.insert((due, i));
        if seen.outcome.class().is_dark() {
            self.incidents.count_failure(i, camera);
        }
        self.refresh(i, at, at, output);
        let camera = &self.cameras[i];
        if before != (camera.shown.state, camera.shown.cause)
            || complained != camera.machine.conditions.first_own().map(|condition| condition.cause)
            || self.incidents.concerns(camera, self.policy.confirm)
        {
            self.settle(at, &[i], output);
        }
    }

    fn see_recorder(&mut self, at: Timestamp, seen: &RecorderSeen, output: &mut Output) {
        let Some(turned) = self.incidents.see_recorder(seen, at, self.online, &self.policy) else { return };
        let ours = self.incidents.is_our_clock_wrong;
        let behind = self.behind.get(&seen.recorder).map(Vec::as_slice).unwrap_or_default();
        let others =
            self.behind.iter().filter(|(id, _)| turned && **id != seen.recorder).flat_map(|(_, others)| others);
        let mut touched: Vec<usize> = behind.iter().chain(others).copied().collect();
        touched.retain(|&i| self.cameras[i].phase != Phase::OutOfService);
        touched.sort_unstable();
        for &i in &touched {
            if self.cameras[i].recorder.as_ref() == Some(&seen.recorder) {
                record::judge(&mut self.cameras[i], seen, at, ours, &self.policy);
            } else {
                record::reconsider(&mut self.cameras[i], at, ours);
            }
            self.refresh(i, at, at, output);
        }
        self.settle(at, &touched, output);
    }

    /// Rule 7.
    fn see_reference(&mut self, at: Timestamp, reachable: bool, output: &mut Output) {
        let turned = std::mem::replace(&mut self.online, reachable) != reachable;
        self.incidents.see_reference(reachable, turned, at);
        if !turned && !reachable {
            return;
        }
        let touched: Vec<usize> = if turned {
            (0..self.cameras.len()).filter(|&i| self.cameras[i].phase != Phase::OutOfService).collect()
        } else {
            Vec::new()
        };
        for &i in &touched {
            let camera = &mut self.cameras[i];
            if reachable {
                camera.machine.start_runs_anew();
                camera.heard = Some(at);
                camera.unknown_from = camera.unknown_from.map(|_| at);
            } else {
                camera.machine.lose_sight(at, Cause::MonitorOffline);
            }
            self.expect(i, at);
            self.refresh(i, at, at, output);
        }
        self.settle(at, &touched, output);
    }

    /// Brings what is recorded and shown of a camera up to what its machine and its calendar say.
    fn refresh(&mut self, i: usize, at: Timestamp, floor: Timestamp, output: &mut Output) {
        self.order += 1;
        let camera = &mut self.cameras[i];
        if camera.phase == Phase::OutOfService {
            return;
        }
        output.record.extend(camera.update_record());
        output.events.extend(camera.update_shown(at, floor, self.order).map(Event::State));
    }

    /// What the cameras' states come to as incidents.
    fn settle(&mut self, at: Timestamp, touched: &[usize], output: &mut Output) {
        let view = View {
            now: at,
            online: self.online,
            cameras: &self.cameras,
            confirm: self.policy.confirm,
            group_wait: self.policy.group_wait,
            unknown_after: self.policy.unknown_after,
        };
        output.events.extend(self.incidents.settle(&view, touched).into_iter().map(Event::Incident));
    }
}

/// `at` and so much later; the end of time where that lies beyond it.
fn after(at: Timestamp, wait: Duration) -> Timestamp {
    at.checked_add(wait).unwrap_or(Timestamp::MAX)
}
