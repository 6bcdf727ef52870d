//! When to look at what: pure, the time comes in as an argument.
//!
//! Every camera at its interval from start to start, starts spread evenly, at moments 50 ms apart; sooner after a failure,
//! until that is confirmed or cleared; never two looks at one camera at once, never more than the limits allow. A site
//! whose probes all hang holds only its own places. Must not know sockets, clocks or what an outcome means for a state.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::inventory::{Camera, CameraId, Depth, SiteId};

/// Time since the plan began, by a clock that never steps.
pub type Moment = Duration;

/// Looks begin at moments this far apart, so that a few begin together: those behind the first find the processor awake
/// and its caches warm, which is most of what a short look costs.
const TOGETHER: Duration = Duration::from_millis(50);

/// What bounds and times the looks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// How many looks may run at once.
    pub max_concurrent: u32,
    /// How many of them at one site.
    pub max_concurrent_per_site: u32,
    /// Failures in a row that confirm.
    pub confirm: u32,
    /// From the end of a failed look to the start of the next, until confirmed or cleared.
    pub recheck: Duration,
    /// How often a look goes to the main stream and as deep as the picture.
    pub picture_interval: Duration,
}

/// How a look is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// `url` rather than `substream_url`.
    pub main_stream: bool,
    pub depth: Depth,
}

/// A look that begins now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Start {
    pub camera: CameraId,
    pub look: Look,
    /// How much later than planned.
    pub lag: Duration,
}

/// What a look came to, as far as the plan cares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finish {
    /// An outcome that counts towards dark.
    Failed,
    /// An outcome that says that the camera works.
    Good,
    /// Neither.
    Blind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// In `due`.
    Planned,
    /// In its site's queue: the moment has come, a place has not.
    Waiting,
    Running {
        since: Moment,
    },
}

#[derive(Debug)]
struct Entry {
    site: SiteId,
    interval: Duration,
    timeout: Duration,
    regular: Look,
    /// `None` where the regular look is as deep as it gets.
    deep: Option<Look>,
    deep_due: Moment,
    look: Look,
    /// When the look is, or was, planned to begin.
    planned: Moment,
    /// When its regular turn is, where it is looked at before.
    turn: Option<Moment>,
    stage: Stage,
    failures: u32,
}

#[derive(Debug, Default)]
struct SiteQueue {
    waiting: BTreeSet<(Moment, CameraId)>,
    running: u32,
}

/// The plan of all looks.
#[derive(Debug)]
pub struct Plan {
    limits: Limits,
    entries: BTreeMap<CameraId, Entry>,
    due: BTreeSet<(Moment, CameraId)>,
    /// Every site's cameras.
    neighbours: BTreeMap<SiteId, Vec<CameraId>>,
    sites: BTreeMap<SiteId, SiteQueue>,
    /// Sites that have something waiting and a place for it, by who has waited longest.
    ready: BTreeSet<(Moment, SiteId)>,
    running: u32,
    placed: u64,
}

