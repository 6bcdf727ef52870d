//! Incidents: what one page is about. One upstream failure is one incident, however many cameras it explains.
//!
//! Scopes: `camera`, `recorder`, `site`, `area`, `monitor`. Wider ones are settled first, and what they explain opens
//! nothing of its own. Works on what is shown; knows nobody who is told.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use jiff::Timestamp;

use super::event::{IncidentEvent, IncidentScope, Phase as EventPhase};
use super::groups::{Group, Place};
use super::maintenance::Phase;
use super::outage::Outage;
use super::recorder::RecorderCase;
use super::watched::Watched;
use super::{Policy, after};
use crate::inventory::{CommuneId, RecorderId, SiteId};
use crate::observation::{Cause, State};
use crate::snapshot::Incident;

/// What settling looks at.
pub(super) struct View<'a> {
    pub(super) now: Timestamp,
    pub(super) online: bool,
    pub(super) cameras: &'a [Watched],
    pub(super) confirm: u32,
    pub(super) group_wait: Duration,
    pub(super) unknown_after: Duration,
}

/// An incident that was told.
#[derive(Debug, Clone)]
pub(super) struct Opened {
    pub(super) id: String,
    pub(super) cause: Cause,
    pub(super) cameras: BTreeSet<usize>,
    pub(super) since: Timestamp,
    /// When it was told.
    pub(super) at: Timestamp,
}

/// The reasons for which a camera has an incident of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Dark,
    Degraded,
    /// Refuses us, or cannot be read by us.
    Refused,
    /// Funded, and unknown for too long.
    Unseen,
}

/// What is wrong with a camera that deserves an incident of its own.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Complaint {
    kind: Kind,
    cause: Cause,
    since: Timestamp,
}

#[derive(Debug, Clone, Default)]
pub(super) struct CameraCase {
    /// Dark by itself after a wider failure was over: nothing wider explains it until it is seen again.
    pub(super) alone: bool,
    /// What it complains of, where nothing wider explains it, and when that was decided.
    pub(super) complains: Option<(Kind, Timestamp)>,
    /// With what opened it.
    pub(super) opened: Option<(Opened, Kind)>,
    pub(super) due: Option<Timestamp>,
}

