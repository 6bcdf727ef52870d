//! Incidents: what one page is about. One upstream failure is one incident, however many cameras it explains.
//!
//! Scopes: `camera`, `site`, `monitor`. Those of recorders and areas will stand between them: wider ones are settled
//! first, and what they explain opens nothing of its own. Works on what is shown; knows nobody who is told.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use jiff::Timestamp;

use super::event::{IncidentEvent, IncidentScope, Phase as EventPhase};
use super::maintenance::Phase;
use super::outage::{Outage, is_common_failure, is_dark_by_path};
use super::runs::Run;
use super::watched::Watched;
use super::{Policy, after};
use crate::inventory::SiteId;
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
    /// What it complains of, where nothing wider explains it, and when that was decided.
    pub(super) complains: Option<(Kind, Timestamp)>,
    /// With what opened it.
    pub(super) opened: Option<(Opened, Kind)>,
    pub(super) due: Option<Timestamp>,
}

#[derive(Debug, Clone)]
pub(super) struct SiteCase {
    pub(super) id: SiteId,
    pub(super) has_gateway: bool,
    pub(super) cameras: Vec<usize>,
    /// Looks at the gateway in a row that found it unreachable.
    pub(super) unreachable: Run,
    pub(super) outage: Option<Outage>,
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
    Site(usize),
    Camera(usize),
}

#[derive(Default)]
pub(super) struct Incidents {
    pub(super) cameras: Vec<CameraCase>,
    pub(super) sites: Vec<SiteCase>,
    pub(super) site_index: HashMap<SiteId, usize>,
    pub(super) monitor: Option<MonitorCase>,
    /// The references have answered: what was open of the monitor is over.
    pub(super) monitor_over: bool,
    pub(super) due: BTreeSet<(Timestamp, Due)>,
    /// Sites to look at although none of their cameras changed.
    pub(super) stirred: BTreeSet<usize>,
}

impl Incidents {
    pub(super) fn new(policy: &Policy, cameras: &mut [Watched]) -> Self {
        let ids: BTreeSet<&SiteId> = cameras.iter().map(|camera| &camera.site_id).collect();
        let mut sites: Vec<SiteCase> = ids
            .into_iter()
            .map(|id| SiteCase {
                id: id.clone(),
                has_gateway: policy.sites.get(id).is_some_and(|site| site.gateway.is_some()),
                cameras: Vec::new(),
                unreachable: Run::default(),
                outage: None,
                due: None,
            })
            .collect();
        let site_index: HashMap<SiteId, usize> =
            sites.iter().enumerate().map(|(s, site)| (site.id.clone(), s)).collect();
        for (i, camera) in cameras.iter_mut().enumerate() {
            camera.site = site_index[&camera.site_id];
            sites[camera.site].cameras.push(i);
        }
        Self { cameras: vec![CameraCase::default(); cameras.len()], sites, site_index, ..Self::default() }
    }

    pub(super) fn next_due(&self) -> Option<Timestamp> {
        self.due.first().map(|(at, _)| *at)
    }

    /// Whether an observation of a camera of this site may matter although its state stays.
    pub(super) fn concerns(&self, site: usize, confirm: u32) -> bool {
        let site = &self.sites[site];
        site.outage.is_some() || site.unreachable.length() >= confirm
    }

    pub(super) fn see_gateway(&mut self, site: &SiteId, reachable: bool, at: Timestamp, confirm: u32) {
        let Some(&s) = self.site_index.get(site) else { return };
        let site = &mut self.sites[s];
        if !site.has_gateway {
            return;
        }
        if reachable {
            site.unreachable.clear();
            if let Some(outage) = &mut site.outage {
                outage.gone = true;
            }
        } else {
            site.unreachable.push(at);
            // One that was never told begins anew when the cameras are looked at.
            if site.unreachable.length() >= confirm
                && let Some(outage) = site.outage.as_mut().filter(|outage| outage.opened.is_some())
            {
                outage.returns();
            }
        }
        self.stirred.insert(s);
    }

    pub(super) fn count_failure(&mut self, camera: usize, site: usize) {
        if let Some(outage) = &mut self.sites[site].outage {
            outage.count_failure(camera);
        }
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
        for site in &mut self.sites {
            site.unreachable.clear();
            site.outage.take_if(|outage| outage.opened.is_none());
        }
    }

