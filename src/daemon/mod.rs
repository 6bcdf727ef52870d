//! The daemon: wires the rooms together, and owns their tasks from readiness to shutdown.
//!
//! ```text
//! signals, POST /-/reload ─► daemon ─► watch (plan ─► probes ─► judgement) ─► store, snapshot ─► web
//! ```

mod apart;
mod clock;
mod heartbeat;
mod live;
mod lookback;
mod paging;
mod recorders;
mod reports;
mod service_manager;
mod watch;

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::{broadcast, mpsc, oneshot, watch as channel};
use tokio::task::JoinHandle;

use crate::alertmanager::push;
use crate::config::{Config, Problem, Problems};
use crate::device::still::{NoStill, Still};
use crate::gate::Gate;
use crate::inventory::{CameraId, ChannelId, HostPort, OfficerId, RecorderId};
use crate::judgement::Event;
use crate::notify::ack::Links;
use crate::notify::pairing::{NotPaired, Pairing};
use crate::notify::post::{Order, Post};
use crate::paging::{Acknowledgement, How, RaisedAlert, Which};
use crate::probe::{Prober, Report};
use crate::snapshot::Snapshot;
use crate::store::{Reader, StoreError, Writer};
use crate::telemetry::Telemetry;
use crate::web::{self, App, BoxFuture, NotNoted, NotProbed, NotTaken, Who};
use paging::Paging;
use recorders::Recorders;
use watch::{Command, Outlets, Watch};

pub(crate) use watch::in_service;

/// How long a stop waits for sessions to be torn down, and for the record.
const STOP_WITHIN: Duration = Duration::from_secs(5);

/// Why the daemon could not start, or could not go on.
#[derive(Debug, thiserror::Error)]
pub enum DaemonError {
    #[error("cannot create the data directory {path}: {source}")]
    DataDir { path: String, source: io::Error },
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(
        "cannot listen on {address}: {source}; another program has this address, or [daemon] listen names one that \
         this machine does not have"
    )]
    Listen { address: SocketAddr, source: io::Error },
    #[error("cannot start the asynchronous runtime: {0}")]
    Runtime(io::Error),
    #[error("cannot take signals: {0}")]
    Signals(io::Error),
    #[error("told to stop twice; sessions and the record may be a moment behind")]
    ToldTwice,
    #[error("the {0} task ended although nobody stopped it; this is a fault of camwatch")]
    TaskDied(&'static str),
}

/// Runs the daemon until SIGTERM or SIGINT. SIGHUP reads the configuration again.
///
/// # Errors
/// Where it cannot start, or a task of its own dies.
pub fn run(config: Config) -> Result<(), DaemonError> {
    let runtime = runtime()?;
    let result = runtime.block_on(async {
        let mut hangup = signal(SignalKind::hangup()).map_err(DaemonError::Signals)?;
        let mut stop = StopSignals::new()?;
        let daemon = Daemon::start(config).await?;
        loop {
            tokio::select! {
                () = stop.received() => break,
                dead = daemon.task_died() => return Err(dead),
                _ = hangup.recv() => {
                    // The outcome is in the log and in a metric.
                    let _ = daemon.reload().await;
                }
            }
        }
        tracing::info!("stopping");
        tokio::select! {
            result = daemon.stop() => result,
            () = stop.received() => Err(DaemonError::ToldTwice),
        }
    });
    // A name that is being resolved, or a slow disk, must not hold up the end.
    runtime.shutdown_background();
    result
}

/// A runtime with at least two workers: a camera that keeps one busy must not stop the rest.
///
/// # Errors
/// Where threads cannot be had.
pub fn runtime() -> Result<tokio::runtime::Runtime, DaemonError> {
    raise_descriptor_limit();
    let workers = std::thread::available_parallelism().map_or(2, usize::from).max(2);
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(workers)
        .enable_all()
        .build()
        .map_err(DaemonError::Runtime)
}

/// A probe holds up to five descriptors; the usual soft limit of 1,024 is too low for 256 at once.
fn raise_descriptor_limit() {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    if let Err(error) = setrlimit(Resource::Nofile, limit) {
        tracing::warn!(%error, "the limit of open files could not be raised");
    }
}

/// SIGTERM and SIGINT.
pub struct StopSignals {
    terminate: Signal,
    interrupt: Signal,
}

