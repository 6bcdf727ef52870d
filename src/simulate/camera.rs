//! One simulated camera: what it is, how it behaves now, what it has counted.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{Notify, watch};
use url::Url;

use super::SimulateError;
use super::auth::Auth;
use super::behaviour::Behaviour;
use super::clip::Codec;
use super::door::{Door, DoorKind};
use super::recorder::Lockout;

/// How many request heads are kept where that was asked for.
const KEPT_REQUESTS: usize = 64;

/// What a simulated camera is. `CameraOptions::named("x")` is an H.264 camera without a login.
#[derive(Debug, Clone, Default)]
pub struct CameraOptions {
    /// Unique in its fleet.
    pub name: String,
    /// The site behind whose line it is; made when it is named for the first time.
    pub site: Option<String>,
    /// Path (and query) of its stream; `/cam/NAME` where none is given.
    pub path: Option<String>,
    pub codec: Codec,
    pub auth: Option<Auth>,
    /// The login is asked for by DESCRIBE, SETUP and PLAY; more sessions than this at once are answered 453.
    pub max_sessions: Option<usize>,
    /// Shares its site's address with others and is told apart by path only. Such a camera cannot refuse connections
    /// alone: what befalls the path before a request names the camera is played as a reset.
    pub shared_address: bool,
    /// Exactly this address instead of the next free one.
    pub address: Option<SocketAddr>,
    pub behaviour: Behaviour,
    /// Keep the last request heads, with their `Authorization`, for [`SimCamera::requests`].
    pub keep_requests: bool,
    /// What `other-host-base` and `other-host-tool` name; a closed port where none is given.
    pub other_host: Option<SocketAddr>,
}

impl CameraOptions {
    #[must_use]
    pub fn named(name: &str) -> Self {
        Self { name: name.into(), ..Self::default() }
    }

    #[must_use]
    pub fn site(mut self, site: &str) -> Self {
        self.site = Some(site.into());
        self
    }

    #[must_use]
    pub fn codec(mut self, codec: Codec) -> Self {
        self.codec = codec;
        self
    }

    #[must_use]
    pub fn auth(mut self, auth: Auth) -> Self {
        self.auth = Some(auth);
        self
    }

    #[must_use]
    pub fn behaviour(mut self, behaviour: Behaviour) -> Self {
        self.behaviour = behaviour;
        self
    }
}

/// What a camera has counted since it was added.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
pub struct Stats {
    pub connections_now: u64,
    /// The most at once.
    pub connections_max: u64,
    pub connections_total: u64,
    pub requests: u64,
    pub describes: u64,
    pub plays: u64,
    /// Set up, and neither torn down nor given up with their connection.
    pub sessions_now: u64,
    pub sessions_max: u64,
    pub sessions_total: u64,
    pub teardowns: u64,
    /// Sessions whose connection ended without a TEARDOWN.
    pub abandoned: u64,
    pub logins_accepted: u64,
    /// Requests with a wrong login. A request without any is none of them.
    pub logins_refused: u64,
    pub bytes_sent: u64,
}

#[derive(Default)]
pub(crate) struct Counters {
    connections: Gauge,
    pub(crate) requests: AtomicU64,
    pub(crate) describes: AtomicU64,
    pub(crate) plays: AtomicU64,
    pub(crate) sessions: Gauge,
    pub(crate) teardowns: AtomicU64,
    pub(crate) abandoned: AtomicU64,
    pub(crate) logins_accepted: AtomicU64,
    pub(crate) logins_refused: AtomicU64,
    pub(crate) bytes_sent: AtomicU64,
}

/// Counts one more.
pub(crate) fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

#[derive(Default)]
pub(crate) struct Gauge {
    now: AtomicU64,
    max: AtomicU64,
    total: AtomicU64,
}

