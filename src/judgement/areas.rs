//! A commune whose sites fail all at once: one failure of the area, not one of each site.
//!
//! An area is to sites what a site without a gateway is to its cameras. A site counts as failing where its gateway tells
//! so, or, without one, where it is seen no more and a camera went dark by path, be it the only one: that two or more
//! fail together is asked of the sites. Those that were not seen before (dark, unknown, in maintenance, out of service)
//! neither make an area fail nor keep it from failing; one whose gateway answers, or of which a camera is seen, does keep
//! it.
//!
//! What was told of a site, a recorder or a camera before its area was known to fail stays told, takes in what is its own,
//! and is over by itself: the area is told of the rest, so that nobody is told twice of one camera. A told area is gone
//! when a site of it is seen, and is there again when none is seen any more before it has closed. From when it is gone
//! its cameras stand for themselves: one that then fails `confirm` times is first of all its site's or its recorder's, so
//! that a site that stays down when the others come back is one incident of its own.

use jiff::Timestamp;

use super::after;
use super::incidents::{Incidents, View};
use super::maintenance::Phase;
use super::outage::{Outage, is_dark_by_path};
use super::watched::Watched;

/// As many sites at least fail together where an area does.
const TOGETHER: usize = 2;

impl Incidents {
    /// Areas come before all other groups.
    pub(super) fn is_area(&self, g: usize) -> bool {
        g < self.areas
    }

    /// Notes since when the gateway of a site tells that it fails.
    pub(super) fn note_failure(&mut self, s: usize, view: &View<'_>) {
        let fails = view.online && self.groups[s].has_gateway && self.is_gateway_failure(s, view);
        let from = self.groups[s].fails_from.unwrap_or(view.now);
        self.groups[s].fails_from = fails.then_some(from);
    }

    /// Whether two or more sites failed within the interval + `group_wait` of each other, and none is seen.
    pub(super) fn is_area_failure(&self, area: usize, view: &View<'_>) -> bool {
        if self.is_area_seen(area, view) {
            return false;
        }
        let failing = || self.failing_sites(area, view);
        let cameras = failing().flat_map(|(s, _)| serving(&self.groups[s].cameras, view));
        let interval = cameras.map(|camera| camera.interval).max().unwrap_or_default();
        let span = interval.saturating_add(view.group_wait);
        let last = failing().map(|(_, at)| at).max();
        failing().filter(|(_, at)| Some(after(*at, span)) >= last).count() >= TOGETHER
    }

    /// An area that was told: whether it is gone, or there again, and the cameras that came to it meanwhile.
    pub(super) fn follow_area(&self, area: usize, outage: &mut Outage, view: &View<'_>) {
        if self.is_area_seen(area, view) {
            outage.gone = true;
        } else if outage.gone && view.online && self.failing_sites(area, view).nth(TOGETHER - 1).is_some() {
            outage.returns();
        }
        if !outage.gone && view.online {
            outage.join(self.dark(area, view));
        }
    }

    /// Whether a site of it is there: a camera of it is seen or its gateway answers, and it does not fail.
    fn is_area_seen(&self, area: usize, view: &View<'_>) -> bool {
        self.groups[area].sites.iter().any(|&s| {
            let site = &self.groups[s];
            let is_there = (site.has_gateway && site.answers) || serving(&site.cameras, view).any(Watched::is_live);
            is_there && self.failing_from(s, view).is_none()
        })
    }

    /// The sites of an area that fail, each with when that was decided.
    fn failing_sites(&self, area: usize, view: &View<'_>) -> impl Iterator<Item = (usize, Timestamp)> {
        self.groups[area].sites.iter().filter_map(|&s| Some((s, self.failing_from(s, view)?)))
    }

    fn failing_from(&self, s: usize, view: &View<'_>) -> Option<Timestamp> {
        let site = &self.groups[s];
        if site.has_gateway {
            return site.fails_from;
        }
        if serving(&site.cameras, view).any(Watched::is_live) {
            return None;
        }
        serving(&site.cameras, view).filter(|camera| is_dark_by_path(camera)).filter_map(|camera| camera.darkened).max()
    }
}

fn serving<'a>(cameras: &'a [usize], view: &'a View<'_>) -> impl Iterator<Item = &'a Watched> {
    cameras.iter().map(|&i| &view.cameras[i]).filter(|camera| camera.phase != Phase::OutOfService)
}
