//! The watch: the one task that plans looks, takes what they saw, has it judged, and hands on what came of it.
//!
//! Everything that changes state happens here, in one order, so that the record, the snapshot and the log agree. It
//! awaits nothing but time, ends of looks and commands: probes run in tasks of their own, and the record is never waited
//! for. Decides nothing itself: the plan and the judgement do.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use jiff::civil::Date;
use tokio::sync::{broadcast, mpsc, oneshot, watch};
use tokio::task::{Id, JoinError, JoinSet};

use super::clock::Clock;
use super::live::{Live, snapshot};
use super::paging::Paging;
use super::recorders::{Polled, Recorders};
use crate::config::Config;
use crate::device::finding::WishDepth;
use crate::device::poller::Poller;
use crate::inventory::{CameraId, HostPort, Maintenance, RecorderId, SiteId};
use crate::judgement::event::PageEvent;
use crate::judgement::{Event, Judge, Output, Policy};
use crate::notify::post::Back;
use crate::observation::{Class, Observation, Outcome, Seen};
use crate::paging::{Acknowledgement, How, NotAcknowledged, RaisedAlert, Which};
use crate::probe::{Login, Prober, Report, Request, WATCH, reachable};
use crate::schedule::{Finish, Gateways, Limits, Moment, Plan, Start};
use crate::snapshot::{RecordingStatus, Snapshot, Windows};
use crate::store::{Entry, Writer};
use crate::telemetry::Telemetry;
use crate::web::Who;

/// How long a gateway or reference may take to answer: long enough for a lost SYN to be sent again.
const REACH_TIMEOUT: Duration = Duration::from_secs(3);
/// The record learns at least so often that the daemon is alive.
const ALIVE_EVERY: Duration = Duration::from_millis(500);
/// The longest that what people act on waits for the next snapshot: a state, an incident, an answer to a command.
const PROMPTLY: Duration = Duration::from_millis(250);
/// And what only measures: when a camera was last looked at, its rates, how long it took.
const IN_TIME: Duration = Duration::from_secs(1);
/// A look that runs so much longer than its timeout means that the looks stand still.
const STUCK_AFTER: Duration = Duration::from_secs(10);

/// What the watch is asked from outside.
pub(super) enum Command {
    /// Look at a camera now and answer with what was seen; no answer where it is not in service.
    ProbeNow { camera: CameraId, answer: oneshot::Sender<Report> },
    /// From now on this configuration holds.
    Reconfigure(Arc<Config>),
    /// From now on these windows hold besides the configuration's.
    Maintenance(Vec<Maintenance>),
    /// Uptime over the look-back windows, and how recordings stand, freshly read from the record.
    Lookback { windows: Arc<Windows>, recordings: Arc<BTreeMap<CameraId, RecordingStatus>> },
    /// Ask a recorder now for all that it holds; `false` for one that is not watched.
    ScanNow { recorder: RecorderId, answer: oneshot::Sender<bool> },
    /// Who can be asked for pictures of a camera, and its channel there.
    PollerOf { camera: CameraId, answer: oneshot::Sender<Option<(Arc<Poller>, u32)>> },
    /// Somebody has an incident.
    Acknowledge { which: Which, who: Who, how: How, answer: oneshot::Sender<Result<Acknowledgement, NotAcknowledged>> },
    /// Alertmanager has sent these; answered when they are the record's to keep.
    Alerts { alerts: Vec<RaisedAlert>, answer: oneshot::Sender<()> },
}

/// What a task looks at.
enum Subject {
    Camera(CameraId),
    Gateway(SiteId),
    References,
    Recorder(RecorderId, WishDepth),
}

/// What one task came to.
enum Done {
    Camera(Box<Report>),
    Recorder(Box<Polled>),
    Gateway { site: SiteId, reachable: bool },
    References { reachable: bool },
}

/// What the watch tells.
pub(super) struct Outlets {
    pub(super) writer: Writer,
    pub(super) telemetry: Arc<Telemetry>,
    pub(super) snapshot: watch::Sender<Arc<Snapshot>>,
    /// For whoever wants to see events as they are decided; nobody has to listen.
    pub(super) events: broadcast::Sender<Event>,
    /// The moment at which the watch last went round with nothing standing still; feeds the watchdog.
    pub(super) progress: watch::Sender<Instant>,
}

