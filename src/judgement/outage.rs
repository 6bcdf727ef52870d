//! A failure of a whole site: the cameras that one cut line explains, until each is settled.
//!
//! Knows which cameras belong to it and what became of them, not how they were judged.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;

use super::after;
use super::camera::is_path;
use super::incidents::{Opened, View};
use super::maintenance::Phase;
use super::runs::FailureRun;
use super::watched::Watched;
use crate::observation::{Cause, State};

/// What one incident of a site explains; decided at once, told after `group_wait`.
#[derive(Debug, Clone)]
pub(super) struct Outage {
    pub(super) decided: Timestamp,
    /// The wider cause is over: each camera now stands for itself.
    pub(super) gone: bool,
    pub(super) members: BTreeMap<usize, Member>,
    pub(super) opened: Option<Opened>,
}

#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Member {
    /// Seen again, or failing by itself: no longer explained.
    pub(super) released: bool,
    /// Failures since the wider cause was over.
    pub(super) failures: u32,
}

impl Outage {
    pub(super) fn new(decided: Timestamp, members: impl IntoIterator<Item = usize>) -> Self {
        Self {
            decided,
            gone: false,
            members: members.into_iter().map(|i| (i, Member::default())).collect(),
            opened: None,
        }
    }

    pub(super) fn explains(&self, camera: usize) -> bool {
        self.members.get(&camera).is_some_and(|member| !member.released)
    }

    /// The wider cause is there again, or still.
    pub(super) fn returns(&mut self) {
        self.gone = false;
        for member in self.members.values_mut() {
            member.failures = 0;
        }
    }

    /// Lets go of those that are seen again or fail by themselves since the wider cause is over.
    pub(super) fn release(&mut self, view: &View<'_>, complains_otherwise: impl Fn(usize) -> bool) {
        if !self.gone {
            return;
        }
        for (&i, member) in &mut self.members {
            member.released |= view.cameras[i].is_live() || member.failures >= view.confirm || complains_otherwise(i);
        }
    }

    /// Whether each camera is up, degraded or on its own.
    pub(super) fn is_settled(&self, cameras: &[Watched]) -> bool {
        self.members.iter().all(|(&i, member)| member.released || cameras[i].is_live())
    }

    /// When it may be told: `group_wait` after the first of its causes was decided.
    pub(super) fn due(&self, view: &View<'_>) -> Timestamp {
        let dark = self.dark(view.cameras).filter_map(|i| view.cameras[i].decided);
        after(dark.fold(self.decided, Timestamp::min), view.group_wait)
    }

    /// Those of its cameras that are shown dark.
    pub(super) fn dark<'a>(&'a self, cameras: &'a [Watched]) -> impl Iterator<Item = usize> + 'a {
        self.members.keys().copied().filter(|&i| cameras[i].shown.state == State::Dark)
    }

    /// The cause that most of its dark cameras have (on a tie, the one decided latest) and the earliest of their dates.
    pub(super) fn cause_and_since(&self, cameras: &[Watched]) -> Option<(Cause, Timestamp)> {
        let mut dark: Vec<&Watched> = self.dark(cameras).map(|i| &cameras[i]).collect();
        let since = dark.iter().filter_map(|camera| camera.shown.since).min()?;
        dark.sort_by_key(|camera| camera.decided_in);
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

/// Of a site without gateway: the two or more cameras that went dark by path causes within `interval` + `group_wait` of
/// each other, where the others were dark, unknown, in maintenance or out of service already.
pub(super) fn common_failure(members: &[usize], cameras: &[Watched], group_wait: Duration) -> Option<Vec<usize>> {
    let serving = || members.iter().copied().filter(|&i| cameras[i].phase != Phase::OutOfService);
    let darkened = |i: usize| cameras[i].darkened.filter(|_| is_dark_by_path(&cameras[i]));
    let interval = serving().map(|i| cameras[i].interval).max()?;
    let span = interval.saturating_add(group_wait);
    let last = serving().filter_map(darkened).map(|darkened| darkened.at).max()?;
    let group: Vec<usize> =
        serving().filter(|&i| darkened(i).is_some_and(|darkened| after(darkened.at, span) >= last)).collect();
    let first = group.iter().filter_map(|&i| darkened(i)).map(|darkened| darkened.order).min()?;
    let others_were_out = serving()
        .filter(|i| !group.contains(i))
        .all(|i| !cameras[i].is_live() && cameras[i].left_live.is_none_or(|order| order < first));
    (group.len() >= 2 && others_were_out).then_some(group)
}