#[derive(Debug, Clone)]
pub(super) struct MonitorCase {
    pub(super) decided: Timestamp,
    pub(super) opened: Option<Opened>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Due {
    Monitor,
    Clock,
    Group(usize),
    Recorder(usize),
    Camera(usize),
}

#[derive(Default)]
pub(super) struct Incidents {
    pub(super) cameras: Vec<CameraCase>,
    /// What cameras may fail together by: first the communes of several sites, then the sites, then the recorders, as far
    /// as they have cameras; each by id.
    pub(super) groups: Vec<Group>,
    /// How many of the groups are areas.
    pub(super) areas: usize,
    pub(super) area_index: HashMap<CommuneId, usize>,
    pub(super) site_index: HashMap<SiteId, usize>,
    pub(super) behind_index: HashMap<RecorderId, usize>,
    /// In the order of their ids.
    pub(super) recorders: Vec<RecorderCase>,
    pub(super) recorder_index: HashMap<RecorderId, usize>,
    pub(super) monitor: Option<MonitorCase>,
    /// The references have answered: what was open of the monitor is over.
    pub(super) monitor_over: bool,
    /// The monitor's own clock is what is wrong.
    pub(super) clock: Option<MonitorCase>,
    pub(super) is_our_clock_wrong: bool,
    /// What was open of it, and is over.
    pub(super) clock_over: Option<Opened>,
    pub(super) due: BTreeSet<(Timestamp, Due)>,
    /// Groups to look at although none of their cameras changed.
    pub(super) stirred: BTreeSet<usize>,
    pub(super) stirred_recorders: BTreeSet<usize>,
}

impl Incidents {
    pub(super) fn new(policy: &Policy, cameras: &mut [Watched]) -> Self {
        let mut behind: BTreeMap<&RecorderId, Vec<usize>> = BTreeMap::new();
        let mut at: BTreeMap<&SiteId, Vec<usize>> = BTreeMap::new();
        for (i, camera) in cameras.iter().enumerate() {
            at.entry(&camera.site_id).or_default().push(i);
            if let Some(recorder) = &camera.recorder {
                behind.entry(recorder).or_default().push(i);
            }
        }
        let commune_of = |site: &SiteId| policy.sites.get(site).map(|site| &site.commune);
        let mut areas: BTreeMap<&CommuneId, Vec<&SiteId>> = BTreeMap::new();
        for site in at.keys() {
            if let Some(commune) = commune_of(site) {
                areas.entry(commune).or_default().push(site);
            }
        }
        areas.retain(|_, sites| sites.len() > 1);
        let of_areas = areas.iter().map(|(id, sites)| {
            let cameras = sites.iter().flat_map(|site| at[site].iter().copied()).collect();
            Group::new(Place::Area((*id).clone()), false, cameras)
        });
        let of_sites = at.iter().map(|(id, cameras)| {
            let has_gateway = policy.sites.get(*id).is_some_and(|site| site.gateway.is_some());
            Group::new(Place::Site((*id).clone()), has_gateway, cameras.clone())
        });
        let of_recorders =
            behind.iter().map(|(id, cameras)| Group::new(Place::Recorder((*id).clone()), false, cameras.clone()));
        let mut groups: Vec<Group> = of_areas.chain(of_sites).chain(of_recorders).collect();
        let mut this = Self { cameras: vec![CameraCase::default(); cameras.len()], ..Self::default() };
        for (g, group) in groups.iter().enumerate() {
            match &group.place {
                Place::Area(id) => drop(this.area_index.insert(id.clone(), g)),
                Place::Site(id) => drop(this.site_index.insert(id.clone(), g)),
                Place::Recorder(id) => drop(this.behind_index.insert(id.clone(), g)),
            }
        }
        this.areas = this.area_index.len();
        for (id, &s) in &this.site_index {
            let area = commune_of(id).and_then(|commune| this.area_index.get(commune)).copied();
            groups[s].area = area;
            if let Some(area) = area {
                groups[area].sites.push(s);
            }
        }
        for recorder in policy.recorders.values() {
            let r = this.recorders.len();
            let mut case = RecorderCase::new(recorder, behind.get(&recorder.id).cloned().unwrap_or_default(), policy);
            let area = commune_of(&recorder.site).and_then(|commune| this.area_index.get(commune));
            let wider = [area, this.site_index.get(&recorder.site), this.behind_index.get(&recorder.id)];
            case.groups = wider.into_iter().flatten().copied().collect();
            case.groups.iter().for_each(|&g| groups[g].recorders.push(r));
            this.recorder_index.insert(recorder.id.clone(), r);
            this.recorders.push(case);
        }
        for camera in cameras {
            camera.site = this.site_index[&camera.site_id];
            camera.behind = camera.recorder.as_ref().and_then(|id| this.behind_index.get(id)).copied();
        }
        for group in &mut groups {
            group.sites.sort_unstable();
        }
        this.groups = groups;
        this
    }

    pub(super) fn next_due(&self) -> Option<Timestamp> {
        self.due.first().map(|(at, _)| *at)
    }

    /// Rule 7. What was decided of sites but not told falls where the answer has `turned`: every run starts anew.
    pub(super) fn see_reference(&mut self, reachable: bool, turned: bool, at: Timestamp) {
        if reachable {
            self.monitor_over = true;
        } else if self.monitor.is_none() {
            self.monitor = Some(MonitorCase { decided: at, opened: None });
        }
        if !turned {
            return;
        }
        for group in &mut self.groups {
            group.unreachable.clear();
            group.outage.take_if(|outage| outage.opened.is_none());
        }
        for (r, recorder) in self.recorders.iter_mut().enumerate() {
            recorder.lose_sight();
            self.stirred_recorders.insert(r);
        }
    }