pub(super) struct Watch {
    config: Arc<Config>,
    added: Vec<Maintenance>,
    judge: Judge,
    plan: Plan,
    gateways: Gateways,
    recorders: Recorders,
    paging: Paging,
    prober: Arc<Prober>,
    clock: Clock,
    tasks: JoinSet<Done>,
    /// What each task looks at, should it panic.
    looking: HashMap<Id, Subject>,
    waiting: BTreeMap<CameraId, Vec<oneshot::Sender<Report>>>,
    /// Failures that would make a camera dark, until the references have been looked at.
    held: Vec<Report>,
    /// The judgement has been told how the references are since the daemon began, or since they were changed.
    references_told: bool,
    references_running: bool,
    references_due: Option<Moment>,
    live: BTreeMap<CameraId, Live>,
    windows: Arc<Windows>,
    recordings: Arc<BTreeMap<CameraId, RecordingStatus>>,
    today: Date,
    generation: u64,
    /// How long what the last snapshot does not show may wait; `None` where it shows everything.
    unpublished: Option<Duration>,
    published: Moment,
    publish_cost: Duration,
    alive: Moment,
    outlets: Outlets,
}

impl Watch {
    pub(super) fn new(
        config: Arc<Config>,
        added: Vec<Maintenance>,
        resume: crate::judgement::Resume,
        prober: Arc<Prober>,
        recorders: Recorders,
        paging: Paging,
        outlets: Outlets,
    ) -> Self {
        let mut clock = Clock::new(resume.last_alive);
        let (moment, now) = clock.now();
        let (judge, output) = Judge::resume(Policy::new(&config, &added), resume, now);
        let mut this = Self {
            today: date(now, &config),
            config,
            added,
            judge,
            plan: Plan::new(Limits {
                max_concurrent: 1,
                max_concurrent_per_site: 1,
                confirm: 1,
                recheck: Duration::ZERO,
                picture_interval: Duration::ZERO,
            }),
            gateways: Gateways::new(),
            recorders,
            paging,
            prober,
            clock,
            tasks: JoinSet::new(),
            looking: HashMap::new(),
            waiting: BTreeMap::new(),
            held: Vec::new(),
            references_told: false,
            references_running: false,
            references_due: Some(Moment::ZERO),
            live: BTreeMap::new(),
            windows: Arc::default(),
            recordings: Arc::default(),
            generation: 0,
            unpublished: Some(PROMPTLY),
            published: Moment::ZERO,
            publish_cost: Duration::ZERO,
            alive: Moment::ZERO,
            outlets,
        };
        this.hand_on(output);
        this.replan(moment, now);
        this.publish(moment, now);
        this
    }

    /// Watches until `stop` resolves; then every look is given up, and its camera is told so.
    pub(super) async fn run(
        mut self,
        mut commands: mpsc::Receiver<Command>,
        mut backs: mpsc::Receiver<Back>,
        stop: impl Future<Output = ()>,
    ) {
        tokio::pin!(stop);
        loop {
            let (moment, now) = self.clock.now();
            self.go_round(moment, now);
            let wake = tokio::time::Instant::now() + self.until_next(moment, now);
            tokio::select! {
                biased;
                () = &mut stop => break,
                Some(command) = commands.recv() => self.obey(command),
                Some(back) = backs.recv() => {
                    let (_, now) = self.clock.now();
                    let pages = self.paging.back(back, now);
                    self.tell_pages(pages);
                    self.changed(PROMPTLY);
                }
                Some(ended) = self.tasks.join_next_with_id() => {
                    self.take(ended);
                    // What has ended meanwhile is taken in one go: one snapshot and one look at the plan for all.
                    while let Some(ended) = self.tasks.try_join_next_with_id() {
                        self.take(ended);
                    }
                }
                () = tokio::time::sleep_until(wake) => {}
            }
        }
        self.tasks.shutdown().await;
        let (_, now) = self.clock.now();
        let output = self.judge.advance(now);
        self.hand_on(output);
        self.outlets.writer.record(Entry::Alive(now));
    }