impl StopSignals {
    /// From now on these signals no longer end the process by themselves.
    ///
    /// # Errors
    /// Where signals cannot be taken.
    pub fn new() -> Result<Self, DaemonError> {
        Ok(Self {
            terminate: signal(SignalKind::terminate()).map_err(DaemonError::Signals)?,
            interrupt: signal(SignalKind::interrupt()).map_err(DaemonError::Signals)?,
        })
    }

    /// Resolves at the next of them.
    pub async fn received(&mut self) {
        tokio::select! { _ = self.terminate.recv() => {}, _ = self.interrupt.recv() => {} }
    }
}

/// A running daemon.
pub struct Daemon {
    address: SocketAddr,
    control: Control,
    snapshot: channel::Receiver<Arc<Snapshot>>,
    events: broadcast::Sender<Event>,
    writer: Writer,
    prober: Arc<Prober>,
    stop: channel::Sender<bool>,
    watch: JoinHandle<()>,
    post: JoinHandle<()>,
    web: JoinHandle<()>,
    lookback: JoinHandle<()>,
    died: channel::Receiver<Option<&'static str>>,
}

impl Daemon {
    /// Opens the record, binds the listener and begins to watch.
    ///
    /// # Errors
    /// Where the record, the listener or the web's certificates cannot be had.
    pub async fn start(config: Config) -> Result<Self, DaemonError> {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let config = Arc::new(config);
        let telemetry = Arc::new(Telemetry::new());
        create_data_dir(&config.daemon.data_dir)?;
        let listener = TcpListener::bind(config.daemon.listen)
            .await
            .map_err(|source| DaemonError::Listen { address: config.daemon.listen, source })?;
        let address =
            listener.local_addr().map_err(|source| DaemonError::Listen { address: config.daemon.listen, source })?;

        let writer = Writer::open(&config.store.path, config.store.keep_observations, Arc::clone(&telemetry))?;
        let reader = Reader::open(&config.store.path)?;
        let gate = Gate::new(reader.gate()?, reader.salt()?);
        configure_gate(&gate, &config);
        let mut known = BTreeMap::new();
        for id in config.inventory.recorders.keys() {
            known.extend(reader.recorder(id)?.map(|row| (id.clone(), row)));
        }
        let recorders = Recorders::new(config.store.path.clone(), gate.clone(), known);
        let prober = Arc::new(Prober::new(gate));
        let resume = reader.resume()?;
        let added = reader.maintenance()?.into_iter().map(|added| added.window).collect();
        for warning in &config.warnings {
            tracing::warn!("{warning}");
        }

        let (snapshot_in, snapshot) = channel::channel(Arc::new(empty_snapshot(&config)));
        let (ready_in, ready) = channel::channel(false);
        let (progress_in, progress) = channel::channel(Instant::now());
        let (events, _) = broadcast::channel(1024);
        let (commands, commands_out) = mpsc::channel(64);
        let (stop, stopping) = channel::channel(false);
        let (died_in, died) = channel::channel(None);

        let outlets = Outlets {
            writer: writer.clone(),
            telemetry: Arc::clone(&telemetry),
            snapshot: snapshot_in,
            events: events.clone(),
            progress: progress_in,
        };
        let (orders, orders_out) = mpsc::channel(1024);
        let (back_in, backs) = mpsc::channel(256);
        let paging = Paging::new(&config, reader.desk()?, orders.clone(), writer.clone(), Arc::clone(&telemetry));
        let post = Post::load(Arc::clone(&config), &paging.unsent(), &reader, writer.clone(), Arc::clone(&telemetry))?;
        let watch = Watch::new(Arc::clone(&config), added, resume, Arc::clone(&prober), recorders, paging, outlets);
        let control = Control {
            file: config.file.clone(),
            config: Arc::new(channel::Sender::new(Arc::clone(&config))),
            commands: commands.clone(),
            telemetry: Arc::clone(&telemetry),
            gate: prober.gate().clone(),
            orders,
            writer: writer.clone(),
            one_at_a_time: Arc::default(),
        };
        let app = control.lent(snapshot.clone(), Links::new(&reader.ack_key()?), ready);
        telemetry.config_loaded(jiff::Timestamp::now().as_second());
        let web_stop = stopped(stopping.clone());
        let web = async move {
            if let Err(error) = web::serve(listener, app, web_stop).await {
                tracing::error!(%error, "the web cannot be served");
            }
        };
        let apart = apart::Apart::new("web").map_err(DaemonError::Runtime)?;
        let daemon = Self {
            address,
            watch: owned("watch", watch.run(commands_out, backs, stopped(stopping.clone())), &died_in),
            post: owned("post", post.run(orders_out, back_in, stopped(stopping.clone())), &died_in),
            web: owned("web", apart.run(web), &died_in),
            lookback: owned(
                "lookback",
                lookback::run(config.store.path.clone(), control.config.subscribe(), commands, stopping.clone()),
                &died_in,
            ),
            control,
            snapshot,
            events,
            writer,
            prober,
            stop,
            died,
        };
        ready_in.send_replace(true);
        // The channel must outlive this function for `/-/ready` to go on reading it.
        tokio::spawn(async move { ready_in.closed().await });
        daemon.tell_the_outside(&progress, &stopping, &died_in);
        tokio::spawn(service_manager::feed_watchdog(progress, stopping));
        tracing::info!(%address, cameras = config.inventory.cameras.len(), "watching");
        service_manager::ready();
        Ok(daemon)
    }

