//! Simulated cameras and recorders: real RTSP and HTTP servers on loopback that send real video, tell what they have
//! recorded, and misbehave on demand.
//!
//! For the demo, the tests, training and load. One process carries thousands: a clip is cut into packets once and shared,
//! a session is one task with one timer. Each camera has an address of its own, so that it can refuse connections
//! alone; each site has a gateway and a line that can be cut. Knows nothing of the daemon's rooms.
//!
//! ```no_run
//! # async fn example() -> Result<(), camwatch::simulate::SimulateError> {
//! use camwatch::simulate::{Behaviour, CameraOptions, Fleet, FleetOptions};
//!
//! let fleet = Fleet::start(FleetOptions::default()).await?;
//! let camera = fleet.add(CameraOptions::named("gate").site("school")).await?;
//! println!("{}", camera.url()); // for any RTSP client
//! camera.set(Behaviour::Refused).await?;
//! fleet.cut_site("school").await?;
//! # Ok(()) }
//! ```
//! Dropping the fleet stops it.

mod auth;
mod behaviour;
mod camera;
mod clip;
pub mod control;
mod door;
mod media;
pub mod recorder;
mod session;
mod weather;
mod wire;

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU16, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::task::JoinSet;

pub use auth::{Auth, Scheme};
pub use behaviour::{Behaviour, UnknownBehaviour};
pub use camera::{CameraOptions, SimCamera, Stats};
pub use clip::Codec;
pub use recorder::{RecorderBehaviour, RecorderKind, RecorderOptions, RecorderStats, SimClock, SimRecorder, Turn};
pub use weather::{Change, weather};

use camera::Camera;
use door::{Door, DoorKind};
use recorder::Recorder;
use wire::Wire;

/// What went wrong in the simulation itself; what its cameras do wrong is meant.
#[derive(Debug, thiserror::Error)]
pub enum SimulateError {
    #[error("cannot listen on {address}: {source}; choose another address, or port 0 for any free port")]
    Listen { address: SocketAddr, source: io::Error },
    #[error("a camera or recorder named {0:?} is there already; names are unique in a fleet")]
    Duplicate(String),
    #[error("no site is called {0:?}; a site comes into being with its first camera")]
    NoSite(String),
    #[error("the recorder has no such disk or channel: {0}; both are numbered from 1")]
    NoSuchPart(String),
}

/// Where a fleet listens and how.
#[derive(Clone)]
pub struct FleetOptions {
    /// With port 0 (the default, on 127.0.0.1) every site gets an address of its own in 127.64.0.0/10 and every
    /// listener a port from the OS. With a port, listeners take this and the following ports of this address.
    pub listen: SocketAddr,
    /// Serves `rtsps://` with this certificate instead of `rtsp://`.
    pub tls: Option<Arc<rustls::ServerConfig>>,
}

impl Default for FleetOptions {
    fn default() -> Self {
        Self { listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), tls: None }
    }
}

/// Simulated cameras and the sites they stand at. Dropping it stops all of them.
pub struct Fleet {
    shared: Arc<Shared>,
    next_port: AtomicU16,
    next_site: AtomicU32,
    /// Cameras and sites are added one at a time.
    adding: tokio::sync::Mutex<()>,
    cameras: RwLock<BTreeMap<String, SimCamera>>,
    recorders: RwLock<BTreeMap<String, SimRecorder>>,
    sites: RwLock<BTreeMap<String, Arc<Site>>>,
}

struct Shared {
    options: FleetOptions,
    /// Every connection's task.
    tasks: Mutex<JoinSet<()>>,
}

struct Site {
    address: IpAddr,
    cut: watch::Sender<bool>,
    gateway: Door,
    /// For cameras that share an address; opened with the first of them.
    shared: tokio::sync::OnceCell<Arc<Door>>,
    paths: Paths,
}

type Paths = Arc<RwLock<HashMap<String, Arc<Camera>>>>;

fn unpoisoned<T>(result: Result<T, PoisonError<T>>) -> T {
    // What these locks guard is valid at every moment, also behind a panic.
    result.unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let mut tasks = unpoisoned(self.tasks.lock());
        while tasks.try_join_next().is_some() {}
        tasks.spawn(task);
    }

    /// Serves one accepted connection.
    fn serve(&self, socket: TcpStream, peer: SocketAddr, camera: Option<Arc<Camera>>, find: session::Find) {
        // Media go out as they are due; the option only fails on a socket that is dead already.
        let _ = socket.set_nodelay(true);
        let tls = self.options.tls.clone();
        self.spawn(async move {
            if let Some(wire) = wire(socket, tls).await {
                session::serve(wire, peer, camera, find).await;
            }
        });
    }

    /// Serves one accepted connection to a recorder.
    fn serve_recorder(&self, socket: TcpStream, recorder: Arc<Recorder>) {
        let _ = socket.set_nodelay(true);
        let tls = recorder.options.tls.clone();
        self.spawn(async move {
            if let Some(wire) = wire(socket, tls).await {
                recorder::serve(wire, recorder).await;
            }
        });
    }
}

