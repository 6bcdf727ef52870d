//! What the calendar says of a camera: whether it is in service, and whether planned work covers it (rule 8).
//!
//! Knows no states and no observations.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::Policy;
use crate::inventory::{Camera, CameraId, SiteId};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// Not yet installed, or retired: nothing is decided about it.
    OutOfService,
    InService,
    Maintenance,
}

/// The moments at which time alone changes what is shown of one camera.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Calendar {
    begins: Option<Timestamp>,
    ends: Option<Timestamp>,
    /// Sorted and disjoint, with a gap between each two: overlapping and touching ones are one.
    windows: Vec<(Timestamp, Timestamp)>,
}

impl Calendar {
    pub(super) fn new(camera: &Camera, policy: &Policy) -> Self {
        Self {
            begins: camera.installed.and_then(|day| midnight(day, &policy.timezone)),
            ends: camera.retired.and_then(|day| midnight(day, &policy.timezone)),
            windows: windows(Some(&camera.id), &camera.site, policy),
        }
    }

    /// Of what belongs to a site as a whole.
    pub(super) fn of_site(site: &SiteId, policy: &Policy) -> Self {
        Self { begins: None, ends: None, windows: windows(None, site, policy) }
    }

    pub(super) fn phase(&self, at: Timestamp) -> Phase {
        if self.begins.is_some_and(|begins| at < begins) || self.ends.is_some_and(|ends| at >= ends) {
            Phase::OutOfService
        } else if self.window(at).is_some() {
            Phase::Maintenance
        } else {
            Phase::InService
        }
    }

    /// The next moment after this one at which the phase may change.
    pub(super) fn next_after(&self, at: Timestamp) -> Option<Timestamp> {
        let next = self.windows.partition_point(|(_, to)| *to <= at);
        let edge = self.windows.get(next).map(|(from, to)| if *from > at { *from } else { *to });
        [self.begins, self.ends, edge].into_iter().flatten().filter(|moment| *moment > at).min()
    }

    /// The latest edge of a window that is not after this moment.
    pub(super) fn last_edge(&self, at: Timestamp) -> Option<Timestamp> {
        let begun = self.windows.partition_point(|(from, _)| *from <= at);
        let (from, to) = *self.windows.get(begun.checked_sub(1)?)?;
        Some(if to <= at { to } else { from })
    }

    /// Planned work, in order.
    pub(super) fn windows(&self) -> impl Iterator<Item = (Timestamp, Timestamp)> {
        self.windows.iter().copied()
    }

    fn window(&self, at: Timestamp) -> Option<(Timestamp, Timestamp)> {
        let next = self.windows.partition_point(|(_, to)| *to <= at);
        self.windows.get(next).copied().filter(|(from, _)| *from <= at)
    }
}

fn windows(camera: Option<&CameraId>, site: &SiteId, policy: &Policy) -> Vec<(Timestamp, Timestamp)> {
    let commune = policy.sites.get(site).map(|site| &site.commune);
    let windows = policy.maintenance.iter().filter(|window| window.scope.covers(commune, site, camera));
    union(windows.map(|window| (window.from, window.to)).collect())
}

fn union(mut windows: Vec<(Timestamp, Timestamp)>) -> Vec<(Timestamp, Timestamp)> {
    windows.retain(|(from, to)| from < to);
    windows.sort_unstable();
    let mut merged: Vec<(Timestamp, Timestamp)> = Vec::with_capacity(windows.len());
    for (from, to) in windows {
        match merged.last_mut() {
            Some((_, end)) if from <= *end => *end = (*end).max(to),
            _ => merged.push((from, to)),
        }
    }
    merged
}

/// `None` only at the ends of time, where no camera is.
fn midnight(day: Date, zone: &TimeZone) -> Option<Timestamp> {
    Some(day.to_zoned(zone.clone()).ok()?.start_of_day().ok()?.timestamp())
}