    /// Brings the incidents up to what is shown, of the cameras that were touched and of those whose wait is over.
    pub(super) fn settle(&mut self, view: &View<'_>, touched: &[usize]) -> Vec<IncidentEvent> {
        let mut cameras: BTreeSet<usize> = touched.iter().copied().collect();
        let mut groups = std::mem::take(&mut self.stirred);
        let mut recorders = std::mem::take(&mut self.stirred_recorders);
        groups.extend(touched.iter().map(|&i| view.cameras[i].site));
        while let Some(&(at, due)) = self.due.first().filter(|(at, _)| *at <= view.now) {
            self.due.remove(&(at, due));
            match due {
                Due::Monitor | Due::Clock => {}
                Due::Group(g) => {
                    self.groups[g].due = None;
                    groups.insert(g);
                }
                Due::Recorder(r) => {
                    self.recorders[r].due = None;
                    recorders.insert(r);
                }
                Due::Camera(i) => {
                    self.cameras[i].due = None;
                    cameras.insert(i);
                    groups.insert(view.cameras[i].site);
                }
            }
        }
        let mut events = Vec::new();
        self.settle_monitor(view, &cameras, &mut events);
        self.settle_clock(view, &mut events);
        groups.extend(self.behind(&groups, view));
        for &g in &groups {
            self.mark_alone(g, view);
        }
        for &g in &groups {
            self.note_failure(g, view);
        }
        // What an area explains, its sites do not.
        groups.extend(groups.clone().into_iter().filter_map(|g| self.groups[g].area));
        for area in groups.clone().range(..self.areas) {
            let before = self.groups[*area].outage.as_ref().map(Outage::extent);
            let explained = self.settle_group(*area, view, &mut events);
            if before != self.groups[*area].outage.as_ref().map(Outage::extent) {
                cameras.extend(explained);
                groups.extend(&self.groups[*area].sites);
                recorders.extend(&self.groups[*area].recorders);
            }
        }
        // And what a site explains, its recorders do not.
        groups.extend(self.behind(&groups, view));
        for g in groups.split_off(&self.areas) {
            self.mark_alone(g, view);
            cameras.extend(self.settle_group(g, view, &mut events));
            recorders.extend(&self.groups[g].recorders);
        }
        for r in recorders {
            self.settle_recorder(r, view, &mut events);
        }
        for i in cameras {
            let before = self.is_told_as_dark(i);
            self.settle_camera(i, view, &mut events);
            // One that was told fails its gateway's site no longer.
            if self.is_told_as_dark(i) != before {
                self.stirred.insert(view.cameras[i].site);
            }
        }
        // What is over first, then what is new, then what has changed; the widest scope first.
        events.sort_by(|a, b| {
            let rank = |event: &IncidentEvent| match event.phase {
                EventPhase::Close => 0,
                EventPhase::Open => 1,
                EventPhase::Update => 2,
            };
            (rank(a), std::cmp::Reverse(a.scope), &a.subject).cmp(&(rank(b), std::cmp::Reverse(b.scope), &b.subject))
        });
        events
    }

    /// The groups of the recorders that the cameras of groups are behind.
    fn behind(&self, groups: &BTreeSet<usize>, view: &View<'_>) -> BTreeSet<usize> {
        let cameras = groups.iter().flat_map(|&g| &self.groups[g].cameras);
        cameras.filter_map(|&i| view.cameras[i].behind).collect()
    }

    fn settle_monitor(&mut self, view: &View<'_>, touched: &BTreeSet<usize>, events: &mut Vec<IncidentEvent>) {
        if std::mem::take(&mut self.monitor_over) {
            if let Some(case) = self.monitor.take() {
                self.due.retain(|(_, due)| *due != Due::Monitor);
                if let Some(opened) = case.opened {
                    events.push(tell(&opened, EventPhase::Close, IncidentScope::Monitor, "monitor", view));
                }
            }
            return;
        }
        let Some(case) = &mut self.monitor else { return };
        if view.online {
            return;
        }
        let explained = |i: &usize| {
            let camera = &view.cameras[*i];
            camera.phase == Phase::InService && camera.shown.cause == Some(Cause::MonitorOffline)
        };
        if let Some(opened) = &mut case.opened {
            let before = opened.cameras.len();
            opened.cameras.extend(touched.iter().filter(|i| explained(i)));
            if opened.cameras.len() > before {
                events.push(tell(opened, EventPhase::Update, IncidentScope::Monitor, "monitor", view));
            }
            return;
        }
        let due = after(case.decided, view.group_wait);
        if due > view.now {
            self.due.insert((due, Due::Monitor));
            return;
        }
        let cameras = (0..view.cameras.len()).filter(explained).collect();
        let opened =
            open(IncidentScope::Monitor.as_str(), "monitor", Cause::MonitorOffline, cameras, case.decided, view.now);
        events.push(tell(&opened, EventPhase::Open, IncidentScope::Monitor, "monitor", view));
        case.opened = Some(opened);
    }