/// A connection, with TLS where there is a certificate; nothing where the handshake fails.
async fn wire(socket: TcpStream, tls: Option<Arc<rustls::ServerConfig>>) -> Option<Wire> {
    let Some(config) = tls else { return Some(Wire::Plain(socket)) };
    match tokio_rustls::TlsAcceptor::from(config).accept(socket).await {
        Ok(stream) => Some(Wire::Tls(Box::new(stream))),
        Err(error) => {
            tracing::debug!(%error, "a client's TLS handshake with a simulated device failed");
            None
        }
    }
}

impl Fleet {
    /// An empty fleet.
    ///
    /// # Errors
    /// None today; cameras and sites are what listens.
    #[allow(clippy::unused_async)] // As its siblings; binding may move here.
    pub async fn start(options: FleetOptions) -> Result<Self, SimulateError> {
        raise_descriptor_limit();
        Ok(Self {
            next_port: AtomicU16::new(options.listen.port()),
            next_site: AtomicU32::new(0),
            shared: Arc::new(Shared { options, tasks: Mutex::default() }),
            adding: tokio::sync::Mutex::default(),
            cameras: RwLock::default(),
            recorders: RwLock::default(),
            sites: RwLock::default(),
        })
    }

    /// Adds a camera, and its site where that is new.
    ///
    /// # Errors
    /// Where its name is taken or its address cannot be listened on.
    pub async fn add(&self, options: CameraOptions) -> Result<SimCamera, SimulateError> {
        let _one_at_a_time = self.adding.lock().await;
        if unpoisoned(self.cameras.read()).contains_key(&options.name) {
            return Err(SimulateError::Duplicate(options.name));
        }
        let site = self.site_or_new(options.site.as_deref().unwrap_or_default()).await?;
        let address = options.address;
        let camera = Arc::new(Camera::new(options));
        let door = if camera.shared_address {
            let door = site.shared.get_or_try_init(|| self.shared_door(&site, address)).await?;
            unpoisoned(site.paths.write()).insert(camera.path.clone(), Arc::clone(&camera));
            Arc::clone(door)
        } else {
            let address = address.unwrap_or_else(|| self.next_address(site.address));
            let (shared, only) = (Arc::clone(&self.shared), Arc::clone(&camera));
            let find: session::Find = {
                let only = Arc::clone(&camera);
                Arc::new(move |path| (path == only.path).then(|| Arc::clone(&only)))
            };
            let serve = move |socket, peer| shared.serve(socket, peer, Some(Arc::clone(&only)), Arc::clone(&find));
            Arc::new(Door::open(address, serve).await?)
        };
        let scheme = if self.shared.options.tls.is_some() { "rtsps" } else { "rtsp" };
        let camera = SimCamera { camera, door, line: site.cut.subscribe(), scheme };
        camera.apply().await?;
        unpoisoned(self.cameras.write()).insert(camera.name().to_owned(), camera.clone());
        Ok(camera)
    }

    /// Adds a recorder, and its site where that is new.
    ///
    /// # Errors
    /// Where its name is taken or its address cannot be listened on.
    pub async fn recorder(&self, options: RecorderOptions) -> Result<SimRecorder, SimulateError> {
        let _one_at_a_time = self.adding.lock().await;
        if unpoisoned(self.recorders.read()).contains_key(&options.name) {
            return Err(SimulateError::Duplicate(options.name));
        }
        let site = self.site_or_new(options.site.as_deref().unwrap_or_default()).await?;
        let address = options.address.unwrap_or_else(|| self.next_address(site.address));
        let recorder = Arc::new(Recorder::new(options));
        let (shared, served) = (Arc::clone(&self.shared), Arc::clone(&recorder));
        let door = Door::open(address, move |socket, _| shared.serve_recorder(socket, Arc::clone(&served))).await?;
        let recorder = SimRecorder { recorder, door: Arc::new(door), line: site.cut.subscribe() };
        recorder.apply().await?;
        unpoisoned(self.recorders.write()).insert(recorder.name().to_owned(), recorder.clone());
        Ok(recorder)
    }

    /// A recorder by its name.
    #[must_use]
    pub fn recorder_named(&self, name: &str) -> Option<SimRecorder> {
        unpoisoned(self.recorders.read()).get(name).cloned()
    }

    /// All recorders, in the order of their names.
    #[must_use]
    pub fn recorders(&self) -> Vec<SimRecorder> {
        unpoisoned(self.recorders.read()).values().cloned().collect()
    }

    /// By name.
    #[must_use]
    pub fn camera(&self, name: &str) -> Option<SimCamera> {
        unpoisoned(self.cameras.read()).get(name).cloned()
    }

    /// All, in the order of their names.
    #[must_use]
    pub fn cameras(&self) -> Vec<SimCamera> {
        unpoisoned(self.cameras.read()).values().cloned().collect()
    }

