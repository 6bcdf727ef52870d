//! One look at one camera: RTSP with retina, behind a guarded relay.
//!
//! Touches the network and decides nothing: it says what it saw. Knows observations and the inventory's words; must not
//! know schedules, states or the record.

mod contain;

mod judge;
mod keyframe;
mod log;
mod message;
mod meter;
mod relay;
mod sdp;
mod session;
mod udp;
mod view;

use std::collections::{HashMap, HashSet};
use std::net::SocketAddr;
use std::sync::atomic::AtomicU8;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::sync::{OwnedMutexGuard, oneshot, watch};
use tokio::time::{Instant, timeout, timeout_at};
use url::Url;

use crate::dial::{self, Resolver, Trust};
use crate::gate::Gate;
use crate::inventory::{CameraId, Depth, HostPort, TlsPolicy, Transport};
use crate::observation::CameraSeen;
use crate::secret::Secret;

pub use log::Step;

/// What to look at and how deep.
#[derive(Debug, Clone)]
pub struct Request {
    pub camera: CameraId,
    /// `rtsp://` or `rtsps://` without user information.
    pub url: Url,
    pub login: Option<Login>,
    pub tls: TlsPolicy,
    pub transport: Transport,
    pub depth: Depth,
    /// For the whole probe; it never takes 200 ms longer.
    pub timeout: Duration,
    /// Media from which rates and losses are taken, from the first packet on; zero: none are, the key frame is enough.
    pub watch: Duration,
}

/// How long a stream is watched to know its rates.
pub const WATCH: Duration = Duration::from_secs(1);

/// A user name and password for a camera. `Debug` does not show the password.
#[derive(Debug, Clone, PartialEq)]
pub struct Login {
    pub credential: Option<crate::inventory::CredentialId>,
    pub username: String,
    pub password: Secret,
}

/// What a probe saw, and what of it is nobody's business but ours.
#[derive(Debug, Clone)]
pub struct Report {
    pub seen: CameraSeen,
    pub took: Duration,
    /// From the camera, all layers above TCP (and above TLS).
    pub received_bytes: u64,
    /// At depth `picture`: the key frame, for whoever looks into it.
    pub key_frame: Option<KeyFrame>,
    /// Whether the camera made the library panic.
    pub panicked: bool,
    /// What happened, step by step, for `probe` on a terminal and `/probe?debug=true`. No secret stands in it.
    pub log: Vec<Step>,
}

/// One access unit that a decoder can begin with.
#[derive(Debug, Clone)]
pub struct KeyFrame {
    /// `h264`, `h265` or `jpeg`.
    pub codec: &'static str,
    /// Annex B with parameter sets (H.26x), or a whole JPEG file.
    pub data: Vec<u8>,
    pub width: u32,
    pub height: u32,
}

/// What probes share: resolver cache, the gate for logins, TLS settings, what was learnt of each camera's transport.
///
/// Each camera (host, port and path) is probed by one at a time: the next probe begins when the session of the one
/// before is torn down.
pub struct Prober {
    shared: Arc<Shared>,
}

struct Shared {
    gate: Gate,
    resolver: Resolver,
    trust: Trust,
    /// Cameras that refused TCP and took UDP.
    udp: Mutex<HashSet<String>>,
    /// One turn a camera.
    turns: Mutex<HashMap<String, Weak<tokio::sync::Mutex<()>>>>,
    running: watch::Sender<usize>,
}

/// So much longer than its timeout a probe may take to say what it saw.
const GRACE: Duration = Duration::from_millis(120);

impl Prober {
    #[must_use]
    pub fn new(gate: Gate) -> Self {
        Self {
            shared: Arc::new(Shared {
                gate,
                resolver: Resolver::new(),
                trust: Trust::new(),
                udp: Mutex::default(),
                turns: Mutex::default(),
                running: watch::Sender::new(0),
            }),
        }
    }

