//! The web over real TCP, with a daemon on paper behind it.
// Every user compiles this module and uses a part of it.
#![allow(dead_code)]

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use camwatch::config::Problems;
use camwatch::device::still::{NoStill, Still};
use camwatch::inventory::{CameraId, ChannelId, Depth, OfficerId, RecorderId};
use camwatch::notify::ack::Links;
use camwatch::notify::pairing::{NotPaired, Pairing};
use camwatch::observation::{CameraSeen, Outcome, Phase, Stream};
use camwatch::paging::{Acknowledgement, How, NotAcknowledged, RaisedAlert, Which};
use camwatch::probe::{Report, Step};
use camwatch::snapshot::Snapshot;
use camwatch::telemetry::Telemetry;
use camwatch::web::{
    App, BoxFuture, NotNoted, NotProbed, NotTaken, Paging, ProbeNow, Reload, RetryLogin, ScanNow, TakeAlerts,
    TakeStill, WebError, Who, serve,
};
use jiff::{SignedDuration, Timestamp};
use tokio::sync::{oneshot, watch};

/// What links are signed with here.
pub const ACK_KEY: [u8; 32] = [7; 32];

pub struct Server {
    pub address: SocketAddr,
    pub snapshot: watch::Sender<Arc<Snapshot>>,
    pub ready: watch::Sender<bool>,
    pub daemon: Arc<PaperDaemon>,
    pub telemetry: Arc<Telemetry>,
    stop: Option<oneshot::Sender<()>>,
    served: Option<tokio::task::JoinHandle<Result<(), WebError>>>,
    runtime: tokio::runtime::Runtime,
}

/// What it was asked, and what it answers.
#[derive(Default)]
pub struct PaperDaemon {
    pub probes: Mutex<Vec<(CameraId, Duration)>>,
    /// A probe never answers while this is set.
    pub hangs: std::sync::atomic::AtomicBool,
    pub outcome: Mutex<Option<Outcome>>,
    pub not_probed: Mutex<Option<NotProbed>>,
    pub reloads: AtomicUsize,
    pub problems: Mutex<Option<Problems>>,
    pub acknowledged: Mutex<Vec<(Which, Who, How)>>,
    pub not_acknowledged: Mutex<Option<NotAcknowledged>>,
    pub stills: Mutex<Vec<CameraId>>,
    pub no_still: Mutex<Option<NoStill>>,
    pub alerts: Mutex<Vec<RaisedAlert>>,
    pub not_taken: Mutex<Option<NotTaken>>,
}

impl Server {
    pub fn start(snapshot: Snapshot) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let (snapshot, receiver) = watch::channel(Arc::new(snapshot));
        let (ready, is_ready) = watch::channel(true);
        let daemon = Arc::new(PaperDaemon::default());
        let telemetry = Arc::new(Telemetry::new());
        let app = App {
            snapshot: receiver,
            telemetry: Arc::clone(&telemetry),
            probe: daemon.clone(),
            reload: daemon.clone(),
            logins: daemon.clone(),
            recorders: daemon.clone(),
            paging: daemon.clone(),
            alerts: daemon.clone(),
            stills: daemon.clone(),
            links: Arc::new(Links::new(&ACK_KEY)),
            ready: is_ready,
        };
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel();
        let served = runtime.spawn(serve(listener, app, async {
            let _ = stopped.await;
        }));
        Self { address, snapshot, ready, daemon, telemetry, stop: Some(stop), served: Some(served), runtime }
    }

    /// Shows another snapshot, of the next generation.
    pub fn show(&self, mut snapshot: Snapshot) {
        snapshot.generation = self.snapshot.borrow().generation + 1;
        self.snapshot.send_replace(Arc::new(snapshot));
    }

    /// Begins the shutdown.
    pub fn begin_stop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
    }

    /// Waits for the end of `serve`.
    pub fn served(&mut self) -> Result<(), WebError> {
        self.runtime.block_on(self.served.take().expect("asked for once")).unwrap()
    }
}