    /// Spawns those who tell others of the daemon's own accord: Alertmanager of incidents, a heartbeat of itself.
    fn tell_the_outside(
        &self,
        progress: &channel::Receiver<Instant>,
        stopping: &channel::Receiver<bool>,
        died: &channel::Sender<Option<&'static str>>,
    ) {
        let telemetry = &self.control.telemetry;
        owned("push", push::run(self.snapshot(), Arc::clone(telemetry), stopping.clone()), died);
        let config = self.control.config.subscribe();
        let heartbeat =
            heartbeat::run(config, progress.clone(), self.writer.clone(), Arc::clone(telemetry), stopping.clone());
        owned("heartbeat", heartbeat, died);
        let config = self.control.config.subscribe();
        let reports = reports::run(config, self.writer.clone(), Arc::clone(telemetry), stopping.clone());
        owned("reports", reports, died);
    }

    /// Where the web listens, with the real port where the configuration says 0.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The state of everything, ever fresh.
    #[must_use]
    pub fn snapshot(&self) -> channel::Receiver<Arc<Snapshot>> {
        self.snapshot.clone()
    }

    /// Events as they are decided from now on. Who reads too slowly misses some.
    #[must_use]
    pub fn events(&self) -> broadcast::Receiver<Event> {
        self.events.subscribe()
    }

    /// Reads the configuration again; a bad one changes nothing.
    ///
    /// # Errors
    /// Every problem of the new configuration.
    pub async fn reload(&self) -> Result<(), Problems> {
        self.control.reload_now().await
    }

    /// Resolves when a task of the daemon's own has died, which none should.
    pub async fn task_died(&self) -> DaemonError {
        let mut died = self.died.clone();
        let name = match died.wait_for(Option::is_some).await {
            Ok(name) => name.unwrap_or("unknown"),
            Err(_) => "every",
        };
        DaemonError::TaskDied(name)
    }

    /// Stops: no new looks, sessions torn down, the record complete.
    ///
    /// # Errors
    /// Never today; whoever stops a daemon should look all the same.
    pub async fn stop(self) -> Result<(), DaemonError> {
        service_manager::stopping();
        self.stop.send_replace(true);
        let all = async {
            // Whether they panicked was told by `task_died`.
            let _ = self.watch.await;
            let _ = self.post.await;
            self.prober.idle().await;
            self.writer.flush().await;
            let _ = self.web.await;
            let _ = self.lookback.await;
        };
        if tokio::time::timeout(STOP_WITHIN, all).await.is_err() {
            tracing::warn!("not everything ended within {} s; stopping all the same", STOP_WITHIN.as_secs());
        }
        tracing::info!("stopped");
        Ok(())
    }
}

/// Spawns a task whose end before the stop is noticed.
fn owned(
    name: &'static str,
    task: impl Future<Output = ()> + Send + 'static,
    died: &channel::Sender<Option<&'static str>>,
) -> JoinHandle<()> {
    let died = died.clone();
    let task = tokio::spawn(task);
    tokio::spawn(async move {
        if let Err(error) = task.await {
            tracing::error!(%error, task = name, "a task of the daemon died");
        }
        died.send_replace(Some(name));
    })
}