    fn settle_camera(&mut self, i: usize, view: &View<'_>, events: &mut Vec<IncidentEvent>) {
        let camera = &view.cameras[i];
        let subject = camera.id.as_str();
        self.cameras[i].alone &= !camera.is_live();
        let outages: Vec<&Outage> = self.outages_of(camera).filter(|outage| outage.explains(i, view.confirm)).collect();
        let complaint = complaint(camera, view).filter(|complaint| outages.is_empty() || complaint.kind != Kind::Dark);
        // What an incident that is told explains opens nothing of its own.
        let own = complaint.filter(|_| outages.iter().all(|outage| outage.opened.is_none()));
        // Another kind of complaint waits anew: a dark camera may yet be explained by its site.
        let before = self.cameras[i].complains;
        let waiting = own.map(|own| before.filter(|(kind, _)| *kind == own.kind).unwrap_or((own.kind, view.now)));
        self.cameras[i].complains = waiting;
        if let Some((opened, by)) = &mut self.cameras[i].opened {
            let over = camera.phase == Phase::OutOfService
                || camera.shown.state == State::Up
                || (camera.shown.state == State::Degraded && *by == Kind::Dark);
            if over {
                events.push(tell(opened, EventPhase::Close, IncidentScope::Camera, subject, view));
                self.cameras[i].opened = None;
            } else {
                // One that is open stays as it is through unknown, for however long.
                let told = complaint.filter(|complaint| complaint.kind != Kind::Unseen);
                if let Some(complaint) = told.filter(|complaint| complaint.cause != opened.cause) {
                    opened.cause = complaint.cause;
                    events.push(tell(opened, EventPhase::Update, IncidentScope::Camera, subject, view));
                }
                self.reset_due(Due::Camera(i), None);
                return;
            }
        }
        let (Some(own), Some((kind, decided))) = (own, waiting) else {
            self.reset_due(Due::Camera(i), too_long_unknown(camera, view).filter(|due| *due > view.now));
            return;
        };
        let due = after(decided, view.group_wait);
        if due > view.now {
            self.reset_due(Due::Camera(i), Some(due));
            return;
        }
        let opened = open(IncidentScope::Camera.as_str(), subject, own.cause, [i].into(), own.since, view.now);
        events.push(tell(&opened, EventPhase::Open, IncidentScope::Camera, subject, view));
        self.cameras[i].opened = Some((opened, kind));
        self.reset_due(Due::Camera(i), None);
    }

    pub(super) fn reset_due(&mut self, due: Due, at: Option<Timestamp>) {
        let slot = match due {
            Due::Camera(i) => &mut self.cameras[i].due,
            Due::Group(g) => &mut self.groups[g].due,
            Due::Recorder(r) => &mut self.recorders[r].due,
            Due::Monitor | Due::Clock => return,
        };
        if *slot == at {
            return;
        }
        if let Some(old) = std::mem::replace(slot, at) {
            self.due.remove(&(old, due));
        }
        self.due.extend(at.map(|at| (at, due)));
    }

