//! A failure of an area, a site or a recorder: the cameras that one cut line explains, until each is settled.
//!
//! Knows which cameras belong to it and what became of them, not how they were judged.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::after;
use super::camera::is_path;
use super::incidents::{Opened, View};
use super::maintenance::Phase;
use super::runs::FailureRun;
use super::watched::Watched;
use crate::observation::{Cause, State};

/// What one incident of a group explains; decided at once, told after `group_wait`.
#[derive(Debug, Clone)]
pub(super) struct Outage {
    /// When the first of its causes was decided.
    pub(super) decided: Timestamp,
    /// The wider cause is over: each camera now stands for itself.
    pub(super) gone: bool,
    pub(super) members: BTreeMap<usize, Member>,
    pub(super) opened: Option<Opened>,
}

#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Member {
    /// Shown up or degraded when it was last shown as seen or dark: what lies under unknown or maintenance since is open.
    back: bool,
    /// It was back when the wider cause was over, or since: what is wrong with it from then on is its own.
    seen: bool,
    /// Failures since the wider cause was over.
    failures: u32,
}

impl Outage {
    pub(super) fn new(decided: Timestamp, members: impl IntoIterator<Item = usize>) -> Self {
        let mut outage = Self { decided, gone: false, members: BTreeMap::new(), opened: None };
        outage.join(members);
        outage
    }

    /// What it explains, and how far it has come.
    pub(super) fn extent(&self) -> (bool, bool, Vec<usize>) {
        (self.opened.is_some(), self.gone, self.members.keys().copied().collect())
    }

    /// Takes in cameras; those that are of it already stay as they are.
    pub(super) fn join(&mut self, cameras: impl IntoIterator<Item = usize>) {
        for i in cameras {
            self.members.entry(i).or_default();
        }
    }

    /// Is of these cameras, and of no others.
    pub(super) fn explain(&mut self, cameras: &[usize]) {
        self.members.retain(|i, _| cameras.contains(i));
        self.join(cameras.iter().copied());
    }

    /// Whether a camera that is dark is so because of it: until it is seen again, or fails by itself when the wider
    /// cause is over.
    pub(super) fn explains(&self, camera: usize, confirm: u32) -> bool {
        self.members.get(&camera).is_some_and(|member| !self.gone || !(member.seen || member.failures >= confirm))
    }

    /// The wider cause is there again, or still.
    pub(super) fn returns(&mut self) {
        self.gone = false;
        for member in self.members.values_mut() {
            member.failures = 0;
            member.seen = false;
        }
    }

    pub(super) fn count_failure(&mut self, camera: usize) {
        if self.gone
            && let Some(member) = self.members.get_mut(&camera)
        {
            member.failures = member.failures.saturating_add(1);
        }
    }

    /// Takes in what its cameras are shown as; those that are out of service are none of it.
    pub(super) fn look(&mut self, cameras: &[Watched]) {
        self.members.retain(|&i, _| cameras[i].phase != Phase::OutOfService);
        for (&i, member) in &mut self.members {
            match cameras[i].shown.state {
                State::Up | State::Degraded => member.back = true,
                State::Dark => member.back = false,
                State::Unknown | State::Maintenance => {}
            }
            member.seen |= self.gone && member.back;
        }
    }

    /// Whether it was told or is gone, and each camera is back or found dark by itself.
    pub(super) fn is_settled(&self, view: &View<'_>) -> bool {
        (self.opened.is_some() || self.gone)
            && self.members.iter().all(|(&i, member)| member.back || self.stands_alone(i, *member, view))
    }

    /// Its cameras that were found dark by themselves since the wider cause is over.
    pub(super) fn alone<'a>(&'a self, view: &'a View<'_>) -> impl Iterator<Item = usize> + 'a {
        self.members.iter().filter(|(i, member)| self.stands_alone(**i, **member, view)).map(|(&i, _)| i)
    }

    fn stands_alone(&self, i: usize, member: Member, view: &View<'_>) -> bool {
        self.gone && member.failures >= view.confirm && view.cameras[i].shown.state == State::Dark
    }

    /// Those of its cameras that are shown dark.
    pub(super) fn dark<'a>(&'a self, cameras: &'a [Watched]) -> impl Iterator<Item = usize> + 'a {
        self.members.keys().copied().filter(|&i| cameras[i].shown.state == State::Dark)
    }

    /// The cause that most of its dark cameras have (on a tie, the one decided latest) and the earliest of their dates.
    pub(super) fn cause_and_since(&self, cameras: &[Watched]) -> Option<(Cause, Timestamp)> {
        let mut dark: Vec<&Watched> = self.dark(cameras).map(|i| &cameras[i]).collect();
        let since = dark.iter().filter_map(|camera| camera.shown.since).min()?;
        dark.sort_by_key(|camera| camera.decided);
        let mut causes = FailureRun::default();
        for camera in dark {
            causes.push(since, camera.shown.cause?);
        }
        Some((causes.reached(1)?.1, since))
    }
}

/// Whether a camera is shown dark by a cause that the way to it may share with others.
pub(super) fn is_dark_by_path(camera: &Watched) -> bool {
    camera.phase == Phase::InService && camera.shown.state == State::Dark && camera.shown.cause.is_some_and(is_path)
}

/// Of cameras without a gateway that tells: whether two or more went dark by path causes within their `interval` +
/// `group_wait` of each other, and none is seen.
pub(super) fn is_common_failure(cameras: &[usize], view: &View<'_>) -> bool {
    let serving = || cameras.iter().map(|&i| &view.cameras[i]).filter(|camera| camera.phase != Phase::OutOfService);
    let darkened =
        || serving().filter(|camera| is_dark_by_path(camera)).filter_map(|c| Some((c.darkened?, c.interval)));
    let interval = darkened().map(|(_, interval)| interval).max().unwrap_or_default();
    let span = interval.saturating_add(view.group_wait);
    let last = darkened().map(|(at, _)| at).max();
    let together = darkened().filter(|(at, _)| Some(after(*at, span)) >= last).count();
    together >= 2 && !serving().any(Watched::is_live)
}
