//! The daemon's way of looking, in virtual time: its own plans of when to look at what, and its judgement of what is seen.
//! What a look finds is read off the truth at the moment at which it begins; nothing else of the truth goes this way.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::time::Duration;

use camwatch::inventory::{
    Camera, CameraId, Depth, HostPort, Recorder, RecorderId, RecorderKind, Site, SiteId, TlsPolicy, Transport,
};
use camwatch::judgement::event::IncidentEvent;
use camwatch::judgement::{Event, Judge, Policy};
use camwatch::observation::{CameraSeen, Class, Observation, Outcome, RecorderSeen, Seen};
use camwatch::schedule::gateways::Gateways;
use camwatch::schedule::plan::{Finish, Limits, Plan};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::json;

use crate::truth::{CAMERAS, CAMERAS_A_SITE, COMMUNES, Dice, END, SITES, Truth, is_behind_recorder};

const INTERVAL: Duration = Duration::from_secs(30);
const RECHECK: Duration = Duration::from_secs(5);
const CONFIRM: u32 = 3;
/// Of all observations, those that never come.
const MISSING: f64 = 0.05;

pub fn start() -> Timestamp {
    "2026-11-01T00:00:00Z".parse().expect("a moment")
}

pub fn camera_id(i: usize) -> CameraId {
    format!("c{i:02}").parse().expect("an id")
}

pub fn site_id(i: usize) -> SiteId {
    format!("s{i:02}").parse().expect("an id")
}

pub fn recorder_id(site: usize) -> RecorderId {
    format!("r{site:02}").parse().expect("an id")
}

pub fn commune(site: usize) -> String {
    format!("m{}", COMMUNES[site])
}

