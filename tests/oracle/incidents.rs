//! Incidents of the scopes camera, site and monitor, read off the states as they are shown.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::Shown;
use super::life::{Class, DARK, DEGRADED, MAINTENANCE, UNKNOWN, UP, When, class, moment};
use super::world::{Camera, Nanos, SECOND, Site, World, text};

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
    /// Of a site's: since when what was wrong with the line is gone.
    gone: Option<When>,
}

struct Desk<'a> {
    world: &'a World,
    cameras: &'a [(&'a Camera, Vec<Shown>)],
    lines: &'a [Value],
    open: Vec<Open>,
    /// What waits for `group_wait`, and since when.
    camera_waits: BTreeMap<String, (Kind, Nanos)>,
    /// Since when the line of a site is cut.
    site_waits: BTreeMap<String, Nanos>,
    monitor_waits: Option<Nanos>,
    /// Dark cameras that the line of their site explained, or explains; and since when it no longer does.
    excused: BTreeMap<String, Option<When>>,
    numbers: usize,
    events: Vec<Value>,
}

pub fn incidents(world: &World, cameras: &[(&Camera, Vec<Shown>)], lines: &[Value]) -> Vec<Value> {
    let mut desk = Desk {
        world,
        cameras,
        lines,
        open: Vec::new(),
        camera_waits: BTreeMap::new(),
        site_waits: BTreeMap::new(),
        monitor_waits: None,
        excused: BTreeMap::new(),
        numbers: 0,
        events: Vec::new(),
    };
    let Some(last) = lines.last().map(moment) else { return Vec::new() };
    // Every place of the trace at which anything can come about.
    let mut whens: BTreeSet<When> = cameras.iter().flat_map(|(_, shown)| shown.iter().map(|s| s.when)).collect();
    whens.extend(lines.iter().enumerate().map(|(i, line)| When { at: moment(line), line: Some(i) }));
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
        all.extend(self.site_waits.values().map(|decided| decided + wait));
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
        self.note_what_is_gone(when);
        self.close(when);
        self.monitor(when);
        let world = self.world;
        let mut sites: Vec<&Site> = world.sites.iter().collect();
        sites.sort_by(|a, b| a.id.cmp(&b.id));
        for site in &sites {
            self.excuse(site, when);
        }
        self.wait(when);
        for site in sites {
            self.site(site, when);
        }
        for (camera, shown) in self.cameras {
            self.camera(camera, shown, when);
        }
    }

    /// Notes since when the wider cause of each site's incident is gone.
    fn note_what_is_gone(&mut self, when: When) {
        let mut open = std::mem::take(&mut self.open);
        for incident in open.iter_mut().filter(|i| i.scope == "site") {
            let holds = if self.world.site(&incident.subject).gateway {
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

    /// Whether a camera of a site's incident has failed `confirm` times after the wider cause was gone.
    fn is_on_its_own(&self, camera: &str, incident: &Open, when: When) -> bool {
        incident.gone.is_some_and(|gone| self.fails_alone(camera, gone, when))
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

    fn fails_alone(&self, camera: &str, gone: When, when: When) -> bool {
        let failures = self.lines.iter().enumerate().filter(|(i, line)| {
            let place = When { at: moment(line), line: Some(*i) };
            let ours = line["camera"] == camera && place > gone && place <= when && self.online(place);
            ours && class(line["outcome"].as_str().unwrap()).is_failure()
        });
        self.standing_of(camera, when).is_some_and(|now| now.state == DARK) && failures.count() >= self.world.confirm
    }

    /// It closes when each camera that it explains is up (or degraded, for one that was opened by dark), or has failed
    /// `confirm` times after the wider cause was gone and so opens an incident of its own.
    fn close(&mut self, when: When) {
        let open = std::mem::take(&mut self.open);
        for incident in open {
            let is_over = |c: &String| self.is_back(c, &incident, when) || self.is_on_its_own(c, &incident, when);
            let over = match incident.scope {
                "monitor" => self.online(when),
                _ => incident.cameras.iter().all(is_over),
            };
            if over {
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
        if let Some(incident) = self.open.iter_mut().find(|i| i.scope == "monitor") {
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

    fn site(&mut self, site: &Site, when: When) {
        let down = self.site_is_down(site, when);
        let decided = match down {
            Some(_) => *self.site_waits.entry(site.id.clone()).or_insert(when.at),
            None => self.site_waits.remove(&site.id).unwrap_or(when.at),
        };
        let explained = down.unwrap_or_default();
        if let Some(at) = self.open.iter().position(|i| i.scope == "site" && i.subject == site.id) {
            if self.open[at].gone.is_none() && !explained.is_subset(&self.open[at].cameras) {
                self.open[at].cameras.extend(explained);
                let incident = self.open[at].clone();
                self.events.push(event(when, &incident, "update"));
            }
            return;
        }
        // `group_wait` since the first cause was decided: the site's, or that of a camera that it explains.
        let waiting = explained.iter().filter_map(|c| self.camera_waits.get(c)).map(|(_, decided)| *decided);
        let first = waiting.min().unwrap_or(decided).min(decided);
        if explained.is_empty() || when.at < first + self.group_wait() {
            return;
        }
        let cause = if site.gateway { "unreachable".into() } else { self.common_cause(&explained, when) };
        let since = explained.iter().filter_map(|c| self.standing_of(c, when)).map(|now| now.since).min();
        self.opens(when, "site", &site.id, &cause, explained, since.expect("it explains something"), true);
    }

    fn common_cause(&self, cameras: &BTreeSet<String>, when: When) -> String {
        let mut causes: Vec<(Nanos, String)> = Vec::new();
        for now in cameras.iter().filter_map(|c| self.standing_of(c, when)) {
            causes.push((now.since, now.cause.clone().expect("a dark camera has a cause")));
        }
        causes.sort();
        let seen = |cause: &str| causes.iter().filter(|(_, c)| c == cause).count();
        causes.iter().max_by_key(|(_, c)| seen(c)).expect("it explains something").1.clone()
    }

    /// Whether the line of a site is cut, and then which cameras that explains: those whose darkness is no incident of
    /// their own already.
    fn site_is_down(&self, site: &Site, when: When) -> Option<BTreeSet<String>> {
        let has_own =
            |c: &Camera| self.open.iter().any(|i| i.scope == "camera" && i.subject == c.id && i.opened_by_dark);
        let dark_by_path =
            |now: &Shown| now.state == DARK && now.cause.as_deref().is_some_and(|cause| class(cause) == Class::Path);
        let ours: Vec<(&Camera, &Vec<Shown>, &Shown)> = self
            .cameras
            .iter()
            .filter(|(c, _)| c.site == site.id)
            .filter_map(|(c, shown)| Some((*c, shown, self.standing(c, shown, when)?)))
            .collect();
        let is_cut = if site.gateway {
            // Its gateway was unreachable `confirm` times in a row while at least one of its cameras failed by a path
            // cause. What lies under maintenance does not count.
            let fails = |now: &Shown| (now.fails_by_path && now.state != MAINTENANCE) || dark_by_path(now);
            let failing = ours.iter().any(|(c, _, now)| fails(now) && !has_own(c));
            let is_told = self.open.iter().any(|i| i.scope == "site" && i.subject == site.id && i.gone.is_none());
            failing && (is_told || self.gateway_confirmed(&site.id, when))
        } else {
            // All its cameras that were not already dark, unknown, in maintenance or retired (two or more) went dark by
            // path causes within interval + `group_wait` of each other.
            let was_seen = |s: &Shown| s.state == UP || s.state == DEGRADED;
            let mut went_dark: Vec<(When, i64)> = Vec::new();
            for (camera, shown, _) in ours.iter().filter(|(_, _, now)| dark_by_path(now)) {
                let event = shown.iter().rposition(|s| s.when <= when && s.event).expect("it went dark");
                if was_seen(&shown[event - 1]) {
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
        let explained = ours.iter().filter(|(c, _, now)| dark_by_path(now) && !has_own(c));
        is_cut.then(|| explained.map(|(c, _, _)| c.id.clone()).collect())
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
        let places = self.lines.iter().enumerate().filter(|(_, line)| line["reference"].is_string());
        let mut until_now = places.take_while(|(i, line)| When { at: moment(line), line: Some(*i) } <= when);
        until_now.by_ref().last().is_none_or(|(_, line)| line["reference"] == "ok")
    }

    /// Notes which cameras the line of a site explains. A line that carries again before anything was opened pages
    /// nobody: a camera then has to fail `confirm` times without it, as it would inside an open incident.
    fn excuse(&mut self, site: &Site, when: When) {
        let explained = self.site_is_down(site, when).unwrap_or_default();
        for (camera, _) in self.cameras.iter().filter(|(c, _)| c.site == site.id) {
            let is_dark = self.standing_of(&camera.id, when).is_some_and(|now| now.state == DARK);
            if explained.contains(&camera.id) {
                self.excused.insert(camera.id.clone(), None);
            } else if !is_dark {
                self.excused.remove(&camera.id);
            } else if let Some(gone) = self.excused.get_mut(&camera.id) {
                gone.get_or_insert(when);
            }
        }
    }

    fn is_excused(&self, camera: &str, when: When) -> bool {
        let Some(Some(gone)) = self.excused.get(camera) else { return false };
        !self.fails_alone(camera, *gone, when)
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
        let explains = |i: &Open| i.cameras.contains(camera) && !self.is_on_its_own(camera, i, when);
        self.open.iter().any(|i| i.scope == "site" && explains(i))
    }

    fn camera(&mut self, camera: &Camera, shown: &[Shown], when: When) {
        let Some(reason) = self.reason(camera, shown, when) else { return };
        // Darkness that the line of its site explains is the site's.
        let by_site = reason.kind == Kind::Dark
            && (matches!(self.excused.get(&camera.id), Some(None)) || self.is_explained(&camera.id, when));
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

fn event(when: When, incident: &Open, phase: &str) -> Value {
    json!({
        "at": text(when.at), "event": "incident", "id": incident.number.to_string(), "phase": phase,
        "scope": incident.scope, "subject": incident.subject, "cause": incident.cause,
        "cameras": incident.cameras, "since": text(incident.since),
    })
}
