//! When to look at the gateways of sites: pure.
//!
//! Each at the interval; at once when a camera of the site fails by path; after a failure again after `recheck`, until
//! that is confirmed or cleared.

use std::collections::BTreeMap;
use std::time::Duration;

use super::plan::Moment;
use crate::inventory::SiteId;

#[derive(Debug)]
struct Entry {
    due: Moment,
    running: bool,
    failures: u32,
}

#[derive(Debug)]
pub struct Gateways {
    interval: Duration,
    recheck: Duration,
    confirm: u32,
    sites: BTreeMap<SiteId, Entry>,
    /// No look is due before this moment: asked far oftener than any is. `None` where all run.
    soonest: Option<Moment>,
}

impl Gateways {
    #[must_use]
    pub fn new() -> Self {
        Self { interval: Duration::ZERO, recheck: Duration::ZERO, confirm: 1, sites: BTreeMap::new(), soonest: None }
    }

    /// From now on exactly these gateways are looked at.
    pub fn set_sites(
        &mut self,
        interval: Duration,
        recheck: Duration,
        confirm: u32,
        sites: impl ExactSizeIterator<Item = SiteId>,
        now: Moment,
    ) {
        (self.interval, self.recheck, self.confirm) = (interval, recheck, confirm);
        let count = u32::try_from(sites.len()).unwrap_or(u32::MAX).max(1);
        let mut kept = BTreeMap::new();
        for (site, i) in sites.zip(0u32..) {
            let entry = self.sites.remove(&site).unwrap_or(Entry {
                due: now + interval / count * i,
                running: false,
                failures: 0,
            });
            kept.insert(site, entry);
        }
        self.sites = kept;
        self.soonest = self.first_due();
    }

    fn first_due(&self) -> Option<Moment> {
        self.sites.values().filter(|entry| !entry.running).map(|entry| entry.due).min()
    }

    /// The sites whose gateway is to be looked at now.
    pub fn start(&mut self, now: Moment) -> Vec<SiteId> {
        let mut starts = Vec::new();
        if self.soonest.is_none_or(|soonest| now < soonest) {
            return starts;
        }
        for (site, entry) in &mut self.sites {
            if !entry.running && entry.due <= now {
                entry.running = true;
                entry.due = now + self.interval;
                starts.push(site.clone());
            }
        }
        self.soonest = self.first_due();
        starts
    }

    pub fn finish(&mut self, site: &SiteId, reachable: bool, now: Moment) {
        let Some(entry) = self.sites.get_mut(site) else { return };
        entry.running = false;
        if reachable {
            entry.failures = 0;
        } else {
            entry.failures = entry.failures.saturating_add(1);
            if entry.failures < self.confirm {
                entry.due = entry.due.min(now + self.recheck);
            }
        }
        sooner(&mut self.soonest, entry.due);
    }

    /// A look came to nothing by a fault of ours: the next is at its moment.
    pub fn lost(&mut self, site: &SiteId) {
        if let Some(entry) = self.sites.get_mut(site) {
            entry.running = false;
            sooner(&mut self.soonest, entry.due);
        }
    }

    /// A camera of the site failed by path: look at once, or right after the look that runs.
    pub fn hurry(&mut self, site: &SiteId, now: Moment) {
        if let Some(entry) = self.sites.get_mut(site) {
            // A run of failures that is on its way has its own pace, and a confirmed one nothing to add.
            if entry.failures == 0 {
                entry.due = entry.due.min(now);
                if !entry.running {
                    sooner(&mut self.soonest, entry.due);
                }
            }
        }
    }

    #[must_use]
    pub fn next_wake(&self) -> Option<Moment> {
        self.soonest
    }
}

fn sooner(soonest: &mut Option<Moment>, due: Moment) {
    *soonest = Some(soonest.map_or(due, |other| other.min(due)));
}

impl Default for Gateways {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secs(n: u64) -> Duration {
        Duration::from_secs(n)
    }

    #[test]
    fn a_gateway_is_looked_at_at_the_interval_at_once_on_demand_and_again_after_a_failure() {
        let site = SiteId::new("s").unwrap();
        let mut gateways = Gateways::new();
        gateways.set_sites(secs(30), secs(5), 3, [site.clone()].into_iter(), secs(0));
        assert_eq!(gateways.start(secs(0)), std::slice::from_ref(&site));
        assert!(gateways.start(secs(31)).is_empty(), "one look at a time");
        gateways.finish(&site, true, secs(1));
        assert_eq!(gateways.next_wake(), Some(secs(30)));
        gateways.hurry(&site, secs(10));
        assert_eq!(gateways.start(secs(10)), std::slice::from_ref(&site));
        gateways.finish(&site, false, secs(13));
        gateways.hurry(&site, secs(14));
        assert_eq!(gateways.next_wake(), Some(secs(18)));
        for (begin, end) in [(18, 21), (26, 29)] {
            assert_eq!(gateways.start(secs(begin)).len(), 1);
            gateways.finish(&site, false, secs(end));
        }
        assert_eq!(gateways.next_wake(), Some(secs(56)), "confirmed: back to the interval");
    }
}