/// The defaults of the configuration.
fn policy(has_gateway: impl Fn(usize) -> bool) -> Policy {
    let camera = |i: usize| Camera {
        id: camera_id(i),
        site: site_id(i / CAMERAS_A_SITE),
        name: String::new(),
        url: "rtsp://192.0.2.1/".parse().expect("a URL"),
        substream_url: None,
        credential: None,
        tls: TlsPolicy::System,
        funds: Vec::new(),
        recorder: is_behind_recorder(i).then(|| recorder_id(i / CAMERAS_A_SITE)),
        channel: None,
        installed: None,
        retired: None,
        retention: None,
        interval: INTERVAL,
        timeout: Duration::from_secs(10),
        depth: Depth::Frame,
        transport: Transport::Tcp,
        picture: true,
    };
    let site = |i: usize| Site {
        id: site_id(i),
        commune: commune(i).parse().expect("an id"),
        village: None,
        name: String::new(),
        latitude: None,
        longitude: None,
        gateway: has_gateway(i).then(|| HostPort { host: "192.0.2.254".to_owned(), port: 80 }),
    };
    let recorder = |site: usize| Recorder {
        id: recorder_id(site),
        site: site_id(site),
        kind: RecorderKind::Hikvision,
        url: "http://192.0.2.2".parse().expect("a URL"),
        credential: None,
        tls: TlsPolicy::System,
        allow_basic: false,
        requests_per_minute: 10,
    };
    Policy {
        confirm: CONFIRM,
        recover: 2,
        picture_confirm: 2,
        group_wait: Duration::from_secs(20),
        unknown_after: Duration::from_secs(1800),
        clock_tolerance: Duration::from_secs(300),
        metadata_interval: Duration::from_secs(900),
        timezone: TimeZone::UTC,
        sites: (0..SITES).map(|i| (site_id(i), site(i))).collect(),
        cameras: (0..CAMERAS).map(|i| (camera_id(i), camera(i))).collect(),
        recorders: (0..SITES).map(|i| (recorder_id(i), recorder(i))).collect(),
        funded: (0..CAMERAS).map(camera_id).collect(),
        communes: (0..SITES).map(|i| commune(i).parse().expect("an id")).collect(),
        maintenance: Vec::new(),
    }
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Done {
    Camera(CameraId, &'static str),
    Gateway(SiteId, bool),
    Recorder(usize),
    References,
}

pub struct Prober<'a> {
    truth: &'a Truth,
    dice: Dice,
    judge: Judge,
    plan: Plan,
    gateways: Gateways,
    ends: BinaryHeap<Reverse<(Duration, Done)>>,
    recorder_failures: [u32; SITES],
    failed: BTreeMap<CameraId, bool>,
    references_due: bool,
    events: Vec<IncidentEvent>,
    observations: u64,
}

impl<'a> Prober<'a> {
    pub fn new(truth: &'a Truth, seed: u64, has_gateway: impl Fn(usize) -> bool, group_wait: Duration) -> Self {
        let policy = Policy { group_wait, ..policy(has_gateway) };
        let limits = Limits {
            max_concurrent: 256,
            max_concurrent_per_site: 16,
            confirm: CONFIRM,
            recheck: RECHECK,
            picture_interval: Duration::from_secs(900),
        };
        let mut plan = Plan::new(limits.clone());
        plan.set_cameras(limits, policy.cameras.values(), Duration::ZERO);
        let mut gateways = Gateways::new();
        let with_gateway = policy.sites.values().filter(|site| site.gateway.is_some()).map(|site| site.id.clone());
        let with_gateway: Vec<SiteId> = with_gateway.collect();
        gateways.set_sites(INTERVAL, RECHECK, CONFIRM, with_gateway.into_iter(), Duration::ZERO);
        let polls = (0..SITES).map(|i| Reverse((Duration::from_secs(90 * i as u64), Done::Recorder(i))));
        Self {
            truth,
            dice: Dice(seed ^ 0x00C0_FFEE),
            judge: Judge::new(policy),
            plan,
            gateways,
            ends: polls.collect(),
            recorder_failures: [0; SITES],
            failed: BTreeMap::new(),
            references_due: false,
            events: Vec::new(),
            observations: 0,
        }
    }

    /// All ten days.
    pub fn run(mut self) -> (Vec<IncidentEvent>, u64) {
        let mut now = Duration::ZERO;
        while now.as_secs_f64() < END {
            while let Some(Reverse((_, done))) = self.ends.pop_if_due(now) {
                self.end(done, now);
            }
            for start in self.plan.start(now) {
                let i: usize = start.camera.as_str()[1..].parse().expect("a number");
                let first = !self.failed.get(&start.camera).copied().unwrap_or(false);
                let effect = self.truth.probe(i, now.as_secs_f64(), first, &mut self.dice);
                let end = now + Duration::from_secs_f64(effect.takes);
                self.ends.push(Reverse((end, Done::Camera(start.camera, effect.outcome))));
            }
            for site in self.gateways.start(now) {
                let i: usize = site.as_str()[1..].parse().expect("a number");
                let answers = self.truth.gateway_answers(i, now.as_secs_f64());
                let takes = Duration::from_millis(if answers { 20 } else { 3000 });
                self.ends.push(Reverse((now + takes, Done::Gateway(site, answers))));
            }
            let ends = self.ends.peek().map(|Reverse((at, _))| *at);
            let wakes = [self.plan.next_wake(), self.gateways.next_wake(), ends];
            now = wakes.into_iter().flatten().min().expect("there is always something to do").max(now);
        }
        (self.events, self.observations)
    }

    fn end(&mut self, done: Done, now: Duration) {
        match done {
            Done::Camera(camera, outcome) => self.probed(&camera, outcome, now),
            Done::Gateway(site, answers) => {
                self.gateways.finish(&site, answers, now);
                self.observe(now, Seen::Gateway { site, reachable: answers });
            }
            Done::Recorder(i) => {
                let answers = self.truth.recorder_answers(i, now.as_secs_f64());
                let seen = RecorderSeen {
                    recorder: recorder_id(i),
                    outcome: if answers { Outcome::Ok } else { Outcome::ConnectTimeout },
                    clock_offset_seconds: None,
                    disks: None,
                    recordings: None,
                    device: None,
                    channels: None,
                    forecast_days: None,
                    detail: None,
                };
                self.observe(now, Seen::Recorder(seen));
                self.recorder_failures[i] = if answers { 0 } else { self.recorder_failures[i] + 1 };
                // After a failed poll again soon, until that is confirmed.
                let soon = (1..CONFIRM).contains(&self.recorder_failures[i]);
                let next = Duration::from_secs(if soon { 60 } else { 900 });
                self.ends.push(Reverse((now + next, Done::Recorder(i))));
            }
            Done::References => {
                self.references_due = false;
                self.look_at_references(now);
            }
        }
    }

    fn probed(&mut self, camera: &CameraId, outcome: &'static str, now: Duration) {
        let outcome = outcome_of(outcome);
        let class = outcome.class();
        let finish = match class {
            Class::Good | Class::Stream => Finish::Good,
            Class::Blind => Finish::Blind,
            Class::Path | Class::Session | Class::Media => Finish::Failed,
        };
        self.failed.insert(camera.clone(), finish == Finish::Failed);
        self.plan.finish(camera, finish, now);
        if class == Class::Path {
            let i: usize = camera.as_str()[1..].parse().expect("a number");
            let site = i / CAMERAS_A_SITE;
            self.gateways.hurry(&site_id(site), now);
            if self.plan.look_around(camera, now) {
                let others: Vec<SiteId> = (0..SITES)
                    .filter(|other| *other != site && commune(*other) == commune(site))
                    .map(site_id)
                    .collect();
                self.plan.look_into(others.iter(), now);
            }
        }
        // Before a camera turns dark the references are looked at.
        if finish == Finish::Failed && self.judge.monitor_online() && self.judge.is_about_to_darken(camera) {
            self.look_at_references(now);
        }
        if !self.dice.chance(MISSING) {
            let seen = CameraSeen {
                camera: camera.clone(),
                outcome,
                depth: Depth::Frame,
                phases_ms: BTreeMap::new(),
                stream: None,
                picture: None,
                detail: None,
            };
            self.observe(now, Seen::Camera(seen));
        }
    }

    fn look_at_references(&mut self, now: Duration) {
        let offline = self.truth.is_offline(now.as_secs_f64());
        self.observe(now, Seen::Reference { reachable: !offline });
        // Silent ones are looked at again until they answer.
        if offline && !self.references_due {
            self.references_due = true;
            self.ends.push(Reverse((now + RECHECK, Done::References)));
        }
    }

    fn observe(&mut self, now: Duration, seen: Seen) {
        if self.truth.is_down(now.as_secs_f64()) {
            return;
        }
        self.observations += 1;
        let events = self.judge.observe(&Observation { at: start() + now, seen }).events;
        self.events.extend(events.into_iter().filter_map(|event| match event {
            Event::Incident(event) => Some(event),
            Event::State(_) | Event::Page(_) => None,
        }));
    }
}

pub fn outcome_of(name: &str) -> Outcome {
    serde_json::from_value(json!(name)).expect("an outcome")
}

trait PopIfDue<T> {
    fn pop_if_due(&mut self, now: Duration) -> Option<T>;
}

impl PopIfDue<Reverse<(Duration, Done)>> for BinaryHeap<Reverse<(Duration, Done)>> {
    fn pop_if_due(&mut self, now: Duration) -> Option<Reverse<(Duration, Done)>> {
        self.peek().is_some_and(|Reverse((at, _))| *at <= now).then(|| self.pop()).flatten()
    }
}
