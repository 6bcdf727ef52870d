//! Incidents, of every scope, read off the states as they are shown.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::Shown;
use super::life::{Class, DARK, DEGRADED, MAINTENANCE, UNKNOWN, UP, When, class, darkens, moment};
use super::recorders::{Facts, Health};
use super::world::{Camera, Nanos, SECOND, World, text};

/// Why a camera would have an incident of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Dark,
    Degraded,
    /// `unauthorized`, `incompatible`.
    Refused,
    UnknownTooLong,
}

#[derive(Debug, Clone)]
struct Reason {
    kind: Kind,
    cause: String,
    since: Nanos,
}

#[derive(Debug, Clone)]
struct Open {
    number: usize,
    scope: &'static str,
    subject: String,
    cause: String,
    cameras: BTreeSet<String>,
    since: Nanos,
    opened_by_dark: bool,
    opened: When,
    /// Of a place's: since when what was wrong with the line is gone.
    gone: Option<When>,
}

/// What cameras may fail together by, the widest first.
const SCOPES: [&str; 3] = ["area", "site", "recorder"];

/// What cameras may fail together by: the line of their commune or their site, or their recorder.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    /// One of `SCOPES`.
    scope: &'static str,
    id: String,
    gateway: bool,
}

impl Place {
    fn holds(&self, world: &World, camera: &Camera) -> bool {
        match self.scope {
            "area" => world.site(&camera.site).commune == self.id,
            "site" => camera.site == self.id,
            _ => camera.recorder.as_ref() == Some(&self.id),
        }
    }

    fn is_wider_than(&self, scope: &str) -> bool {
        SCOPES.iter().position(|s| *s == self.scope) < SCOPES.iter().position(|s| *s == scope)
    }

    fn key(&self) -> (&'static str, String) {
        (self.scope, self.id.clone())
    }
}