    /// Whatever time has brought about, and the looks whose moment has come.
    fn go_round(&mut self, moment: Moment, now: Timestamp) {
        let output = self.judge.advance(now);
        self.hand_on(output);
        let pages = self.paging.advance(now, &self.judge);
        self.tell_pages(pages);
        if date(now, &self.config) != self.today {
            // Cameras enter and leave service at midnight.
            self.today = date(now, &self.config);
            self.replan(moment, now);
        }
        for start in self.plan.start(moment) {
            self.look(&start);
        }
        for site in self.gateways.start(moment) {
            self.look_at_gateway(site);
        }
        for (recorder, asking) in self.recorders.start(moment, now) {
            self.ask(&recorder, asking);
        }
        if self.references_due.is_some_and(|due| due <= moment) {
            self.references_due = None;
            self.look_at_references();
        }
        for change in self.prober.gate().drain_changes() {
            self.changed(PROMPTLY);
            self.outlets.writer.record(Entry::Gate(change));
        }
        if moment >= self.alive + ALIVE_EVERY {
            self.alive = moment;
            self.outlets.writer.record(Entry::Alive(now));
            if !self.plan.is_stuck(moment, STUCK_AFTER) {
                self.outlets.telemetry.scheduler_progressed(now.as_second());
                self.outlets.progress.send_replace(Instant::now());
            }
        }
        if self.publish_due().is_some_and(|due| due <= moment) {
            self.publish(moment, now);
        }
    }

    /// The snapshot is to show something new after `patience` at the latest.
    fn changed(&mut self, patience: Duration) {
        self.unpublished = Some(self.unpublished.map_or(patience, |other| other.min(patience)));
    }

    fn publish_due(&self) -> Option<Moment> {
        let patience = self.unpublished?;
        Some(self.published + patience.max(self.publish_cost * 20))
    }

    fn until_next(&self, moment: Moment, now: Timestamp) -> Duration {
        let mut next = self.alive + ALIVE_EVERY;
        let dues = [
            self.plan.next_wake(),
            self.gateways.next_wake(),
            self.recorders.next_wake(),
            self.references_due,
            self.publish_due(),
        ];
        for due in dues.into_iter().flatten() {
            next = next.min(due);
        }
        if let Some(due) = self.paging.next_due() {
            next = next.min(moment + Duration::try_from(due.duration_since(now)).unwrap_or_default());
        }
        // A place may be waited for although its moment has passed; the end of a look wakes us then.
        next.saturating_sub(moment).max(Duration::from_millis(1))
    }

    fn obey(&mut self, command: Command) {
        let (moment, now) = self.clock.now();
        match command {
            Command::ProbeNow { camera, answer } => {
                if self.plan.contains(&camera) {
                    self.plan.expedite(&camera, moment);
                    self.waiting.entry(camera).or_default().push(answer);
                }
            }
            Command::Reconfigure(config) => {
                self.config = config;
                self.paging.reconfigure(&self.config);
                let output = self.judge.reconfigure(Policy::new(&self.config, &self.added), now);
                self.hand_on(output);
                self.replan(moment, now);
                self.references_told = false;
                self.references_due = Some(moment);
                let cameras = &self.config.inventory.cameras;
                self.live.retain(|id, _| cameras.contains_key(id));
            }
            Command::Maintenance(added) => {
                self.added = added;
                let output = self.judge.reconfigure(Policy::new(&self.config, &self.added), now);
                self.hand_on(output);
            }
            Command::Lookback { windows, recordings } => (self.windows, self.recordings) = (windows, recordings),
            Command::ScanNow { recorder, answer } => {
                // Whoever asked may have gone away.
                let _ = answer.send(self.recorders.scan_now(&recorder, moment));
            }
            Command::PollerOf { camera, answer } => {
                let _ = answer.send(self.recorders.poller_of(&camera));
                // That changes nothing.
                return;
            }
            Command::Acknowledge { which, who, how, answer } => {
                let _ = answer.send(self.paging.acknowledge(&which, &who, how, now));
            }
            Command::Alerts { alerts, answer } => {
                let pages = self.paging.alerts(&alerts, now);
                self.tell_pages(pages);
                let _ = answer.send(());
            }
        }
        self.changed(PROMPTLY);
    }