    /// Oldest first.
    pub(super) fn list(&self, cameras: &[Watched]) -> Vec<Incident> {
        let of_cameras = self.cameras.iter().enumerate().filter_map(|(i, case)| {
            Some((case.opened.as_ref().map(|(opened, _)| opened)?, IncidentScope::Camera, cameras[i].id.as_str()))
        });
        let of_groups = self.groups.iter().filter_map(|group| {
            Some((group.outage.as_ref()?.opened.as_ref()?, group.place.scope(), group.place.as_str()))
        });
        let of_recorders = self
            .recorders
            .iter()
            .filter_map(|one| Some((one.opened.as_ref()?, IncidentScope::Recorder, one.id.as_str())));
        let of_monitor = self.monitor.iter().chain(&self.clock);
        let of_monitor = of_monitor.filter_map(|case| Some((case.opened.as_ref()?, IncidentScope::Monitor, "monitor")));
        let mut list: Vec<Incident> = of_cameras
            .chain(of_groups)
            .chain(of_recorders)
            .chain(of_monitor)
            .map(|(opened, scope, subject)| Incident {
                id: opened.id.clone(),
                scope,
                subject: subject.to_owned(),
                cause: opened.cause,
                cameras: opened.cameras.iter().map(|&i| cameras[i].id.clone()).collect(),
                since: opened.since,
                opened_at: opened.at,
            })
            .collect();
        list.sort_by(|a, b| (a.opened_at, &a.id).cmp(&(b.opened_at, &b.id)));
        list
    }
}

/// What is wrong with a camera, as far as it is shown, that deserves an incident of its own.
fn complaint(camera: &Watched, view: &View<'_>) -> Option<Complaint> {
    if camera.phase != Phase::InService {
        return None;
    }
    let cause = camera.shown.cause?;
    let since = camera.shown.since.or(camera.unknown_from)?;
    let (kind, cause, since) = match camera.shown.state {
        State::Dark => (Kind::Dark, cause, since),
        State::Degraded => {
            let own = camera.machine.conditions.first_own()?;
            (Kind::Degraded, own.cause, since.max(own.since))
        }
        State::Unknown if matches!(cause, Cause::Unauthorized | Cause::Incompatible) => {
            (Kind::Refused, cause, camera.machine.blind_since().map_or(since, |blind| since.max(blind)))
        }
        State::Unknown => {
            too_long_unknown(camera, view).filter(|due| *due <= view.now)?;
            (Kind::Unseen, cause, camera.unknown_from.map_or(since, |from| since.max(from)))
        }
        State::Up | State::Maintenance => return None,
    };
    Some(Complaint { kind, cause, since })
}

/// When a funded camera that shows unknown will have been so for too long; never by rule 7.
fn too_long_unknown(camera: &Watched, view: &View<'_>) -> Option<Timestamp> {
    let shown = &camera.shown;
    let counts = camera.funded
        && camera.phase == Phase::InService
        && shown.state == State::Unknown
        && shown.cause != Some(Cause::MonitorOffline);
    camera.unknown_from.filter(|_| counts).map(|from| after(from, view.unknown_after))
}

/// What an incident of one camera with this cause is about.
pub(super) fn kind_of(cause: Cause) -> Kind {
    match cause {
        Cause::Unauthorized | Cause::Incompatible => Kind::Refused,
        Cause::Busy | Cause::MonitorOffline | Cause::MonitorDown => Kind::Unseen,
        cause if super::conditions::Kind::of(cause).is_some() => Kind::Degraded,
        _ => Kind::Dark,
    }
}

/// `of`: the scope, or where a scope has two kinds of incidents of one subject, a word that tells them apart.
pub(super) fn open(
    of: &str,
    subject: &str,
    cause: Cause,
    cameras: BTreeSet<usize>,
    since: Timestamp,
    now: Timestamp,
) -> Opened {
    // Of these a subject opens at most one incident at a moment, so that this is never used again.
    let id = format!("{}-{of}-{subject}", now.strftime("%Y%m%dT%H%M%S%.fZ"));
    Opened { id, cause, cameras, since, at: now }
}

pub(super) fn tell(
    opened: &Opened,
    phase: EventPhase,
    scope: IncidentScope,
    subject: &str,
    view: &View<'_>,
) -> IncidentEvent {
    IncidentEvent {
        at: view.now,
        id: opened.id.clone(),
        phase,
        scope,
        subject: subject.to_owned(),
        cause: opened.cause,
        cameras: opened.cameras.iter().map(|&i| view.cameras[i].id.clone()).collect(),
        since: opened.since,
    }
}
