//! What cameras may fail together by: the line of their commune, that of their site, or their recorder. One incident
//! explains them all.
//!
//! The wider failure comes first: what an area explains, its sites do not, and what a site explains, its recorders do
//! not. What was told before the wider failure was known stays told as it is, and the wider one explains the rest.

use jiff::Timestamp;
use std::collections::BTreeSet;

use super::after;
use super::event::{IncidentEvent, IncidentScope, Phase as EventPhase};
use super::incidents::{Due, Incidents, Kind, Opened, View, kind_of, open, tell};
use super::maintenance::Phase;
use super::outage::{Outage, is_common_failure, is_dark_by_path};
use super::runs::Run;
use super::watched::Watched;
use crate::inventory::{CommuneId, RecorderId, SiteId};
use crate::observation::Cause;

/// Where cameras are together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    Area(CommuneId),
    Site(SiteId),
    Recorder(RecorderId),
}

impl Place {
    pub(super) fn scope(&self) -> IncidentScope {
        match self {
            Self::Area(_) => IncidentScope::Area,
            Self::Site(_) => IncidentScope::Site,
            Self::Recorder(_) => IncidentScope::Recorder,
        }
    }

    pub(super) fn as_str(&self) -> &str {
        match self {
            Self::Area(id) => id.as_str(),
            Self::Site(id) => id.as_str(),
            Self::Recorder(id) => id.as_str(),
        }
    }
}

/// Cameras that may fail together.
#[derive(Debug, Clone)]
pub(super) struct Group {
    pub(super) place: Place,
    pub(super) has_gateway: bool,
    pub(super) cameras: Vec<usize>,
    /// Of an area: its sites.
    pub(super) sites: Vec<usize>,
    /// Of a site: its area, where that has other sites.
    pub(super) area: Option<usize>,
    /// Whose silence a failure of the group explains.
    pub(super) recorders: Vec<usize>,
    /// Looks at the gateway in a row that found it unreachable.
    pub(super) unreachable: Run,
    /// The last look at the gateway found it there.
    pub(super) answers: bool,
    /// Since when its gateway tells that the site fails.
    pub(super) fails_from: Option<Timestamp>,
    pub(super) outage: Option<Outage>,
    pub(super) due: Option<Timestamp>,
}

impl Group {
    pub(super) fn new(place: Place, has_gateway: bool, cameras: Vec<usize>) -> Self {
        Self {
            place,
            has_gateway,
            cameras,
            sites: Vec::new(),
            area: None,
            recorders: Vec::new(),
            unreachable: Run::default(),
            answers: false,
            fails_from: None,
            outage: None,
            due: None,
        }
    }
}

impl Incidents {
    /// Whether an observation of a camera may matter although its state stays.
    pub(super) fn concerns(&self, camera: &Watched, confirm: u32) -> bool {
        self.outages_of(camera).next().is_some() || self.groups[camera.site].unreachable.length() >= confirm
    }

    /// Of its area, of its site and of its recorder.
    pub(super) fn outages_of(&self, camera: &Watched) -> impl Iterator<Item = &Outage> {
        self.groups_of(camera).filter_map(|g| self.groups[g].outage.as_ref())
    }

    fn groups_of(&self, camera: &Watched) -> impl Iterator<Item = usize> + use<> {
        [self.groups[camera.site].area, Some(camera.site), camera.behind].into_iter().flatten()
    }