    fn replan(&mut self, moment: Moment, now: Timestamp) {
        let config = Arc::clone(&self.config);
        let probe = &config.probe;
        self.outlets.telemetry.set_probe_slots(probe.max_concurrent);
        let limits = Limits {
            max_concurrent: probe.max_concurrent,
            max_concurrent_per_site: probe.max_concurrent_per_site,
            confirm: probe.confirm,
            recheck: probe.recheck,
            picture_interval: probe.picture_interval,
        };
        let today = date(now, &config);
        let cameras = config.inventory.cameras.values().filter(|camera| in_service(camera, today));
        self.plan.set_cameras(limits, cameras, moment);
        let gateways: Vec<SiteId> =
            config.inventory.sites.values().filter(|s| s.gateway.is_some()).map(|s| s.id.clone()).collect();
        self.gateways.set_sites(probe.interval, probe.recheck, probe.confirm, gateways.into_iter(), moment);
        self.recorders.configure(&config, today, moment);
        self.changed(PROMPTLY);
    }

    // === looking ===

    fn look(&mut self, start: &Start) {
        let Some(request) = request(&self.config, start) else { return };
        let prober = Arc::clone(&self.prober);
        self.outlets.telemetry.probe_started(start.lag);
        let camera = start.camera.clone();
        let task = self.tasks.spawn(async move { Done::Camera(Box::new(prober.probe(&request).await)) });
        self.looking.insert(task.id(), Subject::Camera(camera));
    }

    fn look_at_gateway(&mut self, site: SiteId) {
        let Some(gateway) = self.config.inventory.sites.get(&site).and_then(|s| s.gateway.clone()) else { return };
        let within = REACH_TIMEOUT.min(self.config.probe.timeout);
        let subject = Subject::Gateway(site.clone());
        let task =
            self.tasks.spawn(async move { Done::Gateway { reachable: reachable(&gateway, within).await, site } });
        self.looking.insert(task.id(), subject);
    }

    fn ask(&mut self, recorder: &RecorderId, asking: WishDepth) {
        match self.recorders.poll(&self.config, recorder, asking) {
            Some(poll) => {
                let task = self.tasks.spawn(async move { Done::Recorder(Box::new(poll.await)) });
                self.looking.insert(task.id(), Subject::Recorder(recorder.clone(), asking));
            }
            None => self.recorders.lost(recorder, asking),
        }
    }

    fn look_at_references(&mut self) {
        if self.references_running {
            return;
        }
        if self.config.daemon.references.is_empty() {
            // Where none is configured the monitor counts as connected, also if it once was cut off from one.
            let (moment, _) = self.clock.now();
            self.take_references(true, moment);
            return;
        }
        self.references_running = true;
        let references = self.config.daemon.references.clone();
        let task = self.tasks.spawn(async move { Done::References { reachable: any_reachable(references).await } });
        self.looking.insert(task.id(), Subject::References);
    }

    fn take(&mut self, ended: Result<(Id, Done), JoinError>) {
        let (moment, _) = self.clock.now();
        match ended {
            Ok((id, done)) => {
                self.looking.remove(&id);
                match done {
                    Done::Camera(report) => self.take_report(*report, moment),
                    Done::Gateway { site, reachable } => {
                        self.gateways.finish(&site, reachable, moment);
                        self.observe(Seen::Gateway { site, reachable });
                    }
                    Done::References { reachable } => self.take_references(reachable, moment),
                    Done::Recorder(polled) => self.take_poll(*polled, moment),
                }
            }
            Err(error) => {
                // A fault of ours: no observation, so nothing is counted against a camera.
                tracing::error!(%error, "a look failed by a fault of camwatch");
                match self.looking.remove(&error.id()) {
                    Some(Subject::Camera(camera)) => {
                        self.outlets.telemetry.probe_lost();
                        self.plan.finish(&camera, Finish::Blind, moment);
                        self.waiting.remove(&camera);
                    }
                    Some(Subject::Gateway(site)) => self.gateways.lost(&site),
                    Some(Subject::Recorder(recorder, asking)) => self.recorders.lost(&recorder, asking),
                    Some(Subject::References) => {
                        self.references_running = false;
                        self.references_due = Some(moment + self.config.probe.recheck);
                    }
                    None => {}
                }
            }
        }
    }