impl Gauge {
    pub(crate) fn enter(&self) {
        let now = self.now.fetch_add(1, Ordering::Relaxed) + 1;
        self.max.fetch_max(now, Ordering::Relaxed);
        self.total.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn leave(&self) {
        self.now.fetch_sub(1, Ordering::Relaxed);
    }

    pub(crate) fn now(&self) -> u64 {
        self.now.load(Ordering::Relaxed)
    }

    pub(crate) fn max(&self) -> u64 {
        self.max.load(Ordering::Relaxed)
    }

    pub(crate) fn total(&self) -> u64 {
        self.total.load(Ordering::Relaxed)
    }
}

/// A connection that is counted as long as this lives.
pub(crate) struct Counted(Arc<Camera>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.counters.connections.leave();
    }
}

/// The part that connections share.
pub(crate) struct Camera {
    pub(crate) name: String,
    pub(crate) site: Option<String>,
    pub(crate) path: String,
    pub(crate) codec: Codec,
    pub(crate) max_sessions: Option<usize>,
    pub(crate) other_host: SocketAddr,
    pub(crate) shared_address: bool,
    pub(crate) nonce: String,
    auth: Mutex<Option<Auth>>,
    refused_in_a_row: AtomicU64,
    /// The account of the recorder whose RTSP server this is.
    shared: Mutex<Option<Arc<Lockout>>>,
    requests: Option<Mutex<Vec<String>>>,
    pub(crate) counters: Counters,
    /// What is switched.
    chosen: Mutex<Behaviour>,
    /// What holds: the chosen one, or that of a cut line.
    pub(crate) behaviour: watch::Sender<Behaviour>,
    /// Running sessions by their id: what a TEARDOWN on another connection ends.
    pub(crate) sessions: Mutex<HashMap<String, Arc<Notify>>>,
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    // What is guarded is valid at every moment, also behind a panic.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Camera {
    pub(crate) fn new(options: CameraOptions) -> Self {
        let path = match options.path {
            Some(path) if path.starts_with('/') => path,
            Some(path) => format!("/{path}"),
            None => format!("/cam/{}", options.name),
        };
        Self {
            path,
            name: options.name,
            site: options.site,
            codec: options.codec,
            max_sessions: options.max_sessions,
            other_host: options.other_host.unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 9))),
            shared_address: options.shared_address,
            nonce: format!("{:032x}", fastrand::u128(..)),
            auth: Mutex::new(options.auth),
            refused_in_a_row: AtomicU64::new(0),
            shared: Mutex::default(),
            requests: options.keep_requests.then(Mutex::default),
            counters: Counters::default(),
            chosen: Mutex::new(options.behaviour),
            behaviour: watch::Sender::new(options.behaviour),
            sessions: Mutex::default(),
        }
    }

    pub(crate) fn connected(self: &Arc<Self>) -> Counted {
        self.counters.connections.enter();
        Counted(Arc::clone(self))
    }

    pub(crate) fn auth(&self) -> Option<Auth> {
        lock(&self.auth).clone()
    }

    pub(crate) fn login_accepted(&self) {
        count(&self.counters.logins_accepted);
        self.refused_in_a_row.store(0, Ordering::Relaxed);
        if let Some(account) = &*lock(&self.shared) {
            account.accepted();
        }
    }

    /// From now on its refused logins count for this account too.
    pub(crate) fn share(&self, account: Arc<Lockout>) {
        *lock(&self.shared) = Some(account);
    }

    pub(crate) fn login_refused(&self) {
        count(&self.counters.logins_refused);
        self.refused_in_a_row.fetch_add(1, Ordering::Relaxed);
        if let Some(account) = &*lock(&self.shared) {
            account.refused();
        }
    }

    /// A login that nobody looks at; it locks a shared account anew.
    pub(crate) fn tried_while_locked(&self) {
        if let Some(account) = &*lock(&self.shared) {
            account.refused();
        }
    }

    pub(crate) fn is_locked(&self, auth: &Auth) -> bool {
        lock(&self.shared).as_ref().is_some_and(|account| account.seconds_left().is_some())
            || auth.lock_after.is_some_and(|limit| self.refused_in_a_row.load(Ordering::Relaxed) >= u64::from(limit))
    }

    pub(crate) fn requested(&self, head: &str) {
        count(&self.counters.requests);
        if let Some(requests) = &self.requests {
            let mut requests = lock(requests);
            if requests.len() == KEPT_REQUESTS {
                requests.remove(0);
            }
            requests.push(head.to_owned());
        }
    }

    pub(crate) fn sessions(&self) -> std::sync::MutexGuard<'_, HashMap<String, Arc<Notify>>> {
        lock(&self.sessions)
    }
}