impl ProbeNow for PaperDaemon {
    fn probe<'a>(&'a self, camera: &'a CameraId, timeout: Duration) -> BoxFuture<'a, Result<Report, NotProbed>> {
        Box::pin(async move {
            self.probes.lock().unwrap().push((camera.clone(), timeout));
            if self.hangs.load(Ordering::SeqCst) {
                std::future::pending::<()>().await;
            }
            if let Some(reason) = *self.not_probed.lock().unwrap() {
                return Err(reason);
            }
            let outcome = self.outcome.lock().unwrap().unwrap_or(Outcome::Ok);
            Ok(Report {
                seen: CameraSeen {
                    camera: camera.clone(),
                    outcome,
                    depth: Depth::Frame,
                    phases_ms: [(Phase::Connect, 1.5), (Phase::FirstFrame, 40.0)].into(),
                    stream: Some(Stream { codec: Some("h264".to_owned()), ..Stream::default() }),
                    picture: None,
                    detail: None,
                },
                took: Duration::from_millis(50),
                received_bytes: 12_345,
                key_frame: None,
                panicked: false,
                log: vec![Step::Said("connected in 1.5 ms".to_owned())],
            })
        })
    }
}

impl TakeStill for PaperDaemon {
    fn still<'a>(&'a self, camera: &'a CameraId) -> BoxFuture<'a, Result<Still, NoStill>> {
        Box::pin(async move {
            self.stills.lock().unwrap().push(camera.clone());
            if let Some(none) = self.no_still.lock().unwrap().clone() {
                return Err(none);
            }
            Ok(Still { bytes: vec![0xff, 0xd8, 0xff, 0xd9], content_type: "image/jpeg" })
        })
    }
}

impl ScanNow for PaperDaemon {
    fn scan<'a>(&'a self, recorder: &'a RecorderId) -> BoxFuture<'a, bool> {
        Box::pin(async move { recorder.as_str() == "nvr" })
    }
}

impl RetryLogin for PaperDaemon {
    fn retry(&self, credential: &str) -> Option<Vec<String>> {
        (credential == "nvr").then(|| vec!["10.20.1.10".to_owned()])
    }
}

impl Reload for PaperDaemon {
    fn reload(&self) -> BoxFuture<'_, Result<(), Problems>> {
        Box::pin(async move {
            self.reloads.fetch_add(1, Ordering::SeqCst);
            self.problems.lock().unwrap().clone().map_or(Ok(()), Err)
        })
    }
}

impl TakeAlerts for PaperDaemon {
    fn take(&self, alerts: Vec<RaisedAlert>) -> BoxFuture<'_, Result<(), NotTaken>> {
        Box::pin(async move {
            if let Some(reason) = *self.not_taken.lock().unwrap() {
                return Err(reason);
            }
            self.alerts.lock().unwrap().extend(alerts);
            Ok(())
        })
    }
}

impl Paging for PaperDaemon {
    fn acknowledge(&self, which: Which, who: Who, how: How) -> BoxFuture<'_, Result<Acknowledgement, NotNoted>> {
        Box::pin(async move {
            self.acknowledged.lock().unwrap().push((which.clone(), who.clone(), how));
            if let Some(reason) = self.not_acknowledged.lock().unwrap().clone() {
                return Err(reason.into());
            }
            let incident = match which {
                Which::Incident(id) => id,
                Which::Number(number) => number.to_string(),
                Which::LastTold => "the last".to_owned(),
            };
            let who = match who {
                Who::Officer(id) => id.to_string(),
                Who::Named(name) => name,
            };
            let at: Timestamp = "2026-11-22T02:20:00Z".parse().unwrap();
            Ok(Acknowledgement { incident, at, who, how, expires_at: at + SignedDuration::from_hours(8) })
        })
    }

    fn pair(&self, officer: OfficerId, channel: Option<ChannelId>) -> BoxFuture<'_, Result<Pairing, NotPaired>> {
        Box::pin(async move {
            let channel = channel.unwrap_or_else(|| ChannelId::new("zalo").unwrap());
            if !["truc-ban-1", "nvr"].contains(&officer.as_str()) {
                return Err(NotPaired::Officer(officer.to_string()));
            }
            let expires_at = "2026-11-22T02:35:00Z".parse().unwrap();
            Ok(Pairing { officer, channel, code: "482133".to_owned(), expires_at })
        })
    }
}
