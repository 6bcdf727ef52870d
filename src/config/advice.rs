//! Warnings: what is allowed, and yet surely not what the operator wants.
//!
//! Few, and each about something that would come to light only in an outage. Looks at a configuration that is valid.

use std::collections::{BTreeMap, BTreeSet};

use super::entries::Written;
use super::problem::{Log, Mark};
use super::{Probe, raw};
use crate::inventory::{Camera, ChannelId, ChannelKind, CommuneId, Inventory, Role, SiteId};

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
    password_in_query(written, log);
    recorders(inventory, probe, written, log);
    nobody_on_duty(inventory, written, log);
    telegram_alone(inventory, written, log);
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
    }
}

/// Some cameras take their password there; it is then no secret to whoever reads the inventory.
fn password_in_query(written: &Written, log: &mut Log) {
    let urls = |raw: &raw::Camera| [raw.url.clone(), raw.substream_url.clone()];
    for url in written.cameras.iter().flat_map(|raw| urls(&raw.value)).flatten() {
        let text = url.value.0.as_str().to_lowercase();
        if ["password=", "passwd=", "pwd="].iter().any(|key| text.contains(key)) {
            log.warning(
                url.mark,
                "the URL seems to hold a password, which all who read it see, expected a [[credential]]",
            );
        }
    }
}

/// What a poll of a recorder's metadata takes, at most: requests of the dialects, with their logins.
const REQUESTS_A_POLL: f64 = 12.0;

fn recorders(inventory: &Inventory, probe: &Probe, written: &Written, log: &mut Log) {
    for raw in &written.recorders {
        let Some(recorder) = raw.value.id.as_ref().and_then(|id| inventory.recorders.get(&id.value)) else { continue };
        let polls = f64::from(recorder.requests_per_minute) * probe.metadata_interval.as_secs_f64() / 60.0;
        if polls < REQUESTS_A_POLL {
            log.warning(
                raw.value.requests_per_minute.map_or(raw.mark, |at| at.mark),
                format!(
                    "{} requests a minute are not enough for a poll each metadata_interval, expected at least {:.0}, or \
                     a longer metadata_interval",
                    recorder.requests_per_minute,
                    (REQUESTS_A_POLL * 60.0 / probe.metadata_interval.as_secs_f64()).ceil(),
                ),
            );
        }
    }
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
    let funded_sites: BTreeSet<&SiteId> = inventory
        .cameras
        .values()
        .filter(|camera| camera.retired.is_none() && inventory.is_funded(camera))
        .map(|camera| &camera.site)
        .collect();
    // One warning a commune: a roster that is missing altogether is one slip.
    let mut uncovered: BTreeMap<&CommuneId, (Mark, &SiteId, usize)> = BTreeMap::new();
    for raw in &written.sites {
        let Some(site) = raw.value.id.as_ref().and_then(|id| inventory.sites.get(&id.value)) else { continue };
        let mut duties = inventory.duties.iter().filter(|duty| duty.role == Role::Officer);
        let covered = duties.any(|duty| duty.scope.covers(Some(&site.commune), &site.id, None));
        if !covered && funded_sites.contains(&site.id) {
            uncovered.entry(&site.commune).or_insert((raw.mark, &site.id, 0)).2 += 1;
        }
    }
    for (commune, (first, site, count)) in uncovered {
        let others = if count > 1 { format!(" and of {} more sites", count - 1) } else { String::new() };
        log.warning(
            first,
            format!(
                "nobody is told when a funded camera of site {:?}{others} of commune {:?} goes dark, expected a [[duty]] \
                 with role \"officer\" for the site or the commune",
                site.as_str(),
                commune.as_str()
            ),
        );
    }
}

/// A message that does not arrive is found out when it was needed.
fn telegram_alone(inventory: &Inventory, written: &Written, log: &mut Log) {
    let is_telegram =
        |id: &ChannelId| inventory.channels.get(id).is_some_and(|channel| channel.kind() == ChannelKind::Telegram);
    for raw in &written.officers {
        let Some(officer) = raw.value.id.as_ref().and_then(|id| inventory.officers.get(&id.value)) else { continue };
        if let Some(place) = &raw.value.channels
            && !officer.channels.is_empty()
            && officer.channels.iter().all(is_telegram)
        {
            log.warning(
                place.mark,
                format!(
                    "officer {:?} is told by telegram alone, expected another channel beside it: providers in Viet Nam \
                     were told in 2025 to block it",
                    officer.id.as_str()
                ),
            );
        }
    }
}