impl Plan {
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            entries: BTreeMap::new(),
            due: BTreeSet::new(),
            neighbours: BTreeMap::new(),
            sites: BTreeMap::new(),
            ready: BTreeSet::new(),
            running: 0,
            placed: 0,
        }
    }

    /// From now on exactly these cameras are looked at. Those that were planned already keep their place.
    pub fn set_cameras<'a>(&mut self, limits: Limits, cameras: impl Iterator<Item = &'a Camera>, now: Moment) {
        self.limits = limits;
        let mut kept = BTreeMap::new();
        for camera in cameras {
            let regular = regular_look(camera);
            let deep = deep_look(camera).filter(|deep| *deep != regular);
            let entry = match self.entries.remove(&camera.id) {
                Some(mut entry) if entry.site == camera.site => {
                    if entry.look != regular && Some(entry.look) != deep {
                        entry.look = regular;
                    }
                    entry.regular = regular;
                    entry.deep = deep;
                    entry.timeout = camera.timeout;
                    if entry.stage == Stage::Planned && entry.planned > now + camera.interval {
                        self.due.remove(&(entry.planned, camera.id.clone()));
                        entry.planned = now + camera.interval;
                        self.due.insert((entry.planned, camera.id.clone()));
                    }
                    entry.interval = camera.interval;
                    entry
                }
                moved => {
                    if let Some(moved) = moved {
                        self.forget(&camera.id, &moved);
                    }
                    let share = self.next_share();
                    let planned = together(now + camera.interval.mul_f64(share), now);
                    self.due.insert((planned, camera.id.clone()));
                    Entry {
                        site: camera.site.clone(),
                        interval: camera.interval,
                        timeout: camera.timeout,
                        regular,
                        deep,
                        deep_due: now + self.limits.picture_interval.mul_f64(share),
                        look: regular,
                        planned,
                        turn: None,
                        stage: Stage::Planned,
                        failures: 0,
                    }
                }
            };
            kept.insert(camera.id.clone(), entry);
        }
        for (id, entry) in std::mem::replace(&mut self.entries, kept) {
            self.forget(&id, &entry);
        }
        self.neighbours.clear();
        for (id, entry) in &self.entries {
            self.neighbours.entry(entry.site.clone()).or_default().push(id.clone());
        }
        let sites: Vec<SiteId> = self.sites.keys().cloned().collect();
        for site in sites {
            self.update_ready(&site);
        }
    }

    /// The share of its interval by which the next camera is shifted: multiples of the golden ratio, which lie evenly
    /// however many there are, and evenly too for any neighbours among them, as the cameras of one site are.
    fn next_share(&mut self) -> f64 {
        const GOLDEN: f64 = 0.618_033_988_749_894_9;
        self.placed += 1;
        #[allow(clippy::cast_precision_loss)] // A count of cameras.
        let share = self.placed as f64 * GOLDEN;
        share.fract()
    }

    fn forget(&mut self, id: &CameraId, entry: &Entry) {
        match entry.stage {
            Stage::Planned => {
                self.due.remove(&(entry.planned, id.clone()));
            }
            Stage::Waiting => {
                if let Some(queue) = self.sites.get_mut(&entry.site) {
                    let head = queue.waiting.first().map(|(moment, _)| *moment);
                    queue.waiting.remove(&(entry.planned, id.clone()));
                    if let Some(head) = head {
                        self.ready.remove(&(head, entry.site.clone()));
                    }
                }
            }
            Stage::Running { .. } => self.leave_place(&entry.site),
        }
    }

    fn leave_place(&mut self, site: &SiteId) {
        self.running -= 1;
        if let Some(queue) = self.sites.get_mut(site) {
            queue.running -= 1;
        }
        self.update_ready(site);
    }

    /// Puts a site into `ready` where it has both a waiting look and a free place.
    fn update_ready(&mut self, site: &SiteId) {
        let Some(queue) = self.sites.get(site) else { return };
        if let Some((moment, _)) = queue.waiting.first() {
            let key = (*moment, site.clone());
            if queue.running < self.limits.max_concurrent_per_site {
                self.ready.insert(key);
            } else {
                self.ready.remove(&key);
            }
        } else if queue.running == 0 {
            self.sites.remove(site);
        }
    }

    /// The looks that begin at `now`, those that have waited longest first.
    pub fn start(&mut self, now: Moment) -> Vec<Start> {
        while let Some((planned, id)) = self.due.first().cloned() {
            if planned > now {
                break;
            }
            self.due.pop_first();
            let Some(entry) = self.entries.get_mut(&id) else { continue };
            entry.stage = Stage::Waiting;
            let site = entry.site.clone();
            let queue = self.sites.entry(site.clone()).or_default();
            if let Some((head, _)) = queue.waiting.first() {
                self.ready.remove(&(*head, site.clone()));
            }
            queue.waiting.insert((planned, id));
            self.update_ready(&site);
        }
        let mut starts = Vec::new();
        while self.running < self.limits.max_concurrent {
            let Some((_, site)) = self.ready.pop_first() else { break };
            let Some(queue) = self.sites.get_mut(&site) else { continue };
            let Some((planned, id)) = queue.waiting.pop_first() else { continue };
            queue.running += 1;
            self.running += 1;
            self.update_ready(&site);
            let Some(entry) = self.entries.get_mut(&id) else { continue };
            entry.stage = Stage::Running { since: now };
            if entry.failures == 0 {
                entry.look = entry.regular;
                if let Some(deep) = entry.deep
                    && now >= entry.deep_due
                {
                    entry.look = deep;
                    entry.deep_due = now + self.limits.picture_interval;
                }
            }
            starts.push(Start { camera: id, look: entry.look, lag: now.saturating_sub(planned) });
        }
        starts
    }

    /// A look that was started has ended. One whose camera has been removed meanwhile is ignored.
    ///
    /// A look that failed is repeated as it was, since another depth or stream could neither confirm nor clear it.
    pub fn finish(&mut self, camera: &CameraId, finish: Finish, now: Moment) {
        let Some(entry) = self.entries.get_mut(camera) else { return };
        let Stage::Running { .. } = entry.stage else { return };
        match finish {
            Finish::Failed => entry.failures = entry.failures.saturating_add(1),
            Finish::Good => entry.failures = 0,
            Finish::Blind => {}
        }
        let next = |entry: &mut Entry| match entry.turn.take() {
            Some(turn) if turn > now => turn,
            Some(turn) => turn + entry.interval,
            None => entry.planned + entry.interval,
        };
        entry.planned = if finish == Finish::Failed && entry.failures < self.limits.confirm {
            // A little early, so that what follows keeps to the common moments.
            together(now + self.limits.recheck, now)
        } else {
            let next = next(entry);
            // Whole intervals that were missed are not run after.
            if next + entry.interval > now { next } else { now }
        };
        entry.stage = Stage::Planned;
        let site = entry.site.clone();
        self.due.insert((entry.planned, camera.clone()));
        self.leave_place(&site);
    }

    /// Looks at a camera as soon as a place is free. `false` where it is looked at already, or is not in the plan.
    pub fn expedite(&mut self, camera: &CameraId, now: Moment) -> bool {
        self.bring_forward(camera, now);
        self.entries.get(camera).is_some_and(|entry| !matches!(entry.stage, Stage::Running { .. }))
    }

    /// A look has failed as looks do where a line is cut: the first time in a row, the cameras beside it are looked at at
    /// once, so that it shows before anybody is told whether it is the line. Each keeps its turn. Gives whether every
    /// camera of the site, two or more, fails now.
    pub fn look_around(&mut self, camera: &CameraId, now: Moment) -> bool {
        let Some(entry) = self.entries.get(camera).filter(|entry| entry.failures == 1) else { return false };
        let site = self.neighbours.get(&entry.site).cloned().unwrap_or_default();
        let good: Vec<&CameraId> = site.iter().filter(|id| self.entries[*id].failures == 0).collect();
        for id in &good {
            self.look_between(id, now);
        }
        good.is_empty() && site.len() > 1
    }

    /// Looks at one camera of each of these sites at once, unless one of it fails already: whether more than one line is
    /// cut.
    pub fn look_into<'a>(&mut self, sites: impl Iterator<Item = &'a SiteId>, now: Moment) {
        for site in sites {
            let Some(cameras) = self.neighbours.get(site) else { continue };
            if cameras.iter().all(|id| self.entries[id].failures == 0)
                && let Some(first) = cameras.first().cloned()
            {
                self.look_between(&first, now);
            }
        }
    }

    /// Looks at a camera at once beside its turns, of which none is given up.
    fn look_between(&mut self, camera: &CameraId, now: Moment) {
        if let Some(turn) = self.bring_forward(camera, now)
            && let Some(entry) = self.entries.get_mut(camera)
        {
            entry.turn.get_or_insert(turn);
        }
    }

    /// Gives for when the look was planned that is due now.
    fn bring_forward(&mut self, camera: &CameraId, now: Moment) -> Option<Moment> {
        let entry = self.entries.get_mut(camera).filter(|one| one.stage == Stage::Planned && one.planned > now)?;
        let planned = std::mem::replace(&mut entry.planned, now);
        self.due.remove(&(planned, camera.clone()));
        self.due.insert((now, camera.clone()));
        Some(planned)
    }

    /// When `start` next has something to do, if nothing ends before.
    #[must_use]
    pub fn next_wake(&self) -> Option<Moment> {
        self.due.first().map(|(moment, _)| *moment)
    }

    /// Whether a look has run for `grace` beyond its timeout: then whoever runs the looks stands still.
    #[must_use]
    pub fn is_stuck(&self, now: Moment, grace: Duration) -> bool {
        self.running > 0
            && self
                .entries
                .values()
                .any(|e| matches!(e.stage, Stage::Running { since } if now > since + e.timeout + grace))
    }

    #[must_use]
    pub fn contains(&self, camera: &CameraId) -> bool {
        self.entries.contains_key(camera)
    }
}