    fn take_report(&mut self, report: Report, moment: Moment) {
        let seen = &report.seen;
        let camera = seen.camera.clone();
        let class = seen.outcome.class();
        self.outlets.telemetry.probe_ended(
            camera.as_str(),
            seen.outcome,
            seen.detail.as_deref(),
            report.took,
            report.received_bytes,
        );
        if report.panicked {
            self.outlets.telemetry.probe_panicked(camera.as_str());
        }
        let finish = match class {
            Class::Good | Class::Stream => Finish::Good,
            Class::Blind => Finish::Blind,
            Class::Path | Class::Session | Class::Media => Finish::Failed,
        };
        self.plan.finish(&camera, finish, moment);
        if class == Class::Path {
            self.look_around(&camera, moment);
        }
        for answer in self.waiting.remove(&camera).unwrap_or_default() {
            self.changed(PROMPTLY);
            // Whoever asked may have gone away.
            let _ = answer.send(report.clone());
        }
        let needs_references = finish == Finish::Failed
            && !self.config.daemon.references.is_empty()
            && self.judge.monitor_online()
            && self.judge.is_about_to_darken(&camera);
        if needs_references {
            self.held.push(report);
            self.look_at_references();
        } else if self.held.iter().any(|held| held.seen.camera == camera) {
            // What was seen first is judged first.
            self.held.push(report);
        } else {
            self.observe_report(&report);
        }
    }

    /// Whose fault it is shows before anybody is told: the gateway's, the whole site's, or that of more than one site.
    fn look_around(&mut self, camera: &CameraId, moment: Moment) {
        let inventory = &self.config.inventory;
        let Some(site) = inventory.cameras.get(camera).and_then(|camera| inventory.sites.get(&camera.site)) else {
            return;
        };
        self.gateways.hurry(&site.id, moment);
        if self.plan.look_around(camera, moment) {
            let others = inventory.sites.values().filter(|one| one.commune == site.commune && one.id != site.id);
            self.plan.look_into(others.map(|one| &one.id), moment);
        }
    }

    fn take_poll(&mut self, polled: Polled, moment: Moment) {
        let seen = &polled.reading.seen;
        self.outlets.telemetry.recorder_polled(&polled.recorder, seen, &polled.cost, polled.took);
        if !self.config.inventory.recorders.contains_key(&polled.recorder) {
            return;
        }
        if seen.outcome.class() == Class::Path
            && let Some(recorder) = self.config.inventory.recorders.get(&polled.recorder)
        {
            // Whose fault it is shows before anybody is told.
            self.gateways.hurry(&recorder.site, moment);
            self.look_at_references();
        }
        let at = self.observe(Seen::Recorder(seen.clone()));
        self.recorders.take(&polled, at, moment);
        for (camera, days, looked_at) in polled.reading.presence {
            self.outlets.writer.record(Entry::Presence { camera, days, looked_at });
        }
        if let Some(memory) = polled.memory {
            self.outlets.writer.record(Entry::Recorder { recorder: polled.recorder, memory });
        }
    }

    /// The references have been looked at: first that is judged, then what waited for it.
    fn take_references(&mut self, reachable: bool, moment: Moment) {
        self.references_running = false;
        let changed = reachable != self.judge.monitor_online();
        if changed {
            if reachable {
                tracing::info!("a reference answers again: this monitor is connected");
            } else {
                tracing::error!("every reference is silent: this monitor is cut off, and says nothing of the cameras");
            }
        }
        // The first answer is told even where it changes nothing: an incident of before may wait for it.
        if changed || !self.references_told {
            self.references_told = true;
            self.observe(Seen::Reference { reachable });
        }
        if !reachable {
            self.references_due = Some(moment + self.config.probe.recheck);
        }
        for report in std::mem::take(&mut self.held) {
            self.observe_report(&report);
        }
    }

    // === judging and handing on ===

