//! Warnings: what is allowed, and yet surely not what the operator wants.
//!
//! Few, and each about something that would come to light only in an outage. Looks at a configuration that is valid.

use std::collections::BTreeMap;

use super::entries::Written;
use super::problem::{Log, Mark};
use super::{Probe, raw};
use crate::inventory::{Camera, Inventory, Role, Scope, SiteId};

/// Where the keys of `[probe]` stand, for those who wrote them.
#[derive(Debug, Clone, Copy)]
pub(super) struct ProbePlaces {
    max_concurrent: Mark,
}

impl ProbePlaces {
    pub fn of(raw: Option<&raw::Probe>) -> Self {
        let written = raw.and_then(|probe| probe.max_concurrent).map(|at| at.mark);
        Self { max_concurrent: written.unwrap_or(Mark::start(0)) }
    }
}

pub(super) fn advise(inventory: &Inventory, probe: &Probe, places: ProbePlaces, written: &Written, log: &mut Log) {
    if inventory.cameras.is_empty() {
        log.warning(
            Mark::start(0),
            "there is no camera to watch, expected a [[camera]] here or in a file of inventory",
        );
    }
    dead_lines(inventory, probe, places, written, log);
    same_stream(inventory, written, log);
    recorders(inventory, written, log);
    nobody_on_duty(inventory, written, log);
}

/// How many probes run at any moment where every one of these cameras lets its probe time out.
fn busy_probes<'a>(cameras: impl Iterator<Item = &'a Camera>) -> f64 {
    cameras.map(|camera| camera.timeout.as_secs_f64() / camera.interval.as_secs_f64()).sum()
}

/// Whether that many do not fit; the sum of thirds is not exact, and an exact fit is one.
fn exceeds(busy: f64, limit: u32) -> bool {
    busy > f64::from(limit) + 1e-6
}

fn dead_lines(inventory: &Inventory, probe: &Probe, places: ProbePlaces, written: &Written, log: &mut Log) {
    let mut of_site: BTreeMap<&SiteId, Vec<&Camera>> = BTreeMap::new();
    for camera in inventory.cameras.values().filter(|camera| camera.retired.is_none()) {
        of_site.entry(&camera.site).or_default().push(camera);
    }
    for site in &written.sites {
        let Some(id) = &site.value.id else { continue };
        let Some(cameras) = of_site.get(&id.value) else { continue };
        let busy = busy_probes(cameras.iter().copied());
        if exceeds(busy, probe.max_concurrent_per_site) {
            log.warning(
                site.mark,
                format!(
                    "the probes of the {} cameras of site {:?} could not all end within an interval with its line cut, \
                     expected max_concurrent_per_site of at least {:.0} ({} now), a shorter timeout or a longer interval",
                    cameras.len(),
                    id.value.as_str(),
                    (busy - 1e-6).ceil(),
                    probe.max_concurrent_per_site,
                ),
            );
        }
    }
    let busy = busy_probes(of_site.values().flatten().copied());
    if exceeds(busy, probe.max_concurrent) {
        log.warning(
            places.max_concurrent,
            format!(
                "the probes of all {} cameras could not end within an interval with every line cut, expected \
                 max_concurrent of at least {:.0} ({} now), a shorter timeout or a longer interval",
                of_site.values().map(Vec::len).sum::<usize>(),
                (busy - 1e-6).ceil(),
                probe.max_concurrent,
            ),
        );
    }
}

/// Two cameras that are one.
fn same_stream(inventory: &Inventory, written: &Written, log: &mut Log) {
    let mut streams = BTreeMap::new();
    let mut channels = BTreeMap::new();
    for raw in &written.cameras {
        let Some(id) = &raw.value.id else { continue };
        let Some(camera) = inventory.cameras.get(&id.value).filter(|camera| camera.retired.is_none()) else { continue };
        let url = raw.value.substream_url.as_ref().or(raw.value.url.as_ref());
        if let Some(url) = url
            && let Some(first) = streams.insert(url.value.0.as_str(), &camera.id)
            && first != &camera.id
        {
            log.warning(url.mark, format!("camera {:?} has the same URL, expected one of each stream", first.as_str()));
        }
        if let (Some(recorder), Some(channel)) = (&camera.recorder, raw.value.channel)
            && let Some(first) = channels.insert((recorder, channel.value.0), &camera.id)
            && first != &camera.id
        {
            log.warning(
                channel.mark,
                format!(
                    "camera {:?} has the same channel of recorder {:?}, expected another",
                    first.as_str(),
                    recorder.as_str()
                ),
            );
        }
    }
}

fn recorders(inventory: &Inventory, written: &Written, log: &mut Log) {
    for raw in &written.cameras {
        let (Some(site), Some(named)) = (&raw.value.site, &raw.value.recorder) else { continue };
        if let Some(recorder) = inventory.recorders.get(&named.value)
            && recorder.site != site.value
        {
            log.warning(
                named.mark,
                format!(
                    "recorder {:?} stands on site {:?} and the camera on {:?}, expected both behind one line",
                    recorder.id.as_str(),
                    recorder.site.as_str(),
                    site.value.as_str()
                ),
            );
        }
    }
}

/// Where anybody at all is on duty, every site with a funded camera should have somebody.
fn nobody_on_duty(inventory: &Inventory, written: &Written, log: &mut Log) {
    if inventory.duties.is_empty() {
        return;
    }
    for raw in &written.sites {
        let Some(site) = raw.value.id.as_ref().and_then(|id| inventory.sites.get(&id.value)) else { continue };
        let covered = inventory.duties.iter().filter(|duty| duty.role == Role::Officer).any(|duty| match &duty.scope {
            Scope::Site(id) => *id == site.id,
            Scope::Commune(id) => *id == site.commune,
            Scope::Camera(_) => false,
        });
        let funded = inventory
            .cameras
            .values()
            .filter(|camera| camera.site == site.id && camera.retired.is_none() && inventory.is_funded(camera))
            .count();
        if funded > 0 && !covered {
            log.warning(
                raw.mark,
                format!(
                    "nobody is told when a funded camera of site {:?} goes dark, expected a [[duty]] with role \"officer\" \
                     for it or for commune {:?}",
                    site.id.as_str(),
                    site.commune.as_str()
                ),
            );
        }
    }
}