async fn stopped(mut stopping: channel::Receiver<bool>) {
    // An error means that the daemon is gone, which is a stop too.
    let _ = stopping.wait_for(|stop| *stop).await;
}

fn create_data_dir(path: &std::path::Path) -> Result<(), DaemonError> {
    use std::os::unix::fs::DirBuilderExt as _;
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .map_err(|source| DaemonError::DataDir { path: path.display().to_string(), source })
}

fn configure_gate(gate: &Gate, config: &Config) {
    let inventory = &config.inventory;
    let cameras = inventory.cameras.values().flat_map(|camera| {
        [Some(&camera.url), camera.substream_url.as_ref()].into_iter().flatten().map(|url| (&camera.credential, url))
    });
    let recorders = inventory.recorders.values().map(|recorder| (&recorder.credential, &recorder.url));
    let doors: Vec<_> = cameras
        .chain(recorders)
        .filter_map(|(credential, url)| {
            let credential = inventory.credentials.get(credential.as_ref()?)?;
            Some((credential, HostPort::of(url)?.host))
        })
        .collect();
    gate.configured(doors.iter().map(|(credential, host)| (&credential.id, &credential.password, host.as_str())));
}

fn empty_snapshot(config: &Arc<Config>) -> Snapshot {
    Snapshot {
        at: jiff::Timestamp::now(),
        generation: 0,
        config: Arc::clone(config),
        cameras: Vec::new(),
        sites: Vec::new(),
        recorders: Vec::new(),
        incidents: Vec::new(),
        paging: BTreeMap::new(),
        monitor_online: true,
        refused: Vec::new(),
        windows: Arc::default(),
    }
}

/// What the web, signals and commands may ask of the daemon.
#[derive(Clone)]
struct Control {
    file: PathBuf,
    config: Arc<channel::Sender<Arc<Config>>>,
    commands: mpsc::Sender<Command>,
    telemetry: Arc<Telemetry>,
    gate: Gate,
    orders: mpsc::Sender<Order>,
    writer: Writer,
    one_at_a_time: Arc<tokio::sync::Mutex<()>>,
}

impl Control {
    /// What the web is lent.
    fn lent(&self, snapshot: channel::Receiver<Arc<Snapshot>>, links: Links, ready: channel::Receiver<bool>) -> App {
        App {
            snapshot,
            telemetry: Arc::clone(&self.telemetry),
            probe: Arc::new(self.clone()),
            reload: Arc::new(self.clone()),
            logins: Arc::new(self.clone()),
            recorders: Arc::new(self.clone()),
            paging: Arc::new(self.clone()),
            alerts: Arc::new(self.clone()),
            stills: Arc::new(self.clone()),
            links: Arc::new(links),
            ready,
        }
    }

    async fn reload_now(&self) -> Result<(), Problems> {
        let _one = self.one_at_a_time.lock().await;
        service_manager::reloading();
        let result = self.read_and_apply().await;
        match &result {
            Ok(()) => {
                self.telemetry.config_loaded(jiff::Timestamp::now().as_second());
                tracing::info!("configuration reloaded");
            }
            Err(problems) => self.telemetry.config_refused(problems),
        }
        service_manager::ready();
        result
    }

    async fn read_and_apply(&self) -> Result<(), Problems> {
        let file = self.file.clone();
        let config = tokio::task::spawn_blocking(move || Config::load(&file)).await.unwrap_or_else(|error| {
            let text = format!("reading the configuration failed by a fault of camwatch: {error}");
            Err(Problems(vec![Problem { file: self.file.clone(), line: 1, column: 1, text }]))
        })?;
        let config = Arc::new(config);
        let before = self.config.borrow().clone();
        let fixed = [
            ("[daemon] listen", before.daemon.listen != config.daemon.listen),
            ("[daemon] data_dir", before.daemon.data_dir != config.daemon.data_dir),
            ("[store]", before.store != config.store),
        ];
        for (key, changed) in fixed {
            if changed {
                tracing::warn!("{key} has changed; that takes effect when the daemon is restarted");
            }
        }
        for warning in &config.warnings {
            tracing::warn!("{warning}");
        }
        configure_gate(&self.gate, &config);
        self.config.send_replace(Arc::clone(&config));
        // A watch that is gone is stopping.
        let _ = self.commands.send(Command::Reconfigure(config)).await;
        Ok(())
    }
}