/// The last moment before `planned` at which looks begin together, or `now`.
fn together(planned: Moment, now: Moment) -> Moment {
    let over = planned.as_nanos() % TOGETHER.as_nanos();
    planned.saturating_sub(Duration::from_nanos(u64::try_from(over).unwrap_or(0))).max(now)
}

fn regular_look(camera: &Camera) -> Look {
    let depth = if camera.picture { camera.depth } else { camera.depth.min(Depth::Frame) };
    match camera.substream_url {
        Some(_) => Look { main_stream: false, depth },
        None => Look { main_stream: true, depth },
    }
}

/// `None` for a camera at which nobody wants to look as deep as a frame.
fn deep_look(camera: &Camera) -> Option<Look> {
    let depth = if camera.picture { Depth::Picture } else { Depth::Frame };
    (camera.depth >= Depth::Frame).then_some(Look { main_stream: true, depth })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inventory::{TlsPolicy, Transport};
    use proptest::prelude::*;

    fn secs(n: u64) -> Duration {
        Duration::from_secs(n)
    }

    fn limits() -> Limits {
        Limits {
            max_concurrent: 4,
            max_concurrent_per_site: 2,
            confirm: 3,
            recheck: secs(5),
            picture_interval: secs(900),
        }
    }

    fn camera(id: &str, site: &str, interval: u64) -> Camera {
        Camera {
            id: CameraId::new(id).unwrap(),
            site: SiteId::new(site).unwrap(),
            name: String::new(),
            url: "rtsp://127.0.0.1/".parse().unwrap(),
            substream_url: None,
            credential: None,
            tls: TlsPolicy::System,
            funds: vec![],
            recorder: None,
            channel: None,
            installed: None,
            retired: None,
            retention: None,
            interval: secs(interval),
            timeout: secs(interval.min(10)),
            depth: Depth::Frame,
            transport: Transport::Tcp,
            picture: false,
        }
    }

    fn plan(cameras: &[Camera]) -> Plan {
        let mut plan = Plan::new(limits());
        plan.set_cameras(limits(), cameras.iter(), Duration::ZERO);
        plan
    }

    /// Runs the plan with looks that end as `look` says, and returns (moment, camera, lag) of every start.
    fn run(
        plan: &mut Plan,
        until: Moment,
        mut look: impl FnMut(&Start, Moment) -> (Duration, Finish),
    ) -> Vec<(Moment, CameraId, Duration)> {
        let mut starts = Vec::new();
        let mut ends: BTreeSet<(Moment, CameraId, u8)> = BTreeSet::new();
        let mut now = Duration::ZERO;
        while now <= until {
            while let Some((moment, id, finish)) = ends.first().cloned()
                && moment <= now
            {
                ends.pop_first();
                plan.finish(&id, [Finish::Failed, Finish::Good, Finish::Blind][finish as usize], now);
            }
            for start in plan.start(now) {
                let (took, finish) = look(&start, now);
                let code = match finish {
                    Finish::Failed => 0,
                    Finish::Good => 1,
                    Finish::Blind => 2,
                };
                ends.insert((now + took, start.camera.clone(), code));
                starts.push((now, start.camera.clone(), start.lag));
            }
            let wake = plan.next_wake().unwrap_or(until + secs(1)).max(now + Duration::from_millis(1));
            now = ends.first().map_or(wake, |(moment, _, _)| (*moment).min(wake).max(now));
            if ends.is_empty() && plan.next_wake().is_none() {
                break;
            }
        }
        starts
    }

    #[test]
    fn a_good_camera_is_looked_at_once_an_interval_from_start_to_start() {
        let mut plan = plan(&[camera("a", "s", 30)]);
        let starts = run(&mut plan, secs(300), |_, _| (secs(4), Finish::Good));
        for pair in starts.windows(2) {
            assert_eq!(pair[1].0, pair[0].0 + secs(30));
        }
        assert_eq!(starts.len(), 10);
    }

    #[test]
    fn a_failure_is_looked_at_again_after_recheck_until_it_is_confirmed() {
        let mut plan = plan(&[camera("a", "s", 30)]);
        let starts = run(&mut plan, secs(200), |_, _| (secs(1), Finish::Failed));
        let gaps: Vec<u64> = starts.windows(2).map(|p| p[1].0.saturating_sub(p[0].0).as_secs()).collect();
        assert_eq!(&gaps[..4], &[6, 6, 30, 30]);
    }

    #[test]
    fn when_one_fails_by_its_path_its_neighbours_are_looked_at_at_once_and_keep_their_turns() {
        let cameras = [camera("a", "s", 30), camera("b", "s", 30), camera("c", "s", 30), camera("d", "t", 30)];
        let mut plan = plan(&cameras);
        let id = |name: &str| CameraId::new(name).unwrap();
        let first = plan.next_wake().unwrap();
        let turns: BTreeMap<CameraId, Moment> = plan.entries.iter().map(|(id, e)| (id.clone(), e.planned)).collect();
        let begun = plan.start(first).remove(0).camera;
        let at = first + secs(1);
        plan.finish(&begun, Finish::Failed, at);
        assert!(!plan.look_around(&begun, at), "the others are good until they are looked at");
        let others: Vec<CameraId> = [id("a"), id("b"), id("c")].into_iter().filter(|one| *one != begun).collect();
        let started: Vec<CameraId> = plan.start(at).into_iter().map(|start| start.camera).collect();
        assert!(started.iter().all(|one| others.contains(one)) && started.len() == 2, "{started:?}");
        plan.finish(&others[0], Finish::Good, at + secs(1));
        assert_eq!(plan.entries[&others[0]].planned, turns[&others[0]], "it keeps its turn");
        // The other one fails as well, and a third that is good is looked at once more, since this is new.
        plan.finish(&others[1], Finish::Failed, at + secs(1));
        assert!(!plan.look_around(&others[1], at + secs(1)));
        let started: Vec<CameraId> = plan.start(at + secs(1)).into_iter().map(|start| start.camera).collect();
        assert_eq!(started, [others[0].clone()]);
        plan.finish(&others[0], Finish::Failed, at + secs(2));
        assert!(plan.look_around(&others[0], at + secs(2)), "now all of the site fail");
        // Whether other lines are cut as well shows by one camera each.
        plan.look_into([SiteId::new("s").unwrap(), SiteId::new("t").unwrap()].iter(), at + secs(3));
        let started: Vec<CameraId> = plan.start(at + secs(3)).into_iter().map(|start| start.camera).collect();
        assert_eq!(started, [id("d")], "those of the site that fails wait for their recheck");
        // A failure that goes on is no news.
        plan.start(at + secs(10));
        plan.finish(&begun, Finish::Failed, at + secs(11));
        assert!(!plan.look_around(&begun, at + secs(11)));
    }

    #[test]
    fn starts_of_many_cameras_are_spread_evenly_and_those_of_a_site_too() {
        let cameras: Vec<Camera> =
            (0..1000).map(|i| camera(&format!("c{i:04}"), &format!("s{}", i / 50), 10)).collect();
        let plan = plan(&cameras);
        let mut buckets = [0u32; 10];
        let mut of_site = [0u32; 10];
        for (moment, id) in &plan.due {
            let second = usize::try_from(moment.as_secs()).unwrap();
            buckets[second] += 1;
            if plan.entries[id].site.as_str() == "s7" {
                of_site[second] += 1;
            }
        }
        assert!(buckets.iter().all(|n| (95..=105).contains(n)), "{buckets:?}");
        assert!(of_site.iter().all(|n| (3..=7).contains(n)), "{of_site:?}");
    }

    #[test]
    fn looks_begin_together_at_moments_that_lie_close() {
        let cameras: Vec<Camera> = (0..1000).map(|i| camera(&format!("c{i:04}"), "s", 10)).collect();
        let mut plan = Plan::new(limits());
        let now = Duration::from_micros(1_234_567);
        plan.set_cameras(limits(), cameras.iter(), now);
        let moments: BTreeSet<Moment> = plan.due.iter().map(|(moment, _)| *moment).collect();
        assert!(moments.len() <= 201, "{}", moments.len());
        let fits = |moment: &Moment| *moment == now || moment.as_nanos().is_multiple_of(TOGETHER.as_nanos());
        assert!(moments.iter().all(fits), "{moments:?}");
        assert!(moments.iter().all(|moment| *moment >= now), "none too early: {moments:?}");
        let (first, id) = plan.due.first().cloned().unwrap();
        plan.start(first);
        plan.finish(&id, Finish::Failed, first + Duration::from_micros(777_777));
        assert!(fits(&plan.entries[&id].planned), "{:?}", plan.entries[&id].planned);
    }

    #[test]
    fn a_site_that_hangs_delays_no_other() {
        let mut cameras: Vec<Camera> = (0..40).map(|i| camera(&format!("dead{i}"), "dead", 30)).collect();
        cameras.push(camera("alive", "other", 30));
        let mut plan = plan(&cameras);
        let starts = run(&mut plan, secs(600), |start, _| {
            if start.camera.as_str() == "alive" { (secs(1), Finish::Good) } else { (secs(10), Finish::Failed) }
        });
        let alive: Vec<_> = starts.iter().filter(|(_, id, _)| id.as_str() == "alive").collect();
        assert!(alive.len() >= 20);
        assert!(alive.iter().all(|(_, _, lag)| lag.is_zero()));
    }

    #[test]
    fn a_failed_deep_look_is_repeated_until_the_main_stream_works_again() {
        let mut with_substream = camera("a", "s", 30);
        with_substream.substream_url = Some("rtsp://127.0.0.1/sub".parse().unwrap());
        let mut plan = plan(&[with_substream]);
        let mut looks = Vec::new();
        run(&mut plan, secs(2000), |start, now| {
            looks.push((now, start.look.main_stream));
            let fails = start.look.main_stream && now < secs(1200);
            (secs(1), if fails { Finish::Failed } else { Finish::Good })
        });
        let first = looks.iter().position(|(_, main)| *main).expect("a deep look");
        let last_failing = looks.iter().rposition(|(now, main)| *main && *now < secs(1200)).unwrap();
        assert!(looks[first..=last_failing].iter().all(|(_, main)| *main), "no look at the other stream in between");
        assert!(!looks[last_failing + 2].1);
    }

    #[test]
    fn a_camera_that_is_kept_keeps_its_place_and_a_removed_one_is_looked_at_no_more() {
        let mut plan = plan(&[camera("a", "s", 30), camera("b", "s", 30)]);
        let before = plan.entries[&CameraId::new("a").unwrap()].planned;
        plan.set_cameras(limits(), [camera("a", "s", 30), camera("c", "t", 30)].iter(), secs(1));
        assert_eq!(plan.entries[&CameraId::new("a").unwrap()].planned, before);
        let starts = run(&mut plan, secs(100), |_, _| (secs(1), Finish::Good));
        assert!(starts.iter().all(|(_, id, _)| id.as_str() != "b"));
        assert!(starts.iter().any(|(_, id, _)| id.as_str() == "c"));
    }

    #[test]
    fn a_look_that_never_ends_is_noticed() {
        let mut plan = plan(&[camera("a", "s", 30)]);
        let begun = plan.next_wake().unwrap();
        assert_eq!(plan.start(begun).len(), 1);
        assert!(!plan.is_stuck(begun + secs(10), secs(5)));
        assert!(plan.is_stuck(begun + secs(16), secs(5)));
    }

    proptest! {
        /// Whatever ends when and however, limits hold, nobody is looked at twice at once, and nobody is forgotten.
        #[test]
        fn limits_hold_and_nobody_is_forgotten(
            sites in proptest::collection::vec(1usize..6, 1..5),
            seed in any::<u64>(),
        ) {
            let mut cameras = Vec::new();
            for (s, n) in sites.iter().enumerate() {
                for c in 0..*n {
                    cameras.push(camera(&format!("c{s}-{c}"), &format!("s{s}"), 20));
                }
            }
            let mut plan = plan(&cameras);
            let mut rng = fastrand::Rng::with_seed(seed);
            let mut running: BTreeMap<CameraId, Moment> = BTreeMap::new();
            let mut last: BTreeMap<CameraId, Moment> = BTreeMap::new();
            for step in 0..2000u64 {
                let now = Duration::from_millis(step * 250);
                let ended: Vec<CameraId> =
                    running.iter().filter(|(_, end)| **end <= now).map(|(id, _)| id.clone()).collect();
                for id in ended {
                    running.remove(&id);
                    let finish = [Finish::Failed, Finish::Good, Finish::Blind][rng.usize(0..3)];
                    plan.finish(&id, finish, now);
                }
                for start in plan.start(now) {
                    last.insert(start.camera.clone(), now);
                    let took = Duration::from_millis(rng.u64(1..10_000));
                    prop_assert!(running.insert(start.camera, now + took).is_none(), "two looks at once");
                }
                prop_assert!(running.len() <= 4);
                for s in 0..sites.len() {
                    let at_site = running.keys().filter(|id| id.as_str().starts_with(&format!("c{s}-"))).count();
                    prop_assert!(at_site <= 2);
                }
            }
            let end = secs(500);
            for camera in &cameras {
                // At worst all 20 cameras wait for the 4 places, 10 s each.
                prop_assert!(last[&camera.id] + secs(20 + 10 + 60) >= end, "{} was forgotten", camera.id);
            }
        }
    }
}