/// A handle to one camera of a fleet; cheap to clone.
#[derive(Clone)]
pub struct SimCamera {
    pub(crate) camera: Arc<Camera>,
    pub(crate) door: Arc<Door>,
    /// Whether the line of its site is cut.
    pub(crate) line: watch::Receiver<bool>,
    pub(crate) scheme: &'static str,
}

impl SimCamera {
    #[must_use]
    pub fn name(&self) -> &str {
        &self.camera.name
    }

    #[must_use]
    pub fn site(&self) -> Option<&str> {
        self.camera.site.as_deref()
    }

    #[must_use]
    pub fn codec(&self) -> Codec {
        self.camera.codec
    }

    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.door.address()
    }

    /// Without user information.
    ///
    /// # Panics
    /// Where the camera was given a path that no URL can hold.
    #[must_use]
    pub fn url(&self) -> Url {
        let text = format!("{}://{}{}", self.scheme, self.address(), self.camera.path);
        text.parse().expect("an address and a path make a URL")
    }

    /// How it was told to behave; a cut line overrides it.
    #[must_use]
    pub fn behaviour(&self) -> Behaviour {
        *lock(&self.camera.chosen)
    }

    /// Whether its site's line is cut.
    #[must_use]
    pub fn is_cut_off(&self) -> bool {
        *self.line.borrow()
    }

    /// Switches how it behaves, at once and for running sessions too.
    ///
    /// # Errors
    /// Where its port cannot be listened on again.
    pub async fn set(&self, behaviour: Behaviour) -> Result<(), SimulateError> {
        *lock(&self.camera.chosen) = behaviour;
        self.apply().await
    }

    /// Lets what was chosen, or the cut line, take hold.
    pub(crate) async fn apply(&self) -> Result<(), SimulateError> {
        let effective = if self.is_cut_off() { Behaviour::Dropped } else { self.behaviour() };
        self.camera.behaviour.send_if_modified(|now| std::mem::replace(now, effective) != effective);
        if self.camera.shared_address { Ok(()) } else { self.door.set(DoorKind::of(effective)).await }
    }

    /// What it has counted since it was added.
    #[must_use]
    pub fn stats(&self) -> Stats {
        let c = &self.camera.counters;
        let get = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Stats {
            connections_now: c.connections.now(),
            connections_max: c.connections.max(),
            connections_total: c.connections.total(),
            requests: get(&c.requests),
            describes: get(&c.describes),
            plays: get(&c.plays),
            sessions_now: c.sessions.now(),
            sessions_max: c.sessions.max(),
            sessions_total: c.sessions.total(),
            teardowns: get(&c.teardowns),
            abandoned: get(&c.abandoned),
            logins_accepted: get(&c.logins_accepted),
            logins_refused: get(&c.logins_refused),
            bytes_sent: get(&c.bytes_sent),
        }
    }

    /// The last request heads, oldest first; empty unless [`CameraOptions::keep_requests`].
    #[must_use]
    pub fn requests(&self) -> Vec<String> {
        self.camera.requests.as_ref().map(|requests| lock(requests).clone()).unwrap_or_default()
    }

    /// Changes the account that it knows.
    pub fn set_auth(&self, auth: Option<Auth>) {
        *lock(&self.camera.auth) = auth;
        self.unlock();
    }

    /// Forgets refused logins, as after the time for which a device locks an account.
    pub fn unlock(&self) {
        self.camera.refused_in_a_row.store(0, Ordering::Relaxed);
    }
}
