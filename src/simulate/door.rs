//! An address at which a simulated thing can be reached, or not: open, refused, dropped, half open.
//!
//! Knows sockets and nothing of RTSP.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, PoisonError};

use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::Mutex;
use tokio::task::{AbortHandle, JoinHandle};

use super::SimulateError;
use super::behaviour::Behaviour;

/// How the kernel treats those who knock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DoorKind {
    Open,
    /// Bound, not listening: a reset for each SYN.
    Refused,
    /// The queue of connections is full: SYNs are dropped.
    Dropped,
    /// Listening, never accepting.
    HalfOpen,
}

impl DoorKind {
    pub(crate) fn of(behaviour: Behaviour) -> Self {
        match behaviour {
            Behaviour::Refused => Self::Refused,
            Behaviour::Dropped => Self::Dropped,
            Behaviour::HalfOpen => Self::HalfOpen,
            _ => Self::Open,
        }
    }
}

/// Where the OS chooses the port.
const PORTS_TRIED: usize = 8;

type OnConnection = Arc<dyn Fn(TcpStream, SocketAddr) + Send + Sync>;

pub(crate) struct Door {
    address: SocketAddr,
    /// Bound and never listening, so that nobody else gets the port while it is refused.
    _reserved: TcpSocket,
    on_connection: OnConnection,
    state: Mutex<State>,
    /// For [`Door::close`], which cannot wait for the lock.
    accepting: std::sync::Mutex<Option<AbortHandle>>,
}

struct State {
    kind: DoorKind,
    accepting: Option<JoinHandle<()>>,
    /// A listener that does not accept.
    idle: Option<TcpListener>,
    /// Our own connections that fill the queue.
    fillers: Vec<TcpStream>,
}

impl Drop for State {
    fn drop(&mut self) {
        if let Some(task) = self.accepting.take() {
            task.abort();
        }
    }
}

impl Door {
    /// Opens. Port 0 is one from the OS.
    pub(crate) async fn open(
        address: SocketAddr,
        on_connection: impl Fn(TcpStream, SocketAddr) + Send + Sync + 'static,
    ) -> Result<Self, SimulateError> {
        let failed = |source| SimulateError::Listen { address, source };
        let on_connection: OnConnection = Arc::new(on_connection);
        let is_any_port = address.port() == 0;
        for _ in 0..PORTS_TRIED {
            let reserved = bind(address).map_err(failed)?;
            let address = reserved.local_addr().map_err(failed)?;
            let state = State { kind: DoorKind::Refused, accepting: None, idle: None, fillers: Vec::new() };
            let door = Self {
                address,
                _reserved: reserved,
                on_connection: Arc::clone(&on_connection),
                state: Mutex::new(state),
                accepting: std::sync::Mutex::default(),
            };
            match door.set(DoorKind::Open).await {
                Ok(()) => return Ok(door),
                // Until one listens, the OS may give the port to somebody else as well.
                Err(SimulateError::Listen { source, .. })
                    if is_any_port && source.kind() == io::ErrorKind::AddrInUse => {}
                Err(error) => return Err(error),
            }
        }
        Err(failed(io::ErrorKind::AddrInUse.into()))
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Treats new connections so from now on; those that are established are not its business.
    pub(crate) async fn set(&self, kind: DoorKind) -> Result<(), SimulateError> {
        let mut state = self.state.lock().await;
        if state.kind == kind {
            return Ok(());
        }
        if let Some(task) = state.accepting.take() {
            task.abort();
            // Ended by the abort: what matters is that its listener is gone.
            let _ = task.await;
        }
        state.idle = None;
        state.fillers.clear();
        state.kind = DoorKind::Refused;
        self.enter(&mut state, kind).await.map_err(|source| SimulateError::Listen { address: self.address, source })?;
        state.kind = kind;
        Ok(())
    }

    async fn enter(&self, state: &mut State, kind: DoorKind) -> io::Result<()> {
        match kind {
            DoorKind::Refused => {}
            DoorKind::HalfOpen => state.idle = Some(listen(self.address, 1024).await?),
            DoorKind::Dropped => {
                state.idle = Some(listen(self.address, 0).await?);
                // A queue of length 0 holds one connection; with ours in it the kernel drops every further SYN.
                state.fillers.push(TcpStream::connect(self.address).await?);
            }
            DoorKind::Open => {
                let listener = listen(self.address, 1024).await?;
                let on_connection = Arc::clone(&self.on_connection);
                let task = tokio::spawn(async move {
                    loop {
                        match listener.accept().await {
                            Ok((socket, peer)) => on_connection(socket, peer),
                            // Out of descriptors, or a peer that is gone already: go on a little later.
                            Err(error) => {
                                tracing::debug!(%error, "a simulated camera could not accept a connection");
                                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
                            }
                        }
                    }
                });
                *self.accepting.lock().unwrap_or_else(PoisonError::into_inner) = Some(task.abort_handle());
                state.accepting = Some(task);
            }
        }
        Ok(())
    }

    /// Accepts nobody any more, from now until it is set otherwise.
    pub(crate) fn close(&self) {
        if let Some(task) = &*self.accepting.lock().unwrap_or_else(PoisonError::into_inner) {
            task.abort();
        }
    }
}

fn bind(address: SocketAddr) -> io::Result<TcpSocket> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    Ok(socket)
}

/// Where a listener has just been closed, a child that was forked meanwhile and has not become another program yet has it open
/// still: that is waited for.
async fn listen(address: SocketAddr, backlog: u32) -> io::Result<TcpListener> {
    let mut tries = 0;
    loop {
        match bind(address).and_then(|socket| socket.listen(backlog)) {
            Err(error) if error.kind() == io::ErrorKind::AddrInUse && tries < 50 => tries += 1,
            listening => return listening,
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::io::AsyncReadExt as _;
    use tokio::net::TcpStream;
    use tokio::time::timeout;

    use super::{Door, DoorKind};

    #[tokio::test]
    async fn a_door_is_open_refused_dropped_and_half_open_and_open_again() {
        let door = Door::open("127.0.0.1:0".parse().unwrap(), |socket, _| drop(socket)).await.unwrap();
        let knock = || timeout(Duration::from_millis(400), TcpStream::connect(door.address()));
        for _ in 0..2 {
            door.set(DoorKind::Open).await.unwrap();
            let mut socket = knock().await.unwrap().unwrap();
            assert_eq!(socket.read(&mut [0; 8]).await.unwrap(), 0);

            door.set(DoorKind::Refused).await.unwrap();
            assert_eq!(knock().await.unwrap().unwrap_err().kind(), std::io::ErrorKind::ConnectionRefused);

            door.set(DoorKind::Dropped).await.unwrap();
            for _ in 0..3 {
                assert!(knock().await.is_err(), "a dropped SYN was answered");
            }

            door.set(DoorKind::HalfOpen).await.unwrap();
            let mut socket = knock().await.unwrap().unwrap();
            assert!(timeout(Duration::from_millis(100), socket.read(&mut [0; 8])).await.is_err());
        }
    }
}