struct Desk<'a> {
    world: &'a World,
    facts: &'a Facts,
    /// The areas, then the sites, and then the recorders: each narrower than those before.
    places: Vec<Place>,
    cameras: &'a [(&'a Camera, Vec<Shown>)],
    lines: &'a [Value],
    open: Vec<Open>,
    /// What waits for `group_wait`, and since when.
    camera_waits: BTreeMap<String, (Kind, Nanos)>,
    /// Since when the line of a place is cut.
    place_waits: BTreeMap<(&'static str, String), Nanos>,
    /// Since when the gateway of a site tells that it fails.
    gateway_fails: BTreeMap<String, Nanos>,
    clock_waits: Option<Nanos>,
    /// What is wrong with recorders themselves.
    health: BTreeMap<String, Health>,
    monitor_waits: Option<Nanos>,
    /// Dark cameras that the line of a place explained, or explains, by its scope; and since when it no longer does.
    excused: BTreeMap<(String, &'static str), Option<When>>,
    /// Cameras that were found dark by themselves when what was told of a place was over.
    alone: BTreeSet<String>,
    numbers: usize,
    events: Vec<Value>,
}

pub fn incidents(world: &World, cameras: &[(&Camera, Vec<Shown>)], lines: &[Value], facts: &Facts) -> Vec<Value> {
    let sites = world.sites.iter().map(|s| Place { scope: "site", id: s.id.clone(), gateway: s.gateway });
    let recorders = world.recorders.iter().map(|r| Place { scope: "recorder", id: r.id.clone(), gateway: false });
    // Communes with two sites or more that have cameras.
    let peopled = |s: &&super::world::Site| world.cameras.iter().any(|c| c.site == s.id);
    let sites_of = |commune: &str| world.sites.iter().filter(peopled).filter(|s| s.commune == commune).count();
    let areas = world.communes.iter().filter(|commune| sites_of(commune) >= 2);
    let mut areas: Vec<Place> = areas.map(|id| Place { scope: "area", id: id.clone(), gateway: false }).collect();
    areas.sort();
    let mut sites: Vec<Place> = sites.collect();
    let mut recorders: Vec<Place> = recorders.collect();
    sites.sort();
    recorders.sort();
    let mut desk = Desk {
        world,
        facts,
        places: [areas, sites, recorders].concat(),
        cameras,
        lines,
        open: Vec::new(),
        camera_waits: BTreeMap::new(),
        place_waits: BTreeMap::new(),
        gateway_fails: BTreeMap::new(),
        clock_waits: None,
        health: world.recorders.iter().map(|r| (r.id.clone(), Health::default())).collect(),
        monitor_waits: None,
        excused: BTreeMap::new(),
        alone: BTreeSet::new(),
        numbers: 0,
        events: Vec::new(),
    };
    let Some(last) = lines.last().map(moment) else { return Vec::new() };
    // Every place of the trace at which anything can come about.
    let mut whens: BTreeSet<When> = cameras.iter().flat_map(|(_, shown)| shown.iter().map(|s| s.when)).collect();
    whens.extend(lines.iter().enumerate().map(|(i, line)| When { at: moment(line), line: Some(i) }));
    // Planned work at a recorder's site holds back what is wrong with it.
    let first = lines.first().map_or(last, moment);
    let edges = world.windows.iter().flat_map(|w| [w.from, w.to]).filter(|at| first < *at && *at <= last);
    whens.extend(edges.map(|at| When { at, line: None }));
    let mut next = whens.first().copied();
    while let Some(when) = next {
        desk.at(when);
        // 11. Time ends with the last line.
        whens.extend(desk.deadlines(when.at).filter(|at| *at <= last).map(|at| When { at, line: None }));
        next = whens.range((std::ops::Bound::Excluded(when), std::ops::Bound::Unbounded)).next().copied();
    }
    desk.events
}

impl Desk<'_> {
    fn group_wait(&self) -> Nanos {
        self.world.group_wait * SECOND
    }

    /// When something that waits will have waited long enough.
    fn deadlines(&self, now: Nanos) -> impl Iterator<Item = Nanos> + use<> {
        let wait = self.group_wait();
        let mut all: Vec<Nanos> = Vec::new();
        all.extend(self.camera_waits.values().map(|(_, decided)| decided + wait));
        all.extend(self.place_waits.values().map(|decided| decided + wait));
        all.extend(self.health.values().filter_map(|h| h.faults.iter().map(|f| f.decided + wait).min()));
        all.extend(self.clock_waits.map(|decided| decided + wait));
        all.extend(self.monitor_waits.map(|decided| decided + wait));
        for (camera, shown) in self.cameras {
            if let Some(begin) = self.unknown_begin(camera, shown, When { at: now, line: Some(usize::MAX) }) {
                all.push(begin + self.world.unknown_after * SECOND);
            }
        }
        all.into_iter().filter(move |at| *at > now)
    }

    /// A camera as it is shown; none while it is not in service.
    fn standing<'b>(&self, camera: &Camera, shown: &'b [Shown], when: When) -> Option<&'b Shown> {
        let (_, retired) = self.world.service(camera);
        shown.iter().rev().find(|s| s.when <= when).filter(|_| when.at < retired)
    }

    fn standing_of(&self, id: &str, when: When) -> Option<&Shown> {
        let (camera, shown) = self.cameras.iter().find(|(c, _)| c.id == id)?;
        self.standing(camera, shown, when)
    }

    /// Since when a funded camera is unknown by other than rule 7: since it is so, or since the monitor could see again.
    fn unknown_begin(&self, camera: &Camera, shown: &[Shown], when: When) -> Option<Nanos> {
        let now = self.standing(camera, shown, when)?;
        if !self.world.is_funded(camera) || now.state != UNKNOWN || now.cause.as_deref() == Some("monitor_offline") {
            return None;
        }
        let (mut online, mut can_see_since) = (true, Nanos::MIN);
        for (i, line) in self.lines.iter().enumerate().filter(|(_, line)| line["reference"].is_string()) {
            let place = When { at: moment(line), line: Some(i) };
            if place <= when && !online && line["reference"] == "ok" {
                can_see_since = place.at;
            }
            online = line["reference"] == "ok";
        }
        Some(now.since.max(can_see_since))
    }

    /// What a camera would open an incident for, by itself.
    fn reason(&self, camera: &Camera, shown: &[Shown], when: When) -> Option<Reason> {
        let now = self.standing(camera, shown, when)?;
        // From when its cause holds, as far as it is shown.
        let since = if now.state == DARK { now.since } else { now.cause_date.max(now.since) };
        match (now.state, now.cause.as_deref()) {
            (DARK, Some(cause)) => Some(Reason { kind: Kind::Dark, cause: cause.into(), since }),
            (DEGRADED, _) => now.own_cause.clone().map(|cause| Reason { kind: Kind::Degraded, cause, since }),
            (UNKNOWN, Some(cause @ ("unauthorized" | "incompatible"))) => {
                Some(Reason { kind: Kind::Refused, cause: cause.into(), since })
            }
            (UNKNOWN, Some(cause)) => {
                let begin = self.unknown_begin(camera, shown, when)?;
                let too_long = when.at >= begin + self.world.unknown_after * SECOND;
                too_long.then(|| Reason { kind: Kind::UnknownTooLong, cause: cause.into(), since: begin })
            }
            _ => None,
        }
    }

    /// Everything that comes about at one place of the trace: what closes, what opens, what changes.
    fn at(&mut self, when: When) {
        self.note_what_is_gone(&["site", "recorder"], when);
        self.note_who_is_alone(when);
        self.note_which_gateways_tell(when);
        // An area rests on its sites.
        self.note_what_is_gone(&["area"], when);
        self.hear(when);
        self.close(when);
        self.monitor(when);
        self.clock(when);
        let places = self.places.clone();
        for place in &places {
            self.excuse(place, when);
        }
        self.wait(when);
        for place in &places {
            self.place(place, when);
        }
        for recorder in &self.world.recorders {
            self.recorder(&recorder.id, &recorder.site, when);
        }
        for (camera, shown) in self.cameras {
            self.camera(camera, shown, when);
        }
    }

    /// What lines say of recorders themselves.
    fn hear(&mut self, when: When) {
        let Some(i) = when.line else { return };
        let line = &self.lines[i];
        let before = i > 0 && self.facts.online(When { at: moment(&self.lines[i - 1]), line: Some(i - 1) });
        let turned = line["reference"].is_string() && self.facts.online(when) != (i == 0 || before);
        for (id, health) in &mut self.health {
            if turned {
                let told = self.open.iter().any(|o| o.scope == "recorder" && !o.opened_by_dark && o.subject == *id);
                health.start_anew(i + 1, told);
            } else if line["recorder"].is_string() {
                // One that is not of this recorder may still turn whose clock is wrong.
                health.hear(self.world, self.facts, id, self.lines, i);
            }
        }
    }

    /// The monitor's own clock: an incident of its own, no device's and no camera's.
    fn clock(&mut self, when: When) {
        if !self.facts.ours(when) {
            self.clock_waits = None;
            return;
        }
        let decided = *self.clock_waits.get_or_insert(when.at);
        let is_told = self.open.iter().any(|i| i.scope == "monitor" && i.cause == "clock_wrong");
        if !is_told && when.at >= decided + self.group_wait() {
            self.opens(when, "monitor", "monitor", "clock_wrong", BTreeSet::new(), decided, false);
        }
    }

    /// Whether a failure of its area, its site, or of the cameras behind it, explains that a recorder is silent.
    fn is_silence_explained(&self, id: &str, site: &str) -> bool {
        let wanted = |p: &&Place| match p.scope {
            "area" => p.id == self.world.site(site).commune,
            "site" => p.id == site,
            _ => p.id == id,
        };
        self.places.iter().filter(wanted).any(|place| {
            match self.open.iter().find(|i| i.opened_by_dark && i.scope == place.scope && i.subject == place.id) {
                Some(told) => told.gone.is_none(),
                None => self.place_waits.contains_key(&place.key()),
            }
        })
    }

    /// What is wrong with a recorder itself: one incident, from when the first of it was decided until nothing is.
    fn recorder(&mut self, id: &str, site: &str, when: When) {
        let told = self.open.iter().position(|i| i.scope == "recorder" && !i.opened_by_dark && i.subject == id);
        if told.is_none() && self.is_silence_explained(id, site) {
            let next = self.facts_next(when);
            self.health.get_mut(id).expect("a recorder of this world").excuse(next);
        }
        let faults = &self.health[id].faults;
        let serving = self.cameras.iter().filter(|(c, _)| c.recorder.as_deref() == Some(id));
        let serving = serving.filter(|(c, shown)| self.standing(c, shown, when).is_some());
        let serving: BTreeSet<String> = serving.map(|(c, _)| c.id.clone()).collect();
        match (faults.first().cloned(), told) {
            (None, None) => {}
            (None, Some(at)) => {
                let over = self.open.remove(at);
                self.events.push(event(when, &over, "close"));
            }
            (Some(fault), Some(at)) => {
                if self.open[at].cause != fault.cause {
                    self.open[at].cause = fault.cause;
                    let incident = self.open[at].clone();
                    self.events.push(event(when, &incident, "update"));
                }
            }
            (Some(fault), None) => {
                let decided = faults.iter().map(|f| f.decided).min().expect("there is one");
                let commune = &self.world.site(site).commune;
                let covers =
                    |scope: &str, id: &str| (scope == "site" && id == site) || (scope == "commune" && id == commune);
                let mut planned = self.world.windows.iter().filter(|w| covers(w.scope, &w.id));
                if planned.all(|w| when.at < w.from || w.to <= when.at) && when.at >= decided + self.group_wait() {
                    self.opens(when, "recorder", id, &fault.cause, serving, fault.since, false);
                }
            }
        }
    }

    /// The number of the line after a place of the trace.
    fn facts_next(&self, when: When) -> usize {
        let is_after = |(i, line): &(usize, &Value)| When { at: moment(line), line: Some(*i) } > when;
        self.lines.iter().enumerate().find(is_after).map_or(self.lines.len(), |(i, _)| i)
    }

    /// Since when each gateway tells that its site fails.
    fn note_which_gateways_tell(&mut self, when: When) {
        for site in self.world.sites.iter().filter(|s| s.gateway) {
            if self.is_gateway_failure(&site.id, when) {
                self.gateway_fails.entry(site.id.clone()).or_insert(when.at);
            } else {
                self.gateway_fails.remove(&site.id);
            }
        }
    }

    /// When a site failed, as far as its area is concerned: by its gateway's word, or, without one, when the last of its
    /// cameras that was seen (one is enough) went dark by a path cause.
    fn site_fails(&self, site: &str, when: When) -> Option<Nanos> {
        if self.world.site(site).gateway {
            return self.gateway_fails.get(site).copied();
        }
        let mut darkened = Vec::new();
        for (camera, shown) in self.cameras.iter().filter(|(c, _)| c.site == site) {
            let Some(now) = self.standing(camera, shown, when) else { continue };
            if was_seen(now) {
                return None;
            }
            let event = shown.iter().rposition(|s| s.when <= when && s.event);
            if is_dark_by_path(now) && event.is_some_and(|event| was_seen(&shown[event - 1])) {
                darkened.extend(event.map(|event| shown[event].when.at));
            }
        }
        darkened.into_iter().max()
    }

    fn sites_of(&self, commune: &str) -> Vec<&str> {
        let has_cameras = |id: &str| self.world.cameras.iter().any(|c| c.site == id);
        let sites = self.world.sites.iter().filter(|s| s.commune == commune && has_cameras(&s.id));
        sites.map(|s| s.id.as_str()).collect()
    }

    /// Whether some site of a commune is there: it does not fail, and its gateway answers or a camera of it is seen.
    fn is_area_seen(&self, commune: &str, when: When) -> bool {
        self.sites_of(commune).into_iter().any(|site| {
            let ours = self.cameras.iter().filter(|(c, _)| c.site == site);
            let mut standing = ours.filter_map(|(c, shown)| self.standing(c, shown, when));
            let answers = self.world.site(site).gateway && self.gateway_answers(site, when);
            (answers || standing.any(was_seen)) && self.site_fails(site, when).is_none()
        })
    }

    /// Every site of a commune that was not already dark, unknown, in maintenance or retired (two or more) failed within
    /// interval + `group_wait` of each other.
    fn is_area_cut(&self, commune: &str, when: When) -> bool {
        if self.is_area_seen(commune, when) {
            return false;
        }
        let fails = |site: &&str| self.site_fails(site, when).is_some();
        let failing: Vec<&str> = self.sites_of(commune).into_iter().filter(fails).collect();
        let serving = self.cameras.iter().filter(|(c, _)| failing.contains(&c.site.as_str()));
        let serving = serving.filter(|(c, shown)| self.standing(c, shown, when).is_some());
        let interval = serving.map(|(c, _)| c.interval).max().unwrap_or(0);
        let mut at: Vec<Nanos> = failing.iter().filter_map(|site| self.site_fails(site, when)).collect();
        at.sort_unstable();
        let latest = at.last().copied().unwrap_or(0);
        at.retain(|at| latest - at <= interval * SECOND + self.group_wait());
        at.len() >= 2
    }

    /// Notes the cameras of what was told of a place that were found dark by themselves after it: nothing wider takes
    /// them in again until they are seen. Those of an area may still be their site's.
    fn note_who_is_alone(&mut self, when: When) {
        for (camera, shown) in self.cameras {
            let is_told = |i: &&Open| i.opened_by_dark && i.scope != "camera" && i.scope != "area";
            let told = self.open.iter().filter(is_told).filter(|i| i.cameras.contains(&camera.id));
            if told.into_iter().any(|incident| self.is_on_its_own(&camera.id, incident, when)) {
                self.alone.insert(camera.id.clone());
            } else if self.standing(camera, shown, when).is_some_and(|now| now.state == UP || now.state == DEGRADED) {
                self.alone.remove(&camera.id);
            }
        }
    }

    /// Notes since when the wider cause of each place's incident is gone.
    fn note_what_is_gone(&mut self, scopes: &[&str], when: When) {
        let mut open = std::mem::take(&mut self.open);
        for incident in open.iter_mut().filter(|i| i.opened_by_dark && scopes.contains(&i.scope)) {
            let holds = if incident.scope == "area" {
                // It is gone while a site of it is seen, and there again when none is and two fail.
                let fails = |site: &&str| self.site_fails(site, when).is_some();
                let failing = || self.sites_of(&incident.subject).into_iter().filter(fails).count();
                !self.is_area_seen(&incident.subject, when) && (incident.gone.is_none() || failing() >= 2)
            } else if incident.scope == "site" && self.world.site(&incident.subject).gateway {
                // It is gone when the gateway answers; that the monitor itself was cut off in between says nothing of it.
                self.gateway_confirmed(&incident.subject, when)
                    || (incident.gone.is_none() && !self.gateway_answers(&incident.subject, when))
            } else {
                // Without a gateway, the line carries again when one of those behind it is back.
                incident.gone.is_none() && !incident.cameras.iter().any(|c| self.is_back(c, incident, when))
            };
            incident.gone = if holds { None } else { incident.gone.or(Some(when)) };
        }
        self.open = open;
    }

    /// Whether a camera of a site's incident is dark, and has failed `confirm` times after the wider cause was gone.
    fn is_on_its_own(&self, camera: &str, incident: &Open, when: When) -> bool {
        let is_dark = self.standing_of(camera, when).is_some_and(|now| now.state == DARK);
        is_dark && incident.gone.is_some_and(|gone| self.fails_alone(camera, gone, when))
    }

    /// Whether a camera is up (or degraded, where the incident was opened by dark), or was, before it became unknown or
    /// went into maintenance: an incident stays open, and a camera stays back, through these.
    fn is_back(&self, camera: &str, incident: &Open, when: When) -> bool {
        if self.standing_of(camera, when).is_none() {
            return true;
        }
        let (_, shown) = self.cameras.iter().find(|(c, _)| c.id == camera).expect("a camera of this world");
        let mut since = shown.iter().filter(|s| incident.opened < s.when && s.when <= when);
        let told = since.rfind(|s| s.state != UNKNOWN && s.state != MAINTENANCE);
        told.is_some_and(|s| s.state == UP || (s.state == DEGRADED && incident.opened_by_dark))
    }

    /// Whether a camera of a site's incident was back when the wider cause was gone, or was shown up or degraded since: what
    /// is wrong with it from then on is its own, though the incident stays open because of others.
    fn was_seen_after(&self, camera: &str, incident: &Open, when: When) -> bool {
        let Some(gone) = incident.gone else { return false };
        let (_, shown) = self.cameras.iter().find(|(c, _)| c.id == camera).expect("a camera of this world");
        let mut since = shown.iter().filter(|s| gone < s.when && s.when <= when);
        self.is_back(camera, incident, gone) || since.any(|s| s.state == UP || s.state == DEGRADED)
    }

    fn fails_alone(&self, camera: &str, gone: When, when: When) -> bool {
        let failures = self.lines.iter().enumerate().filter(|(i, line)| {
            let place = When { at: moment(line), line: Some(*i) };
            let ours = line["camera"] == camera && place > gone && place <= when && self.online(place);
            ours && class(line["outcome"].as_str().unwrap()).is_failure()
        });
        failures.count() >= self.world.confirm
    }

    /// It closes when each camera that it explains is up (or degraded, for one that was opened by dark), or has failed
    /// `confirm` times after the wider cause was gone and so opens an incident of its own.
    fn close(&mut self, when: When) {
        let open = std::mem::take(&mut self.open);
        for incident in open {
            let is_over = |c: &String| self.is_back(c, &incident, when) || self.is_on_its_own(c, &incident, when);
            let over = match incident.scope {
                "monitor" if incident.cause == "clock_wrong" => !self.facts.ours(when),
                "monitor" => self.online(when),
                // What is wrong with a recorder itself is over when nothing is.
                "recorder" if !incident.opened_by_dark => false,
                _ => incident.cameras.iter().all(is_over),
            };
            if over {
                // What has been told is over: what comes next waits for what belongs to it, as the first did.
                self.place_waits.remove(&(incident.scope, incident.subject.clone()));
                self.events.push(event(when, &incident, "close"));
            } else {
                self.open.push(incident);
            }
        }
    }

    /// `monitor`: rule 7.
    fn monitor(&mut self, when: When) {
        if self.online(when) {
            self.monitor_waits = None;
            return;
        }
        let explained: BTreeSet<String> = self
            .cameras
            .iter()
            .filter(|(c, shown)| self.standing(c, shown, when).is_some_and(|now| now.state == UNKNOWN))
            .map(|(c, _)| c.id.clone())
            .collect();
        if let Some(incident) = self.open.iter_mut().find(|i| i.scope == "monitor" && i.cause == "monitor_offline") {
            if !explained.is_subset(&incident.cameras) {
                incident.cameras.extend(explained);
                let incident = incident.clone();
                self.events.push(event(when, &incident, "update"));
            }
            return;
        }
        let decided = *self.monitor_waits.get_or_insert(when.at);
        if when.at >= decided + self.group_wait() {
            self.opens(when, "monitor", "monitor", "monitor_offline", explained, decided, false);
            self.monitor_waits = None;
        }
    }

    fn place(&mut self, place: &Place, when: When) {
        let down = self.is_down(place, when);
        let Some(explained) = down else {
            self.place_waits.remove(&place.key());
            return;
        };
        // `group_wait` since the first cause was decided: the site's, or that of a camera that it explains. It is one wait
        // for as long as the line is cut, whichever of its cameras has come to what meanwhile.
        let waiting = explained.iter().filter_map(|c| self.camera_waits.get(c)).map(|(_, decided)| *decided);
        // Or that of a narrower place.
        let narrower = self.places.iter().filter(|p| place.is_wider_than(p.scope)).filter(|p| {
            let told = self.open.iter().any(|i| i.opened_by_dark && i.scope == p.scope && i.subject == p.id);
            !told && self.cameras.iter().any(|(c, _)| explained.contains(&c.id) && p.holds(self.world, c))
        });
        let narrower = narrower.filter_map(|p| self.place_waits.get(&p.key()).copied());
        let earliest = waiting.chain(narrower).min().unwrap_or(when.at).min(when.at);
        let first = *self.place_waits.entry(place.key()).and_modify(|f| *f = earliest.min(*f)).or_insert(earliest);
        let is_ours = |i: &Open| i.opened_by_dark && i.scope == place.scope && i.subject == place.id;
        if let Some(at) = self.open.iter().position(is_ours) {
            if self.open[at].gone.is_none() && !explained.is_subset(&self.open[at].cameras) {
                self.open[at].cameras.extend(explained);
                let incident = self.open[at].clone();
                self.events.push(event(when, &incident, "update"));
            }
            return;
        }
        if explained.is_empty() || when.at < first + self.group_wait() {
            return;
        }
        let cause = if place.gateway { "unreachable".into() } else { self.common_cause(&explained, when) };
        let since = explained.iter().filter_map(|c| self.standing_of(c, when)).map(|now| now.since).min();
        self.opens(when, place.scope, &place.id, &cause, explained, since.expect("it explains something"), true);
    }

    fn common_cause(&self, cameras: &BTreeSet<String>, when: When) -> String {
        // The one seen most often; the one decided last on a tie.
        let mut causes: Vec<(When, String)> = Vec::new();
        for (_, shown) in self.cameras.iter().filter(|(c, _)| cameras.contains(&c.id)) {
            let dark = shown.iter().rfind(|s| s.when <= when && s.event).expect("it went dark");
            causes.push((dark.when, dark.cause.clone().expect("a dark camera has a cause")));
        }
        // Of those decided at one moment, the one of the later id: cameras come in the order of theirs.
        causes.sort_by_key(|(when, _)| *when);
        let seen = |cause: &str| causes.iter().filter(|(_, c)| c == cause).count();
        causes.iter().max_by_key(|(_, c)| seen(c)).expect("it explains something").1.clone()
    }

    /// Whether another place explains a dark camera: a wider one, or a narrower one of which it was told before the wider
    /// failed. What was told of a site goes on there, with whatever of it comes to be dark yet.
    fn is_anothers(&self, place: &Place, camera: &Camera, when: When) -> bool {
        self.places.iter().filter(|p| p.scope != place.scope && p.holds(self.world, camera)).any(|other| {
            let by_told = self.is_explained_by(other.scope, &camera.id, when);
            if other.is_wider_than(place.scope) {
                return by_told || self.is_excused_by(other.scope, &camera.id, when);
            }
            let is_site = |i: &Open| i.opened_by_dark && i.scope == "site" && i.subject == camera.site;
            let goes_on = self.open.iter().any(|i| is_site(i) && i.gone.is_none());
            by_told || (place.scope == "area" && other.scope == "site" && goes_on)
        })
    }

    /// Whether the line of a place explains a dark camera, told or not: it is cut, or was, and the camera has not failed
    /// often enough since.
    fn is_excused_by(&self, scope: &'static str, camera: &str, when: When) -> bool {
        let excused = self.excused.get(&(camera.to_owned(), scope));
        excused.is_some_and(|gone| gone.is_none_or(|gone| !self.fails_alone(camera, gone, when)))
    }

    /// Its gateway was unreachable `confirm` times in a row while at least one of its cameras failed by a path cause, and
    /// was not told as dark by itself. What lies under maintenance does not count.
    fn is_gateway_failure(&self, site: &str, when: When) -> bool {
        let fails = |now: &Shown| (now.fails_by_path && now.state != MAINTENANCE) || is_dark_by_path(now);
        let mut ours = self.cameras.iter().filter(|(c, _)| c.site == site);
        let failing = ours.any(|(c, shown)| self.standing(c, shown, when).is_some_and(fails) && !self.has_own(&c.id));
        failing && self.gateway_confirmed(site, when)
    }

    /// Whether the darkness of a camera is an incident of its own, or about to be, or is what its own incident says by now.
    fn has_own(&self, camera: &str) -> bool {
        let told = |i: &Open| i.scope == "camera" && i.subject == camera && (i.opened_by_dark || darkens(&i.cause));
        self.alone.contains(camera) || self.open.iter().any(told)
    }

    /// Whether the line of a place is cut, and then which cameras that explains: those whose darkness is no incident of
    /// their own already, or of another place.
    fn is_down(&self, place: &Place, when: When) -> Option<BTreeSet<String>> {
        let ours: Vec<(&Camera, &Vec<Shown>, &Shown)> = self
            .cameras
            .iter()
            .filter(|(c, _)| place.holds(self.world, c))
            .filter_map(|(c, shown)| Some((*c, shown, self.standing(c, shown, when)?)))
            .collect();
        // What was told of the line is over once one of its cameras was seen: those then dark are no new outage.
        let told = |i: &&Open| i.opened_by_dark && i.scope == place.scope && i.subject == place.id;
        let told = self.open.iter().find(told);
        let over = told.and_then(|i| i.gone);
        let is_cut = if place.scope == "area" {
            (told.is_some() && over.is_none() && self.online(when)) || self.is_area_cut(&place.id, when)
        } else if place.gateway {
            self.is_gateway_failure(&place.id, when)
        } else {
            // All its cameras that were not already dark, unknown, in maintenance or retired (two or more) went dark by
            // path causes within interval + `group_wait` of each other.
            let mut went_dark: Vec<(When, i64)> = Vec::new();
            for (camera, shown, _) in ours.iter().filter(|(_, _, now)| is_dark_by_path(now)) {
                let event = shown.iter().rposition(|s| s.when <= when && s.event).expect("it went dark");
                if was_seen(&shown[event - 1]) && over.is_none_or(|over| shown[event].when > over) {
                    went_dark.push((shown[event].when, camera.interval));
                }
            }
            let latest = went_dark.iter().map(|(dark, _)| dark.at).max().unwrap_or(0);
            // Those that went dark longer ago than that are the ones that were dark already.
            let interval = went_dark.iter().map(|(_, interval)| *interval).max().unwrap_or(0);
            let together =
                went_dark.iter().filter(|(dark, _)| latest - dark.at <= interval * SECOND + self.group_wait());
            together.count() >= 2 && !ours.iter().any(|(_, _, now)| was_seen(now))
        };
        if !is_cut {
            return None;
        }
        let dark = || ours.iter().filter(|(_, _, now)| is_dark_by_path(now));
        let explained = dark().filter(|(c, _, _)| !self.has_own(&c.id) && !self.is_anothers(place, c, when));
        let explained: BTreeSet<String> = explained.map(|(c, _, _)| c.id.clone()).collect();
        // A gateway is told of before any camera is dark; but a place of which another explains all that is dark fails by
        // nothing of its own, and waits for nothing.
        let by_area = |c: &Camera| self.is_explained_by("area", &c.id, when) || self.is_excused_by("area", &c.id, when);
        let is_own = place.gateway && !dark().any(|(c, _, _)| by_area(c));
        Some(explained).filter(|explained| !explained.is_empty() || is_own)
    }

    fn gateway_answers(&self, site: &str, when: When) -> bool {
        let places = self.lines.iter().enumerate().map(|(i, line)| (When { at: moment(line), line: Some(i) }, line));
        let mut looks = places.filter(|(place, line)| line["site"] == site && *place <= when && self.online(*place));
        looks.next_back().is_some_and(|(_, line)| line["gateway"] == "ok")
    }

    fn gateway_confirmed(&self, site: &str, when: When) -> bool {
        let mut run = 0;
        let mut online = true;
        for (i, line) in self.lines.iter().enumerate() {
            if (When { at: moment(line), line: Some(i) }) > when {
                break;
            }
            if line["reference"] == "unreachable" {
                online = false;
            } else if line["reference"] == "ok" && !online {
                (online, run) = (true, 0);
            } else if line["site"] == site && online {
                run = if line["gateway"] == "unreachable" { run + 1 } else { 0 };
            }
        }
        run >= self.world.confirm
    }

    fn online(&self, when: When) -> bool {
        self.facts.online(when)
    }

    /// Notes which cameras the line of a site explains. A line that carries again before anything was opened pages
    /// nobody: a camera then has to fail `confirm` times without it, as it would inside an open incident.
    fn excuse(&mut self, place: &Place, when: When) {
        // What was told of a place and is over explains nobody any more.
        let over = |i: &Open| i.opened_by_dark && i.scope == place.scope && i.subject == place.id && i.gone.is_some();
        let is_over = self.open.iter().any(over);
        let explained = self.is_down(place, when).filter(|_| !is_over).unwrap_or_default();
        for (camera, _) in self.cameras.iter().filter(|(c, _)| place.holds(self.world, c)) {
            let key = (camera.id.clone(), place.scope);
            let is_dark = self.standing_of(&camera.id, when).is_some_and(|now| now.state == DARK);
            if explained.contains(&camera.id) {
                self.excused.insert(key, None);
            } else if !is_dark {
                self.excused.remove(&key);
            } else if let Some(gone) = self.excused.get_mut(&key) {
                gone.get_or_insert(when);
            }
        }
    }

    fn is_excused(&self, camera: &str, when: When) -> bool {
        SCOPES.into_iter().any(|scope| {
            let excused = self.excused.get(&(camera.to_owned(), scope)).copied().flatten();
            excused.is_some_and(|gone| !self.fails_alone(camera, gone, when))
        })
    }

    /// Notes since when each camera has a reason of its own.
    fn wait(&mut self, when: When) {
        for (camera, shown) in self.cameras {
            let reason = self.reason(camera, shown, when).filter(|r| !self.is_told(&camera.id, r, when));
            let reason = reason.filter(|r| r.kind != Kind::Dark || !self.is_excused(&camera.id, when));
            match (reason, self.camera_waits.get(&camera.id)) {
                (None, _) => drop(self.camera_waits.remove(&camera.id)),
                (Some(reason), Some((kind, _))) if *kind == reason.kind => {}
                (Some(reason), _) => drop(self.camera_waits.insert(camera.id.clone(), (reason.kind, when.at))),
            }
        }
    }

    /// Whether an open incident says it already, or will by an update.
    fn is_told(&self, camera: &str, reason: &Reason, when: When) -> bool {
        let own = self.open.iter().find(|i| i.scope == "camera" && i.subject == camera);
        self.is_explained(camera, when) || own.is_some_and(|i| i.opened_by_dark || reason.kind != Kind::Dark)
    }

    /// What is explained opens nothing of its own.
    fn is_explained(&self, camera: &str, when: When) -> bool {
        SCOPES.into_iter().any(|scope| self.is_explained_by(scope, camera, when))
    }

    fn is_explained_by(&self, scope: &str, camera: &str, when: When) -> bool {
        let explains = |i: &Open| {
            let fails_alone = i.gone.is_some_and(|gone| self.fails_alone(camera, gone, when));
            i.cameras.contains(camera) && !fails_alone && !self.was_seen_after(camera, i, when)
        };
        self.open.iter().any(|i| i.opened_by_dark && i.scope == scope && explains(i))
    }

    /// Whether the line of a place explains a dark camera now.
    fn is_line_cut(&self, camera: &str) -> bool {
        SCOPES.into_iter().any(|scope| self.excused.get(&(camera.to_owned(), scope)) == Some(&None))
    }

    fn camera(&mut self, camera: &Camera, shown: &[Shown], when: When) {
        let Some(reason) = self.reason(camera, shown, when) else { return };
        // Darkness that the line of its site explains is the site's.
        let by_site = reason.kind == Kind::Dark
            && (self.is_line_cut(&camera.id)
                || self.is_excused(&camera.id, when)
                || self.is_explained(&camera.id, when));
        if let Some(incident) = self.open.iter_mut().find(|i| i.scope == "camera" && i.subject == camera.id) {
            // It stays open, as it is, through `unknown`.
            if incident.cause != reason.cause && reason.kind != Kind::UnknownTooLong && !by_site {
                incident.cause = reason.cause;
                let incident = incident.clone();
                self.events.push(event(when, &incident, "update"));
            }
            return;
        }
        if self.is_explained(&camera.id, when) {
            self.camera_waits.remove(&camera.id);
            return;
        }
        let Some((_, decided)) = self.camera_waits.get(&camera.id) else { return };
        if when.at >= decided + self.group_wait() {
            self.camera_waits.remove(&camera.id);
            let cameras = BTreeSet::from([camera.id.clone()]);
            self.opens(when, "camera", &camera.id, &reason.cause, cameras, reason.since, reason.kind == Kind::Dark);
        }
    }

    #[allow(clippy::too_many_arguments)] // They are the fields of the event.
    fn opens(
        &mut self,
        when: When,
        scope: &'static str,
        subject: &str,
        cause: &str,
        cameras: BTreeSet<String>,
        since: Nanos,
        opened_by_dark: bool,
    ) {
        self.numbers += 1;
        let (subject, cause) = (subject.to_owned(), cause.to_owned());
        let open = Open {
            number: self.numbers,
            scope,
            subject,
            cause,
            cameras,
            since,
            opened_by_dark,
            opened: when,
            gone: None,
        };
        self.events.push(event(when, &open, "open"));
        self.open.push(open);
    }
}

fn was_seen(shown: &Shown) -> bool {
    shown.state == UP || shown.state == DEGRADED
}

fn is_dark_by_path(shown: &Shown) -> bool {
    shown.state == DARK && shown.cause.as_deref().is_some_and(|cause| class(cause) == Class::Path)
}

fn event(when: When, incident: &Open, phase: &str) -> Value {
    json!({
        "at": text(when.at), "event": "incident", "id": incident.number.to_string(), "phase": phase,
        "scope": incident.scope, "subject": incident.subject, "cause": incident.cause,
        "cameras": incident.cameras, "since": text(incident.since),
    })
}