    /// Looks once. Never fails: whatever happens is an outcome. Ends within `timeout` + 200 ms. Dropping the future
    /// is safe and still tears the session down.
    pub async fn probe(&self, request: &Request) -> Report {
        let started = Instant::now();
        let turn = self.shared.turn(&self.shared.key_of(&request.url));
        let Ok(turn) = timeout_at(started + request.timeout, turn.lock_owned()).await else {
            return session::occupied(request, started);
        };
        let phase = Arc::new(AtomicU8::new(0));
        let answered = self.begin(request.clone(), started, Arc::clone(&phase), turn);
        match timeout_at(started + request.timeout + GRACE, answered).await {
            Ok(Ok(report)) => report,
            _ => session::overdue(request, started, view::phase_of(&phase)),
        }
    }

    /// Begins a session that ends by itself, whoever waits for its answer.
    fn begin(
        &self,
        request: Request,
        started: Instant,
        phase: Arc<AtomicU8>,
        turn: OwnedMutexGuard<()>,
    ) -> oneshot::Receiver<Report> {
        let (answer, answered) = oneshot::channel();
        let running = Running::begin(&self.shared);
        tokio::spawn(async move {
            session::run(&running.0, &request, started, phase, answer).await;
            // Only now may the next probe of this camera begin.
            drop(turn);
        });
        answered
    }

    #[must_use]
    pub fn gate(&self) -> &Gate {
        &self.shared.gate
    }

    /// Waits until no probe runs and every session is torn down: at most a second after the last probe's answer.
    pub async fn idle(&self) {
        // The sender lives as long as `self`, so that this cannot fail.
        let _ = self.shared.running.subscribe().wait_for(|running| *running == 0).await;
    }
}

impl Shared {
    /// A camera by its address: host, port and path.
    #[expect(clippy::unused_self, reason = "reads as what it is at the callers")]
    fn key_of(&self, url: &Url) -> String {
        let target = HostPort::of(url).map(|target| target.to_string()).unwrap_or_default();
        format!("{target}{}?{}", url.path(), url.query().unwrap_or_default())
    }

    fn turn(&self, key: &str) -> Arc<tokio::sync::Mutex<()>> {
        const PRUNE_AT: usize = 64;
        let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(turn) = turns.get(key).and_then(Weak::upgrade) {
            return turn;
        }
        if turns.len() >= PRUNE_AT && turns.len() == turns.capacity() {
            turns.retain(|_, turn| turn.strong_count() > 0);
        }
        let turn = Arc::new(tokio::sync::Mutex::new(()));
        turns.insert(key.to_owned(), Arc::downgrade(&turn));
        turn
    }

    fn transport(&self, key: &str, configured: Transport) -> Transport {
        let learnt = self.udp.lock().unwrap_or_else(PoisonError::into_inner).contains(key);
        if learnt { Transport::Udp } else { configured }
    }

    fn learn_udp(&self, key: &str) {
        self.udp.lock().unwrap_or_else(PoisonError::into_inner).insert(key.to_owned());
    }
}

/// Counts a probe as running for as long as it lives, whatever ends it.
struct Running(Arc<Shared>);

impl Running {
    fn begin(shared: &Arc<Shared>) -> Self {
        shared.running.send_modify(|running| *running += 1);
        Self(Arc::clone(shared))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.running.send_modify(|running| *running -= 1);
    }
}

/// Whether a TCP connection to an address can be made within `timeout`: for gateways and references. A refusal is an
/// answer: the host is there.
pub async fn reachable(target: &HostPort, within: Duration) -> bool {
    let resolver = &dial::shared().resolver;
    let attempt = async {
        let Ok(addresses) = resolver.resolve(&target.host, target.port).await else { return false };
        let attempts = addresses.into_iter().map(|address| Box::pin(answers(address)));
        futures_util::future::select_ok(attempts).await.is_ok()
    };
    let answered = timeout(within, attempt).await.unwrap_or(false);
    if !answered {
        resolver.forget(&target.host);
    }
    answered
}

async fn answers(address: SocketAddr) -> Result<(), ()> {
    match TcpStream::connect(address).await {
        Ok(_) => Ok(()),
        Err(error)
            if matches!(error.kind(), std::io::ErrorKind::ConnectionRefused | std::io::ErrorKind::ConnectionReset) =>
        {
            Ok(())
        }
        Err(_) => Err(()),
    }
}