    pub(super) fn see_gateway(&mut self, site: &SiteId, reachable: bool, at: Timestamp, confirm: u32) {
        let Some(&s) = self.site_index.get(site) else { return };
        let site = &mut self.groups[s];
        if !site.has_gateway {
            return;
        }
        site.answers = reachable;
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

    pub(super) fn count_failure(&mut self, i: usize, camera: &Watched) {
        for g in self.groups_of(camera) {
            if let Some(outage) = &mut self.groups[g].outage {
                outage.count_failure(i);
            }
        }
    }

    /// Marks the cameras that were found dark by themselves after a failure that was told was over. Those of an area may
    /// still be dark with their site.
    pub(super) fn mark_alone(&mut self, g: usize, view: &View<'_>) {
        if self.is_area(g) {
            return;
        }
        let Some(outage) = self.groups[g].outage.as_ref().filter(|outage| outage.opened.is_some()) else { return };
        for i in outage.alone(view) {
            self.cameras[i].alone = true;
        }
    }

    /// Gives the cameras that the group's failure explains, whose own incidents wait no longer, or explained until now.
    pub(super) fn settle_group(&mut self, g: usize, view: &View<'_>, events: &mut Vec<IncidentEvent>) -> Vec<usize> {
        let failing = self.failure(g, view);
        let outage = match (self.groups[g].outage.take(), &failing) {
            // What was told is over when its line is there again, whatever has become of its cameras.
            (Some(mut outage), _) if outage.opened.is_some() && self.is_area(g) => {
                self.follow_area(g, &mut outage, view);
                Some(outage)
            }
            (Some(mut outage), _) if outage.opened.is_some() => {
                if !self.groups[g].has_gateway && outage.members.keys().any(|&i| view.cameras[i].is_live()) {
                    outage.gone = true;
                }
                if !outage.gone {
                    outage.join(failing.iter().flatten().copied());
                }
                Some(outage)
            }
            // Until it is told, it is what it comes to at each moment.
            (Some(mut outage), Some(dark)) if !outage.gone => {
                // What joins it may have waited for longer.
                outage.decided = outage.decided.min(self.outage_of(g, dark, view).decided);
                outage.explain(dark);
                Some(outage)
            }
            (_, Some(dark)) => Some(self.outage_of(g, dark, view)),
            (Some(mut outage), None) => {
                outage.gone = true;
                Some(outage)
            }
            (None, None) => None,
        };
        let Some(mut outage) = outage else {
            self.reset_due(Due::Group(g), None);
            return Vec::new();
        };
        outage.look(view.cameras);
        self.tell_outage(g, &mut outage, view, events);
        let explained: Vec<usize> = outage.members.keys().copied().collect();
        if outage.is_settled(view) {
            if let Some(opened) = &outage.opened {
                let place = &self.groups[g].place;
                events.push(tell(opened, EventPhase::Close, place.scope(), place.as_str(), view));
            }
            self.reset_due(Due::Group(g), None);
            // A camera that was not of it may fail already while the line still does.
            if let Some(dark) = self.failure(g, view) {
                let outage = self.outage_of(g, &dark, view);
                self.wait_for(g, outage, view);
            }
            return explained;
        }
        self.wait_for(g, outage, view);
        explained
    }

    fn wait_for(&mut self, g: usize, outage: Outage, view: &View<'_>) {
        let due = after(outage.decided, view.group_wait);
        let waits = outage.opened.is_none() && !outage.gone && due > view.now;
        self.groups[g].outage = Some(outage);
        self.reset_due(Due::Group(g), waits.then_some(due));
    }

    /// One that begins now; what its dark cameras have waited already counts, by themselves or for a narrower failure that
    /// was not told.
    fn outage_of(&self, g: usize, dark: &[usize], view: &View<'_>) -> Outage {
        let by_themselves =
            dark.iter().filter_map(|&i| self.cameras[i].complains.filter(|(kind, _)| *kind == Kind::Dark));
        let narrower = dark.iter().flat_map(|&i| self.groups_of(&view.cameras[i])).filter(|other| *other > g);
        let narrower = narrower.filter_map(|narrower| {
            self.groups[narrower].outage.as_ref().filter(|outage| !outage.gone && outage.opened.is_none())
        });
        let decided = by_themselves.map(|(_, decided)| decided).chain(narrower.map(|outage| outage.decided));
        Outage::new(decided.fold(view.now, Timestamp::min), dark.iter().copied())
    }

    /// Whether the group as a whole fails at this moment, and the dark cameras that this explains.
    pub(super) fn failure(&self, g: usize, view: &View<'_>) -> Option<Vec<usize>> {
        if !view.online {
            return None;
        }
        let group = &self.groups[g];
        let dark = || self.dark(g, view);
        if self.is_area(g) {
            // One that explains nothing is none.
            return self.is_area_failure(g, view).then(dark).filter(|dark| !dark.is_empty());
        }
        if group.has_gateway {
            let dark = self.is_gateway_failure(g, view).then(dark)?;
            // While its area explains all of it, it waits for nothing.
            let is_areas = || group.cameras.iter().any(|&i| self.is_dark_by_area(g, i, view));
            return Some(dark).filter(|dark| !dark.is_empty() || !is_areas());
        }
        // A failure of which every camera was told already is an old one.
        Some(dark()).filter(|dark| !dark.is_empty() && is_common_failure(&group.cameras, view))
    }

    /// The cameras whose darkness the group would explain, if it failed.
    pub(super) fn dark(&self, g: usize, view: &View<'_>) -> Vec<usize> {
        let is_ours = |i: &usize| {
            is_dark_by_path(&view.cameras[*i]) && !self.is_told_as_dark(*i) && !self.is_anothers(g, *i, view)
        };
        self.groups[g].cameras.iter().copied().filter(is_ours).collect()
    }

    fn is_dark_by_area(&self, site: usize, i: usize, view: &View<'_>) -> bool {
        let outage = self.groups[site].area.and_then(|area| self.groups[area].outage.as_ref());
        is_dark_by_path(&view.cameras[i]) && outage.is_some_and(|outage| outage.explains(i, view.confirm))
    }

    /// Unreachable `confirm` times in a row, while a camera fails by path that was not told as dark by itself.
    pub(super) fn is_gateway_failure(&self, g: usize, view: &View<'_>) -> bool {
        let site = &self.groups[g];
        site.unreachable.length() >= view.confirm
            && site.cameras.iter().any(|&i| {
                let camera = &view.cameras[i];
                camera.phase == Phase::InService
                    && !self.is_told_as_dark(i)
                    && (camera.machine.is_failing_by_path() || is_dark_by_path(camera))
            })
    }

    /// Whether an incident of its own was opened because a camera is dark, or is about to be, or says so by now: one that
    /// was opened for another reason is updated.
    pub(super) fn is_told_as_dark(&self, i: usize) -> bool {
        let case = &self.cameras[i];
        let says_so = |(opened, by): &(Opened, Kind)| *by == Kind::Dark || kind_of(opened.cause) == Kind::Dark;
        case.alone || case.opened.as_ref().is_some_and(says_so)
    }

    /// Whether another group explains the darkness of a camera: a wider one, or a narrower one whose incident was told
    /// before the wider failed.
    fn is_anothers(&self, g: usize, i: usize, view: &View<'_>) -> bool {
        self.groups_of(&view.cameras[i]).filter(|other| *other != g).any(|other| {
            let Some(outage) = &self.groups[other].outage else { return false };
            if other < g {
                return outage.explains(i, view.confirm);
            }
            // What was told of a site goes on there, with whatever of it comes to be dark yet.
            let takes_in = self.is_area(g) && other == view.cameras[i].site && !outage.gone;
            outage.opened.is_some() && (takes_in || outage.explains(i, view.confirm))
        })
    }

    fn tell_outage(&self, g: usize, outage: &mut Outage, view: &View<'_>, events: &mut Vec<IncidentEvent>) {
        let group = &self.groups[g];
        let (scope, subject) = (group.place.scope(), group.place.as_str());
        let members: BTreeSet<usize> = outage.members.keys().copied().collect();
        if let Some(opened) = &mut outage.opened {
            if opened.cameras != members && !members.is_empty() {
                opened.cameras = members;
                events.push(tell(opened, EventPhase::Update, scope, subject, view));
            }
            return;
        }
        if outage.gone || view.now < after(outage.decided, view.group_wait) {
            return;
        }
        let Some((cause, since)) = outage.cause_and_since(view.cameras) else { return };
        let cause = if group.has_gateway { Cause::Unreachable } else { cause };
        let opened = open(scope.as_str(), subject, cause, members, since, view.now);
        events.push(tell(&opened, EventPhase::Open, scope, subject, view));
        outage.opened = Some(opened);
    }

    /// Whether a wider failure explains that a recorder does not answer: its area's, its site's, or that of the cameras
    /// behind it.
    pub(super) fn is_recorder_explained(&self, r: usize) -> bool {
        let mut groups = self.recorders[r].groups.iter();
        groups.any(|&g| self.groups[g].outage.as_ref().is_some_and(|outage| !outage.gone))
    }
}