    /// Brings the incidents up to what is shown, of the cameras that were touched and of those whose wait is over.
    pub(super) fn settle(&mut self, view: &View<'_>, touched: &[usize]) -> Vec<IncidentEvent> {
        let mut cameras: BTreeSet<usize> = touched.iter().copied().collect();
        let mut sites = std::mem::take(&mut self.stirred);
        sites.extend(touched.iter().map(|&i| view.cameras[i].site));
        while let Some(&(at, due)) = self.due.first().filter(|(at, _)| *at <= view.now) {
            self.due.remove(&(at, due));
            match due {
                Due::Monitor => {}
                Due::Site(s) => {
                    self.sites[s].due = None;
                    sites.insert(s);
                }
                Due::Camera(i) => {
                    self.cameras[i].due = None;
                    cameras.insert(i);
                    sites.insert(view.cameras[i].site);
                }
            }
        }
        let mut events = Vec::new();
        self.settle_monitor(view, &cameras, &mut events);
        for s in sites {
            cameras.extend(self.settle_site(s, view, &mut events));
        }
        for i in cameras {
            self.settle_camera(i, view, &mut events);
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
        let opened = open(IncidentScope::Monitor, "monitor", Cause::MonitorOffline, cameras, case.decided, view.now);
        events.push(tell(&opened, EventPhase::Open, IncidentScope::Monitor, "monitor", view));
        case.opened = Some(opened);
    }

    /// Gives the cameras that the site's failure explains, whose own incidents wait no longer.
    fn settle_site(&mut self, s: usize, view: &View<'_>, events: &mut Vec<IncidentEvent>) -> Vec<usize> {
        let failing = self.failure(s, view);
        let outage = match (self.sites[s].outage.take(), &failing) {
            // What was told is over when its line is there again, whatever has become of its cameras.
            (Some(mut outage), _) if outage.opened.is_some() => {
                if !self.sites[s].has_gateway && outage.members.keys().any(|&i| view.cameras[i].is_live()) {
                    outage.gone = true;
                }
                if !outage.gone {
                    outage.join(failing.iter().flatten().copied());
                }
                Some(outage)
            }
            // Until it is told, it is what it comes to at each moment.
            (Some(mut outage), Some(dark)) if !outage.gone => {
                outage.explain(dark);
                Some(outage)
            }
            (_, Some(dark)) => Some(self.outage_of(dark, view)),
            (Some(mut outage), None) => {
                outage.gone = true;
                Some(outage)
            }
            (None, None) => None,
        };
        let Some(mut outage) = outage else {
            self.reset_due(Due::Site(s), None);
            return Vec::new();
        };
        outage.look(view.cameras);
        self.tell_outage(s, &mut outage, view, events);
        if outage.is_settled(view) {
            if let Some(opened) = &outage.opened {
                events.push(tell(opened, EventPhase::Close, IncidentScope::Site, self.sites[s].id.as_str(), view));
            }
            // A camera may fail again already while the line still does.
            let Some(dark) = failing else {
                self.reset_due(Due::Site(s), None);
                return Vec::new();
            };
            outage = self.outage_of(&dark, view);
        }
        let due = after(outage.decided, view.group_wait);
        let waits = outage.opened.is_none() && !outage.gone && due > view.now;
        let explained = outage.members.keys().copied().collect();
        self.sites[s].outage = Some(outage);
        self.reset_due(Due::Site(s), waits.then_some(due));
        explained
    }

    /// One that begins now; what its dark cameras have waited already counts.
    fn outage_of(&self, dark: &[usize], view: &View<'_>) -> Outage {
        let waiting = dark.iter().filter_map(|&i| self.cameras[i].complains.filter(|(kind, _)| *kind == Kind::Dark));
        let decided = waiting.map(|(_, decided)| decided).fold(view.now, Timestamp::min);
        Outage::new(decided, dark.iter().copied())
    }

    /// Whether the site as a whole fails at this moment, and the dark cameras that this explains.
    fn failure(&self, s: usize, view: &View<'_>) -> Option<Vec<usize>> {
        let site = &self.sites[s];
        if !view.online {
            return None;
        }
        let dark = self.dark_by_path(s, view);
        let fails = if site.has_gateway {
            self.is_gateway_failure(s, view)
        } else {
            // A failure of which every camera was told already is an old one.
            !dark.is_empty() && is_common_failure(&site.cameras, view)
        };
        fails.then_some(dark)
    }

    /// Unreachable `confirm` times in a row, while a camera fails by path that was not told as dark by itself.
    fn is_gateway_failure(&self, s: usize, view: &View<'_>) -> bool {
        let site = &self.sites[s];
        site.unreachable.length() >= view.confirm
            && site.cameras.iter().any(|&i| {
                let camera = &view.cameras[i];
                camera.phase == Phase::InService
                    && !self.is_told_as_dark(i)
                    && (camera.machine.is_failing_by_path() || is_dark_by_path(camera))
            })
    }

    /// Those of the site that are dark by path and were not told as such by themselves.
    fn dark_by_path(&self, s: usize, view: &View<'_>) -> Vec<usize> {
        let cameras = self.sites[s].cameras.iter().copied();
        cameras.filter(|&i| is_dark_by_path(&view.cameras[i]) && !self.is_told_as_dark(i)).collect()
    }

    /// Whether an incident of its own was opened because a camera is dark.
    fn is_told_as_dark(&self, i: usize) -> bool {
        self.cameras[i].opened.as_ref().is_some_and(|(_, by)| *by == Kind::Dark)
    }

    fn tell_outage(&self, s: usize, outage: &mut Outage, view: &View<'_>, events: &mut Vec<IncidentEvent>) {
        let subject = self.sites[s].id.as_str();
        let members: BTreeSet<usize> = outage.members.keys().copied().collect();
        if let Some(opened) = &mut outage.opened {
            if opened.cameras != members && !members.is_empty() {
                opened.cameras = members;
                events.push(tell(opened, EventPhase::Update, IncidentScope::Site, subject, view));
            }
            return;
        }
        if outage.gone || view.now < after(outage.decided, view.group_wait) {
            return;
        }
        let Some((cause, since)) = outage.cause_and_since(view.cameras) else { return };
        let cause = if self.sites[s].has_gateway { Cause::Unreachable } else { cause };
        let opened = open(IncidentScope::Site, subject, cause, members, since, view.now);
        events.push(tell(&opened, EventPhase::Open, IncidentScope::Site, subject, view));
        outage.opened = Some(opened);
    }

    fn settle_camera(&mut self, i: usize, view: &View<'_>, events: &mut Vec<IncidentEvent>) {
        let camera = &view.cameras[i];
        let subject = camera.id.as_str();
        let outage = self.sites[camera.site].outage.as_ref().filter(|outage| outage.explains(i, view.confirm));
        let complaint = complaint(camera, view).filter(|complaint| outage.is_none() || complaint.kind != Kind::Dark);
        // What an incident that is told explains opens nothing of its own.
        let own = complaint.filter(|_| outage.is_none_or(|outage| outage.opened.is_none()));
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
        let opened = open(IncidentScope::Camera, subject, own.cause, [i].into(), own.since, view.now);
        events.push(tell(&opened, EventPhase::Open, IncidentScope::Camera, subject, view));
        self.cameras[i].opened = Some((opened, kind));
        self.reset_due(Due::Camera(i), None);
    }

    pub(super) fn reset_due(&mut self, due: Due, at: Option<Timestamp>) {
        let slot = match due {
            Due::Camera(i) => &mut self.cameras[i].due,
            Due::Site(s) => &mut self.sites[s].due,
            Due::Monitor => return,
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
        let of_sites = self
            .sites
            .iter()
            .filter_map(|site| Some((site.outage.as_ref()?.opened.as_ref()?, IncidentScope::Site, site.id.as_str())));
        let of_monitor =
            self.monitor.iter().filter_map(|case| Some((case.opened.as_ref()?, IncidentScope::Monitor, "monitor")));
        let mut list: Vec<Incident> = of_cameras
            .chain(of_sites)
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

fn open(
    scope: IncidentScope,
    subject: &str,
    cause: Cause,
    cameras: BTreeSet<usize>,
    since: Timestamp,
    now: Timestamp,
) -> Opened {
    // A subject opens at most one incident at a moment, so that this is never used again.
    let id = format!("{}-{}-{subject}", now.strftime("%Y%m%dT%H%M%S%.fZ"), scope.as_str());
    Opened { id, cause, cameras, since, at: now }
}

fn tell(opened: &Opened, phase: EventPhase, scope: IncidentScope, subject: &str, view: &View<'_>) -> IncidentEvent {
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