    fn observe_report(&mut self, report: &Report) {
        let at = self.observe(Seen::Camera(report.seen.clone()));
        if self.plan.contains(&report.seen.camera) {
            self.live.entry(report.seen.camera.clone()).or_default().take(report, at);
        }
    }

    /// Has something judged and recorded; returns the moment that it was given.
    fn observe(&mut self, seen: Seen) -> Timestamp {
        let (_, at) = self.clock.now();
        let observation = Observation { at, seen };
        let output = self.judge.observe(&observation);
        self.outlets.writer.record(Entry::Observation(observation));
        self.hand_on(output);
        self.changed(IN_TIME);
        at
    }

    fn hand_on(&mut self, output: Output) {
        for change in output.record {
            self.outlets.writer.record(Entry::Change(change));
        }
        for event in output.events {
            self.changed(PROMPTLY);
            self.outlets.telemetry.decided(&event);
            let pages = match &event {
                Event::State(event) => {
                    self.outlets.writer.record(Entry::State(event.clone()));
                    Vec::new()
                }
                Event::Incident(event) => self.paging.incident(event, &self.judge),
                Event::Page(_) => Vec::new(),
            };
            // Nobody has to listen.
            let _ = self.outlets.events.send(event);
            self.tell_pages(pages);
        }
    }

    /// What is recorded of pages stands in the record with the messages already.
    fn tell_pages(&mut self, pages: Vec<PageEvent>) {
        for page in pages {
            self.changed(PROMPTLY);
            let event = Event::Page(page);
            self.outlets.telemetry.decided(&event);
            let _ = self.outlets.events.send(event);
        }
    }

    fn publish(&mut self, moment: Moment, now: Timestamp) {
        let began = Instant::now();
        self.generation += 1;
        let made = snapshot(
            now,
            self.generation,
            &self.config,
            &self.judge,
            &self.live,
            self.today,
            self.prober.gate().refused_credentials(),
            Arc::clone(&self.windows),
            &self.recordings,
            &self.recorders,
            &self.paging,
        );
        self.outlets.snapshot.send_replace(Arc::new(made));
        self.unpublished = None;
        self.published = moment;
        self.publish_cost = began.elapsed();
    }
}

fn date(now: Timestamp, config: &Config) -> Date {
    now.to_zoned(config.daemon.timezone.clone()).date()
}

/// After `installed`, before `retired`, both at midnight in the daemon's time zone.
pub(crate) fn in_service(camera: &crate::inventory::Camera, today: Date) -> bool {
    camera.installed.is_none_or(|installed| installed <= today) && camera.retired.is_none_or(|retired| today < retired)
}

fn request(config: &Config, start: &Start) -> Option<Request> {
    let camera = config.inventory.cameras.get(&start.camera)?;
    let url = match &camera.substream_url {
        Some(substream) if !start.look.main_stream => substream.clone(),
        _ => camera.url.clone(),
    };
    Some(Request { depth: start.look.depth, url, ..Request::of(config, camera) })
}

impl Request {
    /// The camera's main stream at its configured depth.
    #[must_use]
    pub fn of(config: &Config, camera: &crate::inventory::Camera) -> Self {
        let login = config.inventory.credential(camera.credential.as_ref()).map(|credential| Login {
            credential: Some(credential.id.clone()),
            username: credential.username.clone(),
            password: credential.password.clone(),
        });
        Self {
            camera: camera.id.clone(),
            url: camera.url.clone(),
            login,
            tls: camera.tls.clone(),
            transport: camera.transport,
            depth: camera.depth,
            timeout: camera.timeout,
            watch: WATCH,
        }
    }
}

/// Whether any of these answers. All are asked at once; the first answer decides.
async fn any_reachable(references: Vec<HostPort>) -> bool {
    let mut asked = JoinSet::new();
    for reference in references {
        asked.spawn(async move { reachable(&reference, REACH_TIMEOUT).await });
    }
    while let Some(answer) = asked.join_next().await {
        if matches!(answer, Ok(true)) {
            return true;
        }
    }
    false
}

/// Whether a probe saw media.
pub(super) fn saw_media(outcome: Outcome) -> bool {
    matches!(outcome.class(), Class::Good | Class::Stream)
}