impl web::Reload for Control {
    fn reload(&self) -> BoxFuture<'_, Result<(), Problems>> {
        Box::pin(self.reload_now())
    }
}

impl web::RetryLogin for Control {
    fn retry(&self, credential: &str) -> Option<Vec<String>> {
        let config = self.config.borrow().clone();
        let (id, _) = config.inventory.credentials.iter().find(|(id, _)| id.as_str() == credential)?;
        let hosts = self.gate.retry(id);
        tracing::info!(%credential, ?hosts, "an operator asks for one more login");
        Some(hosts)
    }
}

impl web::ScanNow for Control {
    fn scan<'a>(&'a self, recorder: &'a RecorderId) -> BoxFuture<'a, bool> {
        Box::pin(async move {
            let (answer, asked) = oneshot::channel();
            let command = Command::ScanNow { recorder: recorder.clone(), answer };
            // A watch that is gone is stopping.
            self.commands.send(command).await.is_ok() && asked.await.unwrap_or(false)
        })
    }
}

impl web::TakeStill for Control {
    fn still<'a>(&'a self, camera: &'a CameraId) -> BoxFuture<'a, Result<Still, NoStill>> {
        Box::pin(async move {
            let (answer, poller) = oneshot::channel();
            let command = Command::PollerOf { camera: camera.clone(), answer };
            // A watch that is gone is stopping.
            let poller = if self.commands.send(command).await.is_ok() { poller.await.ok().flatten() } else { None };
            let Some((poller, channel)) = poller else { return Err(NoStill::NoDevice) };
            let still = poller.still(channel).await;
            if let Err(none) = &still {
                tracing::info!(%camera, reason = %none, "no picture was to be had");
            }
            still
        })
    }
}

impl web::Paging for Control {
    fn acknowledge(&self, which: Which, who: Who, how: How) -> BoxFuture<'_, Result<Acknowledgement, NotNoted>> {
        Box::pin(async move {
            let (answer, noted) = oneshot::channel();
            let command = Command::Acknowledge { which, who, how, answer };
            self.commands.send(command).await.map_err(|_| NotNoted::Stopping)?;
            let acknowledgement = noted.await.map_err(|_| NotNoted::Stopping)??;
            // A disk that takes nothing is told elsewhere; what was noted holds all the same.
            self.writer.flush().await;
            Ok(acknowledgement)
        })
    }

    fn pair(&self, officer: OfficerId, channel: Option<ChannelId>) -> BoxFuture<'_, Result<Pairing, NotPaired>> {
        Box::pin(async move {
            let (answer, paired) = oneshot::channel();
            self.orders.send(Order::Pair { officer, channel, answer }).await.map_err(|_| NotPaired::Stopping)?;
            paired.await.map_err(|_| NotPaired::Stopping)?
        })
    }
}

impl web::TakeAlerts for Control {
    fn take(&self, alerts: Vec<RaisedAlert>) -> BoxFuture<'_, Result<(), NotTaken>> {
        Box::pin(async move {
            let (answer, taken) = oneshot::channel();
            self.commands.send(Command::Alerts { alerts, answer }).await.map_err(|_| NotTaken::Stopping)?;
            taken.await.map_err(|_| NotTaken::Stopping)?;
            // Sent again, they change nothing: so a disk that takes nothing now is a reason to ask for that.
            if self.writer.flush().await { Ok(()) } else { Err(NotTaken::Record) }
        })
    }
}

impl web::ProbeNow for Control {
    fn probe<'a>(&'a self, camera: &'a CameraId, timeout: Duration) -> BoxFuture<'a, Result<Report, NotProbed>> {
        Box::pin(async move {
            let (answer, report) = oneshot::channel();
            let command = Command::ProbeNow { camera: camera.clone(), answer };
            self.commands.send(command).await.map_err(|_| NotProbed::Stopping)?;
            match tokio::time::timeout(timeout, report).await {
                Ok(Ok(report)) => Ok(report),
                Ok(Err(_)) => Err(NotProbed::Unknown),
                Err(_) => Err(NotProbed::Busy),
            }
        })
    }
}