    /// The sites' names and whether their lines are cut.
    #[must_use]
    pub fn sites(&self) -> Vec<(String, bool)> {
        unpoisoned(self.sites.read()).iter().map(|(name, site)| (name.clone(), *site.cut.borrow())).collect()
    }

    /// Where a site's gateway accepts connections while its line is whole.
    #[must_use]
    pub fn gateway(&self, site: &str) -> Option<SocketAddr> {
        unpoisoned(self.sites.read()).get(site).map(|site| site.gateway.address())
    }

    /// Cuts a site's line: its gateway and cameras answer no connection attempt, running sessions fall silent.
    ///
    /// # Errors
    /// Where there is no such site, or a listener cannot be opened again.
    pub async fn cut_site(&self, site: &str) -> Result<(), SimulateError> {
        self.set_line(site, true).await
    }

    /// Mends a cut line; each camera behaves as it was told to.
    ///
    /// # Errors
    /// As [`Fleet::cut_site`].
    pub async fn restore_site(&self, site: &str) -> Result<(), SimulateError> {
        self.set_line(site, false).await
    }

    async fn set_line(&self, name: &str, cut: bool) -> Result<(), SimulateError> {
        let found = unpoisoned(self.sites.read()).get(name).cloned();
        let site = found.ok_or_else(|| SimulateError::NoSite(name.to_owned()))?;
        site.cut.send_replace(cut);
        let kind = if cut { DoorKind::Dropped } else { DoorKind::Open };
        site.gateway.set(kind).await?;
        if let Some(door) = site.shared.get() {
            door.set(kind).await?;
        }
        for camera in self.cameras().iter().filter(|camera| camera.site().unwrap_or_default() == name) {
            camera.apply().await?;
        }
        for recorder in self.recorders().iter().filter(|recorder| recorder.site().unwrap_or_default() == name) {
            recorder.apply().await?;
        }
        Ok(())
    }

    async fn site_or_new(&self, name: &str) -> Result<Arc<Site>, SimulateError> {
        if let Some(site) = unpoisoned(self.sites.read()).get(name) {
            return Ok(Arc::clone(site));
        }
        let listen = self.shared.options.listen;
        let number = self.next_site.fetch_add(1, Ordering::Relaxed);
        let address = match listen.ip() {
            // Linux routes all of 127.0.0.0/8 to itself; elsewhere only one address of it is there.
            IpAddr::V4(ip) if ip.is_loopback() && listen.port() == 0 && cfg!(target_os = "linux") => {
                IpAddr::V4(Ipv4Addr::from(u32::from(Ipv4Addr::new(127, 64, 1, 1)) + number % (1 << 20) * 2))
            }
            ip => ip,
        };
        // A gateway is a router's web page: that it takes a connection is all that anybody asks of it.
        let gateway = Door::open(self.next_address(address), |socket, _| drop(socket)).await?;
        let site = Arc::new(Site {
            address,
            cut: watch::Sender::new(false),
            gateway,
            shared: tokio::sync::OnceCell::new(),
            paths: Paths::default(),
        });
        unpoisoned(self.sites.write()).insert(name.to_owned(), Arc::clone(&site));
        Ok(site)
    }

    async fn shared_door(&self, site: &Site, address: Option<SocketAddr>) -> Result<Arc<Door>, SimulateError> {
        let paths = Arc::clone(&site.paths);
        let find: session::Find = Arc::new(move |path| unpoisoned(paths.read()).get(path).cloned());
        let shared = Arc::clone(&self.shared);
        let serve = move |socket, peer| shared.serve(socket, peer, None, Arc::clone(&find));
        let address = address.unwrap_or_else(|| self.next_address(site.address));
        let door = Door::open(address, serve).await?;
        if *site.cut.borrow() {
            door.set(DoorKind::Dropped).await?;
        }
        Ok(Arc::new(door))
    }

    fn next_address(&self, ip: IpAddr) -> SocketAddr {
        let fixed = self.shared.options.listen.port() != 0;
        SocketAddr::new(ip, if fixed { self.next_port.fetch_add(1, Ordering::Relaxed) } else { 0 })
    }
}

impl Drop for Fleet {
    fn drop(&mut self) {
        unpoisoned(self.shared.tasks.lock()).abort_all();
        // Handles to cameras may outlive the fleet, and with them their listeners: those close here.
        for camera in self.cameras() {
            camera.door.close();
        }
        for recorder in self.recorders() {
            recorder.close();
        }
    }
}

/// A listener, its reservation and its connections are descriptors each; the usual soft limit of 1,024 is for 300 cameras.
fn raise_descriptor_limit() {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    if limit.current != limit.maximum {
        limit.current = limit.maximum;
        if let Err(error) = setrlimit(Resource::Nofile, limit) {
            tracing::warn!(%error, "the limit on open files stays as it is; a large fleet may not fit");
        }
    }
}
